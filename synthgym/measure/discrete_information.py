"""What a discrete signal says of truth given the prompt, I(S;T|X) in bits per rollout, from rollouts alone.

The estimator, in this order:

1. *Strata.* A prompt's own G rollouts are too few (with G = 8 the bias is 0.09 bits), and pooling all prompts
   estimates I(S;T), another quantity. So rollouts are counted within strata of prompts of like pass rate; a
   prompt belongs to each stratum with a probability (`synthgym.measure.strata` says why).
2. *Plug-in with Miller-Madow* within each stratum: the mutual information of its table of counts, less
   (cells - rows - columns + 1) / (2 n ln 2), those that hold anything counted; averaged by the strata's shares. Where
   prompts belong to several strata, n is Kish's effective number of rollouts, (sum w)^2 / sum w^2.
3. *Less the null.* The same number, Miller-Madow included, when each rollout's truth is swapped with that of
   another rollout of its prompt; the mean over `permutations` such swaps. Both sides are corrected alike, so nothing
   is corrected twice: what is left of the bias, and what prompts that differ feign, is in both and cancels.

A swap never gives a rollout its own truth. Ordinary permutations do so for one rollout in G, and keep as
much of the dependence: at G = 8 they would cost a perfect signal 0.01 bits.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from math import log, log2
from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from synthgym.errors import MeasureError
from synthgym.measure.given import confident, generator, numbers, whole
from synthgym.measure.information_interval import Spread, combined_interval, unseen_interval
from synthgym.measure.intervals import Interval
from synthgym.measure.levels import Values, levels_of, one_each, places_of
from synthgym.measure.strata import Strata, fit_strata, refit_without

FloatArray: TypeAlias = NDArray[np.float64]
IntArray: TypeAlias = NDArray[np.int64]
BLOCKS = 40
FEW_GROUPS = 10
_AT_ONCE = 4_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Information:
    """I(S;T|X) as estimated, in bits per rollout.

    Attributes:
        bits: plug-in with Miller-Madow, less the null; unbiased, so it can fall a little below 0.
        interval: of the truth; its low end lies below 0 only where `bits` does.
        null_bits: what the same estimator finds when truths are swapped within prompts.
        plug_in_bits: with neither correction.
        rollouts: that were counted.
        strata: classes of prompts of like pass rate.
        groups: prompts; 1 where none were given.
        left_out: rollouts not counted: a value is not known, or no other rollout of the prompt is.
    """

    bits: float
    interval: Interval
    null_bits: float
    plug_in_bits: float
    rollouts: int
    strata: int
    groups: int
    left_out: int


def table_information(counts: ArrayLike) -> float | FloatArray:
    """I(S;T|stratum) of counts (..., K, A, B), in bits: plug-in with Miller-Madow in each of K strata.

    The strata are weighted by their counts; an empty table gives 0. The correction is that of Miller (1955) for
    each entropy, (cells that hold anything - 1) / (2 n ln 2); a cell that holds less than one, as a table of expected
    counts may have, counts for as much.

    Args:
        counts: rollouts by stratum, level of the signal and level of truth; a table (A, B) is one stratum.

    Returns:
        A float for one set of strata, else an array of the leading shape.

    Raises:
        MeasureError: for fewer than two axes, or a count that is negative or not finite.
    """
    table = numbers("counts", counts)
    if table.ndim < 2 or not np.all(np.isfinite(table)) or np.any(table < 0):
        raise MeasureError(
            f"counts of shape {table.shape}: finite counts >= 0 by (strata, signal level, truth level) are needed"
        )
    table = table[None] if table.ndim == 2 else table
    bits = _plug_in(table) - _miller_madow(table, np.ones(table.shape[-3]))
    return float(bits) if bits.ndim == 0 else bits


def information(
    signal: Values,
    truth: Values,
    *,
    group: Values | None = None,
    strata: int = 8,
    permutations: int = 200,
    levels: int = 16,
    confidence: float = 0.95,
    rng: np.random.Generator,
) -> Information:
    """I(S;T|X): how many bits of truth a rollout's signal tells beyond its prompt. See the module for how.

    Simulated at 2,048 rollouts (tests/synthgym/measure/test_discrete_information.py): within 0.005 bit of the
    truth on average, and the 95% interval holds it in 93% of draws or more.

    Args:
        signal: what the signal paid each rollout (N,): numbers, truths or names.
        truth: what it is to tell of (N,): usually truth, or any component.
        group: the prompt of each rollout (N,). None takes all as rollouts of one prompt, which gives I(S;T).
        strata: at most so many classes of prompts; 1 pools them.
        permutations: swaps that the null is averaged over; 0 takes the null of their expected table instead.
        levels: a number with more different values is cut into so many levels at its quantiles. What is told below
            that is not counted.
        confidence: of the interval.
        rng: draws the swaps.

    Raises:
        MeasureError: for lengths that differ, no rollout that can be counted, an infinite value, too many names, or a
            setting out of range.
    """
    strata, permutations, levels = (
        whole("strata", strata, 1),
        whole("permutations", permutations),
        whole("levels", levels, 2),
    )
    confidence, rng = confident(confidence), generator(rng)
    s, t, g, count = _coded(signal, truth, group, levels)
    size = (int(g.max()) + 1, int(s.max()) + 1, int(t.max()) + 1)
    by_prompt = _tables(s, t, g, size)
    crossed = _crossed(by_prompt)
    fitted = fit_strata(by_prompt.sum(axis=1), strata)
    table = _within(fitted.member, by_prompt)
    rest = {"rollouts": len(s), "strata": len(fitted.share), "groups": size[0], "left_out": count - len(s)}
    if min(size[1:]) == 1:
        nothing = unseen_interval(len(s), confidence)
        return Information(bits=0.0, interval=nothing, null_bits=0.0, plug_in_bits=0.0, **rest)
    raw, corrected = _null(s, t, g, size, fitted.member, crossed, permutations, rng)
    plug_in = float(_plug_in(table))
    bits = plug_in - float(_miller_madow(table, _design(fitted.member, by_prompt))) - corrected
    spread = _spread(by_prompt, crossed, fitted, table, rng)
    below = 0.0
    if fitted.spread_out is not None:
        channel = table[0] / np.maximum(table[0].sum(axis=0), 1e-300)
        below = max(0.0, plug_in - float(_plug_in(channel * fitted.spread_out[:, None, :])))
    interval = combined_interval(
        bits,
        spread=replace(spread, below=below),
        chance=raw,
        n=len(s),
        top=log2(min(size[1:])),
        confidence=confidence,
    )
    return Information(
        bits=interval.estimate, interval=interval, null_bits=corrected, plug_in_bits=plug_in, **rest
    )


def rates_information(
    accepted_right: int, right: int, accepted_wrong: int, wrong: int, *, confidence: float = 0.95
) -> Interval:
    """`binary_information` of rates that were counted, with its interval: TPR, FPR and base rate all estimated.

    Args:
        accepted_right: right rollouts that the signal accepted, of `right`.
        accepted_wrong: wrong rollouts that it accepted, of `wrong`.

    Raises:
        MeasureError: for a count that is negative or above its total, or fewer than two rollouts.
    """
    accepted_right, right = whole("accepted_right", accepted_right), whole("right", right)
    accepted_wrong, wrong = whole("accepted_wrong", accepted_wrong), whole("wrong", wrong)
    confidence = confident(confidence)
    if not (accepted_right <= right and accepted_wrong <= wrong and right + wrong >= 2):
        raise MeasureError(
            f"{accepted_right} of {right} right and {accepted_wrong} of {wrong} wrong rollouts accepted: counts from 0 "
            "to their totals, and two rollouts or more, are needed"
        )
    table = np.array(
        [[[wrong - accepted_wrong, right - accepted_right], [accepted_wrong, accepted_right]]], float
    )
    n = int(table.sum())
    if min(np.count_nonzero(table.sum(axis=1)), np.count_nonzero(table.sum(axis=2))) < 2:
        return unseen_interval(n, confidence)
    null = _within(np.ones((1, 1)), _crossed(table))
    error, skew = _moments(table)
    return combined_interval(
        float(_plug_in(table) - _miller_madow(table, np.ones(1)) - _plug_in(null)),
        spread=Spread(error=error, free=np.inf, skews=(skew,)),
        chance=1 / (2 * log(2) * n),
        n=n,
        top=1.0,
        confidence=confidence,
    )


def _coded(
    signal: Values, truth: Values, group: Values | None, levels: int
) -> tuple[IntArray, IntArray, IntArray, int]:
    """Levels of signal and truth and places of groups (n,), of the rollouts that can be counted, and N."""
    signal, truth = (one_each(name, values) for name, values in (("signal", signal), ("truth", truth)))
    if len(signal) != len(truth):
        raise MeasureError(f"{len(signal)} signals but {len(truth)} truths: one of each a rollout is needed")
    known = np.ones(len(signal), np.bool_)
    place = np.zeros(len(signal), np.int64)
    if group is not None:
        place, known = places_of(group, len(signal))
    s, has_signal = levels_of("signal", signal, levels)
    t, has_truth = levels_of("truth", truth, levels)
    known = known & has_signal & has_truth
    if known.any():
        several = np.bincount(place[known])
        known[known] = several[place[known]] > 1
    if not known.any():
        raise MeasureError(
            f"none of {len(known)} rollouts can be counted: signal and truth must be known, of two rollouts or more of "
            "a prompt; leave group out to pool prompts with one rollout each"
        )
    s, t, place = (np.unique(values[known], return_inverse=True)[1].reshape(-1) for values in (s, t, place))
    return s, t, place, len(known)


def _tables(s: IntArray, t: IntArray, g: IntArray, size: tuple[int, int, int]) -> FloatArray:
    """Counts by prompt, signal and truth (X, A, B)."""
    cells = (g * size[1] + s) * size[2] + t
    return np.bincount(cells, minlength=size[0] * size[1] * size[2]).reshape(size).astype(np.float64)


def _crossed(by_prompt: FloatArray) -> FloatArray:
    """The mean of the tables (X, A, B) over all swaps in which no rollout keeps its own truth."""
    signals, truths = by_prompt.sum(axis=2), by_prompt.sum(axis=1)
    pairs = signals[:, :, None] * truths[:, None, :] - by_prompt
    mean: FloatArray = pairs / (by_prompt.sum(axis=(1, 2)) - 1)[:, None, None]
    return mean


def _within(member: FloatArray, by_prompt: FloatArray) -> FloatArray:
    """Tables of the strata (..., K, A, B) from memberships (..., X, K) and tables of prompts (..., X, A, B)."""
    flat = by_prompt.reshape(*by_prompt.shape[:-2], -1)
    tables = np.swapaxes(member, -1, -2) @ flat
    return tables.reshape(*tables.shape[:-1], *by_prompt.shape[-2:])


def _swapped(
    s: IntArray, t: IntArray, g: IntArray, size: tuple[int, int, int], times: int, rng: np.random.Generator
) -> Iterator[FloatArray]:
    """Tables of prompts (P, X, A, B) under swaps: each prompt's rollouts, in random order, turned by a random step."""
    order = np.lexsort((rng.random(len(g)), g))
    counts = np.bincount(g)
    first = np.repeat(np.cumsum(counts) - counts, counts)
    place, turns = np.arange(len(g)) - first, np.repeat(counts, counts)
    ordered, base = t[order], (g[order] * size[1] + s[order]) * size[2]
    cells = size[0] * size[1] * size[2]
    step = max(1, _AT_ONCE // max(len(g), cells))
    for start in range(0, times, step):
        some = min(step, times - start)
        turn = rng.integers(1, np.broadcast_to(counts, (some, len(counts))))
        partner = first + (place + np.repeat(turn, counts, axis=1)) % turns
        flat = base + ordered[partner] + cells * np.arange(some)[:, None]
        found = np.bincount(flat.reshape(-1), minlength=some * cells)
        yield found.reshape(some, *size).astype(np.float64)


def _null(
    s: IntArray,
    t: IntArray,
    g: IntArray,
    size: tuple[int, int, int],
    member: FloatArray,
    crossed: FloatArray,
    permutations: int,
    rng: np.random.Generator,
) -> tuple[float, float]:
    """Plug-in bits under swaps, without Miller-Madow and with it."""
    design = _design(member, crossed)
    if permutations == 0:
        expected = _within(member, crossed)
        bits = float(_plug_in(expected))
        return bits + float(_miller_madow(expected, design)), bits
    raw, correction = [], []
    for tables in _swapped(s, t, g, size, permutations, rng):
        strata = _within(member, tables)
        raw.append(_plug_in(strata))
        correction.append(_miller_madow(strata, design))
    mean = float(np.concatenate(raw).mean())
    return mean, mean - float(np.concatenate(correction).mean())


def _spread(
    by_prompt: FloatArray, crossed: FloatArray, fitted: Strata, table: FloatArray, rng: np.random.Generator
) -> Spread:
    """How the bits spread: a jackknife that leaves out blocks of prompts. Its skewness, beside that of the
    log-likelihood ratio, is large where a few prompts bring most of the bits.

    With fewer than `FEW_GROUPS` prompts it is the log-likelihood ratio's alone, with these prompts as given.
    """
    error, skew = _moments(table)
    prompts = len(by_prompt)
    if prompts < FEW_GROUPS:
        return Spread(error=error, free=np.inf, skews=(skew,))
    blocks = min(prompts, BLOCKS)
    block = rng.permutation(prompts) % blocks
    member = refit_without(fitted, by_prompt.sum(axis=1), block, blocks)
    without = _plug_in(_within(member, by_prompt)) - _plug_in(_within(member, crossed))
    off = without.mean() - without
    squares = float((off**2).sum())
    skews = (skew, float((off**3).sum()) / squares**1.5) if squares > 1e-24 else (skew,)
    return Spread(error=float(np.sqrt((blocks - 1) / blocks * squares)), free=blocks - 1, skews=skews)


def _moments(table: FloatArray) -> tuple[float, float]:
    """Of the log-likelihood ratio log2 p(s,t) / p(s) p(t) over the rollouts of strata (K, A, B): the standard error of
    its mean, and the skewness of that mean."""
    n = float(table.sum())
    ratio = _log_ratio(table)
    off = ratio - (table * ratio).sum() / n
    variance = float((table * off**2).sum() / n)
    if variance < 1e-12:
        return 0.0, 0.0
    return (variance / n) ** 0.5, float((table * off**3).sum() / n) / variance**1.5 / n**0.5


def _log_ratio(table: FloatArray) -> FloatArray:
    """log2 p(s,t) / p(s) p(t) of each cell within its stratum (..., K, A, B); 0 where it is empty."""
    total = table.sum(axis=(-1, -2), keepdims=True)
    apart = table.sum(axis=-1, keepdims=True) * table.sum(axis=-2, keepdims=True)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio: FloatArray = np.where(table > 0, np.log2(table * total / apart), 0.0)
    return ratio


def _plug_in(table: FloatArray) -> FloatArray:
    """Mutual information within strata (..., K, A, B), weighted by their counts, in bits."""
    bits: FloatArray = (table * _log_ratio(table)).sum(axis=(-1, -2, -3)) / _total(table)
    return bits


def _miller_madow(table: FloatArray, design: FloatArray) -> FloatArray:
    """The bias of `_plug_in` by Miller and Madow, in bits; `design` (K,) is `_design`, 1 for plain counts."""
    cells = np.minimum(table, 1).sum(axis=(-1, -2))
    rows = np.minimum(table.sum(axis=-1), 1).sum(axis=-1)
    columns = np.minimum(table.sum(axis=-2), 1).sum(axis=-1)
    freedom = cells - rows - columns + np.minimum(table.sum(axis=(-1, -2)), 1)
    bits: FloatArray = freedom @ design / (2 * log(2) * _total(table))
    return bits


def _design(member: FloatArray, by_prompt: FloatArray) -> FloatArray:
    """Kish's sum w^2 / sum w over the rollouts of each stratum (K,): 1 where prompts belong to one stratum alone."""
    size = by_prompt.sum(axis=(1, 2))
    design: FloatArray = size @ member**2 / np.maximum(size @ member, 1e-300)
    return design


def _total(table: FloatArray) -> FloatArray:
    total: FloatArray = np.maximum(table.sum(axis=(-1, -2, -3)), 1e-300)
    return total
