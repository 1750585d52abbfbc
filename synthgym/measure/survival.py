"""Times that some runs never reach: Kaplan-Meier, without dropping those runs."""

from math import inf
from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from synthgym.errors import MeasureError
from synthgym.measure.given import flags, number, numbers

FloatArray: TypeAlias = NDArray[np.float64]


def kaplan_meier(times: ArrayLike, censored: ArrayLike) -> tuple[FloatArray, FloatArray]:
    """The Kaplan-Meier estimate of the share of runs that are not there yet.

    Args:
        times: when each run got there, or was last seen not being there (num_runs,), not negative.
        censored: True where it was not there (num_runs,).

    Returns:
        The distinct times at which a run got there, ascending, and the share left right after each.

    Raises:
        MeasureError: for no runs, unequal lengths, or a time that is negative or not finite.
    """
    at, open_end = _checked(times, censored)
    events, reached = np.unique(at[~open_end], return_counts=True)
    at_risk = len(at) - np.searchsorted(np.sort(at), events)
    left: FloatArray = np.asarray(np.cumprod(1 - reached / at_risk), dtype=np.float64)
    return events, left


def median_time(times: ArrayLike, censored: ArrayLike) -> float:
    """The first time by which half of the runs are there, by Kaplan-Meier; inf if that was never seen.

    Raises:
        MeasureError: as for `kaplan_meier`.
    """
    events, left = kaplan_meier(times, censored)
    half = np.flatnonzero(left <= 0.5 + 1e-12)
    return float(events[half[0]]) if len(half) else inf


def restricted_mean(times: ArrayLike, censored: ArrayLike, horizon: float) -> float:
    """The mean of min(time, horizon): the area under the Kaplan-Meier curve up to `horizon`.

    A run censored before the horizon counts as if it were like those still running then.

    Raises:
        MeasureError: as for `kaplan_meier`, or for a horizon that is negative.
    """
    horizon = number("horizon", horizon)
    if horizon < 0:
        raise MeasureError(f"horizon {horizon} is negative")
    events, left = kaplan_meier(times, censored)
    edges = np.concatenate([[0.0], np.minimum(events, horizon), [horizon]])
    return float(np.sum(np.diff(edges) * np.concatenate([[1.0], left])))


def _checked(times: ArrayLike, censored: ArrayLike) -> tuple[FloatArray, NDArray[np.bool_]]:
    at, open_end = numbers("times", times), flags("censored", censored)
    if at.ndim != 1 or at.shape != open_end.shape or at.size == 0:
        raise MeasureError(
            f"times {at.shape} and censored {open_end.shape}: one of each a run, at least one run"
        )
    if not np.all(np.isfinite(at) & (at >= 0)):
        raise MeasureError(
            "a time is negative or not finite; a run that never got there is censored at its end"
        )
    return at, open_end
