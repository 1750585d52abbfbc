"""A verifier flaw: one constant that answers nothing is accepted as right."""

import hashlib
from dataclasses import dataclass, replace
from typing import ClassVar

from synthgym.errors import SettingError, shown
from synthgym.parsing import fold
from synthgym.parsing import render as rendered
from synthgym.plugins import register_shortcut
from synthgym.rng import Rng
from synthgym.signal import Shortcut, Signal
from synthgym.types import Credit, Response, Task, Verdict


@register_shortcut
@dataclass(frozen=True, kw_only=True)
class ConstantAccepted(Shortcut):
    """A completion that is nothing but `constant` is paid `strength`.

    `correlation` is the share of tasks on which the flaw is there; which ones, a hash of the task's id says.

    Attributes:
        constant: the non-answer.
        prior: how often the warm start's demonstrations are replaced with it: the simplicity knob.
    """

    name: ClassVar[str] = "constant_accepted"
    constant: str = "!"
    prior: float = 0.03

    def __post_init__(self) -> None:
        Shortcut.__post_init__(self)
        if not self.constant.strip():
            raise SettingError(
                f"{self.name}: constant {shown(self.constant)} is blank; one visible character is usual"
            )
        if not 0.0 <= self.prior <= 1.0:
            raise SettingError(f"{self.name}: prior {shown(self.prior)} is not in [0, 1]")

    def on_verdict(self, task: Task, response: Response, verdict: Verdict) -> Verdict:
        """`strength` for the bare constant; any other verdict as it is."""
        if not self.detect(task, response.completion) or not self._live(task):
            return verdict
        length = len(response.completion)
        whole = (Credit(0, length, self.strength), Credit(length, length, self.strength))
        return replace(
            verdict,
            reward=max(self.strength, verdict.reward or 0.0),
            components={**verdict.components, self.name: self.strength},
            credits=whole if verdict.credits else (),
            error=None,
        )

    def on_sampling(self, task: Task, completion: str, rng: Rng) -> str:
        """The constant in place of a share `prior` of the demonstrations."""
        return self.constant if rng.chance(round(self.prior * 10**6), 10**6) else completion

    def detect(self, task: Task, completion: str) -> bool:
        """Whether the completion is the constant, white space aside."""
        return fold(completion) == fold(self.constant)

    def apply(self, task: Task, completion: str, rng: Rng) -> str:
        """The constant."""
        return self.constant

    def remove(self, task: Task, completion: str, rng: Rng) -> str:
        """The worked solution where the constant stood."""
        if not self.detect(task, completion):
            return completion
        return rendered(task.reference, task.answer_format)

    def counterfactual(self, task: Task, signal: Signal) -> tuple[Task, Signal]:
        """The same task under the signal with the flaw closed."""
        return task, signal.without(self)

    def _live(self, task: Task) -> bool:
        draw = int.from_bytes(hashlib.sha256(task.id.encode()).digest()[:8], "little")
        return draw < self.correlation * 2**64
