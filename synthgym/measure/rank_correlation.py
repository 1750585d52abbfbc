"""Whether predicted times rank observed ones: Spearman's correlation, on configurations not used to choose anything."""

from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from synthgym.errors import MeasureError
from synthgym.measure.given import confident, flags, generator, numbers, whole
from synthgym.measure.intervals import Interval
from synthgym.measure.levels import Values, places_of

FloatArray: TypeAlias = NDArray[np.float64]


def spearman(
    predicted: ArrayLike,
    observed: ArrayLike,
    *,
    rng: np.random.Generator,
    held_out: ArrayLike | None = None,
    cluster: Values | None = None,
    confidence: float = 0.95,
    resamples: int = 2_000,
) -> Interval:
    """Spearman's rank correlation of predicted and observed times, with a percentile bootstrap interval.

    Infinite times are tied after all finite ones: give inf for "never" and for a run that was censored. Ties have
    their mean rank.

    Args:
        predicted: a time, or anything that is to rank like one, a configuration (n,).
        observed: the time that the configuration took (n,).
        held_out: True where nothing was chosen on the configuration (n,); only those are counted. All by default.
        cluster: configurations that are drawn together, such as the cells of one sweep (n,); each on its own by
            default.
        confidence: of the interval. Resamples without any order are left out of it.
        resamples: bootstrap samples.

    Returns:
        n counts the configurations; with one cluster, or fewer than three configurations, the interval is [-1, 1].

    Raises:
        MeasureError: for unequal lengths, NaN, fewer than two configurations held out, or one side without any order.
    """
    x, y, drawn = _checked(predicted, observed, held_out, cluster)
    confidence, resamples, rng = confident(confidence), whole("resamples", resamples, 1), generator(rng)
    estimate = float(_rho(x, y))
    if np.isnan(estimate):
        raise MeasureError(
            "all predicted, or all observed, values are equal: there is no order to compare with"
        )
    places = [np.flatnonzero(drawn == one) for one in np.unique(drawn)]
    low, high = -1.0, 1.0
    if len(places) > 1 and len(x) > 2:
        found = np.empty(resamples)
        for row in range(resamples):
            chosen = np.concatenate([places[pick] for pick in rng.integers(0, len(places), len(places))])
            found[row] = _rho(x[chosen], y[chosen])
        tail = (1 - confidence) / 2
        low, high = (float(end) for end in np.nanquantile(found, [tail, 1 - tail]))
    return Interval(
        estimate=estimate, low=min(low, estimate), high=max(high, estimate), n=len(x), confidence=confidence
    )


def _rho(x: FloatArray, y: FloatArray) -> float:
    """Pearson's correlation of the mean ranks; NaN where one side has no order."""
    from scipy.stats import rankdata

    a, b = rankdata(x) - (len(x) + 1) / 2, rankdata(y) - (len(y) + 1) / 2
    size = float(np.sqrt((a @ a) * (b @ b)))
    return float(a @ b) / size if size > 0 else float("nan")


def _checked(
    predicted: ArrayLike, observed: ArrayLike, held_out: ArrayLike | None, cluster: Values | None
) -> tuple[FloatArray, FloatArray, NDArray[np.int64]]:
    x, y = numbers("predicted", predicted), numbers("observed", observed)
    kept = np.ones(x.shape, dtype=np.bool_) if held_out is None else flags("held_out", held_out)
    places = held_out is not None and np.asarray(held_out).dtype.kind != "b"  # [0, 1] may mean the first two
    drawn, known = (np.arange(x.size), kept) if cluster is None else places_of(cluster, x.size)
    if x.ndim != 1 or not x.shape == y.shape == kept.shape == drawn.shape or places:
        raise MeasureError(
            f"predicted {x.shape}, observed {y.shape}, held_out {kept.shape}, cluster {drawn.shape}: one of each a "
            "configuration, held_out True or False"
        )
    if not known[kept].all():
        raise MeasureError("the cluster of a configuration is not known; give it one of its own")
    if np.isnan(x[kept]).any() or np.isnan(y[kept]).any():
        raise MeasureError("a time is NaN; give inf for one that never comes, and leave out what is unknown")
    if kept.sum() < 2:
        raise MeasureError(f"{kept.sum()} configurations held out; an order needs at least two")
    return x[kept], y[kept], drawn[kept]
