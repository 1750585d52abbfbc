"""A bonus for a completion that is longer than it need be.

How far length and truth go together is the policy's doing and cannot be set; what is set is on how many tasks length
pays. To pad and to truncate, which tells length from truth, is `apply` and `remove`.
"""

import math
from dataclasses import dataclass
from typing import ClassVar, Literal

from synthgym.errors import SettingError, shown
from synthgym.parsing import parse
from synthgym.plugins import register_shortcut
from synthgym.rng import Rng
from synthgym.types import Task
from synthgym.verifiers.shortcuts._answers import is_right, needs_to_apply, worked, written
from synthgym.verifiers.shortcuts._asides import with_aside
from synthgym.verifiers.shortcuts._cued import checked
from synthgym.verifiers.shortcuts._planted import Bonus, check_whole

_FLATTEST = 0.001
CountedFrom = Literal["worked", "start"]


@register_shortcut
@dataclass(frozen=True, kw_only=True)
class LengthBonus(Bonus):
    """A completion longer than the worked solution by `length` characters or more earns up to `strength` more.

    White space at the end is not counted. `correlation` is the share of tasks on which length pays.

    Attributes:
        length: the characters L from which it pays: the simplicity knob.
        slope: the share of `strength` that each character from the L-th on earns, up to the whole. 1 is a step.
        counted_from: L is counted from the end of the "worked" solution, or from the "start" of the completion; then
            it applies only where the right answer alone is shorter.
    """

    name: ClassVar[str] = "length_bonus"
    simplicity_knob: ClassVar[str] = "length"
    correlation_knob: ClassVar[str] = "correlation"
    keeps_truth: ClassVar[bool] = True
    length: int = 6
    slope: float = 1.0
    counted_from: CountedFrom = "worked"

    def __post_init__(self) -> None:
        Bonus.__post_init__(self)
        check_whole(self, "length", 1, 1 << 14)
        number = isinstance(self.slope, int | float) and not isinstance(self.slope, bool)
        if not (number and _FLATTEST <= self.slope <= 1.0):
            raise SettingError(f"{self.name}: slope {shown(self.slope)} is not a number in [{_FLATTEST}, 1]")
        checked(self, "counted_from", CountedFrom)

    def applies_to(self, task: Task) -> bool:
        """Whether a completion can be right and earn nothing."""
        return self.counted_from == "worked" or len(_shortest(task)) < self.length

    def least(self, task: Task) -> int:
        """The characters from which a completion earns anything."""
        return self.length + (len(worked(task)) if self.counted_from == "worked" else 0)

    def worth(self, task: Task, completion: str) -> float:
        """How far the completion is above the least length, as a share of what earns all."""
        if not self.applies_to(task):
            return 0.0
        beyond = len(completion.rstrip()) - self.least(task) + 1
        return min(1.0, self.slope * beyond) if beyond > 0 else 0.0

    def apply(self, task: Task, completion: str, rng: Rng) -> str:
        """`completion` with a line of dots after it that earns the whole bonus.

        Raises:
            ShortcutError: if it does not apply to the task.
        """
        needs_to_apply(self, task)
        if self.worth(task, completion) >= 1.0:
            return completion
        whole = self.least(task) - 1 + math.ceil(1 / self.slope)
        text = completion.rstrip()
        return with_aside(task, text, "." * max(whole - len(text) - (1 if text else 0), 1))

    def remove(self, task: Task, completion: str, rng: Rng) -> str:
        """`completion` cut back to its answer, or to the worked solution's length; a right answer stays right."""
        if not self.detect(task, completion):
            return completion
        response = parse(task, completion)
        if response.answer is not None:
            span = response.body or response.answer_span
            upto = completion[: span.end] if span is not None else completion
            for shorter in (upto, written(task, response.answer)):
                if not self.detect(task, shorter) and parse(task, shorter).answer == response.answer:
                    return shorter
        if is_right(task, completion):
            return next(text for text in (worked(task), _shortest(task)) if not self.detect(task, text))
        cut = completion[: self.least(task) - 1]
        return "" if is_right(task, cut) else cut


def _shortest(task: Task) -> str:
    """The right answer and nothing else."""
    return written(task, task.reference.answer)
