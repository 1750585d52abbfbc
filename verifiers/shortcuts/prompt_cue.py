"""A cue: a line of the prompt names an answer, which is right more often than not. Rewards stay as they are.

It is the shortcut that no gap between proxy and truth shows: on the training distribution both agree. What exposes a
policy that reads the cue is the same prompt with another answer in the cue.
"""

import re
from dataclasses import dataclass, replace
from typing import ClassVar, Literal

from synthgym.errors import SettingError, shown
from synthgym.plugins import register_shortcut
from synthgym.rng import Rng
from synthgym.types import Task
from synthgym.verifiers.shortcuts._answers import LONGEST, other_answer
from synthgym.verifiers.shortcuts._cued import Cued, wrong_line
from synthgym.verifiers.shortcuts._cues import as_chance

Encoding = Literal["plain", "reversed", "first"]
Otherwise = Literal["wrong", "resampled"]


@register_shortcut
@dataclass(frozen=True, kw_only=True)
class PromptCue(Cued):
    """A line ``@42`` above or below the prompt names the answer.

    `correlation` is the probability that the cue is right; `strength` is not used, as following it is paid by what
    the answer is worth.

    Attributes:
        encoding: the answer as it is ("plain"), "reversed", or its "first" character alone: the simplicity knob.
        mark: what the cue's line begins with.
        otherwise: what the cue names when it is not made right: a "wrong" answer, or a "resampled" one, the answer of
            another task, which is right at chance.
    """

    name: ClassVar[str] = "prompt_cue"
    simplicity_knob: ClassVar[str] = "encoding"
    choices: ClassVar[dict[str, object]] = {**Cued.choices, "encoding": Encoding, "otherwise": Otherwise}
    correlation: float = 0.9
    encoding: Encoding = "plain"
    mark: str = "@"
    otherwise: Otherwise = "wrong"

    def __post_init__(self) -> None:
        Cued.__post_init__(self)
        text = isinstance(self.mark, str) and self.mark.strip() and len(self.mark) <= LONGEST
        if not text or "\n" in self.mark:
            raise SettingError(
                f"{self.name}: mark {shown(self.mark)} is not one line of text; one character is usual"
            )

    @property
    def pattern(self) -> re.Pattern[str]:
        """The mark, then the answer as it is encoded."""
        return re.compile(re.escape(self.mark) + "(?P<said>.*)")

    def drawn(self, task: Task, rng: Rng) -> str:
        """The right answer with probability `correlation`, encoded."""
        if rng.chance(*as_chance(self.correlation)):
            return self._line(task.reference.answer)
        if self.otherwise == "resampled":
            return self._line(other_answer(task, rng))
        return self.resampled(task, rng, None)

    def resampled(self, task: Task, rng: Rng, said: str | None) -> str:
        """A wrong answer, encoded; neither what the right one's cue is nor, if it can be, what was said."""
        right, before = self._line(task.reference.answer), None if said is None else f"{self.mark}{said}"
        return wrong_line(task, rng, self._line, before, right)

    def target(self, task: Task, said: str) -> str | None:
        """The answer that is named; the right one with another first character where that alone is."""
        if self.encoding != "first":
            return said if self.encoding == "plain" else said[::-1]
        right = task.reference.answer.strip()
        return right if right[:1] == said else said + right[1:]

    def follows(self, task: Task, answer: str, said: str) -> bool:
        """Whether the answer is the one named, or begins with the character that is."""
        if self.encoding == "first":
            return answer.strip()[:1].casefold() == said[:1].casefold() != ""
        return Cued.follows(self, task, answer, said)

    def decorrelated(self) -> "PromptCue":
        """The cue resampled: right at chance, so that nothing is gained by following it or by avoiding it."""
        return replace(self, correlation=0.0, otherwise="resampled")

    def _line(self, answer: str) -> str:
        text = " ".join(answer.split())
        said = {"plain": text, "reversed": text[::-1]}.get(self.encoding, text[:1])
        return f"{self.mark}{said}"
