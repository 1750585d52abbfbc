"""What a query gives on the hidden databases. It is run by SQLite in the sandbox alone, as an argument.

The database is in memory; the query may read, and nothing else: no ATTACH, no PRAGMA, no writing, no extension, one
statement, a bounded number of steps and rows.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from synthgym.envs.code._sql_databases import Case, hidden
from synthgym.envs.code._sql_evaluate import same_rows, typed
from synthgym.envs.code._sql_query import Query, Row, Schema
from synthgym.envs.code._sql_writer import create
from synthgym.parsing import MAX_CODE
from synthgym.verifiers.sandbox import Limits, Outcome, run

LIMITS = Limits(seconds=2, memory_mb=256, output_kb=64)
MOST_ROWS = 500
_SOURCE = f"""\
import sqlite3

READING = sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_RECURSIVE
REFUSED = "load_extension", "random", "randomblob"

def allowed(action, first, second, *where):
    known = action in READING or (action == sqlite3.SQLITE_FUNCTION and second.lower() not in REFUSED)
    return sqlite3.SQLITE_OK if known else sqlite3.SQLITE_DENY

def result(query, tables):
    base = sqlite3.connect(":memory:", isolation_level=None)
    for statement, name, rows in tables:
        base.execute(statement)
        for row in rows:
            base.execute(f"INSERT INTO {{name}} VALUES ({{','.join('?' * len(row))}})", row)
    base.execute("PRAGMA temp_store = MEMORY")
    base.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, 100_000)
    steps = iter(range(2_000))
    base.set_progress_handler(lambda: next(steps, None) is None, 1_000)
    base.set_authorizer(allowed)
    try:
        base.execute("EXPLAIN " + query)
    except (sqlite3.Error, sqlite3.Warning, ValueError):
        return None
    cursor = base.execute(query)
    rows = cursor.fetchmany({MOST_ROWS + 1})
    if len(rows) > {MOST_ROWS}:
        raise OverflowError("too many rows")
    return [len(cursor.description), [list(row) for row in rows]]
"""


@dataclass(frozen=True, slots=True)
class Finding:
    """What a query did.

    Attributes:
        compiles: SQLite takes it as one statement that only reads, and knows its tables and columns.
        columns: how many its result has, on every database; None where it did not run.
        groups: for each group of databases, whether all results are right.
        worth: 1 if all results are right; else below 1, the mean over databases with a result of the share of rows
            that are in both results among those in either, each counted as often as it is there.
        results: what it gave on each database; empty if it did not run on all of them.
    """

    compiles: bool = False
    columns: int | None = None
    groups: tuple[bool, ...] = (False,)
    worth: float = 0.0
    results: tuple[tuple[Row, ...], ...] = ()

    @property
    def right(self) -> bool:
        """Whether every result is right."""
        return all(self.groups)


@lru_cache(maxsize=1 << 13)
def find(schema: Schema, query: Query, named: Schema, sql: str) -> Finding:
    """What `sql` does where the tables and columns of `schema` have the names of `named`.

    Raises:
        SandboxError: if the sandbox cannot judge.
    """
    (found,) = _findings(schema, query, named, [sql])
    return found


def worths(schema: Schema, query: Query, named: Schema, queries: Sequence[str]) -> list[float]:
    """What each of `queries` is worth, all of them within one time limit.

    Raises:
        SandboxError: if the sandbox cannot judge.
    """
    if len(queries) == 1:
        return [find(schema, query, named, queries[0]).worth]
    return [found.worth for found in _findings(schema, query, named, queries)]


def _findings(schema: Schema, query: Query, named: Schema, queries: Sequence[str]) -> list[Finding]:
    groups = hidden(schema, query)
    cases = [case for group in groups for case in group]
    usable = [sql for sql in queries if len(sql) <= MAX_CODE]
    inputs = [[sql, _tables(named, case)] for sql in usable for case in cases]
    results = run(_SOURCE, inputs, LIMITS, entry="result").results if inputs else ()
    values = [_read(result.value) if result.outcome is Outcome.PASSED else _FAILED for result in results]
    found = iter(
        _finding(query, groups, values[i : i + len(cases)]) for i in range(0, len(values), len(cases))
    )
    return [next(found) if len(sql) <= MAX_CODE else Finding() for sql in queries]


@dataclass(frozen=True, slots=True)
class _Result:
    compiles: bool
    columns: int = -1
    rows: tuple[Row, ...] = ()


_FAILED = _Result(compiles=True)


def _tables(named: Schema, case: Case) -> list[list[object]]:
    database, _ = case
    return [
        [create(table), table.name, list(map(list, rows))]
        for table, rows in zip(named, database, strict=True)
    ]


def _read(value: object) -> _Result:
    match value:
        case [int(columns), list(rows)]:
            return _Result(True, columns, tuple(map(tuple, rows)))
    return _Result(compiles=False)


def _finding(query: Query, groups: Sequence[Sequence[Case]], results: Sequence[_Result]) -> Finding:
    if not all(result.compiles for result in results):
        return Finding(groups=(False,) * len(groups))
    ordered = bool(query.order)
    given = iter(results)
    shares: list[float] = []
    right: list[bool] = []
    for group in groups:
        told = []
        for _, expected in group:
            result = next(given)
            told.append(result.columns >= 0 and same_rows(result.rows, expected, ordered=ordered))
            shares += [_share(result.rows, expected)] if expected else []
        right.append(all(told))
    ran = all(result.columns >= 0 for result in results)
    return Finding(
        compiles=True,
        columns=results[0].columns if ran else None,
        groups=tuple(right),
        worth=1.0 if all(right) else sum(shares) / (len(shares) + 1),
        results=tuple(result.rows for result in results) if ran else (),
    )


def _share(rows: Sequence[Row], expected: Sequence[Row]) -> float:
    given, wanted = Counter(map(typed, rows)), Counter(map(typed, expected))
    return (given & wanted).total() / (given | wanted).total()
