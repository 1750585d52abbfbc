"""Judges the steps of solving an equation in x by meaning: what follows from what, what is false.

An equation follows from another one if

- terms were moved, merged or multiplied out, so that the same multiple of x equals the same number, but for
  the sign; or both sides were divided by the same whole number, and x still has a whole coefficient;
- less work is left: one for a term, a bracket, a product, a term on the wrong side, a minus sign before the last
  x and a fraction that can be reduced, two for a fraction bar, four for a binary digit of x's coefficient.

The work of the question bounds how many lines can earn credit, and no line can name the solution before
division leads to it.
"""

from collections.abc import Sequence
from fractions import Fraction

from synthgym.envs.math._expression import Number, Term, read_line, total

_Equation = Sequence[tuple[Term, ...]]  # the left side and the right side
_Collected = list[tuple[Number, Number]]  # of either side: the coefficient of x, and the number


def follows(line: str, step: str) -> bool:
    """Whether the equation `step` follows from the equation `line` with less work left."""
    old, new = read_line(line), read_line(step)
    if old is None or new is None or len(old) != 2 or len(new) != 2:
        return False
    before, after = _collected(old), _collected(new)
    return (_moved(before, after) or _divided(before, after)) and _work(new) < _work(old)


def is_false(step: str, solution: Fraction) -> bool:
    """Whether `step` is an equation that `solution` does not satisfy."""
    sides = read_line(step) or []
    return len({total(side, x=True) * solution + total(side) for side in sides}) > 1


def _collected(equation: _Equation) -> _Collected:
    return [(total(side, x=True), total(side)) for side in equation]


def _difference(sides: _Collected) -> tuple[Number, Number]:
    (left_x, left), (right_x, right) = sides
    return left_x - right_x, left - right


def _moved(before: _Collected, after: _Collected) -> bool:
    old, new = _difference(before), _difference(after)
    return new in (old, (-old[0], -old[1]))


def _divided(before: _Collected, after: _Collected) -> bool:
    old, new = _difference(before)[0], _difference(after)[0]
    if new == 0 or new.denominator != 1 or old % new != 0:
        return False
    by = old // new
    straight = [(by * x, by * number) for x, number in after]
    swapped = [(-by * x, -by * number) for x, number in reversed(after)]
    return before in (straight, swapped)


def _work(equation: _Equation) -> int:
    left, right = equation
    written = sum((term.value != 0) + term.work + _reducible(term) for term in (*left, *right))
    coefficient = total(left, x=True) - total(right, x=True)
    misplaced = min(_misplaced(left, right) + (coefficient < 0), _misplaced(right, left) + (coefficient > 0))
    return written + misplaced + 4 * int(coefficient).bit_length()


def _reducible(term: Term) -> bool:
    return term.denominator not in (0, term.value.denominator)


def _misplaced(unknowns: Sequence[Term], numbers: Sequence[Term]) -> int:
    """How many terms stand on the wrong side, if x belongs to `unknowns` and the rest to `numbers`."""
    return sum(t.value != 0 and not t.x for t in unknowns) + sum(t.value != 0 and t.x for t in numbers)
