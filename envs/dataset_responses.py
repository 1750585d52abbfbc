"""Responses with what a signal makes of them: pairs for preferences, labelled ones, and steps with their labels.

Which response is the better one is what the *signal* says. Under a sound signal that is the truth; under one with
a planted shortcut, a response that takes it is chosen where the shortcut pays for it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from string import ascii_letters, digits

from synthgym.errors import FamilyError, SettingError
from synthgym.parsing import answer_format, parse, render
from synthgym.plugins import family_of
from synthgym.rng import Rng
from synthgym.signal import Signal
from synthgym.types import Response, Solution, Step, Task
from synthgym.verifiers.responses import NEARLY_RIGHT, RIGHT, WRONG, labelled_responses, near_miss
from synthgym.verifiers.score import score

THRESHOLD = 0.5
"""A reward from here on is that of a right answer under every generic verifier."""
_TRIES = 50
_SEEDS = 1 << 40


def worked_solution(task: Task) -> str:
    """The reference, written as a completion."""
    return render(task.reference, task.answer_format)


def pair(task: Task, signal: Signal) -> tuple[str, str]:
    """A chosen and a rejected response, the first with the higher reward.

    The chosen one is the worked solution, against a nearly right, a wrong, or a shortcut-taking one; where that
    one's reward is not the lower, it is chosen itself, against the response with the lowest.

    Raises:
        SettingError: if the signal tells no two responses apart, or leaves them unscored.
    """
    paid = rewarded(task, signal)
    right = labelled_responses_of(task, signal)[RIGHT]
    lowest = min(paid, key=lambda text: paid[text])
    for other in Rng("pair", task.id).shuffled([text for text in paid if text != right]):
        if right in paid and paid[other] < paid[right]:
            return right, other
        if paid[lowest] < paid[other]:
            return other, lowest
    raise SettingError(
        f"signal {signal.label} pays {len(paid)} responses to task {task.id} alike ({paid[lowest]:g}), so that none "
        "can be preferred; take a signal that tells right from wrong"
    )


def labelled(task: Task, signal: Signal, label: bool) -> str:
    """A response whose reward is at least 0.5 (`label`), or below it.

    Raises:
        SettingError: if the signal pays every response so, or none.
    """
    paid = rewarded(task, signal)
    fitting = [text for text, reward in paid.items() if (reward >= THRESHOLD) == label]
    if not fitting:
        side = "from 0.5 on" if label else "below 0.5"
        raise SettingError(
            f"signal {signal.label} pays no response to task {task.id} a reward {side} (they get "
            f"{', '.join(f'{reward:g}' for reward in paid.values())}), so there is none with label {label}"
        )
    return Rng("label", task.id).choice(fitting)


def rewarded(task: Task, signal: Signal) -> Mapping[str, float]:
    """The responses to `task`, each with its reward; the unscored are left out.

    Raises:
        SettingError: if the signal is a control, or scores none.
    """
    if signal.control is not None:
        raise SettingError(
            f"signal {signal.label} draws rewards at random; responses are labelled by a signal without a control"
        )
    texts = list(dict.fromkeys(labelled_responses_of(task, signal).values()))
    verdicts = score([task] * len(texts), texts, signal)
    paid = {t: v.reward for t, v in zip(texts, verdicts, strict=True) if v.reward is not None}
    if not paid:
        raise SettingError(
            f"signal {signal.label} scores no response to task {task.id} ({verdicts[0].error}); "
            "synthgym.check_verifier says what is wrong with it"
        )
    return paid


def labelled_responses_of(task: Task, signal: Signal) -> dict[str, str]:
    """`labelled_responses`, whose wrong one answers another task, drawn anew for each task.

    Where all tasks have one answer, there is none of another task to be wrong with.
    """
    try:
        responses = labelled_responses(task, signal.shortcuts)
    except FamilyError:
        near = replace(task.reference, answer=near_miss(task))
        return {RIGHT: worked_solution(task), NEARLY_RIGHT: render(near, task.answer_format)}
    family, rng = family_of(task), Rng("wrong", task.id)
    for _ in range(_TRIES):
        other = family.task(
            rng.below(_SEEDS), split=task.split, difficulty=task.difficulty, template=task.template
        ).reference.answer
        if not family.is_correct(task, other):
            bare = render(Solution((), other), task.answer_format)
            return responses | {WRONG: bare}
    return responses


def steps(task: Task, sound: bool) -> tuple[list[str], list[bool]]:
    """The lines of a response, and whether each is a valid step (the last: a right answer), as the family says.

    Args:
        sound: the worked solution; else it with one step corrupted, or with a nearly right answer.

    Raises:
        FamilyError: if a corrupted response has no wrong line.
    """
    if sound:
        return labelled_lines(task, worked_solution(task))
    rng = Rng("corrupted", task.id)
    if task.reference.steps and not answer_format(task.answer_format).code and rng.chance(2, 3):
        for solution in _corrupted(task, rng):
            lines, labels = labelled_lines(task, render(solution, task.answer_format))
            if not all(labels):
                return lines, labels
    near = replace(task.reference, answer=near_miss(task))
    lines, labels = labelled_lines(task, render(near, task.answer_format))
    if all(labels):
        raise FamilyError(f"{task.family}: a wrong answer to task {task.id} has no wrong line")
    return lines, labels


def labelled_lines(task: Task, completion: str) -> tuple[list[str], list[bool]]:
    """The lines of `completion` that are judged, and whether each earned its credit in full.

    The last one also answers for the truth: it is the answer's line, or, where the answer is code, its end.
    """
    response = parse(task, completion)
    judged = family_of(task).judge(task, response)
    lines = [_line(completion, span.start, span.end) for span in response.steps]
    labels = [credit >= 1.0 for credit in judged.step_credits]
    answer = _answer_line(response)
    if answer is not None:
        lines.append(answer)
        labels.append(judged.truth)
    elif labels:
        labels[-1] = labels[-1] and judged.truth
    return lines, labels


def _answer_line(response: Response) -> str | None:
    span = response.answer_span
    if span is None or any(step.start <= span.start < step.end for step in response.steps):
        return None
    return _line(response.completion, span.start, span.end)


def _line(completion: str, start: int, end: int) -> str:
    """The span from the start of its line, as indentation is part of a step that is code."""
    return completion[completion.rfind("\n", 0, start) + 1 : end]


def _corrupted(task: Task, rng: Rng) -> Iterator[Solution]:
    """The reference with one character of one step changed for another of its kind, in drawn order."""
    written = task.reference.steps
    for _ in range(_TRIES):
        place = rng.below(len(written))
        text = written[place].text
        at = rng.below(len(text)) if text else 0
        kind = next(
            (kind for kind in (digits, "TF", "()[]{}<>", "+-*/", ascii_letters) if text[at : at + 1] in kind),
            "",
        )
        if not text or not kind:
            continue
        changed = Step(text[:at] + rng.choice([c for c in kind if c != text[at]]) + text[at + 1 :])
        yield replace(task.reference, steps=(*written[:place], changed, *written[place + 1 :]))
