"""Any callable as a verifier: each style of it, and everything that it can do wrong, in this process."""

import asyncio
import functools
import math
import re
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import synthgym
from synthgym import registry as registry_module
from synthgym.errors import SettingError, VerifierError
from synthgym.parsing import parse, render
from synthgym.plugins import VERIFIERS, as_signal, bounds_itself, get_verifier
from synthgym.signal import CustomVerifier, Signal
from synthgym.types import Credit, Response, Task, Verdict
from synthgym.verifiers.custom import is_async, takes_batch
from synthgym.verifiers.deadline import Patience
from synthgym.verifiers.score import score, verdict_on

TASK = synthgym.get_family("chain_sum").task(3, difficulty=3)
RIGHT = render(TASK.reference, TASK.answer_format)
BAD = "this one"


def judged(verifier: Any, completions: Sequence[str] = (RIGHT, BAD, "=0"), **settings: Any) -> list[Verdict]:
    """Verdicts; second tries are left out, as they take a process."""
    signal = Signal(verifier=CustomVerifier(verifier, **settings) if settings else verifier)
    return score([TASK] * len(completions), completions, signal)


def rewards(
    verifier: Any, completions: Sequence[str] = (RIGHT, BAD, "=0"), **settings: Any
) -> list[float | None]:
    return [verdict.reward for verdict in judged(verifier, completions, **settings)]


@pytest.fixture
def no_second_try(monkeypatch: pytest.MonkeyPatch) -> None:
    """Failures stay as the first try left them."""
    monkeypatch.setattr(
        "synthgym.verifiers.score.retry",
        lambda cases, signal: [Verdict(reward=None, error=case.failure.text) for case in cases],
    )


def right(task: Task, response: Response) -> bool:
    return response.answer == task.reference.answer


async def right_async(task: Task, response: Response) -> bool:
    await asyncio.sleep(0)
    return right(task, response)


def right_batch(tasks: Sequence[Task], responses: Sequence[Response]) -> list[bool]:
    return [right(task, response) for task, response in zip(tasks, responses, strict=True)]


def right_array(tasks: "list[Task]", responses: "list[Response]") -> Any:
    return np.array(right_batch(tasks, responses), dtype=np.float32)


async def right_async_batch(tasks, responses):  # type: ignore[no-untyped-def]  # named, not annotated
    await asyncio.sleep(0)
    return tuple(right_batch(tasks, responses))


class Right:
    def __call__(self, task: Task, response: Response) -> float:
        return float(right(task, response))


class RightAsync:
    async def __call__(self, task: Task, response: Response) -> float:
        return float(await right_async(task, response))


class RightBatch:
    def __call__(self, tasks: Sequence[Task], responses: Sequence[Response]) -> list[bool]:
        return right_batch(tasks, responses)

    def one(self, task: Task, response: Response) -> bool:
        return right(task, response)


def with_option(option: int, task: Task, response: Response) -> bool:
    return right(task, response)


def deferred(task: Task, response: Response) -> Any:
    return right_async(task, response)


STYLES: list[Any] = [
    right,
    right_async,
    right_batch,
    right_array,
    right_async_batch,
    Right,
    Right(),
    RightAsync,
    RightAsync(),
    RightBatch,
    RightBatch().one,
    functools.partial(with_option, 3),
    functools.partial(right_async),
    lambda task, response: right(task, response),
    lambda tasks, responses: right_batch(tasks, responses),
    deferred,
    CustomVerifier(right, seconds=math.inf),
    CustomVerifier(right_async, seconds=math.inf, concurrency=1),
    CustomVerifier(lambda all_of, them: right_batch(all_of, them), batch=True),
]


@pytest.mark.parametrize("verifier", STYLES)
def test_any_callable_is_a_verifier(verifier: Any) -> None:
    assert rewards(verifier) == [1.0, 0.0, 0.0]
    assert rewards(verifier, [RIGHT]) == [1.0]
    assert rewards(verifier, []) == []
    task, response = TASK, parse(TASK, RIGHT)
    assert verdict_on(task, response, Signal(verifier=verifier)).reward == 1.0


@pytest.mark.parametrize("verifier", STYLES[:6])
def test_it_can_be_registered_and_named_in_a_signal(verifier: Any) -> None:
    try:
        assert synthgym.register_verifier("mine", seconds=5)(verifier) is verifier
        assert [v.reward for v in score([TASK, TASK], [RIGHT, BAD], "binary:mine")] == [1.0, 0.0]
        assert as_signal("binary:mine").label == "binary:mine"
        found = get_verifier(as_signal("binary:mine"))
        assert isinstance(found, CustomVerifier) and found.seconds == 5
    finally:
        VERIFIERS._loaded.pop("mine", None)


def test_an_object_keeps_its_state_between_calls() -> None:
    class Counting:
        def __init__(self) -> None:
            self.calls = 0

        def __call__(self, task: Task, response: Response) -> float:
            self.calls += 1
            return float(self.calls)

    signal = Signal(verifier=Counting)
    assert [score([TASK], [RIGHT], signal)[0].reward for _ in range(3)] == [1.0, 2.0, 3.0]


@pytest.mark.parametrize(
    ("verifier", "batch"),
    [
        (right, False),
        (right_batch, True),
        (right_array, True),
        (right_async_batch, True),
        (RightBatch(), True),
        (RightBatch().one, False),
        (lambda task, tasks: 0, False),
        (lambda *tasks: 0, False),
        (functools.partial(right_batch), True),
        (print, False),
    ],
)
def test_a_batch_verifier_says_so_by_its_type(verifier: Any, batch: bool) -> None:
    assert takes_batch(verifier) is batch


def test_annotations_as_text_are_read_even_where_they_cannot_be_resolved() -> None:
    names: dict[str, Any] = {}
    exec(  # noqa: S102  # our own text
        "from __future__ import annotations\n"
        "def many(items: Sequence[Task], others: list[Response]) -> list[float]: ...\n"
        "def one(item: Task, other: Response) -> float: ...\n",
        names,
    )
    assert takes_batch(names["many"])
    assert not takes_batch(names["one"])


def test_an_async_verifier_says_so_by_its_type() -> None:
    assert is_async(right_async) and is_async(RightAsync()) and is_async(functools.partial(right_async))
    assert not is_async(right) and not is_async(Right()) and not is_async(deferred)


def test_async_calls_run_side_by_side_within_their_limit() -> None:
    running: list[int] = []
    most: list[int] = []

    async def counted(task: Task, response: Response) -> float:
        running.append(1)
        most.append(len(running))
        await asyncio.sleep(0.01)
        running.pop()
        return 1.0

    assert rewards(counted, [RIGHT] * 100) == [1.0] * 100
    assert max(most) == 32
    most.clear()
    assert rewards(counted, [RIGHT] * 20, concurrency=3) == [1.0] * 20
    assert max(most) == 3


def test_async_verifiers_work_under_a_running_loop_and_keep_one_of_their_own() -> None:
    loops = set()

    async def noted(task: Task, response: Response) -> float:
        loops.add(asyncio.get_running_loop())
        return 1.0

    async def caller() -> list[float | None]:
        return rewards(noted)

    assert asyncio.run(caller()) == rewards(noted) == [1.0] * 3
    assert len(loops) == 1


def test_verifiers_may_score_with_other_verifiers() -> None:
    async def inner(task: Task, response: Response) -> float:
        await asyncio.sleep(0.001)
        return 0.25

    async def outer_async(task: Task, response: Response) -> Any:
        return score([task], [response.completion], Signal(verifier=inner))[0]

    def outer(task: Task, response: Response) -> Any:
        return score([task], [response.completion], Signal(verifier=outer_async))[0]

    assert rewards(outer) == rewards(outer_async) == [0.25] * 3


def test_two_threads_may_score_at_once() -> None:
    found: dict[int, list[float | None]] = {}

    def work(place: int) -> None:
        found[place] = rewards([right, right_async, right_batch][place % 3], [RIGHT, BAD] * 20)

    threads = [threading.Thread(target=work, args=(i,)) for i in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(found[i] == [1.0, 0.0] * 20 for i in range(6))


def test_context_and_prints_are_the_callers(capsys: pytest.CaptureFixture[str]) -> None:
    import decimal

    def talkative(task: Task, response: Response) -> float:
        print("seen")
        return float(decimal.getcontext().prec)

    with decimal.localcontext() as context:
        context.prec = 7
        assert rewards(talkative, [RIGHT]) == [7.0]
    assert capsys.readouterr().out == "seen\n"


def test_weights_reach_an_own_verifier() -> None:
    class Weighed(Right):
        def __init__(self, weight: float = 1.0) -> None:
            self.weight = weight

        def with_weights(self, weights: dict[str, float]) -> "Weighed":
            return Weighed(weights["all"])

        def __call__(self, task: Task, response: Response) -> float:
            return self.weight

    assert score([TASK], [RIGHT], Signal(verifier=Weighed, weights={"all": 0.5}))[0].reward == 0.5
    with pytest.raises(SettingError, match="takes none"):
        score([TASK], [RIGHT], Signal(verifier=right, weights={"all": 0.5}))


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: CustomVerifier(3), "cannot be called"),  # type: ignore[arg-type]  # that is the point
        (lambda: Signal(verifier=[]), "cannot be called"),  # type: ignore[arg-type]
        (lambda: CustomVerifier(right, seconds=0), "seconds 0 of right"),
        (lambda: CustomVerifier(right, seconds=True), "seconds True"),
        (lambda: CustomVerifier(right, concurrency=0), "concurrency 0"),
        (lambda: CustomVerifier(right, batch=3), "batch 3"),  # type: ignore[arg-type]
        (lambda: CustomVerifier(right, name=""), "name ''"),
        (lambda: Signal(verifier=CustomVerifier), "cannot be made without arguments"),
        (lambda: synthgym.register_verifier("Not A Name")(right), "lower-case"),
        (lambda: synthgym.register_verifier("mine", seconds=-1)(right), "seconds -1"),
        (lambda: synthgym.register_verifier("mine")(3), "cannot be called"),  # type: ignore[type-var]
    ],
)
def test_a_wrong_setting_is_named(make: Callable[[], Any], said: str) -> None:
    with pytest.raises(SettingError, match=said):
        make()


class Tensor:
    """Looks like one."""

    dtype, shape = "float32", ()

    def __repr__(self) -> str:
        return "tensor(0.5)"


class Unprintable:
    def __repr__(self) -> str:
        raise RuntimeError("no")


async def never_awaited() -> float:
    return 1.0


def too_deep(number: int) -> int:
    return too_deep(number + 1) + 1


def fails(what: str) -> Any:
    """Does `what` for one completion, and judges the others."""

    def verifier(task: Task, response: Response) -> Any:
        if response.completion != BAD:
            return right(task, response)
        if what == "raise":
            raise ValueError("boom")
        if what == "exit":
            sys.exit(3)
        if what == "interrupt":
            raise KeyboardInterrupt
        if what == "recursion":
            return too_deep(0)
        if what == "memory":
            raise MemoryError
        if what == "cancel":
            raise asyncio.CancelledError
        if what == "mutate":
            task.prompt = "easier"  # type: ignore[misc]
        return RETURNED[what]

    verifier.__name__ = "fails"
    return verifier


RETURNED: dict[str, Any] = {
    "None": None,
    "nan": math.nan,
    "inf": -math.inf,
    "huge": 10**400,
    "text": "1.0",
    "list": [1.0],
    "tensor": Tensor(),
    "array": np.array([1.0, 2.0]),
    "dict": {"reward": 1.0},
    "unprintable": Unprintable(),
    "reward nan": Verdict(reward=math.nan),
    "reward text": Verdict(reward="1"),  # type: ignore[arg-type]
    "component inf": Verdict(reward=1.0, components={"style": math.inf}),
    "component tensor": Verdict(reward=1.0, components={"style": Tensor()}),  # type: ignore[dict-item]
    "component name": Verdict(reward=1.0, components={3: 1.0}),  # type: ignore[dict-item]
    "components": Verdict(reward=1.0, components=[1.0]),  # type: ignore[arg-type]
    "credit outside": Verdict(reward=1.0, credits=(Credit(0, 99, 1.0),)),
    "credit backwards": Verdict(reward=1.0, credits=(Credit(3, 1, 1.0),)),
    "credit nan": Verdict(reward=1.0, credits=(Credit(0, 2, math.nan),)),
    "credits overlap": Verdict(reward=1.0, credits=(Credit(0, 3, 1.0), Credit(2, 4, 1.0))),
    "credits": Verdict(reward=1.0, credits=((0, 1, 1.0),)),  # type: ignore[arg-type]
}
SAID = {
    "raise": r"it raised ValueError\('boom'\) \(test_custom.py, line \d+\)",
    "exit": "it called sys.exit",
    "interrupt": "it raised KeyboardInterrupt",
    "recursion": "RecursionError.*too deep or too long",
    "memory": "MemoryError.*too deep or too long",
    "cancel": "it raised CancelledError",
    "mutate": "FrozenInstanceError.*dataclasses.replace",
    "None": r"it returned None.*return Verdict\(reward=None, error=...\)",
    "nan": "it returned nan; a Verdict, a finite number or a bool is needed",
    "inf": "it returned -inf",
    "huge": r"it returned 1000.*\.\.\.",
    "text": r"it returned '1.0'.*float\(...\)",
    "list": r"it returned \[1.0\].*batch=True",
    "tensor": r"it returned tensor\(0.5\).*\.item\(\)",
    "array": r"it returned array\(\[1., 2.\]\).*\.item\(\)",
    "dict": "it returned {'reward': 1.0}",
    "unprintable": "it returned <Unprintable>",
    "reward nan": "its verdict's reward is nan",
    "reward text": "its verdict's reward is '1'",
    "component inf": "its verdict's component 'style' is inf",
    "component tensor": r"its verdict's component 'style' is tensor\(0.5\).*\.item\(\)",
    "component name": "a component named 3",
    "components": r"components are \[1.0\]; a mapping",
    "credit outside": "start 0 and end 99; 0 <= start <= end <= 8",
    "credit backwards": "start 3 and end 1",
    "credit nan": "the credit from 0 to 2 has the value nan",
    "credits overlap": "the credit from 2 to 4 overlaps the one that ends at 3",
    "credits": r"a credit is \(0, 1, 1.0\)",
}


@pytest.mark.usefixtures("no_second_try")
@pytest.mark.parametrize("what", SAID)
@pytest.mark.parametrize("style", ["plain", "async", "batch"])
def test_a_failure_is_named_with_its_sample_and_spoils_no_other(what: str, style: str) -> None:
    plain = fails(what)

    async def fails_async(task: Task, response: Response) -> Any:
        return plain(task, response)

    def fails_batch(tasks: list[Task], responses: list[Response]) -> list[Any]:
        return [plain(task, response) for task, response in zip(tasks, responses, strict=True)]

    verifier = {"plain": plain, "async": fails_async, "batch": fails_batch}[style]
    first, bad, last = judged(verifier)
    assert (first.reward, bad.reward, last.reward) == (1.0, None, 0.0)
    import re

    error = bad.error or ""
    assert re.search(SAID[what], error), error
    assert (
        f"verifier binary:fails{'' if style == 'plain' else f'_{style}'} on task {TASK.id}, completion 'this one': "
        in error
    )
    assert first.error is last.error is None


@pytest.mark.usefixtures("no_second_try")
def test_an_awaitable_in_a_verdicts_place_is_named() -> None:
    def batch(tasks: list[Task], responses: list[Response]) -> list[Any]:
        return [never_awaited() for _ in tasks]

    assert all("await the coroutine" in (verdict.error or "") for verdict in judged(batch))


@pytest.mark.usefixtures("no_second_try")
@pytest.mark.parametrize(
    ("returned", "said"),
    [
        ([1.0], "it returned 1 results for 3 completions"),
        ([1.0] * 4, "it returned 4 results for 3 completions"),
        (0.5, "a list is needed"),
        ("abc", "a list is needed"),
        (None, "None .NoneType. for 3 completions; a list is needed"),
        (Tensor(), r"call .tolist\(\) on it"),
        (np.ones((3, 1)), r"call .tolist\(\) on it"),
        ({"a": 1}, "one verdict a completion, in order"),
        (iter([1.0]), r"call list\(...\) on it"),
    ],
)
def test_a_batch_of_the_wrong_shape_is_named_and_judged_one_by_one(returned: Any, said: str) -> None:
    sizes: list[int] = []

    def batch(tasks: list[Task], responses: list[Response]) -> Any:
        sizes.append(len(tasks))
        return [0.5] if len(tasks) == 1 and responses[0].completion != BAD else returned

    def always(tasks: list[Task], responses: list[Response]) -> Any:
        return returned if len(tasks) > 1 else None

    assert rewards(batch)[::2] == [0.5, 0.5]
    assert sizes == [3, 1, 1, 1]
    import re

    from synthgym.verifiers.returned import as_batch

    with pytest.raises(VerifierError, match=said):
        as_batch(returned, 3)
    assert all(re.search("None .NoneType. for 1 completion;", v.error or "") for v in judged(always))


def test_a_batch_that_raises_on_one_keeps_the_verdicts_of_the_others() -> None:
    def batch(tasks: list[Task], responses: list[Response]) -> list[float]:
        if any(response.completion == BAD for response in responses):
            raise ValueError("boom")
        return [0.5] * len(tasks)

    verdicts = judged(batch)
    assert [verdict.reward for verdict in verdicts] == [0.5, None, 0.5]
    assert "and so did the second try" in (verdicts[1].error or "")


def test_a_verdict_that_gives_no_reason_gets_one() -> None:
    verdict = judged(lambda task, response: Verdict(reward=None), [RIGHT])[0]
    assert verdict.reward is None
    assert re.search(
        f"^verifier binary:<lambda> on task {TASK.id}, completion .*: not scored: the verifier gave no reason; return",
        verdict.error or "",
    )


def test_an_exception_that_cannot_be_shown_is_still_an_exception() -> None:
    class UnspeakableError(Exception):
        def __str__(self) -> str:
            raise RuntimeError("no words")

        __repr__ = __str__

    def raising(task: Task, response: Response) -> float:
        raise UnspeakableError

    verdict = judged(raising, [RIGHT])[0]
    assert "it raised <UnspeakableError>" in (verdict.error or "")


def test_an_error_that_is_no_text_becomes_one() -> None:
    said: Any = ValueError("down")
    verdict = judged(lambda task, response: Verdict(reward=None, error=said), [RIGHT])[0]
    assert verdict == Verdict(reward=None, error="ValueError('down')")


def test_credits_of_numpy_become_plain_ones_and_none_is_refused() -> None:
    start, end, value = (np.int64(0), np.int64(1), np.float32(0.5))
    credits: Any = [Credit(start, end, value)]  # type: ignore[arg-type]
    verdict = judged(lambda task, response: Verdict(reward=1.0, credits=credits), [RIGHT])[0]
    assert verdict.credits == (Credit(0, 1, 0.5),)
    assert type(verdict.credits[0].end) is int and type(verdict.credits[0].value) is float
    nothing: Any = None
    refused = judged(lambda task, response: Verdict(reward=1.0, credits=nothing), [RIGHT])[0]
    assert "its verdict's credits are None; a tuple of Credit is needed" in (refused.error or "")


def test_a_generator_is_told_to_return() -> None:
    def yielding(task: Task, response: Response) -> Any:
        yield 1.0

    assert "write return in place of yield" in (judged(yielding, [RIGHT])[0].error or "")


def test_numpy_values_become_plain_ones() -> None:
    half: Any = np.float32(0.5)
    yes: Any = np.bool_(True)
    verdict = judged(lambda task, response: Verdict(reward=half, components={"a": yes}), [RIGHT])[0]
    assert type(verdict.reward) is float
    assert type(verdict.components["a"]) is float


@pytest.mark.parametrize("call", [lambda response: 1.0, lambda: 1.0, lambda a, b, c: 1.0])
def test_what_takes_other_arguments_is_told_at_once(call: Any) -> None:
    for verdict in judged(call):
        assert verdict.reward is None
        assert "a verifier is called with (task, response)" in (verdict.error or "")


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


def test_synthgyms_own_need_no_thread() -> None:
    from synthgym.verifiers import MathVerifier

    for label in ("binary", "rubric", "token"):
        assert bounds_itself(get_verifier(as_signal(label)))
    assert get_verifier(Signal(verifier=MathVerifier())) == MathVerifier()

    class Bounded:
        bounds_itself = True

        def __call__(self, task: Task, response: Response) -> float:
            return float(threading.current_thread() is threading.main_thread())

    assert rewards(Bounded) == [1.0] * 3
    assert rewards(lambda task, response: threading.current_thread() is threading.main_thread()) == [0.0] * 3


@pytest.fixture
def distribution(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An installed distribution with one entry point of each kind."""
    (tmp_path / "their_verifiers.py").write_text(
        "import synthgym\n"
        "def function(task, response): return 0.25\n"
        "class Class:\n    def __call__(self, task, response): return 0.5\n"
        "instance = Class()\n"
        "async def waiting(task, response): return 0.75\n"
        "def many(tasks, responses): return [1.0] * len(tasks)\n"
    )
    (tmp_path / "their_module.py").write_text(
        "import synthgym\n@synthgym.register_verifier('their_own', seconds=3)\ndef f(task, response): return 0.1\n"
    )
    info = tmp_path / "their_verifiers-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: their-verifiers\nVersion: 1.0\n")
    names = {"their_" + name.lower(): name for name in ("function", "Class", "instance", "waiting", "many")}
    lines = [f"{name} = their_verifiers:{value}" for name, value in names.items()]
    (info / "entry_points.txt").write_text(
        "\n".join(
            [
                "[synthgym.verifiers]",
                *lines,
                "their_own = their_module",
                "their_gone = their_verifiers:gone",
                "",
            ]
        )
    )
    monkeypatch.syspath_prepend(tmp_path)
    yield
    for name in [*names, "their_own"]:
        VERIFIERS._loaded.pop(name, None)
    for module in ("their_verifiers", "their_module"):
        sys.modules.pop(module, None)


@pytest.mark.usefixtures("distribution")
def test_verifiers_of_an_installed_distribution_are_found() -> None:
    assert "their_function" in VERIFIERS.names()
    expected = {"function": 0.25, "class": 0.5, "instance": 0.5, "waiting": 0.75, "many": 1.0, "own": 0.1}
    for name, reward in expected.items():
        assert score([TASK], [RIGHT], f"binary:their_{name}")[0].reward == reward
    with pytest.raises(synthgym.SynthGymError, match="verifier their_gone .*cannot be loaded"):
        score([TASK], [RIGHT], "binary:their_gone")


def test_an_entry_point_of_another_kind_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    entry = EntryPoint("their_number", "math:pi", "synthgym.verifiers")
    monkeypatch.setattr(registry_module, "entry_points", lambda group: [entry])
    try:
        with pytest.raises(SettingError, match=r"verifier 3\.14.* cannot be called"):
            score([TASK], [RIGHT], "binary:their_number")
    finally:
        VERIFIERS._loaded.pop("their_number", None)
