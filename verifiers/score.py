"""Scoring: from tasks and completions to verdicts, whatever the verifier does.

A fault that the response causes is a reward of 0 with an error. One that the verifier causes is tried once
more in a fresh process, and is then a reward of None: not scored. Other completions keep their verdicts.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from numbers import Real

import numpy as np

from synthgym.errors import SettingError, SynthGymError, VerifierError, shown
from synthgym.parsing import parse
from synthgym.plugins import as_signal, get_verifier
from synthgym.signal import Signal, Verifier
from synthgym.types import Response, Task, Verdict
from synthgym.verifiers.retry import Case, retry


def score(
    tasks: Sequence[Task | str],
    completions: Sequence[str],
    signal: str | Signal = "binary",
    *,
    rng: np.random.Generator | None = None,
) -> list[Verdict]:
    """One verdict a completion, in order.

    Args:
        tasks: tasks, or their JSON texts as a dataset column holds them.
        completions: as many texts.
        signal: what to judge by, as a `Signal` or its label.
        rng: draws for the controls "random" and "shuffled"; neighbours with the same task are a group.

    Raises:
        SettingError: if the lengths differ, a completion is no text, or a control lacks its `rng`.
        TaskError: if a text is not a task.
        UnknownNameError: if the signal or a family is not registered.
    """
    settled = as_signal(signal)
    if len(tasks) != len(completions):
        raise SettingError(
            f"{len(tasks)} tasks but {len(completions)} completions; one task a completion is needed"
        )
    read = [task if isinstance(task, Task) else Task.from_json(task) for task in tasks]
    for completion in completions:
        if not isinstance(completion, str):
            raise SettingError(
                f"a completion is {shown(completion)} ({type(completion).__name__}); text is needed"
            )
    tries = _first_try(read, completions, settled)
    again = iter(retry([case for case in tries if isinstance(case, Case)]))
    verdicts = [next(again) if isinstance(case, Case) else case for case in tries]
    return _controlled(read, verdicts, settled, rng)


def verdict_on(task: Task, response: Response, signal: Signal) -> Verdict:
    """The verdict on one response: the verifier's, then what the signal's shortcuts make of it.

    Raises:
        SynthGymError: if the verifier, the family or a shortcut fails.
    """
    return _judge(task, response, signal, get_verifier(signal))


def _first_try(tasks: Sequence[Task], completions: Sequence[str], signal: Signal) -> list[Verdict | Case]:
    """A verdict each, or the case for a second try where the verifier failed."""
    verifier = get_verifier(signal)
    verdicts: list[Verdict | Case] = []
    for task, completion in zip(tasks, completions, strict=True):
        try:
            verdicts.append(_judge(task, parse(task, completion), signal, verifier))
        except SettingError:
            raise
        except SynthGymError as error:
            verdicts.append(Case(task, completion, signal, str(error)))
    return verdicts


def _judge(task: Task, response: Response, signal: Signal, verifier: Verifier) -> Verdict:
    name = signal.label
    try:
        verdict = _as_verdict(verifier(task, response), name)
    except SynthGymError:
        raise
    except Exception as error:
        raise VerifierError(f"verifier {name} failed on {shown(response.completion)}: {error!r}") from error
    for shortcut in signal.shortcuts:
        verdict = _as_verdict(shortcut.on_verdict(task, response, verdict), shortcut.name)
    return verdict


def _as_verdict(returned: object, name: str) -> Verdict:
    """What a verifier returned, as a verdict; a component that is not scored makes the whole unscored.

    Raises:
        VerifierError: if it is neither a verdict nor a finite number.
    """
    if isinstance(returned, Verdict):
        if returned.reward is None:
            return returned
        values: Mapping[str, object] = {"reward": returned.reward, **returned.components}
        missing = [key for key, value in values.items() if value is None]
        if missing:
            return replace(returned, reward=None, error=returned.error or f"not scored: {', '.join(missing)}")
        for key, value in values.items():
            _finite(value, f"{name}: {key}")
        return returned
    return Verdict(reward=_finite(returned, name))


def _finite(value: object, name: str) -> float:
    if isinstance(value, Real | np.bool_) and math.isfinite(float(value)):
        return float(value)
    raise VerifierError(
        f"verifier {name} returned {shown(value)}; a Verdict, a finite number or a bool is needed"
    )


def _controlled(
    tasks: Sequence[Task], verdicts: list[Verdict], signal: Signal, rng: np.random.Generator | None
) -> list[Verdict]:
    if signal.control is None:
        return verdicts
    if rng is None:
        raise SettingError(f"signal {signal.label} draws at random: pass rng=numpy.random.default_rng(seed)")
    if signal.granularity == "token":
        raise SettingError(
            f"signal {signal.label}: controls replace the reward, so they need binary or rubric"
        )
    if signal.control == "random":
        return [Verdict(reward=float(rng.integers(2))) for _ in verdicts]
    return _shuffled(tasks, verdicts, rng)


def _shuffled(tasks: Sequence[Task], verdicts: list[Verdict], rng: np.random.Generator) -> list[Verdict]:
    """The verdicts with their rewards permuted within each run of neighbours that share a task."""
    result: list[Verdict] = []
    start = 0
    for stop in range(1, len(tasks) + 1):
        if stop == len(tasks) or tasks[stop].id != tasks[start].id:
            order = rng.permutation(stop - start) + start
            result += [Verdict(reward=verdicts[j].reward, error=verdicts[j].error) for j in order]
            start = stop
    return result
