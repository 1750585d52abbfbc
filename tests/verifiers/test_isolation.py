"""Verifiers in clean processes: what ends them, what cannot be carried there, and the second try."""

import asyncio
import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

import synthgym
from synthgym.errors import FamilyError
from synthgym.parsing import render
from synthgym.signal import CustomVerifier, Signal
from synthgym.types import Response, Task, Verdict
from synthgym.verifiers import isolation, retry
from synthgym.verifiers.score import score

TASK = synthgym.get_family("chain_sum").task(3, difficulty=3)
RIGHT = render(TASK.reference, TASK.answer_format)
BAD = "this one"
SECONDS = 0.7


def judged(verifier: Any, completions: Sequence[str] = (RIGHT, BAD, "=0"), **settings: Any) -> list[Verdict]:
    signal = Signal(verifier=CustomVerifier(verifier, **{"isolated": True, **settings}))
    return score([TASK] * len(completions), completions, signal)


def rewards(
    verifier: Any, completions: Sequence[str] = (RIGHT, BAD, "=0"), **settings: Any
) -> list[float | None]:
    return [verdict.reward for verdict in judged(verifier, completions, **settings)]


def process(task: Task, response: Response) -> float:
    return float(os.getpid())


async def process_async(task: Task, response: Response) -> float:
    await asyncio.sleep(0)
    return float(os.getpid())


def process_batch(tasks: list[Task], responses: list[Response]) -> list[float]:
    return [float(os.getpid())] * len(tasks)


class Process:
    def __init__(self, factor: float = 1.0) -> None:
        self.factor = factor

    def __call__(self, task: Task, response: Response) -> float:
        return self.factor * os.getpid()


def test_every_style_runs_in_one_other_process_that_lasts() -> None:
    offset = 1.0
    seen = set()
    for verifier in (
        process,
        process_async,
        process_batch,
        Process,
        lambda task, response: offset * os.getpid(),
    ):
        for _ in range(2):
            seen |= set(rewards(verifier))
    assert len(seen) == 1
    assert float(os.getpid()) not in seen


def catastrophic(task: Task, response: Response) -> float:
    """Holds the interpreter for hours on one completion."""
    return 0.5 if response.completion != BAD else float(bool(re.match(r"(a|a)*$", "a" * 60 + "b")))


def swallowing(task: Task, response: Response) -> float:
    while response.completion == BAD:
        try:
            time.sleep(1000)
        except BaseException:
            continue
    return 0.5


def leaving(task: Task, response: Response) -> float:
    if response.completion == BAD:
        os._exit(0)
    return 0.5


def leaving_batch(tasks: list[Task], responses: list[Response]) -> list[float]:
    return [leaving(task, response) for task, response in zip(tasks, responses, strict=True)]


def catastrophic_batch(tasks: list[Task], responses: list[Response]) -> list[float]:
    return [catastrophic(task, response) for task, response in zip(tasks, responses, strict=True)]


async def catastrophic_async(task: Task, response: Response) -> float:
    await asyncio.sleep(0)
    return catastrophic(task, response)


def raising(task: Task, response: Response) -> float:
    if response.completion == BAD:
        raise ValueError("boom")
    return 0.5


@pytest.mark.parametrize(
    ("verifier", "said"),
    [
        (catastrophic, "it did not answer within 0.7 s; give it more with seconds=... ("),
        pytest.param(catastrophic_batch, "it did not answer within 0.7 s", marks=pytest.mark.slow),
        pytest.param(catastrophic_async, "it did not answer within 0.7 s", marks=pytest.mark.slow),
        (swallowing, "it did not answer within 0.7 s"),
        (leaving, "its process ended with exit status 0"),
        (leaving_batch, "its process ended with exit status 0"),
        (raising, "it raised ValueError('boom')"),
    ],
)
def test_what_nothing_else_ends_is_ended(verifier: Any, said: str) -> None:
    first, bad, last = judged(verifier, seconds=SECONDS)
    assert (first.reward, bad.reward, last.reward) == (0.5, None, 0.5)
    assert said in (bad.error or ""), bad.error
    assert "completion 'this one'" in (bad.error or "")
    assert "second try" in (bad.error or "")
    assert rewards(verifier, [RIGHT]) == [0.5]


def test_what_it_prints_is_no_answer() -> None:
    def talkative(task: Task, response: Response) -> float:
        print("x" * 100_000)
        sys.stdout.flush()
        os.write(1, b"\x00" * 1000)
        return 0.5

    assert rewards(talkative) == [0.5] * 3


def test_a_large_completion_and_hostile_ones_arrive_whole() -> None:
    def length(task: Task, response: Response) -> float:
        return float(len(response.completion))

    assert rewards(length, ["a" * 10**6, "", "\ud800", "\x00"]) == [1e6, 0.0, 1.0, 1.0]


def test_what_cannot_be_carried_there_is_told_with_the_remedy() -> None:
    lock = threading.Lock()

    def locked(task: Task, response: Response) -> float:
        with lock:
            return 1.0

    for verdict in judged(locked):
        assert verdict.reward is None
        assert "cannot be pickled for a process of its own" in (verdict.error or "")
        assert "when it is first called" in (verdict.error or "")
    assert [verdict.reward for verdict in judged(locked, isolated=False)] == [1.0] * 3


def test_what_is_too_large_to_be_carried_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(isolation, "MAX_BYTES", 100_000)
    weights = b"x" * 200_000
    verdict = judged(lambda task, response: float(len(weights)), [RIGHT])[0]
    assert "more than 0 MB" in (verdict.error or "")


class Unloadable:
    def __reduce__(self) -> Any:
        return _refuse, ()

    def __call__(self, task: Task, response: Response) -> float:
        return 1.0


def _refuse() -> None:
    raise RuntimeError("not here")


def test_what_cannot_be_loaded_there_is_told_with_the_remedy() -> None:
    for verdict in judged(Unloadable()):
        assert verdict.reward is None
        assert "cannot be loaded in a process of its own (RuntimeError('not here'))" in (verdict.error or "")


def test_a_family_of_this_process_goes_along() -> None:
    from synthgym.plugins import FAMILIES

    class Halves(type(synthgym.get_family("chain_sum"))):  # type: ignore[misc]
        name = "halves"

    FAMILIES.add("halves", Halves())
    try:
        task = synthgym.get_family("halves").task(1)

        def truth(task: Task, response: Response) -> bool:
            return bool(synthgym.get_family(task.family).is_right(task, response))

        completion = render(task.reference, task.answer_format)
        signal = Signal(verifier=CustomVerifier(truth, isolated=True))
        assert score([task], [completion], signal)[0].reward == 1.0
    finally:
        del FAMILIES._loaded["halves"]


def test_two_threads_have_a_process_each() -> None:
    found: list[set[float | None]] = []

    def slowly(task: Task, response: Response) -> float:
        time.sleep(0.1)
        return float(os.getpid())

    threads = [threading.Thread(target=lambda: found.append(set(rewards(slowly)))) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 2 and all(len(one) == 1 for one in found)
    assert found[0] != found[1]


def test_a_scripts_own_function_is_carried_and_the_script_is_not_run_again(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(
        "import re, synthgym\n"
        "print('once')\n"
        "FACTOR = 0.5\n"
        "@synthgym.register_verifier('mine', isolated=True, seconds=0.7)\n"
        "def mine(task, response):\n"
        "    return FACTOR if response.completion != 'bad' else bool(re.match(r'(a|a)*$', 'a' * 60 + 'b'))\n"
        "task = synthgym.get_family('chain_sum').task(0)\n"
        "print([v.reward for v in synthgym.score([task] * 3, ['=3', 'bad', ''], 'binary:mine')])\n"
    )
    done = subprocess.run([sys.executable, script], capture_output=True, text=True, timeout=120, cwd=tmp_path)
    assert done.stdout == "once\n[0.5, None, 0.5]\n", done.stderr


def flaky(folder: str) -> Any:
    """Fails in this process, and works in any other."""
    here = os.getpid()

    def verifier(task: Task, response: Response) -> float:
        if os.getpid() == here:
            raise RuntimeError("not here")
        if response.completion == BAD:
            while True:
                pass
        return 0.5

    return verifier


def test_the_second_try_is_in_a_fresh_process_and_one_that_hangs_costs_no_other() -> None:
    verdicts = judged(flaky(""), [RIGHT, BAD, "=0", BAD, "=1"], isolated=False, seconds=SECONDS)
    assert [verdict.reward for verdict in verdicts] == [0.5, None, 0.5, None, 0.5]
    assert "RuntimeError('not here')" in (verdicts[1].error or "")
    assert "the second try did not end within 0.7 s" in (verdicts[1].error or "")


def test_second_tries_are_bounded_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retry, "SECONDS", 0.0)
    verdicts = judged(flaky(""), isolated=False)
    assert [verdict.reward for verdict in verdicts] == [None] * 3
    assert "no second try: those of this call took 0 s together" in (verdicts[0].error or "")


def test_where_second_tries_hang_too_the_rest_is_not_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("synthgym.verifiers.deadline.FLOOR_SECONDS", 0.1)
    verdicts = judged(swallowing, [BAD] * 5 + [RIGHT], isolated=False, seconds=0.2)
    assert [verdict.reward for verdict in verdicts] == [None] * 5 + [0.5]
    assert "the second try did not end within 0.2 s" in (verdicts[0].error or "")
    assert "the second try did not end within 0.1 s" in (verdicts[2].error or "")
    assert "no second try: 3 in a row did not end in time either" in (verdicts[3].error or "")


def test_a_familys_fault_is_tried_again_in_a_process_where_it_may_not_be(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    family = synthgym.get_family("chain_sum")

    def fails(task: Task, answer: str) -> bool:
        raise FamilyError("broken here")

    monkeypatch.setattr(family, "is_correct", fails)
    assert score([TASK], [RIGHT], "binary")[0].reward == 1.0


def test_an_interrupt_ends_the_process() -> None:
    import _thread

    threading.Timer(0.5, _thread.interrupt_main).start()
    with pytest.raises(KeyboardInterrupt):
        judged(swallowing, [BAD], seconds=30)
    assert rewards(process, [RIGHT]) != [None]


_OTHER_PROCESSES = """
import asyncio, multiprocessing, os
import synthgym
from synthgym import CustomVerifier, Signal

def plain(task, response):
    return 1.0

async def waiting(task, response):
    await asyncio.sleep(0)
    return 1.0

def rewards(_=0):
    task = synthgym.get_family("chain_sum").task(0)
    signals = [Signal(verifier=CustomVerifier(plain, isolated=True)), Signal(verifier=waiting)]
    return [synthgym.score([task], ["=1"], signal)[0].reward for signal in signals]

if __name__ == "__main__":
    print(rewards())
    child = os.fork()
    if child == 0:
        print(rewards(), flush=True)
        raise SystemExit
    assert os.waitpid(child, 0)[1] == 0
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        print(*pool.map(rewards, [0]))
"""


def test_forked_and_spawned_processes_have_workers_of_their_own_and_make_no_noise(tmp_path: Path) -> None:
    script = tmp_path / "mine.py"
    script.write_text(_OTHER_PROCESSES)
    done = subprocess.run(
        [sys.executable, "-W", "always::ResourceWarning", script], capture_output=True, text=True, timeout=120
    )
    assert done.stdout.splitlines() == ["[1.0, 1.0]"] * 3, done.stderr
    assert "ResourceWarning" not in done.stderr and "ignored" not in done.stderr
