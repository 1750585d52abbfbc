"""What each arm of a family learned, and how fast: the rows of the table, and the curves."""

from collections.abc import Mapping, Sequence
from math import exp, isfinite, log
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from synthgym.errors import MeasureError
from synthgym.measure.columns import equal, floats, steps
from synthgym.measure.curves import LearningCurve, learning_curves
from synthgym.measure.intervals import t_interval
from synthgym.measure.learning import ArmSpeed, learning_speed, speed_ratio
from synthgym.report.estimates import accuracy, accuracy_change, over_seeds
from synthgym.report.model import Arm, Curve, HalfWay, Learning, Point, Ratio
from synthgym.report.settings import setting
from synthgym.report.study import RUN, Cell, Study

if TYPE_CHECKING:
    import pyarrow as pa

KINDS = ("sampled", "greedy")
CONTROLS = ("random", "shuffled")
_ORDER = ("binary", "rubric", "token", *CONTROLS)
_COLUMNS = ["step", "phase", "group", "truth", "reward", "temperature", "advantage"]
_BOOTSTRAP_FROM = 10
"""Pairs from which a bootstrap is long enough; with fewer, Student's interval on the logarithm."""


def arm_order(name: str) -> tuple[int, str]:
    """Sorts arms: by granularity, then controls, then the rest by name."""
    return (_ORDER.index(name) if name in _ORDER else len(_ORDER), name)


def is_control(arm: str) -> bool:
    """Whether an arm's rewards carry no information; of a plain run the arm is the signal's label."""
    return arm.rpartition("~")[2] in CONTROLS


def learned(study: Study, cells: Sequence[Cell]) -> Learning:
    """What the cells of one family learned.

    Raises:
        MeasureError: if no run of it judged a completion whose truth is known.
    """
    tables = {cell.id: study.rollouts(cell, _COLUMNS) for cell in cells}
    curves = {kind: _of_kind(tables, kind) for kind in KINDS}
    held_out = any(curves.values())
    if not held_out:
        curves["sampled"] = _curves(tables, "train")
    usable = [cell for cell in cells if any(cell.id in curves[kind] for kind in KINDS)]
    for cell in cells:
        if cell not in usable:
            study.note(f"{cell.id} judged no completion whose truth is known; it is left out.")
    if not usable:
        raise MeasureError(f"no run of {cells[0].family} has a completion whose truth is known")
    arms: dict[str, list[Cell]] = {}
    for cell in sorted(usable, key=lambda cell: (arm_order(cell.arm), cell.id)):
        arms.setdefault(cell.arm, []).append(cell)
    speeds = _speeds(tables, usable)
    return Learning(
        family=cells[0].family,
        domain=cells[0].domain,
        planned=any(cell.question != RUN for cell in cells),
        held_out=held_out,
        setting=setting(study, cells),
        arms=tuple(_arm(name, group, curves, speeds, tables) for name, group in arms.items()),
        curves=tuple(
            Curve(arm=name, name=kind, points=points)
            for kind in KINDS
            for name, group in arms.items()
            if (points := _points([curves[kind][cell.id] for cell in group if cell.id in curves[kind]]))
        ),
    )


def _of_kind(tables: Mapping[str, "pa.Table"], kind: str) -> dict[str, LearningCurve]:
    """Held-out accuracy of every run that has it, greedy or sampled; training rows stay, to count the cost."""
    kept = {}
    for run, table in tables.items():
        greedy = floats(table, "temperature") == 0.0
        wanted = greedy if kind == "greedy" else ~greedy
        kept[run] = table.filter(~equal(table, "phase", "eval") | wanted)
    return _curves(kept, "eval")


def _curves(tables: Mapping[str, "pa.Table"], phase: str) -> dict[str, LearningCurve]:
    found = {}
    for run, table in tables.items():
        if (equal(table, "phase", phase) & ~np.isnan(floats(table, "truth"))).any():
            found[run] = learning_curves(table, phase=phase)[0]
    return found


def _points(curves: Sequence[LearningCurve]) -> tuple[Point, ...]:
    """The mean curve of an arm at every step that all of its runs were judged at."""
    if not curves:
        return ()
    shared = set.intersection(*(set(curve.step.tolist()) for curve in curves))
    points = []
    for step in sorted(shared):
        at = [int(np.flatnonzero(curve.step == step)[0]) for curve in curves]
        counts = [(int(curve.right[i]), int(curve.judged[i])) for curve, i in zip(curves, at, strict=True)]
        cost = float(np.mean([curve.rollouts[i] for curve, i in zip(curves, at, strict=True)]))
        points.append(Point(x=cost, step=step, mean=accuracy(counts)))
    return tuple(points)


def _speeds(tables: Mapping[str, "pa.Table"], cells: Sequence[Cell]) -> dict[str, ArmSpeed]:
    """Half-way times by arm, on what was sampled in training: it has a point every step."""
    import pyarrow as pa

    timed = [
        cell
        for cell in cells
        if (equal(tables[cell.id], "phase", "train") & ~np.isnan(floats(tables[cell.id], "truth"))).any()
    ]
    if not timed:
        return {}
    joined = pa.concat_tables([tables[cell.id].select(["run", "step", "phase", "truth"]) for cell in timed])
    rows = learning_speed(
        joined,
        rng=np.random.default_rng(0),
        arms={cell.id: cell.arm for cell in timed},
        seeds={cell.id: cell.seed for cell in timed},
    )
    return {row.arm: row for row in rows}


def _arm(
    name: str,
    cells: Sequence[Cell],
    curves: Mapping[str, Mapping[str, LearningCurve]],
    speeds: Mapping[str, ArmSpeed],
    tables: Mapping[str, "pa.Table"],
) -> Arm:
    ends = {}
    for kind in KINDS:
        of_arm = [curves[kind][cell.id] for cell in cells if cell.id in curves[kind]]
        if of_arm:
            ends[kind] = [[(int(c.right[i]), int(c.judged[i])) for c in of_arm] for i in (0, -1)]
    speed = speeds.get(name)
    reference = speeds.get("binary")
    live = [found for cell in cells if (found := _live(tables[cell.id])) is not None]
    trained = [int(equal(tables[cell.id], "phase", "train").sum()) for cell in cells]
    return Arm(
        name=name,
        signal=cells[0].signal,
        control=is_control(name),
        seeds=len({cell.seed for cell in cells}),
        rollouts=float(np.mean(trained)),
        start={kind: accuracy(before) for kind, (before, _) in ends.items()},
        end={kind: accuracy(after) for kind, (_, after) in ends.items()},
        change={kind: accuracy_change(before, after) for kind, (before, after) in ends.items()},
        half_way=None if speed is None else _half_way(speed),
        ratio=_ratio(speed, reference)
        if speed and reference and name != "binary" and not is_control(name)
        else None,
        area=None if speed is None else over_seeds(speed.area),
        live=(float(np.mean([a for a, _ in live])), float(np.mean([b for _, b in live]))) if live else None,
    )


def _half_way(speed: ArmSpeed) -> HalfWay | None:
    crossings = speed.rollouts.crossings
    if not all(crossing.defined for crossing in crossings):
        return None
    return HalfWay(
        level=speed.level,
        median=speed.rollouts.median,
        times=tuple(sorted(crossing.at for crossing in crossings)),
        censored=sum(crossing.censored for crossing in crossings),
    )


def _ratio(speed: ArmSpeed, reference: ArmSpeed) -> Ratio | None:
    """The paired ratio; None if they share no seed, or nothing was learned that could be timed."""
    try:
        found = speed_ratio(speed, reference, rng=np.random.default_rng(0))
    except MeasureError:
        return None
    if found.ratio is None:
        return None
    theirs = dict(zip(reference.seeds, reference.rollouts.crossings, strict=True))
    pairs = [
        (own, theirs[seed])
        for seed, own in zip(speed.seeds, speed.rollouts.crossings, strict=True)
        if seed in theirs
    ]
    low, high = found.ratio.low, found.ratio.high
    if 1 < len(pairs) < _BOOTSTRAP_FROM:
        floor = max(speed.rollouts.resolution, reference.rollouts.resolution)
        logs = t_interval([log(max(a.at, floor)) - log(max(b.at, floor)) for a, b in pairs])
        low, high = exp(min(logs.low, 700.0)), exp(min(logs.high, 700.0))
    return Ratio(
        versus=reference.arm,
        value=found.ratio.estimate,
        low=low if isfinite(low) else 0.0,
        high=high,
        pairs=len(pairs),
        faster=sum(not a.censored and (b.censored or a.at < b.at) for a, b in pairs),
        bound=found.bound,
    )


def _live(table: "pa.Table") -> tuple[float, float] | None:
    """Share of training groups that carry a gradient, in the first and in the last tenth of the steps.

    By the advantages the trainer used where they are logged, else by whether the group's rewards differ.
    """
    table = table.filter(equal(table, "phase", "train"))
    step, group = steps(table), floats(table, "group")
    known = ~np.isnan(group)
    if not known.any():
        return None
    _, place = np.unique(np.stack([step[known], group[known]]), axis=1, return_inverse=True)
    place = place.reshape(-1)
    pushed = _pushed(table)
    if pushed is None:
        reward = floats(table, "reward")[known]
        high, low = np.full(place.max() + 1, -np.inf), np.full(place.max() + 1, np.inf)
        np.fmax.at(high, place, reward)
        np.fmin.at(low, place, reward)
        live = high - low > 1e-9
    else:
        live = np.bincount(place, pushed[known]) > 0
    of_group = np.zeros(place.max() + 1, dtype=np.int64)
    of_group[place] = step[known]
    order = np.unique(of_group)
    tenth = max(1, len(order) // 10)
    early, late = of_group <= order[tenth - 1], of_group >= order[-tenth]
    return float(live[early].mean()), float(live[late].mean())


def _pushed(table: "pa.Table") -> NDArray[np.float64] | None:
    """1.0 for each row (N,) with an advantage that is not 0; None if some row's advantage is not known."""
    import pyarrow.compute as pc

    column = table["advantage"].combine_chunks()
    if column.null_count:
        return None
    values = pc.list_flatten(column).to_numpy(zero_copy_only=False)
    owner = pc.list_parent_indices(column).to_numpy(zero_copy_only=False)
    any_push: NDArray[np.float64] = (np.bincount(owner, np.abs(values) > 1e-6, len(column)) > 0).astype(
        np.float64
    )
    return any_push
