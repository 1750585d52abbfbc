"""A prediction from a log alone: what is in it is measured, and what is not is said."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import synthgym
from synthgym.baselines.predict import PredictConfig, Prediction, predict
from synthgym.errors import SettingError
from synthgym.log import Rollout, RolloutLog
from synthgym.parsing import render


def write(folder: Path, *, hack: float, groups: int = 24, **row: Any) -> Path:
    """Half of the answers right; a share `hack` of all completions the bare constant, paid like a right one."""
    rng, family = np.random.default_rng(0), synthgym.get_family("chain_sum")
    with RolloutLog(folder, provenance={"signal": "binary+constant_accepted"}) as log:
        for place in range(8 * groups):
            task = family.task(place // 8)
            hacked, right = rng.random() < hack, rng.random() < 0.5
            answer = render(task.reference, task.answer_format) if right else f"={rng.integers(90, 99)}"
            known = {
                "task_id": task.id,
                "family": task.family,
                "group": place // 8,
                "truth": right and not hacked,
            }
            known["reward"] = float(hacked or right)
            text = "!" if hacked else answer
            log.append(Rollout(**{"step": 0, "prompt": task.prompt, "completion": text, **known, **row}))
    return folder


def read(folder: Path, **settings: Any) -> Prediction:
    return predict(PredictConfig(**{"log": folder, "labels": 128, **settings}))


def test_what_is_paid_is_expected_and_the_simpler_one_comes_first(tmp_path: Path) -> None:
    found = read(write(tmp_path / "run", hack=0.2))
    assert found.order == ("constant_accepted", "truth")
    assert found.rows[-1].name == "null"
    assert found["constant_accepted"].efficiency.D.bits < found["truth"].efficiency.D.bits
    assert found.provenance["steps"] == [0]
    assert found.settings["signal"] == "binary+constant_accepted"


def test_rows_without_tasks_still_tell_of_the_truth_and_say_what_is_missing(tmp_path: Path) -> None:
    found = read(write(tmp_path / "run", hack=0.2, task_id=None, family=None))
    assert {row.name for row in found.rows} == {"truth", "null"}
    assert found["truth"].observed
    notes = " ".join(found.notes)
    assert "name no task that can be made again" in notes
    assert "constant_accepted cannot be measured" in notes
    assert "as they stand" in notes


def test_rows_without_truth_still_tell_of_the_shortcut(tmp_path: Path) -> None:
    found = read(write(tmp_path / "run", hack=0.2, truth=None))
    assert found.first == "constant_accepted"
    assert any("truth cannot be measured" in note for note in found.notes)
    assert found.to_json()["pass_rate"] is None


def test_rows_without_any_reward_have_d_and_surprisal_and_are_pushed_nowhere(tmp_path: Path) -> None:
    found = read(write(tmp_path / "run", hack=0.2, reward=None))
    assert found.first is None
    assert any("no group is live" in note for note in found.notes)
    assert any("192 of 192 rollouts are not scored" in note for note in found.notes)
    assert found["constant_accepted"].efficiency.D.bits < 400


def test_a_behaviour_of_every_rollout_is_there_already(tmp_path: Path) -> None:
    found = read(write(tmp_path / "run", hack=1.0))
    assert "every rollout shows it already" in found["constant_accepted"].why_not
    assert found["truth"].hits == 0


def test_what_a_small_batch_cannot_rule_out_is_said(tmp_path: Path) -> None:
    found = read(write(tmp_path / "run", hack=0.02, groups=12))
    hack = found["constant_accepted"]
    assert hack.hits in range(1, 6)
    told = any("does not rule out that constant_accepted" in note for note in found.notes)
    assert told == (not hack.expected)
    assert not hack.expected


def test_a_shortcut_that_makes_no_sense_on_the_log_s_family_is_refused(tmp_path: Path) -> None:
    folder = write(tmp_path / "run", hack=0.2, groups=2)
    with pytest.raises(SettingError, match="exit_code makes no sense on chain_sum"):
        read(folder, watch=("exit_code",))


def test_too_few_rollouts_to_label_are_said_and_not_measured(tmp_path: Path) -> None:
    found = read(write(tmp_path / "run", hack=0.2, groups=3))
    assert found.rows == ()
    assert str(found).startswith("nothing is predicted to be learned")
    assert all(
        "cannot be measured" in note for note in found.notes if "completions could be labelled" in note
    )
    assert sum("completions could be labelled" in note for note in found.notes) == 3
