"""Rewrite a Python function so that it does the same without a construct: no %, no loop, no slice, no if ...

Accepted answers: those of `function_synthesis` (a module that defines f, a body of f, an expression) that pass every
hidden test and keep the constraint. Constraints: `_refactor_ways`; whether one is kept is found by our analyser, which
runs in the sandbox with the answer's text as an argument (`_refactor_checker`). A forbidden name may not be used in any
role, and for every constraint only listed syntax, builtins and methods are allowed: no imports, classes or decorators,
nothing that reaches code through text or reflection. The program as it is shown fails the constraint.

Difficulty grows the worked solution (10 to about 250 characters) and the function as in `function_synthesis`. Credit is
process credit, by statement, from execution (see `_credit`); lines that break the constraint earn 0. There are about
350 instances of difficulty 0, which are all without %; the best constant answer is right in about 3% of tasks.

    no %: x%4*3?        (x-x//4*4)*3
"""

import re
from collections.abc import Mapping

from synthgym.envs.code._analysis import Analysis
from synthgym.envs.code._credit import step_credits
from synthgym.envs.code._functions import Function
from synthgym.envs.code._functions_draw import draw
from synthgym.envs.code._inputs import pick_tests
from synthgym.envs.code._python_family import (
    FORMS,
    PythonFamily,
    example_lines,
    function_of,
    is_small,
    written,
)
from synthgym.envs.code._refactor_check import broken_rules
from synthgym.envs.code._refactor_ways import WAYS, Way
from synthgym.envs.code._refactor_writer import NoWay, body, expression
from synthgym.facts import FrozenDict, canonical
from synthgym.plugins import register_family
from synthgym.rng import Rng
from synthgym.types import Criterion, Judgement, Response, Solution, Task

_LENGTHS = (
    (8, 20),
    (10, 32),
    (36, 60),
    (50, 80),
    (65, 100),
    (80, 120),
    (96, 140),
    (112, 160),
    (130, 185),
    (150, 215),
    (170, 300),
)
"""Characters of the worked solution in the compact template, from and up to, at each difficulty."""
_TIGHT = re.compile(r" ?([-+*/%<>=,]+) ?")
_ALWAYS = (
    "Not allowed in any case: imports, classes, decorators, async, global, and builtins or methods that reach beyond "
    "plain values, such as eval, getattr, globals or format. What is forbidden may not be used as a name either."
)


@register_family
class ConstrainedRefactor(PythonFamily):
    """``x%4`` without % is ``x-x//4*4``."""

    version = 0
    chance = 0.03
    rubric = (
        *(criterion for criterion in PythonFamily.rubric if not criterion.style),
        Criterion("constraint", 4.0),
        *(criterion for criterion in PythonFamily.rubric if criterion.style),
    )

    def generate(self, rng: Rng, difficulty: int) -> Mapping[str, object]:
        low, high = _LENGTHS[difficulty]
        while True:
            function = draw(rng, difficulty)
            constraint = next(
                (name for name in rng.shuffled(list(WAYS)) if low <= _length(function, name) < high), None
            )
            tests = pick_tests(rng, function) if constraint else None
            if tests is not None:
                return {
                    "function": function.facts(),
                    "constraint": constraint,
                    "examples": [[list(test.args), test.expected] for test in tests.examples],
                    "tests": [[test.group, list(test.args), test.expected] for test in tests.hidden],
                }

    def instance_key(self, facts: FrozenDict) -> str:
        return f"{facts['constraint']} {canonical(facts['function'])}"

    def question(self, facts: FrozenDict, template: str) -> str:
        function, name = function_of(facts), str(facts["constraint"])
        program = shown(function, name, template)
        if template == "compact":
            return f"no {WAYS[name].brief}:{' ' if is_small(function) else chr(10)}{program}?"
        return (
            f"Here is a Python function:\n\n{program}\n\nRewrite it: it must give the same for all arguments, and must "
            f"not use {WAYS[name].english}. {_ALWAYS}\n\nExamples of what it gives:\n{example_lines(facts)}\n\n{FORMS}"
        )

    def solve(self, facts: FrozenDict, template: str) -> Solution:
        return Solution((), rewritten(function_of(facts), str(facts["constraint"]), template))

    def keeps(self, task: Task, analysis: Analysis) -> bool:
        broken = broken_rules(analysis.source)
        return "base" not in broken and task.facts["constraint"] not in broken

    def judge(self, task: Task, response: Response) -> Judgement:
        """As for every function, but that lines which break the constraint earn 0."""
        judged = super().judge(task, response)
        if response.answer is None:
            return judged
        report = self.report(task, response.answer)
        if report.judged is None:
            return judged
        broken = broken_rules(report.analysis.source)
        lines = {*broken.get("base", ()), *broken.get(str(task.facts["constraint"]), ())}
        offset, count = report.analysis.offset, report.analysis.source.count("\n") + 1
        kept = {line: float(line + offset not in lines) for line in range(1, count + 1)}
        credits = zip(judged.step_credits, step_credits(response, kept), strict=True)
        return Judgement(judged.truth, tuple(min(pair) for pair in credits))


def shown(function: Function, constraint: str, template: str) -> str:
    """The function as it is shown, with the construct that is forbidden."""
    if constraint == "recursion":
        return _program(function, body(function, WAYS["loop"], 1 if template == "compact" else 4), template)
    return written(function, template)


def rewritten(function: Function, constraint: str, template: str) -> str:
    """The function without the construct.

    Raises:
        NoWay: if we cannot write it.
    """
    way = WAYS[constraint]
    if constraint == "recursion":
        return _program(function, function.statements(1 if template == "compact" else 4), template)
    if template == "compact" and is_small(function) and function.expression() is not None:
        return _TIGHT.sub(r"\1", expression(function, way))
    return _program(function, body(function, way, 1 if template == "compact" else 4), template)


def _program(function: Function, lines: list[str], template: str) -> str:
    if template == "compact":
        return "\n".join(lines)
    return "\n".join([function.header(annotated=True), *(f"    {line}" for line in lines)])


def _length(function: Function, constraint: str) -> int:
    """Characters of the worked solution; -1 if the constraint does not fit the function."""
    way: Way = WAYS[constraint]
    if not way.concerns(function):
        return -1
    try:
        return len(rewritten(function, constraint, "compact"))
    except NoWay:
        return -1
