"""Intervals of an estimated information, which must hold both where it is 0 and where it is not.

Away from 0 the estimate is about normal, with a spread that grows as its square root. Near 0 it is not: 2 n ln 2 times
the plug-in estimate is chi-squared under independence, and non-central chi-squared, with 2 n ln 2 I as its
non-centrality, near it. Where chance alone could give the estimate, the interval covers both.
"""

from dataclasses import dataclass
from math import copysign, inf, isnan, log, sqrt

from synthgym.measure.information import binary_entropy
from synthgym.measure.intervals import Interval

CHANCE = 1e-3
"""Below this probability under independence an estimate is taken to lie away from 0."""
MOST_SKEW = 0.7
"""Beyond it, with one or two rollouts that decide, a skewness that was estimated is not to be trusted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """How an estimate spreads, to first order.

    Attributes:
        error: its standard error, in bits.
        free: degrees of freedom that the standard error rests on; infinity for a formula.
        skews: the skewness of its distribution, as more than one may tell it; the interval covers all.
        below: how far too high it may be because prompts that differ were taken to be alike.
    """

    error: float
    free: float
    skews: tuple[float, ...]
    below: float = 0.0


def combined_interval(
    bits: float, *, spread: Spread, chance: float, n: int, top: float, confidence: float
) -> Interval:
    """The interval of an information estimated as `bits`.

    Args:
        bits: the unbiased estimate.
        spread: how it spreads.
        chance: bits that the plug-in estimate has on average under independence.
        n: rollouts.
        top: the greatest information there can be.
    """
    from scipy.special import chdtrc
    from scipy.stats import norm, t

    unit = 1 / (2 * log(2) * n)
    freedom = max(chance / unit, 1e-3)
    tail = (1 + confidence) / 2
    z = float(norm.ppf(tail) if spread.free == inf else t.ppf(tail, spread.free))
    # The second order is what is left where the first vanishes: a perfect signal at a base rate of one half.
    error = sqrt(spread.error**2 + 2 * (freedom + 2) * unit**2)
    low, high = bits - z * error, bits + z * error
    if float(chdtrc(freedom, max(freedom + bits / unit, 0.0))) > CHANCE:
        near = chance_interval(bits, chance=freedom * unit, n=n, confidence=confidence)
        low, high = min(low, near.low), max(high, near.high)
    else:
        root, reach = sqrt(bits), z * error / (2 * sqrt(bits))
        low, high = min(low, max(root - reach, 0.0) ** 2), max(high, (root + reach) ** 2)
        for told in spread.skews:
            skew = max(-MOST_SKEW, min(told * (spread.error / error) ** 3, MOST_SKEW))
            low = min(low, bits - error * _unskewed(z, skew))
            high = max(high, bits - error * _unskewed(-z, skew))
    low = bits - sqrt((bits - low) ** 2 + spread.below**2)
    bits = min(bits, top)
    low, high = min(max(low, 0.0), bits), min(max(high, bits, 0.0), top)
    return Interval(estimate=bits, low=low, high=high, n=n, confidence=confidence)


def _unskewed(z: float, skew: float) -> float:
    """The t-value whose share of a skewed estimate is that of `z` in a normal one.

    After Hall (1992), J. R. Stat. Soc. B 54:221. Inverts g(t) = t + skew t^2 / 3 + skew^2 t^3 / 27 + skew / 6, which is
    ((1 + skew t / 3)^3 - 1) / skew + skew / 6.
    """
    if abs(skew) < 1e-6:
        return z
    cube = 1 + skew * (z - skew / 6)
    return 3 * (copysign(abs(cube) ** (1 / 3), cube) - 1) / skew


def chance_interval(bits: float, *, chance: float, n: int, confidence: float) -> Interval:
    """The interval near 0, by inverting the non-central chi-squared distribution in its non-centrality."""
    from scipy.special import chndtrinc

    unit = 1 / (2 * log(2) * n)
    freedom = chance / unit
    seen = max(freedom + bits / unit, 1e-9)
    ends = [float(chndtrinc(seen, freedom, share)) for share in ((1 + confidence) / 2, (1 - confidence) / 2)]
    low, high = (0.0 if isnan(end) or end < 0 else end * unit for end in ends)
    return Interval(estimate=bits, low=low, high=high, n=n, confidence=confidence)


def unseen_interval(n: int, confidence: float) -> Interval:
    """The interval where one of the two never varied: what a level too rare to be seen in n rollouts could tell."""
    rare = 1 - (1 - confidence) ** (1 / n)
    return Interval(
        estimate=0.0, low=0.0, high=float(binary_entropy(min(rare, 0.5))), n=n, confidence=confidence
    )
