"""A query in words: a short form for the compact template, English for the natural one."""

from collections.abc import Sequence

from synthgym.envs.code._sql_query import (
    Agg,
    Compare,
    Condition,
    Exists,
    Expression,
    IsNull,
    Junction,
    Query,
    Schema,
    Versus,
)
from synthgym.envs.code._sql_writer import Writer, literal

_RELATIONS = {
    "<": "less than",
    "<=": "at most",
    ">": "greater than",
    ">=": "at least",
    "=": "equal to",
    "<>": "different from",
}
_AGGREGATES = {
    "count": "the number of non-NULL values of",
    "sum": "the sum of",
    "min": "the smallest",
    "max": "the largest",
    "avg": "the average (a real number, as avg gives it) of",
}


def compact(query: Query, schema: Schema) -> str:
    """As in ``t(a,b,c): b if a>3``."""
    short = _Short(schema, qualified=False)
    tables = " ".join(f"{t.name}({','.join(field.name for field in t.columns)})" for t in schema)
    said = [f"{tables}:{' each' if query.distinct else ''} {','.join(map(short.expression, query.select))}"]
    for join in query.joins:
        said.append(f"{'maybe ' if join.left else ''}with {short.col(join.inner)}={short.col(join.outer)}")
    if query.where is not None:
        said.append(f"if {short.condition(query.where)}")
    if query.group:
        said.append(f"by {','.join(map(short.col, query.group))}")
    if query.having is not None:
        having = query.having
        said.append(f"having {short.expression(having.agg)}{having.operation}{having.value}")
    if query.order:
        keys = (f"{short.expression(key.by)}{' down' if key.down else ''}" for key in query.order)
        said.append(f"sort {','.join(keys)}")
    if query.limit is not None:
        said.append(f"first {query.limit}")
    return " ".join(said)


class _Short(Writer):
    """SQL's own words but for subqueries; in the compact template every column's name is its own."""

    def condition(self, where: Condition) -> str:
        match where:
            case Versus(col, operation, agg):
                return f"{self.col(col)}{operation}all's {self.expression(agg)}"
            case Exists(inner, outer, condition, negated):
                link = f"{self.col(inner)}={self.col(outer)}"
                return f"{'no' if negated else 'some'} ({link} and {self.condition(condition)})"
        return super().condition(where)


def english(query: Query, schema: Schema) -> str:
    """The question in full sentences."""
    words = _Words(schema, qualified=len(schema) > 1)
    first = schema[0].name
    if query.joins:
        source = f"all combinations of a row of {first}"
        for join in query.joins:
            other = schema[join.inner.table].name
            source += f" with a row of {other} where {words.col(join.inner)} equals {words.col(join.outer)}"
            source += (
                f" (where there is no such row of {other}, its columns count as NULL)" if join.left else ""
            )
    else:
        source = f"all rows of {first}"
    said = [f"Take {source}."]
    if query.where is not None:
        said.append(f"Keep those for which {words.condition(query.where)}.")
    if query.group:
        said.append(
            f"Group them by {_listed(list(map(words.col, query.group)))}; NULL is a group of its own."
        )
    if query.having is not None:
        relation = f"{_RELATIONS[query.having.operation]} {query.having.value}"
        said.append(f"Keep the groups for which {words.expression(query.having.agg)} is {relation}.")
    of_each = " of each group" if query.group else " over all of them" if query.grouped else " of each"
    columns = _listed(list(map(words.expression, query.select)))
    said.append(f"Give{of_each}: {columns}, in this order of columns.")
    if query.distinct:
        said.append("Equal rows of the result are given once.")
    if query.order:
        keys = [f"{words.expression(k.by)} ({'descending' if k.down else 'ascending'})" for k in query.order]
        said.append(f"Sort by {', then by '.join(keys)}; NULL is the smallest value.")
    else:
        said.append("The order of the rows does not matter.")
    if query.limit is not None:
        said.append(
            f"Give only the first {query.limit} rows of the sorted result (fewer if there are fewer)."
        )
    return " ".join(said)


class _Words(Writer):
    """English for the parts of a query."""

    def expression(self, item: Expression) -> str:
        if not isinstance(item, Agg):
            return self.col(item)
        if item.col is None:
            return "the number of rows"
        if item.distinct:
            return f"the number of distinct non-NULL values of {self.col(item.col)}"
        return f"{_AGGREGATES[item.name]} {self.col(item.col)}"

    def condition(self, where: Condition) -> str:
        match where:
            case Compare(col, operation, value):
                return f"{self.col(col)} is {_RELATIONS[operation]} {literal(value)}"
            case IsNull(col, negated):
                return f"{self.col(col)} is {'not ' if negated else ''}NULL"
            case Versus(col, operation, agg):
                table = self._schema[col.table].name
                whole = f"{self.expression(agg)} over all rows of {table}"
                return f"{self.col(col)} is {_RELATIONS[operation]} {whole}"
            case Exists(inner, outer, condition, negated):
                table = self._schema[inner.table].name
                link = f"with {self.col(inner)} equal to {self.col(outer)}"
                there_is = f"there is {'no' if negated else 'a'} row of {table} {link}"
                return f"{there_is} for which {self.condition(condition)}"
            case Junction(every, terms):
                said = [
                    f"({self.condition(t)})" if isinstance(t, Junction) else self.condition(t) for t in terms
                ]
                return (" and " if every else " or ").join(said)


def _listed(items: Sequence[str]) -> str:
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} and {items[-1]}"
