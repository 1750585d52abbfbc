"""What was found of granularities and controls, one sentence each, with intervals."""

from collections.abc import Sequence
from math import isfinite

from synthgym.report.learning import arm_order
from synthgym.report.model import (
    Arm,
    Estimate,
    Finding,
    Learning,
    Standing,
)
from synthgym.report.standing import capped, seeds
from synthgym.report.words import count, estimate, factor, listing, number_of, share

_ARM_NAMES = {"random": "random rewards", "shuffled": "shuffled rewards"}
_SPEED_TITLES: dict[Standing, str] = {
    "supports": "The finer signal taught faster",
    "leans": "The finer signal seems to teach faster",
    "undecided": "No difference in speed is shown",
    "against": "The finer signal taught more slowly",
}
_NULL_RISE = 0.1
"""A control whose interval stays below this rise, or below half of the informative arm's, taught nothing."""


def learning_findings(given: Learning) -> list[Finding]:
    """How the granularities compared, and what the controls taught."""
    informative = [arm for arm in given.arms if not arm.control]
    controls = [arm for arm in given.arms if arm.control]
    found = []
    if given.planned and len(informative) > 1:
        found.append(_granularity(given, informative))
    else:
        found += [_single(given, arm) for arm in informative]
    if controls:
        found.append(_controls(given, controls, informative))
    return found


def _granularity(given: Learning, arms: Sequence[Arm]) -> Finding:
    kind = "sampled" if all("sampled" in arm.end for arm in arms) else "greedy"
    finest = sorted(arms, key=lambda arm: arm_order(arm.name), reverse=True)
    reached = listing([f"{estimate(arm.end[kind])} with {arm.name}" for arm in finest if kind in arm.end])
    starts = [arm.start[kind].value for arm in arms if kind in arm.start]
    start = share(sum(starts) / len(starts)) if starts else "–"
    n = min(arm.seeds for arm in arms)
    standing, verdict = _faster(finest)
    text = (
        f"Granularity ({given.family}, {seeds(n)}): {kind} {_place(given)} went from "
        f"{start} to {reached} after {count(max(arm.rollouts for arm in arms))} rollouts; {verdict}."
    )
    ends = listing([f"{share(arm.end[kind].value)} with {arm.name}" for arm in finest if kind in arm.end])
    return Finding(
        question="granularity",
        family=given.family,
        title=f"{_SPEED_TITLES[capped(standing, n)]} on {given.family}: {kind} accuracy ended at {ends}",
        text=text,
        standing=capped(standing, n),
    )


def _faster(arms: Sequence[Arm]) -> tuple[Standing, str]:
    """Whether the finest arm got half-way before the reference, and in what words."""
    arm = next((arm for arm in arms if arm.ratio is not None), None)
    if arm is None or arm.ratio is None:
        if all(arm.half_way is None for arm in arms):
            return "undecided", "no arm rose by .05, so their speeds cannot be compared"
        return "undecided", "there is no binary arm with the same seeds to compare speeds with"
    ratio = arm.ratio
    bound = {"exact": "", "unknown": "(both were followed too short to tell) about "}.get(
        ratio.bound, f"{ratio.bound} "
    )
    interval = f" [{factor(ratio.low)}, {factor(ratio.high)}]" if isfinite(ratio.high) else ""
    told = (
        f"{arm.name} took {bound}{factor(ratio.value)}{interval} times {ratio.versus}'s rollouts to get half-way and "
        f"was there first in {ratio.faster} of {number_of(ratio.pairs, 'seed')}"
    )
    if ratio.pairs < 2 or ratio.bound == "unknown":
        return "undecided", f"{told}, which decides nothing"
    if ratio.high < 1 and ratio.bound != "at least":
        return "supports", f"{told}: the finer signal taught faster, as claimed"
    if ratio.low > 1 and ratio.bound != "at most":
        return "against", f"{told}: the finer signal taught more slowly, against the claim"
    if ratio.faster == ratio.pairs:
        return "leans", f"{told}: the direction claimed, but the interval does not exclude equal speed"
    return "undecided", f"{told}: the claim that a finer signal teaches faster is not shown here"


def _single(given: Learning, arm: Arm) -> Finding:
    parts = [
        f"{kind} from {share(arm.start[kind].value)} to {estimate(arm.end[kind])}"
        for kind in ("sampled", "greedy")
        if kind in arm.end
    ]
    half = arm.half_way
    if half is None:
        speed = "there was no rise of .05, so no half-way point"
    elif not isfinite(half.median):
        speed = f"it did not get half-way, to {share(half.level)}, within {count(half.times[-1])} rollouts"
    else:
        speed = f"it got half-way, to {share(half.level)}, after {count(half.median)} rollouts"
    signal = arm.signal or arm.name
    ends = listing(
        [f"{kind} {share(arm.end[kind].value)}" for kind in ("sampled", "greedy") if kind in arm.end]
    )
    return Finding(
        question="run",
        family=given.family,
        title=f"{given.family} under {signal} ended at {ends} of answers right",
        text=f"{given.family} under {signal} ({seeds(arm.seeds)}): {_place(given)} went {listing(parts)}; {speed}.",
        standing="measured",
    )


def _place(given: Learning) -> str:
    return "held-out accuracy" if given.held_out else "accuracy on training rollouts"


def _controls(given: Learning, controls: Sequence[Arm], informative: Sequence[Arm]) -> Finding:
    kind = "greedy" if all("greedy" in arm.change for arm in controls) else "sampled"
    moved = listing(
        [
            f"by {estimate(arm.change[kind], signed=True)} under {_ARM_NAMES.get(arm.name, arm.name)}"
            for arm in controls
        ]
    )
    rises = [arm.change[kind].value for arm in informative if arm.name == "binary" and kind in arm.change]
    allowed = max([_NULL_RISE, *(rise / 2 for rise in rises)])
    changes = [arm.change[kind] for arm in controls]
    standing, verdict = _taught_nothing(changes, allowed)
    beside = f", beside {share(rises[0], signed=True)} under binary" if rises else ""
    n = min(arm.seeds for arm in controls)
    text = f"Controls ({given.family}, {seeds(n)}): {kind} {_place(given)} moved {moved}{beside}; {verdict}."
    return Finding(
        question="control",
        family=given.family,
        title=f"Controls on {given.family} moved {kind} accuracy {moved}",
        text=text,
        standing=capped(standing, n),
    )


def _taught_nothing(changes: Sequence[Estimate], allowed: float) -> tuple[Standing, str]:
    if any(change.low > 0 for change in changes):
        return (
            "against",
            "a reward without information went with a rise, so something else than the signal teaches here",
        )
    if all(change.high < allowed for change in changes):
        harmed = any(change.high < 0 for change in changes)
        return "supports", "a reward without information taught nothing" + (
            ", and did harm" if harmed else ""
        )
    if all(change.value < allowed for change in changes):
        return (
            "leans",
            f"no rise is seen, but the intervals do not exclude one of {share(allowed, signed=True)}",
        )
    return "undecided", "the intervals are too wide to say that they taught nothing"
