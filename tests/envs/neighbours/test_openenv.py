"""OpenEnv, the real package: a server on this machine, played over a WebSocket and over HTTP."""

import json
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn

import synthgym
from synthgym.envs.neighbours import openenv, openenv_app
from synthgym.envs.neighbours.openenv_server import SynthGymAction, SynthGymClient
from synthgym.errors import SettingError, UnknownNameError
from synthgym.plugins import VERIFIERS
from synthgym.signal import Signal
from synthgym.types import Response, Task, Verdict

Start = Callable[[Any], str]


@pytest.fixture(scope="module")
def start() -> Iterator[Start]:
    running: list[tuple[uvicorn.Server, threading.Thread]] = []

    def run(app: Any) -> str:
        listening = socket.socket()
        listening.bind(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(app, log_level="critical"))
        thread = threading.Thread(target=server.run, args=([listening],), daemon=True)
        running.append((server, thread))
        thread.start()
        deadline = time.monotonic() + 60
        while not server.started and time.monotonic() < deadline:
            time.sleep(0.01)
        return f"http://127.0.0.1:{listening.getsockname()[1]}"

    yield run
    for server, _ in running:
        server.should_exit = True
    for _, thread in running:
        thread.join(30)


@pytest.fixture(scope="module")
def rubric(start: Start) -> str:
    return start(openenv_app("chain_sum", "rubric", difficulty=1))


def client(url: str) -> Any:
    return SynthGymClient(base_url=url).sync()


def http(url: str) -> httpx.Client:
    return httpx.Client(base_url=url, trust_env=False, timeout=60)


def say(text: str) -> SynthGymAction:
    return SynthGymAction(completion=text)


def test_an_episode_over_a_session(rubric: str) -> None:
    task = synthgym.tasks("chain_sum", 1, difficulty=1, template="natural", first_seed=7)[0]
    right = f"{task.reference.steps[0].text}\nAnswer: {task.reference.answer}"
    with client(rubric) as session:
        seen = session.reset(seed=7)
        assert (seen.observation.prompt, seen.observation.task_id, seen.done) == (task.prompt, task.id, False)
        assert seen.reward is None
        end = session.step(say(right))
        verdict = synthgym.score([task], [right], "rubric")[0]
        assert (end.reward, end.done) == (verdict.reward, True)
        assert end.observation.components == dict(verdict.components)
        state = session.state()
        assert (state.step_count, state.task_id, state.signal) == (1, task.id, "rubric")


def test_what_is_seen_holds_no_answer(rubric: str) -> None:
    task = synthgym.get_family("chain_sum").task(7, difficulty=1, template="natural")
    with client(rubric) as session:
        seen = json.loads(session.reset(seed=7).observation.model_dump_json())
    assert task.reference.answer not in [str(value) for value in seen.values()]
    assert "facts" not in seen and "reference" not in seen


def test_sessions_are_apart_and_share_no_task(rubric: str) -> None:
    def play(_: int) -> tuple[int, float | None]:
        with client(rubric) as session:
            seen = session.reset().observation
            task = synthgym.get_family("chain_sum").task(seen.seed, difficulty=1, template="natural")
            return seen.seed, session.step(say(f"Answer: {task.reference.answer}")).reward

    with ThreadPoolExecutor(4) as pool:
        played = list(pool.map(play, range(8)))
    assert len({seed for seed, _ in played}) == 8
    assert all(reward is not None and reward > 0.6 for _, reward in played)


def test_feedback_between_attempts(start: Start) -> None:
    with client(start(openenv_app("chain_sum", "binary", max_turns=3))) as session:
        first = session.reset(seed=1).observation
        again = session.step(say("Answer: 999"))
        assert (again.done, again.reward, again.observation.attempts_left) == (False, 0.0, 2)
        assert again.observation.prompt != first.prompt and "999" not in again.observation.prompt
        answer = synthgym.get_family("chain_sum").task(1).reference.answer
        end = session.step(say(f"Answer: {answer}"))
        assert (end.done, end.reward, end.observation.prompt) == (True, 1.0, "")
        with pytest.raises(RuntimeError, match="is over: reset"):
            session.step(say("more"))


def test_an_unscored_completion_has_no_reward(start: Start) -> None:
    def never(task: Task, response: Response) -> Verdict:
        raise RuntimeError("the endpoint is down")

    with client(start(openenv_app("chain_sum", Signal(granularity="rubric", verifier=never)))) as session:
        session.reset(seed=1)
        end = session.step(say("Answer: 1"))
        assert (end.reward, end.done, end.observation.unscored) == (None, True, True)
        assert "the endpoint is down" in end.observation.error


def test_a_step_over_http_names_its_task(rubric: str) -> None:
    answer = synthgym.get_family("chain_sum").task(5, difficulty=1).reference.answer
    with http(rubric) as plain:
        seen = plain.post("/reset", json={"seed": 5}).json()
        assert seen["observation"]["seed"] == 5 and seen["done"] is False
        end = plain.post("/step", json={"action": {"completion": f"Answer: {answer}", "seed": 5}}).json()
        assert end["done"] is True and end["reward"] > 0.6
        assert plain.get("/metadata").json()["name"] == "synthgym/chain_sum"
        assert plain.get("/health").json()["status"] == "healthy"
        assert "completion" in plain.get("/schema").json()["action"]["properties"]


def test_the_task_list(rubric: str) -> None:
    with http(rubric) as plain:
        assert [split["name"] for split in plain.get("/chain_sum/splits").json()] == ["train", "test"]
        assert plain.post("/chain_sum/num_tasks", json={"split": "test"}).json() == {"num_tasks": 1000}
        task = plain.post("/chain_sum/task", json={"split": "test", "index": 3}).json()["task"]
        with client(rubric) as session:
            assert session.reset(split="test", index=3).observation.prompt == task["prompt"]


@pytest.mark.parametrize("completion", ["", "9" * 1_000_000, "\x00\x1b[2J", "\\ud800", "Answer: \\udfff"])
def test_hostile_completions_get_a_verdict(rubric: str, completion: str) -> None:
    raw = json.dumps(completion).replace("\\\\u", "\\u")  # as a client may write a lone surrogate
    body = f'{{"action": {{"completion": {raw}, "seed": 1}}}}'
    with http(rubric) as plain:
        answered = plain.post("/step", content=body, headers={"content-type": "application/json"})
    assert answered.status_code == 200, answered.text
    assert answered.json()["reward"] < 0.6 and answered.json()["done"] is True


def test_what_is_wrong_is_told(rubric: str) -> None:
    with http(rubric) as plain:
        for path, body, hint in (
            ("/step", {"action": {"completion": "x"}}, "seed"),
            ("/step", {"action": {"completion": "x", "seed": -1}}, "seed -1"),
            ("/step", {"action": {"text": "x"}}, "completion"),
            ("/reset", {"split": "tets"}, "did you mean test"),
        ):
            answered = plain.post(path, json=body)
            assert answered.status_code == 422 and hint in answered.text
    with client(rubric) as session:
        for settings, hint in (({"difficulty": 99}, "0 to 10"), ({"sed": 4}, "did you mean seed")):
            with pytest.raises(RuntimeError, match=hint):
                session.reset(**settings)
        assert session.reset(seed=1).observation.seed == 1


@pytest.mark.parametrize(
    ("settings", "error", "hint"),
    [
        ({"family": "chain_sun"}, UnknownNameError, "chain_sum"),
        ({"signal": "rubrik"}, SettingError, "rubric"),
        ({"signal": "binary~shuffled"}, SettingError, "random"),
        ({"difficulty": 11}, SettingError, "0 to 10"),
        ({"max_sessions": 0}, SettingError, "max_sessions"),
        ({"feedback": "stp"}, SettingError, "step"),
    ],
)
def test_a_wrong_setting_is_named_with_the_nearest(settings: dict[str, Any], error: type, hint: str) -> None:
    with pytest.raises(error, match=hint):
        openenv_app(**settings)


def test_the_command_serves_what_it_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    served: list[dict[str, Any]] = []
    monkeypatch.setattr(uvicorn, "run", lambda app, **where: served.append({"app": app, **where}))
    assert openenv.main(["--family", "chain_sum", "--signal", "rubric", "--port", "8123"]) == 0
    assert (served[0]["host"], served[0]["port"]) == ("127.0.0.1", 8123)
    monkeypatch.setattr("sys.path", [*sys.path])
    (tmp_path / "my_served_judge.py").write_text(
        "import synthgym\n@synthgym.register_verifier('served_judge')\ndef judge(task, response):\n    return 1.0\n"
    )
    words = ["--signal", "binary:served_judge", "--import", str(tmp_path / "my_served_judge.py")]
    try:
        assert openenv.main(words) == 0 and len(served) == 2
    finally:
        VERIFIERS._loaded.pop("served_judge", None)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--family", "chain_sun"], "no family named 'chain_sun'; did you mean chain_sum?"),
        (["--famly", "chain_sum"], "did you mean --family?"),
        (["--port", "x"], "--port 'x' is not a whole number"),
        (["--difficulty", "11"], "0 to 10"),
    ],
)
def test_the_command_tells_what_is_wrong_in_one_line(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert openenv.main(arguments) == 2
    err = capsys.readouterr().err
    assert said in err and err.count("\n") == 1
