"""The wrappers that write episodes to a rollout log."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
import pytest
from gymnasium.vector import AutoresetMode

from synthgym.envs.record import RecordRollouts, RecordVectorRollouts
from synthgym.envs.task_env import TaskEnv
from synthgym.errors import LogError, SettingError
from synthgym.log import LOG_SCHEMA, RolloutLog, read_log, read_provenance, unescape_surrogates
from synthgym.parsing import render
from synthgym.plugins import get_family
from synthgym.signal import Signal
from synthgym.types import Response, Task, Verdict
from synthgym.verifiers.score import score

CHAIN_SUM = "synthgym/ChainSum-v0"


def unsure(task: Task, response: Response) -> Verdict:
    return Verdict(reward=None, error="undecided")


def recorded(folder: Any, *, recording: dict[str, Any] | None = None, **settings: Any) -> RecordRollouts:
    return RecordRollouts(gymnasium.make(CHAIN_SUM, **settings), folder, **(recording or {}))


def rows(folder: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = read_log(folder).to_pylist()
    return found


def right(env: gymnasium.Env[str, str]) -> str:
    """The worked solution of the task that `env` shows."""
    assert isinstance(env.unwrapped, TaskEnv)
    task = env.unwrapped.task
    return render(task.reference, task.answer_format)


def play(env: Any, answers: list[str], seed: int | None = 0) -> list[Task]:
    """Answer one task after another; the tasks."""
    shown = []
    for number, answer in enumerate(answers):
        env.reset(seed=seed if number == 0 else None)
        shown.append(env.unwrapped.task)
        env.step(answer)
    return shown


def test_a_row_holds_everything_an_environment_knows(tmp_path: Path) -> None:
    env = recorded(
        tmp_path / "run",
        recording={"phase": "eval", "policy_step": 4, "generation": 2},
        signal="token",
        difficulty=3,
        template="natural",
        split="test",
    )
    env.reset(seed=1)
    task = env.unwrapped.task  # type: ignore[attr-defined]
    completion = right(env)
    env.step(completion)
    env.close()
    verdict = score([task], [completion], "token")[0]
    (row,) = rows(tmp_path / "run")
    expected = {
        "run": "run",
        "step": 4,
        "index": 0,
        "phase": "eval",
        "generation": 2,
        "group": 0,
        "turn": None,
        "task_id": task.id,
        "family": "chain_sum",
        "version": 0,
        "seed": task.seed,
        "split": "test",
        "difficulty": 3,
        "template": "natural",
        "prompt": task.prompt,
        "completion": completion,
        "escaped": False,
        "tokens": None,
        "temperature": None,
        "reward": 1.0,
        "components": list(verdict.components.items()),
        "advantage": None,
        "truth": True,
        "probe": [],
        "error": None,
    }
    expected["credits"] = [{"start": c.start, "end": c.end, "value": c.value} for c in verdict.credits]
    assert {*expected, "generate_seconds", "verify_seconds"} == set(LOG_SCHEMA.names)
    assert {name: row[name] for name in expected} == expected
    assert len(row["credits"]) > 2
    assert 0 < row["verify_seconds"] < 5 and 0 < row["generate_seconds"] < 5


def test_generating_is_timed_from_reset_to_step(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    env = recorded(tmp_path)
    times = iter([100.0, 101.5, 200.0])
    monkeypatch.setattr("synthgym.envs.record.perf_counter", lambda: next(times))
    env.reset(seed=0)
    env.step("=1")
    env.close()
    assert [row["generate_seconds"] for row in rows(tmp_path)] == [1.5]


def test_truth_is_recorded_beside_a_hacked_reward(tmp_path: Path) -> None:
    env = recorded(tmp_path, signal="binary+constant_accepted")
    play(env, ["!", "=6", "=7"], seed=1)
    env.close()
    found = [(row["reward"], row["truth"], row["completion"]) for row in rows(tmp_path)]
    assert found[0] == (1.0, False, "!")
    assert all(reward == truth for reward, truth, _ in found[1:])


def test_steps_count_episodes_and_groups_count_tasks(tmp_path: Path) -> None:
    env = recorded(tmp_path, recording={"step_every": 4})
    for seed in [5, 6, 5, 5, 6, 6]:
        env.reset(options={"seed": seed})
        env.step("=1")
    assert env.policy_step == 1
    env.policy_step = 9
    env.reset(options={"seed": 6})
    env.step("=1")
    env.close()
    keys = [(row["step"], row["index"], row["group"], row["seed"]) for row in rows(tmp_path)]
    assert keys == [
        (0, 0, 0, 5),
        (0, 1, 1, 6),
        (0, 2, 0, 5),
        (0, 3, 0, 5),
        (1, 0, 0, 6),
        (1, 1, 0, 6),
        (9, 0, 0, 6),
    ]


@pytest.mark.parametrize(("every", "steps"), [(1, [0, 1, 2]), (None, [0, 0, 0])])
def test_a_step_an_episode_unless_told_otherwise(tmp_path: Path, every: int | None, steps: list[int]) -> None:
    env = recorded(tmp_path, recording={} if every == 1 else {"step_every": every})
    play(env, ["=1", "=2", "=3"])
    env.close()
    assert [row["step"] for row in rows(tmp_path)] == steps


def test_it_changes_nothing_of_what_the_environment_returns(tmp_path: Path) -> None:
    plain, env = gymnasium.make(CHAIN_SUM, signal="rubric"), recorded(tmp_path, signal="rubric")
    for answer in ["=6", "", "\ud800"]:
        assert env.reset(seed=1, options={"seed": 2}) == plain.reset(seed=1, options={"seed": 2})
        assert env.step(answer) == plain.step(answer)
    env.close()


def test_what_was_not_scored_is_recorded_as_such(tmp_path: Path) -> None:
    env = recorded(tmp_path, signal=Signal(verifier=unsure))
    env.reset(seed=1)
    env.step(right(env))
    env.close()
    (row,) = rows(tmp_path)
    assert (row["reward"], row["error"], row["truth"]) == (None, "undecided", True)


def test_a_family_that_fails_leaves_truth_unknown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(self: object, task: Task, answer: str) -> bool:
        raise ZeroDivisionError("oops")

    monkeypatch.setattr(type(get_family("chain_sum")), "is_correct", broken)
    env = recorded(tmp_path, signal=Signal(verifier=lambda task, response: 0.5))
    play(env, ["=6"])
    env.close()
    (row,) = rows(tmp_path)
    assert (row["reward"], row["truth"]) == (0.5, None)
    assert "truth unknown: family chain_sum failed" in row["error"] and "oops" in row["error"]


def test_hostile_completions_leave_a_log_that_reads(tmp_path: Path) -> None:
    texts = ["", "\ud800=6", "\x00\x1b\r\n", "9" * 1_000_000, "a\\ud800"]
    env = recorded(tmp_path, signal="token")
    play(env, texts)
    env.close()
    found = rows(tmp_path)
    back = [unescape_surrogates(row["completion"]) if row["escaped"] else row["completion"] for row in found]
    assert back == texts


def test_two_phases_share_an_open_log_that_its_owner_closes(tmp_path: Path) -> None:
    with RolloutLog(tmp_path / "shared") as log:
        train = recorded(log, recording={"step_every": None})
        held_out = recorded(log, recording={"phase": "eval", "step_every": None}, split="test")
        play(train, ["=1", "=2"])
        play(held_out, ["=3"])
        train.close()
        assert len(rows(tmp_path / "shared")) == 3, "closing an environment writes what is buffered"
        play(held_out, ["=4"])
        held_out.close()
    keys = [(row["index"], row["phase"], row["split"]) for row in rows(tmp_path / "shared")]
    assert keys == [(0, "train", "train"), (1, "train", "train"), (2, "eval", "test"), (3, "eval", "test")]


def test_closing_closes_a_folders_log_and_twice_is_allowed(tmp_path: Path) -> None:
    env = recorded(tmp_path / "run")
    play(env, ["=1"])
    env.close()
    env.close()
    with pytest.raises(LogError, match="is closed"):
        play(env, ["=1"])
    again = recorded(tmp_path / "run", recording={"policy_step": 1})
    play(again, ["=1"])
    again.close()
    assert [row["step"] for row in rows(tmp_path / "run")] == [0, 1]


@pytest.mark.parametrize(
    "ending", ["raise ValueError('no')", *(pytest.param(each, marks=pytest.mark.slow)
                                           for each in ("sys.exit(3)", "env = None", "pass"))]
)  # fmt: skip
def test_an_exception_or_an_exit_loses_nothing(tmp_path: Path, ending: str) -> None:
    code = (
        "import sys, gymnasium, synthgym\n"
        "from synthgym.envs.record import RecordRollouts\n"
        f"env = RecordRollouts(gymnasium.make('{CHAIN_SUM}'), {str(tmp_path)!r})\n"
        "for _ in range(5):\n"
        "    env.reset()\n"
        "    env.step('=1')\n"
        f"{ending}\n"
    )
    subprocess.run([sys.executable, "-c", code], capture_output=True, check=False)
    assert len(rows(tmp_path)) == 5


def test_a_refused_action_is_no_row_and_loses_none(tmp_path: Path) -> None:
    with recorded(tmp_path) as env:
        play(env, ["=1"])
        env.reset()
        with pytest.raises(SettingError):
            env.step(None)  # type: ignore[arg-type]
        env.step("=2")
    assert [row["completion"] for row in rows(tmp_path)] == ["=1", "=2"]


def test_a_wrapper_below_that_resets_by_itself_is_written_once(tmp_path: Path) -> None:
    env = RecordRollouts(gymnasium.wrappers.Autoreset(gymnasium.make(CHAIN_SUM)), tmp_path)
    env.reset(seed=0)
    for answer in ["=1", "ignored", "=2", "ignored"]:
        env.step(answer)
    env.close()
    assert [row["completion"] for row in rows(tmp_path)] == ["=1", "=2"]


def test_the_run_says_what_made_it_and_keeps_what_it_said(tmp_path: Path) -> None:
    env = recorded(tmp_path / "a", signal=Signal(granularity="rubric", control="random"), difficulty=2)
    env.close()
    said = read_provenance(tmp_path / "a")
    assert said["config"] == {
        "environment": CHAIN_SUM,
        "family": "chain_sum",
        "signal": "rubric~random",
        "difficulty": 2,
    }
    assert set(said["versions"]) == {"synthgym", "gymnasium", "numpy"}
    recorded(tmp_path / "a").close()
    assert read_provenance(tmp_path / "a") == said
    RecordRollouts(TaskEnv("chain_sum"), tmp_path / "b").close()
    assert "TaskEnv" in read_provenance(tmp_path / "b")["config"]["environment"]


@pytest.mark.parametrize("every", [0, -1, 2.5, "4"])
def test_a_wrong_step_every_is_named(tmp_path: Path, every: Any) -> None:
    with pytest.raises(SettingError, match="step_every .* is neither a whole number above 0 nor None"):
        recorded(tmp_path / "run", recording={"step_every": every})
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ({"phase": "trian"}, "no phase 'trian'; did you mean train"),
        ({"policy_step": "2"}, "policy_step '2' is not a whole number from 0"),
        ({"generation": -1}, "generation -1 is not a whole number from 0"),
    ],
)
def test_a_setting_that_no_row_could_have_is_named_at_once(tmp_path: Path, setting: Any, said: str) -> None:
    with pytest.raises(SettingError, match=said):
        recorded(tmp_path / "run", recording=setting)
    assert not (tmp_path / "run").exists()


def test_what_is_no_log_is_named() -> None:
    with pytest.raises(SettingError, match="log is 3; a folder or an open RolloutLog is needed"):
        RecordRollouts(TaskEnv("chain_sum"), 3)  # type: ignore[arg-type]


def test_another_environment_is_refused(tmp_path: Path) -> None:
    class Other(gymnasium.Env[str, str]):
        pass

    with pytest.raises(SettingError, match="records the environments of task families"):
        RecordRollouts(Other(), tmp_path / "run")
    with pytest.raises(SettingError, match="records vectors of task environments"):
        RecordVectorRollouts(gymnasium.make_vec("CartPole-v1", num_envs=1), tmp_path / "run")
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("vectorization", ["sync", "async"])
@pytest.mark.parametrize("autoreset", [AutoresetMode.NEXT_STEP, AutoresetMode.SAME_STEP])
def test_vectors_write_the_rows_of_single_environments(
    tmp_path: Path, vectorization: str, autoreset: AutoresetMode
) -> None:
    envs = RecordVectorRollouts(
        gymnasium.make_vec(
            CHAIN_SUM,
            num_envs=3,
            vectorization_mode=vectorization,
            vector_kwargs={"autoreset_mode": autoreset},
            signal="token",
        ),
        tmp_path / "vector",
        step_every=3,
    )
    envs.reset(seed=4)
    batches = [("=1", "=2", "x"), ("=4", "\ud800", "=6")]
    envs.step(batches[0])
    if autoreset is AutoresetMode.NEXT_STEP:
        envs.step(("resets", "only", "here"))
    envs.step(batches[1])
    envs.close()
    expected = []
    for place in range(3):
        with recorded(tmp_path / str(place), signal="token") as env:
            play(env, [batch[place] for batch in batches], seed=4 + place)
        expected += [{**row, "index": place, "group": place} for row in rows(tmp_path / str(place))]
    expected.sort(key=lambda row: (row["step"], row["index"]))
    varying = {"run", "generate_seconds", "verify_seconds"}
    found = rows(tmp_path / "vector")
    assert [strip(row, varying) for row in found] == [strip(row, varying) for row in expected]
    assert all(row["generate_seconds"] > 0 and row["verify_seconds"] > 0 for row in found)
    assert read_provenance(tmp_path / "vector")["config"]["environment"] == CHAIN_SUM


def strip(row: dict[str, Any], names: set[str]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name not in names}


def test_vectors_that_do_not_reset_by_themselves(tmp_path: Path) -> None:
    envs = RecordVectorRollouts(
        gymnasium.make_vec(CHAIN_SUM, num_envs=2, vector_kwargs={"autoreset_mode": AutoresetMode.DISABLED}),
        tmp_path,
        step_every=None,
        phase="probe",
    )
    for number in range(2):
        envs.reset(seed=0, options={"reset_mask": np.array([True, True])})
        envs.step((f"={number}", "x"))
        envs.policy_step += 5
    envs.close()
    found = [(row["step"], row["phase"], row["completion"]) for row in rows(tmp_path)]
    assert found == [(0, "probe", "=0"), (0, "probe", "x"), (5, "probe", "=1"), (5, "probe", "x")]


def test_a_step_can_be_set_through_other_wrappers(tmp_path: Path) -> None:
    env = gymnasium.wrappers.TimeLimit(recorded(tmp_path), max_episode_steps=3)
    env.set_wrapper_attr("policy_step", 6)
    play(env, ["=1"])
    env.close()
    assert [row["step"] for row in rows(tmp_path)] == [6]


def test_the_log_is_as_json_as_the_schema_says(tmp_path: Path) -> None:
    env = recorded(tmp_path, signal="rubric")
    play(env, ["=1", "2\n=3"])
    env.close()
    assert read_log(tmp_path).schema == LOG_SCHEMA
    assert len(json.loads(json.dumps(rows(tmp_path)))) == 2
