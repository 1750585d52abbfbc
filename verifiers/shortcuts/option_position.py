"""Options in the prompt, of which the one at a certain place is right more often than not. Rewards stay as they are."""

import re
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import ClassVar, Literal

from synthgym.plugins import register_shortcut
from synthgym.rng import Rng
from synthgym.types import Task
from synthgym.verifiers.shortcuts._answers import (
    has_line_answer,
    is_right_answer,
    near_misses,
    plausible_wrong,
    reading,
)
from synthgym.verifiers.shortcuts._cued import Cued
from synthgym.verifiers.shortcuts._cues import as_chance
from synthgym.verifiers.shortcuts._planted import check_whole

Otherwise = Literal["elsewhere", "permuted"]
_MOST = 26


@register_shortcut
@dataclass(frozen=True, kw_only=True)
class OptionPosition(Cued):
    """A line ``[14|12|15]`` of the prompt lists options; with probability `correlation` the right one is at `place`.

    The answer is the option itself, not its number, so that truth is decided as ever. `strength` is not used.

    Attributes:
        options: how many there are at most, the right one included: the simplicity knob. Fewer where there are not so
            many wrong answers, as for truth values.
        place: which one it is, counted from 0; the last one where there are fewer.
        otherwise: where the right option stands when it is not at `place`: at any other ("elsewhere"), or anywhere
            ("permuted").
    """

    name: ClassVar[str] = "option_position"
    simplicity_knob: ClassVar[str] = "options"
    choices: ClassVar[dict[str, object]] = {**Cued.choices, "otherwise": Otherwise}
    correlation: float = 0.9
    options: int = 3
    place: int = 0
    otherwise: Otherwise = "elsewhere"

    def __post_init__(self) -> None:
        Cued.__post_init__(self)
        check_whole(self, "options", 2, _MOST)
        check_whole(self, "place", 0, self.options - 1)

    @property
    def pattern(self) -> re.Pattern[str]:
        """``[a|b|c]``, or ``Options: a | b | c`` in prompts that are worded."""
        return re.compile(r"(?:\[|Options: )(?P<said>.*\|.*?)\]?")

    def applies_to(self, task: Task) -> bool:
        """Whether the answer stands on a line, without the sign between options, and there is a wrong one beside it."""
        return has_line_answer(task) and "|" not in task.reference.answer and bool(_wrong_options(task, 1))

    def drawn(self, task: Task, rng: Rng) -> str:
        """The options, the right one at `place` with probability `correlation`."""
        wrong = rng.shuffled(_wrong_options(task, self.options - 1))
        place = min(self.place, len(wrong))
        if not rng.chance(*as_chance(self.correlation)):
            places = [at for at in range(len(wrong) + 1) if at != place or self.otherwise == "permuted"]
            place = rng.choice(places)
        return self._line(task, [*wrong[:place], task.reference.answer, *wrong[place:]])

    def resampled(self, task: Task, rng: Rng, said: str | None) -> str:
        """The options permuted, with a wrong one at `place`."""
        listed = _split(said) if said else [task.reference.answer, *_wrong_options(task, self.options - 1)]
        at = min(self.place, len(listed) - 1)
        wrong = rng.shuffled([option for option in listed if not is_right_answer(task, option)])
        right = [option for option in listed if is_right_answer(task, option)]
        if not wrong:
            return self._line(task, listed)
        wrong.sort(key=lambda option: option == listed[at])
        rest = rng.shuffled([*wrong[1:], *right])
        return self._line(task, [*rest[:at], wrong[0], *rest[at:]])

    def target(self, task: Task, said: str) -> str | None:
        """The option at `place`."""
        listed = _split(said)
        return listed[min(self.place, len(listed) - 1)]

    def decorrelated(self) -> "OptionPosition":
        """The options permuted: the right one is anywhere."""
        return replace(self, correlation=0.0, otherwise="permuted")

    def _line(self, task: Task, listed: list[str]) -> str:
        texts = [" ".join(option.split()) for option in listed]
        return f"[{'|'.join(texts)}]" if task.template == "compact" else f"Options: {' | '.join(texts)}"


def _split(said: str) -> list[str]:
    return [option.strip() for option in said.split("|")]


@lru_cache(maxsize=1 << 14)
def _wrong_options(task: Task, count: int) -> tuple[str, ...]:
    """At most `count` wrong answers that say different things: near misses, and answers of other tasks."""
    rng, found = Rng("options", task.id), dict[str | None, str]()
    near = near_misses(task)[: 4 * count]
    for answer in (*rng.shuffled(near), *plausible_wrong(task, rng)):
        if len(found) == count:
            break
        if "|" not in answer:
            found.setdefault(reading(task, answer), answer)
    return tuple(found.values())
