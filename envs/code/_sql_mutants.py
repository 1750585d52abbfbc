"""What a query may get wrong: those one mistake away from the one that was asked for."""

from collections.abc import Iterator
from dataclasses import replace

from synthgym.envs.code._sql_query import (
    Agg,
    Col,
    Compare,
    Condition,
    Exists,
    Expression,
    IsNull,
    Join,
    Junction,
    Order,
    Query,
    Schema,
    Versus,
    columns,
)

_NEAR = {"<": ("<=", ">"), "<=": ("<", ">="), ">": (">=", "<"), ">=": (">", "<="), "=": ("<>",), "<>": ("=",)}
_OTHER_AGGREGATES = {
    "sum": ("avg", "count"),
    "avg": ("sum", "max"),
    "min": ("max",),
    "max": ("min",),
    "count": ("sum",),
}


def dropped(query: Query) -> Iterator[Query]:
    """`query` without one of its parts, or with a left join that drops rows. No fair query means the same as one."""
    for where in (None, *_where_dropped(query.where)):
        yield replace(query, where=where)
    if query.group:
        yield replace(query, group=())
    if query.having is not None:
        yield replace(query, having=None)
    if query.distinct:
        yield replace(query, distinct=False)
    if query.limit is not None:
        yield replace(query, limit=None)
    if query.order:
        first, *rest = query.order
        yield from (replace(query, order=order) for order in ((), tuple(rest), tuple(rest[::-1])))
        yield replace(query, order=(replace(first, down=not first.down), *rest))
    used = {col.table for col in columns(replace(query, joins=()))}
    for i, join in enumerate(query.joins):
        if join.left:
            yield _with_join(query, i, replace(join, left=False))
        if join.inner.table not in used:
            yield replace(query, joins=query.joins[:i] + query.joins[i + 1 :])


def mutants(query: Query, schema: Schema) -> Iterator[Query]:
    """`query` with one mistake. Some may mean the same."""
    yield from dropped(query)
    for i, item in enumerate(query.select):
        for other in _expressions(item, query, schema):
            yield replace(query, select=(*query.select[:i], other, *query.select[i + 1 :]))
    if len(query.select) > 1:
        yield replace(query, select=query.select[::-1])
        yield replace(query, select=query.select[:-1])
    for where in _where_changed(query.where, schema):
        yield replace(query, where=where)
    for i, join in enumerate(query.joins):
        if not join.left:
            yield _with_join(query, i, replace(join, left=True))
    yield from _having(query)
    yield from _endings(query, schema)


def _with_join(query: Query, i: int, join: Join) -> Query:
    return replace(query, joins=(*query.joins[:i], join, *query.joins[i + 1 :]))


def _having(query: Query) -> Iterator[Query]:
    having = query.having
    if having is not None:
        for operation in _NEAR[having.operation]:
            yield replace(query, having=replace(having, operation=operation))
        for value in (having.value - 1, having.value + 1):
            yield replace(query, having=replace(having, value=value))


def _endings(query: Query, schema: Schema) -> Iterator[Query]:
    if not query.distinct:
        yield replace(query, distinct=True)
    if query.limit is not None:
        for limit in (query.limit - 1, query.limit + 1):
            yield replace(query, limit=limit)
    for i in range(len(query.order)):
        yield replace(query, order=query.order[:i] + query.order[i + 1 :])
    for col in query.group:
        for other in _like(col, query, schema):
            select = tuple(other if item == col else item for item in query.select)
            order = tuple(Order(other, key.down) if key.by == col else key for key in query.order)
            yield replace(query, group=(other,), select=select, order=order)


def _like(col: Col, query: Query, schema: Schema) -> Iterator[Col]:
    """Other columns of the same sort, in the tables at hand."""
    kind = schema[col.table].columns[col.column].kind
    for table in (0, *(join.inner.table for join in query.joins)):
        for column, field in enumerate(schema[table].columns):
            if Col(table, column) != col and (field.kind == "text") == (kind == "text"):
                yield Col(table, column)


def _expressions(item: Expression, query: Query, schema: Schema) -> Iterator[Expression]:
    if isinstance(item, Col):
        if not query.group:
            yield from _like(item, query, schema)
        return
    if item.col is None:
        return
    yield Agg("count")
    if item.name == "count":
        yield replace(item, distinct=not item.distinct)
    kind = schema[item.col.table].columns[item.col.column].kind
    if kind != "text":
        yield from (Agg(name, item.col) for name in _OTHER_AGGREGATES[item.name])
    yield from (replace(item, col=other) for other in _like(item.col, query, schema))


def _where_dropped(where: "Condition | None") -> Iterator["Condition | None"]:
    if isinstance(where, Junction):
        for i, term in enumerate(where.terms):
            rest = where.terms[:i] + where.terms[i + 1 :]
            yield rest[0] if len(rest) == 1 else Junction(where.every, rest)
            if isinstance(term, Junction):
                for changed in _where_dropped(term):
                    if changed is not None:
                        yield Junction(where.every, (*where.terms[:i], changed, *where.terms[i + 1 :]))
    elif where is not None:
        yield None


def _where_changed(where: "Condition | None", schema: Schema) -> Iterator[Condition]:
    match where:
        case Compare(col, operation, value):
            yield from (replace(where, operation=other) for other in _NEAR[operation])
            if isinstance(value, int):
                yield from (replace(where, value=other) for other in (value - 1, value + 1))
                others = enumerate(schema[col.table].columns)
                yield from (
                    replace(where, col=Col(col.table, i))
                    for i, field in others
                    if field.kind == "int" and i != col.column
                )
        case IsNull(_, negated):
            yield replace(where, negated=not negated)
        case Versus(_, operation, agg):
            yield from (replace(where, operation=other) for other in _NEAR[operation])
            yield from (replace(where, agg=replace(agg, name=other)) for other in ("min", "max"))
        case Exists(_, _, condition, negated):
            yield replace(where, negated=not negated)
            for changed in _where_changed(condition, schema):
                if isinstance(changed, Compare):
                    yield replace(where, where=changed)
        case Junction(every, terms):
            yield replace(where, every=not every)
            for i, term in enumerate(terms):
                for changed in _where_changed(term, schema):
                    yield Junction(every, (*terms[:i], changed, *terms[i + 1 :]))
