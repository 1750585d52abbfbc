"""The clean process in which a verifier is run; `synthgym.verifiers.isolation` starts it, talks to it, and kills it.

Requests and replies are pickles behind their length, on the standard input and output that it was started with. What a
verifier prints goes to standard error.
"""

import contextlib
import math
import os
import pickle
import signal as signals
import struct
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, BinaryIO

from synthgym.errors import SynthGymError
from synthgym.types import Credit, Verdict
from synthgym.verifiers.returned import Failure

LENGTH = struct.Struct(">Q")
_KEPT = 8
_SLACK_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Request:
    """A verifier to load, or completions to judge by one that is loaded.

    Attributes:
        key: names the verifier.
        payload: a pickle of its signal, and of the families that this process may not have; None to judge.
        sample: a pickle of the tasks and completions.
        seconds: wall time until the process is killed.
    """

    key: str
    payload: bytes | None
    sample: bytes
    seconds: float


@dataclass(frozen=True, slots=True)
class Reply:
    """What came of a request: a pickle of the outcomes, or why there is none, and the module that was not found."""

    content: bytes | None = None
    trouble: str = ""
    lacking: str | None = None


def main() -> None:
    """Answer requests until the input ends, which is when the parent closes it or dies."""
    requests, replies = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.dup2(2, 1)
    loaded: dict[str, Callable[[bytes], bytes]] = {}
    write(replies, Reply())
    while (request := read(requests)) is not None:
        write(replies, _answer(request, loaded))


def read(stream: BinaryIO) -> "Request | Reply | None":
    """The next message, or None at the end."""
    head = stream.read(LENGTH.size)
    if len(head) < LENGTH.size:
        return None
    body = stream.read(LENGTH.unpack(head)[0])
    message: Request | Reply = pickle.loads(body)
    return message


def write(stream: BinaryIO, message: "Request | Reply") -> None:
    """Send a message."""
    body = pickle.dumps(message)
    stream.write(LENGTH.pack(len(body)))
    stream.write(body)
    stream.flush()


def _answer(request: "Request | Reply", loaded: dict[str, Callable[[bytes], bytes]]) -> Reply:
    if not isinstance(request, Request):
        return Reply(trouble="no request")
    _end_at(request.seconds + _SLACK_SECONDS)
    try:
        if request.payload is None:
            return Reply(content=loaded[request.key](request.sample))
        while len(loaded) >= _KEPT:
            del loaded[next(iter(loaded))]
        loaded[request.key] = _load(request.payload)
        return Reply(content=b"")
    except BaseException as error:  # noqa: BLE001  # the user's module is imported here, and may do anything
        name = error.name if isinstance(error, ImportError) else None
        return Reply(trouble=f"{error!r}", lacking=name)
    finally:
        _end_at(math.inf)


def _load(payload: bytes) -> Callable[[bytes], bytes]:
    """A function from a pickled sample to pickled outcomes."""
    from synthgym.parsing import parse
    from synthgym.plugins import FAMILIES, family_of
    from synthgym.signal import CustomVerifier
    from synthgym.verifiers.score import attempt

    signal, families = pickle.loads(payload)
    for name, pickled in families.items():
        FAMILIES.add(name, pickle.loads(pickled))
    if isinstance(
        signal.verifier, CustomVerifier
    ):  # this process is killed at the deadline, so nothing else need be
        signal = replace(signal, verifier=replace(signal.verifier, isolated=False, seconds=math.inf))

    def judge(sample: bytes) -> bytes:
        tasks, completions = pickle.loads(sample)
        for task in tasks:  # so that a verifier finds the families that its user made, as in the parent
            with contextlib.suppress(SynthGymError):
                family_of(task)
        responses = [parse(task, text) for task, text in zip(tasks, completions, strict=True)]
        return pickle.dumps([_plain(one) for one in attempt(tasks, responses, signal)])

    return judge


def _plain(outcome: Any) -> Any:
    """An outcome without the user's own types, which the parent may not be able to read."""
    if isinstance(outcome, Failure):
        return replace(outcome, error=None)
    error = None if outcome.error is None else str(outcome.error)
    return Verdict(
        reward=outcome.reward,
        components=dict(outcome.components),
        credits=tuple(Credit(one.start, one.end, float(one.value)) for one in outcome.credits),
        error=error,
    )


def _end_at(seconds: float) -> None:
    """Have the kernel end this process after `seconds`, even if its parent is gone and the interpreter is held."""
    if hasattr(signals, "setitimer"):
        signals.signal(signals.SIGALRM, signals.SIG_DFL)
        signals.setitimer(signals.ITIMER_REAL, 0.0 if math.isinf(seconds) else seconds)


if __name__ == "__main__":
    sys.exit("this is started by synthgym.verifiers.isolation")
