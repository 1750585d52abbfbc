"""The seccomp filters: which system calls a solution may make, as BPF programs for x86-64 or aarch64.

There are two, as putting a long one in force takes the kernel half a millisecond: `build_outer`, in force in the
zygote for its whole life, allows what solutions need and what making and confining a child takes; `build_inner`, in
force in each child besides, takes the latter away.

What is not allowed is refused with EPERM, so that a solution that tries and copes goes on: there is no fork, no exec,
no socket but a connected pair, no signal but to itself, no change of a file's mode, owner or time, no shared memory
that the memory limit does not count. A call of another architecture kills the process.

Sources: seccomp(2); include/uapi/linux/{seccomp,filter,audit}.h of the Linux kernel.
"""

import struct
from dataclasses import dataclass

from synthgym.verifiers.sandbox.syscalls import MACHINES, NUMBERS

ALLOW, KILL = 0x7FFF_0000, 0x8000_0000
REFUSE, ABSENT = 0x0005_0000 | 1, 0x0005_0000 | 38
"""An errno each: EPERM; and ENOSYS, on which glibc falls back from clone3 to clone."""
ARCHES = {"x86_64": 0xC000_003E, "aarch64": 0xC000_00B7}
OWN_PID = 0x7FFF_FFFF
"""Stands where the process's own id goes."""

_LOAD, _EQUAL, _SET, _AT_LEAST, _AND, _RETURN = 0x20, 0x15, 0x45, 0x35, 0x54, 0x06
_NUMBER, _ARCH, _ARGUMENTS = 0, 4, 16
_X32 = 0x4000_0000
_THREAD_FLAGS = 0x0001_0000  # CLONE_THREAD: without it, clone makes a process
_WRITING = 0o1 | 0o2 | 0o100 | 0o1000 | 0o2000 | 0o20000000
_FCNTL = (0, 1, 2, 3, 5, 1030)  # no flags that outlast it, no owner, signal, lease, lock or seal
_IOCTL = (0x5401, 0x5413, 0x541B, 0x5421, 0x5450, 0x5451)  # whether it is a terminal, bytes waiting, flags
_PRCTL = (15, 16)  # a thread's name
_AF_UNIX, _STREAM = 1, 1
_SHARED_ANONYMOUS = 0x21  # each such mapping is a file of its own, slow to make and to take away
_FOR_ZYGOTES = ("pidfd_open", "seccomp", "setsid", "timer_create", "timer_settime", "wait4", "waitid")

Instruction = tuple[int, int, int, int]


@dataclass(frozen=True)
class Filter:
    """A BPF program.

    Attributes:
        code: its instructions, 8 bytes each, with `OWN_PID` where the process's id is to stand.
        places: of the process's id, in bytes.
    """

    code: bytes
    places: tuple[int, ...]


def build_outer(machine: str, *, read_only: bool) -> Filter:
    """The filter of a zygote on `machine`, "x86_64" or "aarch64".

    Args:
        read_only: refuse to open files for writing; for where Landlock does not guard them.
    """
    number = _numbers(machine)
    program: list[Instruction] = [
        (_LOAD, 0, 0, _ARCH),
        (_EQUAL, 1, 0, ARCHES[machine]),
        (_RETURN, 0, 0, KILL),
        (_LOAD, 0, 0, _NUMBER),
    ]
    if machine == "x86_64":
        program += [(_AT_LEAST, 0, 1, _X32), (_RETURN, 0, 0, KILL)]
    looked_at = _looked_at(read_only)
    for name, own in number.items():
        if own is not None:
            rule = looked_at.get(name, [(_RETURN, 0, 0, ALLOW)])
            program += [(_EQUAL, 0, len(rule), own), *rule]
    program.append((_RETURN, 0, 0, REFUSE))
    return _assembled(program)


def build_inner(machine: str) -> Filter:
    """The filter of a child, besides its zygote's."""
    refused: list[Instruction] = [(_RETURN, 0, 0, REFUSE)]
    rules = {
        "clone": [*_argument(0), (_SET, 0, 1, _THREAD_FLAGS), (_RETURN, 0, 0, ALLOW), *refused],
        "kill": _one_of(0, (OWN_PID,)),
        "tgkill": _one_of(0, (OWN_PID,)),
        "tkill": _one_of(0, (OWN_PID,)),
        "prctl": _one_of(0, _PRCTL),
        **dict.fromkeys(_FOR_ZYGOTES, refused),
    }
    program: list[Instruction] = [(_LOAD, 0, 0, _NUMBER)]
    number = _numbers(machine)
    for name, rule in rules.items():
        program += [(_EQUAL, 0, len(rule), number[name] or 0), *rule]
    program.append((_RETURN, 0, 0, ALLOW))
    return _assembled(program)


def _numbers(machine: str) -> dict[str, int | None]:
    return {name: numbers[MACHINES.index(machine)] for name, numbers in NUMBERS.items()}


def _assembled(program: list[Instruction]) -> Filter:
    places = tuple(8 * i + 4 for i, step in enumerate(program) if step[0] == _EQUAL and step[3] == OWN_PID)
    return Filter(b"".join(struct.pack("=HBBI", *step) for step in program), places)


def _looked_at(read_only: bool) -> dict[str, list[Instruction]]:
    """What is done about the calls whose arguments decide."""
    rules = {
        "clone3": [(_RETURN, 0, 0, ABSENT)],
        "fcntl": _one_of(1, _FCNTL),
        "ioctl": _one_of(1, _IOCTL),
        "mmap": [
            *_argument(3),
            (_AND, 0, 0, _SHARED_ANONYMOUS),
            (_EQUAL, 0, 1, _SHARED_ANONYMOUS),
            (_RETURN, 0, 0, REFUSE),
            (_RETURN, 0, 0, ALLOW),
        ],
        "prlimit64": _one_of(0, (0,)),
        "socketpair": [
            *_argument(0),
            (_EQUAL, 0, 4, _AF_UNIX),
            *_argument(1),
            (_AND, 0, 0, 0xF),
            (_EQUAL, 0, 1, _STREAM),
            (_RETURN, 0, 0, ALLOW),
            (_RETURN, 0, 0, REFUSE),
        ],
        "sendto": [
            *_argument(4),
            (_EQUAL, 0, 3, 0),
            *_argument(4, high=True),
            (_EQUAL, 0, 1, 0),
            (_RETURN, 0, 0, ALLOW),
            (_RETURN, 0, 0, REFUSE),
        ],
    }
    if read_only:
        reading: list[Instruction] = [(_SET, 1, 0, _WRITING), (_RETURN, 0, 0, ALLOW), (_RETURN, 0, 0, REFUSE)]
        rules["open"] = [*_argument(1), *reading]
        rules["openat"] = [*_argument(2), *reading]
    return rules


def _argument(index: int, *, high: bool = False) -> list[Instruction]:
    """Load half of an argument; both machines are little-endian."""
    return [(_LOAD, 0, 0, _ARGUMENTS + 8 * index + 4 * high)]


def _one_of(index: int, allowed: tuple[int, ...]) -> list[Instruction]:
    tests = [(_EQUAL, len(allowed) - i, 0, value) for i, value in enumerate(allowed)]
    return [*_argument(index), *tests, (_RETURN, 0, 0, REFUSE), (_RETURN, 0, 0, ALLOW)]
