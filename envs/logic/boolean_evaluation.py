"""Evaluate a Boolean expression of constants, ``!`` (not), ``&`` (and) and ``|`` (or).

Difficulty grows the number of constants: 4 at difficulties 0 and 1, then one more each time, to 13; there are
negations from difficulty 1. Accepted answers: t, true, yes, f, false, no in any case, or ⊤ and ⊥; not an expression
that has the value. A step is credited if it is the last credited expression, in any common spelling, with parts of it
simplified: in one place or several apart, in any order. A part becomes its value, ``!!x`` becomes ``x``, and so do
``T&x`` and ``F|x``. At most half of the operations ``&`` and ``|``, rounded up, may go at once, so that the value is
no step before the last operation: it could as well be guessed. The worked solution does one operation a line.

Half of the tasks are true, at every difficulty and in both splits: the value is drawn before the expression and
apart from its outermost operation, and an expression and its dual, which has the other value, fall in the same
split. A constant answer is right in half of the tasks. At difficulty 0 there are 640 expressions.

    (T&F)|(T|F)?    F|(T|F)
                    F|T
                    =T
"""

import re
from collections.abc import Mapping, Sequence

from synthgym.envs.logic._expression import follows, read_expression
from synthgym.envs.logic._progress import progress
from synthgym.envs.reading import plain, read_truth
from synthgym.facts import FrozenDict
from synthgym.family import Family
from synthgym.plugins import register_family
from synthgym.rng import Rng
from synthgym.types import Judgement, Response, Solution, Step, Task

_OPERATION = re.compile(r"\((!?[TF])([&|])(!?[TF])\)")
_DUAL = str.maketrans("TF&|", "FT|&")
_WORDS = {"T": "True", "F": "False", "!": "not ", "&": " and ", "|": " or ", "(": "(", ")": ")"}


@register_family
class BooleanEvaluation(Family):
    """``(T&F)|(T|F)`` is T."""

    domain = "logic"
    version = 0
    chance = 0.5

    def generate(self, rng: Rng, difficulty: int) -> Mapping[str, object]:
        op, wanted = rng.choice("&|"), rng.chance(1, 2)
        leaves, negations = 3 + max(difficulty, 1), difficulty > 0
        while True:
            first = rng.integer(1, leaves - 1)
            left, right = _draw(rng, first, negations), _draw(rng, leaves - first, negations)
            text = f"{left}{op}{right}"
            if _value(text) == wanted:
                return {"expression": text}

    def instance_key(self, facts: FrozenDict) -> str:
        text = _text(facts)
        return min(text, text.translate(_DUAL))

    def question(self, facts: FrozenDict, template: str) -> str:
        text = _write(_text(facts), template)
        if template == "compact":
            return f"{text}?"
        return f"Evaluate {text}. Write each simpler expression on a line of its own."

    def solve(self, facts: FrozenDict, template: str) -> Solution:
        *steps, answer = _reduce(_text(facts))
        return Solution(tuple(Step(_write(step, template)) for step in steps), _write(answer, template))

    def is_correct(self, task: Task, answer: str) -> bool:
        return read_truth(answer) == _value(_text(task.facts))

    def canonical_answer(self, task: Task, answer: str) -> str | None:
        value = read_truth(answer)
        return None if value is None else "FT"[value]

    def check_step(self, task: Task, done: Sequence[str], step: str) -> bool:
        last = read_expression(plain(done[-1]) if done else _text(task.facts))
        line = read_expression(plain(step))
        return last is not None and line is not None and follows(last, line)

    def criteria(self, task: Task, response: Response, judged: Judgement) -> Mapping[str, float]:
        steps = progress(response, judged, len(task.reference.steps) + 1, _is_step)
        return {**super().criteria(task, response, judged), "steps": steps}


def _is_step(line: str) -> bool:
    return read_expression(plain(line)) is not None


def _text(facts: FrozenDict) -> str:
    return str(facts["expression"])


def _draw(rng: Rng, leaves: int, negations: bool) -> str:
    """An expression of `leaves` constants, in parentheses if there are two or more; a third of the parts negated."""
    negation = "!" if negations and rng.chance(1, 3) else ""
    if leaves == 1:
        return negation + rng.choice("TF")
    first = rng.integer(1, leaves - 1)
    left, right = _draw(rng, first, negations), _draw(rng, leaves - first, negations)
    return f"{negation}({left}{rng.choice('&|')}{right})"


def _reduce(text: str) -> list[str]:
    """The expressions after each operation, innermost and leftmost first, down to the value."""
    text, lines = f"({text})", []
    while match := _OPERATION.search(text):
        first, op, second = match.groups()
        values = (first in ("T", "!F"), second in ("T", "!F"))
        text = (
            f"{text[: match.start()]}{'FT'[all(values) if op == '&' else any(values)]}{text[match.end() :]}"
        )
        lines.append(text)
    return [line[1:-1] for line in lines[:-1]] + lines[-1:]


def _value(text: str) -> bool:
    return _reduce(text)[-1] == "T"


def _write(text: str, template: str) -> str:
    return text if template == "compact" else "".join(map(_WORDS.__getitem__, text))
