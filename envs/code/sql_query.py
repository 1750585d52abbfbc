"""Write an SQLite SELECT that answers a question about a few small tables.

Truth is the result on 8 or more hidden databases: the same rows, each as often, and in the same order only where one
is asked for. They are drawn so that every query one mistake away fails on some (a condition dropped, < for <=, an
inner join for a left one, ...), and no constant is right. Results come from an evaluator of our own. Accepted
answers: any one SELECT (or VALUES, or WITH) that gives these rows within the limits, in any form; names of result
columns are free, their number and order is not. Types are exact: 1 is not 1.0, nor '1'; avg gives a real number,
the other aggregates whole ones; NULL equals NULL in a result and nothing in a condition.

Difficulty grows the parts: a filter, a second column and condition, an order, distinct, NULLs, groups with having,
one join, left joins, a subquery, two joins. A line earns what the query is worth (1 if right, else the share of
rows in common) if the query is worth less without it: process credit, from execution. The compact template
has letters for names. There are about 486 instances of difficulty 0; the best constant answer is right in about
0.9% of them.

    t(a,b,c): a if b>3?     select a from t where b>3
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace

from synthgym.envs.code._code_family import CodeFamily
from synthgym.envs.code._sql_databases import example, fair
from synthgym.envs.code._sql_draw import draw
from synthgym.envs.code._sql_judge import Finding, find, worths
from synthgym.envs.code._sql_query import Query, Row, Schema, pack, unpack_query, unpack_schema
from synthgym.envs.code._sql_words import compact, english
from synthgym.envs.code._sql_writer import clauses, create, literal
from synthgym.envs.code._without_lines import line_credits, outside
from synthgym.facts import FrozenDict, canonical, freeze
from synthgym.plugins import register_family
from synthgym.rng import Rng
from synthgym.types import Judgement, Response, Solution, Task


@register_family
class SqlQuery(CodeFamily):
    """``t(a,b,c): a if b>3`` is answered by ``select a from t where b>3``."""

    version = 0
    chance = 0.009

    def generate(self, rng: Rng, difficulty: int) -> Mapping[str, object]:
        while True:
            schema, query = draw(rng, difficulty)
            if fair(schema, query):
                return {"tables": pack(schema), "query": pack(query)}

    def instance_key(self, facts: FrozenDict) -> str:
        """The query with the kinds of the columns, and not their names."""
        return canonical(freeze([pack(_short(_schema(facts))), facts["query"]]))

    def question(self, facts: FrozenDict, template: str) -> str:
        schema, query = _schema(facts), _query(facts)
        if template == "compact":
            return f"{compact(query, _short(schema))}?"
        database, rows = example(schema, query)
        shown = [f"{table.name}: {_listed(content)}" for table, content in zip(schema, database, strict=True)]
        return (
            "Write one SELECT statement for SQLite. The tables are:\n"
            f"{chr(10).join(map(create, schema))}\n{english(query, schema)}\n"
            "A comparison with NULL does not hold. Whole numbers stay whole. The statement is run on several "
            "databases, some of them empty.\n"
            f"For example, with\n{chr(10).join(shown)}\nthe result is {_listed(rows)}"
        )

    def solve(self, facts: FrozenDict, template: str) -> Solution:
        schema = _schema(facts)
        if template == "compact":
            return Solution((), " ".join(clauses(_query(facts), _short(schema))))
        return Solution((), "\n".join(clauses(_query(facts), schema)))

    def is_correct(self, task: Task, answer: str) -> bool:
        return _find(task, answer).right

    def canonical_answer(self, task: Task, answer: str) -> str | None:
        """A name for the results on the hidden databases: queries that give the same are one answer."""
        results = _find(task, answer).results
        if not results:
            return None
        settled = results if _query(task.facts).order else [sorted(rows, key=repr) for rows in results]
        return hashlib.sha256(repr(settled).encode("utf-8", "backslashreplace")).hexdigest()[:16]

    def check_step(self, task: Task, done: Sequence[str], step: str) -> bool:
        """No line stands alone: `judge` looks at the query as a whole, with and without each of its lines."""
        return False

    def judge(self, task: Task, response: Response) -> Judgement:
        schema, query = _schema(task.facts), _query(task.facts)
        credits = line_credits(response, lambda queries: worths(schema, query, _named(task), queries))
        return Judgement(self.is_right(task, response), credits)

    def criteria(self, task: Task, response: Response, judged: Judgement) -> Mapping[str, float]:
        found = Finding() if response.answer is None else _find(task, response.answer)
        tidy = not outside(response) and all(credit == 1 for credit in judged.step_credits)
        return {
            "parses": float(found.compiles),
            "signature": float(found.columns == len(_query(task.facts).select)),
            "runs": float(found.columns is not None),
            "tests": sum(found.groups) / len(found.groups),
            "tidy": float(tidy),
        }


def _find(task: Task, answer: str) -> Finding:
    return find(_schema(task.facts), _query(task.facts), _named(task), answer)


def _schema(facts: FrozenDict) -> Schema:
    return unpack_schema(facts["tables"])


def _query(facts: FrozenDict) -> Query:
    return unpack_query(facts["query"])


def _named(task: Task) -> Schema:
    """The tables with the names of the task's template."""
    return _short(_schema(task.facts)) if task.template == "compact" else _schema(task.facts)


def _short(schema: Schema) -> Schema:
    """The tables as t, u, v, w; their keys i, j, k, y; other columns a, b, c, ... through all of them."""
    letters = iter("abcdefghlmnopqrs")
    return tuple(
        replace(
            table,
            name="tuvw"[number],
            columns=tuple(
                replace(field, name="ijky"[number] if field.kind == "key" else next(letters))
                for field in table.columns
            ),
        )
        for number, table in enumerate(schema)
    )


def _listed(rows: Sequence[Row]) -> str:
    return ", ".join(f"({', '.join(map(_written, row))})" for row in rows) or "no rows"


def _written(value: object) -> str:
    return literal(value) if isinstance(value, int | str) else "NULL" if value is None else repr(value)
