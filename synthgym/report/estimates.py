"""Means with intervals over seeds; over what a single run judged, where there is one seed."""

from collections.abc import Sequence
from math import isfinite, sqrt

import numpy as np

from synthgym.measure.intervals import t_interval, wilson
from synthgym.report.model import Estimate


def over_seeds(values: Sequence[float], *, least: float = 0.0, most: float = 1.0) -> Estimate:
    """The mean of one value a seed, with Student's interval cut to [least, most].

    The cut costs no coverage, as the mean lies in there. With one seed the interval is unbounded.

    Raises:
        MeasureError: for no values, or one that is not finite.
    """
    found = t_interval(values)
    low, high = (max(least, found.low), min(most, found.high)) if found.n > 1 else (found.low, found.high)
    return Estimate(value=found.estimate, low=low, high=high, n=found.n)


def accuracy(right: Sequence[int], judged: Sequence[int]) -> Estimate:
    """Accuracy of an arm from the counts of its runs (num_seeds,); with one seed, Wilson's over completions."""
    if len(right) > 1:
        return over_seeds([r / n for r, n in zip(right, judged, strict=True)])
    found = wilson(int(right[0]), int(judged[0]))
    return Estimate(
        value=found.estimate, low=found.low, high=found.high, n=found.n, over="completions"
    )


def accuracy_change(before: Sequence[tuple[int, int]], after: Sequence[tuple[int, int]]) -> Estimate:
    """How accuracy changed, from (right, judged) of each run before and after.

    With one seed, Newcombe's interval of a difference of two proportions (method 10,
    doi:10.1002/(SICI)1097-0258(19980430)17:8<873::AID-SIM779>3.0.CO;2-I).
    """
    changes = [a / m - b / n for (b, n), (a, m) in zip(before, after, strict=True)]
    if len(changes) > 1:
        return over_seeds(changes, least=-1.0)
    old, new = wilson(*before[0]), wilson(*after[0])
    change = new.estimate - old.estimate
    down = sqrt((new.estimate - new.low) ** 2 + (old.high - old.estimate) ** 2)
    up = sqrt((new.high - new.estimate) ** 2 + (old.estimate - old.low) ** 2)
    return Estimate(value=change, low=change - down, high=change + up, n=new.n, over="completions")


def over_tasks(runs: Sequence[Sequence[float]], *, least: float = 0.0, most: float = 1.0) -> Estimate:
    """The mean of values (num_seeds, num_tasks): over seeds if there are several, else over the one run's tasks."""
    if len(runs) > 1:
        return over_seeds([float(np.mean(run)) for run in runs], least=least, most=most)
    only = over_seeds(runs[0], least=least, most=most)
    return Estimate(value=only.value, low=only.low, high=only.high, n=only.n, over="tasks")


def bounded(given: Estimate) -> bool:
    """Whether the interval says anything."""
    return isfinite(given.low) and isfinite(given.high)
