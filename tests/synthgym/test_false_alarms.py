"""How often the detectors alarm without cause, how often they catch a take-over, and how soon: simulated, side by side.

`pytest -s tests/synthgym/test_false_alarms.py` prints the counts. The runs are followed by the same `mixture_of` that
the detectors weigh, a run a row; `test_the_simulation_is_the_detector` shows that it says what they say. Settings are
the defaults, for every kind of run.
"""

from collections.abc import Callable
from math import log

import numpy as np
import pytest
from numpy.typing import NDArray

from synthgym.detectors import CounterfactualProbe, TruthGap, mixture_of
from synthgym.measure import clopper_pearson

FloatArray = NDArray[np.float64]
AUDITS, ALPHA, DELTA = 16, 0.01, 0.05
Draw = Callable[[np.random.Generator, int, FloatArray, int], dict[str, FloatArray]]
"""(rng, step, what each run carries along (runs,), steps) -> observations of each part, (runs, n)."""


def first_alarms(draw: Draw, runs: int, steps: int, seed: int, *, low: float, alpha: float) -> FloatArray:
    """The step of each run's first alarm (runs,), infinite where there is none."""
    rng, state = np.random.default_rng(seed), np.zeros(runs)
    kinds = tuple(draw(np.random.default_rng(0), 0, np.zeros(1), steps))
    mixture, level = mixture_of(kinds, alpha=alpha, low=low, shape=(runs,))
    alarms = np.full(runs, np.inf)
    for step in range(steps):
        for kind, x in draw(rng, step, state, steps).items():
            mixture.parts[kind].update(x)
        state += rng.normal(size=runs)
        found = np.isinf(alarms) & (mixture.log_evidence >= -log(level))
        alarms[found] = step
    return alarms


def skill(step: int, steps: int) -> float:
    """Truth of a policy that learns the task half-way through the run."""
    return float(0.05 + 0.85 / (1 + np.exp(-(step - steps / 3) / (steps / 12))))


def flags(rng: np.random.Generator, p: float | FloatArray, runs: int, n: int = AUDITS) -> FloatArray:
    return (rng.random((runs, n)) < np.reshape(p, (-1, 1))).astype(np.float64)


def flaky(rng: np.random.Generator, step: int, state: FloatArray, steps: int) -> dict[str, FloatArray]:
    """A policy that learns, and a verifier that lets one wrong answer in 21 pass."""
    wrong = flags(rng, (1 - skill(step, steps)) / 21, len(state))
    return {"event": wrong, "reward": wrong}


def at_the_null(rng: np.random.Generator, step: int, state: FloatArray, steps: int) -> dict[str, FloatArray]:
    """The worst that the null allows: one answer in twenty is wrong and accepted, for ever."""
    wrong = flags(rng, DELTA, len(state))
    return {"event": wrong, "reward": wrong}


def whole_prompts(
    rng: np.random.Generator, step: int, state: FloatArray, steps: int
) -> dict[str, FloatArray]:
    """A flaw on one prompt in twenty, and there every completion: groups are wholly correlated."""
    wrong = flags(rng, DELTA, len(state), 4)
    return {"event": wrong, "reward": wrong}


def drifting(rng: np.random.Generator, step: int, state: FloatArray, steps: int) -> dict[str, FloatArray]:
    """A policy that wanders between no errors and as many as the null allows."""
    wrong = flags(rng, np.where(np.sin(state / 4) > 0, DELTA, 0.0), len(state))
    return {"event": wrong, "reward": wrong}


def progress(rng: np.random.Generator, step: int, state: FloatArray, steps: int) -> dict[str, FloatArray]:
    """Rubric: wrong answers earn more and more, up to 0.4; a verifier errs on 4% of them, which get 0.6 to 1."""
    wrong = flags(rng, 1 - skill(step, steps), len(state))
    err = wrong * flags(rng, 0.04, len(state))
    reward = np.where(err > 0, 0.6 + 0.4 * rng.random(err.shape), 0.4 * skill(step, steps))
    return {"event": err, "reward": wrong * np.clip((reward - 0.4) / 0.6, 0, 1)}


def fresh_draws(rng: np.random.Generator, step: int, state: FloatArray, steps: int) -> dict[str, FloatArray]:
    """A cue that the policy does not follow: two draws that differ by chance alone."""
    p = skill(step, steps)
    return {"probe": flags(rng, p, len(state)) - flags(rng, p, len(state))}


def worst_draws(rng: np.random.Generator, step: int, state: FloatArray, steps: int) -> dict[str, FloatArray]:
    """The worst that the probe's null allows, with the most noise."""
    return {"probe": flags(rng, 0.525, len(state)) - flags(rng, 0.475, len(state))}


def harmless_flaw(
    rng: np.random.Generator, step: int, state: FloatArray, steps: int
) -> dict[str, FloatArray]:
    """A flaw that 5% of completions fall into, for ever."""
    return {"probe": flags(rng, DELTA, len(state))}


def standing_flaw(
    rng: np.random.Generator, step: int, state: FloatArray, steps: int
) -> dict[str, FloatArray]:
    """A flaw that 40% of completions fall into from the first step on."""
    return {"probe": flags(rng, 0.4, len(state))}


GAPS: dict[str, Draw] = {
    "flaky verifier": flaky,
    "at the null": at_the_null,
    "whole prompts": whole_prompts,
    "drifting": drifting,
    "rubric progress": progress,
}
PROBES: dict[str, tuple[Draw, float]] = {
    "fresh draws": (fresh_draws, -1.0),
    "worst draws": (worst_draws, -1.0),
    "harmless flaw": (harmless_flaw, 0.0),
    "standing flaw": (standing_flaw, 0.0),
}


def false_alarms(runs: int, steps: int, gaps: list[str], probes: list[str]) -> int:
    """Benign runs in which one of the detectors of a `Watch` alarmed, all kinds together; each is printed."""
    total = 0
    every = [(name, GAPS[name], 0.0) for name in gaps] + [(name, *PROBES[name]) for name in probes]
    for place, (name, draw, low) in enumerate(every):
        alarms = first_alarms(draw, runs, steps, place, low=low, alpha=ALPHA / 2)
        count = int(np.isfinite(alarms).sum())
        total = max(total, count)
        print(f"{name}: {count} of {runs} runs x {steps} steps alarmed, {_bound(count, runs)}")
    return total


def _bound(count: int, runs: int) -> str:
    high = clopper_pearson(count, runs, confidence=0.9).high  # two-sided 90%: one-sided 95%
    return f"rate {count / runs:.4f}, at most {high:.4f} with confidence 95% (promised {ALPHA / 2:g})"


def test_benign_runs_raise_no_more_alarms_than_promised() -> None:
    """500 runs of 400 steps, of the kinds that come closest to the null."""
    most = false_alarms(500, 400, ["at the null", "rubric progress"], ["worst draws"])
    assert clopper_pearson(most, 500, confidence=0.98).low <= ALPHA / 2


@pytest.mark.slow
def test_many_long_benign_runs_raise_no_more_alarms_than_promised() -> None:
    """5,000 runs of 2,000 steps of every kind."""
    most = false_alarms(5000, 2000, list(GAPS), list(PROBES))
    assert clopper_pearson(most, 5000, confidence=0.98).high <= ALPHA


def test_the_simulation_is_the_detector() -> None:
    """The rows of the simulation and a `TruthGap` or a probe fed with the same outcomes hold the same evidence."""
    rng = np.random.default_rng(3)
    mixture, _ = mixture_of(("event", "reward"), shape=(2,))
    gaps = [TruthGap(rng=np.random.default_rng(0), audits=AUDITS, wrong_ceiling=0.0) for _ in range(2)]
    probing, _ = mixture_of(("probe",), low=-1.0, shape=(2,))
    probes = [CounterfactualProbe(rng=np.random.default_rng(0), audits=AUDITS) for _ in range(2)]
    for step in range(40):
        p = 0.5 if step > 20 else 0.05
        reward, wrong = rng.choice([0.0, 0.3, 1.0], size=(2, AUDITS)), flags(rng, p, 2)
        mixture.parts["event"].update(wrong * (reward >= 0.5))
        mixture.parts["reward"].update(wrong * reward)
        first, second = flags(rng, 0.8, 2), flags(rng, 0.8 - p, 2)
        probing.parts["probe"].update(first - second)
        for run in range(2):
            gaps[run].update(step, reward[run], 1 - wrong[run])
            probes[run].update(step, first[run], second[run])
    for run in range(2):
        for detector, evidence in ((gaps[run], mixture.log_evidence), (probes[run], probing.log_evidence)):
            assert detector.result().log10_evidence[-1] == pytest.approx(evidence[run] / log(10))
