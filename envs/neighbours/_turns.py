"""Several attempts at a task, for the neighbours that play the user: what is told between two of them."""

from synthgym.envs.multi_turn.feedback import ACCEPTED, feedback_signal, finding, words
from synthgym.envs.multi_turn.settings import Turns
from synthgym.envs.neighbours._judging import verdict_on
from synthgym.signal import Signal
from synthgym.types import Task


def settled_turns(max_turns: int, feedback: str, signal: Signal) -> Turns:
    """The rules of an episode, if `signal` can give that feedback.

    Raises:
        SettingError: for values that are not accepted.
    """
    turns = Turns(max_turns=max_turns, feedback=feedback)  # type: ignore[arg-type]  # checked there
    feedback_signal(signal, turns.feedback)
    return turns


def next_prompt(task: Task | str, completion: str, signal: Signal, turns: Turns, coin: str) -> str | None:
    """The user's message after an attempt; None where the episode is over: accepted, or not scored.

    Raises:
        VerifierError: if the signal's verdict lacks what the feedback reads.
    """
    read = task if isinstance(task, Task) else Task.from_json(task)
    verdict = verdict_on(read, completion, signal, coin)
    if verdict.reward is None or (turns.feedback != "nothing" and verdict.reward >= ACCEPTED):
        return None
    finer = feedback_signal(signal, turns.feedback)
    detail = verdict if finer == signal else verdict_on(read, completion, finer, coin)
    if detail.reward is None:
        return None
    return words(read.template, turns.feedback, finding(read, completion, detail, finer, turns.feedback))
