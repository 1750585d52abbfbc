"""A batch from a log alone: the first training rows of one run, whatever the log lacks."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import synthgym
from synthgym.baselines.predict.batch import group_relative
from synthgym.baselines.predict.from_log import logged_batch
from synthgym.errors import LogError, MeasureError, SettingError
from synthgym.log import Rollout, RolloutLog

FAMILY = "chain_sum"


def row(seed: int, completion: str = "=1", **more: Any) -> Rollout:
    task = synthgym.get_family(more.pop("of", FAMILY)).task(seed)
    known = {"step": 0, "task_id": task.id, "family": task.family, "prompt": task.prompt, "group": seed}
    return Rollout(**{**known, "completion": completion, "reward": 0.0, **more})


def write(folder: Path, rows: list[Rollout], **provenance: object) -> Path:
    with RolloutLog(folder, provenance=provenance) as log:
        for one in rows:
            log.append(one)
    return folder


def test_only_the_first_step_with_training_rows_is_read(tmp_path: Path) -> None:
    rows = [
        row(1, "=9", step=0, phase="eval"),
        row(2, step=3),
        row(2, step=3),
        row(4, step=4),
        row(5, step=5),
    ]
    folder = write(tmp_path / "run", rows, signal="binary")
    assert logged_batch(folder).steps == (3,)
    assert len(logged_batch(folder).batch) == 2
    both = logged_batch(folder, steps=2)
    assert (both.steps, len(both.batch), both.batch.groups) == ((3, 4), 3, 2)


def test_tasks_are_made_again_and_keep_the_prompt_that_was_put(tmp_path: Path) -> None:
    plain = synthgym.get_family(FAMILY).task(2)
    rows = [
        row(2),
        row(3, prompt="@7 what?"),
        row(4, task_id="nobody-v0/train/d0/1/compact/equals"),
        row(5, task_id=None),
    ]
    logged = logged_batch(write(tmp_path / "run", rows, signal="binary"))
    assert logged.batch.tasks[0] == plain
    cued = logged.batch.tasks[1]
    assert cued is not None and cued.prompt == "@7 what?" and cued.seed == 3
    assert logged.batch.tasks[2:] == [None, None]
    assert any("2 of 4 rows name no task" in note for note in logged.notes)


def test_logged_advantages_are_taken_and_a_token_s_are_averaged(tmp_path: Path) -> None:
    rows = [row(1, advantage=[1.0, 0.0]), row(1, advantage=-0.5), row(1, advantage=[])]
    logged = logged_batch(write(tmp_path / "run", rows, signal="binary"))
    assert logged.batch.advantage.tolist() == [0.5, -0.5, 0.0]


def test_missing_advantages_are_made_from_the_rewards(tmp_path: Path) -> None:
    rows = [row(i // 4, reward=float(i % 2), advantage=None if i == 7 else 9.0) for i in range(8)]
    logged = logged_batch(write(tmp_path / "run", rows, signal="binary"))
    assert np.allclose(logged.batch.advantage, group_relative(logged.batch.reward, logged.batch.group))
    assert any("group-relative" in note for note in logged.notes)


def test_rows_without_groups_are_grouped_by_prompt(tmp_path: Path) -> None:
    rows = [row(seed, group=None) for seed in (1, 2, 1, 2, 3)]
    logged = logged_batch(write(tmp_path / "run", rows, signal="binary"))
    assert logged.batch.group.tolist() == [0, 1, 0, 1, 2]


def test_single_completions_are_compared_within_their_step(tmp_path: Path) -> None:
    rows = [row(seed, step=seed // 4, reward=float(seed % 2)) for seed in range(8)]
    logged = logged_batch(write(tmp_path / "run", rows, signal="binary"), steps=2)
    assert logged.batch.group.tolist() == [0] * 4 + [1] * 4
    assert logged.batch.live == 2
    assert any("compared with one another" in note for note in logged.notes)


def test_unknown_rewards_and_truths_are_not_a_number(tmp_path: Path) -> None:
    rows = [row(1, reward=None, truth=None), row(1, reward=1.0, truth=True), row(1, "\ud800", truth=False)]
    batch = logged_batch(write(tmp_path / "run", rows, signal="binary")).batch
    assert np.isnan(batch.reward[0]) and np.isnan(batch.truth[0])
    assert (batch.reward[1], batch.truth[1], batch.truth[2]) == (1.0, 1.0, 0.0)
    assert batch.completions[2] == "\ud800"
    assert (batch.scored, batch.pass_rate) == (2, 0.5)


@pytest.mark.parametrize("signal", [None, "binary+nobody", 7])
def test_a_log_that_does_not_say_its_signal_says_so(tmp_path: Path, signal: object) -> None:
    logged = logged_batch(write(tmp_path / "run", [row(1)], signal=signal))
    assert logged.signal is None
    assert any("signal" in note for note in logged.notes)


def test_a_log_without_provenance_is_read(tmp_path: Path) -> None:
    folder = write(tmp_path / "run", [row(1)])
    (folder / "run.json").unlink()
    assert len(logged_batch(folder).batch) == 1


def test_one_family_of_several_is_taken(tmp_path: Path) -> None:
    rows = [row(1, step=0), row(2, step=1, of="sorting_trace")]
    folder = write(tmp_path / "run", rows, signal="binary")
    logged = logged_batch(folder, family="sorting_trace")
    assert (logged.steps, len(logged.batch)) == ((1,), 1)
    with pytest.raises(SettingError, match="sorting_trace"):
        logged_batch(folder, family="sorting_trac")


def test_what_is_no_such_log_is_refused(tmp_path: Path) -> None:
    with pytest.raises(LogError):
        logged_batch(tmp_path / "nothing")
    with pytest.raises(MeasureError, match="no training rows"):
        logged_batch(write(tmp_path / "eval", [row(1, phase="eval")], signal="binary"))
    for name in ("a", "b"):
        write(tmp_path / "study" / name, [row(1)], signal="binary")
    with pytest.raises(SettingError, match="holds 2 runs"):
        logged_batch(tmp_path / "study")
    (tmp_path / "a_file").write_text("x")
    with pytest.raises(LogError):
        logged_batch(tmp_path / "a_file")
