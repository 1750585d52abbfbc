"""Rows to a Parquet or JSON-lines file: a few at a time, and under the final name only once all are there."""

import json
import os
import shutil
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from synthgym.errors import SettingError

CHUNK = 1_000
"""Rows that are held at once, and those of a Parquet row group."""
KEY = b"synthgym"
"""The entry of a Parquet file's metadata that holds its provenance, as JSON."""


def write_jsonl(path: Path, rows: Iterable[Mapping[str, Any]]) -> int:
    """Write a JSON object a line, in ASCII, with the keys in the rows' order; the number of rows."""
    written = 0
    with open(path, "w", encoding="ascii", newline="\n") as file:
        for row in rows:
            file.write(json.dumps(row, ensure_ascii=True, allow_nan=False) + "\n")
            written += 1
    return written


def write_parquet(path: Path, rows: Iterable[Mapping[str, Any]], schema: pa.Schema) -> int:
    """Write row groups of 1,000 rows; the number of rows."""
    written = 0
    stream = iter(rows)
    with pq.ParquetWriter(path, schema, compression="zstd") as writer:
        while chunk := list(islice(stream, CHUNK)):
            writer.write_table(pa.Table.from_pylist(chunk, schema=schema))
            written += len(chunk)
    return written


def with_metadata(schema: pa.Schema, provenance: Mapping[str, Any]) -> pa.Schema:
    """`schema` with the provenance in its metadata."""
    return schema.with_metadata({KEY: json.dumps(provenance, sort_keys=True).encode()})


def read_metadata(path: str | os.PathLike[str]) -> dict[str, Any]:
    """The provenance in an exported Parquet file.

    Raises:
        SettingError: if there is none.
    """
    found = (pq.read_schema(path).metadata or {}).get(KEY)
    if found is None:
        raise SettingError(f"{path} was not exported by SynthGym: its metadata has no entry {KEY.decode()!r}")
    read: dict[str, Any] = json.loads(found)
    return read


def schema_of(columns: Mapping[str, str]) -> pa.Schema:
    """The Arrow schema of columns, each of a kind in `KINDS`."""
    return pa.schema([(name, KINDS[kind]) for name, kind in columns.items()])


KINDS: Mapping[str, pa.DataType] = {
    "text": pa.string(),
    "texts": pa.list_(pa.string()),
    "messages": pa.list_(pa.struct([("role", pa.string()), ("content", pa.string())])),
    "flag": pa.bool_(),
    "flags": pa.list_(pa.bool_()),
    "whole": pa.int64(),
    "number": pa.float64(),
}
"""Arrow types by the kind of a column."""


@contextmanager
def appearing(target: Path) -> Iterator[Path]:
    """A temporary path beside `target`, which takes its place when the block ends well, and goes when it does not.

    Raises:
        SettingError: if the system will not write there.
    """
    temporary = target.with_name(f".{target.name}.{os.getpid()}.tmp")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        yield temporary
        with open(temporary, "rb+") as file:
            os.fsync(file.fileno())
        os.replace(temporary, target)
    except OSError as error:
        raise SettingError(f"cannot write {target}: {error}") from error
    finally:
        with suppress(OSError):  # there may not even be a folder
            temporary.unlink()


@contextmanager
def appearing_folder(target: Path) -> Iterator[Path]:
    """As `appearing`, for a folder; where there is one, its files are replaced one by one.

    Raises:
        SettingError: if the system will not write there.
    """
    temporary = target.with_name(f".{target.name}.{os.getpid()}.tmp")
    try:
        temporary.mkdir(parents=True)
        yield temporary
        if not target.exists():
            os.rename(temporary, target)
            return
        for file in sorted(temporary.iterdir()):
            os.replace(file, target / file.name)
    except OSError as error:
        raise SettingError(f"cannot write {target}: {error}") from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def write_text(target: Path, text: str) -> None:
    """Write a small file at once.

    Raises:
        SettingError: if the system will not write there.
    """
    with appearing(target) as path:
        path.write_text(text, encoding="utf-8")
