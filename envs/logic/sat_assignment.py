"""Find values that make every clause of a formula true.

Compactly, a clause is the letters of its variables, in upper case where negated: ``aB`` is "a or not b". Difficulty
grows the number of variables (3 to 13), the clauses (4 to 18) and, from difficulty 5, their width (2 to 3).

Accepted answers: every satisfying assignment that gives each variable one value, as values in the order of the
alphabet (``TFT``, ``T F T``, ``true, false, true``), or as ``a=T, b=F, c=T`` in any order. A missing, repeated or
foreign variable makes an answer wrong.

A step is what is left of the last credited formula once one variable is set (clauses that the choice meets are gone,
literals that it makes false are struck out): at least one clause, and satisfiable. Any variable may be set, the order
of clauses and literals is free, and the choice may stand before it (``b=F: a,Ac``). The worked solution sets the
first lone literal, or the first literal where there is none; what is free in the end is true.

Formulas that differ by the order of clauses or by exchanging variables with their negations fall in the same split,
so that every constant answer is right equally often: in 14% of tasks at difficulty 0.

    ab,Ac,B,bC?     a,Ac,C
                    =FFF
"""

import re
from collections.abc import Mapping, Sequence
from itertools import product

from synthgym.envs.logic._clauses import (
    Formula,
    given,
    letter,
    normal,
    read_formula,
    satisfiable,
    write_formula,
)
from synthgym.envs.reading import read_truth
from synthgym.facts import FrozenDict, canonical
from synthgym.family import Family
from synthgym.plugins import register_family
from synthgym.rng import Rng
from synthgym.types import Solution, Step, Task

_NAMED = re.compile(r"([a-z]) ?[=:] ?([a-z]+|[\u22a4\u22a5])", re.IGNORECASE)
_JOINED = re.compile(r"@(?:(?: ?[,;] ?(?:and )?| (?:and )?)@)*")
_FOLDED_VARIABLES = 3  # with more there are so many formulas that chance balances the splits


@register_family
class SatAssignment(Family):
    """``ab,Ac,B,bC`` is met by a=T, b=F, c=T."""

    domain = "logic"
    version = 0
    chance = 0.15

    def generate(self, rng: Rng, difficulty: int) -> Mapping[str, object]:
        variables = 3 + difficulty
        width = 2 if difficulty < 5 else 3
        true = [rng.choice((v, -v)) for v in range(1, variables + 1)]
        order = rng.shuffled(true)
        clauses = [[order[0]], [order[1], -order[0]]]
        for place in range(2, variables):
            parents = order[1:2] if place == 2 else rng.sample(order[:place], width - 1)
            forced = rng.chance(3, 4)
            clauses.append([order[place], *(-v if forced else v for v in parents)])
        for _ in range(1 + difficulty // 3):
            met, *others = rng.sample(true, width)
            clauses.append([met, *(rng.choice((v, -v)) for v in others)])
        distinct = dict.fromkeys(tuple(sorted(clause, key=abs)) for clause in clauses)
        return {"variables": variables, "clauses": rng.shuffled(list(distinct))}

    def instance_key(self, facts: FrozenDict) -> str:
        formula, variables = _formula(facts), _variables(facts)
        if variables > _FOLDED_VARIABLES:
            return canonical(normal(formula))
        signs = product((1, -1), repeat=variables)
        return canonical(min(normal([v * sign[abs(v) - 1] for v in c] for c in formula) for sign in signs))

    def question(self, facts: FrozenDict, template: str) -> str:
        text = write_formula(_formula(facts), template)
        if template == "compact":
            return f"{text}?"
        names = ", ".join(map(letter, range(1, _variables(facts) + 1)))
        return (
            f"Give each of {names} the value T or F so that {text} is true. Set one variable at a time, and write "
            "what is left of the formula on a line of its own."
        )

    def solve(self, facts: FrozenDict, template: str) -> Solution:
        left, steps, values = _formula(facts), list[Step](), dict[int, bool]()
        while left:
            literal = _choice(left)
            values[abs(literal)] = literal > 0
            left = given(left, literal)
            choice = "" if template == "compact" else f"{letter(abs(literal))}={'FT'[literal > 0]}: "
            steps.append(Step(choice + write_formula(left, template)))
        answer = ["FT"[values.get(v, True)] for v in range(1, _variables(facts) + 1)]
        if template != "compact":
            answer = [f"{letter(v)}={value}, " for v, value in enumerate(answer, 1)]
        return Solution(tuple(steps[:-1]), "".join(answer).removesuffix(", "))

    def is_correct(self, task: Task, answer: str) -> bool:
        values = _read(answer, _variables(task.facts))
        if values is None:
            return False
        return all(any(values[abs(v) - 1] == (v > 0) for v in clause) for clause in _formula(task.facts))

    def canonical_answer(self, task: Task, answer: str) -> str | None:
        values = _read(answer, _variables(task.facts))
        return None if values is None else "".join("FT"[value] for value in values)

    def check_step(self, task: Task, done: Sequence[str], step: str) -> bool:
        last = _read_step(done[-1])[0] if done else normal(_formula(task.facts))
        left, stated = _read_step(step)
        if last is None or left is None:
            return False
        literals = {sign * v for clause in last for v in clause for sign in (1, -1)}
        choices = literals if stated is None else literals & {stated}
        return any(normal(given(last, v)) == left for v in choices) and satisfiable(left)


def _formula(facts: FrozenDict) -> Formula:
    clauses = facts["clauses"]
    if not isinstance(clauses, tuple):
        return ()
    return tuple(tuple(v for v in c if isinstance(v, int)) for c in clauses if isinstance(c, tuple))


def _variables(facts: FrozenDict) -> int:
    return int(str(facts["variables"]))


def _choice(formula: Formula) -> int:
    """The literal to make true: the first that stands alone, or else the first that can be true."""
    alone = (clause[0] for clause in formula if len(clause) == 1)
    first = formula[0][0]
    return next(alone, first if satisfiable(given(formula, first)) else -first)


def _read_step(line: str) -> tuple[Formula | None, int | None]:
    """The formula that `line` spells, None if it does not, and the literal stated before it, if any."""
    choice, colon, text = line.rpartition(":")
    if not colon:
        return read_formula(text), None
    named = _NAMED.fullmatch(choice.strip())
    stated = read_formula(named[1].lower() if named else choice)
    value = read_truth(named[2]) if named else True
    if value is None or stated is None or len(stated) != 1 or len(stated[0]) != 1:
        return None, None
    return read_formula(text), stated[0][0] if value else -stated[0][0]


def _read(answer: str, variables: int) -> list[bool] | None:
    """The value of each variable in alphabetical order, or None."""
    bare = " ".join(answer.split())
    named = _NAMED.findall(bare)
    if named:
        by_name = {name.lower(): read_truth(value) for name, value in named}
        words_fit = len(named) == len(by_name) == variables and _JOINED.fullmatch(_NAMED.sub("@", bare))
        values = [by_name.get(letter(v)) for v in range(1, variables + 1)] if words_fit else []
    else:
        words = list(bare) if bare.isalpha() else re.split(" ?[,;] ?| ", bare)
        values = [read_truth(word) for word in words]
    known = [value for value in values if value is not None]
    return known if len(known) == len(values) == variables else None
