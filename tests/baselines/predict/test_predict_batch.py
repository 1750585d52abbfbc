"""A batch before training: its advantages are those of the trainer, and its tasks those that a run begins with."""

from pathlib import Path

import numpy as np
import pytest
import torch

from synthgym.baselines.predict.batch import group_relative
from synthgym.baselines.predict.config import PredictConfig
from synthgym.baselines.predict.sampling import first_tasks
from synthgym.baselines.train import training_set
from synthgym.baselines.train_config import TrainConfig
from synthgym.errors import SettingError
from synthgym.plugins import as_signal
from synthgym.types import Task


def as_trl(reward: list[float], size: int) -> list[float]:
    """GRPO's advantages in torch, for groups without missing rewards."""
    grouped = torch.tensor(reward, dtype=torch.float64).view(-1, size)
    centred = grouped - grouped.mean(1, keepdim=True)
    return [float(value) for value in (centred / (grouped.std(1, keepdim=True) + 1e-4)).flatten()]


@pytest.mark.parametrize("levels", [2, 3, 1000])
def test_advantages_are_those_of_trl(levels: int) -> None:
    reward = [float(value) for value in np.random.default_rng(levels).integers(0, levels, 12) / levels]
    mine = group_relative(reward, np.repeat([7, 3, 9], 4))
    assert np.allclose(mine, as_trl(reward, 4), atol=1e-6)


def test_a_group_need_not_stand_together() -> None:
    reward, group = np.array([1.0, 0.0, 0.0, 1.0, 1.0, 0.0]), np.array([0, 1, 0, 1, 0, 1])
    order = np.argsort(group, kind="stable")
    assert np.allclose(group_relative(reward, group)[order], group_relative(reward[order], group[order]))


def test_what_is_not_scored_gets_no_advantage_and_is_no_part_of_the_baseline() -> None:
    found = group_relative([1.0, 0.0, np.nan, 0.5, np.nan], [0, 0, 0, 1, 1])
    assert np.allclose(found[:2], as_trl([1.0, 0.0], 2))
    assert found[2:].tolist() == [0.0, 0.0, 0.0]


def test_equal_rewards_give_no_advantage_at_all() -> None:
    assert group_relative([0.1 + 0.2, 0.3, 0.3], [0, 0, 0]).tolist() == [0.0, 0.0, 0.0]


def test_the_tasks_are_those_that_a_run_of_the_seed_begins_with() -> None:
    run = TrainConfig(family="chain_sum", seed=3, steps=2, batch_size=16, group_size=8)
    trained_on = [Task.from_json(text) for text in training_set(run)["task"]]
    config = PredictConfig(family="chain_sum", seed=3)
    assert first_tasks("chain_sum", config, as_signal("binary"), 4) == trained_on


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"groups": 1}, "groups 1"),
        ({"group_size": 1}, "group_size 1"),
        ({"labels": 63}, "labels 63"),
        ({"log_steps": 0}, "log_steps 0"),
        ({"max_new_tokens": 0}, "max_new_tokens 0"),
        ({"seed": -1}, "seed -1"),
        ({"probe": "linaer"}, "linear"),
        ({"temperature": 0.0}, "above 0"),
        ({"temperature": float("nan")}, "above 0"),
        ({"temperature": "1"}, "temperature '1' is not a finite number"),
        (
            {"shortcut": "magic_token"},
            "shortcut is 'magic_token'; a tuple of names",
        ),  # it was read letter by letter
        ({"watch": "praise"}, "watch is 'praise'; a tuple of names"),
        ({"log": 3}, "log 3 is no path"),
        ({"family": None}, "--log FOLDER"),
        ({"model": "x", "log": "y"}, "both --log and --model"),
    ],
)
def test_a_setting_out_of_range_is_refused(settings: dict[str, object], said: str) -> None:
    with pytest.raises(SettingError, match=said):
        PredictConfig(**{"family": "chain_sum", **settings})  # type: ignore[arg-type]


def test_the_path_of_a_log_may_be_text() -> None:
    assert PredictConfig(log="runs/one").log == Path("runs/one")  # type: ignore[arg-type]
