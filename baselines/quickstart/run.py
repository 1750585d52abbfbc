"""Runs the quickstart: prints the table of runs, trains them side by side, and ends in a report.

A folder says by ``study.json`` what it holds. Called again, finished cells are kept and the rest is run.
"""

import json
import time
import warnings
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from synthgym.baselines.jobs import Event, Job, run_jobs
from synthgym.baselines.quickstart.cells import arm_id, is_done, make_start, run_cell
from synthgym.baselines.quickstart.grid import QUESTIONS, Cell, Grid
from synthgym.baselines.train import machine, versions, write_json
from synthgym.baselines.warmstart import default_cache
from synthgym.errors import LogError, SettingError, shown


def quickstart(
    out: Path,
    *,
    processes: int = 2,
    seeds: int = 3,
    console: Console | None = None,
    grid: Grid | None = None,
    cache: Path | None = None,
) -> int:
    """Run what is not finished in `out`, write ``report.html``, print the findings; the exit status.

    Raises:
        SettingError: for fewer than 1 process or seed, or a folder that holds another study.
        LogError: if the folder cannot be written.
    """
    for name, value in (("processes", processes), ("seeds", seeds)):
        if value < 1:
            raise SettingError(f"{name} {shown(value)} is not a whole number >= 1")
    settled = grid or Grid(seeds=seeds)
    screen = console or Console()
    started = time.perf_counter()
    cells = list(settled.cells())
    study = _open_study(out, settled, cells)
    screen.print(runs_table(cells, out))
    failed = _run(cells, out, cache or default_cache(), processes, screen)
    study["seconds"] = round(study.get("seconds", 0.0) + time.perf_counter() - started, 1)
    study["cells"] = _states(cells, out, failed)
    write_json(out / "study.json", study)
    return _finish(out, failed, screen, study["seconds"])


def runs_table(cells: Sequence[Cell], out: Path) -> Table:
    """What is going to run, a line a question and family."""
    table = Table(title=f"{len(cells)} cells, into {out}", title_justify="left")
    for column in ("question", "family", "arms", "seeds", "rollouts", "done"):
        table.add_column(column)
    for question in dict.fromkeys(cell.question for cell in cells):
        for family in dict.fromkeys(cell.family for cell in cells if cell.question == question):
            mine = [cell for cell in cells if (cell.question, cell.family) == (question, family)]
            arms = list(dict.fromkeys(cell.arm for cell in mine))
            if mine[0].loop is not None:
                arms = ["open", "unfiltered", "majority", "random_subset"]
            table.add_row(
                QUESTIONS[question],
                f"{family}, d{_difficulty(mine[0])}",
                ", ".join(arms),
                str(len({cell.seed for cell in mine})),
                f"{_rollouts(mine[0]):,}",
                f"{sum(is_done(cell, out) for cell in mine)}/{len(mine)}",
            )
    return table


def _run(cells: Sequence[Cell], out: Path, cache: Path, processes: int, screen: Console) -> dict[str, str]:
    """Train the starts, then the cells that are not finished; what failed, by cell."""
    left = [cell for cell in cells if not is_done(cell, out)]
    starts = {f"start-{i}": start for i, start in enumerate(dict.fromkeys(cell.start for cell in left))}
    names = {start: name for name, start in starts.items()}
    jobs = [Job(id=name, work=make_start, arguments=(start, cache)) for name, start in starts.items()] + [
        Job(id=cell.id, work=run_cell, arguments=(cell, out, cache), needs=(names[cell.start],))
        for cell in left
    ]
    if not jobs:
        return {}
    titles = {name: f"warm start {s.family} ({s.kind})" for name, s in starts.items()}
    with _Live(screen, len(jobs), titles) as live:
        return dict(run_jobs(jobs, processes=processes, on_event=live.on_event))


class _Live:
    """A bar for all jobs and a line for each that runs; plain lines where there is no terminal."""

    def __init__(self, screen: Console, total: int, titles: dict[str, str]) -> None:
        self.screen, self.titles, self.counts = screen, titles, Counter[str]()
        self.progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=24),
            TextColumn("{task.completed:.0f}/{task.total:.0f}"),
            TextColumn("{task.fields[said]}"),
            TimeElapsedColumn(),
            console=screen,
        )
        self.all = self.progress.add_task("all", total=total, said="")
        self.total = total
        self.running: dict[str, Any] = {}

    def __enter__(self) -> "_Live":
        if self.screen.is_terminal:
            self.progress.start()
        return self

    def __exit__(self, *error: object) -> None:
        self.progress.stop()

    def on_event(self, event: Event) -> None:
        """Show one event of a job."""
        title = self.titles.get(event.job, event.job)
        if event.kind == "started":
            self.running[event.job] = self.progress.add_task(title, total=None, said="")
        elif event.kind == "progress" and event.job in self.running:
            self.progress.update(
                self.running[event.job], completed=event.done, total=event.total, said=event.text
            )
        elif event.kind in ("finished", "failed", "skipped"):
            self._ended(event, title)

    def _ended(self, event: Event, title: str) -> None:
        self.counts[event.kind] += 1
        if event.job in self.running:
            self.progress.remove_task(self.running.pop(event.job))
        self.progress.advance(self.all)
        if event.kind != "finished":
            self.screen.print(f"{title}: {event.kind}: {event.text}", style="red", markup=False)
        elif not self.screen.is_terminal:
            done = sum(self.counts.values())
            self.screen.print(f"[{done}/{self.total}] {title}", markup=False, highlight=False)


def _open_study(out: Path, grid: Grid, cells: Sequence[Cell]) -> dict[str, Any]:
    """The study's record: a new one, or the one that is there if it is of the same grid."""
    settings = json.loads(json.dumps(asdict(grid), default=str))
    path = out / "study.json"
    try:
        if path.is_file():
            study: dict[str, Any] = json.loads(path.read_text())
            if study.get("grid") != settings:
                raise SettingError(
                    f"{out} holds a study with other settings; give another folder with --out, or remove it"
                )
            return study
        study = {
            "study": "quickstart",
            "started": time.strftime("%Y-%m-%dT%H:%M:%S%z"),
            "command": "synthgym quickstart",
            "grid": settings,
            "machine": machine(),
            "versions": versions(),
            "cells": _states(cells, out, {}),
        }
        write_json(path, study)
    except OSError as error:
        raise LogError(f"cannot write to {out}: {error}") from error
    except json.JSONDecodeError as error:
        raise LogError(
            f"{path} is not JSON ({error}); remove it, and the cells beside it are kept"
        ) from error
    return study


def _states(cells: Sequence[Cell], out: Path, failed: dict[str, str]) -> list[dict[str, Any]]:
    """A row a run: what it is, and whether it is finished."""
    rows: list[dict[str, Any]] = []
    for cell in cells:
        state = "finished" if is_done(cell, out) else failed.get(cell.id, "not run")
        arms = [cell.arm] if cell.loop is None else ["open", "unfiltered", "majority", "random_subset"]
        for arm in arms:
            name = cell.id if cell.loop is None else arm_id(cell, arm)  # type: ignore[arg-type]  # an arm
            rows.append(
                {
                    "id": name,
                    "family": cell.family,
                    "question": cell.question,
                    "arm": arm,
                    "seed": cell.seed,
                    "state": state,
                }
            )
    return rows


def _finish(out: Path, failed: dict[str, str], screen: Console, seconds: float) -> int:
    from synthgym.report import analyse, findings, write_report

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # what the report notes, `findings` says
        report = analyse(out)
    path = write_report(out, report=report)
    screen.print("\nWhat was found:", style="bold")
    for finding in findings(report):
        screen.print(f"  - {finding}", markup=False, highlight=False)
    screen.print(f"\nreport: {path}  ({seconds:.0f} s)", markup=False, highlight=False, soft_wrap=True)
    if failed:
        screen.print(f"{len(failed)} cells failed; the same command tries them again", style="red")
    return 1 if failed else 0


def _difficulty(cell: Cell) -> int:
    settings = cell.train or cell.loop
    return settings.difficulty if settings else 0


def _rollouts(cell: Cell) -> int:
    if cell.train is not None:
        return cell.train.budget.rollouts
    return cell.loop.generations * cell.loop.prompts * cell.loop.samples if cell.loop else 0
