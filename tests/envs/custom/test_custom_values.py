"""Plain values as facts and back, exactly."""

import json
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from synthgym.envs.custom._values import WrittenFloat, answer_text, from_fact, is_missing, to_fact
from synthgym.errors import TaskError
from synthgym.facts import canonical, freeze


@pytest.mark.parametrize(
    "value",
    [
        None, True, 7, 10**400, "text", 0.1, float("inf"), -0.0, b"\x00\xff", [1, [2.5, ()]], (1, 2), set(), {1, 2},
        frozenset({"a"}), {}, {"float": "1"}, {1: (2,), "a": None}, {(1, 2): [0.5]},
    ],
)  # fmt: skip
def test_values_survive_json(value: Any) -> None:
    fact = freeze(json.loads(canonical(to_fact(value))))
    back = from_fact(fact)
    assert back == value and type(back) is type(value) and repr(back) == repr(value)


def test_what_is_not_plain_is_refused() -> None:
    with pytest.raises(TaskError, match="no plain value"):
        to_fact([object()])


def test_answers_are_written_as_they_were() -> None:
    values = [WrittenFloat("0.10"), 0.1, 72, Fraction(1, 3), Decimal("1.50"), " as is "]
    assert [*map(answer_text, values)] == ["0.10", "0.1", "72", "1/3", "1.50", " as is "]
    assert WrittenFloat("0.10") == 0.1
    for bad in (None, [1], object()):
        with pytest.raises(TaskError):
            answer_text(bad)


def test_empty_cells_are_told_from_values() -> None:
    assert [*map(is_missing, [None, "", " \n", float("nan")])] == [True] * 4
    assert [*map(is_missing, [0, "0", False, [], 0.0])] == [False] * 5
