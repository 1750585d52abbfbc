"""Values of any kind as whole numbers: levels of a signal, of truth, and places of groups."""

from collections.abc import Iterable, Sequence
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from synthgym.errors import MeasureError, shown
from synthgym.measure.given import several

IntArray: TypeAlias = NDArray[np.int64]
BoolArray: TypeAlias = NDArray[np.bool_]
Values: TypeAlias = Sequence[Any] | NDArray[Any]
"""One a rollout: numbers, truths or names; None and NaN stand for "not known"."""


def levels_of(name: str, values: Values, most: int) -> tuple[IntArray, BoolArray]:
    """The level of each value (N,), from 0 in ascending order and -1 where it is not known; and what is known (N,).

    More than `most` different numbers are cut into `most` levels at their quantiles, equal ones together.

    Raises:
        MeasureError: for values of another shape, an infinite one, or more than `most` different names.
    """
    given = one_each(name, values)
    known = _known(name, given)
    level = np.full(len(given), -1, np.int64)
    if not known.any():
        return level, known
    kept = given[known]
    if kept.dtype == object:
        kept = _of_objects(name, kept)
    if kept.dtype.kind == "f" and np.isinf(kept).any():
        raise MeasureError(f"{name} holds an infinite value; give finite ones, and NaN or None for not known")
    distinct, place = np.unique(kept, return_inverse=True)
    if len(distinct) > most:
        if kept.dtype.kind not in "biuf":
            raise MeasureError(
                f"{name} has {len(distinct)} different names, more than levels={most}; merge them, or raise levels"
            )
        edges = np.quantile(kept, np.arange(1, most) / most, method="inverted_cdf")
        place = np.unique(np.searchsorted(np.unique(edges), kept, side="left"), return_inverse=True)[1]
    level[known] = place.reshape(-1)
    return level, known


def places_of(group: Values, count: int) -> tuple[IntArray, BoolArray]:
    """The group of each rollout (N,) as a place from 0, -1 where it is not known; and what is known (N,).

    Raises:
        MeasureError: unless there is one a rollout.
    """
    given = one_each("group", group)
    if len(given) != count:
        raise MeasureError(f"{len(given)} groups for {count} rollouts: one a rollout is needed")
    return levels_of("group", given, max(count, 1))


def one_each(name: str, values: Values) -> NDArray[Any]:
    """Values (N,) as an array, as they are.

    Raises:
        MeasureError: for a single value, a text, or values of another shape or kind.
    """
    listed = values.to_pylist() if hasattr(values, "to_pylist") else values  # a column of a table
    given = listed if isinstance(listed, np.ndarray) else _objects(several(name, listed))
    if given.ndim != 1:
        raise MeasureError(f"{name} has shape {given.shape}; one value a rollout, (N,), is needed")
    if given.dtype.kind not in "biufUSO":
        raise MeasureError(f"{name} holds {given.dtype} values; numbers, truths or names are needed")
    return given


def _objects(values: Iterable[Any]) -> NDArray[Any]:
    """One object a value, whatever it is: rows of equal length make no second axis."""
    listed = list(values)
    return np.fromiter(listed, dtype=object, count=len(listed))


def _known(name: str, given: NDArray[Any]) -> BoolArray:
    if given.dtype != object:
        return ~np.isnan(given) if given.dtype.kind == "f" else np.ones(len(given), np.bool_)
    for value in given:
        if not (value is None or isinstance(value, (str, bool, int, float, np.number, np.bool_))):
            raise MeasureError(f"{name} holds {shown(value)}; numbers, truths, names or None are needed")
    return np.array([value is not None and value == value for value in given], dtype=np.bool_)


def _of_objects(name: str, kept: NDArray[Any]) -> NDArray[Any]:
    """Numbers as floats, names as they are; whole numbers too large for a float, such as hashes, as whole numbers."""
    whole = np.array(kept.tolist()) if all(type(value) is int for value in kept) else None
    if whole is not None and whole.dtype.kind in "iu":
        return whole
    if all(isinstance(value, (bool, int, float, np.number, np.bool_)) for value in kept):
        try:
            return kept.astype(np.float64)
        except OverflowError:
            raise MeasureError(
                f"{name} holds a number too large for a float; name its levels instead"
            ) from None
    if all(isinstance(value, str) for value in kept):
        return kept
    odd = next(value for value in kept if not isinstance(value, str))
    raise MeasureError(
        f"{name} mixes {shown(odd)} with other kinds of values; all numbers or all names are needed"
    )
