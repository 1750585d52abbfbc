"""The rows of one Parquet file, a bounded number at a time; a part of it that is damaged costs no other."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from synthgym.audit.chunks import BYTES, ROWS, Reading


def batches(file: Path, columns: Sequence[str], reading: Reading) -> Iterator[pa.RecordBatch]:
    """The named columns of a file, those that it has, in order; what cannot be read is noted and counted."""
    try:
        with pq.ParquetFile(file) as opened:
            there = [name for name in columns if name in opened.schema_arrow.names]
            if not there:
                reading.rows += opened.metadata.num_rows
                reading.leave_out("no completion", opened.metadata.num_rows, file.name)
                return
            size = _batch_rows(opened.metadata)
            for groups in _together(opened.metadata):
                yield from _of_groups(opened, groups, size, there, file.name, reading)
    except (pa.ArrowException, OSError) as error:
        reading.note(f"{file.name} cannot be read ({reason(error)}); the rest is audited")


def reason(error: Exception | None) -> str:
    """What pyarrow says of a file, in a line."""
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return f"{lines[0]:.160}"


def _of_groups(
    opened: pq.ParquetFile, groups: list[int], size: int, columns: list[str], name: str, reading: Reading
) -> Iterator[pa.RecordBatch]:
    """The rows of some row groups; if one of several cannot be read, of the others."""
    if len(groups) > 1:
        try:
            yield from list(opened.iter_batches(size, row_groups=groups, columns=columns))
        except (pa.ArrowException, OSError):
            for group in groups:
                yield from _of_groups(opened, [group], size, columns, name, reading)
        return
    rows = 0
    try:
        for batch in opened.iter_batches(size, row_groups=groups, columns=columns):
            rows += len(batch)
            yield batch
    except (pa.ArrowException, OSError) as error:
        lost = opened.metadata.row_group(groups[0]).num_rows - rows
        reading.rows += lost
        reading.leave_out(f"in a damaged part of a file ({reason(error)})", lost, name)


def _together(metadata: Any) -> Iterator[list[int]]:
    """Row groups on end, small ones several at a time, so that a batch is worth its while."""
    groups: list[int] = []
    rows = size = 0
    for i in range(metadata.num_row_groups):
        group = metadata.row_group(i)
        if groups and (rows + group.num_rows > ROWS or size + group.total_byte_size > BYTES):
            yield groups
            groups, rows, size = [], 0, 0
        groups.append(i)
        rows, size = rows + group.num_rows, size + group.total_byte_size
    if groups:
        yield groups


def _batch_rows(metadata: Any) -> int:
    """So many rows that a batch holds about `BYTES` of text."""
    size = sum(metadata.row_group(i).total_byte_size for i in range(metadata.num_row_groups))
    return int(np.clip(BYTES * max(metadata.num_rows, 1) // max(size, 1), 8, ROWS))
