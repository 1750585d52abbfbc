"""Every attempt of an episode is a row of the rollout log."""

from pathlib import Path
from typing import Any

import gymnasium
import pyarrow.parquet as pq
import pytest
from gymnasium.vector import AutoresetMode

from synthgym.envs.record import RecordRollouts, RecordVectorRollouts
from synthgym.errors import LogError
from synthgym.log import LOG_SCHEMA, Rollout, RolloutLog, read_log
from synthgym.plugins import get_family

CHAIN_SUM = "synthgym/ChainSum-v0"
TASK = get_family("chain_sum").task(3)  # 9+5+3?


def rows(folder: Path, *columns: str) -> list[tuple[Any, ...]]:
    return [tuple(row[name] for name in columns) for row in read_log(folder).to_pylist()]


def test_each_attempt_is_a_row_with_what_the_policy_saw(tmp_path: Path) -> None:
    env = RecordRollouts(
        gymnasium.make(CHAIN_SUM, signal="token", max_turns=3, feedback="step", turn_discount=0.5), tmp_path
    )
    for answers in (["14+3\n=1", "", "=17"], ["=17"], ["=1"]):
        env.reset(options={"task": TASK})
        for answer in answers:
            env.step(answer)
    env.close()
    told = [(TASK.prompt, "14+3\n=1"), ("+-?", ""), ("-?", "=17"), (TASK.prompt, "=17"), (TASK.prompt, "=1")]
    assert rows(tmp_path, "prompt", "completion") == told
    assert rows(tmp_path, "step", "turn") == [(0, 1), (0, 2), (0, 3), (1, 1), (2, 1)]
    assert {row[0] for row in rows(tmp_path, "task_id")} == {TASK.id}
    found = rows(tmp_path, "reward", "truth")
    assert found[2] == found[3] == (pytest.approx(0.85), True), (
        "the verdict's reward, not the discounted return"
    )
    assert [truth for _, truth in found] == [False, False, True, True, False]
    assert all(row[0] > 0 for row in rows(tmp_path, "generate_seconds"))


def test_one_turn_leaves_the_column_empty(tmp_path: Path) -> None:
    env = RecordRollouts(gymnasium.make(CHAIN_SUM), tmp_path)
    env.reset(seed=0)
    env.step("=1")
    env.close()
    assert rows(tmp_path, "turn") == [(None,)]


@pytest.mark.parametrize("mode", ["sync", "async"])
@pytest.mark.parametrize("reset", [AutoresetMode.NEXT_STEP, AutoresetMode.SAME_STEP])
def test_a_vector_writes_each_attempt_once(tmp_path: Path, mode: str, reset: AutoresetMode) -> None:
    env = RecordVectorRollouts(
        gymnasium.make_vec(
            CHAIN_SUM,
            num_envs=2,
            vectorization_mode=mode,
            vector_kwargs={"autoreset_mode": reset},
            max_turns=2,
        ),
        tmp_path,
    )
    env.reset(options={"task": TASK})
    for actions in (("=17", "a"), ("b", "=17"), ("c", "d")):
        env.step(actions)
    env.close()
    found = rows(tmp_path, "turn", "completion")
    if reset is AutoresetMode.NEXT_STEP:  # the first place is reset where it says "b", the second where "d"
        assert found == [(1, "=17"), (1, "a"), (2, "=17"), (1, "c")]
    else:
        assert found == [(1, "=17"), (1, "a"), (1, "b"), (2, "=17"), (2, "c"), (1, "d")]


def test_a_log_of_an_earlier_version_is_read_resumed_and_joined(tmp_path: Path) -> None:
    for run in ("old", "new"):
        with RolloutLog(tmp_path / run) as log:
            for step in range(3):
                log.append(Rollout(step=step, prompt="p", completion="c", turn=2))
    part = next((tmp_path / "old" / "rollouts").glob("*.parquet"))
    pq.write_table(pq.read_table(part).drop_columns(["turn"]), part)
    table = read_log(tmp_path)
    assert table.schema == LOG_SCHEMA
    assert table["turn"].to_pylist() == [2, 2, 2, None, None, None]
    assert read_log(tmp_path / "old", columns=["turn", "step"]).column_names == ["turn", "step"]
    with RolloutLog(tmp_path / "old", resume_step=1) as log:
        log.append(Rollout(step=2, prompt="p", completion="c", turn=1))
    assert rows(tmp_path / "old", "step", "turn") == [(0, None), (1, None), (2, 1)]


def test_any_other_missing_column_is_still_a_corrupt_part(tmp_path: Path) -> None:
    with RolloutLog(tmp_path / "run") as log:
        log.append(Rollout(step=0, prompt="p", completion="c"))
    part = next((tmp_path / "run" / "rollouts").glob("*.parquet"))
    pq.write_table(pq.read_table(part).drop_columns(["reward"]), part)
    with pytest.raises(LogError, match="not a readable part"):
        read_log(tmp_path / "run")


def test_a_turn_that_is_no_number_is_refused(tmp_path: Path) -> None:
    with RolloutLog(tmp_path) as log, pytest.raises(LogError, match="turn 'x' is not a whole number"):
        log.append(Rollout(step=0, prompt="p", completion="c", turn="x"))  # type: ignore[arg-type]
