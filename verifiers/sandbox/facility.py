"""The facilities of the kernel that the sandbox is built of."""

from enum import StrEnum


class Facility(StrEnum):
    """One layer. Which of them hold is found out by attacking each at the start (see `probes`)."""

    RLIMITS = "rlimits"
    """Memory, CPU time, file size, descriptors, threads and core dumps are limited."""
    UID = "uid"
    """A zygote that starts as root gives up its user id."""
    CAPABILITIES = "capabilities"
    """It has no capability, and can get none."""
    NO_NEW_PRIVS = "no_new_privs"
    """Running a set-uid program gains nothing."""
    NAMESPACES = "namespaces"
    """It sees no process but its own, and no network interface."""
    LANDLOCK = "landlock"
    """It reads the standard library, writes nothing, and reaches no port and no process outside."""
    SECCOMP = "seccomp"
    """It makes no process and no socket, runs no program, and changes no file's mode, owner or time."""


EVERY = frozenset(Facility)
FLOOR = EVERY - {Facility.NAMESPACES, Facility.UID}
"""Below this the sandbox refuses to run, unless told to."""
