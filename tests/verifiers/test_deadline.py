"""Verifiers that do not end: stopped at their deadline, unscored, and the others keep their verdicts."""

import asyncio
import threading
import time
from typing import Any

import pytest
from verifier_calls import BAD, RIGHT, judged, rewards

from synthgym.types import Response, Task
from synthgym.verifiers.deadline import Patience


def spinning(task: Task, response: Response) -> float:
    while response.completion == BAD:
        pass
    return 0.5


def sleeping(task: Task, response: Response) -> float:
    if response.completion == BAD:
        time.sleep(3)
    return 0.5


async def waiting(task: Task, response: Response) -> float:
    if response.completion == BAD:
        await asyncio.sleep(1000)
    return 0.5


async def holding(task: Task, response: Response) -> float:
    await asyncio.sleep(0)
    while response.completion == BAD:
        pass
    return 0.5


async def stubborn(task: Task, response: Response) -> float:
    while response.completion == BAD:
        try:
            await asyncio.sleep(1)
        except asyncio.CancelledError:
            continue
    return 0.5


def swallowing(task: Task, response: Response) -> float:
    try:
        return spinning(task, response)
    except Exception:
        return 0.0


def swallowing_all(task: Task, response: Response) -> float:
    try:
        return spinning(task, response)
    except BaseException:
        return 0.0


def spinning_batch(tasks: list[Task], responses: list[Response]) -> list[float]:
    return [spinning(task, response) for task, response in zip(tasks, responses, strict=True)]


@pytest.mark.usefixtures("no_second_try")
@pytest.mark.parametrize(
    "verifier", [spinning, sleeping, waiting, holding, stubborn, swallowing, swallowing_all, spinning_batch]
)
def test_one_that_hangs_is_stopped_and_never_scores_0(verifier: Any) -> None:
    first, bad, last = judged(verifier, seconds=0.3)
    assert (first.reward, bad.reward, last.reward) == (0.5, None, 0.5)
    assert "0.3 s" in (bad.error or "") and "completion 'this one'" in (bad.error or "")
    assert rewards(verifier, [RIGHT], seconds=5) == [0.5]


@pytest.mark.usefixtures("no_second_try")
def test_timeouts_shorten_the_deadline_and_say_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("synthgym.verifiers.deadline.FLOOR_SECONDS", 0.05)
    verdicts = judged(spinning, [BAD, BAD, BAD, BAD, RIGHT, BAD], seconds=0.4)
    told = [(verdict.error or "").partition("within ")[2].partition(";")[0] for verdict in verdicts]
    assert told[0] == "0.4 s"
    assert told[1] == "0.2 s (of 0.4 s, as others before it did not answer in time)"
    assert told[3].startswith("0.05 s")
    assert verdicts[4].reward == 0.5
    assert told[5].startswith("0.05 s")


def test_the_deadline_stays_well_above_what_calls_take_that_end_in_time() -> None:
    assert Patience(10.0, late=5, slowest=0.0).seconds == 1.0
    assert Patience(10.0, late=5, slowest=1.5).seconds == 6.0
    assert Patience(10.0, late=5, slowest=9.0).seconds == 10.0
    assert Patience(0.5, late=5).seconds == 0.5


def test_threads_that_were_stopped_are_gone() -> None:
    before = threading.active_count()
    rewards(spinning, seconds=0.1)
    assert threading.active_count() <= before + 1


@pytest.mark.usefixtures("no_second_try")
def test_time_that_another_call_takes_is_not_counted() -> None:
    async def greedy(task: Task, response: Response) -> float:
        await asyncio.sleep(0.01)
        if response.completion == BAD:
            until = time.monotonic() + 0.4
            while time.monotonic() < until:
                pass
        return 0.5

    assert rewards(greedy, [RIGHT, BAD, "=1", BAD, "=2", BAD], seconds=0.8) == [0.5] * 6


def test_an_interrupt_of_the_caller_stops_the_verifier() -> None:
    import _thread

    stopped = threading.Event()

    def endless(task: Task, response: Response) -> float:
        try:
            _thread.interrupt_main()
            while True:
                time.sleep(0.01)
        finally:
            stopped.set()

    with pytest.raises(KeyboardInterrupt):
        rewards(endless)
    assert stopped.wait(5)
