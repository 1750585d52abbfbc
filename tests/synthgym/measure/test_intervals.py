"""Intervals, against scipy, and by how often they cover."""

from math import inf

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from synthgym.errors import MeasureError
from synthgym.measure import (
    Interval,
    bootstrap,
    bootstrap_iqm,
    clopper_pearson,
    iqm,
    paired_ratio,
    t_interval,
    wilson,
)


@settings(deadline=None)
@given(st.integers(1, 200), st.data())
def test_clopper_pearson_is_the_beta_quantile(n: int, data: st.DataObject) -> None:
    k = data.draw(st.integers(0, n))
    found = clopper_pearson(k, n, confidence=0.9)
    assert found.estimate == k / n
    assert found.low == pytest.approx(stats.beta.ppf(0.05, k, n - k + 1) if k else 0.0, abs=1e-9)
    assert found.high == pytest.approx(stats.beta.ppf(0.95, k + 1, n - k) if k < n else 1.0, abs=1e-9)


@settings(deadline=None)
@given(st.integers(1, 200), st.data())
def test_wilson_solves_the_score_equation(n: int, data: st.DataObject) -> None:
    k = data.draw(st.integers(0, n))
    found = wilson(k, n)
    z = stats.norm.ppf(0.975)
    for end in (found.low, found.high):
        if 0 < end < 1:
            assert abs(k / n - end) == pytest.approx(z * np.sqrt(end * (1 - end) / n), rel=1e-6)
    assert found.low <= found.estimate <= found.high


def test_t_interval_is_students() -> None:
    values = [0.1, 0.5, 0.4, 0.9]
    found = t_interval(values, confidence=0.8)
    low, high = stats.t.interval(0.8, 3, np.mean(values), stats.sem(values))
    assert [found.low, found.high] == pytest.approx([low, high])
    assert found.n == 4


def test_one_observation_leaves_the_interval_open() -> None:
    rng = np.random.default_rng(0)
    for found in (t_interval([3.0]), bootstrap([3.0], rng=rng)):
        assert (found.estimate, found.low, found.high, found.n) == (3.0, -inf, inf, 1)
    ratio = paired_ratio([3.0], [1.0], rng=rng)
    assert ratio.estimate == pytest.approx(3.0)
    assert (ratio.low, ratio.high) == (0.0, inf)


def test_bootstrap_covers_about_as_often_as_it_says() -> None:
    rng = np.random.default_rng(1)
    covered = 0
    for _ in range(300):
        found = bootstrap(rng.normal(2.0, 1.0, 40), rng=rng, resamples=400)
        covered += found.low <= 2.0 <= found.high
    assert stats.binomtest(covered, 300, 0.93).pvalue > 1e-4


def test_bootstrap_is_a_function_of_its_generator() -> None:
    values = np.arange(10.0)
    assert bootstrap(values, rng=np.random.default_rng(3)) == bootstrap(values, rng=np.random.default_rng(3))
    median = bootstrap(values, rng=np.random.default_rng(3), statistic=lambda d: np.median(d, axis=1))
    assert median.estimate == 4.5


def test_resamples_in_portions_are_the_same_resamples(monkeypatch: pytest.MonkeyPatch) -> None:
    scores = np.random.default_rng(1).random((7, 3))

    def found() -> tuple[Interval, Interval]:
        generator = np.random.default_rng(0)
        plain = bootstrap(scores, rng=generator, resamples=101)
        return plain, bootstrap_iqm(scores, rng=generator, resamples=101)

    whole = found()
    monkeypatch.setattr("synthgym.measure.intervals._AT_ONCE", 50)
    assert found() == whole


def test_paired_ratio_is_geometric_and_turns_over() -> None:
    a, b = np.array([2.0, 8.0, 3.0]), np.array([1.0, 2.0, 3.0])
    found = paired_ratio(a, b, rng=np.random.default_rng(0))
    back = paired_ratio(b, a, rng=np.random.default_rng(0))
    assert found.estimate == pytest.approx(2.0)
    assert found.low >= 1.0 and found.high <= 4.0
    assert [back.low, back.high] == pytest.approx([1 / found.high, 1 / found.low])


@settings(deadline=None)
@given(st.lists(st.floats(-5, 5), min_size=1, max_size=30))
def test_iqm_is_the_trimmed_mean(scores: list[float]) -> None:
    assert iqm(scores) == pytest.approx(stats.trim_mean(scores, 0.25), abs=1e-9)


def test_stratified_bootstrap_keeps_every_task_in() -> None:
    constant_by_task = np.tile([0.0, 1.0, 2.0, 3.0], (5, 1))
    found = bootstrap_iqm(constant_by_task, rng=np.random.default_rng(0))
    assert (found.estimate, found.low, found.high) == (1.5, 1.5, 1.5)
    spread = bootstrap_iqm(np.random.default_rng(1).random((5, 4)), rng=np.random.default_rng(0))
    assert spread.low < spread.estimate < spread.high


def test_what_has_no_interval_is_refused() -> None:
    rng = np.random.default_rng(0)
    for rate in (clopper_pearson, wilson):
        for k, n, said in ((1, 0, "n is 0"), (2, 1, "2 successes of 1"), (-1, 1, "successes is -1")):
            with pytest.raises(MeasureError, match=said):
                rate(k, n)
    with pytest.raises(MeasureError, match="one a seed"):  # its n would be the rows, its spread that of all
        t_interval([[1.0, 2.0], [3.0, 4.0]])
    with pytest.raises(MeasureError, match="no values"):
        t_interval([])
    with pytest.raises(MeasureError, match="not finite"):
        bootstrap([1.0, float("nan")], rng=rng)
    with pytest.raises(MeasureError, match="positive"):
        paired_ratio([1.0, 0.0], [1.0, 1.0], rng=rng)
    with pytest.raises(MeasureError, match="cannot be paired"):
        paired_ratio([1.0, 2.0], [1.0], rng=rng)
    with pytest.raises(MeasureError, match="num_runs, num_tasks"):
        bootstrap_iqm([1.0, 2.0], rng=rng)
    with pytest.raises(MeasureError, match="confidence"):
        t_interval([1.0, 2.0], confidence=1.0)
