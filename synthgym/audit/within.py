"""Does a feature go with the reward among rollouts of one cell? Tested for all features at once.

For feature k, U_k is the sum over cells of the products of feature and reward, both as ranks and less their cell's
mean. If the rewards of a cell are exchangeable, U_k has mean 0 and a covariance that is known exactly (the
permutation's, as in the Cochran-Mantel-Haenszel test; Mantel 1963): z_k = U_k / sqrt(V_k). A feature is significant
if |z_k| exceeds

* the largest |z| of *any* feature in each of 999 permutations of the rewards within their cells (Westfall and Young
  1993, single-step maximum): the chance that anything at all is found where nothing is there is at most 1 in 1,000;
* Bonferroni's bound at 0.001, which the permutations, where they are made on a part of a large log, could miss.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

FloatArray: TypeAlias = NDArray[np.float64]
IntArray: TypeAlias = NDArray[np.int64]
ERROR_RATE = 0.001
"""The chance of finding anything in a log where nothing is paid beyond truth."""
PERMUTATIONS = 999
_PERMUTED = 6000
_ROWS = 65_536


@dataclass(frozen=True, slots=True, kw_only=True)
class Within:
    """The test of K features.

    Attributes:
        z: (K,); 0 where a feature does not vary within any cell whose rewards do.
        paid: reward gained by a feature's flag, or by the whole range of ranks of a number, in units of reward (K,).
        score, covariance: (K,) and (K, K), from which partial tests are made.
        threshold: that |z| must exceed.
        rollouts: in cells whose rewards differ: those that can tell anything.
    """

    z: FloatArray
    paid: FloatArray
    score: FloatArray
    covariance: FloatArray
    threshold: float
    rollouts: int

    @property
    def significant(self) -> NDArray[np.bool_]:
        """Which features are (K,)."""
        return np.abs(self.z) > self.threshold

    def given(self, feature: int, others: Sequence[int]) -> float:
        """The z of a feature once `others` are held fixed, to first order."""
        if not others:
            return float(self.z[feature])
        among = list(others)
        shared = self.covariance[np.ix_(among, among)]
        coefficients = np.linalg.lstsq(shared, self.covariance[among, feature], rcond=None)[0]
        left = self.covariance[feature, feature] - float(coefficients @ self.covariance[among, feature])
        if left <= 1e-9 * self.covariance[feature, feature]:
            return 0.0
        return float((self.score[feature] - coefficients @ self.score[among]) / np.sqrt(left))

    def together(self, features: Sequence[int]) -> float:
        """What several features say of the rewards at once: the chi squared of all of them."""
        among = list(features)
        score = self.score[among]
        return float(score @ np.linalg.lstsq(self.covariance[np.ix_(among, among)], score, rcond=None)[0])

    def alike(self, one: int, other: int) -> float:
        """How alike two features are within cells, from -1 to 1."""
        scale = np.sqrt(self.covariance[one, one] * self.covariance[other, other])
        return float(self.covariance[one, other] / scale) if scale > 0 else 0.0


def test_within(
    cell: IntArray,
    reward: FloatArray,
    features: int,
    column: Callable[[int, IntArray], FloatArray],
    rng: np.random.Generator | None,
    *,
    by_rank: bool = True,
) -> Within:
    """Test `features` features of rollouts (N,).

    Args:
        cell: of each rollout.
        rng: draws the permutations; None leaves them out, and with them what the threshold is worth.
        by_rank: compare ranks of the rewards, which no outlier moves; else the rewards, which add up.
        column: ``column(k, rows)`` gives the ranks in [0, 1] of feature k, NaN where it was not looked at: then in
            no rollout of its cell.
    """
    rows, starts = informative(cell, reward)
    ranked = ridits(reward) if by_rank else reward
    score, paid, spread = np.zeros(features), np.zeros(features), np.zeros(features)
    covariance = np.zeros((features, features))
    for low, high in _slices(starts, len(rows)):
        part = rows[low:high]
        cuts = starts[(starts >= low) & (starts < high)] - low
        x, r, raw = (
            _centred(np.stack([column(k, part) for k in range(features)], axis=1), cuts),
            _centred(ranked[part][:, None], cuts)[:, 0],
            _centred(reward[part][:, None], cuts)[:, 0],
        )
        weight = _weights(r, cuts)
        score += x.T @ r
        paid += x.T @ raw
        spread += (x * x).sum(axis=0)
        covariance += x.T @ (x * weight[:, None])
    variance = np.diag(covariance)
    z = np.where(variance > 1e-12, score / np.sqrt(np.maximum(variance, 1e-12)), 0.0)
    bound = NormalDist().inv_cdf(1 - ERROR_RATE / (2 * max(features, 1)))
    return Within(
        z=z,
        paid=np.where(spread > 1e-12, paid / np.maximum(spread, 1e-12), 0.0),
        score=score,
        covariance=covariance,
        threshold=bound
        if rng is None
        else max(bound, _largest_by_chance(rows, starts, ranked, features, column, rng)),
        rollouts=len(rows),
    )


def informative(cell: IntArray, reward: FloatArray) -> tuple[IntArray, IntArray]:
    """The rollouts in cells whose rewards differ, cell by cell, and where each of those cells begins."""
    order = np.argsort(cell, kind="stable")
    if not len(order):
        return order, order
    ordered, rewards = cell[order], reward[order]
    starts = np.flatnonzero(np.diff(ordered, prepend=-1))
    differs = np.maximum.reduceat(rewards, starts) > np.minimum.reduceat(rewards, starts)
    sizes = np.diff(np.append(starts, len(order)))
    rows = order[np.repeat(differs, sizes)]
    kept = sizes[differs]
    return rows, np.cumsum(kept) - kept


def ridits(values: NDArray[np.floating]) -> FloatArray:
    """The mean rank of each value (N,) among all, in [0, 1]; NaN stays."""
    known = ~np.isnan(values)
    found = np.full(len(values), np.nan)
    if known.any():
        _, place, counts = np.unique(values[known], return_inverse=True, return_counts=True)
        found[known] = ((np.cumsum(counts) - counts / 2) / known.sum())[place]
    return found


def centred(values: FloatArray, cell: IntArray) -> FloatArray:
    """Each value (N,) less the mean of its cell."""
    place = np.unique(cell, return_inverse=True)[1]
    counts = np.bincount(place)
    less: FloatArray = values - (np.bincount(place, values) / counts)[place]
    return less


def gain(reward: FloatArray, cell: IntArray) -> FloatArray:
    """The rank of each reward (N,) less its cell's mean: what was more than to be expected; 0 where none differ."""
    found = centred(ridits(reward), cell)
    found[np.abs(found) < 1e-9] = 0.0
    return found


def _largest_by_chance(
    rows: IntArray,
    starts: IntArray,
    ranked: FloatArray,
    features: int,
    column: Callable[[int, IntArray], FloatArray],
    rng: np.random.Generator,
) -> float:
    """The largest |z| that any feature reaches in any permutation, on some of the cells of a large log."""
    if not len(rows) or not features:
        return 0.0
    part, cuts = _some(rows, starts, rng)
    x = _centred(np.stack([column(k, part) for k in range(features)], axis=1), cuts)
    r = _centred(ranked[part][:, None], cuts)[:, 0]
    deviation = np.sqrt((x * x * _weights(r, cuts)[:, None]).sum(axis=0))
    kept = deviation > 1e-6
    if not kept.any():
        return 0.0
    x = (x[:, kept] / deviation[kept]).astype(np.float32)
    place = np.repeat(np.arange(len(cuts)), np.diff(np.append(cuts, len(part))))
    largest = 0.0
    at_once = max(1, 2_000_000 // len(part))
    for done in range(0, PERMUTATIONS, at_once):
        count = min(at_once, PERMUTATIONS - done)
        keys = rng.random((count, len(part))) * 0.999 + place
        shuffled = r[np.argsort(keys, axis=1)].astype(np.float32)
        largest = max(largest, float(np.abs(shuffled @ x).max()))
    return largest


def _some(rows: IntArray, starts: IntArray, rng: np.random.Generator) -> tuple[IntArray, IntArray]:
    """Whole cells drawn at random until there are enough rows; a cell that is larger is cut."""
    if len(rows) <= _PERMUTED:
        return rows, starts
    sizes = np.diff(np.append(starts, len(rows)))
    order = rng.permutation(len(starts))
    taken = order[: max(1, int(np.searchsorted(np.cumsum(sizes[order]), _PERMUTED)))]
    chosen = [rows[starts[i] : starts[i] + sizes[i]] for i in taken.tolist()]
    chosen = [rng.permutation(one)[:_PERMUTED] if len(one) > _PERMUTED else one for one in chosen]
    lengths = np.array([len(one) for one in chosen])
    return np.concatenate(chosen), np.cumsum(lengths) - lengths


def _centred(x: FloatArray, cuts: IntArray) -> FloatArray:
    """Columns (N, K) less their cells' means; 0 where they are NaN."""
    sizes = np.diff(np.append(cuts, len(x)))
    means = np.add.reduceat(x, cuts, axis=0) / sizes[:, None]
    less = x - np.repeat(means, sizes, axis=0)
    return np.nan_to_num(less, copy=False)


def _weights(r: FloatArray, cuts: IntArray) -> FloatArray:
    """The variance of a permuted reward in each row's cell (N,): its squares' sum over n - 1."""
    sizes = np.diff(np.append(cuts, len(r)))
    return np.repeat(np.add.reduceat(r * r, cuts) / np.maximum(sizes - 1, 1), sizes)


def _slices(starts: IntArray, size: int) -> list[tuple[int, int]]:
    """Runs of whole cells of about `_ROWS` rows."""
    found, low = [], 0
    while low < size:
        place = int(np.searchsorted(starts, low + _ROWS))
        high = int(starts[place]) if place < len(starts) else size
        found.append((low, high))
        low = high
    return found
