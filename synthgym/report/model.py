"""What a report holds, before it is a page: plain frozen data, every figure of it from the rollout log."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

Standing: TypeAlias = Literal["supports", "leans", "undecided", "against", "measured"]
"""What a finding does to the claim it tests.

"supports": its interval excludes the opposite; "leans": every seed points that way, but the interval
does not exclude the opposite; "undecided": it cannot be told; "against": the interval speaks for the
opposite; "measured": there was no claim to test.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """A mean and its 95% interval.

    Attributes:
        over: what the interval is over: "seeds" (Student's t), or, with fewer than three seeds, the "tasks"
            or "completions" of those runs, which says nothing of the spread between seeds.
        n: how many of those.
    """

    value: float
    low: float
    high: float
    n: int
    over: Literal["seeds", "tasks", "completions"] = "seeds"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One sentence, and what it does to the claim it tests.

    Attributes:
        question: "granularity", "control", "run", "shortcut" or "loop".
        title: the finding in a few words, for the figure that shows it.
    """

    question: str
    family: str
    title: str
    text: str
    standing: Standing


@dataclass(frozen=True, slots=True, kw_only=True)
class HalfWay:
    """When the runs of an arm got half-way, in training rollouts.

    Attributes:
        level: the accuracy that is half-way, common to all arms compared.
        median: Kaplan-Meier; inf if fewer than half of the runs were seen to get there.
        times: one a run, ascending; the time it was followed to, if it never got there.
        censored: runs that never got there.
    """

    level: float
    median: float
    times: tuple[float, ...]
    censored: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Ratio:
    """Half-way time relative to the reference arm: geometric mean over paired seeds; below 1 is faster.

    Attributes:
        bound: "exact", or what censored runs make of it: "at least", "at most", "unknown".
        faster: pairs in which this arm was there first.
    """

    versus: str
    value: float
    low: float
    high: float
    pairs: int
    faster: int
    bound: Literal["exact", "at least", "at most", "unknown"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One point of a curve: the mean of `n` seeds and its interval."""

    x: float
    mean: Estimate
    step: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """One line of a chart. `name` says which quantity, for charts that draw several of an arm."""

    arm: str
    name: str
    points: tuple[Point, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Arm:
    """One row of the table of runs.

    Attributes:
        control: a signal without information: random or shuffled rewards.
        start, end: held-out accuracy before and after training, "sampled" and "greedy".
        change: end minus start of each.
        live: share of training groups that carry a gradient, in the first and in the last tenth of the steps.
    """

    name: str
    signal: str
    control: bool
    seeds: int
    rollouts: float
    start: Mapping[str, Estimate]
    end: Mapping[str, Estimate]
    change: Mapping[str, Estimate]
    half_way: HalfWay | None
    ratio: Ratio | None
    area: Estimate | None
    live: tuple[float, float] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Learning:
    """Everything learned of one family: its arms, and their curves ("sampled" and "greedy").

    Attributes:
        planned: by a study, so that its arms are there to be compared.
        held_out: accuracy is of held-out tasks; else, for want of those, of the training rollouts.
        setting: task, start and budget, as words.
    """

    family: str
    domain: str
    planned: bool
    held_out: bool
    setting: str
    arms: tuple[Arm, ...]
    curves: tuple[Curve, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchedRun:
    """What the reference and both detectors say of one run.

    Attributes:
        onset: step at which the shortcut took over, with all truths seen; None if it never did.
        onset_low, onset_high: the range of that step over the grid of thresholds.
        truth_gap, counterfactual: step of the alarm, or None.
        audited, probed: completions the detectors looked at; 0 means that they saw nothing to go by.
        reward, truth, mechanism: shares over the last tenth of the training steps.
    """

    cell: str
    arm: str
    seed: str
    onset: int | None
    onset_low: int | None
    onset_high: int | None
    truth_gap: int | None
    counterfactual: int | None
    audited: int
    probed: int
    reward: float
    truth: float
    mechanism: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Takeover:
    """A planted shortcut in one family: flawed runs, and their clean twins.

    Attributes:
        shortcut: its name, from the signal.
        example: what the policy wrote most often when it took the shortcut.
        flawed: arms whose signal has the shortcut.
        curves: "reward", "truth", "gap", "mechanism" and "counterfactual" by arm, against the step.
        audits: completions a detector may look at in a step.
        alpha: its probability of a false alarm, over a whole run.
    """

    family: str
    domain: str
    shortcut: str
    example: str
    flawed: tuple[str, ...]
    runs: tuple[WatchedRun, ...]
    curves: tuple[Curve, ...]
    audits: int
    alpha: float
    setting: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LoopArm:
    """One way to choose what a loop trains on.

    Attributes:
        open: an external signal chooses.
        change: last minus first generation, of "greedy", "pass@1", "pass@k" and "entropy".
        kept: share of the samples that was trained on, where the log tells.
        at_k: pass@k against k, of the first and of the last generation.
    """

    name: str
    open: bool
    seeds: int
    change: Mapping[str, Estimate]
    kept: float | None
    at_k: Mapping[str, tuple[Point, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Loops:
    """Open and closed loops on one family. `curves` are by generation, named as `LoopArm.change` is."""

    family: str
    domain: str
    k: int
    tasks: int
    generations: tuple[int, int]
    arms: tuple[LoopArm, ...]
    curves: tuple[Curve, ...]
    setting: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """Characters of a completion that share a credit; None where none was recorded."""

    text: str
    credit: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One completion to look at. Its texts are safe to read, not yet safe as markup.

    Attributes:
        end_credit: of the end-of-sequence token.
        left_out: characters beyond those shown.
    """

    family: str
    arm: str
    when: str
    what: str
    step: int
    prompt: str
    pieces: tuple[Piece, ...]
    end_credit: float | None
    left_out: int
    reward: float | None
    truth: bool | None
    mechanism: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """All of it.

    Attributes:
        notes: what is missing, unfinished or unreadable, each a sentence.
        provenance: (name, value) of the whole.
        cells: one mapping a cell, by column.
    """

    title: str
    study: bool
    findings: tuple[Finding, ...]
    notes: tuple[str, ...]
    learning: tuple[Learning, ...] = ()
    takeovers: tuple[Takeover, ...] = ()
    loops: tuple[Loops, ...] = ()
    samples: tuple[Sample, ...] = ()
    provenance: tuple[tuple[str, str], ...] = ()
    cells: tuple[Mapping[str, str], ...] = field(default=())
