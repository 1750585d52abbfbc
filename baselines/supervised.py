"""Supervised training on (task, completion) pairs through TRL's SFTTrainer: warm starts, and the loops' training.

Rows are tokenised here, prompt and completion apart, so that the loss falls on the completion and its end alone, and
on the ids that sampling will see.
"""

import tempfile
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from synthgym.baselines.answers import prompts_of
from synthgym.baselines.policy import Policy
from synthgym.baselines.quiet import quiet, without_checkpointing
from synthgym.baselines.sampler import encode_prompts
from synthgym.errors import SettingError
from synthgym.types import Task

if TYPE_CHECKING:
    import torch
    from trl import SFTConfig

Row = tuple[list[int], list[int]]
_IGNORED = -100


def fit(
    policy: Policy,
    pairs: Sequence[tuple[Task, str]],
    *,
    steps: int,
    batch_size: int,
    learning_rate: float,
    final_steps: int = 0,
    final_learning_rate: float = 5e-4,
    warmup_steps: int = 10,
    seed: int = 0,
    stop: Callable[[], bool] | None = None,
) -> Policy:
    """Train `policy` in place on `pairs`, and return it.

    Args:
        steps: optimiser steps at `learning_rate`; `final_steps` follow at `final_learning_rate`.
        batch_size: pairs a step, drawn without replacement until all were seen.
        stop: asked after each step; True ends training.

    Raises:
        SettingError: without pairs.
    """
    if not pairs:
        raise SettingError("there is nothing to train on: no (task, completion) pairs were given")
    rows = tokenised(policy, pairs)
    with tempfile.TemporaryDirectory(prefix="synthgym-sft-") as scratch, quiet():
        trainer = _trainer(policy, rows, _config(policy, scratch, steps + final_steps, batch_size, seed))
        rates = _rates(learning_rate, steps, final_learning_rate, warmup_steps)
        trainer.create_optimizer()
        trainer.lr_scheduler = _scheduler(trainer.optimizer, rates)
        if stop is not None:
            trainer.add_callback(_stopping(stop))
        trainer.train()
    policy.model.eval()
    return policy


def tokenised(policy: Policy, pairs: Sequence[tuple[Task, str]]) -> list[Row]:
    """Prompt ids and completion ids, the end of sequence included, of each pair."""
    prompts = encode_prompts(policy, prompts_of(policy, [task for task, _ in pairs]))
    completions = policy.tokenizer([text for _, text in pairs], add_special_tokens=False)["input_ids"]
    end = policy.tokenizer.eos_token_id
    return [(prompt, [*ids, end]) for prompt, ids in zip(prompts, completions, strict=True)]


def _rates(
    learning_rate: float, steps: int, final_learning_rate: float, warmup_steps: int
) -> Callable[[int], float]:
    def rate(step: int) -> float:
        if step >= steps:
            return final_learning_rate
        return learning_rate * min(1.0, (step + 1) / max(warmup_steps, 1))

    return rate


def _scheduler(optimizer: "torch.optim.Optimizer", rate: Callable[[int], float]) -> Any:
    import torch

    return torch.optim.lr_scheduler.LambdaLR(optimizer, rate)


def _config(policy: Policy, scratch: str, steps: int, batch_size: int, seed: int) -> "SFTConfig":
    from trl import SFTConfig

    on_cpu = policy.model.device.type == "cpu"
    return SFTConfig(
        output_dir=scratch,
        per_device_train_batch_size=batch_size,
        max_steps=steps,
        seed=seed,
        learning_rate=1.0,
        weight_decay=0.0,
        max_grad_norm=1.0,
        bf16=False,
        **without_checkpointing(SFTConfig),
        use_cpu=on_cpu,
        save_strategy="no",
        logging_strategy="no",
        report_to="none",
        disable_tqdm=True,
        dataloader_pin_memory=not on_cpu,
        dataset_kwargs={"skip_prepare_dataset": True},
        remove_unused_columns=False,
        average_tokens_across_devices=False,
    )


def _trainer(policy: Policy, rows: Sequence[Row], config: "SFTConfig") -> Any:
    from datasets import Dataset
    from transformers.trainer_callback import PrinterCallback
    from trl import SFTTrainer

    class Trainer(SFTTrainer):
        """SFTTrainer without its running metrics, which cost more than the loss at this size."""

        def compute_loss(
            self, model: Any, inputs: Any, return_outputs: bool = False, num_items_in_batch: Any = None
        ) -> Any:
            outputs = model(**inputs, num_items_in_batch=num_items_in_batch)
            return (outputs.loss, outputs) if return_outputs else outputs.loss

    trainer = Trainer(
        model=policy.model,
        args=config,
        train_dataset=Dataset.from_dict({"row": list(range(len(rows)))}),
        data_collator=_collator(rows, policy.tokenizer.pad_token_id),
        processing_class=policy.tokenizer,
    )
    trainer.remove_callback(PrinterCallback)
    return trainer


def _collator(rows: Sequence[Row], pad: int) -> Callable[[Sequence[dict[str, int]]], dict[str, Any]]:
    """A batch (B, T) from row numbers: ids, mask, and labels that ignore the prompt and the padding."""

    def collate(examples: Sequence[dict[str, int]]) -> dict[str, Any]:
        import torch

        batch = [rows[example["row"]] for example in examples]
        width = max(len(prompt) + len(completion) for prompt, completion in batch)
        ids, labels, mask = [], [], []
        for prompt, completion in batch:
            length = len(prompt) + len(completion)
            ids.append([*prompt, *completion, *[pad] * (width - length)])
            labels.append([*[_IGNORED] * len(prompt), *completion, *[_IGNORED] * (width - length)])
            mask.append([*[1] * length, *[0] * (width - length)])
        return {
            "input_ids": torch.tensor(ids),
            "labels": torch.tensor(labels),
            "attention_mask": torch.tensor(mask),
        }

    return collate


def _stopping(stop: Callable[[], bool]) -> Any:
    from transformers import TrainerCallback

    class Stopping(TrainerCallback):
        def on_step_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
            control.should_training_stop = control.should_training_stop or stop()

    return Stopping()
