"""Scoring: from tasks and completions to verdicts, whatever the verifier does.

A fault that the response causes is a reward of 0 with an error. One that the verifier causes is tried once
more in a fresh process, and is then a reward of None: not scored. Other completions keep their verdicts.
"""

from collections.abc import Sequence

import numpy as np

from synthgym.errors import SettingError, SynthGymError, VerifierError, shown
from synthgym.parsing import parse
from synthgym.plugins import as_signal, get_verifier
from synthgym.signal import Signal
from synthgym.types import Response, Task, Verdict
from synthgym.verifiers.custom import plan_of
from synthgym.verifiers.isolation import run_isolated
from synthgym.verifiers.retry import Case, retry
from synthgym.verifiers.returned import Failure, as_verdict, failure, raised
from synthgym.verifiers.running import Outcome, run


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
    responses = [parse(task, completion) for task, completion in zip(read, completions, strict=True)]
    tried = attempt(read, responses, settled)
    again = iter(
        retry(
            [
                Case(task, completion, one)
                for task, completion, one in zip(read, completions, tried, strict=True)
                if isinstance(one, Failure)
            ],
            settled,
        )
    )
    verdicts = [next(again) if isinstance(one, Failure) else one for one in tried]
    return _controlled(read, verdicts, settled, rng)


def verdict_on(task: Task, response: Response, signal: Signal) -> Verdict:
    """The verdict on one response: the verifier's, then what the signal's shortcuts make of it.

    Raises:
        SynthGymError: if the verifier, the family or a shortcut fails.
    """
    outcome = attempt([task], [response], signal)[0]
    if isinstance(outcome, Verdict):
        return outcome
    raise outcome.error if outcome.error is not None else VerifierError(outcome.text)


def attempt(tasks: Sequence[Task], responses: Sequence[Response], signal: Signal) -> list[Outcome]:
    """A verdict each, or how the verifier or a shortcut failed; there is no second try.

    Raises:
        SettingError: if the signal's weights do not fit.
        UnknownNameError: if its verifier is not registered.
    """
    plan = plan_of(get_verifier(signal), signal.label)
    outcomes = run_isolated(plan, tasks, responses, signal) if plan.isolated else run(plan, tasks, responses)
    if not signal.shortcuts:
        return outcomes
    return [
        _with_shortcuts(task, response, one, signal) if isinstance(one, Verdict) else one
        for task, response, one in zip(tasks, responses, outcomes, strict=True)
    ]


def _with_shortcuts(task: Task, response: Response, verdict: Verdict, signal: Signal) -> Outcome:
    for shortcut in signal.shortcuts:
        try:
            verdict = as_verdict(shortcut.on_verdict(task, response, verdict))
        except SettingError:
            raise
        except SynthGymError as error:
            text = f"shortcut {shortcut.name} of signal {signal.label}: {error}"
            return failure(signal.label, task, response, text)
        except Exception as error:  # noqa: BLE001  # whatever a plug-in raises is its own failure
            return failure(signal.label, task, response, f"shortcut {shortcut.name}: {raised(error)}")
    return verdict


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
