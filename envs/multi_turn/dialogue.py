"""One episode of attempts at a task: each is judged, and told of, until one is accepted or the turns are used up."""

from dataclasses import dataclass, replace
from time import perf_counter

import numpy as np

from synthgym.envs.multi_turn.feedback import ACCEPTED, Finding, feedback_signal, finding, words
from synthgym.envs.multi_turn.settings import Turns
from synthgym.errors import SynthGymError
from synthgym.signal import Signal
from synthgym.types import Task, Verdict
from synthgym.verifiers.score import score


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """A completion, what was made of it, and what the policy was told.

    Attributes:
        prompt: what the policy was shown last: the task's prompt, or what was told of the attempt before.
        verify_seconds: wall seconds that judging took.
        turn: which attempt of its episode it is, from 1.
        max_turns: attempts that the episode has at most.
        accepted: whether the signal pays it at least half.
        last: whether it ended the episode.
        reward: what the episode pays for it: 0.0 unless it is the last, then the verdict's reward, discounted.
        finding: where it fell short.
        told: the observation after it; empty after the last.
    """

    task: Task
    prompt: str
    completion: str
    verdict: Verdict
    verify_seconds: float
    turn: int = 1
    max_turns: int = 1
    accepted: bool = False
    last: bool = True
    reward: float = 0.0
    finding: Finding = Finding()
    told: str = ""

    @property
    def unscored(self) -> bool:
        """Whether no verdict could be had."""
        return self.verdict.reward is None


class Dialogue:
    """The attempts of one episode.

    Args:
        task: what is to be answered.
        signal: what judges.
        turns: the rules.
        rng: for a signal that draws at random.

    Raises:
        SettingError: if the signal cannot give the feedback.
    """

    def __init__(self, task: Task, signal: Signal, turns: Turns, rng: np.random.Generator | None) -> None:
        self.task, self.signal, self.turns, self.rng = task, signal, turns, rng
        self.teller = feedback_signal(signal, turns.feedback) if turns.max_turns > 1 else signal
        self.attempts: list[Attempt] = []

    @property
    def over(self) -> bool:
        """Whether it takes no more attempts."""
        return bool(self.attempts) and self.attempts[-1].last

    @property
    def prompt(self) -> str:
        """What the policy was shown last."""
        return self.attempts[-1].told if self.attempts else self.task.prompt

    def attempt(self, completion: str) -> Attempt:
        """Judge the next attempt.

        Raises:
            SettingError: if the signal does not fit the task.
        """
        start = perf_counter()
        verdict = score([self.task], [completion], self.signal, rng=self.rng)[0]
        accepted = verdict.reward is not None and verdict.reward >= ACCEPTED
        turn, rules = len(self.attempts) + 1, self.turns
        stays = rules.feedback == "nothing" or not accepted
        goes_on = turn < rules.max_turns and stays and verdict.reward is not None
        found, told = Finding(), ""
        if goes_on:
            try:
                found = self._finding(completion, verdict)
                told = words(self.task.template, rules.feedback, found)
            except SynthGymError as error:
                verdict = replace(verdict, reward=None, error=str(error))
                accepted, goes_on = False, False
        attempt = Attempt(
            task=self.task,
            prompt=self.prompt,
            completion=completion,
            verdict=verdict,
            verify_seconds=perf_counter() - start,
            turn=turn,
            max_turns=rules.max_turns,
            accepted=accepted,
            last=not goes_on,
            reward=0.0 if goes_on else float(verdict.reward or 0.0) * rules.worth(turn),
            finding=found,
            told=told,
        )
        self.attempts.append(attempt)
        return attempt

    def _finding(self, completion: str, verdict: Verdict) -> Finding:
        """Where the attempt fell short, read from the verdict, or from a finer one where it is too coarse.

        Raises:
            SynthGymError: if the verdict does not tell it.
        """
        feedback = self.turns.feedback
        if feedback in ("nothing", "right_or_wrong"):
            return Finding()
        if self.teller is not self.signal:
            finer = score([self.task], [completion], self.teller)[0]
            if finer.reward is None:
                raise SynthGymError(finer.error or f"signal {self.teller.label} gave no verdict")
            verdict = finer
        return finding(self.task, completion, verdict, self.teller, feedback)
