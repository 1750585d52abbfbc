"""chain_sum: what is right, which steps follow, and what pays nothing."""

from dataclasses import replace

import pytest

from synthgym.facts import freeze
from synthgym.family import Family
from synthgym.parsing import parse, render
from synthgym.plugins import get_family
from synthgym.types import Task


@pytest.fixture
def family() -> Family:
    return get_family("chain_sum")


def task_of(family: Family, *terms: int, form: str = "equals") -> Task:
    facts = freeze({"terms": terms})
    assert not isinstance(facts, (int, str, tuple)) and facts is not None
    solution = family.solve(facts, "compact")
    return replace(family.task(0), facts=facts, reference=solution, answer_format=form)


def credits(family: Family, task: Task, *lines: str) -> list[float]:
    response = parse(task, "\n".join([*lines, "Answer: 0"]))
    return list(family.judge(task, response).step_credits)


def progress(family: Family, task: Task, completion: str) -> float:
    response = parse(task, completion)
    return family.criteria(task, response, family.judge(task, response))["steps"]


def test_the_worked_solution(family: Family) -> None:
    task = task_of(family, 3, 5, -2, 4)
    assert family.question(task.facts, "compact") == "3+5-2+4?"
    assert render(task.reference, "equals") == "8-2+4\n6+4\n=10"
    assert family.solve(task.facts, "natural").steps[0].text == "8 - 2 + 4"


@pytest.mark.parametrize(
    "answer", ["1204", "+1204", " 1204 ", "01204", "1,204", "1204.", "1 204", "1204.0", "2408/2"]
)
def test_right_answers(family: Family, answer: str) -> None:
    task = task_of(family, 1200, 5, -1)
    assert family.truth(task, f"={answer}")
    assert family.canonical_answer(task, answer.rstrip(".")) == "1204"


@pytest.mark.parametrize(
    "answer",
    [
        "1205",
        "1203",
        "-1204",
        "11204",
        "12044",
        "12040",
        "204",
        "1204 or 1205",
        "1204?",
        "1,20,4",
        "1204.5",
        "\u0661",
    ]
    + ["1200+5-1", "the answer", "", "1204x", "1204/2", "\u2460", "1204!"],
)
def test_wrong_answers(family: Family, answer: str) -> None:
    assert not family.is_correct(task_of(family, 1200, 5, -1), answer)


def test_the_sign_counts(family: Family) -> None:
    task = task_of(family, 3, -9, 2)
    assert family.truth(task, "=\u22124")
    assert family.is_correct(task, "- 4")
    assert not family.is_correct(task, "4")


@pytest.mark.parametrize(
    "lines",
    [
        ("8-2+4", "6+4", "10"),
        ("8 - 2 + 4", "8 + 2", "10"),
        ("3+5-2+4 = 8-2+4 = 6+4 = 10",),
        ("3 + 5 = 8", "8 - 2 = 6", "6 + 4 = 10"),
        ("5 - 2 = 3", "3 + 3 = 6", "6 + 4 = 10"),
        ("12 - 2", "10"),
        ("3+7", "10"),
        ("= 8 - 2 + 4", "= 6 + 4"),
        ("Step 1: 3+5-2+4 = 6+4", "So: 10"),
        ("3 + 9 - 2",),
        ("8 - 2 + 4 = 8 + 2",),
    ],
)
def test_any_valid_derivation_earns_credit(family: Family, lines: tuple[str, ...]) -> None:
    task = task_of(family, 3, 5, -2, 4, form="line")
    assert credits(family, task, *lines) == [1.0] * len(lines)


@pytest.mark.parametrize(
    "line",
    [
        "3+5-2+4",  # the question again
        "4+3+5-2",  # only moved
        "(3+5)-2+4",
        "9-2+4",  # false
        "7-1+4",  # right value, other terms
        "11-1",
        "10",  # the sum, guessed
        "3+5-2+4=10",
        "10+0",
        "3+5=9",
        "4+4=8",  # true, but of terms that are not there
        "1+1=2",
        "8-2+4 or 9-2+4",
        "8",
        "so it goes",
        "?8-2+4",
        "8-2+4!",
        "18-2+4",
        "8-2+40",
    ],
)
def test_a_line_that_does_not_advance_earns_nothing(family: Family, line: str) -> None:
    assert credits(family, task_of(family, 3, 5, -2, 4, form="line"), line) == [0.0]


def test_padding_earns_nothing(family: Family) -> None:
    task = task_of(family, 3, 5, -2, 4, form="line")
    lines = (
        "8-2+4",
        "8-2+4",
        "8+4-2",
        "3+5=8",
        "8 = 8",
        "8 - 2 + 4 + 0",
        "6+4",
        "4+6",
        "10",
        "5+5",
        "10=10",
        "10",
    )
    assert credits(family, task, *lines) == [1, 0, 0, 0, 0, 0, 1, 0, 1, 0, 0, 0]


def test_guessing_after_a_false_line_is_no_progress(family: Family) -> None:
    task = task_of(family, 3, 5, -2)
    assert progress(family, task, "8-2\n=5") == 0.5
    assert progress(family, task, "7-2\n8-2\n=5") == 0.0
    assert progress(family, task, "\n".join(f"{guess}-2" for guess in range(20)) + "\n=5") == 0.0
    assert progress(family, task, "\n".join(map(str, range(-20, 20))) + "\n=5") == 0.0
    assert progress(family, task, "3+5-2\nfirst, add\n8-2\n=5") == 0.5
    assert progress(family, task, "8-2\n9\n=6") == 1.0


@pytest.mark.parametrize("form", ["line", "boxed", "tag", "equals"])
@pytest.mark.parametrize("template", ["compact", "natural"])
def test_the_worked_solution_earns_everything(family: Family, template: str, form: str) -> None:
    for difficulty in range(11):
        for seed in range(6):
            task = family.task(seed, difficulty=difficulty, template=template, answer_format=form)
            response = parse(task, render(task.reference, form))
            judged = family.judge(task, response)
            assert judged.truth
            assert set(judged.step_credits) == {1.0}
            assert set(family.criteria(task, response, judged).values()) == {1.0}


def test_difficulty_0_is_short(family: Family) -> None:
    for seed in range(300):
        task = family.task(seed)
        assert task.prompt.endswith("?") and len(task.prompt) < 16
        assert len(render(task.reference, "equals")) < 16
