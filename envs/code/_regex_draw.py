"""Draws the languages that `regex_synthesis` asks for; what a difficulty adds stands in `_kinds`."""

from collections.abc import Callable
from typing import TypeAlias

from synthgym.envs.code._regex_language import Either, Node, OneOf, Repeat, Sequence, Text
from synthgym.rng import Rng

Maker: TypeAlias = Callable[[Rng, str], Node]
_EASY = "abcdefgh"
_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_SIGNS = ".+*?-_:/$"
_SPANS = (_LETTERS, "0123456789", _LETTERS.upper())


def draw(rng: Rng, difficulty: int) -> Sequence:
    """A sequence of 2 + difficulty // 2 parts, no two neighbours of which would be one."""
    letters = "".join(rng.sample(_LETTERS if difficulty else _EASY, 3))
    makers = _kinds(difficulty)
    parts: list[Node] = []
    while len(parts) < 2 + difficulty // 2:
        part = rng.choice(makers)(rng, letters)
        if not parts or _told_apart(parts[-1], part):
            parts.append(part)
    return Sequence(tuple(parts))


def _kinds(difficulty: int) -> list[Maker]:
    """The kinds of parts at a difficulty; those of high ones take the place of the easiest."""
    kinds: list[tuple[int, int, Maker]] = [
        (0, 2, _few),
        (1, 4, _counted),
        (2, 10, _word),
        (2, 6, _few_words),
        (3, 8, _class),
        (4, 10, _group),
        (5, 10, _span),
        (6, 10, _sign),
        (7, 10, _nested),
        (9, 10, _deep),
    ]
    return [make for first, last, make in kinds if first <= difficulty <= last]


def _told_apart(before: Node, after: Node) -> bool:
    if isinstance(before, Repeat) and isinstance(after, Repeat):
        return before.part != after.part
    return not (isinstance(before, Text) and isinstance(after, Text))


def _few(rng: Rng, letters: str) -> Node:
    return Repeat(Text(rng.choice(letters)), *rng.choice([(0, None), (1, None), (0, 1), (2, 2), (3, 3)]))


def _counted(rng: Rng, letters: str) -> Node:
    return Repeat(Text(rng.choice(letters)), *_bounds(rng))


def _word(rng: Rng, letters: str) -> Node:
    return Text("".join(rng.choice(letters) for _ in range(rng.integer(2, 3))))


def _few_words(rng: Rng, letters: str) -> Node:
    return Repeat(Text("".join(rng.sample(letters, 2))), *rng.choice([(0, None), (1, None), (0, 1), (2, 2)]))


def _class(rng: Rng, letters: str) -> Node:
    return Repeat(OneOf("".join(sorted(rng.sample(letters, 2)))), *_bounds(rng))


def _group(rng: Rng, letters: str) -> Node:
    options = rng.sample(letters, rng.integer(2, 3))
    made = [Text(first + rng.choice(letters)) if i == 0 else Text(first) for i, first in enumerate(options)]
    either = Either(tuple(rng.shuffled(made)))
    return Repeat(either, *_bounds(rng)) if rng.chance(2, 3) else either


def _span(rng: Rng, letters: str) -> Node:
    return Repeat(OneOf(rng.choice(_SPANS), span=True), *_bounds(rng))


def _sign(rng: Rng, letters: str) -> Node:
    text = rng.choice(_SIGNS) + rng.choice(letters)
    return Repeat(Text(text), *_bounds(rng)) if rng.chance(1, 2) else Text(text)


def _nested(rng: Rng, letters: str) -> Node:
    first, second = rng.sample(letters, 2)
    inner = Repeat(Text(second), *rng.choice([(0, None), (1, None), (0, 1), (1, 3)]))
    return Repeat(Sequence((Text(first), inner)), *_bounds(rng))


def _deep(rng: Rng, letters: str) -> Node:
    first, second, third = rng.sample(letters, 3)
    sign = Text(rng.choice(_SIGNS) + third)
    listed = Sequence((Text(first), Repeat(OneOf("".join(sorted(second + third))), *_bounds(rng))))
    return Repeat(Either((listed, sign)), *_bounds(rng))


def _bounds(rng: Rng) -> tuple[int, int | None]:
    low = rng.integer(0, 3)
    if rng.chance(1, 2):
        return low, None
    high = low + rng.integer(0 if low > 1 else 1, 2)
    return low, high
