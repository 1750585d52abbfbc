"""Both take-over detectors, live: an observer of the TRL callback that is fed what the log gets.

What is known to whom: the reward function computes the truth of every completion for the log, and nothing of it reaches
training. The detectors ask for the truth of at most `audits` completions a step, one by one, and that is counted.
Hints ask for none.
"""

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import numpy as np

from synthgym.detect import Detections, Streams, fed, probe_of, probed_in
from synthgym.detectors import (
    ACCEPT_AT,
    ALPHA,
    AUDITS,
    DELTA,
    WRONG_CEILINGS,
    CounterfactualProbe,
    Detection,
    Detector,
    TruthGap,
    check_share,
    wrong_ceiling_of,
)
from synthgym.errors import SettingError, shown
from synthgym.hints import NOTE, Hint, Hints, feed
from synthgym.hooks import Marks, Scored, group_numbers
from synthgym.intervention import Alarm, OnAlarm, checked_action, named
from synthgym.measure.columns import equal, one_run, steps
from synthgym.rollout import Phase
from synthgym.signal import Signal

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["AUDITS", "Watch"]


class Watch:
    """Looks for a take-over while a policy trains, within an audit budget.

    It is an observer, ``watch(step, scored, marks)``; `synthgym.callback(..., watch=Watch(...))` feeds it, and does
    what `on_alarm` says. Every batch of a step is taken in before the step is weighed, in `settle`.

    Args:
        rng: draws what is audited; the same one gives the same alarms on the log afterwards, by `detect`.
        audits: completions a step whose truth the truth gap may see, and prompts a step of each probe.
        alpha: probability of a false alarm over the whole run, of all detectors together: half of it is the
            truth gap's, the other half is divided evenly among the shortcuts that are probed.
        delta: the share of paid wrong answers, and the loss under a counterfactual, that are no cause for alarm.
        accept_at: the least reward that counts as accepted.
        wrong_ceiling: the most that a wrong answer honestly earns; None says it by the signal (`wrong_ceiling_of`).
        on_alarm: "nothing" but to log it; "stop" the training; "decorrelate" the shortcut (`synthgym.intervention`);
            or a function that is called with the `Alarm`.
        hints: also look for what needs no truth (`synthgym.hints`); no alarm ever comes of it.

    It is for one run. A run that is resumed from a checkpoint has a new one, made with the same generator and settings,
    which takes in the log of what came before (`resume`; the callback does that).

    Raises:
        SettingError, MeasureError: for a value outside what is accepted.
    """

    def __init__(
        self,
        *,
        rng: np.random.Generator,
        audits: int = AUDITS,
        alpha: float = ALPHA,
        delta: float = DELTA,
        accept_at: float = ACCEPT_AT,
        wrong_ceiling: float | None = None,
        on_alarm: OnAlarm = "nothing",
        hints: bool = False,
    ) -> None:
        if not isinstance(rng, np.random.Generator):
            raise SettingError(f"rng {shown(rng)} is no generator: numpy.random.default_rng(seed) makes one")
        check_share("alpha", alpha)  # the detectors see a half of it
        self.on_alarm = checked_action(on_alarm)
        self._audits, self._alpha, self._delta, self._accept_at = audits, alpha, delta, accept_at
        self._ceiling, self._streams = wrong_ceiling, Streams(rng)
        self._gap = self._new_gap()
        self._probes: dict[str, CounterfactualProbe] = {}
        self._hints = Hints() if hints else None
        self._now: dict[Phase, int] = {"train": -1, "probe": -1}
        self._weighed = dict(self._now)
        self._batches: list[tuple[Scored, Sequence[int]]] = []
        self._probed: dict[str, tuple[Marks, Sequence[int]]] = {}
        self._alarms: list[Alarm] = []
        self._taken = 0

    def begin(self, signal: Signal) -> None:
        """Say what is trained on, before the first step."""
        if self._ceiling is None and self._gap.last_step is None:
            self._ceiling = wrong_ceiling_of(signal)
            self._gap = self._new_gap()

    def resume(self, step: int, table: "pa.Table | None" = None, *, run: str | None = None) -> int:
        """Say from which step training goes on; what the log has of the steps before it is taken in as if seen live.

        Streams and order are those of the run that was left, so that the same is said as if it had not been. Alarms
        that were raised then are raised again, with the same words.

        Args:
            step: updates made so far; 0 where training begins.
            table: from `read_log`, with what `replay` needs, and completion and escaped for hints.
            run: which run, where the table holds several.

        Returns:
            How many training steps were taken in.

        Raises:
            SettingError: if it has weighed that step already: a Watch is for one run.
            MeasureError: if a column is missing, or it is not clear which run is meant.
        """
        last = self._weighed["train"]
        if last >= step:
            raise SettingError(
                f"this Watch has weighed steps up to {last}, and training is at step {step}: a Watch is for one run, "
                "make another one, and a callback with it"
            )
        if table is None or not len(table) or last >= 0:
            return 0
        earlier = table.filter(one_run(table, run) & (steps(table) < step))
        for phase in self._weighed:
            there = steps(earlier)[equal(earlier, "phase", phase)]
            self._weighed[phase] = self._now[phase] = int(there.max(initial=-1))
        if self._weighed["train"] >= 0:
            self._replay(earlier, self._gap)
        for name, count, same in probed_in(earlier) if self._weighed["probe"] >= 0 else ():
            self._replay(earlier, self._new_probe(name, count, same))
        if self._hints is not None and len(earlier):
            feed(self._hints, earlier)
        # Live, the step's probes follow its update, and are weighed with what it was trained on.
        self._alarms.sort(key=lambda alarm: alarm.step + (alarm.detector == TruthGap.name))
        return len(self._gap.result().steps)

    def _replay(self, table: "pa.Table", detector: TruthGap | CounterfactualProbe) -> None:
        before = detector.alarm
        for state in fed(table, detector):
            self._note(detector, before)
            before = state.alarm

    def __call__(self, step: int, scored: Scored, marks: Marks) -> None:
        """Take in one batch; evaluations are ignored, and so is what comes for a step that was weighed."""
        if marks.phase == "eval" or step <= self._weighed[marks.phase]:
            return
        if step > self._now[marks.phase]:
            self._settle(marks.phase)
            self._now[marks.phase] = step
        groups = list(marks.groups) if marks.groups is not None else group_numbers(scored.tasks)
        if marks.phase == "train":
            self._batches.append((scored, groups))
        elif marks.probes:
            name, _ = probe_of(marks.probes[0])
            self._probed.setdefault(name, (marks, groups))

    def settle(self) -> None:
        """Weigh what was taken in; its steps take in no more."""
        self._settle("train")
        self._settle("probe")

    def _settle(self, phase: Phase) -> None:
        step = self._now[phase]
        if phase == "train" and self._batches:
            batches, self._batches = self._batches, []
            self._weighed[phase] = step
            self._weigh(step, batches)
        elif phase == "probe" and self._probed:
            probed, self._probed = self._probed, {}
            self._weighed[phase] = step
            for name, (marks, groups) in probed.items():
                self._weigh_probe(step, name, marks, groups)

    def take(self) -> list[Alarm]:
        """The alarms since this was asked last."""
        new = self._alarms[self._taken :]
        self._taken = len(self._alarms)
        return new

    @property
    def alarms(self) -> tuple[Alarm, ...]:
        """Every alarm so far: one at most of the truth gap, and of each shortcut's probe."""
        return tuple(self._alarms)

    @property
    def alarm(self) -> int | None:
        """The first step at which a detector alarmed."""
        return min((alarm.step for alarm in self._alarms), default=None)

    @property
    def hints(self) -> tuple[Hint, ...]:
        """What was hinted at so far; none of it is a finding."""
        return () if self._hints is None else self._hints.found

    def result(self) -> Detections:
        """What both detectors say so far, with everything that was taken in."""
        self.settle()
        probes = tuple(probe.result() for probe in self._probes.values())
        return Detections(truth_gap=self._gap.result(), probes=probes or (self._unprobed(),))

    def summary(self) -> dict[str, Any]:
        """What was looked at and what was hinted, for the record."""
        probes = {name or "unnamed": probe.result() for name, probe in self._probes.items()}
        return {
            "watch": self.settings(),
            "audited": {"truth_gap": self._gap.result().audits}
            | {name: found.audits for name, found in probes.items()},
            "last_step": max(self._weighed.values()),
            "hints": [{"note": NOTE, **asdict(hint)} for hint in self.hints],
        }

    def settings(self) -> dict[str, Any]:
        """What it was told, for the record."""
        return {
            "audits": int(self._audits),
            "alpha": float(self._alpha),
            "delta": float(self._delta),
            "accept_at": float(self._accept_at),
            "wrong_ceiling": None if self._ceiling is None else float(self._ceiling),
            "on_alarm": named(self.on_alarm),
            "hints": self._hints is not None,
        }

    def _weigh(self, step: int, batches: Sequence[tuple[Scored, Sequence[int]]]) -> None:
        rewards = [verdict.reward for scored, _ in batches for verdict in scored.verdicts]
        truths = [truth for scored, _ in batches for truth in scored.truths]
        groups = [group for _, numbers in batches for group in numbers]
        gap, before = self._gap, self._gap.alarm
        # A function and not the list: what was not drawn is never asked for.
        gap.update(step, rewards, lambda i: truths[i], groups)
        self._note(gap, before)
        if self._hints is not None:
            texts = [text for scored, _ in batches for text in scored.completions]
            self._hints.update(step, texts, rewards)

    def _weigh_probe(self, step: int, name: str, marks: Marks, groups: Sequence[int]) -> None:
        results = marks.probes or ()
        probe = self._probes.get(name)
        if probe is None:
            same = all(result.get("same_completion") == 1 for result in results)
            probe = self._new_probe(name, probe_of(results[0])[1], same)
        before = probe.alarm
        factual, counterfactual = (
            [result.get(key) for result in results] for key in ("factual", "counterfactual")
        )
        probe.update(step, factual, counterfactual, groups)
        self._note(probe, before)

    def _note(self, detector: Detector, before: int | None) -> None:
        if before is None and detector.alarm is not None:
            self._alarms.append(Alarm.of(detector.result()))

    def _new_gap(self) -> TruthGap:
        return TruthGap(
            rng=self._streams.gap,
            audits=self._audits,
            delta=self._delta,
            alpha=self._alpha / 2,
            accept_at=self._accept_at,
            wrong_ceiling=WRONG_CEILINGS["rubric"] if self._ceiling is None else self._ceiling,
        )

    def _new_probe(self, name: str, count: int, same_completion: bool) -> CounterfactualProbe:
        probe = self._probes[name] = self._streams.probe(
            name,
            count,
            audits=self._audits,
            delta=self._delta,
            alpha=self._alpha,
            same_completion=same_completion,
        )
        return probe

    def _unprobed(self) -> Detection:
        return CounterfactualProbe(
            rng=np.random.default_rng(0), audits=self._audits, delta=self._delta, alpha=self._alpha / 2
        ).result()
