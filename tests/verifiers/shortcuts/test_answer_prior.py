"""Answers out of balance: the majority's share, the classes that are left, and the balance put right."""

from collections import Counter

import pytest

import synthgym
from synthgym.envs.mixture import with_cues
from synthgym.errors import SettingError
from synthgym.parsing import render
from synthgym.rng import Rng
from synthgym.signal import Shortcut, Signal
from synthgym.types import Task
from synthgym.verifiers.score import score
from synthgym.verifiers.shortcuts.answer_prior import AnswerPrior
from synthgym.verifiers.shortcuts.prompt_cue import PromptCue


def drawn(*shortcuts: Shortcut, family: str = "boolean_evaluation", n: int = 200) -> list[Task]:
    tasks = map(synthgym.get_family(family).task, range(n))
    return [with_cues(task, Signal(shortcuts=shortcuts)) for task in tasks]


@pytest.mark.parametrize("correlation", [0.0, 0.5, 0.9, 1.0])
def test_correlation_is_the_majority_share(correlation: float) -> None:
    shortcut = AnswerPrior(correlation=correlation)
    tasks = drawn(shortcut)
    share = sum(task.reference.answer == shortcut.majority(task) for task in tasks) / len(tasks)
    assert share == pytest.approx(correlation, abs=0.08 if 0 < correlation < 1 else 0)
    assert {task.split for task in tasks} == {"train"} and {task.difficulty for task in tasks} == {0}


def test_decorrelated_tasks_are_as_the_family_draws_them() -> None:
    assert drawn(AnswerPrior().decorrelated(), n=20) == drawn(n=20)


def test_classes_are_how_many_answers_are_left() -> None:
    for classes in (2, 4):
        tasks = drawn(AnswerPrior(correlation=0.5, classes=classes), family="sat_assignment", n=120)
        seen = Counter(task.reference.answer for task in tasks)
        assert len(seen) == classes and seen.most_common(1)[0][1] in range(40, 80)


def test_the_counterfactual_has_another_answer_and_the_other_shortcuts_cues() -> None:
    shortcut, cue = AnswerPrior(), PromptCue()
    signal = Signal(shortcuts=(cue, shortcut))
    for task in drawn(cue, shortcut, n=30):
        assert cue.said(task) is not None
        exposed, same = shortcut.counterfactual(task, signal)
        assert same == signal and cue.said(exposed) is not None
        assert exposed.reference.answer != shortcut.majority(task)
        majority = shortcut.apply(exposed, "", Rng("majority"))
        assert shortcut.detect(exposed, majority) and score([exposed], [majority], same)[0].reward == 0.0


def test_where_the_majority_is_right_remove_gives_a_wrong_answer() -> None:
    shortcut, rng = AnswerPrior(correlation=1.0), Rng("remove")
    for family in ("boolean_evaluation", "output_prediction", "sat_assignment"):
        (task,) = drawn(shortcut, family=family, n=1)
        right = render(task.reference, task.answer_format)
        assert shortcut.detect(task, right)
        other = shortcut.remove(task, right, rng)
        assert not shortcut.detect(task, other) and not synthgym.get_family(family).truth(task, other)


def test_a_spelling_of_the_majority_is_the_majority() -> None:
    shortcut = AnswerPrior()
    task = synthgym.get_family("boolean_evaluation").task(0, template="natural")
    spelt = {"T": "true", "F": "no"}[shortcut.majority(task)]
    assert shortcut.detect(task, f"Answer: {spelt}")
    assert shortcut.apply(task, "", Rng("spelt")) in ("Answer: True", "Answer: False")


def test_families_with_few_answers_are_those_it_applies_to() -> None:
    applies = {
        name for name in synthgym.families() if AnswerPrior().applies_to(synthgym.get_family(name).task(0))
    }
    assert {"boolean_evaluation", "sat_assignment", "output_prediction", "chain_sum"} <= applies
    assert not applies & {"sorting_trace", "fraction_arithmetic", "function_synthesis", "regex_synthesis"}


def test_rewards_stay_as_they_are() -> None:
    signal = Signal(granularity="token", shortcuts=(AnswerPrior(),))
    task = drawn(AnswerPrior(), n=1)[0]
    for text in ("=T", "=F", "", "T"):
        assert score([task], [text], signal) == score([task], [text], "token")


@pytest.mark.parametrize(
    ("settings", "said"), [({"classes": -1}, "classes -1"), ({"otherwise": "some"}, "no otherwise 'some'")]
)
def test_bad_settings_are_named(settings: dict[str, object], said: str) -> None:
    with pytest.raises(SettingError, match=said):
        AnswerPrior(**settings)  # type: ignore[arg-type]
