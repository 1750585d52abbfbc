"""What is read as which kind of answer, one page a kind: the docstring of a module, run by a test.

Numbers
    `integers`, `fractions`, `mixed_numbers`, `decimals`, `repeating_decimals`, `percents`, `scientific`,
    `thousands`, `bases`, `units`
Expressions
    `radicals`, `powers`, `constants`, `complex_numbers`, `polynomials`, `rational_functions`,
    `trigonometric`, `logarithms`, `sums_and_integrals`
Several values
    `sets`, `tuples`, `lists`, `matrices`, `plus_minus`
Relations
    `equations`, `inequalities`, `intervals`
Words
    `choices`

A page says which spellings are accepted, what was decided where mathematics leaves it open, and what does not
match. Its examples call `same` and `status`. Read one with
``help("synthgym.verifiers.equivalence.forms.decimals")``.
"""

from typing import Any

from synthgym.verifiers.equivalence.types import Equivalence, Status


def same(gold: str, answer: str, **settings: Any) -> bool:
    """Whether `answer` matches `gold`; `settings` and what is raised are those of `synthgym.verifiers.equivalent`."""
    return _judged(gold, answer, settings).match


def status(gold: str, answer: str, **settings: Any) -> Status:
    """How judging `answer` against `gold` ends."""
    return _judged(gold, answer, settings).status


def _judged(gold: str, answer: str, settings: dict[str, Any]) -> Equivalence:
    from synthgym.verifiers.equivalence.engine import equivalent

    return equivalent(gold, answer, **settings)
