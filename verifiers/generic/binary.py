"""Binary: the truth, 0 or 1."""

from synthgym.plugins import register_verifier
from synthgym.types import Response, Task, Verdict
from synthgym.verifiers.generic._judged import truth


@register_verifier("binary")
def binary(task: Task, response: Response) -> Verdict:
    """1 if the final answer is right, else 0.

    Raises:
        FamilyError: if the family fails.
    """
    right = float(truth(task, response))
    return Verdict(reward=right, components={"truth": right}, error=None if right else response.fault)
