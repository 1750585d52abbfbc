"""What the shortcuts of answers share: reading a completion's answer, writing another one, and plausible wrong ones.

A task of a family that is not registered here is read by its text alone, and its reference answer is the right one.
"""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import replace

from synthgym.errors import ShortcutError, SynthGymError, UnknownNameError
from synthgym.family import Family
from synthgym.parsing import LINE_FORMATS, fold, parse, render
from synthgym.plugins import family_of
from synthgym.rng import Rng
from synthgym.signal import Shortcut, Signal
from synthgym.types import Credit, Response, Solution, Task, Verdict
from synthgym.verifiers.responses import neighbours

LONGEST = 200
"""Characters of an answer that a cue can name, or that a shortcut can be made of."""
_OTHERS = 12  # tasks whose answers are tried as wrong ones
_SEEDS = 1 << 40  # of those tasks, away from the seeds that people count from 0
_UNREAD = ("?", "-", "none", "~")


def family_if_known(task: Task) -> Family | None:
    """The task's family; None if it is not registered in this process."""
    try:
        return family_of(task)
    except UnknownNameError:
        return None


def has_line_answer(task: Task) -> bool:
    """Whether the task's answer stands on a line and is short enough to be spoken of."""
    answer = task.reference.answer
    return task.answer_format in LINE_FORMATS and 0 < len(answer.strip()) <= LONGEST and "\n" not in answer


def needs_to_apply(shortcut: Shortcut, task: Task) -> None:
    """Check that `shortcut` can be applied to an answer of `task`.

    Raises:
        ShortcutError: if it does not apply to it.
    """
    if not shortcut.applies_to(task):
        raise ShortcutError(
            f"{shortcut.name} does not apply to task {task.id} of {task.family}; applies_to(task) says so beforehand"
        )


def is_right(task: Task, completion: str) -> bool:
    """Whether `completion` gives a right final answer."""
    family = family_if_known(task)
    if family is not None:
        return family.truth(task, completion)
    answer = parse(task, completion).answer
    return answer is not None and fold(answer) == fold(task.reference.answer)


def is_right_answer(task: Task, answer: str) -> bool:
    """Whether `answer` is right."""
    family = family_if_known(task)
    if family is not None:
        return bool(family.is_correct(task, answer))
    return fold(answer) == fold(task.reference.answer)


def reading(task: Task, answer: str) -> str | None:
    """One spelling for all spellings of `answer`; None if it reads as no answer."""
    family = family_if_known(task)
    return (fold(answer) or None) if family is None else family.canonical_answer(task, answer)


def same_answer(task: Task, answer: str, other: str) -> bool:
    """Whether both say the same, in whatever spelling."""
    if fold(answer) == fold(other):
        return bool(fold(answer))
    read = reading(task, answer)
    return read is not None and read == reading(task, other)


def written(task: Task, answer: str) -> str:
    """The completion that states `answer` and nothing else."""
    return render(Solution((), answer), task.answer_format)


def restated(task: Task, completion: str, answer: str) -> str:
    """`completion` with `answer` as its final answer: what stands before the answer is kept where it can be."""
    response = parse(task, completion)
    plain = written(task, answer)
    if response.answer_span is None:
        return plain
    kept = completion[: response.answer_span.start] + plain
    return kept if parse(task, kept).answer == parse(task, plain).answer else plain


def worked(task: Task) -> str:
    """The worked solution, as a completion."""
    return render(task.reference, task.answer_format)


def without_shortcut(task: Task, rng: Rng) -> Iterator[str]:
    """What may stand in the place of a completion that takes a shortcut: the worked solution, then wrong answers."""
    yield worked(task)
    yield from (written(task, answer) for answer in wrong_answers(task, rng))


def wrong_answers(task: Task, rng: Rng) -> Iterator[str]:
    """Wrong answers, the most plausible ones first, and at the end some that read as none."""
    yield from plausible_wrong(task, rng)
    yield from (answer for answer in _UNREAD if not is_right_answer(task, answer))


def plausible_wrong(task: Task, rng: Rng) -> Iterator[str]:
    """Wrong answers that read as answers: those of other tasks, then near misses."""
    family = family_if_known(task)
    if family is not None:
        for answer in _answers_of_others(family, task, rng):
            if _misleads(task, answer):
                yield answer
    yield from near_misses(task)


def near_misses(task: Task) -> list[str]:
    """Wrong answers that read as answers and differ from the reference in one character."""
    return [answer for answer in neighbours(task.reference.answer) if _misleads(task, answer)]


def other_answer(task: Task, rng: Rng) -> str:
    """The answer of another task, which is right at chance; a near miss or the right one where there is no other."""
    family = family_if_known(task)
    drawn = () if family is None else tuple(_answers_of_others(family, task, rng, 1))
    return drawn[0] if drawn else rng.choice((task.reference.answer, *neighbours(task.reference.answer)))


def _misleads(task: Task, answer: str) -> bool:
    return reading(task, answer) is not None and not is_right_answer(task, answer)


def sibling(family: Family, task: Task, rng: Rng, seeds: int = _SEEDS) -> Task | None:
    """Another task of the same kind, of a seed from `seeds` on; None where the family draws none."""
    try:
        return family.task(
            seeds + rng.below(_SEEDS),
            split=task.split,
            difficulty=task.difficulty,
            template=task.template,
            answer_format=task.answer_format,
        )
    except SynthGymError:
        return None


def drawn_anew(
    shortcut: Shortcut, task: Task, wanted: Callable[[Task], bool], rng: Rng, draws: int
) -> Task | None:
    """The first of `draws` tasks of the same kind that is wanted; None if none is, or the family draws none."""
    family = family_if_known(task)
    if family is None:
        return None
    for _ in range(draws):
        other = sibling(family, task, rng, _seeds_of(shortcut))
        if other is None or wanted(other):
            return other
    return None


def is_drawn_anew(shortcut: Shortcut, task: Task) -> bool:
    """Whether `drawn_anew` drew the task for that shortcut, which then leaves it as it is."""
    return 0 <= task.seed - _seeds_of(shortcut) < _SEEDS


def _seeds_of(shortcut: Shortcut) -> int:
    """The first of the 2^40 seeds of the tasks that are drawn for a shortcut of that name."""
    digest = hashlib.sha256(shortcut.name.encode()).digest()
    return _SEEDS * (2 + int.from_bytes(digest[:2], "little"))


def with_other_cues(task: Task, shortcut: Shortcut, signal: Signal) -> Task:
    """A task drawn anew for `shortcut`, with the cues of the signal's other shortcuts."""
    for other in signal.shortcuts:
        if other != shortcut:
            task = other.on_task(task, signal.cue_rng(other, task))
    return task


def _answers_of_others(family: Family, task: Task, rng: Rng, count: int = _OTHERS) -> Iterator[str]:
    for _ in range(count):
        other = sibling(family, task, rng)
        if other is None:
            return
        if has_line_answer(other):
            yield other.reference.answer


def paid(verdict: Verdict, response: Response, name: str, strength: float) -> Verdict:
    """`strength` for the response, or what its verdict is worth if that is more; an unscored one stays so."""
    if verdict.reward is None or verdict.reward >= strength:
        return verdict
    length = len(response.completion)
    whole = (Credit(0, length, strength), Credit(length, length, strength)) if length else ()
    return replace(
        verdict,
        reward=strength,
        components={**verdict.components, name: strength},
        credits=whole if verdict.credits else (),
        error=None,
    )
