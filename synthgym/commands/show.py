"""`synthgym show`."""

import json
from dataclasses import dataclass

from synthgym.commands.common import Looking, Printing, TaskChoice


@dataclass(frozen=True, kw_only=True)
class Show(Looking, Printing, TaskChoice):
    """Show one task, its worked solution, and each granularity's verdict on labelled responses."""

    def run(self) -> int:
        """Do it; the exit status."""
        from synthgym.envs.exhibit import judged, task_panel

        task = self.task()
        rows = judged(task)
        self.print({"task": json.loads(task.to_json()), "verdicts": rows}, lambda: task_panel(task, rows))
        return 0
