"""A verifier flaw: an answer that is nearly right is accepted."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from itertools import chain
from typing import ClassVar, Literal

from synthgym.errors import SettingError, shown
from synthgym.parsing import MAX_COMPLETION, parse
from synthgym.plugins import register_shortcut
from synthgym.rng import Rng
from synthgym.types import Task
from synthgym.verifiers.equivalence.rational import read_rational
from synthgym.verifiers.shortcuts._answer_flaw import AnswerFlaw
from synthgym.verifiers.shortcuts._answers import (
    is_right,
    is_right_answer,
    needs_to_apply,
    reading,
    restated,
    written,
    wrong_answers,
)
from synthgym.verifiers.shortcuts._cued import checked

Distance = Literal["auto", "absolute", "relative", "hamming", "permutation"]
_ITEMS = re.compile(r"\s*[,;]\s*|\s+")
_BRACKETS = "[](){}"
_SHUFFLES = 32
_FARTHEST = 1e300


@register_shortcut
@dataclass(frozen=True, kw_only=True)
class NearMiss(AnswerFlaw):
    """A wrong answer no further than `epsilon` from the right one is accepted.

    Attributes:
        epsilon: the tolerance, and the simplicity knob; 0 accepts nothing wrong, and infinity any distance.
        distance: how far two answers are apart. "absolute" and "relative" are of numbers; "hamming" counts the items
            of a list, or the characters of a word, that differ; "permutation" the items that are out of place, of the
            same items. "auto" is absolute where the answer is a number and hamming elsewhere.
    """

    name: ClassVar[str] = "near_miss"
    simplicity_knob: ClassVar[str] = "epsilon"
    epsilon: float = 1.0
    distance: Distance = "auto"

    def __post_init__(self) -> None:
        AnswerFlaw.__post_init__(self)
        number = isinstance(self.epsilon, int | float) and not isinstance(self.epsilon, bool)
        if not (number and (0 <= self.epsilon <= _FARTHEST or self.epsilon == float("inf"))):
            raise SettingError(
                f"{self.name}: epsilon {shown(self.epsilon)} is not a number from 0 to 1e300, or infinity"
            )
        checked(self, "distance", Distance)

    def applies_to(self, task: Task) -> bool:
        """Whether the answer stands on a line, and some wrong answer is within the tolerance."""
        return AnswerFlaw.applies_to(self, task) and _nearest(self, task) is not None

    def accepts(self, task: Task, completion: str) -> bool:
        """Whether the answer is within the tolerance."""
        answer = parse(task, completion).answer
        return answer is not None and self._near(task, answer)

    def detect(self, task: Task, completion: str) -> bool:
        """Whether the answer is within the tolerance, and wrong."""
        return self.applies_to(task) and self._takes(task, completion)

    def _takes(self, task: Task, completion: str) -> bool:
        return (
            len(completion) <= MAX_COMPLETION
            and self.accepts(task, completion)
            and not is_right(task, completion)
        )

    def apply(self, task: Task, completion: str, rng: Rng) -> str:
        """A wrong answer within the tolerance; what led to the answer is kept.

        Raises:
            ShortcutError: if it does not apply to the task.
        """
        needs_to_apply(self, task)
        if self.detect(task, completion):
            return completion
        for answer in chain(self._candidates(task, rng), [_nearest(self, task) or ""]):
            if self._within(task, answer):
                for text in (restated(task, completion, answer), written(task, answer)):
                    if self.detect(task, text):
                        return text
        return completion

    def _near(self, task: Task, answer: str) -> bool:
        apart = self._apart(task, answer)
        return apart is not None and apart <= self.epsilon

    def _within(self, task: Task, answer: str) -> bool:
        return self._near(task, answer) and not is_right_answer(task, answer)

    def _apart(self, task: Task, answer: str) -> Fraction | int | None:
        """The distance of `answer` from the right one; None where there is none."""
        right = task.reference.answer
        exact = _number(task, right)
        if self.distance in ("absolute", "relative") or (self.distance == "auto" and exact is not None):
            said = _number(task, answer)
            if exact is None or said is None:
                return None
            apart = abs(said - exact)
            return apart / abs(exact) if self.distance == "relative" and exact else apart
        if self.distance == "permutation" and exact is not None:
            return None
        items, given = _items(task, right), _items(task, answer)
        if len(items) != len(given) or (self.distance == "permutation" and Counter(items) != Counter(given)):
            return None
        return sum(one != other for one, other in zip(items, given, strict=True))

    def _candidates(self, task: Task, rng: Rng) -> Iterator[str]:
        right = task.reference.answer
        exact = _number(task, right)
        if exact is not None and self.distance in ("auto", "absolute", "relative"):
            yield from _numbers_near(exact, self._reach(exact), rng)
        yield from _rearranged(right, rng)
        yield from wrong_answers(task, rng)

    def _reach(self, exact: Fraction) -> Fraction:
        reach = Fraction(min(self.epsilon, 1e6))
        return reach * abs(exact) if self.distance == "relative" and exact else reach


@lru_cache(maxsize=1 << 14)
def _nearest(shortcut: NearMiss, task: Task) -> str | None:
    """A wrong answer within the tolerance; None if none was found."""
    for answer in shortcut._candidates(task, Rng("near_miss", task.id)):
        if shortcut._within(task, answer) and shortcut._takes(task, written(task, answer)):
            return answer
    return None


def _numbers_near(exact: Fraction, reach: Fraction, rng: Rng) -> Iterator[str]:
    """Numbers no further than `reach` from `exact`: whole steps first, then ever finer ones."""
    whole = [n for n in range(1, 10) if n <= reach]
    for n in rng.shuffled(whole):
        yield from (_spelt(exact + sign * n) for sign in rng.shuffled((1, -1)))
    for places in range(1, 7):
        step = Fraction(1, 10**places)
        if step <= reach:
            yield from (_spelt(exact + sign * step) for sign in rng.shuffled((1, -1)))


def _spelt(value: Fraction) -> str:
    """The number as a decimal, where it is one of few places, or as a fraction."""
    if value.denominator == 1 or 10**6 % value.denominator:
        return str(value)
    text = f"{abs(value.numerator) * (10**6 // value.denominator):07d}"
    return f"{'-' if value < 0 else ''}{text[:-6]}.{text[-6:].rstrip('0')}"


def _rearranged(right: str, rng: Rng) -> Iterator[str]:
    """`right` with two of its items, or of its characters, exchanged; then in any order."""
    parts = re.split(r"([,;\s]+)", right)
    if len(parts) == 1:
        parts = [piece for c in right for piece in (c, "")][:-1]
    places = range(0, len(parts), 2)
    for _ in range(_SHUFFLES if len(places) > 1 else 0):
        one, other = rng.sample(places, 2)
        swapped = list(parts)
        swapped[one], swapped[other] = swapped[other], swapped[one]
        yield "".join(swapped)


def _number(task: Task, answer: str) -> Fraction | None:
    """The number that the family reads in `answer`; digits side by side that it reads as a list are none."""
    read = reading(task, answer)
    return None if read is None else read_rational(read)


def _items(task: Task, answer: str) -> list[str]:
    """The items of a list, or the characters of a word, as the family reads them."""
    read = (reading(task, answer) or "").strip().strip(_BRACKETS).strip()
    words = [word for word in _ITEMS.split(read) if word]
    return list(words[0]) if len(words) == 1 else words
