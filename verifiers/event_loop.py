"""Async calls side by side, each with a deadline, on an event loop in a thread of its own.

The loop lives as long as the process, so that what users keep on it (a client, a semaphore) lasts, and it is not the
caller's, who may have one running (Jupyter, async trainers). The time in which one call holds the loop up is not
counted against the others; one that holds it beyond its deadline is stopped, or else left behind with the loop.
"""

import asyncio
import contextlib
import os
import threading
from collections.abc import Awaitable, Callable, Generator, Sequence
from contextvars import ContextVar
from math import inf
from time import monotonic
from typing import Any, Generic, TypeVar

from synthgym.verifiers.deadline import Deadline, Late, Patience, raise_in

T = TypeVar("T")
_GRACE_SECONDS = 0.3
_POLL_SECONDS = 0.1
_LONG_STEP_SECONDS = 0.01
_inside: ContextVar[bool] = ContextVar("_inside", default=False)


async def _cancelled(tasks: "set[asyncio.Task[Any]]") -> None:
    for task in tasks:
        task.cancel()
    if tasks:
        await asyncio.wait(tasks, timeout=_GRACE_SECONDS)


class _Loop:
    """An event loop that runs in a daemon thread."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self.process = os.getpid()
        self.thread = threading.Thread(target=self._run, name="synthgym-verifiers-async", daemon=True)
        self.thread.start()

    def alive(self) -> bool:
        return self.process == os.getpid() and self.thread.is_alive()

    def stop(self) -> None:
        """Have it end as soon as nothing holds it up."""
        with contextlib.suppress(RuntimeError):  # it is closed already
            self.loop.call_soon_threadsafe(self.loop.stop)

    def _run(self) -> None:
        asyncio.set_event_loop(self.loop)
        try:
            self.loop.run_forever()
            self.loop.run_until_complete(_cancelled(asyncio.all_tasks(self.loop)))
        except Deadline:
            return
        finally:
            self.loop.close()


_shared: list[_Loop] = []
_sharing = threading.Lock()


_left_by_fork: list[_Loop] = []


def _after_fork() -> None:
    global _sharing
    _sharing = threading.Lock()  # another thread of the parent may have held it
    _left_by_fork.extend(_shared)  # its thread is not here; kept, as a loop that is dropped unclosed warns
    _shared.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)


def _shared_loop() -> _Loop:
    with _sharing:
        if not _shared or not _shared[0].alive():
            _shared[:] = [_Loop()]
        return _shared[0]


def _forget(loop: _Loop) -> None:
    with _sharing:
        if loop in _shared:
            _shared.remove(loop)
    loop.stop()


def run_side_by_side(
    calls: Sequence[Callable[[], Awaitable[T]]], seconds: float, concurrency: int
) -> list[T | Late]:
    """What each call's awaitable gives, in order; `Late` for one that takes longer than `seconds`.

    An awaitable must raise nothing but what stops it. At most `concurrency` calls run at a time. From inside the loop
    (a verifier that scores with another) a second loop is taken.
    """
    results: dict[int, T | Late] = {}
    patience = Patience(seconds)
    while len(results) < len(calls):
        nested = _inside.get()
        loop = _Loop() if nested else _shared_loop()
        run = _Run(loop, calls, seconds, concurrency, results)
        try:
            broken = run.watched(patience)
        except BaseException:
            run.cancel()
            raise
        finally:
            if nested:
                loop.stop()
        results |= run.results
        if broken is None:
            continue
        results[broken] = _held_up(patience)
        patience.late += 1
        _forget(loop)
    return [results[place] for place in range(len(calls))]


def _held_up(patience: Patience) -> Late:
    return Late(patience.seconds, patience.full, blocking=True, alive=True)


class _Run(Generic[T]):
    """The calls that have no result yet, on one loop."""

    def __init__(
        self,
        loop: _Loop,
        calls: Sequence[Callable[[], Awaitable[T]]],
        seconds: float,
        concurrency: int,
        known: dict[int, T | Late],
    ) -> None:
        self.results: dict[int, T | Late] = {}
        self._loop, self._calls, self._seconds = loop, calls, seconds
        self._places = [place for place in range(len(calls)) if place not in known]
        self._concurrency = concurrency
        self._held: tuple[int, float] | None = None  # the call that has the loop, and since when
        self._lost = 0.0  # seconds in which some call had the loop and the others waited
        self._own: dict[int, float] = {}  # of these, a call's own
        self._turn, self._ended = threading.Lock(), threading.Event()
        self._closed = False
        self._future = asyncio.run_coroutine_threadsafe(self._all(), loop.loop)
        self._future.add_done_callback(lambda _: self._ended.set())

    def watched(self, patience: Patience) -> int | None:
        """Wait until all have a result (None), or one is found to hold up the loop for good: its place."""
        while not self._ended.wait(_POLL_SECONDS):
            held = self._held
            if held is not None and monotonic() - held[1] > patience.seconds:
                raise_in(self._loop.thread)
                if not self._freed(held):
                    self._close()
                    return held[0]
            if not self._loop.alive():
                self._close()
                return held[0] if held is not None else self._first_left()
        self._close()
        return self._first_left()

    def _first_left(self) -> int | None:
        return next((place for place in self._places if place not in self.results), None)

    def cancel(self) -> None:
        """Stop what runs; nothing that comes later counts."""
        self._close()
        self._future.cancel()
        if self._held is not None:
            raise_in(self._loop.thread)

    def _freed(self, held: tuple[int, float]) -> bool:
        until = monotonic() + _GRACE_SECONDS
        while monotonic() < until:
            if self._held != held and self._loop.alive():
                return True
            self._ended.wait(0.01)
        return False

    def _close(self) -> None:
        with self._turn:
            self._closed = True

    async def _all(self) -> None:
        gate = asyncio.Semaphore(self._concurrency)
        _inside.set(True)
        await asyncio.gather(*(self._one(place, gate) for place in self._places), return_exceptions=True)

    async def _one(self, place: int, gate: asyncio.Semaphore) -> None:
        async with gate:
            if self._closed:
                return
            result = await self._within(place)
            with self._turn:
                if not self._closed:
                    self.results[place] = result

    async def _within(self, place: int) -> T | Late:
        task: asyncio.Task[T] = asyncio.ensure_future(self._watching(place))
        task.add_done_callback(_taken)
        late = Late(self._seconds, self._seconds)
        try:
            await self._patiently(task, place)
        except asyncio.CancelledError:
            task.cancel()
            raise
        if not task.done():
            task.cancel()
            await asyncio.wait({task}, timeout=_GRACE_SECONDS)
            return late
        if task.cancelled() or isinstance(task.exception(), Deadline):
            return Late(self._seconds, self._seconds, blocking=not task.cancelled())
        return task.result()

    async def _patiently(self, task: "asyncio.Task[T]", place: int) -> None:
        """Wait for the task's own seconds: those in which another call had the loop are given back."""
        deadline = monotonic() + self._seconds - self._lost
        while not task.done():
            left = deadline + self._lost - self._own.get(place, 0.0) - monotonic()
            if left <= 0:
                return
            await asyncio.wait({task}, timeout=None if left == inf else left)

    async def _watching(self, place: int) -> T:
        return await _Watched(self, place)

    def steps(self, place: int) -> Generator[Any, Any, T]:
        """The call's own steps, each marked while it has the loop."""
        own = self._calls[place]().__await__()
        sent: Any = None
        error: BaseException | None = None
        while True:
            started = monotonic()
            self._held = (place, started)
            try:
                waited_for = next(own) if error is None and sent is None else _step(own, sent, error)
            except StopIteration as stop:
                result: T = stop.value
                return result
            finally:
                self._held = None
                spent = monotonic() - started
                if spent > _LONG_STEP_SECONDS:
                    self._lost += spent
                    self._own[place] = self._own.get(place, 0.0) + spent
            sent = error = None
            try:
                sent = yield waited_for
            except GeneratorExit:
                _close(own)
                raise
            except BaseException as thrown:  # noqa: BLE001  # it is handed on to the call, cancellation included
                error = thrown


class _Watched(Generic[T]):
    def __init__(self, run: _Run[T], place: int) -> None:
        self._run, self._place = run, place

    def __await__(self) -> Generator[Any, Any, T]:
        return self._run.steps(self._place)


def _taken(task: "asyncio.Task[Any]") -> None:
    """Look at a task's exception, so that one which comes too late is not reported by asyncio."""
    if not task.cancelled():
        task.exception()


def _step(own: Any, sent: Any, error: BaseException | None) -> Any:
    return own.send(sent) if error is None else own.throw(error)


def _close(own: Any) -> None:
    close = getattr(own, "close", None)
    if close is not None:
        close()
