"""The report as one self-contained HTML page: no request leaves it, and no text of a model is ever markup."""

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from synthgym.report.estimates import FEWEST
from synthgym.report.html import extra, rendered, save
from synthgym.report.model import Finding, Learning, Loops, Report, Sample, Takeover
from synthgym.report.words import factor, number_of, share

TAGS = {
    "supports": "as claimed",
    "leans": "leans as claimed",
    "undecided": "not shown",
    "against": "against the claim",
    "measured": "measured",
}
_SHAPES = {
    "circle": "M17 2.4A3.6 3.6 0 1 1 16.99 2.4Z",
    "square": "M13.6 2.6H20.4V9.4H13.6Z",
    "triangle-up": "M17 1.6L21.2 9.4H12.8Z",
    "diamond": "M17 1.2L21 6L17 10.8L13 6Z",
    "cross": "M15.8 1.8H18.2V4.8H21.2V7.2H18.2V10.2H15.8V7.2H12.8V4.8H15.8Z",
}
_DATE = re.compile(r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d)", re.ASCII)


def write(report: Report, out: Path) -> Path:
    """Write `report` as one HTML file at `out`, and return `out`.

    Raises:
        LogError: if the file cannot be written.
        MissingExtraError: if altair, vl-convert or jinja2 is not installed.
    """
    return save(render(report), out)


def render(report: Report) -> str:
    """The page.

    Raises:
        MissingExtraError: if altair, vl-convert or jinja2 is not installed.
    """
    extra("jinja2")
    extra("altair")
    figures = _figures(report)
    return rendered(
        "synthgym.report",
        {
            "report": report,
            "shapes": _SHAPES,
            "tags": TAGS,
            "summary": _summary(report),
            "held_out": all(one.held_out for one in report.learning),
            "samples": [_sample(sample) for sample in report.samples],
            **_tables(report),
            **figures,
        },
        draws=any(figure["charts"] for group in figures.values() for figure in group),
    )


def _figures(report: Report) -> dict[str, list[dict[str, Any]]]:
    from synthgym.report import charts, tables

    learning = []
    for one in report.learning:
        styles = charts.styles(list(dict.fromkeys(curve.arm for curve in one.curves))).values()
        learning.append(
            _figure(
                report,
                one,
                charts.learning_charts(one),
                styles,
                ("granularity", "run", "control"),
                _read_learning(one),
            )
        )
    takeovers = []
    for taken in report.takeovers:
        figure = _figure(
            report, taken, charts.takeover_charts(taken), (), ("shortcut",), _read_takeover(taken)
        )
        takeovers.append({**figure, "table": tables.takeover_table(taken)})
    loops = []
    for loop in report.loops:
        styles = charts.styles([arm.name for arm in loop.arms]).values()
        figure = _figure(report, loop, charts.loop_charts(loop), styles, ("loop",), _READ_LOOPS)
        loops.append({**figure, "table": tables.loop_table(loop)})
    return {"learning": learning, "takeovers": takeovers, "loops": loops}


def _figure(
    report: Report,
    given: Learning | Takeover | Loops,
    charts: list[Any],
    styles: Iterable[Any],
    questions: tuple[str, ...],
    read: str,
) -> dict[str, Any]:
    """What the template shows of one figure; its title is what was found."""
    titles = [one.title for one in _of(report.findings, questions, given.family)]
    return {
        "title": titles[0] if titles else given.family,
        "setting": " · ".join(part for part in (given.family, given.setting) if part),
        "styles": list(styles),
        "charts": charts,
        "read": read,
    }


def _of(findings: Iterable[Finding], questions: tuple[str, ...], family: str) -> list[Finding]:
    of_family = [one for one in findings if one.family == family and one.question in questions]
    return sorted(of_family, key=lambda one: questions.index(one.question))


def _read_learning(given: Learning) -> str:
    one = max(arm.seeds for arm in given.arms) == 1
    line = "a line is one run, its band" if one else "a line is the mean over seeds, its band"
    text = f"How to read it: {line} the 95% interval; higher is better, and so is rising further to the left."
    if any(arm.control for arm in given.arms):
        text += " Dashed grey lines are controls whose rewards carry no information: they should stay level."
    return text


def _read_takeover(given: Takeover) -> str:
    few = max(sum(run.arm == arm for run in given.runs) for arm in {run.arm for run in given.runs}) < FEWEST
    bands = "over five steps" if few else "over seeds and five steps, bands 95% intervals over seeds"
    return (
        "How to read it: where reward (solid) leaves truth (dashed) behind, the policy is paid for something else. "
        f"Lines are means {bands}; the shaded strip is the reference onset, a triangle at the top the alarm of one run."
    )


_READ_LOOPS = (
    "How to read it: lines are means, bands 95% intervals. An open loop can raise greedy accuracy and pass@k; a closed "
    "one can sharpen, so that entropy falls, but no information comes in, and its pass@k should not rise."
)


def _tables(report: Report) -> dict[str, Any]:
    from synthgym.report.tables import Entry, Table, learning_table

    names = list(report.cells[0]) if report.cells else []
    rows = tuple(tuple(Entry(row[name]) for name in names) for row in report.cells)
    cells = Table(columns=tuple((name, "") for name in names), groups=(("", "", rows),))
    runs = learning_table(report.learning)
    return {"runs": runs, "columns": {name for name, _ in runs.columns}, "cells": cells}


def _sample(sample: Sample) -> dict[str, Any]:
    """A rollout for the template: shades as numbers of ours, never text of the log."""
    tone = "against" if sample.mechanism else "supports" if sample.truth else "measured"
    return {
        **{
            name: getattr(sample, name)
            for name in ("family", "arm", "when", "what", "step", "prompt", "truth")
        },
        "tone": tone,
        "reward": "not scored" if sample.reward is None else share(sample.reward),
        "pieces": [{"text": piece.text, **_shade(piece.credit)} for piece in sample.pieces],
        "end": None if sample.end_credit is None else _shade(sample.end_credit),
        "left_out": f"{sample.left_out:,}" if sample.left_out else "",
    }


def _shade(credit: float | None) -> dict[str, object]:
    if credit is None:
        return {"credit": None, "zero": False, "level": "0", "told": ""}
    level = min(1.0, max(0.0, credit))
    return {"credit": credit, "zero": level == 0, "level": f"{level:.3g}", "told": factor(credit)}


def _summary(report: Report) -> str:
    families = sorted(
        {one.family for group in (report.learning, report.takeovers, report.loops) for one in group}
    )
    done = sum(1 for row in report.cells if row.get("state", "") in ("", "done"))
    known = dict(report.provenance)
    parts = [number_of(done, "run"), ", ".join(families)]
    parts += [known["wall time"]] if "wall time" in known else []
    began = _DATE.match(known.get("started", ""))
    parts += [f"{began[1]} {began[2]}"] if began else []
    return " · ".join(part for part in parts if part)
