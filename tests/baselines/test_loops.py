from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from synthgym.baselines.loops import ARMS, LoopConfig, run_loop
from synthgym.baselines.policy import Policy, tiny_policy
from synthgym.baselines.supervised import fit
from synthgym.errors import SettingError
from synthgym.log import read_log, read_provenance
from synthgym.parsing import parse, render
from synthgym.plugins import get_family

SMALL = LoopConfig(
    family="sorting_trace",
    generations=2,
    prompts=6,
    samples=4,
    steps=2,
    batch_size=8,
    eval_tasks=3,
    eval_samples=4,
)


@pytest.fixture(scope="module")
def policy() -> Policy:
    """A policy that writes answers, some of them right."""
    family = get_family("sorting_trace")
    tasks = [family.task(seed) for seed in range(2000)]
    made = tiny_policy(seed=0)
    pairs = [(task, render(task.reference, task.answer_format)) for task in tasks]
    return fit(made, pairs, steps=150, batch_size=64, learning_rate=3e-3)


@pytest.fixture(scope="module")
def runs(policy: Policy, tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[dict[str, Any]]]:
    folder = tmp_path_factory.mktemp("loops")
    kept: list[int] | None = None
    tables: dict[str, list[dict[str, Any]]] = {}
    for arm in ARMS:
        counts = run_loop(arm, policy, SMALL, folder / arm, kept_counts=kept)
        kept = kept or counts
        tables[arm] = read_log(folder / arm).to_pylist()
        assert read_provenance(folder / arm)["arm"] == arm
    return tables


def rows(table: list[dict[str, Any]], phase: str) -> list[dict[str, Any]]:
    return [row for row in table if row["phase"] == phase]


def kept(row: dict[str, Any]) -> bool:
    return bool(dict(row["probe"])["kept"])


@pytest.mark.parametrize("arm", ARMS)
def test_every_arm_generates_and_is_evaluated_alike(arm: str, runs: dict[str, list[dict[str, Any]]]) -> None:
    generated, evaluated = rows(runs[arm], "train"), rows(runs[arm], "eval")
    assert Counter(row["generation"] for row in generated) == {1: 24, 2: 24}
    assert Counter((row["generation"], row["temperature"]) for row in evaluated) == {
        (generation, temperature): count
        for generation in (0, 1, 2)
        for temperature, count in ((0.0, 3), (1.0, 12))
    }
    assert {row["split"] for row in generated} == {"train"}
    assert {row["split"] for row in evaluated} == {"test"}


def test_arms_see_the_same_prompts(runs: dict[str, list[dict[str, Any]]]) -> None:
    prompts = [[(row["generation"], row["task_id"]) for row in rows(runs[arm], "train")] for arm in ARMS]
    assert all(each == prompts[0] for each in prompts)
    start = [[row["completion"] for row in rows(runs[arm], "eval") if row["generation"] == 0] for arm in ARMS]
    assert all(each == start[0] for each in start)


def test_the_open_arm_keeps_what_is_right(runs: dict[str, list[dict[str, Any]]]) -> None:
    assert all(kept(row) == row["truth"] for row in rows(runs["open"], "train"))
    assert 0 < sum(kept(row) for row in rows(runs["open"], "train")) < 48


def test_the_closed_arms_do_not_look_at_truth(runs: dict[str, list[dict[str, Any]]]) -> None:
    assert all(kept(row) for row in rows(runs["unfiltered"], "train"))
    assert any(kept(row) and not row["truth"] for row in rows(runs["majority"], "train"))


def test_the_random_subset_is_as_large_as_the_open_arms(runs: dict[str, list[dict[str, Any]]]) -> None:
    for generation in (1, 2):
        count = [
            sum(kept(row) for row in rows(runs[arm], "train") if row["generation"] == generation)
            for arm in ("open", "random_subset")
        ]
        assert count[0] == count[1]


def test_the_majority_keeps_each_prompts_commonest_answer(runs: dict[str, list[dict[str, Any]]]) -> None:
    family = get_family("sorting_trace")
    groups: dict[tuple[int, str], list[dict[str, Any]]] = {}
    for row in rows(runs["majority"], "train"):
        groups.setdefault((row["generation"], row["task_id"]), []).append(row)
    for group in groups.values():
        task = family.task(group[0]["seed"])
        answers = [parse(task, row["completion"]).answer for row in group]
        read = [None if answer is None else family.canonical_answer(task, answer) for answer in answers]
        votes = Counter(answer for answer in read if answer is not None)
        winners = {answer for answer, row in zip(read, group, strict=True) if kept(row)}
        assert len(winners) == (1 if votes else 0)
        assert all(winner is not None and votes[winner] == max(votes.values()) for winner in winners)


def test_the_policy_that_is_given_stays_as_it_was(policy: Policy, tmp_path: Path) -> None:
    before = {name: weight.clone() for name, weight in policy.model.state_dict().items()}
    run_loop("unfiltered", policy, SMALL, tmp_path / "run")
    assert all(weight.equal(before[name]) for name, weight in policy.model.state_dict().items())


def test_bad_settings_are_named(policy: Policy, tmp_path: Path) -> None:
    with pytest.raises(SettingError, match="did you mean open"):
        run_loop("opne", policy, SMALL, tmp_path)  # type: ignore[arg-type]  # that is the point
    with pytest.raises(SettingError, match="kept_counts"):
        run_loop("random_subset", policy, SMALL, tmp_path)
    with pytest.raises(SettingError, match="generations 0"):
        LoopConfig(family="chain_sum", generations=0)
