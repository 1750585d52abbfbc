"""Write tests for a Python function, given what it should do: they must be right, and catch every small mistake.

Accepted answers: lines ``assert f(ARGUMENTS) == VALUE``, with or without ``assert``, in literals only, at most as many
as the task says; comments may stand between them. It is right if our evaluator gives every stated value and, for every
hidden mutant of the function (one small mistake each; those that compute the same are not among them), another value
for some test. Nothing of an answer is run, and that is stricter than running it: a test that looks at the code of the
function, counts its calls or breaks off the test run does not exist. A run of a mutant that leads beyond the bounds
(numbers beyond 10^9, lists and texts over 60 long) counts as caught; one of the function itself as wrong.

Difficulty grows the tests that it takes (8 to about 95 characters; one line at 0, several later) and the function as
in `function_synthesis`. Credit is process credit: a line earns 1 if it is right and catches a mutant that no line
before it caught. There are about 500 instances of difficulty 0; the best constant answer is right in about 5% of tasks.

    plus 3 times 2?     f(-2)==2
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from synthgym.envs.code._code_family import CodeFamily
from synthgym.envs.code._functions import ENTRY, Function, of_facts, value_or_none
from synthgym.envs.code._functions_draw import draw
from synthgym.envs.code._functions_mutants import mutants
from synthgym.envs.code._inputs import pick_tests
from synthgym.envs.code._literals import (
    Arguments,
    fits,
    read_assertion,
    value_of,
    values_of,
    written,
    written_arguments,
)
from synthgym.envs.code._operations import LONGEST, Value
from synthgym.envs.code._python_family import function_of
from synthgym.envs.code._without_lines import outside
from synthgym.facts import Fact, FrozenDict, canonical, freeze
from synthgym.plugins import register_family
from synthgym.rng import Rng
from synthgym.types import Criterion, Judgement, Response, Solution, Task

_LENGTHS = (
    (0, 12),
    (8, 20),
    (16, 28),
    (24, 37),
    (32, 46),
    (40, 55),
    (47, 63),
    (54, 72),
    (61, 81),
    (68, 92),
    (76, 120),
)
"""Characters of the worked solution in the compact template, from and up to, at each difficulty."""
_PLAIN = range(-30, 100)
"""The numbers that tests are made of at difficulties 0 and 1."""
_UNTOLD = 2
"""Lines that are allowed where the compact template does not say how many."""

Assertion = tuple[Arguments, Value]


@register_family
class TestWriting(CodeFamily):
    """``plus 3 times 2`` is tested by ``f(-2)==2``."""

    __test__ = False  # pytest collects classes of such names
    version = 0
    chance = 0.05
    rubric = (
        Criterion("parses", 1.0),
        Criterion("signature", 1.0),
        Criterion("reference", 3.0),
        Criterion("mutants", 5.0),
        Criterion("tidy", 1.0, style=True),
    )

    def generate(self, rng: Rng, difficulty: int) -> Mapping[str, object]:
        low, high = _LENGTHS[difficulty]
        while True:
            function = draw(rng, difficulty)
            names = [operation.name for operation in function.operations]
            if difficulty == 0 and ("divide" in names or names == ["multiply", "modulo"]):
                continue  # no test of these is plain
            tests = pick_tests(rng, function)
            if tests is None:
                continue
            known = [(test.args, test.expected) for test in (*tests.hidden, *tests.examples)]
            same = [survivor.function for survivor in tests.survivors]
            wrong = [mutant.function for mutant in mutants(function) if mutant.function not in same]
            ranked = _ranked(function, known, difficulty)
            orders = (
                [ranked, ranked[::-1], *(rng.shuffled(ranked) for _ in range(6))]
                if difficulty > 1
                else [ranked]
            )
            covers: Iterator[list[Assertion]] = _covers(orders, wrong)
            if difficulty == 0:
                covers = ([test] for test in ranked if _catches(test, wrong))
            cover = next((c for c in covers if c and low <= len(_lines(c, "compact")) < high), None)
            if cover is not None:
                return {
                    "function": function.facts(),
                    "mutants": [_patch(function, mutant) for mutant in wrong],
                    "limit": len(cover) + 1 + len(cover) // 2,
                    "tests": [[list(args), value] for args, value in cover],
                }

    def instance_key(self, facts: FrozenDict) -> str:
        return canonical(facts["function"])

    def question(self, facts: FrozenDict, template: str) -> str:
        function, limit = function_of(facts), facts["limit"]
        if template == "compact":
            words = function.brief()
            return f"{words}?" if limit == _UNTOLD else f"{limit}: {words}?"
        return (
            f"Write tests for a Python function.\n\n{function.describe()}\n\nThe function starts with the line\n"
            f"{function.header(annotated=True)}\n\nWrite at most {limit} lines, each of them\n"
            f"assert {ENTRY}(ARGUMENTS) == VALUE\nwith numbers, texts and lists written out. Every line must be true "
            "of the function, and together they must catch every small mistake in it: a number that is one off, an "
            "operation left out, exchanged with the next or put in place of another, a different comparison, exchanged "
            "branches. "
            f"No whole number may be beyond 10^9, and no list or text longer than {LONGEST}, on the way too."
        )

    def solve(self, facts: FrozenDict, template: str) -> Solution:
        rows = facts["tests"] if isinstance(facts["tests"], tuple) else ()
        cover = [(values_of(row[0]), value_of(row[1])) for row in rows if isinstance(row, tuple)]
        return Solution((), _lines(cover, template))

    def is_correct(self, task: Task, answer: str) -> bool:
        return _report(task.facts, answer).right

    def check_step(self, task: Task, done: Sequence[str], step: str) -> bool:
        """Lines earn all together: see `judge`."""
        return False

    def judge(self, task: Task, response: Response) -> Judgement:
        """The truth, and a credit of 1 for each assertion that is right and catches a new mutant."""
        body, credits = response.body, [0.0] * len(response.steps)
        if response.answer is None or body is None:
            return Judgement(False, tuple(credits))
        report = _report(task.facts, response.answer)
        inside = [i for i, step in enumerate(response.steps) if body.start <= step.start < body.end]
        for i, earned in zip(inside, report.earned, strict=False):
            credits[i] = float(earned)
        return Judgement(report.right, tuple(credits))

    def criteria(self, task: Task, response: Response, judged: Judgement) -> Mapping[str, float]:
        """Of the assertions, the share that calls the function as it is meant, and the share that is right.

        "mutants" is the share of the mutants that are caught, if every assertion is right; "parses" is 1 if all the
        lines can be read and are not too many, "tidy" if each earned its credit and nothing stands round them.
        """
        report = _report(task.facts, response.answer or "")
        share = 1 / report.count if report.count else 0.0
        return {
            "parses": float(report.parses),
            "signature": report.fitting * share,
            "reference": report.true * share,
            "mutants": report.caught,
            "tidy": float(all(credit == 1 for credit in judged.step_credits) and not outside(response)),
        }

    def canonical_answer(self, task: Task, answer: str) -> str | None:
        """The assertions in one order and one spelling."""
        read = [assertion for _, assertion in _read(answer, function_of(task.facts))]
        if not read or None in read:
            return None
        return "\n".join(sorted({_lines([assertion], "compact") for assertion in read if assertion}))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Report:
    """What became of an answer.

    Attributes:
        count: assertions; `fitting` of them call the function as it is meant, and `true` are right.
        caught: the share of the mutants that the assertions catch, if all are right.
        earned: for each line that is not empty, whether it is right and catches a mutant that none before it caught.
    """

    parses: bool = False
    count: int = 0
    fitting: int = 0
    true: int = 0
    caught: float = 0.0
    earned: tuple[bool, ...] = ()

    @property
    def right(self) -> bool:
        return self.parses and self.true == self.count and self.caught == 1


@lru_cache(maxsize=4096)
def _report(facts: FrozenDict, answer: str) -> _Report:
    function, wrong, limit = function_of(facts), _mutants(facts["function"], facts["mutants"]), facts["limit"]
    lines = _read(answer, function)
    left, earned = set(range(len(wrong))), []
    count = fitting = true = 0
    for comment, assertion in lines:
        count += not comment
        earned.append(False)
        if assertion is None or not isinstance(limit, int) or count > limit:
            continue
        args, value = assertion
        fitting += fits(function, args)
        if fits(function, args) and value_or_none(function, args) == value:
            true += 1
            killed = {i for i in left if value_or_none(wrong[i], args) != value}
            earned[-1] = bool(killed)
            left -= killed
    parses = 0 < count and (not isinstance(limit, int) or count <= limit)
    parses = parses and all(comment or assertion is not None for comment, assertion in lines)
    caught = 1 - len(left) / len(wrong) if count and true == count else 0.0
    return _Report(
        parses=parses, count=count, fitting=fitting, true=true, caught=caught, earned=tuple(earned)
    )


def _read(answer: str, function: Function) -> list[tuple[bool, Assertion | None]]:
    """For each line that is not empty, whether it is a comment, and the assertion that it is."""
    lines = [line.strip() for line in answer.split("\n")]
    return [
        (line.startswith("#"), None if line.startswith("#") else read_assertion(line, function.names))
        for line in lines
        if line
    ]


def _ranked(function: Function, known: Sequence[Assertion], difficulty: int) -> list[Assertion]:
    """The assertions to choose from, the plainest first."""
    if difficulty > 1:
        return sorted(known, key=lambda test: len(written_arguments(test[0])))
    first = replace(function, operations=function.operations[:1])

    def plainness(number: int) -> tuple[int, bool, int]:
        if function.operations[0].name == "multiply":
            return abs(number - 10), False, 0
        stage = value_or_none(first, (number,))
        return (abs(stage), stage < 0, abs(number)) if isinstance(stage, int) else (number, True, 0)

    told = [((number,), value_or_none(function, (number,))) for number in sorted(_PLAIN, key=plainness)]
    found: list[Assertion] = []
    for args, value in told:
        if value is not None:
            found.append((args, value))
    return found


def _catches(test: Assertion, wrong: Sequence[Function]) -> bool:
    """Whether one test alone catches all that is wrong."""
    args, value = test
    return all(value_or_none(mutant, args) != value for mutant in wrong)


def _covers(orders: Sequence[Sequence[Assertion]], wrong: Sequence[Function]) -> Iterator[list[Assertion]]:
    """For each order, few tests that together catch all that is wrong, found greedily; none of them is needless.

    Nothing if all of them together do not.
    """
    caught = {
        repr(args): {i for i, mutant in enumerate(wrong) if value_or_none(mutant, args) != value}
        for args, value in orders[0]
    }
    everything = set().union(*caught.values())
    for order in orders if len(everything) == len(wrong) else ():
        left, chosen = set(everything), list[Assertion]()
        while left:
            best = max(order, key=lambda test: len(caught[repr(test[0])] & left))
            left -= caught[repr(best[0])]
            chosen.append(best)
        for test in list(chosen):  # what came later may have made an earlier one needless
            others = [caught[repr(other[0])] for other in chosen if other is not test]
            if everything <= set().union(*others):
                chosen.remove(test)
        yield chosen


def _lines(tests: Sequence[Assertion], template: str) -> str:
    if template == "compact":
        return "\n".join(
            f"{ENTRY}({written_arguments(args, compact=True)})=={written(value, compact=True)}"
            for args, value in tests
        )
    return "\n".join(
        f"assert {ENTRY}({written_arguments(args)}) == {written(value)}" for args, value in tests
    )


def _patch(function: Function, mutant: Function) -> list[object]:
    """Where the mutant's operations start and stop to differ, and what stands there instead."""
    one, other = function.operations, mutant.operations
    first = next(
        (i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other))
    )
    most = min(len(one), len(other)) - first
    last = next((i for i in range(most) if one[-1 - i] != other[-1 - i]), most)
    between = replace(mutant, operations=other[first : len(other) - last])
    return [first, len(one) - last, between.facts()["operations"]]


@lru_cache(maxsize=1024)
def _mutants(fact: Fact, patches: Fact) -> tuple[Function, ...]:
    function, found = of_facts(fact), []
    for patch in patches if isinstance(patches, tuple) else ():
        first, last, put = patch if isinstance(patch, tuple) else (0, 0, ())
        if not isinstance(first, int) or not isinstance(last, int):
            raise TypeError(f"{patch!r} is no mutant")
        parts = freeze(
            {"parameters": [list(parameter) for parameter in function.parameters], "operations": put}
        )
        middle = of_facts(parts).operations
        found.append(
            replace(function, operations=(*function.operations[:first], *middle, *function.operations[last:]))
        )
    return tuple(found)
