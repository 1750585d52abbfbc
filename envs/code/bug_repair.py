"""Repair a Python function that has one bug, given what it should do.

The bug is a small mistake: a number one off, an operation left out, exchanged with the next or put in place of its
neighbour, another comparison, exchanged branches. Accepted answers: those of `function_synthesis`, that is any function
that passes every hidden test; the program as it is shown fails at least one.

Difficulty grows the operations of the function (2 to 12) and its constructs as in `function_synthesis`. Credit is
process credit, by statement, from execution: see `_credit`. There are about 1,000 functions of difficulty 0, and some
eight bugs for each; no function is in both splits. The best constant answer is right in about 0.5% of tasks.

    plus 3 times 2: (x+3)*3?        (x+3)*2
"""

from collections.abc import Mapping

from synthgym.envs.code._functions import Function, of_facts
from synthgym.envs.code._functions_mutants import mutants
from synthgym.envs.code._inputs import Tests, is_defined_on
from synthgym.envs.code._python_family import (
    FORMS,
    PythonFamily,
    example_lines,
    function_of,
    is_small,
    written,
)
from synthgym.facts import FrozenDict
from synthgym.plugins import register_family
from synthgym.rng import Rng


@register_family
class BugRepair(PythonFamily):
    """``plus 3 times 2: (x+3)*3`` becomes ``(x+3)*2``."""

    version = 0
    chance = 0.005

    def facts_of(
        self, rng: Rng, difficulty: int, function: Function, tests: Tests
    ) -> Mapping[str, object] | None:
        same = [survivor.function for survivor in tests.survivors]
        wrong = [mutant.function for mutant in mutants(function) if mutant.function not in same]
        for buggy in rng.shuffled(wrong):
            if is_defined_on(buggy, (*tests.hidden, *tests.examples)):
                return {"buggy": buggy.facts()}
        return None

    def question(self, facts: FrozenDict, template: str) -> str:
        function, buggy = function_of(facts), of_facts(facts["buggy"])
        program = written(buggy, template, small=is_small(function))
        if template == "compact":
            return f"{function.brief()}:{' ' if is_small(function) else chr(10)}{program}?"
        return (
            f"This Python function has a bug:\n\n{program}\n\nWhat it should do:\n{function.describe()}\n\n"
            f"Examples of what it should give:\n{example_lines(facts)}\n\nWrite the function without the bug. {FORMS}"
        )
