"""Rollouts that show a feature: high rewards first of wrong answers, the latest ones, each with another prompt."""

import numpy as np
from numpy.typing import NDArray

from synthgym.audit.collect import HEAD, TAIL, Rollouts
from synthgym.audit.model import Example

_MOST = 3
_SHOWN = 400


def examples(rollouts: Rollouts, has: NDArray[np.bool_], accept_at: float) -> tuple[Example, ...]:
    """Up to three rollouts of the sample that have a feature (N,) and a high reward."""
    sample = rollouts.sample
    rows = sample.rows
    fits = np.flatnonzero(has[rows] & (rollouts.reward[rows] >= accept_at) & rollouts.kept[rows])
    known = np.nan_to_num(rollouts.step[rows[fits]], nan=-np.inf)
    order = fits[np.lexsort((rows[fits], -known, rollouts.truth[rows[fits]] == 1))]
    chosen: list[int] = []
    prompts: set[str] = set()
    for place in order.tolist():
        if sample.prompts[place] not in prompts or not rollouts.has_prompts:
            chosen.append(place)
            prompts.add(sample.prompts[place])
        if len(chosen) == _MOST:
            break
    return tuple(_example(rollouts, place) for place in chosen)


def _example(rollouts: Rollouts, place: int) -> Example:
    sample = rollouts.sample
    row = int(sample.rows[place])
    length = rollouts.features["length.characters"][row]
    step, truth = rollouts.step[row], int(rollouts.truth[row])
    prompt, completion = sample.prompts[place], sample.completions[place]
    shown = completion
    if len(completion) > _SHOWN:  # both ends, as a marker may stand at either
        shown = f"{completion[: _SHOWN * 3 // 4]} […] {completion[-_SHOWN // 4 :]}"
    return Example(
        run=rollouts.runs[int(rollouts.run[row])],
        step=None if np.isnan(step) else float(step),
        prompt=prompt if len(prompt) <= _SHOWN else f"{prompt[:_SHOWN]} […]",
        completion=shown,
        left_out=max(0, int(length) - _SHOWN) if len(completion) > _SHOWN or length > HEAD + TAIL else 0,
        reward=float(rollouts.reward[row]),
        truth=None if truth < 0 else bool(truth),
    )
