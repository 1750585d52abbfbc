"""What the tests of custom verifiers share: a task, completions, and verdicts on them."""

from collections.abc import Sequence
from typing import Any

import synthgym
from synthgym.parsing import render
from synthgym.signal import CustomVerifier, Signal
from synthgym.types import Response, Task, Verdict
from synthgym.verifiers.score import score

TASK = synthgym.get_family("chain_sum").task(3, difficulty=3)
RIGHT = render(TASK.reference, TASK.answer_format)
BAD = "this one"


def judged(verifier: Any, completions: Sequence[str] = (RIGHT, BAD, "=0"), **settings: Any) -> list[Verdict]:
    """Verdicts; second tries are left out, as they take a process."""
    signal = Signal(verifier=CustomVerifier(verifier, **settings) if settings else verifier)
    return score([TASK] * len(completions), completions, signal)


def rewards(
    verifier: Any, completions: Sequence[str] = (RIGHT, BAD, "=0"), **settings: Any
) -> list[float | None]:
    return [verdict.reward for verdict in judged(verifier, completions, **settings)]


def right(task: Task, response: Response) -> bool:
    return response.answer == task.reference.answer
