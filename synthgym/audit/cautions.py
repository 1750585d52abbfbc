"""What cannot be concluded from a log, and why."""

import numpy as np
from numpy.typing import NDArray

from synthgym.audit.findings import Measured


def cautions(given: Measured, found_on: NDArray[np.int64]) -> list[str]:
    """What cannot be concluded from this log, and why."""
    rollouts, layout, notes = given.rollouts, given.layout, []
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
    if layout.weak and len(given.table.rows):
        notes.append(
            f"rollouts are compared with others of the same {layout.compared}, and not of the same prompt, as few "
            "prompts were drawn more than once: a feature of the prompt, such as its difficulty, may stand behind what "
            "is found"
        )
    if not rollouts.has_prompts:
        notes.append("the log has no prompts: what completions take from them was not looked at")
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
    if len(rollouts.runs) > 1:
        notes.append(
            f"{len(rollouts.runs):,} runs are audited together: rollouts are compared only within a run; onsets are of "
            "all runs' rollouts by step, and by run where they are few"
        )
    return notes
