"""The reader of literals reads what Python reads, and nothing else."""

import ast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from synthgym.envs.code._literals import (
    read_arguments,
    read_assertion,
    read_value,
    written,
    written_arguments,
)

INTEGERS = st.integers(-(10**12), 10**12)
VALUES = INTEGERS | st.text(st.characters(exclude_categories=["Cs"])) | st.lists(INTEGERS)
PIECES = st.sampled_from(
    [*"0123[](),'\"\\+-_ nxu=kf.#\t", "\\x41", "\\101", "\\u00e9", "'a'", "[1, 2]", "True"]
)


@given(VALUES)
def test_what_is_written_reads_back(value: int | str | list[int]) -> None:
    assert read_value(written(value)) == value == read_value(repr(value))
    assert read_value(written(value, compact=True)) == value
    assert ast.literal_eval(written(value)) == value


@given(VALUES, VALUES)
def test_arguments_read_back(first: int | str | list[int], second: int | str | list[int]) -> None:
    text = written_arguments((first, second), compact=True)
    named = f"f(k={second!r}, x={first!r})"
    for form in (text, f"({text})", f" f({text},) ", f"f ( {text} )", named):
        assert read_arguments(form, ("x", "k")) == (first, second)
    assert read_assertion(f"assert f({text}) == {first!r}", ("x", "k")) == ((first, second), first)
    assert read_assertion(f"f({text})=={first!r}", ("x", "k")) == ((first, second), first)


@given(st.text() | st.lists(PIECES).map("".join))
def test_what_is_read_is_what_python_reads(text: str) -> None:
    value = read_value(text)
    if value is not None:
        read = ast.literal_eval(text.strip())
        assert read == value and type(read) is type(value)
    read_arguments(text, ("x", "k"))
    read_assertion(text, ("x",))


@pytest.mark.parametrize(
    "text",
    ["", "1.0", "1e3", "007", "0x10", "True", "None", "(1, 2)", "[[1]]", "['a']", "1 2", "[1 2]", "[,]", "[1", "'a",
     "f'a'", "'a' 'b'", "1+1", "--1", "'\\q'", "'\\ud800'", "'\ud800'", "'a\nb'", "9" * 41, "\u0661", "1__0", "_1",
     "'''a'''", "1;2", "#1", "a", "{}"],
)  # fmt: skip
def test_anything_else_is_refused(text: str) -> None:
    assert read_value(text) is None


@pytest.mark.parametrize(
    "text",
    ["1", "1, 2, 3", "f(1, 2", "1, 2)", "f(1)(2)", "g(1, 2)", "x=1, 2", "1, x=2", "k=1, k=2", "f(f(1), 2)", "1,, 2",
     "1, 2 # two", "*[1, 2]", "f(1, 2) or f(2, 3)", "f(1, y=2)"],
)  # fmt: skip
def test_calls_that_do_not_fit_are_refused(text: str) -> None:
    assert read_arguments(text, ("x", "k")) is None


@pytest.mark.parametrize(
    "line",
    ["", "assert", "assertf(1) == 1", "assert f(1) = 1", "assert f(1) == 1 or True", "assert f(1) == f(1)", "f(1)",
     "assert f(1) != 1", "assert 1 == f(1)", "assert f(1) == 1, 'm'", "assert True", "f(1) == 1 == 1", "f(x) == 1"],
)  # fmt: skip
def test_lines_that_are_no_assertions_are_refused(line: str) -> None:
    assert read_assertion(line, ("x",)) is None


def test_hostile_sizes_are_read_in_time() -> None:
    for text in (
        "[" * 10**5,
        "[" + "1," * 10**5,
        "'" + "\\" * 10**5,
        "-" * 10**5,
        "f(" * 10**5,
        "x=" * 10**5,
        "9" * 10**5,
    ):
        assert read_value(text) is None
        assert read_arguments(text, ("x",)) is None
        assert read_assertion(text, ("x",)) is None
