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
from synthgym.verifiers.rewards import SignalReward

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
    resume: str | None = None,
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
    trainer.train(resume_from_checkpoint=resume)
    return trainer


def weights(policy: Policy) -> torch.Tensor:
    return torch.cat([weight.detach().flatten() for weight in policy.model.parameters()])


def losses(trainer: Any) -> list[float]:
    return [entry["loss"] for entry in trainer.state.log_history if "loss" in entry]


def bare_answers(prompts: Sequence[str]) -> list[str]:
    assert all(isinstance(prompt, str) for prompt in prompts)
    return ["=0" for _ in prompts]


def each_run() -> list[Any]:
    """Every trainer with every kind of dataset; in the fast tier each trainer once, and each kind at least once."""
    fast = {
        "GRPO": (True, True),
        "RLOO": (False, True),
        "SFT": (True, False),
        "DPO": (False, False),
        "KTO": (True, False),
    }
    return [
        pytest.param(
            name, chat, streaming, marks=() if fast[name] == (chat, streaming) else pytest.mark.slow,
            id=f"{name}-{'chat' if chat else 'plain'}-{'streamed' if streaming else 'whole'}",
        )
        for name in FORMATS for chat in (False, True) for streaming in (False, True)
    ]  # fmt: skip


@pytest.mark.parametrize(("name", "conversational", "streaming"), each_run())
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


@pytest.mark.parametrize(
    "conversational", [pytest.param(False, marks=pytest.mark.slow), True], ids=["plain", "chat"]
)
def test_sft_reads_whole_texts_too(conversational: bool, tmp_path: Path) -> None:
    data = synthgym.dataset("chain_sum", n=8, format="language_modeling", conversational=conversational)
    assert losses(train("SFT", policy_of(conversational), data, tmp_path))


@pytest.mark.parametrize(
    "streaming", [False, pytest.param(True, marks=pytest.mark.slow)], ids=["whole", "streamed"]
)
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


@pytest.mark.parametrize("name", ["GRPO", pytest.param("RLOO", marks=pytest.mark.slow)])
@pytest.mark.parametrize(
    ("signal", "components"),
    [
        pytest.param("rubric", ["chain_sum"], marks=pytest.mark.slow),
        pytest.param("binary+constant_accepted", "chain_sum", marks=pytest.mark.slow),
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


def test_many_batches_a_step_or_an_evaluation_are_all_logged(tmp_path: Path) -> None:
    """More than a reward function keeps (`keep`), were they not logged until the step or the evaluation ends."""
    import trl

    policy, reward = policy_of(False), SignalReward("binary", keep=2)
    config = settings(
        trl.GRPOConfig, tmp_path / "trl", gradient_accumulation_steps=3, max_steps=1,
        steps_per_generation=1, eval_strategy="steps", eval_steps=1, per_device_eval_batch_size=4,
        save_strategy="steps", save_steps=1,
    )  # fmt: skip
    log = RolloutLog(tmp_path / "run")
    trl.GRPOTrainer(
        model=policy.model,
        processing_class=policy.tokenizer,
        args=config,
        train_dataset=synthgym.dataset("chain_sum", n=8),
        eval_dataset=synthgym.dataset("chain_sum", n=4, split="test"),
        reward_funcs=[reward],
        callbacks=[synthgym.callback(reward, log)],
    ).train()
    log.close()
    rows = read_log(tmp_path / "run").to_pylist()
    assert sorted((row["step"], row["phase"], row["seed"]) for row in rows) == [
        *[(0, "train", seed) for seed in range(3) for _ in range(4)],
        *[(1, "eval", seed) for seed in range(4) for _ in range(4)],
    ]


@pytest.mark.parametrize(
    ("name", "suffix", "conversational"),
    [
        ("SFT", ".jsonl", True),
        pytest.param("DPO", ".parquet", True, marks=pytest.mark.slow),
        pytest.param("DPO", ".jsonl", False, marks=pytest.mark.slow),
        pytest.param("KTO", ".parquet", False, marks=pytest.mark.slow),
        pytest.param("KTO", ".jsonl", True, marks=pytest.mark.slow),
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


@pytest.mark.parametrize(
    "name", [pytest.param("SFT", marks=pytest.mark.slow), "DPO", pytest.param("KTO", marks=pytest.mark.slow)]
)
def test_a_stock_trainer_trains_on_a_runs_rollouts(name: str, tmp_path: Path) -> None:
    from datasets import load_dataset

    reward = synthgym.rewards(Signal(verifier=graded))
    with RolloutLog(tmp_path / "run") as log:
        train("GRPO", policy_of(False), synthgym.dataset(MIXTURE, n=16), tmp_path / "trl", rewards=reward,
              callback=synthgym.callback(reward, log), per_device_train_batch_size=16)  # fmt: skip
    synthgym.export(tmp_path / "data", source=tmp_path / "run", format=FORMATS[name], conversational=True)
    data = load_dataset(str(tmp_path / "data"), split="train", cache_dir=str(tmp_path / "cache"))
    assert losses(train(name, policy_of(True), data, tmp_path / "trl", max_steps=1))


@pytest.mark.parametrize("streaming", [False, pytest.param(True, marks=pytest.mark.slow)])
def test_a_run_that_died_is_resumed_and_logged_as_if_it_had_not(streaming: bool, tmp_path: Path) -> None:
    def rows_of(folder: Path, steps: int, checkpoint: int | None = None) -> list[tuple[Any, ...]]:
        reward = synthgym.rewards("rubric", components="chain_sum")
        last = None if checkpoint is None else checkpoint - 1
        with RolloutLog(folder / "run", run="run", resume_step=last) as log:
            train(
                "GRPO", policy_of(False),
                synthgym.dataset("chain_sum", n=None if streaming else 8, streaming=streaming),
                folder / "trl", rewards=reward, callback=synthgym.callback(reward, log), max_steps=steps,
                save_strategy="steps", save_steps=2,
                **({} if checkpoint is None else {"resume": str(folder / "trl" / f"checkpoint-{checkpoint}")}),
            )  # fmt: skip
        found = read_log(folder / "run").to_pylist()
        return [(row["step"], row["seed"], row["completion"], row["reward"]) for row in found]

    whole = rows_of(tmp_path / "whole", 4)
    assert rows_of(tmp_path / "died", 3) == whole[:12]
    assert rows_of(tmp_path / "died", 4, checkpoint=2) == whole
    assert [seed for _, seed, _, _ in whole[::4]] == [0, 1, 2, 3]


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
