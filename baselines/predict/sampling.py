"""Sampling that batch from a policy, and further completions of fresh prompts for the labelled set."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from synthgym.baselines.policy import Policy
from synthgym.baselines.predict.batch import Batch, FloatArray, group_relative
from synthgym.baselines.predict.config import PredictConfig
from synthgym.envs.mixture import with_cues
from synthgym.hooks import Scored
from synthgym.plugins import get_family
from synthgym.signal import Signal
from synthgym.types import Task
from synthgym.verifiers.rewards import SignalReward


def first_tasks(
    family: str, config: PredictConfig, signal: Signal, count: int, *, skip: int = 0
) -> list[Task]:
    """The training tasks that a run of the config's seed begins with, with the cues of the signal's shortcuts."""
    source, first = get_family(family), 1_000_000 * (config.seed + 1) + skip
    drawn = (
        source.task(seed, difficulty=config.difficulty, template=config.template)
        for seed in range(first, first + count)
    )
    return [with_cues(task, signal) for task in drawn]


def sample_batch(policy: Policy, tasks: Sequence[Task], signal: Signal, config: PredictConfig) -> Batch:
    """`config.group_size` completions of each task, judged by `signal`, with the advantages of GRPO.

    Raises:
        PolicyError: for a prompt that is longer than the policy reads.
        SettingError, AlignmentError: if the signal cannot be judged by for this policy.
    """
    count = config.group_size
    repeated = [task for task in tasks for _ in range(count)]
    texts, ids = answers(policy, tasks, config, n=count)
    reward = SignalReward(signal, seed=config.seed, tokenizer=policy.tokenizer, eos_ids=policy.eos_token_ids)
    reward(
        prompts=[task.prompt for task in repeated],
        completions=texts,
        completion_ids=ids,
        task=[task.to_json() for task in repeated],
    )
    scored = reward.batches[-1]
    rewards = np.array([np.nan if v.reward is None else v.reward for v in scored.verdicts], dtype=np.float64)
    group = np.repeat(np.arange(len(tasks)), count)
    by_token = signal.granularity == "token"
    return Batch(
        tasks=repeated,
        prompts=[task.prompt for task in repeated],
        completions=texts,
        reward=rewards,
        truth=_truths(scored),
        group=group,
        advantage=_token_means(reward, count) if by_token else group_relative(rewards, group),
    )


def answers(
    policy: Policy, tasks: Sequence[Task], config: PredictConfig, *, n: int, stream: int = 0
) -> tuple[list[str], list[list[int]]]:
    """`n` completions of each task and their token ids; `stream` tells apart the draws of one seed."""
    from synthgym.baselines.answers import completion_length, prompts_of
    from synthgym.baselines.sampler import generate

    drawn = generate(
        policy,
        prompts_of(policy, tasks),
        n=n,
        max_new_tokens=config.max_new_tokens or completion_length(policy, tasks),
        temperature=config.temperature,
        seed=config.seed * 100_003 + stream,
    )
    return drawn.texts, drawn.completion_ids


def _truths(scored: Scored) -> FloatArray:
    return np.array([np.nan if truth is None else float(truth) for truth in scored.truths], dtype=np.float64)


def _token_means(reward: SignalReward, group_size: int) -> FloatArray:
    """Mean over a completion's tokens of the advantages that `TokenGRPOTrainer` gives them, (N,)."""
    import torch

    from synthgym.baselines.token_grpo import token_advantages

    credits: list[Any] = [np.empty(0) if credit is None else credit for credit in reward.last_credits]
    width = max((len(credit) for credit in credits), default=0) or 1
    values = np.zeros((len(credits), width))
    mask = np.zeros((len(credits), width))
    for row, credit in enumerate(credits):
        values[row, : len(credit)], mask[row, : len(credit)] = credit, 1.0
    given = token_advantages(torch.as_tensor(values), torch.as_tensor(mask), group_size).double().numpy()
    means: FloatArray = (given * mask).sum(axis=1) / np.maximum(mask.sum(axis=1), 1.0)
    return means
