"""Write the Python function that a description asks for.

The function f takes x (a whole number, a text or a list of whole numbers), and from difficulty 4 on sometimes a
whole number k, through a chain of operations. Accepted answers: any module that defines f, any body of f, and any
expression in its parameters that passes every hidden test. The tests catch every small mistake in the function, every
constant, and an answer that knows the examples only; those mistakes that no input of ours tells apart aside.

Difficulty grows the operations (2 to 12) and the constructs: arithmetic, lists (2), texts (3), a second parameter (4),
branches (5), loops (6), conversions (7), nested branches (8). Credit is process credit, by statement, from execution:
see `_credit`. There are about 1,000 instances of difficulty 0; the best constant answer is right in 0.5% of tasks.

    plus 3 times 2?         (x+3)*2
"""

from synthgym.envs.code._python_family import FORMS, PythonFamily, example_lines, function_of
from synthgym.facts import FrozenDict
from synthgym.plugins import register_family


@register_family
class FunctionSynthesis(PythonFamily):
    """``plus 3 times 2`` is ``(x+3)*2``."""

    version = 0
    chance = 0.005

    def question(self, facts: FrozenDict, template: str) -> str:
        function = function_of(facts)
        if template == "compact":
            return f"{function.brief()}?"
        return (
            f"Write a Python function.\n\n{function.describe()}\n\nThe function starts with the line\n"
            f"{function.header(annotated=True)}\n\nExamples:\n{example_lines(facts)}\n\n{FORMS}"
        )
