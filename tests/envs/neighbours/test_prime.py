"""PrimeIntellect's `verifiers` 0.4, the real package: families as environments, and environments as families."""

import asyncio
import importlib.util
import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import islice
from pathlib import Path
from typing import Any

import gymnasium
import pytest
import verifiers.v1 as vf
from verifiers.v1.graph import MessageNode

import synthgym
from synthgym.envs.neighbours import from_verifiers, load_environment, write_package
from synthgym.envs.neighbours._prime_rubric import outcome
from synthgym.errors import FamilyError, PluginError, SettingError, UnknownNameError
from synthgym.parsing import render
from synthgym.signal import Signal
from synthgym.types import Response, Task, Verdict

Reply = Callable[[list[dict[str, Any]]], str]


def first(env: Any) -> Any:
    return next(iter(env.taskset))


def trace_of(task: Any, completion: str) -> Any:
    nodes = [
        MessageNode(message=vf.UserMessage(content=task.data.prompt)),
        MessageNode(parent=0, message=vf.AssistantMessage(content=completion), sampled=True),
    ]
    info = vf.AgentInfo(config=vf.AgentConfig(runtime=vf.SubprocessConfig()))
    return vf.Trace(task=vf.TraceTask(type=type(task).__name__, data=task.data), agent=info, nodes=nodes)


class Endpoint:
    """An OpenAI-compatible endpoint on this machine that says what `reply` makes of the messages."""

    def __init__(self, reply: Reply) -> None:
        self.seen: list[list[dict[str, Any]]] = []
        endpoint = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["content-length"])))
                endpoint.seen.append(body["messages"])
                message = {"role": "assistant", "content": reply(body["messages"])}
                answer = {
                    "id": "1",
                    "object": "chat.completion",
                    "created": 1,
                    "model": body["model"],
                    "choices": [{"index": 0, "finish_reason": "stop", "message": message}],
                    "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2},
                }
                data = json.dumps(answer).encode()
                self.send_response(200)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, format: str, *args: object) -> None:
                """Keep quiet."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}/v1"


@pytest.fixture
def serve(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Callable[[Reply], Endpoint]]:
    monkeypatch.setenv("SYNTHGYM_TEST_KEY", "none")
    monkeypatch.setattr("verifiers.v1.runtimes.subprocess.CACHE_DIR", tmp_path)
    started: list[Endpoint] = []

    def start(reply: Reply) -> Endpoint:
        started.append(Endpoint(reply))
        return started[-1]

    yield start
    for endpoint in started:
        endpoint.server.shutdown()
        endpoint.server.server_close()


def play(env: Any, endpoint: Endpoint) -> Any:
    client = vf.EvalClientConfig(base_url=endpoint.url, api_key_var="SYNTHGYM_TEST_KEY")
    context = vf.ModelContext(model="fake", client=client, sampling=vf.SamplingConfig())

    async def episode() -> Any:
        async with env.serving():
            return await env.run_episode(first(env), context)

    return asyncio.run(episode())


def never(task: Task, response: Response) -> Verdict:
    raise RuntimeError("the endpoint is down")


def test_rows_hold_the_prompt_the_answer_and_the_task() -> None:
    env = load_environment("chain_sum", "rubric", n=3, difficulty=2, template="compact")
    expected = synthgym.tasks("chain_sum", 3, difficulty=2)
    rows = list(env.taskset)
    assert [row.data.prompt for row in rows] == [task.prompt for task in expected]
    assert [row.data.answer for row in rows] == [task.reference.answer for task in expected]
    assert [Task.from_json(row.data.info["task"]) for row in rows] == expected
    assert [row.key for row in rows] == [task.id for task in expected]
    assert isinstance(env, vf.Env)
    assert json.loads(rows[0].data.model_dump_json())["info"]["signal"] == "rubric"


def test_families_take_turns() -> None:
    env = load_environment(["chain_sum", "sat_assignment"], n=4)
    assert [Task.from_json(row.data.info["task"]).family for row in env.taskset] == [
        "chain_sum",
        "sat_assignment",
    ] * 2


@pytest.mark.parametrize("signal", ["binary", "rubric", "token"])
def test_the_scalar_is_the_only_reward_and_the_components_are_metrics(signal: str) -> None:
    task = first(load_environment("chain_sum", signal))
    ours = Task.from_json(task.data.info["task"])
    right = render(ours.reference, ours.answer_format)
    for completion in (right, right.replace("Answer: ", "Answer: 9"), "", "Answer:"):
        trace = trace_of(task, completion)
        asyncio.run(task.score(trace))
        verdict = synthgym.score([ours], [completion], signal)[0]
        assert list(trace.rewards) == ["reward"]
        assert trace.reward == trace.rewards["reward"].score == verdict.reward
        assert trace.metrics == dict(verdict.components)
        assert trace.info["synthgym"]["credits"] == [[c.start, c.end, c.value] for c in verdict.credits]


def test_the_worked_solution_validates() -> None:
    task = first(load_environment("chain_sum", "rubric"))
    assert asyncio.run(task.validate(None)) is True
    assert asyncio.run(first(load_environment("chain_sum", "binary~random")).validate(None)) is None


def test_an_unscored_completion_leaves_no_reward_and_an_error(serve: Callable[[Reply], Endpoint]) -> None:
    env = load_environment("chain_sum", Signal(granularity="rubric", verifier=never), n=1)
    episode = play(env, serve(lambda messages: "Answer: 1"))
    (trace,) = episode.traces
    assert trace.rewards == {"reward": None}
    assert trace.reward == 0.0 and not trace.ok and not episode.ok
    assert "not scored" in trace.last_error.message and "the endpoint is down" in trace.last_error.message
    assert trace.info["synthgym"]["unscored"] is True
    json.loads(trace.model_dump_json())


def test_an_episode_is_one_call_of_the_model(serve: Callable[[Reply], Endpoint]) -> None:
    env = load_environment("chain_sum", "rubric", n=1)
    endpoint = serve(lambda messages: f"Answer: {first(env).data.answer}")
    episode = play(env, endpoint)
    assert episode.ok, episode.errors
    assert endpoint.seen == [[{"role": "user", "content": first(env).data.prompt}]]
    assert episode.traces[0].reward > 0.6
    assert episode.traces[0].metrics["truth"] == 1.0


def test_feedback_is_the_users_next_message(serve: Callable[[Reply], Endpoint]) -> None:
    env = load_environment("chain_sum", "rubric", n=1, max_turns=4, feedback="criterion")
    answer = first(env).data.answer
    endpoint = serve(lambda messages: f"Answer: {answer}" if len(messages) >= 5 else "Answer: 1234")
    (trace,) = play(env, endpoint).traces
    assert [len(messages) for messages in endpoint.seen] == [1, 3, 5]
    assert "steps" in endpoint.seen[1][2]["content"]
    assert trace.num_turns == 3 and trace.reward > 0.6


def test_scoring_leaves_the_event_loop_free() -> None:
    ticked = threading.Event()

    def slow(task: Task, response: Response) -> float:
        return float(ticked.wait(30))

    task = first(load_environment("chain_sum", Signal(verifier=slow), n=1))
    trace = trace_of(task, "x")

    async def both() -> None:
        scoring = asyncio.create_task(task.score(trace))
        await asyncio.sleep(0.05)
        ticked.set()
        await scoring

    asyncio.run(both())
    assert trace.reward == 1.0


@pytest.mark.parametrize("completion", ["", "9" * 1_000_000, "\ud800\udfff", "\x00\x1b[2J", "Answer: \ud800"])
def test_hostile_completions_get_a_verdict(completion: str) -> None:
    task = first(load_environment("chain_sum", "token"))
    assert asyncio.run(outcome(task, completion)).total < 0.6


@pytest.mark.parametrize(
    ("settings", "error", "hint"),
    [
        ({"family": "chain_sun"}, UnknownNameError, "chain_sum"),
        ({"family": ["chain_sum", "sorting"]}, UnknownNameError, "sorting_trace"),
        ({"signal": "rubrik"}, SettingError, "rubric"),
        ({"signal": "binary:nope"}, UnknownNameError, "nope"),
        ({"signal": "binary~shuffled"}, SettingError, "random"),
        ({"difficulty": 11}, SettingError, "0 to 10"),
        ({"feedback": "critrion"}, SettingError, "criterion"),
        ({"max_turns": 0}, SettingError, "max_turns"),
    ],
)
def test_a_wrong_setting_is_named_with_the_nearest(settings: dict[str, Any], error: type, hint: str) -> None:
    with pytest.raises(error, match=hint):
        load_environment(**settings)


def imported(folder: Path, module: str) -> Any:
    spec = importlib.util.spec_from_file_location(module, folder / module / "__init__.py")
    assert spec is not None and spec.loader is not None
    made = importlib.util.module_from_spec(spec)
    sys.modules[module] = made
    spec.loader.exec_module(made)
    return made


def test_a_written_package_is_what_verifiers_looks_for(tmp_path: Path) -> None:
    home = write_package(tmp_path, "chain_sum", "rubric", name="demo-sums", n=5, difficulty=1)
    assert home == tmp_path / "demo_sums"
    assert 'name = "demo-sums"' in (home / "pyproject.toml").read_text()
    module = imported(home, "demo_sums")
    try:
        config = vf.resolve_env_config({"taskset": {"id": "demo-sums", "n": 2}})
        env = vf.load_environment(config)
        assert [row.data.info["signal"] for row in env.taskset] == ["rubric"] * 2
        assert Task.from_json(first(env).data.info["task"]).difficulty == 1
        assert module.load_environment(n=3).taskset.config.n == 3
        assert type(env._harnesses["agent"]).__name__ == "ChatHarness"
        assert from_verifiers("demo-sums", name="demo_sums_again", n=4).name == "demo_sums_again"
    finally:
        del sys.modules["demo_sums"]


def test_a_package_that_could_not_work_is_not_written(tmp_path: Path) -> None:
    with pytest.raises(SettingError, match="label"):
        write_package(tmp_path, "chain_sum", Signal(verifier=never))
    with pytest.raises(SettingError, match="difficulty"):
        write_package(tmp_path, "chain_sum", dificulty=3)
    with pytest.raises(SettingError, match="cannot name a package"):
        write_package(tmp_path, "chain_sum", name="../x")
    assert list(tmp_path.iterdir()) == []
    write_package(tmp_path, "chain_sum", name="a-b")
    with pytest.raises(SettingError, match="not empty"):
        write_package(tmp_path, "chain_sum", name="a-b")


@pytest.mark.slow
def test_vf_validate_and_vf_eval_run_on_a_written_package(
    tmp_path: Path, serve: Callable[[Reply], Endpoint]
) -> None:
    home = write_package(tmp_path, "chain_sum", "rubric", name="demo-eval", n=4)

    def reply(messages: list[dict[str, Any]]) -> str:
        terms = re.findall(r"[-+]? ?\d+", messages[0]["content"])
        return f"Answer: {sum(int(term.replace(' ', '')) for term in terms)}"

    endpoint = serve(reply)
    environment = {**os.environ, "PYTHONPATH": str(home), "HOME": str(tmp_path)}

    def run(command: str, *arguments: str) -> str:
        code = f"from verifiers.v1.cli.{command} import main; main()"
        done = subprocess.run(
            [sys.executable, "-c", code, "demo-eval", *arguments, "--no-rich", "-o", "out"],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            timeout=300,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout + done.stderr

    assert '"valid_rate": 1.0' in run("validate", "-n", "3", "--runtime.type", "subprocess")
    client = ("--client.base-url", endpoint.url, "--client.api-key-var", "SYNTHGYM_TEST_KEY")
    printed = run("eval.main", "-n", "3", "-m", "fake", "--no-push", *client)
    assert printed.count("reward=0.8") == 3, printed


class SumData(vf.TaskData):  # type: ignore[misc]
    answer: str


class SumTask(vf.Task[SumData, vf.State, vf.TaskConfig]):  # type: ignore[misc]
    @vf.reward(weight=0.7)  # type: ignore[untyped-decorator]
    async def correct(self, trace: vf.Trace) -> float:
        await asyncio.sleep(0)
        if "boom" in trace.last_reply:
            raise RuntimeError("no such luck")
        return float(vf.extract_boxed_answer(trace.last_reply, strict=True) == self.data.answer)

    @vf.reward(weight=0.1)  # type: ignore[untyped-decorator]
    async def style(self, trace: vf.Trace) -> dict[str, float]:
        return {"short": float(len(trace.last_reply) < 100), "polite": float("damn" not in trace.last_reply)}

    @vf.reward(weight=0.1)  # type: ignore[untyped-decorator]
    async def asked(self, task: SumData, trace: vf.Trace) -> float:
        return float(
            [m.role for m in trace.messages] == ["system", "user", "assistant"] and task.answer != ""
        )

    @vf.metric  # type: ignore[untyped-decorator]
    async def length(self, trace: vf.Trace) -> float:
        return len(trace.last_reply)


class Sums(vf.Taskset[SumTask, vf.TasksetConfig]):  # type: ignore[misc]
    rows = 8

    def load(self) -> Iterator[SumTask]:
        for i in range(self.rows):
            data = SumData(prompt=f"{i} + {i}?", system_prompt="Box it.", answer=str(2 * i))
            yield SumTask(data, self.config.task)


def sums() -> Any:
    return Sums(vf.TasksetConfig(id="demo-doubles"))


def test_an_environment_becomes_a_family() -> None:
    family = from_verifiers(sums())
    assert family.name == "demo_doubles" and synthgym.get_family("demo_doubles") is family
    tasks = [*synthgym.tasks("demo_doubles", 6), *synthgym.tasks("demo_doubles", 2, split="test")]
    assert sorted(task.prompt for task in tasks) == [f"Box it.\n\n{i} + {i}?" for i in range(8)]
    for task in tasks:
        right = render(task.reference, task.answer_format)
        assert right.startswith("\\boxed{")
        assert family.truth(task, right) and not family.truth(task, "\\boxed{77}")
        assert Task.from_json(task.to_json()) == task


def test_an_imported_familys_signals() -> None:
    from_verifiers(sums())
    task = synthgym.tasks("demo_doubles", 1)[0]
    right, wrong = f"\\boxed{{{task.reference.answer}}}", "\\boxed{77}"
    assert [v.reward for v in synthgym.score([task] * 2, [right, wrong])] == [1.0, 0.0]
    graded = synthgym.score([task] * 2, [right, wrong], "rubric")
    assert graded[0].reward == pytest.approx(1.0) and graded[1].reward == pytest.approx(0.4 * 0.3)
    own = synthgym.score([task] * 2, [right, wrong], "binary:demo_doubles")
    assert [v.reward for v in own] == [pytest.approx(1.0), pytest.approx(0.3)]
    assert own[1].components == {"correct": 0.0, "short": 1.0, "polite": 1.0, "asked": 1.0, "length": 10.0}


def test_a_reward_that_raises_leaves_its_completion_unscored_and_no_other() -> None:
    from_verifiers(sums())
    task = synthgym.tasks("demo_doubles", 1)[0]
    for signal in ("binary", "rubric", "binary:demo_doubles"):
        failed, fine = synthgym.score([task] * 2, ["boom", "\\boxed{77}"], signal)
        assert failed.reward is None and "no such luck" in str(failed.error)
        assert fine.reward is not None


def test_an_imported_family_is_an_environment_and_a_dataset() -> None:
    from_verifiers(sums())
    env = gymnasium.make("synthgym/DemoDoubles-v0", signal="rubric")
    prompt, info = env.reset(options={"seed": 0})
    task = synthgym.get_family("demo_doubles").task(0)
    assert prompt == task.prompt and info["task_id"] == task.id
    assert env.step(f"\\boxed{{{task.reference.answer}}}")[1] == pytest.approx(1.0)
    assert synthgym.dataset("demo_doubles", n=2, split="test").column_names[:2] == ["prompt", "task"]


def test_right_is_a_threshold_or_a_function() -> None:
    low = from_verifiers(sums(), name="demo_low", right=0.25)
    named = from_verifiers(sums(), name="demo_named", right=lambda rewards: rewards["correct"] == 1.0)
    for family, expected in ((low, True), (named, False)):
        assert family.truth(family.task(0), "\\boxed{77}") is expected
    with pytest.raises(FamilyError, match=r"right= of demo_wrong failed on .*'correct'.*KeyError"):
        from_verifiers(sums(), name="demo_wrong", right=lambda rewards: rewards["corect"] == 1.0)


@pytest.mark.parametrize("completion", ["", "9" * 1_000_000, "\ud800\udfff", "\x00\x1b[2J"])
def test_an_imported_family_judges_hostile_completions(completion: str) -> None:
    family = from_verifiers(sums())
    task = family.task(0)
    assert not family.truth(task, completion)
    assert synthgym.score([task], [completion], "rubric")[0].reward is not None


def test_there_and_back() -> None:
    env = load_environment("chain_sum", "rubric", n=12)
    from_verifiers(env, name="demo_back")
    task = synthgym.tasks("demo_back", 1)[0]
    expected = synthgym.score([task], ["Answer: 5"], "binary:demo_back")[0]
    original = Task.from_json(json.loads(str(task.facts["row"]))["info"]["task"])
    assert expected.reward == synthgym.score([original], ["Answer: 5"], "rubric")[0].reward
    exported = first(load_environment("demo_back", "binary", n=1))
    assert exported.data.prompt == original.prompt


class Bare(vf.Task[SumData, vf.State, vf.TaskConfig]):  # type: ignore[misc]
    """No rubric."""


class Boxed(vf.Task[SumData, vf.State, vf.TaskConfig]):  # type: ignore[misc]
    @vf.reward  # type: ignore[untyped-decorator]
    async def tests_pass(self, trace: vf.Trace, runtime: vf.Runtime) -> float:
        return float((await runtime.run(["true"], {})).exit_code == 0)


class Slow(vf.Task[SumData, vf.State, vf.TaskConfig]):  # type: ignore[misc]
    @vf.reward  # type: ignore[untyped-decorator]
    async def late(self, trace: vf.Trace) -> float:
        await asyncio.sleep(60 if trace.last_reply == "late" else 0)
        return 1.0


def one_row(kind: Any, **data: Any) -> Any:
    class OneRow(vf.Taskset[kind, vf.TasksetConfig]):  # type: ignore[misc]
        def load(self) -> Iterator[Any]:
            yield kind(SumData(**{"prompt": "1 + 1?", "answer": "2", **data}), self.config.task)

    return OneRow(vf.TasksetConfig(id="demo-one"))


class NoRows(Sums):
    rows = 0


class Judged(vf.Env[vf.SingleAgentEnvConfig]):  # type: ignore[misc]
    async def run(self, task: Any, agents: Any) -> None:
        raise NotImplementedError


def test_what_cannot_be_judged_here_is_named() -> None:
    with pytest.raises(FamilyError, match="demo-doubles has no tasks"):
        from_verifiers(NoRows(vf.TasksetConfig(id="demo-doubles")))
    with pytest.raises(FamilyError, match=r"Bare\) has no rubric"):
        from_verifiers(one_row(Bare))
    with pytest.raises(FamilyError, match="reward tests_pass needs a runtime"):
        from_verifiers(one_row(Boxed))
    with pytest.raises(FamilyError, match="has no prompt"):
        from_verifiers(one_row(SumTask, prompt=None))
    env = load_environment("chain_sum", n=1)
    judged = object.__new__(Judged)
    judged.taskset = env.taskset
    with pytest.raises(FamilyError, match=r"Judged.run\(\)"):
        from_verifiers(judged)
    with pytest.raises(PluginError, match="demo-absent"):
        from_verifiers("demo-absent")
    with pytest.raises(SettingError, match="no environment of verifiers"):
        from_verifiers(3)
    with pytest.raises(SettingError, match="chain_sum already"):
        from_verifiers(sums(), name="chain_sum")


def test_a_model_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DEMO_KEY", raising=False)
    judge = {"id": "reference", "model": "some/model", "api_key_var": "DEMO_KEY"}
    config = vf.TasksetConfig(id="demo-doubles", task=vf.TaskConfig(judges=[judge]))
    with pytest.raises(FamilyError, match="judge reference needs the model some/model .*DEMO_KEY"):
        from_verifiers(Sums(config), name="demo_judged")


def test_a_model_that_does_not_answer_is_named() -> None:
    nobody = {"model": "some/model", "base_url": "http://127.0.0.1:9/v1", "api_key_var": "DEMO_KEY"}
    config = vf.TasksetConfig(id="demo-doubles", task=vf.TaskConfig(judges=[{"id": "reference", **nobody}]))
    with pytest.raises(FamilyError, match="judge reference asks some/model at http://127.0.0.1:9/v1"):
        from_verifiers(Sums(config), name="demo_judged", seconds=5)


def test_a_box_may_be_given(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("verifiers.v1.runtimes.subprocess.CACHE_DIR", tmp_path)
    family = from_verifiers(one_row(Boxed), name="demo_boxed", runtime=vf.SubprocessConfig())
    assert family.truth(family.task(0), "anything")


def test_a_rubric_that_does_not_end_leaves_its_completion_unscored() -> None:
    family = from_verifiers(one_row(Slow), name="demo_slow", seconds=1.0)
    task = family.task(0)
    with pytest.raises(synthgym.SynthGymError, match="did not end within 1 s"):
        family.truth(task, "late")
    assert family.truth(task, "in time")


def test_an_endless_taskset_gives_its_first_rows() -> None:
    class Endless(Sums):
        INFINITE = True
        rows = 1 << 40

    family = from_verifiers(Endless(vf.TasksetConfig(id="demo-endless")), n=9)
    prompts = {task.prompt for task in islice((family.task(seed) for seed in range(100)), 100)}
    assert len(prompts) == 7


def test_families_with_weights_and_their_own_messages() -> None:
    env = load_environment({"chain_sum": 3, "sat_assignment": 1}, n=8)
    families = [Task.from_json(row.data.info["task"]).family for row in env.taskset]
    assert families.count("chain_sum") == 6
    with pytest.raises(SettingError, match="weight"):
        load_environment("chain_sum:many,sat_assignment")
    from_verifiers(sums())
    exported = first(load_environment("demo_doubles", n=1))
    assert [(message.role, message.content) for message in exported.data.prompt] == [
        ("system", "Box it."),
        ("user", "0 + 0?"),
    ]
