"""Asks sympy in worker processes, within a deadline and a limit of memory, from any thread, process or event loop.

`ask` starts up to four workers (see `worker`) when they are needed, gives each to one caller at a time, and
replaces those that do not answer. It changes no signal handler. A forked child of this process starts its own.
"""

import atexit
import contextlib
import importlib
import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import IO, Literal, Protocol, TypeAlias, cast

from synthgym.errors import SettingError, shown
from synthgym.verifiers.equivalence.tree import Expr, Node
from synthgym.verifiers.equivalence.wire import WireError, WireSizeError, from_wire, to_wire
from synthgym.verifiers.equivalence.worker import OPERATIONS, REPLY, REQUEST

ReplyStatus: TypeAlias = Literal["ok", "timeout", "memory", "crashed", "unavailable"]
"""How a request ended.

- ``ok``: answered; the value None means that sympy could not decide.
- ``timeout``: not within its seconds, the wait for a free worker included and the start of one left out.
- ``memory``: it took more memory than it may, or was refused because it would.
- ``crashed``: the worker died of it.
- ``unavailable``: no worker can be started, or `shutdown` stopped it.
"""

START_SECONDS = 10.0
GRACE_SECONDS = 0.3
"""How long after its deadline a worker may take to say that it was missed, before it is killed; a new worker may be
filling sympy's tables for that long."""
RETRY_SECONDS = 30.0
"""After a start that failed, for how long no other is tried."""
MAX_BYTES = 4 << 20
"""Of a request or a reply."""

_BOOT = """
import json, sys, types
from importlib.machinery import PathFinder
packages, libraries = json.loads(sys.argv[1])
class Libraries:
    def find_spec(name, path=None, target=None):
        return PathFinder.find_spec(name, libraries[name], target) if name in libraries else None
sys.meta_path.append(Libraries)
for name, folders in packages.items():
    sys.modules[name] = types.ModuleType(name)
    sys.modules[name].__path__ = folders
from synthgym.verifiers.equivalence.worker import serve
serve()
"""
"""The packages above `worker` are there to be looked into, without what their ``__init__`` imports. Of everything that
is installed, the worker sees sympy and mpmath alone: sympy would import numpy and others where it finds them."""

_ENVIRONMENT = {"PYTHONHASHSEED": "0", "SYMPY_GROUND_TYPES": "python", "MPMATH_NOGMPY": "1"}
"""Python's own integers raise MemoryError where GMP aborts, and a fixed seed makes answers repeatable."""
_KEPT = ("PYTHONHOME", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "SYSTEMROOT")
"""Without these some Pythons do not start."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What came of a request.

    Attributes:
        status: how it ended.
        value: True, False, a tuple of exact values, or None when nothing was decided.
    """

    status: ReplyStatus
    value: bool | tuple[Expr, ...] | None = None


def ask(op: str, *nodes: Node, seconds: float, memory_mb: int, patience: float = START_SECONDS) -> Reply:
    """Ask a worker for ``equal(a, b)``, ``same_solutions(a, b)`` or ``solution_values(a)`` of `symbolic`.

    Args:
        op: the operation's name.
        nodes: expressions, relations, `All` of them, or a bare list, which means "or".
        seconds: wall time it may take; the start of a worker, once about half a second, comes on top.
        patience: wall time of all together; a worker that is not ready by then is a timeout.
        memory_mb: address space it may take beyond what a fresh worker has.

    Raises:
        SettingError: an operation that is not known, or limits that are not above 0.
    """
    if op not in OPERATIONS:
        raise SettingError(f"no operation {shown(op)}; known: {', '.join(OPERATIONS)}")
    if not (seconds > 0 and memory_mb > 0):
        raise SettingError(f"seconds={shown(seconds)}, memory_mb={shown(memory_mb)}: both must be above 0")
    try:
        body = json.dumps({"op": op, "nodes": [to_wire(node) for node in nodes]}).encode()
    except WireSizeError:
        return Reply("memory")
    except WireError:
        return Reply("ok")
    if len(body) > MAX_BYTES:
        return Reply("memory")
    return _pool().ask(body, min(seconds, 1e6), min(memory_mb, 1 << 20), patience)


def prepare() -> None:
    """Start a worker in the background, if there is none, so that the first `ask` finds it ready. Returns at once."""
    _pool().prepare()


def shutdown() -> None:
    """Stop all workers. A later `ask` starts new ones."""
    _pool().shutdown()


def children_cpu_seconds() -> float:
    """CPU time of this process's finished children, and of the workers that run, with their children.

    A difference of two readings is what the requests between them took, to within a clock tick, as long as nothing
    else starts processes. Live workers count on Linux only.
    """
    if sys.platform == "win32":
        return 0.0
    import resource

    done = resource.getrusage(resource.RUSAGE_CHILDREN)
    return done.ru_utime + done.ru_stime + sum(map(_live_cpu_seconds, _pool().process_ids()))


class _StoppedError(Exception):
    """The worker was stopped by `shutdown` while it was in use."""


class _Channel(Protocol):
    """Both directions of the talk with a worker; every wait ends by a deadline with TimeoutError."""

    def send(self, data: bytes, deadline: float) -> None: ...

    def receive(self, size: int, deadline: float) -> bytes: ...

    def close(self) -> None: ...


class _SocketChannel:
    """A socket as the worker's standard input and output: it has timeouts, and raises no SIGPIPE."""

    def __init__(self, ours: socket.socket) -> None:
        self._socket = ours

    def send(self, data: bytes, deadline: float) -> None:
        view = memoryview(data)
        while view:
            self._socket.settimeout(_left(deadline))
            view = view[self._socket.send(view, getattr(socket, "MSG_NOSIGNAL", 0)) :]

    def receive(self, size: int, deadline: float) -> bytes:
        data = bytearray()
        while len(data) < size:
            self._socket.settimeout(_left(deadline))
            chunk = self._socket.recv(size - len(data))
            if not chunk:
                raise EOFError
            data += chunk
        return bytes(data)

    def close(self) -> None:
        self._socket.close()


class _PipeChannel:
    """Pipes, where sockets cannot be a standard input (Windows): a timer kills the worker, which ends them."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process
        self._input, self._output = cast(IO[bytes], process.stdin), cast(IO[bytes], process.stdout)

    def send(self, data: bytes, deadline: float) -> None:
        with self._killed_at(deadline):
            self._input.write(data)
            self._input.flush()

    def receive(self, size: int, deadline: float) -> bytes:
        with self._killed_at(deadline):
            data = self._output.read(size)
            if len(data) < size:
                raise EOFError
        return data

    @contextlib.contextmanager
    def _killed_at(self, deadline: float) -> Iterator[None]:
        fired = threading.Event()

        def kill() -> None:
            fired.set()
            self._process.kill()

        timer = threading.Timer(_left(deadline), kill)
        timer.daemon = True
        timer.start()
        try:
            yield
        except (OSError, EOFError):
            if fired.is_set():
                raise TimeoutError from None
            raise
        finally:
            timer.cancel()

    def close(self) -> None:
        for stream in (self._input, self._output):
            with contextlib.suppress(OSError):
                stream.close()


class _Worker:
    """One supervisor process, used by one caller at a time."""

    def __init__(self) -> None:
        """Start it and wait until it is ready; raises OSError, EOFError or TimeoutError if it is not."""
        self.stopped = False
        command = [sys.executable, "-S", "-s", "-P", *(["-B"] if sys.dont_write_bytecode else [])]
        command += ["-c", _BOOT, json.dumps(_places())]
        self._process, self._channel = _start(command)
        try:
            self._reply(time.monotonic() + START_SECONDS)
        except BaseException:
            self.kill()
            raise

    @property
    def pid(self) -> int:
        return self._process.pid

    def ask(self, body: bytes, seconds: float, memory_mb: int) -> Reply:
        """Raises TimeoutError when it does not even say that it is late, EOFError or OSError when it died."""
        deadline = time.monotonic() + seconds + GRACE_SECONDS
        try:
            self._channel.send(REQUEST.pack(len(body), seconds, memory_mb) + body, deadline)
            return self._reply(deadline)
        except (OSError, EOFError):
            if self.stopped:
                raise _StoppedError from None
            raise

    def _reply(self, deadline: float) -> Reply:
        length, _ = REPLY.unpack(self._channel.receive(REPLY.size, deadline))
        if length > MAX_BYTES:
            raise EOFError
        data = json.loads(self._channel.receive(length, deadline))
        value = data.get("value")
        if isinstance(value, list):
            value = tuple(cast(Expr, from_wire(wire)) for wire in value)
        return Reply(data["status"], value)

    def kill(self) -> None:
        """End it at once and reap it. Its own child dies of it, too."""
        self._channel.close()
        self._process.kill()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(1.0)

    def close(self) -> None:
        """Let it end, which it does as soon as it sees the end of its input."""
        self._channel.close()
        try:
            self._process.wait(1.0)
        except subprocess.TimeoutExpired:
            self.kill()

    def disown(self) -> None:
        """In a forked child: let go of what belongs to the parent."""
        self._channel.close()
        self._process.returncode = 0


class _Pool:
    """The workers of one process."""

    def __init__(self) -> None:
        self.owner = os.getpid()
        self._changed = threading.Condition()
        self._idle: list[_Worker] = []
        self._all: list[_Worker] = []
        self._starting = 0
        self._size = min(4, _cpus())
        self._no_start_before = 0.0
        self._prepared = False
        self._waiting = 0
        self._shutdowns = 0

    def ask(self, body: bytes, seconds: float, memory_mb: int, patience: float) -> Reply:
        for last in (False, True):
            worker, seconds = self._take(seconds, patience)
            if worker is None:
                return Reply("timeout" if seconds <= 0 else "unavailable")
            reply: Reply | None = None
            began = time.monotonic()
            try:
                reply = worker.ask(body, seconds, memory_mb)
                return reply
            except TimeoutError:
                return Reply("timeout")
            except _StoppedError:
                return Reply("unavailable")
            except (OSError, EOFError, ValueError):
                seconds -= time.monotonic() - began
                patience -= time.monotonic() - began
                if last or seconds <= 0:
                    break
            finally:
                self._give_back(worker, healthy=reply is not None)
        return Reply("crashed")

    def prepare(self) -> None:
        with self._changed:
            if self._prepared:
                return
            self._prepared = True
            if not self._all and not self._starting:
                self._start_behind()

    def _take(self, seconds: float, patience: float) -> tuple[_Worker | None, float]:
        """A worker, or None, and the seconds that are left: only waiting counts while none is being started."""
        until = time.monotonic() + patience
        with self._changed:
            while not self._idle:
                if self._starting <= self._waiting and len(self._all) + self._starting < self._size:
                    if time.monotonic() < self._no_start_before:
                        return None, seconds
                    self._start_behind()
                began, counts = time.monotonic(), not self._starting
                self._waiting += 1
                self._changed.wait(min(until - began, seconds) if counts else until - began)
                self._waiting -= 1
                seconds -= time.monotonic() - began if counts else 0
                if seconds <= 0 or time.monotonic() >= until:
                    return None, 0.0
            return self._idle.pop(), min(seconds, until - time.monotonic())

    def _start_behind(self) -> None:
        """Start a worker in a thread of its own; to be called with the lock."""
        self._starting += 1
        threading.Thread(
            target=self._start, args=(self._shutdowns,), name="synthgym-worker", daemon=True
        ).start()

    def _start(self, shutdowns: int) -> None:
        worker: _Worker | None = None
        try:
            worker = _Worker()
        except (OSError, EOFError, ValueError, ImportError, RuntimeError):
            self._no_start_before = time.monotonic() + RETRY_SECONDS
        finally:
            with self._changed:
                if shutdowns == self._shutdowns:
                    self._starting -= 1
                if worker is not None and shutdowns == self._shutdowns:
                    self._all.append(worker)
                    self._idle.append(worker)
                elif worker is not None:
                    worker.close()
                self._changed.notify_all()

    def _give_back(self, worker: _Worker, *, healthy: bool) -> None:
        healthy = healthy and not worker.stopped
        if not healthy:
            worker.kill()
        with self._changed:
            if healthy:
                self._idle.append(worker)
            elif worker in self._all:
                self._all.remove(worker)
            self._changed.notify()

    def shutdown(self) -> None:
        with self._changed:
            idle, everyone = self._idle, self._all
            self._idle, self._all = [], []
            self._starting, self._shutdowns = 0, self._shutdowns + 1
            for worker in everyone:
                worker.stopped = True
            self._no_start_before = 0.0
            self._changed.notify_all()
        for worker in everyone:
            worker.close() if worker in idle else worker.kill()

    def process_ids(self) -> list[int]:
        """Of the workers' supervisors."""
        with self._changed:
            return [worker.pid for worker in self._all]

    def disown(self) -> None:
        for worker in list(self._all):
            worker.disown()


_current: _Pool | None = None
_making = threading.Lock()


def _pool() -> _Pool:
    global _current
    if _current is not None and _current.owner != os.getpid():
        _forget_after_fork()
    with _making:
        if _current is None:
            _current = _Pool()
        return _current


def _forget_after_fork() -> None:
    global _current, _making
    inherited, _current, _making = _current, None, threading.Lock()
    if inherited is not None:
        inherited.disown()


def _shutdown_at_exit() -> None:
    if _current is not None and _current.owner == os.getpid():
        _current.shutdown()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_after_fork)
atexit.register(_shutdown_at_exit)

_SOCKETS = os.name == "posix"


def _start(command: list[str]) -> tuple[subprocess.Popen[bytes], _Channel]:
    environment = {name: os.environ[name] for name in _KEPT if name in os.environ} | _ENVIRONMENT
    if not _SOCKETS:
        process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=os.path.abspath(os.sep),
            env=environment,
        )
        return process, _PipeChannel(process)
    ours, theirs = socket.socketpair()
    try:
        process = subprocess.Popen(
            command,
            stdin=theirs.fileno(),
            stdout=theirs.fileno(),
            stderr=subprocess.DEVNULL,
            cwd="/",
            env=environment,
            start_new_session=True,
        )
    except BaseException:
        ours.close()
        raise
    finally:
        theirs.close()
    return process, _SocketChannel(ours)


def _places() -> tuple[dict[str, list[str]], dict[str, list[str]]]:
    """Where the packages above `worker` look for modules, and the folders that sympy and mpmath lie in."""
    parts = __name__.split(".")[:-1]
    names = [".".join(parts[: end + 1]) for end in range(len(parts))]
    packages = {
        name: [os.path.abspath(place) for place in importlib.import_module(name).__path__] for name in names
    }
    libraries = {}
    for library in ("sympy", "mpmath"):
        spec = find_spec(library)
        if spec is None or not spec.origin:
            raise ImportError(f"{library} is not installed")
        libraries[library] = [str(Path(spec.origin).absolute().parent.parent)]
    return packages, libraries


def _left(deadline: float) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left


def _cpus() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _live_cpu_seconds(pid: int) -> float:
    """CPU time of a process and its children, dead or alive."""
    ticks = 0
    try:
        for each in [pid, *map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split())]:
            fields = Path(f"/proc/{each}/stat").read_text().rpartition(")")[2].split()
            ticks += sum(map(int, fields[11:15]))
    except OSError:
        return 0.0
    return ticks / os.sysconf("SC_CLK_TCK")
