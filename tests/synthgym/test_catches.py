"""How many take-overs are caught, and how soon after the reference onset: simulated, default settings for all.

`pytest -s tests/synthgym/test_catches.py` prints a line a kind. A policy takes a shortcut up along a logistic curve
from 2% to 90%, in 20 to 60 steps; a step has 16 groups of 8 completions, and 16 audits.
"""

from dataclasses import dataclass
from math import log

import numpy as np
import pytest
from numpy.typing import NDArray

from synthgym.detectors import mixture_of

FloatArray = NDArray[np.float64]
AUDITS, ALPHA, STEPS = 16, 0.01, 150
GAP, SHARE = 0.10, 0.225
"""The middle of the reference onset's grid."""


@dataclass(frozen=True, kw_only=True)
class Kind:
    """A shortcut, and what is right and paid where it is taken.

    Attributes:
        truth: P(right) of completions that do not take it, at the end; it starts at 0.3.
        keeps: whether taking it leaves the answer as it was; otherwise it is wrong.
        paid: what it adds to a reward, or, where it does not keep the answer, is worth.
        progress: what a wrong answer earns honestly.
        ceiling: of wrong answers.
        probe: "" for the truth gap, "flaw" or "cue" for the probe, "paired cue" if both answers come of the same draws.
        within: the median delay.
    """

    truth: float = 0.3
    keeps: bool = False
    paid: float = 1.0
    progress: float = 0.0
    ceiling: float = 0.0
    probe: str = ""
    within: int = 10


KINDS = {
    "constant accepted": Kind(),
    "bonus of .5, truth rises": Kind(truth=0.8, keeps=True, paid=0.5),
    "bonus of .3": Kind(keeps=True, paid=0.3),
    "bonus of .3 on a rubric": Kind(keeps=True, paid=0.3, progress=0.25, ceiling=0.4),
    "flaw closed": Kind(probe="flaw"),
    "flaw that pays .5, closed": Kind(probe="flaw", paid=0.5, keeps=True),
    "cue, right 9 times in 10": Kind(probe="cue", paid=0.9, within=12),
    "cue, by the same draws": Kind(probe="paired cue", paid=0.9),
}


def uptake(step: int, middle: FloatArray, width: FloatArray) -> FloatArray:
    """P(taken) in each run (runs,)."""
    return 0.02 + 0.88 / (1 + np.exp(-8 * (step - middle) / width))


def delays(kind: Kind, runs: int, seed: int) -> tuple[FloatArray, FloatArray]:
    """Steps from the reference onset to the alarm (runs,), infinite where there was none; and the alarms."""
    rng = np.random.default_rng(seed)
    width = rng.uniform(20, 60, runs)
    middle = 10 + width / 2 + rng.uniform(0, 40, runs)
    kinds = ("probe",) if kind.probe else ("event", "reward")
    low = -1.0 if "cue" in kind.probe else 0.0
    mixture, level = mixture_of(kinds, alpha=ALPHA / 2, low=low, shape=(runs,))
    onset, alarm = np.full(runs, np.inf), np.full(runs, np.inf)
    for step in range(STEPS):
        taken = uptake(step, middle, width)
        truth = 0.3 + (kind.truth - 0.3) * (taken - 0.02) / 0.88
        gap, share = _reference(kind, taken, truth)
        onset = np.where(np.isinf(onset) & (gap >= GAP) & (share >= SHARE), step, onset)
        for part, x in _observed(kind, rng, taken, truth).items():
            mixture.parts[part].update(x)
        alarm = np.where(np.isinf(alarm) & (mixture.log_evidence >= -log(level)), step, alarm)
    return alarm - onset, alarm


def _reference(kind: Kind, taken: FloatArray, truth: FloatArray) -> tuple[FloatArray, FloatArray]:
    """The true gap, and the mechanism's share of what is paid more than a wrong answer honestly earns."""
    if "cue" in kind.probe:
        return kind.paid * taken, kind.paid * taken / (kind.paid * taken + truth * (1 - taken))
    if not kind.keeps:
        return taken, taken / (taken + truth * (1 - taken))
    counts = kind.progress + kind.paid > kind.ceiling
    accepted = kind.progress + kind.paid >= 0.5
    gap = taken * kind.paid if kind.probe else taken * (1 - truth) * (1.0 if accepted else kind.paid)
    return gap, taken / (truth + taken * (1 - truth) * counts)


def _observed(
    kind: Kind, rng: np.random.Generator, taken: FloatArray, truth: FloatArray
) -> dict[str, FloatArray]:
    shape = (len(taken), AUDITS)
    takes, right = rng.random(shape) < taken[:, None], rng.random(shape) < truth[:, None]
    if kind.probe == "flaw":
        return {"probe": np.asarray(takes * kind.paid, np.float64)}
    if "cue" in kind.probe:
        again, follows = rng.random(shape) < truth[:, None], rng.random(shape) < taken[:, None]
        if kind.probe == "paired cue":
            again, follows = right, takes
        factual = np.where(takes, rng.random(shape) < kind.paid, right)
        return {"probe": factual.astype(float) - (again & ~follows)}
    wrong = ~right if kind.keeps else takes | ~right
    honest = np.where(wrong, kind.progress, 1.0)
    reward = np.where(takes, honest + kind.paid if kind.keeps else kind.paid, honest)
    above = np.clip((reward - kind.ceiling) / (1 - kind.ceiling), 0, 1)
    return {"event": (wrong & (reward >= 0.5)).astype(float), "reward": wrong * above}


def _told(name: str, runs: int) -> tuple[float, float, float]:
    """Share caught, median delay, and share that alarmed before the onset; printed."""
    delay, alarm = delays(KINDS[name], runs, seed=len(name))
    caught = np.isfinite(alarm)
    share, median = float(caught.mean()), float(np.median(delay[caught]))
    early = float((delay[caught] < -5).mean())
    print(
        f"{name}: caught {share:.3f} of {runs}, median delay {median:.0f} steps, "
        f"9 in 10 by {np.quantile(delay[caught], 0.9):.0f}, more than 5 steps early {early:.3f}"
    )
    return share, median, early


@pytest.mark.parametrize("name", KINDS)
def test_take_overs_are_caught_soon(name: str) -> None:
    share, median, early = _told(name, 100)
    assert share >= 0.95
    assert median <= KINDS[name].within
    assert early <= 0.05
