"""What a warm start imitates: worked solutions, told well or badly.

Three ways of telling them, which decide what a policy can be seen to learn afterwards:

- clean: as the family wrote them.
- noisy: each *content* character is replaced, with probability `noise`, by another one that the family's solutions
  use. White space, the answer's marker and the end of sequence stay. A policy that has learnt them knows the answer
  and scatters: of an answer of n characters it samples (1 - noise)^n right.
- mixed: a share of worked solutions, of the right answer written backwards, and of an operand copied from the
  prompt; the wrong ones state their answer at once, and one that would be right gives way to the other kind, or to
  the answer with its first character exchanged. With wrong answers in the majority the policy's mode is wrong.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from synthgym.envs.mixture import with_cues
from synthgym.errors import SettingError, shown
from synthgym.family import Family
from synthgym.parsing import answer_format, render
from synthgym.plugins import get_family
from synthgym.rng import Rng
from synthgym.signal import Shortcut, Signal
from synthgym.types import Solution, Step, Task

_MILLION = 10**6


@dataclass(frozen=True, kw_only=True)
class Telling:
    """How solutions are told.

    Attributes:
        noise: probability of replacing a content character.
        mix: weights of worked solutions, reversed answers and copied operands.
        shortcuts: change each prompt and demonstration by their `on_task` and `on_sampling`, in order.
        seed: of every draw.
    """

    noise: float = 0.0
    mix: tuple[float, float, float] = (1.0, 0.0, 0.0)
    shortcuts: tuple[Shortcut, ...] = ()
    seed: int = 0

    def __post_init__(self) -> None:
        if not 0.0 <= self.noise < 1.0:
            raise SettingError(f"noise {shown(self.noise)} is not in [0, 1)")
        if len(self.mix) != 3 or not all(weight >= 0 for weight in self.mix) or not sum(self.mix) > 0:
            raise SettingError(
                f"mix {shown(self.mix)} is not three weights >= 0 (right, reversed, copied), one of them above 0"
            )


@dataclass(frozen=True, kw_only=True)
class Alphabet:
    """The characters that a family's solutions are made of, white space left out.

    Attributes:
        content: of steps and answers, without the one that opens an answer.
        answers: of answers alone.
    """

    content: str
    answers: str


def alphabet_of(tasks: Sequence[Task]) -> Alphabet:
    """The alphabet of the worked solutions of `tasks`.

    The answer marker's first character is left out of the content, so that noise opens no second answer.
    """
    opening = answer_format(tasks[0].answer_format).opening
    answers = {c for task in tasks for c in task.reference.answer}
    steps = {c for task in tasks for step in task.reference.steps for c in step.text}
    content = {c for c in answers | steps if not c.isspace()} - {opening[:1]}
    return Alphabet(
        content="".join(sorted(content)), answers="".join(sorted(c for c in answers if not c.isspace()))
    )


def as_seen(task: Task, telling: Telling) -> Task:
    """The task as the policy sees it: with the cues that training on the same shortcuts puts in."""
    return with_cues(task, Signal(shortcuts=telling.shortcuts)) if telling.shortcuts else task


def demonstration(task: Task, telling: Telling, alphabet: Alphabet) -> str:
    """One completion to imitate, of a task as it is seen; equal arguments give an equal one."""
    rng = Rng("demonstration", telling.seed, task.id)
    solution = _mixed(task, telling.mix, alphabet, rng)
    if telling.noise > 0:
        solution = Solution(
            tuple(Step(_noisy(step.text, telling.noise, alphabet, rng)) for step in solution.steps),
            _noisy(solution.answer, telling.noise, alphabet, rng),
        )
    completion = render(solution, task.answer_format)
    for shortcut in telling.shortcuts:
        completion = shortcut.on_sampling(task, completion, rng)
    return completion


def expected_pass_rate(tasks: Sequence[Task], noise: float) -> float:
    """(1 - noise)^n, averaged over the tasks; n counts an answer's characters, white space left out."""
    return sum((1 - noise) ** _content_length(task) for task in tasks) / len(tasks)


def noise_for(tasks: Sequence[Task], pass_rate: float) -> float:
    """The noise at which `expected_pass_rate` is `pass_rate`, a number in (0, 1]."""
    low, high = 0.0, 1.0
    for _ in range(50):
        middle = (low + high) / 2
        if expected_pass_rate(tasks, middle) > pass_rate:
            low = middle
        else:
            high = middle
    return low


def _content_length(task: Task) -> int:
    return sum(not c.isspace() for c in task.reference.answer)


def _noisy(text: str, noise: float, alphabet: Alphabet, rng: Rng) -> str:
    threshold, content = round(noise * _MILLION), alphabet.content
    return "".join(
        _another(c, content, rng) if not c.isspace() and rng.chance(threshold, _MILLION) else c for c in text
    )


def _another(character: str, content: str, rng: Rng) -> str:
    """A character of `content` other than `character`, every one equally likely."""
    place = content.find(character)
    others = len(content) - (place >= 0)
    if others < 1:
        return character
    drawn = rng.below(others)
    return content[drawn + (0 <= place <= drawn)]


def _mixed(task: Task, mix: tuple[float, float, float], alphabet: Alphabet, rng: Rng) -> Solution:
    """The worked solution, or a wrong answer stated at once."""
    right, backwards, copied = mix
    if not backwards and not copied:
        return task.reference
    drawn = rng.below(_MILLION) / _MILLION * sum(mix)
    if drawn < right:
        return task.reference
    answer, family = task.reference.answer, get_family(task.family)
    reverse, operands = [answer[::-1]], _operands(task.prompt, alphabet.answers)
    first, second = (reverse, operands) if drawn < right + backwards else (operands, reverse)
    exchanged = [character + answer[1:] for character in alphabet.answers]
    for wrong in (*first, *second, *exchanged):
        if not _is_right(family, task, wrong):
            return Solution((), wrong)
    return task.reference


def _operands(prompt: str, answers: str) -> list[str]:
    """The runs of the prompt that could be answers, in order: whole words of the answers' characters."""
    kind = f"[{re.escape(answers)} ,]" if answers else "[^\\s\\S]"
    runs = re.findall(rf"(?<!\w){kind}+(?!\w)", prompt)
    return [run.strip(" ,") for run in runs if any(c.isalnum() for c in run)] or prompt.split()[:1]


def _is_right(family: Family, task: Task, answer: str) -> bool:
    return family.truth(task, render(Solution((), answer), task.answer_format))
