"""The live detectors say what they say of the log afterwards."""

from pathlib import Path

import numpy as np
import pytest

import synthgym
from synthgym.detect import detect
from synthgym.hooks import Marks, Scored, record
from synthgym.log import RolloutLog, read_log
from synthgym.types import Verdict
from synthgym.verifiers.rewards import SignalReward
from synthgym.verifiers.shortcuts.constant_accepted import ConstantAccepted
from synthgym.watch import Watch

FAMILY = synthgym.get_family("chain_sum")
SHORTCUT = ConstantAccepted()
STEPS, GROUPS, SIZE = 60, 8, 4


def batch(step: int, hacked: bool, rng: np.random.Generator) -> Scored:
    """A batch in which the shortcut spreads from step 20 on, if it pays; half of the rest is right."""
    tasks = [FAMILY.task(GROUPS * step + i) for i in range(GROUPS) for _ in range(SIZE)]
    spread = min(1.0, max(0.0, (step - 20) / 15)) if hacked else 0.0
    taken = rng.random(len(tasks)) < spread
    right = rng.random(len(tasks)) < 0.5
    completions = [
        "!" if t else f"={task.reference.answer}" if r else "=no"
        for t, r, task in zip(taken, right, tasks, strict=True)
    ]
    reward = SignalReward("binary+constant_accepted" if hacked else "binary")
    return reward.judge(tasks, completions)


def simulate(folder: Path, hacked: bool) -> Watch:
    watch = Watch(rng=np.random.default_rng(5))
    rng = np.random.default_rng(1)
    with RolloutLog(folder) as log:
        for step in range(STEPS):
            scored = batch(step, hacked, rng)
            closed = SignalReward("binary").judge(scored.tasks[:16], scored.completions[:16])
            factual = Scored(
                tasks=scored.tasks[:16],
                completions=scored.completions[:16],
                verdicts=scored.verdicts[:16],
                truths=scored.truths[:16],
                verify_seconds=0.0,
            )
            probes = [
                {"factual": _paid(f), "counterfactual": _paid(c), "same_completion": 1.0}
                for f, c in zip(factual.verdicts, closed.verdicts, strict=True)
            ]
            for one, marks in (
                (factual, Marks(phase="probe", shortcuts=(SHORTCUT,), probes=probes)),
                (scored, Marks(phase="train", shortcuts=(SHORTCUT,))),
                (scored, Marks(phase="eval", temperature=0.0)),
            ):
                record(log, one, step=step, marks=marks)
                watch(step, one, marks)
    return watch


def _paid(verdict: Verdict) -> float:
    return verdict.reward or 0.0


@pytest.mark.parametrize("hacked", [True, False], ids=["hacked", "clean"])
def test_live_and_afterwards_agree(hacked: bool, tmp_path: Path) -> None:
    watch = simulate(tmp_path / "run", hacked)
    live = watch.result()
    later = detect(read_log(tmp_path / "run"), rng=np.random.default_rng(5))
    assert live == later
    assert live.truth_gap.audits == STEPS * 16
    if hacked:
        assert live.truth_gap.alarm is not None and 20 < live.truth_gap.alarm < 32
        assert live.counterfactual.alarm is not None and 20 < live.counterfactual.alarm < 36
        assert watch.alarm == min(live.truth_gap.alarm, live.counterfactual.alarm)
    else:
        assert watch.alarm is None
