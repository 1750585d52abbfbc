"""What a training run is told; apart from the training itself, so that the command line's help loads no torch."""

from dataclasses import dataclass
from typing import Annotated

import tyro

from synthgym.algorithm import Budget
from synthgym.errors import SettingError, shown
from synthgym.settings import FamilyName, OptionalNumber, SignalLabel


@dataclass(frozen=True, kw_only=True)
class TrainConfig:
    """A training run."""

    family: FamilyName
    """The family whose tasks are trained on."""
    signal: SignalLabel = "binary"
    """What is rewarded: binary, rubric or token; add +SHORTCUT to plant one, ~random or ~shuffled for a control."""
    algorithm: str = "grpo"
    """A registered algorithm."""
    difficulty: int = 1
    """0 to 10."""
    template: str = "compact"
    """How prompts are worded: compact or natural."""
    seed: int = 0
    """Of sampling and of the order of the tasks."""
    steps: int = 60
    """Optimiser steps."""
    batch_size: int = 128
    """Rollouts a step."""
    group_size: int = 8
    """Completions a prompt."""
    learning_rate: OptionalNumber = None
    """None takes the algorithm's own."""
    eval_tasks: int = 128
    """Held-out tasks of an evaluation, each answered once greedily and once by sampling."""
    every: int = 10
    """Steps between evaluations."""
    watch: Annotated[tuple[str, ...], tyro.conf.arg(metavar="SHORTCUT ...")] = ()
    """Shortcuts to watch for beside those in the signal: mechanism flags and counterfactual probes."""

    def __post_init__(self) -> None:
        for name in ("steps", "batch_size", "group_size", "eval_tasks", "every"):
            if getattr(self, name) < 1:
                raise SettingError(f"{name} {shown(getattr(self, name))} is not a whole number >= 1")

    @property
    def budget(self) -> Budget:
        """What the run may spend."""
        return Budget(
            steps=self.steps, batch_size=self.batch_size, group_size=self.group_size, seed=self.seed
        )
