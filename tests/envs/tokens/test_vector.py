"""The vector environment: equal to Gymnasium's own over single ones, in every mode and signal; and its errors."""

import pickle
import time
from typing import Any

import gymnasium
import numpy as np
import pytest
from gymnasium.error import ResetNeeded
from gymnasium.utils.env_checker import data_equivalence
from gymnasium.vector import AutoresetMode
from gymnasium.wrappers.vector import RecordEpisodeStatistics

import synthgym
from synthgym.envs.tokens.vector import TokenVectorEnv
from synthgym.errors import SettingError, UnknownNameError
from synthgym.parsing import render
from synthgym.signal import CustomVerifier, Signal
from synthgym.types import Granularity, Response, Task, Verdict

CHAIN_SUM, BOOLEAN = "synthgym/ChainSumTokens-v0", "synthgym/BooleanEvaluationTokens-v0"


def make(name: str = CHAIN_SUM, num_envs: int = 5, **settings: Any) -> TokenVectorEnv:
    env = gymnasium.make_vec(name, num_envs=num_envs, vectorization_mode="vector_entry_point", **settings)
    assert isinstance(env, TokenVectorEnv)
    return env


def moody(task: Task, response: Response) -> Verdict:
    """Now unscored, now with one component, now with another."""
    number = response.completion.count("7")
    if number % 3 == 2:
        return Verdict(reward=None, error="no mood")
    return Verdict(
        reward=number % 3 / 2, components={"abc"[number % 3]: 0.5}, error=None if number else "none"
    )


def script(env: TokenVectorEnv, rng: np.random.Generator) -> np.ndarray:
    """Random actions, worked solutions by and by: any action, allowed or not."""
    actions = rng.integers(0, env.pool.vocabulary.size, env.num_envs)
    for row, place in enumerate(env.task_index):
        task = env.pool.tasks[place]
        solution = env.pool.vocabulary.encode(render(task.reference, task.answer_format))
        written = int((env._observed()[row, env.pool.prompt_length :] > 0).sum())
        if row % 2 and written < len(solution):
            actions[row] = solution[written] if rng.random() < 0.97 else 0
    return actions


@pytest.mark.parametrize("mode", AutoresetMode)
@pytest.mark.parametrize("name", [CHAIN_SUM, BOOLEAN])
@pytest.mark.parametrize(
    "signal",
    ["binary", "rubric", "token", "rubric~random", "token+constant_accepted", Signal(verifier=moody),
     Signal(granularity="token", verifier=moody)],
    ids=lambda signal: signal if isinstance(signal, str) else signal.label,
)  # fmt: skip
def test_it_returns_what_single_environments_return(name: str, signal: Any, mode: AutoresetMode) -> None:
    settings = {"signal": signal, "pool_size": 12}
    ours = make(name, autoreset_mode=mode, **settings)
    theirs = gymnasium.make_vec(
        name, num_envs=5, vectorization_mode="sync", vector_kwargs={"autoreset_mode": mode}, **settings
    )
    rng, ended_ever = np.random.default_rng(0), 0
    assert data_equivalence(ours.reset(seed=3), theirs.reset(seed=3), exact=True)
    for _ in range(120):
        actions = script(ours, rng)
        mine: Any = ours.step(actions)
        expected: Any = theirs.step(actions)
        assert data_equivalence(mine, expected, exact=True), (mine, expected)
        ended = mine[2] | mine[3]
        ended_ever += ended.sum()
        if mode is AutoresetMode.DISABLED and ended.any():
            mine, expected = (env.reset(options={"reset_mask": ended.copy()}) for env in (ours, theirs))
            assert data_equivalence(mine, expected, exact=True)
    assert ended_ever > 30
    seeds: Any = [7, 8, 9, 1, 2]
    assert data_equivalence(ours.reset(seed=seeds), theirs.reset(seed=seeds), exact=True)
    assert data_equivalence(ours.reset(), theirs.reset(), exact=True)


def test_sub_environment_i_is_seeded_with_i_more() -> None:
    env, single = make(num_envs=4), gymnasium.make(CHAIN_SUM)
    observations, infos = env.reset(seed=11)
    for row in range(4):
        observation, info = single.reset(seed=11 + row)
        assert (observation == observations[row]).all() and info["task_id"] == infos["task_id"][row]
    again, _ = env.reset()
    assert (again != observations).any()
    assert (env.reset(seed=11)[0] == observations).all()


def test_it_is_the_default_of_make_vec_and_async_works_too() -> None:
    assert isinstance(gymnasium.make_vec(CHAIN_SUM, num_envs=3), TokenVectorEnv)
    ours = make(num_envs=2, signal="token")
    theirs = gymnasium.make_vec(CHAIN_SUM, num_envs=2, vectorization_mode="async", signal="token")
    try:
        assert data_equivalence(ours.reset(seed=1), theirs.reset(seed=1), exact=True)
        for action in (5, 1, 7, 0):
            actions = np.full(2, action)
            assert data_equivalence(ours.step(actions), theirs.step(actions), exact=True)
    finally:
        theirs.close()


def test_gymnasiums_statistics_see_returns_in_the_unit_interval() -> None:
    env = RecordEpisodeStatistics(make(num_envs=16, signal="token"))
    env.reset(seed=0)
    env.action_space.seed(0)
    for _ in range(300):
        _, _, terminated, _, infos = env.step(env.action_space.sample())
        if terminated.any():
            assert (infos["episode"]["l"][terminated] <= env.unwrapped.pool.max_tokens + 1).all()  # type: ignore[attr-defined]  # the wrapper's type
    assert len(env.return_queue) == 100
    assert all(0.0 <= float(total) <= 1.0 for total in env.return_queue)


def test_the_spaces_hold_what_it_gives_and_are_those_of_the_single_one() -> None:
    env, single = make(), gymnasium.make(CHAIN_SUM)
    assert env.single_observation_space == single.observation_space
    assert env.single_action_space == single.action_space
    observations, infos = env.reset(seed=0)
    for _ in range(60):
        assert observations in env.observation_space and observations.dtype == np.int64
        assert infos["action_mask"].dtype == np.int8
        assert (infos["action_mask"] == env.action_masks()).all()
        actions = np.array([np.flatnonzero(mask)[-1] for mask in infos["action_mask"]])
        observations, *_, infos = env.step(actions)


def test_what_it_returns_is_never_reused() -> None:
    env = make()
    observations, infos = env.reset(seed=1)
    observations[:], infos["action_mask"][:] = 9, 9
    again, *_, more = env.step(np.full(5, 3))
    assert (again[:, : env.pool.prompt_length] != 9).any() and more["action_mask"].max() == 1
    kept = again.copy()
    env.step(np.full(5, 4))
    assert (again == kept).all()


def test_it_pickles_in_the_middle_of_episodes() -> None:
    env = make(signal="token")
    env.reset(seed=1)
    env.step(np.full(5, 3))
    copy = pickle.loads(pickle.dumps(env))
    for action in (1, 0, 0, 4):
        assert data_equivalence(copy.step(np.full(5, action)), env.step(np.full(5, action)), exact=True)


@pytest.mark.parametrize(
    ("actions", "message"),
    [
        (np.array([1, 2, 16, 3, -1]), "the action of sub-environment 2 is 16; a whole number from 0 to 15"),
        (np.array([1, 2, 3, 3, -1]), "the action of sub-environment 4 is -1"),
        (np.zeros(4, dtype=int), r"of shape \(4,\) and type int64; whole numbers of shape \(5,\)"),
        (np.zeros((5, 1), dtype=int), r"of shape \(5, 1\)"),
        (np.zeros(5), "type float64"),
        (None, "type object"),
        (["a"] * 5, "type <U1"),
    ],
)
def test_actions_that_are_not_of_the_space_are_refused_and_change_nothing(actions: Any, message: str) -> None:
    env, other = make(), make()
    env.reset(seed=1)
    other.reset(seed=1)
    with pytest.raises(SettingError, match=message):
        env.step(actions)
    actions = [1, 2, 3, 4, 0]
    assert data_equivalence(env.step(actions), other.step(np.array(actions, dtype=np.uint8)), exact=True)


@pytest.mark.parametrize(
    ("settings", "error", "message"),
    [
        ({"num_envs": 0}, SettingError, "num_envs 0 is not a whole number above 0"),
        ({"autoreset_mode": "SameStop"}, SettingError, "no autoreset_mode 'SameStop'; did you mean SameStep"),
        ({"render_mode": "ansi"}, SettingError, "render a single environment"),
        ({"poolsize": 3}, SettingError, "no setting 'poolsize'; did you mean pool_size"),
        ({"pool_size": 0}, SettingError, "pool_size 0"),
        ({"signal": "binary~shuffled"}, SettingError, "permutes the rewards of a group"),
        ({"signal": "binary:tokn"}, UnknownNameError, "did you mean token"),
    ],
)
def test_wrong_settings_are_named(settings: dict[str, Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        make(**settings)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        ({"options": {"mask": 1}}, "no option 'mask'; reset_mask is one"),
        ({"options": {"reset_mask": [True] * 5}}, r"not an array of shape \(5,\) and type bool"),
        ({"options": {"reset_mask": np.ones(4, bool)}}, "reset_mask"),
        ({"options": {"reset_mask": np.zeros(5, bool)}}, "at least one"),
        ({"seed": [1, 2]}, "2 seeds for 5 sub-environments"),
        ({"seed": -1}, "seed -1 is not a whole number from 0"),
        ({"seed": "x"}, "seed 'x'"),
        ({"options": 5}, "options 5 are no dict"),
        ({"options": [("reset_mask", 1)]}, "are no dict"),
        ({"seed": [1, 2, 3, 4, 0.5]}, "seed 0.5"),
    ],
)
def test_wrong_resets_are_named(call: dict[str, Any], message: str) -> None:
    with pytest.raises(SettingError, match=message):
        make().reset(**call)


def test_the_order_of_calls_is_enforced() -> None:
    env = make(autoreset_mode="Disabled")
    with pytest.raises(ResetNeeded, match="have ended, or not begun"):
        env.step(np.zeros(5, dtype=int))
    env.reset(seed=0, options={"reset_mask": np.array([True, False, True, True, True])})
    with pytest.raises(ResetNeeded, match=r"sub-environments \[1\]"):
        env.step(np.zeros(5, dtype=int))
    env.reset(seed=0)
    env.step(np.array([3, 3, 3, 0, 3]))
    with pytest.raises(ResetNeeded, match=r"sub-environments \[3\]"):
        env.step(np.zeros(5, dtype=int))


def test_seeds_may_stand_in_an_array() -> None:
    env, other = make(), make()
    seeds = [3, 1, 4, 1, 5]
    assert data_equivalence(env.reset(seed=np.array(seeds)), other.reset(seed=seeds), exact=True)  # type: ignore[arg-type]


def test_ragged_actions_are_refused() -> None:
    env = make()
    env.reset(seed=0)
    with pytest.raises(SettingError, match=r"whole numbers of shape \(5,\) are needed"):
        env.step([[1], [2, 3], [4], [5], [6]])  # type: ignore[arg-type]


def raising(task: Task, response: Response) -> float:
    if "7" in response.completion:
        raise ValueError("boom")
    return 1.0


def not_a_number(task: Task, response: Response) -> float:
    return float("nan") if "7" in response.completion else 1.0


def hanging(task: Task, response: Response) -> float:
    if "7" in response.completion:
        time.sleep(1.5)
    return 1.0


@pytest.mark.parametrize("granularity", ["binary", "token"])
@pytest.mark.parametrize(
    ("verifier", "error"),
    [
        (CustomVerifier(raising), "raised ValueError"),
        (CustomVerifier(not_a_number), "returned nan"),
        (CustomVerifier(hanging, seconds=0.2), "did not answer within 0.2 s"),
    ],
)
def test_a_verifier_that_fails_on_one_text_leaves_the_others_alone(
    granularity: Granularity, verifier: CustomVerifier, error: str
) -> None:
    env = make(num_envs=3, vocabulary="ascii", signal=Signal(granularity=granularity, verifier=verifier))
    env.reset(seed=0)
    codes = env.pool.vocabulary.codes
    returns = np.zeros(3)
    for actions in ([codes["7"], codes["1"], codes["2"]], [codes["\n"]] * 3, [0, 0, 0]):
        _, rewards, terminated, truncated, infos = env.step(np.array(actions))
        returns += rewards
    assert returns.tolist() == [0.0, 1.0, 1.0]
    assert terminated.tolist() == [False, True, True] and truncated.tolist() == [True, False, False]
    assert infos["unscored"].tolist() == [True, False, False] and error in infos["error"][0]


def test_every_family_makes_one() -> None:
    for family in synthgym.families():
        env = TokenVectorEnv(family, 2, pool_size=4)
        observations, _ = env.reset(seed=0)
        assert observations in env.observation_space
        assert env.step(np.zeros(2, dtype=int))[2].all()
