"""A batch from a rollout log alone: the training rows of its first steps, with their tasks made again."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from synthgym.baselines.predict.batch import Batch, FloatArray, IntArray, group_relative
from synthgym.envs.mixture import with_cues
from synthgym.errors import LogError, MeasureError, SettingError, SynthGymError, shown, suggestion
from synthgym.log import read_log, read_provenance, run_folders
from synthgym.plugins import as_signal
from synthgym.rollout import unescape_surrogates
from synthgym.signal import Signal
from synthgym.types import Task
from synthgym.verifiers.score_rows import task_of_id

_COLUMNS = (
    "step",
    "group",
    "task_id",
    "family",
    "prompt",
    "completion",
    "escaped",
    "reward",
    "advantage",
    "truth",
)


@dataclass(frozen=True, kw_only=True, eq=False)
class Logged:
    """What was read of a log.

    Attributes:
        signal: what the run was trained on, if its provenance says so and it is known here.
        steps: those whose rows are in the batch.
        notes: what could not be had.
    """

    batch: Batch
    signal: Signal | None
    steps: tuple[int, ...]
    provenance: dict[str, Any]
    notes: tuple[str, ...]


def logged_batch(folder: Path, *, family: str | None = None, steps: int = 1) -> Logged:
    """The training rows of the first `steps` steps of one run that have any.

    Their advantages are those of the log; where a row has none, all are made group-relative from the rewards.

    Args:
        family: only rows of this family.

    Raises:
        LogError: if the folder holds no log, or one that cannot be read.
        SettingError: if it holds several runs, or no row of that family.
        MeasureError: if it holds no training row.
    """
    _one_run(folder)
    rows = _first_rows(folder, family, steps)
    provenance = _provenance(folder)
    signal, notes = _signal(provenance)
    prompts, completions = _texts(rows, "prompt"), _texts(rows, "completion")
    tasks = [_task(name, prompt, signal) for name, prompt in zip(rows["task_id"], prompts, strict=True)]
    lost = sum(task is None for task in tasks)
    if lost:
        notes.append(
            f"{lost} of {len(tasks)} rows name no task that can be made again here: no shortcut is looked for in them"
        )
    reward, group = _numbers(rows["reward"]), _groups(rows)
    if len(set(group.tolist())) == len(group):
        notes.append("no prompt has two completions: the rollouts of a step are compared with one another")
        group = np.array(rows["step"], dtype=np.int64)
    advantage = _advantages(rows["advantage"])
    if advantage is None:
        notes.append("the log has no advantages: they are made group-relative from its rewards")
        advantage = group_relative(reward, group)
    batch = Batch(
        tasks=tasks,
        prompts=prompts,
        completions=completions,
        reward=reward,
        truth=_numbers(rows["truth"]),
        group=group,
        advantage=advantage,
    )
    taken = tuple(sorted(set(rows["step"])))
    return Logged(batch=batch, signal=signal, steps=taken, provenance=provenance, notes=tuple(notes))


def _one_run(folder: Path) -> None:
    found = run_folders(folder)
    if len(found) > 1:
        named = ", ".join(str(one) for one in found[:3])
        raise SettingError(
            f"{folder} holds {len(found)} runs; give one of them: {named}{', ...' * (len(found) > 3)}"
        )


def _first_rows(folder: Path, family: str | None, steps: int) -> dict[str, list[Any]]:
    table = read_log(folder, columns=["step", "family"], phases="train")
    known = sorted({name for name in table["family"].to_pylist() if name is not None})
    if not len(table):
        raise MeasureError(
            f"the log in {folder} has no training rows; a prediction needs those of the first step"
        )
    if family is not None and family not in known:
        raise SettingError(
            f"the log in {folder} has no row of family {shown(family)}{suggestion(family, known)}"
        )
    step = table["step"].to_numpy()
    of_family = np.array([family in (None, name) for name in table["family"].to_pylist()])
    first = np.unique(step[of_family])[:steps]
    wanted = np.flatnonzero(of_family & np.isin(step, first))
    rows = read_log(folder, columns=list(_COLUMNS), phases="train").take(wanted)
    return {name: rows[name].to_pylist() for name in _COLUMNS}


def _provenance(folder: Path) -> dict[str, Any]:
    try:
        return read_provenance(run_folders(folder)[0])
    except LogError:  # the rollouts can be read without
        return {}


def _signal(provenance: dict[str, Any]) -> tuple[Signal | None, list[str]]:
    label = provenance.get("signal")
    if not isinstance(label, str):
        return None, [
            "the log does not say what signal it was trained on: name its shortcuts with --shortcut"
        ]
    try:
        return as_signal(label), []
    except SynthGymError as error:
        return None, [f"the log's signal {shown(label)} is not known here ({error})"]


def _task(name: str | None, prompt: str, signal: Signal | None) -> Task | None:
    """The task of that id with the prompt that was put; None if it cannot be made."""
    plain = None if name is None else _made(name)
    if plain is None or plain.prompt == prompt:
        return plain
    cued = plain if signal is None else with_cues(plain, signal)
    return cued if cued.prompt == prompt else replace(plain, prompt=prompt)


@lru_cache(maxsize=4096)
def _made(name: str) -> Task | None:
    try:
        return task_of_id(name)
    except SynthGymError:
        return None


def _texts(rows: dict[str, list[Any]], column: str) -> list[str]:
    return [
        unescape_surrogates(text) if escaped else (text or "")
        for text, escaped in zip(rows[column], rows["escaped"], strict=True)
    ]


def _numbers(values: Sequence[Any]) -> FloatArray:
    return np.array([np.nan if value is None else float(value) for value in values], dtype=np.float64)


def _groups(rows: dict[str, list[Any]]) -> IntArray:
    """A number a group: of its step and group, or of its step and prompt where the log has no groups."""
    keys = [
        (step, prompt if group is None else group)
        for step, group, prompt in zip(rows["step"], rows["group"], rows["prompt"], strict=True)
    ]
    numbers = {key: place for place, key in enumerate(dict.fromkeys(keys))}
    return np.array([numbers[key] for key in keys], dtype=np.int64)


def _advantages(values: Sequence[list[float] | None]) -> FloatArray | None:
    """The mean advantage of each row's tokens, 0 for a row without tokens; None if a row has none logged."""
    if any(value is None for value in values):
        return None
    means = [float(np.mean(value)) if value else 0.0 for value in values]
    return np.nan_to_num(np.array(means, dtype=np.float64), nan=0.0, posinf=0.0, neginf=0.0)
