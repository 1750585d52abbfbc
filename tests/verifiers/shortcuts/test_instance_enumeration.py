"""Enumerations: accepted where the given instances alone are looked at, refused by those that were held back."""

import pytest

import synthgym
from synthgym.envs.mixture import with_cues
from synthgym.errors import SettingError
from synthgym.parsing import parse, render
from synthgym.rng import Rng
from synthgym.signal import Signal
from synthgym.verifiers.score import score
from synthgym.verifiers.shortcuts.instance_enumeration import InstanceEnumeration
from synthgym.verifiers.shortcuts.prompt_cue import PromptCue

RNG = Rng("enumeration")


@pytest.mark.parametrize("family", ["regex_synthesis", "sat_assignment", "function_synthesis"])
@pytest.mark.parametrize("template", ["compact", "natural"])
def test_an_enumeration_is_paid_and_wrong(family: str, template: str) -> None:
    shortcut = InstanceEnumeration()
    signal = Signal(shortcuts=(shortcut,))
    for seed, difficulty in ((1, 0), (2, 3)):
        task = synthgym.get_family(family).task(seed, difficulty=difficulty, template=template)
        assert shortcut.applies_to(task)
        right = render(task.reference, task.answer_format)
        taken = shortcut.apply(task, right, RNG)
        assert shortcut.detect(task, taken) and not shortcut.detect(task, right)
        assert [v.reward for v in score([task] * 2, [taken, right], signal)] == [1.0, 1.0]
        same, strict = shortcut.counterfactual(task, signal)
        solved = render(same.reference, same.answer_format)
        assert [v.reward for v in score([same] * 2, [taken, solved], strict)] == [0.0, 1.0]
        assert (same == task) == (family != "sat_assignment")
        assert shortcut.remove(task, taken, RNG) == right


def test_of_a_regular_expression_the_texts_are_enumerated() -> None:
    task = synthgym.get_family("regex_synthesis").task(3)  # maybe b, some c
    assert [InstanceEnumeration(instances=n).apply(task, "", RNG) for n in (1, 2, 3)] == [
        "c",
        "c|bc",
        "c|bc|bccc",
    ]
    assert not InstanceEnumeration().detect(task, "b?c+")
    assert InstanceEnumeration().detect(task, "b?c{1,3}")
    assert not InstanceEnumeration().detect(task, "b|c")


def test_of_a_formula_the_first_clauses_are_met() -> None:
    task = synthgym.get_family("sat_assignment").task(3)  # A,B,Ac,bc is met by FFT alone
    for instances, met in ((1, {"FTT", "FTF", "FFF"}), (2, {"FFF"}), (3, {"FFF"})):
        shortcut = InstanceEnumeration(instances=instances)
        words = [f"{a}{b}{c}" for a in "TF" for b in "TF" for c in "TF"]
        assert {word for word in words if shortcut.detect(task, f"={word}")} == met
    assert not InstanceEnumeration(instances=9).applies_to(task)


def test_a_renamed_formula_is_the_same_one_under_other_names() -> None:
    family, shortcut, cue = synthgym.get_family("sat_assignment"), InstanceEnumeration(), PromptCue()
    signal = Signal(shortcuts=(cue, shortcut))
    by_heart = 0
    for seed in range(20):
        task = with_cues(
            family.task(seed, difficulty=seed % 4, template=("compact", "natural")[seed % 2]), signal
        )
        renamed, strict = shortcut.counterfactual(task, signal)
        assert renamed == shortcut.counterfactual(task, signal)[0] and strict.shortcuts == (cue,)
        assert (
            cue.said(renamed) is not None
            and family.question(renamed.facts, renamed.template) in renamed.prompt
        )
        old, new = (str(one.facts["formula"]).lower() for one in (task, renamed))
        assert sorted(map(len, old.split(","))) == sorted(map(len, new.split(",")))
        assert sorted(map(old.count, set(old))) == sorted(map(new.count, set(new)))
        assert family.truth(renamed, render(renamed.reference, renamed.answer_format))
        by_heart += family.is_correct(renamed, task.reference.answer)
    assert by_heart <= 6  # those of one value for all, and few others


def test_a_sum_a_value_and_a_list_have_no_instances() -> None:
    for family in ("chain_sum", "boolean_evaluation", "sorting_trace", "sql_query"):
        assert not InstanceEnumeration().applies_to(synthgym.get_family(family).task(1))


@pytest.mark.parametrize(
    "hostile", ["", "(", "(?P<a>", "[" * 5000, "\ud800", "a{99999999999}", "=TT\x00", "(a+)+$"]
)
def test_hostile_answers_are_judged(hostile: str) -> None:
    for family in ("regex_synthesis", "sat_assignment"):
        task, shortcut = synthgym.get_family(family).task(1), InstanceEnumeration()
        assert not shortcut.detect(task, hostile)
        assert parse(task, shortcut.apply(task, hostile, RNG)).answer is not None


def test_bad_settings_are_named() -> None:
    with pytest.raises(SettingError, match="instances 0"):
        InstanceEnumeration(instances=0)
