"""A query is right if it gives the very rows, whatever it looks like; and nothing else is."""

import sqlite3
import time
from dataclasses import replace
from typing import Any

import pytest

from synthgym.envs.code._sql_databases import hidden
from synthgym.envs.code._sql_draw import draw
from synthgym.envs.code._sql_evaluate import evaluate, same_rows
from synthgym.envs.code._sql_judge import find, worths
from synthgym.envs.code._sql_mutants import dropped, mutants
from synthgym.envs.code._sql_query import Database, Query, Schema, pack, unpack_query, unpack_schema
from synthgym.envs.code._sql_writer import clauses, create
from synthgym.facts import FrozenDict, freeze
from synthgym.family import Family
from synthgym.parsing import parse
from synthgym.plugins import get_family
from synthgym.rng import Rng
from synthgym.types import Task
from synthgym.verifiers.generic.rubric import Rubric
from synthgym.verifiers.generic.token import Token


@pytest.fixture(scope="module")
def family() -> Family:
    return get_family("sql_query")


def about(family: Family, table: list[Any], query: Query) -> Task:
    """A task in the compact template about one table, whose columns are of these kinds."""
    names = "abc"
    fields = [["Field", names[i], kind, null] for i, (kind, null) in enumerate(table)]
    facts = freeze({"tables": ["", ["Table", "pets", ["", *fields]]], "query": pack(query)})
    some = family.task(0)
    assert isinstance(facts, FrozenDict)
    reference = family.solve(facts, "compact")
    return replace(some, facts=facts, prompt=family.question(facts, "compact"), reference=reference)


@pytest.fixture(scope="module")
def simple(family: Family) -> Task:
    """select a from t where b>3"""
    where = ["Compare", ["Col", 0, 1], ">", 3]
    query = ["Query", ["", ["Col", 0, 0]], [""], where, [""], None, False, [""], None]
    return about(family, [("int", False)] * 3, unpack_query(freeze(query)))


@pytest.fixture(scope="module")
def total(family: Family) -> Task:
    """select avg(a),sum(b) from t"""
    aggregates = [["Agg", "avg", ["Col", 0, 0], False], ["Agg", "sum", ["Col", 0, 1], False]]
    query = ["Query", ["", *aggregates], [""], None, [""], None, False, [""], None]
    return about(family, [("int", True)] * 3, unpack_query(freeze(query)))


def parts(task: Task) -> tuple[Schema, Query]:
    return unpack_schema(task.facts["tables"]), unpack_query(task.facts["query"])


def sqlite_rows(schema: Schema, database: Database, sql: str) -> list[tuple[Any, ...]]:
    """What SQLite itself gives; for our own queries alone."""
    base = sqlite3.connect(":memory:")
    for table, rows in zip(schema, database, strict=True):
        base.execute(create(table))
        for row in rows:
            base.execute(f"insert into {table.name} values ({','.join('?' * len(row))})", row)
    try:
        return base.execute(sql).fetchall()
    finally:
        base.close()


def test_a_query_is_said_in_two_ways(simple: Task, family: Family) -> None:
    assert simple.prompt == "t(a,b,c): a if b>3?"
    assert simple.reference.answer == "select a from t where b>3"
    assert "Keep those for which b is greater than 3. Give of each: a" in family.question(
        simple.facts, "natural"
    )


def test_our_evaluator_agrees_with_sqlite_on_thousands_of_queries() -> None:
    rng = Rng("test_sql_query", 0)
    compared = 0
    for i in range(110):
        schema, query = draw(rng, i % 11)
        cases = [case for group in hidden(schema, query) for case in group]
        variants = [query, *list(mutants(query, schema))[::5]]
        for variant in variants:
            sql = " ".join(clauses(variant, schema))
            ordered = bool(query.order) and variant.order == query.order and not query.grouped
            if not variant.order and variant.limit is not None:
                continue  # which rows come first is SQLite's choice
            if variant.limit is not None and variant is not query:
                continue
            for database, _ in cases[:5]:
                ours = evaluate(variant, database)
                if query.group and not variant.group:
                    continue  # which row a bare column is read from is SQLite's choice
                assert same_rows(ours, sqlite_rows(schema, database, sql), ordered=ordered), sql
                compared += 1
    assert compared > 1_000


@pytest.mark.parametrize(
    "answer",
    [
        *("select a from t where b>3", "SELECT a FROM t WHERE b > 3;", "select a as x from t where not b<=3"),
        *(
            "select a from (select * from t where b>=4)",
            "with u as (select a,b from t) select a from u where b>3",
        ),
        *(
            "select t.a from t where 3<t.b -- so",
            "select a\nfrom t\n\nwhere b>3",
            "select a+0 from t where b between 4 and 99",
        ),
        "select a from t where b>5 union all select a from t where b in (4,5)",
        "select a from t group by rowid having b>3",
        "select sum(a) from t where b>3 group by rowid order by b desc",
    ],
)
def test_every_query_with_these_rows_is_right(family: Family, simple: Task, answer: str) -> None:
    assert family.is_correct(simple, answer)
    assert family.canonical_answer(simple, answer) == family.canonical_answer(simple, simple.reference.answer)


HOSTILE = [
    *(
        "attach 'x.db' as x",
        "attach ':memory:' as x",
        "pragma table_info(t)",
        "select * from pragma_table_info('t')",
    ),
    *("select load_extension('x')", "delete from t", "update t set a=1", "drop table t", "create table u(a)"),
    *(
        "insert into t values (1,2,3)",
        "vacuum into 'x.db'",
        "select 1; select 2",
        "select a from t where b>3; drop table t",
    ),
    *(
        "begin",
        "explain select a from t where b>3",
        "select writefile('x','y')",
        "select a from t where b>3 limit random()",
    ),
    *(
        "with recursive r(n) as (select 1 union all select n+1 from r) select n from r",
        "select randomblob(1000000000)",
    ),
    *(
        "with recursive r(n) as (select 1 union all select n+1 from r) select count(*) from r",
        "select zeroblob(900000000)",
    ),
    *(
        "with recursive r(n) as (select 1 union all select n+1 from r limit 100000) select n from r",
        "select 9e999,x'00'",
    ),
    *(
        "select hex(zeroblob(90000))",
        "select " + "(" * 5_000 + "1" + ")" * 5_000,
        "\ud800",
        "\x00",
        "x" * 1_000_000,
    ),
]


@pytest.mark.parametrize(
    "answer",
    [
        *(
            "",
            " ",
            "garbage",
            "select",
            "select a from t",
            "select b from t where b>3",
            "select a from t where b>=3",
        ),
        *(
            "select distinct a from t where b>3",
            "select a,b from t where b>3",
            "select a from t where b>4",
            "values (1)",
        ),
        *(
            "select a from t where b>3 limit 5",
            "select a*1.0 from t where b>3",
            "select cast(a as text) from t where b>3",
        ),
        *(
            "select a from t where b>3 union select a from t where b>3",
            "select a from u where b>3",
            "select a from t where b>3 or",
        ),
        *(
            "select 1 where 0",
            "select null",
            "select a from t where b>3 union all select null where 0=1 or 1",
        ),
        *HOSTILE,
    ],
)
def test_every_other_text_is_wrong(family: Family, simple: Task, answer: str) -> None:
    started = time.monotonic()
    assert family.is_correct(simple, answer) is False
    assert time.monotonic() - started < 4


def test_types_are_exact(family: Family, total: Task) -> None:
    """An average is a real number and a sum a whole one; over nothing both are NULL."""
    assert family.is_correct(total, "select avg(a),sum(b) from t")
    assert family.is_correct(total, "select sum(a)*1.0/count(a),sum(b) from t")
    assert not family.is_correct(total, "select avg(a),total(b) from t")
    assert not family.is_correct(total, "select sum(a)/count(a),sum(b) from t")
    assert not family.is_correct(total, "select avg(a),coalesce(sum(b),0) from t")
    assert not family.is_correct(total, "select sum(b),avg(a) from t")


def test_rows_are_compared_with_their_types() -> None:
    assert same_rows([(1, None), (2, "x")], [(2, "x"), (1, None)], ordered=False)
    assert not same_rows([(1, None), (2, "x")], [(2, "x"), (1, None)], ordered=True)
    assert not same_rows([(1,)], [(1.0,)], ordered=False)
    assert not same_rows([(1,)], [("1",)], ordered=False)
    assert not same_rows([(1,), (1,)], [(1,)], ordered=False)


def test_mutants_and_constants_fail_in_the_sandbox(family: Family) -> None:
    told = 0
    for difficulty in range(11):
        for seed in range(2):
            task = family.task(seed, difficulty=difficulty, template="natural")
            schema, query = parts(task)
            cheats = [" ".join(clauses(less, schema)) for less in dropped(query) if query.group == less.group]
            for mutant in list(mutants(query, schema))[::4]:
                cases = [case for group in hidden(schema, query) for case in group]
                differs = any(sqlite_differs(mutant, schema, query, database) for database, _ in cases)
                cheats += [" ".join(clauses(mutant, schema))] if differs else []
            results = [rows for group in hidden(schema, query) for _, rows in group if rows]
            for rows in results[:3]:
                cheats.append(f"values {','.join(f'({listed(row)})' for row in rows)}")
            cheats += ["select null where 0", f"select {listed([0] * len(query.select))}"]
            for sql, worth in zip(cheats, worths(schema, query, schema, cheats), strict=True):
                told += 1
                assert worth < 1 and not find(schema, query, schema, sql).right, (task.reference.answer, sql)
    assert told > 200


def sqlite_differs(mutant: Query, schema: Schema, query: Query, database: Database) -> bool:
    given = sqlite_rows(schema, database, " ".join(clauses(mutant, schema)))
    return not same_rows(given, evaluate(query, database), ordered=bool(query.order))


def listed(row: Any) -> str:
    return ",".join("null" if value is None else repr(value) for value in row)


def test_no_group_of_databases_has_one_result_alone(family: Family) -> None:
    for difficulty in range(11):
        for seed in range(2):
            schema, query = parts(family.task(seed, difficulty=difficulty))
            groups = hidden(schema, query)
            assert all(len({rows for _, rows in group}) > 1 for group in groups)
            assert 6 <= sum(map(len, groups)) <= 40


def test_every_line_of_a_worked_solution_is_needed(family: Family) -> None:
    for difficulty in range(11):
        for seed in range(3):
            task = family.task(seed, difficulty=difficulty, template="natural", split="test")
            response = parse(task, f"```\n{task.reference.answer}\n```")
            assert set(family.judge(task, response).step_credits) == {1.0}, task.reference.answer


def test_a_line_earns_if_the_query_is_worse_without_it(family: Family, simple: Task) -> None:
    response = parse(simple, "so it goes\n```\nselect a\nfrom t\nwhere b>3\nand 1=1\n-- done\n```")
    judged = family.judge(simple, response)
    assert judged.truth and list(judged.step_credits) == [0.0, 1.0, 1.0, 1.0, 0.0, 0.0]
    near = Token()(simple, parse(simple, "select a from t where b>2")).credits
    assert 0.3 < near[0].value < 1 and near[-1].value == 0


def test_the_rubric_tells_how_far_a_query_came(simple: Task) -> None:
    def components(answer: str) -> dict[str, float]:
        return dict(Rubric()(simple, parse(simple, answer)).components)

    assert components("select a from")["parses"] == 0
    assert components("drop table t")["parses"] == 0
    assert components("select a,b from t where b>3")["signature"] == 0
    endless = components(
        "with recursive r(n) as (select 1 union all select n+1 from r) select count(*) from r"
    )
    assert endless["parses"] == 1 and endless["runs"] == 0
    assert components("select 1 where 0")["tests"] == 0
    assert set(components(simple.reference.answer).values()) == {1}


def test_renamed_tables_are_the_same_instance(family: Family) -> None:
    task = family.task(0, difficulty=4)
    schema, _ = parts(task)
    renamed = [replace(table, name="things") for table in schema]
    facts = freeze({"tables": pack(tuple(renamed)), "query": task.facts["query"]})
    assert isinstance(facts, FrozenDict)
    assert family.instance_key(facts) == family.instance_key(task.facts)


@pytest.mark.slow
def test_no_constant_answer_beats_the_stated_chance(family: Family) -> None:
    drawn = [family.task(seed) for seed in range(200)]
    constants = {task.reference.answer for task in drawn[:5]} | {
        "select a from t",
        "select a from t where b<>5",
    }
    best = max(sum(family.is_correct(task, constant) for task in drawn) for constant in constants)
    assert best / len(drawn) < family.chance + 4 * (family.chance / len(drawn)) ** 0.5
