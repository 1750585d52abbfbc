"""What verifiers return and raise: each failure named with its sample, and no other completion spoilt."""

import asyncio
import math
import re
import sys
from typing import Any

import numpy as np
import pytest
from verifier_calls import BAD, RIGHT, TASK, judged, rewards, right

from synthgym.errors import VerifierError
from synthgym.types import Credit, Response, Task, Verdict


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
    "raise": r"it raised ValueError\('boom'\) \(test_returned.py, line \d+\)",
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
