"""fraction_arithmetic: any form of the value is right, and steps are judged by meaning."""

from dataclasses import replace

import pytest

from synthgym.facts import FrozenDict, freeze
from synthgym.family import Family
from synthgym.parsing import parse, render
from synthgym.plugins import get_family
from synthgym.types import Task

Summand = list[list[int]]


@pytest.fixture
def family() -> Family:
    return get_family("fraction_arithmetic")


def task_of(family: Family, *summands: Summand, form: str = "line") -> Task:
    facts = freeze({"summands": summands})
    assert isinstance(facts, FrozenDict)
    return replace(family.task(0), facts=facts, reference=family.solve(facts, "compact"), answer_format=form)


@pytest.fixture
def unlike(family: Family) -> Task:
    """1/2+1/3"""
    return task_of(family, [[1, 2]], [[1, 3]])


def credits(family: Family, task: Task, *lines: str) -> list[float]:
    response = parse(task, "\n".join([*lines, "Answer: 0"]))
    return list(family.judge(task, response).step_credits)


def criteria(family: Family, task: Task, completion: str) -> dict[str, float]:
    response = parse(task, completion)
    return dict(family.criteria(task, response, family.judge(task, response)))


def test_the_worked_solution(family: Family) -> None:
    task = task_of(family, [[1, 2]], [[-1, 3], [1, 2]], [[1, 6]])
    assert family.question(task.facts, "compact") == "1/2-1/3*1/2+1/6?"
    assert render(task.reference, "equals") == "1/2-1/6+1/6\n(3-1+1)/6\n(2+1)/6\n3/6\n=1/2"
    assert family.solve(task.facts, "natural").steps[1].text == "(3 - 1 + 1)/6"
    assert "any form" in family.question(task.facts, "natural").lower()


@pytest.mark.parametrize(
    "answer",
    [
        "5/6",
        "10/12",
        "+5/6",
        "5 / 6",
        "05/6",
        "-5/-6",
        "$5/6$",
        "`5/6`",
        "\\frac{5}{6}",
        "\\boxed{\\frac{10}{12}}",
        "**5/6**",
    ]
    + ["\\(\\frac56\\)", "0 5/6", "5/6."],
)
def test_right_answers(family: Family, unlike: Task, answer: str) -> None:
    assert family.truth(unlike, f"Answer: {answer}")


def test_mixed_numbers_decimals_and_integers(family: Family) -> None:
    task = task_of(family, [[3, 4]], [[3, 4]])
    for answer in ("3/2", "6/4", "1 1/2", "1.5", "1.50", "1\\frac{1}{2}"):
        assert family.is_correct(task, answer)
        assert family.canonical_answer(task, answer) == "3/2"
    for answer in ("1/2", "11/2", "-1.5", "1.49", "1.5001", "2", "1 1/2 or 2", "1 2/2"):
        assert not family.is_correct(task, answer)
    whole = task_of(family, [[1, 2]], [[3, 2]])
    assert all(family.is_correct(whole, answer) for answer in ("2", "4/2", "2.0", "+2"))


@pytest.mark.parametrize(
    "answer",
    [
        "-5/6",
        "6/5",
        "5/7",
        "4/6",
        "15/6",
        "5/61",
        "0.83",
        "0.8333",
        "1/2+1/3",
        "3/6+2/6",
        "5/6 or 1/6",
        "5/6?",
        "5",
        "5/0",
    ]
    + ["5//6", "5/6/1", "five sixths", "", "x=5/6"],
)
def test_wrong_answers(family: Family, unlike: Task, answer: str) -> None:
    assert not family.is_correct(unlike, answer)


@pytest.mark.parametrize(
    "lines",
    [
        ("3/6+2/6", "(3+2)/6", "5/6"),
        ("(3 + 2)/6", "10/12", "5/6"),
        ("1/2 = 3/6", "1/3 = 2/6", "3/6 + 2/6 = 5/6"),
        ("1/2 + 1/3 = 3/6 + 2/6 = 5/6",),
        ("\\frac{1}{2} + \\frac{1}{3} = \\frac{3}{6} + \\frac{2}{6}",),
        ("2/6 + 3/6",),
        ("6/12 + 4/12", "10/12", "5/6"),
        ("We rewrite: 3/6 + 2/6",),
    ],
)
def test_any_valid_derivation_earns_credit(family: Family, unlike: Task, lines: tuple[str, ...]) -> None:
    assert credits(family, unlike, *lines) == [1.0] * len(lines)


@pytest.mark.parametrize(
    "lines",
    [
        ("1/2*3/4 = 3/8", "6/16 - 5/16", "1/16"),
        ("3/8 - 5/16", "(6-5)/16"),
        ("(1*3)/(2*4) - 5/16", "3/8 - 5/16"),
    ],
)
def test_products_are_multiplied_out(family: Family, lines: tuple[str, ...]) -> None:
    task = task_of(family, [[1, 2], [3, 4]], [[-5, 16]])
    assert credits(family, task, *lines) == [1.0] * len(lines)


@pytest.mark.parametrize(
    "line",
    [
        "1/2+1/3",
        "1/3+1/2",
        "5/6",
        "1/2+1/3=5/6",
        "4/6+1/6",
        "3/6+1/6",
        "(3+2)/5",
        "3/6-2/6",
        "0/6+5/6",
        "1/2=2/6",
    ]
    + [
        "1/4+1/4=1/2",
        "3/6+2/6 or 3/6+1/6",
        "3/6+2/61",
        "13/6+2/6",
        "3/6 2/6",
        "5",
        "so it goes",
        "1/2+1/3+0",
    ],
)
def test_a_line_that_does_not_advance_earns_nothing(family: Family, unlike: Task, line: str) -> None:
    assert credits(family, unlike, line) == [0.0]


def test_padding_earns_nothing(family: Family, unlike: Task) -> None:
    lines = ("3/6+2/6", "6/12+4/12", "2/6+3/6", "1/2+1/3", "5/6", "10/12", "5/6", "5/6+0", "(5)/(6)")
    assert credits(family, unlike, *lines) == [1, 0, 0, 0, 1, 0, 0, 0, 0]


def test_the_criteria(family: Family, unlike: Task) -> None:
    assert criteria(family, unlike, "(3+2)/6\nAnswer: 5/6") == {"steps": 1.0, "tidy": 1.0, "reduced": 1.0}
    assert criteria(family, unlike, "(3+2)/6\nAnswer: 10/12")["reduced"] == 0.0
    assert criteria(family, unlike, "(3+2)/6\nAnswer: 1/6")["steps"] == 0.5
    assert criteria(family, unlike, "(4+2)/6\n(3+2)/6\nAnswer: 1/6")["steps"] == 0.0
    assert criteria(family, unlike, "1/6\n2/6\n3/6\n4/6\n5/6\nAnswer: 1/6")["steps"] == 0.0
    assert criteria(family, unlike, "")["steps"] == 0.0


def test_difficulty_0_is_short_and_learnable_by_eye(family: Family) -> None:
    for seed in range(300):
        task = family.task(seed)
        assert task.prompt.endswith("?") and len(task.prompt) < 16
        assert len(render(task.reference, "equals")) < 16
        assert len(task.reference.steps) == 1
