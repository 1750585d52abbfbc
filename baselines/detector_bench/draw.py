"""What a worker process does: it trains a real run, or draws runs from real ones and shows them to every detector."""

import json
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from synthgym.baselines.detector_bench.arms import Arm
from synthgym.baselines.detector_bench.excess import EITHER, Raised, excess_of
from synthgym.baselines.detector_bench.ours import first_alarms, truth_gap_alarm, watch_alarm
from synthgym.baselines.detector_bench.record import run_folder
from synthgym.baselines.detector_bench.resample import onset_of, relabelled, resampled
from synthgym.baselines.detector_bench.rivals import Rival, rivals
from synthgym.baselines.detector_bench.scoring import Ran, settled
from synthgym.baselines.detector_bench.traces import FILE, Trace
from synthgym.baselines.jobs import report_progress
from synthgym.baselines.train import write_json
from synthgym.detect import wrong_ceiling_of


@dataclass(frozen=True, kw_only=True)
class Terms:
    """The settings that every detector is run at; fixed before anything is scored.

    Attributes:
        audits, alpha: of our detectors.
        budgets, alphas: of the sweep: every budget at every alpha, and `audits` at `alpha`.
        rewardspy: a checkout of it, or None.
    """

    audits: int = 16
    alpha: float = 0.01
    budgets: tuple[int, ...] = (4, 8, 16, 32, 64)
    alphas: tuple[float, ...] = (0.01, 0.05, 0.1)
    rewardspy: Path | None = None
    seed: int = 0

    @property
    def points(self) -> tuple[tuple[int, float], ...]:
        """The (audits, alpha) of the sweep, each once."""
        grid = {(audits, alpha) for audits in self.budgets for alpha in self.alphas}
        return tuple(sorted({*grid, (self.audits, self.alpha)}))


def draw(
    pool: str, members: Sequence[tuple[Arm, int]], indices: range, root: Path, out: Path, terms: Terms
) -> None:
    """Draw the runs `indices` of a pool of real runs, show them to every detector, and write what they said."""
    traces: dict[tuple[str, int], Trace] = {}
    excess: dict[tuple[str, int], dict[str, int | None]] = {}
    others, _ = rivals(terms.rewardspy)
    rows: list[dict[str, Any]] = []
    for place, index in enumerate(indices):
        rng = np.random.default_rng([terms.seed, zlib.crc32(pool.encode()), index])
        arm, real = members[int(rng.integers(len(members)))]
        if (arm.id, real) not in traces:
            traces[arm.id, real] = Trace.load(run_folder(root, arm, real) / FILE)
            excess[arm.id, real] = excess_of(
                traces[arm.id, real], wrong_ceiling=wrong_ceiling_of(arm.signal())
            )
        trace = resampled(traces[arm.id, real], rng)
        said = _shown(arm, trace, rng, others, terms)
        rows.append({"arm": arm.id, "real": real, "excess": excess[arm.id, real], **said})
        report_progress(place + 1, len(indices), pool)
    write_json(out, rows)


def _shown(
    arm: Arm, trace: Trace, rng: np.random.Generator, others: Mapping[str, Rival], terms: Terms
) -> dict[str, Any]:
    """What every detector says of one run, of its twin, and at every point of the sweep."""
    ceiling = wrong_ceiling_of(arm.signal())

    alarms = first_alarms(
        trace, rng.spawn(1)[0], audits=terms.audits, alpha=terms.alpha, wrong_ceiling=ceiling
    )
    alarms |= {name: Raised(rival(trace), EITHER) for name, rival in others.items()}
    onset, twins = None, {}
    if arm.role == "hacked":
        onset = settled(onset_of(trace, arm.gap))
    if arm.role == "hacked" and arm.gap == "accepted":
        twin, stream = relabelled(trace), rng.spawn(1)[0]
        twins = {
            "truth_gap": truth_gap_alarm(
                twin, stream, audits=terms.audits, alpha=terms.alpha, wrong_ceiling=ceiling
            ),
            **{name: rival(twin) for name, rival in others.items()},
        }
    sweep = [
        (
            *point,
            alarms["watch"]
            if point == (terms.audits, terms.alpha)
            else watch_alarm(trace, rng.spawn(1)[0], audits=point[0], alpha=point[1], wrong_ceiling=ceiling),
        )
        for point in terms.points
        if arm.role != "control"
    ]
    return {"onset": onset, "alarms": alarms, "twin": twins, "sweep": sweep}


def read(path: Path) -> list[Ran]:
    """What `draw` wrote."""
    return [
        Ran(
            arm=row["arm"],
            real=row["real"],
            onset=None if row["onset"] is None else tuple(row["onset"]),
            excess=row["excess"],
            alarms={name: Raised(*alarm) for name, alarm in row["alarms"].items()},
            twin=row["twin"],
            sweep={(audits, alpha): Raised(*alarm) for audits, alpha, alarm in row["sweep"]},
        )
        for row in json.loads(path.read_text())
    ]
