"""Intervals: of a rate, of a mean over seeds, of a ratio over paired seeds.

Every interval is two-sided at `confidence`. One observation tells nothing of the spread: its interval
is unbounded, never a point.
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import exp, inf, sqrt
from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from synthgym.errors import MeasureError
from synthgym.measure.given import confident, generator, numbers, whole

FloatArray: TypeAlias = NDArray[np.float64]
_AT_ONCE = 4_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """An estimate and its interval.

    Attributes:
        n: observations it rests on (trials of a rate, seeds of a mean, pairs of a ratio).
    """

    estimate: float
    low: float
    high: float
    n: int
    confidence: float = 0.95


def clopper_pearson(successes: int, n: int, *, confidence: float = 0.95) -> Interval:
    """The exact interval of a rate: covers at least as often as it says. For false-alarm rates.

    Raises:
        MeasureError: unless 0 <= successes <= n, n >= 1, and the confidence lies in (0, 1).
    """
    return _proportion(successes, n, confidence, "exact")


def wilson(successes: int, n: int, *, confidence: float = 0.95) -> Interval:
    """The score interval of a rate: covers about as often as it says, and is shorter. For accuracies.

    Raises:
        MeasureError: as for `clopper_pearson`.
    """
    return _proportion(successes, n, confidence, "wilson")


def t_interval(values: ArrayLike, *, confidence: float = 0.95) -> Interval:
    """Student's interval of the mean of `values` (num_seeds,).

    Raises:
        MeasureError: for values of another shape, none, or one that is not finite.
    """
    given = _values(values, confidence)
    if given.ndim != 1:
        raise MeasureError(f"values of shape {given.shape}; one a seed, (num_seeds,), is needed")
    mean, n = float(given.mean()), len(given)
    if n == 1:
        return Interval(estimate=mean, low=-inf, high=inf, n=1, confidence=confidence)
    from scipy.stats import t

    half = float(t.ppf((1 + confidence) / 2, n - 1)) * float(given.std(ddof=1)) / sqrt(n)
    return Interval(estimate=mean, low=mean - half, high=mean + half, n=n, confidence=confidence)


def bootstrap(
    values: ArrayLike,
    *,
    rng: np.random.Generator,
    statistic: Callable[[FloatArray], FloatArray] | None = None,
    confidence: float = 0.95,
    resamples: int = 10_000,
) -> Interval:
    """Percentile bootstrap of a statistic of `values` (num_seeds, ...); seeds are drawn again, whole.

    With fewer than about ten seeds it is too short: prefer `t_interval` for a mean.

    Args:
        statistic: maps (resamples, num_seeds, ...) to (resamples,); the mean of all by default.

    Raises:
        MeasureError: for no values, or one that is not finite.
    """
    given = _values(values, confidence)
    of, draws, rng = (
        _mean if statistic is None else statistic,
        whole("resamples", resamples, 1),
        generator(rng),
    )
    estimate, n = float(of(given[None])[0]), len(given)
    if n == 1:
        return Interval(estimate=estimate, low=-inf, high=inf, n=1, confidence=confidence)
    tail = (1 - confidence) / 2
    spread = np.concatenate([of(given[rng.integers(0, n, (some, n))]) for some in _portions(draws, n)])
    low, high = np.quantile(spread, [tail, 1 - tail])
    return Interval(estimate=estimate, low=float(low), high=float(high), n=n, confidence=confidence)


def paired_ratio(
    a: ArrayLike,
    b: ArrayLike,
    *,
    rng: np.random.Generator,
    confidence: float = 0.95,
    resamples: int = 10_000,
) -> Interval:
    """Geometric mean of a/b over pairs (num_pairs,), with a bootstrap interval on its logarithm.

    Raises:
        MeasureError: for unequal lengths, no pairs, or a value that is not positive and finite.
    """
    first, second = numbers("a", a), numbers("b", b)
    if first.shape != second.shape or first.ndim != 1:
        raise MeasureError(
            f"{first.shape} values cannot be paired with {second.shape}; one each a pair is needed"
        )
    if np.any(first <= 0) or np.any(second <= 0):
        raise MeasureError("a ratio's logarithm needs positive values")
    logs = bootstrap(np.log(first) - np.log(second), rng=rng, confidence=confidence, resamples=resamples)
    return Interval(
        estimate=exp(logs.estimate), low=exp(logs.low), high=exp(logs.high), n=logs.n, confidence=confidence
    )


def iqm(scores: ArrayLike) -> float:
    """Interquartile mean of all `scores` (num_runs, num_tasks): of those left when a quarter is cut at each end.

    The number cut is rounded down, as in rliable (arXiv:2108.13264).

    Raises:
        MeasureError: for no scores, or one that is not finite.
    """
    return float(_iqm(_values(scores, 0.95)[None])[0])


def bootstrap_iqm(
    scores: ArrayLike, *, rng: np.random.Generator, confidence: float = 0.95, resamples: int = 2_000
) -> Interval:
    """`iqm` of `scores` (num_runs, num_tasks) with its stratified bootstrap interval: runs are drawn again
    within each task on their own (arXiv:2108.13264, section 4.1).

    Raises:
        MeasureError: for scores of another shape, none, or one that is not finite.
    """
    given = _values(scores, confidence)
    if given.ndim != 2:
        raise MeasureError(f"scores of shape {given.shape}; (num_runs, num_tasks) is needed")
    (runs, tasks), draws, rng = given.shape, whole("resamples", resamples, 1), generator(rng)
    estimate = iqm(given)
    if runs == 1:
        return Interval(estimate=estimate, low=-inf, high=inf, n=1, confidence=confidence)
    spread = np.concatenate(
        [
            _iqm(given[rng.integers(0, runs, (some, runs, tasks)), np.arange(tasks)])
            for some in _portions(draws, given.size)
        ]
    )
    tail = (1 - confidence) / 2
    low, high = np.quantile(spread, [tail, 1 - tail])
    return Interval(estimate=estimate, low=float(low), high=float(high), n=runs, confidence=confidence)


def _portions(draws: int, size: int) -> list[int]:
    """`draws` resamples of `size` values in portions that fit into memory."""
    most = max(1, _AT_ONCE // size)
    return [min(most, draws - start) for start in range(0, draws, most)]


def _proportion(successes: int, n: int, confidence: float, method: str) -> Interval:
    successes, n, confidence = whole("successes", successes), whole("n", n, 1), confident(confidence)
    if not (successes <= n):
        raise MeasureError(f"{successes} successes of {n}: no more than there are trials are needed")
    from scipy.stats import binomtest

    found = binomtest(successes, n).proportion_ci(confidence, method=method)
    return Interval(
        estimate=successes / n, low=float(found.low), high=float(found.high), n=n, confidence=confidence
    )


def _values(values: ArrayLike, confidence: float) -> FloatArray:
    given = numbers("values", values)
    if given.ndim == 0 or given.size == 0:
        raise MeasureError("no values to take an interval of")
    if not np.all(np.isfinite(given)):
        raise MeasureError(
            "a value is not finite; leave censored or unscored ones to the measures made for them"
        )
    confident(confidence)
    return given


def _mean(drawn: FloatArray) -> FloatArray:
    means: FloatArray = drawn.reshape(len(drawn), -1).mean(axis=1)
    return means


def _iqm(drawn: FloatArray) -> FloatArray:
    flat = np.sort(drawn.reshape(len(drawn), -1), axis=1)
    cut = flat.shape[1] // 4
    middle: FloatArray = flat[:, cut : flat.shape[1] - cut].mean(axis=1)
    return middle
