"""Rollouts that a log holds more than once: those that a resumed run made again, and whole runs that were copied."""

from collections import Counter
from collections.abc import Sequence
from math import gcd
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from synthgym.audit.hashes import HashArray, mixed

IntArray: TypeAlias = NDArray[np.int64]
_FEWEST = 16
"""Different rollouts that must all stand there several times, before a log is said to have been written twice."""


def last_of_each(keys: Sequence[IntArray]) -> NDArray[np.bool_]:
    """Of rows (N,) that agree in all `keys`, the last."""
    order = np.lexsort(keys[::-1])
    same = np.all([array[order][1:] == array[order][:-1] for array in keys], axis=0)
    kept = np.ones(len(order), bool)
    kept[order[:-1][same]] = False
    return kept


def copies(
    runs: Sequence[tuple[str, str]], run: IntArray, rows: Sequence[NDArray[np.generic]]
) -> list[tuple[int, int]]:
    """Which runs are copies of which others, as places in `runs`.

    Args:
        runs: their folders and names. One that has the name of another as long, and no row that it has not, is a copy.
        run: of each row (N,).
        rows: all that is compared of a row (N,) each.
    """
    known = Counter(name for _, name in runs)
    several = [place for place, (_, name) in enumerate(runs) if known[name] > 1]
    if not several:
        return []
    content = {place: mixed(*(_bits(array[run == place]) for array in rows)) for place in several}
    found: list[tuple[int, int]] = []
    kept: list[int] = []
    for place in sorted(several, key=lambda place: (-len(content[place]), place)):
        like = [one for one in kept if runs[one][1] == runs[place][1]]
        of = next((one for one in like if np.isin(content[place], content[one]).all()), None)
        if of is None:
            kept.append(place)
        else:
            found.append((place, of))
    return found


def times_over(rows: Sequence[object]) -> int:
    """How many times over each of `rows` stands there, if all of them do; 1 if not, or if there are few."""
    counts = Counter(rows)
    return gcd(*counts.values()) if len(counts) >= _FEWEST else 1


def _bits(values: NDArray[np.generic]) -> HashArray:
    wide = values if values.dtype.itemsize == 8 else values.astype(np.float64)
    return np.ascontiguousarray(wide).view(np.uint64)
