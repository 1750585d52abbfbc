"""The zygote: a small, clean Python process that forks a confined child for each solution, and nothing else.

It is exec'd, never forked from the process that holds expected values, has the standard library warm, and reads
neither what solutions say nor what they are: the pool and the child talk through memory files. It keeps the
deadline by a pidfd, and leaves when the pool goes.
"""

import _sitebuiltins
import builtins
import contextlib
import errno
import fcntl
import gc
import importlib
import json
import os
import select
import signal
import sys
import time
from typing import NoReturn

from synthgym.verifiers.sandbox import child as solution
from synthgym.verifiers.sandbox.confinement import Confinement
from synthgym.verifiers.sandbox.facility import Facility
from synthgym.verifiers.sandbox.kernel import Kernel
from synthgym.verifiers.sandbox.protocol import (
    EXITED,
    FAILED,
    KILLED,
    LATE,
    OUT_OF_MEMORY,
    OUT_OF_OUTPUT,
    REPLY,
    REQUEST,
    UNCONFINED,
    Files,
)

WARM = """
    abc array ast bisect builtins cmath collections collections.abc contextlib copy dataclasses datetime
    decimal enum fractions functools heapq inspect io itertools json math numbers operator queue random
    re statistics string struct textwrap threading traceback types typing unicodedata
""".split()
"""Modules that children find loaded; others they load themselves, which takes some milliseconds."""
_SWEEP_SECONDS = 2.0
_LOOK_SECONDS = 0.003
_LOW, _HIGH = 10, 100
"""Numbers of descriptors; the zygote has none from 64 on."""
_PROBES = "synthgym.verifiers.sandbox.probes"


def serve(settings: str, numbers: list[int]) -> NoReturn:
    """Serve requests until the pool goes."""
    files = _alone(numbers)
    for name in WARM:
        importlib.import_module(name)
    options = json.loads(settings)
    probes = importlib.import_module(_PROBES) if options["probe"] else None
    for name in [name for name in sys.modules if name.startswith("synthgym")]:
        del sys.modules[name]
    null = os.open(os.devnull, os.O_WRONLY)
    confinement = Confinement(Kernel(), frozenset(map(Facility, options["facilities"])), {})
    confinement.start()
    os.chdir("/")
    os.environ.clear()
    os.environ.update({"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"})
    for name in ("exit", "quit"):
        setattr(builtins, name, _sitebuiltins.Quitter(name, "end of input"))
    gc.collect()
    gc.freeze()
    gc.disable()
    zygote = Zygote(files, null, confinement)
    if probes is None:
        if confinement.notes:  # it held when it was attacked, and results say so
            raise OSError("; ".join(f"{facility}: {note}" for facility, note in confinement.notes.items()))
        confinement.of_zygote(confinement.wanted)
    found = {} if probes is None else probes.attack(zygote, options["probe"])
    greeting = json.dumps(found).encode()
    os.write(files.control, len(greeting).to_bytes(4, "little") + greeting)
    zygote.serve()


def _alone(numbers: list[int]) -> Files:
    """The pool's files, at low numbers, and nothing else open beside the standard streams."""
    kept = [fcntl.fcntl(number, fcntl.F_DUPFD, _HIGH) for number in numbers]
    for name in os.listdir("/proc/self/fd"):
        if 2 < int(name) and int(name) not in kept:
            with contextlib.suppress(OSError):  # that of the listing itself
                os.close(int(name))
    for low, number in enumerate(kept, _LOW):
        os.dup2(number, low, inheritable=False)
        os.close(number)
    return Files(*range(_LOW, _LOW + len(kept)))


class Zygote:
    """Forks children, one at a time."""

    def __init__(self, files: Files, null: int, confinement: Confinement) -> None:
        self.files, self.confinement = files, confinement
        self._null, self._fork = null, confinement.kernel.fork
        self._kin = _children_file()

    def serve(self) -> NoReturn:
        """Answer requests until the control socket ends."""
        while True:
            request = os.read(self.files.control, REQUEST.size)
            if len(request) != REQUEST.size:
                os._exit(0)
            seconds, memory, file_size, trace = REQUEST.unpack(request)
            os.write(self.files.control, REPLY.pack(*self._solution(seconds, memory, file_size, bool(trace))))

    def _solution(
        self, seconds: float, memory: int, file_size: int, trace: bool
    ) -> tuple[int, int, float, int]:
        began = time.monotonic()
        pid = self._fork()
        if pid < 0:
            return FAILED, 0, 0.0, 0
        if pid == 0:
            self._be_child(seconds, memory, file_size, trace)
        how, status, processor = self.wait(pid, began + seconds)
        if how == EXITED and status == UNCONFINED:
            how = FAILED
        return how, status, time.monotonic() - began, processor

    def wait(self, pid: int, deadline: float) -> tuple[int, int, int]:
        """How the child ended, its status or signal, and its CPU microseconds; it is killed at the deadline."""
        handle = _handle(pid)
        poll = select.poll()
        poll.register(self.files.control, select.POLLIN)
        if handle is not None:
            poll.register(handle, select.POLLIN)
        late = False
        while not late and not _has_ended(pid, handle):
            left = deadline - time.monotonic()
            turn = left if handle is not None else min(left, _LOOK_SECONDS)
            events = poll.poll(turn * 1e3) if left > 0 else []
            if any(descriptor == self.files.control for descriptor, _ in events):
                _kill(pid)
                os.waitpid(pid, 0)
                os._exit(0)  # nobody asks while a child runs: the pool has gone, or given this one up
            if events:
                break
            late = time.monotonic() >= deadline
        if late:
            _kill(pid)
        _, status, usage = os.wait4(pid, 0)
        if handle is not None:
            os.close(handle)
        self._sweep()
        processor = round((usage.ru_utime + usage.ru_stime) * 1e6)
        code = os.waitstatus_to_exitcode(status)
        if late or (code == -signal.SIGKILL and time.monotonic() >= deadline):
            return LATE, 0, processor
        return (EXITED, code, processor) if code >= 0 else (KILLED, -code, processor)

    def _sweep(self) -> None:
        """Where no filter keeps a child from making others: end those it left, which are this process's own now."""
        until = time.monotonic() + _SWEEP_SECONDS
        while not self.confinement.filtered and time.monotonic() < until:
            for pid in self._left_over():
                _kill(pid)
            try:
                if os.waitpid(-1, os.WNOHANG)[0] == 0:
                    time.sleep(0.001)
            except ChildProcessError:
                return

    def _left_over(self) -> list[int]:
        if self.confinement.alone:
            return [-1]  # all but this process: ids in /proc are those outside
        return [] if self._kin is None else list(map(int, os.pread(self._kin, 1 << 16, 0).split()))

    def _be_child(self, seconds: float, memory: int, file_size: int, trace: bool) -> NoReturn:
        """Never returns into the frames of the zygote's loop."""
        status = UNCONFINED
        try:
            payload = os.pread(self.files.payload, os.fstat(self.files.payload).st_size, 0)
            self.enter(memory, seconds, file_size)
            status = 1
            status = solution.main(payload, file_size, trace)
        except MemoryError:
            status = OUT_OF_MEMORY
        except OSError as error:
            status = OUT_OF_OUTPUT if error.errno == errno.EFBIG else status
        finally:
            os._exit(status)

    def enter(self, memory: int, seconds: float, file_size: int) -> None:
        """In a child: arrange its descriptors and put the last layers in force."""
        files = self.files
        self.confinement.of_child(memory, seconds, file_size)
        os.setsid()
        results = os.dup(files.results)
        for source, target in (
            (files.stdin, 0),
            (files.stdout, 1),
            (self._null, 2),
            (results, solution.RESULTS),
        ):
            os.dup2(source, target)
        os.closerange(solution.RESULTS + 1, _HIGH)
        self.confinement.close_calls()


def _handle(pid: int) -> int | None:
    """A pidfd; None where there is none to be had, so that the child is looked after every few milliseconds."""
    try:
        return os.pidfd_open(pid)
    except OSError:
        return None


def _has_ended(pid: int, handle: int | None) -> bool:
    """Whether a child without a pidfd has ended; it still has to be waited for."""
    return handle is None and os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None


def _children_file() -> int | None:
    """Where the kernel lists this process's children; None where it does not."""
    try:
        return os.open("/proc/thread-self/children", os.O_RDONLY)
    except OSError:
        return None


def _kill(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return
