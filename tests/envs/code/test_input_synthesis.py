"""Inputs: any that gives the value is right, and guesses are not."""

import ast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from synthgym.envs.code._literals import read_arguments, value_of, written_arguments
from synthgym.envs.code._python_family import function_of
from synthgym.parsing import parse
from synthgym.plugins import get_family
from synthgym.verifiers.sandbox import judge_function

FAMILY = get_family("input_synthesis")


@pytest.mark.parametrize("difficulty", range(11))
def test_truth_is_what_python_gives(difficulty: int) -> None:
    for seed in range(12):
        task = FAMILY.task(seed, difficulty=difficulty, template="natural")
        function, output = function_of(task.facts), value_of(task.facts["output"])
        args = [
            list(arg) if isinstance(arg, tuple) else arg
            for arg in ast.literal_eval(f"({task.reference.answer},)")
        ]
        tests = [{"args": args, "expected": output}]
        assert judge_function(function.source(), "f", tests).passed
        assert FAMILY.is_correct(task, f"f({task.reference.answer})")


@pytest.mark.parametrize("difficulty", range(11))
def test_guesses_are_wrong(difficulty: int) -> None:
    for seed in range(30):
        task = FAMILY.task(seed, difficulty=difficulty)
        function, output = function_of(task.facts), value_of(task.facts["output"])
        for first in ("0", "1", "-1", "[]", "[0]", "[1]", "''", "'a'", "' '", repr(output), f"[{output!r}]"):
            rest = ", 0" if len(function.parameters) > 1 else ""
            assert not FAMILY.is_correct(task, first + rest), (task.prompt, first)
            assert not FAMILY.is_correct(task, first)


def test_the_easiest_tasks_are_short() -> None:
    for seed in range(100):
        task = FAMILY.task(seed)
        assert len(task.prompt) <= 20 and len(task.reference.answer) <= 2 and task.prompt.endswith("?")


def test_many_inputs_are_right_where_many_give_the_value() -> None:
    seen = 0
    for seed in range(300):
        task = FAMILY.task(seed, difficulty=2)
        args = read_arguments(task.reference.answer, ("x",))
        if "sum(x)" not in task.prompt or args is None or not isinstance(args[0], list):
            continue
        seen += 1
        for other in ([*args[0], 0], args[0][::-1], [0, *args[0]]):
            assert FAMILY.is_correct(task, written_arguments((other,)))
    assert seen


def test_no_constant_answer_beats_the_stated_chance() -> None:
    tasks = [FAMILY.task(seed) for seed in range(600)]
    best = max(sum(FAMILY.is_correct(task, str(number)) for task in tasks) for number in range(-30, 60))
    assert 0.01 < best / len(tasks) < FAMILY.chance + 3 * (FAMILY.chance / len(tasks)) ** 0.5


def test_what_is_beyond_the_bounds_or_of_another_kind_is_wrong() -> None:
    task = FAMILY.task(0)
    for answer in (
        str(10**9 + 1),
        "9" * 30,
        "True",
        "16.0",
        "'16'",
        "[16]",
        "16, 1",
        "x",
        "8+8",
        "int('16')",
        "16 16",
    ):
        assert not FAMILY.is_correct(task, answer)
    task = FAMILY.task(0, difficulty=2)
    assert not FAMILY.is_correct(task, str([1] * 61))
    assert not FAMILY.is_correct(task, "(23, 2)")


TASK = FAMILY.task(3, difficulty=5)


@given(st.text() | st.lists(st.sampled_from([*"[],-f()x=k1'", "23", " "])).map("".join))
def test_any_text_is_judged(text: str) -> None:
    task = TASK
    response = parse(task, text)
    judged = FAMILY.judge(task, response)
    values = FAMILY.criteria(task, response, judged)
    assert all(0 <= value <= 1 for value in values.values())
    assert not judged.truth or values["output"] == 1
