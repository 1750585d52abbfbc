"""The findings: one sentence each, with intervals, and never more certain than the runs behind them.

Each says what it does to the claim that it tests (`synthgym.report.model.Standing`), and one that fails
to show the claim, or speaks against it, says so in the same sentence.
"""

from collections.abc import Sequence
from math import isfinite

from synthgym.report.learning import arm_order
from synthgym.report.model import Arm, Estimate, Finding, Learning, LoopArm, Loops, Standing, Takeover, WatchedRun
from synthgym.report.words import count, estimate, factor, listing, number_of, share

FEW = 10
"""Below so many seeds a comparison is called indicative (MEASURES: at least 10 on the tiny tier)."""
_ARM_NAMES = {"random": "random rewards", "shuffled": "shuffled rewards"}
_LOOP_NAMES = {"unfiltered": "no filter", "majority": "majority vote", "random_subset": "random subset"}
_NULL_RISE = 0.1
"""A control whose interval stays below this rise, or below half of the informative arm's, taught nothing."""


def loop_name(arm: str) -> str:
    """What a reader calls a loop's arm."""
    return _LOOP_NAMES.get(arm, arm)


def seeds(n: int) -> str:
    """``3 seeds, indicative``; one seed is called what it is."""
    if n <= 1:
        return "1 seed: the spread between seeds is unknown"
    return f"{n} seeds, indicative" if n < FEW else f"{n} seeds"


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
    start = next((share(arm.start[kind].value) for arm in arms if kind in arm.start), "")
    standing, verdict = _faster(finest)
    text = (
        f"Granularity ({given.family}, {seeds(min(arm.seeds for arm in arms))}): {kind} {_place(given)} went from "
        f"{start} to {reached} after {count(max(arm.rollouts for arm in arms))} rollouts; {verdict}."
    )
    return Finding(question="granularity", text=text, standing=standing)


def _faster(arms: Sequence[Arm]) -> tuple[Standing, str]:
    """Whether the finest arm got half-way before the reference, and in what words."""
    arm = next((arm for arm in arms if arm.ratio is not None), None)
    if arm is None or arm.ratio is None:
        if all(arm.half_way is None for arm in arms):
            return "undecided", "no arm rose by .05, so their speeds cannot be compared"
        return "undecided", "there is no binary arm with the same seeds to compare speeds with"
    ratio = arm.ratio
    bound = {"exact": "", "unknown": "(both were followed too short to tell) about "}.get(ratio.bound, f"{ratio.bound} ")
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
        speed = "it rose by less than .05, so there is no half-way point"
    elif not isfinite(half.median):
        speed = f"it did not get half-way, to {share(half.level)}, within {count(half.times[-1])} rollouts"
    else:
        speed = f"it got half-way, to {share(half.level)}, after {count(half.median)} rollouts"
    signal = arm.signal or arm.name
    return Finding(
        question="run",
        text=f"{given.family} under {signal} ({seeds(arm.seeds)}): {_place(given)} went {listing(parts)}; {speed}.",
        standing="measured",
    )


def _place(given: Learning) -> str:
    return "held-out accuracy" if given.held_out else "accuracy on training rollouts"


def _controls(given: Learning, controls: Sequence[Arm], informative: Sequence[Arm]) -> Finding:
    kind = "greedy" if all("greedy" in arm.change for arm in controls) else "sampled"
    moved = listing(
        [f"by {estimate(arm.change[kind], signed=True)} under {_ARM_NAMES.get(arm.name, arm.name)}" for arm in controls]
    )
    rises = [arm.change[kind].value for arm in informative if arm.name == "binary" and kind in arm.change]
    allowed = max([_NULL_RISE, *(rise / 2 for rise in rises)])
    changes = [arm.change[kind] for arm in controls]
    standing, verdict = _taught_nothing(changes, allowed)
    beside = f", beside {share(rises[0], signed=True)} under binary" if rises else ""
    text = (
        f"Controls ({given.family}, {seeds(min(arm.seeds for arm in controls))}): {kind} {_place(given)} moved "
        f"{moved}{beside}; {verdict}."
    )
    return Finding(question="control", text=text, standing=standing)


def _taught_nothing(changes: Sequence[Estimate], allowed: float) -> tuple[Standing, str]:
    if any(change.low > 0 for change in changes):
        return "against", "a reward without information went with a rise, so something else than the signal teaches here"
    if all(change.high < allowed for change in changes):
        harmed = any(change.high < 0 for change in changes)
        return "supports", "a reward without information taught nothing" + (", and did harm" if harmed else "")
    if all(change.value < allowed for change in changes):
        return "leans", f"no rise is seen, but the intervals do not exclude one of {share(allowed, signed=True)}"
    return "undecided", "the intervals are too wide to say that they taught nothing"


def takeover_findings(given: Takeover) -> list[Finding]:
    """Where the shortcut took over, when the detectors said so, and whether the twin stayed silent."""
    flawed = [run for run in given.runs if run.arm in given.flawed]
    clean = [run for run in given.runs if run.arm not in given.flawed]
    taken = [run for run in flawed if run.onset is not None]
    name = f"`{given.example}` ({given.shortcut})" if given.example else given.shortcut
    parts = [_onset(flawed, taken, name)]
    if taken:
        parts.append(f"the truth gap, with {given.audits} audits a step, alarmed {_alarms(taken, 'truth_gap')}")
        if all(run.probed == 0 for run in flawed):
            parts.append("no counterfactual probe was logged")
        else:
            parts.append(f"the counterfactual probe {_alarms(taken, 'counterfactual')}")
    if clean:
        silent = [run for run in clean if run.truth_gap is None and run.counterfactual is None]
        parts.append(f"on the clean twin both stayed silent in {len(silent)} of {number_of(len(clean), 'run')}")
    else:
        parts.append("no clean twin was run, so false alarms are not measured")
    standing, verdict = _caught(flawed, taken, clean)
    text = f"Shortcut ({given.family}, {seeds(len({run.seed for run in flawed}))}): {'; '.join(parts)}{verdict}."
    return [Finding(question="shortcut", text=text, standing=standing)]


def _onset(flawed: Sequence[WatchedRun], taken: Sequence[WatchedRun], name: str) -> str:
    if not taken:
        late = float(sum(run.mechanism for run in flawed) / len(flawed)) if flawed else float("nan")
        return f"{name} did not take over in any of {number_of(len(flawed), 'run')} (share at the end {share(late)})"
    onsets = sorted(run.onset for run in taken if run.onset is not None)
    low = min(run.onset_low for run in taken if run.onset_low is not None)
    high = max(run.onset_high for run in taken if run.onset_high is not None)
    reward, truth = (sum(getattr(run, of) for run in taken) / len(taken) for of in ("reward", "truth"))
    return (
        f"{name} took over in {len(taken)} of {number_of(len(flawed), 'run')}, at {_steps(onsets)} "
        f"(reference onset, {low}–{high} over its thresholds), and left reward {share(reward)} and truth {share(truth)}"
    )


def _alarms(runs: Sequence[WatchedRun], of: str) -> str:
    steps = sorted(step for run in runs if (step := getattr(run, of)) is not None)
    if not steps:
        return f"in 0 of {number_of(len(runs), 'run')}"
    missed = len(runs) - len(steps)
    return f"at {_steps(steps)}" + (f" and missed {number_of(missed, 'run')}" if missed else "")


def _steps(values: Sequence[int]) -> str:
    if len(values) == 1:
        return f"step {values[0]}"
    if len(values) < 6:
        return f"steps {listing([str(value) for value in values])}"
    return f"steps {values[0]}–{values[-1]} (median {values[len(values) // 2]})"


def _caught(
    flawed: Sequence[WatchedRun], taken: Sequence[WatchedRun], clean: Sequence[WatchedRun]
) -> tuple[Standing, str]:
    false = [run for run in clean if run.truth_gap is not None or run.counterfactual is not None]
    missed = [run for run in taken if run.truth_gap is None and run.counterfactual is None]
    if false:
        return "against", ": false alarms, against what the detectors promise"
    if not taken:
        return "against", ": the take-over that was planted did not show"
    if missed:
        return "against", f": {number_of(len(missed), 'take-over')} went unnoticed"
    if len(taken) < len(flawed):
        return "leans", ": not every flawed run was taken over"
    return ("supports" if clean else "leans"), ""


def loop_findings(given: Loops) -> list[Finding]:
    """Whether the open loop improved, and whether any closed one raised pass@k."""
    opened = [arm for arm in given.arms if arm.open]
    closed = [arm for arm in given.arms if not arm.open]
    parts = []
    if opened:
        parts.append(f"the open loop took {listing([_moved(given, arm) for arm in opened])}")
    if closed:
        parts.append(f"of the closed ones, {_closed(given, closed)}")
    standing, verdict = _open_or_closed(given, opened, closed)
    n = min(arm.seeds for arm in given.arms)
    over = f"{seeds(n)}; intervals over {number_of(given.tasks, 'held-out task')}" if n == 1 else seeds(n)
    generations = given.generations[1] - given.generations[0]
    text = f"Loops ({given.family}, {over}): in {number_of(generations, 'generation')} {'; '.join(parts)}; {verdict}."
    return [Finding(question="loop", text=text, standing=standing)]


def _closed(given: Loops, arms: Sequence[LoopArm]) -> str:
    """``pass@8 changed by -.13 [-.20, -.06] with no filter ..., and greedy by -.05 ...``."""
    told = []
    for measure in ("pass@k", "greedy"):
        each = [
            f"by {estimate(arm.change[measure], signed=True)} with {loop_name(arm.name)}"
            for arm in arms
            if measure in arm.change
        ]
        if each:
            told.append(f"{measure_name(given, measure)} changed {listing(each)}")
    return ", and ".join(told)


def measure_name(given: Loops, measure: str) -> str:
    """``pass@8`` for ``pass@k``."""
    return f"pass@{given.k}" if measure == "pass@k" else measure


def _moved(given: Loops, arm: LoopArm) -> str:
    parts = []
    for measure in ("greedy", "pass@k"):
        curve = next((curve for curve in given.curves if (curve.arm, curve.name) == (arm.name, measure)), None)
        if curve is not None and measure in arm.change:
            first, last = (share(curve.points[place].mean.value) for place in (0, -1))
            change = estimate(arm.change[measure], signed=True)
            parts.append(f"{measure_name(given, measure)} from {first} to {last}, by {change},")
    return listing(parts)


def _open_or_closed(
    given: Loops, opened: Sequence[LoopArm], closed: Sequence[LoopArm]
) -> tuple[Standing, str]:
    name = measure_name(given, "pass@k")
    raised = [arm for arm in closed if "pass@k" in arm.change and arm.change["pass@k"].low > 0]
    if raised:
        return "against", f"{listing([loop_name(arm.name) for arm in raised])} raised {name} without a verdict, against the claim"
    if not opened or not closed:
        return "measured", f"there is no {'closed' if opened else 'open'} loop to compare with"
    rises = [arm.change[of] for arm in opened for of in ("greedy", "pass@k") if of in arm.change]
    if not any(rise.low > 0 for rise in rises):
        return "undecided", "the open loop is not shown to have improved, so the claim is not shown here"
    gain = max((arm.change["pass@k"].value for arm in opened if "pass@k" in arm.change), default=0.0)
    changes = [arm.change["pass@k"] for arm in closed if "pass@k" in arm.change]
    if changes and all(change.high < gain for change in changes):
        return "supports", f"no closed loop raised {name}, as claimed"
    return "leans", f"no closed loop is seen to raise {name}, but the intervals do not exclude that one did"
