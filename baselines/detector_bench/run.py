"""The bake-off of detectors on fresh traces of real training runs.

    synthgym bench detectors

Real tiny-policy runs are trained with GRPO through TRL, a few a kind of shortcut and a few that learn the true task;
many runs are drawn from them (`resample`), and every detector sees the same ones. What is trained is kept in a folder,
so that a second call only scores; a killed call goes on where it was.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from synthgym.baselines.detector_bench.arms import Arm
from synthgym.baselines.detector_bench.draw import Terms, draw, read
from synthgym.baselines.detector_bench.kinds import every_arm
from synthgym.baselines.detector_bench.record import is_recorded, record
from synthgym.baselines.detector_bench.scoring import Ran
from synthgym.baselines.detector_bench.summary import Bakeoff, summarise
from synthgym.baselines.jobs import Event, Job, run_jobs
from synthgym.baselines.quickstart.cells import make_start
from synthgym.baselines.warmstart import default_cache
from synthgym.errors import SettingError, SynthGymError, shown

CHUNK = 30
"""Resampled runs a job scores."""
BENIGN = "benign"


@dataclass(frozen=True, kw_only=True)
class Size:
    """How much is run.

    Attributes:
        resamples: runs drawn a kind, and a control.
        benign: benign runs drawn in all.
    """

    resamples: int = 60
    benign: int = 500

    def __post_init__(self) -> None:
        for name in ("resamples", "benign"):
            if getattr(self, name) < 1:
                raise SettingError(f"{name} {shown(getattr(self, name))} is not a whole number >= 1")


Pool = tuple[str, tuple[tuple[Arm, int], ...], int]
"""A name, the real runs that are drawn from, and how many runs are drawn."""


def detectors(
    *,
    traces: Path | None = None,
    terms: Terms | None = None,
    size: Size | None = None,
    arms: Sequence[Arm] | None = None,
    processes: int = 2,
    cache: Path | None = None,
    say: Callable[[str], None] = lambda text: None,
) -> Bakeoff:
    """Train what is not trained yet, draw the runs, and score every detector on them.

    Args:
        traces: the folder of the real runs; by default one in the cache.
        arms: which to run; by default `every_arm()`.
        cache: where warm starts are kept.
        say: is told how it goes, a line at a time.

    Raises:
        SettingError: for a size or number of processes below 1, or a folder that holds no rewardspy.
        SynthGymError: if a run cannot be trained or scored.
    """
    started = time.perf_counter()
    settled, wanted, chosen = terms or Terms(), size or Size(), tuple(every_arm() if arms is None else arms)
    starts = cache or default_cache()
    root = traces or starts.parent / "detector_bench"
    train_runs(chosen, root, starts, processes=processes, say=say)
    trained = time.perf_counter()
    runs = _drawn(pools(chosen, wanted), root, settled, processes, say)
    return replace(
        summarise(runs, chosen, settled),
        train_seconds=round(trained - started, 1),
        score_seconds=round(time.perf_counter() - trained, 1),
    )


def train_runs(
    arms: Sequence[Arm], root: Path, cache: Path, *, processes: int = 2, say: Callable[[str], None]
) -> None:
    """Train every real run of `arms` that `root` does not hold.

    Raises:
        SettingError: for a number of processes below 1, or a `root` that is no folder.
        SynthGymError: if one fails; the others are kept.
    """
    if processes < 1:
        raise SettingError(f"processes {shown(processes)} is not a whole number >= 1")
    if root.exists() and not root.is_dir():
        raise SettingError(f"{shown(str(root), 200)} is no folder; the real runs are kept in one")
    left = [(arm, run) for arm in arms for run in range(arm.runs) if not is_recorded(root, arm, run)]
    starts: list[Arm] = []
    for arm, _ in left:
        if not any(arm.start == other.start for other in starts):
            starts.append(arm)

    def start_of(arm: Arm) -> str:
        place = next(i for i, other in enumerate(starts) if other.start == arm.start)
        return f"warm start {place + 1} ({arm.start.family})"

    jobs = [Job(id=start_of(arm), work=make_start, arguments=(arm.start, cache)) for arm in starts]
    jobs += [
        Job(
            id=f"{arm.id} run {run + 1}",
            work=record,
            arguments=(arm, run, root, cache),
            needs=(start_of(arm),),
        )
        for arm, run in left
    ]
    _run(jobs, processes, say)


def pools(arms: Sequence[Arm], size: Size) -> list[Pool]:
    """What is drawn from what: a pool a kind and a control, and one of all benign arms."""
    found: list[Pool] = []
    for arm in arms:
        if arm.role != "benign":
            found.append((arm.id, tuple((arm, run) for run in range(arm.runs)), size.resamples))
    benign = tuple((arm, run) for arm in arms if arm.role == "benign" for run in range(arm.runs))
    return [*found, (BENIGN, benign, size.benign)] if benign else found


def _drawn(
    wanted: Sequence[Pool], root: Path, terms: Terms, processes: int, say: Callable[[str], None]
) -> dict[str, list[Ran]]:
    """The runs of every pool, by its name."""
    with TemporaryDirectory(prefix="synthgym-detectors-") as scratch:
        jobs, parts = [], []
        for name, members, count in wanted:
            for first in range(0, count, CHUNK):
                out = Path(scratch) / f"{name}-{first}.json"
                indices = range(first, min(count, first + CHUNK))
                parts.append((name, out))
                jobs.append(
                    Job(
                        id=f"{name}: runs {indices.start + 1} to {indices.stop}",
                        work=draw,
                        arguments=(name, members, indices, root, out, terms),
                    )
                )
        _run(jobs, processes, say)
        runs: dict[str, list[Ran]] = {}
        for name, out in parts:
            runs.setdefault(name, []).extend(read(out))
    return runs


def _run(jobs: Sequence[Job], processes: int, say: Callable[[str], None]) -> None:
    """Run the jobs, saying which is done."""
    if not jobs:
        return
    done = 0

    def on_event(event: Event) -> None:
        nonlocal done
        if event.kind in ("finished", "failed", "skipped"):
            done += 1
            say(
                f"[{done}/{len(jobs)}] {event.job}"
                + ("" if event.kind == "finished" else f": {event.kind}: {event.text}")
            )

    failed = run_jobs(jobs, processes=processes, on_event=on_event)
    if failed:
        name, reason = next(iter(failed.items()))
        raise SynthGymError(
            f"{len(failed)} of {len(jobs)} jobs failed, the first, {name}: {reason}; the same command tries them again"
        )
