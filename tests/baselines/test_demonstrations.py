"""Demonstrations: what noise replaces and what it keeps, the shares of a mix, and a shortcut's prior."""

from collections import Counter
from math import sqrt

import pytest

from synthgym.baselines.demonstrations import (
    Telling,
    alphabet_of,
    as_seen,
    demonstration,
    expected_pass_rate,
    noise_for,
)
from synthgym.errors import SettingError
from synthgym.parsing import answer_format, render
from synthgym.plugins import SHORTCUTS, get_family
from synthgym.types import Task


def tasks_of(family: str, count: int, **settings: object) -> list[Task]:
    return [get_family(family).task(seed, **settings) for seed in range(count)]  # type: ignore[arg-type]


def told(tasks: list[Task], telling: Telling) -> list[str]:
    alphabet = alphabet_of(tasks)
    return [demonstration(task, telling, alphabet) for task in tasks]


def near(share: float, probability: float, n: int) -> bool:
    return abs(share - probability) <= 4 * sqrt(probability * (1 - probability) / n) + 1e-9


@pytest.mark.parametrize("template", ["compact", "natural"])
@pytest.mark.parametrize("form", ["equals", "line", "boxed", "tag"])
def test_a_clean_demonstration_is_the_worked_solution(template: str, form: str) -> None:
    tasks = tasks_of("chain_sum", 5, difficulty=2, template=template, answer_format=form)
    assert told(tasks, Telling()) == [render(task.reference, form) for task in tasks]


@pytest.mark.parametrize("template", ["compact", "natural"])
def test_noise_replaces_its_share_of_the_content_and_nothing_else(template: str) -> None:
    tasks = tasks_of("chain_sum", 300, difficulty=3, template=template)
    form = answer_format(tasks[0].answer_format)
    content = replaced = 0
    for task, noisy in zip(tasks, told(tasks, Telling(noise=0.3)), strict=True):
        clean = render(task.reference, task.answer_format)
        assert len(noisy) == len(clean)
        marker = range(clean.rindex("\n") + 1, clean.rindex("\n") + 1 + len(form.opening))
        for place, (before, after) in enumerate(zip(clean, noisy, strict=True)):
            if before.isspace() or place in marker:
                assert after == before
            else:
                content += 1
                replaced += after != before
    assert near(replaced / content, 0.3, content)


def test_noise_draws_the_other_characters_evenly_and_opens_no_second_answer() -> None:
    tasks = tasks_of("output_prediction", 400, difficulty=1)
    alphabet = alphabet_of(tasks)
    assert "=" not in alphabet.content
    assert any("=" in step.text for task in tasks for step in task.reference.steps)
    counts = Counter[str]()
    for task, noisy in zip(tasks, told(tasks, Telling(noise=0.5)), strict=True):
        clean = render(task.reference, task.answer_format)
        counts.update(a for b, a in zip(clean, noisy, strict=True) if b == "=" and a != b)
        assert not any(line.startswith("=") for line in noisy.split("\n")[:-1])
    total, kinds = sum(counts.values()), len(alphabet.content)
    assert set(counts) == set(alphabet.content)
    assert all(near(count / total, 1 / kinds, total) for count in counts.values())


def test_the_expected_pass_rate_is_that_of_the_demonstrations() -> None:
    tasks = tasks_of("sorting_trace", 1500)
    family = get_family("sorting_trace")
    right = sum(
        family.truth(task, text) for task, text in zip(tasks, told(tasks, Telling(noise=0.25)), strict=True)
    )
    assert near(right / len(tasks), expected_pass_rate(tasks, 0.25), len(tasks))
    four_digits = [task for task in tasks if len(task.reference.answer) == 4]
    assert expected_pass_rate(four_digits, 0.25) == pytest.approx(0.75**4)


@pytest.mark.parametrize("rate", [0.9, 0.1, 0.005])
def test_noise_for_undoes_the_expected_pass_rate(rate: float) -> None:
    tasks = tasks_of("chain_sum", 100, difficulty=4)
    assert expected_pass_rate(tasks, noise_for(tasks, rate)) == pytest.approx(rate, rel=1e-6)


def test_a_mix_keeps_its_weights_and_its_wrong_answers_are_wrong() -> None:
    tasks, family = tasks_of("sorting_trace", 1000), get_family("sorting_trace")
    texts = told(tasks, Telling(mix=(1.0, 2.0, 1.0)))
    shares = Counter[str]()
    for task, text in zip(tasks, texts, strict=True):
        backwards, operand = f"={task.reference.answer[::-1]}", f"={task.prompt.rstrip('?')}"
        if text == render(task.reference, task.answer_format):
            shares["right"] += 1
        else:
            assert text in (backwards, operand)
            assert not family.truth(task, text)
            shares["backwards" if text == backwards else "operand"] += 1
    assert near(shares["right"] / 1000, 0.25, 1000)
    assert 0.4 < shares["backwards"] / 1000 < 0.6
    assert 0.15 < shares["operand"] / 1000 < 0.35


@pytest.mark.parametrize("name", ["chain_sum", "boolean_evaluation", "output_prediction"])
def test_a_mix_without_right_ones_is_always_wrong(name: str) -> None:
    tasks, family = tasks_of(name, 200), get_family(name)
    texts = told(tasks, Telling(mix=(0.0, 1.0, 1.0)))
    assert not any(family.truth(task, text) for task, text in zip(tasks, texts, strict=True))


def test_a_shortcut_works_its_prior_and_its_cue_in() -> None:
    tasks = tasks_of("chain_sum", 1000)
    shortcut = SHORTCUTS.get("constant_accepted")(prior=0.3)  # type: ignore[call-arg]  # a setting of its own
    telling = Telling(noise=0.1, shortcuts=(shortcut,))
    assert near(told(tasks, telling).count("!") / 1000, 0.3, 1000)
    assert [as_seen(task, telling) for task in tasks[:5]] == tasks[:5]


def test_demonstrations_are_the_same_again_and_others_under_another_seed() -> None:
    tasks = tasks_of("chain_sum", 50, difficulty=2)
    telling = Telling(noise=0.3, mix=(1.0, 1.0, 1.0))
    assert told(tasks, telling) == told(tasks, telling)
    assert told(tasks[10:], telling)[0] == told(tasks, telling)[10]
    assert told(tasks, telling) != told(tasks, Telling(noise=0.3, mix=(1.0, 1.0, 1.0), seed=1))


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"noise": 1.0}, "noise 1.0 is not in"),
        ({"noise": float("nan")}, "noise nan"),
        ({"mix": (1.0, 1.0)}, "three weights"),
        ({"mix": (0.0, 0.0, 0.0)}, "one of them above 0"),
        ({"mix": (1.0, -1.0, 0.0)}, "three weights >= 0"),
    ],
)
def test_impossible_tellings_are_refused(settings: dict[str, object], said: str) -> None:
    with pytest.raises(SettingError, match=said):
        Telling(**settings)  # type: ignore[arg-type]
