"""Every hostile or wrong solution is refused, in time and without a trace; every right one passes."""

import contextlib
import gc
import os
import resource
import time
from collections.abc import Iterator

import attacks_function
import attacks_program
import controls
import corpus
import pytest

from synthgym.verifiers.sandbox import Judged, Limits, Outcome, Sandbox

ATTACKS = [*attacks_function.ATTACKS, *attacks_program.ATTACKS, *corpus.EFFECTS]
HOSTILE = Limits(seconds=0.4, memory_mb=256, output_kb=64)
ENDLESS = Limits(seconds=0.3, memory_mb=256, output_kb=64)
"""For those that would take any time they are given."""
FAIR = Limits(seconds=10.0, memory_mb=512, output_kb=64)
HANG = 10.0
"""Seconds beyond its limit from which a solution counts as hanging; what it costs, `synthgym bench sandbox` says."""
SETTLING = 2.0


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(workers=1) as made:
        yield made


@pytest.fixture(scope="module")
def canary(sandbox: Sandbox) -> Iterator[corpus.Canary]:
    judged = judge(sandbox, controls.CONTROLS[0], FAIR, {})
    assert judged.passed
    made = corpus.Canary()
    yield made
    made.close()


def judge(sandbox: Sandbox, case: corpus.Case, limits: Limits, targets: dict[str, object]) -> Judged:
    source = case.armed(targets)
    if case.entry is None:
        return sandbox.judge_program(source, corpus.PROGRAM_TESTS[: count(case)], limits)
    return sandbox.judge_function(source, case.entry, corpus.FUNCTION_TESTS[case.entry], limits)


def count(case: corpus.Case) -> int:
    """How many tests there are: all 13 where it is the answer that is wrong, and a process each takes no longer."""
    compared = case.property in ("output_compared", "right_output_bad_end", "reading_and_writing")
    return 13 if compared or case.entry is not None else 4


def standing() -> tuple[int, int]:
    """How many processes there are below this one, and how many descriptors it has."""
    return len(corpus.descendants(os.getpid())), len(os.listdir("/proc/self/fd"))


def settled(before: tuple[int, int]) -> tuple[int, int]:
    """`standing`, once it is no more than before, or after some time."""
    until = time.monotonic() + SETTLING
    while (now := standing()) > before and time.monotonic() < until:
        time.sleep(0.01)
    return now


@pytest.mark.parametrize("case", ATTACKS, ids=lambda case: f"{case.property}-{case.name}")
def test_a_wrong_solution_is_refused_in_time_and_leaves_nothing(
    case: corpus.Case, sandbox: Sandbox, canary: corpus.Canary
) -> None:
    limits = ENDLESS if case.effect in ("time", "memory") else HOSTILE
    before = standing()
    began, spent = time.monotonic(), time.process_time()
    judged = judge(sandbox, case, limits, canary.targets)
    took, spent = time.monotonic() - began, time.process_time() - spent
    assert not judged.passed
    assert len(judged.tests) == count(case)
    assert took < limits.seconds + HANG
    assert spent < HANG, "the judge itself had too much to do"
    assert canary.effects() == []
    assert settled(before) <= before


@pytest.mark.parametrize("case", controls.CONTROLS, ids=lambda case: f"{case.property}-{case.name}")
def test_a_right_solution_passes(case: corpus.Case, sandbox: Sandbox, canary: corpus.Canary) -> None:
    judged = judge(sandbox, case, FAIR, canary.targets)
    assert judged.passed, [test.detail for test in judged.tests if test.outcome is not Outcome.PASSED][:1]
    assert canary.effects() == []


def test_what_a_solution_says_of_itself_can_be_shown(sandbox: Sandbox, canary: corpus.Canary) -> None:
    for name in (
        "exception_whose_name_lies",
        "returns_the_right_detail",
        "lone_surrogates",
        "surrogate_printed",
    ):
        (case,) = (case for case in ATTACKS if case.name.endswith(f"/{name}"))
        for test in judge(sandbox, case, HOSTILE, canary.targets).tests:
            assert len(test.detail) < 1000
            repr(test)


def test_no_descriptor_of_the_judge_is_inherited_whatever_its_number() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard < 6000:
        pytest.skip("so many descriptors cannot be had here")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, 6000), hard))
    look = "import os\ndef look():\n    return [n for n in range(70_000) if is_open(n)]\n"
    look += "def is_open(n):\n    try: os.fstat(n); return True\n    except OSError: return False\n"
    held: list[int] = []
    try:
        while not held or held[-1] < 5000:
            held.append(os.open(os.devnull, os.O_RDONLY))
        with Sandbox(workers=1) as own:
            found = own.run(look, [[]], FAIR, entry="look").results[0].value
    finally:
        for descriptor in held:
            os.close(descriptor)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert found == [0, 1, 2, 3]


def test_many_threads_of_one_solution_do_not_keep_another_from_running() -> None:
    many = "import threading, time\nthreading.stack_size(32768)\ndef f(x):\n    try:\n"
    many += (
        "        for _ in range(2000): threading.Thread(target=time.sleep, args=(9,), daemon=True).start()\n"
    )
    many += "    except (RuntimeError, MemoryError): pass\n    time.sleep(9)\n"
    few = "from concurrent.futures import ThreadPoolExecutor\ndef f(x):\n    with ThreadPoolExecutor(4) as pool:\n"
    few += "        return sum(pool.map(int, [x] * 4))\n"
    cases = [(many, "f", [{"args": [1], "expected": 4}]), *[(few, "f", [{"args": [1], "expected": 4}])] * 20]
    with Sandbox(workers=2) as own:
        verdicts = own.judge_function_batch(cases, Limits(seconds=2.0))
    assert [isinstance(verdict, Judged) and verdict.passed for verdict in verdicts] == [False, *[True] * 20]


def test_verdicts_are_not_poisoned_by_the_solution_before(sandbox: Sandbox, canary: corpus.Canary) -> None:
    hostile = [
        case
        for case in ATTACKS
        if case.property in ("forgery", "the_harness_is_known") and case.entry is None
    ]
    right = [case for case in controls.CONTROLS if case.entry is None][:5]
    for number, case in enumerate(hostile):
        judged = sandbox.judge_program(case.armed(canary.targets), corpus.PROGRAM_TESTS[:2], HOSTILE)
        assert not judged.passed
        after = sandbox.judge_program(right[number % len(right)].source, corpus.PROGRAM_TESTS[:2], FAIR)
        assert after.passed, f"after {case.name}"


def test_nothing_is_left_when_a_sandbox_is_closed() -> None:
    gc.collect()
    before = standing()
    for _ in range(3):
        with Sandbox(workers=2) as own:
            assert judge(own, controls.CONTROLS[0], FAIR, {}).passed
        with contextlib.closing(Sandbox(workers=1)) as own:
            assert not judge(own, ATTACKS[0], HOSTILE, {}).passed
    assert settled(before) == before
