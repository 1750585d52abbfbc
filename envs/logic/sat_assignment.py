"""Find values that make every clause of a formula true.

Compactly, a clause is the letters of its variables, in upper case where negated: ``aB`` is "a or not b". Difficulty
grows the number of variables (3 to 13), the clauses (at most 4 to 17) and, from difficulty 5, their width (2 to 3).

Accepted answers: every satisfying assignment that gives each variable one value (t, true, yes, f, false or no in any
case), as values in the order of the alphabet (``TFT``, ``T F T``, ``true, false, true``), or by name in any order
(``a=T, b=F, c=T``). A missing, repeated or foreign variable makes an answer wrong.

A step is credited if it is what is left of the last credited formula once one variable is set (clauses that this
meets are gone, literals that it makes false are struck out), with at least one clause, and satisfiable. Any variable
may be set, clauses and literals may stand in any order, and the choice may stand before them (``b=F: a,Ac`` or
``B: a,Ac``). The worked solution sets the first lone literal, or the first literal where there is none; variables
that are left over in the end are true.

At difficulty 0, formulas that differ by the order of their clauses or by exchanging variables with their negations
fall in the same split, so that every constant answer is right equally often: in 15% of tasks. There are 672 formulas up
to the order of clauses, of 87 kinds up to polarity. From difficulty 1 there are so many that only the order is left
out of account.

    bc,AB,bC,C?     b,AB
                    A
                    =FTF
"""

from collections.abc import Mapping, Sequence
from itertools import product

from synthgym.envs.logic._clauses import Formula, given, normal, read_step, satisfiable, write_formula
from synthgym.envs.reading import plain, read_assignment
from synthgym.facts import FrozenDict
from synthgym.family import Family
from synthgym.plugins import register_family
from synthgym.rng import Rng
from synthgym.types import Solution, Step, Task

_FOLDED = 3  # variables up to which polarity is left out of an instance's key


@register_family
class SatAssignment(Family):
    """``bc,AB,bC,C`` is met by a=F, b=T, c=F."""

    domain = "logic"
    version = 0
    chance = 0.155

    def generate(self, rng: Rng, difficulty: int) -> Mapping[str, object]:
        letters = "abcdefghijklm"[: 3 + difficulty]
        width = 2 if difficulty < 5 else 3
        true = [letter if rng.chance(1, 2) else letter.upper() for letter in letters]
        order = rng.shuffled(true)
        clauses = [order[0], order[1] + order[0].swapcase(), order[2] + _mostly_false(rng, order[1])]
        for place in range(3, len(order)):
            clauses.append(order[place] + _mostly_false(rng, "".join(rng.sample(order[:place], width - 1))))
        for _ in range(1 + difficulty // 3):
            met, *others = rng.sample(true, width)
            clauses.append(met + "".join(v if rng.chance(1, 2) else v.swapcase() for v in others))
        distinct = dict.fromkeys("".join(sorted(clause, key=str.lower)) for clause in clauses)
        return {"variables": letters, "formula": ",".join(rng.shuffled(list(distinct)))}

    def instance_key(self, facts: FrozenDict) -> str:
        letters, text = str(facts["variables"]), str(facts["formula"])
        if len(letters) > _FOLDED:
            return ",".join(normal(text.split(",")))
        pairs = [((v + v.upper(), v + v.upper()), (v + v.upper(), v.upper() + v)) for v in letters]
        tables = (str.maketrans(*map("".join, zip(*chosen, strict=True))) for chosen in product(*pairs))
        return min(",".join(normal(text.translate(table).split(","))) for table in tables)

    def question(self, facts: FrozenDict, template: str) -> str:
        text = write_formula(_formula(facts), template)
        if template == "compact":
            return f"{text}?"
        return (
            f"Give each of {', '.join(str(facts['variables']))} the value T or F so that {text} is true. Set one "
            "variable at a time, and write what is left of the formula on a line of its own."
        )

    def solve(self, facts: FrozenDict, template: str) -> Solution:
        left, compact = _formula(facts), template == "compact"
        steps: list[Step] = []
        values = dict.fromkeys(str(facts["variables"]), "T")
        while left:
            literal = _choice(left)
            values[literal.lower()] = "FT"[literal.islower()]
            left = given(left, literal)
            choice = "" if compact else f"{literal.lower()}={values[literal.lower()]}: "
            steps.append(Step(choice + write_formula(left, template)))
        named = (f"{letter}={value}" for letter, value in values.items())
        return Solution(tuple(steps[:-1]), "".join(values.values()) if compact else ", ".join(named))

    def is_correct(self, task: Task, answer: str) -> bool:
        values = read_assignment(answer, str(task.facts["variables"]))
        if values is None:
            return False
        return all(any(values[v.lower()] == v.islower() for v in clause) for clause in _formula(task.facts))

    def canonical_answer(self, task: Task, answer: str) -> str | None:
        values = read_assignment(answer, str(task.facts["variables"]))
        return None if values is None else "".join("FT"[value] for value in values.values())

    def check_step(self, task: Task, done: Sequence[str], step: str) -> bool:
        last = read_step(plain(done[-1]))[0] if done else normal(_formula(task.facts))
        left, stated = read_step(plain(step))
        if last is None or left is None:
            return False
        literals = {choice for clause in last for v in clause for choice in (v, v.swapcase())}
        choices = literals & {stated} if stated else literals
        return any(normal(given(last, literal)) == left for literal in choices) and satisfiable(left)


def _formula(facts: FrozenDict) -> Formula:
    return tuple(str(facts["formula"]).split(","))


def _mostly_false(rng: Rng, literals: str) -> str:
    """The true `literals` with probability 1/4; otherwise their negations, which force the rest of a clause."""
    return literals if rng.chance(1, 4) else literals.swapcase()


def _choice(formula: Formula) -> str:
    """The literal to make true: the first that stands alone, or else the first that can be true."""
    for clause in formula:
        if len(clause) == 1:
            return clause
    first = formula[0][0]
    return first if satisfiable(given(formula, first)) else first.swapcase()
