"""PPO in one file, in the manner of CleanRL, on a family's token MDP: 256 sub-environments in numpy, one network.

    python examples/ppo_cleanrl.py
    python examples/ppo_cleanrl.py --family sorting_trace --signal rubric --steps 2000000

It prints the mean return of the episodes seen while training, and before and after it the mean return and the share of
right answers on the training and the held-out test split. Needs torch: pip install 'synthgym[train]'.
"""

import time
from dataclasses import dataclass
from typing import Any

import gymnasium
import numpy as np
import torch
import tyro
from torch import Tensor, nn
from torch.distributions import Categorical

import synthgym
from synthgym.environments import token_environment_id


@dataclass(frozen=True, kw_only=True)
class Config:
    """What is trained on what, and how."""

    family: str = "boolean_evaluation"
    """The kind of task."""
    difficulty: int = 0
    """0 to 10."""
    signal: str = "token"
    """What is rewarded: binary, rubric or token."""
    steps: int = 1_000_000
    """Environment steps, all sub-environments together."""
    num_envs: int = 256
    """Sub-environments."""
    rollout: int = 32
    """Steps of each sub-environment between updates."""
    epochs: int = 3
    """Passes over a rollout."""
    minibatches: int = 8
    """Parts of a pass."""
    learning_rate: float = 1e-3
    """At the start; it falls to 0."""
    gae_lambda: float = 0.95
    """Of the advantage estimate; returns are undiscounted, as an episode's rewards add up to its verdict's."""
    clip: float = 0.2
    """How far the policy's ratio may move."""
    entropy: float = 0.01
    """Weight of the entropy bonus at the start; it falls to 0."""
    episodes: int = 1024
    """Episodes of an evaluation."""
    seed: int = 0
    """Of everything that is drawn."""


class Agent(nn.Module):  # type: ignore[misc]  # torch is not looked into
    """Policy and value over one embedding of the codes, of shape (B, length)."""

    def __init__(self, length: int, codes: int, width: int = 256, embedding: int = 16) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.Embedding(codes, embedding),
            nn.Flatten(),
            nn.Linear(length * embedding, width),
            nn.ReLU(),
            nn.Linear(width, width),
            nn.ReLU(),
        )
        self.policy, self.value = nn.Linear(width, codes), nn.Linear(width, 1)
        nn.init.orthogonal_(self.policy.weight, 0.01)

    def forward(self, observations: Tensor, masks: Tensor) -> tuple[Categorical, Tensor]:
        """The distribution over the actions that are allowed, and the values, of shape (B,)."""
        hidden = self.body(observations)
        logits = self.policy(hidden).masked_fill(masks == 0, -1e9)
        return Categorical(logits=logits, validate_args=False), self.value(hidden).squeeze(-1)


def make(config: Config, split: str) -> Any:
    """The vector environment of one split."""
    name = token_environment_id(config.family, synthgym.get_family(config.family).version)
    return gymnasium.make_vec(
        name,
        num_envs=config.num_envs,
        vectorization_mode="vector_entry_point",
        autoreset_mode="SameStep",
        signal=config.signal,
        difficulty=config.difficulty,
        split=split,
        pool_size=1024,
    )


def evaluate(agent: Agent, envs: Any, episodes: int, seed: int) -> tuple[float, float]:
    """The mean return and the share of right answers over `episodes` sampled episodes."""
    observations, infos = envs.reset(seed=seed)
    returns, right, current = list[float](), list[float](), np.zeros(envs.num_envs)
    while len(returns) < episodes:
        with torch.no_grad():
            policy, _ = agent(torch.as_tensor(observations), torch.as_tensor(infos["action_mask"]))
        observations, rewards, terminated, truncated, infos = envs.step(policy.sample().numpy())
        current += rewards
        ended = terminated | truncated
        if ended.any():
            returns += current[ended].tolist()
            right += infos["final_info"]["components"]["truth"][ended].tolist()
            current[ended] = 0.0
    return float(np.mean(returns)), float(np.mean(right))


def train(config: Config) -> dict[str, tuple[float, float]]:
    """Train an agent; what `evaluate` found on each split before and after."""
    torch.manual_seed(config.seed)
    rng = np.random.default_rng(config.seed)
    envs, held_out = make(config, "train"), make(config, "test")
    length, codes = envs.single_observation_space.shape[0], int(envs.single_action_space.n)
    agent = Agent(length, codes)
    optimizer = torch.optim.Adam(agent.parameters(), lr=config.learning_rate, eps=1e-5)
    found = {
        f"{split} before": evaluate(agent, e, config.episodes, 1)
        for split, e in (("train", envs), ("test", held_out))
    }

    shape = (config.rollout, config.num_envs)
    observed = torch.zeros((*shape, length), dtype=torch.int64)
    masks = torch.zeros((*shape, codes), dtype=torch.int8)
    actions = torch.zeros(shape, dtype=torch.int64)
    log_probs, values, rewards, ends = torch.zeros((4, *shape))
    observations, infos = envs.reset(seed=config.seed)
    running, returns, began = np.zeros(config.num_envs), list[float](), time.process_time()
    updates = max(1, config.steps // (config.rollout * config.num_envs))
    for update in range(updates):
        left = 1.0 - update / updates
        optimizer.param_groups[0]["lr"] = left * config.learning_rate

        for t in range(config.rollout):
            observed[t], masks[t] = torch.as_tensor(observations), torch.as_tensor(infos["action_mask"])
            with torch.no_grad():
                policy, values[t] = agent(observed[t], masks[t])
                actions[t] = policy.sample()
                log_probs[t] = policy.log_prob(actions[t])
            observations, reward, terminated, truncated, infos = envs.step(actions[t].numpy())
            ended = terminated | truncated
            rewards[t], ends[t] = torch.as_tensor(reward), torch.as_tensor(ended)
            running += reward
            returns += running[ended].tolist()
            running[ended] = 0.0

        with torch.no_grad():
            _, value = agent(torch.as_tensor(observations), torch.as_tensor(infos["action_mask"]))
            advantages, advantage = torch.zeros(shape), torch.zeros(config.num_envs)
            for t in reversed(range(config.rollout)):
                going = 1.0 - ends[t]
                error = rewards[t] + going * value - values[t]
                advantage = error + going * config.gae_lambda * advantage
                advantages[t], value = advantage, values[t]
            targets = (advantages + values).flatten()

        flat_advantages = advantages.flatten()
        for _ in range(config.epochs):
            for part in np.array_split(rng.permutation(config.rollout * config.num_envs), config.minibatches):
                rows = torch.as_tensor(part)
                policy, value = agent(observed.flatten(0, 1)[rows], masks.flatten(0, 1)[rows])
                ratio = (policy.log_prob(actions.flatten()[rows]) - log_probs.flatten()[rows]).exp()
                scaled = flat_advantages[rows]
                scaled = (scaled - scaled.mean()) / (scaled.std() + 1e-8)
                clipped = ratio.clamp(1 - config.clip, 1 + config.clip)
                loss = -torch.min(ratio * scaled, clipped * scaled).mean()
                loss = loss + 0.5 * (value - targets[rows]).square().mean()
                loss = loss - left * config.entropy * policy.entropy().mean()
                optimizer.zero_grad()
                loss.backward()
                nn.utils.clip_grad_norm_(agent.parameters(), 0.5)
                optimizer.step()

        if (update + 1) % max(1, updates // 10) == 0:
            steps, seconds = (update + 1) * config.rollout * config.num_envs, time.process_time() - began
            print(
                f"{steps:>10,} steps  return {np.mean(returns[-2000:]):.3f}  {seconds:.0f} CPU-seconds",
                flush=True,
            )
    found |= {
        f"{split} after": evaluate(agent, e, config.episodes, 2)
        for split, e in (("train", envs), ("test", held_out))
    }
    return found


if __name__ == "__main__":
    torch.set_num_threads(1)
    for name, (mean_return, share_right) in train(tyro.cli(Config)).items():
        print(f"{name:<13} return {mean_return:.3f}  right {share_right:.3f}")
