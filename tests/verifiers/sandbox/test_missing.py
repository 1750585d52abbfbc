"""Where the kernel, or a container's own filter, refuses a facility: that is found out, and weak only on demand.

Each test is a process of its own that puts a filter over itself which refuses some system calls, as containers do.
"""

import json
import subprocess
import sys

import pytest

from synthgym.verifiers.sandbox.kernel import Kernel
from synthgym.verifiers.sandbox.syscalls import MACHINES

SCRIPT = """
import json, struct, sys
from synthgym.verifiers.sandbox import Limits, Sandbox, SandboxError
from synthgym.verifiers.sandbox.kernel import NO_NEW_PRIVS, Kernel
numbers = json.loads(sys.argv[1])
kernel = Kernel()
steps = [(0x20, 0, 0, 0)]
for number in numbers:
    steps += [(0x15, 0, 1, number), (0x06, 0, 0, 0x50000 | 38)]
steps.append((0x06, 0, 0, 0x7FFF0000))
kernel.prctl(NO_NEW_PRIVS, 1)
kernel.prepared_filter(b"".join(struct.pack("=HBBI", *step) for step in steps)).enforce()
right, spin = "def f(x): return x + 1", "def f(x):\\n    while True: pass"
tests = [{"args": [1], "expected": 2}]
def outcomes(sandbox):
    try:
        judged = [sandbox.judge_function(source, "f", tests, Limits(seconds=0.5)) for source in (right, spin)]
    except SandboxError as error:
        return str(error)
    held = sorted(judged[0].isolation.held)
    return [str(j.outcomes[0]) for j in judged] + [j.isolation.weak for j in judged] + [held]
print(json.dumps([outcomes(Sandbox(workers=1)), outcomes(Sandbox(workers=1, allow_weak=True))]))
"""
NUMBERS = {
    "seccomp": (317, 277),
    "landlock_create_ruleset": (444, 444),
    "landlock_restrict_self": (446, 446),
    "unshare": (272, 97),
    "pidfd_open": (434, 434),
}


def tried(*names: str) -> tuple[object, list[object]]:
    """What came of the default sandbox, and of one that may be weak."""
    column = MACHINES.index(Kernel().machine)
    numbers = json.dumps([NUMBERS[name][column] for name in names])
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, numbers], capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    strict, weak = json.loads(done.stdout)
    return strict, weak


@pytest.mark.parametrize(
    ("names", "lost"),
    [
        (("seccomp",), "seccomp"),
        (("landlock_create_ruleset",), "landlock"),
        (("landlock_restrict_self",), "landlock"),
        (("seccomp", "landlock_create_ruleset", "unshare", "pidfd_open"), "seccomp"),
    ],
)
def test_without_a_facility_of_the_floor_it_refuses_or_goes_on_weakly(
    names: tuple[str, ...], lost: str
) -> None:
    strict, weak = tried(*names)
    assert isinstance(strict, str) and "below its floor" in strict and f"{lost}: " in strict
    assert weak[:4] == ["passed", "timeout", True, True]
    assert isinstance(weak[4], list) and lost not in weak[4] and "rlimits" in weak[4]


@pytest.mark.parametrize("name", ["unshare", "pidfd_open"])
def test_without_namespaces_or_pidfds_it_keeps_its_floor(name: str) -> None:
    strict, weak = tried(name)
    assert strict == weak
    assert weak[:4] == ["passed", "timeout", False, False]
    assert isinstance(weak[4], list) and ("namespaces" in weak[4]) == (name != "unshare")
