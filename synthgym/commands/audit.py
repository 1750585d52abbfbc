"""`synthgym audit`."""

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import tyro

from synthgym.audit import Audit as Audited
from synthgym.commands.common import Looking, Printing
from synthgym.errors import MissingExtraError, SettingError, SynthGymError
from synthgym.settings import OptionalNumber, OptionalPath, OptionalText
from synthgym.signal import Shortcut
from synthgym.types import Task

RunOrLog = Annotated[tyro.conf.Positional[Path], tyro.conf.arg(metavar="RUN")]


@dataclass(frozen=True, kw_only=True)
class Audit(Looking, Printing):
    """Which surface features of a log's completions explain their reward, and which of them beyond truth.

    RUN is a run's folder; a folder of TRL's completions (log_completions=True); a Parquet file; JSON lines, gzipped or
    not, with prompt, completion, reward and step; or a folder of such files. A row's truth is optional: without it what
    goes with the reward stays unresolved.
    """

    path: RunOrLog
    """The log."""
    out: OptionalPath = None
    """The HTML file; None writes audit.html into the folder, or beside the file."""
    prompt_field: OptionalText = None
    """The field that holds the prompt, text or messages; None looks for prompt, input, question, ..."""
    completion_field: OptionalText = None
    """The field that holds the completion, text or messages; None looks for completion, response, output, ..."""
    reward_field: OptionalText = None
    """The field that holds the reward, or several, with commas, to sum; None looks for reward, score, ..."""
    step_field: OptionalText = None
    """The field that holds the training step; None looks for step, global_step, iteration, ..."""
    truth_field: OptionalText = None
    """The field that says whether the answer is right; None looks for truth, correct, is_correct."""
    run_field: OptionalText = None
    """The field that names the run, where a log holds several; None looks for run, run_id, run_name."""
    accept_at: OptionalNumber = None
    """The least reward that counts as high; None takes 0.5 for rewards in [0, 1], else the middle of their range."""
    seed: int = 0
    """Of the permutations."""

    def run(self) -> int:
        """Do it; the exit status."""
        from synthgym.audit import Fields, audit
        from synthgym.audit.told import text

        self._check_out()
        roles = ("prompt", "completion", "reward", "step", "truth", "run")
        found = audit(
            self.path,
            fields=Fields(**{role: getattr(self, f"{role}_field") for role in roles}),
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

    def _check_out(self) -> None:
        """The page has a place; a large log is not read for nothing."""
        if self.out is None:
            return
        if self.out.is_dir():
            raise SettingError(f"--out {self.out} is a folder; give a file in it: {self.out / 'audit.html'}")
        if not self.out.absolute().parent.is_dir():
            raise SettingError(f"--out {self.out}: there is no folder {self.out.parent}")

    def _write(self, found: Audited) -> None:
        from synthgym.audit import write_page

        beside = (
            self.path / "audit.html"
            if self.path.is_dir()
            else self.path.with_name(f"{self.path.name}.audit.html")
        )
        where = sys.stderr if self.json else sys.stdout
        try:
            print(f"page: {write_page(found, self.out or beside)}", file=where)
        except MissingExtraError as error:
            print(f"page: not written; {error}", file=where)

    def _progress(self) -> Callable[[str], object]:
        if not sys.stderr.isatty():
            return lambda what: None
        return lambda what: print(f"\r\x1b[K{what}", end="", flush=True, file=sys.stderr)


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
