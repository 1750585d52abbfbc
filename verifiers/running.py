"""Running a verifier over completions: every style of it, each completion with a verdict or a failure of its own."""

import inspect
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from math import isinf
from typing import Any, TypeAlias

from synthgym.errors import FamilyError, SettingError, SynthGymError, VerifierError
from synthgym.types import Response, Task, Verdict
from synthgym.verifiers.custom import Plan
from synthgym.verifiers.deadline import Deadline, Late, run_within
from synthgym.verifiers.event_loop import run_side_by_side
from synthgym.verifiers.returned import (
    NOT_SCORED,
    UNSCORED,
    Failure,
    as_batch,
    as_verdict,
    failure,
    raised,
)

Outcome: TypeAlias = Verdict | Failure


@dataclass(frozen=True, slots=True)
class _Wrong:
    """What a call did in place of judging; `what` is told of every completion in it."""

    what: str
    hung: bool = False
    error: SynthGymError | None = None


@dataclass(frozen=True, slots=True)
class _Pending:
    """A plain function's result that must be awaited."""

    awaitable: Awaitable[Any]


_Call: TypeAlias = tuple[Sequence[Task], Sequence[Response]]
_Called: TypeAlias = list[Verdict | _Wrong] | _Wrong | _Pending


def run(plan: Plan, tasks: Sequence[Task], responses: Sequence[Response]) -> list[Outcome]:
    """A verdict or a failure a completion, in this process.

    A batch that fails as a whole is judged again, one completion at a time.

    Raises:
        SettingError: if one of SynthGym's own verifiers refuses its settings.
    """
    if plan.unfit is not None:
        return [
            failure(plan.name, *pair, plan.unfit, final=True) for pair in zip(tasks, responses, strict=True)
        ]
    if not plan.checked:
        return [_plainly(plan, task, response) for task, response in zip(tasks, responses, strict=True)]
    alone: list[_Call] = [([task], [response]) for task, response in zip(tasks, responses, strict=True)]
    if plan.batch and tasks:
        judged = _run(plan, [(tasks, responses)], plan.seconds)[0]
        if (
            len(tasks) > 1 and isinstance(judged[0], _Wrong) and judged[0] is judged[-1]
        ):  # the call itself failed
            judged = [only for (only,) in _run(plan, alone, plan.alone_seconds)]
    else:
        judged = [only for (only,) in _run(plan, alone, plan.seconds)]
    return [
        _outcome(plan, task, response, one)
        for task, response, one in zip(tasks, responses, judged, strict=True)
    ]


def _outcome(plan: Plan, task: Task, response: Response, judged: Verdict | _Wrong) -> Outcome:
    if isinstance(judged, Verdict):
        if judged.reward is None and not plan.own and (judged.error or "").startswith(NOT_SCORED):
            named = failure(plan.name, task, response, f"{judged.error}; {UNSCORED}")
            return replace(judged, error=named.text)
        return judged
    if isinstance(judged.error, SettingError):
        raise judged.error
    if isinstance(judged.error, FamilyError):
        return Failure(str(judged.error), error=judged.error)  # it names the sample itself
    failed = failure(plan.name, task, response, judged.what, hung=judged.hung)
    return replace(failed, error=judged.error)


def _plainly(plan: Plan, task: Task, response: Response) -> Outcome:
    """What `run` does for the generic verifiers, in the least time."""
    try:
        return as_verdict(plan.call(task, response))
    except Exception as error:  # noqa: BLE001
        return _outcome(plan, task, response, _caught(plan, error))


def _run(plan: Plan, calls: Sequence[_Call], seconds: float) -> list[list[Verdict | _Wrong]]:
    """What comes of each call: a list with a result a completion."""
    if plan.asynchronous:
        called = _awaited(plan, [partial(_call_async, plan, *call) for call in calls], seconds)
    elif isinf(seconds):
        called = [_call(plan, *call) for call in calls]
    else:
        called = [
            _timely(one) for one in run_within([partial(_call, plan, *call) for call in calls], seconds)
        ]
    waiting = {place: one.awaitable for place, one in enumerate(called) if isinstance(one, _Pending)}
    if waiting:
        jobs = [partial(_await, plan, *calls[place], one) for place, one in waiting.items()]
        for place, one in zip(waiting, _awaited(plan, jobs, seconds), strict=True):
            called[place] = one
    return [_spread(one, len(call[0])) for one, call in zip(called, calls, strict=True)]


def _spread(called: _Called, number: int) -> list[Verdict | _Wrong]:
    if isinstance(called, list):
        return called
    return [
        called if isinstance(called, _Wrong) else _Wrong("it returned an awaitable of an awaitable")
    ] * number


def _awaited(plan: Plan, jobs: Sequence[Callable[[], Awaitable[_Called]]], seconds: float) -> list[_Called]:
    return [_timely(one) for one in run_side_by_side(jobs, seconds, plan.concurrency)]


def _timely(one: _Called | Late) -> _Called:
    return _Wrong(str(one), hung=True) if isinstance(one, Late) else one


def _call(plan: Plan, tasks: Sequence[Task], responses: Sequence[Response]) -> _Called:
    try:
        returned = plan.call([*tasks], [*responses]) if plan.batch else plan.call(tasks[0], responses[0])
        if type(returned) is not Verdict and inspect.isawaitable(returned):
            return _Pending(returned)
        return _read(plan, returned, responses)
    except Deadline:
        raise
    except BaseException as error:  # noqa: BLE001  # whatever a plug-in raises is its own failure, sys.exit() included
        return _caught(plan, error)


async def _call_async(plan: Plan, tasks: Sequence[Task], responses: Sequence[Response]) -> _Called:
    try:
        awaitable = plan.call([*tasks], [*responses]) if plan.batch else plan.call(tasks[0], responses[0])
    except Deadline:
        raise
    except BaseException as error:  # noqa: BLE001
        return _caught(plan, error)
    if not inspect.isawaitable(awaitable):
        return _read_safely(plan, awaitable, responses)
    return await _await(plan, tasks, responses, awaitable)


async def _await(
    plan: Plan, tasks: Sequence[Task], responses: Sequence[Response], awaitable: Awaitable[Any]
) -> _Called:
    try:
        return _read(plan, await awaitable, responses)
    except Deadline:
        raise
    except GeneratorExit:
        raise
    except BaseException as error:  # noqa: BLE001  # cancellation, too: where it is ours, nobody waits for the result
        return _caught(plan, error)


def _read_safely(plan: Plan, returned: object, responses: Sequence[Response]) -> _Called:
    try:
        return _read(plan, returned, responses)
    except Exception as error:  # noqa: BLE001
        return _caught(plan, error)


def _read(plan: Plan, returned: object, responses: Sequence[Response]) -> list[Verdict | _Wrong]:
    """What a call returned, as a verdict for each completion, or what is wrong with that one.

    Raises:
        VerifierError: if it is no list of as many.
    """
    if not plan.batch:
        return [as_verdict(returned, responses[0])]
    return [
        _element(one, response)
        for one, response in zip(as_batch(returned, len(responses)), responses, strict=True)
    ]


def _element(returned: object, response: Response) -> Verdict | _Wrong:
    try:
        return as_verdict(returned, response)
    except VerifierError as error:
        return _Wrong(str(error))


def _caught(plan: Plan, error: BaseException) -> _Wrong:
    if isinstance(error, KeyboardInterrupt) and isinf(plan.seconds) and not plan.asynchronous:
        raise error
    if type(error) is VerifierError and not plan.own:
        return _Wrong(str(error))
    if plan.own and isinstance(error, SynthGymError):
        return _Wrong(str(error), error=error)
    return _Wrong(raised(error))
