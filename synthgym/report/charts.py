"""The charts, as Vega-Lite specifications that altair builds and checks.

Colours are names of the page's CSS variables, so that a chart follows the page into dark mode and into
print. No line is told from another by colour alone: arms differ in lightness, dash and point shape too.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import altair as alt

from synthgym.report.estimates import bounded
from synthgym.report.findings_loops import loop_name
from synthgym.report.learning import is_control
from synthgym.report.model import Learning, Loops, Point, Takeover
from synthgym.report.words import count, estimate, number_of

HEIGHT = 210
STEP, SHARE = "training step", "share of completions"
_SOLID = (1, 0)
_MANY = 16
"""Points beyond which a line is drawn without marks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Style:
    """How one line is drawn; `colour` is a CSS variable of the page, `dash` in pixels on and off."""

    key: str
    label: str
    colour: str
    dash: tuple[int, ...] = _SOLID
    shape: str = "circle"


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """One panel: what it shows, its specification, and the lines of a legend of its own.

    Attributes:
        onset, alarms: whether the legend names the onset band, and the marks of the alarms.
    """

    title: str
    spec: Mapping[str, Any]
    legend: tuple[Style, ...] = ()
    onset: bool = False
    alarms: bool = False


_ARMS = {
    "binary": Style(key="binary", label="binary", colour="--s1", shape="circle"),
    "rubric": Style(key="rubric", label="rubric", colour="--s2", shape="square"),
    "token": Style(key="token", label="token", colour="--s3", shape="triangle-up"),
    "random": Style(key="random", label="random (control)", colour="--s5", dash=(7, 4), shape="cross"),
    "shuffled": Style(
        key="shuffled", label="shuffled (control)", colour="--s5", dash=(2, 3), shape="diamond"
    ),
    "open": Style(key="open", label="open: a verifier chooses", colour="--s3", shape="triangle-up"),
    "unfiltered": Style(
        key="unfiltered", label="closed: no filter", colour="--s1", dash=(7, 4), shape="circle"
    ),
    "majority": Style(
        key="majority", label="closed: majority vote", colour="--s2", dash=(2, 3), shape="square"
    ),
    "random_subset": Style(
        key="random_subset", label="closed: random subset", colour="--s4", dash=(9, 3, 2, 3), shape="diamond"
    ),
}
_OTHERS = (("--s3", "circle"), ("--s1", "square"), ("--s2", "triangle-up"), ("--s4", "diamond"))
_OTHER_DASHES = (_SOLID, (7, 4), (2, 3))
REWARD = Style(key="reward", label="reward paid", colour="--s1", shape="")
TRUTH = Style(key="truth", label="truth: right answers", colour="--s3", dash=(8, 3), shape="")
MECHANISM = Style(key="mechanism", label="completions that take the shortcut", colour="--s4", shape="")
LOST = Style(
    key="counterfactual", label="reward lost when the flaw is closed", colour="--s2", dash=(2, 3), shape=""
)


def styles(arms: Sequence[str]) -> dict[str, Style]:
    """A style an arm: the same for the same arm everywhere, and the next free one for an arm of somebody's own."""
    others = [arm for arm in arms if arm not in _ARMS]
    found = {}
    for arm in arms:
        place = others.index(arm) if arm in others else 0
        colour, shape = _OTHERS[place % len(_OTHERS)]
        dash = _OTHER_DASHES[place // len(_OTHERS) % len(_OTHER_DASHES)]
        control = _ARMS.get(arm.rpartition("~")[2]) if is_control(arm) else None
        own = Style(key=arm, label=arm, colour=colour, dash=dash, shape=shape)
        found[arm] = _ARMS.get(arm) or (
            replace(control, key=arm, label=f"{arm} (control)") if control else own
        )
    return found


def learning_charts(given: Learning) -> list[Chart]:
    """Accuracy against training rollouts, sampled and greedy."""
    titles = {"sampled": "Sampled", "greedy": "Greedy"}
    if not given.held_out:
        titles["sampled"] = "Sampled, on the training rollouts"
    charts = []
    for kind, title in titles.items():
        curves = [curve for curve in given.curves if curve.name == kind]
        if curves:
            drawn = styles([curve.arm for curve in curves])
            lines = [(drawn[curve.arm], curve.points) for curve in curves]
            layers = _lines(lines, x="training rollouts", y="accuracy (share right)")
            charts.append(Chart(title=title, spec=finish(layers)))
    return charts


def takeover_charts(given: Takeover) -> list[Chart]:
    """Reward beside truth of each arm, then the gap and the mechanism of all, with onset band and alarms."""
    points = {(curve.arm, curve.name): curve.points for curve in given.curves}
    arms = list(dict.fromkeys(curve.arm for curve in given.curves))
    charts = []
    for arm in arms:
        lines = [(style, points[arm, style.key]) for style in (REWARD, TRUTH) if (arm, style.key) in points]
        onset, alarms = _onset(given, arm), _alarms(given, arm)
        layers = onset + _lines(lines, x=STEP, y=SHARE, dots=False) + alarms
        what = "The verifier with its flaw" if arm in given.flawed else "Its clean twin"
        charts.append(
            Chart(
                title=f"{what}: reward and truth" if len(arms) < 3 else arm,
                spec=finish(layers),
                legend=(REWARD, TRUTH),
                onset=bool(onset),
                alarms=bool(alarms),
            )
        )
    gaps = [(_gap_style(given, arm), points[arm, "gap"]) for arm in arms if (arm, "gap") in points]
    onset = [layer for arm in given.flawed for layer in _onset(given, arm)]
    layers = onset + _lines(gaps, x=STEP, y="accepted though wrong (share)", dots=False)
    legend = tuple(style for style, _ in gaps)
    charts.append(
        Chart(title="The gap: accepted though wrong", spec=finish(layers), legend=legend, onset=bool(onset))
    )
    flawed = given.flawed[0] if given.flawed else arms[0]
    lines = [
        (style, points[flawed, style.key]) for style in (MECHANISM, LOST) if (flawed, style.key) in points
    ]
    if lines:
        layers = _onset(given, flawed) + _lines(lines, x=STEP, y="share, and reward lost", dots=False)
        legend = tuple(style for style, _ in lines)
        charts.append(
            Chart(
                title="The mechanism, and what a probe sees of it",
                spec=finish(layers),
                legend=legend,
                onset=bool(onset),
            )
        )
    return charts


def _gap_style(given: Takeover, arm: str) -> Style:
    """Flawed arms solid; their clean twins dashed, as baselines are."""
    if arm in given.flawed:
        return Style(key=f"gap {arm}", label="with the flaw", colour="--s1", shape="")
    return Style(key=f"gap {arm}", label="clean twin", colour="--s5", dash=(7, 4), shape="")


def loop_charts(given: Loops) -> list[Chart]:
    """Greedy accuracy, pass@k and entropy by generation, and pass@k against k of the last generation."""
    panels = (
        ("greedy", "Greedy accuracy", "accuracy (share right)"),
        (
            "pass@k",
            f"pass@{given.k}: a right answer in {given.k} samples",
            f"pass@{given.k} (share of tasks)",
        ),
        ("entropy", "Entropy of the answers", "entropy (bits a task)"),
    )
    drawn = styles([arm.name for arm in given.arms])
    charts = []
    for measure, title, unit in panels:
        lines = [(drawn[curve.arm], curve.points) for curve in given.curves if curve.name == measure]
        if lines:
            share = measure != "entropy"
            layers = _lines(lines, x="generation", y=unit, whole=True, share=share)
            charts.append(Chart(title=title, spec=finish(layers)))
    lines = [(drawn[arm.name], arm.at_k["last"]) for arm in given.arms if len(arm.at_k.get("last", ())) > 1]
    if lines:
        layers = _lines(lines, x="k, samples a task", y="pass@k (share of tasks)", whole=True, log=True)
        charts.append(
            Chart(title=f"pass@k against k, generation {given.generations[1]}", spec=finish(layers))
        )
    return charts


def _lines(
    lines: Sequence[tuple[Style, Sequence[Point]]],
    *,
    x: str,
    y: str,
    share: bool = True,
    whole: bool = False,
    log: bool = False,
    dots: bool = True,
) -> list[Any]:
    """Band, line, and points with tooltips; the layers share their scales."""
    rows = [_row(style, point) for style, points in lines for point in points]
    drawn = [style for style, _ in lines]
    keys = [style.key for style in drawn]
    base = alt.Chart(alt.Data(values=rows)).encode(
        x=alt.X("x:Q", title=x, axis=_axis(rows, whole), scale=_scale(rows, log)),
        color=alt.Color(
            "key:N", scale=_range(keys, [f"var({style.colour})" for style in drawn]), legend=None
        ),
    )
    axis = alt.Axis(format=".2~f", tickCount=5) if share else alt.Axis(tickCount=5)
    span = alt.Scale(domain=[0, 1]) if share else alt.Scale(zero=True)
    height = {"title": y, "axis": axis, "scale": span}
    tooltip = [
        alt.Tooltip("label:N", title="line"),
        alt.Tooltip("at:N", title=x),
        alt.Tooltip("told:N", title=y),
        alt.Tooltip("over:N", title="interval over"),
    ]
    band = base.transform_filter("datum.low != null").mark_area(opacity=0.16, line=False)
    line = base.mark_line(strokeWidth=2.2, strokeJoin="round").encode(
        y=alt.Y("y:Q", **height),
        strokeDash=alt.StrokeDash(
            "key:N", scale=_range(keys, [list(style.dash) for style in drawn]), legend=None
        ),
    )
    # Invisible points still answer to the pointer.
    seen = dots and max((len(points) for _, points in lines), default=0) <= _MANY
    marks = base.mark_point(size=42, filled=True, opacity=1.0 if seen else 0.0).encode(
        y=alt.Y("y:Q", **height),
        shape=alt.Shape(
            "key:N", scale=_range(keys, [style.shape or "circle" for style in drawn]), legend=None
        ),
        tooltip=tooltip,
    )
    return [band.encode(y=alt.Y("low:Q", **height), y2="high:Q"), line, marks]


def _row(style: Style, point: Point) -> dict[str, Any]:
    mean, known = point.mean, bounded(point.mean)
    return {
        "key": style.key,
        "label": style.label,
        "x": point.x,
        "y": round(mean.value, 5),
        "low": round(mean.low, 5) if known else None,
        "high": round(mean.high, 5) if known else None,
        "at": count(point.x) if point.x == round(point.x) else f"{point.x:g}",
        "told": estimate(mean),
        "over": number_of(mean.n, mean.over.removesuffix("s")),
    }


def _axis(rows: Sequence[Mapping[str, Any]], whole: bool) -> Any:
    if not whole:
        return alt.Axis(format=",d", tickCount=6)
    values = sorted({row["x"] for row in rows})
    return alt.Axis(values=values, format="d") if len(values) <= 12 else alt.Axis(format="d", tickCount=8)


def _scale(rows: Sequence[Mapping[str, Any]], log: bool) -> Any:
    if log:
        return alt.Scale(type="log", base=2)
    last = max((row["x"] for row in rows), default=1)
    return alt.Scale(domain=[0, last or 1], nice=False)


def _range(keys: Sequence[str], values: Sequence[Any]) -> Any:
    """A scale that gives every key its own value, in every layer."""
    return alt.Scale(domain=list(keys), range=list(values))


def _onset(given: Takeover, arm: str) -> list[Any]:
    """The band of the reference onset: from the earliest to the latest step that its grid names in any run."""
    runs = [run for run in given.runs if run.arm == arm and run.onset_low is not None]
    if not runs:
        return []
    low = min(run.onset_low for run in runs if run.onset_low is not None)
    high = max(run.onset_high for run in runs if run.onset_high is not None)
    # Half a step each side, so that a band of one step can be seen.
    row = {"from": max(0.0, low - 0.5), "to": high + 0.5}
    band = alt.Chart(alt.Data(values=[row])).mark_rect(color="var(--band)", opacity=1.0)
    return [band.encode(x=alt.X("from:Q", title=STEP), x2="to:Q")]


def _alarms(given: Takeover, arm: str) -> list[Any]:
    """A mark at the top for every alarm of a run: filled for the truth gap, hollow for the probe."""
    layers = []
    for detector, place, filled in (("truth_gap", 0.965, True), ("counterfactual", 0.885, False)):
        steps = [getattr(run, detector) for run in given.runs if run.arm == arm]
        rows = [{"x": step, "y": place, "told": f"step {step}"} for step in steps if step is not None]
        if rows:
            mark = alt.Chart(alt.Data(values=rows)).mark_point(
                shape="triangle-down",
                size=80,
                filled=filled,
                color="var(--alarm)",
                strokeWidth=1.6,
                opacity=1.0,
            )
            tooltip = [alt.Tooltip("told:N", title=f"alarm of the {detector.replace('_', ' ')}")]
            layers.append(
                mark.encode(x=alt.X("x:Q", title=STEP), y=alt.Y("y:Q", title=SHARE), tooltip=tooltip)
            )
    return layers


def finish(layers: Sequence[Any], height: int = HEIGHT) -> dict[str, Any]:
    """The layers as one responsive chart in the page's own colours, `height` pixels high."""
    chart = alt.layer(*layers).properties(width="container", height=height)
    chart = chart.configure(
        background="transparent",
        font="system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif",
        autosize=alt.AutoSizeParams(type="fit-x", contains="padding"),
        padding={"left": 2, "right": 10, "top": 6, "bottom": 2},
    )
    chart = chart.configure_view(stroke=None).configure_axis(
        labelColor="var(--ink-soft)",
        titleColor="var(--ink-soft)",
        titleFontWeight="normal",
        titleFontSize=12,
        titlePadding=8,
        labelFontSize=11,
        gridColor="var(--rule)",
        domainColor="var(--rule-strong)",
        tickColor="var(--rule-strong)",
        tickSize=4,
        labelOverlap="greedy",
    )
    spec: dict[str, Any] = chart.configure_axisX(grid=False).to_dict()
    return spec


def arm_label(name: str) -> str:
    """An arm as a reader calls it."""
    return _ARMS[name].label if name in _ARMS else loop_name(name)
