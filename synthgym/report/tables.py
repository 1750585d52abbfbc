"""The report's tables, as rows of cells: a value, the interval under it, and how the column reads."""

from dataclasses import dataclass
from math import isfinite

from synthgym.report.charts import arm_label
from synthgym.report.model import Arm, Estimate, Learning, Loops, Takeover
from synthgym.report.words import count, factor, share, span


@dataclass(frozen=True, slots=True)
class Entry:
    """One cell of a table. `under` is its interval, or what it needs to be read."""

    value: str
    under: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Columns with the line that says how to read each, and rows grouped under a heading each."""

    columns: tuple[tuple[str, str], ...]
    groups: tuple[tuple[str, str, tuple[tuple[Entry, ...], ...]], ...]


_EMPTY = Entry("–")


def learning_table(given: tuple[Learning, ...]) -> Table:
    """Every arm of every family."""
    columns = (
        ("arm", ""),
        ("seeds", ""),
        ("sampled accuracy", "start → end"),
        ("greedy accuracy", "start → end"),
        ("half-way", "rollouts"),
        ("against binary", "ratio"),
        ("area", "mean"),
        ("live groups", "start → end"),
    )
    groups = tuple((one.family, one.setting, tuple(_arm(arm) for arm in one.arms)) for one in given)
    return _without_empty(Table(columns=columns, groups=groups))


def takeover_table(given: Takeover) -> Table:
    """Every run: when the shortcut took over, and when each detector said so."""
    columns = (
        ("run", ""),
        ("seed", ""),
        ("reference onset", "step"),
        ("truth gap", "alarm, step"),
        ("probe", "alarm, step"),
        ("reward", "at the end"),
        ("truth", "at the end"),
        ("shortcut", "share at the end"),
    )
    rows = []
    for run in given.runs:
        onset = _EMPTY if run.onset is None else Entry(str(run.onset), f"[{run.onset_low}, {run.onset_high}]")
        rows.append(
            (
                Entry(
                    "flawed" if run.arm in given.flawed else "clean twin", "" if len(run.arm) < 6 else run.arm
                ),
                Entry(run.seed or "–"),
                onset,
                _alarm(run.truth_gap, run.onset, run.audited),
                _alarm(run.counterfactual, run.onset, run.probed),
                Entry(share(run.reward)),
                Entry(share(run.truth)),
                Entry(share(run.mechanism)),
            )
        )
    return _without_empty(Table(columns=columns, groups=(("", "", tuple(rows)),)))


def loop_table(given: Loops) -> Table:
    """Every arm: first to last generation of each measure, and the change."""
    names = (
        ("greedy", "greedy"),
        ("pass@1", "pass@1"),
        ("pass@k", f"pass@{given.k}"),
        ("entropy", "entropy, bits"),
    )
    columns = (
        ("arm", ""),
        ("seeds", ""),
        ("trained on", "share of samples"),
        *((name, "change") for _, name in names),
    )
    ends = {(curve.arm, curve.name): curve.points for curve in given.curves}
    rows = []
    for arm in given.arms:
        cells = [Entry(arm_label(arm.name)), Entry(str(arm.seeds))]
        cells.append(_EMPTY if arm.kept is None else Entry(share(arm.kept)))
        for measure, _ in names:
            points, change = ends.get((arm.name, measure)), arm.change.get(measure)
            if points and change is not None:
                first, last = (share(points[place].mean.value) for place in (0, -1))
                cells.append(Entry(f"{first} → {last}", _signed(change)))
            else:
                cells.append(_EMPTY)
        rows.append(tuple(cells))
    return _without_empty(Table(columns=columns, groups=(("", "", tuple(rows)),)))


def _arm(arm: Arm) -> tuple[Entry, ...]:
    cells = [Entry(arm_label(arm.name), "" if arm.signal in ("", arm.name) or arm.control else arm.signal)]
    cells.append(Entry(str(arm.seeds)))
    for kind in ("sampled", "greedy"):
        cells.append(_from_to(arm.start[kind], arm.end[kind]) if kind in arm.end else _EMPTY)
    cells.append(_half_way(arm))
    ratio = arm.ratio
    if ratio is None or ratio.bound == "unknown":
        cells.append(_EMPTY)
    else:
        bound = {"at least": "≥ ", "at most": "≤ "}.get(ratio.bound, "")
        interval = f"[{factor(ratio.low)}, {factor(ratio.high)}]" if isfinite(ratio.high) else ""
        cells.append(Entry(f"{bound}{factor(ratio.value)}×", interval))
    cells.append(_EMPTY if arm.area is None else _estimated(arm.area))
    cells.append(_EMPTY if arm.live is None else Entry(f"{share(arm.live[0])} → {share(arm.live[1])}"))
    return tuple(cells)


def _half_way(arm: Arm) -> Entry:
    half = arm.half_way
    if half is None:
        return Entry("–", "no rise")
    runs = len(half.times)
    missing = f", {half.censored} of {runs} not there" if half.censored else ""
    if half.censored == runs:
        return Entry(f"> {count(half.times[0])}", f"none of {runs} there" if runs > 1 else "not there")
    low, high = count(half.times[0]), count(half.times[-1])
    value = count(half.median) if isfinite(half.median) else f"> {high}"
    return Entry(value, (f"{low}–{high}" if runs > 1 else "") + missing)


def _alarm(alarm: int | None, onset: int | None, looked: int) -> Entry:
    if not looked:
        return Entry("–", "nothing logged")
    if alarm is None:
        return Entry("silent")
    return Entry(str(alarm), "false alarm" if onset is None else f"{alarm - onset:+d}".replace("-", "−"))


def _without_empty(given: Table) -> Table:
    """The table without columns that say nothing in any row."""
    rows = [row for _, _, group in given.groups for row in group]
    kept = [place for place in range(len(given.columns)) if any(row[place].value != "–" for row in rows)]
    return Table(
        columns=tuple(given.columns[place] for place in kept),
        groups=tuple(
            (heading, setting, tuple(tuple(row[place] for place in kept) for row in group))
            for heading, setting, group in given.groups
        ),
    )


def _from_to(before: Estimate, after: Estimate) -> Entry:
    first, last = _estimated(before), _estimated(after)
    under = f"{first.under} → {last.under}" if first.under and last.under else ""
    return Entry(f"{first.value} → {last.value}", under)


def _estimated(given: Estimate) -> Entry:
    known = isfinite(given.low) and isfinite(given.high)
    return Entry(share(given.value), span(given.low, given.high) if known else "")


def _signed(given: Estimate) -> str:
    interval = (
        span(given.low, given.high, signed=True) if isfinite(given.low) and isfinite(given.high) else ""
    )
    return f"{share(given.value, signed=True)} {interval}".strip()
