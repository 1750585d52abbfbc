"""Rows out of whatever holds them: files, `datasets`, data frames, lists of dicts. Nothing is judged here."""

import csv
import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from synthgym.envs.custom._values import WrittenFloat, plain
from synthgym.errors import SettingError, TaskError, shown, suggestion
from synthgym.types import Split

SUFFIXES = (".jsonl", ".ndjson", ".json", ".csv", ".tsv", ".parquet")
_SPLITS: dict[str, Split] = {"train": "train", "training": "train", "test": "test"}
_SPLITS |= dict.fromkeys(("validation", "valid", "val", "dev", "eval"), "test")


@dataclass(frozen=True, slots=True)
class Source:
    """The rows of one source.

    Attributes:
        name: what errors call it.
        rows: each with where it stands and its cells, or with the error that reading it gave.
        columns: their names.
        split: of all its rows, where the source says so.
    """

    name: str
    rows: Sequence[tuple[str, Mapping[str, Any] | TaskError]]
    columns: tuple[str, ...]
    split: Split | None = field(default=None)


def sources_of(data: Any) -> list[Source]:
    """`data` as sources: one, or one a split where it is a dict of splits.

    Raises:
        SettingError: if it cannot be read, or holds no row.
    """
    if isinstance(data, str | os.PathLike):
        found = [_file(Path(data))]
    elif isinstance(data, Mapping):
        found = [_split(str(name), part) for name, part in data.items()]
    else:
        found = [_table(data, "")]
    if not any(source.rows for source in found):
        raise SettingError(f"{', '.join(source.name for source in found) or 'the data'} has no rows")
    return found


def split_named(value: object) -> Split | None:
    """The split that a text names ("validation" and its like are test); None if it names none."""
    return _SPLITS.get(str(value).strip().lower())


def check_column(source: Source, column: str, setting: str) -> None:
    """Refuse a column that the source lacks.

    Raises:
        SettingError: it names the columns that are there.
    """
    if column in source.columns or column.partition(".")[0] in source.columns:
        return
    unreadable = next((row for _, row in source.rows if isinstance(row, TaskError)), None)
    if not source.columns and unreadable is not None:
        raise SettingError(f"{source.name} has no row that can be read: {unreadable}")
    near = suggestion(column, source.columns).replace("known:", "it has:")
    listed = "" if "it has:" in near else f" (it has: {', '.join(source.columns)})"
    raise SettingError(f"{source.name} has no column {shown(column)} for {setting}{near}{listed}")


def cell(row: Mapping[str, Any], column: str) -> Any:
    """The value of a column; ``a.b`` is the field b of the column a. None where it is not there."""
    value: Any = row
    if column in row:
        return plain(row[column])
    for part in column.split("."):
        if not isinstance(value, Mapping) or part not in value:
            return None
        value = plain(value[part])
    return value


def _split(name: str, part: Any) -> Source:
    split = split_named(name)
    if split is None:
        raise SettingError(
            f"a dict of splits has {shown(name)}; known: {', '.join(_SPLITS)} (a single table of columns goes in a "
            "list of dicts or a DataFrame)"
        )
    return _table(part, f"split {name}", split)


def _table(data: Any, name: str, split: Split | None = None) -> Source:
    rows = _rows_of(data)
    columns = getattr(data, "column_names", None)
    if columns is None:
        columns = dict.fromkeys(str(key) for row in rows if isinstance(row, Mapping) for key in row)
    named = name or ("the dataset" if hasattr(data, "column_names") else "the data")
    checked: list[tuple[str, Mapping[str, Any] | TaskError]] = []
    for index, row in enumerate(rows):
        where = f"{name}, row {index}" if name else f"row {index}"
        good = isinstance(row, Mapping)
        checked.append((where, row if good else TaskError(f"{where}: it is {shown(row)}; a dict is needed")))
    return Source(named, checked, tuple(map(str, columns)), split)


def _rows_of(data: Any) -> list[Any]:
    if hasattr(data, "with_format") and hasattr(
        data, "num_rows"
    ):  # datasets.Dataset: arrow is read much faster
        return list(data.with_format("arrow")[:].to_pylist())
    if hasattr(data, "column_names") and not hasattr(data, "__len__") and not hasattr(data, "to_pylist"):
        raise _no_rows(data)
    for method, arguments in (("to_dicts", ()), ("to_pylist", ()), ("to_dict", ("records",))):
        if hasattr(data, method) and not isinstance(data, Mapping):
            try:
                return list(getattr(data, method)(*arguments))
            except TypeError:
                break
    if isinstance(data, Sequence) and not isinstance(data, str | bytes):
        return list(data)
    raise _no_rows(data)


def _no_rows(data: object) -> SettingError:
    what = "a path, a datasets.Dataset or DatasetDict, a DataFrame, or a list of dicts is needed"
    if isinstance(data, Iterable):
        what += "; of a stream, take what you want into a list first: list(stream.take(1000))"
    return SettingError(f"rows cannot be taken from {shown(data)} ({type(data).__name__}): {what}")


def _file(path: Path) -> Source:
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        raise SettingError(f"{shown(path.name)} is of no kind that can be read: {', '.join(SUFFIXES)}")
    try:
        if suffix == ".parquet":
            return _parquet(path)
        if suffix == ".json":
            return _table_in(path, _json(path))
        rows = list(_csv(path, suffix) if suffix in (".csv", ".tsv") else _jsonl(path))
    except (FileNotFoundError, IsADirectoryError, NotADirectoryError):
        raise SettingError(f"there is no file {path}") from None
    except OSError as error:
        raise SettingError(f"{path} cannot be read: {error}") from error
    columns = dict.fromkeys(str(key) for _, row in rows if isinstance(row, Mapping) for key in row)
    return Source(path.name, rows, tuple(columns))


def _table_in(path: Path, rows: list[Any]) -> Source:
    source = _table(rows, path.name)
    return Source(path.name, source.rows, source.columns)


def _parquet(path: Path) -> Source:
    import pyarrow
    import pyarrow.parquet

    try:
        table = pyarrow.parquet.read_table(path)
    except pyarrow.ArrowInvalid as error:
        raise SettingError(f"{path.name} is no Parquet file: {error}") from error
    return Source(path.name, _table(table, path.name).rows, tuple(table.column_names))


def _jsonl(path: Path) -> Iterator[tuple[str, Mapping[str, Any] | TaskError]]:
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            if number == 1:
                line = line.removeprefix(b"\xef\xbb\xbf")
            if line.strip():
                where = f"{path.name}, line {number}"
                yield where, _object(where, line)


def _object(where: str, line: bytes) -> Mapping[str, Any] | TaskError:
    try:
        read = json.loads(line.decode(), parse_float=WrittenFloat)
    except (ValueError, RecursionError) as error:
        return TaskError(f"{where}: not JSON ({error}): {shown(line.decode('utf-8', 'replace').strip())}")
    if isinstance(read, dict):
        return read
    return TaskError(f"{where}: it is {shown(read)}; a JSON object is needed")


def _json(path: Path) -> list[Any]:
    try:
        read = json.loads(path.read_bytes().decode("utf-8-sig"), parse_float=WrittenFloat)
    except (ValueError, RecursionError) as error:
        raise SettingError(
            f"{path.name} is not JSON: {error}; one object a line goes in a .jsonl file"
        ) from None
    if isinstance(read, dict):
        lists = [value for value in read.values() if isinstance(value, list)]
        if len(lists) == 1:
            return lists[0]
    if isinstance(read, list):
        return read
    raise SettingError(f"{path.name} holds {shown(read)}; a list of objects is needed")


def _csv(path: Path, suffix: str) -> Iterator[tuple[str, Mapping[str, Any] | TaskError]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file, delimiter="\t" if suffix == ".tsv" else ",", strict=True)
        start = 1
        try:
            for row in reader:
                where, start = f"{path.name}, line {start + 1}", reader.line_num
                if None in row:
                    yield where, TaskError(f"{where}: it has more cells than the header")
                else:
                    yield where, row
        except (csv.Error, UnicodeDecodeError) as error:
            raise SettingError(
                f"{path.name}, line {start + 1}: not readable as CSV in UTF-8: {error}"
            ) from None
