"""How accuracy grew in one run, against what was spent: the curve, its monotone fit and its half-way point.

A row's step counts the updates made before it was sampled. So what a policy at step s has cost are the
training rollouts of the steps before s, and the first point of a curve lies at 0.
"""

from dataclasses import dataclass
from math import nan
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from synthgym.errors import MeasureError, shown
from synthgym.measure.columns import equal, floats, lengths, need, steps
from synthgym.measure.given import number, numbers

if TYPE_CHECKING:
    import pyarrow as pa

FloatArray: TypeAlias = NDArray[np.float64]
IntArray: TypeAlias = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Crossing:
    """When a curve got half-way.

    Attributes:
        at: the cost at which it did; the last cost seen if it did not (`censored`); NaN if there is no
            half-way point (not `defined`).
        censored: it had not got there at the end: the truth is `at` or more.
        defined: False if p_max lies too close to p0 for half-way to mean anything.
    """

    at: float
    censored: bool
    defined: bool = True


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LearningCurve:
    """Accuracy of one run by step, and what it had cost; arrays of shape (num_steps,).

    Attributes:
        step: the steps at which completions were judged, ascending.
        rollouts: training rollouts before that step.
        tokens: sampled tokens in them; NaN from where a rollout does not tell.
        right: judged completions that are right.
        judged: completions whose truth is known, at least 1.
    """

    run: str
    step: IntArray
    rollouts: FloatArray
    tokens: FloatArray
    right: IntArray
    judged: IntArray

    @property
    def accuracy(self) -> FloatArray:
        """Share right at each step (num_steps,)."""
        share: FloatArray = self.right / self.judged
        return share

    @property
    def fitted(self) -> FloatArray:
        """Accuracy as the non-decreasing curve nearest to the counts (num_steps,)."""
        return isotonic(self.right, self.judged)


def learning_curves(
    table: "pa.Table", *, phase: str = "train", temperature: float | None = None
) -> list[LearningCurve]:
    """The learning curve of every run in a table from `read_log`, by run.

    Args:
        table: with columns run, step, phase and truth; tokens if they are to be counted.
        phase: whose completions measure accuracy: "train" (as sampled in training) or "eval".
        temperature: only completions of this temperature, 0.0 being greedy.

    Raises:
        MeasureError: if a column is missing, or a run has no judged completion of that kind.
    """
    need(table, "run", "step", "phase", "truth", *(["temperature"] if temperature is not None else []))
    return [
        _curve(table.filter(equal(table, "run", run)), run, phase, temperature)
        for run in sorted(table["run"].unique().to_pylist())
    ]


def isotonic(right: ArrayLike, judged: ArrayLike) -> FloatArray:
    """The non-decreasing accuracies (num_steps,) of greatest likelihood: weighted isotonic regression.

    Args:
        right: completions that are right (num_steps,).
        judged: completions judged (num_steps,), at least 1 each.

    Raises:
        MeasureError: unless 0 <= right <= judged and judged >= 1 throughout.
    """
    hits, n = numbers("right", right), numbers("judged", judged)
    if hits.ndim != 1 or hits.shape != n.shape or hits.size == 0:
        raise MeasureError(f"right {hits.shape} and judged {n.shape}: one of each a step, at least one step")
    if not np.all((n >= 1) & (hits >= 0) & (hits <= n)):
        raise MeasureError("a step has more right completions than judged ones, or none judged")
    from scipy.optimize import isotonic_regression

    fitted: FloatArray = isotonic_regression(hits / n, weights=n).x
    return fitted


def half_way(cost: ArrayLike, p: ArrayLike, *, p0: float, p_max: float, min_rise: float = 0.05) -> Crossing:
    """Where the monotone curve `p` over `cost` first reaches p0 + (p_max - p0) / 2.

    Between two points the curve is a straight line. A curve that starts there crosses at its first cost.

    Args:
        cost: rollouts, tokens or bits (num_steps,), non-decreasing.
        p: fitted accuracy (num_steps,), non-decreasing: `isotonic` makes it so.
        p0: accuracy before training.
        p_max: the accuracy that counts as the whole way, common to all arms compared.
        min_rise: below this p_max - p0 there is no half-way point.

    Raises:
        MeasureError: for shapes that differ, no steps, a value that is not finite, a curve that falls, or a p0 or p_max
            outside [0, 1].
    """
    x, y = _curve_of(cost, p)
    p0, p_max, min_rise = number("p0", p0), number("p_max", p_max), number("min_rise", min_rise)
    if not (np.all(np.diff(x) >= 0) and np.all(np.diff(y) >= -1e-12)):
        raise MeasureError(
            "half-way needs a non-decreasing cost and a non-decreasing curve; fit it with isotonic()"
        )
    if not (0 <= p0 <= 1 and 0 <= p_max <= 1):
        raise MeasureError(f"p0 {p0} and p_max {p_max} are accuracies: they lie in [0, 1]")
    if p_max - p0 < max(min_rise, 1e-12):
        return Crossing(at=nan, censored=False, defined=False)
    level = p0 + (p_max - p0) / 2
    there = np.flatnonzero(y >= level - 1e-12)
    if len(there) == 0:
        return Crossing(at=float(x[-1]), censored=True)
    i = int(there[0])
    if i == 0:
        return Crossing(at=float(x[0]), censored=False)
    share = min((level - y[i - 1]) / (y[i] - y[i - 1]), 1.0)
    return Crossing(at=float(x[i - 1] + share * (x[i] - x[i - 1])), censored=False)


def area_under(cost: ArrayLike, p: ArrayLike, horizon: float) -> float:
    """Mean of the curve `p` over `cost` from its start to `horizon` (trapezoids): the normalised area, in [0, 1].

    Beyond its last point the curve stays level.

    Raises:
        MeasureError: for shapes that differ, no steps, a value that is not finite, or a cost that falls.
    """
    (x, y), horizon = _curve_of(cost, p), number("horizon", horizon)
    if np.any(np.diff(x) < 0):
        raise MeasureError("the area under a curve needs a non-decreasing cost; sort the points by it")
    if horizon <= x[0]:
        return float(y[0])
    inside = x < horizon
    x_in = np.append(x[inside], horizon)
    y_in = np.append(y[inside], np.interp(horizon, x, y))
    return float(np.sum(np.diff(x_in) * (y_in[1:] + y_in[:-1]) / 2) / (horizon - x[0]))


def _curve_of(cost: ArrayLike, p: ArrayLike) -> tuple[FloatArray, FloatArray]:
    """Cost and accuracy of each step (num_steps,)."""
    x, y = numbers("cost", cost), numbers("p", p)
    if x.ndim != 1 or x.shape != y.shape or x.size == 0:
        raise MeasureError(f"cost {x.shape} and p {y.shape}: one of each a step, at least one step")
    if not (np.all(np.isfinite(x)) and np.all(np.isfinite(y))):
        raise MeasureError("a cost or an accuracy is not finite; leave out the steps that were not measured")
    return x, y


def _curve(table: "pa.Table", run: str, phase: str, temperature: float | None) -> LearningCurve:
    step, truth = steps(table), floats(table, "truth")
    measured = equal(table, "phase", phase) & ~np.isnan(truth)
    if temperature is not None:
        measured &= np.isclose(floats(table, "temperature"), temperature)
    if not measured.any():
        kind = phase + (f" at temperature {temperature}" if temperature is not None else "")
        raise MeasureError(f"run {shown(run)} has no {kind} rollout whose truth is known")
    points, place = np.unique(step[measured], return_inverse=True)
    trained = equal(table, "phase", "train")
    order = np.argsort(step[trained], kind="stable")
    before = np.searchsorted(step[trained][order], points)  # training rollouts of earlier steps
    spent = np.full(len(order), nan)
    if "tokens" in table.column_names:
        spent = lengths(table, "tokens")[trained][order]
    return LearningCurve(
        run=run,
        step=points,
        rollouts=before.astype(np.float64),
        tokens=np.concatenate([[0.0], np.cumsum(spent)])[before],
        right=np.bincount(place, truth[measured]).astype(np.int64),
        judged=np.bincount(place).astype(np.int64),
    )
