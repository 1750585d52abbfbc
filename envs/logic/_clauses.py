"""Formulas in conjunctive normal form: reading and writing them, and what is left of one after a choice.

A literal is a positive number for a variable (1 is "a") and a negative one for its negation; a clause is a tuple of
literals, sorted by variable; a formula is a tuple of clauses. Written compactly, a clause is the letters of its
variables, in upper case where negated, and commas join the clauses: ``b,aB,Ac``.
"""

import re
from collections.abc import Iterable
from functools import cache
from typing import TypeAlias

Clause: TypeAlias = tuple[int, ...]
Formula: TypeAlias = tuple[Clause, ...]

MAX_TEXT = 1_000
"""Characters of a formula that is read."""
_LETTERS = "abcdefghijklm"
_LITERALS = {letter: place + 1 for place, letter in enumerate(_LETTERS)} | {
    letter.upper(): -place - 1 for place, letter in enumerate(_LETTERS)
}
_COMPACT = re.compile(r"[a-mA-M]+(?:(?: ?[,;] ?| )[a-mA-M]+)*")
_CAPITAL = re.compile(r"\b[A-M]\b")
_SPELLINGS = (
    (re.compile(r"(?:\bnot\b|[!~\u00ac]) ?", re.IGNORECASE), "-"),
    (re.compile(r" ?(?:\bor\b|\|\|?|\u2228|\\/) ?", re.IGNORECASE), "+"),
    (re.compile(r" ?(?:\band\b|&&?|\u2227|/\\) ?", re.IGNORECASE), ","),
    (re.compile(r"(?<=\() | (?=\))"), ""),
)
_NEGATED = re.compile("-([a-m])")
_SUM = r"[a-mA-M](?:\+[a-mA-M])*"
_WORDED = re.compile(rf"{_SUM}|(?:\({_SUM}\)|[a-mA-M])(?:,(?:\({_SUM}\)|[a-mA-M]))*")


def letter(variable: int) -> str:
    """The name of a variable: 1 is "a"."""
    return _LETTERS[variable - 1]


def write_formula(formula: Formula, template: str) -> str:
    """`formula` in the compact notation, or with "and", "or" and "not"."""
    if template == "compact":
        return ",".join("".join(letter(v) if v > 0 else letter(-v).upper() for v in c) for c in formula)
    clauses = [" or ".join(letter(v) if v > 0 else f"not {letter(-v)}" for v in c) for c in formula]
    return " and ".join(f"({text})" if len(c) > 1 else text for c, text in zip(formula, clauses, strict=True))


def read_formula(text: str) -> Formula | None:
    """The formula that all of `text` spells, normalised, or None.

    Compact notation, or the letters a to m in lower case with "and", "or" and "not" or their symbols, a clause of two
    or more literals in parentheses if it is not alone.
    """
    if len(text) > MAX_TEXT:
        return None
    bare = " ".join(text.split())
    if not _COMPACT.fullmatch(bare):
        bare = _compact(bare)
    return (
        normal(tuple(_LITERALS[c] for c in clause) for clause in re.split("[,; ]+", bare)) if bare else None
    )


def normal(formula: Iterable[Iterable[int]]) -> Formula:
    """`formula` with its clauses and literals sorted, each once: the same for all orders."""
    return tuple(sorted({tuple(sorted(set(clause), key=_by_variable)) for clause in formula}))


def _by_variable(literal: int) -> tuple[int, bool]:
    return abs(literal), literal < 0


def _compact(words: str) -> str:
    """The compact spelling of a formula in words or symbols; empty if it is none."""
    if _CAPITAL.search(words):
        return ""
    for pattern, replacement in _SPELLINGS:
        words = pattern.sub(replacement, words)
    words = _NEGATED.sub(lambda match: match[1].upper(), words)
    return re.sub("[+()]", "", words) if _WORDED.fullmatch(words) else ""


def given(formula: Formula, literal: int) -> Formula:
    """What is left of `formula` once `literal` is true, each clause once."""
    left = (tuple(v for v in clause if v != -literal) for clause in formula if literal not in clause)
    return tuple(dict.fromkeys(left))


def satisfiable(formula: Formula) -> bool:
    """Whether some assignment makes every clause true: exact, by the set of all 2**13 assignments as bits."""
    remaining = _everything()
    for clause in formula:
        met = 0
        for literal in clause:
            met |= _where(abs(literal)) if literal > 0 else ~_where(abs(literal))
        remaining &= met
    return remaining != 0


@cache
def _everything() -> int:
    return (1 << (1 << len(_LETTERS))) - 1


@cache
def _where(variable: int) -> int:
    """The assignments in which `variable` is true, as a set of bits: assignment i is bit i."""
    run = 1 << (variable - 1)
    pattern = ((1 << run) - 1) << run
    return sum(pattern << start for start in range(0, 1 << len(_LETTERS), 2 * run))
