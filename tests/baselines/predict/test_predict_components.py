"""Which components a prediction has, and which rollouts show them."""

import numpy as np
import pytest

import synthgym
from synthgym.baselines.predict.batch import Batch
from synthgym.baselines.predict.components import (
    check_applies,
    components_of,
    signal_of,
    taken,
    typical_label,
)
from synthgym.errors import SettingError, UnknownNameError
from synthgym.measure.push import slope
from synthgym.plugins import SHORTCUTS, as_signal


def batch_of(completions: list[str], advantage: list[float] | None = None) -> Batch:
    task = synthgym.get_family("chain_sum").task(0)
    size = len(completions)
    return Batch(
        tasks=[task] * size,
        prompts=[task.prompt] * size,
        completions=completions,
        reward=np.zeros(size),
        truth=np.zeros(size),
        group=np.arange(size) // 4,
        advantage=np.zeros(size) if advantage is None else np.array(advantage),
    )


def test_truth_comes_first_then_the_planted_then_the_watched_and_the_null_last() -> None:
    found = components_of(as_signal("binary+constant_accepted"), ["exit_code", "constant_accepted"])
    assert [part.name for part in found] == ["truth", "constant_accepted", "exit_code", "null"]
    assert [part.planted for part in found] == [True, True, False, False]


def test_a_shortcut_is_planted_once_by_label_name_or_object() -> None:
    own = SHORTCUTS.get("constant_accepted")(strength=0.5)
    assert signal_of("binary", ["constant_accepted"]).label == "binary+constant_accepted"
    assert signal_of("binary+constant_accepted", ["constant_accepted"]).label == "binary+constant_accepted"
    assert signal_of("rubric", [own]).shortcuts == (own,)
    assert signal_of(as_signal("binary"), ()) == as_signal("binary")


@pytest.mark.parametrize(
    ("given", "right"),
    [("constant_acepted", "constant_accepted"), ("", "list --shortcuts"), ("exit_cod", "exit_code")],
)
def test_an_unknown_shortcut_is_answered_with_the_nearest(given: str, right: str) -> None:
    with pytest.raises((UnknownNameError, SettingError), match=right):
        components_of(as_signal("binary"), [given])


def test_a_shortcut_that_makes_no_sense_on_the_family_is_refused_with_those_that_do() -> None:
    tasks = [synthgym.get_family("chain_sum").task(seed) for seed in range(3)]
    with pytest.raises(SettingError, match=r"exit_code makes no sense on chain_sum .*constant_accepted"):
        check_applies(components_of(as_signal("binary"), ["exit_code"]), tasks)
    check_applies(components_of(as_signal("binary"), ["constant_accepted"]), tasks)
    check_applies(components_of(as_signal("binary"), ["exit_code"]), [None])


def test_the_detector_says_which_rollouts_show_a_shortcut() -> None:
    part = components_of(as_signal("binary+constant_accepted"), ())[1]
    assert taken(part, batch_of(["!", "=3", " ! ", ""]), np.random.default_rng(0)).tolist() == [1, 0, 1, 0]


def test_the_null_is_a_typical_random_label_not_an_unlucky_one() -> None:
    rng = np.random.default_rng(0)
    advantage = rng.normal(size=400).tolist()
    batch = batch_of(["x"] * 400, advantage)
    single = [slope(batch.advantage, rng.integers(0, 2, 400), batch.group).value for _ in range(60)]
    typical = [slope(batch.advantage, typical_label(batch, rng), batch.group).value for _ in range(60)]
    assert np.abs(typical).max() < 0.6 * np.abs(single).max()
    assert 0.4 < typical_label(batch, rng).mean() < 0.6
