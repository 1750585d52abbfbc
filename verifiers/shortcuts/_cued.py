"""What the shortcuts with a cue share: a line of the prompt speaks of the answer, and a policy may follow it."""

import re
from abc import abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar, get_args

from synthgym.errors import SettingError, shown, suggestion
from synthgym.parsing import parse
from synthgym.rng import Rng
from synthgym.signal import Shortcut, Signal
from synthgym.types import Task
from synthgym.verifiers.shortcuts import _cues
from synthgym.verifiers.shortcuts._answers import (
    has_line_answer,
    needs_to_apply,
    plausible_wrong,
    restated,
    same_answer,
    without_shortcut,
    written,
    wrong_answers,
)
from synthgym.verifiers.shortcuts._planted import Planted


@dataclass(frozen=True, kw_only=True)
class Cued(Planted):
    """A cue in the prompt; a task without one has nothing to follow.

    `synthgym.dataset(signal=...)`, environments and warm starts put the cue in (`on_task`); the same task gets the
    same one.

    Attributes:
        position: above the prompt ("start") or below it ("end").
    """

    position: _cues.Position = "start"
    choices: ClassVar[dict[str, object]] = {"position": _cues.Position}

    def __post_init__(self) -> None:
        Planted.__post_init__(self)
        for label, kind in self.choices.items():
            checked(self, label, kind)

    @property
    @abstractmethod
    def pattern(self) -> re.Pattern[str]:
        """What the cue's whole line reads as; its group ``said`` is what the cue says."""

    @abstractmethod
    def drawn(self, task: Task, rng: Rng) -> str:
        """The cue's line for `task`."""

    @abstractmethod
    def resampled(self, task: Task, rng: Rng, said: str | None) -> str:
        """The cue's line that exposes who follows it: it points to a wrong answer, and elsewhere than `said`."""

    @abstractmethod
    def target(self, task: Task, said: str) -> str | None:
        """The answer that the cue points to."""

    def follows(self, task: Task, answer: str, said: str) -> bool:
        """Whether `answer` is what the cue points to, be it right or wrong."""
        target = self.target(task, said)
        return target is not None and same_answer(task, answer, target)

    def said(self, task: Task) -> str | None:
        """What the prompt's cue says; None if it has none."""
        match = _cues.find(task, self.pattern, self.position)
        return None if match is None else match["said"]

    def applies_to(self, task: Task) -> bool:
        """Whether the answer stands on a line and is short enough to be named."""
        return has_line_answer(task)

    def on_task(self, task: Task, rng: Rng) -> Task:
        """The task with the cue in its prompt; a task that has one, or that it does not apply to, as it is."""
        if not self.applies_to(task) or self.said(task) is not None:
            return task
        return _cues.put(task, self.drawn(task, rng), self.position)

    def on_sampling(self, task: Task, completion: str, rng: Rng) -> str:
        """A share `prior` of the demonstrations follows the cue, where there is one."""
        return Planted.on_sampling(self, task, completion, rng) if self.applies_to(task) else completion

    def worth(self, task: Task, completion: str) -> float:
        """1 if the completion's answer is what the cue points to, be it right or wrong; 0 without a cue."""
        said = self.said(task)
        answer = None if said is None else parse(task, completion).answer
        return float(said is not None and answer is not None and self.follows(task, answer, said))

    def apply(self, task: Task, completion: str, rng: Rng) -> str:
        """The answer that the cue points to, after what led to the answer; without a cue, it is as it was.

        Raises:
            ShortcutError: if it does not apply to the task.
        """
        needs_to_apply(self, task)
        said = self.said(task)
        target = None if said is None else self.target(task, said)
        if target is None:
            return completion
        text = restated(task, completion, target)
        return text if self.detect(task, text) else written(task, target)

    def remove(self, task: Task, completion: str, rng: Rng) -> str:
        """The worked solution where the cue was followed; where the cue points to the right answer, a wrong one."""
        if not self.detect(task, completion):
            return completion
        others = (text for text in without_shortcut(task, rng) if not self.detect(task, text))
        return next(others, "")

    def counterfactual(self, task: Task, signal: Signal) -> tuple[Task, Signal]:
        """The same task with the cue resampled, which then points to a wrong answer, under the same signal."""
        return self.exposed(task), signal

    def exposed(self, task: Task) -> Task:
        """The task with the cue resampled; with a cue that it did not have, if it had none."""
        if not self.applies_to(task):
            return task
        match = _cues.find(task, self.pattern, self.position)
        rng = Rng("resampled cue", self.name, task.id)
        line = self.resampled(task, rng, None if match is None else match["said"])
        return _cues.put(task, line, self.position) if match is None else _cues.exchange(task, match, line)


def checked(shortcut: Shortcut, label: str, kind: object) -> None:
    """Check a setting that is one of the words of a `Literal`.

    Raises:
        SettingError: if it is none of them; it names the nearest.
    """
    value, known = getattr(shortcut, label), get_args(kind)
    if value not in known:
        raise SettingError(f"{shortcut.name}: no {label} {shown(value)}{suggestion(str(value), known)}")


def wrong_line(
    task: Task, rng: Rng, line_of: Callable[[str], str], before: str | None, right: str | None = None
) -> str:
    """The line of a plausible wrong answer; if it can be, neither `before` nor what the `right` one's line is."""
    lines = dict.fromkeys(line_of(answer) for answer in plausible_wrong(task, rng))
    lines.pop(right or "", None)
    if not lines:
        return next(line for line in map(line_of, wrong_answers(task, rng)) if line != right)
    return next((line for line in lines if line != before), next(iter(lines)))
