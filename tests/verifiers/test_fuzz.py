"""Any string gets a verdict: mutated solutions and noise, over every family and granularity."""

import numpy as np
import pytest

import synthgym
from synthgym.parsing import render
from synthgym.types import GRANULARITIES, Task
from synthgym.verifiers.score import score

FRAGMENTS = [
    "=", "\n", "Answer:", "\\boxed{", "}", "<answer>", "</answer>", "$", "`", "-", "\u2212", "0", "9" * 40, "1e9", "/0",
    "(" * 50, ")" * 50, "[", "{}", "!", "&|", "T", "x=", "\ud800", "\x00", "\u202e", "\u0661", "e\u0301", " or ",
    ",", "**",
]  # fmt: skip


def mutated(text: str, rng: np.random.Generator) -> str:
    """`text` after one to six cuts, insertions, swaps and repetitions."""
    for _ in range(int(rng.integers(1, 7))):
        place = int(rng.integers(len(text) + 1))
        other = int(rng.integers(len(text) + 1))
        kind = int(rng.integers(4))
        if kind == 0:
            text = text[: min(place, other)] + text[max(place, other) :]
        elif kind == 1:
            text = text[:place] + FRAGMENTS[int(rng.integers(len(FRAGMENTS)))] + text[place:]
        elif kind == 2:
            text = text[other:] + text[:other]
        else:
            text = text[:place] + text[: min(other, 200)] + text[place:]
    return text[:5000]


def judged(task: Task, completion: str) -> None:
    """A verdict at each granularity that fits the others, and a reward that fits the truth."""
    truth = synthgym.get_family(task.family).truth(task, completion)
    for granularity in GRANULARITIES:
        verdict = score([task], [completion], granularity)[0]
        assert verdict.reward is not None, (task.id, completion, verdict)
        assert (verdict.reward >= 0.6) == truth, (task.id, completion, verdict)
        if verdict.credits:
            assert verdict.credits[-1].value == float(truth)


def fuzz(count: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    families = synthgym.families()
    for i in range(count):
        family = synthgym.get_family(families[i % len(families)])
        task = family.task(int(rng.integers(1000)), difficulty=int(rng.integers(11)))
        form = family.formats[int(rng.integers(len(family.formats)))]
        judged(task, mutated(render(task.reference, form), rng))


def test_mutated_solutions_get_verdicts() -> None:
    fuzz(450, seed=0)


@pytest.mark.slow
def test_a_hundred_thousand_mutated_solutions_get_verdicts() -> None:
    fuzz(100_000, seed=1)
