"""Strata of prompts of like pass rate, when a pass rate is known from a handful of rollouts only.

Sorting prompts by the share of their G rollouts that is right does not do: a stratum of prompts that got 8 of 8 holds
no wrong answer at all, so whatever their pass rate is, truth looks settled in it (with G = 8 and a pass rate of
one half that loses 0.09 bits of H(T|X)). So strata are the classes of a mixture of multinomials, fitted by maximum
likelihood, and a prompt belongs to each with its posterior probability. In every class the share of right rollouts
is then the class's own pass rate.
"""

from dataclasses import dataclass, replace
from math import inf
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

FloatArray: TypeAlias = NDArray[np.float64]
ITERATIONS = 100
REFITS = 30
DISPERSED = 1.2
"""Standard errors by which prompts must differ more than chance makes them. Without it prompts of one pass rate get
classes half of the time; at 1.2 the bias of either mistake, on prompts that differ or not, is least."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Strata:
    """A fitted mixture over prompts X with K classes and B levels of truth.

    Attributes:
        member: of each prompt in each class (X, K); rows sum to 1.
        share: of prompts in each class (K,).
        rates: of the levels in each class (K, B).
        spread_out: where one class was taken: shares times rates (K', B) of classes that differ by as much as the
            prompts still may (two standard errors beyond what was seen). None where there are several.
    """

    member: FloatArray
    share: FloatArray
    rates: FloatArray
    spread_out: FloatArray | None = None


def fit_strata(truths: FloatArray, most: int) -> Strata:
    """At most `most` classes of prompts, from the counts `truths` (X, B) of truth's levels a prompt.

    One class if the prompts do not clearly differ more than prompts of one pass rate would.
    """
    patterns, place, times = _patterns(truths)
    begin = _Beginning.of(truths, most)
    if begin.excess < DISPERSED:
        one = Strata(
            member=np.ones((len(truths), 1)), share=np.ones(1), rates=truths.sum(axis=0)[None] / truths.sum()
        )
        if begin.between <= 0:
            return one
        apart = begin.rates(max(begin.excess, 0.0) + 2)
        return replace(one, spread_out=begin.share[:, None] * apart)
    member, shares, rates = _fit(
        patterns, times[None], begin.share[None], begin.rates(begin.excess)[None], ITERATIONS
    )
    return Strata(member=member[0][place], share=shares[0], rates=rates[0])


def refit_without(strata: Strata, truths: FloatArray, block: NDArray[np.int64], blocks: int) -> FloatArray:
    """Membership (J, X, K) with the prompts of each of J blocks left out in turn: their rows are 0 there.

    Args:
        block: the block of each prompt (X,), from 0.
    """
    patterns, place, _ = _patterns(truths)
    kept = (np.arange(blocks)[:, None] != block[None, :]).astype(np.float64)
    times = np.stack([np.bincount(place, row, minlength=len(patterns)) for row in kept]).astype(np.float64)
    share = np.broadcast_to(strata.share, (blocks, *strata.share.shape))
    if len(strata.share) == 1:
        one: FloatArray = kept[:, :, None]
        return one
    pooled = times @ patterns / (times @ patterns.sum(axis=1))[:, None]
    whole = _excess(truths, np.ones((1, len(truths))))[0]
    drawn = np.sqrt(np.maximum(_excess(truths, kept), 0) / max(whole, 1e-300))
    centre = strata.share @ strata.rates
    rates = np.clip(pooled[:, None] + drawn[:, None, None] * (strata.rates - centre), 0, 1)
    member, _, _ = _fit(patterns, times, share, rates, REFITS)
    again: FloatArray = member[:, place] * kept[:, :, None]
    return again


def _excess(truths: FloatArray, kept: FloatArray) -> FloatArray:
    """The variance of the prompts' means beyond that of chance, over the prompts of each row of `kept` (J, X)."""
    mean, within = _mean_level(truths)
    weight = kept * truths.sum(axis=1)
    weight = weight / weight.sum(axis=1, keepdims=True)
    spread = weight @ mean**2 - (weight @ mean) ** 2
    excess: FloatArray = spread - weight @ within * (1 - 1 / kept.sum(axis=1))
    return excess


def _mean_level(truths: FloatArray) -> tuple[FloatArray, FloatArray]:
    """The mean level of each prompt (X,), and its variance by chance (X,)."""
    score = np.arange(truths.shape[1])
    size = truths.sum(axis=1)
    mean = truths @ score / size
    return mean, (truths @ score**2 - size * mean**2) / np.maximum(size - 1, 1) / size


def _patterns(truths: FloatArray) -> tuple[FloatArray, NDArray[np.int64], FloatArray]:
    """Distinct rows (U, B), the one of each prompt (X,), and how often each occurs (U,)."""
    patterns, place, times = np.unique(truths, axis=0, return_inverse=True, return_counts=True)
    return patterns, place.reshape(-1).astype(np.int64), times.astype(np.float64)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Beginning:
    """Classes to begin with: quantiles of the prompts' mean level, drawn to the mean by as much as chance spreads them.

    Attributes:
        excess: standard errors by which the prompts' means spread more than chance makes them.
        between: variance of the quantiles' means.
        step: the variance that one standard error is.
    """

    share: FloatArray
    quantiles: FloatArray
    pooled: FloatArray
    excess: float
    between: float
    step: float

    @classmethod
    def of(cls, truths: FloatArray, most: int) -> "_Beginning":
        """From the counts `truths` (X, B), in at most `most` classes."""
        score = np.arange(truths.shape[1])
        size = truths.sum(axis=1)
        mean, within = _mean_level(truths)
        overall = float((mean * size).sum() / size.sum())
        spread = float(np.average((mean - overall) ** 2, weights=size))
        chance = float(np.average(within, weights=size)) * (1 - 1 / len(size))
        bins = np.array_split(np.argsort(mean, kind="stable"), min(most, len(size)))
        quantiles = np.array([truths[b].sum(axis=0) / size[b].sum() for b in bins])
        share = np.array([len(b) / len(size) for b in bins])
        between = float(share @ (quantiles @ score - overall) ** 2)
        step = max(chance, 1e-300) * (2 / max(len(size) - 1, 1)) ** 0.5
        excess = -inf if between <= 1e-15 else (spread - chance) / step
        pooled = truths.sum(axis=0) / size.sum()
        return cls(share=share, quantiles=quantiles, pooled=pooled, excess=excess, between=between, step=step)

    def rates(self, excess: float) -> FloatArray:
        """The quantiles' rates (K, B), drawn together until they vary by so many standard errors."""
        drawn: FloatArray = self.pooled + min(1.0, (excess * self.step / self.between) ** 0.5) * (
            self.quantiles - self.pooled
        )
        return drawn


def _fit(
    patterns: FloatArray, times: FloatArray, share: FloatArray, rates: FloatArray, iterations: int
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """EM for J mixtures at once: patterns (U, B), times (J, U), share (J, K), rates (J, K, B); member is (J, U, K)."""
    size = patterns.sum(axis=1)
    member = np.ones((len(times), len(patterns), share.shape[1])) / share.shape[1]
    if share.shape[1] == 1:
        return member, share, rates
    for _ in range(iterations):
        log = np.log(np.maximum(rates, 1e-12)) @ patterns.T  # (J, K, U)
        log = np.swapaxes(log, 1, 2) + np.log(np.maximum(share, 1e-300))[:, None]
        member = np.exp(log - log.max(axis=2, keepdims=True))
        member /= member.sum(axis=2, keepdims=True)
        weight = member * times[:, :, None]
        share = weight.sum(axis=1) / times.sum(axis=1)[:, None]
        rollouts = np.maximum(np.swapaxes(weight, 1, 2) @ size, 1e-300)
        rates = np.swapaxes(weight, 1, 2) @ patterns / rollouts[:, :, None]
    return member, share, rates
