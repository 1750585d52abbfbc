"""Which component of a signal is learned first: D, Λ, s and I of each, and what follows from them.

From one batch of rollouts of the policy before any training, and a class-balanced set of completions with and without
the behaviour. The predicted learning time is ``T = D Λ / s``, up to one constant that all components share; static
efficiency is ``I / D`` and break-even ``D / I``.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf, isfinite, isnan
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from synthgym.errors import MeasureError
from synthgym.measure.codelength import Codelength, codelength
from synthgym.measure.discrete_information import Information, information
from synthgym.measure.given import confident, generator, numbers
from synthgym.measure.intervals import Interval
from synthgym.measure.levels import Values, places_of
from synthgym.measure.push import Slope, design_effect, push, slope, surprisal
from synthgym.measure.rank_correlation import spearman

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

    from synthgym.measure.probes import ProbeName

__all__ = ["Efficiency", "efficiency", "ntk_product", "predictors", "push", "rank", "spearman", "surprisal"]

FloatArray: TypeAlias = NDArray[np.float64]
_DRAWS = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Efficiency:
    """One component of a signal, measured before training.

    Attributes:
        name: the component's.
        D: description length of the behaviour, in bits.
        surprisal: Λ [bits], of the behaviour under the policy.
        push: s [advantage per unit of the component], within groups.
        information: I [bits/rollout], what of the reward the component explains.
        eta: static efficiency I / D [1/rollout].
        break_even: n* = D / I [rollouts]: after so many, the reward has told as much as the behaviour takes.
        learning_time: T = D Λ / s, up to one constant; infinite where the interval of s holds 0 or lies below it. Its
            ends are then the soonest that the interval of s allows, and infinity.
        correlation: Pearson's, of component and reward over all rollouts; 0 where either is constant.
        ntk: `ntk_product`, None without features of the rollouts.
        why: why a value is infinite, undefined or a bound; empty if none is.
    """

    name: str
    D: Codelength
    surprisal: Interval
    push: Interval
    information: Information
    eta: Interval
    break_even: Interval
    learning_time: Interval
    correlation: float
    ntk: float | None
    why: tuple[str, ...]

    @property
    def at_least(self) -> bool:
        """Whether T and n* are lower bounds: D is censored."""
        return self.D.censored


def efficiency(
    name: str,
    *,
    features: "ArrayLike | csr_matrix",
    labels: ArrayLike,
    component: ArrayLike,
    advantage: ArrayLike,
    reward: ArrayLike,
    group: Values,
    rng: np.random.Generator,
    probe: "ProbeName" = "linear",
    rollout_features: "ArrayLike | csr_matrix | None" = None,
    confidence: float = 0.95,
) -> Efficiency:
    """D, Λ, s and I of a component, η, n* and T, each with its interval.

    The intervals of η, n* and T are quantiles of 10,000 draws of their parts, taken as independent: ln D and I
    normal, p from its Jeffreys posterior (clustered by group), s from its t distribution; a draw of s or I
    at or below 0 gives infinity.

    Args:
        name: the component's.
        features: of the labelled set (M, F), dense or sparse.
        labels: which of it show the behaviour (M,), 0 or 1; class-balanced.
        component: whether each rollout shows the behaviour (N,), 0 or 1 (NaN: not known).
        advantage: of each rollout (N,); NaN where not scored.
        reward: of each rollout (N,); NaN where not scored.
        group: which rollouts were compared with one another (N,); of None or NaN, they are left out.
        probe: "linear" or "mlp".
        rollout_features: of the rollouts (N, F), for the NTK product alone.
        confidence: of every interval.

    Raises:
        MeasureError: for lengths that differ, a component that is not 0 or 1 on any rollout, or as `codelength` has it.
    """
    confidence, rng = confident(confidence), generator(rng)
    shown, gain, paid, groups = _rollouts(component, advantage, reward, group)
    described = codelength(features, labels, probe=probe, rng=rng, confidence=confidence)
    known = ~np.isnan(shown)
    effect = design_effect(shown[known], groups[known])
    hits, n = int(shown[known].sum()), int(known.sum())
    unlikely = surprisal(hits, n, design_effect=effect, confidence=confidence)
    pushed = push(gain, shown, groups, confidence=confidence)
    told = information(paid, shown, group=groups, confidence=confidence, rng=rng)
    drawn = _Draws(described, hits, n, effect, slope(gain, shown, groups), told, confidence, rng)
    return Efficiency(
        name=name,
        D=described,
        surprisal=unlikely,
        push=pushed,
        information=told,
        eta=drawn.eta(),
        break_even=drawn.break_even(),
        learning_time=_learning_time(described, unlikely, pushed, drawn),
        correlation=_correlation(shown, paid),
        ntk=None if rollout_features is None else ntk_product(rollout_features, gain, shown, groups),
        why=_reasons(described, hits, n, pushed, told),
    )


def rank(found: Sequence[Efficiency]) -> list[Efficiency]:
    """The components in the order in which they are predicted to be learned, by T.

    Equal T keep the order given. Those with infinite T come after all others, by the soonest that training could move
    them either way, D Λ / max |s| over the interval of s: what the batch says least of comes first of them, and last
    the null, which training demonstrably does not move. A censored D enters as the bound it is.
    """
    return sorted(found, key=lambda one: (one.learning_time.estimate, _soonest(one)))


def predictors(found: Efficiency) -> dict[str, float]:
    """What the component's learning time can be predicted by, each so that *larger means later*.

    ``learning_time`` is T; beside it, for comparison, D alone, D Λ, n*, minus I, minus the correlation with the
    reward, and minus the NTK product (where it was measured).
    """
    told = {
        "learning_time": found.learning_time.estimate,
        "description": found.D.bits,
        "description_surprisal": found.D.bits * found.surprisal.estimate,
        "break_even": found.break_even.estimate,
        "information": -found.information.bits,
        "correlation": -found.correlation,
    }
    return told if found.ntk is None else told | {"ntk_product": -found.ntk}


def ntk_product(
    features: "ArrayLike | csr_matrix", advantage: ArrayLike, component: ArrayLike, group: Values
) -> float:
    """How far one step along the advantages moves a behaviour, through a linear kernel of the rollouts' features.

    (1/N^2) sum_ij C_i K_ij A_j with K = Φ Φ^T / mean |φ|^2, φ centred over the rollouts, C and A centred within groups:
    the first-order change of the behaviour's score when the last layer alone is trained (the neural tangent kernel of
    the last layer, arXiv:1806.07572, with the softmax's own factor left out). Larger is sooner; the unit is arbitrary.

    Args:
        features: of the rollouts (N, F), such as `hidden_features` gives.
        advantage, component, group: as for `push`; NaN rows are left out.

    Raises:
        MeasureError: for lengths that differ, or features that are not finite or all equal.
    """
    from synthgym.measure.probes import checked_matrix

    matrix = checked_matrix(features)
    shown, gain, _, groups = _rollouts(component, advantage, advantage, group)
    if matrix.shape[0] != len(shown):
        raise MeasureError(f"{matrix.shape[0]} rows of features for {len(shown)} rollouts")
    known = ~(np.isnan(shown) | np.isnan(gain))
    kept, n = matrix[np.flatnonzero(known)], int(known.sum())
    c, a = (_centred(values[known], groups[known]) for values in (shown, gain))
    mean = np.asarray(kept.mean(axis=0)).ravel()
    squares = kept.multiply(kept).sum() if hasattr(kept, "multiply") else float((kept * kept).sum())
    size = float(squares) / n - float(mean @ mean)
    if not size > 0:
        raise MeasureError("the features of all rollouts are equal: they hold no kernel")
    return float((kept.T @ c) @ (kept.T @ a)) / n**2 / size


class _Draws:
    """What D, Λ, s and I may be, drawn independently; their products' intervals."""

    def __init__(
        self,
        described: Codelength,
        hits: int,
        n: int,
        effect: float,
        pushed: Slope,
        told: Information,
        confidence: float,
        rng: np.random.Generator,
    ) -> None:
        from scipy.stats import norm

        z = float(norm.ppf((1 + confidence) / 2))
        self.confidence, self.n = confidence, n
        self.D, self.I, self.censored = described.bits, told.bits, described.censored
        spread = (described.interval.high - described.bits) / z / described.bits
        self.bits = described.bits * np.exp(rng.normal(0.0, spread, _DRAWS))
        p = rng.beta(hits / effect + 0.5, (n - hits) / effect + 0.5, _DRAWS)
        self.surprisal = -np.log2(np.maximum(p, 1e-300))
        error = pushed.error if isfinite(pushed.error) else 0.0
        self.slope = pushed.value + error * rng.standard_t(max(pushed.free, 1.0), _DRAWS)
        below = max(told.bits - told.interval.low, 0.0) / z
        above = max(told.interval.high - told.bits, 0.0) / z
        normal = rng.normal(0.0, 1.0, _DRAWS)
        self.told = told.bits + normal * np.where(normal < 0, below, above)

    def learning_time(self) -> FloatArray:
        return _over(self.bits * self.surprisal, self.slope)

    def eta(self) -> Interval:
        drawn = np.maximum(self.told, 0.0) / self.bits
        low, high = self.ends(drawn)
        return self.interval(max(self.I, 0.0) / self.D, 0.0 if self.censored else low, high)

    def break_even(self) -> Interval:
        low, high = self.ends(_over(self.bits, self.told))
        return self.interval(self.D / self.I if self.I > 0 else inf, low, inf if self.censored else high)

    def ends(self, drawn: FloatArray) -> tuple[float, float]:
        tail = (1 - self.confidence) / 2
        ordered = np.sort(drawn)  # quantiles by position: interpolating towards infinity is undefined
        return float(ordered[int(tail * _DRAWS)]), float(ordered[-1 - int(tail * _DRAWS)])

    def interval(self, estimate: float, low: float, high: float) -> Interval:
        return Interval(
            estimate=estimate,
            low=min(low, estimate),
            high=max(high, estimate),
            n=self.n,
            confidence=self.confidence,
        )


def _learning_time(described: Codelength, unlikely: Interval, pushed: Interval, drawn: _Draws) -> Interval:
    fixed = described.bits * unlikely.estimate
    if pushed.low > 0:
        low, high = drawn.ends(drawn.learning_time())
        return drawn.interval(fixed / pushed.estimate, low, inf if described.censored else high)
    if isnan(pushed.estimate) or pushed.high == inf:
        return drawn.interval(inf, 0.0, inf)
    return drawn.interval(inf, fixed / pushed.high if pushed.high > 0 else inf, inf)


def _soonest(one: Efficiency) -> float:
    ends = (abs(one.push.low), abs(one.push.high))
    if isnan(one.push.estimate) or inf in ends:
        return 0.0
    return one.D.bits * one.surprisal.estimate / max(*ends, 1e-300)


def _over(product: FloatArray, divisor: FloatArray) -> FloatArray:
    return np.where(divisor > 0, product / np.where(divisor > 0, divisor, 1.0), inf)


def _reasons(
    described: Codelength, hits: int, n: int, pushed: Interval, told: Information
) -> tuple[str, ...]:
    said = []
    if described.censored:
        said.append("D is censored: the probe did not learn the behaviour, so D, n* and T are lower bounds")
    if described.projected:
        said.append(f"D is projected from {described.rollouts} labels to {described.at}")
    if hits in (0, n):
        said.append(
            f"{'no' if hits == 0 else 'every'} rollout shows the behaviour: s is undefined, T infinite"
        )
    elif pushed.n == 0:
        said.append("no group holds the behaviour and its absence: s is undefined, T infinite")
    elif pushed.n == 1:
        said.append("one group alone holds the behaviour and its absence: s has no interval, T is infinite")
    elif pushed.high < 0:
        said.append("training pushes the behaviour away (s < 0): T is infinite")
    elif pushed.low <= 0:
        said.append("the interval of s holds 0: T is infinite")
    if told.bits <= 0:
        said.append("the reward tells nothing of the behaviour (I <= 0): n* is infinite")
    return tuple(said)


def _rollouts(
    component: ArrayLike, advantage: ArrayLike, reward: ArrayLike, group: Values
) -> tuple[FloatArray, FloatArray, FloatArray, NDArray[np.generic]]:
    given = (("component", component), ("advantage", advantage), ("reward", reward))
    shown, gain, paid = (numbers(name, values) for name, values in given)
    if shown.ndim != 1 or not shown.shape == gain.shape == paid.shape:
        raise MeasureError(
            f"component {shown.shape}, advantage {gain.shape}, reward {paid.shape}: one of each a rollout"
        )
    groups, grouped = places_of(group, len(shown))
    shown = np.where(grouped, shown, np.nan)
    known = ~np.isnan(shown)
    if not known.any() or not np.all(np.isin(shown[known], (0.0, 1.0))):
        raise MeasureError(
            "a component is 0 or 1 on each rollout (NaN: not known), and known on at least one whose group is known"
        )
    return shown, gain, paid, groups


def _centred(values: FloatArray, group: NDArray[np.generic]) -> FloatArray:
    _, cluster = np.unique(group, return_inverse=True)
    means = np.bincount(cluster.reshape(-1), values) / np.bincount(cluster.reshape(-1))
    centred: FloatArray = values - means[cluster.reshape(-1)]
    return centred


def _correlation(component: FloatArray, reward: FloatArray) -> float:
    known = ~(np.isnan(component) | np.isnan(reward))
    c, r = component[known], reward[known]
    if len(c) < 2 or np.ptp(c) == 0 or np.ptp(r) == 0:
        return 0.0
    return float(np.corrcoef(c, r)[0, 1])
