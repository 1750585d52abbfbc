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
from synthgym.types import Credit, Response, Task, Verdict
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
        rng: draws for the controls "random" and "shuffled"; neighbours with the same task are a group. Under token
            granularity "random" credits every token with its coin flip, and "shuffled" lays the credits of another
            completion of the group over this one, stretched to its length.

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
    return _controlled(read, completions, verdicts, settled, rng)


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
    for shortcut in signal.in_order:
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
    tasks: Sequence[Task],
    completions: Sequence[str],
    verdicts: list[Verdict],
    signal: Signal,
    rng: np.random.Generator | None,
) -> list[Verdict]:
    """The verdicts with what a control pays instead: under token granularity credits and all."""
    if signal.control is None:
        return verdicts
    if rng is None:
        raise SettingError(f"signal {signal.label} draws at random: pass rng=numpy.random.default_rng(seed)")
    finely = signal.granularity == "token"
    if signal.control == "random":
        flips = [float(rng.integers(2)) for _ in verdicts]
        return [
            Verdict(reward=flip, credits=_flat(len(completion), flip) if finely else ())
            for flip, completion in zip(flips, completions, strict=True)
        ]
    result: list[Verdict] = []
    for place, other in enumerate(_shuffled(tasks, rng)):
        paid, length = verdicts[other], len(completions[place])
        credits = _stretched(paid.credits, len(completions[other]), length) if finely else ()
        if paid.reward is None:
            credits = ()
        result.append(Verdict(reward=paid.reward, credits=credits, error=paid.error))
    return result


def _shuffled(tasks: Sequence[Task], rng: np.random.Generator) -> list[int]:
    """Whose verdict each completion gets: a permutation within each run of neighbours that share a task."""
    places: list[int] = []
    start = 0
    for stop in range(1, len(tasks) + 1):
        if stop == len(tasks) or tasks[stop].id != tasks[start].id:
            places += [int(place) for place in rng.permutation(stop - start) + start]
            start = stop
    return places


def _flat(length: int, value: float) -> tuple[Credit, ...]:
    """One value for all characters and for the end of the sequence; nothing for no characters."""
    return (Credit(0, length, value), Credit(length, length, value)) if length else ()


def _stretched(credits: Sequence[Credit], length: int, wanted: int) -> tuple[Credit, ...]:
    """The credits of a completion of `length` characters laid over one of `wanted`.

    Each span keeps its value and its share of the completion, and the end of the sequence its credit: so the rewards
    look as they did, early and late, and say nothing of the completion that gets them. What has no credits gives 0.
    """
    if not wanted:
        return ()
    if not length or not credits:
        return _flat(wanted, 0.0)
    edges = [
        (round(credit.start * wanted / length), round(credit.end * wanted / length), credit)
        for credit in credits
    ]
    inside = [Credit(start, end, credit.value) for start, end, credit in edges if start < end]
    at_end = [Credit(wanted, wanted, credit.value) for credit in credits if credit.start == credit.end]
    return (*inside, *at_end)
