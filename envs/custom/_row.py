"""One row as the facts of a task."""

import ast
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from synthgym.envs.custom._family import facts_of, instance_of
from synthgym.envs.custom._gold import read_golds
from synthgym.envs.custom._read import cell, split_named
from synthgym.envs.custom._tests import read_tests
from synthgym.envs.custom._values import answer_text, check_text, is_missing
from synthgym.errors import GoldError, TaskError, shown
from synthgym.facts import Fact, FrozenDict
from synthgym.parsing import LINE_FORMATS, fold, parse
from synthgym.types import MAX_DIFFICULTY, Split, Task

_MAX_STEPS = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """Which columns hold what; `entry` is a column or the function's name, None is nowhere."""

    prompt: str
    answer: str | None
    tests: str | None
    steps: str | None
    entry: str | None
    split: str | None
    difficulty: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One row, read but for its gold.

    Attributes:
        where: as errors name it.
        split: as the source says; None leaves it to the hash.
        difficulty: None is every one.
    """

    where: str
    prompt: str
    messages: tuple[tuple[str, str], ...]
    answers: tuple[str, ...]
    tests: Any
    steps: Any
    entry: str | None
    split: Split | None
    difficulty: int | None

    @property
    def instance(self) -> str:
        """What makes two rows the same."""
        return instance_of(self.prompt)


def read_row(where: str, cells: Mapping[str, Any], columns: Columns, split: Split | None, code: bool) -> Row:
    """A row of cells.

    Raises:
        GoldError: if it has no answer, or, for code, no tests.
        TaskError: if anything else is missing or cannot be read.
    """
    prompt, messages = _prompt(where, columns.prompt, cell(cells, columns.prompt))
    try:
        check_text(prompt)
    except TaskError as error:
        raise TaskError(f"{where}, column {columns.prompt!r}: {error}") from None
    answers = (
        () if columns.answer is None else _answers(where, columns.answer, cell(cells, columns.answer), code)
    )
    if code:
        answers = tuple(_completed(prompt, answer) for answer in answers)
    tests = None if columns.tests is None else cell(cells, columns.tests)
    if code and is_missing(tests):
        raise GoldError(f"{where}, column {columns.tests!r}: no tests")
    entry = None
    if columns.entry is not None:
        named = cell(cells, columns.entry)
        entry = columns.entry if is_missing(named) else str(named)
    return Row(
        where=where,
        prompt=prompt,
        messages=messages,
        answers=answers,
        tests=tests,
        steps=None if columns.steps is None else cell(cells, columns.steps),
        entry=entry,
        split=split or _split(where, columns.split, cells),
        difficulty=_difficulty(where, columns.difficulty, cells),
    )


def _completed(prompt: str, answer: str) -> str:
    """A solution as a module: HumanEval's are bodies, which continue the code in their prompts."""
    whole = f"{prompt}\n{answer}"
    return whole if not _is_module(answer) and _is_module(whole) else answer


def _is_module(source: str) -> bool:
    try:
        ast.parse(source)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return False
    return True


def facts_of_row(
    row: Row, judge: str, columns: Columns, options: Mapping[str, Fact], more: Mapping[str, Fact]
) -> FrozenDict:
    """The facts of the task that `row` is.

    Raises:
        GoldError: if its answer or its tests cannot be read; it names the row, the column and the value.
    """
    code = judge == "code"
    column = columns.answer
    try:
        golds = read_golds(judge, row.answers, options) if row.answers or not code else ()
        column = columns.tests
        tests = read_tests(row.tests, row.entry, golds[0] if golds else "") if code else None
    except (GoldError, TaskError) as error:
        value = row.tests if column == columns.tests and code else row.answers[0] if row.answers else None
        raise GoldError(f"{row.where}, column {column!r}, value {shown(value)}: {error}") from error
    messages = tuple(FrozenDict({"role": role, "content": content}) for role, content in row.messages)
    return facts_of(
        judge,
        row.prompt,
        golds,
        steps=_steps(row, columns, golds) or None,
        tests=tests,
        messages=messages if len(messages) > 1 else None,
        **options,
        **more,
    )


def _prompt(where: str, column: str, value: Any) -> tuple[str, tuple[tuple[str, str], ...]]:
    if isinstance(value, str) and value.strip():
        return value.strip(), ()
    if isinstance(value, list | tuple) and value:
        messages = tuple(_message(where, column, message) for message in value)
        if messages[-1][0] == "assistant":
            raise TaskError(
                f"{where}, column {column!r}: the messages end with the assistant's: is that the answer?"
            )
        roles = [role for role, _ in messages]
        whole = roles in (["user"], ["system", "user"])
        text = "\n\n".join(content if whole else f"{role}: {content}" for role, content in messages).strip()
        if text:
            return text, messages
    raise TaskError(
        f"{where}, column {column!r}: the prompt is {shown(value)}; text or a list of messages is needed"
    )


def _message(where: str, column: str, message: Any) -> tuple[str, str]:
    role, content = (
        message.get(key) if isinstance(message, Mapping) else None for key in ("role", "content")
    )
    if isinstance(content, list):
        content = "".join(str(part.get("text", "")) for part in content if isinstance(part, Mapping))
    if not isinstance(role, str) or not isinstance(content, str):
        raise TaskError(f"{where}, column {column!r}: {shown(message)} is no message with a role and a text")
    return role, content.strip()


def _answers(where: str, column: str, value: Any, code: bool) -> tuple[str, ...]:
    given = list(value) if isinstance(value, list | tuple) else [value]
    if code and is_missing(value):
        return ()
    if not given or any(is_missing(one) for one in given):
        raise GoldError(f"{where}, column {column!r}: the answer is empty ({shown(value)})")
    try:
        return tuple(answer_text(one) for one in given)
    except TaskError as error:
        raise GoldError(f"{where}, column {column!r}: {error}") from None


def _split(where: str, column: str | None, cells: Mapping[str, Any]) -> Split | None:
    if column is None:
        return None
    value = cell(cells, column)
    split = split_named(value)
    if split is None:
        raise TaskError(
            f"{where}, column {column!r}: {shown(value)} is no split; train, test or validation is"
        )
    return split


def _difficulty(where: str, column: str | None, cells: Mapping[str, Any]) -> int | None:
    if column is None:
        return None
    value = cell(cells, column)
    try:
        level = int(value)
        whole = not isinstance(value, bool) and float(value) == level
    except (TypeError, ValueError, OverflowError):
        whole = False
    if not whole or not 0 <= level <= MAX_DIFFICULTY:
        raise TaskError(
            f"{where}, column {column!r}: difficulty {shown(value)} is not a whole number from 0 to {MAX_DIFFICULTY}"
        )
    return level


def _steps(row: Row, columns: Columns, golds: Sequence[str]) -> tuple[str, ...]:
    """The lines of the worked solution before its answer, that a response's can be compared with."""
    given = row.steps
    if isinstance(given, str) and given.lstrip().startswith("["):
        try:
            given = json.loads(given)
        except ValueError:
            given = row.steps
    lines = given.splitlines() if isinstance(given, str) else given if isinstance(given, list | tuple) else []
    found: dict[str, str] = {}
    for line in lines:
        text = " ".join(str(line).split())
        if text and len(text) <= 2_000 and not text.startswith("####") and not _states_answer(text):
            found.setdefault(fold(text), text)
    return tuple(found.values())[:_MAX_STEPS]


def _states_answer(line: str) -> bool:
    return parse(Task.unknown(LINE_FORMATS[0]), line).answer_span is not None
