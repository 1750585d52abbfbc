"""The contract of a training algorithm, and what it may spend."""

from dataclasses import dataclass
from typing import Any, Protocol

from synthgym.errors import SettingError, shown
from synthgym.signal import Signal


@dataclass(frozen=True, kw_only=True)
class Budget:
    """What a training run may spend. Arms that are compared get the same.

    Attributes:
        steps: optimiser steps.
        batch_size: rollouts a step.
        group_size: completions a prompt; it divides `batch_size`.
        max_new_tokens: tokens a completion; None takes the longest worked solution and a quarter.
        seed: of sampling and of the order of the tasks.
    """

    steps: int = 60
    batch_size: int = 128
    group_size: int = 8
    max_new_tokens: int | None = None
    seed: int = 0

    def __post_init__(self) -> None:
        for name in ("steps", "batch_size", "group_size"):
            value = getattr(self, name)
            if not isinstance(value, int) or value < 1:
                raise SettingError(f"{name} {shown(value)} is not a whole number >= 1")
        if self.batch_size % self.group_size:
            raise SettingError(
                f"batch_size {self.batch_size} is not a multiple of group_size {self.group_size}"
            )

    @property
    def rollouts(self) -> int:
        """Rollouts in all."""
        return self.steps * self.batch_size


class Algorithm(Protocol):
    """Anything with `train`; `register_algorithm` gives it a name."""

    def train(self, policy: Any, dataset: Any, signal: Signal, budget: Budget, log: Any) -> Any:
        """Train `policy` on the tasks of `dataset` under `signal` within `budget`, and return it.

        Args:
            policy: a `synthgym.baselines.policy.Policy`.
            dataset: columns ``prompt`` and ``task`` as `synthgym.dataset` makes them.
            log: a `synthgym.hooks.Recorder`; every rollout goes through it.
        """
        ...
