"""Columns of a rollout log as numpy arrays, with what is null made plain."""

from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from numpy.typing import NDArray

from synthgym.errors import MeasureError, shown, suggestion

if TYPE_CHECKING:
    import pyarrow as pa

FloatArray: TypeAlias = NDArray[np.float64]
IntArray: TypeAlias = NDArray[np.int64]


def need(table: "pa.Table", *names: str) -> None:
    """Raise a MeasureError that names the columns among `names` that `table` lacks."""
    missing = [name for name in names if name not in table.column_names]
    if missing:
        raise MeasureError(
            f"the table lacks the column{'s' * (len(missing) > 1)} {', '.join(missing)}; "
            "read_log(path) gives all of them"
        )


def floats(table: "pa.Table", name: str) -> FloatArray:
    """A numeric or bool column (N,), NaN where it is null."""
    import pyarrow as pa

    column: FloatArray = table[name].cast(pa.float64()).to_numpy()
    return column


def steps(table: "pa.Table") -> IntArray:
    """The step of every row (N,)."""
    column: IntArray = table["step"].to_numpy().astype(np.int64)
    return column


def equal(table: "pa.Table", name: str, value: str) -> NDArray[np.bool_]:
    """Where a text column (N,) is `value`."""
    import pyarrow.compute as pc

    found: NDArray[np.bool_] = pc.fill_null(pc.equal(table[name], value), False).to_numpy()
    return found


def lengths(table: "pa.Table", name: str) -> FloatArray:
    """The length of a list column's entries (N,), NaN where it is null."""
    import pyarrow as pa
    import pyarrow.compute as pc

    column: FloatArray = pc.list_value_length(table[name]).cast(pa.float64()).to_numpy()
    return column


def entry(table: "pa.Table", name: str, key: str) -> FloatArray:
    """The value at `key` of a map column's entries (N,), NaN where there is none."""
    import pyarrow as pa
    import pyarrow.compute as pc

    found = pc.map_lookup(table[name], key, "last").cast(pa.float64())
    column: FloatArray = found.to_numpy()
    return column


def one_run(table: "pa.Table", run: str | None) -> NDArray[np.bool_]:
    """The rows (N,) of `run`, or of the only run there is; a MeasureError if it is not clear which is meant."""
    there = sorted(table["run"].unique().to_pylist())
    if run is None and len(there) != 1:
        raise MeasureError(
            f"the table holds {len(there)} runs; say which with run=...{suggestion('', there)}"
        )
    if run is not None and run not in there:
        raise MeasureError(f"no run {shown(run)} in the table{suggestion(run, there)}")
    return equal(table, "run", there[0] if run is None else run)
