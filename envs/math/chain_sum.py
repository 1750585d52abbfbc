"""Add and subtract a chain of whole numbers.

Difficulty grows the number of terms (2 to 12) and their digits (1 to 4). Accepted answers: the integer, in any
spelling `read_integer` takes. A step is credited if it is a shorter expression that two or more terms of
the last one merge into, or an equation whose left side holds terms at hand and whose right side is their
sum: any order of merging will do. The best constant answer at difficulty 0 is right in about 7% of tasks.

    3+5-2?          8-2
                    =6
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence

from synthgym.envs.reading import read_integer
from synthgym.facts import FrozenDict
from synthgym.family import Family
from synthgym.plugins import register_family
from synthgym.rng import Rng
from synthgym.types import Solution, Step, Task

_CHAIN = re.compile(r"[+-]?\d{1,30}(?:[+-]\d{1,30}){0,63}", re.ASCII)
_TERM = re.compile(r"[+-]?\d+", re.ASCII)


@register_family
class ChainSum(Family):
    """``3+5-2`` is 6."""

    domain = "math"
    version = 0
    chance = 0.08

    def generate(self, rng: Rng, difficulty: int) -> Mapping[str, object]:
        digits = 1 + difficulty // 3
        low = 10 ** (digits - 1) if digits > 1 else 1
        terms = [rng.integer(low, 10**digits - 1) for _ in range(2 + difficulty)]
        return {"terms": [terms[0], *(t if rng.chance(1, 2) else -t for t in terms[1:])]}

    def question(self, facts: FrozenDict, template: str) -> str:
        chain = _write(_terms(facts))
        if template == "compact":
            return f"{chain}?"
        return f"Compute {_spaced(chain)}. Write each shorter expression on a line of its own."

    def solve(self, facts: FrozenDict, template: str) -> Solution:
        terms = _terms(facts)
        steps: list[Step] = []
        while len(terms) > 2:
            terms = [terms[0] + terms[1], *terms[2:]]
            chain = _write(terms)
            steps.append(Step(chain if template == "compact" else _spaced(chain)))
        return Solution(tuple(steps), str(sum(terms)))

    def is_correct(self, task: Task, answer: str) -> bool:
        return read_integer(answer) == sum(_terms(task.facts))

    def canonical_answer(self, task: Task, answer: str) -> str | None:
        value = read_integer(answer)
        return None if value is None else str(value)

    def check_step(self, task: Task, done: Sequence[str], step: str) -> bool:
        terms: list[int] | None = _terms(task.facts)
        for line in [*done, step]:
            terms = _merge(terms, line) if terms is not None else None
        return terms is not None


def _terms(facts: FrozenDict) -> list[int]:
    terms = facts["terms"]
    return [t for t in terms if isinstance(t, int)] if isinstance(terms, tuple) else []


def _write(terms: Sequence[int]) -> str:
    return "".join(f"{t:+d}" for t in terms).removeprefix("+")


def _spaced(chain: str) -> str:
    return re.sub(r"(?<=\d)([+-])", r" \1 ", chain)


def _read(text: str) -> list[int] | None:
    bare = "".join(text.split())
    return [int(term) for term in _TERM.findall(bare)] if _CHAIN.fullmatch(bare) else None


def _merge(terms: list[int], line: str) -> list[int] | None:
    """The terms left after `line`, or None if it does not follow from `terms` or merges nothing."""
    left, equals, right = line.partition("=")
    used, result = _read(left), _read(right)
    if used is None or (equals and result is None):
        return None
    if equals and result is not None:
        spare = Counter(terms)
        spare.subtract(used)
        follows = len(used) > 1 and len(result) == 1 and min(spare.values()) >= 0 and sum(used) == result[0]
        return [*result, *spare.elements()] if follows else None
    gone = list((Counter(terms) - Counter(used)).elements())
    new = list((Counter(used) - Counter(terms)).elements())
    one_merge = len(gone) >= 2 and len(new) <= 1 and sum(gone) == sum(new)
    return used if one_merge or _segments(terms, used) else None


def _segments(terms: Sequence[int], shorter: Sequence[int]) -> bool:
    """Whether `shorter` sums neighbouring runs of `terms`, in order."""
    ends = {0}
    for value in shorter:
        ends = {
            stop for start in ends for stop in range(start + 1, len(terms) + 1) if sum(terms[start:stop]) == value
        }
    return len(terms) in ends and len(shorter) < len(terms)
