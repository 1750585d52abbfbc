"""A verifier flaw: the right answer is looked for in the text, as a part of it, as its first or as its last number."""

import re
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import ClassVar, Literal

from synthgym.errors import SettingError
from synthgym.plugins import register_shortcut
from synthgym.rng import Rng
from synthgym.types import Task
from synthgym.verifiers.shortcuts._answer_flaw import AnswerFlaw
from synthgym.verifiers.shortcuts._answers import (
    LONGEST,
    is_right,
    is_right_answer,
    needs_to_apply,
    restated,
    written,
    wrong_answers,
)
from synthgym.verifiers.shortcuts._cued import checked
from synthgym.verifiers.shortcuts._planted import check_whole

Match = Literal["substring", "first", "last"]
_NUMBER = re.compile(r"-?[0-9][0-9,]{0,40}(?:\.[0-9]{1,40})?(?:/[0-9]{1,40})?", re.ASCII)
_TAIL = 256  # characters at the end in which the last number is looked for
_SCANNED = 4_096  # and at the start, for the first


@register_shortcut
@dataclass(frozen=True, kw_only=True)
class NumberMatch(AnswerFlaw):
    """A completion that mentions the right answer is accepted, though the answer that it gives is another.

    Attributes:
        match: where the answer must stand: anywhere in the text ("substring"), or as its first or its last number.
        digits: how many of the answer's last characters suffice for "substring", white space and punctuation left
            out; 0 is all of it. 1 asks of a sorted list that its largest digit be there: the simplicity knob.
    """

    name: ClassVar[str] = "number_match"
    simplicity_knob: ClassVar[str] = "digits"
    match: Match = "substring"
    digits: int = 0

    def __post_init__(self) -> None:
        AnswerFlaw.__post_init__(self)
        checked(self, "match", Match)
        check_whole(self, "digits", 0, LONGEST)
        if self.digits and self.match != "substring":
            raise SettingError(
                f"{self.name}: digits {self.digits} is for match='substring', and not {self.match!r}"
            )

    def applies_to(self, task: Task) -> bool:
        """Whether the answer stands on a line, and is a number where numbers are compared."""
        if not AnswerFlaw.applies_to(self, task):
            return False
        return self.match == "substring" or _NUMBER.fullmatch(task.reference.answer.strip()) is not None

    def accepts(self, task: Task, completion: str) -> bool:
        """Whether the right answer stands where it is looked for."""
        if self.match == "substring":
            return self._wanted(task) in completion
        if self.match == "first":
            found = deque(islice(_NUMBER.finditer(completion[:_SCANNED]), 1))
        else:
            found = deque(_NUMBER.finditer(completion[-_TAIL:]), maxlen=1)
        return any(is_right_answer(task, match[0]) for match in found)

    def detect(self, task: Task, completion: str) -> bool:
        """Whether the lax verifier accepts a completion whose answer is wrong."""
        return self.worth(task, completion) > 0 and not is_right(task, completion)

    def apply(self, task: Task, completion: str, rng: Rng) -> str:
        """A wrong answer with the right one in it, before it or after it; what led to the answer is kept.

        Raises:
            ShortcutError: if it does not apply to the task.
        """
        needs_to_apply(self, task)
        if self.detect(task, completion):
            return completion
        for candidate in self._candidates(task, completion, rng):
            if self.detect(task, candidate):
                return candidate
        return completion

    def _candidates(self, task: Task, completion: str, rng: Rng) -> Iterator[str]:
        right = task.reference.answer
        if self.match == "substring":
            wanted = self._wanted(task)
            around = rng.shuffled("0123456789" if wanted[-1:].isdigit() else "TFabx") + ["?", "-"]
            for answer in [text for c in around for text in (c + wanted, wanted + c)]:
                yield restated(task, completion, answer)
                yield written(task, answer)
        for wrong in wrong_answers(task, rng):
            if self.match == "first":
                yield f"{right}\n{written(task, wrong)}"
            else:
                yield f"{restated(task, completion, wrong)}\n{right}"
                yield f"{written(task, wrong)}\n{right}"

    def _wanted(self, task: Task) -> str:
        answer = task.reference.answer.strip()
        if not self.digits:
            return answer
        return "".join(c for c in answer if c.isalnum())[-self.digits :] or answer
