"""Which task stands in which row: families in turns or by weight, a difficulty that may change, and lazy drawing.

Row i of a plan is the same task however the rows are reached: from the start, from the middle, or every other one.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import partial
from itertools import count
from math import gcd, lcm
from numbers import Real
from typing import Any, TypeAlias

from synthgym.errors import FamilyError, SettingError, ShortcutError, shown, suggestion
from synthgym.family import Family
from synthgym.plugins import as_signal, get_family
from synthgym.signal import Signal
from synthgym.types import MAX_DIFFICULTY, Task

Families: TypeAlias = str | Sequence[str] | Mapping[str, float]
"""A family; several, which take turns (a name given twice gets two); or weights by family."""
Course: TypeAlias = int | Sequence[int] | Callable[[int], int]
"""A difficulty; several, for stages of equal length; or a function of the row's number."""
Difficulty: TypeAlias = Course | Mapping[str, Course]
"""One course for all families, or one by family."""

_MISSES = 1_000
_MISSES_PER_INSTANCE = 20  # an instance as likely as the others is then missed with probability exp(-20)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a task stands: the row, its family, and the how-manieth row of that family it is."""

    row: int
    family: str
    turn: int


@dataclass(frozen=True, kw_only=True)
class Plan:
    """The rows of a dataset, before any task is drawn. Made by `plan_of`.

    Attributes:
        slots: the families that take turns.
        weights: of the slots, whole numbers without a common divisor; `sum(weights)` rows are one period.
        n: rows; None goes on for ever.
        signal: whose shortcuts put cues in the prompts; None puts in none.
    """

    slots: tuple[str, ...]
    weights: tuple[int, ...]
    n: int | None
    split: str
    difficulty: Difficulty
    template: str
    answer_format: str | None
    first_seed: int
    distinct: bool
    signal: Signal | None

    def places(self, start: int = 0, step: int = 1) -> Iterator[Place]:
        """The places of the rows start, start + step, ... A period is begun at its start, so this skips fast."""
        total = sum(self.weights)
        periods = start // total
        taken = [periods * weight for weight in self.weights]
        turns = dict.fromkeys(self.slots, 0)
        for name, weight in zip(self.slots, self.weights, strict=True):
            turns[name] += periods * weight
        for row in count(periods * total):
            if self.n is not None and row >= self.n:
                return
            slot = max(range(len(taken)), key=lambda i: (self.weights[i] * (row + 1) - taken[i] * total, -i))
            taken[slot] += 1
            name = self.slots[slot]
            if row >= start and (row - start) % step == 0:
                yield Place(row, name, turns[name])
            turns[name] += 1

    def task(self, place: Place) -> Task:
        """The task at `place`; not for distinct instances, which depend on those before them."""
        return self._cued(self._drawn(place.family, self.first_seed + place.turn, place.row))

    def tasks(self) -> Iterator[tuple[Place, Task]]:
        """Every row's place and task.

        Raises:
            FamilyError: with `distinct`, if a family has too few instances.
        """
        if not self.distinct:
            yield from ((place, self.task(place)) for place in self.places())
            return
        streams = {name: _Distinct(get_family(name), self.first_seed) for name in self.slots}
        for place in self.places():
            draw = partial(self._drawn, place.family, row=place.row)
            yield place, self._cued(streams[place.family].next(draw))

    def difficulty_of(self, family: str, row: int) -> int:
        """The difficulty of row `row`.

        Raises:
            SettingError: if a function gives anything but a whole number from 0 to 10.
        """
        course = self.difficulty[family] if isinstance(self.difficulty, Mapping) else self.difficulty
        if isinstance(course, int):
            return course
        if isinstance(course, Sequence):
            return course[row * len(course) // self.n] if self.n else course[0]
        try:
            value = course(row)
        except Exception as error:
            raise SettingError(f"difficulty({row}) failed: {error!r}") from error
        return _difficulty(value, f"difficulty({row})")

    def _drawn(self, family: str, seed: int, row: int) -> Task:
        return get_family(family).task(
            seed,
            split=self.split,
            difficulty=self.difficulty_of(family, row),
            template=self.template,
            answer_format=self.answer_format,
        )

    def _cued(self, task: Task) -> Task:
        return task if self.signal is None else with_cues(task, self.signal)


def plan_of(
    family: Families,
    n: int | None,
    *,
    split: str = "train",
    difficulty: Difficulty = 0,
    template: str = "compact",
    answer_format: str | None = None,
    first_seed: int = 0,
    distinct: bool = False,
    signal: str | Signal | None = None,
) -> Plan:
    """The plan of a dataset, once it is sure that all of its settings can be.

    Args:
        n: rows; None for an endless plan.

    Raises:
        UnknownNameError: for a family or signal that is not registered.
        SettingError: for a value outside what is accepted; it names the value.
    """
    slots, weights = _weighted(family)
    if n is not None and (not isinstance(n, int) or isinstance(n, bool) or n < 1):
        raise SettingError(f"n {shown(n)} is not a whole number above 0")
    if type(first_seed) is not int or first_seed < 0:
        raise SettingError(f"first_seed {shown(first_seed)} is not a whole number from 0")
    settled = None if signal is None else as_signal(signal)
    return Plan(
        slots=slots,
        weights=weights,
        n=n,
        split=split,
        difficulty=_courses(difficulty, slots, n),
        template=template,
        answer_format=answer_format,
        first_seed=first_seed,
        distinct=distinct,
        signal=settled,
    )


def try_one_of_each(plan: Plan) -> None:
    """Draw one task of each family, so that a setting that a family refuses is refused before any row is read.

    Raises:
        SettingError, FamilyError: as the family does.
    """
    seen: set[str] = set()
    for place in replace(plan, n=None).places():
        if place.family not in seen:
            seen.add(place.family)
            plan.task(place)
        if seen >= {name for name, weight in zip(plan.slots, plan.weights, strict=True) if weight}:
            return


def with_cues(task: Task, signal: Signal) -> Task:
    """`task` with the cues that the signal's shortcuts put in its prompt; the same task, the same cues.

    Where a shortcut draws another instance in its place, the others' cues are put in that one.

    Raises:
        ShortcutError: if a shortcut makes anything but a task of it.
    """
    for shortcut in signal.shortcuts:
        cued = shortcut.on_task(task, signal.cue_rng(shortcut, task))
        if not isinstance(cued, Task):
            raise ShortcutError(f"shortcut {shortcut.name}: on_task returned {shown(cued)}; a Task is needed")
        if cued.id != task.id:
            return with_cues(cued, signal.without(shortcut))
        task = cued
    return task


class _Distinct:
    """Tasks of one family whose instance was not there before, by rising seeds."""

    def __init__(self, family: Family, first_seed: int) -> None:
        self._family, self._seeds = family, count(first_seed)
        self._seen: set[str] = set()

    def next(self, draw: Callable[[int], Task]) -> Task:
        """The next one that `draw` makes of a seed."""
        misses = 0
        for seed in self._seeds:
            task = draw(seed)
            instance = self._family.instance_key(task.facts)
            if instance not in self._seen:
                self._seen.add(instance)
                return task
            misses += 1
            if misses >= _MISSES + _MISSES_PER_INSTANCE * len(self._seen):
                raise FamilyError(
                    f"{self._family.name} has {len(self._seen)} distinct {task.split} instances at difficulty "
                    f"{task.difficulty}, or too rare ones ({misses:,} draws brought no other): ask for fewer tasks, a "
                    "higher difficulty, or distinct=False"
                )
        raise FamilyError(f"{self._family.name}: no seed is left")


def _weighted(family: Families) -> tuple[tuple[str, ...], tuple[int, ...]]:
    """The slots and their weights in whole numbers.

    Raises:
        SettingError: for no family, a weight that is none, or no weight above 0.
    """
    if isinstance(family, Mapping):
        weights = {str(name): _weight(name, value) for name, value in family.items()}
        if weights and not any(weights.values()):
            raise SettingError(
                f"the weights {shown(dict(family))} are all 0; give one family a weight above 0"
            )
        scale = lcm(*(weight.denominator for weight in weights.values()))
        whole = [int(weight * scale) for weight in weights.values()]
        divisor = gcd(*whole) or 1
        names, counts = tuple(weights), tuple(weight // divisor for weight in whole)
    elif isinstance(family, (str, Sequence)):
        names = (family,) if isinstance(family, str) else tuple(family)
        counts = (1,) * len(names)
    else:
        raise SettingError(f"family {shown(family)} is neither a name, nor names, nor weights by name")
    if not names:
        raise SettingError("no family given; at least one is needed")
    for name in names:
        get_family(name)
    return names, counts


def _weight(name: object, value: object) -> Fraction:
    """A weight as the fraction that its decimal text says: 0.1 is a tenth."""
    if not isinstance(value, bool) and isinstance(value, Real):
        try:
            weight = Fraction(str(value))
        except (ValueError, ZeroDivisionError):  # nan, inf
            weight = Fraction(-1)
        if weight >= 0:
            return weight
    raise SettingError(f"weight {shown(value)} of {name} is not a finite number >= 0")


def _courses(difficulty: Difficulty, slots: Sequence[str], n: int | None) -> Difficulty:
    if not isinstance(difficulty, Mapping):
        return _course(difficulty, "difficulty", n)
    for name in difficulty:
        if name not in slots:
            raise SettingError(
                f"difficulty names {shown(name)}, which is no family of this dataset{suggestion(str(name), slots)}"
            )
    missing = [name for name in slots if name not in difficulty]
    if missing:
        raise SettingError(f"difficulty says nothing of {', '.join(missing)}; give every family one")
    return {name: _course(course, f"difficulty of {name}", n) for name, course in difficulty.items()}


def _course(course: Any, what: str, n: int | None) -> Course:
    if callable(course):
        given: Course = course
        return given
    if isinstance(course, Sequence) and not isinstance(course, str):
        if not course:
            raise SettingError(
                f"{what} has no stages; give at least one whole number from 0 to {MAX_DIFFICULTY}"
            )
        if n is None and len(course) > 1:
            raise SettingError(
                f"{what} {shown(course)} are stages of n rows, and n is None: give n, or a function of the row's number"
            )
        return tuple(_difficulty(stage, what) for stage in course)
    return _difficulty(course, what)


def _difficulty(value: object, what: str) -> int:
    if type(value) is int and 0 <= value <= MAX_DIFFICULTY:
        return value
    raise SettingError(f"{what} {shown(value)} is not a whole number from 0 to {MAX_DIFFICULTY}")
