"""Whether two values are the same.

1. The same tree is the same value. 2. Values at two random points in exact rational arithmetic prove most pairs
equal or different (see `exact`). 3. What is left has a root, a transcendental function or i in it: machine
floats tell most different ones apart, and mpmath the rest, at as many digits as the expression calls for.
Variables are real; two expressions are the same if they agree wherever both are defined, which must not be
nowhere. Where an absolute value stands in one of them, they must be defined at the same points, too: ``ln|x|``
is not ``ln x``. 4. Integrals, limits and long sums go to sympy.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from hashlib import blake2b
from time import perf_counter
from typing import Any

import mpmath

from synthgym.errors import VerifierError
from synthgym.verifiers.equivalence.exact import (
    NeedsSymbolic,
    OutOfBounds,
    OutOfTime,
    Point,
    Undefined,
    rational,
)
from synthgym.verifiers.equivalence.makeup import Makeup, infinite, makeup
from synthgym.verifiers.equivalence.numeric import Evaluator, NotReal, context
from synthgym.verifiers.equivalence.pool import ask
from synthgym.verifiers.equivalence.tree import Expr, Node, Num
from synthgym.verifiers.equivalence.types import Bounds, Status

_BASE_DIGITS = 60
_POINTS = (
    Fraction(37, 50),
    Fraction(-83, 60),
    Fraction(231, 100),
    Fraction(-9, 40),
    Fraction(611, 50),
    Fraction(-371, 50),
    Fraction(19, 1000),
    Fraction(3, 2),
)
"""Round which the real points lie: of both signs, near zero and away from it."""
_LENT_SECONDS = 0.1
"""Beyond `Bounds.seconds`, where a worker has to be started first."""


class Undecided(Exception):
    """Not decided: by time, size, or because nothing here can."""

    def __init__(self, status: Status, reason: str) -> None:
        super().__init__(reason)
        self.status, self.reason = status, reason


@dataclass(frozen=True, slots=True)
class Sameness:
    """Whether two values are the same, with the reason and the tier that found it."""

    same: bool
    reason: str
    tier: int = 1


@dataclass(frozen=True, slots=True)
class Judge:
    """What comparing two values needs to know.

    Attributes:
        salt: of the random points, from both texts.
        bounds: sizes and digits.
        deadline: of `time.perf_counter`.
        tolerance: difference of two real constants that counts as none; None for exact.
    """

    salt: bytes
    bounds: Bounds
    deadline: float
    tolerance: Fraction | None = None

    def same(self, left: Expr, right: Expr) -> Sameness:
        """Whether two values are the same.

        Raises:
            Undefined: if one of them does not exist.
            Undecided: if that cannot be told.
        """
        if perf_counter() > self.deadline:
            raise Undecided("timeout", f"not decided within {self.bounds.seconds} s")
        try:
            return self._same(left, right)
        except OutOfBounds as error:
            raise Undecided("too_large", str(error)) from None
        except OutOfTime:
            raise Undecided("timeout", f"not decided within {self.bounds.seconds} s") from None
        except RecursionError:
            raise Undecided("too_large", "nested too deeply") from None

    def _same(self, left: Expr, right: Expr) -> Sameness:
        if isinstance(left, Num) and isinstance(right, Num):
            return self._numbers(left.value, right.value)
        if infinite(left) or infinite(right):
            same = infinite(left) == infinite(right)
            return Sameness(same, "the same infinity" if same else "infinity is no number")
        if left == right:
            self._must_exist(left, right)
            return Sameness(True, "the same expression")
        if self.tolerance is not None and not makeup(left, right).names:
            try:
                return self._within(left, right)
            except NeedsSymbolic as error:
                return self._symbolic(left, right, str(error))
        try:
            found = self._exact(left, right)
        except NeedsSymbolic:
            found = None
        except OutOfBounds:
            found = None
        if found is not None:
            return found
        try:
            return self._numeric(left, right, makeup(left, right))
        except NeedsSymbolic as error:
            return self._symbolic(left, right, str(error))

    def _numbers(self, left: Fraction, right: Fraction) -> Sameness:
        if self.tolerance is not None and abs(left - right) <= self.tolerance:
            return Sameness(True, f"within {self.tolerance}")
        return Sameness(left == right, "the same rational number" if left == right else "different rationals")

    def _within(self, left: Expr, right: Expr) -> Sameness:
        tolerance = self.tolerance or Fraction(0)
        exact = rational(left, self.bounds.bits), rational(right, self.bounds.bits)
        if exact[0] is not None and exact[1] is not None:
            return self._numbers(exact[0], exact[1])
        arithmetic = context(_BASE_DIGITS)
        evaluator = Evaluator(arithmetic, {}, real=False, deadline=self.deadline)
        gap = abs(evaluator.at(left) - evaluator.at(right))
        same = bool(gap <= evaluator.rational(tolerance))
        return Sameness(same, f"{'within' if same else 'not within'} {tolerance}")

    def _exact(self, left: Expr, right: Expr) -> Sameness | None:
        """By rational arithmetic; None where that proves nothing."""
        for turn in range(2):
            point = Point(self.salt + bytes([turn]), self.bounds.bits, self.deadline)
            if point.at(left) != point.at(right):
                return None if point.opaque else Sameness(False, "different values at a rational point")
            if not point.drawn_at:
                return Sameness(True, "the same rational number")
        if point.opaque:
            self._must_exist(left, right)
        return Sameness(True, "the same values at random rational points")

    def _must_exist(self, left: Expr, right: Expr) -> None:
        """That two values which are equal if they exist do so: ``7 + 0 \\ln 0`` is not 7.

        Raises:
            Undefined: if they exist together at no point tried.
        """
        made = makeup(left, right)
        for point in self._points(made.names) if made.names else ({},):
            for arithmetic in (mpmath.fp, context(_BASE_DIGITS)):
                ev = Evaluator(arithmetic, point, real=False, deadline=self.deadline)
                try:
                    ev.at(left)
                    ev.at(right)
                    return
                except NeedsSymbolic:
                    return
                except OutOfBounds:
                    if arithmetic is not mpmath.fp and not made.names:
                        raise
                    if arithmetic is not mpmath.fp:
                        return
                except (ArithmeticError, AttributeError, ValueError, TypeError):
                    continue
        raise Undefined("a part of it has no value")

    # Irrational values.

    def _numeric(self, left: Expr, right: Expr, made: Makeup) -> Sameness:
        if not made.names:
            return self._constants(left, right, made)
        shared = 0
        for points in (self._points(made.names), self._far_points(made)):
            if shared >= 2 and not made.kinked:
                break
            for point in points:
                state = self._at_point(left, right, point, made, real=not made.imaginary)
                if state == "different" or (made.absolute and state == "one-sided"):
                    what = "different values" if state == "different" else "one of them is not defined"
                    return Sameness(False, f"{what} at {_shown(point)}")
                shared += state == "same"
        if shared >= 2:
            return Sameness(True, f"the same values at {shared} random real points, to {_BASE_DIGITS} digits")
        if not made.imaginary:
            return self._nowhere_real(left, right, made)
        raise NeedsSymbolic("values that exist at no point tried")

    def _nowhere_real(self, left: Expr, right: Expr, made: Makeup) -> Sameness:
        """Of two expressions that are real together nowhere: their complex values decide."""
        states = [self._at_point(left, right, point, made, real=False) for point in self._points(made.names)]
        if "different" in states:
            return Sameness(False, "defined together nowhere, and different as complex numbers")
        if states.count("same") >= 2:
            return Sameness(True, "the same complex values at random points")
        raise NeedsSymbolic("values that exist at no point tried")

    def _constants(self, left: Expr, right: Expr, made: Makeup) -> Sameness:
        state = self._at_point(left, right, {}, made, real=False, raising=True)
        if state == "same":
            return Sameness(True, "the same to as many digits as its parts call for")
        return Sameness(False, "different numbers")

    def _points(self, names: Iterable[str]) -> Iterator[Mapping[str, Fraction]]:
        ordered = sorted(names)
        for turn in range(len(_POINTS)):
            point: dict[str, Fraction] = {}
            for at, name in enumerate(ordered):
                near = _POINTS[(turn + 3 * at) % len(_POINTS)]
                point[name] = near * (1 + Fraction(self._noise(turn, name), 1 << 44))
            yield point

    def _far_points(self, made: Makeup) -> Iterator[Mapping[str, Fraction]]:
        """For functions with a kink, a jump or a root.

        Far out, near zero, beyond each number that is written, and at integers and halves, where floors jump.
        """
        sizes = [Fraction(10) ** power for power in (-12, -6, 3, 6, 12)]
        sizes += [abs(number) * Fraction(9, 8) for number in sorted(made.numbers, key=abs)[:6] if number]
        for turn, size in enumerate(sizes):
            for sign in (1, -1):
                yield {
                    name: sign * size * (1 + Fraction(self._noise(turn, name), 1 << 44))
                    for name in made.names
                }
        if made.jumping:
            for half in (-3, -2, 1, 2, 5, 8):
                yield {name: Fraction(half + 2 * at, 2) for at, name in enumerate(sorted(made.names))}

    def _noise(self, turn: int, name: str) -> int:
        key = f"{turn} {name}".encode("utf-8", "surrogatepass")
        return int.from_bytes(blake2b(key, digest_size=5, key=self.salt).digest(), "big")

    def _at_point(
        self,
        left: Expr,
        right: Expr,
        point: Mapping[str, Fraction],
        made: Makeup,
        *,
        real: bool,
        raising: bool = False,
    ) -> str:
        """Whether two values are ``same`` or ``different`` at a point, or exist there ``one-sided`` or ``nowhere``."""
        try:
            quick = self._quick(left, right, point, real=real)
        except (OutOfBounds, Undefined, ArithmeticError, AttributeError, ValueError, TypeError):
            quick = None
        if quick == "different":
            return quick
        digits, last = _BASE_DIGITS, None
        while True:
            ev = Evaluator(context(digits), point, real=real, deadline=self.deadline)
            try:
                values = [self._value(ev, node, raising) for node in (left, right)]
            except OutOfBounds:
                if raising:
                    raise
                return "nowhere"
            if values[0] is None or values[1] is None:
                return "nowhere" if values[0] is None and values[1] is None else "one-sided"
            gap, scale = abs(values[0] - values[1]), max(abs(values[0]), abs(values[1]))
            needed = self._digits(ev, made)
            clear = not ev.vanished and ev.lost < 0.25 * ev.mp.prec
            if clear and gap > scale * ev.mp.mpf(10) ** (12 - digits) * 2 ** (
                ev.lost + ev.largest - ev.smallest
            ):
                return "different"
            if digits >= needed:
                if clear and gap <= scale * ev.mp.mpf(10) ** (8 - digits) * 2**ev.lost:
                    return "same"
                if last is not None:
                    return "same" if gap <= last * ev.mp.mpf(10) ** (-digits // 8) else "different"
                last = gap
            if digits >= self.bounds.digits and not raising:
                return "nowhere"
            if digits >= self.bounds.digits:
                raise OutOfBounds(f"telling them apart takes more than {self.bounds.digits} digits")
            digits = min(self.bounds.digits, max(needed, 2 * digits))

    def _value(self, ev: Evaluator, node: Expr, raising: bool) -> Any:
        try:
            return ev.at(node)
        except (Undefined, NotReal, ZeroDivisionError):
            if raising:
                raise
            return None
        except (ValueError, TypeError, OverflowError) as error:
            raise NeedsSymbolic(f"a value that mpmath does not give: {error}") from None

    def _quick(self, left: Expr, right: Expr, point: Mapping[str, Fraction], *, real: bool) -> str | None:
        """By machine floats: ``different``, or None where they do not tell."""
        ev = Evaluator(mpmath.fp, point, real=real, deadline=self.deadline)
        try:
            values = ev.at(left), ev.at(right)
        except NotReal:
            return None
        gap, scale = abs(values[0] - values[1]), max(abs(values[0]), abs(values[1]))
        well = ev.lost < 16 and not ev.vanished and ev.largest < 24 and ev.smallest > -24 and scale > 1e-6
        return "different" if well and gap > 1e-6 * scale else None

    def _digits(self, ev: Evaluator, made: Makeup) -> int:
        spread = (ev.largest - ev.smallest) * 0.302
        return int(_BASE_DIGITS + 4 * spread + 3 * made.digits)

    # Sympy.

    def ask(self, op: str, *nodes: Node, about: str) -> bool | tuple[Expr, ...] | None:
        """What sympy says; None where it could not decide. Time for a worker to start is lent, up to a bound.

        Args:
            about: what is asked, for the reason of a failure.

        Raises:
            Undecided: if it takes more time or memory than there is.
            VerifierError: if no worker can be started.
        """
        left_over = self.deadline - perf_counter()
        seconds, memory = min(self.bounds.symbolic_seconds, left_over), self.bounds.memory_mb
        if seconds <= 0:
            raise Undecided("timeout", f"not decided within {self.bounds.seconds} s")
        reply = ask(op, *nodes, seconds=seconds, memory_mb=memory, patience=left_over + _LENT_SECONDS)
        if reply.status == "timeout":
            raise Undecided("timeout", f"sympy did not decide within {seconds:.2f} s ({about})")
        if reply.status == "memory":
            raise Undecided("too_large", f"sympy needed more than {memory} MB ({about})")
        if reply.status == "unavailable":
            raise VerifierError(
                f"no worker process with sympy can be started, and this answer needs it ({about})"
            )
        return reply.value

    def _symbolic(self, left: Expr, right: Expr, why: str) -> Sameness:
        same = self.ask("equal", left, right, about=why)
        if not isinstance(same, bool):
            raise Undecided("timeout", f"sympy could not decide ({why})")
        return Sameness(same, "sympy shows it" if same else "sympy shows them different", 2)


def _shown(point: Mapping[str, Fraction]) -> str:
    return ", ".join(f"{name} = {float(value):.3g}" for name, value in sorted(point.items()))
