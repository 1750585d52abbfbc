"""What sympy decides about trees: equality, solution sets, solutions. Imported in a worker process only.

Nothing is said that is not shown. True needs a proof by rewriting *and* equal values at points, computed without
sympy; False needs a point at which values that are right to many digits differ. All else is None.
"""

from collections.abc import Callable, Iterator
from fractions import Fraction
from itertools import product
from typing import Literal

import sympy
from sympy import S
from sympy.core.cache import clear_cache
from sympy.core.evalf import PrecisionExhausted

from synthgym.verifiers.equivalence import symbolic_sample as sample
from synthgym.verifiers.equivalence.symbolic_build import (
    ANTIDERIVATIVE,
    UNEVALUATED,
    Builder,
    Sympy,
    counters,
    free_names,
)
from synthgym.verifiers.equivalence.symbolic_sample import TooLargeError, UndefinedError, UnsupportedError
from synthgym.verifiers.equivalence.symbolic_solve import same_solutions, solution_values
from synthgym.verifiers.equivalence.tree import Apply, Bound, Call, Const, Expr, PlusMinus, Pow

__all__ = ["TooLargeError", "equal", "forget", "same_solutions", "solution_values", "warm_up", "WHEN_IDLE"]

_COMPLEX = frozenset({"re", "im", "arg", "conj"})
_ENOUGH = 4
"""Points at which two expressions agree before a proof is tried."""
_POINTS = tuple(
    Fraction(text)
    for text in "3/7 -5/3 19/8 -2/9 101/10 5/6 -37/4 1/50 83/3 -1/70 7/5 -13/11 997/4 -411/2 20011/3 29/19 11/3 "
    "-20011/7 1/9".split()
)
_SIGNS = ("+", "-", "0")


def equal(a: Expr, b: Expr) -> bool | None:
    """Whether `a` and `b` have the same value wherever both have one; None when that is not decided.

    Raises:
        TooLargeError: numbers beyond what is allowed are needed.
    """
    parts = [part for tree in (a, b) for part in sample.walk(tree)]
    if any(isinstance(part, PlusMinus) for part in parts):
        return None
    names, natural = free_names((a, b)), counters((a, b))
    real = bool(names) and not any(_is_complex(part) for part in parts)
    binds, applies = (any(isinstance(part, kind) for part in parts) for kind in (Bound, Apply))
    try:
        if binds and _same_as_written(a, b, names, natural, real):
            return True
        seen = _sampled(a, b, names, natural, real)
        if seen == "differ":
            return None if binds and applies else False
        if seen == "nowhere" and any(map(_is_alternating, parts)):
            natural = set(names)
            seen = _sampled(a, b, names, natural, real)
        if seen in ("nowhere", "differ"):
            return None
        if _proved(a, b, names, natural, real):
            return True
        return False if seen == "unknown" and not names and not applies and _apart(a, b) else None
    except (UndefinedError, UnsupportedError):
        return None


def _is_alternating(part: Expr) -> bool:
    """A power such as ``(-1)^n``, which only has values at integers."""
    if not isinstance(part, Pow) or sample.folded(part.exponent) is not None:
        return False
    base = sample.folded(part.base)
    return base is not None and base < 0


def _same_as_written(a: Expr, b: Expr, names: list[str], natural: set[str], real: bool) -> bool:
    """Whether the two are the same but for the names of bound variables and for what sympy rewrites at once."""
    values = {name: _symbol(rank, name in natural) for rank, name in enumerate(names)}
    builder = Builder(values, real=real, close=False)
    left = builder.build(a)
    return bool(left == builder.build(b) and left.has(*UNEVALUATED, ANTIDERIVATIVE))


def _apart(a: Expr, b: Expr) -> bool:
    """Whether the closed forms of two constants differ for certain."""
    difference = _difference(a, b, {}, False)
    if difference.has(*UNEVALUATED, ANTIDERIVATIVE):
        return False
    try:
        return bool(difference.evalf(20, maxn=500, strict=True) != 0)
    except PrecisionExhausted:
        return False


def _is_complex(part: Expr) -> bool:
    match part:
        case Const("i"):
            return True
        case Call(name, _):
            return name in _COMPLEX
        case _:
            return False


def _sampled(
    a: Expr, b: Expr, names: list[str], natural: set[str], real: bool
) -> Literal["agree", "differ", "nowhere", "unknown"]:
    """What values at points say; ``unknown`` where there are none to compare."""
    agreed = 0
    for place in range(len(_POINTS) if names else 1):
        point = {name: _coordinate(place, rank, name in natural) for rank, name in enumerate(names)}
        try:
            verdict = sample.compare(a, b, point, real=real)
        except UnsupportedError:
            return "unknown"
        except TooLargeError:
            if not names:
                raise
            continue
        if verdict == "differ":
            return "differ"
        agreed += verdict == "agree"
        if agreed >= _ENOUGH:
            break
    return "agree" if agreed else "nowhere"


def _coordinate(place: int, rank: int, natural: bool) -> Fraction:
    if natural:
        return Fraction(2 + (place + 3 * rank) % 9)
    return _POINTS[(place * (2 * rank + 1) + 5 * rank) % len(_POINTS)] + Fraction(rank, 31)


def _proved(a: Expr, b: Expr, names: list[str], natural: set[str], real: bool) -> bool:
    plain = [_symbol(rank, name in natural) for rank, name in enumerate(names)]
    difference = _difference(a, b, dict(zip(names, plain, strict=True)), real)
    cells = list(_cells(a, b, names, natural)) if real and 1 <= len(names) <= 2 else []
    for ways in (_CHEAP, _DEAR):
        if _vanishes(difference, ways):
            return True
        if difference.has(ANTIDERIVATIVE):
            return False
        if cells and all(each is None or _vanishes(each, ways) for each in cells):
            return any(each is not None for each in cells)
    return False


def _symbol(rank: int, natural: bool) -> Sympy:
    if natural:
        return sympy.Symbol(f"x{rank}", integer=True, positive=True)
    return sympy.Symbol(f"x{rank}", real=True)


def _difference(a: Expr, b: Expr, values: dict[str, Sympy], real: bool) -> Sympy:
    builder = Builder(values, real=real)
    left, right = builder.build(a), builder.build(b)
    if left.is_infinite and left == right:
        return S.Zero
    if left.has(S.Infinity, S.NegativeInfinity) or right.has(S.Infinity, S.NegativeInfinity):
        bounded = all(
            side.atoms(sympy.Integral, sympy.Sum, sympy.Product, sympy.Limit) for side in (left, right)
        )
        if not (bounded and left == right):
            raise UndefinedError
    return left - right


def _cells(a: Expr, b: Expr, names: list[str], natural: set[str]) -> Iterator[Sympy | None]:
    """The difference where every variable has a known sign; None where a side has no value."""
    for signs in product(*(("+",) if name in natural else _SIGNS for name in names)):
        values = {}
        for rank, (name, sign) in enumerate(zip(names, signs, strict=True)):
            positive = sympy.Symbol(f"p{rank}", positive=True, integer=True if name in natural else None)
            values[name] = {"+": positive, "-": -positive, "0": S.Zero}[sign]
        try:
            yield _difference(a, b, values, True)
        except UndefinedError:
            yield None


def _vanishes(difference: Sympy, ways: tuple[Callable[[Sympy], Sympy], ...]) -> bool:
    if difference.is_zero:
        return True
    for way in ways:
        try:
            if way(difference) == 0:
                return True
        except (
            ArithmeticError,
            AttributeError,
            NotImplementedError,
            TypeError,
            ValueError,
            IndexError,
            KeyError,
        ):
            continue
    return False


def _expanded(difference: Sympy) -> Sympy:
    for power in difference.atoms(sympy.Pow):
        if power.exp.is_Integer and abs(power.exp) > 40 and power.base.is_Add:
            return difference
    return sympy.expand(difference)


def _numerator(difference: Sympy) -> Sympy:
    return _expanded(sympy.fraction(sympy.together(difference))[0])


def _cancelled(difference: Sympy) -> Sympy:
    return sympy.cancel(sympy.powsimp(difference, force=False))


def _minimal(difference: Sympy) -> Sympy:
    """Zero if an algebraic number has the minimal polynomial x."""
    if not difference.is_number or not difference.is_algebraic:
        return difference
    unknown = sympy.Symbol("m")
    return S.Zero if sympy.minimal_polynomial(difference, unknown) == unknown else difference


def _logarithms(difference: Sympy) -> Sympy:
    factored = difference.replace(sympy.log, lambda x: sympy.log(sympy.factor(x)))
    return sympy.expand(sympy.expand_log(sympy.powdenest(factored)))


def _arcs(difference: Sympy) -> Sympy:
    return difference.replace(sympy.acos, lambda x: S.Pi / 2 - sympy.asin(x))


def _hyperbolic(difference: Sympy) -> Sympy:
    if not difference.has(sympy.functions.elementary.hyperbolic.HyperbolicFunction):
        return difference
    return _numerator(difference.rewrite(sympy.exp))


def _angles(difference: Sympy) -> Sympy:
    return sympy.expand(sympy.expand_trig(difference))


def _exponentials(difference: Sympy) -> Sympy:
    return sympy.simplify(sympy.expand(difference.rewrite(sympy.exp)))


def _said_equal(difference: Sympy) -> Sympy:
    return S.Zero if difference.equals(0) else difference


_CHEAP = (_expanded, _numerator, _logarithms, _arcs, _hyperbolic, sympy.radsimp, sympy.trigsimp)
_DEAR = (
    _minimal,
    _cancelled,
    sympy.sqrtdenest,
    sympy.gammasimp,
    _angles,
    sympy.simplify,
    _exponentials,
    _said_equal,
)


def warm_up() -> None:
    """Make sympy load what most requests need."""
    x = sympy.Symbol("x0", real=True)
    _vanishes(sympy.sqrt(x**2 + 1) - sympy.log(x), _CHEAP)


def _warm_sums() -> None:
    k = sympy.Symbol("b1", integer=True)
    sympy.Sum(2**-k, (k, 0, sympy.oo)).doit()


def _warm_integrals() -> None:
    x = sympy.Symbol("x0", real=True)
    sympy.Integral(sympy.exp(-(x**2)), (x, -sympy.oo, sympy.oo)).doit()


def _warm_solvers() -> None:
    x = sympy.Symbol("x0", real=True)
    sympy.solveset(sympy.exp(x) - 2, x, S.Reals)


WHEN_IDLE = (_warm_solvers, _warm_sums, _warm_integrals)
"""Each makes sympy fill some of its tables, which takes longer than many requests may."""


def forget() -> None:
    """Empty sympy's caches."""
    clear_cache()
