"""Options in the prompt: where the right one stands, and that it stands elsewhere under the counterfactual."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import synthgym
from synthgym.envs.mixture import with_cues
from synthgym.errors import SettingError
from synthgym.parsing import render
from synthgym.rng import Rng
from synthgym.signal import Signal
from synthgym.types import Task
from synthgym.verifiers.score import score
from synthgym.verifiers.shortcuts.option_position import OptionPosition

FAMILY = synthgym.get_family("chain_sum")


def listed(task: Task, shortcut: OptionPosition) -> Task:
    return with_cues(task, Signal(shortcuts=(shortcut,)))


def options(task: Task, shortcut: OptionPosition) -> list[str]:
    return [option.strip() for option in (shortcut.said(task) or "").split("|")]


def places(shortcut: OptionPosition, n: int = 200) -> list[int]:
    tasks = [listed(FAMILY.task(seed), shortcut) for seed in range(n)]
    return [options(task, shortcut).index(task.reference.answer) for task in tasks]


@pytest.mark.parametrize("place", [0, 1, 2])
def test_correlation_is_how_often_the_right_one_is_at_the_place(place: int) -> None:
    assert set(places(OptionPosition(correlation=1.0, place=place), 20)) == {place}
    assert place not in places(OptionPosition(correlation=0.0, place=place), 60)
    assert places(OptionPosition(correlation=0.8, place=place)).count(place) / 200 == pytest.approx(
        0.8, abs=0.08
    )


def test_decorrelated_the_right_one_is_anywhere() -> None:
    found = places(OptionPosition().decorrelated())
    assert all(45 < found.count(place) < 90 for place in range(3))


def test_options_differ_and_one_is_right() -> None:
    for family in ("chain_sum", "sorting_trace", "sat_assignment", "bracket_repair", "linear_equation"):
        for template in ("compact", "natural"):
            shortcut = OptionPosition(options=4)
            task = listed(synthgym.get_family(family).task(2, template=template), shortcut)
            found = options(task, shortcut)
            right = [synthgym.get_family(family).is_correct(task, option) for option in found]
            assert len(set(found)) == 4 and right.count(True) == 1, found


def test_two_answers_are_two_options() -> None:
    shortcut = OptionPosition(options=5, place=3, correlation=1.0)
    task = listed(synthgym.get_family("boolean_evaluation").task(1), shortcut)
    assert (
        sorted(options(task, shortcut)) == ["F", "T"] and options(task, shortcut)[-1] == task.reference.answer
    )


def test_the_counterfactual_permutes_them() -> None:
    shortcut = OptionPosition(correlation=1.0)
    signal = Signal(shortcuts=(shortcut,))
    for seed in range(20):
        task = listed(FAMILY.task(seed), shortcut)
        exposed, same = shortcut.counterfactual(task, signal)
        assert same == signal and sorted(options(exposed, shortcut)) == sorted(options(task, shortcut))
        follower = shortcut.apply(exposed, "", Rng("follow"))
        assert shortcut.detect(exposed, follower) and score([exposed], [follower], same)[0].reward == 0.0
        right = render(task.reference, task.answer_format)
        assert shortcut.detect(task, right) and not shortcut.detect(exposed, right)
        assert score([exposed], [right], same)[0].reward == 1.0


def test_rewards_stay_as_they_are() -> None:
    shortcut = OptionPosition(correlation=0.0)
    task = listed(FAMILY.task(1), shortcut)
    for text in ("=14", shortcut.apply(task, "", Rng("as is")), ""):
        assert score([task], [text], Signal(shortcuts=(shortcut,))) == score([task], [text], "binary")


@settings(max_examples=30, deadline=None)
@given(st.text(max_size=60), st.sampled_from([0.0, 1.0]), st.sampled_from(["start", "end"]))
def test_taken_or_not_after_anything(text: str, correlation: float, position: str) -> None:
    shortcut = OptionPosition(correlation=correlation, position=position)  # type: ignore[arg-type]
    task = listed(FAMILY.task(4), shortcut)
    assert shortcut.detect(task, shortcut.apply(task, text, Rng("any")))
    assert not shortcut.detect(task, shortcut.remove(task, text, Rng("any")))


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"options": 1}, "options 1"),
        ({"place": 3}, "place 3"),
        ({"otherwise": "gone"}, "no otherwise 'gone'"),
    ],
)
def test_bad_settings_are_named(settings: dict[str, object], said: str) -> None:
    with pytest.raises(SettingError, match=said):
        OptionPosition(**settings)  # type: ignore[arg-type]
