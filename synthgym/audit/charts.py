"""The charts of an audit, as Vega-Lite specifications in the page's own colours."""

from collections.abc import Sequence
from math import isfinite
from typing import Any

import altair as alt

from synthgym.audit.model import Audit, Found, Point
from synthgym.audit.told import bits_with_interval, label, step_of
from synthgym.report.charts import finish

_BARS, _OWN = 16, 12
_COLOURS = {"paid": "--bad", "charged": "--bad", "unresolved": "--warn", "trace": "--s5"}
_LONG = 46
_NAMES: dict[str, Any] = {
    "labelLimit": alt.ExprRef(
        "containerSize()[0] < 560 ? 170 : 330"
    ),  # on a narrow screen the bars want room, too
    "labelPadding": 9,
    "ticks": False,
    "domain": False,
}


def bars(audit: Audit) -> dict[str, Any] | None:
    """Bits of the strongest features with their intervals; None if no feature explains anything."""
    telling = [found for found in audit.features if found.bits.estimate > 0 or found.verdict in _COLOURS]
    own = [found for found in telling if found.proxy_of is None]
    shown = [
        *own[:_OWN],
        *[found for found in telling if found.proxy_of is not None][: _BARS - min(len(own), _OWN)],
    ]
    if not shown:
        return None
    # Texts of the log reach a chart as data alone: never as an expression, a field's name or a title.
    rows = _rows(shown)
    base = alt.Chart(alt.Data(values=rows)).encode(
        y=alt.Y("label:N", title=None, sort=None, axis=alt.Axis(**_NAMES))
    )
    axis = alt.Axis(tickCount=6, format="~g")
    colour = alt.Color("colour:N", scale=None, legend=None)
    title = "bits per rollout" + (", beyond truth" if audit.has_truth else ", unresolved")
    tooltip = [
        alt.Tooltip("label:N", title="feature"),
        alt.Tooltip("told:N", title="bits"),
        alt.Tooltip("said:N", title="verdict"),
    ]
    span = base.mark_rule(strokeWidth=2.2).encode(
        x=alt.X("low:Q", title=title, axis=axis), x2="high:Q", color=colour
    )
    dot = base.mark_point(filled=True, size=62, opacity=1).encode(
        x=alt.X("bits:Q", title=title, axis=axis), color=colour, tooltip=tooltip
    )
    layers = [span, dot]
    if audit.has_truth:
        layers.append(
            base.mark_tick(thickness=2, size=11, color="var(--s5)").encode(
                x=alt.X("total:Q", title=title, axis=axis)
            )
        )
    return finish(layers, height=26 * len(rows) + 10)


def taking_over(found: Found, audit: Audit) -> dict[str, Any] | None:
    """The share of high-reward rollouts with a feature by step, and its onset; None without steps."""
    if len(found.curve) < 2:
        return None
    layers: list[Any] = []
    onset = found.onset
    if onset is not None and onset.low is not None and onset.high is not None:
        half = max(onset.width / 2, 0.5)
        band = {"from": onset.low - half, "to": onset.high + half}
        layers.append(
            alt.Chart(alt.Data(values=[band]))
            .mark_rect(color="var(--band)", opacity=1.0)
            .encode(x=alt.X("from:Q", title="step"), x2="to:Q")
        )
    what = "share of rollouts" if found.verdict == "grows" else "share of high-reward rollouts"
    return finish([*layers, *_line(found.curve, "--s4", what, domain=True)], height=190)


def rewards(audit: Audit) -> dict[str, Any] | None:
    """Mean reward and truth by step; None without steps."""
    if len(audit.reward_curve) < 2:
        return None
    within = all(0 <= point.value <= 1 for point in audit.reward_curve)
    layers = _line(
        audit.reward_curve,
        "--s1",
        "mean reward, share right" if audit.truth_curve else "mean reward",
        domain=within,
    )
    if len(audit.truth_curve) > 1:
        layers += _line(audit.truth_curve, "--s3", "mean reward, share right", domain=within, dash=(8, 3))
    return finish(layers, height=190)


def _line(
    points: tuple[Point, ...], colour: str, title: str, *, domain: bool, dash: tuple[int, ...] = (1, 0)
) -> list[Any]:
    rows = [
        {
            "x": point.step,
            "y": round(point.value, 5),
            "at": step_of(point.step),
            "told": f"{point.value:.3f} of {point.n:,}",
        }
        for point in points
    ]
    scale = alt.Scale(domain=[0, 1]) if domain else alt.Scale(zero=True)
    base = alt.Chart(alt.Data(values=rows)).encode(
        x=alt.X(
            "x:Q",
            title="step",
            axis=alt.Axis(format="~d", tickCount=6),
            scale=alt.Scale(nice=False, zero=False),
        ),
        y=alt.Y("y:Q", title=title, scale=scale, axis=alt.Axis(tickCount=5)),
    )
    line = base.mark_line(strokeWidth=2.2, color=f"var({colour})", strokeDash=list(dash))
    tooltip = [alt.Tooltip("at:N", title="step"), alt.Tooltip("told:N", title=title)]
    return [line, base.mark_point(size=42, opacity=0).encode(tooltip=tooltip)]


def _rows(shown: Sequence[Found]) -> list[dict[str, Any]]:
    """A bar for each, under labels that differ."""
    rows: list[dict[str, Any]] = []
    for found in shown:
        text = label(found.label)
        name = text if len(text) <= _LONG else f"{text[: _LONG - 1]}…"
        while any(row["label"] == name for row in rows):
            name += "\N{PRIME}"
        known = isfinite(found.bits.low)
        rows.append(
            {
                "label": name,
                "bits": round(found.bits.estimate, 6),
                "low": round(max(found.bits.low, 0.0), 6) if known else 0.0,
                "high": round(found.bits.high, 6) if known else round(found.bits.estimate, 6),
                "total": round(max(found.total_bits, 0.0), 6),
                "told": bits_with_interval(found),
                "said": found.verdict,
                "colour": f"var({'--s5' if found.proxy_of else _COLOURS.get(found.verdict, '--s3')})",
            }
        )
    return rows
