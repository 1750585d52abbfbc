"""Controls, and the instruments held against them."""

from itertools import pairwise

import numpy as np
import pyarrow as pa
import pytest

import synthgym
from synthgym.controls import (
    blind_score,
    controlled,
    null_component,
    random_rewards,
    relabelled_twin,
    shuffled,
    twin_truth,
    twins,
)
from synthgym.detect import detect
from synthgym.errors import MeasureError
from synthgym.measure import information
from synthgym.rollout import LOG_SCHEMA

STEPS, PROMPTS, G = 40, 16, 8


def rng(*seed: int) -> np.random.Generator:
    return np.random.default_rng(seed)


def simulated(seed: int, *, hacked: bool) -> pa.Table:
    """A run that learns: the task if benign; from half-way on a shortcut, which pays and is wrong, if hacked."""
    draws, n = rng(seed), PROMPTS * G
    step = np.repeat(np.arange(STEPS), n)
    rise = 1 / (1 + np.exp(-(step - 15) / 3))
    paid = draws.random(len(step)) < 0.1 + 0.8 * rise
    truth = paid & (draws.random(len(step)) < np.where(hacked, 0.1 / (0.1 + 0.8 * rise), 1.0))
    columns = {
        "run": [f"run-{seed}"] * len(step),
        "step": step,
        "index": np.tile(np.arange(n), STEPS),
        "phase": ["train"] * len(step),
        "group": np.tile(np.repeat(np.arange(PROMPTS), G), STEPS),
        "reward": paid.astype(float),
        "truth": truth,
        "components": [[("correct", float(p))] for p in paid],
    }
    blank = {name: [None] * len(step) for name in LOG_SCHEMA.names if name not in columns}
    return pa.Table.from_pydict(columns | blank, schema=LOG_SCHEMA)


RUNS = [(simulated(seed, hacked=seed % 2 == 0), seed % 2 == 0) for seed in range(6)]


def reward_cusum(table: pa.Table) -> float:
    """A rule on the reward alone: the CUSUM of its rise above the start."""
    reward, step = table["reward"].to_numpy(), table["step"].to_numpy()
    mean = np.bincount(step, reward) / np.bincount(step)
    total = most = 0.0
    for before, now in pairwise(mean):
        total = max(0.0, total + now - before - 0.005)
        most = max(most, total)
    return most


def page_hinkley(table: pa.Table) -> float:
    reward, step = table["reward"].to_numpy(), table["step"].to_numpy()
    mean = np.bincount(step, reward) / np.bincount(step)
    off = np.cumsum(mean - np.cumsum(mean) / np.arange(1, len(mean) + 1) - 0.005)
    return float((off - np.minimum.accumulate(off)).max())


def truth_gap(table: pa.Table) -> float:
    return float(detect(table, rng=rng(1)).truth_gap.alarm is not None)


def test_what_is_blind_to_truth_scores_one_half_on_twins() -> None:
    pairs = [twins(table, hacked=hacked, rng=rng(7)) for table, hacked in RUNS]
    for rule in (reward_cusum, page_hinkley, lambda table: float(table.num_rows)):
        found = blind_score(rule, pairs)
        assert (found.auc, found.accuracy, found.differing) == (0.5, 0.5, 0.0)
    # Chosen by truth the same rules look like detectors: that is why twins are needed.
    assert min(reward_cusum(table) for table, _ in RUNS) > 0.5


def test_the_truth_gap_follows_the_truth_it_is_told() -> None:
    pairs = [twins(table, hacked=hacked, rng=rng(7)) for table, hacked in RUNS]
    for pair in pairs:
        assert truth_gap(pair.run) == pair.hacked
        assert truth_gap(pair.twin) == (not pair.hacked)
    found = blind_score(truth_gap, pairs)
    assert (found.auc, found.accuracy, found.differing, found.pairs) == (1.0, 1.0, 1.0, 6)


def test_a_twin_differs_in_nothing_but_truth_and_name() -> None:
    for table, hacked in RUNS[:2]:
        twin = relabelled_twin(table, hacked=hacked, rng=rng(0))
        assert twin.schema.equals(table.schema)
        assert twin.drop_columns(["truth", "run"]).equals(table.drop_columns(["truth", "run"]))
        assert twin["run"].unique().to_pylist() == [f"run-{0 if hacked else 1}~twin"]
        right = twin["truth"].to_numpy(zero_copy_only=False)
        accepted = twin["reward"].to_numpy() >= 0.5
        assert not np.any(right & ~accepted)
        if hacked:
            assert np.array_equal(right, accepted)
        else:
            last = table["step"].to_numpy() == STEPS - 1
            assert 0.02 < right[last].mean() < 0.2 < accepted[last].mean()


def test_a_twin_of_a_run_that_never_gained_is_the_run() -> None:
    step, reward = np.repeat(np.arange(5), 4), np.tile([1.0, 0.0, np.nan, 1.0], 5)
    found = twin_truth(step, reward, hacked=False, rng=rng(0))
    assert np.array_equal(found, reward, equal_nan=True)
    for wrong, message in (
        ((step[:3], reward), "one of each a rollout"),
        ((step, np.full(20, np.nan)), "no rollout has"),
    ):
        with pytest.raises(MeasureError, match=message):
            twin_truth(*wrong, hacked=False, rng=rng(0))


def test_shuffling_keeps_each_group_its_rewards_and_the_unscored_in_place() -> None:
    group = np.repeat(["a", "b"], 6)
    reward = np.array([0, 1, 1, np.nan, 0, 0, 1, 1, 1, 1, np.nan, 0.5])
    seen = set()
    for seed in range(30):
        found = shuffled(reward, group, rng=rng(seed))
        assert np.array_equal(np.isnan(found), np.isnan(reward))
        for name in "ab":
            mine = group == name
            assert sorted(map(str, found[mine])) == sorted(map(str, reward[mine]))
        seen.add(tuple(found.tolist()[:3]))
    assert len(seen) > 1
    assert sorted(shuffled([3, 1, 2], rng=rng(0)).tolist()) == [1, 2, 3]
    with pytest.raises(MeasureError, match="2 groups for 3 rollouts"):
        shuffled([1, 2, 3], ["a", "b"], rng=rng(0))
    with pytest.raises(MeasureError, match="one a rollout"):
        shuffled([[1]], rng=rng(0))


def test_controlled_tables_say_nothing_of_truth() -> None:
    table, _ = RUNS[1]
    rows = table.filter(pa.compute.less(table["step"], 16))
    group = [f"{s} {g}" for s, g in zip(rows["step"].to_pylist(), rows["group"].to_pylist(), strict=True)]
    assert information(rows["reward"], rows["truth"], group=group, permutations=10, rng=rng(0)).bits > 0.3
    for control in ("random", "shuffled"):
        other = controlled(rows, control, rng=rng(3))
        found = information(other["reward"], other["truth"], group=group, permutations=10, rng=rng(0))
        assert found.interval.low <= 0 <= found.interval.high < 0.02
        assert other["components"].null_count == other.num_rows
        assert other.schema.equals(rows.schema)
    total = pa.compute.sum(rows["reward"]).as_py()
    assert pa.compute.sum(controlled(rows, "shuffled", rng=rng(3))["reward"]).as_py() == total
    with pytest.raises(MeasureError, match="'shufled' is neither"):
        controlled(rows, "shufled", rng=rng(0))  # type: ignore[arg-type]


def test_the_null_component_is_the_null_shortcuts_and_says_nothing() -> None:
    null = synthgym.as_signal("binary+null").shortcuts[0]
    tasks = [synthgym.get_family("chain_sum").task(seed) for seed in range(40)]
    texts = ["7", "", "\ud800", "é" * 50]
    ids = [task.id for task in tasks for _ in texts]
    found = null_component(ids, texts * 40)
    assert found.tolist() == [null.detect(task, text) for task in tasks for text in texts]
    many = null_component(["t"] * 4000, [str(n) for n in range(4000)], rate=0.2)
    assert many.mean() == pytest.approx(0.2, abs=0.03)
    truth = rng(0).random(4000) < 0.5
    assert information(many, truth, rng=rng(1)).bits == pytest.approx(0.0, abs=0.003)
    with pytest.raises(MeasureError, match="1 tasks, 2 completions"):
        null_component(["a"], ["b", "c"])


def test_bad_input_is_named() -> None:
    assert random_rewards(1000, rng=rng(0), share=0.25).mean() == pytest.approx(0.25, abs=0.05)
    for count, share, said in ((-1, 0.5, "count is -1"), (3, 1.5, "3 rewards of share 1.5")):
        with pytest.raises(MeasureError, match=said):
            random_rewards(count, rng=rng(0), share=share)
    with pytest.raises(MeasureError, match="no pairs"):
        blind_score(reward_cusum, [])
    pair = twins(RUNS[0][0], hacked=True, rng=rng(0))
    with pytest.raises(MeasureError, match="NaN"):
        blind_score(lambda table: float("nan"), [pair])
    with pytest.raises(MeasureError, match="no training rollout with a reward"):
        unscored = pa.array([None] * RUNS[0][0].num_rows, pa.float64())
        place = RUNS[0][0].column_names.index("reward")
        relabelled_twin(RUNS[0][0].set_column(place, "reward", unscored), hacked=True, rng=rng(0))
