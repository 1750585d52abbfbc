"""Values to many digits, by mpmath: the witness that tells irrational answers apart.

One evaluator serves two arithmetics, machine floats and mpmath's. It keeps track of the largest and the smallest
magnitude it met, because the digits that are needed grow with them.
"""

import threading
from collections.abc import Callable, Mapping
from fractions import Fraction
from hashlib import blake2b
from math import factorial
from time import perf_counter
from typing import Any, cast

import mpmath

from synthgym.verifiers.equivalence.exact import NeedsSymbolic, OutOfBounds, OutOfTime, Undefined, rational
from synthgym.verifiers.equivalence.makeup import infinite
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

MAX_MAGNITUDE = 20_000
"""Binary exponents beyond which a value is out of bounds."""
_GAMMA_DIGITS = 260
"""Beyond which mpmath takes seconds for the gamma function, and no other function takes long."""
_MAX_TERMS = 2_000


class NotReal(ArithmeticError):
    """A real function outside its domain."""


_own = threading.local()


def context(digits: int) -> Any:
    """This thread's mpmath context, at `digits` decimal digits; contexts of several threads do not meet."""
    if not hasattr(_own, "context"):
        _own.context = mpmath.MPContext()
    _own.context.dps = digits
    return _own.context


class Evaluator:
    """Values of expressions in one arithmetic, at one point.

    Args:
        arithmetic: an mpmath context; `mpmath.fp` for machine floats.
        point: the variables' values, exact.
        real: whether a value that is not real is an error (`NotReal`), as it is where variables are real.
        deadline: of `time.perf_counter`.

    Attributes:
        largest, smallest: binary exponents of the extremes met, zero left out.
        lost: most bits that any sum cancelled.
        vanished: whether a sum cancelled so far that it was taken for zero.
    """

    def __init__(
        self, arithmetic: Any, point: Mapping[str, Fraction], *, real: bool, deadline: float
    ) -> None:
        self.mp, self.real, self.deadline = arithmetic, real, deadline
        self.env = {name: self.rational(value) for name, value in point.items()}
        self.largest, self.smallest, self.lost, self.vanished = 0, 0, 0, False
        self.exact = arithmetic is not mpmath.fp

    def at(self, node: Expr) -> Any:
        """The value of `node`, an mpf or mpc (a float or complex in machine arithmetic).

        Raises:
            Undefined, OutOfBounds, NeedsSymbolic, NotReal, OutOfTime: as they say.
        """
        value = _VALUES[type(node)](self, node)
        return self.seen(value)

    def seen(self, value: Any) -> Any:
        """`value`, its magnitude noted and its domain checked."""
        if perf_counter() > self.deadline:
            raise OutOfTime
        if isinstance(value, (complex, self.mp.mpc)):
            if value.imag == 0:
                value = value.real
            elif self.real:
                raise NotReal
        if self.mp.isinf(value) or self.mp.isnan(value):
            raise Undefined("no finite value") if self.exact else OutOfBounds("beyond machine floats")
        if value:
            self.note(int(self.mp.mag(value)))
        return value

    def note(self, magnitude: float) -> None:
        """Take a binary exponent into account that no value shows."""
        if abs(magnitude) > MAX_MAGNITUDE:
            raise OutOfBounds("a value too large or too small")
        self.largest = max(self.largest, int(magnitude))
        self.smallest = min(self.smallest, int(magnitude))

    def rational(self, value: Fraction) -> Any:
        """`value` in this arithmetic."""
        if self.mp is mpmath.fp:
            try:
                return value.numerator / value.denominator
            except OverflowError:
                raise OutOfBounds("beyond machine floats") from None
        return self.mp.mpf(value.numerator) / value.denominator

    def is_real(self, value: Any) -> bool:
        return not isinstance(value, (complex, self.mp.mpc))

    def whole(self, value: Any) -> int | None:
        """The integer that `value` is, its last digits aside."""
        if not self.is_real(value) or abs(value) > 1e9:
            return None
        nearest = round(value) if self.mp is mpmath.fp else int(self.mp.nint(value))
        close = 1e-9 if self.mp is mpmath.fp else self.mp.mpf(10) ** (-self.mp.dps * 3 // 5)
        return nearest if abs(value - nearest) < close else None


def _add(ev: Evaluator, node: Add) -> Any:
    values = [ev.at(term) for term in node.terms]
    total = sum(values[1:], values[0])
    size = max((int(ev.mp.mag(value)) for value in values if value), default=0)
    lost = size - int(ev.mp.mag(total)) if total else 0
    if lost > 0.6 * ev.mp.prec or (not total and any(values)):
        ev.vanished = True
        return ev.mp.mpf(0)
    ev.lost = max(ev.lost, lost)
    return total


def _mul(ev: Evaluator, node: Mul) -> Any:
    total = ev.at(node.factors[0])
    for factor in node.factors[1:]:
        total = ev.seen(total * ev.at(factor))
    return total


def _div(ev: Evaluator, node: Div) -> Any:
    bottom = ev.at(node.bottom)
    if bottom == 0:
        raise Undefined("a division by zero")
    return ev.at(node.top) / bottom


def _pow(ev: Evaluator, node: Pow) -> Any:
    base = ev.at(node.base)
    exponent = rational(node.exponent, 20_000)
    if exponent is not None:
        ev.note(exponent.numerator.bit_length() - exponent.denominator.bit_length())
        ev.note(-exponent.denominator.bit_length())
        return _rational_power(ev, base, exponent)
    power = ev.at(node.exponent)
    if base == 0:
        if ev.is_real(power) and power > 0:
            return base
        raise Undefined("zero to a power that is not positive")
    if ev.is_real(power) and base != 0:
        _fits(ev, base, power)
    if ev.real and base < 0:
        raise NotReal
    return ev.mp.power(base, power)


def _fits(ev: Evaluator, base: Any, exponent: Any) -> None:
    if abs(exponent) > 1e9 or abs(float(exponent)) * (abs(int(ev.mp.mag(base))) + 1) > 50 * MAX_MAGNITUDE:
        raise OutOfBounds("a power too large or too small")


def _rational_power(ev: Evaluator, base: Any, exponent: Fraction) -> Any:
    if base == 0:
        if exponent <= 0:
            raise Undefined("zero to a power that is not positive")
        return base
    _fits(ev, base, exponent)
    if exponent.denominator > 1 << 30:
        if ev.is_real(base) and base < 0:
            if exponent.denominator % 2 == 0:
                raise NotReal
            size = ev.mp.power(-base, ev.rational(exponent))
            return -size if exponent.numerator % 2 else size
        return ev.mp.power(base, ev.rational(exponent))
    if exponent.denominator == 1:
        return base ** int(exponent)
    if exponent.denominator == 2:
        return ev.seen(ev.mp.sqrt(base)) ** exponent.numerator
    return root(ev, base, exponent.denominator) ** exponent.numerator


def root(ev: Evaluator, value: Any, index: int) -> Any:
    """The `index`-th root: the real one of a real number where there is one, else the principal one."""
    if ev.is_real(value) and value < 0 and index % 2:
        return -ev.mp.power(-value, ev.mp.mpf(1) / index)
    return ev.seen(ev.mp.power(value, ev.mp.mpf(1) / index))


def _call(ev: Evaluator, node: Call) -> Any:
    values = [ev.at(argument) for argument in node.args]
    found = _FUNCTIONS[node.name](ev, *values)
    if node.name in _SATURATING:
        ev.note(-3.0 * min(float(abs(values[0])), 2.0 * MAX_MAGNITUDE))
    if node.name in _VANISHING and found and int(ev.mp.mag(found)) < -0.6 * ev.mp.prec:
        if all(int(ev.mp.mag(value)) > -0.3 * ev.mp.prec for value in values if value):
            ev.vanished = True
            return ev.mp.mpf(0)
    return found


def _apply(ev: Evaluator, node: Apply) -> Any:
    """An unknown function: a random number that depends on its name and on where it is taken, to ten digits."""
    where = [ev.mp.nstr(ev.at(argument), 10) for argument in node.args]
    digest = blake2b(repr((node.name, where)).encode("utf-8", "surrogatepass"), digest_size=5).digest()
    return ev.rational(Fraction(int.from_bytes(digest, "big") + 1, 1 << 38))


def _bound(ev: Evaluator, node: Bound) -> Any:
    """A short sum or product; whatever else binds a variable is for sympy."""
    if node.op not in ("sum", "product") or node.lower is None or node.upper is None:
        raise NeedsSymbolic(f"a {node.op}")
    if infinite(node.lower) or infinite(node.upper):
        raise NeedsSymbolic(f"an infinite {node.op}")
    low, high = rational(node.lower, 64), rational(node.upper, 64)
    if low is None or high is None or low.denominator != 1 or high.denominator != 1:
        raise NeedsSymbolic(f"a {node.op} with bounds that are no integers")
    if high - low > _MAX_TERMS:
        raise NeedsSymbolic(f"a {node.op} of many terms")
    total = ev.mp.mpf(0 if node.op == "sum" else 1)
    outer = ev.env.get(node.variable.name)
    for at in range(int(low), int(high) + 1):
        ev.env[node.variable.name] = ev.mp.mpf(at)
        term = ev.at(node.body)
        total = ev.seen(total + term if node.op == "sum" else total * term)
    if outer is None:
        ev.env.pop(node.variable.name, None)
    else:
        ev.env[node.variable.name] = outer
    return total


def _symbol(ev: Evaluator, node: Sym) -> Any:
    return ev.env[node.name]


def _constant(ev: Evaluator, node: Const) -> Any:
    if node.name == "inf":
        raise Undefined("infinity within arithmetic")
    if node.name == "i":
        return ev.mp.mpc(0, 1)
    return ev.mp.pi if ev.mp is mpmath.fp and node.name == "pi" else +getattr(ev.mp, node.name)


def _unsupported(ev: Evaluator, node: PlusMinus) -> Any:
    raise NeedsSymbolic("a sign of two values")


def _ln(ev: Evaluator, value: Any) -> Any:
    if value == 0:
        raise Undefined("the logarithm of zero")
    if ev.real and value < 0:
        raise NotReal
    return ev.mp.log(value)


def _log(ev: Evaluator, base: Any, value: Any) -> Any:
    under = _ln(ev, base)
    if under == 0:
        raise Undefined("a logarithm to base 1")
    return _ln(ev, value) / under


def _reciprocal(function: str) -> Callable[[Evaluator, Any], Any]:
    def at(ev: Evaluator, value: Any) -> Any:
        under = getattr(ev.mp, function)(value)
        if abs(under) < ev.mp.eps * 1000 * (1 + abs(value)):
            raise Undefined(f"a division by zero, {function} vanishes")
        return 1 / under

    return at


def _tan(ev: Evaluator, value: Any) -> Any:
    if abs(ev.mp.cos(value)) < ev.mp.eps * 1000 * (1 + abs(value)):
        raise Undefined("a tangent at its pole")
    return ev.mp.tan(value)


def _plain(function: str) -> Callable[[Evaluator, Any], Any]:
    return lambda ev, value: getattr(ev.mp, function)(value)


def _between(function: str) -> Callable[[Evaluator, Any], Any]:
    """An inverse function with a bounded real domain."""

    def at(ev: Evaluator, value: Any) -> Any:
        if ev.real and abs(value) > 1:
            raise NotReal
        return getattr(ev.mp, function)(value)

    return at


def _of_inverse(function: str) -> Callable[[Evaluator, Any], Any]:
    def at(ev: Evaluator, value: Any) -> Any:
        if value == 0:
            if function == "atan":
                return ev.mp.pi / 2
            raise Undefined("a division by zero")
        found = getattr(ev.mp, function)(1 / value)
        return found + ev.mp.pi if function == "atan" and ev.is_real(value) and value < 0 else found

    return at


def _floor(ev: Evaluator, value: Any) -> Any:
    whole = ev.whole(value)
    return ev.mp.mpf(whole) if whole is not None else ev.mp.floor(value)


def _ceil(ev: Evaluator, value: Any) -> Any:
    whole = ev.whole(value)
    return ev.mp.mpf(whole) if whole is not None else ev.mp.ceil(value)


def _sign(ev: Evaluator, value: Any) -> Any:
    if not ev.is_real(value):
        raise NotReal
    return ev.mp.mpf((value > 0) - (value < 0))


def _gamma(ev: Evaluator, value: Any) -> Any:
    whole = ev.whole(value)
    if whole is not None and whole <= 0:
        raise Undefined("the gamma function at its pole")
    if abs(value) > 3_000:
        raise OutOfBounds("a factorial of more than 3000")
    if whole is not None:
        return ev.mp.mpf(factorial(whole - 1)) if ev.exact else ev.mp.gamma(value)
    if ev.exact and ev.mp.dps > _GAMMA_DIGITS:
        raise OutOfBounds(f"the gamma function to more than {_GAMMA_DIGITS} digits")
    return ev.mp.gamma(value)


def _factorial(ev: Evaluator, value: Any) -> Any:
    return _gamma(ev, value + 1)


def _double_factorial(ev: Evaluator, value: Any) -> Any:
    whole = ev.whole(value)
    if whole is None or not 0 <= whole <= 3_000:
        raise NeedsSymbolic("a double factorial")
    product = ev.mp.mpf(1)
    for factor in range(whole, 1, -2):
        product *= factor
    return product


def _binomial(ev: Evaluator, n: Any, k: Any) -> Any:
    whole = ev.whole(k)
    if whole is not None and 0 <= whole <= 60:
        total = ev.mp.mpf(1)
        for at in range(whole):
            total = total * (n - at) / (at + 1)
        return total
    return _gamma(ev, n + 1) / (_gamma(ev, k + 1) * _gamma(ev, n - k + 1))


def _root(ev: Evaluator, index: Any, value: Any) -> Any:
    whole = ev.whole(index)
    if whole is None or whole < 1:
        raise NeedsSymbolic("a root whose index is no integer")
    if value == 0:
        return value
    return ev.mp.sqrt(value) if whole == 2 else root(ev, value, whole)


def _mod(ev: Evaluator, value: Any, modulus: Any) -> Any:
    if not ev.is_real(value) or not ev.is_real(modulus):
        raise NotReal
    if modulus == 0:
        raise Undefined("a remainder by zero")
    return value - modulus * _floor(ev, value / modulus)


def _extreme(largest: bool) -> Callable[..., Any]:
    def at(ev: Evaluator, *values: Any) -> Any:
        if not all(ev.is_real(value) for value in values):
            raise NotReal
        return max(values) if largest else min(values)

    return at


def _symbolic(ev: Evaluator, *values: Any) -> Any:
    raise NeedsSymbolic("a function of integers alone")


_SATURATING = frozenset(("tanh", "coth", "sech", "csch"))
"""Functions that come as near to a constant as e to minus twice the argument: that many digits tell them from it."""
_VANISHING = frozenset(
    ("sin", "cos", "tan", "cot", "ln", "log", "acos", "asin", "cosh", "acosh", "re", "im", "arg", "mod")
)
"""Functions that are zero where their argument is not; rounding leaves a trace of it there, which is no value."""
_FUNCTIONS: dict[str, Callable[..., Any]] = {
    **{
        name: _plain(name)
        for name in ("sin", "cos", "sinh", "cosh", "tanh", "atan", "asinh", "arg", "conj", "re", "im")
    },
    **{name: _reciprocal(under) for name, under in (("cot", "tan"), ("sec", "cos"), ("csc", "sin"))},
    **{name: _reciprocal(under) for name, under in (("coth", "tanh"), ("sech", "cosh"), ("csch", "sinh"))},
    **{name: _of_inverse(inner) for name, inner in (("acot", "atan"), ("asec", "acos"), ("acsc", "asin"))},
    **{name: _between(name) for name in ("asin", "acos", "atanh")},
    "acosh": lambda ev, value: ev.mp.acosh(value),
    "tan": _tan,
    "exp": lambda ev, value: ev.mp.exp(value),
    "abs": lambda ev, value: abs(value),
    "ln": _ln,
    "log": _log,
    "floor": _floor,
    "ceil": _ceil,
    "sign": _sign,
    "degree": lambda ev, value: value * ev.mp.pi / 180,
    "root": _root,
    "factorial": _factorial,
    "double_factorial": _double_factorial,
    "gamma": _gamma,
    "binomial": _binomial,
    "mod": _mod,
    "max": _extreme(True),
    "min": _extreme(False),
    **dict.fromkeys(("gcd", "lcm"), _symbolic),
}
_VALUES = cast(
    "dict[type, Callable[[Evaluator, Any], Any]]",
    {
        Num: lambda ev, node: ev.rational(node.value),
        Sym: _symbol,
        Const: _constant,
        Add: _add,
        Mul: _mul,
        Div: _div,
        Pow: _pow,
        Call: _call,
        Apply: _apply,
        Bound: _bound,
        PlusMinus: _unsupported,
    },
)
