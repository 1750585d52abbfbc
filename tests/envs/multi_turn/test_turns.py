"""Episodes of several attempts, as Gymnasium sees them."""

import json
import os
import pickle
import subprocess
import sys
import warnings
from typing import Any

import gymnasium
import numpy as np
import pytest
from gymnasium.envs.registration import EnvSpec
from gymnasium.error import ResetNeeded
from gymnasium.utils.env_checker import check_env
from gymnasium.vector import AutoresetMode

import synthgym
from synthgym.environments import environment_id
from synthgym.envs.multi_turn.settings import FEEDBACKS, MAX_TURNS, Feedback
from synthgym.envs.render import MAX_ATTEMPTS
from synthgym.envs.task_env import TaskEnv
from synthgym.errors import SettingError
from synthgym.parsing import render
from synthgym.plugins import get_family
from synthgym.signal import Signal
from synthgym.types import Credit, Response, Task, Verdict

CHAIN_SUM = "synthgym/ChainSum-v0"
TASK = get_family("chain_sum").task(3)  # 9+5+3?


def make(**settings: Any) -> TaskEnv:
    env = gymnasium.make(CHAIN_SUM, **{"max_turns": 3, **settings}).unwrapped
    assert isinstance(env, TaskEnv)
    return env


def worked(env: TaskEnv) -> str:
    return render(env.task.reference, env.task.answer_format)


def play(env: TaskEnv, *answers: str) -> list[tuple[str, float, bool, bool, dict[str, Any]]]:
    env.reset(options={"task": TASK})
    return [env.step(answer) for answer in answers]


def test_a_wrong_attempt_is_told_and_another_follows_until_one_is_accepted() -> None:
    env = make()
    first, second, third = play(env, "=1", "x", worked(env_with_task()))
    assert first[:4] == ("-?", 0.0, False, False) and second[:4] == ("-?", 0.0, False, False)
    assert third[:4] == ("", 1.0, True, False)
    assert [step[4]["turn"] for step in (first, second, third)] == [1, 2, 3]
    assert [step[4]["turns_left"] for step in (first, second, third)] == [2, 1, 0]
    assert [step[4]["accepted"] for step in (first, second, third)] == [False, False, True]
    with pytest.raises(ResetNeeded, match="was answered already"):
        env.step("=1")


def env_with_task() -> TaskEnv:
    env = make()
    env.reset(options={"task": TASK})
    return env


def test_an_accepted_attempt_ends_the_episode_early() -> None:
    ((observation, reward, terminated, truncated, info),) = play(make(), "=17")
    assert (observation, reward, terminated, truncated) == ("", 1.0, True, False)
    assert info["turn"] == 1 and info["turns_left"] == 2 and info["accepted"]


def test_the_last_attempt_pays_what_its_verdict_says() -> None:
    steps = play(make(signal="rubric"), "14+3\n=1", "14+3\n=2", "14+3\n=3")
    assert [step[1] for step in steps] == [0.0, 0.0, pytest.approx(0.2)]
    assert steps[-1][2] and not steps[-1][4]["accepted"]


def test_with_nothing_told_every_episode_takes_all_its_turns_and_the_last_one_counts() -> None:
    for answers, reward in ((("=17", "=1", "=2"), 0.0), (("=1", "=17", "=17"), 1.0), (("=17",) * 3, 1.0)):
        steps = play(make(feedback="nothing"), *answers)
        assert [step[0] for step in steps] == ["?", "?", ""], "what is told must not depend on the answer"
        assert [step[1] for step in steps] == [0.0, 0.0, reward]
        assert [step[2] for step in steps] == [False, False, True]


@pytest.mark.parametrize(("turn", "reward"), [(1, 1.0), (2, 0.5), (3, 0.25)])
def test_a_late_answer_is_discounted(turn: int, reward: float) -> None:
    steps = play(make(turn_discount=0.5), *(["=1"] * (turn - 1)), "=17")
    assert [step[1] for step in steps] == [0.0] * (turn - 1) + [reward]


@pytest.mark.parametrize(
    ("feedback", "template", "answer", "told"),
    [
        ("nothing", "compact", "=1", "?"),
        ("nothing", "natural", "Answer: 1", "Write another answer."),
        ("right_or_wrong", "compact", "=1", "-?"),
        ("right_or_wrong", "natural", "Answer: 1", "Not accepted. Try again."),
        ("criterion", "compact", "=1", "-steps?"),
        ("criterion", "natural", "Answer: 1", "Not accepted; this fell short: steps. Try again."),
        ("step", "compact", "13+3\n=17", ""),
        ("step", "compact", "13+3\n=16", "-?"),
        ("step", "compact", "14+3\n=16", "+-?"),
        ("step", "compact", "14+3", "+-?"),
        ("step", "compact", "\n\n14+3\n\n=16", "++++-?"),
        ("step", "compact", "", "-?"),
        ("step", "compact", "x\n" * 60_000, "-?"),
        (
            "step",
            "natural",
            "14 + 3\nAnswer: 16",
            "Not accepted; line two is the first that earned no credit. Try again.",
        ),
        ("step", "natural", "14 + 3", "Not accepted; the final answer is missing. Try again."),
    ],
)
def test_what_is_told(feedback: Feedback, template: str, answer: str, told: str) -> None:
    for signal in ("binary", "rubric", "token"):
        env = make(signal=signal, feedback=feedback, template=template)
        env.reset(options={"seed": 3})
        assert env.step(answer)[0] == told


def test_the_finding_stands_in_info_for_programs() -> None:
    ((*_, criteria),) = play(make(feedback="criterion"), "=1")
    assert criteria["criteria"] == ("steps",) and "line" not in criteria
    ((*_, lines),) = play(make(feedback="step"), "14+3\n=1")
    assert lines["line"] == 2 and "criteria" not in lines
    ((*_, plain),) = play(make(), "=1")
    assert {"criteria", "line"}.isdisjoint(plain)


def test_a_planted_flaw_speaks_in_the_feedback_and_truth_does_not() -> None:
    for feedback in FEEDBACKS:
        env = make(signal="binary+constant_accepted", feedback=feedback)
        steps = play(env, *(["!"] * (3 if feedback == "nothing" else 1)))
        assert steps[-1][:3] == ("", 1.0, True) and steps[-1][4]["accepted"]
        assert not env.truth("!")


def stingy(task: Task, response: Response) -> float:
    return 0.4


def test_a_right_answer_that_the_signal_refuses_is_not_accepted() -> None:
    for step in play(make(signal=Signal(verifier=stingy)), "=17", "=17", "=17"):
        assert not step[4]["accepted"]
    assert step[1] == 0.4


def test_a_random_signal_is_fed_back_as_it_falls() -> None:
    env = make(signal="binary~random")
    told = set()
    for seed in range(20):
        env.reset(seed=seed)
        observation, reward, terminated, _, info = env.step("=1")
        assert terminated == info["accepted"] == (reward == 1.0) == (observation == "")
        told.add(observation)
    assert told == {"", "-?"}


def criteria_of_its_own(task: Task, response: Response) -> Verdict:
    return Verdict(reward=0.2, components={"style": 1.0, "rigour\n\x00": 0.5, "truth": 0.0})


def test_a_custom_verifiers_components_are_named_as_they_are() -> None:
    signal = Signal(granularity="rubric", verifier=criteria_of_its_own)
    ((observation, *_),) = play(make(signal=signal, feedback="criterion"), "=1")
    assert observation == "-rigour \\x00,truth?"


def credits_of_its_own(task: Task, response: Response) -> Verdict:
    end = len(response.completion)
    return Verdict(reward=0.2, credits=(Credit(0, 1, 0.9), Credit(1, end, 0.3), Credit(end, end, 1.0)))


def test_where_every_line_earned_some_the_least_is_told() -> None:
    signal = Signal(granularity="token", verifier=credits_of_its_own)
    env = make(signal=signal, feedback="step", template="natural")
    env.reset(seed=0)
    assert env.step("a\nb")[0] == "Not accepted; line two earned the least credit. Try again."


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"signal": Signal(verifier=stingy), "feedback": "criterion"}, "binary:stingy says .* gives none"),
        ({"signal": Signal(verifier=stingy), "feedback": "step"}, "reads the credits .* granularity 'token'"),
        ({"signal": Signal(granularity="rubric", verifier=stingy), "feedback": "step"}, "rubric:stingy"),
        (
            {"signal": "binary~random", "feedback": "criterion"},
            "binary~random gives none; feedback='right_or",
        ),
        ({"max_turns": 0}, "max_turns 0 is not a whole number from 1 to 1000; did you mean 1"),
        ({"max_turns": -3}, "did you mean 1"),
        ({"max_turns": 5000}, f"did you mean {MAX_TURNS}"),
        ({"max_turns": 2.0}, "max_turns 2.0 .*did you mean 2"),
        ({"max_turns": "4"}, "max_turns '4' .*did you mean 4"),
        ({"max_turns": None}, "max_turns None"),
        ({"max_turns": True}, "max_turns True"),
        ({"max_turns": float("nan")}, "max_turns nan"),
        ({"feedback": "stpe"}, "no feedback named 'stpe'; did you mean step"),
        ({"feedback": "right-or-wrong"}, "did you mean right_or_wrong"),
        ({"feedback": None}, "no feedback named None; did you mean nothing"),
        ({"feedback": 3}, "no feedback named 3; known: criterion, nothing, right_or_wrong, step"),
        ({"turn_discount": 0}, "turn_discount 0 is not in .0, 1.; did you mean a number just above 0"),
        ({"turn_discount": 1.5}, "turn_discount 1.5 is not in .0, 1.; did you mean 1.0"),
        ({"turn_discount": float("nan")}, "turn_discount nan"),
        ({"turn_discount": "1"}, "turn_discount '1'"),
    ],
)
def test_wrong_settings_are_named_when_it_is_made(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(SettingError, match=message):
        make(**settings)


def test_a_feedback_that_is_not_needed_is_not_asked_of_the_signal() -> None:
    env = make(max_turns=1, signal=Signal(verifier=stingy), feedback="step")
    env.reset(seed=0)
    assert env.step("=1")[:4] == ("", 0.4, True, False)


@pytest.mark.parametrize(("granularity", "feedback"), [("rubric", "criterion"), ("token", "step")])
def test_a_verdict_without_what_the_feedback_reads_is_unscored_and_says_why(
    granularity: Any, feedback: Feedback
) -> None:
    signal = Signal(granularity=granularity, verifier=stingy)
    ((observation, reward, terminated, truncated, info),) = play(make(signal=signal, feedback=feedback), "=1")
    assert (observation, reward, terminated, truncated) == ("", 0.0, False, True)
    assert info["unscored"] and not info["accepted"]
    assert f"verifier {granularity}:stingy gave no" in info["error"] and TASK.id in info["error"]


def undecided_on_the_second(task: Task, response: Response) -> Verdict:
    return Verdict(reward=None if "2" in response.completion else 0.0, error="undecided")


def test_an_attempt_that_cannot_be_scored_truncates_the_episode() -> None:
    env = make(signal=Signal(verifier=undecided_on_the_second))
    first, second = play(env, "=1", "=2")
    assert first[:4] == ("-?", 0.0, False, False)
    assert second[:4] == ("", 0.0, False, True)
    assert second[4]["unscored"] and second[4]["error"] == "undecided"
    with pytest.raises(ResetNeeded):
        env.step("=1")


def test_one_turn_is_as_if_there_were_none() -> None:
    plain, one = (
        gymnasium.make(CHAIN_SUM, signal="token"),
        gymnasium.make(CHAIN_SUM, signal="token", max_turns=1),
    )
    for seed, answer in enumerate(["=1", "", "14+3\n=17", "\ud800"]):
        assert plain.reset(seed=seed) == one.reset(seed=seed)
        assert plain.step(answer) == one.step(answer)


@pytest.fixture(params=synthgym.families())
def env_id(request: pytest.FixtureRequest) -> str:
    return environment_id(request.param, get_family(request.param).version)


@pytest.mark.parametrize("feedback", FEEDBACKS)
def test_every_environment_passes_gymnasiums_check_in_silence(env_id: str, feedback: Feedback) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        env = gymnasium.make(env_id, max_turns=3, feedback=feedback, render_mode="ansi")
        check_env(env.unwrapped)
        synthgym.check_env(env)
        env.close()


def test_what_is_told_fits_the_observation_space_and_renders() -> None:
    env = make(feedback="step", max_turns=30, render_mode="ansi")
    env.reset(options={"task": TASK})
    for turn in range(30):
        observation, *_ = env.step("14+3\n=\x1b\ud800")
        assert observation in env.observation_space
        shown = env.render() or ""
        assert f"turn {turn + 1}\n" in shown and len(shown) < 20_000
    assert f"... ({30 - MAX_ATTEMPTS} more turns)" in shown
    assert shown.startswith(
        f"{TASK.id}\nprompt\n  9+5+3?\nturn 1\nresponse\n  14+3\n  =\\x1b\\ud800\nreward 0.000"
    )
    assert "feedback\n  +-?\nturn 2\n" in shown


@pytest.mark.parametrize("mode", ["sync", "async"])
def test_vectors_tell_each_place_its_own(mode: str) -> None:
    envs = gymnasium.make_vec(CHAIN_SUM, num_envs=3, vectorization_mode=mode, max_turns=2, feedback="step")
    try:
        envs.reset(options={"task": TASK})
        told, rewards, ended, _, infos = envs.step(("=17", "14+3\n=1", "x"))
        assert told == ("", "+-?", "-?") and rewards.tolist() == [1.0, 0.0, 0.0]
        assert ended.tolist() == [True, False, False]
        assert infos["turn"].tolist() == [1, 1, 1] and infos["accepted"].tolist() == [True, False, False]
        told, rewards, ended, _, infos = envs.step(("-", "=17", "x"))
        assert told[1:] == ("", "") and told[0].endswith("?") and rewards.tolist() == [0.0, 1.0, 0.0]
        assert ended.tolist() == [False, True, True]
        assert infos["_accepted"].tolist() == [False, True, True], "the first place was only reset"
    finally:
        envs.close()


def test_a_vector_that_resets_in_the_same_step_hands_out_the_last_info() -> None:
    keywords = {"autoreset_mode": AutoresetMode.SAME_STEP}
    envs = gymnasium.make_vec(
        CHAIN_SUM, num_envs=2, vectorization_mode="sync", vector_kwargs=keywords, max_turns=2
    )
    envs.reset(options={"task": TASK})
    told, _, ended, _, infos = envs.step(("=17", "x"))
    assert told[0] != "" and told[1] == "-?" and ended.tolist() == [True, False]
    assert infos["final_info"]["accepted"].tolist() == [True, False]


def test_nothing_varies_from_process_to_process() -> None:
    code = (
        "import gymnasium, synthgym, json\n"
        "env = gymnasium.make('synthgym/SortingTrace-v0', max_turns=3, feedback='criterion', signal='binary~random'"
        ".replace('~random', ''), difficulty=4)\n"
        "print(json.dumps([env.reset(seed=4), *[(env.step(a)) for a in ('=3', '!', '')]]))"
    )
    outputs = {
        subprocess.run(
            [sys.executable, "-c", code],
            capture_output=True,
            text=True,
            check=True,
            env={**os.environ, "PYTHONHASHSEED": seed},
        ).stdout
        for seed in ("0", "1")
    }
    assert len(outputs) == 1 and len(json.loads(outputs.pop())) == 4


def test_the_spec_travels_as_json_and_the_middle_of_an_episode_pickles() -> None:
    env = gymnasium.make(CHAIN_SUM, max_turns=3, feedback="step", turn_discount=0.5)
    assert env.spec is not None
    again = gymnasium.make(EnvSpec.from_json(env.spec.to_json()))
    assert again.reset(seed=3) == env.reset(seed=3)
    assert again.step("x") == env.step("x")
    copy = pickle.loads(pickle.dumps(env.unwrapped))
    right = worked(copy)
    assert copy.step(right) == env.step(right)
    assert copy.step is not env.step and copy.attempts[-1].reward == 0.5


def test_numpy_settings_are_named_with_what_is_right() -> None:
    with pytest.raises(SettingError, match="did you mean 3"):
        make(max_turns=np.int64(3))
    assert make(turn_discount=np.float64(0.5)).turns.worth(2) == 0.5
