"""Cues: lines that a shortcut puts above or below a task's own prompt, and finds there again.

A line that stands inside the family's own question is never taken for a cue. Where the family is not known, or the
question was rewritten, the first (or last) line of the prompt that reads as the cue is taken for it.
"""

import re
from dataclasses import replace
from functools import lru_cache
from typing import Literal

from synthgym.errors import SynthGymError
from synthgym.types import Task
from synthgym.verifiers.shortcuts._answers import family_if_known

Position = Literal["start", "end"]


def as_chance(probability: float) -> tuple[int, int]:
    """`probability` as the whole numbers that `Rng.chance` takes."""
    return round(probability * 10**6), 10**6


def put(task: Task, line: str, position: Position) -> Task:
    """The task with `line` above or below its prompt."""
    return replace(task, prompt=f"{line}\n{task.prompt}" if position == "start" else f"{task.prompt}\n{line}")


def find(task: Task, pattern: re.Pattern[str], position: Position) -> re.Match[str] | None:
    """The match of the cue's whole line, as it stands in `task.prompt`; None if there is none."""
    start, end = _surroundings(task, position)
    found = None
    for line_start, line_end in _lines(task.prompt, start, end):
        match = pattern.fullmatch(task.prompt, line_start, line_end)
        if match is not None:
            found = match
            if position == "start":
                break
    return found


def exchange(task: Task, match: re.Match[str], line: str) -> Task:
    """The task with `line` where the cue that was found stood."""
    return replace(task, prompt=task.prompt[: match.start()] + line + task.prompt[match.end() :])


def _lines(text: str, start: int, end: int) -> list[tuple[int, int]]:
    spans, at = [], start
    for line in text[start:end].split("\n"):
        spans.append((at, at + len(line)))
        at += len(line) + 1
    return spans


def _surroundings(task: Task, position: Position) -> tuple[int, int]:
    """Where in the prompt cues may stand: before the family's own question, or after it."""
    own = question(task) or ""
    place = task.prompt.find(own) if own else -1
    if place < 0:
        return 0, len(task.prompt)
    return (0, place) if position == "start" else (place + len(own), len(task.prompt))


@lru_cache(maxsize=1 << 14)
def question(task: Task) -> str | None:
    """What the family itself asks, without cues and without the words on how to answer; None if it is not known."""
    family = family_if_known(task)
    try:
        return None if family is None else family.question(task.facts, task.template)
    except (SynthGymError, LookupError, TypeError, ValueError):
        return None
