"""Judges the steps of a sum by meaning: which terms are at hand, what may be merged, what is false.

A step is an expression for the whole sum, or an equation whose left side holds terms at hand; a chain of
equations is a step for each. It earns credit if

- its terms are those of the line before, or sums of them: one group of terms, neighbouring runs, or all that
  are added and all that are taken away;
- it leaves less work, by the family's measure, than every step before it;
- it does not jump to the sum itself: the family says when a single number may stand.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from itertools import accumulate, pairwise
from math import lcm

from synthgym.envs.math._expression import Number, Term, read_line, total
from synthgym.family import MAX_STEPS
from synthgym.types import Judgement, Response

Terms = tuple[Term, ...]


def after(
    terms: Terms, steps: Iterable[str], *, work: Callable[[Terms], int], ready: Callable[[Terms], bool]
) -> Terms | None:
    """The terms at hand after `steps`, or None if one of them earns no credit.

    Args:
        terms: those of the question.
        work: what is left to do; every step must lower it.
        ready: whether the next line may be the sum itself.
    """
    return _after(terms, tuple(steps), work, ready)


@lru_cache(maxsize=1024)
def _after(
    terms: Terms, steps: tuple[str, ...], work: Callable[[Terms], int], ready: Callable[[Terms], bool]
) -> Terms | None:
    """`after`, remembered, as each line of a response asks for all lines before it."""
    if not steps:
        return terms
    state = _after(terms, steps[:-1], work, ready)
    return None if state is None else _advance(state, steps[-1], work, ready)


def is_false(step: str, whole: Number) -> bool:
    """Whether a step states a wrong value of the whole sum, or an equation that does not hold."""
    values = [total(terms) for terms in read_line(step) or [] if not any(term.x for term in terms)]
    return len(set(values)) > 1 or (len(values) == 1 and values[0] != whole)


def progress(response: Response, judged: Judgement, needed: int, is_false: Callable[[str], bool]) -> float:
    """The share of a worked solution of `needed` lines that was reached before the first false line.

    What comes after a false line is guessing; counting it would pay for trying every number in turn.
    """
    if not any(judged.step_credits):
        return judged.truth / needed
    reached = 0.0
    for step, credit in zip(response.steps[:MAX_STEPS], judged.step_credits, strict=False):
        if credit == 0 and is_false(step.text):
            break
        reached += credit
    return (min(reached, needed - 1) + judged.truth) / needed


def fraction_work(terms: Terms) -> int:
    """Work left in a sum of fractions: two for a term and a fraction bar, one for a product, a bracket, a
    denominator that is not the common one, and a result that can be reduced."""
    reducible = len(terms) == 1 and terms[0].denominator not in (0, terms[0].value.denominator)
    return sum(2 + term.work for term in terms) + _apart(terms) + reducible


def over_one_bar(terms: Terms) -> bool:
    """Whether all terms have one denominator, so that their numerators can be added."""
    return not _apart(terms)


def _apart(terms: Terms) -> int:
    common = lcm(*(term.denominator or 1 for term in terms))
    return sum(term.denominator not in (0, common) for term in terms)


def _advance(
    state: Terms, step: str, work: Callable[[Terms], int], ready: Callable[[Terms], bool]
) -> Terms | None:
    parts = read_line(step)
    if parts is None or any(term.x for part in parts for term in part):
        return None
    states = [state, *_whole(state, parts)]
    for old, new in pairwise(states):
        jumps = len(new) == 1 < len(old) and not ready(old)
        if jumps or not _follows(_values(old), _values(new)):
            return None
    return states[-1] if work(states[-1]) < work(state) else None


def _whole(state: Terms, parts: Sequence[Terms]) -> list[Terms]:
    """`parts` with the terms at hand that the first of them leaves out, where an equation speaks of some."""
    spoken = Counter(_values(parts[0]))
    places = [at for at, term in enumerate(state) if _taken(spoken, term.value)]
    if len(parts) == 1 or spoken.total() or not places:
        return list(parts)
    kept = [term for at, term in enumerate(state) if at not in places]
    first = places[0]
    return [(*kept[:first], *part, *kept[first:]) for part in parts]


def _taken(counts: Counter[Number], value: Number) -> bool:
    if counts[value] <= 0:
        return False
    counts[value] -= 1
    return True


def _values(terms: Terms) -> list[Number]:
    return [term.value for term in terms]


def _follows(old: Sequence[Number], new: Sequence[Number]) -> bool:
    """Whether every one of `new` is one of `old` or the sum of some, in one of the three accepted ways."""
    if len(new) > len(old) or sum(new) != sum(old):
        return False
    gone = Counter(old) - Counter(new)
    made = list((Counter(new) - Counter(old)).elements())
    added = sum(value for value in gone.elements() if value > 0)
    taken = sum(value for value in gone.elements() if value < 0)
    gathered = taken < 0 < added and sorted(made) == [taken, added]
    return len(made) <= 1 or gathered or _runs(old, new)


def _runs(old: Sequence[Number], new: Sequence[Number]) -> bool:
    """Whether `new` are sums of neighbouring runs of `old`: its running sums are some of the others, in order."""
    sums = iter(accumulate(old))
    return all(running in sums for running in accumulate(new))
