"""Find values that make every clause of a formula true.

Compactly, a clause is the letters of its variables, in upper case where negated: ``aB`` is "a or not b". Two lone
literals come first. Difficulty grows the number of variables (3 to 13), the clauses (at most 5 to 18) and, from
difficulty 5, their width (2 to 3).

Accepted answers: every satisfying assignment that gives each variable one value (t, true, yes, f, false, no in any
case), as values in the order of the alphabet (``TFT``, ``T F T``, ``true, false, true``), or by name in any order
(``a=T, b=F, c=T``). A missing, repeated or foreign variable makes an answer wrong.

A step names a clause that is not met yet, and makes one of its literals true. Lone literals hold from the start. As
long as some clause has one literal left (the others are false by lone literals and credited steps), only such clauses
earn credit; otherwise the literal written last is made true, and the rest of the formula must stay satisfiable. The
literal may be stated: ``aB:B``, ``a or not b: b=F``. The worked solution takes the first such clause, or else the
first clause not met and its first literal that can be true, and writes that literal last; variables that are free in
the end are true.

Formulas that differ by the order of clauses fall in the same split, and at difficulty 0 also those that differ by
exchanging variables with their negations, so that every constant answer is right equally often: in 1 task of 8, as
one of the eight assignments satisfies each formula. There are 1,584 formulas up to the order of clauses, of 198 kinds.
From difficulty 1 some formulas have several satisfying assignments: 1.2 in the mean, and 28 at difficulty 10.

    A,c,AC,AB,aB?   aB
                    =FFT
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import product

from synthgym.envs.logic._clauses import (
    Formula,
    choice,
    clause,
    lone,
    pending,
    read_step,
    set_by,
    write_clause,
)
from synthgym.envs.logic._progress import progress
from synthgym.envs.reading import plain, read_assignment
from synthgym.facts import FrozenDict
from synthgym.family import Family
from synthgym.parsing import answer_format
from synthgym.plugins import register_family
from synthgym.rng import Rng
from synthgym.types import Judgement, Response, Solution, Step, Task

_FOLDED = 3  # variables up to which polarity is left out of an instance's key
_RENAMINGS = 24


@register_family
class SatAssignment(Family):
    """``A,c,AC,AB,aB`` is met by a=F, b=F, c=T."""

    domain = "logic"
    version = 0
    chance = 0.125

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
        if len(letters) > _FOLDED:
            return ",".join(sorted(text.split(",")))
        names = letters + letters.upper()
        turns = ("".join(literals) for literals in product(*((v, v.upper()) for v in letters)))
        variants = (text.translate(str.maketrans(names, turn + turn.swapcase())) for turn in turns)
        return min(",".join(sorted(variant.split(","))) for variant in variants)

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
        true = lone(formula)
        steps: list[Step] = []
        while left := pending(formula, true):
            text, literal = choice(left)
            true.append(literal)
            line = write_clause(text.replace(literal, "") + literal, template)
            steps.append(Step(line if compact else f"{line}: {literal.lower()}={'FT'[literal.islower()]}"))
        values = [(v, "FT"[v.upper() not in true]) for v in str(facts["variables"])]
        answer = "".join(t for _, t in values) if compact else ", ".join(f"{v}={t}" for v, t in values)
        return Solution(tuple(steps), answer)

    def is_correct(self, task: Task, answer: str) -> bool:
        values = read_assignment(answer, str(task.facts["variables"]))
        return values is not None and _meets(values, _formula(task.facts))

    def fits(self, task: Task, answer: str, instances: int) -> bool:
        """Whether the answer assigns values that make the first `instances` clauses true."""
        values = read_assignment(answer, str(task.facts["variables"]))
        return values is not None and _meets(values, _formula(task.facts)[:instances])

    def enumerated(self, task: Task, instances: int) -> str | None:
        """The first assignment, from all true downwards, that meets these clauses and not all; None if none does."""
        letters, formula = str(task.facts["variables"]), _formula(task.facts)
        for drawn in product((True, False), repeat=len(letters)):
            values = dict(zip(letters, drawn, strict=True))
            if _meets(values, formula[:instances]) and not _meets(values, formula):
                pairs = [(v, "FT"[value]) for v, value in values.items()]
                if task.template == "compact":
                    return "".join(t for _, t in pairs)
                return ", ".join(f"{v}={t}" for v, t in pairs)
        return None

    def renamed(self, task: Task, rng: Rng) -> Task:
        """The same formula with its variables exchanged, so that what was right is wrong wherever that can be.

        What stood around the question in the prompt is left out.
        """
        letters, formula = str(task.facts["variables"]), _formula(task.facts)
        instruction = answer_format(task.answer_format).instruction
        for _ in range(_RENAMINGS):
            other = "".join(rng.shuffled(letters))
            table = str.maketrans(letters + letters.upper(), other + other.upper())
            clauses = [clause(text.translate(table)) for text in formula]
            clauses = [*sorted(clauses[:2], key=str.lower), *clauses[2:]]
            facts = FrozenDict({**task.facts, "formula": ",".join(clauses)})
            question = self.question(facts, task.template)
            exchanged = replace(
                task,
                id=f"{task.id}/renamed",
                prompt=question if task.template == "compact" else f"{question}\n{instruction}",
                facts=facts,
                reference=self.solve(facts, task.template),
            )
            if not self.is_correct(exchanged, task.reference.answer):
                return exchanged
        return exchanged

    def canonical_answer(self, task: Task, answer: str) -> str | None:
        values = read_assignment(answer, str(task.facts["variables"]))
        return None if values is None else "".join("FT"[value] for value in values.values())

    def check_step(self, task: Task, done: Sequence[str], step: str) -> bool:
        formula = _formula(task.facts)
        true = lone(formula)
        for line in [*done, step]:
            true.append(set_by(plain(line), pending(formula, true)))
            if not true[-1]:
                return False
        return True

    def criteria(self, task: Task, response: Response, judged: Judgement) -> Mapping[str, float]:
        steps = progress(response, judged, len(task.reference.steps) + 1, _is_step)
        return {**super().criteria(task, response, judged), "steps": steps}


def _is_step(line: str) -> bool:
    return read_step(plain(line))[0] != ""


def _formula(facts: FrozenDict) -> Formula:
    return tuple(str(facts["formula"]).split(","))


def _meets(values: Mapping[str, bool], formula: Formula) -> bool:
    """Whether every clause has a literal that is true under `values`."""
    return all(any(values[v.lower()] == v.islower() for v in text) for text in formula)


def _mostly_false(rng: Rng, literals: str) -> str:
    """The true `literals` with probability 1/4; otherwise their negations, which force the rest of a clause."""
    return literals if rng.chance(1, 4) else literals.swapcase()
