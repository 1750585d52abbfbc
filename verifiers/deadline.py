"""Calls in a thread of their own, each with a deadline; signals are left alone, so it works from any thread.

At the deadline an exception is raised in the thread. Where that does not end it (it waits in a system call, or catches
everything) the thread is left to itself, and another goes on with the calls that remain. Python code that never gives
up the interpreter cannot be stopped this way, nor can its caller go on: see `synthgym.verifiers.isolation`.
"""

import ctypes
import threading
from collections.abc import Callable, Sequence
from contextvars import copy_context
from dataclasses import dataclass
from math import inf
from time import monotonic
from typing import Generic, TypeVar

T = TypeVar("T")
FLOOR_SECONDS = 1.0
"""Each timeout of a batch halves the deadline, down to this."""
SLACK = 4.0
"""The deadline stays this many times as long as the slowest call that ended in time took."""
_GRACE_SECONDS = 0.1
_GRACES = 2
_POLL_SECONDS = 0.5


class Deadline(BaseException):
    """Raised in a verifier's thread at its deadline; no verifier's ``except Exception`` takes it for its own."""


@dataclass(frozen=True, slots=True)
class Late:
    """A call that did not end in time.

    Attributes:
        seconds: what it was given, and of
        full: what it is given after one that ended in time.
        alive: it still runs.
        killed: it ran in a process of its own, which is gone.
        blocking: it held up the event loop, without awaiting anything.
    """

    seconds: float
    full: float
    alive: bool = False
    killed: bool = False
    blocking: bool = False

    def __str__(self) -> str:
        if self.blocking:
            return (
                f"it held up the event loop for {self.seconds:g} s without awaiting anything; make it a plain "
                "function, which is run in a thread, or await what takes long (asyncio.to_thread)"
            )
        shortened = f" (of {self.full:g} s, as others before it did not answer in time)" * (
            self.seconds < self.full
        )
        left = ", and goes on in the background" * self.alive
        remedy = "" if self.killed else ", or let it be stopped for good with isolated=True"
        return f"it did not answer within {self.seconds:g} s{shortened}{left}; give it more with seconds=...{remedy}"


@dataclass(slots=True)
class Patience:
    """Seconds a call gets: `full`, halved for each call before it that was late, within `FLOOR_SECONDS` and `SLACK`.

    Attributes:
        late: calls that did not end in time.
        slowest: seconds that the slowest of the others took.
    """

    full: float
    late: int = 0
    slowest: float = 0.0

    @property
    def seconds(self) -> float:
        """What the next call gets."""
        halved = self.full * 0.5 ** min(self.late, 64)
        return min(max(halved, FLOOR_SECONDS, SLACK * self.slowest), self.full)


def run_within(
    jobs: Sequence[Callable[[], T]], seconds: float, patience: Patience | None = None
) -> list[T | Late]:
    """What each job returns, in order; `Late` for one that takes longer than `seconds`.

    A job must raise nothing but `Deadline`. KeyboardInterrupt in the caller ends the job that runs.
    """
    patience = patience or Patience(seconds)
    results: list[T | Late] = []
    while len(results) < len(jobs):
        line = _Line(jobs, len(results))
        try:
            line.start()
            late = line.watched(patience)
        except BaseException:
            line.stop()
            raise
        results += line.results
        if late is None and len(results) < len(jobs) and not line.results:
            late = Late(patience.seconds, patience.full)
        if late is not None:
            results.append(late)
    return results


class _Line(Generic[T]):
    """One thread that works through the jobs from `first` on, until it is retired."""

    def __init__(self, jobs: Sequence[Callable[[], T]], first: int) -> None:
        self._thread = threading.Thread(target=self._run, name="synthgym-verifier", daemon=True)
        self.results: list[T] = []
        self._slowest = 0.0
        self._jobs = jobs[first:]
        self._turn, self._ended = threading.Lock(), threading.Event()
        self._started = monotonic()
        self._retired = False
        self._context = copy_context()

    def start(self) -> None:
        """Start on the first job."""
        self._thread.start()

    def _run(self) -> None:
        try:
            self._context.run(self._work)
        except Deadline:
            return
        finally:
            self._ended.set()

    def watched(self, patience: Patience) -> Late | None:
        """Wait until all jobs are done (None), or one is late."""
        while True:
            with self._turn:
                done, started = len(self.results), self._started
                patience.slowest = max(patience.slowest, self._slowest)
                left = inf if done == len(self._jobs) else started + patience.seconds - monotonic()
                self._retired = left <= 0
            if left <= 0:
                late = Late(patience.seconds, patience.full, alive=not self.stop())
                patience.late += 1
                return late
            if self._ended.wait(min(left, _POLL_SECONDS)):
                return None

    def stop(self) -> bool:
        """Retire it, and raise `Deadline` in it; whether it has ended soon after."""
        self._retired = True
        for _ in range(_GRACES):
            raise_in(self._thread)
            if self._ended.wait(_GRACE_SECONDS):
                return True
        return False

    def _work(self) -> None:
        for job in self._jobs:
            result = job()
            with self._turn:
                if self._retired:
                    return
                self.results.append(result)
                now = monotonic()
                self._slowest = max(self._slowest, now - self._started)
                self._started = now


def raise_in(thread: threading.Thread) -> None:
    """Have `Deadline` raised in a thread as soon as it runs Python code again."""
    if thread.ident is not None and thread.is_alive():
        ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread.ident), ctypes.py_object(Deadline))
