"""A prediction as a table for a terminal: a column a component, first learned first, and a line a measure."""

from collections.abc import Callable
from math import isfinite
from typing import Any

from rich.console import Group
from rich.table import Table
from rich.text import Text

from synthgym.baselines.predict.prediction import Prediction, Row, number

_LEGEND = (
    "Estimates with 95% intervals; T̂ up to one constant that all share; ≥: a lower bound, as the probe did not learn "
    "the behaviour (D, n*, T̂), or no rollout shows it (Λ)."
)
_LINES: tuple[tuple[str, Callable[[Row], str]], ...] = (
    ("rollouts that show it", lambda row: f"{row.hits / row.rollouts:.1%}"),
    ("D [bits]", lambda row: _cell(row.efficiency.D.interval, bound=row.efficiency.D.censored)),
    ("Λ [bits]", lambda row: _cell(row.efficiency.surprisal, bound=row.hits == 0)),
    ("s", lambda row: _cell(row.efficiency.push)),
    ("I [bits/rollout]", lambda row: _cell(row.efficiency.information.interval)),
    ("η = I/D [1/rollout]", lambda row: _cell(row.efficiency.eta)),
    ("n* = D/I [rollouts]", lambda row: _cell(row.efficiency.break_even, bound=row.efficiency.D.censored)),
    ("T̂ = D Λ/s", lambda row: _cell(row.efficiency.learning_time, bound=row.efficiency.D.censored)),
)
_KINDS = {"truth": "the true task", "null": "random label"}


def prediction_table(found: Prediction) -> Group:
    """The table, what it says in a sentence, and the notes."""
    settings = found.settings
    table = Table(
        title=Text(
            f"{settings.get('family') or settings.get('log')}, {settings['signal']}: {found.rollouts:,} rollouts in "
            f"{found.groups} groups, {found.live_groups} live, {_right(found.pass_rate)}"
        ),
        title_justify="left",
        caption=_LEGEND,
        caption_justify="left",
    )
    table.add_column("")
    for place, row in enumerate(found.rows, 1):
        kind = _KINDS.get(row.kind, "planted" if row.planted else "watched")
        head = f"{f'{place}.' if row.expected else '-'} {row.name}\n({kind})"
        table.add_column(Text(head), justify="right", overflow="fold")
    for name, cell in _LINES:
        table.add_row(Text(name), *(Text(cell(row)) for row in found.rows))
    notes = [Text(f"note: {note}") for note in found.notes]
    return Group(table, Text(f"{found}."), *notes, Text(f"({found.seconds:.0f} s)"))


def _cell(interval: Any, *, bound: bool = False) -> str:
    value = f"{'≥ ' if bound and isfinite(interval.estimate) else ''}{number(interval.estimate)}"
    return f"{value}\n[{number(interval.low)}, {number(interval.high)}]"


def _right(share: float) -> str:
    return "truth unknown" if share != share else f"{share:.1%} right"
