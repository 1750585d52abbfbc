"""One batch of rollouts before any training: what was answered, what it earned, and what training would make of it."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from synthgym.types import Task

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
_EPSILON = 1e-4  # TRL's, added to a group's standard deviation


@dataclass(frozen=True, kw_only=True, eq=False)
class Batch:
    """N rollouts of one policy.

    Attributes:
        tasks: of each row; None where it cannot be known (a foreign log).
        prompts: of each row, as they were put.
        completions: of each row.
        reward: (N,); NaN where not scored.
        truth: (N,); 1 right, 0 wrong, NaN unknown.
        group: (N,); rows of one prompt share a number.
        advantage: (N,); what a trainer would weight the row with: 0 where not scored.
    """

    tasks: Sequence[Task | None]
    prompts: Sequence[str]
    completions: Sequence[str]
    reward: FloatArray
    truth: FloatArray
    group: IntArray
    advantage: FloatArray

    def __len__(self) -> int:
        return len(self.completions)

    @property
    def groups(self) -> int:
        """How many groups there are."""
        return len(np.unique(self.group))

    @property
    def live(self) -> int:
        """Groups with any gradient: those with an advantage that is not 0."""
        return len(np.unique(self.group[self.advantage != 0]))

    @property
    def scored(self) -> int:
        """Rows with a reward."""
        return int(np.isfinite(self.reward).sum())

    @property
    def pass_rate(self) -> float:
        """Share of right answers among the rows whose truth is known; NaN if none is."""
        known = self.truth[np.isfinite(self.truth)]
        return float(known.mean()) if len(known) else float("nan")


def group_relative(reward: ArrayLike, group: ArrayLike) -> FloatArray:
    """GRPO's advantages (N,) as TRL has them with ``scale_rewards="group"`` (2402.03300, section 4.1.2).

    ``(r - mean) / (std + 1e-4)`` over the scored rows of a group, the standard deviation with n - 1; 0 for a row that
    is not scored (NaN), and in a group with one scored row or equal rewards.

    Args:
        reward: (N,).
        group: (N,); rows with equal numbers are a group.
    """
    rewards = np.asarray(reward, dtype=np.float64)
    _, place = np.unique(np.asarray(group), return_inverse=True)
    scored = np.isfinite(rewards)
    known = np.where(scored, rewards, 0.0)
    count = np.bincount(place, scored.astype(np.float64))
    mean = np.bincount(place, known) / np.maximum(count, 1.0)
    centred = np.where(scored, known - mean[place], 0.0)
    variance = np.bincount(place, centred**2) / np.maximum(count - 1.0, 1.0)
    scaled: FloatArray = centred / (np.sqrt(variance)[place] + _EPSILON)
    return np.where(np.isclose(centred, 0.0, atol=1e-12), 0.0, scaled)
