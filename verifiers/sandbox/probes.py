"""Attacks every facility at the start, in a child that has that facility alone, to see whether it holds.

A facility holds if its attacks fail and what solutions need goes on working.
"""

import ctypes
import errno
import mmap
import os
import socket
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from synthgym.verifiers.sandbox.facility import Facility
from synthgym.verifiers.sandbox.kernel import GET_NO_NEW_PRIVS
from synthgym.verifiers.sandbox.protocol import EXITED

if TYPE_CHECKING:
    from synthgym.verifiers.sandbox.zygote import Zygote

_MEMORY, _FILE, _SECONDS = 64 << 20, 1 << 16, 5.0
_HOLDS, _NEEDS_MISSING = 0, 99


def attack(zygote: "Zygote", bait: dict[str, Any]) -> dict[str, str]:
    """What was found of every facility that is to be used: "" if it holds, else which attack got through.

    Args:
        bait: "file", which anybody may write, in "folder", in which anybody may make files.
    """
    found: dict[str, str] = {}
    for facility in sorted(zygote.confinement.wanted):
        note = zygote.confinement.notes.get(facility)
        if note is not None and facility is not Facility.UID:
            found[facility] = note
            continue
        found[facility] = _tried(zygote, facility, _ATTACKS[facility](bait, zygote))
    return found


def _tried(zygote: "Zygote", facility: Facility, attacks: "dict[str, Callable[[], object]]") -> str:
    """What got through, the attacks being tried in a child that the facility alone confines."""
    pid = os.fork()
    if pid == 0:
        status = _NEEDS_MISSING
        try:
            zygote.confinement.wanted = frozenset({facility, Facility.NO_NEW_PRIVS})
            zygote.confinement.of_zygote(zygote.confinement.wanted)
            zygote.enter(_MEMORY, _SECONDS, _FILE)
            status = _first_success(list(attacks.values()))
        finally:
            os._exit(status)
    how, status, _ = zygote.wait(pid, time.monotonic() + _SECONDS)
    if how != EXITED:
        return "the probe did not end by itself"
    if status == _HOLDS:
        return ""
    return list(attacks)[status - 1] if status <= len(attacks) else "confining the probe failed"


def _first_success(attacks: "list[Callable[[], object]]") -> int:
    """The number of the first attack that gets through, from 1; 0 if none does."""
    for number, attempt in enumerate(attacks, 1):
        try:
            attempt()
        except (OSError, MemoryError, RuntimeError):
            continue
        return number
    return _HOLDS


def _refuse(holds: bool) -> None:
    """An attack that has failed if `holds`."""
    if holds:
        raise PermissionError(errno.EPERM, "as it should be")


def _must_work(step: Callable[[], object]) -> Callable[[], None]:
    """As an attack: it gets through if `step`, which solutions need, does not work."""

    def attempt() -> None:
        try:
            step()
        except Exception:  # noqa: BLE001  # whatever it is, it does not work
            return
        raise PermissionError(errno.EPERM, "it works")

    return attempt


def _rlimits(bait: dict[str, Any], zygote: "Zygote") -> dict[str, Callable[[], object]]:
    return {
        "memory beyond the limit was given": lambda: mmap.mmap(-1, 2 * _MEMORY),
        "a file grew beyond the limit": lambda: os.pwrite(1, b"x", 2 * _FILE),
        "memory within the limit was refused": _must_work(lambda: bytearray(_MEMORY // 4)),
    }


def _uid(bait: dict[str, Any], zygote: "Zygote") -> dict[str, Callable[[], object]]:
    kept = zygote.confinement.notes.get(Facility.UID)
    return {
        kept or "the user id was not given up": lambda: _refuse(
            kept is None and os.getuid() == zygote.confinement.uid
        ),
        "root was taken back": lambda: os.setresuid(0, 0, 0),
    }


def _capabilities(bait: dict[str, Any], zygote: "Zygote") -> dict[str, Callable[[], object]]:
    return {
        "chroot was allowed": lambda: os.chroot("/"),
        "another user's id was taken": lambda: os.setresuid(*3 * (1 if os.getuid() != 1 else 2,)),
        "the host's name was set": lambda: socket.sethostname(socket.gethostname()),
    }


def _no_new_privs(bait: dict[str, Any], zygote: "Zygote") -> dict[str, Callable[[], object]]:
    kernel = zygote.confinement.kernel
    return {"it is not set": lambda: _refuse(kernel.prctl(GET_NO_NEW_PRIVS) == 1)}


def _namespaces(bait: dict[str, Any], zygote: "Zygote") -> dict[str, Callable[[], object]]:
    def speak() -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as out:
            out.sendto(b"probe", ("127.0.0.1", 9))

    return {
        "processes outside are in sight": lambda: _refuse(os.getppid() == 1),
        "the network is in reach": speak,
    }


def _landlock(bait: dict[str, Any], zygote: "Zygote") -> dict[str, Callable[[], object]]:
    def opened(path: str, flags: int) -> Callable[[], object]:
        return lambda: os.open(path, flags, 0o600)

    return {
        "a file outside was read": opened(bait["file"], os.O_RDONLY),
        "a file outside was written": opened(bait["file"], os.O_WRONLY),
        "a file outside was cut short": lambda: os.truncate(bait["file"], 0),
        "a file was made": opened(f"{bait['folder']}/made", os.O_WRONLY | os.O_CREAT),
        "a folder was made": lambda: os.mkdir(f"{bait['folder']}/made"),
        "a file was renamed": lambda: os.rename(bait["file"], f"{bait['folder']}/renamed"),
        "a file was removed": lambda: os.unlink(bait["file"]),
        "the standard library cannot be read": _must_work(lambda: open(os.__file__, "rb").close()),
        "the null device cannot be written": _must_work(lambda: open(os.devnull, "wb").close()),
    }


def _seccomp(bait: dict[str, Any], zygote: "Zygote") -> dict[str, Callable[[], object]]:
    def fork() -> None:
        if os.fork() == 0:
            os._exit(0)

    def start_thread() -> None:
        thread = threading.Thread(target=time.monotonic)
        thread.start()
        thread.join()

    def trace() -> None:
        _refuse(ctypes.CDLL(None).ptrace(0, 0, 0, 0) != 0)

    return {
        "fork was allowed": fork,
        "exec was allowed": lambda: os.execv("/proc/self/exe", ["python", "-c", ""]),
        "an Internet socket was made": lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM),
        "a Unix socket was made": lambda: socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM),
        "a process was signalled": lambda: os.kill(os.getppid(), 0),
        "a file's mode was changed": lambda: os.chmod(bait["file"], 0o666),
        "a file's time was changed": lambda: os.utime(bait["file"]),
        "shared memory was made": lambda: os.memfd_create("probe"),
        "tracing was allowed": trace,
        "threads do not start": _must_work(start_thread),
    }


_ATTACKS: dict[Facility, Callable[[dict[str, Any], "Zygote"], dict[str, Callable[[], object]]]] = {
    Facility.RLIMITS: _rlimits,
    Facility.UID: _uid,
    Facility.CAPABILITIES: _capabilities,
    Facility.NO_NEW_PRIVS: _no_new_privs,
    Facility.NAMESPACES: _namespaces,
    Facility.LANDLOCK: _landlock,
    Facility.SECCOMP: _seccomp,
}
