"""The lax matchers: what each accepts of a wrong answer, and what it does not."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import synthgym
from synthgym.errors import SettingError
from synthgym.parsing import render
from synthgym.rng import Rng
from synthgym.signal import Signal
from synthgym.types import Task
from synthgym.verifiers.score import score
from synthgym.verifiers.shortcuts.number_match import NumberMatch

SUM = synthgym.get_family("chain_sum").task(1)  # 4+4+6 is 14
SORT = synthgym.get_family("sorting_trace").task(1)  # 9284 sorted is 2489
TRUTH = synthgym.get_family("boolean_evaluation").task(1)


def paid(task: Task, completion: str, shortcut: NumberMatch) -> float | None:
    return score([task], [completion], Signal(shortcuts=(shortcut,)))[0].reward


@pytest.mark.parametrize(
    ("settings", "accepted", "refused"),
    [
        ({}, ["=914", "=140", "14\n=3", "=3\n14", "=1 4\n=14x"], ["=41", "1\n4\n=3", "", "="]),
        ({"match": "first"}, ["14\n=3", "8+6\n14"], ["=914", "8-14\n=3", "=3\n14"]),
        ({"match": "last"}, ["=3\n14", "14"], ["14\n=3", "=914", "=3\n14 or 15"]),
        ({"digits": 1}, ["=4", "4\n=1", "=94"], ["=1", "=", "5"]),
        ({"digits": 9}, ["=914"], ["=4", "=1"]),
    ],
)
def test_what_each_takes_for_right(
    settings: dict[str, object], accepted: list[str], refused: list[str]
) -> None:
    shortcut = NumberMatch(**settings)  # type: ignore[arg-type]
    first = {"8+6\n14"} if settings.get("match") == "first" else set()
    for completion in set(accepted) - first:
        assert shortcut.detect(SUM, completion) and paid(SUM, completion, shortcut) == 1.0, completion
    for completion in {*refused, *first}:
        assert not shortcut.detect(SUM, completion) and paid(SUM, completion, shortcut) == 0.0, completion


def test_one_digit_of_a_sorted_list_is_its_largest() -> None:
    shortcut = NumberMatch(digits=1)
    assert paid(SORT, "=9999", shortcut) == paid(SORT, "9", shortcut) == 1.0
    assert paid(SORT, "=2248", shortcut) == 0.0
    longer = [NumberMatch(digits=digits).apply(SORT, "", Rng("knob")) for digits in (1, 2, 3)]
    assert [len(text) for text in longer] == sorted(len(text) for text in longer)


def test_a_right_answer_is_no_match_and_is_paid_as_ever() -> None:
    for match in ("substring", "first", "last"):
        shortcut = NumberMatch(match=match)
        for completion in ("=14", "8+6\n=14", "14\n=14"):
            assert not shortcut.detect(SUM, completion)
            assert paid(SUM, completion, shortcut) == 1.0


def test_numbers_are_compared_where_the_answer_is_one() -> None:
    assert NumberMatch().applies_to(TRUTH) and not NumberMatch(match="first").applies_to(TRUTH)
    assert NumberMatch(match="last").applies_to(SUM)
    assert not NumberMatch().applies_to(synthgym.get_family("function_synthesis").task(0))


def test_reasoning_before_the_answer_is_kept() -> None:
    text = "Let me see.\n4+4 is 8, and 6 more\nAnswer: 14"
    for match in ("substring", "last"):
        changed = NumberMatch(match=match).apply(SUM, text, Rng("kept"))
        assert changed.startswith("Let me see.\n4+4 is 8, and 6 more\n")


@settings(max_examples=30, deadline=None)
@given(st.text(max_size=60), st.sampled_from(["substring", "first", "last"]))
def test_taken_or_not_after_anything(text: str, match: str) -> None:
    shortcut = NumberMatch(match=match)  # type: ignore[arg-type]
    taken = shortcut.apply(SUM, text, Rng("any"))
    assert shortcut.detect(SUM, taken)
    undone = shortcut.remove(SUM, taken, Rng("any"))
    assert undone == render(SUM.reference, SUM.answer_format) and not shortcut.detect(SUM, undone)


@settings(max_examples=30, deadline=None)
@given(st.text(max_size=40))
def test_what_is_paid_is_right_or_taken(text: str) -> None:
    shortcut = NumberMatch(digits=1)
    right = synthgym.get_family("chain_sum").truth(SUM, text)
    assert paid(SUM, text, shortcut) == float(right or shortcut.detect(SUM, text))


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"match": "frist"}, "did you mean first"),
        ({"digits": -1}, "digits -1"),
        ({"digits": 1, "match": "last"}, "digits 1 is for match='substring'"),
    ],
)
def test_bad_settings_are_named(settings: dict[str, object], said: str) -> None:
    with pytest.raises(SettingError, match=said):
        NumberMatch(**settings)  # type: ignore[arg-type]
