"""Trains the real runs that the bake-off resamples: GRPO through TRL from a warm start, a folder each."""

import hashlib
import json
import shutil
from dataclasses import asdict
from pathlib import Path

from synthgym.algorithm import Budget
from synthgym.baselines.algorithms.grpo import GRPO
from synthgym.baselines.detector_bench.arms import Arm
from synthgym.baselines.detector_bench.traces import FILE, trace_of
from synthgym.baselines.jobs import report_progress
from synthgym.baselines.train import versions
from synthgym.baselines.warmstart import warm_start
from synthgym.envs.dataset import dataset
from synthgym.envs.dataset import tasks as draw_tasks
from synthgym.hooks import Marks, Recorder, Scored
from synthgym.log import RolloutLog, read_log

PROBES = 64
"""Prompts probed a step: the largest budget that is scored."""
BATCH_SIZE = 128
GROUP_SIZE = 8


def run_folder(root: Path, arm: Arm, run: int) -> Path:
    """Where run `run` of `arm` is kept: under its settings' hash, so that other settings are other runs."""
    written = json.dumps(settings_of(arm), sort_keys=True, default=str)
    digest = hashlib.sha256(written.encode("utf-8", "backslashreplace")).hexdigest()
    return root / f"{arm.id}-{digest[:8]}" / f"run-{run:02d}"


def is_recorded(root: Path, arm: Arm, run: int) -> bool:
    """Whether it is there, whole."""
    return (run_folder(root, arm, run) / FILE).is_file()


def record(arm: Arm, run: int, root: Path, cache: Path) -> None:
    """Train run `run` of `arm` and write its log and its trace; what was there of it is thrown away first."""
    folder = run_folder(root, arm, run)
    shutil.rmtree(folder, ignore_errors=True)
    begun = warm_start(arm.start, cache=cache)
    signal, start = arm.signal(), arm.start
    provenance = {
        "arm": arm.id,
        "seed": run,
        "signal": signal.label,
        "settings": settings_of(arm),
        "start": begun.summary(),
        "versions": versions(),
    }
    probed = draw_tasks(
        start.family,
        PROBES,
        split="test",
        difficulty=start.difficulty,
        template=start.template,
        first_seed=10_000 * run,
        signal=signal,
    )

    def on_step(step: int, scored: Scored, marks: Marks) -> None:
        if marks.phase == "train":
            report_progress(step + 1, arm.steps)

    with RolloutLog(folder, provenance=provenance) as log:
        recorder = Recorder(
            log=log,
            shortcuts=(arm.shortcut,),
            probe_every=1,
            probe_tasks=probed,
            every=arm.steps,
            observers=(on_step,),
        )
        budget = Budget(
            steps=arm.steps,
            batch_size=BATCH_SIZE,
            group_size=GROUP_SIZE,
            max_new_tokens=arm.max_new_tokens,
            seed=run,
        )
        trained_on = dataset(
            start.family,
            n=budget.rollouts // GROUP_SIZE,
            difficulty=start.difficulty,
            template=start.template,
            first_seed=1_000_000 * (run + 1),
            signal=signal,
        )
        GRPO(learning_rate=arm.learning_rate).train(begun.policy.copy(), trained_on, signal, budget, recorder)
    trace_of(read_log(folder)).save(folder / FILE)


def settings_of(arm: Arm) -> dict[str, object]:
    """The arm's settings, ready for `json.dumps`."""
    return {
        "id": arm.id,
        "role": arm.role,
        "signal": arm.signal().label,
        "shortcut": {"name": arm.shortcut.name, **asdict(arm.shortcut)},
        "start": arm.start.described(),
        "gap": arm.gap,
        "steps": arm.steps,
        "learning_rate": arm.learning_rate,
        "max_new_tokens": arm.max_new_tokens,
        "batch_size": BATCH_SIZE,
        "group_size": GROUP_SIZE,
    }
