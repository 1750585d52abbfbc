"""Four verifiers of one's own (a function, a class, async, a batch), judged side by side; one of them is checked.

python examples/custom_verifier.py
"""

import asyncio
from collections.abc import Sequence

import synthgym
from synthgym import Response, Signal, Task, Verdict
from synthgym.parsing import render


def truth(task: Task, response: Response) -> bool:
    """Whether the answer is right, by the task's family."""
    return bool(synthgym.get_family(task.family).is_right(task, response))


@synthgym.register_verifier("brief")
def brief(task: Task, response: Response) -> float:
    """A function: right, and the shorter the better."""
    return truth(task, response) / (1 + len(response.steps) / 10)


class Formatted:
    """A class: graded, with named components; style pays only where the answer is right."""

    def __call__(self, task: Task, response: Response) -> Verdict:
        right, tidy = truth(task, response), not response.trailing
        return Verdict(reward=right * (0.8 + 0.2 * tidy), components={"right": right, "tidy": right and tidy})


async def remote(task: Task, response: Response) -> bool:
    """Async, as one that asks a server; all completions of a call are under way at once."""
    await asyncio.sleep(0.01)
    return truth(task, response)


def first_letters(tasks: Sequence[Task], responses: Sequence[Response]) -> list[bool]:
    """A batch, with a flaw: whatever begins as the right answer does is accepted."""
    return [(r.answer or "").startswith(t.reference.answer) for t, r in zip(tasks, responses, strict=True)]


def main() -> None:
    """Score two completions with each, then find the flaw of the last."""
    task = synthgym.get_family("chain_sum").task(3, difficulty=3)
    completions = [render(task.reference, task.answer_format), f"={task.reference.answer}99"]
    for verifier in ("brief", Formatted, remote, first_letters):
        verdicts = synthgym.score([task, task], completions, Signal(verifier=verifier))
        name = verifier if isinstance(verifier, str) else verifier.__name__
        print(f"{name:14}", [verdict.reward for verdict in verdicts])
    print()
    print(synthgym.check_verifier(first_letters, seeds=8))


if __name__ == "__main__":
    main()
