"""Credits to advantages; the trainer that uses them with every loss; what it refuses; reading advantages back."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from datasets import Dataset
from hypothesis import given, settings
from hypothesis import strategies as st
from transformers.trainer_callback import PrinterCallback
from trl import GRPOConfig, GRPOTrainer

from synthgym.baselines.policy import Policy, PolicyConfig, tiny_policy
from synthgym.baselines.sampler import generate, use_fast_sampler
from synthgym.baselines.token_grpo import TokenGRPOTrainer, last_advantages, token_advantages
from synthgym.errors import AlignmentError, SettingError

pytestmark = pytest.mark.filterwarnings("ignore:.*is_gradient_checkpointing:FutureWarning")  # read by TRL

LOSSES = ("grpo", "dapo", "dr_grpo", "bnpo", "cispo", "sapo", "luspo", "vespo")


# --- token_advantages ---


def test_immediate_is_the_credit_less_the_mean_at_its_position() -> None:
    credits = torch.tensor([[1.0, 0.0, 5.0], [0.0, 0.0, 1.0]])
    mask = torch.tensor([[1, 1, 0], [1, 1, 1]])
    got = token_advantages(credits, mask, 2, "immediate", "none")
    assert got.tolist() == [[0.5, 0.0, 0.0], [-0.5, 0.0, 0.0]]


def test_return_to_go_is_the_mean_credit_from_here_on() -> None:
    credits = torch.tensor([[0.0, 1.0, 9.0], [1.0, 1.0, 1.0]])
    mask = torch.tensor([[1, 1, 0], [1, 1, 1]])
    got = token_advantages(credits, mask, 2, "return_to_go", "none")
    assert got.tolist() == [[-0.25, 0.0, 0.0], [0.25, 0.0, 0.0]]


def test_an_unscored_completion_moves_nothing() -> None:
    scored = torch.tensor([[1.0, 0.0], [0.0, 1.0], [0.0, 0.0]])
    with_unscored = torch.cat([scored, torch.tensor([[float("nan"), 7.0]])])
    mask = torch.tensor([[1, 1], [1, 1], [1, 1], [0, 0]])
    for mode in ("immediate", "return_to_go"):
        alone = token_advantages(scored, mask[:3], 3, mode, "group")
        together = token_advantages(with_unscored, mask, 4, mode, "group")
        assert torch.equal(together, torch.cat([alone, torch.zeros(1, 2)]))


@pytest.mark.parametrize("mode", ["immediate", "return_to_go"])
def test_constant_credits_give_the_advantages_of_grpo(mode: Any) -> None:
    rewards = torch.tensor([0.0, 1.0, 0.25, 0.0, 1.0, 1.0, 1.0, 0.9])
    credits = rewards[:, None].expand(8, 5)
    groups = rewards.view(2, 4)
    want = ((groups - groups.mean(1, keepdim=True)) / (groups.std(1, keepdim=True) + 1e-4)).view(8, 1)
    got = token_advantages(credits, torch.ones(8, 5), 4, mode, "group")
    assert torch.allclose(got, want.expand(8, 5), atol=1e-5)


def test_batch_scale_keeps_the_groups_relative_size() -> None:
    credits = torch.tensor([[0.0], [1.0], [0.0], [0.1]])
    got = token_advantages(credits, torch.ones(4, 1), 2, "immediate", "batch")
    assert torch.allclose(got[:2], 10 * got[2:], atol=1e-5)


@settings(max_examples=60, deadline=None)
@given(
    st.integers(0, 2**32 - 1),
    st.sampled_from(["immediate", "return_to_go"]),
    st.sampled_from(["group", "batch"]),
)
def test_advantages_are_finite_centred_at_each_position_and_zero_off_the_mask(
    seed: int, mode: Any, scale: Any
) -> None:
    draw = torch.Generator().manual_seed(seed)
    lengths = torch.randint(0, 7, (12, 1), generator=draw)
    mask = torch.arange(6)[None] < lengths
    credits = torch.randn(12, 6, generator=draw).masked_fill(~mask, float("nan"))
    got = token_advantages(credits, mask, 4, mode, scale)
    assert got.isfinite().all()
    assert (got[~mask] == 0).all()
    assert torch.allclose(got.view(3, 4, 6).sum(1), torch.zeros(3, 6), atol=1e-4)


def test_equal_credits_give_no_advantage() -> None:
    assert not token_advantages(torch.full((4, 3), 0.7), torch.ones(4, 3), 4).any()


@pytest.mark.parametrize(
    ("mode", "scale", "named"),
    [("later", "group", "advantage_mode"), ("immediate", "std", "advantage_scale")],
)
def test_an_unknown_choice_is_named(mode: Any, scale: Any, named: str) -> None:
    with pytest.raises(SettingError, match=named):
        token_advantages(torch.zeros(2, 2), torch.ones(2, 2), 2, mode, scale)


# --- the trainer ---


class DigitReward:
    """Rewards the digit 1 wherever it stands; the credits say which tokens earned it."""

    __name__ = "digits"

    def __init__(self, *, constant: bool = False, unscored: bool = False) -> None:
        self.constant, self.unscored = constant, unscored
        self.last_credits: list[np.ndarray | None] = []
        self.batches: list[list[list[int]]] = []
        self.one = tiny_policy().tokenizer.convert_tokens_to_ids("1")

    def __call__(self, completion_ids: list[list[int]], **columns: Any) -> list[float | None]:
        self.batches.append(completion_ids)
        self.last_credits = [
            np.array([float(token % 7 == self.one % 7) for token in ids]) for ids in completion_ids
        ]
        rewards: list[float | None] = [
            float(credits.mean()) for credits in self.last_credits if credits is not None
        ]
        if self.constant:
            self.last_credits = [
                np.full(len(ids), reward) for ids, reward in zip(completion_ids, rewards, strict=True)
            ]
        if self.unscored:
            self.last_credits[0], rewards[0] = None, None
        return rewards


def small_policy() -> Policy:
    return tiny_policy(PolicyConfig(hidden=32, layers=1, feed_forward=64))


def trainer_of(
    folder: Path,
    reward: DigitReward,
    cls: type[GRPOTrainer] = TokenGRPOTrainer,
    policy: Policy | None = None,
    extra: dict[str, Any] | None = None,
    **changes: Any,
) -> GRPOTrainer:
    policy = policy or small_policy()
    settings: dict[str, Any] = {
        "output_dir": str(folder),
        "per_device_train_batch_size": 16,
        "num_generations": 4,
        "max_completion_length": 5,
        "max_steps": 2,
        "learning_rate": 1e-3,
        "bf16": False,
        "use_cpu": True,
        "activation_checkpointing": False,
        "save_strategy": "no",
        "report_to": "none",
        "logging_strategy": "no",
        "disable_tqdm": True,
        "dataloader_pin_memory": False,
    }
    trainer = cls(
        model=policy.model,
        processing_class=policy.tokenizer,
        reward_funcs=reward,
        args=GRPOConfig(**{**settings, **changes}),
        train_dataset=Dataset.from_dict({"prompt": [f"{number}=" for number in range(95, 135)]}),
        **(extra or {}),
    )
    trainer.remove_callback(PrinterCallback)
    use_fast_sampler(trainer)
    return trainer


def weights(trainer: GRPOTrainer) -> torch.Tensor:
    return torch.cat([weight.detach().flatten().clone() for weight in trainer.model.parameters()])


@pytest.mark.parametrize(
    ("loss_type", "buffered"), [("dapo", False), ("cispo", False), *((name, True) for name in LOSSES)]
)
def test_every_loss_trains_on_token_advantages(tmp_path: Path, loss_type: str, buffered: bool) -> None:
    more: dict[str, Any] = (
        {"num_iterations": 2, "steps_per_generation": 2, "max_steps": 4} if buffered else {}
    )
    trainer = trainer_of(tmp_path, DigitReward(), loss_type=loss_type, **more)
    before, seen = weights(trainer), []
    compute = trainer._compute_loss

    def spy(model: Any, inputs: dict[str, Any]) -> torch.Tensor:
        seen.append(inputs["advantages"].shape == inputs["completion_mask"].shape)
        return compute(model, inputs)

    trainer._compute_loss = spy
    trainer.train()
    after = weights(trainer)
    assert seen == [True] * len(seen)
    assert len(seen) >= 2
    assert after.isfinite().all()
    assert not torch.equal(before, after)


def test_advantages_follow_their_completions_through_shuffling_and_splitting(tmp_path: Path) -> None:
    reward = DigitReward(unscored=True)
    trainer = trainer_of(tmp_path, reward, num_iterations=2, steps_per_generation=2, max_steps=4)
    used: list[tuple[list[int], list[float]]] = []
    compute = trainer._compute_loss

    def spy(model: Any, inputs: dict[str, Any]) -> torch.Tensor:
        for name in ("completion_ids", "advantages"):
            assert inputs[name].shape[0] == 16
        lengths = inputs["completion_mask"].sum(1).tolist()
        rows = zip(inputs["completion_ids"].tolist(), inputs["advantages"].tolist(), lengths, strict=True)
        used.extend((ids[:length], values[:length]) for ids, values, length in rows)
        return compute(model, inputs)

    trainer._compute_loss = spy
    trainer.train()
    assert len(reward.batches) == 1
    advantages = last_advantages(trainer)
    assert advantages[0] == []
    made = [
        (ids, values or [0.0] * len(ids)) for ids, values in zip(reward.batches[0], advantages, strict=True)
    ]
    assert sorted(used) == sorted(2 * made)
    assert used[:32] != made


@pytest.mark.parametrize("mode", ["immediate", "return_to_go"])
def test_constant_credits_train_like_grpo(tmp_path: Path, mode: str) -> None:
    """Credits that only repeat the reward, in completions of one length, are GRPO."""
    runs = []
    for cls, extra in ((GRPOTrainer, {}), (TokenGRPOTrainer, {"advantage_mode": mode})):
        one_length: dict[str, Any] = {
            "max_completion_length": 3,
            "generation_kwargs": {"suppress_tokens": [1]},
        }
        reward = DigitReward(constant=True)
        trainer = trainer_of(tmp_path, reward, cls, extra=extra, max_steps=3, **one_length)
        trainer.train()
        runs.append(weights(trainer))
        assert {len(ids) for batch in reward.batches for ids in batch} == {3}
    assert torch.allclose(*runs, atol=1e-5)


@pytest.mark.parametrize("mode", ["immediate", "return_to_go"])
def test_it_learns_what_the_credits_pay(tmp_path: Path, mode: str) -> None:
    policy, reward = small_policy(), DigitReward()
    trainer = trainer_of(
        tmp_path,
        reward,
        policy=policy,
        extra={"advantage_mode": mode},
        max_steps=25,
        learning_rate=1e-2,
        per_device_train_batch_size=32,
    )
    trainer.train()
    share = [
        np.mean([np.mean([t % 7 == reward.one % 7 for t in ids]) for ids in batch])
        for batch in reward.batches
    ]
    assert np.mean(share[:3]) < 0.3
    assert np.mean(share[-3:]) > 0.6


def test_a_policy_that_a_trainer_held_copies_with_its_own_weights(tmp_path: Path) -> None:
    policy = small_policy()
    trainer_of(tmp_path, DigitReward(), policy=policy)
    twin = policy.copy()
    with torch.no_grad():
        twin.model.model.norm.weight.zero_()
    assert not twin.model(torch.arange(5)[None]).logits.any()
    assert policy.model(torch.arange(5)[None]).logits.any()
    assert generate(twin, ["1"], max_new_tokens=2, greedy=True).completion_ids == [[0, 0]]


# --- credits that do not fit ---


class Broken(DigitReward):
    def __init__(self, change: Any) -> None:
        super().__init__()
        self.change = change

    def __call__(self, completion_ids: list[list[int]], **columns: Any) -> list[float | None]:
        rewards = super().__call__(completion_ids, **columns)
        self.last_credits = self.change(self.last_credits)
        return rewards


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (lambda credits: credits[1:], "credits for 15 completions; the batch has 16"),
        (lambda credits: [*credits[:-1], np.zeros(99)], r"completion 15 has credits of shape \(99,\)"),
        (lambda credits: [credits[0] * np.nan, *credits[1:]], "completion 0 has a credit that is not finite"),
    ],
    ids=["too few", "wrong length", "not finite"],
)
def test_credits_that_do_not_fit_are_named(tmp_path: Path, change: Any, named: str) -> None:
    trainer = trainer_of(tmp_path, Broken(change))
    with pytest.raises(AlignmentError, match=named):
        trainer.train()


def test_a_reward_without_credits_is_refused(tmp_path: Path) -> None:
    def plain(completions: list[str], **columns: Any) -> list[float]:
        return [0.0] * len(completions)

    with pytest.raises(SettingError, match=r"reward functions \(plain\) has last_credits"):
        trainer_of(tmp_path, plain)  # type: ignore[arg-type]


def test_credits_can_come_from_elsewhere(tmp_path: Path) -> None:
    reward = DigitReward()
    trainer = trainer_of(
        tmp_path, reward, extra={"credits": lambda: [np.zeros(len(ids)) for ids in reward.batches[-1]]}
    )
    trainer.train()
    assert not any(map(any, last_advantages(trainer)))


# --- reading advantages ---


def test_a_stock_trainer_tells_its_advantages_a_completion(tmp_path: Path) -> None:
    reward = DigitReward(unscored=True)
    trainer = trainer_of(tmp_path, reward, GRPOTrainer, max_steps=1)
    trainer.train()
    got = last_advantages(trainer)
    assert [len(values) for values in got] == [1] * 16
    scored = [np.mean([float(t % 7 == reward.one % 7) for t in ids]) for ids in reward.batches[-1]][4:8]
    want = (scored - np.mean(scored)) / (np.std(scored, ddof=1) + 1e-4)
    assert np.allclose([value for (value,) in got[4:8]], want, atol=1e-4)
    assert got[0] == [0.0]
    assert last_advantages(trainer, count=4) == got[-4:]


def test_a_token_trainer_tells_its_advantages_a_token(tmp_path: Path) -> None:
    reward = DigitReward()
    trainer = trainer_of(tmp_path, reward, max_steps=1)
    trainer.train()
    assert [len(values) for values in last_advantages(trainer)] == [len(ids) for ids in reward.batches[-1]]
