"""What an expression is made of: its variables, and what in it asks for care."""

from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from synthgym.verifiers.equivalence.tree import Add, Apply, Bound, Call, Const, Div, Expr, Mul, Num, Pow, Sym


@dataclass(slots=True)
class Makeup:
    """What stands in one expression or more.

    Attributes:
        names: the free variables.
        numbers: the numbers written in it.
        imaginary: whether i is there.
        absolute: whether an absolute value is.
        kinked: whether a function is that two formulas share in places: a root, an absolute value, a maximum.
        jumping: whether a function is that jumps at integers.
        digits: of long literals, all together.
    """

    names: set[str]
    numbers: set[Fraction] = field(default_factory=set)
    imaginary: bool = False
    absolute: bool = False
    kinked: bool = False
    jumping: bool = False
    digits: int = 0


def makeup(*nodes: Expr) -> Makeup:
    """What `nodes` are made of."""
    found = Makeup(set())
    for node in nodes:
        _collect(node, found, frozenset())
    return found


def variables(node: Any) -> frozenset[str]:
    """The names of the free variables of `node`."""
    return frozenset(makeup(node).names)


def _collect(node: Any, found: Makeup, bound: frozenset[str]) -> None:
    kind = type(node)
    if kind is Sym:
        if node.name not in bound:
            found.names.add(node.name)
    elif kind is Num:
        bits = node.value.numerator.bit_length() + node.value.denominator.bit_length()
        if len(found.numbers) < 40:
            found.numbers.add(node.value)
        found.digits += max(0, int(bits * 0.302) - 4)
    elif kind is Const:
        found.imaginary = found.imaginary or node.name == "i"
    elif kind is Bound:
        open_ended = node.op == "derivative" or (node.op == "integral" and node.lower is None)
        _collect(node.body, found, bound if open_ended else bound | {node.variable.name})
        for end in (node.lower, node.upper):
            if end is not None:
                _collect(end, found, bound)
    else:
        if kind is Apply:
            found.names.add(f"{node.name}()")
        elif kind is Call:
            found.absolute = found.absolute or node.name == "abs"
            found.kinked = found.kinked or node.name in _KINKED
            found.jumping = found.jumping or node.name in _JUMPING
        elif kind is Pow:
            found.kinked = found.kinked or _is_root(node.exponent)
        for child in children(node):
            _collect(child, found, bound)


_JUMPING = frozenset(("floor", "ceil", "mod"))
_KINKED = _JUMPING | {"abs", "max", "min", "sign", "root", "tanh", "coth", "sech", "csch", "arg"}


def _is_root(exponent: Expr) -> bool:
    """Whether a power to it is a root."""
    if isinstance(exponent, Div):
        return isinstance(exponent.top, Num) and isinstance(exponent.bottom, Num)
    return isinstance(exponent, Num) and exponent.value.denominator > 1


_CHILDREN: dict[type, Callable[[Any], tuple[Any, ...]]] = {
    Num: lambda node: (),
    Sym: lambda node: (),
    Const: lambda node: (),
    Add: lambda node: node.terms,
    Mul: lambda node: node.factors,
    Div: lambda node: (node.top, node.bottom),
    Pow: lambda node: (node.base, node.exponent),
    Call: lambda node: node.args,
    Apply: lambda node: node.args,
}


def children(node: object) -> tuple[Any, ...]:
    """The nodes right below `node`."""
    known = _CHILDREN.get(type(node))
    return known(node) if known is not None else _other_children(node)


def _other_children(node: object) -> tuple[Any, ...]:
    found: list[Any] = []
    for name in node.__slots__:  # type: ignore[attr-defined]
        value = getattr(node, name)
        if isinstance(value, tuple):
            for item in value:
                found += item if isinstance(item, tuple) else (item,)
        else:
            found.append(value)
    return tuple(child for child in found if hasattr(child, "__slots__") and not isinstance(child, Fraction))


def infinite(node: Expr) -> int:
    """1 for ∞, -1 for -∞, 0 for anything else."""
    if node == Const("inf"):
        return 1
    if isinstance(node, Mul) and Const("inf") in node.factors:
        rest = [factor for factor in node.factors if factor != Const("inf")]
        numbers = [factor.value for factor in rest if isinstance(factor, Num) and factor.value]
        if len(numbers) == len(rest) == len(node.factors) - 1:
            return -1 if sum(value < 0 for value in numbers) % 2 else 1
    return 0
