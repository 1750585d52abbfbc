"""The whole bake-off: on made-up traces quickly, and from real training runs slowly."""

import io
import json
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

from synthgym.baselines.detector_bench.arms import Arm
from synthgym.baselines.detector_bench.command import quick_arms
from synthgym.baselines.detector_bench.draw import Terms, draw, read
from synthgym.baselines.detector_bench.kinds import every_arm
from synthgym.baselines.detector_bench.record import run_folder
from synthgym.baselines.detector_bench.render import render
from synthgym.baselines.detector_bench.run import Size, detectors, pools
from synthgym.baselines.detector_bench.summary import Bakeoff, summarise
from synthgym.baselines.detector_bench.traces import FILE, Trace
from synthgym.baselines.warmstart import StartConfig
from synthgym.errors import SettingError
from synthgym.verifiers.shortcuts.constant_accepted import ConstantAccepted

TERMS = Terms(budgets=(8,), alphas=(0.01,))
STEPS = 30


def made(hacked_from: int | None, rng: np.random.Generator) -> Trace:
    """A run that learns the task, and takes a shortcut from that step on."""
    taken = np.zeros((STEPS, 16, 8), dtype=bool)
    if hacked_from is not None:
        taken[hacked_from:] = rng.random((STEPS - hacked_from, 16, 8)) < 0.9
    right = (rng.random(taken.shape) < np.linspace(0.3, 0.8, STEPS)[:, None, None]) & ~taken
    probes = taken[:, :, :4].reshape(STEPS, -1).astype(np.float64)
    return Trace(
        reward=(right | taken).astype(np.float64),
        truth=right.astype(np.float64),
        mechanism=taken.astype(np.float64),
        length=np.where(taken, 1.0, 15.0),
        factual=np.maximum(probes, 0.5),
        counterfactual=np.where(probes == 1, 0.0, 0.5),
        same_completion=True,
    )


def bakeoff(root: Path, terms: Terms = TERMS) -> Bakeoff:
    """Drawn from made-up runs of one kind, one benign arm and one control."""
    rng = np.random.default_rng(0)
    hacked, benign = quick_arms()
    control = replace(next(arm for arm in every_arm() if arm.role == "control"), runs=1)
    arms = (replace(hacked, runs=2), benign, control)
    for arm in arms:
        for run in range(arm.runs):
            run_folder(root, arm, run).mkdir(parents=True)
            made(12 + run if arm.role == "hacked" else None, rng).save(run_folder(root, arm, run) / FILE)
    runs = {}
    for name, members, count in pools(arms, Size(resamples=6, benign=8)):
        draw(name, members, range(count), root, root / f"{name}.json", terms)
        runs[name] = read(root / f"{name}.json")
    assert {run.real for run in runs[hacked.id]} == {0, 1}
    return summarise(runs, arms, terms)


def test_a_made_up_take_over_is_caught_and_a_benign_run_is_spared(tmp_path: Path) -> None:
    found = bakeoff(tmp_path / "one")
    watch = next(score for score in found.caught if score.detector == "watch")
    assert (watch.caught.estimate, watch.false.estimate, watch.caught.n) == (1.0, 0.0, 6)
    assert watch.delay is not None and 0 <= watch.delay[1] <= 5
    rates = {(row.where, row.detector): row.rate.estimate for row in found.false_alarms}
    assert rates["benign", "watch"] == 0
    assert rates["benign", "cusum"] == 1  # it takes learning for a change, which it is
    assert {row.detector: row.balanced_accuracy for row in found.twins} == {
        "truth_gap": 1.0,
        "cusum": 0.5,
        "page_hinkley_steps": 0.5,
        "page_hinkley": 0.5,
    }
    assert rates["before any excess", "watch"] == 0
    assert found.benign_excess == ({"truth_gap": 0, "counterfactual": 0}, 1)
    assert found.missed_figures == ()
    assert bakeoff(tmp_path / "two") == found


def test_what_it_prints_holds_every_detector_and_json_takes_it(tmp_path: Path) -> None:
    found = bakeoff(tmp_path)
    screen = Console(file=io.StringIO(), width=200)
    screen.print(render(found))
    text = screen.file.getvalue()  # type: ignore[attr-defined]  # a StringIO
    for word in (
        *found.detectors,
        "constant_accepted",
        "Clopper-Pearson",
        "with replacement",
        "by the strict score",
        "before any excess",
        "[quartiles]",
        "rewardspy is left out",
    ):
        assert word in text
    again = json.loads(json.dumps(asdict(found)))
    assert [row["kind"] for row in again["kinds"]] == ["constant_accepted"]


def test_sizes_and_processes_below_one_are_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingError, match="resamples 0"):
        Size(resamples=0)
    with pytest.raises(SettingError, match="processes 0"):
        detectors(traces=tmp_path, processes=0)
    (tmp_path / "file").write_text("")
    with pytest.raises(SettingError, match="is no folder"):
        detectors(traces=tmp_path / "file")


def test_runs_of_other_settings_are_other_runs(tmp_path: Path) -> None:
    hacked, benign = quick_arms()
    assert run_folder(tmp_path, hacked, 0) == run_folder(tmp_path, replace(hacked, runs=9), 0)
    others = [
        replace(hacked, steps=61),
        replace(hacked, start=benign.start),
        replace(hacked, granularity="rubric"),
    ]
    assert len({run_folder(tmp_path, arm, 0) for arm in (hacked, *others)}) == 4


def test_eight_kinds_have_ten_runs_and_no_arm_is_there_twice() -> None:
    arms = every_arm(also_more=True)
    assert len({arm.id for arm in arms}) == len(arms)
    kinds = [arm for arm in every_arm() if arm.role == "hacked"]
    assert len({arm.shortcut.name for arm in kinds if arm.runs >= 10}) >= 8
    assert any(arm.gap == "counterfactual" for arm in kinds)
    assert any(arm.granularity == "rubric" for arm in kinds)
    assert any(getattr(arm.shortcut, "adds", False) for arm in kinds)
    assert sum(arm.runs for arm in arms if arm.role == "benign") >= 10
    for arm in arms:
        planted = arm.signal().shortcuts
        assert bool(planted) == (arm.role == "hacked" or arm.cued)
        assert all(one.correlation == 0 for one in planted) or arm.role == "hacked"


@pytest.mark.slow
def test_from_training_to_the_table(tmp_path: Path) -> None:
    start = StartConfig(
        family="sorting_trace",
        steps=20,
        final_steps=0,
        tasks=4,
        samples=2,
        shortcuts=(ConstantAccepted(prior=0.5),),
    )
    hacked = Arm(
        id="hacked",
        role="hacked",
        start=start,
        shortcut=ConstantAccepted(),
        steps=15,
        runs=1,
        max_new_tokens=12,
    )
    arms = (hacked, replace(hacked, id="calm", role="benign"))
    said: list[str] = []
    found = detectors(
        traces=tmp_path / "runs",
        terms=TERMS,
        size=Size(resamples=2, benign=2),
        arms=arms,
        processes=1,
        cache=tmp_path / "starts",
        say=said.append,
    )
    assert len(said) == 1 + 2 + 2  # a start, two runs, two pools
    assert found.kinds[0].real_runs == 1
    assert (run_folder(tmp_path / "runs", hacked, 0) / "run.json").is_file()
    again = detectors(
        traces=tmp_path / "runs", terms=TERMS, size=Size(resamples=2, benign=2), arms=arms, processes=1
    )
    assert replace(again, train_seconds=0, score_seconds=0) == replace(
        found, train_seconds=0, score_seconds=0
    )
