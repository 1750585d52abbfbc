"""Landlock: of the file system a solution sees the standard library and a few devices; it reaches no port and no
process outside.

Sources: Documentation/userspace-api/landlock.rst and include/uapi/linux/landlock.h of the Linux kernel.
"""

import contextlib
import os
import struct
from collections.abc import Iterable

from synthgym.verifiers.sandbox.kernel import Kernel

READ_FILE, READ_DIR, WRITE_FILE, TRUNCATE = 1 << 2, 1 << 3, 1 << 1, 1 << 14
_RIGHTS = {1: 13, 2: 14, 3: 15, 5: 16}
"""From which ABI on how many rights over files there are."""
_PORTS = 0b11  # from ABI 4: binding and connecting TCP
_SCOPES = 0b11  # from ABI 6: abstract Unix sockets, and signals
_VERSION_FLAG = 1
_PATH_RULE = 1
LEAST_ABI = 3
"""The first that keeps a file from being cut short."""


def abi(kernel: Kernel) -> int:
    """The kernel's Landlock ABI; 0 if it has none."""
    return max(0, kernel.call("landlock_create_ruleset", 0, 0, _VERSION_FLAG))


def ruleset(kernel: Kernel, readable: Iterable[str], writable: Iterable[str]) -> int:
    """A descriptor of the rules: reading what is `readable`, writing to the files that are `writable`.

    Paths that are not there are left out.

    Raises:
        OSError: if the kernel has no Landlock, or one from before Linux 6.2.
    """
    version = abi(kernel)
    if version < LEAST_ABI:
        raise OSError(f"Landlock ABI {version}; {LEAST_ABI} is needed (Linux 6.2)")
    handled = (1 << max(count for since, count in _RIGHTS.items() if since <= version)) - 1
    attributes = struct.pack("=QQQ", handled, _PORTS if version >= 4 else 0, _SCOPES if version >= 6 else 0)
    size = 24 if version >= 6 else 16 if version >= 4 else 8
    rules = kernel.checked("landlock_create_ruleset", kernel.buffer(attributes), size, 0)
    for path in readable:
        _allow(kernel, rules, path, READ_FILE | READ_DIR)
    for path in writable:
        _allow(kernel, rules, path, READ_FILE | WRITE_FILE | TRUNCATE)
    return rules


def restrict(kernel: Kernel, rules: int) -> None:
    """Put the rules in force for this process, for good.

    Raises:
        OSError: if the kernel refuses.
    """
    kernel.checked("landlock_restrict_self", rules, 0)


def _allow(kernel: Kernel, rules: int, path: str, rights: int) -> None:
    with contextlib.suppress(FileNotFoundError, NotADirectoryError, PermissionError):
        place = os.open(path, os.O_PATH | os.O_CLOEXEC)
        try:
            granted = rights if os.path.isdir(path) else rights & ~READ_DIR
            rule = struct.pack("=Qi", granted, place)
            kernel.checked("landlock_add_rule", rules, _PATH_RULE, kernel.buffer(rule), 0)
        finally:
            os.close(place)
