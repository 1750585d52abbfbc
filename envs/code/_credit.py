"""Credit by statement, from execution.

A statement's credit is S / (S + F), where S tests that pass ran it and F tests that fail did: 1 minus its failure rate
in Liblit et al., "Scalable statistical bug isolation", PLDI 2005. A statement that no test ran, or that can have no
effect, earns 0; so do comments, and lines outside the answer.
"""

import re
from collections.abc import Sequence

from synthgym.envs.code._analysis import Analysis, Statement
from synthgym.types import Response
from synthgym.verifiers.sandbox import Outcome, Result

_END = re.compile(r"\r\n|\r|\n")


def line_credits(analysis: Analysis, tests: Sequence[Result]) -> dict[int, float]:
    """The credit of each line of the analysed text (from 1) that has a statement; of several, the least.

    Args:
        tests: judged with ``trace=True``, on the analysis's source.
    """
    credits: dict[int, float] = {}
    for statement in analysis.statements:
        value = _credit(statement, analysis.offset, tests)
        for line in range(statement.first, statement.last + 1):
            credits[line] = min(credits.get(line, 1.0), value)
    return credits


def step_credits(response: Response, credits: dict[int, float], shift: int = 0) -> tuple[float, ...]:
    """The credit of each of a response's lines; line n of its answer is line n + `shift` of the analysed text."""
    body = response.body
    if body is None:
        return (0.0,) * len(response.steps)
    # A line ends at \n for us, and at \r too for Python.
    numbers = [1]
    for end in _END.finditer(body.text):
        numbers += [numbers[-1] + 1] * ("\n" in end[0])
        if "\n" not in end[0]:
            numbers.append(numbers[-1])
    best: dict[int, list[float]] = {}
    for line, number in enumerate(numbers, 1):
        if line + shift in credits:
            best.setdefault(number, []).append(credits[line + shift])
    found = []
    for step in response.steps:
        inside = body.start <= step.start < body.end and not step.text.startswith("#")
        number = response.completion.count("\n", body.start, step.start) + 1 if inside else 0
        found.append(min(best.get(number, [0.0])))
    return tuple(found)


def _credit(statement: Statement, offset: int, tests: Sequence[Result]) -> float:
    if not statement.acts:
        return 0.0
    lines = set(range(statement.ran_first + offset, statement.ran_last + offset + 1))
    ran = [test.outcome is Outcome.PASSED for test in tests if not lines.isdisjoint(test.lines)]
    return sum(ran) / len(ran) if ran else 0.0
