"""The process in which sympy works: a supervisor, and a child of it that computes and can be killed at any time.

`pool` starts the supervisor with an empty environment, in ``/``, and talks to it over its standard input and
output. Messages are a header and JSON. The supervisor never reads the JSON: it hands it to the child, waits until
the deadline, and answers itself when the child does not. Both have one thread and change no signal handler.

A child serves `RECYCLE` requests at most. It starts each with sympy's caches empty, so that no answer depends on
the requests before, and within limits of memory, CPU time, files and core dumps; one that grew is replaced.
Without ``os.fork`` (Windows) the supervisor computes, and `pool` kills it on the deadline; memory is not limited.

This module imports nothing heavy; sympy comes with `symbolic`, in `serve`.
"""

import gc
import json
import os
import select
import struct
import sys
import time
from collections.abc import Callable
from importlib import import_module
from types import ModuleType
from typing import NoReturn

from synthgym.verifiers.equivalence.wire import WireSizeError, from_wire, to_wire

REQUEST = struct.Struct(">IdI")
"""Length of the body, seconds it may take, memory in MB. Without a body: warm up fully."""
REPLY = struct.Struct(">I?")
"""Length of the body; whether the child that wrote it goes on."""
OPERATIONS = ("equal", "same_solutions", "solution_values")
RECYCLE = 200
READY = b'{"status": "ok", "value": null}'

_TIMEOUT, _MEMORY, _CRASHED = (b'{"status": "%s"}' % word for word in (b"timeout", b"memory", b"crashed"))
_MEMORY_EXIT = 12
_POLL_SECONDS = 1.0
_SLACK_MB = 32
_IDLE_SECONDS = 0.1
_FILES = 32
_RECURSION = 2_500
_MB = 1 << 20


def serve() -> None:
    """Answer requests until the input ends, which is when the parent closes it or dies."""
    if sys.platform == "win32":
        import msvcrt

        for stream in (0, 1):
            msvcrt.setmode(stream, os.O_BINARY)
    sys.setrecursionlimit(_RECURSION)
    symbolic = import_module("synthgym.verifiers.equivalence.symbolic")
    _warm(symbolic, symbolic.warm_up)
    _write(1, REPLY.pack(len(READY), True) + READY)
    if hasattr(os, "fork"):
        _Supervisor(symbolic).run()
    else:
        _compute_here(symbolic)


class _Child:
    """A forked process that computes, and the two pipes to it."""

    def __init__(self, symbolic: ModuleType) -> None:
        theirs_in, self.requests = os.pipe()
        self.replies, theirs_out = os.pipe()
        self._status: int | None = None
        supervisor = os.getpid()
        self._pid = os.fork()
        if self._pid == 0:
            os.close(self.requests)
            os.close(self.replies)
            _be_child(symbolic, supervisor, theirs_in, theirs_out)
        os.close(theirs_in)
        os.close(theirs_out)

    def alive(self) -> bool:
        """Whether it runs; reaps it if it does not."""
        if self._status is None:
            pid, status = os.waitpid(self._pid, os.WNOHANG)
            self._status = status if pid else None
        return self._status is None

    def wait(self) -> int:
        """Reap it, and return the status it ended with. A process id that was reaped may be another's already."""
        if self._status is None:
            self._status = os.waitpid(self._pid, 0)[1]
        return self._status

    def stop(self) -> None:
        """Kill and reap it."""
        os.close(self.requests)
        os.close(self.replies)
        if self.alive():
            os.kill(self._pid, 9)
            self.wait()


class _Supervisor:
    """Hands requests to a child, and keeps their deadlines."""

    def __init__(self, symbolic: ModuleType) -> None:
        self._symbolic = symbolic
        self._parent = os.getppid()
        self._child: _Child | None = None
        self._served = 0
        self._to_warm = list(symbolic.WHEN_IDLE)

    def run(self) -> NoReturn:
        while True:
            child = self._ready_child()
            self._wait_for_input()
            header = _read(0, REQUEST.size)
            if header is None:
                self._leave()
            length, seconds, _ = REQUEST.unpack(header)
            child = self._ready_child()
            body = _read(0, length)
            if body is None:
                self._leave()
            if not child.alive():
                self._forget_child(child)
                child = self._ready_child()
            reply, keep = self._ask(child, header + body, seconds)
            _write(1, REPLY.pack(len(reply), True) + reply)
            self._served += 1
            if not keep or self._served >= RECYCLE:
                self._forget_child(child)

    def _ready_child(self) -> _Child:
        if self._child is None:
            self._child, self._served = _Child(self._symbolic), 0
        return self._child

    def _forget_child(self, child: _Child) -> None:
        self._child = None
        child.stop()

    def _wait_for_input(self) -> None:
        """Waits, and fills sympy's tables meanwhile.

        Another process may have inherited the other end of our input, which then never ends: hence the look at who our
        parent is.
        """
        while not select.select([0], [], [], _IDLE_SECONDS if self._to_warm else _POLL_SECONDS)[0]:
            if os.getppid() != self._parent:
                self._leave()
            if self._to_warm:
                if self._child is not None:
                    self._forget_child(self._child)
                _warm(self._symbolic, self._to_warm.pop(0))

    def _ask(self, child: _Child, request: bytes, seconds: float) -> tuple[bytes, bool]:
        deadline = time.monotonic() + seconds
        try:
            _write(child.requests, request)
        except OSError:
            return _CRASHED, False
        reply = b""
        while (left := deadline - time.monotonic()) > 0:
            ready = select.select([child.replies, 0], [], [], min(left, _POLL_SECONDS))[0]
            if 0 in ready or os.getppid() != self._parent:
                self._leave()
            if child.replies not in ready:
                continue
            chunk = os.read(child.replies, 1 << 16)
            if not chunk:
                return _post_mortem(child), False
            reply += chunk
            if len(reply) >= REPLY.size:
                length, keep = REPLY.unpack_from(reply)
                if len(reply) == REPLY.size + length:
                    return reply[REPLY.size :], keep
        return _TIMEOUT, False

    def _leave(self) -> NoReturn:
        if self._child is not None:
            self._child.stop()
        os._exit(0)


def _post_mortem(child: _Child) -> bytes:
    """What a child that closed its pipe died of."""
    import signal

    status = child.wait()
    if os.WIFSIGNALED(status):
        return _TIMEOUT if os.WTERMSIG(status) == signal.SIGXCPU else _CRASHED
    return _MEMORY if os.WEXITSTATUS(status) == _MEMORY_EXIT else _CRASHED


def _be_child(symbolic: ModuleType, supervisor: int, requests: int, replies: int) -> NoReturn:
    """Serve requests until the pipe ends; never return into the frames of the supervisor."""
    code = 1
    try:
        _die_with(supervisor)
        null = os.open(os.devnull, os.O_RDWR)
        os.dup2(null, 0)
        os.dup2(null, 1)
        sys.dont_write_bytecode = True
        _limit_for_life()
        start = _size()
        while (header := _read(requests, REQUEST.size)) is not None:
            length, seconds, memory_mb = REQUEST.unpack(header)
            body = _read(requests, length) or b""
            _limit_for_request(start, seconds, memory_mb)
            reply = _computed(symbolic, body)
            grown = _size() - start
            keep = reply is not _MEMORY and grown < min(_SLACK_MB, memory_mb / 4) * _MB
            _write(replies, REPLY.pack(len(reply), keep) + reply)
            symbolic.forget()
        code = 0
    except MemoryError:
        code = _MEMORY_EXIT
    finally:
        os._exit(code)


def _computed(symbolic: ModuleType, body: bytes) -> bytes:
    """The reply to a request: undecided where sympy raises anything but a want of memory."""
    try:
        request = json.loads(body)
        nodes = [from_wire(wire) for wire in request["nodes"]]
        operation = getattr(symbolic, OPERATIONS[OPERATIONS.index(request["op"])])
        value = operation(*nodes)
        if isinstance(value, (list, tuple)):
            value = [to_wire(node) for node in value]
        return json.dumps({"status": "ok", "value": value}).encode()
    except (MemoryError, WireSizeError, symbolic.TooLargeError):
        return _MEMORY
    except Exception:  # noqa: BLE001 - sympy raises anything; whatever it is, nothing was decided
        return READY


def _warm(symbolic: ModuleType, step: Callable[[], None]) -> None:
    """Do what children then need not."""
    step()
    symbolic.forget()
    gc.collect()
    gc.freeze()


def _compute_here(symbolic: ModuleType) -> None:
    while (header := _read(0, REQUEST.size)) is not None:
        body = _read(0, REQUEST.unpack(header)[0]) or b""
        reply = _computed(symbolic, body)
        _write(1, REPLY.pack(len(reply), True) + reply)
        symbolic.forget()


def _limit_for_life() -> None:
    import resource

    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (_FILES, _FILES))


def _limit_for_request(start: int, seconds: float, memory_mb: int) -> None:
    """Soft limits, which the next request moves. The CPU limit only matters when the supervisor is gone."""
    import resource

    used = resource.getrusage(resource.RUSAGE_SELF)
    _lower(resource.RLIMIT_CPU, int(used.ru_utime + used.ru_stime + seconds) + 2)
    if start:
        _lower(resource.RLIMIT_AS, start + memory_mb * _MB)


def _lower(what: int, soft: int) -> None:
    import resource

    hard = resource.getrlimit(what)[1]
    resource.setrlimit(what, (soft if hard == resource.RLIM_INFINITY else min(soft, hard), hard))


def _size() -> int:
    """Bytes of address space in use; 0 where the system does not say."""
    try:
        with open("/proc/self/statm", "rb") as statm:
            return int(statm.read().split()[0]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return 0


def _die_with(supervisor: int) -> None:
    """On Linux: be killed when the supervisor is. Elsewhere the pipe ends, or the CPU limit does it."""
    if sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None).prctl(1, 9)
    if os.getppid() != supervisor:
        os._exit(0)


def _read(stream: int, size: int) -> bytes | None:
    """Exactly `size` bytes, or None when the stream ends before."""
    data = bytearray()
    while len(data) < size:
        chunk = os.read(stream, min(size - len(data), 1 << 20))
        if not chunk:
            return None
        data += chunk
    return bytes(data)


def _write(stream: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(stream, view) :]
