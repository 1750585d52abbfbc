"""An audit from beginning to end: read, find n-grams, count, test, judge."""

import time as clock
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from synthgym.audit.cautions import cautions
from synthgym.audit.chunks import Reading
from synthgym.audit.collect import Rollouts, collect
from synthgym.audit.curve import curve
from synthgym.audit.features import FEATURES, Column, Feature
from synthgym.audit.fields import Fields
from synthgym.audit.findings import Measured, Results, measure
from synthgym.audit.layout import cells, laid_out
from synthgym.audit.model import Audit
from synthgym.audit.ngrams import Gram, count, discover, words_of
from synthgym.audit.sources import KINDS, Source, find
from synthgym.audit.table import Table
from synthgym.audit.within import gain
from synthgym.errors import LogError, SettingError, shown

Named: TypeAlias = Callable[[Sequence[str], Sequence[str]], Mapping[str, Sequence[bool | None]]]
"""``named(task_ids, completions)``: flags by the name of what detects them; None where it cannot tell."""
IntArray: TypeAlias = NDArray[np.int64]
_DISCOVERY = 12_000
_NAMED = 3000
_FEWEST_LABELS = 100
_FEWEST = 60


def run(
    path: Path,
    *,
    fields: Fields,
    accept_at: float | None,
    seed: int,
    named: Named | None,
    progress: Callable[[str], object],
) -> Audit:
    """The audit of the log at `path`; see `synthgym.audit.audit`."""
    began = clock.perf_counter()
    if accept_at is not None and not np.isfinite(accept_at):
        raise SettingError(f"accept_at {shown(accept_at)} is not a finite number")
    if type(seed) is not int or seed < 0:
        raise SettingError(f"seed {shown(seed)} is not a whole number >= 0")
    reading, source = Reading(), find(path)
    rollouts = collect(
        source.chunks(fields, reading), reading, lambda rows: progress(f"{rows:,} rollouts read")
    )
    every = np.flatnonzero(rollouts.kept)
    if not len(every):
        why = "; ".join(reading.told()) if reading.rows else "it holds no rows"
        raise LogError(f"nothing to audit in {path}: no rollout has a completion and a finite reward ({why})")
    rng = np.random.default_rng(seed)
    labelled, notes = _labelled(rollouts)
    found_on = _discovery(rollouts, every if labelled is None else every[labelled[every]])
    tested = np.setdiff1d(every, found_on, assume_unique=True)
    if labelled is not None:
        tested = tested[labelled[tested]]
    progress("looking for n-grams")
    grams = _grams(rollouts, found_on, labelled is not None)
    features, columns = _columns(rollouts, source, fields, grams, progress)
    _add_named(rollouts, tested, named, features, columns, notes, progress)
    table = Table(features, columns, tested)
    progress(f"testing {len(table)} features on {len(tested):,} rollouts")
    given = Measured(
        rollouts=rollouts,
        rows=every,
        table=table,
        layout=laid_out(rollouts, tested),
        truth=None if labelled is None else rollouts.truth[tested],
        accept_at=_accept_at(rollouts.reward[every]) if accept_at is None else accept_at,
    )
    results = measure(given, rng)
    return _audit(
        path,
        source,
        given,
        results,
        [*cautions(given, results, found_on), *notes],
        clock.perf_counter() - began,
    )


def _labelled(rollouts: Rollouts) -> tuple[NDArray[np.bool_] | None, list[str]]:
    """Which rollouts have a known truth (N,), or None if too few have; and what to say of it."""
    known = rollouts.truth >= 0
    number, of = int((known & rollouts.kept).sum()), int(rollouts.kept.sum())
    if number == of:
        return known, []
    if number >= _FEWEST_LABELS:
        return known, [
            f"the truth of {number:,} of {of:,} rollouts is known: what is said of truth rests on those"
        ]
    few = f"the truth of only {number} rollouts is known, which is too few to hold it fixed: it is not used"
    return None, [few] if number else []


def _discovery(rollouts: Rollouts, of: IntArray) -> IntArray:
    """The rollouts on which n-grams are looked for: whole groups, at most a third of all; none of a small log."""
    sample = rollouts.sample
    usable = np.flatnonzero(np.isin(sample.rows, of))
    wanted = min(_DISCOVERY, len(of) // 3)
    if len(of) < _FEWEST or not wanted:
        return np.empty(0, np.int64)
    groups = sample.groups[usable]
    if len(np.unique(groups)) < _FEWEST // 2:  # few groups: some rollouts of each
        usable = usable[np.arange(len(usable)) % 3 == 0][:wanted]
    else:
        last = groups[min(wanted, len(groups) - 1)]
        usable = usable[groups < last]
    return np.sort(sample.rows[usable])


def _grams(rollouts: Rollouts, rows: IntArray, by_truth: bool) -> list[Gram]:
    """The n-grams of the rollouts at `rows` that go with their reward, truth (where it is known) held fixed."""
    if not len(rows):
        return []
    layout = laid_out(rollouts, rows)
    cell = cells(layout.group, rollouts.truth[rows]) if by_truth else layout.group
    place = {row: i for i, row in enumerate(rollouts.sample.rows.tolist())}
    return discover(
        [rollouts.sample.completions[place[row]] for row in rows.tolist()], gain(rollouts.reward[rows], cell)
    )


def _columns(
    rollouts: Rollouts,
    source: Source,
    fields: Fields,
    grams: Sequence[Gram],
    progress: Callable[[str], object],
) -> tuple[list[Feature], list[Column]]:
    """All features that vary, with their columns (N,); n-grams are counted in a second pass over the log."""
    features = [feature for feature in FEATURES if feature.name in rollouts.features]
    columns = [rollouts.features[feature.name] for feature in features]
    if grams:
        columns += _counted(rollouts, source, fields, grams, progress)
        features += [gram.feature for gram in grams]
    varies = [i for i, column in enumerate(columns) if len(column) and column.min() != column.max()]
    return [features[i] for i in varies], [columns[i] for i in varies]


def _counted(
    rollouts: Rollouts,
    source: Source,
    fields: Fields,
    grams: Sequence[Gram],
    progress: Callable[[str], object],
) -> list[NDArray[np.bool_]]:
    sample = rollouts.sample
    if len(sample.rows) == len(rollouts.reward) and not sample.cut.any():
        worded = words_of(sample.completions)
        order = np.argsort(sample.rows)
        return [gram.within(sample.completions, worded)[order] for gram in grams]
    found: list[list[NDArray[np.bool_]]] = [[] for _ in grams]
    rows = 0
    for chunk in source.chunks(fields, Reading()):
        rows += len(chunk.rewards)
        for parts, part in zip(found, count(grams, chunk.completions), strict=True):
            parts.append(part)
        progress(f"{rows:,} rollouts searched for {len(grams)} n-grams")
    if rows != len(rollouts.reward):
        raise LogError(f"{source.path} changed while it was read; audit it again, or a copy of it")
    return [np.concatenate(parts) for parts in found]


def _add_named(
    rollouts: Rollouts,
    tested: IntArray,
    named: Named | None,
    features: list[Feature],
    columns: list[Column],
    notes: list[str],
    progress: Callable[[str], object],
) -> None:
    """Append what `named` detects, on some of the tested rollouts; NaN on the others."""
    sample = rollouts.sample
    if named is None or not any(sample.task_ids):
        return
    usable = np.flatnonzero(np.isin(sample.rows, tested) & ~sample.cut)
    usable = usable[[bool(sample.task_ids[i]) for i in usable.tolist()]] if len(usable) else usable
    if len(usable) > _NAMED:
        usable = usable[sample.groups[usable] < sample.groups[usable[_NAMED]]]
    progress(f"running the registered shortcuts on {len(usable):,} rollouts")
    flags = named(
        [sample.task_ids[i] for i in usable.tolist()], [sample.completions[i] for i in usable.tolist()]
    )
    for name, values in flags.items():
        column = np.full(len(rollouts.reward), np.nan, np.float32)
        column[sample.rows[usable]] = [np.nan if value is None else float(value) for value in values]
        if np.nanmin(column, initial=1) < np.nanmax(column, initial=0):
            label = f"takes the registered shortcut {name}"
            features.append(Feature(name=f"shortcut.{name}", kind="shortcut", label=label))
            columns.append(column)
    if flags and len(usable) < len(tested):
        notes.append(f"registered shortcuts were looked for in {len(usable):,} of the rollouts")


def _accept_at(reward: NDArray[np.float64]) -> float:
    """The least reward that counts as high: one half of rewards in [0, 1], else the middle between the extremes."""
    low, high = np.quantile(reward, [0.01, 0.99])
    if reward.min() >= 0 and reward.max() <= 1 and reward.max() > 0.5:
        return 0.5
    if low == high:
        low, high = reward.min(), reward.max()
    return float((low + high) / 2)


def _audit(
    path: Path, source: Source, given: Measured, results: Results, notes: list[str], seconds: float
) -> Audit:
    rollouts, rows = given.rollouts, given.rows
    reward, truth, step = rollouts.reward[rows], rollouts.truth[rows], rollouts.step[rows]
    known = truth >= 0
    steps = step[~np.isnan(step)]
    return Audit(
        path=str(path),
        source=KINDS[source.kind],
        rollouts=len(rows),
        tested=len(given.table.rows),
        telling=results.telling,
        labelled=int(known.sum()) if given.truth is not None else 0,
        runs=len(np.unique(rollouts.run[rows])),
        steps=(float(steps.min()), float(steps.max())) if len(steps) else None,
        step_count=len(np.unique(steps)),
        mean_reward=float(reward.mean()),
        mean_truth=float(truth[known].mean()) if given.truth is not None else None,
        open_bits=results.open_bits,
        reward_bits=results.reward_bits,
        accept_at=given.accept_at,
        compared=given.layout.compared,
        weak=given.layout.weak,
        features=results.features,
        reward_curve=curve(step, reward),
        truth_curve=curve(step[known], truth[known]) if given.truth is not None else (),
        looked_at=len(given.table),
        threshold=results.threshold,
        notes=tuple([*notes, *rollouts.reading.told()]),
        seconds=seconds,
    )
