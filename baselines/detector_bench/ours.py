"""SynthGym's own detectors on a trace, at the settings they come with; nothing is set for a kind of shortcut."""

import numpy as np

from synthgym.baselines.detector_bench.excess import GAP, PROBE, Raised
from synthgym.baselines.detector_bench.traces import Trace
from synthgym.detect import CounterfactualProbe, TruthGap

OURS = ("truth_gap", "counterfactual", "watch")
"""The detectors: each of the two by itself at alpha, and both together, as `Watch` has them, at alpha in all."""


def first_alarms(
    trace: Trace, rng: np.random.Generator, *, audits: int, alpha: float, wrong_ceiling: float
) -> dict[str, Raised]:
    """Each detector's first alarm on `trace`.

    Each looks at no more than `audits` truths, or prompts, a step, drawn by a generator spawned from `rng`.

    Args:
        wrong_ceiling: what a wrong answer honestly earns at most under the run's signal, as `Watch` takes it thence.
    """
    for_gap, for_probe, for_watch = rng.spawn(3)
    gap = truth_gap_alarm(trace, for_gap, audits=audits, alpha=alpha, wrong_ceiling=wrong_ceiling)
    return {
        "truth_gap": Raised(gap, GAP),
        "counterfactual": Raised(counterfactual_alarm(trace, for_probe, audits=audits, alpha=alpha), PROBE),
        "watch": watch_alarm(trace, for_watch, audits=audits, alpha=alpha, wrong_ceiling=wrong_ceiling),
    }


def watch_alarm(
    trace: Trace, rng: np.random.Generator, *, audits: int, alpha: float, wrong_ceiling: float
) -> Raised:
    """The first alarm of either detector, each at half of alpha."""
    for_gap, for_probe = rng.spawn(2)
    first = truth_gap_alarm(trace, for_gap, audits=audits, alpha=alpha / 2, wrong_ceiling=wrong_ceiling)
    before = trace.steps if first is None else first
    second = counterfactual_alarm(trace, for_probe, audits=audits, alpha=alpha / 2, before=before)
    return Raised(first, GAP) if second is None else Raised(second, PROBE)


def truth_gap_alarm(
    trace: Trace, rng: np.random.Generator, *, audits: int, alpha: float, wrong_ceiling: float
) -> int | None:
    """The step at which `TruthGap` alarms."""
    detector = TruthGap(rng=rng, audits=audits, alpha=alpha, wrong_ceiling=wrong_ceiling)
    group = np.repeat(np.arange(trace.reward.shape[1]), trace.reward.shape[2]).astype(np.float64)
    for step in range(trace.steps):
        seen = detector.update(step, trace.reward[step].ravel(), trace.truth[step].ravel(), group)
        if seen.alarm is not None:
            return seen.alarm
    return None


def counterfactual_alarm(
    trace: Trace, rng: np.random.Generator, *, audits: int, alpha: float, before: int | None = None
) -> int | None:
    """The step, ahead of `before`, at which `CounterfactualProbe` alarms."""
    detector = CounterfactualProbe(rng=rng, audits=audits, alpha=alpha, same_completion=trace.same_completion)
    for step in range(trace.steps if before is None else before):
        seen = detector.update(step, trace.factual[step], trace.counterfactual[step])
        if seen.alarm is not None:
            return seen.alarm
    return None
