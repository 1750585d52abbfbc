"""The rollout log: append-only Parquet parts in a run folder, and one reader for any number of them.

A run folder holds ``run.json`` (where the run came from) and ``rollouts/part-00000.parquet``,
``part-00001.parquet`` ... A part appears whole or not at all, so that a killed run loses at most the
rows not yet flushed. Any Parquet reader opens the parts; `read_log` also sorts them and drops rows
that were written twice. `synthgym.rollout` has the columns and says how text survives.
"""

import json
import os
import re
import threading
import warnings
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from synthgym.errors import LogError, shown, suggestion
from synthgym.log_files import KEY, ONE_WRITER, atomically, drop_after, lock, parts_of, read_part, write_part
from synthgym.rollout import (
    LOG_SCHEMA,
    PHASES,
    Phase,
    Rollout,
    encode,
    encode_batch,
    escape_surrogates,
    joined,
    plain_name,
    unescape_surrogates,
    weight,
    whole,
)

__all__ = [
    "LOG_SCHEMA",
    "PHASES",
    "Phase",
    "Rollout",
    "RolloutLog",
    "escape_surrogates",
    "read_log",
    "read_provenance",
    "run_folders",
    "unescape_surrogates",
]

_LONG = ("prompt", "completion", "tokens")
_NUMBERED = re.compile(r"part-(\d+)\.parquet")


class RolloutLog:
    """Writes the rollouts of one run. Use it in a `with` block: what is buffered is written on any way out.

    Opening a folder that has parts goes on after them. Threads may share a writer; processes may not,
    and a second one is refused.

    Args:
        run_folder: made if it is missing.
        run: the run's name, unique among the runs that will be read together; by default the folder's.
        provenance: what made the run (config, versions, seeds, arm), written to ``run.json`` at once;
            None keeps the one that is there.
        flush_rows: rows in a part.
        flush_bytes: a part is written earlier when its rows hold about this much.
        resume_step: the last step to keep: rows with a later step are dropped from the parts that are
            there, as a run that resumes from a checkpoint will make them again.

    Raises:
        LogError: if the folder cannot be written, belongs to another run or to a process that is still
            writing, or holds a corrupt part.
    """

    def __init__(
        self,
        run_folder: str | os.PathLike[str],
        *,
        run: str | None = None,
        provenance: Mapping[str, object] | None = None,
        flush_rows: int = 2048,
        flush_bytes: int = 32 << 20,
        resume_step: int | None = None,
    ) -> None:
        self.folder = Path(run_folder)
        self.run = plain_name("run", self.folder.resolve().name if run is None else run)
        self.flush_rows = whole("flush_rows", flush_rows, low=1)
        self.flush_bytes = whole("flush_bytes", flush_bytes, bits=64, low=1)
        self._parts = self.folder / "rollouts"
        self._rows: list[dict[str, object]] = []
        self._batches: list[pa.RecordBatch] = []
        self._pending: list[dict[str, Any]] = []
        self._pending_rows = 0
        self._bytes = 0
        self._closed = False
        self._mutex = threading.Lock()
        try:
            self._parts.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise LogError(f"cannot make the run folder {self.folder}: {error}") from error
        self._lock = lock(self.folder / ".lock")
        try:
            self._open(provenance, resume_step)
        except OSError as error:
            self._unlock()
            raise LogError(f"cannot open the run folder {self.folder}: {error}") from error
        except BaseException:
            self._unlock()
            raise

    def append(self, rollout: Rollout) -> int:
        """Add one rollout and return its index in its step.

        Raises:
            LogError: for a value no column can hold (the other rows are kept), or when a part that is
                full cannot be written (its rows stay buffered), or after `close`.
        """
        with self._mutex:
            if self._closed:
                raise LogError(f"the log of run {shown(self.run)} is closed; open it again to append")
            step = whole("step", rollout.step, low=0)
            following = self._next.get(step, 0)
            index = following if rollout.index is None else whole("index", rollout.index, low=0)
            row = encode(rollout, self.run, index)
            self._next[step] = max(following, index + 1)
            self._rows.append(row)
            self._bytes += weight(rollout)
            self._flush_when_full()
            return index

    def append_batch(self, step: int, columns: Mapping[str, Any]) -> None:
        """Add many rows of one step at once, in a fraction of the time; indices are given here.

        They are checked when their part is written. What needs mending is mended then, and a row with a value that no
        column can hold is left out, and named once the others are written.

        Args:
            columns: see `synthgym.rollout.encode_batch`; "completion" is a list, and what is a list has its length.

        Raises:
            LogError: for lists of other lengths, after `close`, and as a `flush` does when a part is full.
        """
        with self._mutex:
            if self._closed:
                raise LogError(f"the log of run {shown(self.run)} is closed; open it again to append")
            step, count = whole("step", step, low=0), len(columns["completion"])
            for name, value in columns.items():
                if isinstance(value, list) and len(value) != count:
                    raise LogError(f"{len(value)} values of {name} for {count} completions")
            first = self._next.get(step, 0)
            self._next[step] = first + count
            self._pending.append({**columns, "step": step, "index": list(range(first, first + count))})
            self._pending_rows += count
            texts = (value for name in _LONG if isinstance(value := columns.get(name), list))
            self._bytes += 1000 * count + sum(len(one) for value in texts for one in value if one is not None)
            self._flush_when_full()

    def flush(self) -> None:
        """Write what is buffered as one part; nothing if nothing is.

        Raises:
            LogError: if it cannot be written; the rows stay buffered.
        """
        with self._mutex:
            self._write_part()

    def close(self) -> None:
        """Flush, and let go of the folder. A second call does nothing."""
        with self._mutex:
            if not self._closed:
                self._write_part()
                self._closed = True
                self._unlock()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _open(self, provenance: Mapping[str, object] | None, resume_step: int | None) -> None:
        for leftover in [*self._parts.glob(".*.tmp"), *self.folder.glob(".run.json.tmp")]:
            leftover.unlink()
        self._settle_provenance(provenance)
        if resume_step is not None:
            last = whole("resume_step", resume_step, low=-1)
            for part in parts_of(self.folder):
                drop_after(part, last)
        parts = parts_of(self.folder)
        numbers = (_NUMBERED.fullmatch(part.name) for part in parts)
        self._number = 1 + max((int(found[1]) for found in numbers if found), default=-1)
        self._next = self._count(parts)

    def _count(self, parts: Sequence[Path]) -> dict[int, int]:
        """The next free index of every step that has rows."""
        following: dict[int, int] = {}
        for part in parts:
            table = read_part(part, KEY)
            others = set(table["run"].unique().to_pylist()) - {self.run}
            if others:
                raise LogError(f"{part} holds run {shown(others.pop())}, not {shown(self.run)}; {ONE_WRITER}")
            for step, index in zip(table["step"].to_pylist(), table["index"].to_pylist(), strict=True):
                following[step] = max(following.get(step, 0), index + 1)
        return following

    def _settle_provenance(self, provenance: Mapping[str, object] | None) -> None:
        there = self.folder / "run.json"
        known = read_provenance(self.folder) if there.exists() else None
        for owner in (known, provenance):
            if owner and owner.get("run", self.run) != self.run:
                raise LogError(
                    f"{self.folder} belongs to run {shown(owner['run'])}, not {shown(self.run)}; {ONE_WRITER}"
                )
        if provenance is None and known is not None:
            return
        try:
            text = json.dumps({"run": self.run, **(provenance or {})}, indent=2)
        except (TypeError, ValueError, RecursionError) as error:
            raise LogError(f"the provenance of run {shown(self.run)} is not JSON: {error}") from error
        atomically(there, lambda path: path.write_text(text + "\n", encoding="utf-8"))

    def _flush_when_full(self) -> None:
        buffered = len(self._rows) + sum(map(len, self._batches)) + self._pending_rows
        if buffered >= self.flush_rows or self._bytes >= self.flush_bytes:
            self._write_part()

    def _write_part(self) -> None:
        refused = self._encode_pending()
        self._write_rows()
        if refused is not None:
            raise refused

    def _encode_pending(self) -> LogError | None:
        """Make rows of the batches that wait, all together if it goes; the first error of those that cannot be."""
        pending, self._pending, self._pending_rows = self._pending, [], 0
        if not pending:
            return None
        try:
            self._batches.append(encode_batch(joined(pending), self.run))
            return None
        except Exception:  # noqa: BLE001  # row by row it is mended, or named
            refused: list[LogError] = []
        for batch in pending:
            for i in range(len(batch["completion"])):
                row = {name: value[i] if isinstance(value, list) else value for name, value in batch.items()}
                try:
                    self._rows.append(encode(Rollout(**row), self.run, row["index"]))
                except LogError as error:
                    refused.append(error)
        return refused[0] if refused else None

    def _write_rows(self) -> None:
        if not self._rows and not self._batches:
            return
        target = self._parts / f"part-{self._number:05d}.parquet"
        if target.exists():
            raise LogError(f"{target} appeared while run {shown(self.run)} was written; {ONE_WRITER}")
        columns = {name: [row[name] for row in self._rows] for name in LOG_SCHEMA.names}
        one_by_one = pa.Table.from_pydict(columns, schema=LOG_SCHEMA)
        write_part(
            pa.concat_tables([one_by_one, pa.Table.from_batches(self._batches, schema=LOG_SCHEMA)]), target
        )
        self._number += 1
        self._rows, self._batches, self._bytes = [], [], 0

    def _unlock(self) -> None:
        if self._lock is not None:
            self._lock.close()


def read_log(
    path: str | os.PathLike[str],
    *,
    columns: Sequence[str] | None = None,
    phases: Phase | Sequence[Phase] | None = None,
    skip_corrupt: bool = False,
) -> pa.Table:
    """The rollouts of one run folder, or of all run folders below `path`, as one table.

    Rows are sorted by (run, step, index); of rows with one key, the part written last counts.

    Args:
        columns: the columns wanted, in that order; all of `LOG_SCHEMA` by default.
        phases: only rows of these phases.
        skip_corrupt: leave out parts that cannot be read, with a warning that names each.

    Raises:
        LogError: for a path without parts, a corrupt part, an unknown column or phase, or two folders
            that hold a run of the same name.
    """
    wanted = LOG_SCHEMA.names if columns is None else list(columns)
    kept = [phases] if isinstance(phases, str) else None if phases is None else list(phases)
    _check_names("column", wanted, LOG_SCHEMA.names)
    _check_names("phase", kept or (), PHASES)
    needed = [*dict.fromkeys([*KEY, *([] if kept is None else ["phase"]), *wanted])]
    owners: dict[str, Path] = {}
    tables = []
    for folder in run_folders(path):
        table = _sorted(_read_run(folder, needed, skip_corrupt))
        for run in table["run"].unique().to_pylist():
            if owners.setdefault(run, folder) != folder:
                raise LogError(
                    f"run {shown(run)} is in {owners[run]} and in {folder}; read them one by one, or give them "
                    "different names"
                )
        tables.append(
            table if kept is None else table.filter(pc.is_in(table["phase"], pa.array(kept, pa.string())))
        )
    # Joined in the order of the names, so that text of more than 2 GiB need not be moved again.
    tables.sort(key=lambda table: table["run"][0].as_py() if len(table) else "")
    return _sorted(pa.concat_tables(tables)).select(wanted)


def read_provenance(path: str | os.PathLike[str]) -> dict[str, Any]:
    """What ``run.json`` of a run folder says.

    Raises:
        LogError: if there is none, or it is not a JSON object.
    """
    there = Path(path) / "run.json"
    try:
        found = json.loads(there.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise LogError(f"no run.json in {path}{_nearest(Path(path))}") from None
    except (OSError, ValueError, RecursionError) as error:
        raise LogError(f"{there} cannot be read: {error}; its run's rollouts can") from error
    if not isinstance(found, dict):
        raise LogError(f"{there} holds {shown(found)}, not a JSON object")
    return found


def run_folders(path: str | os.PathLike[str]) -> list[Path]:
    """Every run folder at or below `path` that holds a part, sorted.

    Raises:
        LogError: if there is none; it names the nearest thing that would be right.
    """
    there = Path(path)
    if there.name == "rollouts" and any(there.glob("*.parquet")):
        there = there.parent
    found = sorted({part.parent.parent for part in there.rglob("rollouts/*.parquet")})
    if not found:
        state = "holds no rollouts/part-*.parquet" if there.is_dir() else "is no folder"
        raise LogError(f"no rollout log: {there} {state}{_nearest(there)}")
    return found


def _nearest(path: Path) -> str:
    """The tail of an error about a path that is not what was asked for: what would have been."""
    there = path.resolve()
    for folder in there.parents[:2]:
        if any(folder.glob("rollouts/*.parquet")):
            return f"; did you mean the run folder {folder}?"
    if there.is_dir():
        below = sorted(found.parent for found in there.rglob("run.json"))
        return (
            f"; below it: {', '.join(map(str, below[:3]))}" if below else "; give a run folder, or one above"
        )
    above = next(folder for folder in there.parents if folder.is_dir())
    names = [entry.name for entry in above.iterdir() if entry.is_dir()]
    missing = there.relative_to(above).parts[0]
    return f"; {above} has no folder of that name{suggestion(missing, names)}" if names else ""


def _check_names(kind: str, given: Iterable[str], known: Sequence[str]) -> None:
    for name in given:
        if name not in known:
            raise LogError(f"the log has no {kind} {shown(name)}{suggestion(str(name), known)}")


def _read_run(folder: Path, columns: list[str], skip_corrupt: bool) -> pa.Table:
    schema = pa.schema([LOG_SCHEMA.field(name) for name in columns])
    tables = [schema.empty_table()]
    for part in parts_of(folder):
        try:
            tables.append(read_part(part, columns))
        except LogError as error:
            if not skip_corrupt:
                raise
            warnings.warn(f"left out: {error}", stacklevel=3)
    return pa.concat_tables(tables)


def _sorted(table: pa.Table) -> pa.Table:
    """`table` by key, with only the last row of each key; the table itself if it is that already."""
    runs = table["run"].combine_chunks().dictionary_encode()
    names = runs.dictionary.to_pylist()
    places = np.empty(len(names), np.int64)
    places[np.argsort(np.array(names, dtype=object))] = np.arange(len(names))
    run = places[runs.indices.to_numpy(zero_copy_only=False)] if len(table) else np.empty(0, np.int64)
    step, index = (table[name].to_numpy().astype(np.int64) for name in ("step", "index"))
    order = np.lexsort((index, step, run))
    keys = np.stack([run, step, index])[:, order]
    last = np.append(np.any(keys[:, 1:] != keys[:, :-1], axis=0), True)[: len(order)]
    kept = order[last]
    if len(kept) == len(table) and bool(np.all(kept == np.arange(len(table)))):
        return table
    return table.take(pa.array(kept))
