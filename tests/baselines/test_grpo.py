"""GRPO through TRL: real, tiny runs. Slow parts of TRL are imported once."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow.compute as pc
import pytest
import torch

import synthgym
from synthgym.algorithm import Budget
from synthgym.baselines.policy import Policy, load_policy, tiny_policy
from synthgym.errors import SettingError
from synthgym.hooks import Recorder
from synthgym.log import RolloutLog, read_log
from synthgym.plugins import ALGORITHMS, as_signal, get_family
from synthgym.signal import Signal

TASKS = [get_family("chain_sum").task(seed, split="test", difficulty=1) for seed in range(4)]
BUDGET = Budget(steps=3, batch_size=16, group_size=4, max_new_tokens=12)


def run(
    policy: Policy, signal: str | Signal, folder: Path, *, budget: Budget = BUDGET, algorithm: Any = None
) -> Any:
    torch.manual_seed(0)
    settled = as_signal(signal)
    data = synthgym.dataset("chain_sum", n=40, difficulty=1, conversational=policy.conversational)
    with RolloutLog(folder, provenance={"test": True}) as log:
        recorder = Recorder(
            log=log,
            tasks=TASKS,
            every=2,
            shortcuts=settled.shortcuts,
            probe_every=1 if settled.shortcuts else 0,
        )
        (algorithm or ALGORITHMS.get("grpo")).train(policy, data, settled, budget, recorder)
    return read_log(folder)


def weights(policy: Policy) -> torch.Tensor:
    return torch.cat([weight.detach().flatten() for weight in policy.model.parameters()])


@pytest.mark.parametrize("signal", ["binary", "rubric", "token", "binary~random", "rubric~shuffled"])
def test_a_run_logs_every_rollout_with_its_advantage(signal: str, tmp_path: Path) -> None:
    table = run(tiny_policy(seed=0), signal, tmp_path / "run")
    train = table.filter(pc.equal(table["phase"], "train"))
    assert sorted(set(train["step"].to_pylist())) == [0, 1, 2]
    assert train.num_rows == BUDGET.rollouts
    assert train["truth"].null_count == 0
    assert set(train["split"].to_pylist()) == {"train"}
    for row in train.to_pylist():
        assert row["tokens"]
        assert len(row["advantage"]) == (len(row["tokens"]) if signal == "token" else 1)
        assert row["verify_seconds"] >= 0
        assert (len(row["credits"]) > 0) == (signal == "token" and bool(row["completion"]))
    evaluated = table.filter(pc.equal(table["phase"], "eval"))
    assert {(row["step"], row["temperature"]) for row in evaluated.to_pylist()} == {
        (step, temperature) for step in (0, 2, 3) for temperature in (0.0, 1.0)
    }
    assert set(evaluated["split"].to_pylist()) == {"test"}


def test_a_groups_binary_advantages_are_its_normalised_rewards(tmp_path: Path) -> None:
    table = run(tiny_policy(seed=0), "binary~random", tmp_path / "run")
    rows = table.filter(pc.equal(table["phase"], "train")).to_pylist()
    live = 0
    for start in range(0, len(rows), BUDGET.group_size):
        group = rows[start : start + BUDGET.group_size]
        assert len({row["group"] for row in group}) == 1 == len({row["task_id"] for row in group})
        rewards = torch.tensor([row["reward"] for row in group])
        expected = (rewards - rewards.mean()) / (rewards.std() + 1e-4)
        live += bool(rewards.std() > 0)
        assert torch.allclose(torch.tensor([row["advantage"][0] for row in group]), expected, atol=1e-4)
    assert live > 0


def test_measuring_does_not_change_what_is_learned(tmp_path: Path) -> None:
    quiet, measured = tiny_policy(seed=0), tiny_policy(seed=0)
    signal = "binary~random"
    run(measured, signal, tmp_path / "measured")
    torch.manual_seed(0)
    data = synthgym.dataset("chain_sum", n=40, difficulty=1)
    with RolloutLog(tmp_path / "quiet") as log:
        ALGORITHMS.get("grpo").train(quiet, data, as_signal(signal), BUDGET, Recorder(log=log))
    assert not torch.equal(weights(quiet), weights(tiny_policy(seed=0)))
    assert torch.equal(weights(quiet), weights(measured))


def test_equal_seeds_give_equal_runs_and_others_do_not(tmp_path: Path) -> None:
    first, again, other = (tiny_policy(seed=0) for _ in range(3))
    run(first, "binary~random", tmp_path / "a")
    run(again, "binary~random", tmp_path / "b")
    run(other, "binary~random", tmp_path / "c", budget=replace(BUDGET, seed=1))
    assert torch.equal(weights(first), weights(again))
    assert not torch.equal(weights(first), weights(other))


def test_a_planted_shortcut_is_probed_at_every_step(tmp_path: Path) -> None:
    table = run(tiny_policy(seed=0), "binary+constant_accepted", tmp_path / "run")
    probes = table.filter(pc.equal(table["phase"], "probe"))
    assert sorted(set(probes["step"].to_pylist())) == [0, 1, 2, 3]
    for row in probes.to_pylist():
        names = {name for name, _ in row["probe"]}
        assert names == {
            "factual", "counterfactual", "mechanism", "same_completion", "shortcut:constant_accepted",
        }  # fmt: skip


@pytest.mark.parametrize(
    "settings", [{"num_iterations": 2}, {"advantage_mode": "return_to_go"}, {"loss_type": "grpo"}]
)
def test_settings_run_with_token_credit(settings: dict[str, Any], tmp_path: Path) -> None:
    algorithm = replace(ALGORITHMS.get("grpo"), **settings)  # type: ignore[type-var]  # a frozen dataclass
    table = run(tiny_policy(seed=0), "token", tmp_path / "run", algorithm=algorithm)
    assert pc.sum(pc.equal(table["phase"], "train")).as_py() >= BUDGET.batch_size


TEMPLATE = (
    "{% for m in messages %}{{ m['role'][0] }}: {{ m['content'] }}\n{% endfor %}"
    "{% if add_generation_prompt %}a: {% endif %}"
)


@pytest.mark.parametrize("architecture", ["llama", "gpt_neox"])
@pytest.mark.parametrize("template", [None, TEMPLATE], ids=["plain", "chat"])
@pytest.mark.parametrize("signal", ["rubric", "token"])
def test_any_causal_model_by_path_takes_the_tiny_ones_place(
    architecture: str, template: str | None, signal: str, tmp_path: Path
) -> None:
    from transformers import GPTNeoXConfig, GPTNeoXForCausalLM

    made = tiny_policy(seed=1)
    made.tokenizer.chat_template = template
    model: Any = made.model
    if architecture == "gpt_neox":
        model = GPTNeoXForCausalLM(
            GPTNeoXConfig(
                vocab_size=len(made.tokenizer),
                hidden_size=32,
                num_hidden_layers=1,
                num_attention_heads=2,
                intermediate_size=64,
                pad_token_id=made.tokenizer.pad_token_id,
                eos_token_id=made.tokenizer.eos_token_id,
                bos_token_id=made.tokenizer.eos_token_id,
            )
        )
    Policy(model=model, tokenizer=made.tokenizer, id="x").save(tmp_path / "model")
    policy = load_policy(tmp_path / "model")
    assert policy.conversational == (template is not None)
    table = run(policy, signal, tmp_path / "run", budget=replace(BUDGET, steps=1))
    train = table.filter(pc.equal(table["phase"], "train")).to_pylist()
    assert len(train) == BUDGET.batch_size
    assert all(row["prompt"].endswith("?") for row in train)
    if signal == "token":
        assert all(len(row["advantage"]) == len(row["tokens"]) for row in train)


def test_a_stock_trainer_with_our_reward_and_callback_writes_the_same_log(tmp_path: Path) -> None:
    from trl import GRPOConfig, GRPOTrainer

    from synthgym.baselines.token_grpo import last_advantages

    policy = tiny_policy(seed=0)
    (reward,) = synthgym.rewards("rubric")
    config = GRPOConfig(
        output_dir=str(tmp_path / "trl"), per_device_train_batch_size=8, num_generations=4, max_steps=2,
        max_completion_length=8, bf16=False, use_cpu=True, report_to="none", save_strategy="no", disable_tqdm=True,
    )  # fmt: skip
    trainer = GRPOTrainer(
        model=policy.model,
        processing_class=policy.tokenizer,
        reward_funcs=[reward],
        args=config,
        train_dataset=synthgym.dataset("chain_sum", n=20),
    )
    with RolloutLog(tmp_path / "run") as log:
        trainer.add_callback(
            synthgym.callback(
                reward,
                log,
                tasks=TASKS,
                sample=lambda prompts: ["=0" for _ in prompts],
                advantages=lambda: last_advantages(trainer),
            )
        )
        trainer.train()
    rows = read_log(tmp_path / "run", phases="train").to_pylist()
    assert [row["step"] for row in rows] == [0] * 8 + [1] * 8
    assert all(len(row["advantage"]) == 1 and row["truth"] is not None for row in rows)
    evaluated = read_log(tmp_path / "run", phases="eval").to_pylist()
    assert [row["completion"] for row in evaluated] == ["=0"] * 8
    assert {row["step"] for row in evaluated} == {0, 2}


def test_a_verifier_that_breaks_is_left_out_and_the_run_goes_on(tmp_path: Path) -> None:
    seen: list[int] = []

    def flaky(task: Any, response: Any) -> float:
        seen.append(1)
        if len(seen) % 3 == 0:
            raise RuntimeError("down")
        return float(len(seen) % 2)

    table = run(tiny_policy(seed=0), Signal(verifier=flaky), tmp_path / "run")
    train = table.filter(pc.equal(table["phase"], "train")).to_pylist()
    unscored = [row for row in train if row["reward"] is None]
    assert len(train) == BUDGET.rollouts
    assert 0 < len(unscored) < len(train)
    assert all(row["advantage"] == [0.0] and "down" in row["error"] for row in unscored)


def test_a_dataset_without_tasks_says_so() -> None:
    (reward,) = synthgym.rewards("binary")
    with pytest.raises(SettingError, match="no column 'task'"):
        reward(prompts=["1+1?"], completions=["=2"])
