"""Complete a Python function in which an expression or some lines are replaced by ``___``, given what it should do.

Accepted answers: the text that stands for ``___``, or the whole completed function (or its body), in any template;
whichever it is, it is right if what it makes of the function passes every hidden test. A text for an expression is read
as if in brackets; lines may be indented as in the function or not at all. The worked solution is the text in the
compact template, and the whole function otherwise.

Difficulty grows the hole (from 3 characters to over 100) and the function round it as in `function_synthesis`. Credit
is process credit, by statement, from execution: see `_credit`. There are about 1,000 instances of difficulty 0; the
best constant answer is right in about 4% of tasks.

    plus 3 times 2: ___*2?          x+3
"""

import re
from collections.abc import Iterator, Mapping
from textwrap import dedent, indent

from synthgym.envs.code._functions import Function
from synthgym.envs.code._inputs import Tests
from synthgym.envs.code._operations_nested import expression
from synthgym.envs.code._python_family import (
    PythonFamily,
    Reading,
    example_lines,
    function_of,
    is_small,
)
from synthgym.facts import FrozenDict
from synthgym.plugins import register_family
from synthgym.rng import Rng
from synthgym.types import Solution, Task

HOLE = "___"
_LENGTHS = (16, 22, 30, 40, 52, 64, 78, 92, 108, 150)
"""Characters of the hole's text from difficulty 2 on: from one of these up to, and without, the next."""
_WHOLE = re.compile(r"^(async )?def |^f\s*=|^lambda\b", re.MULTILINE)


@register_family
class HoleCompletion(PythonFamily):
    """``plus 3 times 2: ___*2`` is completed by ``x+3``."""

    version = 0
    chance = 0.04

    def facts_of(
        self, rng: Rng, difficulty: int, function: Function, tests: Tests
    ) -> Mapping[str, object] | None:
        if is_small(function):
            return {"hole": ["inner", difficulty + 1, 0]}
        low, high = _LENGTHS[difficulty - 2 : difficulty]
        lines = function.statements(1)
        fitting = [hole for hole in _holes(lines) if low <= len(_text(lines, hole)) < high]
        return {"hole": list(rng.choice(fitting))} if fitting else None

    def question(self, facts: FrozenDict, template: str) -> str:
        function = function_of(facts)
        program, _ = _program(facts, template)
        if template == "compact":
            return f"{function.brief()}:{' ' if is_small(function) else chr(10)}{program}?"
        part = "some lines" if _hole(facts)[0] == "lines" else "an expression"
        return (
            f"In this Python function, {part} are missing where {HOLE} stands:\n\n{program}\n\nWhat it should do:\n"
            f"{function.describe()}\n\nExamples:\n{example_lines(facts)}\n\n"
            f"Give the completed function, or only what stands in the place of {HOLE}."
        ).replace("an expression are", "an expression is")

    def solve(self, facts: FrozenDict, template: str) -> Solution:
        function, hole = function_of(facts), _hole(facts)
        if template != "compact":
            whole = function.expression() if hole[0] == "inner" else None
            return Solution(
                (), f"{function.header(annotated=True)}\n    return {whole}" if whole else function.source()
            )
        if hole[0] == "inner":
            return Solution((), expression(function.operations[: hole[1]], "x").replace(" ", ""))
        return Solution((), _text(function.statements(1), hole))

    def readings(self, task: Task, answer: str) -> tuple[Reading, ...]:
        fills = tuple(_fills(task, answer))
        whole = Reading(answer)
        return (whole, *fills) if _WHOLE.search(answer) else (*fills, whole)


Hole = tuple[str, int, int]
"""What is missing ("inner", "value" or "lines"), and where: operations, or the first and last line of the body."""


def _hole(facts: FrozenDict) -> Hole:
    hole = facts["hole"]
    if isinstance(hole, tuple) and len(hole) == 3:
        kind, first, last = hole
        if isinstance(kind, str) and isinstance(first, int) and isinstance(last, int):
            return kind, first, last
    raise TypeError(f"{hole!r} is no hole")


def _holes(lines: list[str]) -> Iterator[Hole]:
    """Every place for a hole: a value assigned or returned, or whole lines that make a block."""
    depths = [len(line) - len(line.lstrip()) for line in lines]
    for first, depth in enumerate(depths):
        if _is_else(lines[first]):
            continue
        value = _value(lines[first])
        if value and not value[-1].isalpha():
            yield "value", first, first
        for last in range(first, len(lines)):
            if depths[last] < depth:
                break
            following = lines[last + 1] if last + 1 < len(lines) else ""
            deeper = len(following) - len(following.lstrip()) > depth
            if not deeper and not _is_else(following):
                yield "lines", first, last


def _is_else(line: str) -> bool:
    return line.lstrip().startswith("else")


def _value(line: str) -> str:
    """What a line assigns or returns; nothing for other lines."""
    found = re.match(r" *(?:[a-z] =|return) (.*)$", line)
    return found[1] if found else ""


def _text(lines: list[str], hole: Hole) -> str:
    """What stands in the hole."""
    kind, first, last = hole
    return _value(lines[first]) if kind == "value" else dedent("\n".join(lines[first : last + 1]))


def _program(facts: FrozenDict, template: str) -> tuple[str, int]:
    """The function with its hole, and the number of the line on which that is."""
    function, (kind, first, last) = function_of(facts), _hole(facts)
    compact = template == "compact"
    if kind == "inner":
        rest = expression(function.operations[first:], HOLE)
        return (
            (rest.replace(" ", ""), 1)
            if compact
            else (f"{function.header(annotated=True)}\n    return {rest}", 2)
        )
    lines = function.statements(1) if compact else function.source().split("\n")
    first, last = (first, last) if compact else (first + 1, last + 1)
    line = lines[first]
    start = len(line) - len(_value(line)) if kind == "value" else len(line) - len(line.lstrip())
    return "\n".join([*lines[:first], f"{line[:start]}{HOLE}", *lines[last + 1 :]]), first + 1


def _fills(task: Task, answer: str) -> Iterator[Reading]:
    """The function with the answer in its hole, in each way that the answer may be indented."""
    program, line = _program(task.facts, task.template)
    before, after = program.split(HOLE)
    if _hole(task.facts)[0] != "lines":
        # The bracket stands on a line of its own, in case the text ends in a comment.
        yield Reading(f"{before}({answer}\n){after}", line - 1)
        return
    margin = before[before.rfind("\n") + 1 :]
    before = before[: len(before) - len(margin)]
    first, _, rest = answer.partition("\n")
    first = first.lstrip()
    texts = (dedent(answer), f"{first}\n{dedent(rest)}", f"{first}\n{rest}") if rest else (first,)
    for text in dict.fromkeys(texts):
        yield Reading(f"{before}{indent(text, margin)}{after}", line - 1)
