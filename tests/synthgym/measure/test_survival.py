"""Kaplan-Meier, against scipy and by hand."""

from math import inf

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from synthgym.errors import MeasureError
from synthgym.measure import kaplan_meier, median_time, restricted_mean

RUNS = st.lists(st.tuples(st.integers(0, 12), st.booleans()), min_size=1, max_size=25)


@settings(deadline=None)
@given(RUNS)
def test_it_is_scipys_curve(runs: list[tuple[int, bool]]) -> None:
    times, censored = [t for t, _ in runs], [c for _, c in runs]
    events, left = kaplan_meier(times, censored)
    known = [t for t, c in runs if not c]
    sample = stats.CensoredData(uncensored=known, right=[t for t, c in runs if c])
    reference = stats.ecdf(sample).sf
    assert events.tolist() == sorted(set(known))
    assert np.allclose(left, reference.evaluate(events))
    grid = np.linspace(0, 9, 90_001)
    area = float(np.mean(reference.evaluate(grid))) * 9
    assert restricted_mean(times, censored, 9.0) == pytest.approx(area, abs=2e-3)


@settings(deadline=None)
@given(st.lists(st.floats(0, 100), min_size=1, max_size=20), st.floats(0, 120))
def test_without_censoring_it_is_the_mean_of_what_is_left_of_the_horizon(
    times: list[float], end: float
) -> None:
    expected = float(np.mean(np.minimum(times, end)))
    assert restricted_mean(times, [False] * len(times), end) == pytest.approx(expected, abs=1e-9)


def test_the_median_of_runs_half_of_which_never_get_there() -> None:
    assert median_time([1, 2, 3, 9], [False, False, False, True]) == 2.0
    assert median_time([1, 9, 9, 9], [False, True, True, True]) == inf
    assert median_time([5], [True]) == inf


def test_a_censored_run_is_not_dropped() -> None:
    assert restricted_mean([1.0, 10.0], [False, True], 10.0) == pytest.approx(5.5)
    assert restricted_mean([1.0], [False], 10.0) == pytest.approx(1.0)


def test_as_many_times_as_a_log_has_rows_are_taken() -> None:
    times = np.arange(200_000.0)  # each compared with each would take 40 GB
    assert median_time(times, np.zeros(200_000)) == 99_999.0


def test_what_is_no_set_of_times_is_refused() -> None:
    for times, censored in (([], []), ([1.0], [True, False]), ([[1.0]], [[True]])):
        with pytest.raises(MeasureError, match="one of each a run"):
            kaplan_meier(times, censored)
    with pytest.raises(MeasureError, match="not finite"):
        kaplan_meier([inf], [False])
    with pytest.raises(MeasureError, match="horizon"):
        restricted_mean([1.0], [False], -1.0)


def test_the_published_curve_of_the_leukemia_remissions() -> None:
    # Freireich et al. 1963, 6-MP arm, as tabled by Kaplan-Meier in Cox and Oakes (1984) and textbooks since.
    seen = [6, 6, 6, 7, 10, 13, 16, 22, 23]
    last = [6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35]
    times, left = kaplan_meier(seen + last, [False] * len(seen) + [True] * len(last))
    assert times.tolist() == [6, 7, 10, 13, 16, 22, 23]
    assert left == pytest.approx([0.857, 0.807, 0.753, 0.690, 0.627, 0.538, 0.448], abs=5e-4)
    assert median_time(seen + last, [False] * len(seen) + [True] * len(last)) == 23
