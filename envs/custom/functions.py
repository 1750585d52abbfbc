"""`function_family`: a family from a function that draws a prompt and its answer."""

import dataclasses
from collections import Counter
from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any, ClassVar, cast, overload

from synthgym.envs.custom._family import (
    CustomCode,
    CustomFamily,
    built,
    claim,
    facts_of,
    own_facts,
    registered,
    settled_templates,
)
from synthgym.envs.custom._gold import CALLABLE, UserJudge, read_golds, settled_judge, settled_options
from synthgym.envs.custom._tests import read_tests
from synthgym.envs.custom._values import answer_text, check_text, is_missing, plain
from synthgym.errors import FamilyError, GoldError, SettingError, SynthGymError, TaskError, shown, suggestion
from synthgym.facts import Fact, FrozenDict
from synthgym.family import snake_case
from synthgym.parsing import answer_format, parse, render
from synthgym.rng import Rng
from synthgym.types import MAX_DIFFICULTY, SPLITS, Task

_FIELDS = ("prompt", "answer", "steps", "tests", "entry", "facts")
_REDRAWS = 10_000
_PATIENCE, _PATIENCE_EACH = 200, 50
_PROBES = 3
_MEASURED = 200

Draw = Callable[[Rng, int], object]
"""``(rng, difficulty) -> (prompt, answer)``, or a dict or dataclass with ``prompt``, ``answer`` and more."""


class FunctionFamily(CustomFamily):
    """A family whose tasks a function draws.

    Attributes:
        function: it.
        options: what its judge is set to, as facts.
    """

    function: ClassVar[Draw]
    judge_name: ClassVar[str] = "math"
    options: ClassVar[Mapping[str, Fact]] = {}
    stated_chance: ClassVar[float | None] = None

    @cached_property
    def chance(self) -> float:  # type: ignore[override]  # measured when it is first asked for
        """As stated, or the share of the commonest answer in the first train tasks of difficulty 0."""
        if self.stated_chance is not None:
            return self.stated_chance
        answers = Counter(self.task(seed).reference.answer for seed in range(_MEASURED))
        return max(answers.values()) / _MEASURED

    def generate(self, rng: Rng, difficulty: int) -> Mapping[str, object]:
        """The facts of one draw.

        Raises:
            FamilyError: if the function fails, or returns what is no task.
            GoldError: if the answer or the tests cannot be read.
        """
        function = type(self).function
        try:
            drawn = function(rng, difficulty)
        except SynthGymError:
            raise
        except Exception as error:
            raise FamilyError(f"its function failed: {type(error).__name__}: {error}") from error
        return self._facts(_fields(drawn))

    def _facts(self, given: Mapping[str, object]) -> FrozenDict:
        prompt = given.get("prompt")
        if not isinstance(prompt, str) or not prompt.strip():
            raise FamilyError(
                f"its function gave the prompt {shown(prompt)}; a text that is not empty is needed"
            )
        check_text(prompt)
        answer = plain(given.get("answer"))
        raw = list(answer) if isinstance(answer, list | tuple) else [] if answer is None else [answer]
        code = self.judge_name == "code"
        texts = [answer_text(one) for one in map(plain, raw) if not is_missing(one)]
        if not (texts or code):
            raise GoldError(f"its function gave the answer {shown(answer)}; text or a number is needed")
        golds = read_golds(self.judge_name, texts, self.options) if texts or not code else ()
        tests = given.get("tests")
        if (tests is None) == code:
            raise FamilyError(
                f"its function gave {'no ' * code}tests, and its judge is {shown(self.judge_name)}"
            )
        entry = given.get("entry")
        own = given.get("facts")
        return facts_of(
            self.judge_name,
            prompt.strip(),
            golds,
            steps=_steps(given.get("steps")),
            tests=read_tests(tests, None if entry is None else str(entry), golds[0] if golds else "")
            if code
            else None,
            facts=None if own is None else own_facts(own),
            domain=self.domain,
            home=type(self).function.__module__ if self.judge_name == CALLABLE else None,
            **self.options,
        )

    def _draw(self, seed: int, split: str, difficulty: int) -> FrozenDict:
        rng = Rng(self.name, self.version, split, seed, difficulty)
        seen: set[str] = set()
        try:
            for drawn in range(_REDRAWS):
                facts = FrozenDict(cast("Mapping[str, Fact]", self.generate(rng, difficulty)))
                if self.split_of(facts) == split:
                    return facts
                seen.add(self.instance_key(facts))
                if drawn > _PATIENCE + _PATIENCE_EACH * len(seen):
                    break
        except (FamilyError, GoldError, TaskError, SettingError) as error:
            kind = GoldError if isinstance(error, GoldError) else FamilyError
            raise kind(
                f"family {self.name}, seed {seed}, difficulty {difficulty}, {split}: {error}"
            ) from error
        raise FamilyError(
            f"family {self.name} gave no {split} instance of difficulty {difficulty} in {drawn + 1} draws, which held "
            f"{len(seen)} distinct prompts: too few for a train and a test split; draw from more prompts "
            "(or try another name, which deals them anew)"
        )


class FunctionCode(FunctionFamily, CustomCode):
    """A family of code tasks that a function draws."""


@overload
def function_family(function: Draw, /) -> FunctionFamily: ...


@overload
def function_family(
    *,
    judge: str | UserJudge = ...,
    domain: str = ...,
    name: str | None = ...,
    version: int = ...,
    chance: float | None = ...,
    templates: Mapping[str, str] | None = ...,
    kind: str | None = ...,
    tolerance: str | None = ...,
    seconds: float = ...,
) -> Callable[[Draw], FunctionFamily]: ...


def function_family(
    function: Draw | None = None,
    /,
    *,
    judge: str | UserJudge = "math",
    domain: str = "custom",
    name: str | None = None,
    version: int = 0,
    chance: float | None = None,
    templates: Mapping[str, str] | None = None,
    kind: str | None = None,
    tolerance: str | None = None,
    seconds: float = 5.0,
) -> FunctionFamily | Callable[[Draw], FunctionFamily]:
    """Decorator: a family from a function ``(rng, difficulty)`` that draws one task; it is registered and returned.

    The function returns ``(prompt, answer)``, or a dict or a dataclass with ``prompt``, ``answer`` (a list: any of
    them is right), and if need be ``steps``, ``tests``, ``entry`` and ``facts``. It must draw through `rng` alone.

    Args:
        judge: "math" (the equivalence engine), "exact" (the text, case and white space aside), "code" (tests in the
            sandbox), or a function ``(answer, facts) -> bool``.
        domain: what it is grouped under.
        name: of the family; by default the function's.
        version: raise it whenever the function gives other tasks.
        chance: pass rate of the best constant answer at difficulty 0; None measures it when it is asked for.
        templates: wordings by name, each with ``{prompt}``; "compact" and "natural" are there already.
        kind, tolerance: of the equivalence engine, as for `MathVerifier`.
        seconds: for all tests of a solution together.

    Raises:
        FamilyError: if the function does not keep that contract on the seeds that are tried at once.
        GoldError: if an answer cannot be read; it names the seed.
        SettingError: if a setting is not accepted, or the name is a built-in family's.
    """
    settled, user_judge = settled_judge(judge)
    options = settled_options(kind, tolerance, seconds)
    prompts = settled_templates(templates)
    if isinstance(version, bool) or not isinstance(version, int) or version < 0:
        raise SettingError(f"version {shown(version)} is not a whole number >= 0")
    if chance is not None and not 0 <= chance <= 1:
        raise SettingError(f"chance {shown(chance)} is not in [0, 1]")

    def decorate(draw: Draw) -> FunctionFamily:
        if not callable(draw):
            raise SettingError(
                f"{shown(draw)} is no function; (rng, difficulty) -> (prompt, answer) is needed"
            )
        called = name or snake_case(getattr(draw, "__name__", type(draw).__name__))
        claim(called)
        family = built(
            called,
            FunctionCode if settled == "code" else FunctionFamily,
            __doc__=draw.__doc__,
            __module__=draw.__module__,
            function=staticmethod(draw),
            judge_name=settled,
            user_judge=None if user_judge is None else staticmethod(user_judge),
            options=options,
            domain=domain,
            version=version,
            stated_chance=chance,
            prompts=prompts,
            templates=tuple(prompts),
        )
        made = cast(FunctionFamily, family)
        _probe(made)
        registered(made)
        return made

    return decorate if function is None else decorate(function)


def _probe(family: FunctionFamily) -> None:
    """A few tasks, drawn twice: the contract's cheapest part, so that a mistake shows where it was made.

    Raises:
        FamilyError, GoldError: if it is broken.
    """
    for split in SPLITS:
        for seed, difficulty in [*((seed, 0) for seed in range(_PROBES)), (0, MAX_DIFFICULTY)]:
            task = family.task(seed, split=split, difficulty=difficulty)
            again = family.task(seed, split=split, difficulty=difficulty)
            if task != again:
                first, second = (task.prompt, again.prompt) if task.prompt != again.prompt else (task, again)
                raise FamilyError(
                    f"family {family.name}: seed {seed} at difficulty {difficulty} gave {shown(first)} and then "
                    f"{shown(second)}; a task must depend on `rng` and `difficulty` alone, not on random, "
                    "numpy.random, the clock or a counter"
                )
            if family.judge_name != "code":  # what runs code is not run by an import
                _probe_reference(family, task)


def _probe_reference(family: FunctionFamily, task: Task) -> None:
    for form in family.formats:
        written = dataclasses.replace(task, answer_format=form)
        completion = render(task.reference, form)
        response = parse(written, completion)
        try:
            judged = family.judge(written, response)
        except SynthGymError:
            raise
        except Exception as error:
            raise FamilyError(
                f"family {family.name}: its judge failed on {shown(completion)}: {error!r}"
            ) from error
        if not judged.truth:
            told = answer_format(form).instruction
            raise FamilyError(
                f"family {family.name}: its own answer {shown(task.reference.answer)} to {shown(task.prompt)} (seed "
                f"{task.seed}) is judged wrong when it is written as {shown(completion)} ({told})"
            )
        if any(credit != 1 for credit in judged.step_credits) or len(judged.step_credits) != len(
            task.reference.steps
        ):
            raise FamilyError(
                f"family {family.name}: the steps of {shown(task.prompt)} (seed {task.seed}) must be distinct lines "
                f"that state no final answer; they are written as {shown(completion, 200)}"
            )


def _fields(drawn: object) -> Mapping[str, object]:
    if dataclasses.is_dataclass(drawn) and not isinstance(drawn, type):
        drawn = {one.name: getattr(drawn, one.name) for one in dataclasses.fields(drawn)}
    if isinstance(drawn, tuple) and len(drawn) == 2:
        drawn = {"prompt": drawn[0], "answer": drawn[1]}
    if not isinstance(drawn, Mapping):
        raise FamilyError(
            f"its function returned {shown(drawn)} ({type(drawn).__name__}); (prompt, answer), or a dict or dataclass "
            "with prompt and answer, is needed"
        )
    for name in drawn:
        if name not in _FIELDS:
            raise FamilyError(f"its function returned a field {shown(name)}{suggestion(str(name), _FIELDS)}")
    return cast("Mapping[str, object]", drawn)


def _steps(given: Any) -> Fact:
    if given is None:
        return None
    lines = given.splitlines() if isinstance(given, str) else given
    if not isinstance(lines, list | tuple) or not all(isinstance(line, str) for line in lines):
        raise FamilyError(f"its function gave the steps {shown(given)}; a list of lines is needed")
    steps = tuple(line.strip() for line in lines if line.strip())
    if any("\n" in step for step in steps):
        raise FamilyError("its function gave a step of several lines; a step is one line")
    return steps
