"""An interpreter for the small part of Python that `output_prediction` writes: it runs nothing but that.

A program is text, one statement a line, a block indented by one space more than its head:

    a=3    a+=b    a=b*2    s='ab'    s=s[::-1]    p=[1,2]    p.append(a)    a=p[0]    a=len(s)
    for i in range(3):    for c in s:    if a>b:    else:    print(a)

An expression is an atom, or two atoms with one of ``+ - *`` between them. Values are whole numbers, texts,
and lists, which are held as tuples so that a recorded state never changes.
"""

import operator
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from synthgym.errors import TaskError, shown

Value: TypeAlias = int | str | tuple[int, ...]
MAX_CHANGES = 1_000
MAX_NUMBER = 10_000
MAX_LENGTH = 1_000
_OPERATIONS: Mapping[str, Callable[[Any, Any], Any]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "<": operator.lt,
    ">": operator.gt,
}
_ASSIGN = re.compile(r"([a-z])([-+*]?)=(.+)")
_APPEND = re.compile(r"([a-z])\.append\((.+)\)")
_FOR = re.compile(r"for ([a-z]) in (?:range\((\d)\)|([a-z])):")
_IF = re.compile(r"if (\w+)([<>])(\w+):")
_PRINT = re.compile(r"print\(([a-z])\)")
_BINARY = re.compile(r"(\w+|'\w*'|\[[\d,]*\])([-+*])(\w+|'\w*'|\[[\d,]*\])")
_ITEM = re.compile(r"([a-z])\[(\d)\]")


@dataclass(frozen=True, slots=True)
class Change:
    """An assignment was executed.

    Attributes:
        name: the variable that it set.
        value: what it set it to.
        work: the two numbers that it reckoned with, as ``3 + 4``; empty if it reckoned with none.
    """

    name: str
    value: Value
    work: str


@dataclass(slots=True)
class Run:
    """A program's execution: its changes in order, and the value that it printed."""

    changes: list[Change] = field(default_factory=list)
    state: dict[str, Value] = field(default_factory=dict)
    printed: Value | None = None

    def copy(self) -> "Run":
        """The same run, to go on with apart from this one."""
        return Run(self.changes.copy(), self.state.copy(), self.printed)

    def output(self) -> Value:
        """What was printed.

        Raises:
            TaskError: if nothing was.
        """
        if self.printed is None:
            raise TaskError("the program prints nothing; it should end with print(name)")
        return self.printed


def execute(program: str) -> Run:
    """Run `program`.

    Raises:
        TaskError: if it is not of the subset, fails, makes over 1,000 changes, or comes to
            a number over 10,000 or a length over 1,000.
    """
    run = Run()
    try:
        run_lines(program.split("\n"), run)
    except (KeyError, IndexError, TypeError, AttributeError, ValueError, RecursionError) as error:
        raise TaskError(f"program {shown(program)} cannot be run: {error!r}") from error
    return run


def run_lines(lines: Sequence[str], run: Run) -> None:
    """Go on with `run` by executing `lines`."""
    bare = [line.lstrip(" ") for line in lines]
    _block([(len(line) - len(text), text) for line, text in zip(lines, bare, strict=True)], 0, 0, run)


def literal(value: Value) -> str:
    """`value` as it is written in a program, without spaces."""
    if isinstance(value, tuple):
        return f"[{','.join(map(str, value))}]"
    return f"'{value}'" if isinstance(value, str) else str(value)


def _block(lines: list[tuple[int, str]], at: int, depth: int, run: Run) -> int:
    """Execute the lines from `at` that are indented by `depth`; returns where the block ends."""
    while at < len(lines) and lines[at][0] == depth:
        text = lines[at][1]
        at += 1
        if text.startswith("for "):
            at = _loop(lines, at, depth, text, run)
        elif text.startswith("if "):
            at = _branch(lines, at, depth, text, run)
        else:
            _simple(text, run)
    return at


def _loop(lines: list[tuple[int, str]], at: int, depth: int, text: str, run: Run) -> int:
    name, count, source = _read(_FOR, text)
    for item in range(int(count)) if count else _sequence(run, source):
        _set(run, name, item)
        _block(lines, at, depth + 1, run)
    return _end(lines, at, depth)


def _branch(lines: list[tuple[int, str]], at: int, depth: int, text: str, run: Run) -> int:
    left, sign, right = _read(_IF, text)
    holds = _OPERATIONS[sign](_atom(left, run), _atom(right, run))
    end = _end(lines, at, depth)
    if holds:
        _block(lines, at, depth + 1, run)
    if lines[end : end + 1] != [(depth, "else:")]:
        return end
    if not holds:
        _block(lines, end + 1, depth + 1, run)
    return _end(lines, end + 1, depth)


def _end(lines: list[tuple[int, str]], at: int, depth: int) -> int:
    while at < len(lines) and lines[at][0] > depth:
        at += 1
    return at


def _simple(text: str, run: Run) -> None:
    if text.startswith("print("):
        run.printed = run.state[_read(_PRINT, text)[0]]
    elif ".append(" in text:
        name, item = _read(_APPEND, text)
        _set(run, name, _OPERATIONS["+"](run.state[name], (_atom(item, run),)))
    else:
        name, sign, expression = _read(_ASSIGN, text)
        match = _BINARY.fullmatch(f"{name}{sign}{expression}" if sign else expression)
        if match is None:
            return _set(run, name, _atom(expression, run))
        left, right = _bounded(_atom(match[1], run)), _bounded(_atom(match[3], run))
        work = f"{left} {match[2]} {right}" if isinstance(left, int) and isinstance(right, int) else ""
        _set(run, name, _OPERATIONS[match[2]](left, right), work)


def _set(run: Run, name: str, value: Value, work: str = "") -> None:
    run.state[name] = _bounded(value)
    run.changes.append(Change(name, value, work))
    if len(run.changes) > MAX_CHANGES:
        raise ValueError(f"over {MAX_CHANGES} changes")


def _bounded(value: Value) -> Value:
    if abs(value) > MAX_NUMBER if isinstance(value, int) else len(value) > MAX_LENGTH:
        raise ValueError(f"a number over {MAX_NUMBER}, or a length over {MAX_LENGTH}")
    return value


def _atom(text: str, run: Run) -> Value:
    if text.isdigit():
        return int(text)
    if len(text) == 1:
        return run.state[text]
    if text[0] == "'":
        return text[1:-1]
    if text[0] == "[":
        return tuple(map(int, text[1:-1].split(","))) if len(text) > 2 else ()
    if text.startswith("len("):
        return len(_sequence(run, text[4:-1]))
    if text.endswith("[::-1]"):
        return _sequence(run, text[0])[::-1]
    name, place = _read(_ITEM, text)
    return _sequence(run, name)[int(place)]


def _sequence(run: Run, name: str) -> str | tuple[int, ...]:
    value = run.state[name]
    if isinstance(value, int):
        raise TypeError(f"{name} is a number; a text or a list is needed")
    return value


def _read(pattern: re.Pattern[str], text: str) -> tuple[str, ...]:
    match = pattern.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r} is not in the subset")
    return match.groups()
