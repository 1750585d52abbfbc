"""The filters of system calls, run on a machine of our own: what is allowed, for x86-64 and aarch64 alike."""

import platform
import re
import struct
from pathlib import Path

import bpf
import pytest

from synthgym.verifiers.sandbox.filters import (
    ABSENT,
    ALLOW,
    ARCHES,
    KILL,
    OWN_PID,
    REFUSE,
    build_inner,
    build_outer,
)
from synthgym.verifiers.sandbox.syscalls import ENTRY, MACHINES, NUMBERS

PID = 4_321
# Numbers of calls that no filter may allow, from the same tables as those in `syscalls`.
REFUSED = {
    "execve": (59, 221),
    "execveat": (322, 281),
    "ptrace": (101, 117),
    "socket": (41, 198),
    "connect": (42, 203),
    "bind": (49, 200),
    "sendmsg": (46, 211),
    "memfd_create": (319, 279),
    "fchmodat": (268, 53),
    "fchmod": (91, 52),
    "fchownat": (260, 54),
    "utimensat": (280, 88),
    "unlinkat": (263, 35),
    "renameat2": (316, 276),
    "mkdirat": (258, 34),
    "symlinkat": (266, 36),
    "linkat": (265, 37),
    "setxattr": (188, 5),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "pidfd_send_signal": (424, 424),
    "rt_sigqueueinfo": (129, 138),
    "rt_tgsigqueueinfo": (297, 240),
    "io_uring_setup": (425, 425),
    "bpf": (321, 280),
    "perf_event_open": (298, 241),
    "userfaultfd": (323, 282),
    "setns": (308, 268),
    "unshare": (272, 97),
    "mount": (165, 40),
    "chroot": (161, 51),
    "pivot_root": (155, 41),
    "keyctl": (250, 219),
    "setuid": (105, 146),
    "setresuid": (117, 147),
    "capset": (126, 91),
    "openat2": (437, 437),
    "open_by_handle_at": (304, 265),
    "name_to_handle_at": (303, 264),
    "shmget": (29, 194),
    "mq_open": (240, 180),
    "splice": (275, 76),
    "setpgid": (109, 154),
    "sched_setaffinity": (203, 122),
    "setpriority": (141, 140),
    "flock": (73, 32),
    "landlock_restrict_self": (446, 446),
    "reboot": (169, 142),
    "kexec_load": (246, 104),
    "init_module": (175, 105),
    "clock_settime": (227, 112),
    "sethostname": (170, 161),
}
HIGH = 1 << 32


@pytest.fixture(params=MACHINES)
def machine(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def patched(code: bytes, places: tuple[int, ...]) -> bytes:
    data = bytearray(code)
    for place in places:
        struct.pack_into("=I", data, place, PID)
    return bytes(data)


def decided(machine: str, name: str, *arguments: int, read_only: bool = False) -> int:
    """What a child's two filters make of a call: the stricter of the two, as the kernel takes it."""
    number = {**NUMBERS, **ENTRY, **REFUSED}[name][MACHINES.index(machine)]
    assert number is not None, f"{machine} has no {name}"
    outer, inner = build_outer(machine, read_only=read_only), build_inner(machine)
    assert not outer.places
    codes = (outer.code, patched(inner.code, inner.places))
    return min(bpf.run(code, arch=ARCHES[machine], number=number, arguments=arguments) for code in codes)


@pytest.mark.parametrize("name", sorted(REFUSED))
def test_a_call_that_reaches_outside_is_refused(machine: str, name: str) -> None:
    for arguments in ((), (1, 1, 1, 1, 1, 1), ((1 << 64) - 1,) * 6):
        assert decided(machine, name, *arguments) == REFUSE


@pytest.mark.parametrize(
    "name", ["read", "write", "futex", "brk", "munmap", "mprotect", "exit_group", "clock_gettime"]
)
def test_what_a_solution_needs_is_allowed(machine: str, name: str) -> None:
    assert decided(machine, name) == ALLOW


def test_threads_may_be_made_and_processes_not(machine: str) -> None:
    assert decided(machine, "clone", 0x3D0F00) == ALLOW  # as glibc makes a thread
    assert decided(machine, "clone", 17) == REFUSE  # as it forks
    assert decided(machine, "clone", 0x4111) == REFUSE  # vfork
    assert decided(machine, "clone3", 0, 88) == ABSENT


@pytest.mark.parametrize("name", ["kill", "tgkill", "tkill"])
def test_signals_go_to_the_process_itself_alone(machine: str, name: str) -> None:
    assert decided(machine, name, PID, 9) == ALLOW
    for pid in (1, 0, PID + 1, (1 << 64) - 1, (1 << 32) - PID, OWN_PID):
        assert decided(machine, name, pid, 9) == REFUSE


@pytest.mark.parametrize(
    ("name", "allowed", "refused"),
    [
        (
            "fcntl",
            [(3, 1), (3, 3), (3, 1030)],
            [(3, 4, 0o2000), (3, 8, 1), (3, 10, 9), (3, 15), (3, 1024), (3, 1033), (3, 1031)],
        ),
        ("ioctl", [(1, 0x5401), (1, 0x5421)], [(1, 0x5412), (1, 0x541D), (1, 0x40086602)]),
        ("prctl", [(15, 0), (16, 0)], [(1, 0), (4, 1), (8, 1), (22, 2), (36, 1), (38, 1), (0x59616D61, 1)]),
        ("prlimit64", [(0, 7)], [(1, 7), (PID + 1, 7), ((1 << 64) - 1, 7)]),
        ("socketpair", [(1, 1), (1, 1 | 0o2004000)], [(1, 2), (1, 5), (2, 1), (16, 3), (40, 1)]),
        ("sendto", [(3, 99, 5, 0, 0, 0)], [(3, 99, 5, 0, 4096, 16), (3, 99, 5, 0, HIGH, 16)]),
        (
            "mmap",
            [(0, 4096, 3, 0x22), (0, 4096, 5, 0x2, 3), (0, 4096, 3, 0x1, 3)],
            [(0, 4096, 3, 0x21), (0, 4096, 3, 0x40021), (0, 4096, 3, 0x23)],
        ),
    ],
)
def test_arguments_decide(
    machine: str, name: str, allowed: list[tuple[int, ...]], refused: list[tuple[int, ...]]
) -> None:
    for arguments in allowed:
        assert decided(machine, name, *arguments) == ALLOW, arguments
    for arguments in refused:
        assert decided(machine, name, *arguments) == REFUSE, arguments


@pytest.mark.parametrize(
    "name", ["pidfd_open", "seccomp", "setsid", "timer_create", "timer_settime", "wait4", "waitid"]
)
def test_what_a_zygote_may_a_child_may_not(machine: str, name: str) -> None:
    number = NUMBERS[name][MACHINES.index(machine)]
    assert number is not None
    outer = build_outer(machine, read_only=False)
    assert bpf.run(outer.code, arch=ARCHES[machine], number=number) == ALLOW
    assert decided(machine, name) == REFUSE


def test_without_landlock_files_open_for_reading_alone(machine: str) -> None:
    place = (0xFFFFFF9C, 4096)
    for flags in (0, 0o2000000, 0o200000):
        assert decided(machine, "openat", *place, flags, read_only=True) == ALLOW
    for flags in (0o1, 0o2, 0o100, 0o1000, 0o2001, 0o20200002):
        assert decided(machine, "openat", *place, flags, read_only=True) == REFUSE
        assert decided(machine, "openat", *place, flags, read_only=False) == ALLOW


def test_calls_of_another_architecture_kill(machine: str) -> None:
    outer = build_outer(machine, read_only=False)
    for arch in (0x4000_0003, 0x4000_0028, *(own for name, own in ARCHES.items() if name != machine)):
        assert bpf.run(outer.code, arch=arch, number=0) == KILL
    if machine == "x86_64":
        assert bpf.run(outer.code, arch=ARCHES[machine], number=0x4000_0000 | 59) == KILL


def test_a_number_that_nobody_knows_is_refused(machine: str) -> None:
    outer = build_outer(machine, read_only=False)
    known = {numbers[MACHINES.index(machine)] for numbers in NUMBERS.values()}
    for number in range(600):
        if number not in known:
            assert bpf.run(outer.code, arch=ARCHES[machine], number=number) == REFUSE


HEADERS = {
    "x86_64": Path("/usr/include/x86_64-linux-gnu/asm/unistd_64.h"),
    "aarch64": Path("/usr/include/asm-generic/unistd.h"),
}


@pytest.mark.skipif(
    platform.system() != "Linux" or not HEADERS["x86_64"].exists(), reason="no kernel headers here"
)
def test_numbers_are_those_of_the_kernel_headers(machine: str) -> None:
    text = HEADERS[machine].read_text()
    plain = {m[1]: int(m[2]) for m in re.finditer(r"#define __NR(?:3264)?_(\w+)\s+(\d+)\b", text)}
    plain |= {
        m[1]: plain[m[2]] for m in re.finditer(r"#define __NR_(\w+) __NR3264_(\w+)", text) if m[2] in plain
    }
    column = MACHINES.index(machine)
    for name, numbers in {**NUMBERS, **ENTRY, **REFUSED}.items():
        assert plain.get(name) == numbers[column], name
