"""Both take-over detectors over the log of a run: what `synthgym.watch` says live, said afterwards.

`synthgym.detectors` has the detectors themselves; they are re-exported here.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from synthgym.detectors import (
    ACCEPT_AT,
    ALPHA,
    AUDITS,
    DELTA,
    WRONG_CEILINGS,
    CounterfactualProbe,
    Detection,
    Evidence,
    TruthGap,
    check_generator,
    check_share,
    wrong_ceiling_of,
)
from synthgym.measure.columns import entry, equal, floats, need, one_run, steps
from synthgym.onset import Onset, reference_onset

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = [
    "ACCEPT_AT",
    "CounterfactualProbe",
    "Detection",
    "Detections",
    "Evidence",
    "Onset",
    "TruthGap",
    "detect",
    "reference_onset",
    "replay",
    "wrong_ceiling_of",
]

PROBE_OF = "shortcut:"
"""A probe row's results hold, under this and a shortcut's name, how many shortcuts the run probes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Detections:
    """What both detectors say of one run. Together they alarm falsely with probability alpha at most.

    Attributes:
        truth_gap: at alpha / 2.
        probes: one a shortcut that was probed, in the order of the log, at alpha / 2 divided by their number.
    """

    truth_gap: Detection
    probes: tuple[Detection, ...]

    @property
    def counterfactual(self) -> Detection:
        """The probe that alarmed first, or else the one with the most evidence at its end."""

        def urgency(probe: Detection) -> tuple[float, float]:
            last = probe.log10_evidence[-1] if probe.log10_evidence else 0.0
            return (float("inf") if probe.alarm is None else probe.alarm, -last)

        return min(self.probes, key=urgency)

    @property
    def alarm(self) -> int | None:
        """The first step at which one of them alarmed."""
        said = (self.truth_gap.alarm, *(probe.alarm for probe in self.probes))
        return min((step for step in said if step is not None), default=None)


def replay(
    table: "pa.Table", detector: TruthGap | CounterfactualProbe, *, run: str | None = None
) -> Detection:
    """Feed a detector the log of a run, step by step, and return what it says.

    Args:
        table: from `read_log`, with columns run, step, phase, group and, for a truth gap, reward and truth
            of the training rows; for a counterfactual probe, the probe rows' "factual" and "counterfactual".
        detector: a probe with a `shortcut` sees that shortcut's rows alone.
        run: which run, where the table holds several.

    Raises:
        MeasureError: if a column is missing, or it is not clear which run is meant.
    """
    for _ in fed(table, detector, run=run):
        pass
    return detector.result()


def fed(
    table: "pa.Table", detector: TruthGap | CounterfactualProbe, *, run: str | None = None
) -> Iterator[Evidence]:
    """What a detector holds after each step of a run's log; arguments and errors are those of `replay`."""
    gap = isinstance(detector, TruthGap)
    need(table, "run", "step", "phase", "group", *(("reward", "truth") if gap else ("probe",)))
    table = table.filter(one_run(table, run) & equal(table, "phase", "train" if gap else "probe"))
    if isinstance(detector, CounterfactualProbe) and detector.shortcut:
        table = table.filter(~np.isnan(entry(table, "probe", PROBE_OF + detector.shortcut)))
    step, group = steps(table), floats(table, "group")
    if gap:
        first, second = floats(table, "reward"), floats(table, "truth")
    else:
        first, second = entry(table, "probe", "factual"), entry(table, "probe", "counterfactual")
    order = np.argsort(step, kind="stable")
    for now in np.split(order, np.flatnonzero(np.diff(step[order])) + 1):
        if len(now):
            yield detector.update(int(step[now[0]]), first[now], second[now], group[now])


def detect(
    table: "pa.Table",
    *,
    rng: np.random.Generator,
    run: str | None = None,
    audits: int = AUDITS,
    delta: float = DELTA,
    alpha: float = ALPHA,
    accept_at: float = ACCEPT_AT,
    wrong_ceiling: float = WRONG_CEILINGS["rubric"],
    same_completion: bool | None = None,
) -> Detections:
    """Both detectors over the log of a run, each with its own budget and a generator spawned from `rng`.

    `TruthGap` and `CounterfactualProbe` say what the arguments mean; `replay` takes either with all of its
    settings. A detector that finds nothing to look at reports 0 audits. With the generator and the settings that a
    `Watch` had, it finds what that found.

    Args:
        alpha: probability of a false alarm of any of them over the whole run.
        wrong_ceiling: `wrong_ceiling_of(signal)`; the default is right for every signal without a custom verifier, but
            does not see what wrong answers earn below it where the signal is binary.
        same_completion: None lets the log say: its probe rows carry "same_completion" where both outcomes are
            verdicts on one completion.

    Raises:
        MeasureError: as `replay` does.
    """
    need(table, "run", "step", "phase", "group", "reward", "truth", "probe")
    check_share("alpha", alpha)
    streams = Streams(rng)
    gap = TruthGap(
        rng=streams.gap,
        audits=audits,
        delta=delta,
        alpha=alpha / 2,
        accept_at=accept_at,
        wrong_ceiling=wrong_ceiling,
    )
    found = []
    for name, count, same in probed_in(table, run=run):
        probe = streams.probe(
            name,
            count,
            audits=audits,
            delta=delta,
            alpha=alpha,
            same_completion=same if same_completion is None else same_completion,
        )
        found.append(replay(table, probe, run=run))
    return Detections(truth_gap=replay(table, gap, run=run), probes=tuple(found))


class Streams:
    """The draws of the detectors of one run, and the shares of alpha, the same live and afterwards."""

    def __init__(self, rng: np.random.Generator) -> None:
        check_generator(rng)
        self.gap, self._probes = rng.spawn(2)

    def probe(
        self, shortcut: str, count: int, *, audits: int, delta: float, alpha: float, same_completion: bool
    ) -> CounterfactualProbe:
        """The next shortcut's probe, one of `count`, with a generator of its own."""
        [child] = self._probes.spawn(1)
        return CounterfactualProbe(
            rng=child,
            audits=audits,
            delta=delta,
            alpha=alpha / 2 / max(count, 1),
            same_completion=same_completion,
            shortcut=shortcut,
        )


def probe_of(result: Mapping[str, float]) -> tuple[str, int]:
    """Which shortcut a probe row is of, and how many the run probes; an empty name and 1 if it does not say."""
    for key, count in result.items():
        if key.startswith(PROBE_OF):
            return key.removeprefix(PROBE_OF), int(count)
    return "", 1


def probed_in(table: "pa.Table", *, run: str | None = None) -> list[tuple[str, int, bool]]:
    """The shortcuts that a run's log has probe rows of, in the order in which they were probed.

    Each with how many the run probes, and whether both outcomes are verdicts on one completion; one without a name
    if none is said.

    Raises:
        MeasureError: if it is not clear which run is meant.
    """
    import pyarrow.compute as pc

    probed = table.filter(one_run(table, run) & equal(table, "phase", "probe"))
    named: list[str] = []
    if len(probed):
        order: NDArray[np.int64] = np.argsort(steps(probed), kind="stable")
        keys: Iterable[str] = pc.unique(probed["probe"].combine_chunks().take(order).keys).to_pylist()
        named = [key for key in keys if key.startswith(PROBE_OF)]
    found = []
    for key in named or [""]:
        count = entry(probed, "probe", key)
        same = entry(probed.filter(~np.isnan(count)) if key else probed, "probe", "same_completion")
        number = int(np.nanmax(count)) if key else 1
        found.append((key.removeprefix(PROBE_OF), number, bool(len(same) and np.all(same == 1))))
    return found
