"""What the code families add to the base class's criteria."""

from collections.abc import Mapping

from synthgym.types import Judgement, Task


def without_spray(values: Mapping[str, float], task: Task, judged: Judgement) -> Mapping[str, float]:
    """`values` with "steps" shrunk by the lines that earned nothing, so that guessing lines does not pay.

    "steps" is multiplied by n / (n + w): n counts the worked solution's steps and answer, w the wasted lines.
    """
    needed = len(task.reference.steps) + 1
    wasted = sum(credit == 0 for credit in judged.step_credits)
    return {**values, "steps": values["steps"] * needed / (needed + wasted)}
