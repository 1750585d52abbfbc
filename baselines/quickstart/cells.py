"""What a worker process does for one cell: the warm start comes from the cache, the log goes to the cell's folder."""

import shutil
import time
from pathlib import Path
from typing import Any

from synthgym.baselines.jobs import report_progress
from synthgym.baselines.loops import ARMS, Arm, run_loop
from synthgym.baselines.quickstart.grid import Cell
from synthgym.baselines.train import train, versions, write_json
from synthgym.baselines.warmstart import StartConfig, warm_start
from synthgym.plugins import get_family

DONE = "done.json"


def make_start(start: StartConfig, cache: Path) -> None:
    """Train a warm start into the cache."""
    warm_start(start, cache=cache)


def run_cell(cell: Cell, study: Path, cache: Path) -> None:
    """Run `cell`; a half-finished try of it is thrown away first."""
    started = time.perf_counter()
    for folder in cell_folders(cell, study):
        shutil.rmtree(folder, ignore_errors=True)
    if cell.train is not None:
        facts = {"cell": cell.id, "question": cell.question, "arm": cell.arm}
        train(
            cell.train,
            cell.start,
            study / "cells" / cell.id,
            cache=cache,
            facts=facts,
            on_step=report_progress,
        )
    if cell.loop is not None:
        _run_loops(cell, study, cache)
    for folder in cell_folders(cell, study):
        write_json(folder / DONE, {"seconds": round(time.perf_counter() - started, 2)})


def is_done(cell: Cell, study: Path) -> bool:
    """Whether every folder of the cell is finished."""
    return all((folder / DONE).is_file() for folder in cell_folders(cell, study))


def cell_folders(cell: Cell, study: Path) -> list[Path]:
    """The folders a cell writes: one, or one a loop arm."""
    if cell.loop is None:
        return [study / "cells" / cell.id]
    return [study / "cells" / arm_id(cell, arm) for arm in ARMS]


def arm_id(cell: Cell, arm: Arm) -> str:
    """The name of one loop arm's run."""
    return cell.id.replace("-all-", f"-{arm}-")


def _run_loops(cell: Cell, study: Path, cache: Path) -> None:
    """Every arm of one seed; the open one first, as a closed one needs to know how much it kept."""
    assert cell.loop is not None  # the caller asked
    start = warm_start(cell.start, cache=cache)
    loop = cell.loop
    kept: list[int] | None = None
    for place, arm in enumerate(ARMS):
        facts: dict[str, Any] = {
            "cell": arm_id(cell, arm),
            "question": cell.question,
            "family": cell.family,
            "domain": get_family(cell.family).domain,
            "seed": cell.seed,
            "difficulty": loop.difficulty,
            "template": loop.template,
            "start": start.summary(),
            "policy": {"id": start.policy.id, "parameters": start.policy.parameters},
            "versions": versions(),
        }

        def on_generation(done: int, total: int, text: str, place: int = place) -> None:
            report_progress(place * total + done, len(ARMS) * total, text)

        counts = run_loop(
            arm,
            start.policy,
            loop,
            study / "cells" / arm_id(cell, arm),
            kept_counts=kept,
            provenance=facts,
            on_generation=on_generation,
        )
        kept = kept if kept is not None else counts
