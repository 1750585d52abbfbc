"""Hidden databases: those that decide whether a query answers the question.

Three groups: drawn ones with values close to the query's constants, ones with many equal rows and NULLs, and small
ones, an empty one among them. In each group results differ, so that no constant passes one. More are drawn until
every mutant of the query fails on some, or until so many were drawn that it is likely to mean the same.
"""

import json
from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache
from itertools import chain
from typing import TypeAlias

from synthgym.envs.code._sql_draw import TEXTS
from synthgym.envs.code._sql_evaluate import evaluate, same_rows
from synthgym.envs.code._sql_mutants import dropped, mutants
from synthgym.envs.code._sql_query import (
    Compare,
    Database,
    Exists,
    Query,
    Row,
    Schema,
    Value,
    conditions,
    pack,
)
from synthgym.rng import Rng

Case: TypeAlias = tuple[Database, tuple[Row, ...]]
"""A database, and what the query gives on it."""
_TRIES = 40
_POOL = 16
_RICH = 3


@lru_cache(maxsize=1024)
def hidden(schema: Schema, query: Query) -> tuple[tuple[Case, ...], ...]:
    """Groups of databases with the rows that `query` gives; the same in every process."""
    rng = _rng("hidden", schema, query)
    alive = list(mutants(query, schema))
    groups: list[list[Case]] = []
    for style, count in (("spread", 3), ("repeated", 2), ("small", 2)):
        cases = _varied(schema, query, rng, style, count)
        if style == "small":
            cases.append(_case(schema, query, rng, "empty"))
        groups.append(cases)
        alive = [mutant for mutant in alive if not any(_tells(query, mutant, case) for case in cases)]
    for i, case in enumerate(chain(_pool(schema, query), _more(schema, query, rng))):
        if not alive:
            break
        left = [mutant for mutant in alive if not _tells(query, mutant, case)]
        if len(left) < len(alive):
            groups[i % 2].append(case)
            alive = left
    if query.order:  # a database with few rows shows an order by luck
        groups[0] += sorted(_pool(schema, query), key=lambda case: -_rows_in_all(query, case))[:_RICH]
    return tuple(map(tuple, _telling(groups)))


def _telling(groups: list[list[Case]]) -> list[list[Case]]:
    """`groups`, of which those with one result alone, which a constant may give, have joined the first other one."""
    varied = [group for group in groups if len({rows for _, rows in group}) > 1]
    same = [case for group in groups if group not in varied for case in group]
    return [varied[0] + same, *varied[1:]] if varied else [sum(groups, [])]


def example(schema: Schema, query: Query) -> Case:
    """A database to show; the result has rows, if those of a few databases do."""
    rng = _rng("example", schema, query)
    cases = [_case(schema, query, rng, "spread") for _ in range(8)]
    return max(cases, key=lambda case: bool(case[1]))


def fair(schema: Schema, query: Query) -> bool:
    """Whether results vary, and no part of the query could be left out unnoticed, on databases that are hidden too."""
    cases = _pool(schema, query)
    results = {rows for _, rows in cases}
    if len(results) < _POOL // 4 or sum(bool(rows) for _, rows in cases) < _POOL // 3:
        return False
    if query.order and sum(_rows_in_all(query, case) > 2 for case in cases) < _RICH:
        return False
    return all(any(_tells(query, less, case) for case in cases) for less in dropped(query))


def _rows_in_all(query: Query, case: Case) -> int:
    """How many rows there would be without the limit."""
    return len(case[1] if query.limit is None else evaluate(replace(query, limit=None), case[0]))


def _pool(schema: Schema, query: Query) -> list[Case]:
    rng = _rng("pool", schema, query)
    return [_case(schema, query, rng, "repeated" if i % 2 else "spread") for i in range(_POOL)]


def _more(schema: Schema, query: Query, rng: Rng) -> Iterator[Case]:
    for i in range(_TRIES):
        yield _case(schema, query, rng, ("spread", "repeated", "small")[i % 3])


def _rng(use: str, schema: Schema, query: Query) -> Rng:
    return Rng("sql_query", use, json.dumps([pack(schema), pack(query)]))


def _case(schema: Schema, query: Query, rng: Rng, style: str) -> Case:
    database = _database(schema, query, rng, style)
    return database, tuple(evaluate(query, database))


def _varied(schema: Schema, query: Query, rng: Rng, style: str, count: int) -> list[Case]:
    """`count` cases, at least two of which have other results where a few redraws find such."""
    cases = [_case(schema, query, rng, style) for _ in range(count)]
    for _ in range(_TRIES):
        if len({rows for _, rows in cases}) > 1 and any(rows for _, rows in cases):
            break
        cases = [*cases[1:], _case(schema, query, rng, style)]
    return cases


def _tells(query: Query, mutant: Query, case: Case) -> bool:
    database, rows = case
    return not same_rows(rows, evaluate(mutant, database), ordered=bool(query.order))


def _database(schema: Schema, query: Query, rng: Rng, style: str) -> Database:
    low, high = {"spread": (6, 9), "repeated": (7, 10), "small": (1, 3), "empty": (0, 0)}[style]
    sizes = [rng.integer(low, high) for _ in schema]
    keys = [sorted(rng.sample(range(1, size + 3), size)) for size in sizes]
    near = _near(query)
    tables: list[tuple[Row, ...]] = []
    for t, table in enumerate(schema):
        made: list[Row] = []
        for key in keys[t]:
            row: list[Value] = []
            for c, field in enumerate(table.columns):
                if field.null and rng.chance(1, 4):
                    row.append(None)
                elif field.kind == "key":
                    row.append(key)
                elif field.kind == "link":
                    row.append(rng.integer(1, sizes[0] + 2))
                else:
                    row.append(_drawn(field.kind == "text", near.get((t, c), []), rng, style))
            made.append(tuple(row))
        tables.append(tuple(made))
    return tuple(tables)


def _drawn(text: bool, near: list[int | str], rng: Rng, style: str) -> Value:
    if near and rng.chance(1, 2):
        return rng.choice(near)
    few = style == "repeated"
    return (
        rng.choice(TEXTS[:2] if few else TEXTS) if text else rng.integer(3, 5) if few else rng.integer(0, 9)
    )


def _near(query: Query) -> dict[tuple[int, int], list[int | str]]:
    """The constants that each column is compared with, and the numbers next to them."""
    near: dict[tuple[int, int], list[int | str]] = {}
    for condition in conditions(query.where):
        compare = condition.where if isinstance(condition, Exists) else condition
        if isinstance(compare, Compare):
            value = compare.value
            around = [value - 1, value, value + 1] if isinstance(value, int) else [value]
            near.setdefault((compare.col.table, compare.col.column), []).extend(around)
    having = query.having
    if having is not None and having.agg.col is not None:
        at = having.agg.col.table, having.agg.col.column
        near.setdefault(at, []).extend((having.value - 1, having.value, having.value + 1))
    return near
