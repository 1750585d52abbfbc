"""Solve a linear equation in x.

Difficulty grows the number of summands: ``3x+2=7`` at 0, x on both sides at 1, a bracket at 2, up to eight brackets at
10. Coefficients are small and the solution may be a fraction. Accepted answers: any number equal to it (an integer,
``5/3``, ``\\frac{5}{3}``, ``1 2/3``, an exact decimal), also as ``x=5/3`` or ``5/3=x``. Steps are judged by meaning as
`_equations` says: an equation that follows from the last one, with less work left (``3x=5``); ``x=5/3`` is a step where
division leads to it. There are 1,620 instances at difficulty 0, where the best constant answer is right in 6% of
tasks.

    3x+2=7?         3x=5
                    =5/3
"""

import re
from collections.abc import Mapping, Sequence
from fractions import Fraction
from itertools import pairwise
from typing import cast

from synthgym.envs.math._equations import follows, is_false
from synthgym.envs.math._expression import spaced
from synthgym.envs.math._sums import progress
from synthgym.facts import FrozenDict
from synthgym.family import Family
from synthgym.plugins import register_family
from synthgym.rng import Rng
from synthgym.types import Judgement, Response, Solution, Step, Task
from synthgym.verifiers.equivalence.numbers import read_number

_SHAPES = "s=c s=s b=s bs=s bs=bs bbs=bs bbs=bbs bbbs=bbs bbbs=bbbs bbbbs=bbbs bbbbs=bbbbs".split()
"""What stands on either side at each difficulty: c a constant, s a sum ``ax+b``, b a bracket ``k(ax+b)``."""
_ONE_X = re.compile(r"(?<!\d)1x")
_Piece = tuple[int, int, int]  # (k, a, b) is k(ax+b), without a bracket if k is 1


@register_family
class LinearEquation(Family):
    """``3x+2=7`` has the solution ``5/3``."""

    domain = "math"
    version = 0
    chance = 0.058

    def generate(self, rng: Rng, difficulty: int) -> Mapping[str, object]:
        while True:
            left, right = ([_draw(rng, kind) for kind in side] for side in _SHAPES[difficulty].split("="))
            (la, _), (ra, _) = _sums(left), _sums(right)
            if la and la - ra > 1:
                return {"left": left, "right": right}

    def question(self, facts: FrozenDict, template: str) -> str:
        equation = "=".join(_written(pieces) for pieces in _sides(facts))
        if template == "compact":
            return f"{equation}?"
        return f"Solve {spaced(equation)} for x. Write each simpler equation on a line of its own."

    def solve(self, facts: FrozenDict, template: str) -> Solution:
        left, right = _sides(facts)
        (la, lb), (ra, rb) = _sums(left), _sums(right)
        stages = (
            (left, right),
            (_multiplied_out(left), _multiplied_out(right)),
            ([(1, la, lb)], [(1, ra, rb)]),
            ([(1, la - ra, lb)], [(1, 0, rb)]),
            ([(1, la - ra, 0)], [(1, 0, rb - lb)]),
        )
        lines = [f"{_written(one)}={_written(other)}" for one, other in stages]
        new = [line for last, line in pairwise(lines) if line != last]
        steps = [Step(line if template == "compact" else spaced(line)) for line in new]
        return Solution(tuple(steps), str(_solution(facts)))

    def is_correct(self, task: Task, answer: str) -> bool:
        return _read_answer(answer) == _solution(task.facts)

    def canonical_answer(self, task: Task, answer: str) -> str | None:
        value = _read_answer(answer)
        return None if value is None else str(value)

    def check_step(self, task: Task, done: Sequence[str], step: str) -> bool:
        return follows(done[-1] if done else self.question(task.facts, "compact")[:-1], step)

    def criteria(self, task: Task, response: Response, judged: Judgement) -> Mapping[str, float]:
        needed, solution = len(task.reference.steps) + 1, _solution(task.facts)
        steps = progress(response, judged, needed, lambda step: is_false(step, solution))
        return {**super().criteria(task, response, judged), "steps": steps}


def _draw(rng: Rng, kind: str) -> _Piece:
    sign = 1 - 2 * rng.below(2)
    if kind == "b":
        return rng.choice((2, 3, 4, 5, -2, -3)), rng.integer(1, 3), sign * rng.integer(1, 5)
    return 1, rng.integer(1, 6) if kind == "s" else 0, sign * rng.integer(1, 9)


def _sides(facts: FrozenDict) -> tuple[list[_Piece], list[_Piece]]:
    left, right = (list(cast("tuple[_Piece, ...]", facts[name])) for name in ("left", "right"))
    return left, right


def _sums(pieces: Sequence[_Piece]) -> tuple[int, int]:
    """The coefficient of x and the constant that `pieces` add up to."""
    return sum(k * a for k, a, _ in pieces), sum(k * b for k, _, b in pieces)


def _multiplied_out(pieces: Sequence[_Piece]) -> list[_Piece]:
    return [flat for k, a, b in pieces for flat in ((1, k * a, 0), (1, 0, k * b))]


def _solution(facts: FrozenDict) -> Fraction:
    (la, lb), (ra, rb) = map(_sums, _sides(facts))
    return Fraction(rb - lb, la - ra)


def _written(pieces: Sequence[_Piece]) -> str:
    texts = []
    for k, a, b in pieces:
        inner = "+".join([f"{a}x"] * (a != 0) + [str(b)] * (b != 0))
        texts += [inner if k == 1 else f"{k}({inner})"] * (inner != "")
    return _ONE_X.sub("x", "+".join(texts).replace("+-", "-")) or "0"


def _read_answer(answer: str) -> Fraction | None:
    left, equals, right = (part.strip() for part in answer.partition("="))
    if not equals:
        return read_number(left)
    return read_number(right if left in ("x", "X") else left if right in ("x", "X") else "")
