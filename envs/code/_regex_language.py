"""The languages that `regex_synthesis` asks for: trees of our own, with their writers in JSON and in patterns."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

from synthgym.errors import TaskError, shown
from synthgym.facts import Fact


@dataclass(frozen=True, slots=True)
class Text:
    """One string of one or more characters."""

    text: str


@dataclass(frozen=True, slots=True)
class OneOf:
    """One character out of several; they are consecutive if `span`, and then written as first-last."""

    chars: str
    span: bool = False


@dataclass(frozen=True, slots=True)
class Sequence:
    """The parts one after the other."""

    parts: "tuple[Node, ...]"


@dataclass(frozen=True, slots=True)
class Either:
    """Any one of the options."""

    options: "tuple[Node, ...]"


@dataclass(frozen=True, slots=True)
class Repeat:
    """The part `low` to `high` times, without an upper bound if `high` is None."""

    part: "Node"
    low: int
    high: int | None


Node: TypeAlias = "Text | OneOf | Sequence | Either | Repeat"
_SPECIAL = frozenset("\\.^$*+?{}[]|()")
_COUNTS = {(0, None): "*", (1, None): "+", (0, 1): "?"}


def pack(node: Node) -> list[object]:
    """`node` as JSON-able lists, for the facts."""
    match node:
        case Text(text):
            return ["text", text]
        case OneOf(chars, span):
            return ["one", chars, span]
        case Sequence(parts):
            return ["seq", *map(pack, parts)]
        case Either(options):
            return ["or", *map(pack, options)]
        case Repeat(part, low, high):
            return ["rep", pack(part), low, high]


def unpack(fact: Fact) -> Node:
    """The tree that `pack` wrote.

    Raises:
        TaskError: for anything else.
    """
    match fact:
        case ("text", str(text)):
            return Text(text)
        case ("one", str(chars), bool(span)):
            return OneOf(chars, span)
        case ("seq", *parts):
            return Sequence(tuple(map(unpack, parts)))
        case ("or", *options):
            return Either(tuple(map(unpack, options)))
        case ("rep", part, int(low), int() | None as high):
            return Repeat(unpack(part), low, high)
    raise TaskError(f"{shown(fact)} is no language; it should be what pack() wrote")


def children(node: Node) -> tuple[Node, ...]:
    """The trees right below `node`."""
    match node:
        case Sequence(below) | Either(below):
            return below
        case Repeat(part, _, _):
            return (part,)
    return ()


def walk(node: Node) -> Iterator[Node]:
    """`node` and every tree below it."""
    yield node
    for child in children(node):
        yield from walk(child)


def pattern(node: Node) -> str:
    """A regular expression for `node`, in as few constructs as do."""
    match node:
        case Text(text):
            return "".join(f"\\{char}" if char in _SPECIAL else char for char in text)
        case OneOf(chars, span):
            return f"[{chars[0]}-{chars[-1]}]" if span else f"[{''.join(map(_in_class, chars))}]"
        case Sequence(parts):
            return "".join(f"({pattern(p)})" if isinstance(p, Either) else pattern(p) for p in parts)
        case Either(options):
            return "|".join(map(pattern, options))
        case Repeat(part, low, high):
            single = isinstance(part, OneOf) or (isinstance(part, Text) and len(part.text) == 1)
            return f"{pattern(part) if single else f'({pattern(part)})'}{_count(low, high)}"


def _in_class(char: str) -> str:
    return f"\\{char}" if char in "\\]^-[" else char


def _count(low: int, high: int | None) -> str:
    if (low, high) in _COUNTS:
        return _COUNTS[low, high]
    if low == high:
        return f"{{{low}}}"
    return f"{{{low},}}" if high is None else f"{{{low},{high}}}"
