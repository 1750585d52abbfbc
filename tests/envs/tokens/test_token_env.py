"""The single token MDP: its contract, its dynamics, and whatever goes wrong."""

import os
import pickle
import subprocess
import sys
import warnings
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import gymnasium
import numpy as np
import pytest
from gymnasium.envs.registration import EnvSpec
from gymnasium.error import ResetNeeded

import synthgym
from synthgym.environments import register_environment, register_environments, token_environment_id
from synthgym.envs.math.chain_sum import ChainSum
from synthgym.envs.tokens.token_env import TokenEnv
from synthgym.errors import SettingError, TaskError, UnknownNameError
from synthgym.facts import FrozenDict
from synthgym.parsing import render
from synthgym.plugins import FAMILIES, get_family
from synthgym.rng import Rng
from synthgym.signal import Shortcut, Signal
from synthgym.types import GRANULARITIES, Response, Task

NAME = "synthgym/ChainSumTokens-v0"


@dataclass(frozen=True, kw_only=True)
class Cue(Shortcut):
    """Puts a letter in front of the prompt."""

    name: ClassVar[str] = "letter"

    def on_task(self, task: Task, rng: Rng) -> Task:
        return replace(task, prompt=f"{rng.choice('AB')}{task.prompt}")

    def detect(self, task: Task, completion: str) -> bool:
        return False

    def apply(self, task: Task, completion: str, rng: Rng) -> str:
        return completion

    def remove(self, task: Task, completion: str, rng: Rng) -> str:
        return completion

    def counterfactual(self, task: Task, signal: Signal) -> tuple[Task, Signal]:
        return task, signal.without(self)


def make(name: str = NAME, **settings: Any) -> TokenEnv:
    env = gymnasium.make(name, **settings).unwrapped
    assert isinstance(env, TokenEnv)
    return env


def write(env: TokenEnv, text: str) -> list[tuple[Any, float, bool, bool, dict[str, Any]]]:
    """The steps of writing `text` and ending it."""
    return [env.step(code) for code in [*env.pool.vocabulary.encode(text), 0]]


def worked(task: Task) -> str:
    return render(task.reference, task.answer_format)


@pytest.mark.parametrize("family", synthgym.families())
def test_every_family_passes_the_checks(family: str) -> None:
    from stable_baselines3.common.env_checker import check_env as check_stable_baselines

    name = token_environment_id(family, get_family(family).version)
    for signal in ("binary", "token"):
        synthgym.check_env(name, signal=signal, pool_size=4)
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            check_stable_baselines(make(name, signal=signal, pool_size=4), skip_render_check=False)


def test_the_observation_is_the_prompt_then_the_text() -> None:
    env = make()
    observation, info = env.reset(seed=1)
    assert (
        observation.shape == (env.pool.prompt_length + env.pool.max_tokens,) and observation.dtype == np.int64
    )
    letters = "_" + env.pool.vocabulary.characters
    assert "".join(letters[code] for code in observation) == env.task.prompt + "_" * env.pool.max_tokens
    assert info["task_id"] == env.task.id and info["action_mask"].dtype == np.int8
    observation, reward, terminated, truncated, info = env.step(env.pool.vocabulary.codes["7"])
    assert "".join(letters[code] for code in observation).startswith(env.task.prompt + "7_")
    assert (reward, terminated, truncated, list(info)) == (0.0, False, False, ["action_mask"])


def test_ending_gives_the_verdict_on_what_was_written() -> None:
    env = make(signal="rubric")
    env.reset(seed=1)
    *_, (_, reward, terminated, truncated, info) = write(env, worked(env.task))
    assert (reward, terminated, truncated) == (1.0, True, False)
    assert info["completion"] == env.completion == worked(env.task)
    assert info["components"] == {"truth": 1.0, "steps": 1.0, "tidy": 1.0}
    assert (info["task_id"], info["error"], info["unscored"], info["credits"]) == (
        env.task.id,
        None,
        False,
        (),
    )
    assert info["action_mask"].tolist() == [1] + [0] * (len(info["action_mask"]) - 1)
    env.reset()
    assert env.step(0)[4]["error"] == "no answer"


def test_once_the_text_is_full_every_action_ends_it() -> None:
    for last in (0, 1, 5):
        env = make(max_tokens=4)
        env.reset(seed=2)
        for _ in range(4):
            assert not env.step(5)[2]
        assert env.action_masks().tolist() == [1] + [0] * (env.pool.vocabulary.size - 1)
        _, _, terminated, _, info = env.step(last)
        assert terminated and len(info["completion"]) == 4


def test_a_line_feed_on_an_empty_line_is_masked_and_harmless() -> None:
    env = make(signal="token")
    feed = env.pool.vocabulary.line_feed
    env.reset(seed=1)
    assert env.action_masks()[feed] == 0
    assert env.step(feed)[1] == 0.0 and env.action_masks()[feed] == 0
    env.step(5)
    assert env.action_masks()[feed] == 1
    env.reset(seed=1)
    steps = write(env, "\n" + worked(env.task))
    assert sum(step[1] for step in steps) == 1.0


def test_the_same_seed_gives_the_same_tasks_and_another_others() -> None:
    def ids(seed: int) -> list[str]:
        env = make()
        first = [env.reset(seed=seed)[1]["task_id"]]
        return first + [env.reset()[1]["task_id"] for _ in range(20)]

    assert ids(3) == ids(3) != ids(4)
    assert len(set(ids(3))) > 10


def test_the_tasks_of_a_seed_are_pinned() -> None:
    env = make()
    env.reset(seed=1)
    seeds = [env.task.seed]
    for _ in range(4):
        env.reset()
        seeds.append(env.task.seed)
    assert seeds == [210, 67, 123, 95, 229]


def test_options_choose_the_task() -> None:
    env, family = make(), get_family("chain_sum")
    assert env.reset(options={"seed": 700})[1]["task_id"] == family.task(700).id
    for task in (family.task(9, split="test"), family.task(9, split="test").to_json()):
        assert env.reset(options={"task": task})[1]["task_id"] == family.task(9, split="test").id
        assert write(env, worked(env.task))[-1][1] == 1.0
    assert env.reset(seed=3)[1]["task_id"] == env.reset(seed=3, options={})[1]["task_id"]


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        (5, SettingError, "options 5 are no dict"),
        ("seed", SettingError, "options 'seed' are no dict"),
        ({"sede": 1}, SettingError, "no option 'sede'; did you mean seed"),
        ({"seed": 1, "task": "{}"}, SettingError, "not both"),
        ({"seed": "1"}, SettingError, "option seed '1' is not a whole number"),
        ({"task": 5}, SettingError, "option task is 5"),
        ({"task": "{}"}, TaskError, "not a task in JSON"),
        ({"task": get_family("chain_sum").task(0, difficulty=9)}, TaskError, "its prompt has"),
        ({"task": get_family("linear_equation").task(0)}, SettingError, "this environment is of chain_sum"),
    ],
)
def test_wrong_options_are_named_and_change_nothing(
    options: Any, error: type[Exception], message: str
) -> None:
    env = make()
    _, info = env.reset(seed=1)
    with pytest.raises(error, match=message):
        env.reset(options=options)
    assert env.step(0)[4]["task_id"] == info["task_id"]


@pytest.mark.parametrize(
    ("action", "message"),
    [
        (-1, "the action is -1; a whole number from 0 to 15 is needed"),
        (16, "the action is 16"),
        (10**30, "the action is 10{30};"),
        (0.5, "0.5 .float.; a whole number"),
        (None, "None"),
        ("7", "'7'"),
        (np.zeros(2), "array"),
    ],
)
def test_an_action_that_is_not_of_the_space_is_refused(action: Any, message: str) -> None:
    env = make()
    env.reset(seed=1)
    with pytest.raises(SettingError, match=message):
        env.step(action)
    assert env.step(np.int64(3))[2] is False


def test_the_order_of_calls_is_enforced() -> None:
    env = make(render_mode="ansi")
    for call in (lambda: env.step(0), env.render, lambda: env.task, lambda: env.truth("=6")):
        with pytest.raises(ResetNeeded, match="call env.reset"):
            call()
    env.reset(seed=1)
    env.step(0)
    with pytest.raises(ResetNeeded, match="the sequence has ended"):
        env.step(0)


@pytest.mark.parametrize(
    ("settings", "error", "message"),
    [
        ({"signal": "binry"}, SettingError, "no granularity named 'binry'; did you mean binary"),
        ({"signal": "binary~shuffled"}, SettingError, "permutes the rewards of a group"),
        ({"signal": "token~random"}, SettingError, "need binary or rubric"),
        (
            {"signal": Signal(granularity="rubric", weights={"tydi": 1.0})},
            SettingError,
            "no criterion 'tydi'",
        ),
        ({"signal": "binary:tokn"}, UnknownNameError, "did you mean token"),
        ({"family": "chain_smu"}, UnknownNameError, "did you mean chain_sum"),
        ({"render_mode": "human"}, SettingError, "render_mode 'human' is not accepted"),
        ({"pool_size": -3}, SettingError, "pool_size -3"),
    ],
)
@pytest.mark.filterwarnings("ignore:.*not in the possible render_modes")
def test_wrong_settings_are_named(settings: dict[str, Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        gymnasium.make(NAME, **settings)


def test_cues_stand_in_the_prompts_of_the_pool_and_of_a_seed() -> None:
    env = make(signal=Signal(shortcuts=(Cue(),)))
    assert {"A", "B"} <= set(env.pool.vocabulary.characters)
    env.reset(options={"seed": 5})
    assert env.task.prompt[0] in "AB" and env.task.prompt[1:] == get_family("chain_sum").task(5).prompt
    assert all(task.prompt[0] in "AB" for task in env.pool.tasks)


def test_a_shortcut_that_cannot_be_hashed_is_no_hindrance() -> None:
    @dataclass(frozen=True, kw_only=True)
    class Listed(Cue):
        letters: list[str]

    assert (
        make(signal=Signal(shortcuts=(Listed(letters=["A"]),)), pool_size=3).pool.tasks[0].prompt[0] in "AB"
    )


def test_a_planted_flaw_pays() -> None:
    env = make(signal="binary+constant_accepted", vocabulary="ascii")
    env.reset(seed=1)
    assert write(env, "!")[-1][1] == 1.0 and not env.truth("!")


def test_render_shows_prompt_text_and_verdict() -> None:
    env = make(signal="token", render_mode="ansi")
    env.reset(seed=1)
    assert (env.render() or "").endswith("response\n  (empty)")
    write(env, "7\n=6")
    shown = env.render() or ""
    assert (
        env.task.prompt in shown
        and "  7\n  =6" in shown
        and "reward 0" in shown
        and "(end of sequence)" in shown
    )
    with pytest.warns(UserWarning, match='render_mode="ansi"'):
        assert make().render() is None


def test_it_pickles_in_the_middle_of_an_episode_and_its_spec_travels() -> None:
    env = make(signal="rubric")
    env.reset(seed=3)
    env.step(5)
    copy = pickle.loads(pickle.dumps(env))
    np.testing.assert_equal(copy.step(0), env.step(0))
    np.testing.assert_equal(copy.reset(), env.reset())
    spec = gymnasium.make(NAME, signal="token", max_tokens=20).spec
    assert spec is not None
    assert gymnasium.make(EnvSpec.from_json(spec.to_json())).unwrapped.observation_space.shape == (26,)


@pytest.mark.parametrize("signal", GRANULARITIES)
def test_what_it_returns_is_never_reused(signal: str) -> None:
    env = make(signal=signal)
    observation, info = env.reset(seed=1)
    observation[:], info["action_mask"][:] = 9, 9
    again, more, *_ = env.step(5)
    assert again.max() < env.pool.vocabulary.size and env.action_masks().max() == 1
    env.reset(seed=1)
    end = env.step(0)[4]
    end["components"]["truth"] = 9.0
    env.reset(seed=1)
    assert env.step(0)[4]["components"]["truth"] == 0.0


def test_ids_that_another_family_has_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(
        SettingError, match="synthgym/ChainSumTokens-v0 is an environment of family chain_sum already"
    ):
        register_environment("chain_sum_tokens", 0)
    with pytest.warns(UserWarning, match="choose another name"):
        register_environments([], {"chain_sum_tokens": 0})
    assert not any("ChainSumTokensTokens" in name for name in gymnasium.registry)
    register_environment("chain_sum", 0)


def test_the_same_seed_gives_the_same_episodes_in_another_process() -> None:
    code = (
        "import gymnasium, synthgym\n"
        f"env = gymnasium.make_vec({NAME!r}, num_envs=3, signal='token')\n"
        "print(env.reset(seed=[5, 6, 7])[0].tolist())\n"
        "for at in range(60):\n"
        "    found = env.step([at % 16, (at * 7) % 16, (at * 5 + 1) % 16])\n"
        "    print(found[0].tolist(), found[1].tolist())\n"
    )
    ran = [
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    ]
    assert ran[0] == ran[1] and ran[0].count("\n") == 61


def test_a_family_registered_later_and_again_has_its_token_mdp(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(FAMILIES, "_loaded", dict(FAMILIES._loaded))

    def registered(word: str) -> None:
        @synthgym.register_family
        class TokensOfLater(ChainSum):
            name = ""

            def question(self, facts: FrozenDict, template: str) -> str:
                return f"{word}{super().question(facts, template)}"

    for word in ("\u00fc", "\u2211"):
        registered(word)
        name = "synthgym/TokensOfLaterTokens-v0"
        assert make(name, pool_size=4).pool.tasks[0].prompt.startswith(word)
        envs: Any = gymnasium.make_vec(name, num_envs=2, pool_size=4)
        assert envs.reset(seed=0)[1]["task_id"][0].startswith("tokens_of_later-v0/")
        assert envs.pool.tasks[0].prompt.startswith(word)
    for name in ("synthgym/TokensOfLaterTokens-v0", "synthgym/TokensOfLater-v0"):
        del gymnasium.registry[name]


def unscored(task: Task, response: Response) -> None:
    return None


def by_length(task: Task, response: Response) -> float:
    """Half for each of two lines."""
    return min(1.0, response.completion.count("7") / 2)


CALLS: list[str] = []


def counting(task: Task, response: Response) -> bool:
    CALLS.append(response.completion)
    return True


def test_a_custom_verifier_is_asked_at_the_end_and_under_token_whenever_a_line_ends() -> None:
    for signal, expected in (
        (Signal(verifier=counting), ["7\n7"]),
        (Signal(granularity="token", verifier=counting), ["7\n", "7\n7"]),
    ):
        CALLS.clear()
        env = make(signal=signal, vocabulary="ascii")
        env.reset(seed=1)
        assert CALLS == []
        write(env, "7\n7")
        assert expected == CALLS


def test_a_custom_verifier_is_paid_by_its_increase() -> None:
    env = make(signal=Signal(granularity="token", verifier=by_length))
    env.reset(seed=1)
    assert [step[1] for step in write(env, "7\n1\n7")] == [0.0, 0.5, 0.0, 0.0, 0.0, 0.5]


@pytest.mark.parametrize("verifier", [unscored])
def test_what_cannot_be_scored_truncates_with_nothing(verifier: Callable[..., Any]) -> None:
    env = make(signal=Signal(granularity="token", verifier=verifier))
    env.reset(seed=1)
    *lines, (_, reward, terminated, truncated, info) = write(env, "7\n7")
    assert sum(step[1] for step in lines) == 0.0
    assert (reward, terminated, truncated, info["unscored"]) == (0.0, False, True, True)
    assert info["error"]
