"""Ten thousand hostile runs leave no process, descriptor, file or growing memory, and the pool still judges."""

import os
import resource
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import cycle, islice
from pathlib import Path

import attacks_function
import attacks_program
import controls
import corpus
import pytest

from synthgym.verifiers.sandbox import Limits, Sandbox

RUNS, WORKERS, ROUND = 10_000, 2, 500
HOSTILE = Limits(seconds=0.1, memory_mb=128, output_kb=64)
FAIR = Limits(seconds=30.0, memory_mb=512, output_kb=64)
PLACES = ("/tmp", "/dev/shm", "/var/tmp", "/run")
GROWTH_MB = 64
ATTACKS = [*attacks_function.ATTACKS, *attacks_program.ATTACKS, *corpus.EFFECTS]
CONTROLS = controls.CONTROLS
HANG = 5.0


def passes(sandbox: Sandbox, case: corpus.Case, limits: Limits, targets: dict[str, object]) -> bool:
    source = case.armed(targets)
    if case.entry is None:
        return sandbox.judge_program(source, corpus.PROGRAM_TESTS[:4], limits).passed
    return sandbox.judge_function(source, case.entry, corpus.FUNCTION_TESTS[case.entry], limits).passed


def files() -> set[str]:
    return {str(path) for place in PLACES if Path(place).is_dir() for path in Path(place).iterdir()}


def standing(sandbox: Sandbox) -> dict[str, int]:
    processes = corpus.descendants(os.getpid())
    zygotes = sum(len(os.listdir(f"/proc/{pid}/fd")) for pid in processes)
    return {
        "processes": len(processes),
        "descriptors": len(os.listdir("/proc/self/fd")),
        "descriptors of zygotes": zygotes,
        "zygotes": len(sandbox.process_ids()),
    }


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(workers=WORKERS) as made:
        yield made


@pytest.mark.slow
def test_ten_thousand_hostile_runs_leave_nothing(sandbox: Sandbox) -> None:
    canary = corpus.Canary()
    targets = canary.targets
    wrong: list[str] = []
    slow: list[str] = []

    def run(case: corpus.Case) -> None:
        began = time.monotonic()
        if passes(sandbox, case, HOSTILE, targets):
            wrong.append(case.name)
        if time.monotonic() - began > HANG:
            slow.append(case.name)

    def right(case: corpus.Case) -> bool:
        return passes(sandbox, case, FAIR, targets)

    with ThreadPoolExecutor(WORKERS) as threads:
        able = [case for case, passed in zip(CONTROLS, threads.map(right, CONTROLS), strict=True) if passed]
        list(threads.map(run, ATTACKS))
        before, files_before, memory = standing(sandbox), files(), peak_mb()
        todo = cycle(ATTACKS)
        for _ in range(RUNS // ROUND):
            list(threads.map(run, islice(todo, ROUND)))
            assert all(threads.map(right, able[:20]))
        assert all(threads.map(right, able))
    assert len(able) > 0.9 * len(CONTROLS)
    assert sorted(set(wrong)) == [] and sorted(set(slow)) == []
    assert canary.effects() == []
    left = {path for path in files() - files_before if canary.mark in path or "synthgym" in path}
    assert left == set()
    time.sleep(0.5)
    after = standing(sandbox)
    canary.close()
    assert after == before
    assert peak_mb() < memory + GROWTH_MB


def peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
