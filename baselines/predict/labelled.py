"""Class-balanced labelled completions of one component: the behaviour put into a policy's completions, or taken out.

For a shortcut, by its `apply`, or by its `remove` after that, so that a keyed mark meets wrong marks and not none. For
the true task, by exchanging the answer of a completion for the right one or for the right one of *another* task: both
classes then spell their answers alike and keep the policy's own steps, so that nothing but the relation of answer and
prompt tells them apart. For the null component, by a coin.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from synthgym.baselines.predict.components import Component
from synthgym.errors import ShortcutError, SynthGymError, shown
from synthgym.parsing import answer_format, parse, render
from synthgym.rng import Rng
from synthgym.types import Solution, Task
from synthgym.verifiers.responses import near_miss
from synthgym.verifiers.rewards import truth_of

_BODY = 4_096  # characters of a completion that are kept before its answer
_OTHERS = 20  # answers of other tasks that are tried for a wrong one


@dataclass(frozen=True, kw_only=True, eq=False)
class Labelled:
    """M completions with the label of one component, in random order; both labels equally often.

    Attributes:
        labels: (M,); 1 where the completion shows the component.
        observed: whether the completions stand as they were logged, for want of tasks to change them by.
    """

    prompts: Sequence[str]
    completions: Sequence[str]
    labels: NDArray[np.int64]
    observed: bool = False

    def __len__(self) -> int:
        return len(self.completions)


def labelled(
    component: Component,
    tasks: Sequence[Task],
    prompts: Sequence[str],
    completions: Sequence[str],
    *,
    rng: np.random.Generator,
) -> Labelled:
    """Each completion at most once, with a label that its detector confirms.

    Args:
        tasks, prompts, completions: (M,); of one policy, best with different prompts, so that none can be learnt by
            heart.
    """
    order = rng.permutation(len(completions))
    found: dict[int, list[tuple[str, str]]] = {0: [], 1: []}
    answers: dict[str, list[str]] = {}
    for task in tasks:
        answers.setdefault(task.family, []).append(task.reference.answer)
    for place in order:
        task, text = tasks[place], completions[place]
        wanted = int(len(found[1]) < len(found[0]))
        for label in (wanted, 1 - wanted):
            draws = Rng("labelled", component.name, task.id, int(place))
            made = _made(component, task, text, label, answers[task.family], draws)
            if made is not None:
                found[label].append((prompts[place], made))
                break
    return _balanced(found, rng)


def observed(
    prompts: Sequence[str],
    completions: Sequence[str],
    taken: NDArray[np.float64],
    *,
    rng: np.random.Generator,
) -> Labelled:
    """As many completions that show a component as that do not, as they stand."""
    found: dict[int, list[tuple[str, str]]] = {0: [], 1: []}
    for place in rng.permutation(len(completions)):
        if np.isfinite(taken[place]):
            found[int(taken[place])].append((prompts[place], completions[place]))
    made = _balanced(found, rng)
    return Labelled(prompts=made.prompts, completions=made.completions, labels=made.labels, observed=True)


def with_answer(task: Task, completion: str, answer: str) -> str:
    """`completion` up to its answer, and then `answer` in the task's format; whole code gives way to `answer`."""
    if answer_format(task.answer_format).code:
        return render(Solution((), answer), task.answer_format)
    stated = parse(task, completion[:_BODY]).answer_span
    body = completion[: stated.start] if stated else completion[:_BODY]
    line = render(Solution((), answer), task.answer_format)
    return f"{body.rstrip()}\n{line}" if body.strip() else line


def _made(
    component: Component, task: Task, completion: str, label: int, answers: Sequence[str], rng: Rng
) -> str | None:
    """`completion` with that label; None if it cannot be given it."""
    try:
        if component.kind == "null":
            return completion
        if component.kind == "truth":
            return _right(task, completion) if label else _wrong(task, completion, answers, rng)
        shortcut = component.shortcut
        if shortcut is None or not shortcut.applies_to(task):
            return None
        text = shortcut.apply(task, completion, rng)
        text = text if label else shortcut.remove(task, text, rng)
        return text if shortcut.detect(task, text) == bool(label) else None
    except SynthGymError:  # this completion cannot be changed so; others can
        return None
    except Exception as error:
        raise ShortcutError(f"{component.name} failed on {shown(completion)}: {error!r}") from error


def _right(task: Task, completion: str) -> str | None:
    text = with_answer(task, completion, task.reference.answer)
    return text if truth_of(task, text) is True else None


def _wrong(task: Task, completion: str, answers: Sequence[str], rng: Rng) -> str | None:
    for _ in range(_OTHERS):
        text = with_answer(task, completion, answers[rng.below(len(answers))])
        if truth_of(task, text) is False:
            return text
    text = with_answer(task, completion, near_miss(task))
    return text if truth_of(task, text) is False else None


def _balanced(found: dict[int, list[tuple[str, str]]], rng: np.random.Generator) -> Labelled:
    size = min(len(found[0]), len(found[1]))
    rows = [(*pair, label) for label in (0, 1) for pair in found[label][:size]]
    shuffled = [rows[place] for place in rng.permutation(len(rows))]
    return Labelled(
        prompts=[row[0] for row in shuffled],
        completions=[row[1] for row in shuffled],
        labels=np.array([row[2] for row in shuffled], dtype=np.int64),
    )
