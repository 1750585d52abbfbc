"""What cannot be concluded from a log, and why."""

import numpy as np
from numpy.typing import NDArray

from synthgym.audit.collect import Sample
from synthgym.audit.copies import times_over
from synthgym.audit.findings import Measured, Results
from synthgym.audit.order import of_order

_FEW = 30
"""Rollouts that can tell anything, below which what is not found may well be there."""


def cautions(given: Measured, results: Results, found_on: NDArray[np.int64]) -> list[str]:
    """What cannot be concluded from this log, and why."""
    return [*_of_rewards(given, results), *_of_layout(given, found_on), *_of_rows(given)]


def _of_rewards(given: Measured, results: Results) -> list[str]:
    """What rewards and truths cannot tell."""
    rollouts, notes = given.rollouts, []
    rewards = rollouts.reward[given.rows]
    if rewards.min() == rewards.max():
        notes.append(f"every reward is {rewards[0]:g}: there is nothing that a feature could explain")
    if given.truth is None:
        notes.append(
            "no truth is known. A feature that goes with the reward may be a shortcut, or just what right answers "
            "look like: the same log with truth relabelled would look the same, so that no statistic of it can tell. "
            "Bits are those of the reward as a whole, and unresolved; label some rollouts (a field truth, or "
            "--truth-field)"
        )
    elif len(np.unique(given.truth)) == 1:
        notes.append(
            f"every rollout is {'right' if given.truth[0] else 'wrong'} by its truth: holding it fixed changes nothing"
        )
    equal = f"rollouts of the same {given.layout.compared}{' and of equal truth' * (given.truth is not None)}"
    if rewards.min() < rewards.max() and not results.telling and len(given.table):
        notes.append(f"{equal} have equal rewards: nothing is left that a feature could be paid for")
    elif 0 < results.telling < _FEW:
        notes.append(
            f"only {results.telling} rollouts can be compared with {equal} and of another reward: what was not found "
            "may be there all the same"
        )
    return notes


def _of_layout(given: Measured, found_on: NDArray[np.int64]) -> list[str]:
    """What cannot be compared for want of prompts, steps or rollouts."""
    rollouts, layout, notes = given.rollouts, given.layout, []
    if layout.weak and len(given.table.rows):
        notes.append(
            f"rollouts are compared with others of the same {layout.compared}, and not of the same prompt, as few "
            "prompts were drawn more than once: a feature of the prompt, such as its difficulty, may stand behind what "
            "is found"
        )
    if not rollouts.has_prompts:
        notes.append("the log has no prompts: what completions take from them was not looked at")
    unknown = int(np.isnan(rollouts.step[given.rows]).sum())
    if 0 < unknown < len(given.rows):
        notes.append(
            f"the step of {unknown:,} of {len(given.rows):,} rollouts is unknown: shares by step and onsets are "
            "of the others"
        )
    if not len(layout.time.first):
        notes.append("the log has no steps: when a feature took over cannot be told")
    elif len(layout.time.first) == 1:
        notes.append(
            f"the log has one step ({layout.time.first[0]:g}): when a feature took over cannot be told"
        )
    elif not layout.time.single:
        notes.append(f"the steps are so many that they are looked at in {len(layout.time.first)} windows")
    if not len(found_on):
        notes.append("too few rollouts to look for n-grams")
    runs = len(np.unique(rollouts.run[given.rows]))
    if runs > 1:
        notes.append(
            f"{runs:,} runs are audited together: rollouts are compared only within a run; onsets are of "
            "all runs' rollouts by step, and by run where they are few"
        )
    return notes


def _of_rows(given: Measured) -> list[str]:
    """What the order of the rows, and rows that stand there twice, say of the log."""
    notes = []
    times = times_over(_in_sample(given.rollouts.sample, given))
    if times > 1:
        notes.append(
            f"every rollout stands in the log {times} times over, or a multiple of that, as if it had been written "
            "so often: then intervals are too narrow, and what is found is less sure than it seems"
        )
    order = of_order(given)
    if order is not None:
        notes.append(order)
    return notes


def _in_sample(sample: Sample, given: Measured) -> list[object]:
    """The rollouts whose texts are at hand, group by group, as what can be compared."""
    reward, truth = given.rollouts.reward[sample.rows].tolist(), given.rollouts.truth[sample.rows].tolist()
    kept = given.rollouts.kept[sample.rows].tolist()
    rows = zip(sample.groups.tolist(), sample.completions, reward, truth, kept, strict=True)
    return [row for row in rows if row[-1]]
