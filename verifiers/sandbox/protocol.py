"""What the pool and a zygote say to each other, and where a solution's files lie: the same on both sides.

A request and a reply have a fixed size and say nothing of a solution's text, which goes through memory files that the
zygote itself never reads: its source and inputs in `Files.payload`, what it prints in `Files.stdout`, and what became
of each input, a line of strict JSON each, in `Files.results`.
"""

import struct
from typing import NamedTuple

REQUEST = struct.Struct("=dQQB")
"""Seconds of wall time, bytes of memory, bytes of a file, and whether lines are traced."""
REPLY = struct.Struct("=Bidq")
"""How it ended (`EXITED`, `KILLED`, `LATE`, `FAILED`), its status or signal, seconds, and CPU microseconds."""
EXITED, KILLED, LATE, FAILED = range(4)
UNCONFINED, OUT_OF_MEMORY, OUT_OF_OUTPUT = 111, 112, 113
"""Exit statuses of a child that could not be confined and has seen nothing of its solution; or has run out. A solution
can leave with them, too."""
SOURCE_NAME = "<solution>"


class Files(NamedTuple):
    """Descriptors that the pool and a zygote share."""

    control: int
    payload: int
    stdin: int
    stdout: int
    results: int
