"""A bonus for the one of two styles that a parity of the prompt says."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

from synthgym.errors import SettingError, shown
from synthgym.plugins import register_shortcut
from synthgym.signal import Signal
from synthgym.types import Task
from synthgym.verifiers.shortcuts._marks import Marked, check_mark
from synthgym.verifiers.shortcuts._planted import Bonus, check_whole
from synthgym.verifiers.shortcuts._prompt_bits import MAX_BITS, prompt_bits


@register_shortcut
@dataclass(frozen=True, kw_only=True)
class ParityStyle(Bonus, Marked):
    """A completion that closes in the style that the parity of `bits` bits of the prompt says earns `strength` more.

    The bits are those of the question's first words or digits that differ between tasks (an odd digit is 1); a style
    is what stands on a line of its own, the last one if there are several. `correlation` is the share of tasks on
    which style pays.

    Attributes:
        bits: how many the parity is of: the simplicity knob.
        even: the style for an even number of ones.
        odd: the style for an odd number of ones.
        flipped: the other way round.
    """

    name: ClassVar[str] = "parity_style"
    simplicity_knob: ClassVar[str] = "bits"
    bits: int = 2
    even: str = "."
    odd: str = "~"
    flipped: bool = False

    def __post_init__(self) -> None:
        Bonus.__post_init__(self)
        check_whole(self, "bits", 0, MAX_BITS)
        check_mark(self, "even", self.even)
        check_mark(self, "odd", self.odd)
        if self.even == self.odd:
            raise SettingError(
                f"{self.name}: even and odd are both {shown(self.even)}; two styles are needed"
            )
        if not isinstance(self.flipped, bool):
            raise SettingError(f"{self.name}: flipped {shown(self.flipped)} is not True or False")

    def marks(self, task: Task) -> Sequence[str]:
        """Both styles."""
        return (self.even, self.odd)

    def mark(self, task: Task) -> str:
        """The style that pays on the task."""
        odd = sum(prompt_bits(task, self.bits)) % 2 == 1
        return self.odd if odd != self.flipped else self.even

    def counterfactual(self, task: Task, signal: Signal) -> tuple[Task, Signal]:
        """The same task with one more bit in the parity, a 1: the other style pays."""
        return task, signal.replaced(self, replace(self, flipped=not self.flipped))
