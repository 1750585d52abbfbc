"""Where a planted shortcut took over, and when each detector said so."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from synthgym.detect import ACCEPT_AT, detect, wrong_ceiling_of
from synthgym.errors import MeasureError, SynthGymError, shown
from synthgym.intervention import read_alarms
from synthgym.measure.columns import entry, equal, floats, steps
from synthgym.onset import reference_onset
from synthgym.plugins import as_signal
from synthgym.report.estimates import over_seeds
from synthgym.report.model import Curve, Point, Takeover, WatchedRun
from synthgym.report.settings import setting
from synthgym.report.study import Cell, Study
from synthgym.report.words import visible
from synthgym.rollout import unescape_surrogates

if TYPE_CHECKING:
    import pyarrow as pa

FloatArray = NDArray[np.float64]

AUDITS = 16
ALPHA = 0.01
WINDOW = 5
_COLUMNS = ["step", "phase", "group", "truth", "reward", "probe"]


@dataclass(frozen=True, slots=True)
class _Series:
    """Shares of one run by step (num_steps,), each the mean over a window of steps; NaN where unknown."""

    step: NDArray[np.int64]
    value: FloatArray


def watched(study: Study, cells: Sequence[Cell]) -> Takeover:
    """What the reference and the detectors say of the runs of one family.

    Raises:
        MeasureError: if no run has training rollouts.
    """
    cells = sorted(cells, key=lambda cell: (cell.arm == "clean", cell.arm, cell.id))
    runs, series, kept = [], {}, []
    for place, cell in enumerate(cells):
        table = study.rollouts(cell, _COLUMNS)
        if not equal(table, "phase", "train").any():
            study.note(f"{cell.id} has no training rollouts; it is left out.")
            continue
        kept.append(cell)
        _note_interventions(study, cell)
        runs.append(_run(cell, table, _generator(cell, place)))
        series[cell.id] = _series(table)
    if not kept:
        raise MeasureError(f"no run of {cells[0].family} with a shortcut has training rollouts")
    flawed = _flawed(kept)
    return Takeover(
        family=kept[0].family,
        domain=kept[0].domain,
        shortcut=_shortcut([cell for cell in kept if cell.arm in flawed]),
        example=_example(study, [cell for cell in kept if cell.arm in flawed]),
        flawed=flawed,
        runs=tuple(runs),
        curves=_curves(kept, series),
        audits=AUDITS,
        alpha=ALPHA,
        setting=setting(study, kept),
    )


def _flawed(cells: Sequence[Cell]) -> tuple[str, ...]:
    """Arms with a planted shortcut: a signal's label names it after a plus. Elsewhere one is only watched for."""
    planted = [cell.arm for cell in cells if "+" in cell.signal or cell.arm == "flaw"]
    return tuple(dict.fromkeys(planted))


def _shortcut(cells: Sequence[Cell]) -> str:
    for cell in cells:
        _, plus, name = cell.signal.partition("+")
        if plus and name:
            return name.split("~")[0].split("+")[0].split("(")[0]
    return "shortcut"


def _run(cell: Cell, table: "pa.Table", rng: np.random.Generator) -> WatchedRun:
    onset = reference_onset(table)
    found = detect(table, rng=rng, audits=AUDITS, alpha=ALPHA, wrong_ceiling=_ceiling(cell))
    train = table.filter(equal(table, "phase", "train"))
    step = np.unique(steps(train))
    late = train.filter(steps(train) >= step[-max(1, len(step) // 10)])
    return WatchedRun(
        cell=cell.id,
        arm=cell.arm,
        seed=cell.seed,
        onset=onset.step,
        onset_low=None if onset.step is None else onset.low,
        onset_high=None if onset.step is None else onset.high,
        truth_gap=found.truth_gap.alarm,
        counterfactual=found.counterfactual.alarm,
        audited=found.truth_gap.audits,
        probed=found.counterfactual.audits,
        reward=_mean(floats(late, "reward")),
        truth=_mean(floats(late, "truth")),
        mechanism=_mean(entry(late, "probe", "mechanism")),
    )


def _generator(cell: Cell, place: int) -> np.random.Generator:
    """That of the watch that `synthgym train` had, by the run's seed, so that the same is said as live."""
    seed = cell.seed
    return np.random.default_rng(int(seed) if seed.isascii() and seed.isdigit() else [0, place])


def _ceiling(cell: Cell) -> float:
    """The most that a wrong answer honestly earns; what is safe for every signal, where the label names none."""
    try:
        return wrong_ceiling_of(as_signal(cell.signal))
    except SynthGymError:
        return ACCEPT_AT


def _note_interventions(study: Study, cell: Cell) -> None:
    """What was done about an alarm while the run went on."""
    alarms = (read_alarms(cell.folder) or {}).get("alarms")
    for alarm in alarms if isinstance(alarms, list) else ():
        if isinstance(alarm, dict) and alarm.get("action") != "nothing":
            told = [shown(alarm.get(name)) for name in ("detector", "step", "done")]
            study.note(f"{cell.id}: {told[0]} alarmed at step {told[1]}; what was done: {told[2]}.")


def _series(table: "pa.Table") -> dict[str, _Series]:
    train = table.filter(equal(table, "phase", "train"))
    probe = table.filter(equal(table, "phase", "probe"))
    reward, truth = floats(train, "reward"), floats(train, "truth")
    wrong = np.where(np.isnan(reward) | np.isnan(truth), np.nan, (reward >= ACCEPT_AT) & (truth == 0))
    lost = entry(probe, "probe", "factual") - entry(probe, "probe", "counterfactual")
    return {
        "reward": _by_step(steps(train), reward),
        "truth": _by_step(steps(train), truth),
        "gap": _by_step(steps(train), wrong),
        "mechanism": _by_step(steps(train), entry(train, "probe", "mechanism")),
        "counterfactual": _by_step(steps(probe), lost, window=1),
    }


def _by_step(step: NDArray[np.int64], value: FloatArray, window: int = WINDOW) -> _Series:
    """The mean by step over a window centred on it, cut at the ends."""
    known = ~np.isnan(value)
    points, place = np.unique(step[known], return_inverse=True)
    if not len(points):
        return _Series(points, np.empty(0))
    ones = np.ones(window)
    total = np.convolve(np.bincount(place, value[known]), ones, "full")
    n = np.convolve(np.bincount(place).astype(np.float64), ones, "full")
    centre = slice(window // 2, window // 2 + len(points))
    return _Series(points, total[centre] / n[centre])


def _curves(cells: Sequence[Cell], series: Mapping[str, Mapping[str, _Series]]) -> tuple[Curve, ...]:
    arms: dict[str, list[str]] = {}
    for cell in cells:
        arms.setdefault(cell.arm, []).append(cell.id)
    return tuple(
        Curve(arm=arm, name=name, points=points)
        for arm, ids in arms.items()
        for name in ("reward", "truth", "gap", "mechanism", "counterfactual")
        if (points := _points([series[identity][name] for identity in ids]))
    )


def _points(runs: Sequence[_Series]) -> tuple[Point, ...]:
    """The mean over runs at every step that all of them have."""
    shared = set.intersection(*(set(run.step.tolist()) for run in runs))
    points = []
    for step in sorted(shared):
        values = [float(run.value[np.searchsorted(run.step, step)]) for run in runs]
        points.append(Point(x=float(step), step=step, mean=over_seeds(values, least=min(0.0, *values))))
    return tuple(points)


def _example(study: Study, cells: Sequence[Cell]) -> str:
    """What was written most often by completions that took the shortcut, if it is short; else nothing."""
    seen: Counter[str] = Counter()
    for cell in cells:
        table = study.rollouts(cell, ["probe", "completion", "escaped"], phases=["train"])
        table = table.filter(entry(table, "probe", "mechanism") > 0.5)
        for completion, escaped in zip(
            table["completion"].to_pylist(), table["escaped"].to_pylist(), strict=True
        ):
            seen[unescape_surrogates(completion) if escaped else completion] += 1
    if not seen:
        return ""
    often, times = seen.most_common(1)[0]
    return visible(often) if len(often) <= 12 and times > seen.total() / 2 else ""


def _mean(values: FloatArray) -> float:
    known = values[~np.isnan(values)]
    return float(known.mean()) if len(known) else float("nan")
