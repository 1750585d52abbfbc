"""Bits of the reward that a feature explains: I(F; R | T, stratum) per rollout, with its null and its interval.

Plug-in with Miller-Madow within strata (windows of steps by classes of prompts of like pass rate) and at equal truth,
less the null: the same number when each rollout's reward is swapped with that of another one of its cell. What prompts
and steps that differ feign is in both and cancels. The null is the mean of up to 40 such swaps; of a large log, where
one more swap changes nothing, that of the table which swaps have on average. The interval is the jackknife's over 20
blocks of prompts.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from synthgym.measure.discrete_information import table_information
from synthgym.measure.intervals import Interval

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
LEVELS = 8
"""Levels of a reward or of a number that has many values, cut at its quantiles."""
_SWAPS, _SWAPPED = 40, 4_000_000
_T_19 = 2.093
"""Student's t, 19 degrees of freedom, two-sided at 0.95."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bits:
    """What a feature explains, in bits per rollout.

    Attributes:
        null: what the estimator finds when rewards are swapped within cells; taken off `interval.estimate`.
        plug_in: with neither correction.
    """

    interval: Interval
    null: float
    plug_in: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """The rewards (N,) that features are to explain, made ready to be counted against any of them.

    Attributes:
        place: of each rollout, its block, and its stratum and truth, as one number.
        level: of its reward.
        others: how often each level has a rollout of its cell other than itself (N, M).
        sizes: blocks, strata and truths together, levels.
        shrink: the share of Miller-Madow's term that the expected table keeps of it.
        swapped: levels of the rewards after swaps (P, N); no rows for a large log.
    """

    place: IntArray
    level: IntArray
    others: FloatArray
    sizes: tuple[int, int, int]
    shrink: float
    swapped: IntArray

    @classmethod
    def made(
        cls, reward: FloatArray, stratum: IntArray, cell: IntArray, block: IntArray, rng: np.random.Generator
    ) -> "Target":
        """Of rewards (N,); `stratum` is what is held fixed when counting, `cell` within what rewards are swapped.

        Rollouts that are alone in their cell are swapped with others of their stratum that are.
        """
        level = levels(reward)
        inner = np.unique(stratum, return_inverse=True)[1]
        sizes = (int(block.max()) + 1, int(inner.max()) + 1, int(level.max()) + 1)
        one_hot = np.eye(sizes[2])[level]
        cell = _with_lone_ones_together(cell, inner)
        count, total = _sums(cell, one_hot)
        others = np.where(
            (count > 1)[:, None], (total - one_hot) / np.maximum(count - 1, 1)[:, None], one_hot
        )
        shared = count[count > 1]
        shrink = float(np.mean(1 / (shared - 1))) if len(shared) else 0.0
        swaps = min(_SWAPS, _SWAPPED // max(len(reward), 1))
        swapped = np.stack([level[_swap(cell, rng)] for _ in range(swaps)]) if swaps >= 5 else level[None][:0]
        return cls(
            place=block * sizes[1] + inner,
            level=level,
            others=others,
            sizes=sizes,
            shrink=min(1.0, shrink),
            swapped=swapped,
        )

    def open_bits(self) -> float:
        """The reward's entropy given truth and stratum: all that there is to explain, in bits per rollout."""
        counts = np.bincount(
            (self.place % self.sizes[1]) * self.sizes[2] + self.level, minlength=self.sizes[1] * self.sizes[2]
        )
        table = counts.reshape(self.sizes[1:]).astype(np.float64)
        sizes = table.sum(axis=1, keepdims=True)
        share = np.divide(table, sizes, out=np.zeros_like(table), where=sizes > 0)
        terms = np.where(table > 0, -table * np.log2(np.where(share > 0, share, 1)), 0.0)
        return float(terms.sum() / max(table.sum(), 1))


def explained(target: Target, feature: IntArray) -> Bits:
    """How many bits a feature with levels `feature` (N,) explains; a level of -1 leaves a rollout out."""
    seen = feature >= 0
    place, level, others, swapped = target.place, target.level, target.others, target.swapped
    if not seen.all():
        place, level, others, feature = place[seen], level[seen], others[seen], feature[seen]
        swapped = swapped[:, seen]
    blocks, strata, rewards = target.sizes
    width = int(feature.max(initial=0)) + 1
    size = blocks * strata * width
    at = place * width + feature
    table = np.bincount(at * rewards + level, minlength=size * rewards).reshape(
        blocks, strata, width, rewards
    )
    chance = np.stack([np.bincount(at, others[:, m], minlength=size) for m in range(rewards)], axis=-1)
    chance = chance.reshape(blocks, strata, width, rewards)
    every, every_chance = table.sum(axis=0).astype(np.float64), chance.sum(axis=0)
    counts = np.concatenate([every[None], every - table])
    expected = np.concatenate([every_chance[None], every_chance - chance])
    corrected = np.atleast_1d(table_information(counts))
    plug_in = _plug_in(counts)
    nulls = np.maximum(_plug_in(expected) - target.shrink * (plug_in - corrected), 0.0)
    estimates = corrected - nulls
    filled = np.flatnonzero(table.sum(axis=(1, 2, 3)))
    left = estimates[1:][filled]
    spread = (
        float(np.sqrt((len(left) - 1) / len(left) * ((left - left.mean()) ** 2).sum()))
        if len(left) > 1
        else np.inf
    )
    null = float(nulls[0])
    if len(swapped):
        within = (place % strata) * width + feature
        tables = [np.bincount(within * rewards + one, minlength=strata * width * rewards) for one in swapped]
        null = float(np.mean(table_information(np.stack(tables).reshape(-1, strata, width, rewards))))
    value = float(corrected[0]) - null
    return Bits(
        interval=Interval(
            estimate=value, low=value - _T_19 * spread, high=value + _T_19 * spread, n=int(seen.sum())
        ),
        null=null,
        plug_in=float(plug_in[0]),
    )


def levels(values: NDArray[np.floating], edges: FloatArray | None = None, most: int = LEVELS) -> IntArray:
    """The level of each value (N,): its place among the different ones where they are few, else among quantiles.

    With `edges`, the place among those. NaN is -1.
    """
    known = ~np.isnan(values)
    found = np.full(len(values), -1)
    if edges is None:
        different = np.unique(values[known])
        edges = different[1:] if len(different) <= most else quantile_edges(values[known], most)
    found[known] = np.searchsorted(edges, values[known], side="right")
    return found


def quantile_edges(values: NDArray[np.floating], most: int) -> FloatArray:
    """The lower ends of all but the lowest of at most `most` levels of about equal numbers."""
    cut = np.quantile(values, np.linspace(0, 1, most + 1)[1:-1], method="higher")
    return np.unique(cut[cut > values.min()]).astype(np.float64)


def _with_lone_ones_together(cell: IntArray, stratum: IntArray) -> IntArray:
    """Cells (N,), with rollouts that are alone in theirs put together by stratum."""
    place = np.unique(cell, return_inverse=True)[1]
    alone = np.bincount(place)[place] == 1
    found: IntArray = np.where(alone, place.max(initial=0) + 1 + stratum, place)
    return found


def _swap(cell: IntArray, rng: np.random.Generator) -> IntArray:
    """For every row another row of its cell, drawn at random; its own where there is none."""
    order = np.lexsort((rng.random(len(cell)), cell))
    ordered = cell[order]
    begins = np.flatnonzero(np.diff(ordered, prepend=-1))
    following = np.append(order[1:], order[:1])
    following[np.append(begins[1:] - 1, len(order) - 1)] = order[begins]
    found = np.empty_like(order)
    found[order] = following
    return found


def _sums(code: IntArray, one_hot: FloatArray) -> tuple[FloatArray, FloatArray]:
    """For every row, how many rows share its code (N,), and their sum of `one_hot` (N, M)."""
    place = np.unique(code, return_inverse=True)[1]
    totals = np.stack([np.bincount(place, one_hot[:, m]) for m in range(one_hot.shape[1])], axis=1)
    counts: FloatArray = np.bincount(place)[place].astype(np.float64)
    sums: FloatArray = np.asarray(totals, np.float64)[place]
    return counts, sums


def _plug_in(table: FloatArray) -> FloatArray:
    """I(A;B|stratum) of (..., K, A, B), uncorrected, in bits."""
    with np.errstate(divide="ignore", invalid="ignore"):
        total = _t_log_t(table).sum(axis=(-3, -2, -1)) + _t_log_t(table.sum(axis=(-2, -1))).sum(axis=-1)
        total -= _t_log_t(table.sum(axis=-1)).sum(axis=(-2, -1)) + _t_log_t(table.sum(axis=-2)).sum(
            axis=(-2, -1)
        )
        found: FloatArray = total / np.maximum(table.sum(axis=(-3, -2, -1)), 1e-12)
    return found


def _t_log_t(table: FloatArray) -> FloatArray:
    return np.where(table > 0, table * np.log2(table), 0.0)
