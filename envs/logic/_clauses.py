"""Formulas in conjunctive normal form: reading and writing them, and what is left of one after a choice.

A literal is a letter from a to m, in upper case where it is negated; a clause is a string of literals; a formula is a
tuple of clauses. Commas join the clauses of a formula that is written compactly: ``b,aB,Ac``.
"""

import re
from collections.abc import Iterable
from functools import cache
from typing import TypeAlias

from synthgym.envs.reading import read_truth

Formula: TypeAlias = tuple[str, ...]

MAX_TEXT = 1_000
"""Characters of a formula that is read."""
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
_CHOICE = re.compile(r"([a-m]) ?= ?(\w+)", re.IGNORECASE)


def write_formula(formula: Formula, template: str) -> str:
    """`formula` in the compact notation, or with "and", "or" and "not"."""
    if template == "compact":
        return ",".join(formula)
    clauses = [" or ".join(v if v.islower() else f"not {v.lower()}" for v in clause) for clause in formula]
    return " and ".join(f"({text})" if " or " in text else text for text in clauses)


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
    return normal(re.split("[,; ]+", bare)) if bare else None


def read_step(line: str) -> tuple[Formula | None, str]:
    """The formula that `line` spells, None if it does not, and the literal set before its colon; empty if none."""
    before, colon, text = line.rpartition(":")
    if not colon:
        return read_formula(text), ""
    named = _CHOICE.fullmatch(before.strip())
    value = read_truth(named[2]) if named else None
    if named and value is not None:
        return read_formula(text), named[1].lower() if value else named[1].upper()
    choice = read_formula(before)
    stated = choice[0] if choice and len(choice) == 1 else ""
    return (read_formula(text), stated) if len(stated) == 1 else (None, "")


def normal(formula: Iterable[str]) -> Formula:
    """`formula` with its clauses and literals sorted, each once: the same for all orders."""
    return tuple(sorted({"".join(sorted(sorted(set(clause)), key=str.lower)) for clause in formula}))


def given(formula: Formula, literal: str) -> Formula:
    """What is left of `formula` once `literal` is true, each clause once."""
    denied = literal.swapcase()
    return tuple(dict.fromkeys(clause.replace(denied, "") for clause in formula if literal not in clause))


def satisfiable(formula: Formula) -> bool:
    """Whether some assignment makes every clause true: exact, with the set of all assignments (at most 2**13) as bits."""
    letters = sorted({letter.lower() for clause in formula for letter in clause})
    remaining = everything = (1 << (1 << len(letters))) - 1
    where = {letter: _where(place, len(letters)) for place, letter in enumerate(letters)}
    where |= {letter.upper(): everything ^ met for letter, met in where.items()}
    for clause in formula:
        met = 0
        for literal in clause:
            met |= where[literal]
        remaining &= met
    return remaining != 0


@cache
def _where(place: int, variables: int) -> int:
    """The assignments in which the variable at `place` is true, as bits: assignment i is bit i."""
    run = 1 << place
    return sum(((1 << run) - 1) << start for start in range(run, 1 << variables, 2 * run))


def _compact(words: str) -> str:
    """The compact spelling of a formula in words or symbols; empty if it is none."""
    if _CAPITAL.search(words):
        return ""
    for pattern, replacement in _SPELLINGS:
        words = pattern.sub(replacement, words)
    words = _NEGATED.sub(lambda match: match[1].upper(), words)
    return re.sub("[+()]", "", words) if _WORDED.fullmatch(words) else ""
