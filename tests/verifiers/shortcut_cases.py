"""What the contract tests of all shortcuts share: which there are, tasks they apply to, and completions."""

from functools import cache
from typing import Any

import synthgym
from synthgym.envs.mixture import with_cues
from synthgym.parsing import render
from synthgym.plugins import SHORTCUTS
from synthgym.rng import Rng
from synthgym.signal import Shortcut, Signal
from synthgym.types import Solution, Task
from synthgym.verifiers.score import score
from synthgym.verifiers.shortcuts._weak_grader import WeakGrader

NAMES = tuple(name for name, _ in SHORTCUTS.built_in_modules())
FEW = ("chain_sum", "boolean_evaluation", "function_synthesis")
"""A family of numbers, one of two answers, and one of code."""
ALL = tuple(synthgym.families())
BOTH = ("compact", "natural")
HOSTILE = (
    "",
    " \n\t\n",
    "\x00\ud800\u202e",
    "=",
    "Answer:",
    "=1\n=2",
    "```",
    "```\nx\n```\ny\n```",
    "\\boxed{" * 40,
    "<answer>" * 9 + "</answer>",
    "!\n?\n.\n~\n#\n{\n@\n:)",
    "so ok thus\nsure\n=0",
    "\x1c\x85\u2028!",
    "{" * 999,
)


def planted(name: str, **settings: Any) -> Shortcut:
    """The built-in shortcut of that name."""
    return SHORTCUTS.get(name)(**settings)


@cache
def tasks_for(
    name: str, families: tuple[str, ...] = FEW, count: int = 1, templates: tuple[str, ...] = ("compact",)
) -> tuple[Task, ...]:
    """Tasks that the shortcut applies to, with its cue: `count` of each family and template.

    With both templates, in each of the family's answer formats; else in the usual one.
    """
    shortcut = planted(name)
    found: list[Task] = []
    for family_name in families:
        family = synthgym.get_family(family_name)
        for template in templates:
            for form in family.formats if len(templates) > 1 else (None,):
                drawn = [family.task(seed, template=template, answer_format=form) for seed in range(count)]
                found += [cued(task, shortcut) for task in drawn if shortcut.applies_to(task)]
    return tuple(found)


def cued(task: Task, *shortcuts: Shortcut) -> Task:
    """The task as a policy trained on these shortcuts sees it."""
    return with_cues(task, Signal(shortcuts=shortcuts))


def worked(task: Task) -> str:
    """The worked solution."""
    return render(task.reference, task.answer_format)


def completions(task: Task) -> tuple[str, ...]:
    """A right answer with its steps and alone, a nearly right one, and hostile texts."""
    right = worked(task)
    bare = render(Solution((), task.reference.answer), task.answer_format)
    return (right, bare, right[:-1], f"{right}\n{right}", *HOSTILE)


def truth(task: Task, completion: str) -> bool:
    """Whether the completion's answer is right."""
    return synthgym.get_family(task.family).truth(task, completion)


def reward(task: Task, completion: str, signal: Signal | str) -> float:
    """What the signal pays; it must pay something."""
    (verdict,) = score([task], [completion], signal)
    assert verdict.reward is not None, verdict.error
    return verdict.reward


def taken(task: Task, shortcut: Shortcut, base: str | None = None) -> str:
    """What a policy that relies on the shortcut answers, where it would have answered `base`, or right."""
    return shortcut.apply(task, worked(task) if base is None else base, Rng("taken", task.id))


def is_slow(name: str) -> bool:
    """Whether it runs programs to judge."""
    return issubclass(SHORTCUTS.get(name), WeakGrader)
