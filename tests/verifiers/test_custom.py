"""Any callable as a verifier: each style of it, and each way to give one."""

import asyncio
import functools
import math
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from verifier_calls import BAD, RIGHT, TASK, judged, rewards, right

import synthgym
from synthgym import registry as registry_module
from synthgym.errors import SettingError
from synthgym.parsing import parse
from synthgym.plugins import VERIFIERS, as_signal, bounds_itself, get_verifier
from synthgym.signal import CustomVerifier, Signal
from synthgym.types import Response, Task
from synthgym.verifiers.custom import is_async, takes_batch
from synthgym.verifiers.score import score, verdict_on


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


@pytest.mark.parametrize("call", [lambda response: 1.0, lambda: 1.0, lambda a, b, c: 1.0])
def test_what_takes_other_arguments_is_told_at_once(call: Any) -> None:
    for verdict in judged(call):
        assert verdict.reward is None
        assert "a verifier is called with (task, response)" in (verdict.error or "")


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
