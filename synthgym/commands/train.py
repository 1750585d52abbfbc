"""`synthgym train`."""

from dataclasses import dataclass

from synthgym.baselines.train_config import TrainConfig
from synthgym.commands.common import Looking, console
from synthgym.settings import OptionalPath, OptionalText


@dataclass(frozen=True, kw_only=True)
class Train(Looking, TrainConfig):
    """Train a policy on a family under a signal, log every rollout, and write the report."""

    model: OptionalText = None
    """Path or id of a causal language model; None takes the tiny policy, warm-started."""
    start: str = "noisy"
    """The tiny policy's warm start: clean, noisy, mix or early."""
    out: OptionalPath = None
    """Folder of the run; None takes runs/FAMILY-SIGNAL-seedSEED."""

    def run(self) -> int:
        """Do it; the exit status."""
        from synthgym.baselines.train_command import train_and_report

        return train_and_report(self, model=self.model, start=self.start, out=self.out, console=console())
