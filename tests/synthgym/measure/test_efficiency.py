"""Λ, s, η, n*, T and their order: against closed forms, least squares, and components whose order is known."""

from dataclasses import replace
from math import inf, isnan, log2

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import stats

from synthgym.errors import MeasureError
from synthgym.measure.efficiency import (
    Efficiency,
    efficiency,
    ntk_product,
    predictors,
    push,
    rank,
    spearman,
    surprisal,
)
from synthgym.measure.push import design_effect

GROUPS, EACH = 96, 8
GROUP = np.repeat(np.arange(GROUPS), EACH)
Floats = NDArray[np.float64]


def advantages(reward: Floats, groups: int = GROUPS) -> Floats:
    table = reward.reshape(groups, -1)
    found: Floats = (table - table.mean(1, keepdims=True)) / (table.std(1, keepdims=True) + 1e-4)
    return found.ravel()


# --- surprisal ---


@settings(deadline=None, max_examples=40)
@given(st.integers(1, 5000), st.data())
def test_surprisal_is_its_closed_form_and_lies_in_clopper_pearsons(n: int, data: st.DataObject) -> None:
    hits = data.draw(st.integers(0, n))
    found = surprisal(hits, n)
    assert found.estimate == pytest.approx(-log2((hits + 0.5) / (n + 1)))
    assert found.low <= found.estimate <= found.high
    exact = stats.binomtest(hits, n).proportion_ci(0.95, method="exact")
    assert found.low == pytest.approx(-log2(exact.high), abs=1e-9)
    assert found.high == (pytest.approx(-log2(exact.low), rel=1e-6) if hits else inf)
    assert found.n == n


def test_rollouts_that_are_alike_widen_the_interval() -> None:
    alone, alike = surprisal(30, 300), surprisal(30, 300, design_effect=4.0)
    assert alike.low < alone.low < alone.high < alike.high
    assert alike.estimate == alone.estimate


def test_the_design_effect_of_copies_is_their_number_and_of_coins_one() -> None:
    coins = np.random.default_rng(0).integers(0, 2, 4000)
    assert design_effect(np.repeat(coins[:500], 8), np.repeat(np.arange(500), 8)) == pytest.approx(
        8, rel=0.02
    )
    assert design_effect(coins, np.repeat(np.arange(500), 8)) == pytest.approx(1, abs=0.15)
    assert design_effect(np.zeros(8), np.repeat([0, 1], 4)) == 1.0
    assert design_effect(coins, np.zeros(4000)) == 1.0


@pytest.mark.parametrize(
    ("hits", "n", "effect", "said"),
    [
        (-1, 4, 1.0, "hits is -1"),
        (2.5, 4, 1.0, "hits is 2.5"),
        (5, 4, 1.0, "5 hits of 4"),
        (0, 0, 1.0, "n is 0"),
        (1, 4, 0.5, "effect 0.5"),
        (1, float("inf"), 1.0, "n is inf"),
    ],
)
def test_impossible_counts_are_refused(hits: int, n: int, effect: float, said: str) -> None:
    with pytest.raises(MeasureError, match=said):
        surprisal(hits, n, design_effect=effect)


# --- push ---


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 10**6))
def test_push_is_least_squares_with_group_dummies(seed: int) -> None:
    rng = np.random.default_rng(seed)
    group = rng.permutation(np.repeat([3, 1, 7, 5], [6, 2, 5, 1]))
    component, gain = rng.integers(0, 2, 14).astype(float), rng.normal(size=14)
    design = np.column_stack([component, group[:, None] == np.unique(group)])
    found = push(gain, component, group)
    if np.linalg.matrix_rank(design) < 5:
        assert isnan(found.estimate)
        return
    assert found.estimate == pytest.approx(np.linalg.lstsq(design, gain)[0][0], abs=1e-9)
    shifted = push(gain + 10 * group, component, group)
    assert [shifted.estimate, shifted.low] == pytest.approx([found.estimate, found.low], abs=1e-6)


def test_push_without_variation_is_undefined() -> None:
    found = push(np.arange(8.0), np.repeat([0.0, 1.0], 4), np.repeat([0, 1], 4))
    assert isnan(found.estimate)
    assert (found.low, found.high, found.n) == (-inf, inf, 0)


def test_one_group_that_varies_gives_a_value_and_no_interval() -> None:
    found = push([1.0, 0.0, 5.0, 7.0], [1.0, 0.0, 0.0, 0.0], [0, 0, 1, 1])
    assert (found.estimate, found.low, found.high, found.n) == (1.0, -inf, inf, 1)


def test_unscored_rollouts_are_left_out_of_push() -> None:
    rng = np.random.default_rng(0)
    gain, component, group = rng.normal(size=40), rng.integers(0, 2, 40).astype(float), np.repeat(range(5), 8)
    with_gaps = push(np.r_[gain, np.nan, 3.0], np.r_[component, 1.0, np.nan], np.r_[group, 0, 1])
    assert with_gaps == push(gain, component, group)


def covered(groups: int, rate: float, weight: float, draws: int, truth: float) -> float:
    rng, held, known = np.random.default_rng(1), 0, 0
    for _ in range(draws):
        found = push(*planted(groups, rate, weight, rng))
        if not isnan(found.estimate):
            known, held = known + 1, held + (found.low <= truth <= found.high)
    return held / known


def planted(
    groups: int, rate: float, weight: float, rng: np.random.Generator
) -> tuple[Floats, Floats, NDArray[np.int64]]:
    shown = (rng.random(groups * 8) < rate).astype(float)
    other = rng.random(groups * 8) < np.repeat(rng.random(groups), 8)
    return advantages(weight * shown + other, groups), shown, np.repeat(np.arange(groups), 8)


def test_the_interval_of_push_covers() -> None:
    truth = push(*planted(20_000, 0.3, 1.0, np.random.default_rng(0))).estimate
    assert covered(48, 0.3, 1.0, 250, truth) >= 0.93
    assert covered(48, 0.02, 0.0, 250, 0.0) >= 0.93


@pytest.mark.slow
@pytest.mark.parametrize(("groups", "rate", "weight"), [(64, 0.02, 1.0), (256, 0.01, 1.0), (32, 0.5, 0.5)])
def test_the_interval_of_push_covers_for_rare_and_weak_components(
    groups: int, rate: float, weight: float
) -> None:
    truth = push(*planted(100_000, rate, weight, np.random.default_rng(0))).estimate
    assert covered(groups, rate, weight, 1000, truth) >= 0.93


@pytest.mark.parametrize(
    ("gain", "component", "group", "said"),
    [
        ([1.0], [1.0, 0.0], [0, 0], "one of each"),
        ([np.nan], [1.0], [0], "both known"),
        ([inf, 0.0], [1.0, 0.0], [0, 0], "not finite"),
        ([], [], [], "both known"),
    ],
)
def test_what_has_no_slope_is_refused(
    gain: list[float], component: list[float], group: list[int], said: str
) -> None:
    with pytest.raises(MeasureError, match=said):
        push(gain, component, group)


# --- efficiency and rank ---


RATES = {"easy": 0.3, "rare": 0.05, "weak": 0.3, "null": 0.5, "never": 0.0, "shunned": 0.3}
WEIGHTS = {"easy": 1.0, "rare": 1.0, "weak": 0.3, "null": 0.0, "never": 1.0, "shunned": -1.0}


def components() -> list[Efficiency]:
    rng = np.random.default_rng(0)
    shown = {name: (rng.random(GROUPS * EACH) < rate).astype(float) for name, rate in RATES.items()}
    reward = sum(WEIGHTS[name] * values for name, values in shown.items()) + (rng.random(len(GROUP)) < 0.3)
    bits = rng.integers(0, 2, (256, 6)).astype(float)
    return [
        efficiency(
            name,
            features=bits,
            labels=rng.integers(0, 2, 256) if name == "null" else bits[:, 0],
            component=values,
            advantage=advantages(np.asarray(reward)),
            reward=reward,
            group=GROUP,
            rng=rng,
            rollout_features=np.column_stack([*shown.values()]),
        )
        for name, values in shown.items()
    ]


@pytest.fixture(scope="module")
def by_name() -> dict[str, Efficiency]:
    return {one.name: one for one in components()}


def test_likely_and_strongly_paid_components_come_first_and_the_null_last(
    by_name: dict[str, Efficiency],
) -> None:
    order = [one.name for one in rank([*by_name.values()])]
    assert order[:3] == ["easy", "rare", "weak"]
    assert order[-1] == "null"
    assert [one.name for one in rank([*by_name.values()][::-1])] == order


def test_the_products_are_what_they_say(by_name: dict[str, Efficiency]) -> None:
    one = by_name["rare"]
    assert one.learning_time.estimate == pytest.approx(
        one.D.bits * one.surprisal.estimate / one.push.estimate
    )
    assert one.eta.estimate == pytest.approx(one.information.bits / one.D.bits)
    assert one.break_even.estimate == pytest.approx(one.D.bits / one.information.bits)
    for found in (one.learning_time, one.eta, one.break_even):
        assert found.low < found.estimate < found.high < inf
    width = one.learning_time.high / one.learning_time.low
    assert width > one.surprisal.high / one.surprisal.low


def test_time_is_infinite_where_the_interval_of_push_holds_zero_or_lies_below(
    by_name: dict[str, Efficiency],
) -> None:
    null, never, shunned = by_name["null"], by_name["never"], by_name["shunned"]
    assert null.push.low <= 0 <= null.push.high
    assert shunned.push.high < 0
    for one in (null, never, shunned):
        assert (one.learning_time.estimate, one.learning_time.high) == (inf, inf)
    assert null.learning_time.low == pytest.approx(null.D.bits * null.surprisal.estimate / null.push.high)
    assert never.learning_time.low == 0
    assert shunned.learning_time.low == inf
    assert "holds 0" in " ".join(null.why)
    assert "no rollout shows" in " ".join(never.why)
    assert "pushes the behaviour away" in " ".join(shunned.why)


def test_a_censored_description_makes_bounds(by_name: dict[str, Efficiency]) -> None:
    null = by_name["null"]
    assert null.D.censored
    assert null.at_least
    assert null.break_even.high == inf
    assert null.eta.low == 0
    assert "censored" in " ".join(null.why)
    assert not by_name["easy"].at_least


def test_components_of_equal_time_keep_their_order(by_name: dict[str, Efficiency]) -> None:
    easy = by_name["easy"]
    twins = [replace(easy, name=name) for name in "cab"]
    assert [one.name for one in rank([by_name["null"], *twins])] == ["c", "a", "b", "null"]
    assert rank([]) == []


def test_every_predictor_calls_what_is_learned_later_larger(by_name: dict[str, Efficiency]) -> None:
    easy, rare = predictors(by_name["easy"]), predictors(by_name["rare"])
    assert set(easy) == {
        *(
            "learning_time",
            "description",
            "description_surprisal",
            "break_even",
            "information",
            "correlation",
        ),
        "ntk_product",
    }
    assert all(easy[name] < rare[name] for name in easy if name != "description")
    assert set(predictors(replace(by_name["easy"], ntk=None))) == set(easy) - {"ntk_product"}


def test_unknown_and_unscored_rollouts_are_left_out() -> None:
    rng = np.random.default_rng(0)
    bits, group = rng.integers(0, 2, (64, 4)).astype(float), np.repeat(range(16), 4)
    shown, reward = bits[:, 1].copy(), bits[:, 1] + rng.normal(size=64)
    reward[3], shown[9] = np.nan, np.nan
    gain = np.where(np.isnan(reward), np.nan, reward - np.nanmean(reward))
    found = efficiency(
        "x",
        features=bits,
        labels=bits[:, 0],
        component=shown,
        advantage=gain,
        reward=reward,
        group=group,
        rng=rng,
    )
    assert found.surprisal.n == 63
    assert found.push.estimate == push(gain, shown, group).estimate
    assert found.ntk is None


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"component": np.full(8, 0.5)}, "0 or 1"),
        ({"component": np.full(8, np.nan)}, "known on at least one"),
        ({"component": np.zeros(7)}, "one of each a rollout"),
        ({"labels": np.zeros(64)}, "all labels are 0"),
    ],
)
def test_what_is_no_component_is_refused(changes: dict[str, Floats], said: str) -> None:
    rng = np.random.default_rng(0)
    bits = rng.integers(0, 2, (64, 4)).astype(float)
    rollouts = {name: np.tile([0.0, 1.0], 4) for name in ("component", "advantage", "reward", "group")}
    with pytest.raises(MeasureError, match=said):
        efficiency("x", **{"features": bits, "labels": bits[:, 0], "rng": rng, **rollouts, **changes})  # type: ignore[arg-type]


# --- the NTK product ---


def test_the_ntk_product_is_its_double_sum() -> None:
    rng = np.random.default_rng(0)
    features, gain = rng.normal(size=(24, 5)), rng.normal(size=24)
    shown, group = rng.integers(0, 2, 24).astype(float), np.repeat(range(6), 4)
    centred = features - features.mean(0)
    kernel = features @ features.T / (centred**2).sum(1).mean()
    inside = np.equal.outer(group, group) / 4
    c, a = shown - inside @ shown, gain - inside @ gain
    assert ntk_product(features, gain, shown, group) == pytest.approx(float(c @ kernel @ a) / 24**2)
    with pytest.raises(MeasureError, match="features of all rollouts are equal"):
        ntk_product(np.ones((24, 2)), gain, shown, group)
    with pytest.raises(MeasureError, match="5 rows of features for 24 rollouts"):
        ntk_product(features[:5], gain, shown, group)


# --- Spearman ---


@settings(deadline=None, max_examples=25)
@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), min_size=4, max_size=30))
def test_spearman_is_scipys(pairs: list[tuple[int, int]]) -> None:
    x, y = (np.array(side, dtype=float) for side in zip(*pairs, strict=True))
    if np.ptp(x) == 0 or np.ptp(y) == 0:
        with pytest.raises(MeasureError, match="no order"):
            spearman(x, y, resamples=200, rng=np.random.default_rng(0))
        return
    found = spearman(x, y, resamples=50, rng=np.random.default_rng(0))
    assert found.estimate == pytest.approx(stats.spearmanr(x, y).statistic)
    assert -1 <= found.low <= found.estimate <= found.high <= 1 + 1e-12


def test_never_is_tied_after_all_times() -> None:
    rng = np.random.default_rng(0)
    assert spearman([1, 2, inf, inf], [5, 7, inf, inf], rng=rng, resamples=20).estimate == pytest.approx(1.0)
    assert spearman([1, 2, inf], [9, 5, inf], rng=rng, resamples=20).estimate == pytest.approx(0.5)


def test_only_what_was_held_out_is_counted() -> None:
    chosen = [True, False, True, True, True]
    found = spearman(
        [1, 9, 2, 3, 4], [1, 0, 2, 3, 4], held_out=chosen, rng=np.random.default_rng(0), resamples=20
    )
    assert found.estimate == pytest.approx(1.0)
    assert found.n == 4


def test_cells_of_one_sweep_are_drawn_together() -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=40)
    y, sweep = x + 0.4 * rng.normal(size=40), np.repeat([0, 1], 20)
    alone = spearman(x, y, resamples=200, rng=np.random.default_rng(0))
    one = spearman(x, y, resamples=200, rng=np.random.default_rng(0), cluster=np.zeros(40))
    assert alone.low > 0.2
    assert (one.low, one.high) == (-1.0, 1.0)
    two = spearman(x, y, resamples=200, rng=np.random.default_rng(0), cluster=sweep)
    assert two.estimate == alone.estimate
    assert two != alone


@pytest.mark.parametrize(
    ("predicted", "observed", "held_out", "said"),
    [
        ([1, 2], [1, 2, 3], None, "one of each"),
        ([1, np.nan], [1, 2], None, "NaN"),
        ([1, 2, 3], [1, 2, 3], [True, False, False], "at least two"),
        ([1, 2, 3], [1, 2, 3], [1, 0, 1], "True or False"),
        ([1, 2, 3], [2, 2, 2], None, "no order"),
    ],
)
def test_what_has_no_order_is_refused(
    predicted: list[float], observed: list[float], held_out: list[bool] | None, said: str
) -> None:
    with pytest.raises(MeasureError, match=said):
        spearman(predicted, observed, held_out=held_out, rng=np.random.default_rng(0))
