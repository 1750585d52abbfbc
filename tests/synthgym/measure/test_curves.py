"""Curves read off the log, their monotone fit, and half-way points."""

from collections.abc import Mapping
from itertools import pairwise
from math import isnan

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synthgym.errors import MeasureError
from synthgym.log import LOG_SCHEMA
from synthgym.measure import area_under, half_way, isotonic, learning_curves

COUNTS = st.lists(st.tuples(st.integers(1, 20), st.integers(0, 20)), min_size=1, max_size=15)


def rows(*given: Mapping[str, object]) -> pa.Table:
    blank = {"run": "r", "index": 0, "phase": "train"}
    return pa.Table.from_pylist([{**blank, **row} for row in given], schema=LOG_SCHEMA)


@settings(deadline=None)
@given(COUNTS)
def test_the_fit_is_the_best_monotone_one(counts: list[tuple[int, int]]) -> None:
    n = np.array([judged for judged, _ in counts])
    right = np.array([min(judged, hits) for judged, hits in counts])
    fitted = isotonic(right, n)
    assert np.all(np.diff(fitted) >= -1e-12)
    assert (fitted * n).sum() == pytest.approx(right.sum())
    # Min-max formula of isotonic regression (Robertson, Wright and Dykstra 1988, theorem 1.4.4).
    for i in range(len(n)):
        best = max(
            min(right[low : high + 1].sum() / n[low : high + 1].sum() for high in range(i, len(n)))
            for low in range(i + 1)
        )
        assert fitted[i] == pytest.approx(best)


def test_half_way_of_a_line_is_its_middle() -> None:
    found = half_way([0, 100, 200], [0.0, 0.5, 1.0], p0=0.0, p_max=1.0)
    assert (found.at, found.censored, found.defined) == (100.0, False, True)
    assert half_way([0, 100, 200], [0.1, 0.2, 0.8], p0=0.1, p_max=0.9).at == pytest.approx(150.0)
    assert half_way([0, 100], [0.6, 0.7], p0=0.1, p_max=0.9).at == 0.0


def test_a_curve_that_does_not_get_there_is_censored_at_its_end() -> None:
    found = half_way([0, 100, 200], [0.1, 0.2, 0.3], p0=0.1, p_max=0.9)
    assert (found.at, found.censored) == (200.0, True)


def test_without_a_rise_there_is_no_half_way() -> None:
    for p_max in (0.30, 0.33, 0.1):
        found = half_way([0, 100], [0.3, 0.3], p0=0.3, p_max=p_max)
        assert isnan(found.at) and not found.defined and not found.censored
    assert half_way([0, 100], [0.3, 0.33], p0=0.3, p_max=0.33, min_rise=0.0).defined
    assert not half_way([0, 100], [0.3, 0.3], p0=0.3, p_max=0.3, min_rise=0.0).defined


@settings(deadline=None)
@given(COUNTS, st.floats(0, 0.4), st.floats(0.5, 1))
def test_the_crossing_lies_where_the_curve_passes_the_level(
    counts: list[tuple[int, int]], p0: float, p_max: float
) -> None:
    n = np.array([judged for judged, _ in counts])
    fitted, cost = isotonic([min(a, b) for a, b in counts], n), np.cumsum(n)
    found, level = half_way(cost, fitted, p0=p0, p_max=p_max), p0 + (p_max - p0) / 2
    assert found.censored == (fitted[-1] < level - 1e-12)
    assert cost[0] <= found.at <= cost[-1]
    if not found.censored and found.at > cost[0]:
        assert np.interp(found.at, cost, fitted) == pytest.approx(level, abs=1e-9)


@settings(deadline=None)
@given(st.lists(st.floats(0, 1), min_size=2, max_size=8))
def test_the_normalised_area_is_the_mean_of_the_curve(accuracy: list[float]) -> None:
    cost = np.arange(len(accuracy)) * 10.0
    grid = np.linspace(0, cost[-1], 20_001)
    values = np.interp(grid, cost, accuracy)
    mean = float((values[1:] + values[:-1]).mean() / 2)
    assert area_under(cost, accuracy, float(cost[-1])) == pytest.approx(mean, abs=1e-3)
    half = values[grid <= cost[-1] / 2]
    assert area_under(cost, accuracy, float(cost[-1]) / 2) == pytest.approx(
        float((half[1:] + half[:-1]).mean() / 2), abs=1e-3
    )


def test_area_beyond_the_last_point_stays_level() -> None:
    assert area_under([0, 10], [0.0, 1.0], 20.0) == pytest.approx(0.75)
    assert area_under([0], [0.4], 20.0) == pytest.approx(0.4)
    assert area_under([0, 10], [0.2, 1.0], 0.0) == 0.2


def test_a_curve_counts_what_was_trained_on_before() -> None:
    table = rows(
        {"step": 0, "truth": False, "tokens": [1, 2]},
        {"step": 0, "truth": None, "tokens": [1, 2, 3]},
        {"step": 0, "truth": True, "phase": "eval", "temperature": 0.0, "tokens": [9] * 50},
        {"step": 2, "truth": True, "tokens": [1]},
        {"step": 2, "truth": True, "phase": "eval", "temperature": 1.0},
        {"step": 3, "truth": False, "phase": "eval", "temperature": 0.0},
        {"step": 3, "truth": True, "phase": "probe"},
    )
    (sampled,) = learning_curves(table)
    assert sampled.step.tolist() == [0, 2]
    assert sampled.rollouts.tolist() == [0, 2]
    assert sampled.tokens.tolist() == [0, 5]
    assert sampled.right.tolist() == [0, 1]
    assert sampled.judged.tolist() == [1, 1]
    (greedy,) = learning_curves(table, phase="eval", temperature=0.0)
    assert greedy.step.tolist() == [0, 3]
    assert greedy.rollouts.tolist() == [0, 3]
    assert greedy.tokens.tolist() == [0, 6]
    assert greedy.accuracy.tolist() == [1.0, 0.0]
    assert greedy.fitted.tolist() == [0.5, 0.5]


def test_unknown_tokens_are_not_counted_as_none() -> None:
    table = rows(*({"step": s, "truth": True, "tokens": None if s == 1 else [1]} for s in range(4)))
    (curve,) = learning_curves(table)
    assert [isnan(t) for t in curve.tokens] == [False, False, True, True]
    (without,) = learning_curves(table.drop_columns(["tokens"]))
    assert isnan(without.tokens[-1])


def test_the_order_of_the_rows_does_not_matter() -> None:
    rng = np.random.default_rng(0)
    table = rows(
        *({"run": r, "step": s, "truth": bool(s > 4)} for r in "ab" for s in range(9) for _ in range(3))
    )
    mixed = table.take(pa.array(rng.permutation(table.num_rows)))
    for one, other in zip(learning_curves(table), learning_curves(mixed), strict=True):
        assert one.run == other.run
        assert np.array_equal(one.rollouts, other.rollouts) and np.array_equal(one.right, other.right)
    assert all(a <= b for a, b in pairwise(learning_curves(table)[0].rollouts))


def test_what_cannot_be_measured_is_named() -> None:
    table = rows({"step": 0, "truth": None})
    with pytest.raises(MeasureError, match="run 'r' has no train rollout whose truth is known"):
        learning_curves(table)
    with pytest.raises(MeasureError, match="no eval at temperature 0.0"):
        learning_curves(table, phase="eval", temperature=0.0)
    with pytest.raises(MeasureError, match="lacks the columns phase, truth"):
        learning_curves(table.select(["run", "step"]))
    with pytest.raises(MeasureError, match="more right completions than judged"):
        isotonic([2], [1])
    with pytest.raises(MeasureError, match="fit it with isotonic"):
        half_way([0, 1], [0.5, 0.4], p0=0.0, p_max=1.0)
    with pytest.raises(MeasureError, match="p_max 1.5"):
        half_way([0, 1], [0.5, 0.6], p0=0.0, p_max=1.5)
    for measure in (
        lambda: isotonic([], []),
        lambda: half_way([], [], p0=0.0, p_max=1.0),
        lambda: area_under([], [], 1),
    ):
        with pytest.raises(MeasureError, match="at least one step"):
            measure()
