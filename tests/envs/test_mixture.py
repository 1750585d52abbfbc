"""Mixtures, curricula and streams: which task stands in which row."""

import hashlib
import itertools
import subprocess
import sys
from collections import Counter
from typing import Any

import pytest
from datasets.distributed import split_dataset_by_node
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.utils.data import DataLoader

import synthgym
from synthgym.envs.mixture import plan_of
from synthgym.errors import FamilyError, SettingError, UnknownNameError

MIXTURE = {"chain_sum": 3, "sorting_trace": 1}


def families(count: int, weights: Any) -> list[str]:
    return [task.family for task in synthgym.tasks(weights, count)]


def test_weights_are_kept_exactly_and_interleaved() -> None:
    drawn = families(16, MIXTURE)
    assert Counter(drawn) == {"chain_sum": 12, "sorting_trace": 4}
    assert all(Counter(drawn[i : i + 4]) == {"chain_sum": 3, "sorting_trace": 1} for i in range(0, 16, 4))
    assert drawn == families(16, {"chain_sum": 0.75, "sorting_trace": 0.25})
    assert families(4, {"chain_sum": 0, "sorting_trace": 2}) == ["sorting_trace"] * 4


@given(st.lists(st.integers(0, 7), min_size=1, max_size=4).filter(any), st.integers(1, 60))
def test_no_family_is_ever_far_from_its_share(weights: list[int], n: int) -> None:
    names = ["chain_sum", "sorting_trace", "linear_equation", "sat_assignment"][: len(weights)]
    plan = plan_of(dict(zip(names, weights, strict=True)), n)
    taken: Counter[str] = Counter()
    for rows, place in enumerate(plan.places(), 1):
        assert place.turn == taken[place.family]
        taken[place.family] += 1
        for name, weight in zip(names, weights, strict=True):
            assert abs(taken[name] - rows * weight / sum(weights)) < len(names)
    for name, weight in zip(names, weights, strict=True):
        if n % sum(weights) == 0:
            assert taken[name] == n * weight / sum(weights)


@given(st.lists(st.integers(0, 5), min_size=1, max_size=3).filter(any), st.integers(0, 50), st.integers(1, 7))
def test_a_row_is_the_same_however_it_is_reached(weights: list[int], start: int, step: int) -> None:
    names = ["chain_sum", "sorting_trace", "linear_equation"][: len(weights)]
    plan = plan_of(dict(zip(names, weights, strict=True)), 60)
    assert list(plan.places(start, step)) == list(plan.places())[start::step]


def test_each_family_counts_its_own_seeds() -> None:
    drawn = synthgym.tasks(MIXTURE, 8, first_seed=5)
    assert [task.seed for task in drawn if task.family == "chain_sum"] == [5, 6, 7, 8, 9, 10]
    assert [task.seed for task in drawn if task.family == "sorting_trace"] == [5, 6]


def test_a_curriculum_rises_by_stages_or_by_a_function_of_the_row() -> None:
    assert [t.difficulty for t in synthgym.tasks("chain_sum", 7, difficulty=[0, 2, 4])] == [
        0,
        0,
        0,
        2,
        2,
        4,
        4,
    ]
    assert [t.difficulty for t in synthgym.tasks("chain_sum", 6, difficulty=lambda row: row // 2)] == [
        0,
        0,
        1,
        1,
        2,
        2,
    ]
    drawn = synthgym.tasks(
        ["chain_sum", "sorting_trace"], 4, difficulty={"chain_sum": 3, "sorting_trace": [0, 1]}
    )
    assert [t.difficulty for t in drawn] == [3, 0, 3, 1]


def test_distinct_instances_go_with_mixtures_and_curricula() -> None:
    drawn = synthgym.tasks(MIXTURE, 40, difficulty=[0, 1], distinct=True)
    keys = [(task.family, synthgym.get_family(task.family).instance_key(task.facts)) for task in drawn]
    assert len(set(keys)) == 40
    assert [task.difficulty for task in drawn] == [0] * 20 + [1] * 20


@pytest.mark.parametrize(
    ("more", "error", "said"),
    [
        ({"family": {"chain_sum": -1}}, SettingError, "weight -1 of chain_sum is not a finite number >= 0"),
        ({"family": {"chain_sum": float("nan")}}, SettingError, "weight nan of chain_sum"),
        ({"family": {"chain_sum": float("inf")}}, SettingError, "weight inf of chain_sum"),
        ({"family": {"chain_sum": "3"}}, SettingError, "weight '3' of chain_sum"),
        ({"family": {"chain_sum": True}}, SettingError, "weight True of chain_sum"),
        ({"family": {"chain_sum": 0, "sorting_trace": 0.0}}, SettingError, "are all 0"),
        ({"family": {}}, SettingError, "at least one is needed"),
        ({"family": 7}, SettingError, "family 7 is neither a name"),
        ({"family": {"chain_sm": 1}}, UnknownNameError, "did you mean chain_sum"),
        ({"n": 0}, SettingError, "n 0 is not a whole number above 0"),
        ({"n": None}, SettingError, "n is not given; say how many rows, or set streaming=True"),
        ({"difficulty": []}, SettingError, "has no stages"),
        ({"difficulty": [0, 11]}, SettingError, "difficulty 11 is not a whole number from 0 to 10"),
        ({"difficulty": "3"}, SettingError, "difficulty '3' is not"),
        ({"difficulty": lambda row: 11}, SettingError, r"difficulty\(0\) 11 is not a whole number"),
        ({"difficulty": lambda row: 1 // row}, SettingError, r"difficulty\(0\) failed: ZeroDivisionError"),
        (
            {"difficulty": {"chain_sun": 1}},
            SettingError,
            "'chain_sun', which is no family.*did you mean chain_sum",
        ),
        ({"difficulty": {}}, SettingError, "says nothing of chain_sum"),
        ({"first_seed": -1}, SettingError, "first_seed -1"),
        ({"shards": 2}, SettingError, "shards=2 splits a stream; set streaming=True"),
        ({"format": "preferences"}, SettingError, "did you mean preference"),
        ({"system": "Hi."}, SettingError, "set conversational=True"),
        ({"system": 3, "conversational": True}, SettingError, "system 3 is no text"),
        ({"format": "stepwise_supervision", "conversational": True}, SettingError, "no conversational form"),
        ({"streaming": True, "distinct": True}, SettingError, "distinct=True needs to know all rows before"),
        ({"streaming": True, "shards": 0}, SettingError, "shards 0 is not a whole number above 0"),
        (
            {"streaming": True, "n": None, "difficulty": [0, 1]},
            SettingError,
            "n is None: give n, or a function",
        ),
        ({"streaming": True, "split": "tset"}, SettingError, "did you mean test"),
        ({"streaming": True, "answer_format": "fenced"}, SettingError, "do not fit the answer format"),
        ({"format": "preference", "signal": "binary~random"}, SettingError, "draws rewards at random"),
    ],
)
def test_wrong_settings_say_what_would_be_right(more: dict[str, Any], error: Any, said: str) -> None:
    arguments: dict[str, Any] = {"family": "chain_sum", "n": 3, **more}
    with pytest.raises(error, match=said):
        synthgym.dataset(**arguments)


FORMS = [
    {},
    {"conversational": True, "system": "Be brief."},
    {"format": "preference", "conversational": True},
    {"format": "unpaired_preference", "signal": "rubric"},
    {"format": "stepwise_supervision", "environment": True},
]


@pytest.mark.parametrize("form", FORMS, ids=str)
def test_a_stream_has_the_rows_and_types_of_the_whole(form: dict[str, Any]) -> None:
    whole = synthgym.dataset(MIXTURE, n=10, difficulty=[0, 2], **form)
    stream = synthgym.dataset(MIXTURE, n=10, difficulty=[0, 2], streaming=True, **form)
    assert list(stream) == whole.to_list()
    assert stream.features == whole.features
    assert list(stream) == whole.to_list(), "it can be read again"


def test_an_endless_stream_is_resumed_where_it_was_left() -> None:
    def fresh() -> Any:
        return synthgym.dataset(MIXTURE, streaming=True, difficulty=lambda row: min(10, row // 3))

    rows = list(itertools.islice(fresh(), 12))
    reading = fresh()
    reader = iter(reading)
    assert [next(reader) for _ in range(5)] == rows[:5]
    state = reading.state_dict()
    resumed = fresh()
    resumed.load_state_dict(state)
    assert list(itertools.islice(resumed, 7)) == rows[5:]


def test_nothing_is_drawn_before_it_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    family, seeds = synthgym.get_family("chain_sum"), []
    made = type(family).task

    def task(self: Any, seed: int, **settings: Any) -> Any:
        seeds.append(seed)
        return made(self, seed, **settings)

    stream = synthgym.dataset("chain_sum", streaming=True)
    monkeypatch.setattr(type(family), "task", task)
    assert len(list(itertools.islice(stream.skip(1000), 2))) == 2
    state = stream.state_dict()
    assert state
    assert len(seeds) <= 1002


@settings(deadline=None, max_examples=12)
@given(nodes=st.integers(1, 3), shards=st.sampled_from([1, 2, 3, 4]))
def test_processes_share_the_rows_without_repeating_any(nodes: int, shards: int) -> None:
    stream = synthgym.dataset("chain_sum", n=11, streaming=True, shards=shards)
    parts = [[row["task"] for row in split_dataset_by_node(stream, rank, nodes)] for rank in range(nodes)]
    whole = list(synthgym.dataset("chain_sum", n=11)["task"])
    assert sorted(itertools.chain(*parts)) == sorted(whole)


def test_workers_share_the_rows_without_repeating_any() -> None:
    stream = synthgym.dataset("chain_sum", n=11, streaming=True, shards=2)
    loaded = [task for batch in DataLoader(stream, num_workers=2, batch_size=2) for task in batch["task"]]
    assert sorted(loaded) == sorted(synthgym.dataset("chain_sum", n=11)["task"])


def test_equal_arguments_give_equal_bytes_in_another_process() -> None:
    code = (
        "import synthgym, hashlib; d = synthgym.dataset({'chain_sum': 2, 'bug_repair': 1}, n=6, format='preference'); "
        "print(hashlib.sha256(repr(d.to_list()).encode()).hexdigest())"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONHASHSEED": "1"},
    )
    here = synthgym.dataset({"chain_sum": 2, "bug_repair": 1}, n=6, format="preference").to_list()
    assert done.stdout.strip() == hashlib.sha256(repr(here).encode()).hexdigest()


def test_too_few_instances_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(type(synthgym.get_family("chain_sum")), "instance_key", lambda self, facts: "one")
    monkeypatch.setattr(type(synthgym.get_family("chain_sum")), "split_of", lambda self, facts: "train")
    with pytest.raises(FamilyError, match="chain_sum has 1 distinct train instances"):
        synthgym.dataset(MIXTURE, n=8, distinct=True)
