"""What a measure was given, read in one way: numbers, whole numbers, flags and generators, or a MeasureError."""

from collections.abc import Iterable, Mapping, Sized
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from synthgym.errors import MeasureError, shown

FloatArray: TypeAlias = NDArray[np.float64]
_MOST = 2**53


def numbers(name: str, values: ArrayLike) -> FloatArray:
    """`values` as floats, of any shape; None is NaN. What is finite, and which shape fits, the caller says.

    Raises:
        MeasureError: for text, dates, complex numbers, rows of unequal length, or what is no number at all.
    """
    try:
        given = np.asarray(values)
    except (TypeError, ValueError) as error:  # rows of unequal length
        raise MeasureError(f"{name} is no array of numbers: {error}") from error
    if given.dtype.kind in "buif":
        return given.astype(np.float64)
    if given.dtype == object and isinstance(values, Iterable):
        try:
            floats = [_number(value) for value in given.reshape(-1)]
        except (TypeError, ValueError, OverflowError) as error:
            raise MeasureError(f"{name} holds what is no number: {error}") from error
        return np.array(floats, dtype=np.float64).reshape(given.shape)
    held = shown(values) if given.ndim == 0 else f"{given.dtype} values"
    raise MeasureError(f"{name} holds {held}; numbers are needed")


def number(name: str, value: Any) -> float:
    """One finite number.

    Raises:
        MeasureError: for anything else.
    """
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, (int, float, np.number)):
        raise MeasureError(f"{name} is {shown(value)}; a number is needed")
    try:
        found = float(value)
    except (TypeError, OverflowError) as error:
        raise MeasureError(f"{name} is {shown(value)}; a number that a float can hold is needed") from error
    if not np.isfinite(found):
        raise MeasureError(f"{name} is {value}; a finite number is needed")
    return found


def whole(name: str, value: Any, least: int = 0) -> int:
    """One whole number of at least `least`, that a float tells from its neighbours; 3.0 is one.

    Raises:
        MeasureError: for anything else.
    """
    is_whole = isinstance(value, (int, np.integer)) and not isinstance(value, bool)
    is_whole = is_whole or (isinstance(value, (float, np.floating)) and float(value).is_integer())
    if is_whole and value > _MOST:
        raise MeasureError(f"{name} is {shown(value)}; at most {_MOST:,} can be counted")
    if not is_whole or value < least:
        raise MeasureError(f"{name} is {shown(value)}; a whole number of {least} or more is needed")
    return int(value)


def confident(confidence: Any) -> float:
    """The confidence of an interval, in (0, 1).

    Raises:
        MeasureError: for anything else.
    """
    found = number("confidence", confidence)
    if not 0 < found < 1:
        raise MeasureError(f"confidence {confidence} lies outside (0, 1)")
    return found


def flags(name: str, values: ArrayLike) -> NDArray[np.bool_]:
    """`values` as truths, of any shape: True and False, or 1 and 0.

    Raises:
        MeasureError: for anything else, text such as "False" with it.
    """
    found = numbers(name, values)
    if not np.all((found == 0) | (found == 1)):
        raise MeasureError(f"{name} is True or False for each, and never unknown")
    truths: NDArray[np.bool_] = found == 1
    return truths


def generator(rng: Any) -> np.random.Generator:
    """A numpy Generator.

    Raises:
        MeasureError: for anything else, such as a seed.
    """
    if not isinstance(rng, np.random.Generator):
        raise MeasureError(f"rng is {shown(rng)}; a generator is needed: numpy.random.default_rng(SEED)")
    return rng


def several(name: str, values: Any) -> Any:
    """`values`, once it is plain that they are many and not a text, a mapping or a single value.

    Raises:
        MeasureError: if they are.
    """
    if isinstance(values, (str, bytes, Mapping)) or not isinstance(values, Iterable):
        raise MeasureError(f"{name} is {shown(values)}; a sequence, one value each, is needed")
    return values


def texts(name: str, values: Any) -> Any:
    """A sequence of texts, whose members are not looked at.

    Raises:
        MeasureError: for a single text, or what has no length.
    """
    if not isinstance(several(name, values), Sized):
        raise MeasureError(f"{name} is {shown(values)}; a list of texts is needed")
    return values


def _number(value: Any) -> float:
    if value is None:
        return float("nan")
    if isinstance(value, (str, bytes)):
        raise TypeError(shown(value))
    return float(value)
