"""`check_family` on every registered family, and every breach it can report, made on purpose."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import pytest

import synthgym
from synthgym.envs.check import check_family
from synthgym.errors import FamilyError
from synthgym.facts import FrozenDict
from synthgym.family import Family
from synthgym.parsing import CODE_FORMATS
from synthgym.plugins import FAMILIES
from synthgym.rng import Rng
from synthgym.types import Criterion, Judgement, Response, Solution, Step, Task

BUILT_IN = [name for name, _ in FAMILIES.built_in_modules()]


FEW, IN_SANDBOX = 60, 11
"""Seeds of a family; fewer where answers run in the sandbox, one a difficulty. The slow tier takes 200 of all."""


def in_sandbox(name: str) -> bool:
    return bool(synthgym.get_family(name).formats == CODE_FORMATS)


@pytest.mark.parametrize("name", BUILT_IN)
def test_a_built_in_family_keeps_its_contract(name: str) -> None:
    seeds = IN_SANDBOX if in_sandbox(name) else FEW
    assert check_family(name, seeds=seeds).distinct > min(20, seeds // 2)


@pytest.mark.slow
@pytest.mark.parametrize("name", BUILT_IN)
def test_a_built_in_family_keeps_its_contract_over_200_seeds(name: str) -> None:
    assert check_family(name, seeds=200).distinct > 20


class Doubling(Family):
    """A sound toy family: double a number; one step, the sum."""

    name = "doubling"
    domain = "toy"
    chance = 0.05

    def generate(self, rng: Rng, difficulty: int) -> Mapping[str, object]:
        return {"n": rng.integer(10 ** (difficulty + 1), 10 ** (difficulty + 2) - 1)}

    def question(self, facts: FrozenDict, template: str) -> str:
        return f"{facts['n']}*2?"

    def solve(self, facts: FrozenDict, template: str) -> Solution:
        return Solution((Step(f"{facts['n']}+{facts['n']}"),), str(self._twice(facts)))

    def is_correct(self, task: Task, answer: str) -> bool:
        return answer.strip() == str(self._twice(task.facts))

    def check_step(self, task: Task, done: Sequence[str], step: str) -> bool:
        return not done and step == f"{task.facts['n']}+{task.facts['n']}"

    def _twice(self, facts: FrozenDict) -> int:
        number = facts["n"]
        assert isinstance(number, int)
        return 2 * number


def checked(family: Family, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(FAMILIES._loaded, family.name, family)
    check_family(family, seeds=40)


def test_a_sound_family_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    checked(Doubling(), monkeypatch)


class RandomPrompt(Doubling):
    calls: ClassVar[list[int]] = []

    def question(self, facts: FrozenDict, template: str) -> str:
        self.calls.append(1)
        return f"{facts['n']}*2? {len(self.calls)}"


class OwnAnswerRefused(Doubling):
    def solve(self, facts: FrozenDict, template: str) -> Solution:
        return Solution((), str(self._twice(facts) + 1))


class OwnStepRefused(Doubling):
    def check_step(self, task: Task, done: Sequence[str], step: str) -> bool:
        return False


class PrefixAccepted(Doubling):
    def is_correct(self, task: Task, answer: str) -> bool:
        return answer.strip().startswith(str(self._twice(task.facts)))


class AnythingAccepted(Doubling):
    def is_correct(self, task: Task, answer: str) -> bool:
        return True


class PaddingPaid(Doubling):
    def check_step(self, task: Task, done: Sequence[str], step: str) -> bool:
        return True


class Shrinking(Doubling):
    def generate(self, rng: Rng, difficulty: int) -> Mapping[str, object]:
        return super().generate(rng, 10 - difficulty)


class FewAnswers(Doubling):
    def generate(self, rng: Rng, difficulty: int) -> Mapping[str, object]:
        return {"n": rng.integer(0, 1), "noise": rng.below(10 ** (difficulty + 1))}

    def question(self, facts: FrozenDict, template: str) -> str:
        return f"{facts['n']}*2 {facts['noise']}?"

    def solve(self, facts: FrozenDict, template: str) -> Solution:
        return Solution((Step(f"{facts['n']}+{facts['n']}"),), str(self._twice(facts)))


class NoTestInstance(Doubling):
    def generate(self, rng: Rng, difficulty: int) -> Mapping[str, object]:
        return {"n": 1}


class Fragile(Doubling):
    def is_correct(self, task: Task, answer: str) -> bool:
        return answer.strip().encode("ascii") == str(self._twice(task.facts)).encode()


class CriterionOutside(Doubling):
    def criteria(self, task: Task, response: Response, judged: Judgement) -> Mapping[str, float]:
        return {"steps": 1.5, "tidy": 1.0}


class CriterionMissing(Doubling):
    rubric = (Criterion("steps"), Criterion("elegance"))


class FloatFacts(Doubling):
    def generate(self, rng: Rng, difficulty: int) -> Mapping[str, object]:
        return {"n": 1.5}


@pytest.mark.parametrize(
    ("family", "said"),
    [
        (RandomPrompt(), "the same arguments give the same task"),
        (OwnAnswerRefused(), "the worked solution earns binary 1"),
        (OwnStepRefused(), "the worked solution earns rubric 1"),
        (PrefixAccepted(), "a hedged, negated or garbled answer is wrong"),
        (AnythingAccepted(), "a hedged, negated or garbled answer is wrong"),
        (PaddingPaid(), "repeated and empty steps earn nothing"),
        (Shrinking(), "worked solutions shrink"),
        (FewAnswers(), "a constant answer is right in"),
        (NoTestInstance(), "its instance space is too small"),
        (Fragile(), "judging .* raised"),
        (CriterionOutside(), "criterion steps is 1.5"),
        (CriterionMissing(), "its rubric names"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Family) else "",
)
def test_a_breach_is_named(family: Family, said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(FamilyError, match=said):
        checked(family, monkeypatch)


def test_floats_in_facts_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(synthgym.SynthGymError, match="facts hold 1.5"):
        checked(FloatFacts(), monkeypatch)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"difficulty": 11}, "difficulty 11 is not a whole number from 0 to 10"),
        ({"difficulty": "3"}, "difficulty '3'"),
        ({"split": "tset"}, "did you mean test"),
        ({"template": "compcat"}, "did you mean compact"),
        ({"answer_format": "boxd"}, "did you mean boxed"),
        ({"seed": -1}, "seed -1"),
        ({"seed": 1 << 63}, "2\\*\\*63"),
    ],
)
def test_a_wrong_setting_names_what_would_be_right(settings: dict[str, Any], said: str) -> None:
    with pytest.raises(synthgym.SynthGymError, match=said):
        synthgym.get_family("chain_sum").task(**{"seed": 0, **settings})


class Even(Doubling):
    """Yes or no: solutions are about as long at every difficulty."""

    chance = 0.55

    def solve(self, facts: FrozenDict, template: str) -> Solution:
        return Solution((), self._yes(facts))

    def is_correct(self, task: Task, answer: str) -> bool:
        return answer.strip() == self._yes(task.facts)

    def _yes(self, facts: FrozenDict) -> str:
        return "yes" if self._twice(facts) % 4 else "no"


def test_lengths_that_differ_by_chance_do_not_shrink(monkeypatch: pytest.MonkeyPatch) -> None:
    checked(Even(), monkeypatch)
