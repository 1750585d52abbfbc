"""Add and subtract a chain of whole numbers.

Difficulty grows the number of terms (3 to 13) and their digits (1 to 4, one more every third level). Accepted
answers: any written number equal to the sum (see `synthgym.verifiers.equivalence.numbers`). Steps are judged by meaning
as `_sums` says: a shorter expression that the last one merges into (``8-2``), or a sum of terms at hand (``3+5=8``),
in any order; the sum itself may stand as a step once two terms are left. There are 2,916 instances at difficulty 0,
where the best constant answer is right in 5% of tasks.

    3+5-2?          8-2
                    =6
"""

from collections.abc import Mapping, Sequence

from synthgym.envs.math._expression import Term, read_line, spaced, total
from synthgym.envs.math._sums import after, is_false, progress
from synthgym.facts import FrozenDict
from synthgym.family import Family, tidiness
from synthgym.plugins import register_family
from synthgym.rng import Rng
from synthgym.types import Judgement, Response, Solution, Step, Task
from synthgym.verifiers.equivalence.numbers import read_number


@register_family
class ChainSum(Family):
    """``3+5-2`` is 6."""

    domain = "math"
    version = 0
    chance = 0.052

    def generate(self, rng: Rng, difficulty: int) -> Mapping[str, object]:
        digits = 1 + difficulty // 3
        low, high = 10 ** (digits - 1), 10**digits - 1
        signs = rng.below(1 << (2 + difficulty)) << 1
        return {
            "terms": [
                -rng.integer(low, high) if signs >> at & 1 else rng.integer(low, high)
                for at in range(3 + difficulty)
            ]
        }

    def instance_key(self, facts: FrozenDict) -> str:
        return _written(_terms(facts))

    def question(self, facts: FrozenDict, template: str) -> str:
        chain = _written(_terms(facts))
        if template == "compact":
            return f"{chain}?"
        return f"Compute {spaced(chain)}. Write each shorter expression on a line of its own."

    def solve(self, facts: FrozenDict, template: str) -> Solution:
        first, *rest = _terms(facts)
        steps = []
        while len(rest) > 1:
            first += rest.pop(0)
            chain = _written([first, *rest])
            steps.append(Step(chain if template == "compact" else spaced(chain)))
        return Solution(tuple(steps), str(first + rest[0]))

    def is_correct(self, task: Task, answer: str) -> bool:
        return read_number(answer) == sum(_terms(task.facts))

    def canonical_answer(self, task: Task, answer: str) -> str | None:
        value = read_number(answer)
        return None if value is None else str(value)

    def check_step(self, task: Task, done: Sequence[str], step: str) -> bool:
        # Most lines of a policy that has just begun: no expression, or one of another value.
        parts = read_line(step)
        if parts is None:
            return False
        numbers = _terms(task.facts)
        if len(parts) == 1 and total(parts[0]) != sum(numbers):
            return False
        terms = tuple(map(Term, numbers))
        return after(terms, [*done, step], work=len, ready=_two_left) is not None

    def criteria(self, task: Task, response: Response, judged: Judgement) -> Mapping[str, float]:
        needed = len(task.reference.steps) + 1
        steps = progress(response, judged, needed, lambda step: is_false(step, sum(_terms(task.facts))))
        return {"steps": steps, "tidy": tidiness(response, judged)}


def _two_left(terms: Sequence[Term]) -> bool:
    return len(terms) == 2


def _terms(facts: FrozenDict) -> list[int]:
    terms = facts["terms"]
    return [term for term in terms if isinstance(term, int)] if isinstance(terms, tuple) else []


def _written(terms: Sequence[int]) -> str:
    return "".join(f"{term:+d}" for term in terms).removeprefix("+")
