"""Pools: deterministic, of equal spaces across splits and sizes, and only of tasks that fit."""

from typing import Any

import numpy as np
import pytest

from synthgym.envs.tokens.pool import PoolSettings, TokenPool, token_pool
from synthgym.errors import SettingError, TaskError
from synthgym.parsing import render
from synthgym.plugins import get_family
from synthgym.signal import Signal


def make(family: str = "chain_sum", **settings: Any) -> TokenPool:
    return token_pool(get_family(family), Signal(), PoolSettings(**settings))


@pytest.mark.parametrize("family", ["chain_sum", "boolean_evaluation", "sat_assignment", "sorting_trace"])
@pytest.mark.parametrize("difficulty", [0, 3])
def test_spaces_are_equal_across_splits_seeds_and_sizes(family: str, difficulty: int) -> None:
    pools = [
        make(family, difficulty=difficulty),
        make(family, difficulty=difficulty, split="test", pool_size=5),
        make(family, difficulty=difficulty, first_seed=10_000, pool_size=17),
    ]
    assert len({(p.vocabulary, p.prompt_length, p.max_tokens) for p in pools}) == 1
    assert [len(pool.tasks) for pool in pools] == [256, 5, 17]
    assert {task.split for task in pools[1].tasks} == {"test"}
    assert pools[2].tasks[0].seed >= 10_000


@pytest.mark.parametrize("template", ["compact", "natural"])
def test_every_task_and_its_worked_solution_fit(template: str) -> None:
    pool = make("linear_equation", template=template, difficulty=2)
    for task, codes in zip(pool.tasks, pool.prompts, strict=True):
        solution = render(task.reference, task.answer_format)
        assert not pool.vocabulary.lacks(task.prompt + solution) and len(solution) <= pool.max_tokens
        written = codes[codes > 0]
        assert pool.vocabulary.decode(written[None])[0] == task.prompt
        assert (codes[-len(task.prompt) :] == written).all(), "the prompt stands at the end"


def test_a_pool_is_shared_and_its_tasks_are_those_of_the_family() -> None:
    pool, family = make(pool_size=9, first_seed=4), get_family("chain_sum")
    assert make(pool_size=9, first_seed=4) is pool
    assert pool.tasks == tuple(family.task(seed) for seed in range(4, 13))


def test_a_vocabulary_and_lengths_of_ones_own() -> None:
    pool = make(vocabulary="ascii", max_tokens=3, prompt_length=20, pool_size=4)
    assert (pool.vocabulary.size, pool.max_tokens, pool.prompt_length) == (97, 3, 20)
    answers = make(vocabulary="0123456789+-=?", max_tokens=3, pool_size=50)
    assert all(len(task.reference.answer) < 3 for task in answers.tasks), (
        "the answer fits, the steps need not"
    )
    assert answers.vocabulary.line_feed == -1 and (answers.masks[0] == 1).all()


def test_tasks_that_do_not_fit_are_passed_over() -> None:
    pool = make(vocabulary="12345678+-=?0\n", pool_size=20)
    assert all("9" not in task.prompt + task.reference.answer for task in pool.tasks)
    assert [task.seed for task in pool.tasks] != list(range(20))


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"pool_size": 0}, "pool_size 0 is not a whole number from 1"),
        ({"pool_size": None}, "pool_size None"),
        ({"pool_size": True}, "pool_size True"),
        ({"max_tokens": 0}, "max_tokens 0"),
        ({"max_tokens": 1 << 20}, "max_tokens 1048576 is not a whole number from 1 to 8,192"),
        ({"prompt_length": 2.0}, "prompt_length 2.0"),
        ({"prompt_length": 3}, "do not fit, the last as its prompt has 6 characters"),
        ({"max_tokens": 1}, "do not fit, the last as its answer takes"),
        ({"vocabulary": "abc"}, "the vocabulary lacks"),
        ({"vocabulary": ""}, "vocabulary '' is not a str of characters"),
        ({"vocabulary": 3}, "vocabulary 3 is not a str"),
        ({"difficulty": 11}, "difficulty 11"),
        ({"split": "tset"}, "no split 'tset'; did you mean test"),
        ({"template": "x"}, "no template 'x'"),
        ({"first_seed": -1}, "first_seed -1 is not a whole number from 0"),
        ({"first_seed": "a"}, "first_seed 'a'"),
        ({"first_seed": (1 << 63) - 1}, "seed 9223372036854775808"),
        ({"vocabulary": ["a"]}, "not a str of characters"),
    ],
)
def test_wrong_settings_are_named(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(SettingError, match=message):
        make(**settings)


def test_masks_forbid_what_is_not_worth_trying() -> None:
    pool = make()
    feed = pool.vocabulary.line_feed
    assert np.flatnonzero(pool.masks[0] == 0).tolist() == [feed]
    assert (pool.masks[1] == 1).all()
    assert np.flatnonzero(pool.masks[2]).tolist() == [0]


def test_in_code_blank_lines_are_allowed() -> None:
    pool = make("regex_synthesis", template="natural", pool_size=3)
    assert not pool.on_lines and (pool.masks[0] == 1).all()


def test_a_task_that_does_not_fit_is_refused_by_name() -> None:
    pool = make(pool_size=3)
    with pytest.raises(TaskError, match=r"task chain_sum-v0/train/d5/0/\S+: its prompt has \d+ characters"):
        pool.encoded(get_family("chain_sum").task(0, difficulty=5))
    with pytest.raises(TaskError, match="the vocabulary lacks"):
        pool.encoded(get_family("sat_assignment").task(0))
