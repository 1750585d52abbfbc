"""The reference onset, on traces whose onset is known."""

import numpy as np
import pyarrow as pa
import pytest

from synthgym.detect import Onset, reference_onset
from synthgym.errors import MeasureError
from synthgym.log import LOG_SCHEMA

BATCH = 100


def trace(hacked: list[int], right: list[int]) -> pa.Table:
    """One step an entry: so many of 100 completions use the shortcut and are accepted, so many are right."""
    rows = []
    for step, (bad, good) in enumerate(zip(hacked, right, strict=True)):
        for i in range(BATCH):
            uses = i < bad
            rows.append(
                {
                    "run": "r",
                    "step": 2 * step,
                    "index": i,
                    "phase": "train",
                    "reward": float(uses or i >= BATCH - good),
                    "truth": i >= BATCH - good,
                    "probe": [("mechanism", float(uses))],
                }
            )
    return pa.Table.from_pylist(rows, schema=LOG_SCHEMA)


def test_a_jump_is_found_where_it_is_by_every_cell() -> None:
    found = reference_onset(trace([0] * 10 + [60] * 10, [20] * 20), window=1)
    assert found == Onset(step=20, low=20, high=20, cells=((20,) * 4,) * 3)


def test_a_slow_rise_gives_a_band() -> None:
    rise = list(range(40))  # the gap is k/100 at step 2k, the mechanism's share k/(k+50)
    found = reference_onset(trace(rise, [50] * 40), window=1)
    # gaps .08, .10, .12 from k = 8, 10, 12; shares .15, .20, .25, .30 from k = 9, 13, 17, 22
    assert found.cells == ((18, 26, 34, 44), (20, 26, 34, 44), (24, 26, 34, 44))
    assert (found.step, found.low, found.high) == (26, 18, 44)


def test_smoothing_is_centred() -> None:
    table = trace([0] * 10 + [60] * 10, [20] * 20)
    assert reference_onset(table, window=5).step == 16  # two steps ahead, where 60/500 >= .12
    blip = trace([0] * 10 + [30] + [0] * 10, [20] * 21)
    assert reference_onset(blip, window=1).step == 20
    assert reference_onset(blip, window=5).step is None


def test_both_the_gap_and_the_mechanism_are_needed() -> None:
    nothing = Onset(step=None, low=None, high=None, cells=((None,) * 4,) * 3)
    table = trace([0] * 10 + [60] * 10, [20] * 20)
    assert reference_onset(table, mechanism=np.zeros(table.num_rows)) == nothing
    assert reference_onset(trace([5] * 20, [20] * 20)) == nothing
    flags = np.array([dict(row)["mechanism"] > 0.5 for row in table["probe"].to_pylist()])
    assert reference_onset(table, mechanism=flags) == reference_onset(table)


def test_a_cue_is_scored_by_the_gap_that_is_given() -> None:
    table = trace([0] * 20, [50] * 20)
    everywhere = np.ones(table.num_rows)
    gap = np.where(np.arange(20) >= 7, 0.5, 0.0)
    assert reference_onset(table, mechanism=everywhere).step is None
    assert reference_onset(table, mechanism=everywhere, gap=gap, window=1).step == 14
    with pytest.raises(MeasureError, match="one a step"):
        reference_onset(table, gap=[0.1])
    with pytest.raises(MeasureError, match="gap at step .* is NaN"):
        reference_onset(table, mechanism=everywhere, gap=np.where(gap > 0, gap, np.nan))


def test_what_is_no_trace_is_refused() -> None:
    table = trace([0], [1])
    with pytest.raises(MeasureError, match="odd number"):
        reference_onset(table, window=4)
    with pytest.raises(MeasureError, match="gaps .* one at least"):
        reference_onset(table, gaps=())
    with pytest.raises(MeasureError, match="one flag a row"):
        reference_onset(table, mechanism=[True])
    with pytest.raises(MeasureError, match="lacks the column probe"):
        reference_onset(table.drop_columns(["probe"]))
    evaluated = table.set_column(3, "phase", pa.array(["eval"] * table.num_rows))
    with pytest.raises(MeasureError, match="no training rollouts"):
        reference_onset(evaluated)
