"""How likely a behaviour is before training, and how strongly training pushes it."""

from dataclasses import dataclass
from math import inf, isfinite, nan, sqrt
from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from synthgym.errors import MeasureError
from synthgym.measure.given import confident, number, numbers, whole
from synthgym.measure.intervals import Interval
from synthgym.measure.levels import Values, places_of

FloatArray: TypeAlias = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Slope:
    """A slope, its standard error, and the degrees of freedom of Student's t that go with it.

    Attributes:
        value: NaN where it is undefined.
        error: infinite where nothing is known of it.
        groups: groups that hold both the behaviour and its absence.
    """

    value: float
    error: float
    free: float
    groups: int


def surprisal(hits: int, n: int, *, design_effect: float = 1.0, confidence: float = 0.95) -> Interval:
    """Λ [bits]: how surprising a behaviour is, -log2 p with p = (hits + 1/2) / (n + 1).

    The interval is Clopper-Pearson's on p, at n / `design_effect` rollouts; without a hit it has no upper end, and with
    nothing but hits it goes down to 0.

    Args:
        hits: rollouts that show the behaviour, of n.
        design_effect: by how much completions of one prompt are alike: the variance of the rate over that of as many
            independent rollouts; see `design_effect`.

    Raises:
        MeasureError: unless 0 <= hits <= n, n >= 1, a design effect of at least 1 and a confidence in (0, 1).
    """
    hits, n, confidence = whole("hits", hits), whole("n", n, 1), confident(confidence)
    if not (hits <= n and number("design effect", design_effect) >= 1):
        raise MeasureError(
            f"{hits} hits of {n}, design effect {design_effect}: no more hits than rollouts and an effect of 1 or more "
            "are needed"
        )
    from scipy.stats import beta

    with_it, without = hits / design_effect, (n - hits) / design_effect
    tail = (1 - confidence) / 2
    low = float(beta.ppf(tail, with_it, without + 1)) if hits else 0.0
    high = float(beta.isf(tail, with_it + 1, without)) if hits < n else 1.0
    return Interval(
        estimate=_bits((hits + 0.5) / (n + 1)), low=_bits(high), high=_bits(low), n=n, confidence=confidence
    )


def design_effect(component: ArrayLike, group: Values) -> float:
    """The variance of the mean of `component` (N,), clustered by `group` (N,), over that of N independent values.

    At least 1, so that clusters which happen to differ less than chance narrow no interval, and at most N. 1 where
    the component is constant or there is one group.

    Raises:
        MeasureError: for unequal lengths, no rollouts, a component that is not a finite number, or a group that is not
            known.
    """
    values, cluster, count = _grouped(component, group)
    spread = values - values.mean()
    if count < 2 or not spread.any():
        return 1.0
    sums = np.bincount(cluster, spread, count)
    ratio = float((sums**2).sum() / (spread**2).sum()) * count / (count - 1)
    return min(max(1.0, ratio), float(len(values)))


def push(
    advantage: ArrayLike,
    component: ArrayLike,
    group: Values,
    *,
    rng: np.random.Generator | None = None,
    confidence: float = 0.95,
) -> Interval:
    """s [advantage per unit of the component]: how strongly training pushes a behaviour.

    The slope of the advantage on the component within groups, Cov_w(C, A) / Var_w(C): by the Price equation, one step
    in the direction of the advantages changes the behaviour's rate by Cov(C, A). Groups in which the component does
    not vary say nothing of it. The interval lets rollouts of a group depend on each other: delete-one-group jackknife,
    or the ordinary error where that is larger, with Student's t at the effective number of groups less one.

    Args:
        advantage: what the trainer multiplied each completion's log-probability by (N,); NaN rows are left out.
        component: whether, or how much, each completion shows the behaviour (N,); NaN rows are left out.
        group: which completions were compared with one another (N,); rows of None or NaN are left out.
        rng: not needed; taken so that all measures are called alike.

    Returns:
        NaN and an unbounded interval where the component varies within no group; an unbounded interval where it
        varies within one only. n counts the groups in which it varies.

    Raises:
        MeasureError: for unequal lengths, no rollouts, or an infinite value.
    """
    confidence = confident(confidence)
    found = slope(advantage, component, group)
    if not isfinite(found.error):
        return Interval(estimate=found.value, low=-inf, high=inf, n=found.groups, confidence=confidence)
    from scipy.stats import t

    half = float(t.ppf((1 + confidence) / 2, found.free)) * found.error
    return Interval(
        estimate=found.value,
        low=found.value - half,
        high=found.value + half,
        n=found.groups,
        confidence=confidence,
    )


def slope(advantage: ArrayLike, component: ArrayLike, group: Values) -> Slope:
    """`push` with its standard error instead of an interval.

    Raises:
        MeasureError: as for `push`.
    """
    a, c = numbers("advantage", advantage), numbers("component", component)
    if a.ndim != 1 or a.shape != c.shape:
        raise MeasureError(f"advantage {a.shape}, component {c.shape}: one of each a rollout")
    groups, grouped = places_of(group, len(a))
    known = grouped & ~(np.isnan(a) | np.isnan(c))
    if not known.any():
        raise MeasureError("no rollout whose advantage and component are both known, in a group that is")
    (a, cluster, count), (c, _, _) = _grouped(a[known], groups[known]), _grouped(c[known], groups[known])
    size = np.bincount(cluster, minlength=count)
    a = a - (np.bincount(cluster, a, count) / size)[cluster]
    c = c - (np.bincount(cluster, c, count) / size)[cluster]
    square, product = np.bincount(cluster, c * c, count), np.bincount(cluster, c * a, count)
    varied = square > 1e-12 * max(float(square.max()), 1e-300)
    square, product = np.where(varied, square, 0.0), np.where(varied, product, 0.0)
    total, groups_with = float(square.sum()), int(varied.sum())
    if groups_with == 0:
        return Slope(value=nan, error=inf, free=0.0, groups=0)
    value = float(product.sum()) / total
    effective = total**2 / float((square**2).sum())
    if groups_with == 1:
        return Slope(value=value, error=inf, free=0.0, groups=1)
    without = (product.sum() - product[varied]) / (total - square[varied])
    jackknife = sqrt((groups_with - 1) / groups_with * float(((without - value) ** 2).sum()))
    residual = float(((a - value * c) ** 2).sum()) / max(len(a) - count - 1, 1)
    error = max(jackknife, sqrt(residual / total))
    return Slope(value=value, error=error, free=max(effective - 1, 1.0), groups=groups_with)


def _grouped(values: ArrayLike, group: Values) -> tuple[FloatArray, NDArray[np.intp], int]:
    """Finite values, the number of each one's group, and how many groups there are."""
    given = numbers("component", values)
    if given.ndim != 1 or given.size == 0:
        raise MeasureError(f"values of shape {given.shape}: one a rollout, at least one")
    places, grouped = places_of(group, len(given))
    if not grouped.all():
        raise MeasureError(f"the group of {int((~grouped).sum())} rollouts is not known; leave them out")
    if not np.all(np.isfinite(given)):
        raise MeasureError(
            "a value is not finite; leave unscored rollouts out, or give NaN where it is allowed"
        )
    names, cluster = np.unique(places, return_inverse=True)
    return given, cluster.reshape(-1), len(names)


def _bits(p: float) -> float:
    return float(-np.log2(p)) + 0.0 if p > 0 else inf
