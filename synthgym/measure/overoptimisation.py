"""True reward against how far a policy has moved: the fits of Gao, Schulman and Hilton (arXiv:2210.10760).

With d = sqrt(KL(policy || start)), KL in nats, the gain in true reward since the start is

    best of n              R_bon(d) = d (alpha - beta d)
    reinforcement learning R_rl(d)  = d (alpha - beta log d)

Both are linear in (alpha, beta), so the fit is ordinary least squares, without a starting point. alpha is what the
first steps gain; beta is what over-optimisation takes away. The true reward peaks at d = alpha / (2 beta) for the
first and at d = exp(alpha / beta - 1) for the second, if beta > 0; else it rises throughout.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import inf, nan
from typing import Literal, TypeAlias, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from synthgym.errors import MeasureError, shown, suggestion
from synthgym.measure.given import confident, generator, number, numbers, whole
from synthgym.measure.intervals import Interval
from synthgym.measure.levels import Values, places_of

FloatArray: TypeAlias = NDArray[np.float64]
Form: TypeAlias = Literal["bon", "rl"]
_AT_ONCE = 4_000_000
FORMS: tuple[Form, ...] = get_args(Form)


@dataclass(frozen=True, slots=True, kw_only=True)
class OveroptimisationFit:
    """One form, fitted.

    Attributes:
        form: "bon" or "rl".
        alpha: reward gained per sqrt(nat) at first; of "rl", at d = 1.
        beta: what is lost of it as d grows: per sqrt(nat) of d for "bon", per unit of log d for "rl".
        peak_kl: the KL, in nats, at which the fitted reward is greatest; infinite where it rises throughout, 0 where it
            falls from the start.
        peak_reward: the fitted gain there; infinite where it rises throughout.
        r_squared: share of the reward's variance that the curve explains; NaN if the reward never varies.
        residual: root mean square of what it does not, in units of reward.
        points: pairs it was fitted to.
    """

    form: Form
    alpha: Interval
    beta: Interval
    peak_kl: Interval
    peak_reward: float
    r_squared: float
    residual: float
    points: int

    def __call__(self, kl: ArrayLike) -> FloatArray:
        """The fitted gain in reward at each KL, in nats."""
        fitted: FloatArray = _design(sqrt_kl(kl), self.form) @ np.array(
            [self.alpha.estimate, self.beta.estimate]
        )
        return fitted


def sqrt_kl(kl: ArrayLike) -> FloatArray:
    """d = sqrt(KL), elementwise, of KL in nats; a negative one, as an estimate can be, counts as 0.

    Raises:
        MeasureError: for a value that is not finite.
    """
    given = numbers("kl", kl)
    if not np.all(np.isfinite(given)):
        raise MeasureError(
            "a KL is not finite; leave out the points where the policy left the start's support"
        )
    root: FloatArray = np.sqrt(np.maximum(given, 0.0))
    return root


def best_of_n_kl(n: ArrayLike) -> FloatArray:
    """KL of the best of n from the policy that it chooses among, in nats: log n - (n - 1) / n (arXiv:2210.10760).

    Exact where no two completions tie, else an upper bound.

    Raises:
        MeasureError: for n below 1.
    """
    count = numbers("n", n)
    if not np.all((count >= 1) & np.isfinite(count)):
        raise MeasureError(f"the best of {shown(n)}: 1 or more completions are needed")
    kl: FloatArray = np.log(count) - (count - 1) / count
    return kl


def kl_estimate(
    policy_logprobs: ArrayLike, start_logprobs: ArrayLike, *, estimator: Literal["k1", "k2", "k3"] = "k3"
) -> float:
    """KL(policy || start) in nats per completion, from completions that the policy sampled.

    With r = start / policy of a completion: k1 = -log r is unbiased and can be negative; k3 = (r - 1) - log r is
    unbiased, never negative, and varies less while the two are close, but its r has a heavy tail once they are apart;
    k2 = (log r)^2 / 2 is biased and never negative. (J. Schulman, http://joschu.net/blog/kl-approx.html.)

    Args:
        policy_logprobs: log-probability of each completion (N,) under the policy, in nats: the sum over its tokens.
        start_logprobs: that under the policy before training (N,).

    Raises:
        MeasureError: for lengths that differ, no completions, a value that is not finite, or an unknown estimator.
    """
    policy, start = _points("policy_logprobs", policy_logprobs), _points("start_logprobs", start_logprobs)
    if policy.shape != start.shape:
        raise MeasureError(
            f"{len(policy)} log-probabilities and {len(start)}: one of each a completion is needed"
        )
    log_ratio = start - policy
    with np.errstate(over="ignore"):
        found = {"k1": -log_ratio, "k2": log_ratio**2 / 2, "k3": np.expm1(log_ratio) - log_ratio}
    if not isinstance(estimator, str) or estimator not in found:
        raise MeasureError(f"no estimator {shown(estimator)}{suggestion(str(estimator), found)}")
    return float(found[estimator].mean())


def fit_overoptimisation(
    kl: ArrayLike,
    reward: ArrayLike,
    *,
    form: Form = "rl",
    start: float = 0.0,
    run: Values | None = None,
    confidence: float = 0.95,
    resamples: int = 2_000,
    rng: np.random.Generator,
) -> OveroptimisationFit:
    """Fit one form to points of a run, or of several, with percentile bootstrap intervals.

    Args:
        kl: KL from the start (n,), in nats.
        reward: mean true reward there (n,); or the proxy's, which the same forms describe.
        form: "bon" for best of n, "rl" for reinforcement learning.
        start: reward at KL 0, which is taken off: the curves gain 0 there.
        run: the run of each point (n,). With it whole runs are drawn again, as the points of a run depend on
            each other; without it points are.
        rng: draws the resamples.

    Raises:
        MeasureError: for lengths that differ, a value that is not finite, an unknown form, or fewer than three points
            of different KL above 0.
    """
    x, y = sqrt_kl(_points("kl", kl)), _points("reward", reward) - number("start", start)
    confidence, resamples, rng = confident(confidence), whole("resamples", resamples, 1), generator(rng)
    if x.shape != y.shape:
        raise MeasureError(f"{len(x)} KLs and {len(y)} rewards: one of each a point is needed")
    if not isinstance(form, str) or form not in FORMS:
        raise MeasureError(f"no form {shown(form)}{suggestion(str(form), FORMS)}")
    if len(np.unique(x[x > 0])) < 3:
        raise MeasureError(
            f"{len(np.unique(x[x > 0]))} different KLs above 0: two parameters need three points or more"
        )
    design = _design(x, form)
    best = np.linalg.lstsq(design, y, rcond=None)[0]
    cluster = np.arange(len(x)) if run is None else _runs(run, len(x))
    drawn = _resampled(design, y, cluster, resamples, rng)
    peaks = _peak_kl(drawn, form)
    off = y - design @ best
    total = float(((y - y.mean()) ** 2).sum())
    peak = float(_peak_kl(np.asarray(best[None], dtype=np.float64), form)[0])
    runs = int(cluster.max()) + 1
    return OveroptimisationFit(
        form=form,
        alpha=_interval(float(best[0]), drawn[:, 0], runs, confidence),
        beta=_interval(float(best[1]), drawn[:, 1], runs, confidence),
        peak_kl=_interval(peak, peaks, runs, confidence),
        peak_reward=inf if peak == inf else float((_design(sqrt_kl([peak]), form) @ best)[0]),
        r_squared=1 - float((off**2).sum()) / total if total > 0 else nan,
        residual=float(np.sqrt(np.mean(off**2))),
        points=len(x),
    )


def compare_forms(
    kl: ArrayLike,
    reward: ArrayLike,
    *,
    start: float = 0.0,
    run: Values | None = None,
    rng: np.random.Generator,
) -> Mapping[Form, OveroptimisationFit]:
    """Both forms on the same points, the one that leaves less unexplained first. Both have two parameters.

    Raises:
        MeasureError: as `fit_overoptimisation`.
    """
    fits = [fit_overoptimisation(kl, reward, form=form, start=start, run=run, rng=rng) for form in FORMS]
    return {fit.form: fit for fit in sorted(fits, key=lambda fit: fit.residual)}


def _points(name: str, values: ArrayLike) -> FloatArray:
    given = numbers(name, values)
    if given.ndim != 1 or given.size == 0 or not np.all(np.isfinite(given)):
        raise MeasureError(
            f"{name} of shape {given.shape}: one finite number a point, and a point, are needed"
        )
    return given


def _runs(run: Values, count: int) -> NDArray[np.int64]:
    """The run of each point (n,), as a place from 0."""
    place, known = places_of(run, count)
    if not known.all():
        raise MeasureError(f"the run of {int((~known).sum())} points is not known; leave them out")
    return place


def _design(d: FloatArray, form: Form) -> FloatArray:
    """What alpha and beta are multiplied with (n, 2); d log d is 0 at 0."""
    second = d**2 if form == "bon" else d * np.log(np.where(d > 0, d, 1.0))
    return np.stack([d, -second], axis=-1)


def _resampled(
    design: FloatArray, y: FloatArray, cluster: NDArray[np.int64], resamples: int, rng: np.random.Generator
) -> FloatArray:
    """(alpha, beta) of each resample (resamples, 2): the normal equations summed over the clusters drawn."""
    runs = int(cluster.max()) + 1
    squares = np.zeros((runs, 2, 2))
    products = np.zeros((runs, 2))
    np.add.at(squares, cluster, design[:, :, None] * design[:, None, :])
    np.add.at(products, cluster, design * y[:, None])
    most = max(1, _AT_ONCE // runs)
    solved: list[FloatArray] = []
    for start in range(0, resamples, most):
        some = min(most, resamples - start)
        times = rng.multinomial(runs, np.full(runs, 1 / runs), size=some).astype(np.float64)
        matrix = np.einsum("rc,cij->rij", times, squares)
        solved.append(np.einsum("rij,rj->ri", np.linalg.pinv(matrix, hermitian=True), times @ products))
    return np.concatenate(solved)


def _peak_kl(fits: FloatArray, form: Form) -> FloatArray:
    """The KL at which each curve (n, 2) is greatest."""
    alpha, beta = fits[:, 0], fits[:, 1]
    safe = np.where(beta > 0, beta, 1.0)
    with np.errstate(over="ignore"):
        d = np.maximum(alpha / (2 * safe), 0.0) if form == "bon" else np.exp(alpha / safe - 1)
        peak: FloatArray = np.where(beta > 0, d**2, inf)
    falls = (alpha <= 0) & ((beta <= 0) if form == "bon" else (beta == 0))
    peak = np.where(falls, 0.0, peak)
    return peak


def _interval(estimate: float, drawn: FloatArray, runs: int, confidence: float) -> Interval:
    """Percentiles of the resamples; unbounded where one cluster is all there is."""
    if runs == 1:
        return Interval(estimate=estimate, low=-inf, high=inf, n=1, confidence=confidence)
    tail = (1 - confidence) / 2
    low, high = (float(np.quantile(drawn, share, method="inverted_cdf")) for share in (tail, 1 - tail))
    return Interval(
        estimate=estimate, low=min(low, estimate), high=max(high, estimate), n=runs, confidence=confidence
    )
