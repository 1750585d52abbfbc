"""One training run from a start to a log: what `synthgym train` does, and each cell of a study."""

import json
import os
import platform
import time
from collections.abc import Callable
from dataclasses import asdict, is_dataclass, replace
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np

from synthgym.baselines.policy import Policy
from synthgym.baselines.train_config import TrainConfig
from synthgym.baselines.warmstart import Start, StartConfig, warm_start
from synthgym.envs.dataset import dataset, with_cues
from synthgym.errors import SettingError
from synthgym.hooks import Marks, Observer, Recorder, Scored
from synthgym.log import RolloutLog
from synthgym.plugins import ALGORITHMS, SHORTCUTS, as_signal, get_family
from synthgym.signal import Shortcut
from synthgym.types import Task
from synthgym.watch import AUDITS, Watch

_LOOKED_AT = 8  # tasks, to see whether a shortcut applies to any
OnStep = Callable[[int, int, str], None]
_PACKAGES = ("synthgym", "torch", "transformers", "trl", "datasets", "gymnasium", "numpy", "pyarrow")


def train(
    config: TrainConfig,
    start: StartConfig | Policy,
    folder: Path,
    *,
    cache: Path,
    facts: dict[str, Any] | None = None,
    on_step: OnStep = lambda done, total, text: None,
) -> Policy:
    """Train from `start` and write the run's folder: ``run.json`` and the rollout log.

    Args:
        start: how the policy is warm-started, or a policy as it is; it is copied, not changed.
        cache: where warm starts are kept.
        facts: further entries of ``run.json``.
        on_step: called with (steps done, steps in all, a word on how it goes).

    Raises:
        SynthGymError: for settings that do not fit, or a policy that cannot be trained.
    """
    check(config)
    begun = warm_start(start, cache=cache) if isinstance(start, StartConfig) else None
    policy = (begun.policy if begun else start).copy()  # type: ignore[union-attr]  # one of the two
    shortcuts = watched(config)
    tasks = held_out(config)
    provenance = {**provenance_of(config, begun, policy), **(facts or {})}
    watch = Watch(rng=np.random.default_rng(config.seed), audits=AUDITS)
    with RolloutLog(folder, provenance=provenance) as log:
        recorder = Recorder(
            log=log,
            tasks=tasks,
            every=config.every,
            shortcuts=shortcuts,
            probe_every=1 if shortcuts else 0,
            probe_tasks=tasks[:AUDITS],
            observers=(_progress(config, watch, on_step),),
            watch=watch,
        )
        trained: Policy = _algorithm(config).train(
            policy, training_set(config), as_signal(config.signal), config.budget, recorder
        )
    return trained


def check(config: TrainConfig) -> None:
    """Look every name of `config` up, so that a mistake is said before anything is trained.

    Raises:
        UnknownNameError, SettingError: for the first that is wrong.
    """
    family = get_family(config.family)
    drawn = [
        family.task(seed, difficulty=config.difficulty, template=config.template)
        for seed in range(_LOOKED_AT)
    ]
    for shortcut in as_signal(config.signal).shortcuts:
        if not any(shortcut.applies_to(task) for task in drawn):
            raise SettingError(
                f"shortcut {shortcut.name} does not apply to {config.family} at difficulty {config.difficulty}"
            )
    ALGORITHMS.get(config.algorithm)
    for name in config.watch:
        SHORTCUTS.get(name)
    config.budget  # noqa: B018  # it checks itself


def watched(config: TrainConfig) -> tuple[Shortcut, ...]:
    """The shortcuts in the signal, and those to watch for beside them."""
    planted = as_signal(config.signal).shortcuts
    names = {shortcut.name for shortcut in planted}
    return (*planted, *(SHORTCUTS.get(name)() for name in config.watch if name not in names))


def held_out(config: TrainConfig) -> list[Task]:
    """The test tasks that every run of this family, difficulty and template is evaluated on, with the signal's cues."""
    family, signal = get_family(config.family), as_signal(config.signal)
    drawn = (
        family.task(seed, split="test", difficulty=config.difficulty, template=config.template)
        for seed in range(config.eval_tasks)
    )
    return [with_cues(task, signal) for task in drawn]


def training_set(config: TrainConfig) -> Any:
    """Prompts for all steps, with the signal's cues; runs that differ in rewards alone see the same ones in order."""
    prompts = config.steps * config.batch_size // config.group_size
    return dataset(
        config.family,
        n=prompts,
        difficulty=config.difficulty,
        template=config.template,
        first_seed=1_000_000 * (config.seed + 1),
        signal=as_signal(config.signal),
    )


def provenance_of(config: TrainConfig, start: Start | None, policy: Policy) -> dict[str, Any]:
    """What made a run: everything that ``run.json`` holds beside a study's own entries."""
    algorithm = _algorithm(config)
    return {
        "family": config.family,
        "domain": get_family(config.family).domain,
        "signal": as_signal(config.signal).label,
        "arm": as_signal(config.signal).label,
        "algorithm": config.algorithm,
        "seed": config.seed,
        "difficulty": config.difficulty,
        "template": config.template,
        "policy": {"id": policy.id, "parameters": policy.parameters},
        "start": {} if start is None else start.summary(),
        "budget": {
            **asdict(config.budget),
            "learning_rate": getattr(algorithm, "learning_rate", None),
        },
        "settings": asdict(algorithm) if is_dataclass(algorithm) else {},  # type: ignore[arg-type]
        "versions": versions(),
        "started": time.strftime("%Y-%m-%dT%H:%M:%S%z"),
    }


def versions() -> dict[str, str]:
    """Versions of Python and of the packages that decide a result."""
    found = {"python": platform.python_version()}
    for package in _PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found


def machine() -> dict[str, Any]:
    """What it ran on, without naming it."""
    return {"cores": os.cpu_count(), "system": platform.system(), "processor": platform.machine()}


def write_json(path: Path, value: Any) -> None:
    """Write `value` so that a reader sees the old file or the new one, never a half."""
    path.parent.mkdir(parents=True, exist_ok=True)
    half = path.with_name(f".{path.name}.{os.getpid()}")
    half.write_text(json.dumps(value, indent=1, sort_keys=True, default=str) + "\n")
    os.replace(half, path)


def _algorithm(config: TrainConfig) -> Any:
    algorithm: Any = ALGORITHMS.get(config.algorithm)
    if config.learning_rate is None:
        return algorithm
    if not hasattr(algorithm, "learning_rate"):
        raise SettingError(f"algorithm {config.algorithm} has no learning_rate to set")
    return replace(algorithm, learning_rate=config.learning_rate)


def _progress(config: TrainConfig, watch: Watch, on_step: OnStep) -> Observer:
    said = {"accuracy": 0.0}

    def observe(step: int, scored: Scored, marks: Marks) -> None:
        if marks.phase == "eval":
            said["accuracy"] = sum(t is True for t in scored.truths) / max(len(scored.truths), 1)
        if marks.phase == "train":
            alarm = watch.alarm
            on_step(
                step + 1,
                config.steps,
                f"greedy {said['accuracy']:.2f}"
                + ("" if alarm is None else f"  shortcut seen at step {alarm}"),
            )

    return observe
