"""The analyser: what form an answer has, its statements, functions and constructs; and that it never runs it."""

import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synthgym.envs.code import _own_code
from synthgym.envs.code._analysis import Analysis, analyse
from synthgym.errors import SandboxError
from synthgym.verifiers.sandbox import Limits, judge_function

X = ("x",)


@pytest.mark.parametrize(
    ("answer", "form", "offset"),
    [
        ("x * 2 + 3", "expression", 1),
        (" x * 2 + 3 \n", "expression", 1),
        ("\n\nx * 2 + 3  # twice", "expression", 1),
        ("(x *\n2 + 3)", "expression", 1),
        ("lambda x: x * 2 + 3", "lambda", 1),
        ("return x * 2 + 3", "body", 1),
        ("    return x * 2 + 3", "body", 1),
        ("y = x * 2\nreturn y + 3", "body", 1),
        ("if x > 0:\n return x * 2 + 3\nreturn 3 + 2 * x", "body", 1),
        ("if x > 0:\n\treturn x * 2 + 3\nreturn 3 + 2 * x", "body", 1),
        ("y = '''\n a\n'''\nreturn x * 2 + len(y) - 1", "body", 1),
        ("def f(x):\n    return x * 2 + 3", "module", 0),
        ("  def f(x):\n      return x * 2 + 3", "module", 0),
        (" def f(x):\n      return x * 2 + 3", "module", 0),
        ("f = lambda x: x * 2 + 3", "module", 0),
        ("def g(x): return x * 2\ndef f(x): return g(x) + 3", "module", 0),
        ("def g(x): return x * 2\nreturn g(x) + 3", "body", 1),
        ("class F:\n  def __call__(self, x): return x * 2 + 3\nf = F()", "module", 0),
        ("from operator import add\nf = lambda x: add(x, x) + 3", "module", 0),
        ("return x * 2 \\\n + 3", "body", 1),
        ("def f(x):\r\n return x * 2 + 3", "module", 0),
        ("y = x\rreturn y * 2 + 3", "body", 1),
    ],
)
def test_every_form_becomes_a_module_that_works(answer: str, form: str, offset: int) -> None:
    found = analyse(answer, X)
    assert (found.form, found.offset) == (form, offset)
    tests = [{"args": [x], "expected": 2 * x + 3} for x in (-2, 0, 7)]
    assert judge_function(found.source, "f", tests).passed
    assert found.takes(1) and found.statements


def test_the_text_of_a_string_over_lines_is_not_indented() -> None:
    found = analyse("y = '''\na\n  b'''\nreturn y", X)
    assert judge_function(found.source, "f", [{"args": [1], "expected": "\na\n  b"}]).passed


@pytest.mark.parametrize(
    "answer",
    [
        *(
            "",
            " ",
            "x +",
            "def f(x:",
            "return return",
            "x\x00",
            "\ud800",
            "x = '\ud800'",
            "(" * 9_000,
            "so it goes",
        ),
        *(
            "9" * 9_000,
            "if x:\nreturn 1",
            "  x = 1\n return x",
            "not not",
            "x ** ",
            "f(x) = 3",
            "lambda",
            "=5",
        ),
        *("-" * 9_000 + "1", "[" * 5_000 + "]" * 5_000, "(" * 1_000 + ")" * 1_000, "x?", "```", "\x1b[31m"),
    ],
)
def test_what_is_no_python_does_not_parse(answer: str) -> None:
    started = time.monotonic()
    found = analyse(answer, X)
    assert found == Analysis() or not answer.strip()
    assert time.monotonic() - started < 3


def test_the_answer_is_never_run(tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    found = analyse(f"open({str(mark)!r}, 'w').close()\ndef f(x): return 1", X)
    assert found.form == "module" and not mark.exists()
    assert analyse("while True: pass", X).form == "module"
    assert analyse("9**9**9**9", X).form == "expression"


@settings(max_examples=150, deadline=None)
@given(st.one_of(st.text(max_size=60), st.text("xyf()[]:=+-* \n\tdefrtunlambd'\"#0123,", max_size=60)))
def test_any_text_gets_an_analysis(answer: str) -> None:
    found = analyse(answer, X)
    lines = answer.count("\n") + answer.count("\r") + 1
    for statement in found.statements:
        assert 1 <= statement.first <= statement.last <= lines
        assert 0 <= statement.ran_first <= statement.ran_last <= lines
    assert found.parses == bool(found.form)


def effects(answer: str) -> dict[int, bool]:
    return {statement.first: statement.acts for statement in analyse(answer, X).statements}


@pytest.mark.parametrize(
    "line",
    [
        *(
            "pass",
            "x",
            "3",
            "'text'",
            "x = x",
            "x += 0",
            "x -= 0",
            "x *= 1",
            "x //= 1",
            "x **= 1",
            "x = x + 0",
        ),
        *(
            "x = 0 + x",
            "x = 1 * x",
            "x = +x",
            "x + 3",
            "x, 3",
            "y = 3",
            "y: int",
            "y: int = 3",
            "...",
            "None",
        ),
        *("import math", "from os import path", "x: int = x", "y = z = 3", "x == 3", "[x]", "x = (x)"),
    ],
)
def test_a_line_without_effect(line: str) -> None:
    assert effects(f"{line}\nreturn x") == {1: False, 2: True}


@pytest.mark.parametrize(
    "line",
    [
        *(
            "x = -x",
            "x += 1",
            "x = x + 1",
            "x = 1 - x",
            "print(x)",
            "x.append(3)",
            "x[0] = 0",
            "del x",
            "x = 0 - x",
        ),
        *(
            "import math as x",
            "x = y = 3",
            "assert x",
            "raise x",
            "x = list(x)",
            "(x := 3)",
            "y = f(x)",
            "x *= 0",
        ),
        *("x -= 1", "from math import *", "global x", "x = 2 ** x", "x = 1 // x"),
    ],
)
def test_a_line_with_an_effect(line: str) -> None:
    assert effects(f"{line}\nreturn x") == {1: True, 2: True}


def test_a_docstring_a_helper_nobody_calls_and_an_unread_name_have_none() -> None:
    answer = 'def f(x):\n    """Doc."""\n    def g():\n        return 1\n    y = 2\n    return x\n'
    assert effects(answer) == {1: True, 2: False, 3: False, 4: True, 5: False, 6: True}
    reads = "def f(x):\n    y = 2\n    return eval('x')"
    assert effects(reads)[2]


def test_statements_of_a_compound() -> None:
    answer = "\n".join(
        [
            "def f(",  # 1
            "    x,",
            "):",
            "    # why",
            "    for i in range(3):",  # 5
            "        x = max(",
            "            x, i)",
            "    else:",  # 8
            "        x += 1",
            "    if x > 3:",
            "        return 1",
            "    elif x > 2:",  # 12
            "        return 2",
            "    else:",
            "        try:",
            "            x = 1 // x",
            "        except ZeroDivisionError:",  # 17
            "            x = 3",
            "        finally:",
            "            x += 1",
            "    return x",
        ]
    )
    found = {(s.first, s.last): (s.ran_first, s.ran_last) for s in analyse(answer, X).statements}
    assert found[1, 3] == (1, 3) and found[6, 7] == (6, 7)
    assert found[8, 8] == (9, 9) and found[14, 14] == (15, 15) and found[19, 19] == (20, 20)
    assert found[12, 12] == (12, 12) and found[17, 17] == (17, 17)
    assert {first for first, _ in found} == set(range(1, 22)) - {2, 3, 4, 7}


@pytest.mark.parametrize(
    ("answer", "count", "takes"),
    [
        ("def f(x): return 1", 1, True),
        ("def f(x): return 1", 2, False),
        ("def f(x, y=3): return 1", 1, True),
        ("def f(*x): return 1", 1, True),
        ("def f(x, *, y): return 1", 1, False),
        ("def g(x): return 1", 1, False),
        ("y = 3", 1, False),
        ("f = lambda x: x", 1, True),
        ("f = lambda: 3", 1, False),
        ("f = make()", 1, True),
        ("from math import sin as f", 1, True),
        ("class f:\n pass", 1, True),
        ("lambda x: x", 1, True),
        ("lambda x, y: x", 1, False),
        ("3", 1, True),
        ("def f(x): return 1\ndef f(x, y): return 1", 2, True),
    ],
)
def test_signatures(answer: str, count: int, takes: bool) -> None:
    assert analyse(answer, X).takes(count) == takes


def test_names_and_constructs() -> None:
    found = analyse(
        "import math, os.path\nfrom re import sub\ny = [n.real for n in x]\nreturn math.sqrt(y)", X
    )
    assert found.imports == {"math", "os.path", "re"}
    assert {"ListComp", "Import", "ImportFrom", "Return", "Call"} <= found.constructs
    assert "While" not in found.constructs and "For" not in found.constructs
    assert {"y", "n", "x", "math"} <= found.names and found.attributes == {"real", "sqrt"}


def test_another_python_in_the_sandbox_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_own_code, "MAGIC_NUMBER", b"none")
    with pytest.raises(SandboxError, match="another version"):
        analyse("return 'another version'", X)


def test_the_parameters_and_the_entry_are_those_asked_for() -> None:
    found = analyse("x + k", ("x", "k"), "g")
    assert judge_function(found.source, "g", [{"args": [1, 2], "expected": 3}], Limits(seconds=2)).passed
