"""The pages of accepted forms and docs/equivalence.md are true: every example in them is run."""

import ast
import doctest
import importlib
import pkgutil
import re
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from synthgym.verifiers.equivalence import forms
from synthgym.verifiers.equivalence.engine import parse_gold
from synthgym.verifiers.equivalence.types import Bounds

PAGES = sorted(module.name for module in pkgutil.iter_modules(forms.__path__))
ASKED_FOR = {
    "integers of any size": "integers",
    "fractions": "fractions",
    "mixed numbers": "mixed_numbers",
    "decimals": "decimals",
    "repeating decimals": "repeating_decimals",
    "percents": "percents",
    "scientific notation": "scientific",
    "radicals": "radicals",
    "powers": "powers",
    "constants": "constants",
    "complex numbers": "complex_numbers",
    "polynomials up to equality": "polynomials",
    "rational functions up to equality": "rational_functions",
    "trigonometric forms": "trigonometric",
    "logarithmic forms": "logarithms",
    "sets": "sets",
    "tuples": "tuples",
    "lists": "lists",
    "intervals and unions": "intervals",
    "inequalities": "inequalities",
    "equations as relations": "equations",
    "matrices": "matrices",
    "units": "units",
    "thousands separators": "thousands",
    "bases": "bases",
    "multiple-choice letters": "choices",
    "plus-minus and several-valued answers": "plus_minus",
}
"""The kinds that the engine has to cover, to their pages."""
PATIENT = Bounds(seconds=20.0, symbolic_seconds=10.0)
"""So that a busy machine decides what an idle one does."""
SAME, STATUS = partial(forms.same, bounds=PATIENT), partial(forms.status, bounds=PATIENT)
DOCS = Path(__file__).resolve().parents[3] / "docs" / "equivalence.md"
BLOCKS = re.findall(r"```python\n(.*?)```", DOCS.read_text(), re.S)


def page(name: str) -> str:
    """The page's text."""
    return importlib.import_module(f"{forms.__name__}.{name}").__doc__ or ""


def run(text: str, name: str, names: dict[str, Any]) -> int:
    """Runs the examples of `text`; how many there are."""
    test = doctest.DocTestParser().get_doctest(text, {}, name, name, 0)
    test.globs = names
    said: list[str] = []
    result = doctest.DocTestRunner(verbose=False, optionflags=doctest.ELLIPSIS).run(
        test, out=said.append, clear_globs=False
    )
    assert not result.failed, "".join(said)
    return result.attempted


@pytest.mark.parametrize("name", PAGES)
def test_the_page_is_true(name: str) -> None:
    names = {"same": SAME, "status": STATUS, "parse_gold": parse_gold}
    assert 8 <= run(page(name), name, names) <= 20
    assert "Accepted: " in page(name)
    assert "Decided: " in page(name)
    assert re.search(r"^Not (the same|read): ", page(name), re.M)
    assert len(page(name).splitlines()) <= 70


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_its_docstring_and_nothing_else(name: str) -> None:
    source = Path(forms.__path__[0], f"{name}.py").read_text()
    assert len(ast.parse(source).body) == 1


def test_every_kind_has_its_page() -> None:
    assert sorted({*ASKED_FOR.values(), "sums_and_integrals"}) == PAGES


def test_the_index_names_every_page_and_no_other() -> None:
    index = (forms.__doc__ or "").partition("\n\nA page says")[0]
    assert sorted(re.findall(r"`(\w+)`", index)) == PAGES


def test_pages_point_to_pages() -> None:
    for name in PAGES:
        assert set(re.findall(r"see `(\w+)`", page(name))) <= set(PAGES) - {name}


def test_a_false_example_is_found() -> None:
    with pytest.raises(AssertionError, match="Expected"):
        run('>>> same("7", "8")\nTrue\n', "false", {"same": SAME})


def test_the_examples_of_the_docs_are_true() -> None:
    assert len(BLOCKS) >= 6
    names: dict[str, Any] = {}
    for number, block in enumerate(BLOCKS):
        assert run(block, f"{DOCS.name}, block {number}", names)


def test_the_table_of_statuses_is_true() -> None:
    rows = re.findall(r"^\| `(\w+)` \|[^|]*\|([^|]*)\|$", DOCS.read_text(), re.M)
    assert [status for status, _ in rows] == ["ok", "unparsed", "contradiction", "too_large", "timeout"]
    for status, cell in rows:
        assert {STATUS("7", answer) for answer in re.findall(r"`([^`]+)`", cell)} <= {status}


def test_the_table_of_bounds_has_every_bound_with_its_default() -> None:
    told: dict[str, float] = {}
    table = DOCS.read_text().partition("| bound | default |")[2].partition("\n\n")[0]
    for line in table.splitlines():
        names, defaults = line.split("|")[1:3] if line.startswith("| `") else ("", "")
        numbers = [
            float(number.replace(",", "")) for number in re.findall(r"[0-9][0-9,.]*(?=,|\s)", defaults)
        ]
        told |= dict(zip(re.findall(r"`(\w+)`", names), numbers, strict=True))
    assert told == {name: getattr(Bounds(), name) for name in Bounds.__slots__}


def test_every_row_of_the_tables_of_conventions_is_true() -> None:
    rows = convention_rows()
    assert len(rows) >= 70
    wrong = [
        (gold, answer, wanted)
        for _, gold, yes, no in rows
        for answers, wanted in ((yes, True), (no, False))
        for answer in answers
        if SAME(gold, answer) != wanted
    ]
    assert not wrong


def convention_rows() -> list[tuple[str, str, list[str], list[str]]]:
    """Convention, gold, answers that match and answers that do not, of every table with these columns."""
    rows: list[tuple[str, str, list[str], list[str]]] = []
    reading = False
    for line in DOCS.read_text().splitlines():
        cells = [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
        if not cells:
            reading = False
        elif cells[1:] == ["gold", "matches", "does not match"]:
            reading = True
        elif reading and not set(cells[0]) <= set("-"):
            gold, yes, no = (
                [code.replace("\\|", "|") for code in re.findall(r"`([^`]+)`", cell)] for cell in cells[1:]
            )
            assert len(gold) == 1, line
            assert yes or no, line
            rows.append((cells[0], gold[0], yes, no))
    return rows
