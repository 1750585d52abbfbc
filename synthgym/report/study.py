"""Reading a study folder, or any run folder, for the report: its cells, and their rollouts by column.

A study folder holds ``study.json`` (what was planned) and ``cells/<cell-id>/`` (a run folder each). Cells
come from the folders that are there; ``study.json`` says what they should have been, so that what is
missing can be named. Nothing in either file is trusted to be of the right type.
"""

import json
import os
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from synthgym.errors import LogError, shown
from synthgym.log import read_log, read_provenance, run_folders
from synthgym.report.words import listing, shorten

if TYPE_CHECKING:
    import pyarrow as pa

QUESTIONS = ("granularity", "control", "shortcut", "loop")
RUN = "run"
"""The question of a cell that asks none: a run of ``synthgym train``, or of somebody's own trainer."""
_FINISHED = {"done", "finished", "complete", "completed"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One run, and what is known of it."""

    id: str
    folder: Path
    question: str
    family: str
    domain: str
    arm: str
    signal: str
    seed: str
    provenance: Mapping[str, object]


class Study:
    """The cells of a folder, and a reader of their rollouts.

    Args:
        path: the folder.
        skip_corrupt: go on past corrupt parts and note them.

    Attributes:
        plan: what ``study.json`` says; empty for anything else than a study.
        cells: the finished ones, by id.
        unfinished: id and state of the others.
        notes: what is missing or unreadable, each a sentence; reading adds to it.

    Raises:
        LogError: if the folder is no study and holds no rollouts, or without `skip_corrupt` for a corrupt part.
    """

    def __init__(self, path: str | os.PathLike[str], *, skip_corrupt: bool = True) -> None:
        self.path, self.skip_corrupt = Path(path), skip_corrupt
        self.notes: list[str] = []
        self.plan = self._plan()
        self.unfinished: dict[str, str] = {}
        self.cells: list[Cell] = []
        self._load()

    @property
    def is_study(self) -> bool:
        """Whether somebody planned it, so that something can be missing."""
        return bool(self.plan)

    def asking(self, *questions: str) -> list[Cell]:
        """The finished cells that ask one of `questions`."""
        return [cell for cell in self.cells if cell.question in questions]

    def rollouts(self, cell: Cell, columns: Sequence[str], phases: Sequence[str] | None = None) -> "pa.Table":
        """The rollouts of `cell`, its run named by the cell's id. Corrupt parts are left out and noted."""
        import pyarrow as pa

        wanted = [*dict.fromkeys(["run", *columns])]
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            table = read_log(cell.folder, columns=wanted, phases=phases, skip_corrupt=self.skip_corrupt)  # type: ignore[arg-type]
        for warning in caught:
            self.note(str(warning.message).replace(f"{self.path}{os.sep}", ""))
        name = pa.array([cell.id], pa.string())
        run = pa.DictionaryArray.from_arrays(pa.array([0] * len(table), pa.int32()), name)
        return table.set_column(wanted.index("run"), "run", run.cast(pa.string()))

    def note(self, text: str) -> None:
        """Add to `notes`, once."""
        if text not in self.notes:
            self.notes.append(text)

    def _plan(self) -> dict[str, object]:
        there = self.path / "study.json"
        if not there.exists():
            return {}
        try:
            found = json.loads(there.read_text(encoding="utf-8"))
        except (OSError, ValueError, RecursionError) as error:
            self.note(
                f"study.json cannot be read ({error}); the cells that are there are shown without the plan."
            )
            return {}
        if not isinstance(found, dict):
            self.note(
                f"study.json holds {shown(found)}, not a JSON object; the cells are shown without the plan."
            )
            return {}
        return {str(key): value for key, value in found.items()}

    def _load(self) -> None:
        planned = {
            text(entry.get("id")): entry
            for entry in _list(self.plan.get("cells"))
            if isinstance(entry, Mapping)
        }
        try:
            folders = run_folders(self.path)
        except LogError:
            if not self.plan:
                raise
            folders = []
        found: set[str] = set()
        for folder in folders:
            cell = self._cell(folder, planned)
            found.add(cell.id)
            state = text(planned.get(cell.id, {}).get("state")) or "done"
            # The plan is written again at the end only; a finished cell says so itself.
            if state in _FINISHED or (folder / "done.json").is_file():
                self.cells.append(cell)
            else:
                self.unfinished[cell.id] = state
        self.cells.sort(key=lambda cell: cell.id)
        for identity, entry in planned.items():
            if identity not in found:
                state = text(entry.get("state")) or "planned"
                self.unfinished[identity] = "no rollouts" if state in _FINISHED else state
        self._note_missing()

    def _cell(self, folder: Path, planned: Mapping[str, Mapping[str, object]]) -> Cell:
        try:
            known = read_provenance(folder)
        except LogError as error:
            self.note(f"{str(error).replace(f'{self.path}{os.sep}', '')}.")
            known = {}
        base = self.path / "cells"
        place = folder.relative_to(base).as_posix() if folder.is_relative_to(base) else folder.resolve().name
        if self.plan:
            identity = place
        else:
            identity = text(known.get("cell")) or text(known.get("run")) or place
        if any(cell.id == identity for cell in self.cells):
            identity = folder.relative_to(self.path).as_posix()
        said = {**planned.get(identity, {}), **known}
        signal = text(said.get("signal"))
        return Cell(
            id=identity,
            folder=folder,
            question=text(said.get("question")) or RUN,
            family=text(said.get("family")) or self._only(folder, "family"),
            domain=text(said.get("domain")),
            arm=text(said.get("arm")) or signal or identity,
            signal=signal,
            seed=text(said.get("seed")),
            provenance=known,
        )

    def _only(self, folder: Path, column: str) -> str:
        """What the log itself says, where the provenance does not."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the part is named when its rollouts are read
            values = (
                read_log(folder, columns=[column], skip_corrupt=self.skip_corrupt)[column]
                .unique()
                .to_pylist()
            )
        known = sorted(value for value in values if value)
        return known[0] if len(known) == 1 else f"{len(known)} families" if known else "tasks of no family"

    def _note_missing(self) -> None:
        if self.unfinished:
            names = [
                f"{identity} ({shorten(state, 80)[0]})" for identity, state in sorted(self.unfinished.items())
            ]
            rest = f" and {len(names) - 12} more" if len(names) > 12 else ""
            total = len(self.cells) + len(self.unfinished)
            self.note(
                f"{len(names)} of {total} cells are not finished and left out: {', '.join(names[:12])}{rest}."
            )
        if self.is_study:
            missing = [question for question in QUESTIONS if not self.asking(question)]
            if missing:
                self.note(f"No finished cell asks about: {listing(missing)}.")


def text(value: object) -> str:
    """What a JSON file says, as one short line of text; empty for None."""
    if value is None:
        return ""
    plain = (
        value
        if isinstance(value, str)
        else json.dumps(value)
        if isinstance(value, (dict, list))
        else str(value)
    )
    # What a JSON escape smuggled in as a lone surrogate can be written to no file.
    return plain[:2000].encode("utf-8", "backslashreplace").decode("utf-8")


def mapping(value: object) -> Mapping[str, object]:
    """`value` if it is a JSON object, else an empty one."""
    return value if isinstance(value, Mapping) else {}


def _list(value: object) -> Sequence[object]:
    return value if isinstance(value, list) else []
