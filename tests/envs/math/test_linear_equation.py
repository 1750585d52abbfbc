"""linear_equation: the solution in any spelling, and steps that follow."""

from dataclasses import replace
from fractions import Fraction

import pytest

from synthgym.envs.math._equations import follows, is_false
from synthgym.facts import FrozenDict, freeze
from synthgym.family import Family
from synthgym.parsing import parse, render
from synthgym.plugins import get_family
from synthgym.types import Task

Piece = tuple[int, int, int]


@pytest.fixture
def family() -> Family:
    return get_family("linear_equation")


def task_of(family: Family, left: list[Piece], right: list[Piece], form: str = "line") -> Task:
    facts = freeze({"left": left, "right": right})
    assert isinstance(facts, FrozenDict)
    return replace(family.task(0), facts=facts, reference=family.solve(facts, "compact"), answer_format=form)


@pytest.fixture
def bracket(family: Family) -> Task:
    """2(3x-1)=x+8, solved by 2."""
    return task_of(family, [(2, 3, -1)], [(1, 1, 8)])


def credits(family: Family, task: Task, *lines: str) -> list[float]:
    response = parse(task, "\n".join([*lines, "Answer: 99"]))
    return list(family.judge(task, response).step_credits)


def progress(family: Family, task: Task, completion: str) -> float:
    response = parse(task, completion)
    return family.criteria(task, response, family.judge(task, response))["steps"]


def test_the_worked_solution(family: Family, bracket: Task) -> None:
    assert family.question(bracket.facts, "compact") == "2(3x-1)=x+8?"
    assert render(bracket.reference, "equals") == "6x-2=x+8\n5x-2=8\n5x=10\n=2"
    assert family.solve(bracket.facts, "natural").steps[0].text == "6x - 2 = x + 8"


@pytest.mark.parametrize(
    "answer",
    [
        "5/3",
        "10/6",
        "x=5/3",
        "x = 5/3",
        "5/3=x",
        "X=5/3",
        "$x = \\frac{5}{3}$",
        "\\boxed{5/3}",
        "1 2/3",
        "+5/3",
        "`5/3`",
        "x=5/3.",
    ],
)
def test_right_answers(family: Family, answer: str) -> None:
    assert family.truth(task_of(family, [(1, 3, 2)], [(1, 0, 7)]), f"Answer: {answer}")


@pytest.mark.parametrize(
    "answer",
    [
        "-5/3",
        "3/5",
        "1.67",
        "1.6667",
        "5",
        "3x=5",
        "x=5/3=x",
        "x=x=5/3",
        "y=5/3",
        "x=",
        "=x",
        "x",
        "5/3=",
        "5/3=5/3",
        "x=8=5/3",
    ]
    + ["x!=5/3", "x\u22605/3", "x=5/3 or x=1", "x>5/3", "|x|=5/3", "15/3", "5/31", "5/3x", ""],
)
def test_wrong_answers(family: Family, answer: str) -> None:
    assert not family.is_correct(task_of(family, [(1, 3, 2)], [(1, 0, 7)]), answer)


def test_whole_solutions_take_decimals_and_signs(family: Family) -> None:
    task = task_of(family, [(1, 3, 2)], [(1, 0, -4)])
    for answer in ("-2", "x = \u22122", "-2.0", "-4/2", "-02"):
        assert family.truth(task, f"Answer: {answer}")
    assert family.canonical_answer(task, "x=-4/2") == family.canonical_answer(task, "-2.0") == "-2"
    assert family.canonical_answer(task, "two") is None
    assert not family.is_correct(task, "2")


@pytest.mark.parametrize(
    "lines",
    [
        ("6x-2=x+8", "5x-2=8", "5x=10", "x=2"),
        ("6x - 2 = x + 8", "6x - x = 8 + 2", "5x = 10", "x = 10/5", "x = 2"),
        ("6*x - 2 = x + 8", "6x = x + 10", "10 = 5x", "2 = x"),
        ("5x = 10",),
        ("Expand: 6x - 2 = x + 8.", "$5x = 10$"),
        ("-2 - 8 = x - 6x", "-10 = -5x", "2 = x"),
    ],
)
def test_any_valid_derivation_earns_credit(family: Family, bracket: Task, lines: tuple[str, ...]) -> None:
    assert credits(family, bracket, *lines) == [1.0] * len(lines)


@pytest.mark.parametrize(
    "line",
    [
        "2(3x-1)=x+8",
        "x+8=2(3x-1)",
        "2(3x-1)+1=x+9",  # true, not simpler
        "4(3x-1)=2x+16",
        "10x=20",  # true, of twice the coefficient
        "x=2",  # the solution, guessed
        "x-2=0",
        "x+1=3",
        "3x=6",  # true, of no division of what is there
        "7x=14",
        "2.5x=5",
        "6x-1=x+8",
        "5x=11",
        "-5x=10",
        "2=2",
        "10=10",
        "x=x",
        "5x=10 or 5x=11",
        "5x=10=10",
        "5x",
        "y=2",
        "5x=101",
        "15x=10",
        "?5x=10",
        "so it goes",
    ],
)
def test_a_line_that_does_not_advance_earns_nothing(family: Family, bracket: Task, line: str) -> None:
    assert credits(family, bracket, line) == [0.0]


def test_padding_earns_nothing(family: Family, bracket: Task) -> None:
    lines = (
        "5x=10",
        "10=5x",
        "6x-2=x+8",
        "5x+0=10",
        "5x-10=0",
        "50x=100",
        "x=2",
        "2=x",
        "x=4/2",
        "-x=-2",
        "x+0=2",
    )
    assert credits(family, bracket, *lines) == [1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0]


def test_no_derivation_can_be_drawn_out_for_ever(family: Family, bracket: Task) -> None:
    halves = [f"{Fraction(5, 2**n)}*x={Fraction(10, 2**n)}" for n in range(1, 30)]
    inflated = [f"{5 * 2**n}x={10 * 2**n}" for n in range(30, 0, -1)]
    split = ["+".join(["x"] * 5 + ["1"] * n) + f"={10 + n}" for n in range(30, 0, -1)]
    for lines in (halves, inflated, split):
        assert sum(credits(family, bracket, *lines)) <= 2


def test_both_sides_may_be_divided() -> None:
    assert follows("3(x+2)=9", "x+2=3")
    assert follows("4x+8=12", "2x+4=6")
    assert follows("12=4x+8", "x+2=3")
    assert not follows("4x+8=12", "2x+8=6")
    assert not follows("4x+8=12", "2x=2")
    assert follows("-2x=6", "x=-3")
    assert not follows("0=0", "x=3")


def test_what_is_false() -> None:
    assert is_false("5x=11", Fraction(2))
    assert is_false("10-2=7", Fraction(2))
    assert not is_false("5x=10", Fraction(2))
    assert not is_false("10-2=8", Fraction(2))
    assert not is_false("first move x", Fraction(2))


def test_guessing_after_a_false_line_is_no_progress(family: Family, bracket: Task) -> None:
    assert progress(family, bracket, "6x-2=x+8\n5x-2=8\nAnswer: 3") == 0.5
    assert progress(family, bracket, "6x-2=x+8\n5x-2=9\n5x=10\nAnswer: 3") == 0.25
    assert progress(family, bracket, "\n".join(f"5x={n}" for n in range(30)) + "\nAnswer: 3") == 0.0
    assert progress(family, bracket, "\n".join(f"x={n}" for n in range(30)) + "\nAnswer: 3") == 0.0


def test_difficulty_0_is_short(family: Family) -> None:
    for seed in range(300):
        task = family.task(seed)
        assert task.prompt.endswith("?") and len(task.prompt) < 16
        assert len(render(task.reference, "equals")) < 16
