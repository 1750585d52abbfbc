"""One zygote, as the pool sees it: a process, and the memory files it shares with its children."""

import contextlib
import fcntl
import importlib
import json
import os
import select
import socket
import subprocess
import sys
import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from synthgym.verifiers.sandbox.facility import Facility
from synthgym.verifiers.sandbox.protocol import REPLY, REQUEST
from synthgym.verifiers.sandbox.results import Limits

START_SECONDS = 20.0
GRACE_SECONDS = 2.0
"""How long after a deadline a zygote may take to say so, on a busy machine, before it is given up."""
_PATIENCE = 2.0
"""Seconds that it may take to end; being killed would leave its own child to whoever reaps orphans."""
_BOOT = """
import json, sys, types
packages, settings, numbers = json.loads(sys.argv[1])
for name, folders in packages.items():
    sys.modules[name] = types.ModuleType(name)
    sys.modules[name].__path__ = folders
from synthgym.verifiers.sandbox.zygote import serve
serve(settings, numbers)
"""
"""The packages above `zygote` are there to be looked into, without what their ``__init__`` imports."""
_ENVIRONMENT = {"PYTHONHASHSEED": "0", "MALLOC_ARENA_MAX": "2", "LANG": "C.UTF-8"}
"""The same hashes in every run make verdicts repeatable; each arena of memory takes 64 MB of address space."""
_KEPT = ("PYTHONHOME", "LD_LIBRARY_PATH")
"""Without these some Pythons do not start."""
_NAMES = ("payload", "stdin", "stdout", "results")


class ZygoteError(Exception):
    """The zygote did not start, died, or did not answer: no verdict on the solution."""


class InterruptedZygoteError(ZygoteError):
    """Somebody else wanted it to end."""


@dataclass(frozen=True, slots=True)
class Ended:
    """How a child ended, and what it left.

    Attributes:
        how: one of `protocol`'s EXITED, KILLED, LATE and FAILED.
        status: the exit status, or the signal that killed it.
        seconds: wall time; `cpu_seconds` likewise.
        stdout: what stands in its standard output.
        results: what stands in its results.
    """

    how: int
    status: int
    seconds: float
    cpu_seconds: float
    stdout: bytes
    results: bytes


class Worker:
    """A zygote and its files. One caller at a time."""

    def __init__(self, facilities: Collection[Facility], bait: Mapping[str, object] | None = None) -> None:
        """Start it and wait until it is ready.

        Args:
            facilities: those to use.
            bait: for a zygote that only attacks its facilities, and says in `found` what held; see `probes`.

        Raises:
            ZygoteError: if it does not start.
        """
        settings = json.dumps({"facilities": sorted(facilities), "probe": bait})
        self._files: dict[str, int] = {}
        self._interrupted = False
        self._socket, theirs = socket.socketpair()
        control = -1
        try:
            for name in _NAMES:
                self._files[name] = _high(os.memfd_create(f"synthgym-{name}", os.MFD_CLOEXEC))
            control = _high(theirs.detach())
            numbers = (control, *self._files.values())
            self._process = subprocess.Popen(
                [sys.executable, *_FLAGS, "-c", _BOOT, json.dumps([_packages(), settings, numbers])],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                pass_fds=numbers,
                cwd="/",
                env={name: os.environ[name] for name in _KEPT if name in os.environ} | _ENVIRONMENT,
                start_new_session=True,
            )
        except OSError as error:
            self._close_files()
            raise ZygoteError(f"no process can be started: {error}") from error
        finally:
            theirs.close()
            if control >= 0:
                os.close(control)
        try:
            self.found: dict[str, str] = json.loads(self._greeting())
        except BaseException:
            self.close()
            raise

    def run(self, payload: bytes, stdin: bytes, limits: Limits, *, trace: bool) -> Ended:
        """Run one child on `payload`.

        Raises:
            ZygoteError: if the zygote dies or does not answer; it is of no use any more.
        """
        try:
            self._fill("payload", payload)
            self._fill("stdin", stdin)
            self._fill("stdout", b"")
            self._fill("results", b"")
            most = limits.output_kb << 10
            self._socket.send(
                REQUEST.pack(limits.seconds, limits.memory_mb << 20, most, trace), socket.MSG_NOSIGNAL
            )
            reply = self._receive(REPLY.size, limits.seconds + GRACE_SECONDS)
        except (OSError, ZygoteError) as error:
            if self._interrupted:
                raise InterruptedZygoteError("it was closed, or cancelled, while a solution ran") from error
            raise ZygoteError(f"the zygote is gone: {error}") from error
        how, status, seconds, microseconds = REPLY.unpack(reply)
        return Ended(
            how, status, seconds, microseconds / 1e6, self._read("stdout", most), self._read("results", most)
        )

    @property
    def pid(self) -> int:
        """Of the process that was started."""
        return self._process.pid

    def interrupt(self) -> None:
        """From another thread than the one that uses it: make it end at once; its user still has to close it."""
        self._interrupted = True
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Let it end, which it does at once when the pool's end of the socket goes, and kills its child first."""
        self._close_files()
        try:
            self._process.wait(_PATIENCE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._process.stderr is not None:
            self._process.stderr.close()

    def disown(self) -> None:
        """In a forked child of the caller's process: let go of what belongs to the parent."""
        self._close_files()
        if self._process.stderr is not None:
            self._process.stderr.close()
        self._process.returncode = 0

    def _greeting(self) -> bytes:
        try:
            length = int.from_bytes(self._receive(4, START_SECONDS), "little")
            return self._receive(length, START_SECONDS)
        except (OSError, ZygoteError) as error:
            self._process.kill()
            said = self._process.stderr.read() if self._process.stderr is not None else b""
            last = said.decode("utf-8", "replace").strip().rpartition("\n")[2]
            raise ZygoteError(f"the zygote did not start: {last or error}") from error

    def _receive(self, size: int, seconds: float) -> bytes:
        until, data = time.monotonic() + seconds, b""
        poll = select.poll()
        poll.register(self._socket, select.POLLIN)
        while len(data) < size:
            if not poll.poll(max(0.0, until - time.monotonic()) * 1e3):
                raise ZygoteError(f"the zygote did not answer within {seconds:g} s")
            chunk = self._socket.recv(size - len(data))
            if not chunk:
                raise ZygoteError("the zygote died")
            data += chunk
        return data

    def _fill(self, name: str, data: bytes) -> None:
        place = self._files[name]
        os.ftruncate(place, 0)
        if data:
            view = memoryview(data)
            while view:
                view = view[os.pwrite(place, view, len(data) - len(view)) :]
        os.lseek(place, 0, os.SEEK_SET)

    def _read(self, name: str, most: int) -> bytes:
        return os.pread(self._files[name], most, 0)

    def _close_files(self) -> None:
        self._socket.close()
        while self._files:
            os.close(self._files.popitem()[1])


_FLAGS = ("-s", "-S", "-P", "-B", "-X", "utf8")
"""Clean: no site packages, no folder of the caller's; the environment is given whole."""


def _high(number: int) -> int:
    """The descriptor at a number above those of the standard streams, which a daemon has free."""
    moved = fcntl.fcntl(number, fcntl.F_DUPFD_CLOEXEC, 3)
    os.close(number)
    return moved


def _packages() -> dict[str, list[str]]:
    """Where the packages above `zygote` look for modules."""
    parts = __name__.split(".")[:-1]
    names = [".".join(parts[: end + 1]) for end in range(len(parts))]
    return {
        name: [os.path.abspath(place) for place in importlib.import_module(name).__path__] for name in names
    }
