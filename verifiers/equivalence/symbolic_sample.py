"""Values of trees at points, to many digits, by mpmath alone: a second opinion that shares nothing with sympy.

A tree is read over the reals: where a part of it has no real value, the whole has none. A tree of constants only, or
one that mentions i, is read over the complex numbers. Odd roots of negative reals are real in both.
"""

from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction
from typing import Any, Literal, TypeAlias

from mpmath import mp

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

Value: TypeAlias = Any
"""An mpmath real or complex number."""
Env: TypeAlias = Mapping[str, Value]

MAGNITUDE = 100_000
"""Bits that a value, or its reciprocal, may have before the point."""
FACTORIAL = 10_000
"""Largest argument of a factorial."""
TERMS = 2_000
"""Of a sum or product that is added up one by one."""


class TooLargeError(Exception):
    """What was asked for would take numbers beyond what is allowed."""


class TooSmallError(TooLargeError):
    """A number so near to 0 that only a sum or integral can do with calling it 0."""


class UnsupportedError(Exception):
    """A tree that has no value by itself, or that is better not judged here."""


class UndefinedError(Exception):
    """No value at this point, or one that cannot be told for sure."""


def compare(a: Expr, b: Expr, env: Mapping[str, Fraction], *, real: bool) -> Literal["agree", "differ", None]:
    """Whether `a` and `b` have the same value at a point; None where they have none, or it cannot be told.

    Each is evaluated to two precisions: digits that both share are right, unless a sum or integral is slow to
    converge, which is why those must differ by more.
    """
    rough = any(isinstance(part, Bound) for tree in (a, b) for part in walk(tree))
    low, high = (12, 20) if rough else (60, 150)
    try:
        first, second = (_pair(a, b, env, digits, real) for digits in (low, high))
    except (UndefinedError, ZeroDivisionError, OverflowError, ValueError, mp.NoConvergence):
        return None
    with mp.workdps(high):
        loss = mp.mpf(10) ** -(low * 0.6)
        stable = all(abs(x - y) <= loss * abs(y) for x, y in zip(first, second, strict=True))
        gap, scale = abs(second[0] - second[1]), max(map(abs, second))
        if gap <= scale * mp.mpf(10) ** -(high * 0.7):
            return "agree"
        if stable and gap > scale * (loss if rough else mp.mpf(10) ** -(high * 0.8)):
            return "differ"
        small = not rough and not stable and gap <= mp.mpf(10) ** -(high * 0.7)
    return "agree" if small else None


def _pair(a: Expr, b: Expr, env: Mapping[str, Fraction], digits: int, real: bool) -> tuple[Value, Value]:
    with mp.workdps(digits):
        point = {name: _rational(number) for name, number in env.items()}
        pair = value(a, point, real=real), value(b, point, real=real)
        if not all(mp.isfinite(each) for each in pair):
            raise UndefinedError
        return pair


def walk(tree: Expr) -> Iterator[Expr]:
    """Every node of a tree."""
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        yield node
        waiting.extend(parts(node))


def parts(node: Expr) -> tuple[Expr, ...]:
    """The values that a node is put together from."""
    match node:
        case Add(several) | Mul(several) | Call(_, several) | Apply(_, several):
            return several
        case Div(top, bottom):
            return (top, bottom)
        case Pow(base, exponent):
            return (base, exponent)
        case Bound(_, body, _, lower, upper):
            return tuple(part for part in (body, lower, upper) if part is not None)
        case PlusMinus(term, _):
            return (term,)
        case _:
            return ()


def value(node: Expr, env: Env, *, real: bool) -> Value:
    """The value of `node` to the precision mpmath works with.

    Raises:
        UndefinedError: there is none, or rounding may have decided it (``floor(sqrt(2)^2)``).
        UnsupportedError: a limit, an infinite series, an antiderivative, ±.
        TooLargeError: beyond `MAGNITUDE`.
    """
    result = _value(node, env, real)
    if real and isinstance(result, mp.mpc):
        raise UndefinedError
    if mp.isnan(result):
        raise UndefinedError
    if result and mp.isfinite(result) and abs(mp.mag(result)) > 10 * MAGNITUDE:
        raise TooSmallError if mp.mag(result) < 0 else TooLargeError
    return result


def _value(node: Expr, env: Env, real: bool) -> Value:
    match node:
        case Num(number):
            return _rational(number)
        case Sym(name):
            return env[name]
        case Const(name):
            return {"pi": +mp.pi, "e": +mp.e, "i": mp.mpc(0, 1), "inf": mp.inf}[name]
        case Add(terms):
            return mp.fsum(value(term, env, real=real) for term in terms)
        case Mul(factors):
            return mp.fprod(value(factor, env, real=real) for factor in factors)
        case Div(top, bottom):
            return value(top, env, real=real) / value(bottom, env, real=real)
        case Pow(base, exponent):
            return _power(value(base, env, real=real), exponent, env, real)
        case Call(name, args):
            return _call(name, [value(arg, env, real=real) for arg in args])
        case Apply(name, args):
            return _unknown(name, [value(arg, env, real=real) for arg in args])
        case Bound():
            return _bound(node, env, real)
        case _:
            raise UnsupportedError


def _rational(number: Fraction) -> Value:
    if max(number.numerator.bit_length(), number.denominator.bit_length()) > MAGNITUDE:
        raise TooLargeError
    return mp.mpf(number.numerator) / number.denominator


def folded(node: Expr) -> Fraction | None:
    """The rational that a tree of a few rationals is, or None."""
    match node:
        case Num(number):
            return number
        case Div(top, bottom):
            upper, lower = folded(top), folded(bottom)
            return upper / lower if upper is not None and lower else None
        case Mul(factors) | Add(factors) if len(factors) <= 8:
            total = Fraction(isinstance(node, Mul))
            for factor in factors:
                part = folded(factor)
                if part is None or part.numerator.bit_length() > 64 or part.denominator.bit_length() > 64:
                    return None
                total = total * part if isinstance(node, Mul) else total + part
            return total
        case _:
            return None


def _power(base: Value, exponent: Expr, env: Env, real: bool) -> Value:
    exact = folded(exponent)
    power = _rational(exact) if exact is not None else value(exponent, env, real=real)
    if not base and not (mp.isfinite(power) and mp.re(power) > 0):
        raise UndefinedError
    if base and mp.isfinite(base) and mp.isfinite(power):
        if abs(power) * (abs(mp.mag(base)) + 1) > 10 * MAGNITUDE:
            raise TooSmallError if (mp.re(power) < 0) == (abs(base) > 1) else TooLargeError
    if exact is not None and exact.denominator > 1 and not isinstance(base, mp.mpc):
        _sure(base, 0)
        if base < 0 and exact.denominator % 2:
            return (-1) ** exact.numerator * mp.power(-base, power)
    if exact is not None and exact.denominator == 1:
        return base**exact.numerator
    return mp.power(base, power)


def _sure(number: Value, edge: int) -> None:
    """A number this close to where a function jumps may lie on either side of it."""
    gap = abs(number - edge)
    if gap and gap < mp.mpf(10) ** (-mp.dps // 2):
        raise UndefinedError


def _jumping(function: Callable[[Value], Value]) -> Callable[[Value], Value]:
    def applied(x: Value) -> Value:
        _sure(x, mp.nint(x))
        return function(x)

    return applied


def _sign(x: Value) -> Value:
    _sure(x, 0)
    return mp.sign(x)


def _exp(x: Value) -> Value:
    if mp.isfinite(x) and abs(x) > MAGNITUDE:
        raise TooSmallError if mp.re(x) < 0 else TooLargeError
    return mp.exp(x)


def _factorial(function: Callable[[Value], Value]) -> Callable[[Value], Value]:
    def applied(x: Value) -> Value:
        if mp.isfinite(x) and abs(x) > FACTORIAL:
            raise TooLargeError
        return function(x)

    return applied


def _log(base: Value, x: Value) -> Value:
    return mp.log(x) / mp.log(base)


def _root(index: Value, x: Value) -> Value:
    if not mp.isint(index) or index < 1:
        raise UndefinedError
    if not isinstance(x, mp.mpc) and x < 0 and int(index) % 2:
        _sure(x, 0)
        return -mp.power(-x, 1 / index)
    return mp.power(x, 1 / index)


def _binomial(n: Value, k: Value) -> Value:
    if max(abs(n), abs(k)) > FACTORIAL:
        raise TooLargeError
    return mp.binomial(n, k)


def _mod(a: Value, n: Value) -> Value:
    if isinstance(n, mp.mpc) or n <= 0:
        raise UndefinedError
    return a - n * _jumping(mp.floor)(a / n)


def _integers(function: Callable[[int, int], int]) -> Callable[..., Value]:
    def applied(*args: Value) -> Value:
        if not all(mp.isint(arg) for arg in args):
            raise UndefinedError
        result = int(args[0])
        for arg in args[1:]:
            result = function(result, int(arg))
        return mp.mpf(result)

    return applied


def _extreme(function: Callable[..., Value]) -> Callable[..., Value]:
    def applied(*args: Value) -> Value:
        if any(isinstance(arg, mp.mpc) for arg in args):
            raise UndefinedError
        return function(args)

    return applied


def _functions() -> dict[str, Callable[..., Value]]:
    import math

    same = "sin cos tan cot sec csc asin acos atan acot asec acsc sinh cosh tanh coth sech csch asinh acosh atanh"
    return {name: getattr(mp, name) for name in same.split()} | {
        "exp": _exp,
        "ln": mp.log,
        "abs": abs,
        "floor": _jumping(mp.floor),
        "ceil": _jumping(mp.ceil),
        "sign": _sign,
        "re": mp.re,
        "im": mp.im,
        "arg": mp.arg,
        "conj": mp.conj,
        "log": _log,
        "root": _root,
        "factorial": _factorial(mp.factorial),
        "double_factorial": _factorial(mp.fac2),
        "gamma": _factorial(mp.gamma),
        "binomial": _binomial,
        "mod": _mod,
        "gcd": _integers(math.gcd),
        "lcm": _integers(math.lcm),
        "min": _extreme(min),
        "max": _extreme(max),
    }


_FUNCTIONS = _functions()


def _call(name: str, args: list[Value]) -> Value:
    if name not in _FUNCTIONS:
        raise UnsupportedError
    if name == "log" and (args[0] == 1 or not args[0]):
        raise UndefinedError
    if name in ("ln", "log") and not args[-1]:
        raise UndefinedError
    return _FUNCTIONS[name](*args)


def _unknown(name: str, args: list[Value]) -> Value:
    """Some smooth function: what holds for every function holds for this one."""
    phase = sum(ord(letter) * (place + 3) for place, letter in enumerate(name[:200])) % 1009
    return mp.sin(mp.sqrt(phase + 2) + mp.fsum(arg * mp.sqrt(place + 5) for place, arg in enumerate(args)))


def _bound(node: Bound, env: Env, real: bool) -> Value:
    name = node.variable.name

    def body(x: Value) -> Value:
        return value(node.body, {**env, name: x}, real=real)

    ends = [None if end is None else value(end, env, real=real) for end in (node.lower, node.upper)]
    match node.op:
        case "derivative":
            order = 1 if ends[1] is None else ends[1]
            if not mp.isint(order) or not 0 <= order <= 4 or name not in env:
                raise UnsupportedError
            return mp.diff(body, env[name], int(order))
        case "integral" if None not in ends:
            return _integral(body, *ends)
        case "sum" | "product" if None not in ends:
            return _series(node.op, body, *ends)
        case _:
            raise UnsupportedError


def _integral(body: Callable[[Value], Value], lower: Value, upper: Value) -> Value:
    """Split at a place that no symmetry favours, so that what diverges there and there does not cancel."""
    inner = lower + (upper - lower) * mp.mpf("0.4142") if mp.isfinite(lower) and mp.isfinite(upper) else None

    def near(x: Value) -> Value:
        try:
            return body(x)
        except TooSmallError:
            return mp.zero

    result, error = mp.quad(near, [lower, upper] if inner is None else [lower, inner, upper], error=True)
    if error > mp.mpf(10) ** (-mp.dps * 0.7) * max(1, abs(result)):
        raise UndefinedError
    return result


def _series(op: str, body: Callable[[Value], Value], lower: Value, upper: Value) -> Value:
    if mp.isint(lower) and mp.isint(upper):
        if upper < lower - 1:
            raise UndefinedError
        if upper - lower > TERMS:
            raise TooLargeError
        values = (body(mp.mpf(k)) for k in range(int(lower), int(upper) + 1))
        return mp.fsum(values) if op == "sum" else mp.fprod(values)
    if mp.isint(lower) and upper == mp.inf:
        raise UnsupportedError
    raise UndefinedError
