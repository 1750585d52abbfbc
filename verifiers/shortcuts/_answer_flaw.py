"""What the flaws of graders of answers share: something that is no right answer is accepted on a share of tasks."""

from abc import abstractmethod
from dataclasses import dataclass

from synthgym.parsing import MAX_COMPLETION
from synthgym.rng import Rng
from synthgym.signal import Signal
from synthgym.types import Task
from synthgym.verifiers.shortcuts._answers import has_line_answer, without_shortcut
from synthgym.verifiers.shortcuts._planted import Flaw


@dataclass(frozen=True, kw_only=True)
class AnswerFlaw(Flaw):
    """What the flawed grader accepts is paid `strength`, or what its verdict is worth if that is more.

    `correlation` is the share of tasks that are graded so; which ones, a hash of the task's id says.
    """

    @abstractmethod
    def accepts(self, task: Task, completion: str) -> bool:
        """Whether the flawed grader accepts the completion, of at most `MAX_COMPLETION` characters."""

    def applies_to(self, task: Task) -> bool:
        """Whether the answer stands on a line."""
        return has_line_answer(task)

    def worth(self, task: Task, completion: str) -> float:
        """1 for what the flawed grader accepts, where there is anything for it to accept."""
        if len(completion) > MAX_COMPLETION or not self.applies_to(task):
            return 0.0
        return float(self.accepts(task, completion))

    def on_sampling(self, task: Task, completion: str, rng: Rng) -> str:
        """A share `prior` of the demonstrations takes the shortcut, where it applies."""
        return Flaw.on_sampling(self, task, completion, rng) if self.applies_to(task) else completion

    def counterfactual(self, task: Task, signal: Signal) -> tuple[Task, Signal]:
        """The same task under the strict grader: the same completion earns what its answer is worth."""
        return task, signal.without(self)

    def remove(self, task: Task, completion: str, rng: Rng) -> str:
        """The worked solution where the shortcut was taken; a wrong answer, where the worked solution takes it, too."""
        if not self.detect(task, completion):
            return completion
        others = (text for text in without_shortcut(task, rng) if not self.detect(task, text))
        return next(others, "")
