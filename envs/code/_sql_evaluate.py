"""What a query gives on a database, by SQL's rules: three truth values, NULL first in an order, groups by equality.

Whole numbers stay whole; avg is a float, the quotient of two whole numbers.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from operator import eq, ge, gt, le, lt, ne
from typing import Any, TypeAlias

from synthgym.envs.code._sql_query import (
    Agg,
    Col,
    Compare,
    Condition,
    Database,
    Exists,
    Expression,
    IsNull,
    Join,
    Junction,
    Query,
    Row,
    Value,
    Versus,
)

Place: TypeAlias = dict[int, "Row | None"]
"""A row of each table in play; None where a left join found no partner."""
OPERATIONS: dict[str, Callable[[Any, Any], bool]] = {"<": lt, "<=": le, ">": gt, ">=": ge, "=": eq, "<>": ne}


def evaluate(query: Query, database: Database) -> list[Row]:
    """The rows that `query` gives; in the order asked for, where one is.

    Otherwise rows stand as in the tables and groups by their columns, as SQLite is likely to give them: a query that
    forgets its order must not be right by luck.
    """
    places: list[Place] = [{0: row} for row in database[0]]
    for join in query.joins:
        places = [wider for place in places for wider in _joined(place, join, database)]
    kept = [place for place in places if _truth(query.where, place, database)]
    groups = _groups(query, kept)
    if query.having is not None:
        having = query.having
        groups = [g for g in groups if _compare(_aggregate(having.agg, g), having.operation, having.value)]
    for key in reversed(query.order):
        groups.sort(key=lambda group, by=key.by: _rank(_value(by, group)), reverse=key.down)  # type: ignore[misc]
    rows = [tuple(_value(item, group) for item in query.select) for group in groups]
    if query.distinct:
        rows = list(dict.fromkeys(rows))
    return rows[: query.limit]


def same_rows(one: Sequence[Row], other: Sequence[Row], *, ordered: bool) -> bool:
    """Whether two results have the same rows as often, and in the same order if that matters; types are exact."""
    first, second = ([typed(row) for row in rows] for rows in (one, other))
    return first == second if ordered else Counter(first) == Counter(second)


def typed(row: Row) -> tuple[tuple[str, Value], ...]:
    """`row` with the type of each value: 1 and 1.0 are two values."""
    return tuple((type(value).__name__, value) for value in row)


def _joined(place: Place, join: Join, database: Database) -> list[Place]:
    table = join.inner.table
    wanted = _read(join.outer, place)
    partners = [row for row in database[table] if wanted is not None and row[join.inner.column] == wanted]
    if join.left and not partners:
        return [{**place, table: None}]
    return [{**place, table: row} for row in partners]


def _groups(query: Query, places: list[Place]) -> list[list[Place]]:
    """Groups of places; every place on its own if the query does not group."""
    if not query.grouped:
        return [[place] for place in places]
    if not query.group:
        return [places]
    groups: dict[Row, list[Place]] = {}
    for place in places:
        groups.setdefault(tuple(_read(col, place) for col in query.group), []).append(place)
    return [groups[key] for key in sorted(groups, key=lambda row: list(map(_rank, row)))]


def _value(item: Expression, group: Sequence[Place]) -> Value:
    if isinstance(item, Agg):
        return _aggregate(item, group)
    return _read(item, group[0]) if group else None


def _read(col: Col, place: Place) -> Value:
    row = place[col.table]
    return None if row is None else row[col.column]


def _aggregate(agg: Agg, places: Sequence[Place]) -> Value:
    if agg.col is None:
        return len(places)
    values = [value for place in places if (value := _read(agg.col, place)) is not None]
    if agg.distinct:
        values = list(dict.fromkeys(values))
    if agg.name == "count":
        return len(values)
    if not values:
        return None
    if agg.name in ("min", "max"):
        return (min if agg.name == "min" else max)(values, key=_rank)
    total = sum(value for value in values if isinstance(value, int))
    return total if agg.name == "sum" else total / len(values)


def _truth(where: "Condition | None", place: Place, database: Database) -> bool | None:
    """True, False, or None for unknown."""
    match where:
        case None:
            return True
        case Compare(col, operation, value):
            return _compare(_read(col, place), operation, value)
        case IsNull(col, negated):
            return (_read(col, place) is None) != negated
        case Versus(col, operation, agg):
            whole: list[Place] = [{col.table: row} for row in database[col.table]]
            return _compare(_read(col, place), operation, _aggregate(agg, whole))
        case Exists(inner, outer, condition, negated):
            join = Join(inner, outer, left=False)
            found = any(_truth(condition, p, database) for p in _joined(place, join, database))
            return found != negated
        case Junction(every, terms):
            truths = [_truth(term, place, database) for term in terms]
            settling = not every
            return settling if settling in truths else (None if None in truths else every)


def _compare(left: Value, operation: str, right: Value) -> bool | None:
    if left is None or right is None:
        return None
    return OPERATIONS[operation](left, right)


def _rank(value: Value) -> tuple[int, Any]:
    """SQLite's order: NULL, numbers, texts."""
    return (0, 0) if value is None else (2, value) if isinstance(value, str) else (1, value)
