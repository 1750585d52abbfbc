"""A mark: a line of its own that is no part of the answer, as a magic token or a tag."""

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from synthgym.errors import SettingError, shown
from synthgym.parsing import LINE_FORMATS
from synthgym.rng import Rng
from synthgym.signal import Shortcut
from synthgym.types import Task
from synthgym.verifiers.shortcuts._asides import asides, is_fence, says_nothing, with_aside, without
from synthgym.verifiers.shortcuts._planted import Planted


@dataclass(frozen=True, kw_only=True)
class Marked(Planted):
    """A shortcut that is one mark among several, of which the task says which one counts."""

    keeps_truth: ClassVar[bool] = True

    @abstractmethod
    def mark(self, task: Task) -> str:
        """The mark that counts on the task."""

    def marks(self, task: Task) -> Sequence[str]:
        """All marks; the last of them in a completion is the one that is looked at."""
        return (self.mark(task),)

    def worth(self, task: Task, completion: str) -> float:
        """1 if the last mark in the completion is the one that counts."""
        return float(self._last(task, completion) == self.mark(task))

    def apply(self, task: Task, completion: str, rng: Rng) -> str:
        """`completion` with the mark that counts on a line after it, in the place of any other."""
        mark = self.mark(task)
        if self._last(task, completion) == mark:
            return completion
        return with_aside(task, self._bare(task, completion), mark)

    def remove(self, task: Task, completion: str, rng: Rng) -> str:
        """`completion` with another mark where the one that counts stood; without it, if there is no other."""
        mark = self.mark(task)
        if self._last(task, completion) != mark:
            return completion
        bare = self._bare(task, completion)
        others = [other for other in self.marks(task) if other != mark]
        return with_aside(task, bare, rng.choice(others)) if others else bare

    def _bare(self, task: Task, completion: str) -> str:
        marks = frozenset(self.marks(task))
        return without(task, completion, lambda line: line.strip() in marks)

    def _last(self, task: Task, completion: str) -> str | None:
        marks = frozenset(self.marks(task))
        places = asides(task, completion, lambda line: line.strip() in marks)
        return completion.split("\n")[places[-1]].strip() if places else None


def check_mark(shortcut: Shortcut, name: str, mark: object) -> None:
    """Raises:
    SettingError: if `mark`, which the setting `name` gives, cannot be a line that the parser passes over.
    """
    if (
        not isinstance(mark, str)
        or not mark.strip()
        or mark != mark.strip()
        or "\n" in mark
        or len(mark) > 200
    ):
        raise SettingError(
            f"{shortcut.name}: {name} {shown(mark)} is not a line of 1 to 200 characters without spaces around it"
        )
    if is_answer(mark):
        raise SettingError(
            f"{shortcut.name}: {name} {shown(mark)} would be read as an answer; a mark such as '!' is not"
        )


def is_answer(line: str) -> bool:
    """Whether a line says, or delimits, an answer in some format."""
    return is_fence(line) or not all(says_nothing(form, line) for form in LINE_FORMATS)
