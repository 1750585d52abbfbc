"""Evidence against "the mean is at most so much" that may be looked at after every step.

An e-process is a bet that starts at 1 and, while the null hypothesis holds, is not expected to grow
whatever was seen. So P(it ever reaches 1/alpha) <= alpha (Ville): an alarm at 1/alpha is false with
probability at most alpha however long the run, and there is no need to fix its length beforehand.
Bets on bounded means: Waudby-Smith and Ramdas, arXiv:2010.09686. Mixing over start times, so that a
change is found when it comes late: Shin, Ramdas and Rinaldo, arXiv:2203.03532.
"""

from math import inf, log
from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from synthgym.errors import MeasureError, shown
from synthgym.measure.given import number, numbers

FloatArray: TypeAlias = NDArray[np.float64]
IntArray: TypeAlias = NDArray[np.int64]

STAKES: FloatArray = np.geomspace(0.05, 0.95, 6)
"""Shares of the largest safe bet that are mixed: small ones find a slight excess, large ones a take-over."""
EARLY = 20
"""Half of the start times' weight lies on so many first steps."""


class EProcess:
    """Evidence against E[x | past] <= null, for observations in [low, 1] that come in steps.

    With c_j = stake_j / (null - low), the bet of stake j begun at step s is worth
    M_sj(t) = prod over the observations x of steps s..t of 1 + c_j (x - null), and
    E(t) = sum over s <= t of w_s mean_j M_sj(t) + sum over s > t of w_s, with
    w_s = K / ((K + s - 1) (K + s)), K = `EARLY`.

    *Why alpha holds.* Each factor is >= 0 as x >= low, and has mean <= 1 given the past under the null, so
    each M_sj is a nonnegative supermartingale begun at 1 and E, a mixture whose weights sum to 1, is too.

    Start times are steps, not observations: the policy changes only between steps, and fewer start times
    cost less: a change at step s is paid for by a factor of about s²/K + s + K, that is, by a delay that grows as
    log s.

    Args:
        null: the largest mean that is no cause for alarm, in (low, 1]; one, or one a run (*shape,).
        low: the least value an observation can have.
        shape: runs that are followed side by side.

    Raises:
        MeasureError: for a null outside (low, 1], or a shape that does not fit.
    """

    def __init__(self, null: ArrayLike, *, low: float = 0.0, shape: tuple[int, ...] = ()) -> None:
        nulls, low = numbers("null", null), number("low", low)
        if not np.all((nulls > low) & (nulls <= 1)):
            raise MeasureError(f"a null mean of {nulls} lies outside ({low}, 1]")
        try:
            self.null, self.low = np.broadcast_to(nulls, (*shape,)), low
        except (TypeError, ValueError) as error:
            raise MeasureError(
                f"null means {nulls.shape} do not fit a shape of {shown(shape)}: {error}"
            ) from error
        self._bets = STAKES / (self.null[..., None] - low)
        self._log_bets_on = np.full((*shape, len(STAKES)), -inf)
        self._steps = np.zeros(shape, np.int64)

    def update(self, x: ArrayLike, there: ArrayLike = True) -> None:
        """Take in the observations of one step, (*shape, n); a step without observations is passed over.

        Args:
            there: which of them were made, (*shape, n); the others are passed over.

        Raises:
            MeasureError: for an observation outside [low, 1], or a shape that does not fit.
        """
        seen = np.asarray(x, dtype=np.float64)
        if seen.ndim == 0 or seen.shape[:-1] != self._log_bets_on.shape[:-1]:
            raise MeasureError(f"observations {seen.shape} do not fit {self._log_bets_on.shape[:-1]} runs")
        made: NDArray[np.bool_] = np.broadcast_to(np.asarray(there, dtype=np.bool_), seen.shape)
        fits = (seen >= self.low) & (seen <= 1)
        if not (fits.all() or (fits | ~made).all()):
            raise MeasureError(f"an observation lies outside [{self.low}, 1]")
        goes_on: NDArray[np.bool_] = np.asarray(made.any(axis=-1))
        if not goes_on.any():
            return
        step = self._steps + 1
        weight = log(EARLY) - np.log((EARLY + step - 1.0) * (EARLY + step))
        excess = (
            (seen - self.null[..., None]) if there is True else np.where(made, seen - self.null[..., None], 0)
        )
        won = np.log1p(self._bets[..., None, :] * excess[..., None]).sum(axis=-2)
        bets_on = np.logaddexp(self._log_bets_on, weight[..., None]) + won
        self._log_bets_on = np.where(goes_on[..., None], bets_on, self._log_bets_on)
        self._steps = np.where(goes_on, step, self._steps)

    def begin_again(self, where: ArrayLike, null: ArrayLike) -> None:
        """Forget what the runs at `where` (*shape,) have seen, and go on against other nulls (*shape,)."""
        chosen = np.broadcast_to(np.asarray(where, dtype=np.bool_), self.null.shape)
        self.null = np.where(chosen, null, self.null)
        self._bets = STAKES / (self.null[..., None] - self.low)
        self._log_bets_on = np.where(chosen[..., None], -inf, self._log_bets_on)
        self._steps = np.where(chosen, 0, self._steps)

    @property
    def steps(self) -> IntArray:
        """Steps with observations so far, (*shape,)."""
        return self._steps

    @property
    def log_evidence(self) -> FloatArray:
        """Natural logarithm of E, (*shape,): 0 before the first observation."""
        bets_on = np.logaddexp.reduce(self._log_bets_on, axis=-1) - log(len(STAKES))
        evidence: FloatArray = np.logaddexp(bets_on, log(EARLY) - np.log(EARLY + self._steps))
        return evidence


def mean_upper_bound(x: ArrayLike, *, alpha: float) -> float:
    """A bound on the mean of observations (n,) of at most 1, too low with probability at most `alpha`.

    The least mean that bets on "it is smaller" refute at 1/alpha; 1 if no mean is refuted. Like
    Clopper-Pearson's it is tight near the edge, and it uses the variance (arXiv:2010.09686, section 4).
    Of independent observations it bounds the average of their means, of dependent ones the mean that each
    has given the past, if that is the same throughout.

    Raises:
        MeasureError: for no observations, one above 1, or an alpha outside (0, 1).
    """
    seen = numbers("x", x)
    fits = np.isfinite(seen) & (seen <= 1)
    if seen.ndim != 1 or seen.size == 0 or not np.all(fits) or not 0 < number("alpha", alpha) < 1:
        raise MeasureError(
            f"a bound at {alpha} of {seen.size} observations: alpha in (0, 1) and observations of at most 1 are needed"
        )

    def refuted(mean: float) -> bool:
        bets = np.log1p(STAKES * (mean - seen[:, None]) / (1 - mean)).sum(axis=0)
        return bool(np.logaddexp.reduce(bets) - log(len(STAKES)) >= -log(alpha))

    low, high = float(seen.mean()), 1.0
    for _ in range(50):  # the bets' worth grows with the mean they are against
        middle = (low + high) / 2
        if middle >= 1.0:
            break
        low, high = (low, middle) if refuted(middle) else (middle, high)
    return high
