"""The base of the families whose answer is a Python function, judged by hidden tests in the sandbox.

An answer is a module that defines f, the body of f, or an expression in its parameters (`_analysis`); truth is that
it passes every test, examples included, and that it keeps the constraint, if there is one.
"""

from abc import abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256

from synthgym.envs.code._analysis import Analysis, analyse
from synthgym.envs.code._code_family import CodeFamily
from synthgym.envs.code._credit import line_credits, step_credits
from synthgym.envs.code._functions import ENTRY, Function, of_facts
from synthgym.envs.code._functions_draw import draw
from synthgym.envs.code._inputs import Tests, pick_tests
from synthgym.facts import Fact, FrozenDict, canonical, thaw
from synthgym.rng import Rng
from synthgym.types import Judgement, Response, Solution, Task
from synthgym.verifiers.sandbox import Judged, Limits, Outcome, judge_function

LIMITS = Limits(seconds=2, memory_mb=256, output_kb=64)
"""What an answer may use on all its tests together."""
FORMS = "Give the whole function, or its body with a return, or, where that will do, one expression in its parameters."
"""What an answer may be, in English."""


@dataclass(frozen=True, slots=True)
class Reading:
    """A way to read an answer: the text to judge, in which line n of the answer is line n + `shift`."""

    text: str
    shift: int = 0


@dataclass(frozen=True, slots=True)
class Report:
    """What became of an answer: how it was read, what it looks like, and its tests (none if it does not parse)."""

    reading: Reading
    analysis: Analysis
    judged: Judged | None

    @property
    def passed(self) -> bool:
        """Whether it passes every test."""
        return self.judged is not None and self.judged.passed


class PythonFamily(CodeFamily):
    """Subclasses write `question`, and `facts_of` and `solve` where the instance is more than a function."""

    def generate(self, rng: Rng, difficulty: int) -> Mapping[str, object]:
        while True:
            function = draw(rng, difficulty)
            tests = pick_tests(rng, function)
            more = None if tests is None else self.facts_of(rng, difficulty, function, tests)
            if tests is not None and more is not None:
                return {
                    "function": function.facts(),
                    "examples": [[list(test.args), test.expected] for test in tests.examples],
                    "tests": [[test.group, list(test.args), test.expected] for test in tests.hidden],
                    **more,
                }

    def facts_of(
        self, rng: Rng, difficulty: int, function: Function, tests: Tests
    ) -> Mapping[str, object] | None:
        """More facts of the instance; None if it is to be drawn again."""
        return {}

    @abstractmethod
    def question(self, facts: FrozenDict, template: str) -> str:
        """The prompt for `facts`, without the words on how to write the answer."""

    def solve(self, facts: FrozenDict, template: str) -> Solution:
        return Solution((), written(function_of(facts), template))

    def instance_key(self, facts: FrozenDict) -> str:
        return canonical(facts["function"])

    def readings(self, task: Task, answer: str) -> tuple[Reading, ...]:
        """The ways to read an answer, the likeliest first; it is right if one of them is."""
        return (Reading(answer),)

    def keeps(self, task: Task, analysis: Analysis) -> bool:
        """Whether an answer that looks like that keeps the task's constraint; a criterion "constraint" asks it."""
        return True

    def report(self, task: Task, answer: str) -> Report:
        """What becomes of `answer` on the tests; each reading is tried until one passes.

        Raises:
            SandboxError: if the sandbox fails.
        """
        names, tests = function_of(task.facts).names, tests_of(task.facts)
        answer = answer.rstrip() if "\n" in answer else answer.strip()  # one spelling, to be judged once
        best: Report | None = None
        for reading in self.readings(task, answer):
            analysis = analyse(reading.text, names)
            judged = _judged(analysis.source, tests) if analysis.parses else None
            report = Report(reading, analysis, judged)
            if report.passed and self.keeps(task, analysis):
                return report
            if best is None or (analysis.parses and not best.analysis.parses):
                best = report
        return best or Report(Reading(answer), Analysis(), None)

    def is_correct(self, task: Task, answer: str) -> bool:
        report = self.report(task, answer)
        return report.passed and self.keeps(task, report.analysis)

    def entry(self, task: Task) -> str:
        """The function's name."""
        return ENTRY

    def visible_tests(self, task: Task) -> Sequence[Mapping[str, object]]:
        """The examples, as tests."""
        return [_test(args, expected) for args, expected in _rows(task.facts["examples"])]

    def hidden_tests(self, task: Task) -> Sequence[Mapping[str, object]]:
        """The other tests."""
        return [_test(args, expected) for _, args, expected in _rows(task.facts["tests"])]

    def module_of(self, task: Task, answer: str) -> str | None:
        """The source of a module that defines the function as `answer` has it; None if that is no Python."""
        report = self.report(task, answer)
        return report.analysis.source if report.analysis.parses else None

    def check_step(self, task: Task, done: Sequence[str], step: str) -> bool:
        """Lines earn by execution, all at once: see `judge`."""
        return False

    def judge(self, task: Task, response: Response) -> Judgement:
        """The truth, and a credit for each line: that of its statement, from a traced run (`_credit`)."""
        nothing = (0.0,) * len(response.steps)
        if response.answer is None:
            return Judgement(False, nothing)
        report = self.report(task, response.answer)
        truth = report.passed and self.keeps(task, report.analysis)
        if report.judged is None:
            return Judgement(truth, nothing)
        traced = _judged(report.analysis.source, tests_of(task.facts), trace=True)
        credits = line_credits(report.analysis, traced.tests)
        return Judgement(truth, step_credits(response, credits, report.reading.shift))

    def criteria(self, task: Task, response: Response, judged: Judgement) -> Mapping[str, float]:
        """The share of tests that end by themselves ("runs"), that of groups that pass ("tests"), and yes or no.

        "tidy" is 1 if every line earned all its credit and nothing follows the answer.
        """
        values = dict.fromkeys((criterion.name for criterion in self.rubric), 0.0)
        if response.answer is None:
            return values
        report = self.report(task, response.answer)
        values["parses"] = float(report.analysis.parses)
        if report.judged is None:
            return values
        takes = report.analysis.takes(len(function_of(task.facts).parameters))
        values["signature"] = float(report.passed or takes)
        outcomes = report.judged.outcomes
        values["runs"] = sum(o in (Outcome.PASSED, Outcome.WRONG) for o in outcomes) / len(outcomes)
        values["tests"] = _share(task.facts, outcomes)
        if "constraint" in values:
            values["constraint"] = float(self.keeps(task, report.analysis))
        values["tidy"] = float(all(credit == 1 for credit in judged.step_credits) and not response.trailing)
        return values

    def canonical_answer(self, task: Task, answer: str) -> str | None:
        """A hash of what the answer gives on every test: answers that behave alike are one; None if it is no Python."""
        report = self.report(task, answer)
        if report.judged is None:
            return None
        told = [(str(t.outcome), repr(t.tree)) for t in report.judged.tests]
        told = [
            (outcome, tree) if outcome in ("passed", "wrong") else (outcome, "") for outcome, tree in told
        ]
        return sha256(repr(told).encode("utf-8", "backslashreplace")).hexdigest()[:16]


def function_of(facts: FrozenDict) -> Function:
    """The function that an instance is about."""
    return _function(facts["function"])


@lru_cache(maxsize=1024)
def _function(fact: Fact) -> Function:
    return of_facts(fact)


def written(function: Function, template: str, *, small: bool | None = None) -> str:
    """The function as an answer: where it is to be compact an expression if it is small, or else a body."""
    if template != "compact":
        return function.source()
    expression = function.expression()
    if expression is not None and (is_small(function) if small is None else small):
        return expression.replace(" ", "")
    return "\n".join(function.statements(1))


def is_small(function: Function) -> bool:
    """Whether it is written as one expression in the compact template: those of difficulty 0 and 1 are."""
    return function.size <= 3


def example_lines(facts: FrozenDict) -> str:
    """The visible examples, as lines ``f(4) == 14``."""
    rows = [(args, expected) for args, expected in _rows(facts["examples"])]
    return "\n".join(f"{ENTRY}({_shown(args)[1:-1]}) == {_shown(expected)}" for args, expected in rows)


def _shown(fact: Fact) -> str:
    return repr(thaw(fact))


def tests_of(facts: FrozenDict) -> tuple[tuple[Fact, ...], ...]:
    """(group, arguments, value) of each test; the examples' group is ""."""
    examples = [("", *row) for row in _rows(facts["examples"])]
    return (*_rows(facts["tests"]), *examples)


def _rows(fact: Fact) -> Iterable[tuple[Fact, ...]]:
    if not isinstance(fact, tuple):
        raise TypeError(f"{fact!r} is no list of tests")
    return [row for row in fact if isinstance(row, tuple)]


@lru_cache(maxsize=4096)
def _judged(source: str, tests: tuple[tuple[Fact, ...], ...], trace: bool = False) -> Judged:
    plain = [_test(args, expected) for _, args, expected in tests]
    return judge_function(source, ENTRY, plain, LIMITS, trace=trace)


def _test(args: Fact, expected: Fact) -> Mapping[str, object]:
    return {"args": thaw(args), "expected": thaw(expected)}


def _share(facts: FrozenDict, outcomes: Sequence[Outcome]) -> float:
    """The share of the groups of hidden tests that pass."""
    passed: dict[Fact, bool] = {}
    for (group, _, _), outcome in zip(tests_of(facts), outcomes, strict=True):
        if group:
            passed[group] = passed.get(group, True) and outcome is Outcome.PASSED
    return sum(passed.values()) / len(passed)
