"""Tables and queries as trees of our own, and their form in the facts."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields, is_dataclass
from typing import Any, TypeAlias

from synthgym.errors import TaskError, shown
from synthgym.facts import Fact

Value: TypeAlias = "int | str | float | None"
Row: TypeAlias = tuple[Value, ...]
Database: TypeAlias = tuple[tuple[Row, ...], ...]
"""The rows of each table, in the order of the schema."""


@dataclass(frozen=True, slots=True)
class Field:
    """A column of a table.

    Attributes:
        kind: "key" (a unique whole number), "link" (a key of the first table, or none), "int" or "text".
        null: it may hold NULL.
    """

    name: str
    kind: str
    null: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """A table of the schema."""

    name: str
    columns: tuple[Field, ...]


Schema: TypeAlias = tuple[Table, ...]


@dataclass(frozen=True, slots=True)
class Col:
    """A column, by the numbers of its table in the schema and its own in the table."""

    table: int
    column: int


@dataclass(frozen=True, slots=True)
class Agg:
    """count, sum, min, max or avg of a column over a group; of its rows if there is no column."""

    name: str
    col: Col | None = None
    distinct: bool = False


@dataclass(frozen=True, slots=True)
class Compare:
    """A column against a constant; `operation` as in SQL."""

    col: Col
    operation: str
    value: int | str


@dataclass(frozen=True, slots=True)
class IsNull:
    """Whether a column is NULL, or is not."""

    col: Col
    negated: bool


@dataclass(frozen=True, slots=True)
class Versus:
    """A column against an aggregate of a column of its table, over all of that table."""

    col: Col
    operation: str
    agg: Agg


@dataclass(frozen=True, slots=True)
class Exists:
    """Whether a row of another table with `inner` equal to `outer` meets `where`, or none does."""

    inner: Col
    outer: Col
    where: Compare
    negated: bool


@dataclass(frozen=True, slots=True)
class Junction:
    """All of several conditions, or any of them."""

    every: bool
    terms: "tuple[Condition, ...]"


Expression: TypeAlias = "Col | Agg"
Condition: TypeAlias = "Compare | IsNull | Versus | Exists | Junction"


@dataclass(frozen=True, slots=True)
class Join:
    """Rows paired by equal columns: `inner` of the joined table, `outer` of one before; `left` keeps all of those."""

    inner: Col
    outer: Col
    left: bool


@dataclass(frozen=True, slots=True)
class Having:
    """The condition on a group."""

    agg: Agg
    operation: str
    value: int


@dataclass(frozen=True, slots=True)
class Order:
    """One key of the order asked for."""

    by: Expression
    down: bool


@dataclass(frozen=True, slots=True)
class Query:
    """A SELECT on table 0 and what is joined to it."""

    select: tuple[Expression, ...]
    joins: tuple[Join, ...] = ()
    where: "Condition | None" = None
    group: tuple[Col, ...] = ()
    having: Having | None = None
    distinct: bool = False
    order: tuple[Order, ...] = ()
    limit: int | None = None

    @property
    def grouped(self) -> bool:
        """Whether rows stand for groups."""
        return bool(self.group) or any(isinstance(item, Agg) for item in self.select)


_KINDS: dict[str, Callable[..., Any]] = {
    kind.__name__: kind
    for kind in (
        Field,
        Table,
        Col,
        Agg,
        Compare,
        IsNull,
        Versus,
        Exists,
        Junction,
        Join,
        Having,
        Order,
        Query,
    )
}


def pack(value: object) -> object:
    """`value`, made of the trees here, as JSON-able lists for the facts."""
    if is_dataclass(value):
        return [type(value).__name__, *(pack(getattr(value, field.name)) for field in fields(value))]
    return ["", *map(pack, value)] if isinstance(value, tuple) else value


def unpack_query(fact: Fact) -> Query:
    """The query that `pack` wrote.

    Raises:
        TaskError: for anything else.
    """
    query = _unpack(fact)
    if not isinstance(query, Query):
        raise TaskError(f"{shown(fact)} is no query; it should be what pack() wrote")
    return query


def unpack_schema(fact: Fact) -> Schema:
    """The tables that `pack` wrote.

    Raises:
        TaskError: for anything else.
    """
    tables = _unpack(fact)
    if not isinstance(tables, tuple) or not all(isinstance(table, Table) for table in tables):
        raise TaskError(f"{shown(fact)} is no schema; it should be what pack() wrote")
    return tables


def _unpack(fact: Fact) -> Any:
    if not isinstance(fact, tuple):
        return fact
    kind, *parts = fact
    if kind == "":
        return tuple(map(_unpack, parts))
    if not isinstance(kind, str) or kind not in _KINDS:
        raise TaskError(f"{shown(kind)} is no part of a query; use one of {', '.join(_KINDS)}")
    try:
        return _KINDS[kind](*map(_unpack, parts))
    except TypeError as error:
        raise TaskError(f"{shown(fact)} is no {kind}: {error}") from error


def conditions(where: "Condition | None") -> Iterator[Condition]:
    """The single conditions in `where`."""
    if isinstance(where, Junction):
        for term in where.terms:
            yield from conditions(term)
    elif where is not None:
        yield where


def columns(part: object) -> Iterator[Col]:
    """Every column named in `part`, a tree of those here."""
    if isinstance(part, Col):
        yield part
    elif isinstance(part, tuple):
        for item in part:
            yield from columns(item)
    elif is_dataclass(part):
        for field in fields(part):
            yield from columns(getattr(part, field.name))
