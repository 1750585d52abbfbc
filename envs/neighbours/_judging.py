"""What the neighbours share: settings checked before anything is served, and verdicts off their event loops."""

import asyncio
import hashlib
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np

from synthgym.envs.dataset import tasks
from synthgym.errors import SettingError, shown
from synthgym.parsing import render
from synthgym.plugins import as_signal, get_family, get_verifier
from synthgym.signal import Signal
from synthgym.types import Task, Verdict
from synthgym.verifiers.score import score

Families: TypeAlias = str | Sequence[str] | Mapping[str, float]
"""A family's name; several, which then take turns; or weights by name."""


def settled_signal(signal: str | Signal, neighbour: str) -> Signal:
    """`signal` as a `Signal` that can judge one completion at a time.

    Raises:
        UnknownNameError: if something that it names is not registered.
        SettingError: if it is none, or permutes the rewards of a group.
    """
    settled = as_signal(signal)
    get_verifier(settled)
    if settled.control == "shuffled":
        raise SettingError(
            f"signal {settled.label} permutes the rewards of a group, and {neighbour} judges one completion at a "
            "time: use ~random here, or synthgym.score on the whole group"
        )
    return settled


def is_named(signal: Signal) -> bool:
    """Whether another process finds the same signal by its label."""
    try:
        return as_signal(signal.label) == signal
    except (SettingError, LookupError):
        return False


def family_text(family: Families) -> str:
    """`family` as one text, as a setting holds it: ``"chain_sum,sat_assignment"``, ``"chain_sum:3,sat_assignment:1"``.

    Raises:
        UnknownNameError: if one is not registered.
        SettingError: if there is none, or a weight is no number.
    """
    named = families_of(family) if isinstance(family, str) else family
    for name in named:
        get_family(name)
    if isinstance(named, Mapping):
        return ",".join(f"{name}:{weight}" for name, weight in named.items())
    return ",".join(named)


def families_of(text: str) -> list[str] | dict[str, float]:
    """The families that `family_text` wrote, as `synthgym.tasks` takes them.

    Raises:
        SettingError: if there is none, or a weight is no number.
    """
    parts = [part.strip().partition(":") for part in text.split(",") if part.strip()]
    if not parts:
        raise SettingError("no family given; at least one is needed")
    if not any(colon for _, colon, _ in parts):
        return [name for name, _, _ in parts]
    try:
        return {name: float(weight) if colon else 1.0 for name, colon, weight in parts}
    except ValueError:
        raise SettingError(f"family {shown(text)}: a weight is a number, as in chain_sum:3") from None


def task_list(family: str, signal: Signal, n: int, **settings: object) -> list[Task]:
    """`n` tasks with the signal's cues; the settings are those of `synthgym.tasks`."""
    return tasks(families_of(family), n, signal=signal, **settings)  # type: ignore[arg-type]  # checked there


def chat(task: Task, signal: Signal) -> list[dict[str, str]]:
    """The task's prompt as messages: the user's own, where it was read from some, unless a shortcut changed it."""
    own: Any = () if signal.shortcuts else task.facts.get("messages", ())
    messages = [{"role": str(message["role"]), "content": str(message["content"])} for message in own]
    return messages or [{"role": "user", "content": task.prompt}]


def verdict_on(task: Task | str, completion: str, signal: Signal, coin: str) -> Verdict:
    """The verdict on one completion; `coin` names the rollout, and decides what the control "random" pays."""
    seed = int.from_bytes(hashlib.sha256(coin.encode("utf-8", "backslashreplace")).digest()[:8])
    return score([task], [completion], signal, rng=np.random.default_rng(seed))[0]


async def verdict_off_loop(task: Task | str, completion: str, signal: Signal, coin: str) -> Verdict:
    """`verdict_on` in a thread, so that the caller's event loop goes on."""
    return await asyncio.to_thread(verdict_on, task, completion, signal, coin)


def components(verdict: Verdict) -> dict[str, float]:
    """The verdict's named parts that were scored, as plain floats."""
    return {name: float(value) for name, value in verdict.components.items() if value is not None}


def credit_list(verdict: Verdict) -> list[list[float]]:
    """The verdict's credits as JSON has them: ``[start, end, value]`` each, in characters of the completion."""
    return [[credit.start, credit.end, float(credit.value)] for credit in verdict.credits]


def utf8(text: str) -> str:
    """`text` with lone surrogates replaced, which no JSON document and no pydantic model takes."""
    return text.encode("utf-8", "replace").decode()


def reason(verdict: Verdict) -> str | None:
    """The verdict's error as text that any JSON document takes."""
    return None if verdict.error is None else utf8(verdict.error)


def reference(task: Task) -> str:
    """The completion that writes the task's worked solution down."""
    return render(task.reference, task.answer_format)


def whole(value: object, name: str, least: int) -> int:
    """`value`, if it is a whole number that is not below `least`.

    Raises:
        SettingError: if it is anything else.
    """
    if type(value) is not int or value < least:
        raise SettingError(f"{name} {shown(value)} is not a whole number from {least}")
    return value
