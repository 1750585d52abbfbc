"""Trees as plain lists and strings, to cross a pipe as JSON and come back the same.

The wire form is a program in Polish notation: one flat list of instructions, a node before its parts. JSON of any
tree is therefore three levels deep at most, and neither direction recurses. Integers are written in
hexadecimal, which has no limit of digits (`sys.set_int_max_str_digits` is about decimals) and costs linear time.

What crosses: every `Expr`, and `Relation`, `All` and lists over them.
"""

import re
from collections.abc import Callable
from fractions import Fraction
from typing import Any, TypeAlias, get_args

from synthgym.errors import SynthGymError, shown
from synthgym.verifiers.equivalence.tree import (
    EXPRS,
    FUNCTIONS,
    Add,
    All,
    Apply,
    Bound,
    Call,
    Const,
    Div,
    Expr,
    Items,
    Mul,
    Node,
    Num,
    PlusMinus,
    Pow,
    Relation,
    Sym,
)

MAX_NODES = 20_000
"""More than a parsed answer can have; a tree that shares its parts may unfold to any number."""
MAX_DEPTH = 250
"""Of nested nodes. sympy recurses over what it is given."""

SIGNS = frozenset({"=", "!=", "<", "<=", ">", ">="})
_RATIONAL = re.compile(r"-?(0|[1-9a-f][0-9a-f]*)(/[1-9a-f][0-9a-f]*)?", re.ASCII)
_CONSTANTS = frozenset(get_args(Const.__annotations__["name"]))
_BINDERS = frozenset(get_args(Bound.__annotations__["op"]))

Wire: TypeAlias = list[list[Any]]
"""Instructions: a tag, its settings and, where it varies, how many parts follow."""


class WireError(SynthGymError, ValueError):
    """A tree that cannot cross, or data that no tree was written as."""


class WireSizeError(WireError):
    """A tree larger than `MAX_NODES`, or deeper than `MAX_DEPTH`."""


def to_wire(node: Node) -> Wire:
    """The instructions of `node`.

    Raises:
        WireError: a node that does not cross (a matrix, text, a quantity ...).
        WireSizeError: too many nodes, or too deep.
    """
    out: Wire = []
    waiting: list[tuple[Node, int]] = [(node, 1)]
    while waiting:
        current, depth = waiting.pop()
        if depth > MAX_DEPTH or len(out) >= MAX_NODES:
            raise WireSizeError(f"a tree above {MAX_NODES} nodes or {MAX_DEPTH} levels does not cross")
        instruction, parts = _take_apart(current)
        out.append(instruction)
        waiting.extend((part, depth + 1) for part in reversed(parts))
    return out


def from_wire(data: object) -> Node:
    """The tree that `to_wire` wrote as `data`.

    Raises:
        WireError: anything else.
    """
    if not isinstance(data, list) or not data:
        raise WireError("the wire form of a tree is a list of instructions with at least one in it")
    if len(data) > MAX_NODES:
        raise WireSizeError(f"{len(data)} instructions; at most {MAX_NODES} cross")
    stack: list[tuple[Node, int]] = []
    for instruction in reversed(data):
        build, count = _read(instruction)
        if count > len(stack):
            raise WireError(f"{shown(instruction)} has {count} parts; {len(stack)} follow it")
        parts = [stack.pop() for _ in range(count)]
        depth = 1 + max((depth for _, depth in parts), default=0)
        if depth > MAX_DEPTH:
            raise WireSizeError(f"a tree above {MAX_DEPTH} levels does not cross")
        stack.append((build([part for part, _ in parts]), depth))
    if len(stack) != 1:
        raise WireError(f"the instructions make {len(stack)} trees, not one")
    return stack[0][0]


def rational_to_text(value: Fraction) -> str:
    """``p`` or ``p/q`` in lowest terms, in hexadecimal."""
    top = f"{value.numerator:x}"
    return top if value.denominator == 1 else f"{top}/{value.denominator:x}"


def rational_from_text(text: object) -> Fraction:
    """The reverse of `rational_to_text`; raises `WireError` for anything it would not write."""
    if not isinstance(text, str) or not _RATIONAL.fullmatch(text):
        raise WireError(f"{shown(text)} is no hexadecimal rational")
    top, _, bottom = text.partition("/")
    value = Fraction(int(top, 16), int(bottom or "1", 16))
    if rational_to_text(value) != text:
        raise WireError(f"{shown(text)} is not in lowest terms")
    return value


def _take_apart(node: Node) -> tuple[list[Any], tuple[Node, ...]]:
    match node:
        case Num(value):
            return ["num", rational_to_text(value)], ()
        case Sym(name) | Const(name):
            return ["sym" if isinstance(node, Sym) else "const", name], ()
        case Add(parts):
            return ["add", len(parts)], parts
        case Mul(parts):
            return ["mul", len(parts)], parts
        case Div(top, bottom):
            return ["div"], (top, bottom)
        case Pow(base, exponent):
            return ["pow"], (base, exponent)
        case Call(name, args):
            return ["call", name, len(args)], args
        case Apply(name, args):
            return ["apply", name, len(args)], args
        case Bound(op, body, variable, lower, upper):
            ends = tuple(end for end in (lower, upper) if end is not None)
            return ["bound", op, variable.name, lower is not None, upper is not None], (body, *ends)
        case PlusMinus(term, flipped):
            return ["pm", flipped], (term,)
        case Relation(sides, signs):
            return ["relation", list(signs)], sides
        case All(parts):
            return ["all", len(parts)], parts
        case Items("list", parts):
            return ["list", len(parts)], parts
        case _:
            raise WireError(
                f"{type(node).__name__} does not cross: an expression, a relation, "
                "several of them or a bare list does"
            )


_Build: TypeAlias = Callable[[list[Node]], Node]


def _read(instruction: object) -> tuple[_Build, int]:
    """How to build the node of one instruction, and of how many parts."""
    if not isinstance(instruction, list):
        raise WireError(f"{shown(instruction)} is no instruction, which is a list")
    match instruction:
        case ["num", text]:
            number = Num(rational_from_text(text))
            return lambda _: number, 0
        case ["sym", str(name)]:
            return lambda _: Sym(name), 0
        case ["const", str(name)] if name in _CONSTANTS:
            return lambda _: Const(name), 0  # type: ignore[arg-type]
        case ["add", int(count)] if _is_count(count):
            return lambda parts: Add(_exprs(parts)), count
        case ["mul", int(count)] if _is_count(count):
            return lambda parts: Mul(_exprs(parts)), count
        case ["div"]:
            return lambda parts: Div(*_exprs(parts)), 2
        case ["pow"]:
            return lambda parts: Pow(*_exprs(parts)), 2
        case ["call", str(name), int(count)] if _is_count(count) and FUNCTIONS.get(name) in (count, -1):
            return lambda parts: Call(name, _exprs(parts)), count
        case ["apply", str(name), int(count)] if _is_count(count):
            return lambda parts: Apply(name, _exprs(parts)), count
        case ["bound", str(op), str(name), bool(lower), bool(upper)] if op in _BINDERS:
            return _bound(op, name, lower, upper), 1 + lower + upper
        case ["pm", bool(flipped)]:
            return lambda parts: PlusMinus(_exprs(parts)[0], flipped), 1
        case ["relation", [_, *_] as signs] if all(isinstance(s, str) and s in SIGNS for s in signs):
            return lambda parts: Relation(_exprs(parts), tuple(signs)), len(signs) + 1
        case ["all", int(count)] if _is_count(count):
            return lambda parts: All(tuple(parts)), count
        case ["list", int(count)] if _is_count(count):
            return lambda parts: Items("list", tuple(parts)), count
    raise WireError(f"{shown(instruction)} is no instruction that is known")


def _bound(op: str, name: str, lower: bool, upper: bool) -> _Build:
    def build(parts: list[Node]) -> Node:
        body, *ends = _exprs(parts)
        low = ends[0] if lower else None
        return Bound(op, body, Sym(name), low, ends[-1] if upper else None)  # type: ignore[arg-type]

    return build


def _is_count(count: int) -> bool:
    return not isinstance(count, bool) and count >= 0


def _exprs(parts: list[Node]) -> tuple[Expr, ...]:
    for part in parts:
        if not isinstance(part, EXPRS):
            raise WireError(f"{type(part).__name__} stands where a value is needed")
    return tuple(part for part in parts if isinstance(part, EXPRS))
