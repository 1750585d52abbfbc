"""What families from functions and from rows share: everything is judged by the facts of the task.

So a task is enough to judge by, in any process: `resolve` rebuilds the family from it.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from hashlib import sha256
from typing import Any, ClassVar

from synthgym.environments import register_environment
from synthgym.envs.code._analysis import analyse
from synthgym.envs.code._credit import line_credits, step_credits
from synthgym.envs.custom import _gold, _tests
from synthgym.envs.custom._gold import CALLABLE, UserJudge, texts
from synthgym.errors import FamilyError, SettingError, shown
from synthgym.facts import Fact, FrozenDict, freeze, thaw
from synthgym.family import Family, camel_case
from synthgym.parsing import CODE_FORMATS, fold, squeeze
from synthgym.plugins import FAMILIES
from synthgym.rng import Rng
from synthgym.types import SPLITS, Criterion, Judgement, Response, Solution, Split, Step, Task
from synthgym.verifiers.equivalence.rational import read_rational
from synthgym.verifiers.sandbox import Outcome

MARK = "custom"
"""The fact that tells a custom family's task; its value is the version of the facts' layout."""
_NAME = re.compile(r"[a-z][a-z0-9_]*")
_RAN = (Outcome.PASSED, Outcome.WRONG)


class CustomFamily(Family):
    """Answers on a line, judged as math, as exact text, or by a function of the user's.

    Steps, where the user gives some, are compared with the reference's. A response that marks no answer states one by
    the rules of `synthgym.verifiers.equivalence.extract`: ``#### 72``, ``The answer is 72``, or its last line.
    """

    step_credit = "reference"
    prompts: ClassVar[Mapping[str, str]] = {"compact": "{prompt}", "natural": "{prompt}"}
    user_judge: ClassVar[UserJudge | None] = None

    def generate(self, rng: Rng, difficulty: int) -> Mapping[str, object]:
        raise FamilyError(f"{self.name} draws no tasks")

    def question(self, facts: FrozenDict, template: str) -> str:
        return self.prompts[template].replace("{prompt}", str(facts["prompt"])).strip()

    def solve(self, facts: FrozenDict, template: str) -> Solution:
        answers = texts(facts["answers"])
        return Solution(tuple(map(Step, texts(facts.get("steps")))), answers[0] if answers else "")

    def instance_key(self, facts: FrozenDict) -> str:
        return instance_of(str(facts["prompt"]))

    def split_of(self, facts: FrozenDict) -> Split:
        for split in SPLITS:
            if facts.get("split") == split:
                return split
        return super().split_of(facts)

    def is_correct(self, task: Task, answer: str) -> bool:
        if task.facts["judge"] == CALLABLE:
            return self._user_says(task, answer)
        return _gold.is_right(task.facts, answer)

    def is_right(self, task: Task, response: Response) -> bool:
        if response.fault == "no answer" and response.completion.strip():
            return _gold.stated_is_right(task.facts, response.completion)
        return super().is_right(task, response)

    def check_step(self, task: Task, done: Sequence[str], step: str) -> bool:
        reference = [fold(text) for text in texts(task.facts.get("steps"))]
        start = reference.index(fold(done[-1])) + 1 if done and fold(done[-1]) in reference else 0
        return fold(step) in reference[start:]

    def canonical_answer(self, task: Task, answer: str) -> str | None:
        if task.facts["judge"] != "math":
            return fold(answer) or None
        value = read_rational(answer)
        return str(value) if value is not None else fold(answer) or None

    def _user_says(self, task: Task, answer: str) -> bool:
        judge = type(self).user_judge
        if judge is None:
            raise FamilyError(not_here(task))
        own = thaw(task.facts.get("facts", FrozenDict({})))
        answers = texts(task.facts["answers"])
        given: dict[str, object] = {
            "prompt": str(task.facts["prompt"]),
            "answer": answers[0] if answers else "",
            "answers": answers,
            **(own if isinstance(own, dict) else {}),
        }
        said = judge(answer, given)
        if type(said).__name__ in ("bool", "bool_") or (type(said) is int and said in (0, 1)):
            return bool(said)
        raise FamilyError(
            f"family {self.name}: its judge {_named(judge)} returned {shown(said)} for the answer "
            f"{shown(answer)} to task {task.id}; True or False is needed"
        )

    def __reduce__(self) -> tuple[Callable[[str, bool, int, str], Family], tuple[str, bool, int, str]]:
        from synthgym.envs.custom.resolve import arrived

        return arrived, (self.name, isinstance(self, CustomCode), self.version, self.domain)


class CustomCode(CustomFamily):
    """Answers are code that is run on the tests in the sandbox.

    A line's credit is the share of passing tests among those that ran it, and 1 for a line of the reference in code
    that is right.
    """

    formats = CODE_FORMATS
    default_formats: ClassVar[Mapping[str, str]] = {"compact": "bare", "natural": "fenced"}
    rubric: ClassVar[tuple[Criterion, ...]] = (
        Criterion("runs", 1.0),
        Criterion("tests", 3.0),
        Criterion("tidy", 1.0, style=True),
    )

    def is_right(self, task: Task, response: Response) -> bool:
        return response.answer is not None and self.is_correct(task, response.answer)

    def check_step(self, task: Task, done: Sequence[str], step: str) -> bool:
        """Lines earn by execution, all at once: see `judge`."""
        return False

    def judge(self, task: Task, response: Response) -> Judgement:
        nothing = (0.0,) * len(response.steps)
        truth = self.is_right(task, response)
        if response.answer is None or not _gold.sendable(response.answer):
            return Judgement(truth, nothing)
        tests = task.facts["tests"]
        analysis = analyse(
            response.answer, (), _tests.entry_of(tests) if isinstance(tests, FrozenDict) else ""
        )
        credits = nothing
        if analysis.form == "module":
            traced = _gold.run(task.facts, analysis.source, trace=True)
            credits = step_credits(response, line_credits(analysis, traced.tests), 0)
        return Judgement(truth, self._with_reference(task, response, credits) if truth else credits)

    def criteria(self, task: Task, response: Response, judged: Judgement) -> Mapping[str, float]:
        """The shares of tests that end by themselves and that pass; "tidy" if every line earned all its credit."""
        tidy = all(credit == 1 for credit in judged.step_credits) and not response.trailing
        if not response.answer or not _gold.sendable(response.answer):
            return {"runs": 0.0, "tests": 0.0, "tidy": float(tidy)}
        outcomes = _gold.run(task.facts, response.answer).outcomes
        runs = sum(outcome in _RAN for outcome in outcomes) / len(outcomes)
        passed = sum(outcome is Outcome.PASSED for outcome in outcomes) / len(outcomes)
        return {"runs": runs, "tests": passed, "tidy": float(tidy)}

    def canonical_answer(self, task: Task, answer: str) -> str | None:
        """A hash of what the code gives on every test; None if it gives nothing on any."""
        if not answer.strip() or not _gold.sendable(answer):
            return None
        tests = _gold.run(task.facts, answer.strip("\n ")).tests
        if not any(test.outcome in _RAN for test in tests):
            return None
        told = [(str(test.outcome), repr(test.tree), test.stdout.rstrip()) for test in tests]
        return sha256(repr(told).encode("utf-8", "backslashreplace")).hexdigest()[:16]

    def _with_reference(
        self, task: Task, response: Response, credits: tuple[float, ...]
    ) -> tuple[float, ...]:
        known = {squeeze(line) for line in task.reference.answer.split("\n")}
        body = response.body
        return tuple(
            1.0 if body and body.start <= step.start < body.end and squeeze(step.text) in known else credit
            for step, credit in zip(response.steps, credits, strict=True)
        )


def instance_of(prompt: str) -> str:
    """What makes two prompts the same instance: their text, white space aside."""
    return " ".join(prompt.split())


def facts_of(judge: str, prompt: str, answers: Sequence[str], **more: Fact) -> FrozenDict:
    """The facts of a task; `more` that is None is left out."""
    made: dict[str, Fact] = {MARK: 1, "judge": judge, "prompt": prompt, "answers": tuple(answers)}
    return FrozenDict(made | {name: value for name, value in more.items() if value is not None})


def own_facts(given: object) -> Fact:
    """What the user wants a judge to know, as facts.

    Raises:
        TaskError: if they hold a float, or anything else that a task cannot carry exactly.
    """
    if not isinstance(given, Mapping):
        raise SettingError(f"facts are {shown(given)}; a dict is needed")
    return freeze(dict(given))


def claim(name: str) -> None:
    """Refuse what is no name, or a built-in family's; another custom family's may be taken over.

    Raises:
        SettingError: if it is either.
    """
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise SettingError(
            f"{shown(name)} cannot name a family; use lower-case letters, digits and underscores, a letter first"
        )
    if name in dict(FAMILIES.built_in_modules()):
        raise SettingError(f"{shown(name)} is the name of a built-in family; choose another")


def built(name: str, base: type[CustomFamily], **attributes: Any) -> CustomFamily:
    """A family of that name, of a class of its own."""
    family: CustomFamily = type(camel_case(name), (base,), {"name": name, **attributes})()
    return family


def registered(family: CustomFamily) -> None:
    """Register the family and its environment."""
    claim(family.name)
    register_environment(family.name, family.version)
    FAMILIES.add(family.name, family)


def settled_templates(templates: Mapping[str, str] | None) -> dict[str, str]:
    """The wording of each template.

    Raises:
        SettingError: if one does not hold the prompt.
    """
    for name, text in (templates or {}).items():
        if not isinstance(name, str) or not name or not isinstance(text, str) or "{prompt}" not in text:
            raise SettingError(
                f"template {shown(name)} is {shown(text)}; a text with {{prompt}} in it is needed"
            )
    return {**CustomFamily.prompts, **(templates or {})}


def not_here(task: Task) -> str:
    """Why a task whose judge is a function cannot be judged in a process that did not define it."""
    home = task.facts.get("home")
    where = f"module {home}" if home else "the program"
    return (
        f"family {task.family} is judged by a function of the user's, which no task carries: import {where} that makes "
        f"the family, or call it again, in this process, before task {task.id} is judged"
    )


def _named(function: object) -> str:
    return str(getattr(function, "__qualname__", function))
