"""The zygotes of a sandbox: one a core, started when needed, each lent to one caller at a time, healed when lost.

Usable from any thread, event loop or forked child of the process; it changes no signal handler.
"""

import atexit
import contextlib
import marshal
import os
import platform
import sys
import tempfile
import threading
import weakref
from collections.abc import Collection, Iterator
from pathlib import Path

from synthgym.errors import SandboxError
from synthgym.verifiers.sandbox.facility import Facility
from synthgym.verifiers.sandbox.protocol import FAILED
from synthgym.verifiers.sandbox.results import Isolation, Limits
from synthgym.verifiers.sandbox.worker import Ended, InterruptedZygoteError, Worker, ZygoteError

_TRIES = 2
_AT_ONCE = 0.05
"""Seconds within which a child that cannot be confined says so."""
_HEALTH = marshal.dumps(("", None, []))


class Pool:
    """So many zygotes that use the same facilities."""

    def __init__(self, size: int, facilities: frozenset[Facility]) -> None:
        self.size, self.facilities = size, facilities
        self._changed = threading.Condition()
        self._idle: list[Worker] = []
        self._all: list[Worker] = []
        self._starting = 0
        self._tickets = threading.local()
        _POOLS.add(self)

    def run(self, payload: bytes, stdin: bytes, limits: Limits, *, trace: bool) -> Ended | None:
        """Run a child on `payload`; None if it takes down its zygote, while an empty solution does not.

        A fault of the sandbox's own is tried once more, in another zygote if one was lost.

        Raises:
            SandboxError: if no zygote can be had, or none does even the empty solution.
        """
        said = ""
        for _ in range(_TRIES):
            try:
                ended = self._once(payload, stdin, limits, trace)
            except InterruptedZygoteError as error:
                raise SandboxError(f"not judged: {error}") from error
            except ZygoteError as error:
                said = str(error)
                continue
            if ended.how != FAILED:
                return ended
            said = "the zygote could not fork, or its child could not be confined"
            if ended.seconds > _AT_ONCE:  # then it was the solution that left as if it had not been confined
                break
        try:
            if self._once(_HEALTH, b"", Limits(), False).how != FAILED:
                return None
        except ZygoteError as error:
            said = f"{error} (before: {said})"
        raise SandboxError(
            f"the sandbox cannot run anything: {said}; see whether this machine lets processes start, and has memory "
            "left"
        )

    def process_ids(self) -> list[int]:
        """Of the zygotes that run."""
        with self._changed:
            return [worker.pid for worker in self._all]

    def close(self) -> None:
        """Stop every zygote. A later run starts new ones."""
        with self._changed:
            idle, lent = self._idle, [worker for worker in self._all if worker not in self._idle]
            self._idle, self._all = [], []
            self._changed.notify_all()
        for worker in lent:
            worker.interrupt()
        for worker in idle:
            worker.close()

    @contextlib.contextmanager
    def cancellable(self, ticket: "Ticket") -> Iterator[None]:
        """What this thread runs meanwhile ends when `ticket` is cancelled, in any thread."""
        self._tickets.current = ticket
        try:
            yield
        finally:
            self._tickets.current = None

    def disown(self) -> None:
        """In a forked child: let go of the parent's zygotes."""
        for worker in self._all:
            worker.disown()
        self._changed = threading.Condition()
        self._idle, self._all, self._starting = [], [], 0

    def _once(self, payload: bytes, stdin: bytes, limits: Limits, trace: bool) -> Ended:
        worker = self._take()
        healthy = False
        ticket: Ticket | None = getattr(self._tickets, "current", None)
        try:
            if ticket is not None:
                ticket.hold(worker)
            ended = worker.run(payload, stdin, limits, trace=trace)
            healthy = True
            return ended
        finally:
            if ticket is not None:
                ticket.let_go()
            self._give_back(worker, healthy)

    def _take(self) -> Worker:
        with self._changed:
            while not self._idle and len(self._all) + self._starting >= self.size:
                self._changed.wait()
            if self._idle:
                return self._idle.pop()
            self._starting += 1
        worker: Worker | None = None
        try:
            worker = Worker(self.facilities)
            return worker
        finally:
            with self._changed:
                self._starting -= 1
                if worker is not None:
                    self._all.append(worker)
                self._changed.notify()

    def _give_back(self, worker: Worker, healthy: bool) -> None:
        with self._changed:
            healthy = healthy and worker in self._all  # or else the pool was closed meanwhile
            if not healthy:
                self._all = [other for other in self._all if other is not worker]
            else:
                self._idle.append(worker)
            self._changed.notify()
        if not healthy:
            worker.close()


class Ticket:
    """Lets one thread cancel what another runs."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._worker: Worker | None = None
        self._cancelled = False

    def hold(self, worker: Worker) -> None:
        """The zygote that is at work for the ticket now."""
        with self._lock:
            self._worker = worker
            if self._cancelled:
                worker.interrupt()

    def let_go(self) -> None:
        """It is not any more."""
        with self._lock:
            self._worker = None

    def cancel(self) -> None:
        """End it, and whatever follows."""
        with self._lock:
            self._cancelled = True
            if self._worker is not None:
                self._worker.interrupt()


def probe(facilities: Collection[Facility]) -> dict[Facility, str]:
    """Attack each of `facilities` in a zygote of its own: "" if it held, else what got through.

    Raises:
        SandboxError: where there is no sandbox at all: not Linux, another machine, or no process can be started.
    """
    if sys.platform != "linux":
        raise SandboxError(
            f"no sandbox on {platform.system()}: it needs Linux with seccomp and Landlock (6.2 or newer); run SynthGym "
            "in a Linux container or virtual machine, such as WSL 2 on Windows"
        )
    with tempfile.TemporaryDirectory(prefix="synthgym-") as folder:
        bait = Path(folder, "bait")
        bait.write_bytes(b"bait")
        bait.chmod(0o666)
        Path(folder).chmod(0o777)
        try:
            worker = Worker(facilities, {"folder": folder, "file": str(bait)})
        except ZygoteError as error:
            raise SandboxError(f"no sandbox here: {error}") from error
        worker.close()
    return {Facility(name): why for name, why in worker.found.items()}


def isolation(facilities: frozenset[Facility], floor: frozenset[Facility]) -> Isolation:
    """What holds on this machine of `facilities`; each set of them is attacked once in a process.

    Raises:
        SandboxError: as `probe` does.
    """
    with _probing:
        if facilities not in _PROBED:
            _PROBED[facilities] = probe(facilities)
        found = _PROBED[facilities]
    held = frozenset(facility for facility, why in found.items() if not why)
    unused = {facility: "not used" for facility in Facility if facility not in facilities}
    return Isolation(
        held=held,
        missing=tuple(sorted({**unused, **{name: why for name, why in found.items() if why}}.items())),
        weak=not floor <= held,
        kernel=f"{platform.system()} {platform.release()} {platform.machine()}",
    )


_POOLS: "weakref.WeakSet[Pool]" = weakref.WeakSet()
_PROBED: dict[frozenset[Facility], dict[Facility, str]] = {}
_probing = threading.Lock()


def _forget_after_fork() -> None:
    global _probing
    _probing = threading.Lock()
    for pool in list(_POOLS):
        pool.disown()


def _close_at_exit() -> None:
    for pool in list(_POOLS):
        pool.close()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_after_fork)
atexit.register(_close_at_exit)
