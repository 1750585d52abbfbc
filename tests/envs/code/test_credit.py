"""Credit by statement: S / (S + F) over the tests that ran it."""

import pytest

from synthgym.envs.code._analysis import analyse
from synthgym.envs.code._credit import line_credits, step_credits
from synthgym.parsing import parse
from synthgym.plugins import get_family
from synthgym.types import Response
from synthgym.verifiers.sandbox import judge_function


def credits(answer: str, tests: list[tuple[int, object]], fenced: bool = False) -> list[float]:
    """Of each line that is not empty, for an answer that is the whole completion."""
    completion = f"so\n```\n{answer}\n```" if fenced else answer
    response = parse(get_family("function_synthesis").task(0), completion)
    return list(step_credits(response, traced(answer, tests)))


def traced(answer: str, tests: list[tuple[int, object]]) -> dict[int, float]:
    analysis = analyse(answer, ("x",))
    plain = [{"args": [x], "expected": expected} for x, expected in tests]
    return line_credits(analysis, judge_function(analysis.source, "f", plain, trace=True).tests)


SIGN = "def f(x):\n    if x < 0:\n        return -1\n    else:\n        return 2"
SIGNS: list[tuple[int, object]] = [(-2, -1), (-1, -1), (1, 1), (5, 1)]


def test_a_branch_that_only_failing_tests_run_earns_nothing() -> None:
    assert credits(SIGN, SIGNS) == [0.5, 0.5, 1.0, 0.0, 0.0]
    assert credits(SIGN.replace("2", "1"), SIGNS) == [1.0] * 5
    assert credits(SIGN, SIGNS[:3]) == [2 / 3, 2 / 3, 1.0, 0.0, 0.0]


def test_lines_in_a_fence_and_outside_it() -> None:
    assert credits(SIGN.replace("2", "1"), SIGNS, fenced=True) == [0.0, *[1.0] * 5]


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ("x + 1", [1.0]),
        ("(x\n  +\n1)", [1.0, 1.0, 1.0]),
        ("x + 2", [0.0]),
        ("lambda x: x + 1", [1.0]),
        ("return x + 1", [1.0]),
        ("y = x\nreturn y + 1", [1.0, 1.0]),
        ("# hm\npass\nx = x\n'x'\nreturn x + 1", [0.0, 0.0, 0.0, 0.0, 1.0]),
        ("return x + 1\nreturn x + 2", [1.0, 0.0]),
        ("return (\n  # one more\n  x + 1\n)", [1.0, 0.0, 1.0, 1.0]),
        ("y = x\rz = 1\nreturn y + z", [1.0, 1.0]),
        ("y = x\r9\nreturn y + 1", [0.0, 1.0]),
        ("def f(x):\r\n    return x + 1", [1.0, 1.0]),
        ("\n\ny = 1\n\nreturn x + y", [1.0, 1.0]),
        ("def g(x):\n  return x\ndef h(x):\n  return 3\ndef f(x):\n  return g(x) + 1", [1, 1, 0, 0, 1, 1]),
        ("if x: return x + 1\nreturn 1", [1.0, 1.0]),
        ("def f(x):\n  n = 0\n  def g():\n    nonlocal n\n    n = x + 1\n  g()\n  return n", [1.0] * 7),
        ("try:\n  return [1, 2, 3][x]\nexcept IndexError:\n  return x + 1", [1.0] * 4),
        (
            "while True:\n  x += 1\n  if x:\n    continue_ = 1\n  break\nreturn x",
            [1.0, 1.0, 1.0, 0.0, 1.0, 1.0],
        ),
        ("match x:\n  case 0:\n    return 1\n  case _:\n    return x + 1", [1.0] * 5),
        ("import math\nfrom functools import reduce\nreturn math.floor(x) + 1", [1.0, 0.0, 1.0]),
        ("return (x +", [0.0]),
        ("raise ValueError", [0.0]),
        ("y = 1\nreturn x.y", [0.0, 0.0]),
    ],
)
def test_credits_of_right_and_wrong_answers(answer: str, expected: list[float]) -> None:
    assert credits(answer, [(0, 1), (1, 2), (3, 4)]) == expected


def test_an_endless_loop_earns_nothing() -> None:
    assert credits("while True:\n  x += 1", [(0, 1)]) == [0.0, 0.0]


def test_without_an_answer_no_line_earns() -> None:
    assert step_credits(Response(completion="a\nb"), {1: 1.0}) == ()
    conflicting = parse(get_family("function_synthesis").task(0), "```\nx\n```\n```\ny\n```")
    assert step_credits(conflicting, {1: 1.0}) == (0.0,) * len(conflicting.steps)


def test_lines_are_shifted_into_the_text_that_was_judged() -> None:
    response = parse(get_family("function_synthesis").task(0), "a\nb")
    assert step_credits(response, {3: 0.5, 4: 1.0}, 2) == (0.5, 1.0)
