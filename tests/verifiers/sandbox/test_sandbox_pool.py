"""The pool heals, holds nothing up, and leaves nothing behind: threads, event loops, forks, kills and Ctrl-C."""

import asyncio
import gc
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from synthgym.errors import SandboxError, SettingError
from synthgym.verifiers.sandbox import (
    Judged,
    Limits,
    Outcome,
    Run,
    Sandbox,
    judge_function,
    judge_function_async,
    judge_function_batch,
    judge_program_async,
    judge_program_batch,
    pool,
    run_async,
    run_batch,
    shared_sandbox,
    worker,
)

DOUBLE = "def f(x): return 2 * x"
TESTS = [{"args": [i], "expected": 2 * i} for i in range(5)]
SPIN = "while True: pass"


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(workers=2) as made:
        yield made


def works(sandbox: Sandbox) -> bool:
    return sandbox.judge_function(DOUBLE, "f", TESTS).passed


def descriptors() -> int:
    return len(os.listdir("/proc/self/fd"))


def descendants(pid: int) -> set[int]:
    found = set[int]()
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in map(int, task.read_text().split()):
            found |= {child} | descendants(child)
    return found


def eventually(holds: Callable[[], bool], seconds: float = 10.0) -> bool:
    until = time.monotonic() + seconds
    while not holds() and time.monotonic() < until:
        time.sleep(0.02)
    return holds()


def test_a_killed_zygote_costs_nothing(sandbox: Sandbox) -> None:
    for _ in range(3):
        assert works(sandbox)
        for pid in sandbox.process_ids():
            os.kill(pid, signal.SIGKILL)
    assert works(sandbox)
    assert len(sandbox.process_ids()) == 1


def test_a_stopped_zygote_is_given_up(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "GRACE_SECONDS", 0.2)
    monkeypatch.setattr(worker, "_PATIENCE", 0.2)
    assert works(sandbox)
    stopped = descendants(sandbox.process_ids()[0]) | set(sandbox.process_ids())
    for pid in stopped:
        os.kill(pid, signal.SIGSTOP)
    judged = sandbox.judge_function(DOUBLE, "f", TESTS, Limits(seconds=0.2))
    assert judged.passed or set(judged.outcomes) == {Outcome.CRASHED}
    assert works(sandbox)
    assert eventually(lambda: not any(Path(f"/proc/{pid}/exe").exists() for pid in stopped))


def test_solutions_run_side_by_side(sandbox: Sandbox) -> None:
    assert sandbox.judge_program_batch([("", [{"input": "", "output": ""}])] * 2)
    nap = "import time; print(time.monotonic()); time.sleep(0.5); print(time.monotonic())"
    ran = sandbox.run_batch([(nap, [""])] * 2, Limits(seconds=20))
    (first, second) = (tuple(map(float, r.results[0].stdout.split())) for r in ran if isinstance(r, Run))
    assert max(first[0], second[0]) < min(first[1], second[1])
    assert len(sandbox.process_ids()) == 2


def test_threads_share_it(sandbox: Sandbox) -> None:
    with ThreadPoolExecutor(8) as threads:
        judged = list(
            threads.map(
                lambda i: sandbox.judge_function(DOUBLE, "f", [{"args": [i], "expected": 2 * i}]), range(80)
            )
        )
    assert all(each.passed for each in judged)
    assert len(sandbox.process_ids()) <= 2


def test_a_batch_keeps_its_order_and_the_verdicts_of_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    cases = [(f"def f(x): return {i} * x", "f", TESTS) for i in range(6)]
    assert [isinstance(each, Judged) and each.passed for each in judge_function_batch(cases)] == [
        i == 2 for i in range(6)
    ]
    programs = [(f"print({i})", [{"input": "", "output": "1"}]) for i in range(3)]
    assert [isinstance(each, Judged) and each.passed for each in judge_program_batch(programs)] == [
        False,
        True,
        False,
    ]
    ran = run_batch([("print(input())", ["a", "b"]), ("print(1)", [""])])
    assert [[r.stdout for r in each.results] for each in ran if isinstance(each, Run)] == [
        ["a\n", "b\n"],
        ["1\n"],
    ]
    real = pool.Pool.run

    def failing(self: pool.Pool, payload: bytes, *rest: object, **more: object) -> object:
        if b"3 * x" in payload:
            raise SandboxError("no process")
        return real(self, payload, *rest, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(pool.Pool, "run", failing)
    mixed = judge_function_batch(cases)
    assert isinstance(mixed[3], SandboxError)
    assert isinstance(mixed[2], Judged) and mixed[2].passed


def test_an_event_loop_goes_on_meanwhile() -> None:
    ticks = 0

    async def tick() -> None:
        nonlocal ticks
        while True:
            ticks += 1
            await asyncio.sleep(0.01)

    async def main() -> tuple[Judged, Judged, Run]:
        ticking = asyncio.create_task(tick())
        nap = judge_program_async("import time; time.sleep(0.5)", [{"input": "", "output": ""}])
        found = await asyncio.gather(
            judge_function_async(DOUBLE, "f", TESTS), nap, run_async("print(1)", [""])
        )
        ticking.cancel()
        return found

    judged, napped, ran = asyncio.run(main())
    assert judged.passed and napped.passed and ran.results[0].stdout == "1\n"
    assert ticks > 10


def test_a_forked_child_has_its_own(sandbox: Sandbox) -> None:
    assert works(sandbox)
    own = sandbox.process_ids()
    child = os.fork()
    if child == 0:
        status = 1
        try:
            status = 0 if works(sandbox) and not set(own) & set(sandbox.process_ids()) else 2
            sandbox.close()
        finally:
            os._exit(status)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert works(sandbox)
    assert sandbox.process_ids() == own


def test_it_leaves_nothing_behind() -> None:
    def one_life() -> None:
        with Sandbox(workers=2) as sandbox:
            for source in ("import os; os._exit(111)", SPIN, "import os; os.kill(os.getpid(), 11)", "x = 1"):
                sandbox.judge_program(source, [{"input": "", "output": ""}], Limits(seconds=0.2))
            assert works(sandbox)

    one_life()
    gc.collect()
    before, children = descriptors(), descendants(os.getpid())
    for _ in range(3):
        one_life()
    gc.collect()
    assert descriptors() == before
    assert descendants(os.getpid()) == children


SCRIPT = """
    import threading, time
    from synthgym.verifiers.sandbox import Limits, Sandbox
    sandbox = Sandbox(workers=2)
    def report():
        while len(sandbox.process_ids()) < 2:
            time.sleep(0.01)
        time.sleep(0.3)
        print(*sandbox.process_ids(), flush=True)
    threading.Thread(target=report, daemon=True).start()
    sandbox.judge_program_batch([("while True: pass", [{"input": "", "output": ""}])] * 2, Limits(seconds=60))
"""


@pytest.mark.parametrize("by", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_whatever_ends_the_process_ends_the_solutions(by: signal.Signals) -> None:
    script = textwrap.dedent(SCRIPT)
    process = subprocess.Popen(
        [sys.executable, "-c", script], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    assert process.stdout is not None
    pids = list(map(int, process.stdout.readline().split()))
    assert len(pids) == 2
    everyone = set(pids).union(*map(descendants, pids))
    assert len(everyone) >= 4
    process.send_signal(by)
    process.wait(20)
    process.stdout.close()
    assert eventually(lambda: not any(Path(f"/proc/{pid}/exe").exists() for pid in everyone))


def test_a_call_that_is_cancelled_ends_its_solution_and_no_other() -> None:
    nothing = [{"input": "", "output": ""}]

    async def main(sandbox: Sandbox) -> Judged:
        nap = asyncio.create_task(
            sandbox.judge_program_async("import time; time.sleep(1.5)", nothing, Limits(seconds=20))
        )
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(sandbox.judge_program_async(SPIN, nothing, Limits(seconds=60)), 0.5)
        return await nap

    with Sandbox(workers=2) as sandbox:
        began = time.monotonic()
        assert asyncio.run(main(sandbox)).passed
        assert time.monotonic() - began < 30  # and not the 60 s that the other had
        assert works(sandbox)


def test_an_interrupt_in_the_middle_leaves_a_pool_that_works(sandbox: Sandbox) -> None:
    assert works(sandbox)
    timer = threading.Timer(
        0.3, lambda: signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)
    )
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        sandbox.judge_program(SPIN, [{"input": "", "output": ""}], Limits(seconds=30))
    assert sandbox.process_ids() == []
    assert works(sandbox)


def test_closing_while_in_use_ends_what_runs(sandbox: Sandbox) -> None:
    with ThreadPoolExecutor(1) as threads:
        running = threads.submit(
            sandbox.judge_program, SPIN, [{"input": "", "output": ""}], Limits(seconds=5)
        )
        assert eventually(lambda: bool(sandbox.process_ids()))
        time.sleep(0.2)
        sandbox.close()
        try:
            assert not running.result(20).passed
        except SandboxError:
            pass
    assert works(sandbox)


def test_where_no_process_starts_it_is_an_error_that_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    shared_sandbox().isolation  # noqa: B018  # found out before
    monkeypatch.setattr(worker, "_BOOT", "raise SystemExit('no luck today')")
    with Sandbox(workers=1) as sandbox, pytest.raises(SandboxError, match="no luck today.*has memory left"):
        sandbox.judge_function(DOUBLE, "f", TESTS)


@pytest.mark.parametrize(
    ("given", "said"), [(0, "workers 0"), (-1, "above 0"), (1.5, "whole number"), (True, "True")]
)
def test_a_wrong_number_of_workers_is_named(given: object, said: str) -> None:
    with pytest.raises(SettingError, match=said):
        Sandbox(workers=given)  # type: ignore[arg-type]


def test_no_test_waits_for_a_deadline_that_passed() -> None:
    judged = judge_function("def f(x):\n    while x: pass", "f", TESTS, Limits(seconds=0.3), fresh=True)
    assert judged.outcomes[0] is Outcome.WRONG  # f(0) is None
    assert set(judged.outcomes[1:]) == {Outcome.TIMEOUT}
    assert judged.seconds < 5
