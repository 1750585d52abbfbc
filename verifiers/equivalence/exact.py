"""Values at a point, in exact rational arithmetic: the test that proves most answers equal or different.

Two expressions that agree at random points agree as rational functions, but for a chance below degree / 2^40 a
point (Schwartz 1980, doi:10.1145/322217.322225; Zippel 1979). The points come from a hash of both texts, so
that no answer can be written to vanish at them. π and e stand for themselves as further variables: π is
transcendental, so that rational functions of it that differ have values that differ. Whatever is not rational
(a root, a sine, i) is opaque: a random number that depends on what it is taken of. Then equal means equal, and
different means nothing.
"""

from collections.abc import Callable
from fractions import Fraction
from hashlib import blake2b
from math import ceil, floor, gcd, inf, isqrt, lcm
from time import perf_counter
from typing import Any

from synthgym.verifiers.equivalence.tree import (
    Add,
    Apply,
    Bound,
    Call,
    Const,
    Div,
    Expr,
    Mul,
    Num,
    PlusMinus,
    Pow,
    Sym,
)


class Undefined(ArithmeticError):
    """The value does not exist: a zero under a bar, infinity within arithmetic."""


class OutOfBounds(ArithmeticError):
    """The value needs more bits or digits than the bound."""


class OutOfTime(Exception):
    """The deadline passed."""


class NeedsSymbolic(ValueError):
    """The value needs more than arithmetic: an integral, a limit, a long sum."""


class Point:
    """One random point, and what is evaluated there.

    Attributes:
        opaque: whether anything was not rational; then only equality counts.
        drawn_at: how many random numbers were drawn; of a constant that is rational, none.
    """

    def __init__(self, salt: bytes, bits: int, deadline: float = inf) -> None:
        self.salt, self.bits, self.deadline = salt, bits, deadline
        self.opaque = False
        self.drawn_at = 0

    def at(self, node: Expr) -> Fraction:
        """The value of `node` here.

        Raises:
            Undefined, OutOfBounds, NeedsSymbolic, OutOfTime: as they say.
        """
        if perf_counter() > self.deadline:
            raise OutOfTime
        return _VALUES[type(node)](self, node)

    def drawn(self, *key: object) -> Fraction:
        """The random number that stands for `key` at this point."""
        self.drawn_at += 1
        text = " ".join(
            f"{part.numerator:x}/{part.denominator:x}" if isinstance(part, Fraction) else str(part)
            for part in key
        )
        digest = blake2b(text.encode("utf-8", "surrogatepass"), digest_size=6, key=self.salt).digest()
        return Fraction(int.from_bytes(digest[:5], "big") + (1 << 20), digest[5] % 7 + 1)

    def fixed(self, *nodes: Expr) -> tuple[list[Fraction], bool]:
        """The values of `nodes`, and whether they are the same at every point.

        A function that is not rational may be worked out of a fixed value alone: at one point the root of a square is
        either of two.
        """
        before = self.drawn_at
        return [self.at(node) for node in nodes], self.drawn_at == before

    def bounded(self, value: Fraction) -> Fraction:
        """`value`, if it is within the bound."""
        if value.numerator.bit_length() + value.denominator.bit_length() > self.bits:
            raise OutOfBounds(f"a number of more than {self.bits} bits")
        return value

    def unknown(self, *key: object) -> Fraction:
        self.opaque = True
        return self.drawn(*key)


def rational(node: Expr, bits: int) -> Fraction | None:
    """The value of a constant that is a rational number by arithmetic alone; None of any other.

    Raises:
        Undefined, OutOfBounds: as they say.
    """
    if type(node) is Num:
        return node.value
    point = _Constant(b"", bits)
    try:
        return point.at(node)
    except (NeedsSymbolic, _NotConstant):
        return None


class _NotConstant(ValueError):
    pass


class _Constant(Point):
    def drawn(self, *key: object) -> Fraction:
        raise _NotConstant


def _add(point: Point, node: Add) -> Fraction:
    return point.bounded(sum((point.at(term) for term in node.terms), Fraction(0)))


def _mul(point: Point, node: Mul) -> Fraction:
    value = Fraction(1)
    for factor in node.factors:
        value = point.bounded(value * point.at(factor))
    return value


def _div(point: Point, node: Div) -> Fraction:
    bottom = point.at(node.bottom)
    if bottom == 0:
        raise Undefined("a division by zero")
    return point.bounded(point.at(node.top) / bottom)


def _pow(point: Point, node: Pow) -> Fraction:
    (exponent,), constant = point.fixed(node.exponent)
    (base,), fixed = point.fixed(node.base)
    if not constant:
        return point.unknown("pow", base, exponent)
    if exponent.denominator != 1:
        return _root_of(point, base, exponent) if fixed else point.unknown("pow", base, exponent)
    return _power(point, base, exponent.numerator)


def _power(point: Point, base: Fraction, exponent: int) -> Fraction:
    if base == 0 and exponent <= 0:
        raise Undefined("zero to a power that is not positive")
    size = max(base.numerator.bit_length(), base.denominator.bit_length())
    if base not in (0, 1, -1) and 2 * (size - 1 or 1) * abs(exponent) > point.bits:
        raise OutOfBounds(f"a power of more than {point.bits} bits")
    return Fraction(base**exponent)


_ROOT_BITS = 20_000
"""Bits of a number of which an exact root is looked for."""


def _root_of(point: Point, base: Fraction, exponent: Fraction) -> Fraction:
    """A rational power: exact where it is rational, opaque otherwise."""
    index = exponent.denominator
    small = max(base.numerator.bit_length(), base.denominator.bit_length()) <= _ROOT_BITS
    if small and index <= 64 and (base >= 0 or index % 2):
        top, bottom = _integer_root(abs(base.numerator), index), _integer_root(base.denominator, index)
        if top is not None and bottom is not None:
            return _power(point, Fraction(top if base >= 0 else -top, bottom), exponent.numerator)
    return point.unknown("pow", base, exponent)


def _integer_root(value: int, index: int) -> int | None:
    """The exact `index`-th root, or None."""
    if value < 2:
        return value
    if index == 2:
        found = isqrt(value)
        return found if found * found == value else None
    guess = 2 << (value.bit_length() - 1) // index
    while True:
        better = ((index - 1) * guess + value // guess ** (index - 1)) // index
        if better >= guess:
            return guess if guess**index == value else None
        guess = better


def _call(point: Point, node: Call) -> Fraction:
    values, fixed = point.fixed(*node.args)
    exact = _EXACT.get(node.name) if fixed else None
    if exact is not None:
        found = exact(point, values)
        if found is not None:
            return point.bounded(found)
    return point.unknown(node.name, *values)


def _whole(values: list[Fraction]) -> bool:
    return all(value.denominator == 1 for value in values)


def _root(point: Point, values: list[Fraction]) -> Fraction | None:
    index, value = values
    if index.denominator != 1 or not 1 <= index <= 64:
        return None
    return _root_of(point, value, 1 / index)


def _factorial(point: Point, values: list[Fraction]) -> Fraction | None:
    value = values[0]
    if value.denominator != 1:
        return None
    if value < 0:
        raise Undefined("the factorial of a negative integer")
    if value > point.bits // 8 or value > 5_000:
        raise OutOfBounds(f"a factorial of more than {point.bits} bits")
    product = 1
    for factor in range(2, int(value) + 1):
        product *= factor
    return Fraction(product)


def _double_factorial(point: Point, values: list[Fraction]) -> Fraction | None:
    value = values[0]
    if value.denominator != 1 or value < 0:
        return None
    if value > 5_000:
        raise OutOfBounds("a factorial of more than 5000")
    product = 1
    for factor in range(int(value), 1, -2):
        product *= factor
    return Fraction(product)


def _binomial(point: Point, values: list[Fraction]) -> Fraction | None:
    n, k = values
    if not _whole(values) or n < 0:
        return None
    if k < 0 or k > n:
        return Fraction(0)
    k = min(k, n - k)
    if k * max(1, int(n).bit_length()) > point.bits:
        raise OutOfBounds(f"a binomial of more than {point.bits} bits")
    product = Fraction(1)
    for at in range(int(k)):
        product = product * (n - at) / (at + 1)
    return product


def _gcd(point: Point, values: list[Fraction]) -> Fraction | None:
    return Fraction(gcd(*map(int, values))) if _whole(values) else None


def _lcm(point: Point, values: list[Fraction]) -> Fraction | None:
    return Fraction(lcm(*map(int, values))) if _whole(values) else None


def _mod(point: Point, values: list[Fraction]) -> Fraction | None:
    if values[1] == 0:
        raise Undefined("a remainder by zero")
    return values[0] % values[1]


def _log(point: Point, values: list[Fraction]) -> Fraction | None:
    """Rational logarithms of rationals: ``log_2 8`` is 3, ``log_8 2`` a third."""
    base, value = values
    if value == 1 and base > 0 and base != 1:
        return Fraction(0)
    if base == value and base > 0 and base != 1:
        return Fraction(1)
    return None


_EXACT: dict[str, Callable[[Point, list[Fraction]], Fraction | None]] = {
    "root": _root,
    "factorial": _factorial,
    "double_factorial": _double_factorial,
    "binomial": _binomial,
    "floor": lambda point, values: Fraction(floor(values[0])),
    "ceil": lambda point, values: Fraction(ceil(values[0])),
    "sign": lambda point, values: Fraction((values[0] > 0) - (values[0] < 0)),
    "max": lambda point, values: max(values),
    "min": lambda point, values: min(values),
    "gcd": _gcd,
    "lcm": _lcm,
    "mod": _mod,
    "log": _log,
    "abs": lambda point, values: abs(values[0]),
    "ln": lambda point, values: Fraction(0) if values[0] == 1 else None,
}


def _symbol(point: Point, node: Sym) -> Fraction:
    return point.drawn("sym", node.name)


def _constant(point: Point, node: Const) -> Fraction:
    if node.name == "inf":
        raise Undefined("infinity within arithmetic")
    return point.unknown("i") if node.name == "i" else point.drawn("const", node.name)


def _apply(point: Point, node: Apply) -> Fraction:
    return point.drawn("apply", node.name, *(point.at(argument) for argument in node.args))


def _unsupported(point: Point, node: Bound | PlusMinus) -> Fraction:
    raise NeedsSymbolic(f"a {node.op}" if isinstance(node, Bound) else "a sign of two values")


def _num(point: Point, node: Num) -> Fraction:
    return node.value


_VALUES: dict[type, Callable[[Point, Any], Fraction]] = {
    Num: _num,
    Sym: _symbol,
    Const: _constant,
    Add: _add,
    Mul: _mul,
    Div: _div,
    Pow: _pow,
    Call: _call,
    Apply: _apply,
    Bound: _unsupported,
    PlusMinus: _unsupported,
}
