"""How any callable is run as a verifier: plain or async, for one completion or a batch, as its type says."""

import inspect
import math
import re
import typing
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from synthgym.plugins import bounds_itself
from synthgym.signal import CustomVerifier as CustomVerifier
from synthgym.signal import Verifier

ONE_SECONDS = 10.0
"""Wall time of a verifier's call for one completion, where its settings say nothing."""
BATCH_SECONDS = 60.0
"""Likewise of a call for a batch."""
CONCURRENCY = 32
_SEQUENCES = (list, tuple, Sequence, Iterable, Collection)
_SEQUENCE_TEXT = re.compile(r"(\w+\.)*(Sequence|Iterable|Collection|list|List|tuple|Tuple)\b")
_UNTYPED = (inspect.Parameter.empty, Any, "Any", "typing.Any")


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How a verifier is run.

    Attributes:
        name: what errors call it.
        batch: a call takes lists of tasks and responses.
        asynchronous: a call gives an awaitable.
        seconds: wall time of one call; infinity for what bounds itself.
        alone_seconds: likewise, where a completion of a batch is judged alone.
        own: one of SynthGym's, or an extension that bounds itself: its errors are passed on as they are.
        checked: its credits are looked at.
        unfit: why it cannot be called as verifiers are, if so.
    """

    call: Callable[..., Any]
    name: str
    batch: bool
    asynchronous: bool
    seconds: float
    alone_seconds: float
    isolated: bool
    concurrency: int
    own: bool
    checked: bool
    unfit: str | None


def plan_of(verifier: Verifier, label: str) -> Plan:
    """How `verifier`, as `get_verifier` gives it, is run; errors call it by `label`, the signal's."""
    if not isinstance(verifier, CustomVerifier):
        return _plan_of_own(verifier, label)
    call: Any = verifier.call
    batch = takes_batch(call) if verifier.batch is None else verifier.batch
    own = bounds_itself(call)
    given = math.inf if own and verifier.seconds is None else verifier.seconds
    return Plan(
        call=call,
        name=label,
        batch=batch,
        asynchronous=is_async(call),
        seconds=float(given or (BATCH_SECONDS if batch else ONE_SECONDS)),
        alone_seconds=float(given or ONE_SECONDS),
        isolated=verifier.isolated,
        concurrency=verifier.concurrency,
        own=own,
        checked=True,
        unfit=_unfit(call, batch),
    )


def _plan_of_own(call: Any, label: str) -> Plan:
    concurrency = getattr(call, "concurrency", CONCURRENCY)
    plain = getattr(call, "__module__", "").startswith("synthgym.verifiers.generic.")
    return Plan(
        call=call,
        name=label,
        batch=not plain and takes_batch(call),
        asynchronous=not plain and is_async(call),
        seconds=math.inf,
        alone_seconds=math.inf,
        isolated=False,
        concurrency=concurrency if type(concurrency) is int and concurrency > 0 else CONCURRENCY,
        own=True,
        checked=not plain,
        unfit=None,
    )


def is_async(call: Any) -> bool:
    """Whether a call gives a coroutine, by its type: an async function, or an object whose `__call__` is one."""
    while isinstance(call, partial):
        call = call.func
    return inspect.iscoroutinefunction(call) or inspect.iscoroutinefunction(_method(call))


def _method(call: Any) -> Any:
    """The `__call__` of an object's class."""
    return next(
        (kind.__dict__["__call__"] for kind in type(call).__mro__ if "__call__" in kind.__dict__), call
    )


def takes_batch(call: Any) -> bool:
    """Whether the first parameter is a sequence by its annotation, or, where it has none, is named ``tasks``."""
    first = next(iter(_parameters(call)), None)
    if first is None or first.kind is first.VAR_POSITIONAL:
        return False
    annotation = _annotation(call, first)
    if annotation in _UNTYPED:
        return first.name == "tasks"
    if isinstance(annotation, str):
        return _SEQUENCE_TEXT.match(annotation.strip()) is not None
    return annotation in _SEQUENCES or typing.get_origin(annotation) in _SEQUENCES


def _parameters(call: Any) -> list[inspect.Parameter]:
    try:
        return [*inspect.signature(call).parameters.values()]
    except (ValueError, TypeError):  # some built-in callables have no signature
        return []


def _annotation(call: Any, parameter: inspect.Parameter) -> Any:
    """The parameter's annotation, with names resolved where they can be."""
    if not isinstance(parameter.annotation, str):
        return parameter.annotation
    while isinstance(call, partial):
        call = call.func
    function = call if hasattr(call, "__code__") else _method(call)
    try:
        return typing.get_type_hints(inspect.unwrap(function)).get(parameter.name, parameter.annotation)
    except Exception:  # noqa: BLE001  # resolving runs the user's own text, which may name what is not there
        return parameter.annotation.strip("'\"")


def _unfit(call: Any, batch: bool) -> str | None:
    try:
        signature = inspect.signature(call)
    except (ValueError, TypeError):
        return None
    try:
        signature.bind(None, None)
    except TypeError:
        needed = "(tasks, responses)" if batch else "(task, response)"
        return (
            f"it takes {signature}, and a verifier is called with {needed}; change its parameters, or use "
            "functools.partial"
        )
    return None
