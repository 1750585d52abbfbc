"""Asides: the lines of a completion that neither say nor delimit an answer, so that it stays what it is without them.

Where answers are code, asides stand outside of the blocks between fences. Code without fences has none: it is put
between fences first.
"""

import re
from collections.abc import Callable, Iterator
from functools import lru_cache, partial

from synthgym.parsing import LINE_FORMATS, MAX_COMPLETION, answer_format, parse
from synthgym.types import Task
from synthgym.verifiers.shortcuts._answers import written

_PROBES = ("0", "1")
_SHORT = 200
# Tasks of which nothing but the answer format is of interest.
_TASKS = {form: Task.unknown(form) for form in LINE_FORMATS}


def hits(task: Task, completion: str, pattern: re.Pattern[str], limit: int) -> list[str]:
    """The first `limit` matches of `pattern` in the asides."""
    found: list[str] = []
    for line, aside in _lines(task, completion):
        matches = pattern.findall(line)
        if matches and aside(line):
            found += matches
            if len(found) >= limit:
                return found[:limit]
    return found


def stripped(task: Task, completion: str, pattern: re.Pattern[str]) -> str:
    """`completion` without what `pattern` matches in its asides; a line that would then say something else goes.

    What is too long to be read answers nothing, and is emptied.
    """
    if len(completion) > MAX_COMPLETION:
        return ""
    kept: list[str] = []
    for line, aside in _lines(task, completion):
        if pattern.search(line) and aside(line):
            line = pattern.sub(" ", line).rstrip()
            if not line.strip() or pattern.search(line) or not aside(line):
                continue
        kept.append(line)
    return "\n".join(kept)


def without(task: Task, completion: str, holds: Callable[[str], bool]) -> str:
    """`completion` without the asides of which something holds; emptied, if it is too long to be read."""
    if len(completion) > MAX_COMPLETION:
        return ""
    return "\n".join(line for line, aside in _lines(task, completion) if not (holds(line) and aside(line)))


def with_aside(task: Task, completion: str, line: str) -> str:
    """`completion` with one aside more, at its end; of one that gets too long to be read, the answer alone is kept."""
    text = _followed(task, completion, line)
    if len(text) > MAX_COMPLETION >= len(completion):
        answer = parse(task, completion).answer
        text = _followed(task, "" if answer is None else written(task, answer), line)
    return text


def asides(task: Task, completion: str, holds: Callable[[str], bool]) -> list[int]:
    """The numbers of the asides of which something holds."""
    numbered = enumerate(_lines(task, completion))
    return [number for number, (line, aside) in numbered if holds(line) and aside(line)]


def is_code(task: Task) -> bool:
    """Whether the task's answers are code."""
    return answer_format(task.answer_format).code


def says_nothing(form: str, line: str) -> bool:
    """Whether a line leaves any answer before it as it is, in a format whose answers stand on lines."""
    return _says_nothing(form, line) if len(line) <= _SHORT else _says_nothing.__wrapped__(form, line)


@lru_cache(maxsize=1 << 12)
def _says_nothing(form: str, line: str) -> bool:
    return all(parse(_TASKS[form], f"Answer: {probe}\n{line}").answer == probe for probe in _PROBES)


def is_fence(line: str) -> bool:
    """Whether a line opens or closes a block of code."""
    fence = line.strip()
    return fence.startswith("```") and "`" not in fence[3:]


def blocks(lines: list[str]) -> list[tuple[int, int]]:
    """The first and last line of each closed block between fences, the fences included."""
    found: list[tuple[int, int]] = []
    opened: int | None = None
    for place, line in enumerate(lines):
        if not is_fence(line):
            continue
        if opened is None:
            opened = place
        else:
            found.append((opened, place))
            opened = None
    return found


def _followed(task: Task, completion: str, line: str) -> str:
    if is_code(task) and not any(map(is_fence, completion.split("\n"))):
        completion = f"```\n{completion}\n```"
    return f"{completion}\n{line}" if completion else line


def _lines(task: Task, completion: str) -> Iterator[tuple[str, Callable[[str], bool]]]:
    """Each line, with a test of whether it, or another in its place, is an aside."""
    lines = completion.split("\n")
    if not is_code(task):
        aside = partial(says_nothing, task.answer_format)
        yield from ((line, aside) for line in lines)
        return
    inside = {place for first, last in blocks(lines) for place in range(first, last + 1)}
    if not inside and not any(map(is_fence, lines)):
        inside = set(range(len(lines)))
    for place, line in enumerate(lines):
        yield line, (_never if place in inside else _no_fence)


def _never(line: str) -> bool:
    return False


def _no_fence(line: str) -> bool:
    return not is_fence(line)
