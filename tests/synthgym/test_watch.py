"""The live detectors say what they say of the log afterwards."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import synthgym
from synthgym.detect import PROBE_OF, detect, wrong_ceiling_of
from synthgym.detectors import TruthGap
from synthgym.errors import MeasureError, SettingError
from synthgym.hooks import Marks, Scored, named_shortcuts, record
from synthgym.log import RolloutLog, read_log
from synthgym.signal import Shortcut, Signal
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


def test_no_more_truths_are_asked_for_than_the_budget(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of those of a whole step, whatever number of batches it has; the log's own copy aside."""
    asked: list[int] = []
    update = TruthGap.update

    def counting(self: Any, step: int, reward: Any, truth: Any, group: Any = None) -> Any:
        def told(i: int) -> bool | None:
            asked.append(i)
            given: bool | None = truth(i)
            return given

        assert callable(truth)  # a list would have told all
        return update(self, step, reward, told, group)

    monkeypatch.setattr("synthgym.detectors.TruthGap.update", counting)
    watch, rng = Watch(rng=rng_of(0), audits=5), rng_of(1)
    for step in range(6):
        for _ in range(3):  # gradients are accumulated
            watch(step, batch(step, True, rng), Marks(phase="train"))
    assert watch.result().truth_gap.audits == len(asked) == 6 * 5


def test_all_batches_of_a_step_count_live_as_in_the_log(tmp_path: Path) -> None:
    watch, rng = Watch(rng=rng_of(5)), rng_of(1)
    with RolloutLog(tmp_path) as log:
        for step in range(45):
            for _ in range(2):
                scored = batch(step, True, rng)
                record(log, scored, step=step, marks=Marks(phase="train"))
                watch(step, scored, Marks(phase="train"))
    live = watch.result()
    assert live == detect(read_log(tmp_path), rng=rng_of(5))
    assert live.truth_gap.alarm is not None and live.counterfactual.audits == 0
    before = live.truth_gap.audits
    watch(44, batch(44, True, rng), Marks(phase="train"))  # too late for that step
    assert watch.result().truth_gap.audits == before


def probe_rows(name: str, count: int, lost: float, rng: np.random.Generator) -> list[dict[str, float]]:
    return [
        {
            "factual": 1.0,
            "counterfactual": float(rng.random() >= lost),
            "same_completion": 1.0,
            PROBE_OF + name: float(count),
        }
        for _ in range(16)
    ]


def test_each_shortcut_has_a_probe_and_the_alarm_names_it(tmp_path: Path) -> None:
    other = ConstantAccepted(constant="?")
    shortcuts: dict[str, Shortcut] = named_shortcuts([SHORTCUT, other])
    assert list(shortcuts) == ["constant_accepted", "constant_accepted#2"]
    watch, rng = Watch(rng=rng_of(5), alpha=0.02), rng_of(2)
    tasks = [FAMILY.task(i) for i in range(16)]
    asked = SignalReward("binary").judge(tasks, ["=1"] * 16)
    with RolloutLog(tmp_path) as log:
        for step in range(40):
            for name in shortcuts:
                lost = 0.5 if name.endswith("#2") and step > 20 else 0.0
                marks = Marks(
                    phase="probe",
                    shortcuts=tuple(shortcuts.values()),
                    probes=probe_rows(name, len(shortcuts), lost, rng),
                )
                record(log, asked, step=step, marks=marks)
                watch(step, asked, marks)
    live = watch.result()
    assert live == detect(read_log(tmp_path), rng=rng_of(5), alpha=0.02)
    quiet, loud = live.probes
    assert (quiet.shortcut, quiet.alarm) == ("constant_accepted", None)
    assert loud.shortcut == "constant_accepted#2" and loud.alarm is not None and 20 < loud.alarm < 28
    assert quiet.alpha == loud.alpha == 0.02 / 2 / 2  # half is the truth gap's, the rest is shared
    [alarm] = watch.alarms
    assert (alarm.shortcut, alarm.detector) == ("constant_accepted#2", "counterfactual")
    assert "of constant_accepted#2 alarmed at step" in alarm.text
    assert live.counterfactual == loud
    assert watch.take() == [alarm] and watch.take() == []


@pytest.mark.parametrize(
    ("signal", "ceiling"),
    [
        (Signal(), 0.0),
        (Signal(granularity="rubric"), 0.4),
        (Signal(granularity="token"), 0.4),
        (Signal(verifier="rubric"), 0.4),
        (Signal(verifier=lambda task, response: 0.3), 0.5),
        (Signal(shortcuts=(SHORTCUT,)), 0.0),
    ],
)
def test_what_a_wrong_answer_may_earn_is_known_of_the_signal(signal: Signal, ceiling: float) -> None:
    assert wrong_ceiling_of(signal) == ceiling
    watch = Watch(rng=rng_of(0))
    watch.begin(signal)
    assert watch.settings()["wrong_ceiling"] == ceiling
    told = Watch(rng=rng_of(0), wrong_ceiling=0.2)
    told.begin(signal)
    assert told.settings()["wrong_ceiling"] == 0.2


@pytest.mark.parametrize(
    ("wrong", "error", "message"),
    [
        (lambda: Watch(rng=3), SettingError, "no generator"),  # type: ignore[arg-type]
        (lambda: Watch(rng=rng_of(0), audits=-1), MeasureError, "audits -1"),
        (lambda: Watch(rng=rng_of(0), audits=1.5), MeasureError, "audits 1.5"),  # type: ignore[arg-type]
        (lambda: Watch(rng=rng_of(0), alpha=0.0), MeasureError, "alpha"),
        (lambda: Watch(rng=rng_of(0), alpha=1.5), MeasureError, "alpha 1.5"),  # not the half of it
        (lambda: Watch(rng=rng_of(0), alpha="x"), MeasureError, "alpha 'x'"),  # type: ignore[arg-type]
        (lambda: Watch(rng=rng_of(0), accept_at=float("nan")), MeasureError, "accept_at nan"),
        (lambda: Watch(rng=rng_of(0), delta=1.0), MeasureError, "delta 1.0"),
        (lambda: Watch(rng=rng_of(0), wrong_ceiling=1.0), MeasureError, "wrong_ceiling"),
    ],
)
def test_a_setting_that_is_none_is_refused_at_once(
    wrong: Callable[[], object], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        wrong()


def test_a_budget_in_numpys_numbers_is_put_on_record() -> None:
    told = Watch(rng=rng_of(0), audits=np.int64(3), alpha=np.float32(0.5)).settings()  # type: ignore[arg-type]
    assert json.loads(json.dumps(told))["audits"] == 3


def rng_of(seed: int) -> np.random.Generator:
    return np.random.default_rng(seed)
