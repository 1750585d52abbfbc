"""Turns a tree into the form in which answers are compared, and finds what an answer says of itself that is false.

Signs of two values are written out, names in a list are shared (``n = 2, 3, 4`` gives three values of n), a
list that alternates between relations of one variable becomes one set, and a chain such as ``x = 3 \\cdot 4 =
12`` is checked link by link.
"""

from dataclasses import dataclass
from fractions import Fraction

from synthgym.verifiers.equivalence.build import flat_items, map_exprs, negated
from synthgym.verifiers.equivalence.exact import OutOfBounds, Undefined, rational
from synthgym.verifiers.equivalence.makeup import children, infinite, variables
from synthgym.verifiers.equivalence.tree import (
    EXPRS,
    All,
    Apply,
    Call,
    Expr,
    Items,
    Matrix,
    Member,
    Mul,
    NamedSet,
    Node,
    Num,
    PlusMinus,
    Pow,
    Quantity,
    Relation,
    Sym,
    Text,
)
from synthgym.verifiers.equivalence.values import Judge

_MAX_SIGNS = 6


class Contradiction(ValueError):
    """The answer says something false of itself."""


@dataclass(frozen=True, slots=True)
class Named:
    """What an answer says, and of which name: ``x = 5`` says 5 of x."""

    name: str | None
    value: Node


def normal(node: Node) -> Node:
    """`node` as it is compared."""
    node = _without_signs(node)
    if isinstance(node, Items):
        items = tuple(normal(item) for item in node.items)
        if node.shape == "list":
            items = _shared_name(tuple(flat_items(items)))
        if (
            node.shape == "bracket"
            and len({len(row) for row in map(_row, items)} - {0}) == 1
            and all(map(_row, items))
        ):
            return Matrix(tuple(_row(item) for item in items))
        return Items(node.shape, items, node.closed)
    return node


def _row(node: Node) -> tuple[Node, ...]:
    return node.items if isinstance(node, Items) and node.shape == "bracket" else ()


def _shared_name(items: tuple[Node, ...]) -> tuple[Node, ...]:
    """``n = 2, 3, 4``: all of n."""
    first = items[0]
    if not (isinstance(first, Relation) and first.signs == ("=",) and is_name(first.sides[0])):
        return items
    if any(isinstance(item, Relation) for item in items[1:]):
        return items
    return (first, *(Relation((first.sides[0], item), ("=",)) for item in items[1:]))


def _without_signs(node: Node) -> Node:
    """``±a`` as the list of both; all signs turn together."""
    count = _signs(node)
    if count == 0:
        return node
    if isinstance(node, Items) and node.shape in ("list", "set"):
        return Items(node.shape, tuple(flat_items(map(_without_signs, node.items))))
    if isinstance(node, All):
        return All(tuple(map(_without_signs, node.parts)))
    if count > _MAX_SIGNS:
        raise Contradiction(f"{count} signs of two values")

    def turned(upper: bool) -> Node:
        def one(inner: Node) -> Node:
            if isinstance(inner, PlusMinus):
                return inner.term if inner.flipped != upper else negated(inner.term)
            return inner

        found: Node = map_exprs(node, one)
        return found

    return Items("list", (turned(True), turned(False)))


def _signs(node: Node) -> int:
    below = children(node)
    return (type(node) is PlusMinus) + (sum(map(_signs, below)) if below else 0)


def is_title(node: Relation) -> bool:
    """Whether words head the chain: ``\\text{Area} = 5``."""
    return isinstance(node.sides[0], Text) and not any(isinstance(side, Text) for side in node.sides[1:])


def is_name(node: Node) -> bool:
    """Whether it can be what a value is given to: a variable, ``f(x)``, ``AB``, or a tuple of variables."""
    if isinstance(node, Items):
        return node.shape == "tuple" and all(isinstance(item, Sym) for item in node.items)
    if isinstance(node, Mul):
        return all(isinstance(factor, Sym) and factor.name in _POINTS for factor in node.factors)
    if isinstance(node, Call) and node.name == "abs":
        return isinstance(node.args[0], Mul) and is_name(node.args[0])
    return isinstance(node, Sym | Apply)


_POINTS = frozenset("ABCDEFGHJKLMNOPQRSTUVWXYZ")
"""Letters that name points; side by side they name a segment."""


def named(node: Node) -> Named:
    """What `node`, a chain whose links hold, says, and of which name.

    Raises:
        Contradiction: if it gives a tuple of names what is no such tuple.
    """
    if isinstance(node, Member) and isinstance(node.item, Sym) and not isinstance(node.home, NamedSet):
        return Named(node.item.name, node.home)
    if not isinstance(node, Relation):
        return Named(None, node)
    if set(node.signs) != {"="}:
        return Named(None, node)
    first, last = node.sides[0], node.sides[-1]
    if is_title(node):
        return Named(None, last if len(node.sides) == 2 else Relation(node.sides[1:], node.signs[1:]))
    if is_name(first) and not _stands_in(first, node.sides[1:]):
        if isinstance(first, Items) and not (isinstance(last, Items) and len(last.items) == len(first.items)):
            raise Contradiction("it gives a tuple of names what is no such tuple")
        return Named(spelled(first), last)
    if len(node.sides) == 2 and is_name(last) and not _stands_in(last, node.sides[:1]):
        return Named(spelled(last), first)
    if not any(variables(side) for side in node.sides):
        return Named(None, last)
    return Named(None, node)


def _stands_in(name: Node, sides: tuple[Node, ...]) -> bool:
    own = set() if isinstance(name, Apply) else variables(name)
    return any(own & variables(side) for side in sides)


def spelled(name: Node) -> str:
    """A name as text: ``x``, ``f(x)``, ``x,y``."""
    if isinstance(name, Sym):
        return name.name
    if isinstance(name, Apply):
        return f"{name.name}({','.join(map(spelled, name.args))})"
    if isinstance(name, Call):
        return spelled(name.args[0])
    if isinstance(name, Mul):
        return "".join(sorted(map(spelled, name.factors)))
    if isinstance(name, Items):
        return ",".join(map(spelled, name.items))
    return str(name.value) if isinstance(name, Num) else repr(name)


def check_order(node: Relation, judge: Judge) -> None:
    """That neighbours that are rational numbers stand in the order they are said to.

    Raises:
        Contradiction: if they do not.
    """
    for left, sign, right in zip(node.sides, node.signs, node.sides[1:], strict=False):
        fixed = all(isinstance(side, EXPRS) and not variables(side) for side in (left, right))
        if sign != "=" and fixed:
            _check_order(left, sign, right, judge)


def _check_order(left: Node, sign: str, right: Node, judge: Judge) -> None:
    sizes: list[Fraction] = []
    for side in (left, right):
        assert isinstance(side, EXPRS)
        try:
            value = None if infinite(side) else rational(side, judge.bounds.bits)
        except (OutOfBounds, Undefined):
            value = None
        if value is None:
            return
        sizes.append(value)
    low, high = sizes
    holds = {"<": low < high, "<=": low <= high, ">": low > high, ">=": low >= high, "!=": low != high}
    if not holds[sign]:
        raise Contradiction("it is an inequality that does not hold")


def arbitrary(gold: Expr, answer: Expr) -> Expr:
    """`answer` with its arbitrary constant renamed to that of `gold`: ``+c`` to ``+C``."""
    own, theirs = variables(gold), variables(answer)
    if len(own - theirs) == len(theirs - own) == 1:
        (one,), (other,) = own - theirs, theirs - own
        known = {one, other} <= _CONSTANT_NAMES and {one, other} & {"C", "c"}
        if known and Sym(one) in getattr(gold, "terms", ()) and Sym(other) in getattr(answer, "terms", ()):
            renamed: Expr = map_exprs(answer, lambda node: Sym(one) if node == Sym(other) else node)
            return renamed
    return answer


_CONSTANT_NAMES = frozenset(("c", "C", "K", "k", "C_1", "c_1", "D", "C_0"))


def as_unit(node: Expr) -> Quantity | None:
    """``5 m`` read as a product of letters, as five metres; None if it is no number times such letters."""
    if not isinstance(node, Mul):
        if type(node).__name__ == "Div":
            return _per(node)
        return None
    numbers = [factor for factor in node.factors if not variables(factor)]
    letters = [factor for factor in node.factors if variables(factor)]
    phrase = " ".join(_unit_letters(factor) for factor in letters)
    if not numbers or not phrase or "?" in phrase:
        return None
    return Quantity(numbers[0] if len(numbers) == 1 else Mul(tuple(numbers)), phrase)


def _per(node: Node) -> Quantity | None:
    top, bottom = getattr(node, "top", None), getattr(node, "bottom", None)
    over = as_unit(top) if isinstance(top, EXPRS) else None
    under = _unit_letters(bottom) if bottom is not None else "?"
    return None if over is None or "?" in under else Quantity(over.value, f"{over.unit}/{under}")


def _unit_letters(node: Node) -> str:
    if isinstance(node, Sym) and len(node.name) == 1:
        return node.name
    if isinstance(node, Pow) and isinstance(node.base, Sym) and isinstance(node.exponent, Num):
        return f"{node.base.name}^{node.exponent.value}"
    return "?"


def degrees(value: Expr) -> Expr:
    """An angle in degrees as its value."""
    return Call("degree", (value,))
