"""Rubric: the family's named criteria, gated by truth."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from synthgym.plugins import register_verifier
from synthgym.types import Response, Task, Verdict
from synthgym.verifiers.generic._judged import grade


@register_verifier("rubric")
@dataclass(frozen=True, slots=True)
class Rubric:
    """``0.4 * progress`` if wrong, ``0.6 + 0.4 * quality`` if right; every right response above every wrong one.

    Attributes:
        weights: override a criterion's weight, by its name.
    """

    weights: Mapping[str, float] = field(default_factory=dict)

    def with_weights(self, weights: Mapping[str, float]) -> "Rubric":
        """The same verifier with other weights."""
        return Rubric(weights)

    def __call__(self, task: Task, response: Response) -> Verdict:
        """The verdict; its components are the truth and the family's criteria.

        Raises:
            FamilyError: if the family fails.
        """
        graded = grade(task, response, self.weights)
        return Verdict(
            reward=graded.reward,
            components=graded.components,
            error=None if graded.judged.truth else response.fault,
        )
