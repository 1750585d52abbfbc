"""Sets of real numbers that intervals, inequalities and their unions describe; whether two of them are the same.

All ends of both sets are put on one line, in order, equal ones once. The line then has an atom for each end and
one for each gap, a set is a mask of atoms, and set operations are those of bits.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal, TypeAlias

from synthgym.verifiers.equivalence.build import difference, map_exprs, negated, number
from synthgym.verifiers.equivalence.exact import OutOfBounds, OutOfTime, Undefined, rational
from synthgym.verifiers.equivalence.makeup import infinite, makeup, variables
from synthgym.verifiers.equivalence.numeric import Evaluator, context
from synthgym.verifiers.equivalence.tree import (
    EXPRS,
    INFINITY,
    ONE,
    TWO,
    Add,
    All,
    Builder,
    Call,
    Div,
    Expr,
    Items,
    Member,
    NamedSet,
    Node,
    Pow,
    Relation,
    SetOp,
    Sym,
)
from synthgym.verifiers.equivalence.values import Judge, Undecided

_DIGITS = 50
_TURNED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "!=": "!=", "=": "="}


_TRIED = (Fraction(0), Fraction(1), Fraction(2), Fraction(37), Fraction(-1, 3))


class NoRegion(ValueError):
    """It is no set of real numbers, or none that can be had by arithmetic."""


@dataclass(frozen=True, slots=True)
class Piece:
    """An interval; an end of None is infinite. A point is an interval with equal ends."""

    low: Expr | None
    high: Expr | None
    low_closed: bool = False
    high_closed: bool = False


@dataclass(frozen=True, slots=True)
class Joined:
    """Sets put together; ``not`` has one part."""

    op: Literal["or", "and", "not"]
    parts: tuple["Shape", ...]


Shape: TypeAlias = Piece | Joined
EVERYTHING = Piece(None, None)
NOTHING = Joined("not", (EVERYTHING,))


@dataclass(frozen=True, slots=True)
class Region:
    """A set of reals, with the name of the variable that it restricts, if it is named."""

    shape: Shape
    name: str | None = None


def is_region(node: Node) -> bool:
    """Whether `node` can be nothing but a set of reals; a pair in brackets alone may be a point, too."""
    if isinstance(node, Items):
        if node.shape == "half":
            return True
        ends = [item for item in node.items if isinstance(item, EXPRS) and infinite(item)]
        return node.shape in ("tuple", "bracket") and len(node.items) == 2 and bool(ends)
    if isinstance(node, Relation):
        return any(sign != "=" for sign in node.signs)
    if isinstance(node, Member):
        return not (isinstance(node.home, NamedSet) and node.home.name not in _REALS)
    if isinstance(node, All):
        return all(is_region(part) for part in node.parts)
    if isinstance(node, NamedSet):
        return node.name in _REALS
    return isinstance(node, SetOp | Builder)


def region(node: Node) -> Region:
    """The set of reals that `node` describes.

    Raises:
        NoRegion: if it is none that can be had by arithmetic.
    """
    names: set[str] = set()
    shape = _shape(node, names)
    if len(names) > 1:
        raise NoRegion("several variables")
    return Region(shape, next(iter(names), None))


def _shape(node: Node, names: set[str]) -> Shape:
    if isinstance(node, Items):
        return _items(node, names)
    if isinstance(node, SetOp):
        return _operation(node, names)
    if isinstance(node, NamedSet) and node.name in _REALS:
        return _REALS[node.name]
    if isinstance(node, Relation):
        parts = [
            _inequality(left, sign, right, names)
            for left, sign, right in zip(node.sides, node.signs, node.sides[1:], strict=False)
        ]
        return parts[0] if len(parts) == 1 else Joined("and", tuple(parts))
    if isinstance(node, Member) and isinstance(node.item, Sym):
        names.add(node.item.name)
        return _shape(node.home, names)
    if isinstance(node, Builder):
        inner = node.item
        if isinstance(inner, Member):
            home = _shape(inner, names)
            return Joined("and", (home, _shape(node.condition, names)))
        if isinstance(inner, Sym):
            own: set[str] = set()
            shape = _shape(node.condition, own)
            if own - {inner.name}:
                raise NoRegion("a condition on another variable")
            return shape
    if isinstance(node, All):
        return Joined("and", tuple(_shape(part, names) for part in node.parts))
    raise NoRegion("no set of reals")


def _items(node: Items, names: set[str]) -> Shape:
    if node.shape in ("half", "bracket", "tuple") and len(node.items) == 2:
        low, high = node.items
        if not isinstance(low, EXPRS) or not isinstance(high, EXPRS):
            raise NoRegion("ends that are no values")
        if variables(low) | variables(high):
            raise NoRegion("ends that are not fixed")
        closed = node.closed
        if infinite(low) > 0 or infinite(high) < 0:
            raise NoRegion("an interval from the wrong infinity")
        if (infinite(low) and closed[0]) or (infinite(high) and closed[1]):
            raise NoRegion("an interval that ends in infinity and contains it")
        bottom = None if infinite(low) else low
        top = None if infinite(high) else high
        return Piece(bottom, top, *closed)
    if node.shape == "set":
        return _points(node)
    if (
        node.shape == "list"
        and node.items
        and all(is_region(item) or _is_equation(item) for item in node.items)
    ):
        return Joined("or", tuple(_shape(item, names) for item in node.items))
    raise NoRegion("no set of reals")


def _is_equation(node: Node) -> bool:
    return isinstance(node, Relation) and len(node.sides) == 2


def _points(node: Items) -> Shape:
    parts: list[Shape] = []
    for item in node.items:
        if not isinstance(item, EXPRS) or variables(item):
            raise NoRegion("points that are not fixed")
        parts.append(Piece(item, item, True, True))
    return Joined("or", tuple(parts))


def _operation(node: SetOp, names: set[str]) -> Shape:
    parts = [_shape(part, names) for part in node.parts]
    if node.op == "union":
        return Joined("or", tuple(parts))
    if node.op == "intersection":
        return Joined("and", tuple(parts))
    return Joined("and", (parts[0], *(Joined("not", (part,)) for part in parts[1:])))


def _inequality(left: Node, sign: str, right: Node, names: set[str]) -> Shape:
    if not isinstance(left, EXPRS) or not isinstance(right, EXPRS):
        raise NoRegion("a relation of things that are no values")
    inside = variables(left) | variables(right)
    if len(inside) != 1:
        raise NoRegion("not one variable")
    name = next(iter(inside))
    names.add(name)
    if isinstance(right, Sym) or (isinstance(right, Call) and not variables(left)):
        left, sign, right = right, _TURNED[sign], left
    if isinstance(left, Call) and left.name == "abs" and not variables(right) and sign not in ("=", "!="):
        return _absolute(left.args[0], sign, right, names)
    if not isinstance(left, Sym) or variables(right):
        curve = _coefficients(difference(left, right), name)
        if curve[0]:
            return _quadratic(*curve, sign)
        _, slope, offset = curve
        if slope == 0:
            raise NoRegion("not linear")
        right, sign = number(-offset / slope), sign if slope > 0 else _TURNED[sign]
    if infinite(right):
        return _beyond(sign, infinite(right))
    if sign in ("=", "!="):
        point = Piece(right, right, True, True)
        return point if sign == "=" else Joined("not", (point,))
    closed = sign.endswith("=")
    return Piece(None, right, False, closed) if sign[0] == "<" else Piece(right, None, closed, False)


def _absolute(inside: Expr, sign: str, bound: Expr, names: set[str]) -> Shape:
    """``|f| < c`` is ``-c < f < c``, and ``|f| > c`` is ``f < -c`` or ``f > c``; for a negative c, too."""
    parts = _inequality(inside, sign, bound, names), _inequality(inside, _TURNED[sign], negated(bound), names)
    return Joined("and" if sign[0] == "<" else "or", parts)


def _beyond(sign: str, infinity: int) -> Shape:
    if sign == "!=" or (sign[0] == "<") == (infinity > 0):
        return EVERYTHING
    return NOTHING


def _coefficients(value: Expr, name: str) -> tuple[Fraction, Fraction, Fraction]:
    """Those of a polynomial in `name`, at most quadratic, with rational coefficients.

    Raises:
        NoRegion: if it is none.
    """
    found: list[Fraction] = []
    made = makeup(value)
    for at in _TRIED:
        try:
            here = rational(substituted(value, name, number(at)), 10_000)
        except (Undefined, OutOfBounds):
            here = None
        if here is None or made.kinked or made.jumping:
            raise NoRegion("no polynomial with rational coefficients")
        found.append(here)
    c, at_one, at_two = found[:3]
    a = (at_two - 2 * at_one + c) / 2
    b = at_one - a - c
    if any(here != (a * at + b) * at + c for at, here in zip(_TRIED, found, strict=True)):
        raise NoRegion("a polynomial of a higher degree")
    return a, b, c


def _quadratic(a: Fraction, b: Fraction, c: Fraction, sign: str) -> Shape:
    """Where ``ax² + bx + c`` stands in that relation to 0."""
    inside = b * b - 4 * a * c
    if inside < 0:
        holds = sign == "!=" or (sign != "=" and (a > 0) == (sign[0] == ">"))
        return EVERYTHING if holds else NOTHING
    root = Pow(number(inside), Div(ONE, TWO))
    low, high = (
        Div(Add((number(-b), negated(root) if turn else root)), number(2 * a)) for turn in (a > 0, a < 0)
    )
    ends = Joined("or", (Piece(low, low, True, True), Piece(high, high, True, True)))
    if sign in ("=", "!="):
        return ends if sign == "=" else Joined("not", (ends,))
    outside = Joined("or", (Piece(None, low), Piece(high, None)))
    between = Joined("not", (Joined("or", (outside, ends)),))
    strict = outside if (a > 0) == (sign[0] == ">") else between
    return strict if len(sign) == 1 else Joined("or", (strict, ends))


def substituted(value: Expr, name: str, by: Expr) -> Expr:
    """`value` with a variable replaced."""
    replaced: Expr = map_exprs(
        value, lambda node: by if isinstance(node, Sym) and node.name == name else node
    )
    return replaced


class Line:
    """The ends of sets on one line.

    Raises:
        NoRegion: if an end is no real number.
        Undecided: if two ends cannot be told apart.
    """

    def __init__(self, shapes: tuple[Shape, ...], judge: Judge) -> None:
        ev = Evaluator(context(_DIGITS), {}, real=False, deadline=judge.deadline)
        placed: list[tuple[object, Expr]] = []
        for end in (end for shape in shapes for end in _ends(shape)):
            try:
                where = ev.at(end)
            except (ArithmeticError, ValueError, TypeError) as error:
                raise NoRegion(f"an end that has no value: {error}") from None
            except OutOfTime:
                raise Undecided("timeout", "the ends of an interval take too long") from None
            if not ev.is_real(where):
                raise NoRegion("an end that is not real")
            placed.append((where, end))
        placed.sort(key=lambda pair: pair[0])  # type: ignore[arg-type, return-value]
        self.ranks: dict[Expr, int] = {}
        rank, last = -1, None
        for _, end in placed:
            if last is None or not (end == last or judge.same(end, last).same):
                rank += 1
            self.ranks[end], last = rank, end
        self.atoms = 2 * (rank + 1) + 1

    def mask(self, shape: Shape) -> int:
        """The atoms of `shape`: bit 2r + 1 is the end of rank r, bits 2r and 2r + 2 the gaps beside it."""
        everything = (1 << self.atoms) - 1
        if isinstance(shape, Piece):
            low = 0 if shape.low is None else 2 * self.ranks[shape.low] + (1 if shape.low_closed else 2)
            high = (
                self.atoms
                if shape.high is None
                else 2 * self.ranks[shape.high] + (2 if shape.high_closed else 1)
            )
            if high <= low:
                raise NoRegion("an interval whose ends are in the wrong order")
            return ((1 << high) - 1) & ~((1 << low) - 1)
        masks = [self.mask(part) for part in shape.parts]
        if shape.op == "not":
            return everything & ~masks[0]
        total = masks[0]
        for mask in masks[1:]:
            total = total | mask if shape.op == "or" else total & mask
        return total


def _ends(shape: Shape) -> Iterator[Expr]:
    if isinstance(shape, Piece):
        if shape.low is not None:
            yield shape.low
        if shape.high is not None:
            yield shape.high
    else:
        for part in shape.parts:
            yield from _ends(part)


def same_region(left: Region, right: Region, judge: Judge) -> bool:
    """Whether two sets of reals are the same, and restrict the same variable where both name one.

    Raises:
        NoRegion, Undecided: as they say.
    """
    if left.name and right.name and left.name != right.name:
        return False
    line = Line((left.shape, right.shape), judge)
    return line.mask(left.shape) == line.mask(right.shape)


_REALS: dict[str, Shape] = {
    "R": EVERYTHING,
    "R+": Piece(number(0), None),
    "R-": Piece(None, number(0)),
    "R*": Joined("not", (Piece(number(0), number(0), True, True),)),
    "": NOTHING,
}
MINUS_INFINITY = negated(INFINITY)
