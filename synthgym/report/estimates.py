"""Means with 95% intervals over seeds, never more certain than what the seeds judged.

The spread of three seeds can come out near 0 by chance, and Student's interval with it. So an interval over
seeds here is the wider of Student's and of the one that their judged completions, or tasks, give when
they are pooled. Fewer than three seeds tell too little of their spread: the interval is then the pooled
one, widened to hold each run, covers only those runs, and says so.
"""

from collections.abc import Sequence
from math import inf, isfinite, sqrt
from typing import Literal

import numpy as np

from synthgym.measure.intervals import Interval, t_interval, wilson
from synthgym.report.model import Estimate

Over = Literal["tasks", "completions"]

FEWEST = 3
"""Seeds that an interval over seeds needs."""


def over_seeds(values: Sequence[float], *, least: float = 0.0, most: float = 1.0) -> Estimate:
    """The mean of one value a seed, with Student's interval cut to [least, most], where the mean must lie.

    With fewer than three seeds the interval is unbounded.

    Raises:
        MeasureError: for no values, or one that is not finite.
    """
    found = t_interval(values)
    low, high = (max(least, found.low), min(most, found.high)) if found.n >= FEWEST else (-inf, inf)
    return Estimate(value=found.estimate, low=low, high=high, n=found.n)


def accuracy(counts: Sequence[tuple[int, int]]) -> Estimate:
    """Accuracy of an arm from (right, judged) of each of its runs; pooled, Wilson's interval."""
    pooled = wilson(sum(right for right, _ in counts), sum(judged for _, judged in counts))
    return _wider([right / judged for right, judged in counts], pooled, "completions")


def accuracy_change(before: Sequence[tuple[int, int]], after: Sequence[tuple[int, int]]) -> Estimate:
    """How accuracy changed, from (right, judged) of each run before and after.

    Pooled, Newcombe's interval of a difference of two proportions, as if they were independent (method 10,
    doi:10.1002/(SICI)1097-0258(19980430)17:8<873::AID-SIM779>3.0.CO;2-I).
    """
    old, new = (wilson(sum(r for r, _ in side), sum(n for _, n in side)) for side in (before, after))
    change = new.estimate - old.estimate
    down = sqrt((new.estimate - new.low) ** 2 + (old.high - old.estimate) ** 2)
    up = sqrt((new.high - new.estimate) ** 2 + (old.estimate - old.low) ** 2)
    pooled = Interval(estimate=change, low=change - down, high=change + up, n=new.n)
    changes = [a / m - b / n for (b, n), (a, m) in zip(before, after, strict=True)]
    return _wider(changes, pooled, "completions", least=-1.0)


def over_tasks(runs: Sequence[Sequence[float]], *, least: float = 0.0, most: float = 1.0) -> Estimate:
    """The mean of values (num_seeds, num_tasks); pooled, Student's interval over tasks.

    Where n values all agree, a share 1 - 0.025^(1/n) of others may have gone unseen: the exact upper
    bound of a rate of 0 of n.
    """
    values = np.concatenate([np.asarray(run, dtype=np.float64) for run in runs])
    pooled = t_interval(values)
    if len(values) > 1 and np.ptp(values) == 0:
        unseen = 1 - 0.025 ** (1 / len(values))
        pooled = Interval(
            estimate=pooled.estimate, low=pooled.estimate - unseen, high=pooled.estimate + unseen, n=pooled.n
        )
    return _wider([float(np.mean(run)) for run in runs], pooled, "tasks", least=least, most=most)


def bounded(given: Estimate) -> bool:
    """Whether the interval says anything."""
    return isfinite(given.low) and isfinite(given.high)


def _wider(
    by_seed: Sequence[float], pooled: Interval, over: Over, *, least: float = 0.0, most: float = 1.0
) -> Estimate:
    """Student's interval over seeds, widened to hold the pooled one; that one alone if seeds are too few."""
    if len(by_seed) < FEWEST:
        low, high = max(least, min(pooled.low, *by_seed)), min(most, max(pooled.high, *by_seed))
        return Estimate(value=float(np.mean(by_seed)), low=low, high=high, n=pooled.n, over=over)
    spread = over_seeds(by_seed, least=least, most=most)
    return Estimate(
        value=spread.value,
        low=max(least, min(spread.low, pooled.low)),
        high=min(most, max(spread.high, pooled.high)),
        n=spread.n,
    )
