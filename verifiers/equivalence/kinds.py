"""What gold and answers may be asked to be, and how a text that could be two things is read then.

``number``: a rational number as it is written, with nothing to work out (see `numbers`). ``expression``: any
value. ``list``: several values in any order, bare or in brackets. ``tuple``:
in order. ``set``: without order and repeats, bare or in braces. ``interval``: a pair in brackets is an
interval, a union of them too. ``equation``, ``inequality``, ``matrix``. ``choice``: one letter, its brackets
and what follows it left out. ``text``: words.
"""

from typing import get_args

from synthgym.errors import SettingError, shown, suggestion
from synthgym.verifiers.equivalence.lexer import Unreadable
from synthgym.verifiers.equivalence.numbers import written_number
from synthgym.verifiers.equivalence.tree import (
    EXPRS,
    Items,
    Matrix,
    Member,
    NamedSet,
    Node,
    Quantity,
    Relation,
    SetOp,
    Sym,
)
from synthgym.verifiers.equivalence.types import Kind

KINDS: tuple[str, ...] = get_args(Kind)


def check_kind(kind: str | None) -> None:
    """That there is such a kind.

    Raises:
        SettingError: if there is none.
    """
    if kind is not None and kind not in KINDS:
        raise SettingError(f"no kind of answer named {shown(kind)}{suggestion(str(kind), KINDS)}")


def in_kind(node: Node, kind: Kind | None) -> Node:
    """`node` as that kind of thing.

    Raises:
        Unreadable: if it cannot be one.
    """
    if kind is None or kind == "text":
        return node
    found = _READERS[kind](node)
    if found is None:
        raise Unreadable(f"it is no {kind}")
    return found


def _value(node: Node) -> Node | None:
    if isinstance(node, Relation) and set(node.signs) == {"="}:
        return node
    return node if isinstance(node, (*EXPRS, Quantity)) else None


def _number(node: Node) -> Node | None:
    sides = node.sides if isinstance(node, Relation) and set(node.signs) == {"="} else (node,)
    unnamed = [side for side in sides if not isinstance(side, Sym)]
    return node if unnamed and all(written_number(side) is not None for side in unnamed) else None


def _list(node: Node) -> Node | None:
    if isinstance(node, Items):
        return Items("list", node.items) if node.shape != "half" else None
    return Items("list", (node,)) if isinstance(node, (*EXPRS, Quantity)) else None


def _tuple(node: Node) -> Node | None:
    return Items("tuple", node.items) if isinstance(node, Items) and node.shape != "half" else None


def _set(node: Node) -> Node | None:
    if isinstance(node, Items):
        return Items("set", node.items) if node.shape in ("list", "set") else None
    if isinstance(node, NamedSet | SetOp | Member):
        return node
    return Items("set", (node,)) if isinstance(node, (*EXPRS, Quantity)) else None


def _interval(node: Node) -> Node | None:
    if isinstance(node, Items) and len(node.items) == 2 and node.shape in ("tuple", "bracket", "half"):
        return SetOp("union", (node,))
    if isinstance(node, Relation) and set(node.signs) == {"="}:
        return None
    return node if isinstance(node, SetOp | NamedSet | Member | Relation) or _is_set(node) else None


def _is_set(node: Node) -> bool:
    return isinstance(node, Items) and node.shape == "set"


def _equation(node: Node) -> Node | None:
    return node if isinstance(node, Relation) and "=" in node.signs else None


def _inequality(node: Node) -> Node | None:
    if isinstance(node, Relation) and node.signs == ("=",):
        return None
    return (
        node if isinstance(node, Relation | SetOp | Items | Member) or type(node).__name__ == "All" else None
    )


def _matrix(node: Node) -> Node | None:
    return node if isinstance(node, Matrix | Items) else None


def _choice(node: Node) -> Node | None:
    return node if isinstance(node, Sym) and len(node.name) == 1 else None


_READERS = {
    "number": _number,
    "expression": _value,
    "list": _list,
    "tuple": _tuple,
    "set": _set,
    "interval": _interval,
    "equation": _equation,
    "inequality": _inequality,
    "matrix": _matrix,
    "choice": _choice,
}
