"""A batch from anybody's log: TRL's completions, Parquet or JSON lines, read as `synthgym audit` reads them.

Such a log names no tasks. What only the texts and the log's own truth can tell is measured, and the rest is said.
"""

from collections.abc import Iterable
from pathlib import Path

import numpy as np

from synthgym.audit.chunks import Chunk, Reading
from synthgym.audit.fields import Fields
from synthgym.audit.sources import KINDS, Source, find
from synthgym.baselines.predict.batch import Batch, FloatArray, IntArray, group_relative
from synthgym.baselines.predict.components import BY_TEXT
from synthgym.errors import LogError, SettingError, shown
from synthgym.report.words import number_of

UNSTEPPED = 1024
"""Rollouts taken from the beginning of a log without steps."""


def foreign_source(path: Path) -> Source | None:
    """Where the rollouts of another trainer's log lie; None if `path` holds a run of ours.

    Raises:
        LogError: if there is no log at `path`.
    """
    source = find(path)
    return None if source.kind == "synthgym" else source


def foreign_batch(
    source: Source, *, fields: Fields | None = None, steps: int = 1
) -> tuple[Batch, tuple[float, ...], list[str]]:
    """The rollouts of the first `steps` steps, those steps, and what a reader of a prediction must know.

    Advantages are made group-relative from the rewards, a group being the completions of a step's prompt.

    Raises:
        LogError: if nothing of the log can be read, or it has no completions or rewards.
        SettingError: if its first steps are of several runs.
    """
    reading = Reading()
    rows = _First(steps)
    for chunk in source.chunks(fields or Fields(), reading):
        rows.add(chunk)
    if not rows.rewards.size:
        why = "; ".join(reading.told()) or "it is empty"
        raise LogError(
            f"nothing to predict from in {source.path}: no rollout has a completion and a reward ({why})"
        )
    runs = list(dict.fromkeys(rows.runs))
    if len(runs) > 1:
        named = ", ".join(shown(name) for name in runs[:3])
        raise SettingError(f"{source.path} holds {len(runs)} runs ({named}); give a log of one of them")
    notes = [
        f"{KINDS[source.kind]} name no tasks: of shortcuts, only those that the text alone shows can be looked for "
        f"({', '.join(BY_TEXT)})",
        *reading.told(),
    ]
    taken = tuple(float(step) for step in np.unique(rows.steps[~np.isnan(rows.steps)]))
    if not taken:
        notes.append(
            f"the log has no steps: its first {len(rows.rewards):,} rollouts are taken for the first step"
        )
    elif rows.stepless:
        notes.append(f"{number_of(rows.stepless, 'rollout')} name no step, and are not read")
    group = _groups(rows.steps, rows.prompts)
    if len(np.unique(group)) == len(group):
        notes.append("no prompt has two completions: the rollouts of a step are compared with one another")
        group = _groups(rows.steps, [""] * len(group))
    notes.append("advantages are made group-relative from the rewards")
    batch = Batch(
        tasks=[None] * len(group),
        prompts=rows.prompts,
        completions=rows.completions,
        reward=rows.rewards,
        truth=np.where(rows.truths < 0, np.nan, rows.truths.astype(np.float64)),
        group=group,
        advantage=group_relative(rows.rewards, group),
    )
    return batch, taken, notes


class _First:
    """The rollouts of the first steps that were met; no others are held."""

    def __init__(self, count: int) -> None:
        self._count = count
        self.stepless = 0
        self.prompts: list[str] = []
        self.completions: list[str] = []
        self.runs: list[str] = []
        self.rewards: FloatArray = np.empty(0)
        self.steps: FloatArray = np.empty(0)
        self.truths: IntArray = np.empty(0, np.int64)

    def add(self, chunk: Chunk) -> None:
        self.stepless += int(np.isnan(chunk.steps).sum())
        self.rewards = np.concatenate([self.rewards, chunk.rewards])
        self.steps = np.concatenate([self.steps, chunk.steps])
        self.truths = np.concatenate([self.truths, chunk.truths.astype(np.int64)])
        kept = self._kept()
        early = kept[kept >= len(self.prompts)] - len(self.prompts)
        before = kept[kept < len(self.prompts)].tolist()
        self.prompts = _extended(self.prompts, before, chunk.prompts.take(early).to_pylist())
        self.completions = _extended(self.completions, before, chunk.completions.take(early).to_pylist())
        self.runs = _extended(self.runs, before, chunk.runs.take(early).to_pylist())
        self.rewards, self.steps, self.truths = self.rewards[kept], self.steps[kept], self.truths[kept]

    def _kept(self) -> IntArray:
        known = ~np.isnan(self.steps)
        if not known.any():
            return np.arange(min(len(self.steps), UNSTEPPED))
        first = np.unique(self.steps[known])[: self._count]
        return np.flatnonzero(np.isin(self.steps, first))


def _extended(texts: list[str], kept: Iterable[int], more: list[str]) -> list[str]:
    return [*(texts[place] for place in kept), *more]


def _groups(steps: FloatArray, prompts: list[str]) -> IntArray:
    keys = list(zip(np.nan_to_num(steps, nan=-1.0).tolist(), prompts, strict=True))
    numbers = {key: place for place, key in enumerate(dict.fromkeys(keys))}
    return np.array([numbers[key] for key in keys], dtype=np.int64)
