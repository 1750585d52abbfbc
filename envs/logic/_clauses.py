"""Formulas in conjunctive normal form: reading and writing their clauses, and what a choice leaves of them.

A literal is a letter from a to m, in upper case where it is negated; a clause is a string of literals in the order of
the alphabet; a formula is a tuple of clauses.
"""

import re
from collections.abc import Collection, Iterable, Mapping
from functools import cache
from typing import TypeAlias

from synthgym.envs.reading import read_truth

Formula: TypeAlias = tuple[str, ...]

_COMPACT = re.compile("[a-mA-M]{1,26}")
_OR = re.compile(r" ?(?:\bor\b|\|\|?|\u2228|\\/) ?", re.IGNORECASE)
_LITERAL = re.compile(r"(?:((?i:not )|[!~\u00ac]) ?)?([a-m])")
_NAMED = re.compile(r"([a-m]) ?= ?(\w+)")


def clause(literals: Iterable[str]) -> str:
    """The clause of `literals`, each once."""
    return "".join(sorted(sorted(set(literals)), key=str.lower))


def write_clause(text: str, template: str) -> str:
    """The clause `text` as it is ("compact"), or with "or" and "not"."""
    return (
        text if template == "compact" else " or ".join(v if v.islower() else f"not {v.lower()}" for v in text)
    )


def read_step(line: str) -> tuple[str, str]:
    """The literals of the clause that `line` spells, in its order, and the literal that it states; empty if none.

    Accepted: ``aB``, or ``a or not b`` in words or symbols; and after a colon what it sets: ``aB:a``,
    ``a or not b: a=T``, ``a or not b: not b``.
    """
    before, colon, after = line.partition(":")
    named = _NAMED.fullmatch(after.strip())
    if named is None:
        stated = _read_literals(after)
    else:
        stated = {True: named[1], False: named[1].upper(), None: ""}[read_truth(named[2])]
    return ("", "") if colon and len(stated) != 1 else (_read_literals(before), stated)


def _read_literals(text: str) -> str:
    """The literals of the clause that all of `text` spells, in its order; empty if it is none."""
    bare = " ".join(text.split())
    if bare[:1] + bare[-1:] == "()":
        bare = bare[1:-1].strip()
    if _COMPACT.fullmatch(bare):
        return bare
    literals = [_LITERAL.fullmatch(part) for part in _OR.split(bare)]
    return "".join(v[2].upper() if v[1] else v[2] for v in literals if v) if all(literals) else ""


def pending(formula: Formula, true: Collection[str]) -> dict[str, str]:
    """The clauses that no literal in `true` meets, each with its literals that are still open."""
    unmet = [text for text in formula if not any(v in true for v in text)]
    return {text: "".join(v for v in text if v.swapcase() not in true) for text in unmet}


def lone(formula: Formula) -> list[str]:
    """The literals that are clauses by themselves."""
    return [text for text in formula if len(text) == 1]


def choice(left: Mapping[str, str]) -> tuple[str, str]:
    """Of the `pending` clauses, the first with one open literal, or else the first; and its first that can be true."""
    text = next((text for text, literals in left.items() if len(literals) == 1), next(iter(left)))
    return text, next(v for v in left[text] if len(left[text]) == 1 or satisfiable(left.values(), v))


def set_by(line: str, left: Mapping[str, str]) -> str:
    """The literal that `line` makes true, given the `pending` clauses; empty if it does not follow."""
    literals, stated = read_step(line)
    text = clause(literals)
    if text not in left or len(text) < len(literals):
        return ""
    if min(map(len, left.values())) == 1:
        return left[text] if len(left[text]) == 1 and stated in ("", left[text]) else ""
    literal = stated or literals[-1]
    return literal if literal in left[text] and satisfiable(left.values(), literal) else ""


def satisfiable(formula: Collection[str], literal: str) -> bool:
    """Whether some assignment in which `literal` holds makes every clause true.

    Exact: the set of all assignments, at most 2**13, is held as bits.
    """
    letters = sorted({v.lower() for text in (literal, *formula) for v in text})
    everything = (1 << (1 << len(letters))) - 1
    where = {v: _where(place, len(letters)) for place, v in enumerate(letters)}
    where |= {v.upper(): everything ^ met for v, met in where.items()}
    remaining = where[literal]
    for text in formula:
        met = 0
        for v in text:
            met |= where[v]
        remaining &= met
    return remaining != 0


@cache
def _where(place: int, variables: int) -> int:
    """The assignments in which the variable at `place` is true, as bits: assignment i is bit i."""
    run = 1 << place
    return sum(((1 << run) - 1) << start for start in range(run, 1 << variables, 2 * run))
