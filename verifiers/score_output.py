"""The file of verdicts that `score_files` writes: one JSON object a line, and beside it how they were made.

Lines appear whole batches at a time. After a kill the complete lines count, what follows the last of them is
dropped, and a run with other settings is refused, so that no file holds verdicts of two kinds.
"""

import json
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self, TypeAlias

from synthgym.errors import LogError, SettingError, shown
from synthgym.log_files import atomically

Plain: TypeAlias = dict[str, Any]
AGAIN = "give another --out, or --overwrite to start again"


class VerdictFile:
    """Appends rows of verdicts to a file, going on after those that are there: `kept` of them, and the `last`.

    Args:
        path: the file; ``PATH.settings.json`` is written beside it.
        settings: what the verdicts depend on; JSON-able.
        other: given recorded settings, what sets them apart from these; None if nothing does.
        overwrite: begin again, whatever is there.
        on_kept: called with each row that is there already.

    Raises:
        SettingError: if the file holds verdicts of other settings, or was not written by this.
        LogError: if it cannot be written, or another process is writing it.
    """

    def __init__(
        self,
        path: Path,
        settings: Plain,
        *,
        other: Callable[[Plain], str | None],
        overwrite: bool,
        on_kept: Callable[[Plain], object],
    ) -> None:
        self.path, self.kept = path, 0
        self.last: Plain = {}
        self._beside = path.with_name(f"{path.name}.settings.json")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = open(path, "ab+")
        except OSError as error:
            raise LogError(f"cannot write {path}: {error.strerror}") from error
        try:
            _lock(self._file, path)
            if overwrite:
                self._file.truncate(0)
            if os.fstat(self._file.fileno()).st_size:
                self._settle(other)
                self._read(on_kept)
            else:
                text = json.dumps(settings, indent=1, sort_keys=True) + "\n"
                atomically(self._beside, lambda there: there.write_text(text, encoding="utf-8"))
        except BaseException:
            self._file.close()
            raise

    def append(self, rows: Sequence[Plain]) -> None:
        """Write `rows` at once.

        Raises:
            LogError: if the disk does not take them.
        """
        try:
            self._file.write("".join(line_of(row) for row in rows).encode("ascii"))
            self._file.flush()
        except OSError as error:
            raise LogError(
                f"cannot write {self.path}: {error.strerror}; the same command goes on once it can be"
            ) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def _settle(self, other: Callable[[Plain], str | None]) -> None:
        try:
            recorded = json.loads(self._beside.read_text(encoding="utf-8"))
        except (OSError, ValueError, RecursionError):
            recorded = None
        if not isinstance(recorded, dict):
            raise SettingError(
                f"{self.path} is there, and {self._beside.name}, which would say how it was made, is not; {AGAIN}"
            )
        difference = other(recorded)
        if difference:
            raise SettingError(f"{self.path} holds verdicts {difference}; {AGAIN}")

    def _read(self, on_kept: Callable[[Plain], object]) -> None:
        """Count the complete rows, and drop what follows the last of them.

        The last row is dropped, too, if its line could not be read: it may have been written to its end since.
        """
        self._file.seek(0)
        complete, previous = 0, b""
        while (line := self._file.readline()).endswith(b"\n"):
            if previous:
                self._keep(previous, on_kept)
                complete += len(previous)
            previous = line
        if previous and not _unread(previous):
            self._keep(previous, on_kept)
            complete += len(previous)
        self._file.truncate(complete)

    def _keep(self, line: bytes, on_kept: Callable[[Plain], object]) -> None:
        try:
            self.last = json.loads(line)
            on_kept(self.last)
        except (ValueError, TypeError, LookupError, RecursionError):
            raise SettingError(
                f"line {self.kept + 1} of {self.path} is no verdict: {shown(line)}; {AGAIN}"
            ) from None
        self.kept += 1


def _unread(line: bytes) -> bool:
    """Whether a verdict's line says that its row could not be read."""
    return b'"task_id": null' in line and b'"reward": null' in line


def line_of(row: Plain) -> str:
    """`row` as one line of ASCII JSON."""
    return json.dumps(row, allow_nan=False) + "\n"


def _lock(file: IO[bytes], path: Path) -> None:
    """Hold `file` against other processes for as long as it is open."""
    try:
        import fcntl
    except ImportError:  # Windows
        return
    try:
        fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise LogError(f"another process is writing {path}; give each a file of its own") from None
    except OSError:
        return  # a file system without locks
