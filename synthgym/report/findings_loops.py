"""What was found of open and closed loops, in one sentence, with intervals."""

from collections.abc import Sequence

from synthgym.report.model import (
    Finding,
    LoopArm,
    Loops,
    Standing,
)
from synthgym.report.standing import capped, seeds
from synthgym.report.words import estimate, listing, number_of, share

_LOOP_NAMES = {"unfiltered": "no filter", "majority": "majority vote", "random_subset": "random subset"}


def loop_name(arm: str) -> str:
    """What a reader calls a loop's arm."""
    return _LOOP_NAMES.get(arm, arm)


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
    generations = given.generations[1] - given.generations[0]
    took = number_of(generations, "generation")
    text = f"Loops ({given.family}, {seeds(n)}): in {took} {'; '.join(parts)}; {verdict}."
    return [
        Finding(
            question="loop",
            family=given.family,
            title=_loop_title(given, opened, closed),
            text=text,
            standing=capped(standing, n),
        )
    ]


def _closed(given: Loops, arms: Sequence[LoopArm]) -> str:
    """``pass@8 changed by -.13 [-.20, -.06] with no filter and by ...``."""
    measure = "pass@k" if any("pass@k" in arm.change for arm in arms) else "greedy"
    each = [
        f"by {estimate(arm.change[measure], signed=True)} with {loop_name(arm.name)}"
        for arm in arms
        if measure in arm.change
    ]
    return f"{measure_name(given, measure)} changed {listing(each)}"


def _loop_title(given: Loops, opened: Sequence[LoopArm], closed: Sequence[LoopArm]) -> str:
    name = measure_name(given, "pass@k")
    raised = [arm for arm in closed if "pass@k" in arm.change and arm.change["pass@k"].low > 0]
    if raised:
        return f"{listing([loop_name(arm.name) for arm in raised])} raised {name} without a verdict"
    moved = [share(arm.change["pass@k"].value, signed=True) for arm in opened if "pass@k" in arm.change]
    parts = [f"the open loop moved {name} by {listing(moved)}"] if moved else []
    if closed:
        parts.append(f"no closed loop is seen to raise {name}")
    title = "; ".join(parts) or f"Loops on {given.family}"
    return title[0].upper() + title[1:]


def measure_name(given: Loops, measure: str) -> str:
    """``pass@8`` for ``pass@k``."""
    return f"pass@{given.k}" if measure == "pass@k" else measure


def _moved(given: Loops, arm: LoopArm) -> str:
    parts = []
    for measure in ("greedy", "pass@k"):
        curve = next(
            (curve for curve in given.curves if (curve.arm, curve.name) == (arm.name, measure)), None
        )
        if curve is not None and measure in arm.change:
            first, last = (share(curve.points[place].mean.value) for place in (0, -1))
            change = estimate(arm.change[measure], signed=True)
            parts.append(f"{measure_name(given, measure)} from {first} to {last} ({change})")
    return listing(parts)


def _open_or_closed(
    given: Loops, opened: Sequence[LoopArm], closed: Sequence[LoopArm]
) -> tuple[Standing, str]:
    name = measure_name(given, "pass@k")
    raised = [arm for arm in closed if "pass@k" in arm.change and arm.change["pass@k"].low > 0]
    if raised:
        return (
            "against",
            f"{listing([loop_name(arm.name) for arm in raised])} raised {name} without a verdict, against the claim",
        )
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
