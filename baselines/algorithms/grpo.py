"""GRPO (arXiv:2402.03300) through TRL: its own trainer for binary and rubric, our subclass for token credit.

    synthgym train chain_sum --signal rubric --algorithm grpo

What is logged a rollout: the reward of its signal, the advantage the trainer used (one number, or one a token),
and the truth beside it. The settings are those that were measured to work for a policy of about 100,000
parameters on one CPU thread; a large model wants a smaller `learning_rate`.
"""

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from synthgym.algorithm import Budget
from synthgym.baselines.answers import answerer, completion_length
from synthgym.baselines.policy import Policy
from synthgym.baselines.quiet import quiet, without_checkpointing
from synthgym.baselines.tiles import fitted_tiles
from synthgym.hooks import Recorder
from synthgym.plugins import register_algorithm
from synthgym.signal import Signal
from synthgym.verifiers.rewards import SignalReward, read_tasks

if TYPE_CHECKING:
    from trl import GRPOConfig, GRPOTrainer


@register_algorithm("grpo")
@dataclass(frozen=True, kw_only=True)
class GRPO:
    """Group-relative policy optimisation."""

    learning_rate: float = 5e-4
    """Peak learning rate; 1e-6 is usual for a pretrained model."""
    warmup_steps: int = 10
    """Steps over which the learning rate rises."""
    temperature: float = 1.0
    """Of sampling."""
    beta: float = 0.0
    """Weight of the KL penalty to the starting policy; above 0 it needs a policy loaded from a folder."""
    loss_type: str = "dapo"
    """As TRL names it."""
    num_iterations: int = 1
    """Updates a batch of rollouts."""
    advantage_mode: Literal["immediate", "return_to_go"] = "immediate"
    """How token credits become advantages; see `synthgym.baselines.token_grpo.token_advantages`."""
    report_to: str = "none"
    """Experiment tracker, passed to TRL as it is."""

    def train(self, policy: Policy, dataset: Any, signal: Signal, budget: Budget, log: Recorder) -> Policy:
        """Train `policy` in place on the tasks of `dataset`, and return it.

        Raises:
            SettingError: if the signal and the budget do not fit.
            PolicyError: if the policy cannot be trained.
        """
        tasks = read_tasks(dataset["task"])
        length = budget.max_new_tokens or completion_length(policy, tasks)
        reward = SignalReward(
            signal, seed=budget.seed, tokenizer=policy.tokenizer, eos_ids=policy.eos_token_ids
        )
        with tempfile.TemporaryDirectory(prefix="synthgym-grpo-") as scratch, quiet():
            trainer = self._trainer(policy, dataset, reward, self._config(policy, budget, length, scratch))
            trainer.add_callback(
                log.callback(
                    reward,
                    sample=answerer(
                        policy, max_new_tokens=length, temperature=self.temperature, seed=budget.seed
                    ),
                    greedy=answerer(policy, max_new_tokens=length, temperature=0.0),
                    temperature=self.temperature,
                    advantages=_advantages_of(trainer),
                )
            )
            with fitted_tiles(policy):
                trainer.train()
        policy.model.eval()
        return policy

    def _config(self, policy: Policy, budget: Budget, length: int, scratch: str) -> "GRPOConfig":
        from trl import GRPOConfig

        on_cpu = policy.model.device.type == "cpu"
        return GRPOConfig(
            output_dir=scratch,
            per_device_train_batch_size=budget.batch_size,
            num_generations=budget.group_size,
            max_steps=budget.steps,
            max_completion_length=length,
            seed=budget.seed,
            learning_rate=self.learning_rate,
            lr_scheduler_type="constant_with_warmup",
            warmup_steps=self.warmup_steps,
            temperature=self.temperature,
            beta=self.beta,
            loss_type=self.loss_type,
            num_iterations=self.num_iterations,
            scale_rewards="group",
            adam_beta2=0.99,
            weight_decay=0.0,
            max_grad_norm=1.0,
            bf16=False,
            **without_checkpointing(GRPOConfig),
            use_cpu=on_cpu,
            save_strategy="no",
            logging_strategy="no" if self.report_to == "none" else "steps",
            report_to=self.report_to,
            disable_tqdm=True,
            dataloader_pin_memory=not on_cpu,
        )

    def _trainer(
        self, policy: Policy, dataset: Any, reward: SignalReward, config: "GRPOConfig"
    ) -> "GRPOTrainer":
        from transformers.trainer_callback import PrinterCallback
        from trl import GRPOTrainer

        from synthgym.baselines.sampler import use_fast_sampler
        from synthgym.baselines.token_grpo import TokenGRPOTrainer

        common: dict[str, Any] = {
            "model": policy.model,
            "processing_class": policy.tokenizer,
            "reward_funcs": [reward],
            "args": config,
            "train_dataset": dataset,
        }
        if reward.signal.granularity == "token":
            trainer: GRPOTrainer = TokenGRPOTrainer(
                **common, credits=lambda: reward.last_credits, advantage_mode=self.advantage_mode
            )
        else:
            trainer = GRPOTrainer(**common)
        trainer.remove_callback(PrinterCallback)
        use_fast_sampler(trainer)
        return trainer


def _advantages_of(trainer: "GRPOTrainer") -> Any:
    from synthgym.baselines.token_grpo import last_advantages

    def advantages() -> Sequence[Sequence[float]]:
        return last_advantages(trainer)

    return advantages
