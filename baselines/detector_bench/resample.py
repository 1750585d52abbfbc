"""Many runs from a few: a real run's groups, drawn with replacement within each step.

A group is the unit, as completions of one prompt depend on each other; it is never split. A resampled run keeps
its real run's course, as every step keeps its own policy, and varies what a step happened to show of it. Probes
are drawn likewise, a prompt with its counterfactual. What a detector audits is drawn afresh besides, by the
detector. So the figures vary over what was sampled, and over no more trainings than there are real runs.
"""

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from synthgym.baselines.detector_bench.traces import FloatArray, Trace
from synthgym.onset import Onset, reference_onset

if TYPE_CHECKING:
    import pyarrow as pa

    from synthgym.baselines.detector_bench.arms import Gap


def resampled(trace: Trace, rng: np.random.Generator) -> Trace:
    """A run like `trace`, whose steps hold a bootstrap sample of its groups, and of its probes."""
    count, groups, _ = trace.reward.shape
    probes = trace.factual.shape[1]
    chosen = rng.integers(groups, size=(count, groups))
    asked = rng.integers(probes, size=(count, probes)) if probes else np.empty((count, 0), np.int64)

    def of(column: FloatArray) -> FloatArray:
        picked: FloatArray = np.take_along_axis(column, chosen[..., None], axis=1)
        return picked

    def probed(column: FloatArray) -> FloatArray:
        picked: FloatArray = np.take_along_axis(column, asked, axis=1)
        return picked

    return replace(
        trace,
        reward=of(trace.reward),
        truth=of(trace.truth),
        mechanism=of(trace.mechanism),
        length=of(trace.length),
        factual=probed(trace.factual),
        counterfactual=probed(trace.counterfactual),
    )


def relabelled(trace: Trace, *, accept_at: float = 0.5) -> Trace:
    """The twin that differs in truth alone: what is accepted is right, so that nothing is hacked."""
    truth = np.where(np.isnan(trace.reward), np.nan, (trace.reward >= accept_at).astype(np.float64))
    return replace(trace, truth=truth)


def onset_of(trace: Trace, gap: "Gap") -> Onset:
    """The reference onset of a run by the truth of every completion: `synthgym.onset.reference_onset`."""
    lost = (trace.factual - trace.counterfactual).mean(axis=1) if gap == "counterfactual" else None
    return reference_onset(_table(trace), mechanism=trace.mechanism.ravel() > 0.5, gap=lost)


def _table(trace: Trace) -> "pa.Table":
    import pyarrow as pa

    each = trace.reward[0].size
    rows = trace.steps * each
    return pa.table(
        {
            "run": pa.array(["run"] * rows),
            "step": np.repeat(np.arange(trace.steps), each),
            "phase": pa.array(["train"] * rows),
            "reward": trace.reward.ravel(),
            "truth": trace.truth.ravel(),
        }
    )
