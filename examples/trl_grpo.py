"""GRPO with TRL's own trainer: tasks, rewards with named components, and a log of every rollout.

    python examples/trl_grpo.py [FOLDER]

An untrained policy of 113,000 parameters takes four steps in a few seconds on a CPU; any model by path or hub id
takes its place. TRL logs each component as rewards/NAME/mean; the log says what became of every completion.
"""

import sys
import tempfile
from pathlib import Path

from trl import GRPOConfig, GRPOTrainer

import synthgym
from synthgym.baselines.policy import tiny_policy


def main(folder: Path) -> None:
    """Train four steps, and print what was rewarded."""
    config = GRPOConfig(
        output_dir=str(folder / "trl"),
        per_device_train_batch_size=16,
        num_generations=8,
        max_completion_length=12,
        max_steps=4,
        shuffle_dataset=False,
        use_cpu=True,
        bf16=False,
        report_to="none",
        save_strategy="no",
    )
    rewards = synthgym.rewards("rubric", components=["chain_sum", "sorting_trace"])
    with synthgym.RolloutLog(folder / "run") as log:
        GRPOTrainer(
            model=tiny_policy(seed=0).save(folder / "policy").id,
            args=config,
            reward_funcs=rewards,
            train_dataset=synthgym.dataset({"chain_sum": 3, "sorting_trace": 1}, n=64, difficulty=[0, 1]),
            callbacks=[synthgym.callback(rewards, log)],
        ).train()
    for row in synthgym.read_log(folder / "run").to_pylist()[::16]:
        print(f"step {row['step']}: {row['prompt']!r} -> {row['completion']!r} reward {row['reward']:.2f}")
    print(f"components: {', '.join(function.__name__ for function in rewards)}")


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else tempfile.mkdtemp()))
