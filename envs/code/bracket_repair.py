"""Repair a string of brackets with the fewest edits; an edit inserts, deletes or replaces one bracket.

Difficulty grows the length (6 to 16) and the edits needed (1 to 4); up to 3 the string was broken by
replacements only. Accepted answers: every balanced string at the least possible edit distance from the given
one, with any white space.

Steps are judged by the repair that they lead to, whichever it is. The current string is the given one, or
that of the last credited edit. A step is credited if it is the current string with a dot for every bracket
that is matched (neighbours that match, those that are neighbours without them, and so on), once for each
string; or if it is a string one edit from the current one that needs one edit less. At difficulty 0 there
are about 2,700 instances; the best constant answer is right in about 2% of tasks.

    <[()])?         <....)
                    =<[()]>
"""

from collections.abc import Mapping, Sequence

from synthgym.envs.code import _brackets as strings
from synthgym.envs.code._progress import without_spray
from synthgym.envs.reading import plain
from synthgym.facts import FrozenDict
from synthgym.family import Family
from synthgym.plugins import register_family
from synthgym.rng import Rng
from synthgym.types import Judgement, Response, Solution, Step, Task

_LENGTHS = (6, 8, 10, 8, 10, 12, 10, 12, 14, 14, 16)
_EDITS = (1, 1, 1, 2, 2, 2, 3, 3, 3, 4, 4)


@register_family
class BracketRepair(Family):
    """``<[()])`` is repaired by ``<[()]>`` or ``([()])``."""

    domain = "code"
    version = 0
    chance = 0.021

    def generate(self, rng: Rng, difficulty: int) -> Mapping[str, object]:
        edits = _EDITS[difficulty]
        while True:
            text = _broken(rng, _balanced(rng, _LENGTHS[difficulty]), edits, difficulty)
            if strings.distance(text) == edits and "." in strings.blanked(text):
                return {"text": text, "edits": edits}

    def question(self, facts: FrozenDict, template: str) -> str:
        if template == "compact":
            return f"{facts['text']}?"
        return (
            f"These brackets are not balanced:\n\n{facts['text']}\n\nBalance them with as few edits as possible, "
            "so that each (, [ or < is closed by its own ), ] or >. An edit inserts, deletes or replaces one "
            "bracket. First write the string with a dot in place of every bracket that is already matched. If "
            "one edit is not enough, go on with the string after each edit but the last, followed by its own "
            "line with dots. The final answer is the balanced string."
        )

    def solve(self, facts: FrozenDict, template: str) -> Solution:
        text = str(facts["text"])
        *between, answer = strings.repair(text)
        lines = [strings.blanked(text)]
        for string in between:
            lines += [string, strings.blanked(string)]
        return Solution(tuple(Step(line) for line in lines), answer)

    def is_correct(self, task: Task, answer: str) -> bool:
        string = _read(answer)
        text, edits = _facts(task)
        return string is not None and not strings.unmatched(string) and strings.within(text, string, edits)

    def canonical_answer(self, task: Task, answer: str) -> str | None:
        return _read(answer)

    def check_step(self, task: Task, done: Sequence[str], step: str) -> bool:
        text, edits = _facts(task)
        dotted = False
        for line in map(_bare, done):
            dotted = "." in line
            text, edits = (text, edits) if dotted else (line, edits - 1)
        line = _bare(step)
        if "." in line:
            return not dotted and line == strings.blanked(text)
        one_edit = _read(line) is not None and strings.within(text, line, 1)
        return one_edit and strings.distance(line) == edits - 1

    def criteria(self, task: Task, response: Response, judged: Judgement) -> Mapping[str, float]:
        return without_spray(super().criteria(task, response, judged), task, judged)


def _facts(task: Task) -> tuple[str, int]:
    edits = task.facts["edits"]
    return str(task.facts["text"]), edits if isinstance(edits, int) else 0


def _bare(line: str) -> str:
    return "".join(plain(line).split())


def _read(answer: str) -> str | None:
    string = "".join(answer.split())
    return string if string and set(string) <= set(strings.BRACKETS) else None


def _balanced(rng: Rng, length: int) -> str:
    text = ""
    awaited: list[str] = []
    while len(text) < length:
        if not awaited or (len(text) + len(awaited) < length and rng.chance(1, 2)):
            opener = rng.choice(strings.OPENERS)
            awaited.append(strings.PARTNER[opener])
            text += opener
        else:
            text += awaited.pop()
    return text


def _broken(rng: Rng, text: str, edits: int, difficulty: int) -> str:
    """`text` after so many random edits."""
    for _ in range(edits):
        at, kind = rng.below(len(text)), rng.below(4) if difficulty > 3 else 0
        bracket = rng.choice([other for other in strings.BRACKETS if other != text[at]])
        middle = {1: "", 2: bracket + text[at]}.get(kind, bracket)
        text = text[:at] + middle + text[at + 1 :]
    return text
