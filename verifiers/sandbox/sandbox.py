"""The sandbox: runs solutions on inputs, and judges them by tests."""

import asyncio
import functools
import os
import threading
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, TypeVar

from synthgym.errors import SandboxError, SettingError, shown, suggestion
from synthgym.verifiers.sandbox import judging
from synthgym.verifiers.sandbox.facility import EVERY, FLOOR, Facility
from synthgym.verifiers.sandbox.pool import Pool, Ticket, isolation
from synthgym.verifiers.sandbox.results import Isolation, Judged, Limits, Outcome, Result, Run
from synthgym.verifiers.sandbox.worker import Ended

T = TypeVar("T")
Tests = Sequence[Mapping[str, object]]


class Sandbox:
    """Zygotes that run solutions. Usable from any thread and event loop; a forked child of the process has its own.

    Args:
        workers: zygotes, that is solutions run at a time; by default one a core that this process may use.
        floor: facilities without which it refuses to run.
        use: facilities to use, where the kernel has them; all of them by default. Landlock and seccomp are not to be
            had without no_new_privs.
        allow_weak: run below the floor, too, and mark every result as weak.

    Raises:
        SettingError: if `workers` is not above 0, or a facility is not known.
    """

    def __init__(
        self,
        *,
        workers: int | None = None,
        floor: Collection[Facility | str] = FLOOR,
        use: Collection[Facility | str] = EVERY,
        allow_weak: bool = False,
    ) -> None:
        if workers is not None and (type(workers) is not int or workers < 1):
            raise SettingError(f"workers {shown(workers)} is not a whole number above 0")
        self.floor, self.allow_weak = _facilities(floor), allow_weak
        self._isolation: Isolation | None = None
        self._pool = Pool(workers or _cores(), _usable(_facilities(use)))
        self._threads: ThreadPoolExecutor | None = None
        self._lock, self._owner = threading.Lock(), os.getpid()

    @property
    def isolation(self) -> Isolation:
        """What holds on this machine; found out by attacking it when first asked for.

        Raises:
            SandboxError: if that is less than the floor and weak isolation is not allowed, or there is no sandbox here.
        """
        if self._isolation is None:
            found = isolation(self._pool.facilities, self.floor)
            if found.weak and not self.allow_weak:
                raise SandboxError(_refusal(found, self.floor))
            self._isolation = found
            self._pool.facilities = found.held  # what does not hold may not even be there to be put in force
        return self._isolation

    def run(
        self,
        source: str,
        inputs: Sequence[str] | Sequence[Sequence[object]],
        limits: Limits | None = None,
        *,
        entry: str | None = None,
        trace: bool = False,
    ) -> Run:
        """Run `source` on each of `inputs`.

        Args:
            source: Python.
            inputs: without `entry`, a text each, that the program reads from standard input; with it, a list of
                arguments each.
            entry: the function to call.
            trace: record which lines ran; several times slower.

        Raises:
            SettingError: for arguments of the wrong kind.
            SandboxError: if nothing can be run.
        """
        held = self.isolation
        settled = _checked(source, limits)
        if isinstance(inputs, (str, bytes)) or not isinstance(inputs, Sequence):
            raise SettingError(f"inputs are {shown(inputs)}; a list is needed")
        if entry is None:
            for index, text in enumerate(inputs):
                if not isinstance(text, str):
                    raise SettingError(
                        f"input {index} is {shown(text)}, not a text; for a function, give `entry`"
                    )
            results, spent = self._programs(source, [str(text) for text in inputs], settled, trace)
        else:
            calls = [judging.marshalled(f"input {i}", arguments) for i, arguments in enumerate(inputs)]
            results, spent = self._functions(source, _name(entry), calls, settled, trace, one_process=True)
        return Run(results=tuple(results), isolation=held, seconds=spent[0], cpu_seconds=spent[1])

    def judge_function(
        self,
        source: str,
        entry: str,
        tests: Tests,
        limits: Limits | None = None,
        *,
        trace: bool = False,
        fresh: bool = False,
    ) -> Judged:
        """Judge a function by tests ``{"args": [...], "expected": ...}``.

        A value passes if it is the expected one, of the exact same built-in types all the way down; with
        ``"tolerance"`` in a test, its floats may differ by so much, absolutely or relatively.

        Args:
            source: Python that defines `entry`.
            trace: record which lines ran; several times slower.
            fresh: run each test in a process of its own, rather than all in one.

        Raises:
            SettingError: for tests or arguments of the wrong kind.
            SandboxError: if nothing can be run.
        """
        held = self.isolation
        settled, read = _checked(source, limits), judging.function_tests(tests)
        calls = [test.arguments for test in read]
        results, spent = self._functions(source, _name(entry), calls, settled, trace, one_process=not fresh)
        judged = tuple(map(judging.judged_function, results, read))
        return Judged(tests=judged, isolation=held, seconds=spent[0], cpu_seconds=spent[1])

    def judge_program(
        self, source: str, tests: Tests, limits: Limits | None = None, *, trace: bool = False
    ) -> Judged:
        """Judge a program by tests ``{"input": str, "output": str}``, each in a process of its own.

        What it prints passes if it is the expected text, but for white space at the ends of lines and of the whole, and
        the program ends with status 0. Limits hold for all tests together.

        Raises:
            SettingError: for tests or arguments of the wrong kind.
            SandboxError: if nothing can be run.
        """
        held = self.isolation
        settled, read = _checked(source, limits), judging.program_tests(tests)
        results, spent = self._programs(source, [test.input for test in read], settled, trace)
        judged = tuple(map(judging.judged_program, results, read))
        return Judged(tests=judged, isolation=held, seconds=spent[0], cpu_seconds=spent[1])

    def run_batch(
        self, cases: Sequence[tuple[str, Sequence[str]]], limits: Limits | None = None
    ) -> list[Run | SandboxError]:
        """`run` for each (source, inputs), as many at a time as there are workers."""
        return self._batch([functools.partial(self.run, *case, limits) for case in cases])

    def judge_function_batch(
        self, cases: Sequence[tuple[str, str, Tests]], limits: Limits | None = None
    ) -> list[Judged | SandboxError]:
        """`judge_function` for each (source, entry, tests), as many at a time as there are workers.

        A case that could not be judged gets its error; the others keep their verdicts.
        """
        for _, _, tests in cases:
            judging.function_tests(tests)
        return self._batch([functools.partial(self.judge_function, *case, limits) for case in cases])

    def judge_program_batch(
        self, cases: Sequence[tuple[str, Tests]], limits: Limits | None = None
    ) -> list[Judged | SandboxError]:
        """`judge_program` for each (source, tests), as many at a time as there are workers.

        A case that could not be judged gets its error; the others keep their verdicts.
        """
        for _, tests in cases:
            judging.program_tests(tests)
        return self._batch([functools.partial(self.judge_program, *case, limits) for case in cases])

    async def run_async(
        self,
        source: str,
        inputs: Sequence[str] | Sequence[Sequence[object]],
        limits: Limits | None = None,
        *,
        entry: str | None = None,
        trace: bool = False,
    ) -> Run:
        """`run`, without holding up the event loop."""
        return await self._aside(
            functools.partial(self.run, source, inputs, limits, entry=entry, trace=trace)
        )

    async def judge_function_async(
        self,
        source: str,
        entry: str,
        tests: Tests,
        limits: Limits | None = None,
        *,
        trace: bool = False,
        fresh: bool = False,
    ) -> Judged:
        """`judge_function`, without holding up the event loop."""
        return await self._aside(
            functools.partial(self.judge_function, source, entry, tests, limits, trace=trace, fresh=fresh)
        )

    async def judge_program_async(
        self, source: str, tests: Tests, limits: Limits | None = None, *, trace: bool = False
    ) -> Judged:
        """`judge_program`, without holding up the event loop."""
        return await self._aside(functools.partial(self.judge_program, source, tests, limits, trace=trace))

    def process_ids(self) -> list[int]:
        """Of the zygotes that run."""
        return self._pool.process_ids()

    def close(self) -> None:
        """Stop the zygotes. A later call starts new ones."""
        self._pool.close()

    def __enter__(self) -> "Sandbox":
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def _functions(
        self, source: str, entry: str, calls: list[bytes], limits: Limits, trace: bool, *, one_process: bool
    ) -> tuple[list[Result], tuple[float, float]]:
        groups = [calls] if one_process else [[call] for call in calls]
        clock, results = _Clock(limits), list[Result]()
        for group in groups:
            own = clock.left()
            if own is None:
                results += [clock.late()] * len(group)
                continue
            payload = judging.function_payload(source, entry, group)
            ended = clock.count(self._pool.run(payload, b"", own, trace=trace))
            results += judging.function_results(ended, len(group), own)
        return results, clock.spent

    def _programs(
        self, source: str, inputs: list[str], limits: Limits, trace: bool
    ) -> tuple[list[Result], tuple[float, float]]:
        clock, results = _Clock(limits), list[Result]()
        payload = judging.program_payload(source)
        for text in inputs:
            own = clock.left()
            if own is None:
                results.append(clock.late())
                continue
            stdin = text.encode("utf-8", "surrogatepass")
            results.append(
                judging.program_result(clock.count(self._pool.run(payload, stdin, own, trace=trace)), own)
            )
        return results, clock.spent

    def _batch(self, calls: "Sequence[Callable[[], T]]") -> "list[T | SandboxError]":
        _ = self.isolation
        tickets = [Ticket() for _ in calls]
        waiting = [self._submitted(call, ticket) for call, ticket in zip(calls, tickets, strict=True)]
        try:
            return [_caught(future) for future in waiting]
        except BaseException:
            for future, ticket in zip(waiting, tickets, strict=True):
                future.cancel()
                ticket.cancel()
            raise

    async def _aside(self, call: Callable[[], T]) -> T:
        ticket = Ticket()
        try:
            return await asyncio.wrap_future(self._submitted(call, ticket))
        except asyncio.CancelledError:
            ticket.cancel()
            raise

    def _submitted(self, call: Callable[[], T], ticket: Ticket) -> "Future[T]":
        def run() -> T:
            with self._pool.cancellable(ticket):
                return call()

        return self._executor().submit(run)

    def _executor(self) -> ThreadPoolExecutor:
        if self._owner != os.getpid():  # forked: the threads stayed behind
            self._lock, self._threads, self._owner = threading.Lock(), None, os.getpid()
        with self._lock:
            if self._threads is None:
                self._threads = ThreadPoolExecutor(self._pool.size, thread_name_prefix="synthgym-sandbox")
            return self._threads


class _Clock:
    """The time that a solution's processes have taken, of what they all together may take."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self.spent = (0.0, 0.0)

    def left(self) -> Limits | None:
        """The limits with the seconds that are left; None if none are."""
        seconds = self._limits.seconds - self.spent[0]
        if seconds <= 0:
            return None
        return Limits(seconds=seconds, memory_mb=self._limits.memory_mb, output_kb=self._limits.output_kb)

    def count(self, ended: Ended | None) -> Ended | None:
        if ended is not None:
            self.spent = (self.spent[0] + ended.seconds, self.spent[1] + ended.cpu_seconds)
        return ended

    def late(self) -> Result:
        return Result(
            outcome=Outcome.TIMEOUT, detail=f"not reached: not done within {self._limits.seconds:g} s"
        )


def _caught(future: "Future[Any]") -> Any:
    try:
        return future.result()
    except SandboxError as error:
        return error


def _facilities(names: Collection[Facility | str]) -> frozenset[Facility]:
    known = [str(facility) for facility in Facility]
    for name in [names] if isinstance(names, str) else names:
        if name not in known:
            raise SettingError(f"no facility {shown(name)}{suggestion(str(name), known)}")
    return frozenset(map(Facility, [names] if isinstance(names, str) else names))


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 1


def _usable(wanted: frozenset[Facility]) -> frozenset[Facility]:
    """`wanted`, without what the kernel gives only to who has given up new privileges, if that is not among them."""
    if Facility.NO_NEW_PRIVS in wanted:
        return wanted
    return wanted - {Facility.LANDLOCK, Facility.SECCOMP}


def _checked(source: str, limits: Limits | None) -> Limits:
    if not isinstance(source, str):
        raise SettingError(f"source is {shown(source)} ({type(source).__name__}); text is needed")
    if limits is not None and not isinstance(limits, Limits):
        raise SettingError(
            f"limits are {shown(limits)}; Limits(seconds=..., memory_mb=..., output_kb=...) are needed"
        )
    return limits or Limits()


def _name(entry: str) -> str:
    if not isinstance(entry, str) or not entry.isidentifier():
        raise SettingError(f"entry {shown(entry)} is not a name")
    return entry


def _refusal(found: Isolation, floor: frozenset[Facility]) -> str:
    why = "; ".join(f"{facility}: {reason}" for facility, reason in found.missing if facility in floor)
    return (
        f"the sandbox is below its floor on {found.kernel}: {why}. Run on Linux 6.2 or newer, in a container whose own "
        "filter allows landlock_* and seccomp; or lower the floor; or pass allow_weak=True, and every result is marked"
    )
