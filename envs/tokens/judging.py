"""What a token MDP pays: the signal's verdict when a text ends, and under `token` its increase whenever a line ends.

Verdicts of the built-in verifiers depend on task and text alone, so they are kept, up to a bound. Everything else goes
through `synthgym.score`, all texts of a step at once.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from synthgym.envs.tokens.pool import TokenPool
from synthgym.errors import SettingError, SynthGymError
from synthgym.parsing import parse
from synthgym.plugins import get_verifier
from synthgym.signal import Signal, Verifier
from synthgym.types import Granularity, Task, Verdict
from synthgym.verifiers.generic.rubric import Rubric
from synthgym.verifiers.score import score

KNOWN = 1 << 15
"""Verdicts that are kept; when there are more, all are forgotten."""
GRAIN = 1 << 20
"""What a line has earned is rounded down to a multiple of 1/GRAIN, so that sums of rewards are exact."""
_GENERIC = "synthgym.verifiers.generic."
NOT_POOLED = -1
"""The index of a task that is not of the pool."""


class Outcome(NamedTuple):
    """What an ended episode gives.

    Attributes:
        reward: the verdict's; 0.0 if it is unscored.
        credits: (start, end, value) of characters of the completion.
    """

    reward: float
    unscored: bool
    components: Mapping[str, float]
    credits: tuple[tuple[int, int, float], ...]
    error: str | None

    def info(self, task_id: str, completion: str) -> dict[str, Any]:
        """What the last step of the episode reports."""
        return {
            "task_id": task_id,
            "components": dict(self.components),
            "credits": self.credits,
            "error": self.error,
            "unscored": self.unscored,
            "completion": completion,
        }


@dataclass(eq=False)
class Judge:
    """Judges texts on tasks of a pool, by one signal.

    Attributes:
        by_line: whether ends of lines are paid for.
    """

    pool: TokenPool
    signal: Signal
    by_line: bool
    _direct: Verifier | None = None
    _graded: Verifier | None = None
    _ended: dict[tuple[int, str], Outcome] = field(default_factory=dict)
    _begun: dict[tuple[int, str], float] = field(default_factory=dict)

    def __getstate__(self) -> dict[str, Any]:
        return {**vars(self), "_ended": {}, "_begun": {}}

    def outcomes(
        self,
        places: Sequence[int],
        tasks: Sequence[Task],
        texts: Sequence[str],
        rngs: Sequence[np.random.Generator],
    ) -> list[Outcome]:
        """The outcome of each text.

        Args:
            places: the index of each task in the pool; -1 if it is not of the pool.
            rngs: a generator each, for a control that draws; empty if there is no control.
        """
        if self.signal.control is not None:
            cases = zip(tasks, texts, rngs, strict=True)
            return [_outcome(score([t], [text], self.signal, rng=rng)[0]) for t, text, rng in cases]
        if self._direct is None:
            return list(map(_outcome, score(tasks, texts, self.signal)))
        known, found = self._ended, list[Outcome]()
        for place, task, text in zip(places, tasks, texts, strict=True):
            outcome = known.get((place, text))
            if outcome is None:
                outcome = _outcome(self._verdict(self._direct, task, text))
                if place != NOT_POOLED and not outcome.unscored:
                    _keep(known, (place, text), outcome)
            found.append(outcome)
        return found

    def earned(self, places: Sequence[int], tasks: Sequence[Task], texts: Sequence[str]) -> list[float]:
        """What each text has earned so far, a multiple of 1/GRAIN; NaN if it could not be scored."""
        if self._graded is None:
            return [_earned(verdict) for verdict in score(tasks, texts, self.signal)]
        known, found = self._begun, list[float]()
        for place, task, text in zip(places, tasks, texts, strict=True):
            value = known.get((place, text))
            if value is None:
                value = _earned(self._verdict(self._graded, task, text))
                if place != NOT_POOLED and value == value:
                    _keep(known, (place, text), value)
            found.append(value)
        return found

    def _verdict(self, verifier: Verifier, task: Task, text: str) -> Verdict:
        try:
            verdict = verifier(task, parse(task, text))
        except SettingError:
            raise
        except SynthGymError:  # `score` tries again, and says what an unscored text is worth
            return score([task], [text], self.signal)[0]
        return verdict if isinstance(verdict, Verdict) else Verdict(reward=float(verdict))


def judge(pool: TokenPool, signal: Signal) -> Judge:
    """The judge of `signal` on `pool`; one for all environments that share both, if its verdicts can be kept.

    Raises:
        SettingError: if the signal permutes rewards in a group, or does not fit the family.
        UnknownNameError: if it names something that is not registered.
    """
    if signal.control == "shuffled":
        raise SettingError(
            f"signal {signal.label} permutes the rewards of a group, and an environment sees one completion "
            "at a time: use ~random here, or synthgym.score on the whole group"
        )
    if signal.control is not None and signal.granularity == "token":
        raise SettingError(
            f"signal {signal.label} is drawn for a whole completion, and a token MDP pays a line as soon as it ends: "
            "controls need binary or rubric here"
        )
    verifier = get_verifier(signal)
    generic = getattr(verifier, "__module__", "").startswith(_GENERIC)
    if generic:  # what is wrong with weights or controls shows here
        score([pool.tasks[0]], [""], signal, rng=np.random.default_rng(0))
    named = signal.verifier is None or isinstance(signal.verifier, str)
    if generic and named and not signal.shortcuts and signal.control is None:
        chosen = str(signal.verifier or signal.granularity)
        return _keeping(pool, signal.granularity, chosen, tuple(sorted(signal.weights.items())))
    return Judge(pool, signal, _by_line(pool, signal))


@lru_cache(maxsize=16)
def _keeping(
    pool: TokenPool, granularity: Granularity, verifier: str, weights: tuple[tuple[str, float], ...]
) -> Judge:
    signal = Signal(granularity=granularity, verifier=verifier, weights=dict(weights))
    direct = get_verifier(signal)
    # The reward of `token` is that of `rubric`, which finds no credits and is quicker.
    graded: Verifier = Rubric(dict(weights)) if verifier == "token" else direct
    return Judge(pool, signal, _by_line(pool, signal), direct, graded)


def _by_line(pool: TokenPool, signal: Signal) -> bool:
    return signal.granularity == "token" and pool.on_lines


def _keep(known: dict[Any, Any], key: object, value: object) -> None:
    if len(known) >= KNOWN:
        known.clear()
    known[key] = value


def _earned(verdict: Verdict) -> float:
    if verdict.reward is None:
        return float("nan")
    return int(verdict.reward * GRAIN) / GRAIN


def _outcome(verdict: Verdict) -> Outcome:
    components = verdict.components
    if verdict.reward is None:  # then some may be None, or whole numbers
        components = {name: float(value) for name, value in components.items() if value is not None}
    return Outcome(
        float(verdict.reward or 0.0),
        verdict.reward is None,
        components,
        tuple([(credit.start, credit.end, credit.value) for credit in verdict.credits]),
        verdict.error,
    )
