"""Puts the layers in force: some for a zygote's whole life, the rest for each child before it sees its solution."""

import contextlib
import os
import platform
import re
import resource
import struct
from collections.abc import Callable
from dataclasses import dataclass

from synthgym.verifiers.sandbox import filters, landlock
from synthgym.verifiers.sandbox.facility import Facility
from synthgym.verifiers.sandbox.kernel import (
    NEWIPC,
    NEWNET,
    NEWPID,
    NEWUSER,
    NO_NEW_PRIVS,
    SET_CHILD_SUBREAPER,
    SET_DUMPABLE,
    Kernel,
    PreparedFilter,
)

NOBODY = 65534
_FIRST_OWN_UID = 1_800_000_000  # of a zygote's own, so that limits a user has are not shared with others
_OWN_PIDS = (6, 14)  # the Linux from which on a process namespace has a greatest id of its own
_GREATEST_PID = 400  # those below 300 are given once
_DESCRIPTORS, _THREADS, _STACK = 64, 128, 64 << 20
_TIMER_AFTER = 0.003  # seconds after the deadline, which the zygote keeps unless it gets no turn
_OWN_LIMITS = (resource.RLIMIT_AS, resource.RLIMIT_CPU, resource.RLIMIT_FSIZE)
_UNLIMITED = 1 << 62
_DEVICES = ("/dev/null",)
_READABLE = (
    "/dev/zero",
    "/dev/urandom",
    "/usr/share/zoneinfo",
    "/etc/localtime",
    "/etc/ld.so.cache",
    "/etc/mime.types",
)


@dataclass
class Confinement:
    """How this zygote and its children are confined.

    Attributes:
        wanted: the facilities to use.
        notes: of a facility that is not in force, why; of the user id, what it is.
        alone: whether it has a process namespace of its own.
    """

    kernel: Kernel
    wanted: frozenset[Facility]
    notes: dict[Facility, str]
    alone: bool = False
    uid: int = -1
    filtered: bool = False
    _rules: int = -1
    _size: int = 0
    _outer_pid: int = 0
    _inner: PreparedFilter | None = None
    _places: tuple[int, ...] = ()
    _hard: tuple[int, ...] = ()

    def start(self) -> None:
        """What holds for the zygote's whole life, and cannot be had for a child alone: user, capabilities, namespaces.

        The process forks if it gets a process namespace; the first of the two then only waits for the second.
        """
        _first_to_be_killed()
        if Facility.LANDLOCK in self.wanted:
            self._try(Facility.LANDLOCK, self._make_rules)
        root, self._outer_pid = os.geteuid() == 0, os.getpid()
        if Facility.NAMESPACES in self.wanted and root:
            self._try(Facility.NAMESPACES, self._leave_namespaces)
        if Facility.UID in self.wanted:
            self._give_up_root(root)
        if Facility.NAMESPACES in self.wanted and not self.alone:
            self._try(Facility.NAMESPACES, self._leave_user_namespace)
        if Facility.CAPABILITIES in self.wanted:
            self._try(Facility.CAPABILITIES, self.kernel.drop_capabilities)
        self.kernel.prctl(SET_DUMPABLE, 0)
        self.kernel.prctl(SET_CHILD_SUBREAPER, 1)
        if self.alone:
            self.kernel.die_with_parent()  # once more, as giving up root undid it
        inner = filters.build_inner(self.kernel.machine)
        self._inner, self._places = self.kernel.prepared_filter(inner.code), inner.places
        self._size = _address_space()
        self._hard = tuple(_hard(limit) for limit in _OWN_LIMITS)

    def of_zygote(self, layers: frozenset[Facility]) -> None:
        """Put in force, for good and for every child, what a zygote needs not itself.

        Raises:
            OSError: if the kernel refuses.
        """
        if Facility.NO_NEW_PRIVS in layers and self.kernel.prctl(NO_NEW_PRIVS, 1) != 0:
            raise OSError("no_new_privs was refused")
        if Facility.RLIMITS in layers:
            self._limit()
        if Facility.LANDLOCK in layers and self._rules >= 0:
            landlock.restrict(self.kernel, self._rules)
        if Facility.SECCOMP in layers:
            outer = filters.build_outer(self.kernel.machine, read_only=self._rules < 0)
            self.kernel.prepared_filter(outer.code).enforce()
            self.filtered = True

    def of_child(self, memory: int, seconds: float, file_size: int) -> None:
        """In a child: its own limits, and to be killed when its time is up or its parent dies."""
        self.kernel.die_with_parent()
        self.kernel.kill_in(seconds + _TIMER_AFTER)
        if Facility.RLIMITS in self.wanted:
            wished = (self._size + memory, int(seconds) + 2, file_size)
            for limit, value, hard in zip(_OWN_LIMITS, wished, self._hard, strict=True):
                bound = value if value < hard else hard
                resource.setrlimit(limit, (bound, bound))

    def close_calls(self) -> None:
        """In a child, last of all: take from the allowed system calls those that confining it took."""
        if self.filtered and self._inner is not None:
            pid = os.getpid()
            for place in self._places:
                struct.pack_into("=I", self._inner.code, place, pid)
            self._inner.enforce()

    def _try(self, facility: Facility, step: Callable[[], None]) -> None:
        try:
            step()
        except OSError as error:
            self.notes[facility] = str(error)

    def _make_rules(self) -> None:
        self._rules = landlock.ruleset(self.kernel, _readable(), _DEVICES)

    def _leave_namespaces(self) -> None:
        self.kernel.unshare(NEWPID | NEWNET | NEWIPC)
        self._become_first()
        _few_pids()

    def _leave_user_namespace(self) -> None:
        self.kernel.unshare(NEWUSER | NEWPID | NEWNET | NEWIPC)
        self._become_first()
        self.notes.pop(Facility.NAMESPACES, None)

    def _become_first(self) -> None:
        """Fork into the new process namespace; whoever waits for this process goes on waiting for its child."""
        child = os.fork()
        if child:
            with contextlib.suppress(OSError):
                os.closerange(0, 1024)
            _, status = os.waitpid(child, 0)
            os._exit(os.waitstatus_to_exitcode(status) & 0x7F)
        self.kernel.die_with_parent()
        self.alone = True

    def _give_up_root(self, root: bool) -> None:
        if not root:
            self.notes[Facility.UID] = f"kept {os.getuid()}: not root"
        elif not any(map(self._tried, (_FIRST_OWN_UID + self._outer_pid, NOBODY))):
            self.notes[Facility.UID] = "kept 0: the standard library lies where another user cannot read it"
        else:
            self._try(Facility.UID, self._become_other)

    def _tried(self, uid: int) -> bool:
        self.uid = uid
        return _library_is_readable_to(uid)

    def _become_other(self) -> None:
        os.setgroups([])
        os.setresgid(self.uid, self.uid, self.uid)
        os.setresuid(self.uid, self.uid, self.uid)

    def _limit(self) -> None:
        _set(resource.RLIMIT_NOFILE, _DESCRIPTORS)
        _set(resource.RLIMIT_CORE, 0)
        _set(resource.RLIMIT_MEMLOCK, 0)
        _set(resource.RLIMIT_MSGQUEUE, 0)
        hard = resource.getrlimit(resource.RLIMIT_STACK)[1]
        resource.setrlimit(resource.RLIMIT_STACK, (min(_STACK, hard if hard >= 0 else _STACK), hard))
        # Threads are counted by user, and in a user namespace of one's own for that alone.
        if os.getuid() >= _FIRST_OWN_UID or (self.alone and os.getuid() != NOBODY):
            _set(resource.RLIMIT_NPROC, _THREADS)


def _set(limit: int, value: int) -> None:
    bound = min(value, _hard(limit))
    resource.setrlimit(limit, (bound, bound))


def _hard(limit: int) -> int:
    hard = resource.getrlimit(limit)[1]
    return _UNLIMITED if hard == resource.RLIM_INFINITY else hard


def _first_to_be_killed() -> None:
    """When memory runs out, let it be this process and its children."""
    with contextlib.suppress(OSError), open("/proc/self/oom_score_adj", "w") as score:
        score.write("1000")


def _address_space() -> int:
    with open("/proc/self/statm", "rb") as statm:
        return int(statm.read().split()[0]) * resource.getpagesize()


def _library() -> str:
    return os.path.dirname(os.__file__)


def _readable() -> list[str]:
    """The standard library without what is installed beside it, and the libraries it is linked to."""
    library = _library()
    packages = {"site-packages", "dist-packages", "test", "idlelib", "ensurepip"}
    own = [entry.path for entry in os.scandir(library) if entry.name not in packages]
    return [*own, *_linked(), *_READABLE]


def _linked() -> set[str]:
    """The shared libraries in use, and their folders, as other modules need others; but no folder with Pythons."""
    with open("/proc/self/maps", encoding="utf-8", errors="surrogateescape") as maps:
        paths = {line.split(maxsplit=5)[5].strip() for line in maps if ".so" in line}
    files = {path for path in paths if path.startswith("/")}
    folders = {os.path.dirname(path) for path in files}
    return files | {
        folder
        for folder in folders
        if not folder.startswith(_library())
        and not any(name.startswith("python") for name in os.listdir(folder))
    }


def _library_is_readable_to(uid: int) -> bool:
    """Tried in a child that takes the user id."""
    child = os.fork()
    if child == 0:
        status = 1
        try:
            os.setgroups([])
            os.setresgid(uid, uid, uid)
            os.setresuid(uid, uid, uid)
            with open(os.__file__, "rb") as module:
                module.read(1)
            os.listdir(_library())
            status = 0
        finally:
            os._exit(status)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def _few_pids() -> None:
    """Bound the number of processes and threads, for root's, too, of whom RLIMIT_NPROC does not speak."""
    release = tuple(int(part) for part in re.findall(r"\d+", platform.release())[:2])
    if release >= _OWN_PIDS:  # before, it is the whole machine's
        with contextlib.suppress(OSError), open("/proc/sys/kernel/pid_max", "w") as greatest:
            greatest.write(str(_GREATEST_PID))
