"""System calls that Python has no function for."""

import ctypes
import os
import platform
import struct
from collections.abc import Callable
from typing import Any

from synthgym.verifiers.sandbox.syscalls import ENTRY, MACHINES

PDEATHSIG, SET_DUMPABLE, NO_NEW_PRIVS, GET_NO_NEW_PRIVS, DROP_BOUND, SET_CHILD_SUBREAPER = (
    1,
    4,
    38,
    39,
    24,
    36,
)
NEWPID, NEWNET, NEWIPC, NEWUSER = 0x2000_0000, 0x4000_0000, 0x0800_0000, 0x1000_0000
_MONOTONIC, _SIGKILL = 1, 9
_ON_DEATH = [ctypes.c_ulong(part) for part in (9, 0, 0, 0)]
_CAPABILITY_V3 = 0x2008_0522
_CAPABILITIES = 64


class Kernel:
    """The kernel of this machine, by number.

    Raises:
        OSError: on a machine that there are no numbers for.
    """

    def __init__(self) -> None:
        self.machine = platform.machine()
        if self.machine not in MACHINES:
            raise OSError(f"machine {self.machine}; there are filters for {' and '.join(MACHINES)}")
        self._column = MACHINES.index(self.machine)
        library = ctypes.CDLL(None, use_errno=True)
        self.raw: Any = library.syscall
        self.raw.restype = ctypes.c_long
        self._prctl: Any = library.prctl
        self._prepare_timer()
        self.fork: Callable[[], int] = ctypes.PyDLL(None).fork
        """fork(2) without what Python does after it, which is for threads, of which a zygote has but one; random's
        new seed, too. It takes half as long."""

    def _prepare_timer(self) -> None:
        self._timer, self._time = ctypes.c_int(0), self.buffer(b"\0" * 32)
        self._event = self.buffer(struct.pack("=qii", 0, _SIGKILL, 0) + b"\0" * 48)
        numbers = [ctypes.c_long(self.number(name)) for name in ("timer_create", "timer_settime")]
        self._make_timer = [numbers[0], ctypes.c_long(_MONOTONIC), self._event, ctypes.byref(self._timer)]
        self._set_timer = [numbers[1]]
        self._set_to = [ctypes.c_long(0), self._time, ctypes.c_long(0)]

    def call(self, name: str, *arguments: Any) -> int:
        """What the call returns; minus its errno if it failed."""
        whole = (ctypes.c_long(part) if isinstance(part, int) else part for part in arguments)
        result = int(self.raw(ctypes.c_long(self.number(name)), *whole))
        return result if result >= 0 else -ctypes.get_errno()

    def number(self, name: str) -> int:
        """Of a system call, on this machine."""
        return ENTRY[name][self._column]

    def checked(self, name: str, *arguments: Any) -> int:
        """Like `call`, but raises OSError if it failed."""
        result = self.call(name, *arguments)
        if result < 0:
            raise OSError(-result, f"{name}: {os.strerror(-result)}")
        return result

    def die_with_parent(self) -> None:
        """Be killed when the thread that forked this process ends."""
        self._prctl(PDEATHSIG, *_ON_DEATH)

    def kill_in(self, seconds: float) -> None:
        """Have this process killed after so long, by the kernel, whoever else gets no turn until then."""
        whole = int(seconds)
        struct.pack_into("=qq", self._time, 16, whole, int((seconds - whole) * 1e9) + 1)
        if self.raw(*self._make_timer) != 0 or self.raw(*self._set_timer, self._timer, *self._set_to) != 0:
            raise OSError(ctypes.get_errno(), "the timer was not set")

    def prctl(self, option: int, *arguments: int) -> int:
        """What prctl(2) returns, -1 on failure."""
        padded = (*arguments, 0, 0, 0, 0)[:4]
        return int(self._prctl(option, *(ctypes.c_ulong(part) for part in padded)))

    def buffer(self, data: bytes) -> Any:
        """`data` where the kernel can read it."""
        return ctypes.create_string_buffer(data, len(data))

    def prepared_filter(self, code: bytes) -> "PreparedFilter":
        """`code`, a seccomp filter, ready to be put in force."""
        return PreparedFilter(self, code)

    def drop_capabilities(self) -> None:
        """Give up every capability for good; raises OSError if the kernel refuses."""
        for capability in range(_CAPABILITIES):
            if self.prctl(DROP_BOUND, capability) != 0:
                break
        header = self.buffer(struct.pack("=Ii", _CAPABILITY_V3, 0))
        self.checked("capset", header, self.buffer(b"\0" * 24))

    def unshare(self, spaces: int) -> None:
        """Leave the namespaces `spaces` for new ones; raises OSError if the kernel refuses."""
        self.checked("unshare", spaces)


class PreparedFilter:
    """A seccomp filter where the kernel can read it, so that a child has little left to do."""

    def __init__(self, kernel: Kernel, code: bytes) -> None:
        self.code = kernel.buffer(code)
        self._program = kernel.buffer(struct.pack("@HP", len(code) // 8, ctypes.addressof(self.code)))
        self._syscall = kernel.raw
        number = kernel.number("seccomp")
        self._arguments = [ctypes.c_long(part) for part in (number, 1, 0, ctypes.addressof(self._program))]

    def enforce(self) -> None:
        """Put it in force for this process, for good; raises OSError if the kernel refuses."""
        if self._syscall(*self._arguments) != 0:
            raise OSError(ctypes.get_errno(), "the seccomp filter was refused")
