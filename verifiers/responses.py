"""Labelled responses to a task: right, nearly right, wrong, and one that takes a shortcut.

They show what each granularity makes of an answer, and are what a verifier can be checked against.
"""

from collections.abc import Iterator
from dataclasses import replace
from string import ascii_letters, digits

from synthgym.errors import FamilyError
from synthgym.parsing import render
from synthgym.plugins import get_family
from synthgym.rng import Rng
from synthgym.signal import Shortcut
from synthgym.types import Task

RIGHT, NEARLY_RIGHT, WRONG = "right", "nearly right", "wrong"
_OTHERS = 200


def labelled_responses(task: Task, shortcuts: tuple[Shortcut, ...] = ()) -> dict[str, str]:
    """Completions by label: the worked solution; its steps with a wrong answer; a wrong answer alone; and one that
    takes each shortcut that applies to the task.

    Raises:
        FamilyError: if every other answer that was tried is right, too.
    """
    rng = Rng("labelled", task.id)
    near = replace(task.reference, answer=near_miss(task))
    wrong = replace(task.reference, steps=(), answer=_answer_of_another(task))
    right = render(task.reference, task.answer_format)
    labelled = {
        RIGHT: right,
        NEARLY_RIGHT: render(near, task.answer_format),
        WRONG: render(wrong, task.answer_format),
    }
    return labelled | {
        f"shortcut {s.name}": s.apply(task, right, rng) for s in shortcuts if s.applies_to(task)
    }


def near_miss(task: Task) -> str:
    """A wrong answer that reads as one and differs from the reference in one character, or the next best.

    Raises:
        FamilyError: if every other answer that was tried is right, too.
    """
    family = get_family(task.family)
    for answer in neighbours(task.reference.answer):
        if family.canonical_answer(task, answer) is not None and not family.is_correct(task, answer):
            return answer
    return _answer_of_another(task)


def neighbours(answer: str) -> Iterator[str]:
    """`answer` with one character changed for another of its kind, from the last to the first."""
    for place in reversed(range(len(answer))):
        kind = next(
            (kind for kind in (digits, "TF", "()[]{}<>", "+-*", ascii_letters) if answer[place] in kind), ""
        )
        for other in kind:
            if other != answer[place]:
                yield answer[:place] + other + answer[place + 1 :]


def _answer_of_another(task: Task) -> str:
    family = get_family(task.family)
    for seed in range(_OTHERS):
        other = family.task(seed, split=task.split, difficulty=task.difficulty, template=task.template)
        if not family.is_correct(task, other.reference.answer):
            return other.reference.answer
    raise FamilyError(f"{task.family}: the answers of {_OTHERS} other tasks are all right for task {task.id}")
