"""Runs many jobs side by side: a few processes, each started once and given one job after the other.

Starting a process and importing its trainers costs seconds, so a process is kept for many jobs. A
process whose parent is gone ends itself, so that a killed study leaves nothing running.
"""

import gc
import multiprocessing
import os
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field
from multiprocessing.queues import Queue
from queue import Empty
from typing import Any, Literal

from synthgym.errors import SynthGymError

_POLL = 0.1  # seconds


@dataclass(frozen=True, kw_only=True)
class Job:
    """One piece of work.

    Attributes:
        id: unique.
        work: an importable function; called with `arguments` in another process.
        needs: ids of the jobs that come first; if one fails, this one is not run.
    """

    id: str
    work: Callable[..., Any]
    arguments: tuple[Any, ...] = ()
    needs: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Event:
    """What a job is at: `done` of `total`, and a word on how it goes."""

    job: str
    kind: Literal["started", "progress", "finished", "failed", "skipped"]
    done: int = 0
    total: int = 0
    text: str = ""


@dataclass(kw_only=True)
class _Running:
    futures: dict[Future[None], Job] = field(default_factory=dict)
    finished: set[str] = field(default_factory=set)
    failed: dict[str, str] = field(default_factory=dict)


def run_jobs(
    jobs: Sequence[Job], *, processes: int = 2, on_event: Callable[[Event], None] = lambda event: None
) -> Mapping[str, str]:
    """Run `jobs`, `processes` at a time, each after those it needs; what failed, by id, with its reason.

    Raises:
        SynthGymError: if a process was killed from outside; finished jobs stay finished.
        KeyboardInterrupt: passed on once the processes are gone.
    """
    context = multiprocessing.get_context("spawn")
    events: Queue[Event] = context.Queue()
    state = _Running()
    waiting = list(jobs)
    pool = ProcessPoolExecutor(
        max_workers=max(1, min(processes, len(jobs) or 1)),
        mp_context=context,
        initializer=_start_worker,
        initargs=(events, os.getpid()),
    )
    try:
        while waiting or state.futures:
            waiting = _submit(pool, waiting, state, processes, on_event)
            done, _ = wait(state.futures, timeout=_POLL, return_when=FIRST_COMPLETED)
            _drain(events, on_event)
            for future in done:
                _settle(future, state, on_event)
    except BaseException:
        for child in multiprocessing.active_children():
            child.kill()
        raise
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
        _drain(events, on_event)
        events.close()
    return state.failed


def report_progress(done: int, total: int, text: str = "") -> None:
    """Tell the parent how far the job of this process is; does nothing outside a job."""
    if _worker is not None:
        _worker.events.put(Event(job=_worker.job, kind="progress", done=done, total=total, text=text))


@dataclass(kw_only=True)
class _Worker:
    events: "Queue[Event]"
    job: str = ""
    settled: bool = False


_worker: _Worker | None = None


def _start_worker(events: "Queue[Event]", parent: int) -> None:
    global _worker
    os.environ["OMP_NUM_THREADS"] = "1"
    os.environ["TOKENIZERS_PARALLELISM"] = "false"
    _worker = _Worker(events=events)
    threading.Thread(target=_end_with, args=(parent,), daemon=True).start()


def _end_with(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(0.5)
    os._exit(1)


def _work(job: Job) -> None:
    import torch

    torch.set_num_threads(1)
    if _worker is not None:
        _worker.job = job.id
    job.work(*job.arguments)
    if _worker is not None and not _worker.settled:
        # What the first job imported stays: trainers collect garbage at every start, and need not look at it again.
        gc.collect()
        gc.freeze()
        _worker.settled = True


def _submit(
    pool: ProcessPoolExecutor,
    waiting: list[Job],
    state: _Running,
    processes: int,
    on_event: Callable[[Event], None],
) -> list[Job]:
    """Hand out what can start now; the jobs that still wait."""
    left: list[Job] = []
    for job in waiting:
        broken = [need for need in job.needs if need in state.failed]
        if broken:
            state.failed[job.id] = f"{broken[0]} failed"
            on_event(Event(job=job.id, kind="skipped", text=state.failed[job.id]))
        elif len(state.futures) < processes and state.finished.issuperset(job.needs):
            state.futures[pool.submit(_work, job)] = job
            on_event(Event(job=job.id, kind="started"))
        else:
            left.append(job)
    return left


def _settle(future: "Future[None]", state: _Running, on_event: Callable[[Event], None]) -> None:
    job = state.futures.pop(future)
    error = future.exception()
    if isinstance(error, BrokenProcessPool):
        raise SynthGymError(
            f"a process was killed while it ran {job.id} (out of memory?); run the command again to go on from there"
        )
    if error is None:
        state.finished.add(job.id)
        on_event(Event(job=job.id, kind="finished"))
    else:
        state.failed[job.id] = f"{type(error).__name__}: {error}"
        on_event(Event(job=job.id, kind="failed", text=state.failed[job.id]))


def _drain(events: "Queue[Event]", on_event: Callable[[Event], None]) -> None:
    while True:
        try:
            on_event(events.get_nowait())
        except Empty:
            return
