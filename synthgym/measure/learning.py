"""How fast it was learned: half-way times of the arms of a study, and how they compare.

Everything is read off the rollout log. The half-way level is common to all arms compared, runs that
never reach it are right-censored and not dropped, and times come from a fitted monotone curve, never
from the first raw crossing.
"""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from math import nan
from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from synthgym.errors import MeasureError, shown, suggestion
from synthgym.measure.curves import Crossing, LearningCurve, area_under, half_way, learning_curves
from synthgym.measure.given import number
from synthgym.measure.intervals import Interval, bootstrap, paired_ratio, t_interval
from synthgym.measure.survival import median_time

if TYPE_CHECKING:
    import pyarrow as pa

FloatArray: TypeAlias = NDArray[np.float64]
Axis: TypeAlias = Literal["rollouts", "tokens", "bits"]


@dataclass(frozen=True, slots=True, kw_only=True)
class LearningTime:
    """Half-way times of one arm on one axis of cost.

    Attributes:
        crossings: one a run, in the order of the arm's runs.
        median: Kaplan-Meier; inf if fewer than half of the runs were seen to get there, NaN if undefined.
        mean: restricted mean up to `horizon`, with a bootstrap interval over runs; None if undefined.
        horizon: the cost that every run of every arm was followed to.
        resolution: the cost of the first training step; a crossing at 0 happened within it.
    """

    crossings: tuple[Crossing, ...]
    median: float
    mean: Interval | None
    horizon: float
    resolution: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ArmSpeed:
    """How fast one arm learned. A row of the table that `learning_speed` returns.

    Attributes:
        runs: the arm's runs, sorted; `seeds`, `area` and the crossings follow this order.
        seeds: what pairs a run with one of another arm.
        p0, p_max, level: accuracies before training, of the whole way, and half-way; common to all arms.
        rollouts, tokens, bits: half-way times on each axis; None where the log or the caller does not
            tell the cost.
        area: normalised area under each run's accuracy against rollouts, up to the common horizon.
        mean_area: its mean with Student's interval over runs.
    """

    arm: str
    runs: tuple[str, ...]
    seeds: tuple[Hashable, ...]
    p0: float
    p_max: float
    level: float
    rollouts: LearningTime
    tokens: LearningTime | None
    bits: LearningTime | None
    area: tuple[float, ...]
    mean_area: Interval


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeedRatio:
    """T_a / T_b, the geometric mean over paired seeds: below 1 where a learned faster.

    Attributes:
        ratio: None if the half-way point is undefined. Censored runs enter with the time they were
            followed to.
        bound: what that makes of the ratio: "exact" without censored runs, "at least" if only a's are
            censored, "at most" if only b's are, "unknown" if both are.
        censored_a, censored_b: pairs in which that run is censored.
    """

    ratio: Interval | None
    bound: Literal["exact", "at least", "at most", "unknown"]
    censored_a: int
    censored_b: int


def learning_speed(
    table: "pa.Table",
    *,
    rng: np.random.Generator,
    arms: Mapping[str, str] | None = None,
    seeds: Mapping[str, Hashable] | None = None,
    phase: str = "train",
    temperature: float | None = None,
    p0: float | None = None,
    p_max: float | None = None,
    bits: Mapping[str, float] | None = None,
    min_rise: float = 0.05,
) -> list[ArmSpeed]:
    """The half-way times of every arm in a table from `read_log`, sorted by arm.

    Args:
        table: with columns run, step, phase, truth, tokens (and temperature, if it is given).
        rng: draws the bootstrap samples.
        arms: run to arm; runs it does not name are left out. By default each run is an arm.
        seeds: run to what pairs it with runs of other arms, for `speed_ratio` another for each run of an arm; by
            default its place among its arm's runs.
        phase: whose completions measure accuracy, "train" or "eval".
        temperature: only completions of this temperature; 0.0 for greedy.
        p0: accuracy before training; by default that of all runs' first judged step, pooled.
        p_max: accuracy that counts as the whole way; by default the highest that any arm averages over
            the last tenth of its judged steps.
        bits: information per rollout by arm, I(S;T); half-way times in injected bits need it.
        min_rise: a p_max less than this above p0 leaves the half-way point undefined.

    Raises:
        MeasureError: if a column is missing, a run named in `arms` or `seeds`, or an arm named in `bits`, is not there,
            bits are negative or not finite, or a run has no judged completion of the kind asked for.
    """
    curves = learning_curves(_only(table, arms), phase=phase, temperature=temperature)
    groups: dict[str, list[LearningCurve]] = {}
    for curve in curves:
        groups.setdefault(curve.run if arms is None else arms[curve.run], []).append(curve)
    paired = _paired(groups, seeds or {})
    told = _bits_of(groups, bits or {})
    start = _pooled_start(curves) if p0 is None else p0
    top = max(_late(group) for group in groups.values()) if p_max is None else p_max
    axes = {
        "rollouts": {curve.run: curve.rollouts for curve in curves},
        "tokens": {curve.run: curve.tokens for curve in curves},
        "bits": {c.run: c.rollouts * told.get(arm, nan) for arm, g in groups.items() for c in g},
    }
    horizon = min(float(curve.rollouts[-1]) for curve in curves)
    rows = []
    for arm, group in sorted(groups.items()):
        times = {
            axis: _time(group, costs, start, top, min_rise, rng)
            for axis, costs in axes.items()
            if _told(group, costs)
        }
        area = tuple(area_under(curve.rollouts, curve.accuracy, horizon) for curve in group)
        rows.append(
            ArmSpeed(
                arm=arm,
                runs=tuple(curve.run for curve in group),
                seeds=paired[arm],
                p0=start,
                p_max=top,
                level=start + (top - start) / 2,
                rollouts=times["rollouts"],
                tokens=times.get("tokens"),
                bits=times.get("bits"),
                area=area,
                mean_area=t_interval(area),
            )
        )
    return rows


def speed_ratio(a: ArmSpeed, b: ArmSpeed, *, rng: np.random.Generator, axis: Axis = "rollouts") -> SpeedRatio:
    """How many times the cost of `b` the arm `a` took to get half-way, over the seeds both have.

    A time below the resolution, the cost of one training step, counts as that.

    Raises:
        MeasureError: if they share no seed, two runs of one have the same, they were measured against different levels,
            or lack that axis.
    """
    time_a, time_b = getattr(a, axis), getattr(b, axis)
    if time_a is None or time_b is None:
        raise MeasureError(f"no half-way times in {axis} for {a.arm} and {b.arm}; the cost is not known")
    if (a.p0, a.p_max) != (b.p0, b.p_max):
        raise MeasureError(
            f"{a.arm} and {b.arm} were measured against different levels; measure them together"
        )
    of_a = _by_seed(a, time_a)
    of_b = _by_seed(b, time_b)
    shared = [seed for seed in of_a if seed in of_b]
    if not shared:
        raise MeasureError(f"{a.arm} and {b.arm} share no seed: {a.seeds} and {b.seeds}")
    pairs = [(of_a[seed], of_b[seed]) for seed in shared]
    if not all(first.defined and second.defined for first, second in pairs):
        return SpeedRatio(ratio=None, bound="unknown", censored_a=0, censored_b=0)
    censored_a, censored_b = (sum(pair[i].censored for pair in pairs) for i in (0, 1))
    floor = max(time_a.resolution, time_b.resolution)
    ratio = paired_ratio(
        [max(first.at, floor) for first, _ in pairs], [max(second.at, floor) for _, second in pairs], rng=rng
    )
    bound: Literal["exact", "at least", "at most", "unknown"] = "exact"
    if censored_a and censored_b:
        bound = "unknown"
    elif censored_a or censored_b:
        bound = "at least" if censored_a else "at most"
    return SpeedRatio(ratio=ratio, bound=bound, censored_a=censored_a, censored_b=censored_b)


def _only(table: "pa.Table", arms: Mapping[str, str] | None) -> "pa.Table":
    """The rows of the runs that `arms` names."""
    if table.num_rows == 0:
        raise MeasureError("the table has no rollouts")
    if arms is None:
        return table
    import pyarrow as pa
    import pyarrow.compute as pc

    there = table["run"].unique().to_pylist()
    for run in arms:
        if run not in there:
            raise MeasureError(f"no run {shown(run)} in the table{suggestion(run, there)}")
    return table.filter(pc.is_in(table["run"], pa.array(list(arms), pa.string())))


def _paired(
    groups: Mapping[str, Sequence[LearningCurve]], seeds: Mapping[str, Hashable]
) -> dict[str, tuple[Hashable, ...]]:
    """What pairs the runs of each arm."""
    there = [curve.run for group in groups.values() for curve in group]
    for run in seeds:
        if run not in there:
            raise MeasureError(f"no run {shown(run)} to have a seed{suggestion(run, there)}")
    return {
        arm: tuple(seeds.get(curve.run, place) for place, curve in enumerate(group))
        for arm, group in groups.items()
    }


def _by_seed(arm: ArmSpeed, time: LearningTime) -> dict[Hashable, Crossing]:
    """The crossing of each seed's run."""
    found = dict(zip(arm.seeds, time.crossings, strict=True))
    if len(found) < len(arm.seeds):
        raise MeasureError(
            f"two runs of arm {shown(arm.arm)} have one seed ({arm.seeds}): which of them is to be paired?"
        )
    return found


def _bits_of(groups: Mapping[str, object], bits: Mapping[str, float]) -> dict[str, float]:
    """Information per rollout by arm."""
    for arm, value in bits.items():
        if arm not in groups:
            raise MeasureError(f"no arm {shown(arm)} to tell bits{suggestion(arm, groups)}")
        if number(f"the bits of {shown(arm)}", value) < 0:
            raise MeasureError(f"{value} bits a rollout of arm {shown(arm)}: 0 or more are needed")
    return dict(bits)


def _pooled_start(curves: Sequence[LearningCurve]) -> float:
    return sum(int(curve.right[0]) for curve in curves) / sum(int(curve.judged[0]) for curve in curves)


def _late(group: Sequence[LearningCurve]) -> float:
    """Mean over runs of the accuracy in the last tenth of the judged steps."""
    late = [max(1, len(curve.step) // 10) for curve in group]
    return float(
        np.mean([c.right[-n:].sum() / c.judged[-n:].sum() for c, n in zip(group, late, strict=True)])
    )


def _told(group: Sequence[LearningCurve], costs: Mapping[str, FloatArray]) -> bool:
    """Whether the cost of every run of an arm is known."""
    return not any(np.isnan(costs[curve.run]).any() for curve in group)


def _time(
    group: Sequence[LearningCurve],
    costs: Mapping[str, FloatArray],
    p0: float,
    p_max: float,
    min_rise: float,
    rng: np.random.Generator,
) -> LearningTime:
    """Half-way times of one arm on the axis `costs`, which holds the cost of every run of every arm."""
    own = [costs[curve.run] for curve in group]
    crossings = tuple(
        half_way(cost, curve.fitted, p0=p0, p_max=p_max, min_rise=min_rise)
        for cost, curve in zip(own, group, strict=True)
    )
    # A signal of 0 bits costs nothing on that axis; its runs say nothing of how far the others went.
    horizon = min((float(cost[-1]) for cost in costs.values() if cost[-1] > 0), default=0.0)
    resolution = max((float(cost[cost > 0].min()) for cost in own if (cost > 0).any()), default=0.0)
    median, mean = nan, None
    if all(crossing.defined for crossing in crossings):
        at = np.array([crossing.at for crossing in crossings])
        censored = np.array([crossing.censored for crossing in crossings])
        median = median_time(at, censored)
        # Every run was followed to the horizon, where the restricted mean of Kaplan-Meier is a plain mean.
        mean = bootstrap(np.where(censored, horizon, np.minimum(at, horizon)), rng=rng)
    return LearningTime(crossings=crossings, median=median, mean=mean, horizon=horizon, resolution=resolution)
