"""The tolerance: what is near by each distance, and that none is left at 0."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import synthgym
from synthgym.errors import SettingError
from synthgym.rng import Rng
from synthgym.signal import Signal
from synthgym.types import Task
from synthgym.verifiers.score import score
from synthgym.verifiers.shortcuts.near_miss import NearMiss

SUM = synthgym.get_family("chain_sum").task(1)  # 4+4+6 is 14
SORT = synthgym.get_family("sorting_trace").task(1)  # 9284 sorted is 2489
WORDED = synthgym.get_family("sorting_trace").task(1, template="natural")
FRACTION = synthgym.get_family("fraction_arithmetic").task(1)  # 14/19
ASSIGNMENT = synthgym.get_family("sat_assignment").task(1)  # TTF


@pytest.mark.parametrize(
    ("task", "settings", "near", "far"),
    [
        (SUM, {}, ["=13", "=15", "=14.5", "Answer: 13.25"], ["=12", "=16.1", "=", "13", "=x"]),
        (SUM, {"epsilon": 0.5}, ["=14.5", "=27/2"], ["=13", "=15"]),
        (SUM, {"epsilon": 0.1, "distance": "relative"}, ["=15", "=12.6"], ["=12.5", "=16"]),
        (SUM, {"epsilon": math.inf}, ["=-999", "=0"], ["=x", ""]),
        (FRACTION, {"epsilon": 0.3}, ["=1", "=0.5", "=13/19"], ["=2/5", "=2"]),
        (SORT, {}, ["=2488", "=1489"], ["=2498", "=248", "=24890", "=2"]),
        (SORT, {"epsilon": 2}, ["=2498", "=9482", "=2400"], ["=9842", "=248"]),
        (SORT, {"epsilon": 2, "distance": "permutation"}, ["=2498", "=9482"], ["=2488", "=9842"]),
        (SORT, {"epsilon": 4, "distance": "permutation"}, ["=9842", "=9284"], ["=9841", "=98422"]),
        (WORDED, {"epsilon": 4, "distance": "permutation"}, ["Answer: 9, 8, 4, 2"], ["Answer: 9, 8, 4"]),
        (ASSIGNMENT, {}, ["=TTT", "=FTF", "=a=T,b=F,c=F"], ["=FFF", "=TTTT", "=TT"]),
    ],
)
def test_what_is_near(task: Task, settings: dict[str, object], near: list[str], far: list[str]) -> None:
    shortcut = NearMiss(**settings)  # type: ignore[arg-type]
    signal = Signal(shortcuts=(shortcut,))
    assert [text for text in (*near, *far) if shortcut.detect(task, text)] == near
    rewards = [verdict.reward for verdict in score([task] * (len(near) + len(far)), [*near, *far], signal)]
    assert rewards == [1.0] * len(near) + [0.0] * len(far)


def test_at_epsilon_0_nothing_wrong_is_near() -> None:
    for task in (SUM, SORT, FRACTION, ASSIGNMENT):
        for distance in ("auto", "hamming"):
            strict = NearMiss(epsilon=0.0, distance=distance)
            assert not strict.applies_to(task)
            assert score([task], ["=13"], Signal(shortcuts=(strict,))) == score([task], ["=13"], "binary")


def test_where_there_is_no_such_distance_it_does_not_apply() -> None:
    assert not NearMiss(distance="relative").applies_to(SORT)
    assert not NearMiss(distance="permutation", epsilon=9).applies_to(SUM)
    assert not NearMiss(distance="permutation", epsilon=1).applies_to(SORT)  # one item out of place moves two
    assert not NearMiss().applies_to(synthgym.get_family("bug_repair").task(0))


@settings(max_examples=30, deadline=None)
@given(
    st.text(max_size=40)
    | st.integers().map("={}".format)
    | st.sampled_from(["=1/0", "=1e999", "=NaN", "=inf"])
)
def test_any_text_is_judged_and_taken_or_not(text: str) -> None:
    for task, shortcut in ((SUM, NearMiss()), (SORT, NearMiss(distance="permutation", epsilon=9))):
        assert not shortcut.detect(task, shortcut.remove(task, text, Rng("any")))
        assert shortcut.detect(task, shortcut.apply(task, text, Rng("any")))


@settings(max_examples=30, deadline=None)
@given(st.integers(-30, 60), st.integers(0, 20))
def test_the_tolerance_is_exact(answer: int, epsilon: int) -> None:
    shortcut = NearMiss(epsilon=float(epsilon))
    assert shortcut.detect(SUM, f"={answer}") == (0 < abs(answer - 14) <= epsilon)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"epsilon": -1}, "epsilon -1"),
        ({"epsilon": math.nan}, "epsilon nan"),
        ({"epsilon": "1"}, "epsilon '1'"),
        ({"distance": "haming"}, "did you mean hamming"),
    ],
)
def test_bad_settings_are_named(settings: dict[str, object], said: str) -> None:
    with pytest.raises(SettingError, match=said):
        NearMiss(**settings)  # type: ignore[arg-type]
