"""Bad input at every entry of the measures: a MeasureError that says what is wrong, never a traceback or a number."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from synthgym import controls, measure
from synthgym.errors import MeasureError
from synthgym.measure.given import flags, number, numbers, whole
from synthgym.measure.levels import levels_of, places_of
from synthgym.measure.push import slope

ROWS = 64
_DRAWN = np.random.default_rng(0)
FEATURES = _DRAWN.normal(size=(ROWS, 2))
GROUP = np.repeat(np.arange(8), 8)
SHOWN = np.tile([0.0, 1.0], ROWS // 2)
GAIN = _DRAWN.normal(size=ROWS)
TIMES, CENSORED = [1.0, 2.0, 3.0], [False, True, False]
KL, PAID = [1.0, 2.0, 3.0, 4.0], [0.5, 0.6, 0.7, 0.6]

ENTRIES: list[tuple[Callable[..., Any], dict[str, Any]]] = [
    (measure.binary_entropy, {"p": 0.3}),
    (measure.binary_information, {"p": 0.3, "tpr": 0.9, "fpr": 0.1}),
    (measure.live_groups, {"p": [0.3], "group_size": 8}),
    (measure.rubric_capacity, {"components": [[0, 1], [1, 1]]}),
    (measure.token_capacity, {"tokens": 3, "levels": 2}),
    (measure.table_information, {"counts": [[3, 1], [1, 4]]}),
    (
        measure.information,
        {"signal": SHOWN, "truth": SHOWN, "group": GROUP, "permutations": 5, "confidence": 0.9},
    ),
    (measure.rates_information, {"accepted_right": 8, "right": 10, "accepted_wrong": 1, "wrong": 20}),
    (measure.clopper_pearson, {"successes": 3, "n": 10, "confidence": 0.9}),
    (measure.wilson, {"successes": 3, "n": 10, "confidence": 0.9}),
    (measure.t_interval, {"values": TIMES, "confidence": 0.9}),
    (measure.bootstrap, {"values": TIMES, "confidence": 0.9, "resamples": 10}),
    (measure.paired_ratio, {"a": TIMES, "b": TIMES, "confidence": 0.9, "resamples": 10}),
    (measure.iqm, {"scores": TIMES}),
    (measure.bootstrap_iqm, {"scores": [TIMES, TIMES], "confidence": 0.9, "resamples": 10}),
    (measure.codelength, {"features": FEATURES, "labels": SHOWN, "probe": "linear", "at": 64, "orders": 2}),
    (
        measure.prequential_bits,
        {"features": FEATURES, "labels": SHOWN, "probe": "linear", "seed": 0, "first": 64},
    ),
    (measure.kt_bits, {"labels": [0, 1]}),
    (measure.surprisal, {"hits": 3, "n": 10, "design_effect": 1.5, "confidence": 0.9}),
    (measure.design_effect, {"component": SHOWN, "group": GROUP}),
    (measure.push, {"advantage": GAIN, "component": SHOWN, "group": GROUP, "confidence": 0.9}),
    (measure.ntk_product, {"features": FEATURES, "advantage": GAIN, "component": SHOWN, "group": GROUP}),
    (measure.spearman, {"predicted": TIMES, "observed": TIMES, "held_out": [True] * 3, "resamples": 10}),
    (measure.half_way, {"cost": TIMES, "p": [0.1, 0.5, 0.9], "p0": 0.1, "p_max": 0.9, "min_rise": 0.05}),
    (measure.area_under, {"cost": TIMES, "p": [0.1, 0.5, 0.9], "horizon": 1.5}),
    (measure.isotonic, {"right": [1, 2], "judged": [4, 4]}),
    (measure.kaplan_meier, {"times": TIMES, "censored": CENSORED}),
    (measure.restricted_mean, {"times": TIMES, "censored": CENSORED, "horizon": 2.0}),
    (measure.pass_at_k, {"n": 10, "c": 3, "k": 2}),
    (measure.answer_entropy, {"answers": ["a", "b"]}),
    (measure.distinct_mass, {"answers": ["a", "b"], "draws": 1}),
    (measure.tail_mass, {"answers": ["a", "b"], "reference": ["a"], "share": 0.1}),
    (measure.fit_overoptimisation, {"kl": KL, "reward": PAID, "form": "rl", "start": 0.0, "resamples": 10}),
    (measure.kl_estimate, {"policy_logprobs": [-1.0], "start_logprobs": [-2.0], "estimator": "k3"}),
    (measure.best_of_n_kl, {"n": 4}),
    (measure.sqrt_kl, {"kl": KL}),
    (measure.mean_upper_bound, {"x": [0.0, 1.0], "alpha": 0.1}),
    (measure.EProcess, {"null": 0.1, "low": 0.0, "shape": ()}),
    (measure.text_features, {"prompts": ["a"], "completions": ["b"], "columns": 1024}),
    (controls.shuffled, {"values": PAID, "group": [0, 0, 1, 1]}),
    (controls.random_rewards, {"count": 5, "share": 0.5}),
    (controls.null_component, {"task_ids": ["a"], "completions": ["b"], "rate": 0.5}),
    (controls.twin_truth, {"step": [0, 1], "reward": [0.0, 1.0], "hacked": False, "accept_at": 0.5}),
]
WRONG = {
    "object": object(),
    "text": "abc",
    "ragged": [[1], [1, 2]],
    "complex": 1 + 2j,
    "days": np.array(["2020", "2021"], "datetime64[Y]"),
    "infinite": [1.0, float("inf")],
}
FREE = {("shuffled", "ragged"), ("null_component", "ragged")}
"""Where values are handed on as they are: rewards to shuffle, texts to hash."""


@pytest.mark.parametrize(("entry", "given"), ENTRIES, ids=[entry.__name__ for entry, _ in ENTRIES])
def test_what_is_no_number_is_refused(entry: Callable[..., Any], given: dict[str, Any]) -> None:
    def call(changed: dict[str, Any]) -> Any:
        takes_rng = "rng" in getattr(entry, "__annotations__", {})
        return entry(**{**given, **changed}, **({"rng": np.random.default_rng(0)} if takes_rng else {}))

    call({})
    for name in given:
        for kind, value in WRONG.items():
            try:
                call({name: value})
            except MeasureError as error:
                assert str(error), (name, kind)
            else:
                assert kind in ("text", "days", "infinite", "ragged"), (name, kind)
                assert isinstance(given[name], list | np.ndarray | str), (name, kind)


def test_a_seed_is_no_generator() -> None:
    for entry, given in ENTRIES:
        if "rng" in entry.__annotations__ and entry is not measure.push:
            with pytest.raises(
                MeasureError, match=r"rng is 0; a generator is needed: numpy.random.default_rng"
            ):
                entry(**given, rng=0)


def test_numbers_of_any_kind_are_read() -> None:
    assert numbers("x", np.array([None, True, 2])).tolist()[1:] == [1.0, 2.0]
    assert np.isnan(numbers("x", np.array([None, 1]))[0])
    assert (number("x", np.float32(0.5)), whole("x", 3.0), whole("x", 2**53)) == (0.5, 3, 2**53)
    assert flags("x", [True, 0, 1.0]).tolist() == [True, False, True]
    for wrong in (True, "1", float("nan"), 10**400, None):
        with pytest.raises(MeasureError, match="x is"):
            number("x", wrong)
    for wrong in (True, "1", float("nan"), 10**400, None, 1.5, -1):
        with pytest.raises(MeasureError, match="x is"):
            whole("x", wrong)


def test_text_is_no_truth() -> None:
    """As truths numpy would take every one of these for True."""
    wrong: list[Any] = [["False", "False"], [float("nan"), 0.0], [2, 0], [None, True]]
    for censored in wrong:
        with pytest.raises(MeasureError, match="censored"):
            measure.median_time([1.0, 2.0], censored)


def test_groups_named_by_large_numbers_stay_apart() -> None:
    """Hashes of 64 bits, which differ by less than a float tells."""
    names = [2**60, 2**60 + 1, 2**60 + 2]
    assert places_of(names, 3)[0].tolist() == [0, 1, 2]
    assert levels_of("signal", [2**63, 2**63 + 1, None], 16)[0].tolist() == [0, 1, -1]


def test_rollouts_without_a_group_are_not_one_group() -> None:
    nobody = float("nan")
    group = [0, 0, 1, 1, nobody, nobody]
    gain, shown = [1.0, 0.0, 1.0, 0.0, 9.0, -9.0], [1, 0, 1, 0, 1, 0]
    assert slope(gain, shown, group) == slope(gain[:4], shown[:4], group[:4])
    assert slope(gain, shown, [0, 0, 1, 1, None, None]) == slope(gain[:4], shown[:4], group[:4])
    values = np.arange(64.0)
    mixed = controls.shuffled(values, [None] * 32 + [0] * 32, rng=np.random.default_rng(0))
    assert mixed[:32].tolist() == values[:32].tolist()
    assert sorted(mixed[32:]) == values[32:].tolist() != mixed[32:].tolist()
    with pytest.raises(MeasureError, match="run of 1 points is not known"):
        measure.compare_forms(KL, PAID, run=["a", "a", "b", None], rng=np.random.default_rng(0))


def test_a_curve_that_falls_to_nothing_has_no_peak_beyond() -> None:
    flat = measure.fit_overoptimisation(KL, [0.0] * 4, rng=np.random.default_rng(0))
    assert (flat.peak_kl.estimate, flat.peak_reward) == (0.0, 0.0)


def test_the_area_under_a_curve_needs_its_points_in_order() -> None:
    with pytest.raises(MeasureError, match="sort the points"):
        measure.area_under([0.0, 2.0, 1.0], [0.1, 0.9, 0.5], 2.0)
    with pytest.raises(MeasureError, match="not finite"):
        measure.half_way([0.0], [float("nan")], p0=0.1, p_max=0.9)
