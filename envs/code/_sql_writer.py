"""A query, and the tables it is about, in SQL."""

from collections.abc import Iterable

from synthgym.envs.code._sql_query import (
    Col,
    Compare,
    Condition,
    Exists,
    Expression,
    IsNull,
    Junction,
    Query,
    Schema,
    Table,
    Versus,
)

_TYPES = {"key": "INTEGER PRIMARY KEY", "link": "INTEGER", "int": "INTEGER", "text": "TEXT"}


def create(table: Table) -> str:
    """The statement that makes `table`."""
    columns = ", ".join(
        f"{field.name} {_TYPES[field.kind]}{'' if field.null or field.kind == 'key' else ' NOT NULL'}"
        for field in table.columns
    )
    return f"CREATE TABLE {table.name} ({columns})"


class Writer:
    """Writes the parts of queries on `schema`; columns with the table's name where `qualified`."""

    def __init__(self, schema: Schema, *, qualified: bool) -> None:
        self._schema = schema
        self._qualified = qualified

    def col(self, col: Col) -> str:
        """A column's name."""
        table = self._schema[col.table]
        name = table.columns[col.column].name
        return f"{table.name}.{name}" if self._qualified else name

    def expression(self, item: Expression) -> str:
        """A column, or an aggregate as in ``count(distinct a)``."""
        if isinstance(item, Col):
            return self.col(item)
        inner = "*" if item.col is None else self.col(item.col)
        return f"{item.name}({'distinct ' if item.distinct else ''}{inner})"

    def condition(self, where: Condition) -> str:
        """A condition as it stands after ``where``."""
        match where:
            case Compare(col, operation, value):
                return f"{self.col(col)}{operation}{literal(value)}"
            case IsNull(col, negated):
                return f"{self.col(col)} is {'not ' if negated else ''}null"
            case Versus(col, operation, agg):
                plain = Writer(self._schema, qualified=False)
                table = self._schema[col.table].name
                return f"{self.col(col)}{operation}(select {plain.expression(agg)} from {table})"
            case Exists(inner, outer, condition, negated):
                full = Writer(self._schema, qualified=True)
                table = self._schema[inner.table].name
                met = f"{full.col(inner)}={full.col(outer)} and {full.condition(condition)}"
                return f"{'not ' if negated else ''}exists (select 1 from {table} where {met})"
            case Junction(every, terms):
                return (" and " if every else " or ").join(map(self._term, terms))

    def _term(self, term: Condition) -> str:
        return f"({self.condition(term)})" if isinstance(term, Junction) else self.condition(term)


def clauses(query: Query, schema: Schema) -> list[str]:
    """The query, a clause an item."""
    writer = Writer(schema, qualified=bool(query.joins))
    said = [f"select {'distinct ' if query.distinct else ''}{_listed(map(writer.expression, query.select))}"]
    said.append(f"from {schema[0].name}")
    for join in query.joins:
        on = f"{writer.col(join.inner)}={writer.col(join.outer)}"
        said.append(f"{'left ' if join.left else ''}join {schema[join.inner.table].name} on {on}")
    if query.where is not None:
        said.append(f"where {writer.condition(query.where)}")
    if query.group:
        said.append(f"group by {_listed(map(writer.col, query.group))}")
    if query.having is not None:
        having = query.having
        said.append(f"having {writer.expression(having.agg)}{having.operation}{having.value}")
    if query.order:
        keys = (f"{writer.expression(key.by)}{' desc' if key.down else ''}" for key in query.order)
        said.append(f"order by {_listed(keys)}")
    if query.limit is not None:
        said.append(f"limit {query.limit}")
    return said


def literal(value: int | str) -> str:
    """A constant; texts hold no quotes."""
    return f"'{value}'" if isinstance(value, str) else str(value)


def _listed(items: Iterable[str]) -> str:
    return ",".join(items)
