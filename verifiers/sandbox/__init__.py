"""Runs and judges Python that a model wrote, isolated, and compares what it computes out of its reach.

    from synthgym.verifiers.sandbox import judge_function
    judge_function("def f(x): return x + 1", "f", [{"args": [1], "expected": 2}]).passed  # True

`run`, `judge_function` and `judge_program`, their ``_batch`` and ``_async`` forms, share one `Sandbox` with a zygote a
core; make your own for other settings. docs/sandbox.md says what is promised, and what is not.
"""

from collections.abc import Mapping, Sequence

from synthgym.errors import SandboxError
from synthgym.verifiers.sandbox.facility import EVERY, FLOOR, Facility
from synthgym.verifiers.sandbox.results import Isolation, Judged, Limits, Outcome, Result, Run
from synthgym.verifiers.sandbox.sandbox import Sandbox, Tests
from synthgym.verifiers.sandbox.values import ValueFormError

__all__ = [
    "EVERY",
    "FLOOR",
    "Facility",
    "Isolation",
    "Judged",
    "Limits",
    "Outcome",
    "Result",
    "Run",
    "Sandbox",
    "SandboxError",
    "Tests",
    "ValueFormError",
    "judge_function",
    "judge_function_async",
    "judge_function_batch",
    "judge_program",
    "judge_program_async",
    "judge_program_batch",
    "run",
    "run_async",
    "run_batch",
    "shared_sandbox",
]

_SHARED = {False: Sandbox(), True: Sandbox(allow_weak=True)}


def shared_sandbox(*, allow_weak: bool = False) -> Sandbox:
    """The sandbox that the functions of this module share."""
    return _SHARED[bool(allow_weak)]


def run(
    source: str,
    inputs: Sequence[str] | Sequence[Sequence[object]],
    limits: Limits | None = None,
    *,
    entry: str | None = None,
    trace: bool = False,
    allow_weak: bool = False,
) -> Run:
    """Run `source` on each of `inputs`: see `Sandbox.run`."""
    return shared_sandbox(allow_weak=allow_weak).run(source, inputs, limits, entry=entry, trace=trace)


def judge_function(
    source: str,
    entry: str,
    tests: Tests,
    limits: Limits | None = None,
    *,
    trace: bool = False,
    fresh: bool = False,
    allow_weak: bool = False,
) -> Judged:
    """Judge a function by tests ``{"args": [...], "expected": ...}``: see `Sandbox.judge_function`."""
    return shared_sandbox(allow_weak=allow_weak).judge_function(
        source, entry, tests, limits, trace=trace, fresh=fresh
    )


def judge_program(
    source: str,
    tests: Sequence[Mapping[str, object]],
    limits: Limits | None = None,
    *,
    trace: bool = False,
    allow_weak: bool = False,
) -> Judged:
    """Judge a program by tests ``{"input": str, "output": str}``: see `Sandbox.judge_program`."""
    return shared_sandbox(allow_weak=allow_weak).judge_program(source, tests, limits, trace=trace)


def run_batch(
    cases: Sequence[tuple[str, Sequence[str]]], limits: Limits | None = None, *, allow_weak: bool = False
) -> list[Run | SandboxError]:
    """`run` for each (source, inputs), in parallel."""
    return shared_sandbox(allow_weak=allow_weak).run_batch(cases, limits)


def judge_function_batch(
    cases: Sequence[tuple[str, str, Tests]], limits: Limits | None = None, *, allow_weak: bool = False
) -> list[Judged | SandboxError]:
    """`judge_function` for each (source, entry, tests), in parallel; one that cannot be judged gets its error."""
    return shared_sandbox(allow_weak=allow_weak).judge_function_batch(cases, limits)


def judge_program_batch(
    cases: Sequence[tuple[str, Tests]], limits: Limits | None = None, *, allow_weak: bool = False
) -> list[Judged | SandboxError]:
    """`judge_program` for each (source, tests), in parallel; one that cannot be judged gets its error."""
    return shared_sandbox(allow_weak=allow_weak).judge_program_batch(cases, limits)


async def run_async(
    source: str,
    inputs: Sequence[str] | Sequence[Sequence[object]],
    limits: Limits | None = None,
    *,
    entry: str | None = None,
    trace: bool = False,
    allow_weak: bool = False,
) -> Run:
    """`run`, without holding up the event loop."""
    return await shared_sandbox(allow_weak=allow_weak).run_async(
        source, inputs, limits, entry=entry, trace=trace
    )


async def judge_function_async(
    source: str,
    entry: str,
    tests: Tests,
    limits: Limits | None = None,
    *,
    trace: bool = False,
    fresh: bool = False,
    allow_weak: bool = False,
) -> Judged:
    """`judge_function`, without holding up the event loop."""
    return await shared_sandbox(allow_weak=allow_weak).judge_function_async(
        source, entry, tests, limits, trace=trace, fresh=fresh
    )


async def judge_program_async(
    source: str, tests: Tests, limits: Limits | None = None, *, trace: bool = False, allow_weak: bool = False
) -> Judged:
    """`judge_program`, without holding up the event loop."""
    return await shared_sandbox(allow_weak=allow_weak).judge_program_async(source, tests, limits, trace=trace)
