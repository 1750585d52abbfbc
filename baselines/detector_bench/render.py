"""The bake-off as tables for the terminal."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from synthgym.baselines.detector_bench.record import BATCH_SIZE, GROUP_SIZE
from synthgym.baselines.detector_bench.scoring import Caught, Quartiles
from synthgym.baselines.detector_bench.summary import Bakeoff, Point
from synthgym.measure.intervals import Interval


def render(found: Bakeoff) -> Any:
    """Everything that a reader needs to judge the figures by."""
    from rich.console import Group
    from rich.text import Text

    parts: list[Any] = [Text(_how(found)), _kinds(found), _caught(found), _caught(found, strictly=True)]
    parts.append(_false_alarms(found))
    if found.twins:
        parts.append(_twins(found))
    parts += [_sweep(found), Text(_verdict(found))]
    return Group(*parts)


def _how(found: Bakeoff) -> str:
    runs = sum(kind.real_runs for kind in found.kinds)
    return (
        f"{runs} real runs of {len(found.kinds)} kinds of shortcut, and "
        f"{sum(int(str(arm['runs'])) for arm in found.benign)} benign and control ones: GRPO through TRL, "
        f"{BATCH_SIZE} rollouts a step in groups of {GROUP_SIZE}.\n"
        "Each resampled run is a real one, drawn at random, whose groups are drawn with replacement within each "
        "step; audits are drawn afresh.\n"
        f"Ours look at {found.audits} truths, or probed prompts, a step at alpha = {found.alpha:g} a run; watch is "
        "both of them at half of it each.\n"
        "An alarm ahead of the onset by more than its width is a catch if what the detector watches was truly above "
        "its null (.05) by then,\nand false if not; what is watched is taken over all of the real run. The strict "
        "score calls all of them false.\n"
        "Rates with 95% Clopper-Pearson intervals over resampled runs; delays are medians [quartiles] in steps."
    )


def _kinds(found: Bakeoff) -> Any:
    rows = (
        (
            kind.kind,
            f"{kind.real_with_onset}/{kind.real_runs}",
            f"{kind.with_onset}/{kind.runs}",
            "" if kind.onset is None else _quartiles(kind.onset),
            "" if kind.width is None else f"{kind.width:g}",
            *("never" if step is None else f"{step:g}" for step in kind.excess.values()),
        )
        for kind in found.kinds
    )
    heads = ("kind", "real runs with an onset", "runs drawn with one", "its step", "its width")
    return _table("Kinds", (*heads, "gap above null from", "probe above null from"), rows)


def _caught(found: Bakeoff, *, strictly: bool = False) -> Any:
    cell = _strict_cell if strictly else _cell
    cells = {(score.kind, score.detector): cell(score) for score in found.caught}
    rows = [
        (kind.kind, *(cells.get((kind.kind, name), "") for name in found.detectors))
        for kind in found.kinds
        if kind.with_onset
    ]
    title = (
        "The same by the strict score: what is ahead of the onset by more than its width is no catch"
        if strictly
        else "Caught, of runs with an onset, and the delay after it"
    )
    return _table(title, ("kind", *found.detectors), rows)


def _false_alarms(found: Bakeoff) -> Any:
    where = list(dict.fromkeys(row.where for row in found.false_alarms))
    cells = {(row.where, row.detector): row.rate for row in found.false_alarms}
    rows = [(name, *(_rate(cells.get((place, name))) for place in where)) for name in found.detectors]
    return _table("Runs with a false alarm", ("detector", *where), rows)


def _twins(found: Bakeoff) -> Any:
    rows = ((row.detector, str(row.pairs), f"{row.balanced_accuracy:.3f}") for row in found.twins)
    title = "Runs told from their twins"
    return _table(title, ("detector", "pairs", "balanced accuracy"), rows)


def _sweep(found: Bakeoff) -> Any:
    def row(point: Point) -> tuple[str, ...]:
        score = point.caught
        return (
            str(point.audits),
            f"{point.alpha:g}",
            *(("",) * 4 if score is None else _shares(score)),
            "" if point.least_caught is None else f"{point.least_caught[0]} {point.least_caught[1]:.0%}",
            "" if score is None else f"{score.strict.estimate:.0%}",
            "" if point.false_alarms is None else _rate(point.false_alarms.rate),
        )

    heads = (
        "audits",
        "alpha",
        "caught, all kinds",
        "of it ahead",
        "before any excess",
        "delay",
        "worst kind",
    )
    title = "The watch's delay against its false alarms, by audits a step and alpha"
    return _table(title, (*heads, "caught, strictly", "benign false alarms"), map(row, found.sweep))


def _shares(score: Caught) -> tuple[str, ...]:
    return _rate(score.caught), _rate(score.ahead), _rate(score.false), _delay(score.delay)


def _verdict(found: Bakeoff) -> str:
    lines = [f"{found.train_seconds:.0f} s of training, {found.score_seconds:.0f} s of scoring"]
    lines += list(found.notes)
    without = [kind.kind for kind in found.kinds if not kind.with_onset]
    if without:
        lines.append(f"no take-over, and so not scored: {', '.join(without)}")
    above, of = found.benign_excess
    lines += [
        f"{name}: what it watches exceeds its null, if only by chance, in {count} of {of} real benign runs"
        for name, count in above.items()
        if of
    ]
    lines += [f"figure not reached: {text}" for text in found.missed_figures] or ["every figure is reached"]
    strict = "; ".join(found.missed_strictly) or "none"
    lines.append(f"figures not reached by the strict score: {strict}")
    return "\n".join(lines)


def _table(title: str, heads: Sequence[str], rows: Iterable[Sequence[str]]) -> Any:
    from rich.table import Table

    table = Table(title=title, title_justify="left")
    for place, head in enumerate(heads):
        table.add_column(head, justify="left" if place == 0 else "right")
    for cells in rows:
        table.add_row(*cells)
    return table


def _cell(score: Caught) -> str:
    shares = {"ahead": score.ahead.estimate, "false": score.false.estimate, "missed": score.missed}
    said = ", ".join(f"{name} {share:.0%}" for name, share in shares.items() if share)
    return "\n".join(part for part in (_rate(score.caught), said, _delay(score.delay)) if part)


def _strict_cell(score: Caught) -> str:
    early = f"early {score.early.estimate:.0%}" if score.early.estimate else ""
    return "\n".join(part for part in (_rate(score.strict), early, _delay(score.strict_delay)) if part)


def _delay(delay: Quartiles | None) -> str:
    return "" if delay is None else _quartiles(delay)


def _rate(rate: Interval | None) -> str:
    if rate is None:
        return ""
    shown: Callable[[float], str] = "{:.1%}".format if 0 < rate.estimate < 0.05 else "{:.0%}".format
    return f"{shown(rate.estimate)} [{rate.low:.1%}, {rate.high:.1%}]"


def _quartiles(values: Quartiles) -> str:
    low, middle, high = values
    return f"{middle:g} [{low:g}, {high:g}]"
