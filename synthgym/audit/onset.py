"""When a feature took over: its share among high-reward rollouts, by a monotone fit.

The share is fitted with a function of the step that never falls (isotonic regression, weighted by rollouts). It took
over at the first step at which the fit has gone {15, 20, 25, 30}% of the way from where it began (and two standard
errors) to 1, the shares of `synthgym.onset`; the onset is what most of them name, its range what they all name. A
level that fewer than 20 rollouts reach counts for nothing.
"""

from collections import Counter

import numpy as np
from numpy.typing import NDArray

from synthgym.audit.layout import Time
from synthgym.audit.model import Onset
from synthgym.measure.curves import isotonic
from synthgym.onset import SHARES

_FEWEST = 20
_START = 0.02


def onset(has: NDArray[np.bool_], high: NDArray[np.bool_], time: Time) -> Onset | None:
    """The onset of a feature that rollouts have (N,), among those of high reward (N,); None without steps."""
    used = high & (time.window >= 0)
    if len(time.first) < 2 or not used.any():
        return None
    counts = np.bincount(time.window[used], minlength=len(time.first))
    hits = np.bincount(time.window[used & has], minlength=len(time.first))
    at = np.flatnonzero(counts)
    fit = isotonic(hits[at], counts[at])
    start, least = _start(hits[at], counts[at])
    steps: list[float | None] = []
    for share in SHARES:
        above = fit >= least + (1 - least) * share
        enough = counts[at][above].sum() >= _FEWEST
        steps.append(float(time.first[at[int(np.argmax(above))]]) if enough else None)
    named = [step for step in steps if step is not None]
    if least >= 1:
        named, steps = [], [None]
    times = Counter(steps)
    most = [step for step in named if times[step] == max(times.values())]
    return Onset(
        step=min(most, default=None),
        low=min(named, default=None),
        high=max(named, default=None),
        width=float(np.max(time.last - time.first)) + 1,
        standing=start >= max(SHARES),
    )


def _start(hits: NDArray[np.int64], counts: NDArray[np.int64]) -> tuple[float, float]:
    """The share in the first fiftieth of the rollouts, or in the first windows that hold enough of them; and that
    with two standard errors on top, from which its growth is counted."""
    reached = np.cumsum(counts)
    last = min(int(np.searchsorted(reached, max(_FEWEST, _START * reached[-1]))), len(counts) - 1)
    number = int(reached[last])
    share = float(hits[: last + 1].sum() / number)
    return share, min(1.0, share + 2 * float(np.sqrt(share * (1 - share) / number)))
