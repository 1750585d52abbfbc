"""How rollouts are compared with each other: groups, cells, strata of like prompts, windows of steps.

A *cell* holds rollouts that differ in nothing but what the policy drew: of one run, one step, one prompt, and equal
truth. Within a cell, a reward that pays for nothing beyond truth is exchangeable. Where a log's prompts are drawn once
only, cells are wider, and what they are is said.
"""

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from synthgym.audit.collect import Rollouts
from synthgym.report.words import listing

IntArray: TypeAlias = NDArray[np.int64]
_ENOUGH = 0.5
"""Share of rollouts that must have another one in their cell."""
_WINDOW_ROWS = 64
STRATA, CLASSES, BLOCKS = 24, 4, 20
"""Windows of steps and classes of prompts within which bits are counted, at most; blocks for their spread."""
WINDOWS = 400
"""Points in time that an onset is looked for at, at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Time:
    """Steps as windows in time: a step each where there are few, else of about equal numbers of rollouts.

    Attributes:
        window: of each rollout (N,); -1 where its step is unknown.
        first, last: the steps that a window spans (W,).
    """

    window: IntArray
    first: NDArray[np.float64]
    last: NDArray[np.float64]

    @property
    def single(self) -> bool:
        """Whether each window is one step."""
        return bool(np.all(self.first == self.last))


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """How the rollouts (N,) are compared.

    Attributes:
        group: rollouts that can be swapped but for truth.
        compared: what those of one group have in common, in words.
        weak: whether prompts differ within a group.
        stratum: of each rollout, for counting bits.
        block: of each rollout, for the spread of bits; rollouts of a prompt share it.
    """

    time: Time
    group: IntArray
    compared: str
    weak: bool
    stratum: IntArray
    block: IntArray


def laid_out(rollouts: Rollouts, rows: IntArray) -> Layout:
    """The layout of the rollouts at `rows`; every array is as long as `rows`."""
    run, step = rollouts.run[rows], rollouts.step[rows]
    prompt, truth = rollouts.prompt[rows], rollouts.truth[rows]
    time = windows(step, WINDOWS)
    coarse = windows(step, 8).window
    single = _codes(run, np.where(np.isnan(step), -1.0, step), prompt)
    parallel = _codes(run, windows(step, max(1, len(rows) // _WINDOW_ROWS)).window)
    steps = _codes(run, np.where(np.isnan(step), -1.0, step))
    alike = [*["run"] * (len(rollouts.runs) > 1), *["step"] * bool(len(time.first) > 1)]
    choices = (
        (single, [*alike, "prompt"], False),
        (_codes(run, coarse, prompt), [*alike[:-1], "part of the training", "prompt"], False),
    )
    group, shared, weak = parallel, [*alike[:-1], "part of the training"], True
    if rollouts.has_prompts:
        for codes, names, _ in choices:
            if _shared(_codes(codes, truth)) >= _ENOUGH:
                group, shared, weak = codes, names, False
                break
    elif len(rows) / (steps.max(initial=0) + 1) >= 4 and _shared(_codes(steps, truth)) >= _ENOUGH:
        group, shared = steps, alike or ["log"]
    return Layout(
        time=time,
        group=group,
        compared=listing(shared),
        weak=weak,
        stratum=_strata(prompt, truth, step),
        block=_blocks(prompt, group, BLOCKS),
    )


def windows(step: NDArray[np.float64], most: int) -> Time:
    """At most `most` windows of steps (N,), in order."""
    window = np.full(len(step), -1)
    known = ~np.isnan(step)
    points, place, counts = np.unique(step[known], return_inverse=True, return_counts=True)
    if not len(points):
        return Time(window=window, first=np.empty(0), last=np.empty(0))
    if len(points) <= most:
        window[known] = place
        return Time(window=window, first=points, last=points)
    before = np.cumsum(counts) - counts
    of_point = np.unique(before * most // counts.sum(), return_inverse=True)[1]
    window[known] = of_point[place]
    first = np.flatnonzero(np.diff(of_point, prepend=-1))
    last = np.append(first[1:] - 1, len(points) - 1)
    return Time(window=window, first=points[first], last=points[last])


def cells(group: IntArray, truth: NDArray[np.int8]) -> IntArray:
    """Rollouts of one group and of equal truth (N,)."""
    return _codes(group, truth)


def _strata(prompt: NDArray[np.uint64], truth: NDArray[np.int8], step: NDArray[np.float64]) -> IntArray:
    """Windows of steps by classes of prompts of like pass rate; fewer of both where there are few rollouts.

    Windows come first: what is pooled over a take-over seems to explain more than it does at any time. Truth is held
    fixed wherever bits are counted, so that classes made of it take nothing away.
    """
    size = len(prompt)
    time = windows(step, int(np.clip(size // 200, 1, STRATA))).window
    classes = int(np.clip(size // 10_000, 1, CLASSES))
    known = truth >= 0
    if classes == 1 or not known.any():
        return _codes(time)
    place = np.unique(prompt, return_inverse=True)[1]
    right = np.bincount(place[known], truth[known], int(place.max()) + 1)
    rate = right / np.maximum(np.bincount(place[known], minlength=len(right)), 1)
    edges = np.quantile(rate[place], np.linspace(0, 1, classes + 1)[1:-1])
    return _codes(time, np.searchsorted(edges, rate[place], side="right"))


def _blocks(prompt: NDArray[np.uint64], group: IntArray, blocks: int) -> IntArray:
    place = np.unique(prompt, return_inverse=True)[1]
    if place.max(initial=0) + 1 < 2 * blocks:
        place = group if group.max(initial=0) + 1 >= 2 * blocks else np.arange(len(prompt))
    found: IntArray = place % blocks
    return found


def _shared(codes: IntArray) -> float:
    """The share of rows whose code another row has."""
    return float((np.bincount(codes)[codes] > 1).mean()) if len(codes) else 0.0


def _codes(*parts: NDArray[np.generic]) -> IntArray:
    """Places of the different tuples of `parts` (N,)."""
    found = np.zeros(len(parts[0]), np.int64)
    for part in parts:
        place = np.unique(part, return_inverse=True)[1].astype(np.int64)
        found = np.unique(found * (int(place.max(initial=0)) + 1) + place, return_inverse=True)[1].astype(
            np.int64
        )
    return found
