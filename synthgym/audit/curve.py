"""What a figure over steps shows: means by windows of them."""

import numpy as np
from numpy.typing import NDArray

from synthgym.audit.layout import windows
from synthgym.audit.model import Point

_POINTS = 100


def curve(step: NDArray[np.float64], value: NDArray[np.generic]) -> tuple[Point, ...]:
    """The mean of values (N,) by windows of steps."""
    time = windows(step, _POINTS)
    if len(time.first) < 2:
        return ()
    known = time.window >= 0
    counts = np.bincount(time.window[known], minlength=len(time.first))
    sums = np.bincount(time.window[known], value[known].astype(np.float64), len(time.first))
    middle = (time.first + time.last) / 2
    return tuple(
        Point(step=float(at), value=float(total / n), n=int(n))
        for at, total, n in zip(middle, sums, counts, strict=True)
        if n
    )
