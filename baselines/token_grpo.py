"""GRPO with a credit a token: TRL's trainer, given advantages of the shape (B, T).

TRL's loss takes such advantages from a subclass; its rewards are one number a completion. So this subclass overrides
two private methods of `trl.GRPOTrainer` (the package pins `trl>=1.16,<1.17`):

- `_calculate_rewards`: after TRL has called the reward functions, it collects the credits of the same completions;
- `_generate_and_score_completions`: it replaces `advantages` (B,) by (B, T), before TRL shuffles and splits the batch.

Read or called besides: `_logs["advantages"]` in `last_advantages`, and `_tokenize_prompts` and
`_generate_single_turn` in `synthgym.baselines.sampler.rollout_func`.

How credits become advantages is said once, in `token_advantages`. TRL's own metrics (`reward`, `reward_std`,
`frac_reward_zero_std`, the advantage it prints with `log_completions`) still speak of the completion's reward.
"""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np
import torch
from trl import GRPOTrainer

from synthgym.errors import AlignmentError, SettingError

if TYPE_CHECKING:
    from numpy.typing import NDArray

AdvantageMode = Literal["immediate", "return_to_go"]
AdvantageScale = Literal["group", "batch", "none"]
Credits = Sequence["NDArray[np.floating[Any]] | None"]


def token_advantages(
    credits: torch.Tensor,
    mask: torch.Tensor,
    group_size: int,
    mode: AdvantageMode = "immediate",
    scale: AdvantageScale = "group",
) -> torch.Tensor:
    """Advantages (B, T) of the tokens of B / group_size groups of completions.

    The reward of a token is its credit (`immediate`), or the mean credit from it to the end of its completion
    (`return_to_go`; a mean, so that length pays nothing). Its baseline is the mean at the same position over the
    group's completions that still have a token there. The differences are divided by their standard deviation in the
    group or in the batch, the unbiased variance pooled over positions: with credits that are constant in each of
    equally long completions, this is GRPO's advantage (2402.03300) with `scale_rewards="group"`.

    Args:
        credits: (B, T); what stands where the mask is 0 has no effect.
        mask: (B, T); 1 for a token with a credit. A row of zeros is a completion that was not scored: it gets
            advantage 0 and is no part of a baseline.
        group_size: completions a prompt; consecutive rows.
    """
    _check_choice("advantage_mode", mode, AdvantageMode)
    _check_choice("advantage_scale", scale, AdvantageScale)
    present = mask.bool()
    rewards = credits.double().masked_fill(~present, 0.0)
    if mode == "return_to_go":
        to_go = rewards.flip(1).cumsum(1).flip(1)
        rewards = to_go / present.double().flip(1).cumsum(1).flip(1).clamp(min=1.0)
    grouped = rewards.masked_fill(~present, 0.0).view(-1, group_size, rewards.shape[1])
    alive = present.view_as(grouped)
    count = alive.sum(1, keepdim=True)
    centred = (grouped - grouped.sum(1, keepdim=True) / count.clamp(min=1)).masked_fill(~alive, 0.0)
    if scale != "none":
        over = (1, 2) if scale == "group" else (0, 1, 2)
        freedom = (count - 1).clamp(min=0).sum(over, keepdim=True).clamp(min=1)
        centred = centred / ((centred.square().sum(over, keepdim=True) / freedom).sqrt() + 1e-4)
    return centred.view_as(rewards).float()


class TokenGRPOTrainer(GRPOTrainer):
    """`trl.GRPOTrainer` whose advantages come from token credits.

    Args:
        credits: returns the credits of the completions that the reward functions were just given: for each, an
            array (T_i,) aligned to its sampled ids, or None if it was not scored. By default the `last_credits` of
            the first reward function that has it.
        advantage_mode, advantage_scale: see `token_advantages`.

    Everything else is GRPOTrainer's. The rewards of the reward functions are logged and otherwise unused, but a
    completion for which all of them are missing (None) is left out, as in TRL.

    Raises:
        SettingError: no reward function has `last_credits`, or an unknown mode or scale.
        AlignmentError: while training, credits that do not fit the completions.
    """

    def __init__(
        self,
        *args: Any,
        credits: Callable[[], Credits] | None = None,
        advantage_mode: AdvantageMode = "immediate",
        advantage_scale: AdvantageScale = "group",
        **kwargs: Any,
    ) -> None:
        _check_choice("advantage_mode", advantage_mode, AdvantageMode)
        _check_choice("advantage_scale", advantage_scale, AdvantageScale)
        self.advantage_mode, self.advantage_scale = advantage_mode, advantage_scale
        super().__init__(*args, **kwargs)
        self.credits = credits or _credits_of(self.reward_funcs)
        self.batch_credits: list[NDArray[np.float64] | None] = []
        self.batch_advantages: list[list[float]] = []

    def _calculate_rewards(
        self, inputs: Any, prompts: Any, completions: Any, completion_ids_list: list[list[int]]
    ) -> torch.Tensor:
        rewards = super()._calculate_rewards(inputs, prompts, completions, completion_ids_list)
        start = self.accelerator.process_index * len(prompts)
        unscored = rewards[start : start + len(prompts)].isnan().all(1).tolist()
        self.batch_credits = [
            None if missing else credit
            for missing, credit in zip(unscored, _aligned(self.credits(), completion_ids_list), strict=True)
        ]
        return rewards

    def _generate_and_score_completions(self, inputs: list[dict[str, Any]]) -> dict[str, Any]:
        output: dict[str, Any] = super()._generate_and_score_completions(inputs)
        rows, width = output["completion_mask"].shape
        credits = torch.full((rows, width), torch.nan, device=self.accelerator.device)
        for row, credit in enumerate(self.batch_credits):
            if credit is not None:
                credits[row, : len(credit)] = torch.as_tensor(credit, dtype=torch.float32)
        # A group may be spread over processes, whose batches differ in width.
        padded = self.accelerator.pad_across_processes(credits, dim=1, pad_index=torch.nan)
        everywhere = self.accelerator.gather(padded)
        group_size = self.num_generations if self.model.training else self.num_generations_eval
        advantages = token_advantages(
            everywhere, ~everywhere.isnan(), group_size, self.advantage_mode, self.advantage_scale
        )
        start = self.accelerator.process_index * rows
        output["advantages"] = advantages[start : start + rows, :width]
        self.batch_advantages = [
            values[: 0 if credit is None else len(credit)]
            for values, credit in zip(output["advantages"].tolist(), self.batch_credits, strict=True)
        ]
        return output


def last_advantages(trainer: GRPOTrainer, count: int | None = None) -> list[list[float]]:
    """The advantages of the completions that this process generated last, in the order the reward functions saw.

    One number a completion from a stock `GRPOTrainer`; one a token from a `TokenGRPOTrainer`, and none for a
    completion without a score. They are complete once the step's loss is computed (`on_step_end`); inside a
    reward function they are still those of the batch before.

    Args:
        count: number of completions in that batch; by default the size of a training batch. Give it after an
            evaluation, whose batches have another size.
    """
    if isinstance(trainer, TokenGRPOTrainer):
        return trainer.batch_advantages
    processes = trainer.accelerator.num_processes
    size = trainer.args.generation_batch_size // processes if count is None else count
    everywhere = list(trainer._logs["advantages"])[-size * processes :]
    start = trainer.accelerator.process_index * size
    return [[float(value)] for value in everywhere[start : start + size]]


def _credits_of(reward_funcs: Sequence[Any]) -> Callable[[], Credits]:
    for function in reward_funcs:
        if hasattr(function, "last_credits"):
            return lambda: function.last_credits
    names = ", ".join(getattr(function, "__name__", type(function).__name__) for function in reward_funcs)
    raise SettingError(
        f"none of the reward functions ({names}) has last_credits: take one of token granularity, or pass credits="
    )


def _aligned(credits: Credits, completion_ids: Sequence[Sequence[int]]) -> list["NDArray[np.float64] | None"]:
    """The credits as arrays, once it is sure that they fit the sampled ids."""
    if len(credits) != len(completion_ids):
        raise AlignmentError(
            f"there are credits for {len(credits)} completions; the batch has {len(completion_ids)}"
        )
    arrays = [None if credit is None else np.asarray(credit, dtype=np.float64) for credit in credits]
    for index, (array, ids) in enumerate(zip(arrays, completion_ids, strict=True)):
        if array is not None and array.shape != (len(ids),):
            raise AlignmentError(
                f"completion {index} has credits of shape {array.shape}; right is one for each of its {len(ids)} tokens"
            )
        if array is not None and not np.isfinite(array).all():
            raise AlignmentError(
                f"completion {index} has a credit that is not finite; an unscored completion has None"
            )
    return arrays


def _check_choice(name: str, value: object, choices: Any) -> None:
    if value not in get_args(choices):
        raise SettingError(f"{name} is {value!r}; it must be one of {', '.join(get_args(choices))}")
