"""Open beside closed loops: greedy accuracy, pass@k and answer entropy on held-out tasks, by generation."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import inf
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from synthgym.errors import MeasureError
from synthgym.measure.columns import entry, equal, floats
from synthgym.measure.sampling import answer_entropy, pass_at_k
from synthgym.parsing import fold, parse
from synthgym.report.estimates import over_tasks
from synthgym.report.model import Curve, Estimate, LoopArm, Loops, Point
from synthgym.report.settings import setting
from synthgym.report.study import Cell, Study
from synthgym.types import Task

if TYPE_CHECKING:
    import pyarrow as pa

FloatArray = NDArray[np.float64]

MEASURES = ("greedy", "pass@1", "pass@k", "entropy")
_COLUMNS = [
    "step",
    "index",
    "phase",
    "generation",
    "group",
    "task_id",
    "truth",
    "temperature",
    "completion",
    "probe",
]
_ORDER = ("open", "unfiltered", "majority", "random_subset")
_MOST = {"entropy": inf}
# The log does not say which answer format was asked for; "equals" reads every format.
_ANY_TASK = Task.unknown("equals")


@dataclass(frozen=True, slots=True)
class _Generation:
    """What one run answered on the held-out tasks in one generation, by task.

    Attributes:
        greedy: whether the greedy answer is right.
        right: sampled completions that are right, of `sampled`.
        entropy: of the sampled answers, in bits.
    """

    greedy: Mapping[str, float]
    right: Mapping[str, int]
    sampled: Mapping[str, int]
    entropy: Mapping[str, float]


def looped(study: Study, cells: Sequence[Cell]) -> Loops:
    """What the loops of one family came to.

    Raises:
        MeasureError: if they share fewer than two generations that were evaluated.
    """
    cells = sorted(cells, key=lambda cell: (_place(cell.arm), cell.id))
    runs: dict[str, dict[int, _Generation]] = {}
    kept: dict[str, float | None] = {}
    labels: dict[str, str | None] = {}
    for cell in cells:
        table = study.rollouts(cell, _COLUMNS)
        runs[cell.id] = _generations(table, labels)
        kept[cell.id] = _kept(table)
    for cell in [cell for cell in cells if len(runs[cell.id]) < 2]:
        study.note(f"{cell.id} was evaluated in fewer than two generations; it is left out.")
    cells = [cell for cell in cells if len(runs[cell.id]) >= 2]
    shared = sorted(set.intersection(*(set(runs[cell.id]) for cell in cells))) if cells else []
    if len(shared) < 2:
        raise MeasureError("the loops share fewer than two generations that were evaluated")
    sampled = [n for cell in cells for g in shared for n in runs[cell.id][g].sampled.values()]
    k = min(sampled, default=1)
    arms: dict[str, list[Cell]] = {}
    for cell in cells:
        arms.setdefault(cell.arm, []).append(cell)
    made = {name: [{g: runs[cell.id][g] for g in shared} for cell in group] for name, group in arms.items()}
    return Loops(
        family=cells[0].family,
        domain=cells[0].domain,
        k=k,
        tasks=len(runs[cells[0].id][shared[0]].sampled) or len(runs[cells[0].id][shared[0]].greedy),
        generations=(shared[0], shared[-1]),
        arms=tuple(_arm(group, made[name], shared, k, kept) for name, group in arms.items()),
        curves=tuple(
            Curve(arm=name, name=measure, points=points)
            for measure in MEASURES
            for name in arms
            if (points := _points(made[name], shared, measure, k))
        ),
        setting=setting(study, cells),
    )


def has_generations(table: "pa.Table") -> bool:
    """Whether a log is of a loop: evaluated in two generations or more."""
    evaluated = table.filter(equal(table, "phase", "eval"))
    return len(set(evaluated["generation"].unique().to_pylist()) - {None}) > 1


def _place(arm: str) -> tuple[int, str]:
    return (_ORDER.index(arm) if arm in _ORDER else len(_ORDER), arm)


def _generations(table: "pa.Table", labels: dict[str, str | None]) -> dict[int, _Generation]:
    """By generation; of several evaluations in one, the last counts."""
    table = table.filter(equal(table, "phase", "eval") & ~np.isnan(floats(table, "truth")))
    table = table.filter(~np.isnan(floats(table, "generation")))
    generation, step = (table[name].to_numpy().astype(np.int64) for name in ("generation", "step"))
    found = {}
    for g in np.unique(generation).tolist():
        last = step[generation == g].max()
        found[g] = _generation(table.filter((generation == g) & (step == last)), labels)
    return {g: one for g, one in found.items() if one.greedy or one.sampled}


def _generation(table: "pa.Table", labels: dict[str, str | None]) -> _Generation:
    greedy: dict[str, float] = {}
    truths: dict[str, list[bool]] = {}
    answers: dict[str, list[str | None]] = {}
    names = ("task_id", "group", "temperature", "truth", "completion")
    for task, group, temperature, truth, completion in zip(
        *(table[name].to_pylist() for name in names), strict=True
    ):
        key = task if task is not None else f"group {group}"
        if temperature == 0.0:
            greedy[key] = float(truth)
            continue
        if completion not in labels:
            answer = parse(_ANY_TASK, completion).answer
            labels[completion] = None if answer is None else fold(answer)
        truths.setdefault(key, []).append(truth)
        answers.setdefault(key, []).append(labels[completion])
    return _Generation(
        greedy=greedy,
        right={key: sum(of_task) for key, of_task in truths.items()},
        sampled={key: len(of_task) for key, of_task in truths.items()},
        entropy={key: answer_entropy(of_task) for key, of_task in answers.items()},
    )


def _kept(table: "pa.Table") -> float | None:
    """The share of the samples that was trained on."""
    flags = entry(table.filter(equal(table, "phase", "train")), "probe", "kept")
    known = flags[~np.isnan(flags)]
    return float(known.mean()) if len(known) else None


def _values(one: _Generation, measure: str, k: int) -> dict[str, float]:
    """A measure of one run in one generation, by task."""
    if measure == "greedy":
        return dict(one.greedy)
    if measure == "entropy":
        return dict(one.entropy)
    draws = k if measure == "pass@k" else 1
    if not one.sampled:
        return {}
    tasks = list(one.sampled)
    n, c = (np.array([of[task] for task in tasks]) for of in (one.sampled, one.right))
    return dict(zip(tasks, np.atleast_1d(pass_at_k(n, c, np.full(len(tasks), draws))).tolist(), strict=True))


def _mean(
    runs: Sequence[Mapping[int, _Generation]], generation: int, measure: str, k: int
) -> Estimate | None:
    values = [list(_values(run[generation], measure, k).values()) for run in runs]
    return over_tasks(values, most=_MOST.get(measure, 1.0)) if values and all(values) else None


def _points(
    runs: Sequence[Mapping[int, _Generation]], generations: Sequence[int], measure: str, k: int
) -> tuple[Point, ...]:
    return tuple(
        Point(x=float(g), step=g, mean=mean)
        for g in generations
        if (mean := _mean(runs, g, measure, k)) is not None
    )


def _arm(
    cells: Sequence[Cell],
    runs: Sequence[Mapping[int, _Generation]],
    generations: Sequence[int],
    k: int,
    kept: Mapping[str, float | None],
) -> LoopArm:
    first, last = generations[0], generations[-1]
    told = [share for cell in cells if (share := kept[cell.id]) is not None]
    allowed = sorted({1, k, *(2**i for i in range(1, k.bit_length()) if 2**i <= k)})
    at_k = {
        name: tuple(
            Point(x=float(j), step=g, mean=mean)
            for j in allowed
            if (mean := _mean(runs, g, "pass@k", j)) is not None
        )
        for name, g in (("first", first), ("last", last))
    }
    told_open = cells[0].provenance.get("open")
    return LoopArm(
        name=cells[0].arm,
        open=told_open if isinstance(told_open, bool) else cells[0].arm.startswith("open"),
        seeds=len({cell.seed for cell in cells}),
        change={
            measure: change
            for measure in MEASURES
            if (change := _change(runs, first, last, measure, k)) is not None
        },
        kept=float(np.mean(told)) if told else None,
        at_k=at_k,
    )


def _change(
    runs: Sequence[Mapping[int, _Generation]], first: int, last: int, measure: str, k: int
) -> Estimate | None:
    """Last minus first generation, task by task: the same tasks are asked in every generation."""
    changes = []
    for run in runs:
        before, after = (_values(run[g], measure, k) for g in (first, last))
        changes.append([after[task] - before[task] for task in before if task in after])
    if not all(changes):
        return None
    most = _MOST.get(measure, 1.0)
    return over_tasks(changes, least=-most, most=most)
