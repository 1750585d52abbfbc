"""Say what a small Python program prints, by executing it line by line.

Programs are of a subset of Python: assignments, ``if``, ``for``, whole numbers, and later texts and lists.
Difficulty grows the changes of a variable that the execution makes (2 to 19), and the constructs: branches
from 3, loops from 4, branches in loops from 6, texts from 7, lists from 8, loops over lists from 9.
Accepted answers: a whole number in any spelling `read_integer` takes; a text with or without quotes; a list
with any white space.

A step is ``name=value`` for a change, or has the sum that was reckoned between: ``b=3+4=7``. It is credited
if that is a later change than the last credited step's, and every part of it comes to the value: a trace may
leave changes out, and earns less. The compact template writes ``b?`` for ``print(b)``. Below difficulty 3
each statement uses the variable set last, and that is printed. There are 1,620 instances of difficulty 0,
where the best constant answer, 0, is right in one task of nine.

    a=3;b=a+4;b?    a=3
                    b=3+4=7
                    =7
"""

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache

from synthgym.envs.code._program_writer import write_program
from synthgym.envs.code._progress import without_spray
from synthgym.envs.code._tiny_python import Change, Value, execute, literal
from synthgym.envs.reading import plain, read_integer
from synthgym.facts import FrozenDict
from synthgym.family import Family
from synthgym.plugins import register_family
from synthgym.rng import Rng
from synthgym.types import Judgement, Response, Solution, Step, Task

_SUM = re.compile(r"\s*(-?\d{1,9})\s*([-+*])\s*(-?\d{1,9})\s*", re.ASCII)
_TEXT = re.compile(r"([\"']?)([a-z]{1,64})\1")
_ITEM = re.compile(r"-?\d{1,9}", re.ASCII)
_LIST = re.compile(r"\[\s*(?:-?\d{1,9}(?:\s*,\s*-?\d{1,9}){0,63})?\s*\]", re.ASCII)
_SIGN = re.compile(r"(?<=[\w\])'])([-+*]?=|[-+*<>])(?=[\w\['])")


@register_family
class OutputPrediction(Family):
    """``a=3;b=a+4;print(b)`` prints 7."""

    domain = "code"
    version = 0
    chance = 0.111

    def generate(self, rng: Rng, difficulty: int) -> Mapping[str, object]:
        return {"program": write_program(rng, difficulty)}

    def question(self, facts: FrozenDict, template: str) -> str:
        program = str(facts["program"])
        if template == "compact":
            return _joined(program)
        listing = "\n".join(_indented(line) for line in program.split("\n"))
        return (
            f"What does this Python program print?\n\n{listing}\n\nExecute it: after each assignment, by a "
            "loop too, write the variable and its new value on a line of its own, as `name = value` or with "
            "the sum as `name = 3 + 4 = 7`. Put quotes round text in these lines, and none in the final answer."
        )

    def solve(self, facts: FrozenDict, template: str) -> Solution:
        changes, printed = _executed(facts)
        return Solution(tuple(Step(_written(change, template)) for change in changes), _printed(printed))

    def is_correct(self, task: Task, answer: str) -> bool:
        _, printed = _executed(task.facts)
        return _read(answer, printed) == printed

    def canonical_answer(self, task: Task, answer: str) -> str | None:
        value = _read(answer, _executed(task.facts)[1])
        return None if value is None else _printed(value)

    def check_step(self, task: Task, done: Sequence[str], step: str) -> bool:
        changes = iter(_executed(task.facts)[0])
        return all(any(_says(line, change) for change in changes) for line in (*done, step))

    def criteria(self, task: Task, response: Response, judged: Judgement) -> Mapping[str, float]:
        return without_spray(super().criteria(task, response, judged), task, judged)


def _executed(facts: FrozenDict) -> tuple[tuple[Change, ...], Value]:
    return _memo(str(facts["program"]))


@lru_cache(maxsize=256)  # a program is asked about once a step
def _memo(program: str) -> tuple[tuple[Change, ...], Value]:
    run = execute(program)
    return tuple(run.changes), run.output()


def _joined(program: str) -> str:
    """The program with ``;`` between neighbouring simple statements, and ``b?`` for its ``print(b)``."""
    *lines, last = program.split("\n")
    text, depth = "", -1
    for line in (*lines, f"{last[-2]}?"):
        bare = line.lstrip(" ")
        indent = len(line) - len(bare)
        simple = not line.endswith(":")
        text += f";{bare}" if simple and indent == depth else f"\n{line}"
        depth = indent if simple else -1
    return text[1:]


def _indented(line: str) -> str:
    bare = line.lstrip(" ")
    return "    " * (len(line) - len(bare)) + _SIGN.sub(r" \1 ", bare).replace(",", ", ")


def _written(change: Change, template: str) -> str:
    step = " = ".join(filter(None, (change.name, change.work, literal(change.value))))
    return step if template == "natural" else step.replace(" ", "")


def _printed(value: Value) -> str:
    return value if isinstance(value, str) else literal(value).replace(",", ", ")


def _says(line: str, change: Change) -> bool:
    """Whether `line` is ``name = value`` of `change`, or has sums between that come to that value."""
    name, *sides = plain(line).split("=")
    if name.strip() != change.name or not 0 < len(sides) <= 4:
        return False
    return _read(sides[-1], change.value) == change.value and all(
        _reckoned(side) == change.value for side in sides[:-1]
    )


def _reckoned(text: str) -> int | None:
    """The value of ``3 + 4`` and the like, or None."""
    match = _SUM.fullmatch(text)
    if match is None:
        return None
    left, right = int(match[1]), int(match[3])
    return {"+": left + right, "-": left - right, "*": left * right}[match[2]]


def _read(text: str, like: Value) -> Value | None:
    """The value of the type of `like` that all of `text` spells, or None."""
    if isinstance(like, int):
        return read_integer(text)
    bare = text.strip()
    if isinstance(like, str):
        match = _TEXT.fullmatch(bare)
        return match[2] if match else None
    return tuple(map(int, _ITEM.findall(bare))) if _LIST.fullmatch(bare) else None
