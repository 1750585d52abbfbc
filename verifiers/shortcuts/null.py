"""The shortcut that pays nothing: a label drawn at random, which nobody should find, predict or learn."""

import hashlib
from dataclasses import dataclass
from typing import ClassVar

from synthgym.errors import SettingError, shown
from synthgym.plugins import register_shortcut
from synthgym.rng import Rng
from synthgym.signal import Shortcut, Signal
from synthgym.types import Task

_BLANKS = " \n"


@register_shortcut
@dataclass(frozen=True, kw_only=True)
class Null(Shortcut):
    """A hash of the task's id and the completion says which completions have it, a share `rate` of all.

    It changes no reward, so that `strength` is 0.

    Attributes:
        rate: the share of completions that have it, in [0.001, 0.999]: the simplicity knob, for what it is worth.
    """

    name: ClassVar[str] = "null"
    simplicity_knob: ClassVar[str] = "rate"
    correlation_knob: ClassVar[str] = "strength"
    keeps_truth: ClassVar[bool] = True
    strength: float = 0.0
    rate: float = 0.5

    def __post_init__(self) -> None:
        Shortcut.__post_init__(self)
        if self.strength != 0.0:
            raise SettingError(f"{self.name}: strength {shown(self.strength)} is not 0; it pays nothing")
        number = isinstance(self.rate, int | float) and not isinstance(self.rate, bool)
        if not (number and 0.001 <= self.rate <= 0.999):
            raise SettingError(f"{self.name}: rate {shown(self.rate)} is not a number in [0.001, 0.999]")

    def detect(self, task: Task, completion: str) -> bool:
        """Whether the hash says so."""
        return self._says(self._hashed(task, completion))

    def apply(self, task: Task, completion: str, rng: Rng) -> str:
        """`completion` with white space after it that makes the hash say so."""
        return self._until(True, task, completion)

    def remove(self, task: Task, completion: str, rng: Rng) -> str:
        """`completion` with white space after it that makes the hash not say so."""
        return self._until(False, task, completion)

    def counterfactual(self, task: Task, signal: Signal) -> tuple[Task, Signal]:
        """The same task under the signal without it: nothing changes."""
        return task, signal.without(self)

    def _until(self, wanted: bool, task: Task, completion: str) -> str:
        start = self._hashed(task, completion)
        number, blanks, hashed = 1, "", start
        while self._says(hashed) != wanted:
            number += 1
            blanks = "".join(_BLANKS[int(digit)] for digit in f"{number:b}"[1:])
            hashed = start.copy()
            hashed.update(blanks.encode())
        return completion + blanks

    def _hashed(self, task: Task, completion: str) -> "hashlib._Hash":
        text = f"{self.name}:{task.id}:{completion}"
        return hashlib.sha256(text.encode("utf-8", "backslashreplace"))

    def _says(self, hashed: "hashlib._Hash") -> bool:
        return int.from_bytes(hashed.digest()[:8], "little") < self.rate * 2**64
