"""RLOO with TRL's own trainer on an endless stream of tasks that grow harder.

    python examples/trl_rloo.py [FOLDER]

A stream has no length, so that max_steps is needed, and it is shuffled in a buffer unless told otherwise.
"""

import sys
import tempfile
from pathlib import Path

from trl import RLOOConfig, RLOOTrainer

import synthgym
from synthgym.baselines.policy import tiny_policy


def main(folder: Path) -> None:
    """Train four steps, and print how difficult the tasks were."""
    config = RLOOConfig(
        output_dir=str(folder / "trl"),
        per_device_train_batch_size=16,
        num_generations=8,
        max_completion_length=12,
        max_steps=4,
        shuffle_dataset=False,
        beta=0.0,
        use_cpu=True,
        bf16=False,
        report_to="none",
        save_strategy="no",
    )
    rewards = synthgym.rewards("binary")
    with synthgym.RolloutLog(folder / "run") as log:
        RLOOTrainer(
            model=tiny_policy(seed=0).save(folder / "policy").id,
            args=config,
            reward_funcs=rewards,
            train_dataset=synthgym.dataset(
                "chain_sum", streaming=True, difficulty=lambda row: min(row // 2, 10)
            ),
            callbacks=[synthgym.callback(rewards, log)],
        ).train()
    table = synthgym.read_log(folder / "run", columns=["step", "difficulty"]).to_pylist()
    for step in range(4):
        print(
            f"step {step}: difficulty {sorted({row['difficulty'] for row in table if row['step'] == step})}"
        )


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else tempfile.mkdtemp()))
