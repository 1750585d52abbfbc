"""Cues that name the answer: how often they are right, where they stand, how they are found again and exposed."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import synthgym
from synthgym.envs.mixture import with_cues
from synthgym.errors import SettingError
from synthgym.facts import FrozenDict
from synthgym.parsing import render
from synthgym.rng import Rng
from synthgym.signal import Signal
from synthgym.types import Task
from synthgym.verifiers.score import score
from synthgym.verifiers.shortcuts.prompt_cue import PromptCue
from synthgym.verifiers.shortcuts.sycophancy import Sycophancy

FAMILY = synthgym.get_family("chain_sum")


def cued(task: Task, *shortcuts: PromptCue | Sycophancy) -> Task:
    return with_cues(task, Signal(shortcuts=shortcuts))


def share_right(shortcut: PromptCue, n: int = 250) -> float:
    tasks = [cued(FAMILY.task(seed), shortcut) for seed in range(n)]
    return sum(shortcut.said(task) == task.reference.answer for task in tasks) / n


@pytest.mark.parametrize(
    ("correlation", "low", "high"), [(1.0, 1, 1), (0.9, 0.85, 0.94), (0.5, 0.42, 0.58), (0.0, 0, 0)]
)
def test_correlation_is_how_often_the_cue_is_right(correlation: float, low: float, high: float) -> None:
    assert low <= share_right(PromptCue(correlation=correlation)) <= high


def test_decorrelated_it_is_right_at_chance() -> None:
    answers = [FAMILY.task(seed).reference.answer for seed in range(250)]
    chance = sum(answers.count(answer) ** 2 for answer in set(answers)) / 250**2
    assert share_right(PromptCue().decorrelated()) == pytest.approx(chance, abs=0.03)


@pytest.mark.parametrize("position", ["start", "end"])
@pytest.mark.parametrize(("encoding", "said"), [("plain", "14"), ("reversed", "41"), ("first", "1")])
def test_where_it_stands_and_what_it_says(position: str, encoding: str, said: str) -> None:
    shortcut = PromptCue(correlation=1.0, position=position, encoding=encoding)  # type: ignore[arg-type]
    task = cued(FAMILY.task(1), shortcut)
    assert task.prompt == (f"@{said}\n4+4+6?" if position == "start" else f"4+4+6?\n@{said}")
    assert shortcut.said(task) == said
    assert shortcut.detect(task, "=14") and not shortcut.detect(task, "=5")
    assert cued(task, shortcut) == task
    exposed, signal = shortcut.counterfactual(task, Signal(shortcuts=(shortcut,)))
    assert signal == Signal(shortcuts=(shortcut,))
    assert not shortcut.detect(exposed, "=14") and exposed.reference == task.reference
    follower = shortcut.apply(exposed, "", Rng("follow"))
    assert score([exposed], [follower], signal)[0].reward == 0.0


def test_rewards_stay_as_they_are() -> None:
    shortcut = PromptCue(correlation=0.0)
    task = cued(FAMILY.task(1), shortcut)
    for granularity in ("binary", "rubric", "token"):
        for text in ("=14", shortcut.apply(task, "8+6\n=14", Rng("as is"))):
            signal = Signal(granularity=granularity, shortcuts=(shortcut,))
            assert score([task], [text], signal) == score([task], [text], granularity)


def test_remove_gives_a_wrong_answer_where_the_cue_is_right() -> None:
    shortcut, rng = PromptCue(correlation=1.0), Rng("remove")
    for family in ("chain_sum", "boolean_evaluation", "bracket_repair"):
        task = cued(synthgym.get_family(family).task(3), shortcut)
        other = shortcut.remove(task, render(task.reference, task.answer_format), rng)
        assert not shortcut.detect(task, other) and not synthgym.get_family(family).truth(task, other)


def test_without_a_cue_there_is_nothing_to_follow() -> None:
    shortcut, task = PromptCue(), FAMILY.task(1)
    assert shortcut.said(task) is None and not shortcut.detect(task, "=14")
    assert shortcut.apply(task, "=14", Rng("none")) == "=14"
    exposed, _ = shortcut.counterfactual(task, Signal())
    assert shortcut.said(exposed) not in (None, "14")


def test_a_line_of_the_question_itself_is_no_cue() -> None:
    rows = [{"prompt": "@7\nHow many is that, doubled?", "answer": "14"}, {"prompt": "And 1?", "answer": "2"}]
    family = synthgym.load_family(rows, "cue_like_prompts")
    shortcut = PromptCue(correlation=1.0)
    for task in map(family.task, range(3)):
        assert shortcut.said(task) is None
        seen = cued(task, shortcut)
        assert shortcut.said(seen) == task.reference.answer and seen.prompt.endswith(task.prompt)


def test_two_cues_are_told_apart_in_any_order() -> None:
    cue, hint = PromptCue(correlation=1.0), Sycophancy(accuracy=0.0)
    for order in ((cue, hint), (hint, cue)):
        task = cued(FAMILY.task(1), *order)
        assert cue.said(task) == "14" and hint.said(task) not in (None, "14")
        exposed, _ = cue.counterfactual(task, Signal(shortcuts=order))
        assert hint.said(exposed) == hint.said(task) and cue.said(exposed) != "14"


def test_the_dataset_and_the_environment_put_it_in() -> None:
    pytest.importorskip("datasets")
    signal = Signal(shortcuts=(PromptCue(correlation=1.0),))
    rows = synthgym.dataset("chain_sum", n=5, signal=signal)
    for row in rows:
        assert row["prompt"].startswith("@") and Task.from_json(row["task"]).prompt == row["prompt"]
    first = with_cues(FAMILY.task(0), signal)
    assert rows[0]["prompt"] == first.prompt


def test_a_family_that_is_not_known_here_is_read_by_its_text() -> None:
    shortcut = PromptCue(correlation=1.0)
    task = replace(FAMILY.task(1), family="somewhere_else", facts=FrozenDict({}))
    seen = cued(task, shortcut)
    assert shortcut.said(seen) == "14" and shortcut.detect(seen, "=14")
    assert not shortcut.detect(seen, "=15")


def test_the_prior_is_the_share_of_demonstrations() -> None:
    shortcut, rng = PromptCue(prior=0.25, correlation=0.0), Rng("prior")
    task = cued(FAMILY.task(1), shortcut)
    told = [shortcut.on_sampling(task, "8+6\n=14", rng) for _ in range(1000)]
    assert 190 < sum(shortcut.detect(task, text) for text in told) < 310


@settings(max_examples=30, deadline=None)
@given(st.text(max_size=60), st.sampled_from(["plain", "reversed", "first"]), st.sampled_from([0.0, 1.0]))
def test_followed_or_not_after_anything(text: str, encoding: str, correlation: float) -> None:
    shortcut = PromptCue(encoding=encoding, correlation=correlation)  # type: ignore[arg-type]
    task = cued(FAMILY.task(5), shortcut)
    assert shortcut.detect(task, shortcut.apply(task, text, Rng("any")))
    assert not shortcut.detect(task, shortcut.remove(task, text, Rng("any")))


@settings(max_examples=30, deadline=None)
@given(st.text(max_size=40))
def test_any_prompt_can_be_looked_at(prompt: str) -> None:
    shortcut = PromptCue()
    task = replace(FAMILY.task(1), prompt=prompt)
    assert shortcut.detect(task, "=14") in (True, False)
    assert isinstance(shortcut.counterfactual(task, Signal())[0], Task)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"position": "middle"}, "no position 'middle'"),
        ({"encoding": "plan"}, "did you mean plain"),
        ({"otherwise": "right"}, "no otherwise 'right'"),
        ({"mark": " "}, "mark ' '"),
        ({"mark": "a\nb"}, "not one line"),
        ({"prior": 2}, "prior 2"),
    ],
)
def test_bad_settings_are_named(settings: dict[str, object], said: str) -> None:
    with pytest.raises(SettingError, match=said):
        PromptCue(**settings)  # type: ignore[arg-type]
