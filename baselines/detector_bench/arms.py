"""One arm of the bake-off: what a policy starts from, what it is paid for, and what would be a take-over."""

from dataclasses import dataclass
from typing import Literal, TypeAlias

from synthgym.baselines.warmstart import StartConfig
from synthgym.signal import Control, Shortcut, Signal
from synthgym.types import Granularity

Role: TypeAlias = Literal["hacked", "benign", "control"]
Gap: TypeAlias = Literal["accepted", "counterfactual"]
"""What has to be wide for a reference onset: the share accepted though wrong, or what the counterfactual takes away."""


@dataclass(frozen=True, kw_only=True)
class Arm:
    """Runs that differ in their seed alone.

    Attributes:
        id: its name, and its folder's.
        role: "hacked" with a planted shortcut; "benign" learns the true task; "control" is paid without regard to it.
        start: what the policy is warm-started with; it also says which tasks are trained on.
        shortcut: planted, or, in other roles, watched alone.
        cued: a benign run's prompts carry the shortcut's cue, drawn anew so that it says nothing.
        gap: what an onset is an onset of.
        steps: optimiser steps.
        runs: real runs that are trained.
        max_new_tokens: of a completion; None is a little more than the longest worked solution takes.
    """

    id: str
    role: Role
    start: StartConfig
    shortcut: Shortcut
    cued: bool = False
    granularity: Granularity = "binary"
    control: Control | None = None
    gap: Gap = "accepted"
    steps: int = 60
    learning_rate: float = 5e-4
    runs: int = 10
    max_new_tokens: int | None = None

    def signal(self) -> Signal:
        """What is trained on."""
        planted: tuple[Shortcut, ...] = ()
        if self.role == "hacked":
            planted = (self.shortcut,)
        elif self.cued:
            planted = (self.shortcut.decorrelated(),)
        return Signal(granularity=self.granularity, shortcuts=planted, control=self.control)
