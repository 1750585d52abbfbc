"""The files of a run folder: Parquet parts that appear whole or not at all, and one writer at a time."""

import errno
import os
from collections.abc import Callable
from pathlib import Path
from typing import IO

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from synthgym.errors import LogError
from synthgym.rollout import LATER_COLUMNS, LOG_SCHEMA

KEY = ["run", "step", "index"]
ONE_WRITER = "give each run, and each process, a folder of its own"


def parts_of(folder: Path) -> list[Path]:
    """The parts of a run in the order they were written."""
    return sorted((folder / "rollouts").glob("*.parquet"), key=lambda part: (len(part.name), part.name))


def read_part(part: Path, columns: list[str]) -> pa.Table:
    """The named columns of one part, with the types of `LOG_SCHEMA`; null where an earlier version wrote none."""
    schema = pa.schema([LOG_SCHEMA.field(name) for name in columns])
    try:
        # ParquetFile and not read_table, which would read columns off folders named like "step=3".
        with pq.ParquetFile(part, page_checksum_verification=True) as file:
            missing = [
                name for name in LATER_COLUMNS if name in columns and name not in file.schema_arrow.names
            ]
            table = file.read([name for name in columns if name not in missing])
        for name in missing:
            table = table.append_column(name, pa.nulls(len(table), LOG_SCHEMA.field(name).type))
        table = table.select(columns).cast(schema)
        if any(table[name].null_count for name in KEY if name in columns):
            raise ValueError("rows without run, step or index")
        return table
    except (pa.ArrowException, OSError, KeyError, ValueError) as error:
        reason = str(error).strip().splitlines() or [type(error).__name__]
        raise LogError(
            f"{part} is not a readable part of a rollout log ({reason[0]:.200}); delete that file and the other "
            "parts stay readable"
        ) from error


def drop_after(part: Path, step: int) -> None:
    """Take the rows past `step` out of a part; a part that has no others goes."""
    steps = read_part(part, ["step"])["step"]
    if len(steps) == 0 or pc.max(steps).as_py() <= step:
        return
    if pc.min(steps).as_py() > step:
        part.unlink()
        return
    table = read_part(part, LOG_SCHEMA.names)
    write_part(table.filter(pc.less_equal(table["step"], step)), part)


_REPEATED = [field.name for field in LOG_SCHEMA if field.type == pa.string()]


def write_part(table: pa.Table, target: Path) -> None:
    """Write a part. Dictionaries are for text alone, and statistics for the key: of the others they only cost time."""
    atomically(
        target,
        lambda path: pq.write_table(
            table,
            path,
            compression="zstd",
            write_page_checksum=True,
            use_dictionary=_REPEATED,
            write_statistics=[*KEY, "phase"],
        ),
    )


def atomically(target: Path, write: Callable[[Path], object]) -> None:
    """Let `write` fill a temporary file, and put it in `target`'s place once it is on the disk."""
    temporary = target.with_name(f".{target.name}.tmp")
    try:
        write(temporary)
        with open(temporary, "rb+") as file:
            os.fsync(file.fileno())
        os.replace(temporary, target)
        _sync_folder(target.parent)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise LogError(f"cannot write {target}: {error}") from error


def _sync_folder(folder: Path) -> None:
    """Put a folder's new entry on the disk, where the system can (Windows opens no folders)."""
    if hasattr(os, "O_DIRECTORY"):
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def lock(path: Path) -> IO[bytes] | None:
    """Hold `path` against other processes; the system lets go of it when this one dies, however it dies."""
    try:
        import fcntl
    except ImportError:  # Windows
        return None
    file = open(path, "wb")  # held until the writer closes
    try:
        fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        file.close()
        if error.errno in (errno.EACCES, errno.EAGAIN):
            raise LogError(f"another process is writing to {path.parent}; {ONE_WRITER}") from error
        return None  # a file system without locks
    return file
