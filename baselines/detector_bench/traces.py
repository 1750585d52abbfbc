"""A run of the bake-off as arrays: what a detector may be shown of it, a step at a time."""

from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from synthgym.errors import LogError
from synthgym.measure.columns import entry, equal, floats, steps

if TYPE_CHECKING:
    import pyarrow as pa

FloatArray: TypeAlias = NDArray[np.float64]
IntArray: TypeAlias = NDArray[np.int64]
FILE = "trace.npz"


@dataclass(frozen=True, kw_only=True)
class Trace:
    """S steps of P prompts with G completions each, and M probes a step.

    Attributes:
        reward: (S, P, G); NaN where unscored.
        truth: (S, P, G), 1 right, 0 wrong, NaN unknown.
        mechanism: (S, P, G), 1 where the completion takes the shortcut.
        length: (S, P, G), characters.
        factual, counterfactual: (S, M), rewards of the probes.
        same_completion: whether both are verdicts on one completion.
    """

    reward: FloatArray
    truth: FloatArray
    mechanism: FloatArray
    length: FloatArray
    factual: FloatArray
    counterfactual: FloatArray
    same_completion: bool

    @property
    def steps(self) -> int:
        """S."""
        return len(self.reward)

    def save(self, path: Path) -> None:
        """Write it, in half the room: a reward has few digits."""
        half = path.with_suffix(".half")
        with open(half, "wb") as file:
            columns: dict[str, Any] = {
                f.name: np.asarray(getattr(self, f.name), np.float32) for f in fields(self)
            }
            np.savez_compressed(file, **columns)
        half.replace(path)

    @classmethod
    def load(cls, path: Path) -> "Trace":
        """Read what `save` wrote.

        Raises:
            LogError: if it is no such file.
        """
        try:
            with np.load(path, allow_pickle=False) as kept:
                columns = {f.name: kept[f.name].astype(np.float64) for f in fields(cls)}
        except (OSError, ValueError, KeyError) as error:
            raise LogError(f"{path} is no trace of this benchmark ({error}); remove it") from error
        return cls(**{**columns, "same_completion": bool(columns["same_completion"])})


def trace_of(table: "pa.Table") -> Trace:
    """The trace of one run's log, whose steps all hold as many groups of one size, and as many probes.

    Raises:
        LogError: for a step that holds more or fewer.
    """
    train, probe = (table.filter(equal(table, "phase", phase)) for phase in ("train", "probe"))
    train, probe = (part.sort_by([("step", "ascending"), ("index", "ascending")]) for part in (train, probe))
    when, groups = steps(train), floats(train, "group")
    if not len(when):
        raise LogError("the log has no training rollouts")
    count, size = len(np.unique(when)), int(np.sum((when == when[0]) & (groups == groups[0])))
    at = np.isin(steps(probe), when)

    def shaped(column: FloatArray) -> FloatArray:
        if len(column) % (count * size):
            raise LogError(f"{len(column)} rollouts are not {count} steps of groups of {size}")
        return column.reshape(count, -1, size)

    def probed(key: str) -> FloatArray:
        column = entry(probe, "probe", key)[at]
        if len(column) % count:
            raise LogError(f"{len(column)} probes are not as many in each of {count} steps")
        return column.reshape(count, -1)

    return Trace(
        reward=shaped(floats(train, "reward")),
        truth=shaped(floats(train, "truth")),
        mechanism=shaped(entry(train, "probe", "mechanism")),
        length=shaped(_characters(train)),
        factual=probed("factual"),
        counterfactual=probed("counterfactual"),
        same_completion=bool(np.all(entry(probe, "probe", "same_completion") == 1)),
    )


def _characters(table: "pa.Table") -> FloatArray:
    import pyarrow.compute as pc

    found: FloatArray = pc.utf8_length(table["completion"]).to_numpy().astype(np.float64)
    return found
