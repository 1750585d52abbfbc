"""Sort a list of whole numbers, one exchange at a time.

Difficulty grows the length of the list (4 to 14) and, from difficulty 4, the digits of its numbers (1 to 3).
Accepted answers: the sorted list, separated by commas, semicolons or white space, in round or square brackets
or none; numbers of one digit may also stand side by side, as in the prompt. A number has no sign and no leading
zero. A step is credited if it is the same numbers with strictly fewer inversions (pairs in the wrong order) than
the last credited list, so any way of sorting will do. The worked solution brings the smallest number left to its
place at each exchange. Lists of the same numbers fall in the same split. At difficulty 0 there are 6,066 lists
of 486 multisets; the best constant answer is right in 0.5% of training and 1.4% of test tasks.

    4271?           1274
                    =1247
"""

import re
from collections.abc import Mapping, Sequence

from synthgym.envs.logic._progress import progress
from synthgym.envs.reading import plain
from synthgym.facts import FrozenDict
from synthgym.family import Family
from synthgym.plugins import register_family
from synthgym.rng import Rng
from synthgym.types import Judgement, Response, Solution, Step, Task

_SEPARATOR = re.compile(r"\s*[,;]\s*|\s+")
_NUMBER = re.compile(r"0|[1-9]\d{0,8}", re.ASCII)
_MAX_TEXT = 1_000  # characters; the longest list of difficulty 10 takes 68


@register_family
class SortingTrace(Family):
    """``4271`` sorted is ``1247``."""

    domain = "logic"
    version = 0
    chance = 0.015

    def generate(self, rng: Rng, difficulty: int) -> Mapping[str, object]:
        largest = 10 ** (1 + difficulty // 4) - 1
        while True:
            numbers = [rng.integer(1, largest) for _ in range(4 + difficulty)]
            if _inversions(numbers):
                return {"numbers": numbers}

    def instance_key(self, facts: FrozenDict) -> str:
        return _write(sorted(_numbers(facts)), "natural")

    def question(self, facts: FrozenDict, template: str) -> str:
        listed = _write(_numbers(facts), template)
        if template == "compact":
            return f"{listed}?"
        return (
            f"Sort {listed} in ascending order. Exchange two numbers at a time, and write the whole list on a "
            "line of its own after each exchange."
        )

    def solve(self, facts: FrozenDict, template: str) -> Solution:
        numbers = _numbers(facts)
        steps: list[Step] = []
        for place in range(len(numbers)):
            smallest = min(range(place, len(numbers)), key=numbers.__getitem__)
            if numbers[smallest] != numbers[place]:
                numbers[place], numbers[smallest] = numbers[smallest], numbers[place]
                steps.append(Step(_write(numbers, template)))
        return Solution(tuple(steps[:-1]), _write(numbers, template))

    def is_correct(self, task: Task, answer: str) -> bool:
        numbers = _numbers(task.facts)
        return _read(answer, numbers) == sorted(numbers)

    def canonical_answer(self, task: Task, answer: str) -> str | None:
        numbers = _read(answer, _numbers(task.facts))
        return None if numbers is None else _write(numbers, "natural")

    def check_step(self, task: Task, done: Sequence[str], step: str) -> bool:
        given = _numbers(task.facts)
        last = _read(plain(done[-1]), given) if done else given
        numbers = _read(plain(step), given)
        if last is None or numbers is None or sorted(numbers) != sorted(given):
            return False
        return _inversions(numbers) < _inversions(last)

    def criteria(self, task: Task, response: Response, judged: Judgement) -> Mapping[str, float]:
        given = _numbers(task.facts)
        steps = progress(
            response,
            judged,
            len(task.reference.steps) + 1,
            lambda line: len(_read(line, given) or ()) == len(given),
        )
        return {**super().criteria(task, response, judged), "steps": steps}


def _numbers(facts: FrozenDict) -> list[int]:
    numbers = facts["numbers"]
    return [n for n in numbers if isinstance(n, int)] if isinstance(numbers, tuple) else []


def _inversions(numbers: Sequence[int]) -> int:
    return sum(after < number for place, number in enumerate(numbers) for after in numbers[place + 1 :])


def _write(numbers: Sequence[int], template: str) -> str:
    if template != "compact":
        return ", ".join(map(str, numbers))
    return ("" if max(numbers) < 10 else ",").join(map(str, numbers))


def _read(text: str, given: Sequence[int]) -> list[int] | None:
    """The list that `text` spells; digits side by side are a list if every number `given` has one digit."""
    bare = text.strip()
    if bare[:1] + bare[-1:] in ("[]", "()"):
        bare = bare[1:-1].strip()
    if len(bare) > _MAX_TEXT:
        return None
    words = _SEPARATOR.split(bare)
    if len(words) == 1 and max(given) < 10:
        words = list(bare)
    return [int(word) for word in words] if all(map(_NUMBER.fullmatch, words)) else None
