"""Small makers of trees that more than one module needs."""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import fields, is_dataclass
from fractions import Fraction
from typing import Any, cast

from synthgym.verifiers.equivalence.tree import (
    IMAGINARY,
    MINUS_ONE,
    Add,
    Expr,
    Items,
    Member,
    Mul,
    Node,
    Num,
    PlusMinus,
    Relation,
    Sym,
    Text,
)
from synthgym.verifiers.equivalence.words import SYNONYMS


def number(value: int | Fraction) -> Num:
    """`value` as a node."""
    return Num(Fraction(value))


def negated(value: Expr) -> Expr:
    """Minus `value`."""
    if isinstance(value, Num):
        return Num(-value.value)
    return Mul((MINUS_ONE, value))


def signed(sign: str, term: Node) -> Node:
    """`term` behind one of ``+ - ± ∓``."""
    if sign == "+":
        return term
    value = cast(Expr, term)
    return negated(value) if sign == "-" else PlusMinus(value, flipped=sign == "∓")


def product(factors: Sequence[Expr]) -> Expr:
    """The flat product of `factors`."""
    flat: list[Expr] = []
    for factor in factors:
        flat += factor.factors if isinstance(factor, Mul) else (factor,)
    return flat[0] if len(flat) == 1 else Mul(tuple(flat))


def difference(left: Expr, right: Expr) -> Expr:
    """`left` minus `right`."""
    return Add((left, negated(right)))


def flat_items(nodes: Iterable[Node]) -> list[Node]:
    """The items of bare lists among `nodes` in their place."""
    flat: list[Node] = []
    for node in nodes:
        flat += node.items if isinstance(node, Items) and node.shape == "list" else (node,)
    return flat


def is_condition(node: Node) -> bool:
    """Whether it restricts something: an inequality or a membership."""
    return isinstance(node, Member) or (isinstance(node, Relation) and set(node.signs) != {"="})


def text_node(raw: str) -> Text:
    """Words, folded: lower case, letters and digits alone, phrases that say the same made one."""
    words = " ".join(_NOT_WORDS.sub(" ", raw.replace("'", "")).casefold().split())
    words = words.removeprefix("the ").removeprefix("an ").removeprefix("a ") or words
    return Text(SYNONYMS.get(words, words), raw.strip())


def map_exprs(node: Any, change: Callable[[Any], Any]) -> Any:
    """`node` with `change` applied to every node in it, from the leaves up."""
    if not is_dataclass(node) or isinstance(node, (Num, Sym)):
        return change(node) if is_dataclass(node) else node
    values: dict[str, Any] = {}
    for field in fields(node):
        value = getattr(node, field.name)
        if isinstance(value, tuple):
            values[field.name] = tuple(
                tuple(map_exprs(inner, change) for inner in item)
                if isinstance(item, tuple)
                else map_exprs(item, change)
                for item in value
            )
        else:
            values[field.name] = map_exprs(value, change)
    return change(type(node)(**values))  # type: ignore[misc]


def with_variable(body: Expr, constant: str) -> Expr:
    """`body` with e or i as the variable that a sum makes of it."""
    return cast(
        Expr,
        map_exprs(body, lambda node: Sym(constant) if node == IMAGINARY and constant == "i" else node),
    )


_NOT_WORDS = re.compile(r"[^\w]+", re.ASCII)
