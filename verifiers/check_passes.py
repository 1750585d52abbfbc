"""Judging the same completions several times over: in a fresh process, here, here again, and in another order."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from time import perf_counter

from synthgym.errors import shown
from synthgym.plugins import get_verifier
from synthgym.signal import CustomVerifier, Signal, name_of
from synthgym.types import Verdict
from synthgym.verifiers.check_samples import Sample
from synthgym.verifiers.isolation import BrokenError, Cargo, UnfitError, Worker
from synthgym.verifiers.returned import NOT_SCORED, Failure
from synthgym.verifiers.running import Outcome
from synthgym.verifiers.score import attempt

REPEATED, REORDERED, FRESH = "repeated", "in another order", "in a fresh process"
MAX_HUNG = 5
"""Completions on which it may hang before the rest is left unjudged."""
_KIND = re.compile(r"it (raised|returned) [\w.]+")


@dataclass(frozen=True, slots=True)
class Passes:
    """What came of judging.

    Attributes:
        first: an outcome a sample; None for one that was left unjudged.
    """

    first: list[Outcome | None]
    problems: tuple[str, ...]
    agreed: tuple[str, ...]
    untried: tuple[str, ...]
    deterministic: bool
    slowest_seconds: float
    slowest: str


def passes_over(signal: Signal, samples: Sequence[Sample], seconds: float) -> Passes:
    """Judge the samples, each with a deadline of twice `seconds`, and compare.

    What hangs in the fresh process is not judged here.
    """
    bounded = _bounded(signal, 2 * seconds)
    fresh, untried = _in_fresh_process(bounded, samples, 2 * seconds)
    safe = [place for place in range(len(samples)) if not fresh or _answered(fresh[place])]
    first, took = _one_by_one(bounded, samples, safe)
    alive = [place for place in safe if _answered(first[place])]
    again, _ = _one_by_one(bounded, samples, alive)
    turned = _together(bounded, samples, alive[::-1])
    compared = {REPEATED: again, REORDERED: turned} | ({FRESH: fresh} if fresh else {})
    differing = [
        problem
        for way, other in compared.items()
        if (problem := _differing(samples, first, other, way)) is not None
    ]
    outcomes = [
        one if one is not None else (fresh[place] if fresh else None) for place, one in enumerate(first)
    ]
    left = sum(one is None for one in outcomes)
    if left:
        untried = (*untried, f"{left} completions, after it had hung on {MAX_HUNG}")
    took = {place: spent for place, spent in took.items() if not _hung(first[place])} or took
    slowest = max(took, key=lambda place: took[place], default=0)
    longest = took.get(slowest, 0.0)
    slow = (
        [f"it is slow: {longest:.3g} s, more than {seconds:g} s, for {_shown(samples[slowest])}"]
        if longest > seconds and not _hung(first[slowest])
        else []
    )
    return Passes(
        first=outcomes,
        problems=(*_broken(samples, outcomes), *_reasonless(samples, outcomes), *differing, *slow),
        agreed=tuple(compared),
        untried=untried,
        deterministic=not differing,
        slowest_seconds=longest,
        slowest=_shown(samples[slowest]),
    )


def _bounded(signal: Signal, seconds: float) -> Signal:
    """The signal with its verifier, weights and all, under a deadline."""
    found = get_verifier(signal)
    name = signal.label.split("+")[0].partition(":")[2] or name_of(found)
    custom = found if isinstance(found, CustomVerifier) else CustomVerifier(found, name=name)
    return replace(signal, verifier=replace(custom, name=name, seconds=seconds, isolated=False), weights={})


def _in_fresh_process(
    signal: Signal, samples: Sequence[Sample], seconds: float
) -> tuple[list[Outcome | None], tuple[str, ...]]:
    """An outcome a sample; none at all, and why, if the verifier cannot be carried there."""
    outcomes: list[Outcome | None] = []
    worker: Worker | None = None
    try:
        cargo = Cargo(signal, [sample.task for sample in samples])
        for sample in samples:
            if sum(map(_hung, outcomes)) >= MAX_HUNG:
                outcomes.append(None)
                continue
            if worker is None or not worker.usable():
                worker = Worker(quiet=True)
            outcomes.append(_judged_there(worker, cargo, sample, seconds))
    except (UnfitError, OSError) as error:
        return [], (f"{FRESH}: {error}",)
    finally:
        if worker is not None:
            worker.kill()
    return outcomes, ()


def _judged_there(worker: Worker, cargo: Cargo, sample: Sample, seconds: float) -> Outcome:
    try:
        judged = worker.judge(cargo, [sample.task], [sample.response.completion], seconds)
    except BrokenError as error:
        return Failure(f"{error}", hung=True)
    if judged is None:
        return Failure(f"it did not answer within {seconds:g} s", hung=True)
    return judged[0]


def _one_by_one(
    signal: Signal, samples: Sequence[Sample], places: Sequence[int]
) -> tuple[list[Outcome | None], dict[int, float]]:
    """Outcomes at these places, in this order, and the seconds each took."""
    outcomes: list[Outcome | None] = [None] * len(samples)
    took: dict[int, float] = {}
    hung = 0
    for place in places:
        if hung >= MAX_HUNG:
            break
        sample, started = samples[place], perf_counter()
        outcomes[place] = attempt([sample.task], [sample.response], signal)[0]
        took[place] = perf_counter() - started
        hung += _hung(outcomes[place])
    return outcomes, took


def _together(signal: Signal, samples: Sequence[Sample], places: Sequence[int]) -> list[Outcome | None]:
    """Outcomes at these places, judged in one call, in this order."""
    outcomes: list[Outcome | None] = [None] * len(samples)
    chosen = [samples[place] for place in places]
    judged = attempt([one.task for one in chosen], [one.response for one in chosen], signal)
    for place, outcome in zip(places, judged, strict=True):
        outcomes[place] = outcome
    return outcomes


def _hung(outcome: Outcome | None) -> bool:
    return isinstance(outcome, Failure) and outcome.hung


def _answered(outcome: Outcome | None) -> bool:
    return outcome is not None and not _hung(outcome)


def _differing(
    samples: Sequence[Sample], first: Sequence[Outcome | None], other: Sequence[Outcome | None], way: str
) -> str | None:
    differ = [
        (sample, one, another)
        for sample, one, another in zip(samples, first, other, strict=True)
        if one is not None and another is not None and _told(one) != _told(another)
    ]
    if not differ:
        return None
    sample, one, another = differ[0]
    return (
        f"its verdict differs when judged {way} ({len(differ)} of {len(samples)} completions): {_told(one)[0]}, then "
        f"{_told(another)[0]}, for {_shown(sample)}"
    )


def _told(outcome: Outcome) -> tuple[object, ...]:
    """What is compared: a failure equals any other, as its words may hold an address."""
    if isinstance(outcome, Failure):
        return ("a failure",)
    return (outcome.reward, dict(outcome.components), outcome.credits)


def _broken(samples: Sequence[Sample], outcomes: Sequence[Outcome | None]) -> list[str]:
    """A problem for each kind of thing that the verifier did in place of judging."""
    kinds: dict[str, list[tuple[Sample, Failure]]] = {}
    for sample, outcome in zip(samples, outcomes, strict=True):
        if isinstance(outcome, Failure):
            kinds.setdefault(_kind(outcome), []).append((sample, outcome))
    return [
        f"{found[0][1].what} [{len(found)} times, such as on {_shown(found[0][0])}]"
        for found in kinds.values()
    ]


def _kind(failed: Failure) -> str:
    found = _KIND.match(failed.what)
    return "hung" if failed.hung and not found else failed.what[: found.end() if found else 20]


def _reasonless(samples: Sequence[Sample], outcomes: Sequence[Outcome | None]) -> list[str]:
    """A problem where a verdict left its reason to SynthGym."""
    found = [
        (sample, outcome.error)
        for sample, outcome in zip(samples, outcomes, strict=True)
        if isinstance(outcome, Verdict) and outcome.reward is None and NOT_SCORED in (outcome.error or "")
    ]
    if not found:
        return []
    sample, error = found[0]
    return [
        f"it does not say why it cannot score ({error}), or rewards the rest when a component failed: return "
        f"Verdict(reward=None, error=...) [{len(found)} times, such as on {_shown(sample)}]"
    ]


def _shown(sample: Sample) -> str:
    return f"{sample.label}: {shown(sample.response.completion)} (task {sample.task.id})"
