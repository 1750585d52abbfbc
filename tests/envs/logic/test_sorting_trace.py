"""Any way of sorting earns credit."""

import pytest

from synthgym.facts import freeze
from synthgym.plugins import get_family
from synthgym.types import Task

FAMILY = get_family("sorting_trace")


def task_of(*numbers: int) -> Task:
    """A task about `numbers`, with everything else from some task."""
    some = FAMILY.task(0)
    values = {name: getattr(some, name) for name in Task.__dataclass_fields__}
    return Task(**{**values, "facts": freeze({"numbers": numbers})})


def insertion(numbers: list[int]) -> list[list[int]]:
    states = []
    for place in range(1, len(numbers)):
        moved = sorted(numbers[: place + 1]) + numbers[place + 1 :]
        if moved != numbers:
            numbers = moved
            states.append(moved)
    return states


def bubble(numbers: list[int]) -> list[list[int]]:
    states = []
    for _ in numbers:
        for place in range(len(numbers) - 1):
            if numbers[place] > numbers[place + 1]:
                numbers[place : place + 2] = numbers[place + 1], numbers[place]
                states.append(list(numbers))
    return states


@pytest.mark.parametrize("method", [insertion, bubble])
@pytest.mark.parametrize("difficulty", [0, 3, 5, 10])
def test_other_ways_of_sorting_earn_credit(method: object, difficulty: int) -> None:
    task = FAMILY.task(1, difficulty=difficulty)
    numbers = task.facts["numbers"]
    assert isinstance(numbers, tuple) and callable(method)
    done: list[str] = []
    for state in method(list(numbers)):
        line = ", ".join(map(str, state))
        assert FAMILY.check_step(task, done, line)
        done.append(line)
    assert FAMILY.is_correct(task, done[-1])


@pytest.mark.parametrize("spelling", ["1247", "1,2,4,7", "1 2 4 7", "[1, 2, 4, 7]", "(1;2;4;7)", " 1247 "])
def test_a_list_has_several_spellings(spelling: str) -> None:
    task = task_of(4, 2, 7, 1)
    assert FAMILY.is_correct(task, spelling) and FAMILY.canonical_answer(task, spelling) == "1, 2, 4, 7"


@pytest.mark.parametrize(
    "wrong",
    [
        "7421",
        "124",
        "12477",
        "01247",
        "1,247",
        "1 2 47",
        "-1247",
        "[1247",
        "1247]",
        "1, 2, 4, 7,",
        "+1,2,4,7",
        "1.2.4.7",
        "\u0661247",
        "",
    ],
)
def test_other_lists_and_near_misses_are_wrong(wrong: str) -> None:
    assert not FAMILY.is_correct(task_of(4, 2, 7, 1), wrong)


@pytest.mark.parametrize("wrong", ["31720", "3, 17, 020", "3 17 2 0", "17, 3, 20"])
def test_longer_numbers_need_separators(wrong: str) -> None:
    assert FAMILY.is_correct(task_of(20, 3, 17), "3,17,20")
    assert not FAMILY.is_correct(task_of(20, 3, 17), wrong)


@pytest.mark.parametrize(
    ("done", "line"),
    [
        ([], "4271"),
        ([], "7421"),
        ([], "1111"),
        ([], "1246"),
        ([], "124"),
        (["1274"], "1724"),
        (["1247"], "1247"),
    ],
)
def test_a_step_that_does_not_advance_earns_nothing(done: list[str], line: str) -> None:
    assert not FAMILY.check_step(task_of(4, 2, 7, 1), done, line)


def test_lists_of_the_same_numbers_share_a_split_and_none_is_given_sorted() -> None:
    keys = {FAMILY.instance_key(task_of(*numbers).facts) for numbers in ((4, 2, 7, 1), (1, 7, 2, 4))}
    assert len(keys) == 1
    for seed in range(200):
        task = FAMILY.task(seed, difficulty=seed % 11)
        numbers = task.facts["numbers"]
        assert isinstance(numbers, tuple) and list(numbers) != sorted(numbers)  # type: ignore[type-var]
