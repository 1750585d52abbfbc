"""Labelled completions: the label is true, both are equally frequent, and style does not tell them apart."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import synthgym
from synthgym.baselines.predict.components import Component, components_of
from synthgym.baselines.predict.labelled import labelled, observed, with_answer
from synthgym.parsing import ANSWER_FORMATS, parse, render
from synthgym.plugins import as_signal
from synthgym.types import Task

TRUTH = Component(name="truth", kind="truth", planted=True)
HOSTILE = (
    "",
    "\x00",
    "\ud800",
    "=1\n=2",
    "=" * 5000,
    "\\boxed{1} \\boxed{2}",
    "Answer: 3\nAnswer: 4",
    "```\n```",
)


def tasks_of(family: str, count: int, **settings: object) -> list[Task]:
    source = synthgym.get_family(family)
    return [source.task(seed, **settings) for seed in range(count)]  # type: ignore[arg-type]


@pytest.mark.parametrize("family", ["chain_sum", "sorting_trace"])
def test_the_truth_s_labels_are_true_and_balanced(family: str) -> None:
    tasks = tasks_of(family, 60)
    texts = [render(task.reference, task.answer_format) if i % 3 else "=?" for i, task in enumerate(tasks)]
    made = labelled(TRUTH, tasks, [task.id for task in tasks], texts, rng=np.random.default_rng(0))
    by_id = {task.id: task for task in tasks}
    assert len(made) >= 54
    assert Counter(made.labels.tolist()) == {0: len(made) // 2, 1: len(made) // 2}
    for prompt, text, label in zip(made.prompts, made.completions, made.labels, strict=True):
        assert synthgym.get_family(family).truth(by_id[prompt], text) == bool(label)
    assert len(set(made.prompts)) == len(made)


def test_no_answer_tells_by_itself_whether_it_is_right() -> None:
    tasks = tasks_of("chain_sum", 800, difficulty=1)
    made = labelled(TRUTH, tasks, [t.prompt for t in tasks], [""] * 800, rng=np.random.default_rng(0))
    lengths = np.array([len(text) for text in made.completions])
    negative = np.array([text.startswith("=-") for text in made.completions])
    for feature in (lengths, negative):
        gap = abs(feature[made.labels == 1].mean() - feature[made.labels == 0].mean())
        assert gap < 0.12 * max(1.0, float(feature.std()))


@pytest.mark.parametrize("form", ["equals", "line", "boxed", "tag"])
def test_an_answer_is_exchanged_and_the_steps_are_kept(form: str) -> None:
    task = synthgym.get_family("chain_sum").task(5, difficulty=2, answer_format=form)
    right = render(task.reference, form)
    wrong = with_answer(task, right, "12345")
    assert parse(task, wrong).answer == "12345"
    assert [step.text for step in parse(task, wrong).steps] == [
        step.text for step in parse(task, right).steps
    ]
    assert with_answer(task, wrong, task.reference.answer) == right
    opening = ANSWER_FORMATS[form].opening
    assert with_answer(task, f"{right}\n{opening}9{ANSWER_FORMATS[form].closing}\nmore", "12345") == wrong


def test_whole_code_gives_way_to_other_code() -> None:
    task = synthgym.get_family("function_synthesis").task(0)
    text = with_answer(task, "def f(x):return 0", task.reference.answer)
    assert synthgym.get_family("function_synthesis").truth(task, text)


@pytest.mark.parametrize("completion", HOSTILE)
@pytest.mark.parametrize("form", ["equals", "line"])
def test_hostile_completions_get_the_answer_all_the_same_or_are_left_out(completion: str, form: str) -> None:
    tasks = [synthgym.get_family("chain_sum").task(seed, answer_format=form) for seed in range(8)]
    made = labelled(TRUTH, tasks, [t.id for t in tasks], [completion] * 8, rng=np.random.default_rng(0))
    by_id = {task.id: task for task in tasks}
    for prompt, text, label in zip(made.prompts, made.completions, made.labels, strict=True):
        assert synthgym.get_family("chain_sum").truth(by_id[prompt], text) == bool(label)


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=300))
def test_any_text_can_be_relabelled_without_an_exception(text: str) -> None:
    task = synthgym.get_family("chain_sum").task(1)
    found = with_answer(task, text, "77")
    assert parse(task, found).answer == "77" or parse(task, found).fault is not None


def test_a_shortcut_s_labels_are_what_its_detector_says() -> None:
    tasks = tasks_of("chain_sum", 100)
    shortcut = components_of(as_signal("binary+constant_accepted"), ())[1]
    texts = ["!" if i % 5 == 0 else render(t.reference, t.answer_format) for i, t in enumerate(tasks)]
    made = labelled(shortcut, tasks, [t.id for t in tasks], texts, rng=np.random.default_rng(0))
    by_id = {task.id: task for task in tasks}
    assert len(made) >= 90
    assert shortcut.shortcut is not None
    for prompt, text, label in zip(made.prompts, made.completions, made.labels, strict=True):
        assert shortcut.shortcut.detect(by_id[prompt], text) == bool(label)


def test_the_null_s_labels_say_nothing_of_the_completion() -> None:
    null = Component(name="null", kind="null", planted=False)
    tasks = tasks_of("chain_sum", 400)
    texts = ["a" * (i % 2) for i in range(400)]
    made = labelled(null, tasks, [t.id for t in tasks], texts, rng=np.random.default_rng(0))
    lengths = np.array([len(text) for text in made.completions])
    assert abs(lengths[made.labels == 1].mean() - lengths[made.labels == 0].mean()) < 0.15


def test_rollouts_as_they_stand_are_balanced_and_unknown_ones_left_out() -> None:
    shown = np.array([1.0] * 3 + [0.0] * 10 + [np.nan] * 4)
    made = observed([str(i) for i in range(17)], ["x"] * 17, shown, rng=np.random.default_rng(0))
    assert made.observed
    assert sorted(made.labels.tolist()) == [0, 0, 0, 1, 1, 1]
    assert all(shown[int(prompt)] == label for prompt, label in zip(made.prompts, made.labels, strict=True))
