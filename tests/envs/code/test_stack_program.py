"""Any program that computes the expression is right, and no other."""

import random
import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synthgym.envs.code._stack_machine import MAX_DEGREE, run, value
from synthgym.facts import freeze
from synthgym.family import Family
from synthgym.parsing import parse
from synthgym.plugins import get_family
from synthgym.types import Task

COMMANDS = "0123456789dsopn+-*"


@pytest.fixture(scope="module")
def family() -> Family:
    return get_family("stack_program")


def task_of(family: Family, tree: Any, tests: list[list[int]]) -> Task:
    """A task about the expression `tree`, with everything else from some task."""
    some = family.task(0)
    values = {name: getattr(some, name) for name in Task.__dataclass_fields__}
    return Task(**{**values, "facts": freeze({"tree": tree, "tests": tests})})


@pytest.fixture(scope="module")
def square(family: Family) -> Task:
    """(x + 1) * x - 2"""
    tests = [[x, (x + 1) * x - 2] for x in range(-4, 5)]
    return task_of(family, ["-", ["*", ["+", "x", 1], "x"], 2], tests)


def number_machine(program: str, x: int) -> list[int] | None:
    """The machine on plain numbers, from the prompt's words; None if the stack lacks a value."""
    stack = [x]
    for command in program:
        try:
            if command.isdigit():
                stack.append(int(command))
            elif command in "dn":
                stack += [stack[-1], stack[-1]] if command == "d" else [-stack[-1]]
                del stack[-3 if command == "d" else -2]
            elif command == "o":
                stack.append(stack[-2])
            elif command == "p":
                stack.pop()
            else:
                b, a = stack.pop(), stack.pop()
                stack += {"s": [b, a], "+": [a + b], "-": [a - b], "*": [a * b]}[command]
        except IndexError:
            return None
    return stack


@settings(max_examples=400, deadline=None)
@given(st.text(COMMANDS, min_size=1, max_size=14))
def test_one_run_on_x_stands_for_a_run_on_every_number(program: str) -> None:
    result = run(program)
    for x in (-7, 0, 1, 3, 11):
        left = number_machine(program, x)
        if result is not None:
            assert left == [value(result, x)]
        elif program.count("*") < 3:
            assert left is None or len(left) != 1


def test_worked_solutions_compute_the_expression_as_python_reads_it(family: Family) -> None:
    for difficulty in range(11):
        for seed in range(30):
            task = family.task(seed, difficulty=difficulty)
            expression = compile(task.prompt.removesuffix("?"), "<expression>", "eval")
            tests = task.facts["tests"]
            assert isinstance(tests, tuple) and len(tests) == MAX_DEGREE + 1
            for x in (-9, 0, 2, 13):
                wanted = eval(expression, {"x": x})  # noqa: S307
                assert number_machine(task.reference.answer, x) == [wanted], task.prompt
                assert [x, wanted] in [list(test) for test in tests] or abs(x) > 4  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "program",
    ["d1+*2-", "dd*+2-", "D 1 + * 2 -", "d1+o*sp2-", "d1+n*n2-", "dd*2-+", "d1+*2-nn", "d1+*3-1+", "d2+s1-*"],
)  # fmt: skip
def test_every_program_that_computes_it_is_right(family: Family, square: Task, program: str) -> None:
    assert family.is_correct(square, program)
    assert family.canonical_answer(square, program) == family.canonical_answer(square, "d1+*2-")


@pytest.mark.parametrize(
    "program",
    [
        *("", " ", "0", "2", "x", "d", "nn", "d1+*", "d1+*1-", "d1+*3-", "d1+*2+", "1+*2-", "5d1+*2-"),
        *("d1+*2-5", "d1+*2-d", "d1+*2-n", "d1+*2-p", "(x+1)*x-2", "x*x+x-2", "d1+*2-;", "d1+*2- or d"),
        *("not d1+*2-", "d1+*2", "d1+*2-x", "d1+*2-+", "dup 1 + * 2 -", "d1+×2-", "d١+*2-", "d1+*2-\x00"),
        *("\ud800", "d" * 101),
    ],
)
def test_every_other_string_is_wrong(family: Family, square: Task, program: str) -> None:
    assert family.is_correct(square, program) is False


def product_of_distances(inputs: list[int]) -> str:
    """A program that leaves, above x, the product of x - t over `inputs`: 0 on each of them."""
    factors = ["o" * bool(i) + f"{abs(t)}{'-' if t >= 0 else '+'}" for i, t in enumerate(inputs)]
    return "d" + factors[0] + "".join(f"{factor}*" for factor in factors[1:])


def test_no_program_is_right_on_some_tests_only(family: Family, square: Task) -> None:
    """The target plus a product that is 0 on eight tests fails the ninth; on all nine, the machine faults."""
    for inputs in ([t for t in range(-4, 5) if t != spared] for spared in range(-4, 5)):
        program = f"{product_of_distances(inputs)}sd1+*2-+"
        result = run(program)
        assert result is not None
        assert [value(result, t) for t in inputs] == [t * t + t - 2 for t in inputs]
        assert not family.is_correct(square, program)
    assert run(f"{product_of_distances(list(range(-4, 5)))}sd1+*2-+") is None


def test_constants_and_answers_to_other_tasks_fail(family: Family) -> None:
    for seed in range(33):
        task = family.task(seed, difficulty=seed % 11)
        answer = task.reference.answer
        for other in (
            "0",
            "9",
            "p5",
            "d-",
            "nn",
            f"{answer}1+",
            f"{answer}1-",
            f"{answer}n",
            f"3{answer}",
            f"{answer}3",
        ):
            assert not family.is_correct(task, other), (task.prompt, other)
        assert family.is_correct(task, f" {answer.upper()}nn")
        assert family.is_correct(task, f"{answer}1-1+")


def test_mutated_programs_are_right_only_if_they_compute_the_same(family: Family) -> None:
    rng = random.Random(5)
    for seed in range(100):
        task = family.task(seed, difficulty=seed % 5)
        answer = task.reference.answer
        at = rng.randrange(len(answer))
        mutated = answer[:at] + rng.choice(COMMANDS) + answer[at + 1 :]
        results = [number_machine(mutated, x) for x in range(-20, 21)]
        wanted = [number_machine(answer, x) for x in range(-20, 21)]
        assert family.is_correct(task, mutated) == (results == wanted)


@pytest.mark.parametrize(
    ("lines", "credits"),
    [
        (["1+", "d1+*"], [1, 1]),
        (["d1+*", "1+"], [1, 1]),
        (["1 +", "`dd*+`"], [1, 1]),
        (["2+1-", "1+"], [1, 0]),
        (["1+", "1+nn", "1+0+", "01++"], [1, 0, 0, 0]),
        (["x+1", "2+", "d1+*2-", "1", "d", "nn", "1+5", "51+", "+", "so it goes", "d*"], [0] * 11),
    ],
)
def test_steps(family: Family, square: Task, lines: list[str], credits: list[int]) -> None:
    response = parse(square, "\n".join([*lines, "Answer: d1+*2-"]))
    assert list(family.judge(square, response).step_credits) == credits


def test_spraying_small_programs_earns_little(family: Family, square: Task) -> None:
    lines = [f"{digit}{sign}" for digit in range(1, 10) for sign in "+-*"]
    response = parse(square, "\n".join([*lines, "=0"]))
    assert family.criteria(square, response, family.judge(square, response))["steps"] < 0.05


@pytest.mark.parametrize(
    "program",
    [
        *("9" + "d*" * 40, "d*" * 50, "d" * 90, "9" * 90, "d*d*d*" + "dd*p" * 20, "dd*d*d*" + "sos*p" * 19),
        *(" " * 4_000, "d " * 2_000),
    ],
)
def test_runs_are_bounded(family: Family, program: str) -> None:
    task = family.task(1, difficulty=10)
    started = time.process_time()
    for _ in range(50):
        assert not family.is_correct(task, program)
    assert time.process_time() - started < 0.5


def test_repeating_a_part_in_other_words_is_judged_in_time(family: Family) -> None:
    task = family.task(1, difficulty=10)
    parts = [step.text for step in task.reference.steps]
    lines = parts + [part + "n" * (2 * i) for i in range(1, 21) for part in parts[:9]]
    response = parse(task, "\n".join([*lines, "=0"]))
    started = time.process_time()
    credits = family.judge(task, response).step_credits
    assert time.process_time() - started < 1.0
    assert sum(credits) == len(parts)
