"""`synthgym quickstart`."""

from dataclasses import dataclass
from pathlib import Path

from synthgym.commands.common import console


@dataclass(frozen=True, kw_only=True)
class Quickstart:
    """Train three granularities on a task from each domain, plant a shortcut, open and close a loop, and report.

    Runs on a CPU in minutes. Killed, it goes on where it was when it is called again.
    """

    out: Path = Path("runs/quickstart")
    """Folder of the study; the report is its report.html."""
    processes: int = 2
    """Cells run side by side."""
    seeds: int = 3
    """Runs an arm."""

    def run(self) -> int:
        """Do it; the exit status."""
        from synthgym.baselines.quickstart.run import quickstart

        return quickstart(self.out, processes=self.processes, seeds=self.seeds, console=console())
