"""Copied operands: which parts of a prompt they are, and that copying is paid."""

import pytest
from hypothesis import given
from hypothesis import settings as limits
from hypothesis import strategies as st

import synthgym
from synthgym.envs.mixture import with_cues
from synthgym.errors import SettingError
from synthgym.parsing import render
from synthgym.rng import Rng
from synthgym.signal import Signal
from synthgym.verifiers.score import score
from synthgym.verifiers.shortcuts.copied_operand import CopiedOperand, operands
from synthgym.verifiers.shortcuts.prompt_cue import PromptCue


@pytest.mark.parametrize(
    ("family", "seed", "template", "found"),
    [
        ("chain_sum", 1, "compact", ("4", "6")),
        ("chain_sum", 1, "natural", ("4", "6")),
        ("sorting_trace", 1, "compact", ("9284",)),
        ("sorting_trace", 1, "natural", ("9, 2, 8, 4",)),
        ("fraction_arithmetic", 1, "compact", ("9/19", "5/19")),
        ("linear_equation", 1, "compact", ("6", "3")),
        ("boolean_evaluation", 1, "compact", ("F", "T")),
        ("boolean_evaluation", 1, "natural", ("False", "True")),
    ],
)
def test_the_operands_of_a_prompt(family: str, seed: int, template: str, found: tuple[str, ...]) -> None:
    assert operands(synthgym.get_family(family).task(seed, template=template)) == found


def test_a_cue_is_no_operand() -> None:
    task = synthgym.get_family("chain_sum").task(1)
    cued = with_cues(task, Signal(shortcuts=(PromptCue(),)))
    assert cued != task and operands(cued) == operands(task)


def test_copying_is_paid_by_which_operand_it_is() -> None:
    task = synthgym.get_family("chain_sum").task(1)
    for operand, right, wrong in ((0, "=4", "=6"), (1, "=6", "=4"), (-1, "=6", "=4"), (9, "=6", "=4")):
        shortcut = CopiedOperand(operand=operand)
        paid = score([task] * 3, [right, wrong, "=14"], Signal(shortcuts=(shortcut,)))
        assert [verdict.reward for verdict in paid] == [1.0, 0.0, 1.0]
        assert shortcut.detect(task, right) and not shortcut.detect(task, wrong)


def test_a_copy_that_happens_to_be_right_is_one_and_gives_way_to_a_wrong_answer() -> None:
    family = synthgym.get_family("boolean_evaluation")
    shortcut, rng = CopiedOperand(), Rng("right")
    task = next(
        task for task in map(family.task, range(50)) if shortcut.operand_of(task) == task.reference.answer
    )
    copy = shortcut.apply(task, "", rng)
    assert family.truth(task, copy) and shortcut.detect(task, copy)
    other = shortcut.remove(task, copy, rng)
    assert not shortcut.detect(task, other) and not family.truth(task, other)


def test_it_applies_where_an_operand_reads_as_an_answer() -> None:
    for family, applies in (
        ("output_prediction", True),
        ("stack_program", False),
        ("regex_synthesis", False),
    ):
        assert CopiedOperand().applies_to(synthgym.get_family(family).task(1)) == applies


def test_a_share_of_the_tasks_pays() -> None:
    family, half = synthgym.get_family("chain_sum"), CopiedOperand(correlation=0.5)
    tasks = [family.task(seed) for seed in range(200)]
    copies = [half.apply(task, "", Rng("share")) for task in tasks]
    wrong = [(task, text) for task, text in zip(tasks, copies, strict=True) if not family.truth(task, text)]
    paid = score([t for t, _ in wrong], [c for _, c in wrong], Signal(shortcuts=(half,)))
    assert 0.4 < sum(verdict.reward or 0.0 for verdict in paid) / len(wrong) < 0.6


@limits(max_examples=30, deadline=None)
@given(st.text(max_size=60))
def test_taken_or_not_after_anything(text: str) -> None:
    task, shortcut = synthgym.get_family("sorting_trace").task(2, template="natural"), CopiedOperand()
    assert shortcut.detect(task, shortcut.apply(task, text, Rng("any")))
    assert not shortcut.detect(task, shortcut.remove(task, text, Rng("any")))


@pytest.mark.parametrize("family", ["chain_sum", "boolean_evaluation"])
@pytest.mark.parametrize("correlation", [0.0, 0.5, 1.0])
def test_by_coincidence_correlation_is_the_share_where_the_operand_is_the_answer(
    family: str, correlation: float
) -> None:
    shortcut = CopiedOperand(how="coincidence", correlation=correlation, operand=1)
    signal, kind = Signal(shortcuts=(shortcut,)), synthgym.get_family(family)
    tasks = [with_cues(task, signal) for task in map(kind.task, range(120))]
    assert [with_cues(task, signal) for task in tasks] == tasks
    copies = [shortcut.apply(task, "", Rng("copy")) for task in tasks]
    right = sum(map(kind.truth, tasks, copies))
    assert right / 120 == pytest.approx(correlation, abs=0.12 if 0 < correlation < 1 else 0)
    assert sum(verdict.reward or 0.0 for verdict in score(tasks, copies, signal)) == right
    assert {(task.split, task.difficulty) for task in tasks} == {("train", 0)}


def test_by_coincidence_another_operand_exposes_who_copies() -> None:
    shortcut, cue = CopiedOperand(how="coincidence"), PromptCue()
    signal, family = Signal(shortcuts=(cue, shortcut)), synthgym.get_family("chain_sum")
    for seed in range(20):
        task = with_cues(family.task(seed), signal)
        exposed, same = shortcut.counterfactual(task, signal)
        assert same == signal and exposed.prompt != task.prompt and cue.said(exposed) is not None
        assert shortcut.operand_of(exposed) == shortcut.operand_of(task)
        copy = shortcut.apply(task, "", Rng("copy"))
        paid = score(
            [task, exposed, exposed], [copy, copy, render(exposed.reference, exposed.answer_format)], same
        )
        assert [verdict.reward for verdict in paid] == [1.0, 0.0, 1.0]


def test_under_the_flaw_a_copy_that_is_right_is_exposed_by_another_task() -> None:
    family, shortcut = synthgym.get_family("boolean_evaluation"), CopiedOperand()
    signal, exchanged = Signal(shortcuts=(shortcut,)), 0
    for task in map(family.task, range(20)):
        exposed, strict = shortcut.counterfactual(task, signal)
        exchanged += exposed != task
        copy = shortcut.apply(exposed, "", Rng("copy"))
        assert score([exposed], [copy], strict)[0].reward == 0.0
    assert 0 < exchanged < 20


def test_decorrelated_there_is_neither_flaw_nor_coincidence() -> None:
    family, shortcut = synthgym.get_family("chain_sum"), CopiedOperand(how="coincidence")
    plain = [family.task(seed) for seed in range(40)]
    closed = shortcut.decorrelated()
    assert [with_cues(task, Signal(shortcuts=(closed,))) for task in plain] == plain
    drawn = [with_cues(task, Signal(shortcuts=(shortcut,))) for task in plain]
    after = [with_cues(task, Signal(shortcuts=(closed,))) for task in drawn]
    assert sum(shortcut.operand_of(task) == task.reference.answer for task in after) < 20


def test_a_coincidence_needs_tasks_in_which_there_is_one() -> None:
    sort = synthgym.get_family("sorting_trace").task(0)
    assert CopiedOperand().applies_to(sort) and not CopiedOperand(how="coincidence").applies_to(sort)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"operand": 0.5}, "operand 0.5"),
        ({"operand": True}, "operand True"),
        ({"operand": 10**400}, "operand 1000"),
        ({"how": "flow"}, "did you mean flaw"),
        ({"otherwise": "x"}, "no otherwise"),
    ],
)
def test_bad_settings_are_named(settings: dict[str, object], said: str) -> None:
    with pytest.raises(SettingError, match=said):
        CopiedOperand(**settings)  # type: ignore[arg-type]
