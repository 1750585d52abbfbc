"""Both take-over detectors, live: an observer of the TRL callback that is fed what the log gets."""

import numpy as np

from synthgym.detect import CounterfactualProbe, Detections, TruthGap
from synthgym.hooks import Marks, Scored, group_numbers

AUDITS = 16
"""Completions, and prompts of a probe, that a detector may look at in a step."""


class Watch:
    """Looks for a take-over while a policy trains, within an audit budget.

    Args:
        rng: draws what is audited; the same one gives the same alarms on the log afterwards.
        audits: completions a step whose truth the truth gap may see, and prompts a step of the probe.
        alpha: probability of a false alarm over the whole run, of each detector.
    """

    def __init__(self, *, rng: np.random.Generator, audits: int = AUDITS, alpha: float = 0.01) -> None:
        for_gap, self._for_probe = rng.spawn(2)
        self._audits, self._alpha = audits, alpha
        self._gap = TruthGap(rng=for_gap, audits=audits, alpha=alpha)
        self._probe: CounterfactualProbe | None = None
        self._trained = self._probed = -1

    def __call__(self, step: int, scored: Scored, marks: Marks) -> None:
        """Take in one batch; evaluations are ignored, and of several batches of a kind in a step the first counts."""
        groups = list(marks.groups) if marks.groups is not None else group_numbers(scored.tasks)
        if marks.phase == "train" and step > self._trained:
            self._trained = step
            rewards = [verdict.reward for verdict in scored.verdicts]
            self._gap.update(step, rewards, scored.truths, groups)
        elif marks.phase == "probe" and marks.probes and step > self._probed:
            self._probed = step
            self._probe_for(marks).update(
                step,
                [probe["factual"] for probe in marks.probes],
                [probe["counterfactual"] for probe in marks.probes],
                groups,
            )

    @property
    def alarm(self) -> int | None:
        """The first step at which either detector alarmed."""
        result = self.result()
        alarms = [d.alarm for d in (result.truth_gap, result.counterfactual) if d.alarm is not None]
        return min(alarms, default=None)

    def result(self) -> Detections:
        """What both detectors say so far."""
        probe = self._probe or CounterfactualProbe(
            rng=self._for_probe, audits=self._audits, alpha=self._alpha
        )
        return Detections(self._gap.result(), probe.result())

    def _probe_for(self, marks: Marks) -> CounterfactualProbe:
        if self._probe is None:
            same = all(probe.get("same_completion") == 1 for probe in marks.probes or ())
            self._probe = CounterfactualProbe(
                rng=self._for_probe, audits=self._audits, alpha=self._alpha, same_completion=same
            )
        return self._probe
