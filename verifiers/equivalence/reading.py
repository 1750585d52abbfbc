"""Reads an answer as a whole: its wrapping off, then as a choice, a time, words, or by the grammar."""

import re

from synthgym.verifiers.equivalence.build import text_node
from synthgym.verifiers.equivalence.grammar import parse
from synthgym.verifiers.equivalence.kinds import in_kind
from synthgym.verifiers.equivalence.lexer import Unreadable, is_called
from synthgym.verifiers.equivalence.tree import NamedSet, Node, Sym, Text
from synthgym.verifiers.equivalence.types import Bounds, Kind
from synthgym.verifiers.equivalence.units import UNITS
from synthgym.verifiers.equivalence.unwrapping import prepared
from synthgym.verifiers.equivalence.words import (
    ALL_REALS,
    FUNCTION_NAMES,
    JOINING,
    NO_ELEMENTS,
    SETS_IN_WORDS,
)

_CHOICE = re.compile(r"(?:(?:option|choice)\s+)?(?:\(\s*([A-Z])\s*\)|([A-Z])\s*[).:]?)", re.IGNORECASE)
_LED_CHOICE = re.compile(r"(?:option|choice)?\s*(?:\(\s*([A-Z])\s*\)|([A-Z])\s*[).:])\s", re.IGNORECASE)
_CLOCK = re.compile(
    r"([0-9]{1,2}):([0-5][0-9])(?::([0-5][0-9]))?\s*(?:\\(?:text|mathrm)\{)?\s*([ap])\.?\s*m\.?\s*\}?",
    re.IGNORECASE,
)
_LETTER_WORD = re.compile(r"[A-Za-z]{2,5}")


def read_answer(text: str, kind: Kind | None, bounds: Bounds, like: Node | None = None) -> Node:
    """The tree of an answer: a value, a collection, a relation, a choice, a time of day, words.

    Args:
        kind: what it is to be read as; None for what the text alone says.
        like: gold's tree, where an answer to it is read: a lone capital letter is a choice then.

    Raises:
        Unreadable: if it follows no rule.
        TooMany: beyond `bounds`.
    """
    bare = prepared(text, bounds)
    if kind == "text":
        words = text_node(bare)
        if not words.words:
            raise Unreadable("there are no words in it")
        return words
    if letter := _letter(bare, kind, like):
        return Sym(letter)
    if kind not in (None, "choice"):
        return in_kind(parse(bare, bounds, lists=kind in ("list", "set", "tuple")), kind)
    if clock := _CLOCK.fullmatch(bare):
        hour, minute, second, half = clock.groups()
        return Text(f"time {int(hour)} {minute} {second or '00'} {half.lower()}", bare)
    phrase = _as_word(bare) or _as_phrase(bare)
    if phrase is not None:
        return phrase
    try:
        return in_kind(parse(bare, bounds), kind)
    except Unreadable:
        spoken = _as_words(bare)
        if spoken is None or kind is not None:
            raise
        return spoken


def _letter(text: str, kind: Kind | None, like: Node | None) -> str | None:
    """The letter of the choice that `text` is, where one is asked for, gold is one, or it is gold."""
    if kind == "choice":
        letter = _choice(text) or _led_choice(text)
        return letter.upper() if letter else None
    if isinstance(like, Sym):
        return _choice(text) if len(like.name) == 1 and like.name.isupper() else None
    if kind is not None or like is not None or len(text) == 1:
        return None
    letter = _choice(text)
    return letter if letter is not None and "A" <= letter <= "J" else None


def _choice(text: str) -> str | None:
    """The letter of a choice: ``B``, ``(B)``, ``B.``, ``Option B``."""
    match = _CHOICE.fullmatch(_without_markup(text))
    return (match[1] or match[2]) if match else None


def _led_choice(text: str) -> str | None:
    """The letter before the text of a choice: ``B) 42``."""
    bare = _without_markup(text)
    match = _LED_CHOICE.match(bare)
    if match is None or _ANOTHER.search(bare, match.end()):
        return None
    return match[1] or match[2]


_ANOTHER = re.compile(r"\b(?:or|and)\b|(?:\(|\b)[A-Z][).:]|^,")
"""What speaks of another choice."""


def _without_markup(text: str) -> str:
    return re.sub(r"\\(?:text|textbf|mathrm|mathbf|textrm|textit)|[{}]", "", text).strip()


def _as_word(text: str) -> Text | None:
    """A lone run of letters that no product of variables is spelled like: ``ab``, ``odd``, ``DNE``."""
    if (
        _LETTER_WORD.fullmatch(text)
        and not is_called(text)
        and not set(text.lower()) <= _VARIABLES
        and text not in _KNOWN
    ):
        return text_node(text)
    return None


_VARIABLES = frozenset("kmnpqrstuvwxyz")
_KNOWN = frozenset(
    "pi Pi PI inf oo phi psi chi eta mu nu xi tau rho theta alpha beta gamma delta sigma omega kappa infty zeta ei "
    "iota".split()
)
_MATHEMATICAL = frozenset(
    (*JOINING, *SETS_IN_WORDS, *UNITS, *(name.lower() for name in FUNCTION_NAMES), "in", "mod")
)


def _as_phrase(text: str) -> Text | NamedSet | None:
    """Words side by side of which one can be nothing else: ``NO SOLUTION``."""
    words = text.split()
    if len(words) < 2 or not all(word.isascii() and word.isalpha() for word in words):
        return None
    lower = {word.lower() for word in words}
    if lower & _MATHEMATICAL or not any(len(word) > 3 and word not in _KNOWN for word in lower):
        return None
    phrase = text_node(text)
    if phrase.words in ALL_REALS:
        return NamedSet("R")
    return NamedSet("") if phrase.words in NO_ELEMENTS else phrase


def _as_words(text: str) -> Text | None:
    """A phrase that begins with a word: ``not even``, ``July 4``, ``\\triangle ABC``."""
    bare = _NAMING.sub(r"\1", _without_markup(text))
    return text_node(bare) if _PHRASE.fullmatch(bare) else None


_NAMING = re.compile(r"\\(triangle|angle|parallel|perp|square)(?![a-zA-Z])")
_PHRASE = re.compile(r"[A-Za-z]{3}[A-Za-z0-9'\u2019 .,-]*|[A-Za-z][A-Za-z'\u2019 -]+")
