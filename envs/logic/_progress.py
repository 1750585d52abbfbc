"""How far the lines of a response got, so that guessing does not pay."""

from collections.abc import Callable

from synthgym.family import MAX_STEPS
from synthgym.types import Judgement, Response


def progress(response: Response, judged: Judgement, needed: int, reads: Callable[[str], bool]) -> float:
    """The credited steps and the right answer, against the worked solution's number of both, `needed`.

    A line that reads as a step and earns nothing is a guess, and counts as one more that is needed: whoever tries
    every step in turn gets next to nothing for the one that is right. Prose between the steps costs nothing here.
    """
    lines = zip(response.steps[:MAX_STEPS], judged.step_credits, strict=False)
    guesses = sum(credit == 0 and reads(line.text) for line, credit in lines)
    return (min(sum(judged.step_credits), needed - 1) + judged.truth) / (needed + guesses)
