"""Rollouts of a log as they are read: a bounded number of rows at a time, whatever the log is."""

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from synthgym.errors import shown

if TYPE_CHECKING:
    import pyarrow as pa

ROWS = 8192
"""Rows in a chunk, at most."""
BYTES = 16 << 20
"""Bytes of text after which a chunk is full."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunk:
    """Rollouts that have a completion and a finite reward, in the order of the log; all arrays are (N,).

    Attributes:
        prompts, completions: texts; a prompt that is missing is empty.
        rewards: finite.
        steps: NaN where unknown.
        truths: 1 right, 0 wrong, -1 unknown.
        runs: the name of each row's run; "" where there is none.
        keys: (N, 2) step and index of our own log's key; None in another log.
        task_ids: of our own log; "" where unknown. None in another log.
        folder: of our own log, where the run's folder lies below the path that was given; "" if that is it.
    """

    prompts: "pa.Array"
    completions: "pa.Array"
    rewards: NDArray[np.float64]
    steps: NDArray[np.float64]
    truths: NDArray[np.int8]
    runs: "pa.Array"
    keys: NDArray[np.int64] | None = None
    task_ids: "pa.Array | None" = None
    folder: str = ""


@dataclass(slots=True)
class Reading:
    """What reading a log came upon.

    Attributes:
        rows: rollouts seen, kept or not.
        left_out: how many rows were left out, by reason.
        first: for some reasons, where it was first met.
        odd: of truths that are neither right nor wrong and of steps that are no numbers, how many, and the first.
        notes: what else a reader of the audit must know, in sentences.
    """

    rows: int = 0
    left_out: Counter[str] = field(default_factory=Counter)
    first: dict[str, str] = field(default_factory=dict)
    odd: dict[str, tuple[int, str]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def leave_out(self, reason: str, count: int = 1, where: str = "") -> None:
        """Count rows that are left out."""
        if count:
            self.left_out[reason] += count
            if where:
                self.first.setdefault(reason, where)

    def note(self, text: str) -> None:
        """Note a sentence once."""
        if text not in self.notes:
            self.notes.append(text)

    def odd_value(self, role: str, value: object, where: str = "", count: int = 1) -> None:
        """Count values of a role ("truth" or "step") that are logged, and cannot be read."""
        seen, first = self.odd.get(role, (0, ""))
        self.odd[role] = seen + count, first or f"{shown(value)}{f' ({where})' if where else ''}"

    def told(self) -> list[str]:
        """Everything as sentences."""
        lines = []
        for reason, count in self.left_out.most_common():
            where = f" (first: {self.first[reason]})" if reason in self.first else ""
            lines.append(f"{count:,} of {self.rows:,} rows left out: {reason}{where}")
        for role, (count, first) in self.odd.items():
            what = "neither right nor wrong" if role == "truth" else "no number"
            lines.append(f"{count:,} {role}s count as unknown: {first} is {what}")
        return lines + self.notes
