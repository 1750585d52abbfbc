"""Tells two equations apart by a point: a solution of one that does not solve the other."""

from fractions import Fraction
from hashlib import blake2b
from typing import Any

from synthgym.verifiers.equivalence.build import difference, number
from synthgym.verifiers.equivalence.exact import NeedsSymbolic, rational
from synthgym.verifiers.equivalence.makeup import makeup, variables
from synthgym.verifiers.equivalence.numeric import Evaluator, NotReal, context
from synthgym.verifiers.equivalence.regions import substituted
from synthgym.verifiers.equivalence.tree import EXPRS, ZERO, Expr, Items, Node, Relation, Sym
from synthgym.verifiers.equivalence.values import Judge, Sameness

_DIGITS = 60
_TRIES = 6


def apart(left: Relation, right: Relation, judge: Judge) -> bool:
    """Whether a real point was found that solves one equation and not the other; false says nothing.

    An equation that is at most quadratic in one of its variables is solved for it, at random values of the others.
    """
    one, other = _zero(left), _zero(right)
    if one is None or other is None:
        return False
    names = sorted(variables(one) | variables(other))
    try:
        return _leaves(one, other, names, judge) or _leaves(other, one, names, judge)
    except (NeedsSymbolic, ArithmeticError, ValueError, TypeError):
        return False


def by_roots(equation: Node, values: Node, judge: Judge) -> Sameness | None:
    """Whether the values given to a variable are all solutions of a polynomial equation; None where that is not the
    question, or where fewer are given than its degree, so that others may be missing."""
    if not isinstance(equation, Relation) or equation.signs != ("=",) or len(variables(equation)) != 1:
        return None
    (name,) = variables(equation)
    given = values.items if isinstance(values, Items) and values.shape == "list" else (values,)
    roots = [item.sides[1] for item in given if isinstance(item, Relation) and item.sides[0] == Sym(name)]
    zero = _zero(equation)
    if zero is None or not roots or len(roots) != len(given) or any(variables(root) for root in roots):
        return None
    for root in roots:
        if not isinstance(root, EXPRS) or not judge.same(substituted(zero, name, root), ZERO).same:
            return Sameness(False, "a value that does not solve the equation")
    distinct = [
        root for at, root in enumerate(roots) if not any(_equal(root, other, judge) for other in roots[:at])
    ]
    if len(distinct) == _degree(zero, name, judge):
        return Sameness(True, "all solutions of the equation")
    return None


def _equal(left: Node, right: Node, judge: Judge) -> bool:
    return isinstance(left, EXPRS) and isinstance(right, EXPRS) and judge.same(left, right).same


def _degree(value: Expr, name: str, judge: Judge) -> int | None:
    """The degree of a polynomial with rational coefficients, by its differences; None of anything else."""
    row: list[Fraction] = []
    made = makeup(value)
    if made.kinked or made.jumping:
        return None
    for at in range(-5, _MAX_DEGREE):
        here = rational(substituted(value, name, number(at)), 10_000)
        if here is None:
            return None
        row.append(here)
    degree = -1
    while any(row):
        row = [later - earlier for earlier, later in zip(row, row[1:], strict=False)]
        degree += 1
        if len(row) < 3:
            return None
    return degree


_MAX_DEGREE = 8


def _zero(equation: Relation) -> Expr | None:
    left, right = equation.sides
    return difference(left, right) if isinstance(left, EXPRS) and isinstance(right, EXPRS) else None


def _leaves(curve: Expr, other: Expr, names: list[str], judge: Judge) -> bool:
    for name in sorted(variables(curve)):
        for turn in range(_TRIES):
            point = {each: _drawn(judge, each, turn) for each in names if each != name}
            root = _solved(curve, name, point, judge)
            if root is None:
                continue
            value = _value(other, {**point, name: root}, judge)
            if value is not None and abs(value) > 1e-15 * (1 + abs(root)):
                return True
            break
    return False


def _drawn(judge: Judge, name: str, turn: int) -> Fraction:
    digest = blake2b(
        f"{turn} {name}".encode("utf-8", "surrogatepass"), digest_size=4, key=judge.salt
    ).digest()
    return Fraction(int.from_bytes(digest, "big") - (1 << 31), 1 << (31 - turn % 3))


def _solved(curve: Expr, name: str, point: dict[str, Fraction], judge: Judge) -> Fraction | None:
    """A real zero of `curve` in `name`, to `_DIGITS` digits, if it is linear or quadratic in it."""
    at = [_value(curve, {**point, name: Fraction(x)}, judge) for x in (0, 1, -1, 3)]
    if any(value is None for value in at):
        return None
    c, a = at[0], (at[1] + at[2]) / 2 - at[0]
    b = (at[1] - at[2]) / 2
    if abs(9 * a + 3 * b + c - at[3]) > 1e-30 * (1 + abs(at[3])):
        return None
    if abs(a) < 1e-30:
        root = -c / b if abs(b) > 1e-30 else None
    else:
        inside = b * b - 4 * a * c
        root = (context(_DIGITS).sqrt(inside) - b) / (2 * a) if inside > 0 else None
    return None if root is None else _fraction(root)


def _fraction(value: Any) -> Fraction:
    sign, mantissa, exponent, _ = value._mpf_
    size: Fraction = Fraction(int(mantissa)) * Fraction(2) ** int(exponent)
    return -size if sign else size


def _value(node: Expr, point: dict[str, Fraction], judge: Judge) -> Any:
    try:
        return Evaluator(context(_DIGITS), point, real=True, deadline=judge.deadline).at(node)
    except (NotReal, ZeroDivisionError, ArithmeticError):
        return None
