"""Tests that are written: right, few, and such that no mutant survives."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from synthgym.envs.code._functions import value_or_none
from synthgym.envs.code._inputs import draw_inputs
from synthgym.envs.code._literals import read_assertion, written, written_arguments
from synthgym.envs.code._python_family import function_of
from synthgym.envs.code.test_writing import _mutants
from synthgym.parsing import parse, render
from synthgym.plugins import get_family
from synthgym.rng import Rng
from synthgym.signal import Signal
from synthgym.types import Solution, Task
from synthgym.verifiers.sandbox import judge_function
from synthgym.verifiers.score import verdict_on

FAMILY = get_family("test_writing")


def _assertions(task: Task) -> list[tuple[list[object], object]]:
    read = [read_assertion(line, function_of(task.facts).names) for line in task.reference.answer.split("\n")]
    return [([*found[0]], found[1]) for found in read if found]


@pytest.mark.parametrize("difficulty", range(0, 11, 2))
def test_python_agrees_that_the_reference_passes_and_no_mutant_does(difficulty: int) -> None:
    for seed in range(3):
        task = FAMILY.task(seed, difficulty=difficulty)
        tests = [{"args": args, "expected": value} for args, value in _assertions(task)]
        assert judge_function(function_of(task.facts).source(), "f", tests).passed
        wrong = _mutants(task.facts["function"], task.facts["mutants"])
        assert len(wrong) >= 3 and function_of(task.facts) not in wrong
        for mutant in wrong:
            assert not judge_function(mutant.source(), "f", tests).passed, mutant.source()


@pytest.mark.parametrize("difficulty", range(11))
def test_cheats_are_wrong(difficulty: int) -> None:
    for seed in range(8):
        task = FAMILY.task(seed, difficulty=difficulty)
        function, limit = function_of(task.facts), task.facts["limit"]
        assert isinstance(limit, int)
        lines = task.reference.answer.split("\n")
        inputs = [args for _, args in draw_inputs(Rng("spray", seed), function)]
        known = [(args, value_or_none(function, args)) for args in inputs]
        spray = [
            f"f({written_arguments(args)}) == {written(value)}" for args, value in known if value is not None
        ]
        assert len(spray) > limit
        for cheat in (
            "\n".join([*lines, *spray]),
            "\n".join([*lines, *lines[:1] * limit]),
            "\n".join([*lines, "f(0) == 'no'"]),
            "\n".join([*lines, "assert True"]),
            "\n".join([*lines, "import os"]),
            "\n".join(re.sub(r"==.*", "== 0", line) for line in lines) if difficulty > 1 else "f(7)==-1",
            "\n".join(re.sub(r"==.*", "== f(7)", line) for line in lines),
            "\n".join(re.sub("==", "!=", line) for line in lines),
            "assert True",
            "def f(x): return x",
            "assert f is f",
            "\n".join(lines[1:]),
            "# nothing",
        ):
            assert not FAMILY.is_correct(task, cheat), cheat


def test_other_tests_are_as_right() -> None:
    task = next(t for t in map(FAMILY.task, range(500)) if re.fullmatch(r"plus \d times \d\?", t.prompt))
    plus, times = map(int, re.findall(r"\d", task.prompt))
    for number in (50, -20, 13):
        value = (number + plus) * times
        for answer in (f"assert f({number}) == {value}", f"# one\nf( x = {number} ) == {value:_}\n\n"):
            assert FAMILY.is_correct(task, answer)
        assert not FAMILY.is_correct(task, f"f({number}) == {value + 1}")


def test_a_line_earns_if_it_is_right_and_catches_something_new() -> None:
    task = next(t for s in range(50) if len(_assertions(t := FAMILY.task(s, difficulty=6))) >= 3)
    lines = task.reference.answer.split("\n")
    texts = [lines[0], lines[0], "# words", re.sub("==.*", "==-77", lines[1]), lines[2]]
    response = parse(task, render(Solution((), "\n".join(texts)), task.answer_format))
    assert FAMILY.judge(task, response).step_credits == (1, 0, 0, 0, 1)
    assert FAMILY.criteria(task, response, FAMILY.judge(task, response))["mutants"] == 0
    few = parse(task, render(Solution((), lines[0]), task.answer_format))
    values = FAMILY.criteria(task, few, FAMILY.judge(task, few))
    assert 0 < values["mutants"] < 1 == values["reference"]
    verdict = verdict_on(task, few, Signal(granularity="token"))
    assert verdict.reward is not None and verdict.reward < 0.4 and verdict.credits[-1].value == 0


def test_no_constant_answer_beats_the_stated_chance() -> None:
    tasks = [FAMILY.task(seed) for seed in range(400)]
    answers = {task.reference.answer for task in tasks}
    best = max(sum(FAMILY.is_correct(task, answer) for task in tasks) for answer in answers)
    assert best / len(tasks) < FAMILY.chance + 3 * (FAMILY.chance / len(tasks)) ** 0.5


def test_the_easiest_tasks_are_short() -> None:
    for seed in range(100):
        task = FAMILY.task(seed)
        assert len(task.prompt) <= 20 and len(task.reference.answer) <= 11 and task.prompt.endswith("?")


TASK = FAMILY.task(3, difficulty=5)
PIECES = ["f(7)", "==", "20", "\n", "assert ", "#", " ", "[", "\x0c", "\r"]


@given(st.text() | st.lists(st.sampled_from(PIECES)).map("".join))
def test_any_text_is_judged(text: str) -> None:
    task = TASK
    response = parse(task, text)
    judged = FAMILY.judge(task, response)
    values = FAMILY.criteria(task, response, judged)
    assert len(judged.step_credits) == len(response.steps)
    assert all(0 <= value <= 1 for value in values.values())
