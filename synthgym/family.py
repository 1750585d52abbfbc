"""The base of every family: a kind of task that it generates, solves, and knows the truth of."""

import hashlib
import re
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import ClassVar, Literal

from synthgym.errors import FamilyError, SettingError, shown, suggestion
from synthgym.facts import FrozenDict, canonical, freeze
from synthgym.parsing import LINE_FORMATS, fold, parse, squeeze
from synthgym.parsing import answer_format as checked_format
from synthgym.rng import Rng
from synthgym.types import MAX_DIFFICULTY, SPLITS, Criterion, Judgement, Response, Solution, Split, Task

MAX_STEPS = 200
"""Lines of a response that are looked at as steps; later ones earn nothing."""
MAX_STEP = 2_000
"""Characters of a step that is looked at; a longer one earns nothing."""
_REDRAWS = 10_000
_TEST_SHARE = 4  # one instance in four is a test instance


class Family(ABC):
    """A kind of task. Subclass it, write the abstract methods, and register it with `register_family`.

    Everything a verifier, an environment, a dataset or a trainer needs follows from these methods.

    Attributes:
        name: also the module's name for the built-in ones; `register_family` derives it from the class.
        domain: "math", "code", "logic", or one of your own.
        version: raised whenever an existing task changes.
        formats: the answer formats that fit its answers: those of a line, or those of code.
        rubric: the named criteria; `criteria` gives their values.
        step_credit: "process" if `check_step` judges meaning, so that any valid derivation earns credit;
            "reference" if it can only compare with the worked solution.
        chance: the pass rate of the best constant answer at difficulty 0, as a plain number in [0, 1].
    """

    name: ClassVar[str] = ""
    domain: ClassVar[str] = ""
    version: ClassVar[int] = 0
    templates: ClassVar[tuple[str, ...]] = ("compact", "natural")
    formats: ClassVar[tuple[str, ...]] = LINE_FORMATS
    default_formats: ClassVar[Mapping[str, str]] = {"compact": "equals", "natural": "line"}
    rubric: ClassVar[tuple[Criterion, ...]] = (Criterion("steps", 3.0), Criterion("tidy", 1.0, style=True))
    step_credit: ClassVar[Literal["process", "reference"]] = "process"
    chance: ClassVar[float] = 0.0

    @abstractmethod
    def generate(self, rng: Rng, difficulty: int) -> Mapping[str, object]:
        """Facts of one instance, drawn from `rng` alone; they decide the truth of every answer."""

    @abstractmethod
    def question(self, facts: FrozenDict, template: str) -> str:
        """The prompt for `facts`, without the words on how to write the answer."""

    @abstractmethod
    def solve(self, facts: FrozenDict, template: str) -> Solution:
        """A worked solution, written the way `template` asks for."""

    @abstractmethod
    def is_correct(self, task: Task, answer: str) -> bool:
        """Whether `answer`, in any accepted form, is right. Any string gets a bool, never an exception."""

    @abstractmethod
    def check_step(self, task: Task, done: Sequence[str], step: str) -> bool | float:
        """Whether `step` is valid and advances, given the steps that earned credit so far (`done`)."""

    def instance_key(self, facts: FrozenDict) -> str:
        """What makes two instances the same: equal keys fall in the same split."""
        return canonical(facts)

    def canonical_answer(self, task: Task, answer: str) -> str | None:
        """One spelling for all spellings of an answer, or None if it reads as none; for voting and entropy."""
        return fold(answer) or None

    def criteria(self, task: Task, response: Response, judged: Judgement) -> Mapping[str, float]:
        """The value in [0, 1] of every criterion in `rubric`.

        "steps" counts the credited steps and the right answer against the worked solution's number of both;
        "tidy" is 1 if every line earned credit and nothing follows the answer.
        """
        needed = len(task.reference.steps) + 1
        reached = min(sum(judged.step_credits), needed - 1) + judged.truth
        return {"steps": reached / needed, "tidy": tidiness(response, judged)}

    def task(
        self,
        seed: int,
        *,
        split: str = "train",
        difficulty: int = 0,
        template: str = "compact",
        answer_format: str | None = None,
    ) -> Task:
        """The task of that seed: equal arguments, equal task, in any process and on any machine.

        Raises:
            SettingError: for a value outside what the family accepts.
            FamilyError: if no instance of that split turns up in 10,000 draws.
        """
        settled = self._settle_split(split), self._settle_difficulty(difficulty)
        form = self._settle_format(template, answer_format)
        facts = self._draw(self._settle_seed(seed), *settled)
        question = self.question(facts, template)
        if template != "compact":
            question = f"{question}\n{checked_format(form).instruction}"
        return Task(
            id=f"{self.name}-v{self.version}/{split}/d{difficulty}/{seed}/{template}/{form}",
            family=self.name,
            version=self.version,
            prompt=question,
            seed=seed,
            split=settled[0],
            difficulty=difficulty,
            template=template,
            answer_format=form,
            facts=facts,
            reference=self.solve(facts, template),
        )

    def split_of(self, facts: FrozenDict) -> Split:
        """The split an instance belongs to, by a hash in which neither template nor difficulty has a part."""
        digest = hashlib.sha256(f"{self.name}\n{self.instance_key(facts)}".encode()).digest()
        return "test" if digest[0] % _TEST_SHARE == 0 else "train"

    def judge(self, task: Task, response: Response) -> Judgement:
        """The truth of a response, and a credit in [0, 1] for each of its steps.

        A step that repeats an earlier line of the response earns 0.
        """
        done: list[str] = []
        seen: set[str] = set()
        credits: list[float] = []
        for step in response.steps[:MAX_STEPS]:
            key = squeeze(step.text)
            fresh = bool(key) and key not in seen and len(step.text) <= MAX_STEP
            credit = float(self.check_step(task, tuple(done), step.text)) if fresh else 0.0
            seen.add(key)
            credits.append(credit)
            if credit > 0:
                done.append(step.text)
        credits += [0.0] * (len(response.steps) - len(credits))
        return Judgement(self.is_right(task, response), tuple(credits))

    def is_right(self, task: Task, response: Response) -> bool:
        """Whether a parsed response gives a right final answer."""
        return response.answer is not None and bool(self.is_correct(task, response.answer))

    def truth(self, task: Task, completion: str) -> bool:
        """Whether `completion` gives a right final answer."""
        return self.is_right(task, parse(task, completion))

    def _draw(self, seed: int, split: Split, difficulty: int) -> FrozenDict:
        rng = Rng(self.name, self.version, split, seed, difficulty)
        for _ in range(_REDRAWS):
            facts = freeze(self.generate(rng, difficulty))
            if not isinstance(facts, FrozenDict):
                raise FamilyError(f"{self.name}.generate returned {shown(facts)}; a mapping is needed")
            if self.split_of(facts) == split:
                return facts
        raise FamilyError(
            f"{self.name} gave no {split} instance of difficulty {difficulty} in {_REDRAWS} draws: "
            "its instance space is too small there"
        )

    def _settle_split(self, split: str) -> Split:
        for known in SPLITS:
            if split == known:
                return known
        raise SettingError(f"no split {shown(split)}{suggestion(str(split), SPLITS)}")

    def _settle_difficulty(self, difficulty: int) -> int:
        if type(difficulty) is not int or not 0 <= difficulty <= MAX_DIFFICULTY:
            raise SettingError(
                f"difficulty {shown(difficulty)} is not a whole number from 0 to {MAX_DIFFICULTY}"
            )
        return difficulty

    def _settle_seed(self, seed: int) -> int:
        if type(seed) is not int or not 0 <= seed < 1 << 63:
            raise SettingError(f"seed {shown(seed)} is not a whole number from 0 to 2**63 - 1")
        return seed

    def _settle_format(self, template: str, answer_format: str | None) -> str:
        if template not in self.templates:
            raise SettingError(
                f"{self.name} has no template {shown(template)}{suggestion(str(template), self.templates)}"
            )
        form = answer_format or self.default_formats.get(template, self.formats[-1])
        checked_format(form)
        if form not in self.formats:
            raise SettingError(
                f"answers of {self.name} do not fit the answer format {shown(form)}; use {', '.join(self.formats)}"
            )
        return form


def tidiness(response: Response, judged: Judgement) -> float:
    """1 if every line earned credit and nothing follows the answer, else 0: what `Family.criteria` calls "tidy"."""
    credits = judged.step_credits
    return float(credits.count(1) == len(credits) and not response.trailing)


def snake_case(name: str) -> str:
    """ChainSum -> chain_sum."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


def camel_case(name: str) -> str:
    """chain_sum -> ChainSum."""
    return "".join(part[:1].upper() + part[1:] for part in name.split("_"))
