"""Token: the rubric's reward and components, and a credit for every character of the completion."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise

from synthgym.plugins import register_verifier
from synthgym.types import Credit, Judgement, Response, Task, Verdict
from synthgym.verifiers.generic._judged import grade


@register_verifier("token")
@dataclass(frozen=True, slots=True)
class Token:
    """The rubric's verdict with credits: a step's own, the truth for the answer and the end of the sequence.

    Attributes:
        weights: override a criterion's weight, by its name.
    """

    weights: Mapping[str, float] = field(default_factory=dict)

    def with_weights(self, weights: Mapping[str, float]) -> "Token":
        """The same verifier with other weights."""
        return Token(weights)

    def __call__(self, task: Task, response: Response) -> Verdict:
        """The verdict; its credits cover the completion in order.

        Raises:
            FamilyError: if the family fails.
        """
        graded = grade(task, response, self.weights)
        return Verdict(
            reward=graded.reward,
            components=graded.components,
            credits=credits_of(response, graded.judged),
            error=None if graded.judged.truth else response.fault,
        )


def credits_of(response: Response, judged: Judgement) -> tuple[Credit, ...]:
    """Credits that cover the whole completion, then the end of the sequence.

    A separator belongs to the line before it, and what stands before the first line to that line. The line
    of the answer and the end-of-sequence token earn the truth; lines after the answer earn 0. An empty
    completion has no credits.
    """
    length = len(response.completion)
    if length == 0:
        return ()
    truth = float(judged.truth)
    lines = [(span.start, credit) for span, credit in zip(response.steps, judged.step_credits, strict=True)]
    if response.answer_span is not None:
        lines.append((response.answer_span.start, truth))
    lines += [(span.start, 0.0) for span in response.trailing]
    if not lines:
        lines = [(0, 0.0)]
    covered, start = list[Credit](), 0
    for (_, value), (end, _) in pairwise([*lines, (length, truth)]):
        covered.append(Credit(start, end, value))
        start = end
    return (*covered, Credit(length, length, truth))
