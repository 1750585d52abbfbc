"""The engine, math-verify and sympy on the same drawn pairs; docs/equivalence_triage.md lists how they may disagree.

The engine must agree with sympy on every pair, and each disagreement with math-verify must be of a class in that table.
"""

import logging
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import drawn
import pytest

from synthgym.verifiers.equivalence.engine import equivalent, parse_gold
from synthgym.verifiers.equivalence.pool import ask

math_verify = pytest.importorskip("math_verify")


DOCUMENT = Path(__file__).parents[3] / "docs" / "equivalence_triage.md"
FAST, SLOW = 160, 4_000
"""Pairs judged in each tier."""


# How math-verify may disagree: what one of the two texts must look like. A-classes are wrong answers that it accepts,
# R-classes right answers that it refuses; the table has more of both, which drawn pairs do not show.
_RELATION = re.compile(r"[<>]|\\[gl][et](?![a-z])|\\[gl]eq")
_INTERVAL = re.compile(r"[\[(].*,.*[\])]")
CLASSES: dict[str, str] = {
    "A1": r"\.\d{5}",
    "A2": r"\^\{?-?\d\d|\^\{-|[eE]-\d",
    "A3": r"=.*=|^-?\d+=-?\d+$",
    "A6": r"_\{?\d|₂",
    "A12": r"\\mathrm\{i\}",
    "A20": r"\\log(?!_)",
    "A21": r"\^\\circ",
    "R1": r"[^\x00-\x7f]",
    "R2": r"(?<![\\a-z])(sqrt|ln|exp|abs|sin|cos|pi)(?![a-z])",
    "R3": r"\*\*|\^\(",
    "R4": r"\d[eE][+-]?\d",
    "R5": r"\d \d+/\d",
    "R6": r"\d( |\\,|,\\!)\d{3}",
    "R7": r"\\overline|\\bar|\.\d*\(",
    "R8": r"(?<![a-z\\])i(?![a-z])",
    "R9": r">.*>| and ",
    "R11": r"^-?\d+=x$",
    "R12": r"^\(\d+\)_",
    "R13": r"^[A-E]\.$",
    "R14": r"\d ?(\\,)?(\\text\{ ?|\\mathrm\{)?([cm]?m|centimeters)\b",
    "R15": r"\^\{0\.5\}",
    "R16": r"\^\\circ",
    "R17": r"\\lbrace",
    "R18": r"\\text\{-?\d",
    "R26": r"\\log(?!_)",
    "R29": r"\d\.\d.*10\^",
}


def triaged(case: Any, theirs: bool) -> list[str]:
    """The classes that a disagreement can be of."""
    texts = (case.gold, case.answer)
    found = [
        name
        for name, pattern in CLASSES.items()
        if (name[0] == "A") == theirs and any(re.search(pattern, text) for text in texts)
    ]
    forms = {(bool(_RELATION.search(text)), bool(_INTERVAL.search(text))) for text in texts}
    return [*found, "R10"] if not theirs and {(True, False), (False, True)} <= forms else found


@dataclass(frozen=True, kw_only=True)
class Row:
    """A line of the table."""

    id: str
    gold: str
    answer: str
    ours: str
    theirs: str
    sympy: str
    right: str


def rows() -> Iterator[Row]:
    for line in DOCUMENT.read_text(encoding="utf-8").splitlines():
        if re.match(r"\| [AR]\d+ ", line):
            cells = [cell.strip().replace(r"\|", "|") for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
            name, gold, answer, ours, theirs, sympy, right, _ = cells
            yield Row(
                id=name,
                gold=gold.strip("`"),
                answer=answer.strip("`"),
                ours=ours,
                theirs=theirs,
                sympy=sympy,
                right=right,
            )


ROWS = list(rows())


def says(verdict: bool) -> str:
    return "same" if verdict else "other"


def math_verify_says(gold: str, answer: str) -> bool:
    texts = [f"${text}$" if "\\boxed" not in text else text for text in (gold, answer)]
    return bool(math_verify.verify(*(math_verify.parse(text) for text in texts)))


@pytest.fixture(autouse=True)
def quiet(caplog: pytest.LogCaptureFixture) -> None:
    """math-verify warns of each timeout."""
    caplog.set_level(logging.CRITICAL, logger="math_verify")


def disagreements_with_sympy(count: int, seed: int) -> list[Any]:
    return [
        case for case in drawn.cases(count, seed) if equivalent(case.gold, case.answer).match != case.match
    ]


def untriaged(count: int, seed: int) -> list[Any]:
    found = []
    for case in drawn.cases(count, seed):
        theirs = math_verify_says(case.gold, case.answer)
        if theirs != equivalent(case.gold, case.answer).match and not triaged(case, theirs):
            found.append((case, theirs))
    return found


def test_drawn_pairs_are_of_every_kind_and_of_both_verdicts() -> None:
    cases = list(drawn.cases(FAST, 0))
    verdicts = {(case.kind, case.match) for case in cases}
    assert len({case.kind for case in cases}) == len(drawn.MAKERS) == 39
    assert len(verdicts) > 70
    assert sum(case.by_sympy for case in cases) > 0.8 * len(cases)


@pytest.mark.parametrize("seed", [2, 3])
def test_the_engine_agrees_with_sympy(seed: int) -> None:
    assert disagreements_with_sympy(1_170, seed) == []


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(4, 12))
def test_the_engine_agrees_with_sympy_on_many_pairs(seed: int) -> None:
    assert disagreements_with_sympy(4_000, seed) == []


def test_each_disagreement_with_math_verify_is_of_a_class_in_the_table() -> None:
    assert untriaged(FAST, 0) == []


@pytest.mark.slow
def test_each_disagreement_with_math_verify_on_many_pairs_is_of_a_class_in_the_table() -> None:
    assert untriaged(SLOW, 1) == []


def test_an_untriaged_disagreement_is_found() -> None:
    case = drawn.Case(kind="integer", gold="7", answer="8", match=False, by_sympy=True)
    assert triaged(case, True) == []
    assert triaged(case, False) == []


def test_the_table_has_every_class_once() -> None:
    named = [row.id for row in ROWS]
    assert len(named) == len(set(named)) > 30
    assert {*CLASSES, "R10"} <= set(named)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.id)
def test_the_table_says_what_the_graders_say(row: Row) -> None:
    assert row.ours == row.right == says(row.id[0] == "R")
    assert says(equivalent(row.gold, row.answer).match) == row.ours
    assert says(math_verify_says(row.gold, row.answer)) == row.theirs != row.ours


@pytest.mark.parametrize("row", [row for row in ROWS if row.sympy], ids=lambda row: row.id)
def test_the_table_says_what_sympy_says(row: Row) -> None:
    trees = [parse_gold(text).tree for text in (row.gold, row.answer)]
    reply = ask("equal", *trees, seconds=10.0, memory_mb=160)
    assert (reply.status, reply.value) == ("ok", row.sympy == "same")
