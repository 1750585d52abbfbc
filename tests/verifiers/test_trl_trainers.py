"""The five stock trainers of TRL, in real, tiny runs: no subclass, no step between our datasets and theirs."""

import inspect
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
import torch

import synthgym
from synthgym.baselines.policy import Policy, tiny_policy
from synthgym.log import RolloutLog, read_log
from synthgym.signal import Signal
from synthgym.types import Response, Task, Verdict

CHAT = (
    "{% for m in messages %}{{ m['role'][0] }}: {{ m['content'] }}\n{% endfor %}"
    "{% if add_generation_prompt %}a: {% endif %}"
)
MIXTURE = {"chain_sum": 3, "sorting_trace": 1}
FORMATS = {
    "GRPO": "prompt_only",
    "RLOO": "prompt_only",
    "SFT": "prompt_completion",
    "DPO": "preference",
    "KTO": "unpaired_preference",
}
TESTS = synthgym.tasks("chain_sum", 2, split="test")


def policy_of(conversational: bool) -> Policy:
    policy = tiny_policy(seed=0)
    policy.tokenizer.chat_template = CHAT if conversational else None
    return policy


def settings(config: Any, folder: Path, **more: Any) -> Any:
    """A tiny run's settings, of those that the trainer has."""
    known = inspect.signature(config).parameters
    wanted = {
        "output_dir": str(folder), "per_device_train_batch_size": 4, "max_steps": 2, "bf16": False, "use_cpu": True,
        "report_to": "none", "save_strategy": "no", "disable_tqdm": True, "logging_steps": 1, "num_generations": 4,
        "max_completion_length": 8, "max_length": 128, "shuffle_dataset": False,
        "lr_scheduler_type": "constant", "learning_rate": 1e-3, "seed": 0, **more,
    }  # fmt: skip
    return config(**{name: value for name, value in wanted.items() if name in known})


def train(
    name: str,
    policy: Policy,
    data: Any,
    folder: Path,
    *,
    rewards: Any = None,
    callback: Any = None,
    **more: Any,
) -> Any:
    import trl

    torch.manual_seed(0)
    online = name in ("GRPO", "RLOO")
    if online:
        more["beta"] = 0.0  # above 0 they load the model they start from a second time, by its name
    trainer = getattr(trl, f"{name}Trainer")(
        model=policy.model,
        processing_class=policy.tokenizer,
        args=settings(getattr(trl, f"{name}Config"), folder, **more),
        train_dataset=data,
        **({"reward_funcs": rewards or synthgym.rewards("rubric")} if online else {}),
        **({"ref_model": policy.copy().model} if name in ("DPO", "KTO") else {}),
        **({"callbacks": [callback]} if callback else {}),
    )
    trainer.train()
    return trainer


def weights(policy: Policy) -> torch.Tensor:
    return torch.cat([weight.detach().flatten() for weight in policy.model.parameters()])


def losses(trainer: Any) -> list[float]:
    return [entry["loss"] for entry in trainer.state.log_history if "loss" in entry]


def bare_answers(prompts: Sequence[str]) -> list[str]:
    assert all(isinstance(prompt, str) for prompt in prompts)
    return ["=0" for _ in prompts]


@pytest.mark.parametrize("streaming", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize("conversational", [False, True], ids=["plain", "chat"])
@pytest.mark.parametrize("name", FORMATS)
def test_a_stock_trainer_trains_on_a_mixture(
    name: str, conversational: bool, streaming: bool, tmp_path: Path
) -> None:
    policy = policy_of(conversational)
    data = synthgym.dataset(
        MIXTURE, n=16, format=FORMATS[name], conversational=conversational, streaming=streaming
    )
    reward = synthgym.rewards("rubric")
    with RolloutLog(tmp_path / "run") as log:
        callback = synthgym.callback(reward, log, tasks=TESTS, sample=bare_answers, every=1)
        trainer = train(name, policy, data, tmp_path / "trl", rewards=reward, callback=callback)
    assert trainer.state.global_step == 2
    assert all(value == value for value in losses(trainer))
    if name in ("SFT", "DPO", "KTO"):
        assert not torch.equal(weights(policy), weights(policy_of(conversational)))
    evaluated = read_log(tmp_path / "run", phases="eval").to_pylist()
    assert [(row["step"], row["task_id"]) for row in evaluated] == [
        (step, task.id) for step in (0, 1, 2) for task in TESTS
    ]
    assert {row["reward"] for row in evaluated} == {0.0}
    trained = read_log(tmp_path / "run", phases="train").to_pylist()
    assert len(trained) == (8 if name in ("GRPO", "RLOO") else 0)
    assert all(row["reward"] is not None and row["prompt"].endswith("?") for row in trained)


@pytest.mark.parametrize("conversational", [False, True], ids=["plain", "chat"])
def test_sft_reads_whole_texts_too(conversational: bool, tmp_path: Path) -> None:
    data = synthgym.dataset("chain_sum", n=8, format="language_modeling", conversational=conversational)
    assert losses(train("SFT", policy_of(conversational), data, tmp_path))


@pytest.mark.parametrize("streaming", [False, True], ids=["whole", "streamed"])
def test_a_curriculum_is_met_in_its_order_without_shuffling(streaming: bool, tmp_path: Path) -> None:
    data = synthgym.dataset("chain_sum", n=4, difficulty=[0, 5], streaming=streaming)
    reward = synthgym.rewards("rubric")
    with RolloutLog(tmp_path / "run") as log:
        train("GRPO", policy_of(False), data, tmp_path / "trl", rewards=reward, max_steps=4,
              callback=synthgym.callback(reward, log))  # fmt: skip
    rows = read_log(tmp_path / "run").to_pylist()
    assert [row["difficulty"] for row in rows] == [0] * 8 + [5] * 8


def graded(task: Task, response: Response) -> Verdict:
    """Rewards that differ within a group whatever a policy says: by length, in two named components."""
    length = len(response.completion)
    return Verdict(
        reward=0.25 * (length % 3) + 0.5 * (length % 2),
        components={"thirds": 0.25 * (length % 3), "halves": 0.5 * (length % 2)},
    )


@pytest.mark.parametrize("name", ["GRPO", "RLOO"])
@pytest.mark.parametrize(
    ("signal", "components"),
    [
        ("rubric", ["chain_sum"]),
        ("binary+constant_accepted", "chain_sum"),
        (Signal(verifier=graded), ["thirds", "halves"]),
    ],
    ids=["rubric", "shortcut", "custom"],
)
def test_training_on_the_components_is_training_on_the_scalar(
    name: str, signal: str | Signal, components: str | list[str], tmp_path: Path
) -> None:
    logs: dict[str, list[dict[str, Any]]] = {}
    runs: dict[str, Any] = {}
    trained: dict[str, torch.Tensor] = {}
    for kind in ("scalar", "components"):
        policy = policy_of(False)
        reward = synthgym.rewards(signal, components=components if kind == "components" else None)
        data = synthgym.dataset("chain_sum", n=16)
        with RolloutLog(tmp_path / kind, run="run") as log:
            measuring = synthgym.callback(reward, log)
            runs[kind] = train(
                name, policy, data, tmp_path / "trl", rewards=reward, callback=measuring, max_steps=3
            )
        trained[kind] = weights(policy)
        logs[kind] = read_log(tmp_path / kind, columns=["step", "completion", "reward"]).to_pylist()
    assert logs["scalar"] == logs["components"]
    assert len(logs["scalar"]) == 12
    torch.testing.assert_close(trained["components"], trained["scalar"], atol=1e-6, rtol=0)
    if isinstance(signal, Signal):
        assert not torch.equal(trained["scalar"], weights(policy_of(False)))
    logged = runs["components"].state.log_history[0]
    for function in synthgym.rewards(signal, components=components):
        assert f"rewards/{function.__name__}/mean" in logged
    history = [
        [entry["reward"] for entry in run.state.log_history if "reward" in entry] for run in runs.values()
    ]
    assert history[0] == pytest.approx(history[1])


def half_failing() -> Callable[[Task, Response], Verdict]:
    """Every third verdict lacks the component "truth": a style-only reward would be left over."""
    calls: list[int] = []

    def verifier(task: Task, response: Response) -> Verdict:
        calls.append(1)
        style = {"style": float(len(response.completion) % 2)}
        found: dict[str, float] = {} if len(calls) % 3 == 0 else {"truth": 0.0}
        return Verdict(reward=style["style"], components={**found, **style})

    return verifier


def test_a_component_that_fails_leaves_its_completion_out_and_the_others_in(tmp_path: Path) -> None:
    from synthgym.baselines.token_grpo import last_advantages

    policy = policy_of(False)
    reward = synthgym.rewards(Signal(verifier=half_failing()), components=["truth", "style"])
    data = synthgym.dataset("chain_sum", n=16)
    found: list[Any] = []
    with RolloutLog(tmp_path / "run") as log:
        measuring = synthgym.callback(reward, log, advantages=lambda: last_advantages(found[0]))
        import trl

        config = settings(
            trl.GRPOConfig, tmp_path / "trl", per_device_train_batch_size=12, max_steps=2, num_generations=4
        )
        found.append(
            trl.GRPOTrainer(
                model=policy.model,
                processing_class=policy.tokenizer,
                args=config,
                train_dataset=data,
                reward_funcs=reward,
                callbacks=[measuring],
            )
        )
        found[0].train()
    rows = read_log(tmp_path / "run").to_pylist()
    unscored = [row for row in rows if row["reward"] is None]
    assert len(rows) == 24
    assert len(unscored) == 8
    assert all(row["advantage"] == [0.0] for row in unscored)
    assert all("no number for component 'truth'" in row["error"] for row in unscored)
    assert any(row["advantage"] != [0.0] for row in rows)
    assert not torch.equal(weights(policy), weights(policy_of(False)))


def test_the_trainers_own_evaluation_is_logged_as_such(tmp_path: Path) -> None:
    import trl

    policy, reward = policy_of(False), synthgym.rewards("rubric", components="chain_sum")
    config = settings(
        trl.GRPOConfig, tmp_path / "trl", eval_strategy="steps", eval_steps=1, per_device_eval_batch_size=4
    )
    with RolloutLog(tmp_path / "run") as log:
        trl.GRPOTrainer(
            model=policy.model,
            processing_class=policy.tokenizer,
            args=config,
            train_dataset=synthgym.dataset("chain_sum", n=16),
            eval_dataset=synthgym.dataset("chain_sum", n=1, split="test"),
            reward_funcs=reward,
            callbacks=[synthgym.callback(reward, log)],
        ).train()
    rows = read_log(tmp_path / "run").to_pylist()
    assert sorted((row["step"], row["phase"], row["split"]) for row in rows) == [
        *[(0, "train", "train")] * 4,
        *[(1, "eval", "test")] * 4,
        *[(1, "train", "train")] * 4,
        *[(2, "eval", "test")] * 4,
    ]


@pytest.mark.parametrize(
    ("name", "suffix", "conversational"),
    [
        ("SFT", ".jsonl", True),
        ("DPO", ".parquet", True),
        ("DPO", ".jsonl", False),
        ("KTO", ".parquet", False),
        ("KTO", ".jsonl", True),
        ("GRPO", ".parquet", True),
    ],
)
def test_a_stock_trainer_trains_on_an_export_that_was_read_back(
    name: str, suffix: str, conversational: bool, tmp_path: Path
) -> None:
    from datasets import load_dataset

    file = tmp_path / f"rows{suffix}"
    synthgym.export(file, MIXTURE, n=16, format=FORMATS[name], conversational=conversational)
    kind = "json" if suffix == ".jsonl" else "parquet"
    data = load_dataset(kind, data_files=str(file), split="train", cache_dir=str(tmp_path / "cache"))
    assert losses(train(name, policy_of(conversational), data, tmp_path / "trl", max_steps=1))


@pytest.mark.parametrize("name", ["SFT", "DPO", "KTO"])
def test_a_stock_trainer_trains_on_a_runs_rollouts(name: str, tmp_path: Path) -> None:
    from datasets import load_dataset

    reward = synthgym.rewards(Signal(verifier=graded))
    with RolloutLog(tmp_path / "run") as log:
        train("GRPO", policy_of(False), synthgym.dataset(MIXTURE, n=16), tmp_path / "trl", rewards=reward,
              callback=synthgym.callback(reward, log), per_device_train_batch_size=16)  # fmt: skip
    synthgym.export(tmp_path / "data", source=tmp_path / "run", format=FORMATS[name], conversational=True)
    data = load_dataset(str(tmp_path / "data"), split="train", cache_dir=str(tmp_path / "cache"))
    assert losses(train(name, policy_of(True), data, tmp_path / "trl", max_steps=1))


_TWO_PROCESSES = """
import os, sys
sys.path[:] = [entry for entry in sys.path if entry not in ("", sys.argv[1])]
from pathlib import Path
import synthgym
from synthgym.baselines.policy import tiny_policy
from trl import GRPOConfig, GRPOTrainer
out = Path(sys.argv[1]) / os.environ["RANK"]
rewards = synthgym.rewards("rubric", components="chain_sum")
with synthgym.RolloutLog(out / "run") as log:
    GRPOTrainer(
        model=tiny_policy(seed=0).save(out / "policy").id,
        args=GRPOConfig(output_dir=str(out), per_device_train_batch_size=8, num_generations=4, max_steps=3,
                        max_completion_length=8, shuffle_dataset=False, use_cpu=True, bf16=False, report_to="none",
                        save_strategy="no", disable_tqdm=True),
        reward_funcs=rewards,
        train_dataset=synthgym.dataset("chain_sum", streaming=True),
        callbacks=[synthgym.callback(rewards, log)],
    ).train()
"""


@pytest.mark.slow
def test_two_processes_share_an_endless_stream_and_repeat_no_row(tmp_path: Path) -> None:
    script = tmp_path / "two.py"
    script.write_text(_TWO_PROCESSES)
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc_per_node", "2"]
    done = subprocess.run(
        [*command, str(script), str(tmp_path)], capture_output=True, text=True, cwd=tmp_path
    )
    assert done.returncode == 0, done.stderr[-2000:]
    for rank, first in (("0", [0, 1]), ("1", [2, 3])):
        seeds = read_log(tmp_path / rank / "run")["seed"].to_pylist()
        assert seeds[::4] == [seed + 4 * step for step in range(3) for seed in first]
