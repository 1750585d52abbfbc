"""Where completions to score come from: JSON lines (plain, gzipped, standard input), Parquet, a run's rollout log.

Everything is read as it comes, so that memory does not grow with the size.
"""

import gzip
import hashlib
import io
import sys
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, TypeAlias, cast

import pyarrow as pa
import pyarrow.parquet as pq

from synthgym.errors import LogError, SettingError, shown, suggestion
from synthgym.log import run_folders
from synthgym.log_files import parts_of
from synthgym.verifiers.score_rows import MAX_LINE, TOO_LONG, Raw

STDIN = "-"
HEAD = 1 << 16
"""Bytes at the start of an input by which it is known again."""
_COLUMNS = (
    *("run", "step", "index", "id", "task", "task_id", "family", "seed", "split", "difficulty", "template"),
    *("answer_format", "completion", "escaped"),
)
_PARQUET_ROWS = 256
Numbered: TypeAlias = tuple[int, Raw]


def numbered_rows(source: str) -> Iterator[Numbered]:
    """Every row of `source` with its number, from 1: of its line, or of the row in Parquet. Empty lines are no rows.

    Raises:
        SettingError: if there is no such file, it cannot be read to its end, or a Parquet file lacks its column.
        LogError: if a folder holds no rollout log.
    """
    parts = _parquet(source)
    if parts:
        yield from _parquet_rows(parts)
        return
    with _opened(source) as stream:
        yield from _lines(stream, source)


def head_of(source: str, length: int = HEAD) -> tuple[int, str]:
    """How many bytes the start of `source` holds, at most `length`, and their SHA-256; (0, "") for a stream."""
    if is_stream(source):
        return 0, ""
    parts = _parquet(source)
    with _file(str(parts[0]) if parts else source) as file:
        head = file.read(length)
    return len(head), hashlib.sha256(head).hexdigest()


def is_stream(source: str) -> bool:
    """Whether `source` is standard input or a pipe, which can be read once only."""
    path = Path(source)
    return source == STDIN or (path.exists() and not path.is_file() and not path.is_dir())


def _parquet(source: str) -> list[Path]:
    """The Parquet files of `source`: a run folder's or a study's parts, or the file itself; none for JSON lines."""
    if source == STDIN:
        return []
    path = Path(source)
    if path.is_dir():
        return [part for folder in run_folders(path) for part in parts_of(folder)]
    return [path] if path.suffix == ".parquet" and path.exists() else []


@contextmanager
def _opened(source: str) -> Iterator[BinaryIO]:
    """The bytes of `source`, unpacked where they are gzipped; standard input is not closed."""
    if source == STDIN:
        if sys.stdin is None:
            raise SettingError("standard input is closed; give a file, or pipe one in")
        yield _unpacked(sys.stdin.buffer)
        return
    with _file(source) as file:
        yield _unpacked(file)


def _file(source: str) -> BinaryIO:
    try:
        return open(source, "rb")
    except OSError as error:
        raise SettingError(
            f"cannot read {shown(source, 300)}: {error.strerror}{_near(Path(source))}"
        ) from None


def _near(path: Path) -> str:
    """The tail of an error about a file that is not there: one with nearly its name."""
    folder = path.parent
    if path.exists() or not folder.is_dir():
        return "" if path.exists() else f"; there is no folder {shown(str(folder), 300)}"
    near = suggestion(path.name, [entry.name for entry in folder.iterdir()])
    return near if "did you mean" in near else ""


def _unpacked(stream: BinaryIO) -> BinaryIO:
    buffered = stream if isinstance(stream, io.BufferedReader) else None
    if buffered is not None and buffered.peek(2)[:2] == b"\x1f\x8b":
        return cast(BinaryIO, gzip.GzipFile(fileobj=buffered))
    return stream


def _lines(stream: BinaryIO, source: str) -> Iterator[Numbered]:
    number = 0
    try:
        while line := stream.readline(MAX_LINE + 1):
            number += 1
            if len(line) > MAX_LINE and not line.endswith(b"\n"):
                while (rest := stream.readline(MAX_LINE)) and not rest.endswith(b"\n"):
                    pass
                yield number, TOO_LONG
            elif line.strip():
                yield number, line
    except (OSError, EOFError, zlib.error) as error:
        raise _unreadable(source, error, number) from error


def _parquet_rows(parts: list[Path]) -> Iterator[Numbered]:
    number = 0
    for part in parts:
        try:
            with pq.ParquetFile(part) as file:
                columns = _columns(part, file.schema_arrow.names)
                for batch in file.iter_batches(_PARQUET_ROWS, columns=columns):
                    for row in batch.to_pylist():
                        number += 1
                        yield number, _named(row)
        except (pa.ArrowException, OSError) as error:
            raise LogError(
                f"{part} cannot be read past row {number} ({str(error).splitlines()[0]:.200}); the verdicts on the "
                "rows before it are kept"
            ) from error


def _columns(part: Path, names: list[str]) -> list[str]:
    """Those of a Parquet file's columns that are read."""
    if "completion" not in names:
        listed = ", ".join(map(shown, names[:8])) or "none"
        raise SettingError(
            f"{part} has no column 'completion' (it has {listed}); rename the one with the completions"
        )
    return [name for name in _COLUMNS if name in names]


def _named(row: Mapping[str, Any]) -> Mapping[str, Any]:
    return {name: value for name, value in row.items() if value is not None}


def _unreadable(source: str, error: Exception, line: int = 0) -> SettingError:
    said = " ".join(str(error).split()) or type(error).__name__
    return SettingError(
        f"{shown(source, 300)} cannot be read past line {line} ({said}); the verdicts on the lines before it are kept"
    )
