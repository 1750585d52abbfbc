"""One row of a file of completions: which task it names, and the text to judge. `score_files` reads them in.

A row names its task by ``task`` (a task's JSON text or object), by ``task_id``
(``chain_sum-v0/train/d0/7/compact/equals``), or by ``family`` and ``seed``, with ``split``, ``difficulty``,
``template`` and ``answer_format`` where they are not the family's defaults. Its ``completion`` is a text or a list
of messages.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypeAlias

from synthgym.errors import SynthGymError, TaskError, shown, suggestion
from synthgym.family import Family
from synthgym.parsing import answer_format
from synthgym.plugins import family_of, get_family
from synthgym.rollout import unescape_surrogates
from synthgym.types import SPLITS, Task
from synthgym.verifiers.rewards import completion_text

TOO_LONG = None
"""Stands for a line that was too long to be read."""
Raw: TypeAlias = bytes | Mapping[str, Any] | None
MAX_LINE = 64 << 20
"""Bytes; a longer line is not read."""
KEYS = ("run", "step", "index", "id")
"""Fields that are handed on to the verdict's row as they are."""
_ID = re.compile(
    r"(?P<family>[a-z][a-z0-9_]*)-v(?P<version>\d{1,9})/(?P<split>[^/]*)/d(?P<difficulty>\d{1,9})/(?P<seed>\d{1,20})/"
    r"(?P<template>[^/]*)/(?P<format>[^/]*)"
)
_CHOICES = ("split", "difficulty", "template", "answer_format")
_FIELDS = ("task", "task_id", "completion", "family", "seed", *_CHOICES)
_TYPES = {"prompt": str, "id": str, "template": str, "seed": int, "difficulty": int, "version": int}


@dataclass(frozen=True, slots=True)
class Row:
    """A row that was read, or why it could not be.

    Attributes:
        key: where it stands (``line``, from 1), and its own ``id``, or a rollout's run, step and index.
        task: None if the row cannot be judged.
        error: why, and what to do; None if it can.
    """

    key: Mapping[str, Any]
    task: Task | None = None
    completion: str = ""
    error: str | None = None


def read_row(line: int, raw: Raw) -> Row:
    """The row that stands on `line`, as bytes or as fields that were read already. Never raises for what it holds."""
    key: dict[str, Any] = {"line": line}
    try:
        fields = raw if isinstance(raw, Mapping) else _fields(raw)
        key.update({name: _as_json(name, fields[name]) for name in KEYS if fields.get(name) is not None})
        return Row(key, _task(fields), _completion(fields))
    except SynthGymError as error:
        return Row(key, error=f"line {line}: {error}")


def task_of_id(name: str) -> Task:
    """The task of an id, generated again.

    Raises:
        TaskError: if `name` is no id, or its version is not the family's.
        SettingError, UnknownNameError: if a part of it is wrong.
    """
    found = _ID.fullmatch(name)
    if not found:
        raise TaskError(
            f"{shown(name)} is no task id; one reads FAMILY-vN/SPLIT/dDIFFICULTY/SEED/TEMPLATE/FORMAT, such as "
            "chain_sum-v0/train/d0/7/compact/equals"
        )
    family = get_family(found["family"])
    if int(found["version"]) != family.version:
        raise TaskError(
            f"task {shown(name)} is of version {found['version']} of {family.name}, which is at version "
            f"{family.version} here; give the row its 'task' (the task's JSON text) in place of its id"
        )
    made: Task = _made(
        family,
        int(found["seed"]),
        found["split"],
        int(found["difficulty"]),
        found["template"],
        found["format"],
    )
    return made


def _fields(raw: bytes | None) -> Mapping[str, Any]:
    if raw is TOO_LONG:
        raise TaskError(f"longer than {MAX_LINE >> 20} MiB; it was not read")
    try:
        fields = json.loads(raw.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise TaskError(f"not UTF-8 at byte {error.start}; write the file as UTF-8") from None
    except (ValueError, RecursionError) as error:
        raise TaskError(
            f"not JSON ({shown(str(error))[1:-1]}): {shown(raw[:200].decode('utf-8', 'replace'))}; a row is one JSON "
            "object on a line"
        ) from None
    if not isinstance(fields, dict):
        raise TaskError(f"{shown(fields)} is no JSON object; a row is one with a completion and its task")
    return fields


def _as_json(name: str, value: object) -> object:
    """`value` as the verdict's row can carry it: what JSON has no word for, such as a time or a NaN, as text."""
    try:
        json.dumps(value, allow_nan=False)
    except (TypeError, ValueError, RecursionError):
        if isinstance(value, dict | list):
            raise TaskError(f"{name!r} holds what JSON cannot carry; give it a text or a number") from None
        return str(value)
    return value


def _completion(fields: Mapping[str, Any]) -> str:
    if "completion" not in fields:
        raise TaskError(f"it lacks 'completion'{_has(fields, 'completion')}")
    given = fields["completion"]
    given = [given] if isinstance(given, Mapping) else given
    if isinstance(given, list) and not any(
        isinstance(message, Mapping) and message.get("role") == "assistant" for message in given
    ):
        raise TaskError(f"'completion' is {shown(given)}, which holds no message of the assistant's")
    text = completion_text(given)
    return unescape_surrogates(text) if fields.get("escaped") is True else text


def _task(fields: Mapping[str, Any]) -> Task:
    if fields.get("task") is not None:
        return _given(fields["task"])
    if fields.get("task_id") is not None:
        return task_of_id(_text("task_id", fields["task_id"]))
    if fields.get("family") is None or fields.get("seed") is None:
        raise TaskError(
            f"it names no task; it needs 'task', 'task_id', or 'family' and 'seed'{_has(fields, 'task')}"
        )
    family = get_family(_text("family", fields["family"]))
    chosen = {name: fields[name] for name in _CHOICES if fields.get(name) is not None}
    for name in chosen.keys() - {"difficulty"}:
        _text(name, chosen[name])
    return family.task(fields["seed"], **chosen)


def _given(task: object) -> Task:
    if isinstance(task, Mapping):
        return _read(json.dumps(task))
    text = _text("task", task)
    return task_of_id(text) if _ID.fullmatch(text) else _read(text)


@lru_cache(maxsize=1024)
def _read(text: str) -> Task:
    """The task of a JSON text, with its plain fields checked, so that judging it cannot stumble over them."""
    task = Task.from_json(text)
    for name, kind in _TYPES.items():
        if type(getattr(task, name)) is not kind:
            raise TaskError(
                f"the task's {name} is {shown(getattr(task, name))}; it should be what Task.to_json() wrote"
            )
    if task.split not in SPLITS:
        raise TaskError(f"the task's split is {shown(task.split)}{suggestion(str(task.split), SPLITS)}")
    answer_format(_text("answer_format", task.answer_format))
    _text("family", task.family)
    family_of(task)
    return task


@lru_cache(maxsize=1024)
def _made(family: Family, seed: int, split: str, difficulty: int, template: str, form: str) -> Task:
    return family.task(seed, split=split, difficulty=difficulty, template=template, answer_format=form)


def _text(name: str, value: object) -> str:
    if not isinstance(value, str):
        raise TaskError(f"{name!r} is {shown(value)}; text is needed")
    return value


def _has(fields: Mapping[str, Any], wanted: str) -> str:
    """The tail of an error about a field that is missing: what is there, and which of it may be meant."""
    strange = [name for name in fields if name not in _FIELDS]
    near = suggestion(wanted, strange)
    named = ", ".join(shown(name) for name in list(fields)[:8]) or "nothing"
    meant = f"; rename {near.removeprefix('; did you mean ').rstrip('?')}?" if "did you mean" in near else ""
    return f" (it has {named}){meant}"
