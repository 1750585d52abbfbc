"""Evidence that a mean which should be next to nothing has risen: the null of both take-over detectors.

The null is "the mean is at most delta". Where it is evidently more than that from the very first steps, nothing has
risen yet: such a start is *standing*, and what counts from then on is a rise by delta above it.
"""

from math import log
from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from synthgym.errors import MeasureError
from synthgym.measure.evidence import EProcess, mean_upper_bound

FloatArray: TypeAlias = NDArray[np.float64]

EVIDENT = 20.0
"""Evidence, at the end of the first steps, that the start is above delta."""


class Rise:
    """An e-process against "the mean is at most delta", which spares a state that was there from the start.

    The first `start_steps` steps raise no alarm: their evidence counts as 1 at most. If it is `EVIDENT` at their end,
    the process begins anew against "the mean is at most its upper confidence bound in those steps, plus delta";
    otherwise it goes on as it was.

    *What holds.* While the mean given the past stays at most delta, this is an e-process: beginning anew only throws
    evidence away, and widens the null. So evidence of 1/a is ever reached with probability at most a. In a run that
    began anew, and whose mean then stays at most delta above what it was, that probability is at most a + `level`, as
    the bound is too low with probability `level`. A start above delta that is not evidently so is not spared.

    Args:
        delta: the mean that is no cause for alarm, in (low, 1].
        low: the least value of an observation.
        start_steps: steps with observations that are the start; 0 spares nothing.
        level: probability that the bound on a standing start is too low.
        shape: runs that are followed side by side.

    Attributes:
        standing: which runs began above delta, (*shape,).
    """

    def __init__(
        self,
        delta: float,
        *,
        low: float = 0.0,
        start_steps: int = 4,
        level: float = 0.005,
        shape: tuple[int, ...] = (),
    ) -> None:
        self._process = EProcess(delta, low=low, shape=shape)
        self._delta, self._start_steps, self._level = delta, start_steps, level
        self.standing: NDArray[np.bool_] = np.zeros(shape, np.bool_)
        self._starting = np.full(shape, start_steps > 0)
        self._start: list[tuple[FloatArray, NDArray[np.bool_]]] = []

    def update(self, x: ArrayLike, there: ArrayLike = True) -> None:
        """Take in the observations of one step; as `EProcess.update`."""
        self._process.update(x, there)
        if not self._starting.any():
            return
        seen = np.asarray(x, dtype=np.float64)
        self._start.append((seen, np.broadcast_to(np.asarray(there, dtype=np.bool_), seen.shape)))
        ends = self._starting & (self._process.steps >= self._start_steps)
        stands = ends & (self._process.log_evidence >= log(EVIDENT))
        if stands.any():
            self._spare(stands)
        self._starting = self._starting & ~ends
        if not self._starting.any():
            self._start.clear()

    @property
    def log_evidence(self) -> FloatArray:
        """Natural logarithm of the evidence, (*shape,); at most 0 in the start."""
        evidence = self._process.log_evidence
        found: FloatArray = np.where(self._starting, np.minimum(evidence, 0.0), evidence)
        return found

    @property
    def null(self) -> FloatArray:
        """The mean above which evidence grows, (*shape,)."""
        return self._process.null

    def _spare(self, stands: NDArray[np.bool_]) -> None:
        nulls = np.ones(stands.shape)
        for run in np.argwhere(stands):
            place = tuple(run.tolist())
            made = np.concatenate([x[place][there[place]] for x, there in self._start])
            nulls[place] = min(1.0, mean_upper_bound(made, alpha=self._level) + self._delta)
        self.standing = self.standing | stands
        self._process.begin_again(stands, nulls)


class Mixture:
    """Several of these, each about another mean, weighed into one piece of evidence.

    A weighted mean of e-processes is one, so that evidence of 1/a is false with the probability that the weights
    give; against one alone it is reached a little later, by the logarithm of its weight.

    Args:
        parts: what is mixed, by name.
        weights: as many, that sum to 1.
    """

    def __init__(self, parts: "dict[str, Rise]", weights: tuple[float, ...]) -> None:
        if len(parts) != len(weights) or abs(sum(weights) - 1) > 1e-9:
            raise MeasureError(f"weights {weights} of {len(parts)} parts: as many that sum to 1 are needed")
        self.parts, self._log_weights = parts, dict(zip(parts, (log(w) for w in weights), strict=True))

    @property
    def log_evidence(self) -> FloatArray:
        """Natural logarithm of the weighted mean, (*shape,)."""
        total: FloatArray = np.logaddexp.reduce(list(self.shares().values()), axis=0)
        return total

    def shares(self) -> dict[str, FloatArray]:
        """Natural logarithm of what each part brings, (*shape,)."""
        return {name: part.log_evidence + self._log_weights[name] for name, part in self.parts.items()}
