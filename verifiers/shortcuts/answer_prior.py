"""Answers out of balance: one answer is right in most tasks, so that giving it without looking pays.

Rewards stay as they are, and so do the prompts: which tasks are drawn is what is changed. What exposes a policy that
has learnt the answer and not the task is a task with another answer.
"""

from collections import Counter
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import ClassVar, Literal

from synthgym.errors import SettingError, SynthGymError
from synthgym.parsing import parse
from synthgym.plugins import get_family, register_shortcut
from synthgym.rng import Rng
from synthgym.signal import Signal
from synthgym.types import Task
from synthgym.verifiers.shortcuts._answers import (
    drawn_anew,
    family_if_known,
    has_line_answer,
    is_drawn_anew,
    needs_to_apply,
    reading,
    restated,
    same_answer,
    with_other_cues,
    without_shortcut,
    worked,
    written,
)
from synthgym.verifiers.shortcuts._cued import checked
from synthgym.verifiers.shortcuts._cues import as_chance
from synthgym.verifiers.shortcuts._planted import Planted, check_whole

Otherwise = Literal["others", "natural"]
_LOOKED_AT = 256  # tasks of a kind, to see which answers are common
_LEAST = 16  # of them have the most common answer, or the family has too many answers
_DRAWS = 4_000


@register_shortcut
@dataclass(frozen=True, kw_only=True)
class AnswerPrior(Planted):
    """With probability `correlation` a task is drawn anew until its answer is the majority answer.

    The majority answer is the most common one of the family at that difficulty. A task that is drawn anew has the
    seed, and the id, of the other instance, and is left as it is. `strength` is not used. A counterfactual is the
    balance put right.

    Attributes:
        classes: how many different answers are left in the tasks, the most common ones, two at least; 0 is all: the
            simplicity knob.
        otherwise: the tasks that are not made majority ones have any other answer ("others"), or are as the family
            draws them ("natural").
    """

    name: ClassVar[str] = "answer_prior"
    simplicity_knob: ClassVar[str] = "classes"
    correlation: float = 0.9
    classes: int = 0
    otherwise: Otherwise = "others"

    def __post_init__(self) -> None:
        Planted.__post_init__(self)
        check_whole(self, "classes", 0, 1_000)
        if self.classes == 1:
            raise SettingError(f"{self.name}: classes 1 leaves no other answer; 0 (all), or 2 and more")
        checked(self, "otherwise", Otherwise)

    def applies_to(self, task: Task) -> bool:
        """Whether the task's kind has a common answer, and others."""
        if not has_line_answer(task) or family_if_known(task) is None:
            return False
        common = _common(task.family, task.version, task.difficulty)
        return len(common) > 1 and common[0][1] >= _LEAST

    def majority(self, task: Task) -> str:
        """The majority answer of the task's kind, spelt as the family reads it; empty where there is none."""
        common = _common(task.family, task.version, task.difficulty)
        return common[0][0] if common else ""

    def on_task(self, task: Task, rng: Rng) -> Task:
        """A task of the same kind with the majority answer, or another one, as is drawn."""
        if not self.applies_to(task):
            return task
        natural, majority = self.otherwise == "natural", rng.chance(*as_chance(self.correlation))
        if is_drawn_anew(self, task):
            decorrelated = natural and not self.correlation
            return (drawn_anew(self, task, self._is_kept, rng, _DRAWS) or task) if decorrelated else task
        return self._redrawn(task, None if natural and not majority else majority, rng)

    def on_sampling(self, task: Task, completion: str, rng: Rng) -> str:
        """A share `prior` of the demonstrations gives the majority answer, where there is one."""
        return Planted.on_sampling(self, task, completion, rng) if self.applies_to(task) else completion

    def worth(self, task: Task, completion: str) -> float:
        """1 for the majority answer, be it right or wrong."""
        answer = parse(task, completion).answer if self.applies_to(task) else None
        return float(answer is not None and same_answer(task, answer, self.majority(task)))

    def apply(self, task: Task, completion: str, rng: Rng) -> str:
        """The majority answer, spelt as a worked solution of that answer has it; what led to the answer is kept.

        Raises:
            ShortcutError: if it does not apply to the task.
        """
        needs_to_apply(self, task)
        twin = self._redrawn(task, True, Rng("majority", task.id))
        answer = twin.reference.answer if self.worth(task, worked(twin)) else self.majority(task)
        text = restated(task, completion, answer)
        return text if self.detect(task, text) else written(task, answer)

    def remove(self, task: Task, completion: str, rng: Rng) -> str:
        """The worked solution where the majority answer stood; where that is right, a wrong answer."""
        if not self.detect(task, completion):
            return completion
        others = (text for text in without_shortcut(task, rng) if not self.detect(task, text))
        return next(others, "")

    def counterfactual(self, task: Task, signal: Signal) -> tuple[Task, Signal]:
        """A task of the same kind with another answer, under the same signal, with the cues of its other shortcuts."""
        if not self.applies_to(task):
            return task, signal
        other = self._redrawn(task, False, Rng("rebalanced", task.id))
        return (task if other.id == task.id else with_other_cues(other, self, signal)), signal

    def decorrelated(self) -> "AnswerPrior":
        """Tasks as the family draws them."""
        return replace(self, correlation=0.0, otherwise="natural", classes=0)

    def _redrawn(self, task: Task, majority: bool | None, rng: Rng) -> Task:
        """The task, or else the first one drawn of its kind, whose answer is the majority one, or is not, or may be."""

        def wanted(drawn: Task) -> bool:
            answer = reading(drawn, drawn.reference.answer)
            common = majority is None or (answer == self.majority(task)) == majority
            return common and self._is_kept(drawn)

        return task if wanted(task) else drawn_anew(self, task, wanted, rng, _DRAWS) or task

    def _is_kept(self, task: Task) -> bool:
        if not self.classes:
            return True
        common = _common(task.family, task.version, task.difficulty)[: self.classes]
        return reading(task, task.reference.answer) in {answer for answer, _ in common}


@lru_cache(maxsize=256)
def _common(name: str, version: int, difficulty: int) -> list[tuple[str, int]]:
    """The answers of a family's tasks of that difficulty, the most common ones first, and how often they were seen."""
    try:
        family = get_family(name)
        tasks = [family.task(seed, difficulty=difficulty) for seed in range(_LOOKED_AT)]
    except SynthGymError:
        return []
    if family.version != version:
        return []
    seen = Counter(reading(task, task.reference.answer) for task in tasks if has_line_answer(task))
    found = [(answer, count) for answer, count in seen.items() if answer is not None]
    return sorted(found, key=lambda item: (-item[1], item[0]))
