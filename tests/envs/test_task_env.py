"""The Gymnasium environments: the contract for every family, vectors, and whatever goes wrong."""

import json
import os
import pickle
import subprocess
import sys
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import gymnasium
import numpy as np
import pytest
from gymnasium.envs.registration import EnvSpec
from gymnasium.error import ResetNeeded
from gymnasium.utils.env_checker import check_env

import synthgym
from synthgym.environments import environment_id
from synthgym.envs.dataset import with_cues
from synthgym.envs.render import MAX_CREDITS, MAX_TEXT, render_episode, visible
from synthgym.envs.task_env import MAX_PROMPT, TaskEnv
from synthgym.errors import SettingError, SynthGymError, TaskError, UnknownNameError
from synthgym.parsing import render
from synthgym.plugins import get_family
from synthgym.rng import Rng
from synthgym.signal import Shortcut, Signal
from synthgym.types import GRANULARITIES, Credit, Response, Task, Verdict
from synthgym.verifiers.score import score

CHAIN_SUM = "synthgym/ChainSum-v0"
HOSTILE = {
    "empty": "",
    "megabyte": "7\n" * 500_000,
    "one long line": "=" + "9" * 1_000_000,
    "lone surrogates": "\ud800=7\udfff\n=\udc80",
    "controls": "\x00\x1b[2J\x07\r\x85\u2028=7\x7f",
    "right to left": "\u202e=7\u202c",
    "nested": "=" + "(" * 30_000,
}


@dataclass(frozen=True, kw_only=True)
class Cue(Shortcut):
    """Puts a drawn digit in front of the prompt."""

    name: ClassVar[str] = "cue"

    def on_task(self, task: Task, rng: Rng) -> Task:
        return replace(task, prompt=f"[{rng.below(10)}] {task.prompt}")

    def detect(self, task: Task, completion: str) -> bool:
        return False

    def apply(self, task: Task, completion: str, rng: Rng) -> str:
        return completion

    def remove(self, task: Task, completion: str, rng: Rng) -> str:
        return completion

    def counterfactual(self, task: Task, signal: Signal) -> tuple[Task, Signal]:
        return task, signal


def failing(task: Task, response: Response) -> float:
    raise RuntimeError("no judge today")


def unsure(task: Task, response: Response) -> Verdict:
    return Verdict(reward=None, components={"seen": 1.0}, error="undecided")


def make(**settings: Any) -> TaskEnv:
    env = gymnasium.make(CHAIN_SUM, **settings).unwrapped
    assert isinstance(env, TaskEnv)
    return env


def worked(env: TaskEnv) -> str:
    """The worked solution of the task that `env` shows."""
    return render(env.task.reference, env.task.answer_format)


@pytest.fixture(params=synthgym.families())
def family(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def env_id(family: str) -> str:
    return environment_id(family, get_family(family).version)


@pytest.mark.parametrize("signal", GRANULARITIES)
def test_every_environment_passes_gymnasiums_check_in_silence(env_id: str, signal: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        env = gymnasium.make(env_id, signal=signal, render_mode="ansi")
        check_env(env.unwrapped)
        env.close()


@pytest.mark.parametrize("template", ["compact", "natural"])
def test_every_environment_pays_the_worked_solution(env_id: str, template: str) -> None:
    for signal in GRANULARITIES:
        env = gymnasium.make(env_id, signal=signal, difficulty=2, template=template).unwrapped
        assert isinstance(env, TaskEnv)
        prompt, info = env.reset(seed=1)
        assert prompt == env.task.prompt and info == {"task_id": env.task.id}
        observation, reward, terminated, truncated, info = env.step(worked(env))
        assert (observation, reward, terminated, truncated, info["unscored"]) == ("", 1.0, True, False, False)
        assert bool(info["credits"]) == (signal == "token")


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_every_environment_judges_hostile_completions(env_id: str, text: str) -> None:
    env = gymnasium.make(env_id, signal="token", render_mode="ansi")
    env.reset(seed=5)
    _, reward, terminated, truncated, info = env.step(text)
    assert 0.0 <= float(reward) < 1.0 and terminated and not truncated
    assert not info["unscored"]
    shown = env.render()
    assert isinstance(shown, str) and len(shown) < 20_000
    assert all(character.isprintable() or character == "\n" for character in shown)


@pytest.mark.parametrize("mode", ["sync", "async"])
def test_make_vec_gives_tuples_of_text(mode: str) -> None:
    envs = gymnasium.make_vec(CHAIN_SUM, num_envs=4, vectorization_mode=mode, signal="token")
    single = make()
    try:
        prompts, infos = envs.reset(seed=10)
        assert type(prompts) is tuple and prompts in envs.observation_space
        assert prompts == tuple(single.reset(seed=10 + i)[0] for i in range(4))
        tasks = envs.get_attr("task")  # type: ignore[attr-defined]
        assert [task.id for task in tasks] == list(infos["task_id"])
        answers = [render(task.reference, task.answer_format) for task in tasks]
        answers[1] = "\ud800 no\x00"
        nothing, rewards, terminated, truncated, infos = envs.step(tuple(answers))
        assert nothing == ("",) * 4 and terminated.all() and not truncated.any()
        assert rewards.tolist() == infos["components"]["truth"].tolist() == [1.0, 0.0, 1.0, 1.0]
        assert infos["credits"][1] == ((0, 5, 0.0), (5, 5, 0.0))
        assert infos["error"].tolist() == [None, "no answer", None, None]
        following, rewards, terminated, _, _ = envs.step(("",) * 4)
        assert "" not in following and following != prompts
        assert not rewards.any() and not terminated.any()
        assert prompts == tuple(single.reset(seed=10 + i)[0] for i in range(4)), "what was returned changed"
    finally:
        envs.close()


@pytest.mark.parametrize("mode", ["sync", "async"])
def test_vectors_reset_in_the_same_step_and_name_differing_spaces(mode: str) -> None:
    keywords = {"autoreset_mode": gymnasium.vector.AutoresetMode.SAME_STEP, "observation_mode": "different"}
    envs = gymnasium.make_vec(CHAIN_SUM, num_envs=2, vectorization_mode=mode, vector_kwargs=keywords)
    try:
        first, _ = envs.reset(seed=0)
        second, _, terminated, _, infos = envs.step(("=1", "x"))
        assert terminated.all() and "" not in second and second != first
        assert infos["final_obs"].tolist() == ["", ""]
        assert infos["final_info"]["error"].tolist() == [None, "no answer"]
    finally:
        envs.close()


def test_async_vectors_keep_surrogates_and_live_views() -> None:
    task = replace(get_family("chain_sum").task(3), prompt="\ud83d\ude00\udfff?")
    envs = gymnasium.make_vec(
        CHAIN_SUM, num_envs=2, vectorization_mode="async", vector_kwargs={"copy": False, "context": "spawn"}
    )
    try:
        view, _ = envs.reset(options={"task": task})
        assert tuple(view) == (task.prompt,) * 2
        envs.reset(seed=1)
        assert tuple(view) == tuple(make().reset(seed=seed)[0] for seed in (1, 2))
    finally:
        envs.close()


def test_a_vector_reads_json_tasks_and_takes_settings_between_episodes() -> None:
    envs = gymnasium.make_vec(CHAIN_SUM, num_envs=2, vectorization_mode="sync")
    task = get_family("chain_sum").task(3)
    assert envs.reset(options={"task": task.to_json()})[0] == (task.prompt,) * 2
    envs.set_attr("difficulty", 9)  # type: ignore[attr-defined]
    envs.reset(seed=0)
    assert [task.difficulty for task in envs.get_attr("task")] == [9, 9]  # type: ignore[attr-defined]
    envs.set_attr("difficulty", 90)  # type: ignore[attr-defined]
    with pytest.raises(SettingError, match="difficulty 90"):
        envs.reset()


def test_a_seeded_reset_is_reproducible() -> None:
    env, twin = make(signal="rubric", difficulty=4), make(signal="rubric", difficulty=4)
    first = [env.reset(seed=11), *(env.reset() for _ in range(20))]
    assert first == [twin.reset(seed=11), *(twin.reset() for _ in range(20))]
    assert first == [env.reset(seed=11), *(env.reset() for _ in range(20))]
    assert first[0] != env.reset(seed=12)
    assert len({info["task_id"] for _, info in first}) == 21


def test_nothing_varies_from_process_to_process() -> None:
    code = (
        "import gymnasium, synthgym, json\n"
        "env = gymnasium.make('synthgym/ChainSum-v0', signal='token+constant_accepted', difficulty=5)\n"
        "print(json.dumps([env.reset(seed=4), *[(env.step(a), env.reset()) for a in ('=3', '!', '')]]))"
    )
    outputs = set()
    for seed in ("0", "1"):
        environment = {**os.environ, "PYTHONHASHSEED": seed}
        done = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment
        )
        outputs.add(done.stdout)
    assert len(outputs) == 1
    assert len(json.loads(outputs.pop())) == 4


def test_the_tasks_of_a_seed_are_pinned() -> None:
    env = make()
    env.reset(seed=1)
    first = env.task.seed
    env.reset()
    assert [first, env.task.seed] == [4720721261117928063, 8766480278738261043]


def test_options_choose_the_task() -> None:
    env, family = make(difficulty=3), get_family("chain_sum")
    task = family.task(7, difficulty=3)
    assert env.reset(options={"seed": 7}) == (task.prompt, {"task_id": task.id})
    assert env.reset(options={"seed": np.int64(7)})[0] == task.prompt
    easier = family.task(9, split="test", template="natural")
    for given in (easier, easier.to_json()):
        assert env.reset(options={"task": given})[0] == easier.prompt
        assert env.task == easier
    drawn = env.reset(seed=2)
    assert env.reset(seed=2, options={}) == drawn


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"sede": 1}, SettingError, "no option 'sede'; did you mean seed"),
        ({"seed": 1, "task": "{}"}, SettingError, "not both"),
        ({"seed": "1"}, SettingError, "option seed '1' is not a whole number"),
        ({"seed": None}, SettingError, "option seed None"),
        ({"seed": -1}, SettingError, "seed -1"),
        ({"seed": 1 << 63}, SettingError, "seed 9223372036854775808"),
        ({"task": 5}, SettingError, "option task is 5"),
        ({"task": "{}"}, TaskError, "not a task in JSON"),
    ],
)
def test_wrong_options_are_named(options: dict[str, Any], error: type[Exception], message: str) -> None:
    env = make()
    prompt, _ = env.reset(seed=1)
    with pytest.raises(error, match=message):
        env.reset(options=options)
    assert env.task.prompt == prompt
    assert env.step("")[2], "the episode before goes on"


def test_a_task_of_another_family_or_version_is_refused() -> None:
    env, task = make(), get_family("chain_sum").task(0)
    for other in (replace(task, family="sorting_trace"), replace(task, version=7)):
        with pytest.raises(SettingError, match="this environment is of chain_sum version 0"):
            env.reset(options={"task": other})


def test_a_prompt_that_is_too_long_is_refused() -> None:
    env, task = make(), get_family("chain_sum").task(0)
    longest = replace(task, prompt="x" * MAX_PROMPT)
    assert env.reset(options={"task": longest})[0] in env.observation_space
    with pytest.raises(TaskError, match=f"has {MAX_PROMPT + 1} characters"):
        env.reset(options={"task": replace(task, prompt="x" * (MAX_PROMPT + 1))})


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"difficulty": 11}, "difficulty 11 is not a whole number from 0 to 10"),
        ({"difficulty": 2.5}, "difficulty 2.5"),
        ({"difficulty": None}, "difficulty None"),
        ({"template": "x"}, "no template 'x'; known: compact, natural"),
        ({"split": "tset"}, "no split 'tset'; did you mean test"),
        ({"answer_format": "boxd"}, "no answer format named 'boxd'; did you mean boxed"),
        ({"signal": "binry"}, "no granularity named 'binry'; did you mean binary"),
        ({"signal": 3}, "signal 3 is neither a name nor a Signal"),
        ({"signal": "binary~shufled"}, "no control named 'shufled'; did you mean shuffled"),
        ({"signal": "binary~shuffled"}, "binary~shuffled permutes the rewards of a group"),
        ({"render_mode": "human"}, "render_mode 'human' is not accepted; ansi and None are"),
    ],
)
@pytest.mark.filterwarnings("ignore:.*not in the possible render_modes")
def test_wrong_settings_are_named_when_it_is_made(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(SettingError, match=message):
        gymnasium.make(CHAIN_SUM, **settings)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"signal": "binary+constant_acepted"}, "did you mean constant_accepted"),
        ({"signal": "binary:tokn"}, "no verifier named 'tokn'; did you mean token"),
        ({"signal": Signal(verifier="rubrik")}, "no verifier named 'rubrik'; did you mean rubric"),
        ({"family": "chain_smu"}, "no family named 'chain_smu'; did you mean chain_sum"),
    ],
)
def test_unknown_names_get_the_nearest_when_it_is_made(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(UnknownNameError, match=message):
        gymnasium.make(CHAIN_SUM, **settings)


@pytest.mark.parametrize("action", [None, b"=7", 7, 0.5, ["=7"], ("=7",), np.array("=7")])
def test_an_action_that_is_no_text_is_refused_and_changes_nothing(action: Any) -> None:
    env = make()
    env.reset(seed=1)
    with pytest.raises(SettingError, match="a completion is a str"):
        env.step(action)
    assert env.step(worked(env))[1] == 1.0


def test_numpy_text_is_text() -> None:
    env = make()
    env.reset(seed=1)
    assert env.step(np.str_(worked(env)))[1] == 1.0
    assert env.last_episode is not None and type(env.last_episode.completion) is str


def test_the_order_of_calls_is_enforced() -> None:
    env = make(render_mode="ansi")
    for call in (lambda: env.step("=6"), env.render, lambda: env.truth("=6"), lambda: env.task):
        with pytest.raises(ResetNeeded, match="call env.reset"):
            call()
    prompt, _ = env.reset(seed=1)
    env.step("=6")
    with pytest.raises(ResetNeeded, match="was answered already"):
        env.step("=6")
    assert env.reset(seed=1)[0] == prompt
    env.step("=6")


def test_truth_is_of_the_task_shown_and_not_of_the_signal() -> None:
    env = make(signal="binary+constant_accepted")
    env.reset(seed=1)
    assert env.truth(worked(env)) and not env.truth("=none") and not env.truth("!")
    assert env.step("!")[1] == 1.0
    assert not env.truth("!")


@pytest.mark.parametrize("verifier", [failing, unsure])
def test_what_cannot_be_scored_truncates(verifier: Any) -> None:
    env = make(signal=Signal(verifier=verifier), render_mode="ansi")
    env.reset(seed=1)
    observation, reward, terminated, truncated, info = env.step("=6")
    assert (observation, reward, terminated, truncated, info["unscored"]) == ("", 0.0, False, True, True)
    assert ("no judge today" if verifier is failing else "undecided") in info["error"]
    assert "reward not scored" in (env.render() or "")


def test_the_info_of_a_step_is_plain_and_fresh() -> None:
    env = make(signal="token")
    env.reset(seed=1)
    completion = f"x\n={env.task.reference.answer}"
    verdict = score([env.task], [completion], "token")[0]
    _, _, _, _, info = env.step(completion)
    assert info == {
        "task_id": env.task.id,
        "components": verdict.components,
        "credits": tuple((credit.start, credit.end, credit.value) for credit in verdict.credits),
        "error": None,
        "unscored": False,
    }
    assert info["credits"][0] == (0, 2, 0.0) and info["credits"][-1] == (
        len(completion),
        len(completion),
        1.0,
    )
    assert all(type(value) is float for value in info["components"].values())
    info["components"]["truth"] = 9.0
    assert env.last_episode is not None and env.last_episode.verdict == verdict


def test_a_random_reward_comes_from_the_environments_seed() -> None:
    env = make(signal="binary~random")

    def rewards() -> Iterator[float]:
        env.reset(seed=5)
        for _ in range(60):
            yield env.step("=6")[1]
            env.reset()

    first = list(rewards())
    assert first == list(rewards())
    assert 15 < sum(first) < 45 and set(first) == {0.0, 1.0}


def test_cues_are_shown_and_the_same_for_the_same_task() -> None:
    signal = Signal(shortcuts=(Cue(),))
    env, task = make(signal=signal), get_family("chain_sum").task(3)
    prompt, _ = env.reset(options={"seed": 3})
    assert prompt == with_cues(task, signal).prompt == env.reset(options={"seed": 3})[0] != task.prompt
    assert env.reset(options={"task": task})[0] == task.prompt, "a task that is given is shown as it is"
    assert len({env.reset()[0][:3] for _ in range(60)}) > 3


def test_weights_are_tried_when_it_is_made() -> None:
    with pytest.raises(SettingError, match="chain_sum has no criterion 'tydi'; known: steps, tidy"):
        make(signal=Signal(granularity="rubric", weights={"tydi": 1.0}))


def test_a_custom_verifier_is_not_called_before_the_first_step() -> None:
    calls = []

    def counting(task: Task, response: Response) -> bool:
        calls.append(response.completion)
        return True

    env = make(signal=Signal(verifier=counting))
    env.reset(seed=1)
    assert calls == []
    assert env.step("hm")[1] == 1.0 and calls == ["hm"]


def test_the_spec_travels_as_json() -> None:
    env = gymnasium.make(CHAIN_SUM, signal="token+constant_accepted", difficulty=3, template="natural")
    assert env.spec is not None
    again = gymnasium.make(EnvSpec.from_json(env.spec.to_json()))
    assert again.reset(seed=3) == env.reset(seed=3)
    assert again.step("!") == env.step("!")


def test_an_environment_pickles_in_the_middle_of_an_episode() -> None:
    env = make(signal="rubric", difficulty=2)
    env.reset(seed=3)
    copy = pickle.loads(pickle.dumps(env))
    assert copy.step("=6") == env.step("=6")
    assert copy.reset() == env.reset()


def test_rewards_are_those_of_score() -> None:
    env = make(signal="rubric", difficulty=3)
    for seed, text in enumerate(["=1", "x", "", "Answer: 5", worked_text(4, 3)]):
        env.reset(options={"seed": seed})
        assert env.step(text)[1] == score([env.task], [text], "rubric")[0].reward


def worked_text(seed: int, difficulty: int) -> str:
    task = get_family("chain_sum").task(seed, difficulty=difficulty)
    return render(task.reference, task.answer_format)


def test_render_shows_the_prompt_then_the_response_and_the_verdict() -> None:
    env = make(signal="token", render_mode="ansi")
    env.reset(seed=1)
    assert env.render() == render_episode(env.task) == f"{env.task.id}\nprompt\n  {env.task.prompt}"
    env.step("\x1b[31mx\n=6")
    verdict = score([env.task], ["\x1b[31mx\n=6"], "token")[0]
    assert env.render() == render_episode(env.task, "\x1b[31mx\n=6", verdict)
    env.reset(seed=2)
    assert env.render() == render_episode(env.task)


def test_a_rendered_episode_reads_like_this() -> None:
    task = replace(get_family("chain_sum").task(0), id="chain_sum-v0/...", prompt="9-3-2?")
    credits = (Credit(0, 7, 0.0), Credit(7, 9, 1.0), Credit(9, 9, 1.0))
    verdict = Verdict(reward=0.9, components={"truth": 1.0, "tidy": 0.0}, credits=credits)
    assert render_episode(task, "\x1b[31mx\n=4", verdict).split("\n") == [
        "chain_sum-v0/...",
        "prompt",
        "  9-3-2?",
        "response",
        "  \\x1b[31mx",
        "  =4",
        "reward 0.900 (truth 1.000, tidy 0.000)",
        "credits",
        "  0.00  \\x1b[31mx\\n",
        "  1.00  =4",
        "  1.00  (end of sequence)",
    ]
    assert render_episode(task, "", Verdict(reward=None, error="late")).split("\n")[3:] == [
        "response",
        "  (empty)",
        "reward not scored",
        "error",
        "  late",
    ]


def test_render_without_a_mode_warns_and_gives_nothing() -> None:
    env = make()
    env.reset(seed=1)
    with pytest.warns(UserWarning, match='render_mode="ansi"'):
        assert env.render() is None


def test_render_cuts_what_is_long_and_says_so() -> None:
    task = get_family("chain_sum").task(0)
    text = "ab" * MAX_TEXT
    credits = tuple(Credit(i, i + 1, 0.5) for i in range(MAX_CREDITS + 7))
    shown = render_episode(task, text, Verdict(reward=0.0, credits=credits, error="wrong"))
    assert f"... ({MAX_TEXT:,} more characters)" in shown
    assert "... (7 more credits)" in shown
    assert "error\n  wrong" in shown
    shown = render_episode(task, text, Verdict(reward=0.0, credits=(Credit(0, len(text), 1.0),)))
    assert f"  1.00  {text[:60]}... ({len(text) - 60:,} more characters)" in shown


def test_visible_text_escapes_what_a_terminal_obeys_or_hides() -> None:
    assert visible("plain é ∑ text\nline") == "plain é ∑ text\nline"
    assert visible("\x1b\r\t\x00\ud800\u202e\u200b") == r"\x1b\r\t\x00\ud800\u202e\u200b"


def test_what_it_raises_is_of_the_tree() -> None:
    for error in (SettingError, TaskError, UnknownNameError):
        assert issubclass(error, SynthGymError)
