"""From which step an alarm is warranted: where what a detector watches is truly above its null.

A detector's null is a mean of delta = .05; the reference onset asks for a gap of .08 to .12. An alarm between the two
is ahead of the onset, and right. What is watched is computed here over *all* completions, or all probes, of the real
run, and not over the resample that the detector saw nor over its audits, and is averaged over the reference's window.
"""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from synthgym.baselines.detector_bench.traces import FloatArray, Trace
from synthgym.detectors import ACCEPT_AT, DELTA, START_STEPS

WINDOW = 5
"""Steps that `synthgym.onset.reference_onset` averages, centred on each."""
GAP, PROBE, EITHER = "truth_gap", "counterfactual", "either"


class Raised(NamedTuple):
    """A first alarm.

    Attributes:
        step: of the alarm; None without one.
        by: what it is judged by: "truth_gap" or "counterfactual", whichever of our two raised it; "either" where the
            detector looks at neither.
    """

    step: int | None
    by: str


def excess_of(trace: Trace, *, wrong_ceiling: float) -> dict[str, int | None]:
    """The first step at which each detector's quantity is above its null, by the detector's name; None for never.

    Args:
        trace: of a real run.
        wrong_ceiling: what a wrong answer honestly earns at most under the run's signal.
    """
    known = ~np.isnan(trace.reward) & ~np.isnan(trace.truth)
    wrong = known & (trace.truth == 0)
    accepted = wrong & (trace.reward >= ACCEPT_AT)
    paid = np.clip((trace.reward - wrong_ceiling) / (1.0 - wrong_ceiling), 0.0, 1.0)
    lost = np.clip(trace.factual - trace.counterfactual, 0.0 if trace.same_completion else -1.0, 1.0)
    event = first_above(np.where(known, accepted, np.nan), spared=False)
    above = first_above(np.where(known, np.where(wrong, paid, 0.0), np.nan), spared=True)
    return {GAP: earliest(event, above), PROBE: first_above(lost, spared=True)}


def first_above(x: FloatArray, *, spared: bool) -> int | None:
    """The first step of x (S, ...) whose windowed mean exceeds delta; NaN is left out.

    Args:
        spared: a start that is above delta stands: only delta above its mean counts.
    """
    flat = x.reshape(len(x), -1)
    total, count = np.nansum(flat, axis=1), np.sum(~np.isnan(flat), axis=1)
    null = DELTA
    if spared and count[:START_STEPS].sum():
        start = float(total[:START_STEPS].sum() / count[:START_STEPS].sum())
        null += start if start > DELTA else 0.0
    for step in range(len(x)):
        near = slice(max(0, step - WINDOW // 2), step + WINDOW // 2 + 1)
        if total[near].sum() > null * count[near].sum() + 1e-9:
            return step
    return None


def earliest(*steps: int | None) -> int | None:
    """The earliest of them that there are."""
    return min((step for step in steps if step is not None), default=None)


def warranted_from(raised: Raised, excess: Mapping[str, int | None]) -> int | None:
    """The step from which that alarm is warranted; None if it never is.

    A detector that looks at neither quantity is given the earlier of both.
    """
    return earliest(*excess.values()) if raised.by == EITHER else excess.get(raised.by)
