"""Predict what a policy learns first, then train it and look: the order predicted by T beside the order observed.

    python examples/predict_then_train.py sorting_trace 0 binary+magic_token [SEED]

A component counts as learned where the isotonic fit of its rate in the training batches is half-way from its rate in
the first three steps to 1. Some minutes on a CPU, most of them for the warm start, which is cached.
"""

import sys
import tempfile
from pathlib import Path

import numpy as np

from synthgym.baselines.predict import PredictConfig, predict
from synthgym.baselines.train import training_set
from synthgym.baselines.train_command import start_of
from synthgym.baselines.train_config import TrainConfig
from synthgym.baselines.warmstart import warm_start
from synthgym.envs.mixture import with_cues
from synthgym.hooks import Recorder
from synthgym.log import RolloutLog, read_log
from synthgym.measure import isotonic
from synthgym.plugins import ALGORITHMS, as_signal
from synthgym.verifiers.score_rows import task_of_id

STEPS = 100


def main(family: str, difficulty: int, label: str, seed: int = 0) -> None:
    """Print the prediction, and what came of it."""
    print(predict(PredictConfig(family=family, difficulty=difficulty, signal=label, seed=seed)), flush=True)
    signal = as_signal(label)
    run = TrainConfig(family=family, difficulty=difficulty, signal=label, seed=seed, steps=STEPS)
    start = warm_start(start_of(family, "noisy", signal, difficulty=difficulty, template=run.template))
    with tempfile.TemporaryDirectory() as folder:
        with RolloutLog(folder) as log:
            ALGORITHMS.get("grpo").train(
                start.policy.copy(), training_set(run), signal, run.budget, Recorder(log=log)
            )
        rows = read_log(Path(folder), columns=["step", "task_id", "completion", "truth"], phases="train")
    step = rows["step"].to_numpy()
    tasks = {name: with_cues(task_of_id(name), signal) for name in set(rows["task_id"].to_pylist())}
    pairs = list(zip(rows["task_id"].to_pylist(), rows["completion"].to_pylist(), strict=True))
    shown = {"truth": np.array([truth is True for truth in rows["truth"].to_pylist()])}
    for shortcut in signal.shortcuts:
        shown[shortcut.name] = np.array([shortcut.detect(tasks[name], text) for name, text in pairs])
    for name, flags in shown.items():
        print(f"{name}: {learned_at(flags, step)}")


def learned_at(shown: np.ndarray, step: np.ndarray) -> str:
    """When the rate of `shown` (N,) was half-way to 1, and what it was at the start and in the last ten steps."""
    hits, size = np.bincount(step, shown), np.bincount(step)
    start = float(shown[step < 3].mean())
    there = np.flatnonzero(isotonic(hits, size) >= start + 0.5 * (1 - start))
    when = f"half-way after {size[: there[0]].sum():,} rollouts" if len(there) else "never half-way"
    return f"{when} (rate {start:.2f} at the start, {shown[step >= STEPS - 10].mean():.2f} at the end)"


if __name__ == "__main__":
    if len(sys.argv) not in (4, 5) or not all(text.isdigit() for text in (sys.argv[2], *sys.argv[4:])):
        sys.exit(__doc__)
    family, difficulty, label, *seed = sys.argv[1:]
    main(family, int(difficulty), label, *map(int, seed))
