"""Draws tables and queries on them; what a difficulty adds stands in `_SHAPES`."""

from dataclasses import dataclass

from synthgym.envs.code._sql_query import (
    Agg,
    Col,
    Compare,
    Condition,
    Exists,
    Expression,
    Field,
    Having,
    IsNull,
    Join,
    Junction,
    Order,
    Query,
    Schema,
    Table,
    Versus,
)
from synthgym.rng import Rng

TEXTS = ("blue", "green", "grey", "red")
_TABLES = ("pets", "books", "towns", "teams", "films", "songs", "boats", "shops")
_NUMBERS = ("age", "size", "price", "score", "weight", "stock", "length", "width", "height", "cost")
_WORDS = ("color", "kind", "status", "region", "label")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shape:
    """What queries of a difficulty are made of.

    Attributes:
        select: columns of the result; a group's column and aggregates where rows are grouped.
        terms: single conditions on columns.
        finish: the ways the query may end, one of which is drawn.
        joins: tables joined.
        left: joins may keep rows without a partner.
        null: columns may hold NULL.
        more: conditions with a subquery, each of which is there.
    """

    select: int
    terms: int
    finish: tuple[str, ...] = ("",)
    joins: int = 0
    left: bool = False
    null: bool = False
    more: tuple[str, ...] = ()


_LAST = "group order", "group having"
_MORE = "exists", "versus"
_SHAPES = (
    _Shape(select=1, terms=1),
    _Shape(select=2, terms=1),
    _Shape(select=2, terms=2),
    _Shape(select=2, terms=2, finish=("distinct", "order", "total")),
    _Shape(select=2, terms=2, finish=("order", "group"), null=True),
    _Shape(select=3, terms=2, finish=("group having", "group order"), null=True),
    _Shape(select=3, terms=2, finish=("order", "group order"), joins=1),
    _Shape(select=3, terms=3, finish=("order", "group having"), joins=1, null=True),
    _Shape(select=3, terms=2, finish=("group having order",), joins=1, left=True, null=True),
    _Shape(select=3, terms=2, finish=("order", "group having order"), joins=1, left=True, null=True, more=("exists",)),
    _Shape(select=3, terms=1, finish=("order", *_LAST), joins=2, left=True, null=True, more=_MORE),
)  # fmt: skip


def draw(rng: Rng, difficulty: int) -> tuple[Schema, Query]:
    """Tables, and a query on them."""
    shape = _SHAPES[difficulty]
    count = 1 + shape.joins + ("exists" in shape.more)
    schema = _schema(rng, difficulty, count, shape.null)
    joins = tuple(
        Join(Col(table, 1), Col(0, 0), left=shape.left and rng.chance(2, 3))
        for table in range(1, shape.joins + 1)
    )
    reached = range(shape.joins + 1)
    where = _where(rng, schema, range(1) if shape.left else reached, shape)
    finish = rng.choice(shape.finish)
    if "group" in finish:
        return schema, _grouped(rng, schema, reached, shape, Query((), joins, where), finish)
    if finish == "total":
        return schema, Query(tuple(_aggregates(rng, schema, reached, shape.select)), joins, where)
    columns = _columns(schema, reached, ("key", "int", "text"))
    select = tuple(rng.sample(columns, shape.select))
    if finish != "order":
        return schema, Query(select, joins, where, distinct=finish == "distinct")
    keys = [Col(table, 0) for table in reached]
    by = rng.choice([col for col in columns if col not in keys])
    order = (Order(by, rng.chance(1, 2)), *(Order(key, False) for key in keys))
    return schema, Query(select, joins, where, order=order, limit=_limit(rng))


def _schema(rng: Rng, difficulty: int, count: int, null: bool) -> Schema:
    """Tables with three columns; from difficulty 2 on, with a key, and with a link from each to the first table."""
    numbers, words = rng.shuffled(_NUMBERS), rng.shuffled(_WORDS)
    names = rng.sample(_TABLES, count)
    tables: list[Table] = []
    for i, name in enumerate(names):
        key = [Field("id", "key")] if difficulty > 1 else []
        link = [Field(f"{names[0][:-1]}_id", "link", null)] if i else []
        kinds = ["int", "int", "text" if difficulty > 1 else "int"]
        drawn = [
            Field((words if kind == "text" else numbers).pop(), kind, null and rng.chance(1, 2))
            for kind in kinds
        ]
        tables.append(Table(name, (*key, *link, *drawn)))
    return tuple(tables)


def _columns(schema: Schema, tables: range, kinds: tuple[str, ...]) -> list[Col]:
    return [Col(t, c) for t in tables for c, field in enumerate(schema[t].columns) if field.kind in kinds]


def _where(rng: Rng, schema: Schema, tables: range, shape: _Shape) -> Condition:
    columns = rng.sample(_columns(schema, tables, ("int", "text")), shape.terms)
    terms: list[Condition] = [_single(rng, schema, col) for col in columns]
    if len(terms) > 1 and rng.chance(1, 3 if len(terms) == 2 else 2):
        either = Junction(False, tuple(terms[:2]))
        terms = [either, *terms[2:]]
    if "exists" in shape.more:
        other = len(schema) - 1
        inner = Col(other, len(schema[other].columns) - rng.integer(1, 3))
        terms.append(Exists(Col(other, 1), Col(0, 0), _compare(rng, schema, inner), rng.chance(1, 2)))
    if "versus" in shape.more:
        col = rng.choice(_columns(schema, tables, ("int",)))
        terms.append(Versus(col, rng.choice(("<", ">", "<=", ">=")), Agg("avg", col)))
    return terms[0] if len(terms) == 1 else Junction(True, tuple(terms))


def _single(rng: Rng, schema: Schema, col: Col) -> Condition:
    if schema[col.table].columns[col.column].null and rng.chance(1, 3):
        return IsNull(col, rng.chance(1, 2))
    return _compare(rng, schema, col)


def _compare(rng: Rng, schema: Schema, col: Col) -> Compare:
    if schema[col.table].columns[col.column].kind == "text":
        return Compare(col, rng.choice(("=", "<>")), rng.choice(TEXTS))
    return Compare(col, rng.choice(("<", "<=", ">", ">=", "=", "<>")), rng.integer(1, 8))


def _aggregates(rng: Rng, schema: Schema, tables: range, count: int) -> list[Expression]:
    numbers = _columns(schema, tables, ("int",))
    choices: list[Expression] = [Agg("count")]
    choices += [Agg(name, col) for name in ("sum", "min", "max", "avg") for col in numbers]
    choices += [Agg("count", col, True) for col in _columns(schema, tables, ("int", "text"))]
    choices += [
        Agg("count", col) for col in numbers if schema[col.table].columns[col.column].null or col.table
    ]
    return rng.sample(choices, count)


def _grouped(rng: Rng, schema: Schema, tables: range, shape: _Shape, base: Query, finish: str) -> Query:
    by = rng.choice(_columns(schema, tables, ("text", "int")))
    tallies = _aggregates(rng, schema, tables, shape.select - 1)
    number = rng.choice(_columns(schema, tables, ("int",)))
    having = rng.choice(
        [
            Having(Agg("count"), rng.choice((">", ">=", "<", "<=")), 2),
            Having(Agg(rng.choice(("max", "min")), number), rng.choice(("<", ">")), rng.integer(3, 6)),
        ]
    )
    ordered = "order" in finish
    first = rng.choice([item for item in tallies if isinstance(item, Agg)])
    order = (Order(first, rng.chance(1, 2)), Order(by, rng.chance(1, 4))) if ordered else ()
    return Query(
        (by, *tallies),
        base.joins,
        base.where,
        (by,),
        having if "having" in finish else None,
        order=order,
        limit=_limit(rng) if ordered else None,
    )


def _limit(rng: Rng) -> int | None:
    return rng.integer(1, 3) if rng.chance(1, 2) else None
