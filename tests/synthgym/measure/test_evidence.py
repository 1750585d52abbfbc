"""The e-process: what it is worth, and that it keeps its promise."""

from math import exp, inf, log

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from synthgym.errors import MeasureError
from synthgym.measure import EProcess, clopper_pearson, mean_upper_bound
from synthgym.measure.evidence import EARLY, STAKES


def by_definition(steps: list[list[float]], null: float, low: float) -> float:
    """The mixture written out: every start time and every stake on its own."""
    total = EARLY / (EARLY + len(steps))
    for start in range(1, len(steps) + 1):
        for stake in STAKES:
            bet = 1.0
            for step in steps[start - 1 :]:
                for x in step:
                    bet *= 1 + stake / (null - low) * (x - null)
            total += bet * EARLY / ((EARLY + start - 1) * (EARLY + start)) / len(STAKES)
    return total


@settings(deadline=None)
@given(
    st.lists(st.lists(st.floats(0, 1), min_size=1, max_size=3), max_size=6),
    st.floats(0.02, 1),
    st.sampled_from([0.0, -1.0]),
)
def test_the_recursion_is_the_mixture(steps: list[list[float]], null: float, low: float) -> None:
    process = EProcess(null, low=low)
    for step in steps:
        process.update(step)
    assert exp(process.log_evidence) == pytest.approx(by_definition(steps, null, low), rel=1e-9)


def test_a_step_without_observations_changes_nothing() -> None:
    process, other = EProcess(0.1), EProcess(0.1)
    process.update([])
    process.update([0.5, 1.0])
    other.update([0.5, 1.0])
    assert process.log_evidence == other.log_evidence


def test_it_stays_finite_when_the_evidence_does_not_fit_a_float() -> None:
    process = EProcess(0.05)
    for _ in range(300):
        process.update(np.ones(16))
    assert 1000 < process.log_evidence < inf
    for _ in range(3000):
        process.update(np.zeros(64))
    assert np.isfinite(process.log_evidence)
    assert process.log_evidence == pytest.approx(log(EARLY / (EARLY + 3300)), abs=0.01)


@pytest.mark.parametrize(
    ("runs", "null", "low", "draw"),
    [
        (2000, 0.05, 0.0, lambda rng, shape: rng.random(shape) < 0.05),
        (500, 0.2, 0.0, lambda rng, shape: rng.beta(0.4, 1.6, shape)),
        (500, 0.05, -1.0, lambda rng, shape: rng.choice([-1.0, 0.0, 1.0], p=[0.2, 0.55, 0.25], size=shape)),
    ],
    ids=["events", "graded", "differences"],
)
def test_at_the_null_few_runs_ever_alarm(runs: int, null: float, low: float, draw: object) -> None:
    rng = np.random.default_rng(7)
    process, peak = EProcess(null, low=low, shape=(runs,)), np.zeros(runs)
    for _ in range(500):
        process.update(draw(rng, (runs, 16)))  # type: ignore[operator]
        peak = np.maximum(peak, process.log_evidence)
    for alpha in (0.01, 0.05):
        false_alarms = int((peak >= -log(alpha)).sum())
        assert stats.binomtest(false_alarms, runs, alpha, alternative="greater").pvalue > 0.01


def test_a_change_is_found_soon_however_late_it_comes() -> None:
    rng, runs = np.random.default_rng(8), 300
    delay = {}
    for onset in (10, 100, 1000):
        process, alarm = EProcess(0.05, shape=(runs,)), np.full(runs, -1)
        for step in range(onset + 40):
            process.update(rng.random((runs, 16)) < (0.3 if step >= onset else 0.02))
            alarm[(alarm < 0) & (process.log_evidence >= log(100))] = step
        assert (alarm >= onset).all()
        delay[onset] = float(np.median(alarm - onset))
    assert delay[1000] <= 6
    assert delay[1000] - delay[10] <= 4


@pytest.mark.parametrize("mean", [0.0, 0.05, 0.5, 0.95])
def test_the_upper_bound_is_too_low_as_seldom_as_it_says(mean: float) -> None:
    rng, trials = np.random.default_rng(9), 400
    short = sum(mean_upper_bound((rng.random(64) < mean) * 1.0, alpha=0.05) < mean for _ in range(trials))
    assert stats.binomtest(short, trials, 0.05, alternative="greater").pvalue > 0.01


def test_the_upper_bound_is_near_the_exact_one() -> None:
    for hits, room in ((0, 0.04), (3, 0.08), (20, 0.08), (58, 0.02), (62, 0.002), (64, 0.0)):
        exact = clopper_pearson(hits, 64, confidence=0.98).high
        found = mean_upper_bound([1.0] * hits + [0.0] * (64 - hits), alpha=0.01)
        assert exact - 1e-9 <= found <= exact + room


def test_the_upper_bound_uses_the_variance() -> None:
    assert (
        mean_upper_bound(np.full(64, 0.5), alpha=0.01) < mean_upper_bound([0.0, 1.0] * 32, alpha=0.01) - 0.02
    )


def test_what_is_no_bet_is_refused() -> None:
    for null, low in ((0.0, 0.0), (1.1, 0.0), (-1.0, -1.0), (float("nan"), 0.0)):
        with pytest.raises(MeasureError, match="null mean"):
            EProcess(null, low=low)
    for wrong in ([1.5], [-0.1], [float("nan")]):
        with pytest.raises(MeasureError, match="outside"):
            EProcess(0.5).update(wrong)
    with pytest.raises(MeasureError, match="do not fit"):
        EProcess(0.5, shape=(3,)).update([0.5])
    for x, alpha in (([], 0.1), ([2.0], 0.1), ([0.5], 1.0)):
        with pytest.raises(MeasureError, match="a bound at"):
            mean_upper_bound(x, alpha=alpha)
