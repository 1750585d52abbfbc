"""Hidden strings: those that decide whether a pattern has the language that was asked for.

Four groups, each with members and others: all short strings over the characters that matter; drawn members with
near misses by one edit; long strings; and strings that tell the language from its mutants where those do not.
"""

import json
from collections.abc import Iterator
from functools import lru_cache
from itertools import product
from typing import TypeAlias

from synthgym.envs.code._regex_automaton import Automaton, difference, shortest
from synthgym.envs.code._regex_language import Either, Node, OneOf, Repeat, Sequence, Text, pack, walk
from synthgym.envs.code._regex_mutants import mutants
from synthgym.rng import Rng

_SHORT = 90
_DRAWN = 16
_ROUNDS = 16
"""Rounds of a repetition without bound in a long string."""
_FOREIGN = "zqxjvkwyZQ0~"


Groups: TypeAlias = tuple[tuple[tuple[str, bool], ...], ...]
"""Groups of strings, each with whether it is a member."""


@lru_cache(maxsize=4096)
def hidden(node: Node) -> Groups:
    """The hidden strings for `node`; the same in every process."""
    automaton = Automaton(node)
    alphabet = characters(node)
    rng = Rng("regex_synthesis", "hidden", json.dumps(pack(node)))
    first = shortest(automaton, alphabet, 4)
    short = [*first, *_all_short(node, alphabet[-1])]
    drawn, long = _drawn(node, alphabet, rng), _long(node, alphabet, rng)
    groups = short, drawn, long, [*map(str.swapcase, first), *_telling(node, alphabet, [*drawn, *long])]
    return tuple(_labelled([*group, first[0], alphabet[-1]], automaton) for group in groups)


def examples(node: Node) -> tuple[list[str], list[str]]:
    """Three members to show, and three near misses; fewer where the language has no more."""
    automaton, alphabet = Automaton(node), characters(node)
    rng = Rng("regex_synthesis", "examples", json.dumps(pack(node)))
    texts = [*shortest(automaton, alphabet, 1), *_drawn(node, alphabet, rng)]
    members = [text for text in dict.fromkeys(texts) if automaton.accepts(text)]
    others = [text for text in dict.fromkeys(texts) if not automaton.accepts(text)]
    return members[:3], others[:3]


def characters(node: Node) -> str:
    """The characters that matter, those of the language in order of appearance, then a foreign one."""
    found: dict[str, None] = {}
    inside: set[str] = set()
    for part in walk(node):
        if isinstance(part, Text):
            found.update(dict.fromkeys(part.text))
        elif isinstance(part, OneOf):
            shown = (part.chars[0], part.chars[len(part.chars) // 2], part.chars[-1])
            found.update(dict.fromkeys(shown if part.span else part.chars))
            inside.update(part.chars)
    foreign = next(char for char in _FOREIGN if char not in inside and char not in found)
    return "".join([*found, foreign])


def _labelled(texts: list[str], automaton: Automaton) -> tuple[tuple[str, bool], ...]:
    return tuple((text, automaton.accepts(text)) for text in dict.fromkeys(texts))


def _all_short(node: Node, foreign: str) -> Iterator[str]:
    core = characters(node)[:-1][:3] + foreign
    length, count = 0, 1
    while count <= _SHORT:
        yield from map("".join, product(core, repeat=length))
        length += 1
        count += len(core) ** length


def _drawn(node: Node, alphabet: str, rng: Rng) -> list[str]:
    texts: list[str] = []
    for _ in range(_DRAWN):
        member = _member(node, rng)
        texts += [member, _edited(member, alphabet, rng), _edited(member, alphabet, rng)]
    return texts


def _telling(node: Node, alphabet: str, known: list[str]) -> list[str]:
    """Strings that tell `node` from those mutants of another language that the `known` strings do not."""
    automaton = Automaton(node)
    told = [(text, automaton.accepts(text)) for text in dict.fromkeys(known)]
    found: list[str] = []
    for mutant in mutants(node, alphabet):
        other = Automaton(mutant)
        if any(other.accepts(text) != is_in for text, is_in in told):
            continue
        text = difference(automaton, other, alphabet)
        if text is not None:
            found.append(text)
            told.insert(0, (text, automaton.accepts(text)))
    return found


def _long(node: Node, alphabet: str, rng: Rng) -> list[str]:
    loops = [part for part in walk(node) if isinstance(part, Repeat) and part.high is None]
    texts: list[str] = []
    for loop in [*dict.fromkeys(loops), None]:
        member = max((_member(node, rng, loop) for _ in range(6)), key=len)
        texts += [member, _edited(member, alphabet, rng), member + alphabet[-1], alphabet[-1] + member]
    return texts


def _member(node: Node, rng: Rng, long: Repeat | None = None) -> str:
    """A drawn member of the language, with many rounds of `long`."""
    match node:
        case Text(text):
            return text
        case OneOf(chars, _):
            return rng.choice(chars)
        case Sequence(parts):
            return "".join(_member(part, rng, long) for part in parts)
        case Either(options):
            return _member(rng.choice(options), rng, long)
        case Repeat(part, low, high):
            rounds = _ROUNDS if node == long else rng.integer(low, low + 2 if high is None else high)
            return "".join(_member(part, rng, None if node == long else long) for _ in range(rounds))


def _edited(text: str, alphabet: str, rng: Rng) -> str:
    """`text` with one character put in, taken out, changed, or swapped with the next."""
    at = rng.below(len(text) + 1)
    kind = rng.below(4)
    if kind == 0 or not text[at:]:
        return text[:at] + rng.choice(alphabet) + text[at:]
    if kind == 1:
        return text[:at] + text[at + 1 :]
    if kind == 2:
        return text[:at] + rng.choice(alphabet) + text[at + 1 :]
    return text[:at] + text[at + 1 : at + 2] + text[at] + text[at + 2 :]
