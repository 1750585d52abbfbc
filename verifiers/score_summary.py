"""What scoring a file came to: counts, the mean reward, and where two signals differ."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

ACCEPTED = 0.5
"""A reward of at least this accepts: a wrong answer gets 0.4 at most, and a right one 0.6 at least."""
_SHOWN_ERRORS = 5
_SHOWN_LINES = 10


@dataclass(kw_only=True)
class Summary:
    """What `score_file` made of a file, rows that an earlier run had scored included.

    Attributes:
        rows: rows in all: scored + unscored + unreadable.
        unscored: rows whose verifier failed.
        unreadable: rows that are no completion of a task.
        kept: rows that an earlier run had scored.
        accepted: rows with a reward of at least 0.5.
        right: rows whose answer is right; None without `truth`.
        errors: the first few of (line, error) of rows without a reward.
        agreement: with `compare`, rows by what the two signals say of them.
        differing: the first few lines that one signal accepts and the other does not.
        seconds: wall time.
    """

    signal: str
    compare: str | None = None
    rows: int = 0
    scored: int = 0
    unscored: int = 0
    unreadable: int = 0
    kept: int = 0
    accepted: int = 0
    mean_reward: float | None = None
    right: int | None = None
    errors: list[tuple[int, str]] = field(default_factory=list)
    agreement: dict[str, int] = field(default_factory=dict)
    differing: list[int] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def ok(self) -> bool:
        """Whether every row has a reward."""
        return self.scored == self.rows

    def add(self, row: Mapping[str, Any]) -> None:
        """Count one verdict's row."""
        self.rows += 1
        reward = row["reward"]
        if reward is None:
            unreadable = row.get("task_id") is None
            self.unreadable += unreadable
            self.unscored += not unreadable
            if len(self.errors) < _SHOWN_ERRORS:
                self.errors.append((row["line"], str(row["error"])))
        else:
            self.scored += 1
            self.accepted += reward >= ACCEPTED
            mean = self.mean_reward or 0.0
            self.mean_reward = mean + (reward - mean) / self.scored
        if self.right is not None:
            self.right += row["truth"] is True
        if self.compare is not None:
            self._compare(row["line"], reward, row["compare"]["reward"])

    def _compare(self, line: int, first: float | None, second: float | None) -> None:
        if first is None or second is None:
            kind = "not both scored"
        elif (first >= ACCEPTED) == (second >= ACCEPTED):
            kind = "both accept" if first >= ACCEPTED else "neither accepts"
        else:
            kind = f"only {self.signal if first >= ACCEPTED else self.compare} accepts"
            if len(self.differing) < _SHOWN_LINES:
                self.differing.append(line)
        self.agreement[kind] = self.agreement.get(kind, 0) + 1

    def __str__(self) -> str:
        """A few lines for people."""
        mean = "none" if self.mean_reward is None else f"{self.mean_reward:.3f}"
        kept = f" ({self.kept:,} were there)" if self.kept else ""
        said = [
            f"{self.signal}: {self.rows:,} rows{kept}, {self.scored:,} scored, {self.unscored:,} unscored, "
            f"{self.unreadable:,} unreadable; mean reward {mean}, {self.accepted:,} accepted"
            + ("" if self.right is None else f", {self.right:,} right")
        ]
        if self.compare is not None:
            said.append(
                f"beside {self.compare}: {', '.join(f'{n:,} {k}' for k, n in self.agreement.items())}"
            )
        if self.differing:
            said.append(f"they differ on line {', '.join(map(str, self.differing))}")
        said += [
            f"no reward: line {line}: {error.removeprefix(f'line {line}: ')}" for line, error in self.errors
        ]
        return "\n".join(said)
