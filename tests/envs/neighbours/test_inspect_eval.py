"""Inspect AI, the real package, with its mock model."""

import json
import math
from collections.abc import Callable
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import inspect_ai
import pytest
from inspect_ai.model import ModelOutput, ModelUsage, get_model

import synthgym
from synthgym.envs.dataset import tasks
from synthgym.envs.neighbours import inspect_task
from synthgym.errors import SettingError, UnknownNameError
from synthgym.parsing import render
from synthgym.signal import Signal
from synthgym.types import Response, Task

Reply = Callable[[list[Any]], str]
ENTRY = "synthgym" in {entry.name for entry in entry_points(group="inspect_ai")}


def run(task: Any, reply: Reply, folder: Path, **settings: Any) -> Any:
    def output(messages: list[Any], tools: object, choice: object, config: object) -> ModelOutput:
        said = ModelOutput.from_content("mockllm/model", reply(messages))
        said.usage = ModelUsage(
            input_tokens=1, output_tokens=1, total_tokens=2
        )  # else a tokenizer is fetched
        return said

    model = get_model("mockllm/model", custom_outputs=output)
    log = inspect_ai.eval(task, model=model, log_dir=str(folder), display="none", **settings)[0]
    assert log.status == "success", log.error
    return log


def right_or(wrong: str, drawn: list[Task]) -> Reply:
    """Answers the first task rightly, and every other one with `wrong`."""
    text = {task.prompt: render(task.reference, task.answer_format) for task in drawn[:1]}
    return lambda messages: text.get(messages[0].text, wrong)


def natural(n: int) -> list[Task]:
    return tasks("chain_sum", n, split="test", template="natural")


def test_samples_and_scores(tmp_path: Path) -> None:
    drawn = natural(3)
    log = run(inspect_task("chain_sum", "rubric", n=3), right_or("1\nAnswer: 1", drawn), tmp_path)
    assert [sample.id for sample in log.samples] == [task.id for task in drawn]
    assert [sample.target for sample in log.samples] == [task.reference.answer for task in drawn]
    assert [Task.from_json(sample.metadata["task"]) for sample in log.samples] == drawn
    for sample, task in zip(log.samples, drawn, strict=True):
        (score,) = sample.scores.values()
        verdict = synthgym.score([task], [sample.output.completion], "rubric")[0]
        assert score.value == verdict.reward
        assert score.metadata["components"] == dict(verdict.components)
        assert score.answer == (task.reference.answer if task is drawn[0] else "1")
    (result,) = log.results.scores
    assert result.metrics["mean"].value == pytest.approx(
        sum(next(iter(s.scores.values())).value for s in log.samples) / 3
    )
    assert result.metrics["stderr"].value > 0


def test_binary_reports_the_accuracy(tmp_path: Path) -> None:
    log = run(inspect_task("chain_sum", n=4), right_or("Answer: 12345", natural(4)), tmp_path)
    assert log.results.scores[0].metrics["accuracy"].value == 0.25


def test_what_could_not_be_scored_is_left_out_of_the_metrics(tmp_path: Path) -> None:
    def half(task: Task, response: Response) -> float:
        if task.seed == 0:
            raise RuntimeError("the endpoint is down")
        return 0.5

    log = run(inspect_task("chain_sum", Signal(verifier=half), n=3), lambda messages: "Answer: 1", tmp_path)
    (failed,) = log.samples[0].scores.values()
    assert math.isnan(failed.value) and failed.reason == "scoring_failed"
    assert "the endpoint is down" in failed.explanation and failed.metadata["components"] == {}
    (result,) = log.results.scores
    assert (result.metrics["mean"].value, result.unscored_samples) == (0.5, 1)


def test_feedback_is_the_users_next_message(tmp_path: Path) -> None:
    task = natural(1)[0]
    told: list[str] = []

    def reply(messages: list[Any]) -> str:
        told.append(messages[-1].text)
        return f"Answer: {task.reference.answer}" if len(messages) >= 5 else "Answer: 12345"

    made = inspect_task("chain_sum", "rubric", n=1, max_turns=4, feedback="criterion")
    log = run(made, reply, tmp_path)
    assert len(told) == 3 and "steps" in told[1]
    assert next(iter(log.samples[0].scores.values())).value > 0.6


@pytest.mark.parametrize("completion", ["", "9" * 200_000, "\x00\x1b[2J"])
def test_hostile_completions_get_a_score(tmp_path: Path, completion: str) -> None:
    log = run(inspect_task("chain_sum", "token", n=1), lambda messages: completion, tmp_path)
    (score,) = log.samples[0].scores.values()
    assert score.value < 0.6
    json.loads(log.model_dump_json())


@pytest.mark.parametrize(
    ("settings", "error", "hint"),
    [
        ({"family": "chain_sun"}, UnknownNameError, "chain_sum"),
        ({"signal": "rubrik"}, SettingError, "rubric"),
        ({"signal": "binary~shuffled"}, SettingError, "random"),
        ({"n": 0}, SettingError, "above 0"),
        ({"split": "tset"}, SettingError, "test"),
        ({"feedback": "stp"}, SettingError, "step"),
    ],
)
def test_a_wrong_setting_is_named_with_the_nearest(settings: dict[str, Any], error: type, hint: str) -> None:
    with pytest.raises(error, match=hint):
        inspect_task(**settings)


def test_the_registered_task_takes_the_same_settings(tmp_path: Path) -> None:
    from synthgym.envs.neighbours.inspect_registry import tasks as registered

    log = run(
        registered(family="chain_sum", signal="rubric", n=2, difficulty=1), lambda messages: "", tmp_path
    )
    assert log.eval.task_registry_name == "synthgym/tasks"
    assert log.eval.task_args["difficulty"] == 1
    assert [Task.from_json(sample.metadata["task"]).difficulty for sample in log.samples] == [1, 1]


@pytest.mark.skipif(not ENTRY, reason="SynthGym was installed before it had this entry point")
def test_inspect_finds_the_task_by_its_entry_point(tmp_path: Path) -> None:
    log = run("synthgym/tasks", lambda messages: "", tmp_path, task_args={"family": "chain_sum", "n": 1})
    assert log.eval.task_registry_name == "synthgym/tasks" and len(log.samples) == 1


def test_inspect_finds_the_task_of_the_example(tmp_path: Path) -> None:
    example = Path(__file__).resolve().parents[3] / "examples" / "neighbours_inspect.py"
    (tmp_path / example.name).write_text(example.read_text(encoding="utf-8"), encoding="utf-8")
    assert [found.name for found in inspect_ai.list_tasks(root_dir=tmp_path)] == ["sums"]
