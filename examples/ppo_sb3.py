"""stable-baselines3's PPO, unchanged, on a family's token MDP: it learns to evaluate Boolean expressions.

    python examples/ppo_sb3.py
    python examples/ppo_sb3.py --signal token --steps 400000

It prints the mean return and the share of right answers before and after, on the training and the held-out test split.
Needs stable-baselines3 (pip install stable-baselines3).
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
import tyro
from stable_baselines3 import PPO
from stable_baselines3.common.env_util import make_vec_env

import synthgym  # noqa: F401  # registers the environments


@dataclass(frozen=True, kw_only=True)
class Config:
    """What PPO is trained on."""

    env: str = "synthgym/BooleanEvaluationTokens-v0"
    """The id of a token MDP."""
    signal: str = "rubric"
    """What is rewarded: binary, rubric or token."""
    steps: int = 300_000
    """Environment steps, all sub-environments together."""
    episodes: int = 500
    """Episodes of an evaluation."""
    seed: int = 0
    """Of everything that is drawn."""


def evaluate(model: PPO, envs: Any, episodes: int) -> tuple[float, float]:
    """The mean return and the share of right answers over `episodes` sampled episodes."""
    envs.seed(1)
    observations, returns, right = envs.reset(), list[float](), list[float]()
    while len(returns) < episodes:
        actions, _ = model.predict(observations, deterministic=False)
        observations, _, ended, infos = envs.step(actions)
        returns += [info["episode"]["r"] for info, over in zip(infos, ended, strict=True) if over]
        right += [info["components"]["truth"] for info, over in zip(infos, ended, strict=True) if over]
    return float(np.mean(returns)), float(np.mean(right))


def train(config: Config) -> dict[str, tuple[float, float]]:
    """Train PPO; what `evaluate` found on each split before and after."""
    envs = {
        split: make_vec_env(
            config.env,
            n_envs=64,
            seed=config.seed,
            env_kwargs={"signal": config.signal, "split": split, "pool_size": 1024, "render_mode": None},
        )
        for split in ("train", "test")
    }  # fmt: skip
    settings = {
        "n_steps": 64,
        "batch_size": 512,
        "n_epochs": 4,
        "learning_rate": 1e-3,
        "gamma": 1.0,
        "ent_coef": 0.01,
    }
    network = {"net_arch": [256, 256], "activation_fn": torch.nn.ReLU}
    model = PPO("MlpPolicy", envs["train"], seed=config.seed, device="cpu", policy_kwargs=network, **settings)
    found = {f"{split} before": evaluate(model, env, config.episodes) for split, env in envs.items()}
    model.learn(config.steps)
    return found | {f"{split} after": evaluate(model, env, config.episodes) for split, env in envs.items()}


if __name__ == "__main__":
    torch.set_num_threads(1)
    for name, (mean_return, share_right) in train(tyro.cli(Config)).items():
        print(f"{name:<13} return {mean_return:.3f}  right {share_right:.3f}")
