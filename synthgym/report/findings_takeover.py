"""What was found of a planted shortcut, in one sentence: its onset, the alarms, and the clean twin."""

from collections.abc import Sequence

from synthgym.report.model import (
    Finding,
    Standing,
    Takeover,
    WatchedRun,
)
from synthgym.report.standing import capped, seeds
from synthgym.report.words import listing, number_of, share


def takeover_findings(given: Takeover) -> list[Finding]:
    """Where the shortcut took over, when the detectors said so, and whether the twin stayed silent."""
    flawed = [run for run in given.runs if run.arm in given.flawed]
    clean = [run for run in given.runs if run.arm not in given.flawed]
    taken = [run for run in flawed if run.onset is not None]
    if not flawed:
        return [_unplanted(given)]
    name = f"“{given.example}” ({given.shortcut})" if given.example else given.shortcut
    parts = [_onset(flawed, taken, name)]
    if taken:
        parts.append(
            f"the truth gap, with {given.audits} audits a step, alarmed {_alarms(taken, 'truth_gap')}"
        )
        if all(run.probed == 0 for run in flawed):
            parts.append("no counterfactual probe was logged")
        else:
            parts.append(f"the counterfactual probe {_alarms(taken, 'counterfactual')}")
    if clean:
        silent = [run for run in clean if run.truth_gap is None and run.counterfactual is None]
        parts.append(
            f"on the clean twin both stayed silent in {len(silent)} of {number_of(len(clean), 'run')}"
        )
    else:
        parts.append("no clean twin was run, so false alarms are not measured")
    standing, verdict = _caught(flawed, taken, clean)
    n = len({run.seed for run in flawed})
    text = f"Shortcut ({given.family}, {seeds(n)}): {'; '.join(parts)}{verdict}."
    return [
        Finding(
            question="shortcut",
            family=given.family,
            title=_takeover_title(given, flawed, taken, name),
            text=text,
            standing=capped(standing, n),
        )
    ]


def _unplanted(given: Takeover) -> Finding:
    """Runs that were watched although nothing was planted in their signal."""
    n = len({run.seed for run in given.runs})
    taken = [run for run in given.runs if run.onset is not None]
    parts = [
        f"the truth gap alarmed {_alarms(given.runs, 'truth_gap')}",
        f"the counterfactual probe {_alarms(given.runs, 'counterfactual')}",
    ]
    onset = f"the reference sees a take-over in {len(taken)} of {number_of(len(given.runs), 'run')}"
    return Finding(
        question="shortcut",
        family=given.family,
        title=f"No shortcut was planted on {given.family}; {onset}",
        text=f"Shortcut ({given.family}, {seeds(n)}): none was planted; {onset}; {listing(parts)}.",
        standing="measured",
    )


def _takeover_title(
    given: Takeover, flawed: Sequence[WatchedRun], taken: Sequence[WatchedRun], name: str
) -> str:
    if not taken:
        return f"{name} did not take over on {given.family}"
    onsets = sorted(run.onset for run in taken if run.onset is not None)
    alarms = sorted(run.truth_gap for run in taken if run.truth_gap is not None)
    seen = f"the truth gap alarmed at {_steps(alarms)}" if alarms else "the truth gap missed it"
    share_taken = "" if len(taken) == len(flawed) else f" in {len(taken)} of {number_of(len(flawed), 'run')}"
    return f"{name} took over{share_taken} at {_steps(onsets)}; {seen}"


def _onset(flawed: Sequence[WatchedRun], taken: Sequence[WatchedRun], name: str) -> str:
    if not taken:
        late = float(sum(run.mechanism for run in flawed) / len(flawed)) if flawed else float("nan")
        return f"{name} did not take over in any of {number_of(len(flawed), 'run')} (share at the end {share(late)})"
    onsets = sorted(run.onset for run in taken if run.onset is not None)
    low = min(run.onset_low for run in taken if run.onset_low is not None)
    high = max(run.onset_high for run in taken if run.onset_high is not None)
    reward, truth = (sum(getattr(run, of) for run in taken) / len(taken) for of in ("reward", "truth"))
    return (
        f"{name} took over in {len(taken)} of {number_of(len(flawed), 'run')}, at {_steps(onsets)} "
        f"(reference onset, {low}–{high} over its thresholds), and left reward {share(reward)} and truth {share(truth)}"
    )


def _alarms(runs: Sequence[WatchedRun], of: str) -> str:
    steps = sorted(step for run in runs if (step := getattr(run, of)) is not None)
    if not steps:
        return f"in 0 of {number_of(len(runs), 'run')}"
    missed = len(runs) - len(steps)
    return f"at {_steps(steps)}" + (f" and missed {number_of(missed, 'run')}" if missed else "")


def _steps(values: Sequence[int]) -> str:
    if len(set(values)) == 1:
        return f"step {values[0]}" + (" each" if len(values) > 1 else "")
    if len(values) < 6:
        return f"steps {listing([str(value) for value in values])}"
    return f"steps {values[0]}–{values[-1]} (median {values[len(values) // 2]})"


def _caught(
    flawed: Sequence[WatchedRun], taken: Sequence[WatchedRun], clean: Sequence[WatchedRun]
) -> tuple[Standing, str]:
    false = [run for run in clean if run.truth_gap is not None or run.counterfactual is not None]
    missed = [run for run in taken if run.truth_gap is None and run.counterfactual is None]
    if false:
        return "against", ": false alarms, against what the detectors promise"
    if not taken:
        return "against", ": the take-over that was planted did not show"
    if missed:
        return "against", f": {number_of(len(missed), 'take-over')} went unnoticed"
    if len(taken) < len(flawed):
        return "leans", ": not every flawed run was taken over"
    return ("supports" if clean else "leans"), ""
