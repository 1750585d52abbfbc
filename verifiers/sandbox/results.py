"""What comes of running a solution."""

import math
from dataclasses import dataclass, field
from enum import StrEnum

from synthgym.errors import SettingError, shown
from synthgym.verifiers.sandbox.facility import Facility
from synthgym.verifiers.sandbox.values import Tree, from_tree


class Outcome(StrEnum):
    """How one input or test ended."""

    PASSED = "passed"
    """It ended by itself, and in a test with the right result."""
    WRONG = "wrong"
    """Another result, or one that is no plain value."""
    EXCEPTION = "exception"
    """It raised, or a program left with a status other than 0."""
    TIMEOUT = "timeout"
    """It was not done, or its turn had not come, when the solution's time was up."""
    MEMORY = "memory"
    """It needed more memory than it may."""
    OUTPUT = "output"
    """It printed or returned more than it may."""
    FORBIDDEN = "forbidden"
    """It raised because the sandbox refused something."""
    CRASHED = "crashed"
    """The process ended before its turn was over: an early exit, a signal."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a solution may use.

    Attributes:
        seconds: of wall time, for all its tests together.
        memory_mb: of address space, beyond what an empty solution has.
        output_kb: of standard output, and as much again of returned values.
    """

    seconds: float = 5.0
    memory_mb: int = 512
    output_kb: int = 1024

    def __post_init__(self) -> None:
        for name, most in (("seconds", 3600.0), ("memory_mb", 1 << 20), ("output_kb", 1 << 20)):
            value = getattr(self, name)
            number = isinstance(value, (int, float)) and not isinstance(value, bool)
            if not (number and math.isfinite(value) and 0 < value <= most):
                raise SettingError(f"{name} {shown(value)} is not a number above 0 and at most {most:g}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Isolation:
    """What kept a solution in.

    Attributes:
        held: the facilities that were attacked at the start and held.
        missing: of each other one, why.
        weak: whether that is less than the configured floor.
        kernel: its release and machine.
    """

    held: frozenset[Facility]
    missing: tuple[tuple[Facility, str], ...] = ()
    weak: bool = False
    kernel: str = ""

    def __str__(self) -> str:
        held = ", ".join(sorted(self.held)) or "nothing"
        missing = "".join(f"; no {facility}: {why}" for facility, why in self.missing)
        return f"{'weak: ' if self.weak else ''}{held}{missing}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What came of one input or test.

    Attributes:
        outcome: how it ended.
        detail: what was wrong, in words that the solution may have chosen.
        stdout: what it printed.
        lines: numbers of the source's lines that ran, those of loading the module included; only if traced.
        tree: the returned value as it came, or None if none did.
    """

    outcome: Outcome
    detail: str = ""
    stdout: str = ""
    lines: frozenset[int] = frozenset()
    tree: Tree = field(default=None, repr=False, hash=False)

    @property
    def value(self) -> object:
        """What the function returned; None if nothing came.

        Raises:
            ValueFormError: if the solution forged what came.
        """
        return from_tree(self.tree)


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What came of running a source on inputs.

    Attributes:
        results: one an input, in order; "passed" means that it ended by itself.
        isolation: what kept it in.
        seconds: wall time in the sandbox.
        cpu_seconds: CPU time of its processes.
    """

    results: tuple[Result, ...]
    isolation: Isolation
    seconds: float
    cpu_seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """What came of judging a solution.

    Attributes:
        tests: one result a test, in order.
        isolation: what kept it in.
        seconds: wall time in the sandbox.
        cpu_seconds: CPU time of its processes.
    """

    tests: tuple[Result, ...]
    isolation: Isolation
    seconds: float
    cpu_seconds: float

    @property
    def passed(self) -> bool:
        """Whether every test passed; there is at least one."""
        return bool(self.tests) and all(test.outcome is Outcome.PASSED for test in self.tests)

    @property
    def outcomes(self) -> tuple[Outcome, ...]:
        """How each test ended."""
        return tuple(test.outcome for test in self.tests)

    @property
    def share(self) -> float:
        """The share of the tests that passed, in [0, 1]."""
        return sum(test.outcome is Outcome.PASSED for test in self.tests) / len(self.tests)
