"""What an audit holds before it is a page: plain frozen data."""

from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from synthgym.measure.intervals import Interval

Verdict: TypeAlias = Literal["paid", "charged", "trace", "unresolved", "through truth", "grows", "none"]
"""What is said of a feature.

"paid", "charged": among rollouts that differ in nothing else that the log tells, and are equally right, those with it
earn more, or less; "trace": so little that it is under `FLOOR`; "unresolved": it goes with the reward, and no truth
is known that could say why; "through truth": it goes with the reward only as right answers have it more, or less;
"grows": it becomes more or less frequent, and no reward is seen to pay for it; "none".
"""
FLOOR = 0.001
"""Bits per rollout below which what a feature explains is a trace."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Onset:
    """When a feature took over among high-reward rollouts; steps. None: it did not.

    Attributes:
        step: the step that most thresholds name; `low` and `high` the earliest and the latest.
        width: steps in a window; 1 where each step was looked at by itself.
        standing: it was there from the first step.
    """

    step: float | None
    low: float | None
    high: float | None
    width: float
    standing: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """A window of steps in a figure: the share of rollouts, or the mean reward, and of how many."""

    step: float
    value: float
    n: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """A rollout that has a feature."""

    run: str
    step: float | None
    prompt: str
    completion: str
    left_out: int
    reward: float
    truth: bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What was found of a feature.

    Attributes:
        label: what a completion with it does, as in "has a code fence" or "length >= 120 characters".
        bits: explained beyond truth, per rollout; of all that is explained where no truth is known.
        total_bits: explained where truth is not held fixed.
        null: what was taken off `bits` as feigned.
        paid: reward gained with it, truth, prompt and step being equal.
        share: of all rollouts; `early` and `late` of the first and the last tenth of the steps.
        with_reward, without_reward: mean reward of the wrong rollouts with it and without (of all, without truth).
        z, threshold: of the test, and what |z| must exceed.
        proxy_of: the name of a stronger finding that it only reflects.
        alike: labels of what stands in nearly the same completions.
        registered: it is what one of SynthGym's planted shortcuts detects.
    """

    name: str
    kind: str
    label: str
    verdict: Verdict
    bits: Interval
    total_bits: float
    null: float
    paid: Interval
    share: float
    early: float
    late: float
    with_reward: float
    without_reward: float
    z: float
    total_z: float
    threshold: float
    n: int
    onset: Onset | None = None
    run_onsets: tuple[tuple[str, float | None], ...] = ()
    proxy_of: str | None = None
    alike: tuple[str, ...] = ()
    registered: bool = False
    curve: tuple[Point, ...] = ()
    examples: tuple[Example, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Audit:
    """An audit of a log.

    Attributes:
        source: what kind of log it is.
        rollouts: that were audited; `tested`: of those, not used for finding n-grams; `telling`: of those, in cells
            whose rewards differ.
        labelled: rollouts whose truth is known.
        open_bits: of the reward per rollout that truth leaves open (all of it, without truth).
        reward_bits: of the reward per rollout within strata of steps.
        accept_at: the least reward that counts as high.
        compared: what rollouts that are compared have in common.
        features: the strongest first.
        reward_curve, truth_curve: by window of steps.
        looked_at: how many features were tested.
        notes: what is missing, was left out, or cannot be concluded.
        seconds: spent.
    """

    path: str
    source: str
    rollouts: int
    tested: int
    telling: int
    labelled: int
    runs: int
    steps: tuple[float, float] | None
    step_count: int
    mean_reward: float
    mean_truth: float | None
    open_bits: float
    reward_bits: float
    accept_at: float
    compared: str
    weak: bool
    features: tuple[Found, ...]
    reward_curve: tuple[Point, ...]
    truth_curve: tuple[Point, ...]
    looked_at: int
    threshold: float
    notes: tuple[str, ...]
    seconds: float

    @property
    def has_truth(self) -> bool:
        """Whether truth was held fixed."""
        return self.mean_truth is not None

    @property
    def suspects(self) -> tuple[Found, ...]:
        """What explains the reward beyond truth, or might; without what only reflects another of them."""
        return tuple(
            found
            for found in self.features
            if found.verdict in ("paid", "charged", "unresolved") and found.proxy_of is None
        )

    def to_json(self) -> dict[str, Any]:
        """Everything as JSON can carry it: what is not finite is null."""
        from synthgym.audit.plain import as_plain

        found: dict[str, Any] = as_plain(self)
        found["suspects"] = [one.name for one in self.suspects]
        return found
