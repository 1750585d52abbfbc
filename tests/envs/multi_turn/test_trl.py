"""Stock GRPOTrainer over the environments: real runs of a tiny policy, and TRL's tool loop fed with scripted turns.

In the real runs everything is real: the model samples its calls, TRL parses them, calls the tools, and trains. In
the scripted ones `_generate_single_turn` is replaced, so that the policy "says" what the test wants; prompts, parsing,
the tool loop, rewards and the update are TRL's own.
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import synthgym
from synthgym.baselines.tool_policy import tool_policy
from synthgym.envs.multi_turn.trl import environment_factory
from synthgym.log import RolloutLog, read_log
from synthgym.signal import Signal
from synthgym.types import Response, Task, Verdict

pytestmark = pytest.mark.filterwarnings("ignore::FutureWarning", "ignore::UserWarning")
FAMILY = "boolean_evaluation"
MakePolicy = Callable[[], Any]


@pytest.fixture(scope="module")
def fresh_policy() -> MakePolicy:
    warm = tool_policy([task.prompt for task in synthgym.tasks(FAMILY, 64)], ["T", "F"], steps=60)
    return warm.copy


def trainer(policy: Any, folder: Path, *, data: Any = None, **settings: Any) -> Any:
    from transformers.trainer_callback import PrinterCallback
    from trl import GRPOConfig, GRPOTrainer

    config: dict[str, Any] = {
        "output_dir": str(folder),
        "per_device_train_batch_size": 8,
        "num_generations": 4,
        "max_steps": 2,
        "max_completion_length": 48,
        "learning_rate": 5e-4,
        "beta": 0.0,
        "bf16": False,
        "gradient_checkpointing": False,
        "use_cpu": True,
        "report_to": "none",
        "logging_steps": 1,
        "save_strategy": "no",
        "disable_tqdm": True,
    } | settings.pop("config", {})
    made = GRPOTrainer(
        model=policy.model,
        processing_class=policy.tokenizer,
        train_dataset=data or synthgym.dataset(FAMILY, n=16, conversational=True),
        args=GRPOConfig(**config),
        **settings,
    )
    made.remove_callback(PrinterCallback)
    return made


def script(made: Any, *turns: str) -> None:
    """Let the policy say `turns`, one after another, in every rollout; then a full stop."""
    tokenizer, said = made.processing_class, iter([*turns, *["."] * 100])

    def generate(prompt_ids: list[list[int]], *args: Any, **kwargs: Any) -> tuple[list[list[int]], Any]:
        ids = [*tokenizer.encode(next(said)), tokenizer.eos_token_id]
        return [list(ids) for _ in prompt_ids], None

    made._generate_single_turn = generate


def test_a_real_run_calls_tools_is_rewarded_and_logged(fresh_policy: MakePolicy, tmp_path: Path) -> None:
    policy = fresh_policy()
    before = [weight.detach().clone() for weight in policy.model.parameters()]
    with RolloutLog(tmp_path / "run") as log:
        factory = environment_factory("binary", family=FAMILY, max_turns=2, feedback="step", log=log)
        made = trainer(policy, tmp_path, environment_factory=factory, callbacks=[factory.callback()])
        made.train()
    assert any((a != b).any() for a, b in zip(before, policy.model.parameters(), strict=True))
    steps = [entry for entry in made.state.log_history if "reward" in entry]
    assert len(steps) == 2
    assert {"rewards/BooleanEvaluationEnvironment/mean", "tools/call_frequency"} <= set(steps[0])
    assert all(float(entry["tools/failure_frequency"]) == 0.0 for entry in steps)
    rows = read_log(tmp_path / "run").to_pylist()
    assert {row["step"] for row in rows} == {0, 1} and {row["turn"] for row in rows} <= {1, 2}
    assert sum(row["turn"] == 1 for row in rows) >= 12, "of 16 rollouts, most hand something in"
    assert all((row["reward"] == 1.0) == row["truth"] for row in rows)
    assert all(row["prompt"] == "-?" for row in rows if row["turn"] == 2)


def test_the_loop_tells_and_the_accepted_answer_counts(fresh_policy: MakePolicy, tmp_path: Path) -> None:
    policy = fresh_policy()
    factory = environment_factory("binary", family=FAMILY, max_turns=2, turn_discount=0.5)
    made = trainer(policy, tmp_path, environment_factory=factory, config={"max_steps": 1})
    script(made, "submit:T;", "submit:F;")
    made.train()
    (entry,) = [entry for entry in made.state.log_history if "reward" in entry]
    prompts = made.train_dataset["prompt"]
    assert float(entry["reward"]) in (0.5, 0.75, 1.0), "right at once, or at the second try, in two groups"
    assert float(entry["tools/call_frequency"]) == 2.0 and len(prompts) == 16


def undecided(task: Task, response: Response) -> Verdict:
    return Verdict(reward=None, error="undecided")


def test_an_unscored_rollout_is_left_out_and_training_goes_on(
    fresh_policy: MakePolicy, tmp_path: Path
) -> None:
    factory = environment_factory(Signal(verifier=undecided), family=FAMILY)
    made = trainer(fresh_policy(), tmp_path, environment_factory=factory, config={"max_steps": 1})
    script(made, "submit:T;")
    made.train()
    assert all(environment.get_reward() is None for environment in made.environments)


@pytest.mark.parametrize(
    "call", ["submit:\x00;", *(pytest.param(each, marks=pytest.mark.slow)
                               for each in ("submit:;", "submit:" + "(" * 40 + ";", "nothing at all", ""))]
)  # fmt: skip
def test_odd_calls_do_not_stop_training(fresh_policy: MakePolicy, tmp_path: Path, call: str) -> None:
    factory = environment_factory("rubric", family=FAMILY, feedback="criterion")
    made = trainer(fresh_policy(), tmp_path, environment_factory=factory, config={"max_steps": 1})
    script(made, call)
    made.train()
    (entry,) = [entry for entry in made.state.log_history if "reward" in entry]
    assert 0.0 <= float(entry["reward"]) < 0.5 and float(entry["tools/failure_frequency"]) == 0.0


def test_families_are_mixed_by_the_column_environment(fresh_policy: MakePolicy, tmp_path: Path) -> None:
    names = [FAMILY, "sorting_trace"]
    data = synthgym.dataset(names, n=8, conversational=True, environment=True)
    factories = environment_factory("binary", family=names)
    made = trainer(
        fresh_policy(), tmp_path, data=data, environment_factory=factories, config={"shuffle_dataset": False}
    )
    script(made, "submit:T;")
    made.train()
    columns = {name for entry in made.state.log_history for name in entry if name.startswith("rewards/")}
    assert {"rewards/BooleanEvaluationEnvironment/mean", "rewards/SortingTraceEnvironment/mean"} <= columns
    assert all(0.0 <= float(entry["reward"]) <= 1.0 for entry in made.state.log_history if "reward" in entry)


def test_reward_functions_judge_the_last_message_beside_the_tools(
    fresh_policy: MakePolicy, tmp_path: Path
) -> None:
    factory = environment_factory("binary", family=FAMILY, owns_reward=False, max_turns=1)
    made = trainer(
        fresh_policy(),
        tmp_path,
        environment_factory=factory,
        reward_funcs=synthgym.rewards("binary"),
        config={"max_steps": 1},
    )
    script(made, "submit:T;", "=T")
    made.train()
    (entry,) = [entry for entry in made.state.log_history if "reward" in entry]
    assert float(entry["reward"]) in (0.0, 0.5, 1.0) and "rewards/binary/mean" in entry
    assert not any("Environment" in name for name in entry)


JSON_TEMPLATE = """\
{%- for m in messages -%}
{%- if m['role'] == 'assistant' -%}{{ m['content'] }}
{%- for c in m['tool_calls'] or [] %}<call>{{ c['function'] | tojson }}</call>{% endfor %}
{%- else -%}{{ '\\n[' ~ m['role'] ~ '] ' ~ m['content'] ~ '\\n' }}{%- endif -%}
{%- endfor -%}"""
JSON_CALLS = {
    "defaults": {"role": "assistant"},
    "start_anchor": "\n",
    "fields": {
        "tool_calls": {
            "open": "<call>",
            "close_pattern": "</call>",
            "repeats": True,
            "content": "json",
            "transform": {"type": "function", "function": "{content}"},
        },
        "content": {"close_pattern": "<eos>", "content": "text"},
    },
}


def test_every_tool_is_called_by_trls_loop_with_json_arguments(
    fresh_policy: MakePolicy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    policy, seen = fresh_policy(), []
    monkeypatch.setattr(policy.tokenizer, "chat_template", JSON_TEMPLATE)
    monkeypatch.setattr(policy.tokenizer, "response_template", JSON_CALLS)
    task = synthgym.tasks("function_synthesis", 1)[0]

    def watching(completions: list[Any], **columns: Any) -> list[float]:
        seen.extend(completions)
        return [0.0] * len(completions)

    made = trainer(
        policy,
        tmp_path,
        data=synthgym.dataset("function_synthesis", n=1, conversational=True),
        environment_factory=environment_factory("binary", family="function_synthesis"),
        reward_funcs=watching,
        config={"max_steps": 1, "max_completion_length": 1500, "num_generations": 8},
    )
    calls: list[tuple[str, dict[str, Any]]] = [
        ("run_code", {"code": "print('out')\n6*7"}),
        ("look_at_test", {"number": 1}),
        ("look_at_test", {"number": [1]}),
        ("check_step", {"step": "x"}),
        ("submit", {"wrong": 1}),
        ("submit", {"answer": "0"}),
        ("submit", {"answer": task.reference.answer}),
    ]
    script(made, *(f"<call>{json.dumps({'name': n, 'arguments': a})}</call>" for n, a in calls))
    made.train()
    assert len(seen) == 8
    told = [message["content"] for message in seen[0] if message["role"] == "tool"]
    assert told[0] == "out\n42" and told[1].startswith("f(") and " == " in told[1]
    assert told[2] == "error: number must be a whole number, and is [1]"
    assert told[3] == "{'error': 'Tool check_step not found.'}", "the family has no such tool"
    assert told[4].startswith("error: submit was called wrongly")
    assert told[5:] == ["-?", "+"]
    (entry,) = [entry for entry in made.state.log_history if "reward" in entry]
    assert float(entry["rewards/FunctionSynthesisEnvironment/mean"]) == 1.0


def test_the_pool_is_reused_and_keeps_nothing(fresh_policy: MakePolicy, tmp_path: Path) -> None:
    made_ones: list[Any] = []
    factory = environment_factory("binary", family=FAMILY)

    def counting() -> Any:
        made_ones.append(factory())
        return made_ones[-1]

    made = trainer(fresh_policy(), tmp_path, environment_factory=counting)
    script(made, "submit:T;", "submit:F;")  # in the first step; in the second nothing is handed in
    made.train()
    assert len(made_ones) == 8, "as many as rollouts in a batch"
    assert [environment.get_reward() for environment in made_ones] == [0.0] * 8
