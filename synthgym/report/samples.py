"""A handful of rollouts to look at: early and late, right and wrong, and those that took the shortcut."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from math import isfinite
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from synthgym.measure.columns import entry, floats, steps
from synthgym.report.learning import is_control
from synthgym.report.model import Piece, Sample
from synthgym.report.study import Cell, Study
from synthgym.report.words import shorten, visible
from synthgym.rollout import unescape_surrogates

if TYPE_CHECKING:
    import pyarrow as pa

SHOWN = 400
"""Characters shown of a completion, and of a prompt."""
NEWLINE = "\N{RETURN SYMBOL}\n"
_COLUMNS = ["step", "phase", "prompt", "completion", "escaped", "credits", "reward", "truth", "probe"]
_FINEST = ("token", "rubric", "binary")


def learning_samples(study: Study, cells: Sequence[Cell]) -> list[Sample]:
    """Of one family's runs, the one with the finest signal: early wrong, late right and late wrong."""
    candidates = [cell for cell in cells if not is_control(cell.arm)] or list(cells)
    cell = min(candidates, key=lambda cell: (_fineness(cell), cell.id))
    table = _training(study, cell)
    if not len(table):
        return []
    early, late = _ends(steps(table))
    truth = floats(table, "truth")
    wanted = (
        ("early", "wrong", early & (truth == 0)),
        ("late", "right", late & (truth == 1)),
        ("late", "wrong", late & (truth == 0)),
    )
    return [_sample(cell, table, row, when, what) for when, what, row in _chosen(table, wanted)]


def takeover_samples(study: Study, cells: Sequence[Cell], flawed: Sequence[str]) -> list[Sample]:
    """Of one flawed run: an early right answer, and a late one that took the shortcut."""
    candidates = [cell for cell in cells if cell.arm in flawed]
    if not candidates:
        return []
    cell = min(candidates, key=lambda cell: cell.id)
    table = _training(study, cell)
    if not len(table):
        return []
    early, late = _ends(steps(table))
    truth, took = floats(table, "truth"), entry(table, "probe", "mechanism") > 0.5
    wanted = (
        ("early", "right", early & (truth == 1) & ~took),
        ("late", "took the shortcut", late & took & (truth == 0)),
    )
    return [_sample(cell, table, row, when, what) for when, what, row in _chosen(table, wanted)]


def pieces(
    text: str, credits: Sequence[Mapping[str, Any]], limit: int = SHOWN
) -> tuple[tuple[Piece, ...], float | None]:
    """`text` cut where its credit changes, up to `limit` characters, and the credit of its end.

    Spans beyond the text are cut; of spans that overlap, the last counts.
    """
    shown, _ = shorten(text, limit)
    value: list[float | None] = [None] * len(shown)
    end: float | None = None
    for credit in credits:
        start, stop, earned = credit["start"], credit["end"], credit["value"]
        if earned is None or not isfinite(earned):
            continue
        if start == stop == len(text):
            end = earned
        for place in range(max(0, start), min(stop, len(shown))):
            value[place] = earned
    found: list[Piece] = []
    begun = 0
    for place in range(1, len(shown) + 1):
        if place == len(shown) or value[place] != value[begun]:
            found.append(Piece(text=visible(shown[begun:place], newline=NEWLINE), credit=value[begun]))
            begun = place
    return tuple(found), end


def _fineness(cell: Cell) -> int:
    for place, granularity in enumerate(_FINEST):
        if granularity in (cell.arm, cell.signal.partition("+")[0].partition("~")[0]):
            return place
    return len(_FINEST)


def _training(study: Study, cell: Cell) -> "pa.Table":
    table = study.rollouts(cell, _COLUMNS, phases=["train"])
    return table if len(table) else study.rollouts(cell, _COLUMNS, phases=["eval"])


def _ends(step: NDArray[np.int64]) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Rows of the first and of the last tenth of the steps."""
    points = np.unique(step)
    tenth = max(1, len(points) // 10)
    return step <= points[tenth - 1], step >= points[-tenth]


def _chosen(
    table: "pa.Table", wanted: Sequence[tuple[str, str, NDArray[np.bool_]]]
) -> Iterator[tuple[str, str, int]]:
    """For each kind of rollout the one that shows most: credits that differ, then a completion that says something."""
    taken: set[int] = set()
    for when, what, fits in wanted:
        rows = [row for row in np.flatnonzero(fits).tolist()[:2000] if row not in taken]
        if rows:
            row = max(rows, key=_shows(table))
            taken.add(row)
            yield when, what, row


def _shows(table: "pa.Table") -> Callable[[int], tuple[int, bool, int]]:
    credits, completions = table["credits"], table["completion"]

    def worth(row: int) -> tuple[int, bool, int]:
        values = {credit["value"] for credit in credits[row].as_py() or ()}
        return len(values), bool(completions[row].as_py().strip()), -row

    return worth


def _sample(cell: Cell, table: "pa.Table", row: int, when: str, what: str) -> Sample:
    record = table.slice(row, 1).to_pylist()[0]
    prompt, completion = (
        unescape_surrogates(record[name]) if record["escaped"] else record[name]
        for name in ("prompt", "completion")
    )
    shaded, end = pieces(completion, record["credits"] or ())
    took = dict(record["probe"] or ()).get("mechanism") == 1.0
    asked, unasked = shorten(prompt, SHOWN)
    return Sample(
        family=cell.family,
        arm=cell.arm,
        when=when,
        what="took the shortcut" if took and not record["truth"] else what,
        step=record["step"],
        prompt=visible(asked, newline=NEWLINE) + (f" … {unasked:,} more characters" if unasked else ""),
        pieces=shaded,
        end_credit=end,
        left_out=shorten(completion, SHOWN)[1],
        reward=record["reward"],
        truth=record["truth"],
        mechanism=took,
    )
