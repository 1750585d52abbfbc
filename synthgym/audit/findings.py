"""What is said of every feature: its bits, what it is paid, when it took over, and a verdict."""

from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from synthgym.audit.bits import Bits, Target, explained
from synthgym.audit.collect import Rollouts
from synthgym.audit.curve import curve
from synthgym.audit.examples import examples
from synthgym.audit.layout import Layout, Time, cells, windows
from synthgym.audit.model import FLOOR, Found, Verdict
from synthgym.audit.onset import onset
from synthgym.audit.reflections import with_reflections
from synthgym.audit.table import Cut, Table
from synthgym.audit.within import Within, centred, gain, informative, test_within
from synthgym.measure.intervals import Interval

FloatArray: TypeAlias = NDArray[np.float64]
IntArray: TypeAlias = NDArray[np.int64]
_GROWN = 0.10
_LATE = 0.1
_RUNS = 20
_SHOWN = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What is measured on: all rollouts at `rows`, of which those of the table are tested.

    Attributes:
        truth: of the tested rollouts (n,); None where it is not held fixed.
        accept_at: the least reward that counts as high.
    """

    rollouts: Rollouts
    rows: IntArray
    table: Table
    layout: Layout
    truth: NDArray[np.int8] | None
    accept_at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Results:
    """Findings, the strongest first, and figures of the whole."""

    features: tuple[Found, ...]
    telling: int
    threshold: float
    open_bits: float
    reward_bits: float


def measure(given: Measured, rng: np.random.Generator) -> Results:
    """Test all features, judge them, and look closer at those that matter."""
    layout, table = given.layout, given.table
    reward = given.rollouts.reward[table.rows]
    if not len(reward) or not len(table):
        return Results(features=(), telling=0, threshold=0.0, open_bits=0.0, reward_bits=0.0)
    group = layout.group
    total = test_within(group, reward, len(table), table.ranks, rng)
    cell, beyond = group, total
    if given.truth is not None:
        cell = cells(group, given.truth)
        beyond = test_within(cell, reward, len(table), table.ranks, rng)
    stratum = layout.stratum if given.truth is None else cells(layout.stratum, given.truth)
    target = Target.made(reward, stratum, cell, layout.block, rng)
    whole = target if given.truth is None else Target.made(reward, layout.stratum, group, layout.block, rng)
    gains = gain(reward, cell)
    cuts = [table.best_cut(k, gains) if beyond.significant[k] else None for k in range(len(table))]
    features = [_found(given, k, cuts[k], beyond, total, target, whole, cell) for k in range(len(table))]
    features = with_reflections(reward, table, features, cuts, cell)
    order = sorted(range(len(features)), key=lambda k: _rank(features[k]))
    closer = [k for k in order if features[k].verdict in ("paid", "charged", "unresolved", "trace", "grows")][
        :_SHOWN
    ]
    for k in closer:
        features[k] = _looked_at_closer(given, features[k], table.flag(k, cuts[k]))
    return Results(
        features=tuple(features[k] for k in order),
        telling=beyond.rollouts,
        threshold=beyond.threshold,
        open_bits=target.open_bits(),
        reward_bits=whole.open_bits(),
    )


def _found(
    given: Measured,
    k: int,
    cut: Cut | None,
    beyond: Within,
    total: Within,
    target: Target,
    whole: Target,
    cell: IntArray,
) -> Found:
    table, rollouts = given.table, given.rollouts
    feature = table.features[k]
    levels = table.levels(k, cut)
    bits = explained(target, levels)
    has = table.flag(k, cut)
    reward = rollouts.reward[table.rows]
    tested = has[table.rows]
    early, late = _ends(rollouts.step[given.rows], has[given.rows])
    paid = _paid(reward, tested, cell, levels >= 0) if beyond.significant[k] else _unknown(len(reward))
    seen = (
        ~np.isnan(table.columns[k][table.rows]) if feature.kind == "shortcut" else np.ones(len(reward), bool)
    )
    wrong = seen & (given.truth == 0) if given.truth is not None else seen
    found = Found(
        name=feature.name,
        kind=feature.kind,
        label=table.label(k, cut),
        verdict="none",
        bits=bits.interval,
        total_bits=bits.interval.estimate if whole is target else explained(whole, levels).interval.estimate,
        null=bits.null,
        paid=paid,
        share=float(has[table.rows][seen].mean()) if seen.any() else 0.0,
        early=early,
        late=late,
        with_reward=_mean(reward[tested & wrong]),
        without_reward=_mean(reward[~tested & wrong]),
        z=float(beyond.z[k]),
        total_z=float(total.z[k]),
        threshold=beyond.threshold,
        n=bits.interval.n,
        registered=feature.kind == "shortcut",
    )
    return replace(found, verdict=_verdict(found, bits, total, given))


def _verdict(found: Found, bits: Bits, total: Within, given: Measured) -> Verdict:
    if abs(found.z) > found.threshold:
        if bits.interval.estimate < FLOOR:
            return "trace"
        if given.truth is None:
            return "unresolved"
        return "charged" if found.paid.estimate < 0 else "paid"
    if given.truth is not None and abs(found.total_z) > total.threshold and found.total_bits >= FLOOR:
        return "through truth"
    rows = max(len(given.rows) * _LATE, 1)
    spread = np.sqrt(max(found.share * (1 - found.share), 1 / rows) * 2 / rows)
    if found.kind != "shortcut" and abs(found.late - found.early) > max(_GROWN, found.threshold * spread):
        return "grows"
    return "none"


def _paid(reward: FloatArray, has: NDArray[np.bool_], cell: IntArray, seen: NDArray[np.bool_]) -> Interval:
    """Reward gained by having a feature, cells being equal: the slope within cells, with its 95% interval."""
    at = np.flatnonzero(seen)
    rows, _ = informative(cell[at], reward[at])
    rows = at[rows]
    x, r = centred(has[rows].astype(np.float64), cell[rows]), centred(reward[rows], cell[rows])
    scale = float(x @ x)
    if scale <= 1e-12:
        return _unknown(len(rows))
    slope = float(x @ r) / scale
    error = float(np.sqrt(((x * (r - slope * x)) ** 2).sum())) / scale
    return Interval(estimate=slope, low=slope - 1.96 * error, high=slope + 1.96 * error, n=len(rows))


def _unknown(n: int) -> Interval:
    return Interval(estimate=0.0, low=-np.inf, high=np.inf, n=n)


def _ends(step: FloatArray, has: NDArray[np.bool_]) -> tuple[float, float]:
    """The share of rollouts with a feature in the first and in the last tenth of the steps; NaN without steps."""
    window = windows(step, int(1 / _LATE)).window
    if window.max(initial=-1) < 1:
        return np.nan, np.nan
    return _mean(has[window == 0]), _mean(has[window == window.max()])


def _rank(found: Found) -> tuple[int, bool, float]:
    weaker = ("trace", "through truth", "grows", "none")
    place = 1 + weaker.index(found.verdict) if found.verdict in weaker else 0
    return place, found.proxy_of is not None, -found.bits.estimate


def _looked_at_closer(given: Measured, found: Found, has: NDArray[np.bool_]) -> Found:
    """With its onset, its curve, and rollouts to look at."""
    rollouts, rows = given.rollouts, given.rows
    if found.kind == "shortcut":  # seen on some rollouts only
        rows = given.table.rows[
            ~np.isnan(given.table.columns[_place(given.table, found.name)][given.table.rows])
        ]
    high = rollouts.reward[rows] >= given.accept_at
    step = rollouts.step[rows]
    about = has[rows] if found.paid.estimate >= 0 else ~has[rows]
    of = high if found.verdict != "grows" else np.ones(len(rows), bool)
    time = windows(step, 400)
    return replace(
        found,
        onset=onset(about, of, time),
        run_onsets=_run_onsets(rollouts, rows, about, of, time),
        curve=curve(step[of], has[rows][of]),
        examples=examples(rollouts, has, given.accept_at),
    )


def _run_onsets(
    rollouts: Rollouts, rows: IntArray, has: NDArray[np.bool_], of: NDArray[np.bool_], time: Time
) -> tuple[tuple[str, float | None], ...]:
    if not 1 < len(rollouts.runs) <= _RUNS:
        return ()
    run = rollouts.run[rows]
    found = []
    for place, name in enumerate(rollouts.runs):
        own = onset(has & (run == place), of & (run == place), time)
        found.append((name, None if own is None else own.step))
    return tuple(found)


def _place(table: Table, name: str) -> int:
    return next(k for k, feature in enumerate(table.features) if feature.name == name)


def _mean(values: NDArray[np.generic]) -> float:
    return float(values.mean()) if len(values) else float("nan")
