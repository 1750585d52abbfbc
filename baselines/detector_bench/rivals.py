"""The rivals, each as published and at its usual settings: they see rewards and lengths, and no truth.

- ``cusum``: the two-sided tabular CUSUM (Page, Biometrika 41, 1954) of the mean reward of a step, standardised by
  mean and standard deviation of the first 10 steps, with reference value k = 1/2 and decision interval h = 5.
- ``page_hinkley_steps``: river's PageHinkley as it comes (min_instances 30, delta 0.005, threshold 50, forgetting
  0.9999, two-sided), fed the mean reward of each step.
- ``page_hinkley``: the same fed every reward, as a stream of instances is what those settings are meant for.
- ``rewardspy``: its wrapper for TRL reward functions at its defaults, from a checkout; an alarm is its first alert.
"""

import sys
from collections.abc import Callable, Mapping
from functools import partial
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np

from synthgym.baselines.detector_bench.traces import FloatArray, Trace
from synthgym.errors import SettingError, shown

Rival: TypeAlias = Callable[[Trace], "int | None"]
"""The step of the first alarm on a run, or None."""

START = 10
REFERENCE = 0.5
INTERVAL = 5.0


def rivals(rewardspy: Path | None) -> tuple[Mapping[str, Rival], tuple[str, ...]]:
    """Every rival that can be had, by name, and a note on each that cannot.

    Args:
        rewardspy: the folder of a checkout of it.

    Raises:
        SettingError: if the folder holds no rewardspy.
    """
    found: dict[str, Rival] = {"cusum": lambda trace: cusum(mean_reward(trace))}
    notes: list[str] = []
    if find_spec("river") is None:
        notes.append("Page-Hinkley is left out: river is not installed (pip install river)")
    else:
        found["page_hinkley_steps"] = lambda trace: page_hinkley(mean_reward(trace)[:, None])
        found["page_hinkley"] = lambda trace: page_hinkley(trace.reward.reshape(trace.steps, -1))
    if rewardspy is None:
        notes.append("rewardspy is left out: --rewardspy names the folder of a checkout of it")
    else:
        found["rewardspy"] = partial(spied, _watch_trl(rewardspy))
    return found, tuple(notes)


def mean_reward(trace: Trace) -> FloatArray:
    """The mean reward of every step (S,)."""
    mean: FloatArray = np.nanmean(trace.reward, axis=(1, 2))
    return mean


def cusum(
    x: FloatArray, *, start: int = START, reference: float = REFERENCE, interval: float = INTERVAL
) -> int | None:
    """The first place of x (S,) at which a cumulative sum, up or down, exceeds the decision interval."""
    center, scale = float(x[:start].mean()), float(x[:start].std(ddof=1))
    up = down = 0.0
    for place in range(start, len(x)):
        z = (float(x[place]) - center) / max(scale, 1e-12)
        up, down = max(0.0, up + z - reference), max(0.0, down - z - reference)
        if max(up, down) > interval:
            return place
    return None


def page_hinkley(x: FloatArray) -> int | None:
    """The first step of x (S, n) at which river's PageHinkley detects a drift; NaN is passed over."""
    from river.drift import PageHinkley

    detector = PageHinkley()
    for step, values in enumerate(x.tolist()):
        for value in values:
            if value == value:
                detector.update(value)
                if detector.drift_detected:
                    return step
    return None


def spied(watch_trl: Callable[..., Any], trace: Trace) -> int | None:
    """The step of the first alert that rewardspy raises when it wraps the reward function of a run.

    It looks at a completion's length alone, so a completion of that length stands for it.
    """
    paid: list[float] = []
    reward = watch_trl(lambda prompts, completions: paid, name="reward")
    longest = "x" * int(trace.length.max(initial=0))
    for step in range(trace.steps):
        paid[:] = trace.reward[step].ravel().tolist()
        completions = [longest[: int(length)] for length in trace.length[step].ravel()]
        reward(prompts=[""] * len(completions), completions=completions)
        if reward.store.alerts:
            break
    alarm = step if reward.store.alerts else None
    reward.store.records.clear()  # rewardspy keeps every store until the process ends
    return alarm


def _watch_trl(folder: Path) -> Callable[..., Any]:
    """rewardspy's wrapper for TRL reward functions, from the checkout in `folder`."""
    if not (folder / "rewardspy" / "__init__.py").is_file():
        raise SettingError(
            f"{shown(str(folder), 200)} holds no checkout of rewardspy: there is no rewardspy/__init__.py in it"
        )
    sys.path.insert(0, str(folder.resolve()))
    try:
        found: Callable[..., Any] = import_module("rewardspy.integrations").watch_trl
    except (ImportError, AttributeError) as error:
        raise SettingError(f"rewardspy in {shown(str(folder), 200)} cannot be used: {error}") from error
    finally:
        sys.path.remove(str(folder.resolve()))
    return found
