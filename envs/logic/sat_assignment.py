"""Find values that make every clause of a formula true.

DOC

    A,bc,aC,Ab?     aC:C
                    bc:b
                    =FTF
"""

from collections.abc import Mapping, Sequence
from itertools import product

from synthgym.envs.logic._clauses import Formula, clause, pending, read_step, satisfiable, write_clause
from synthgym.envs.reading import plain, read_assignment
from synthgym.facts import FrozenDict
from synthgym.family import Family
from synthgym.plugins import register_family
from synthgym.rng import Rng
from synthgym.types import Solution, Step, Task

_FOLDED = 3  # variables up to which polarity is left out of an instance's key


@register_family
class SatAssignment(Family):
    """``A,bc,aC,Ab`` is met by a=F, b=T, c=F."""

    domain = "logic"
    version = 0
    chance = 0.155

    def generate(self, rng: Rng, difficulty: int) -> Mapping[str, object]:
        letters = "abcdefghijklm"[: 3 + difficulty]
        width = 2 if difficulty < 5 else 3
        true = [v if rng.chance(1, 2) else v.upper() for v in letters]
        order = rng.shuffled(true)
        clauses = [order[2] + rng.choice(order[:2]).swapcase()]
        for place in range(3, len(order)):
            clauses.append(order[place] + _mostly_false(rng, "".join(rng.sample(order[:place], width - 1))))
        for _ in range(2 + difficulty // 3):
            met, *others = rng.sample(true, width)
            clauses.append(met + "".join(v if rng.chance(1, 2) else v.swapcase() for v in others))
        distinct = dict.fromkeys(map(clause, clauses))
        return {
            "variables": letters,
            "formula": ",".join([*sorted(order[:2], key=str.lower), *rng.shuffled(list(distinct))]),
        }

    def instance_key(self, facts: FrozenDict) -> str:
        letters, text = str(facts["variables"]), str(facts["formula"])
        signs = product(*((v, v.upper()) for v in letters)) if len(letters) <= _FOLDED else [letters]
        flipped = (text.translate(_exchange(letters, sign)) for sign in signs)
        return min(",".join(sorted(map(clause, variant.split(",")))) for variant in flipped)

    def question(self, facts: FrozenDict, template: str) -> str:
        clauses = [write_clause(text, template) for text in _formula(facts)]
        if template == "compact":
            return f"{','.join(clauses)}?"
        text = " and ".join(f"({each})" if " or " in each else each for each in clauses)
        return (
            f"Give each of {', '.join(str(facts['variables']))} the value T or F so that {text} is true. On each "
            "line, write a clause and the value that it needs, as in 'a or not b: b=F'."
        )

    def solve(self, facts: FrozenDict, template: str) -> Solution:
        formula, compact = _formula(facts), template == "compact"
        true = _lone(formula)
        steps: list[Step] = []
        while left := pending(formula, true):
            text, literal = _choice(left)
            true.append(literal)
            line = write_clause(
                text if len(left[text]) == 1 else text.replace(literal, "") + literal, template
            )
            steps.append(Step(line if compact else f"{line}: {literal.lower()}={'FT'[literal.islower()]}"))
        values = [(v, "FT"[v.upper() not in true]) for v in str(facts["variables"])]
        answer = "".join(t for _, t in values) if compact else ", ".join(f"{v}={t}" for v, t in values)
        return Solution(tuple(steps), answer)

    def is_correct(self, task: Task, answer: str) -> bool:
        values = read_assignment(answer, str(task.facts["variables"]))
        if values is None:
            return False
        return all(any(values[v.lower()] == v.islower() for v in text) for text in _formula(task.facts))

    def canonical_answer(self, task: Task, answer: str) -> str | None:
        values = read_assignment(answer, str(task.facts["variables"]))
        return None if values is None else "".join("FT"[value] for value in values.values())

    def check_step(self, task: Task, done: Sequence[str], step: str) -> bool:
        formula = _formula(task.facts)
        true = _lone(formula)
        for line in [*done, step]:
            true.append(_set_by(plain(line), pending(formula, true)))
            if not true[-1]:
                return False
        return True


def _formula(facts: FrozenDict) -> Formula:
    return tuple(str(facts["formula"]).split(","))


def _lone(formula: Formula) -> list[str]:
    return [text for text in formula if len(text) == 1]


def _set_by(line: str, left: Mapping[str, str]) -> str:
    """The literal that `line` makes true, given the clauses that are `left`; empty if it does not follow."""
    literals, stated = read_step(line)
    text = clause(literals)
    if text not in left or len(text) < len(literals):
        return ""
    if min(map(len, left.values())) == 1:
        return left[text] if len(left[text]) == 1 and stated in ("", left[text]) else ""
    literal = stated or literals[-1]
    return literal if literal in left[text] and satisfiable(left.values(), literal) else ""


def _exchange(letters: str, literals: Sequence[str]) -> dict[int, str]:
    """The translation that writes `literals` for `letters`, and their negations for the negations."""
    names = {ord(v): literal for v, literal in zip(letters, literals, strict=True)}
    return names | {ord(v.upper()): literal.swapcase() for v, literal in zip(letters, literals, strict=True)}


def _mostly_false(rng: Rng, literals: str) -> str:
    """The true `literals` with probability 1/4; otherwise their negations, which force the rest of a clause."""
    return literals if rng.chance(1, 4) else literals.swapcase()


def _choice(left: Mapping[str, str]) -> tuple[str, str]:
    """The first clause with one open literal, and that literal; or the first clause, and its first that can hold."""
    for text, literals in left.items():
        if len(literals) == 1:
            return text, literals
    text, literals = next(iter(left.items()))
    return text, next(v for v in literals if satisfiable(left.values(), v))
