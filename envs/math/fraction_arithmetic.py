"""Add, subtract and multiply fractions.

Difficulty grows the number of summands (2 to 7), the products among them (none to 4) and the denominators, which are
equal at 0 and 1 and differ from 2 on, where the result may need reducing. Accepted answers: any number equal to the
value, in lowest terms or not: an integer, a fraction (``5/6``, ``\\frac{5}{6}``), a mixed number (``1 1/6``), an exact
decimal; the style criterion `reduced` asks for lowest terms. Steps are judged by meaning as `_sums` says: summands
are rewritten or merged, in an expression (``3/6+2/6``, ``(3+2)/6``) or an equation (``1/2=3/6``), with less work left;
the value itself may stand as a step once all summands have one denominator. There are 809 instances at difficulty 0,
where the best constant answer is right in 3% of tasks.

    3/7+2/7?        (3+2)/7
                    =5/7
"""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from itertools import pairwise
from math import gcd
from typing import cast

from synthgym.envs.math._expression import Term, spaced
from synthgym.envs.math._summands import Summand, bottom, chain, draw, joined, negative, over_common, top
from synthgym.envs.math._sums import Terms, after, fraction_work, is_false, over_one_bar, progress
from synthgym.facts import FrozenDict
from synthgym.family import Family
from synthgym.plugins import register_family
from synthgym.rng import Rng
from synthgym.types import Criterion, Judgement, Response, Solution, Step, Task
from synthgym.verifiers.equivalence.numbers import read_number, read_written

_BASES = (
    (7, 11, 13, 17, 19, 23),
    (10, 12, 15),
    (12, 16, 18, 20),
    (24, 30, 36, 40),
    (48, 60, 72, 90),
    (120, 144, 168, 180),
)
"""Multiples of all denominators of an instance, a row for two levels: primes first, so that all are like."""


@register_family
class FractionArithmetic(Family):
    """``3/7+2/7`` is ``5/7``."""

    domain = "math"
    version = 0
    chance = 0.026
    rubric = (*Family.rubric, Criterion("reduced", 1.0, style=True))

    def generate(self, rng: Rng, difficulty: int) -> Mapping[str, object]:
        products = max(0, (difficulty - 1) // 2)
        count = 2 if difficulty == 0 else max(3, 2 + difficulty // 2)
        while True:
            base = rng.choice(_BASES[difficulty // 2])
            drawn = rng.shuffled([draw(rng, base, at < products) for at in range(count)])
            summands = [drawn[0], *(negative(s) if rng.chance(1, 2) else s for s in drawn[1:])]
            tops, common = over_common(summands)
            like = len({bottom(s) for s in summands}) == 1
            if like == (difficulty < 2) and (difficulty > 1 or gcd(sum(tops), common) == 1):
                return {"summands": summands}

    def question(self, facts: FrozenDict, template: str) -> str:
        written = chain(_summands(facts))
        if template == "compact":
            return f"{written}?"
        return (
            f"Compute {spaced(written)}. Write each simpler expression on a line of its own. "
            "Any form of the value is right; lowest terms are best."
        )

    def solve(self, facts: FrozenDict, template: str) -> Solution:
        summands = _summands(facts)
        tops, common = over_common(summands)
        lines = [chain(summands)]
        for at, summand in enumerate(summands):
            summands[at] = ((top(summand), bottom(summand)),)
            lines.append(chain(summands))
        while len(tops) > 1:
            lines.append(f"({joined(tops)})/{common}")
            tops = [tops[0] + tops[1], *tops[2:]]
        if gcd(tops[0], common) > 1:
            lines.append(f"{tops[0]}/{common}")
        new = [line for last, line in pairwise(lines) if line != last]
        steps = [Step(line if template == "compact" else spaced(line)) for line in new]
        return Solution(tuple(steps), str(Fraction(tops[0], common)))

    def is_correct(self, task: Task, answer: str) -> bool:
        return read_number(answer) == _value(task)

    def canonical_answer(self, task: Task, answer: str) -> str | None:
        value = read_number(answer)
        return None if value is None else str(value)

    def check_step(self, task: Task, done: Sequence[str], step: str) -> bool:
        return after(_terms(task), [*done, step], work=fraction_work, ready=over_one_bar) is not None

    def criteria(self, task: Task, response: Response, judged: Judgement) -> Mapping[str, float]:
        needed, whole = len(task.reference.steps) + 1, _value(task)
        steps = progress(response, judged, needed, lambda step: is_false(step, whole))
        written = read_written(response.answer or "")
        reduced = written is not None and written.value.denominator == written.denominator
        return {**super().criteria(task, response, judged), "steps": steps, "reduced": float(reduced)}


def _summands(facts: FrozenDict) -> list[Summand]:
    return list(cast("tuple[Summand, ...]", facts["summands"]))


def _value(task: Task) -> Fraction:
    tops, common = over_common(_summands(task.facts))
    return Fraction(sum(tops), common)


def _terms(task: Task) -> Terms:
    """The summands as a step has them, with the work of a fraction bar a factor and of a product."""
    return tuple(
        Term(Fraction(top(s), bottom(s)), denominator=bottom(s), work=3 * len(s) - 1)
        for s in _summands(task.facts)
    )
