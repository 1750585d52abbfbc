"""What a verifier is checked on: a family's responses by label, and the hostile set."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from synthgym.family import Family
from synthgym.parsing import answer_format, parse, render
from synthgym.signal import Shortcut
from synthgym.types import MAX_DIFFICULTY, Response, Task
from synthgym.verifiers.hostile import HOSTILE
from synthgym.verifiers.responses import NEARLY_RIGHT, RIGHT, labelled_responses, near_miss

HOSTILE_LABEL = "hostile"
_SPELLINGS = ("  {}  ", "${}$", "{}.", "`{}`", "**{}**", "\\boxed{{{}}}")


@dataclass(frozen=True, slots=True)
class Sample:
    """One completion to judge.

    Attributes:
        label: what it is: right in some form, nearly right, wrong in some way, a shortcut's, or hostile.
        right: the truth.
    """

    task: Task
    response: Response
    label: str
    right: bool


def samples_of(family: Family, seeds: int, shortcuts: Sequence[Shortcut]) -> list[Sample]:
    """Labelled responses to `seeds` tasks of all difficulties, templates and formats, and the hostile set to another.

    The truth is the family's; a response that turns out not to be what its label says is left out.
    """
    found: list[Sample] = []
    for seed in range(seeds):
        task = family.task(
            seed,
            difficulty=seed % (MAX_DIFFICULTY + 1),
            template=family.templates[seed % len(family.templates)],
        )
        for variant, completion, label, right in _variants(family, task, seed, tuple(shortcuts)):
            response = parse(variant, completion)
            if family.is_right(variant, response) == right:
                found.append(Sample(variant, response, label, right))
    task = family.task(seeds, difficulty=MAX_DIFFICULTY)
    parsed = [parse(task, completion) for completion in HOSTILE]
    return found + [
        Sample(task, response, HOSTILE_LABEL, False)
        for response in parsed
        if not family.is_right(task, response)
    ]


def _variants(
    family: Family, task: Task, seed: int, shortcuts: tuple[Shortcut, ...]
) -> Iterator[tuple[Task, str, str, bool]]:
    for label, completion in labelled_responses(task, shortcuts).items():
        yield task, completion, label, label == RIGHT
    for name in family.formats:
        if name != task.answer_format:
            yield replace(task, answer_format=name), render(task.reference, name), f"right, {name}", True
    answer, near = task.reference.answer, near_miss(task)
    changed = {
        "wrong, more after it": f"{answer}{'1' if seed % 2 else ' 1'}",
        "wrong, more before it": f"1{answer}",
        "wrong, hedged": f"{answer} or {near}" if seed % 2 else f"{near} or {answer}",
        "wrong, denied": f"not {answer}",
    }
    for label, other in changed.items():
        yield task, render(replace(task.reference, answer=other), task.answer_format), label, False
    if not answer_format(task.answer_format).code:
        spelled = _SPELLINGS[seed % len(_SPELLINGS)].format(answer)
        yield (
            task,
            render(replace(task.reference, answer=spelled), task.answer_format),
            "right, other spelling",
            True,
        )
        both = [render(replace(task.reference, answer=one), "line") for one in (answer, near)]
        yield task, "\n".join(both), f"wrong, {RIGHT} and then {NEARLY_RIGHT}", False
