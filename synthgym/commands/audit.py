"""`synthgym audit`."""

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import tyro

from synthgym.audit import Audit as Audited
from synthgym.audit.field_options import FieldOptions
from synthgym.commands.common import Looking, Printing
from synthgym.errors import MissingExtraError, SettingError, SynthGymError
from synthgym.settings import OptionalNumber, OptionalPath
from synthgym.signal import Shortcut
from synthgym.types import Task

RunOrLog = Annotated[tyro.conf.Positional[Path], tyro.conf.arg(metavar="RUN")]


@dataclass(frozen=True, kw_only=True)
class Audit(Looking, Printing, FieldOptions):
    """Which surface features of a log's completions explain their reward, and which of them beyond truth.

    RUN is a run's folder; a folder of TRL's completions (log_completions=True); a Parquet file; JSON lines, gzipped or
    not, with prompt, completion, reward and step; or a folder of such files. A row's truth is optional: without it what
    goes with the reward stays unresolved.
    """

    path: RunOrLog
    """The log."""
    out: OptionalPath = None
    """The HTML file; None writes audit.html into the folder, or beside the file."""
    accept_at: OptionalNumber = None
    """The least reward that counts as high; None takes 0.5 for rewards in [0, 1], else the middle of their range."""
    seed: int = 0
    """Of the permutations."""

    def run(self) -> int:
        """Do it; the exit status."""
        from synthgym.audit import audit
        from synthgym.audit.told import text

        self._check_out()
        found = audit(
            self.path,
            fields=self.fields,
            accept_at=self.accept_at,
            seed=self.seed,
            named=registered_shortcuts,
            progress=self._progress(),
        )
        if sys.stderr.isatty():
            print("\r\x1b[K", end="", file=sys.stderr)
        self.print(found.to_json(), lambda: text(found))
        self._write(found)
        return 0

    def _page(self) -> Path:
        """Where the page goes."""
        if self.out is not None:
            return self.out
        name = "audit.html" if self.path.is_dir() else f"{self.path.name}.audit.html"
        return self.path / name if self.path.is_dir() else self.path.with_name(name)

    def _check_out(self) -> None:
        """The page has a place, where nothing else lies; a large log is not read for nothing."""
        page = self._page()
        given = f"--out {page}" if self.out is not None else f"the page would be {page}"
        if page.is_dir():
            raise SettingError(f"{given}, which is a folder; give a file in it: --out {page / 'audit.html'}")
        if not page.absolute().parent.is_dir():
            if self.out is None:
                return  # nor is there a log, which says more
            raise SettingError(f"{given}: there is no folder {page.parent}")
        if page.exists() and not (page.is_file() and _is_page(page)):
            raise SettingError(
                f"{given}, which is there and is no page of HTML; give another name with --out"
            )
        if not os.access(page.absolute().parent, os.W_OK):
            raise SettingError(f"{given}, and that folder cannot be written; give another with --out FILE")

    def _write(self, found: Audited) -> None:
        from synthgym.audit import write_page

        where = sys.stderr if self.json else sys.stdout
        try:
            print(f"page: {write_page(found, self._page())}", file=where)
        except MissingExtraError as error:
            print(f"page: not written; {error}", file=where)

    def _progress(self) -> Callable[[str], object]:
        if not sys.stderr.isatty():
            return lambda what: None
        return lambda what: print(f"\r\x1b[K{what}", end="", flush=True, file=sys.stderr)


def _is_page(file: Path) -> bool:
    """Whether a file, which a page is to replace, is one itself, or empty."""
    try:
        with open(file, "rb") as opened:
            begin = opened.read(64).lstrip().lower()
    except OSError as error:
        raise SettingError(
            f"{file} is there, and cannot be read: {error}; give another name with --out"
        ) from error
    return not begin or begin.startswith((b"<!doctype html", b"<html"))


def registered_shortcuts(
    task_ids: Sequence[str], completions: Sequence[str]
) -> Mapping[str, list[bool | None]]:
    """What each registered shortcut, with its defaults, detects in completions (N,); None where it cannot tell."""
    from synthgym.plugins import SHORTCUTS
    from synthgym.verifiers.score_rows import task_of_id

    tasks: dict[str, Task | None] = {}
    for name in dict.fromkeys(task_ids):
        try:
            tasks[name] = task_of_id(name)
        except SynthGymError:
            tasks[name] = None
    found: dict[str, list[bool | None]] = {}
    for shortcut_name in SHORTCUTS.names():
        try:
            shortcut = SHORTCUTS.get(shortcut_name)()
        except (SynthGymError, TypeError):
            continue
        found[shortcut_name] = [
            _detects(shortcut, tasks[name], text) for name, text in zip(task_ids, completions, strict=True)
        ]
    return found


def _detects(shortcut: Shortcut, task: Task | None, completion: str) -> bool | None:
    if task is None:
        return None
    try:
        return bool(shortcut.detect(task, completion)) if shortcut.applies_to(task) else None
    except (SynthGymError, ValueError, TypeError, LookupError, RecursionError, ArithmeticError):
        return None
