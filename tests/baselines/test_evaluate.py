"""Evaluation: the figures against hand-counted ones, unbounded intervals, chat templates, and the log."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

import synthgym.baselines.sampler as sampler
from synthgym.baselines.evaluate import evaluate, held_out, rate_of
from synthgym.baselines.policy import Policy, PolicyConfig, tiny_policy
from synthgym.baselines.sampler import Completions
from synthgym.errors import SettingError, UnknownNameError
from synthgym.log import RolloutLog, read_log
from synthgym.parsing import render
from synthgym.plugins import get_family
from synthgym.types import Task

TEMPLATE = "{% for m in messages %}{{ m['role'] }}: {{ m['content'] }}\n{% endfor %}assistant: "
Script = Callable[[str, int], str]


def small() -> Policy:
    return tiny_policy(PolicyConfig(hidden=16, layers=1, feed_forward=16))


@pytest.fixture
def scripted(monkeypatch: pytest.MonkeyPatch) -> Callable[[Script], None]:
    """Make every policy answer prompt p's i-th completion with `script(p, i)`; greedy decoding is i = -1."""

    def use(script: Script) -> None:
        def generate(policy: Policy, prompts: Sequence[str], **settings: Any) -> Completions:
            n, greedy = settings["n"], settings["greedy"]
            texts = [script(prompt, -1 if greedy else i) for prompt in prompts for i in range(n)]
            ids = [[1] * len(text) for text in texts]
            return Completions(prompt_ids=ids, completion_ids=ids, texts=texts, logprobs=[])

        monkeypatch.setattr(sampler, "generate", generate)

    return use


def answers(tasks: Sequence[Task]) -> dict[str, str]:
    return {task.prompt: render(task.reference, task.answer_format) for task in tasks}


def test_the_figures_are_those_counted_by_hand(scripted: Callable[[Script], None]) -> None:
    tasks = held_out("chain_sum", 4, difficulty=2)
    right, order = answers(tasks), [task.prompt for task in tasks]

    def script(prompt: str, i: int) -> str:
        if i < 0:
            return right[prompt] if order.index(prompt) < 3 else "=x"
        return right[prompt] if i < order.index(prompt) else f"={1000 + i % 2}"

    scripted(script)
    found = evaluate(small(), tasks, k=(1, 2, 4), samples=4)
    counts = [0, 1, 2, 3]
    assert found.pass_at[1].estimate == pytest.approx(sum(counts) / 16)
    assert found.pass_at[2].estimate == pytest.approx((0 + 3 / 6 + 5 / 6 + 1) / 4)
    assert found.pass_at[4].estimate == pytest.approx(3 / 4)
    assert all(0 <= at.low <= at.estimate <= at.high <= 1 for at in found.pass_at.values())
    assert found.greedy is not None
    assert (found.greedy.estimate, found.greedy.n) == (0.75, 4)
    # 0 right: 1000 and 1001 twice each; 1: right, 1001 twice, 1000; 2: right twice, two others; 3: right, one other.
    assert found.entropy.estimate == pytest.approx((1 + 1.5 + 1.5 + 0.8112781) / 4)
    assert (found.tasks, found.samples, found.unscored) == (4, 4, 0)


def test_spellings_of_one_answer_are_one_answer(scripted: Callable[[Script], None]) -> None:
    tasks = held_out("chain_sum", 2, difficulty=1)
    scripted(lambda prompt, i: ["=7", "= 7", "=+7", "=07"][i])
    assert evaluate(small(), tasks, samples=4, greedy=False).entropy.estimate == 0


@pytest.mark.parametrize("rate", [0.0, 1.0])
def test_where_all_tasks_agree_the_interval_is_no_point(
    scripted: Callable[[Script], None], rate: float
) -> None:
    tasks = held_out("chain_sum", 20, difficulty=2)
    right = answers(tasks)
    scripted(lambda prompt, i: right[prompt] if rate else "no idea")
    found = evaluate(small(), tasks, samples=8).pass_at[1]
    assert found.estimate == rate
    assert found.high - found.low == pytest.approx(0.161, abs=0.01)


def test_one_task_gives_an_interval_that_says_nothing_and_json_that_reads(
    scripted: Callable[[Script], None],
) -> None:
    tasks = held_out("chain_sum", 1, difficulty=2)
    right = answers(tasks)
    scripted(lambda prompt, i: right[prompt] if i % 2 else "=!")
    found = evaluate(small(), tasks, samples=8)
    assert (found.pass_at[1].low, found.pass_at[1].high) == (0.0, 1.0)
    plain = json.loads(json.dumps(found.summary(), allow_nan=False))
    assert plain["pass_at"]["1"]["estimate"] == 0.5


def test_a_family_that_fails_is_counted_and_its_completions_are_wrong(
    scripted: Callable[[Script], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(task: Task, answer: str) -> bool:
        raise ValueError("broken")

    tasks = held_out("chain_sum", 3, difficulty=2)
    scripted(lambda prompt, i: "=7")
    monkeypatch.setattr(get_family("chain_sum"), "is_correct", fails)
    monkeypatch.setattr(get_family("chain_sum"), "canonical_answer", fails)
    monkeypatch.setattr("synthgym.verifiers.score.retry", lambda cases, signal: [_unscored() for _ in cases])
    found = evaluate(small(), tasks, samples=2)
    assert (found.unscored, found.pass_at[1].estimate) == (9, 0.0)


def _unscored() -> Any:
    from synthgym.types import Verdict

    return Verdict(reward=None, error="broken")


@pytest.mark.parametrize(
    "garbage", ["", "\ud800", "\x00\x1b[31m", "=" * 100_000, "\\boxed{" * 500, "\n" * 5000]
)
def test_hostile_completions_are_wrong(scripted: Callable[[Script], None], garbage: str) -> None:
    tasks = held_out("chain_sum", 2, difficulty=2)
    scripted(lambda prompt, i: garbage)
    found = evaluate(small(), tasks, samples=2)
    assert found.pass_at[1].estimate == 0


def test_a_real_policy_is_evaluated_the_same_twice_and_otherwise_under_another_seed() -> None:
    tasks = held_out("chain_sum", 8)
    first, again, other = (evaluate(small(), tasks, samples=4, seed=seed) for seed in (3, 3, 4))
    assert first.summary() == again.summary()
    assert first.sampled.completions == again.sampled.completions != other.sampled.completions
    assert first.sampled.token_ids is not None
    assert len(first.sampled.completions) == 32


def test_a_policy_with_a_chat_template_gets_messages(monkeypatch: pytest.MonkeyPatch) -> None:
    policy = small()
    policy.tokenizer.chat_template = TEMPLATE
    seen: list[Any] = []
    genuine = sampler.generate

    def watched(policy: Policy, prompts: Any, **settings: Any) -> Completions:
        seen.extend(prompts)
        return genuine(policy, prompts, **settings)

    monkeypatch.setattr(sampler, "generate", watched)
    tasks = held_out("chain_sum", 3)
    evaluate(policy, tasks, samples=2)
    assert seen[0] == [{"role": "user", "content": tasks[0].prompt}]
    assert len(seen) == 6


def test_every_completion_goes_into_the_log_with_its_temperature(
    scripted: Callable[[Script], None], tmp_path: Path
) -> None:
    tasks = held_out("chain_sum", 3, difficulty=2)
    right = answers(tasks)
    scripted(lambda prompt, i: right[prompt] if i < 1 else "=\ud800")
    found = evaluate(small(), tasks, samples=4, temperature=0.7)
    with RolloutLog(tmp_path) as log:
        found.record(log, step=5, generation=2)
    rows = read_log(tmp_path).to_pylist()
    assert len(rows) == 15
    assert {row["phase"] for row in rows} == {"eval"}
    assert {(row["step"], row["generation"]) for row in rows} == {(5, 2)}
    assert [row["temperature"] for row in rows] == [0.0] * 3 + [0.7] * 12
    assert [row["truth"] for row in rows] == [True] * 3 + [True, False, False, False] * 3
    assert rows[4]["task_id"] == tasks[0].id


def test_held_out_tasks_differ_and_are_test_tasks() -> None:
    tasks = held_out("chain_sum", 30, difficulty=3, template="natural", answer_format="boxed")
    assert len({task.prompt for task in tasks}) == 30
    assert {(t.split, t.difficulty, t.template, t.answer_format) for t in tasks} == {
        ("test", 3, "natural", "boxed")
    }
    later = held_out("chain_sum", 30, difficulty=3, first_seed=1000)
    assert min(task.seed for task in later) >= 1000


def test_a_rate_over_tasks_knows_which_samples_belong_together() -> None:
    alike = rate_of([True] * 50 + [False] * 50, samples=50)
    mixed = rate_of([True, False] * 50, samples=50)
    assert alike.estimate == mixed.estimate == 0.5
    assert (mixed.low, mixed.high) == (0.5, 0.5)
    assert alike.high - alike.low > 0.8


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"k": (0,)}, "whole number from 1 to 8"),
        ({"k": (1, 9), "samples": 8}, r"k \(1, 9\) with 8 samples"),
        ({"k": ()}, "with 8 samples"),
        ({"temperature": 0.0}, "greedy=True decodes greedily"),
    ],
)
def test_impossible_evaluations_are_refused(settings: dict[str, Any], said: str) -> None:
    with pytest.raises(SettingError, match=said):
        evaluate(small(), held_out("chain_sum", 2), **settings)


def test_no_tasks_and_no_family_are_refused() -> None:
    with pytest.raises(SettingError, match="no tasks"):
        evaluate(small(), [])
    with pytest.raises(UnknownNameError, match="chain_sum"):
        held_out("chain_sun")
