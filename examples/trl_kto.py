"""KTO with TRL's own trainer: responses, each labelled as good or not, measured while it trains.

    python examples/trl_kto.py [FOLDER]

The trainer has no rewards, so the callback is told how to sample: it answers the tasks before, during and after.
"""

import sys
import tempfile
from pathlib import Path

from trl import KTOConfig, KTOTrainer

import synthgym
from synthgym.baselines.answers import answerer
from synthgym.baselines.policy import load_policy, tiny_policy


def main(folder: Path) -> None:
    """Train a few steps, and print the measured accuracy."""
    config = KTOConfig(
        output_dir=str(folder / "trl"),
        per_device_train_batch_size=32,
        max_steps=20,
        logging_steps=10,
        learning_rate=3e-3,
        use_cpu=True,
        bf16=False,
        report_to="none",
        save_strategy="no",
    )
    policy = load_policy(tiny_policy(seed=0).save(folder / "policy").id)
    held_out = synthgym.tasks("chain_sum", 32, split="test")
    with synthgym.RolloutLog(folder / "run") as log:
        measuring = synthgym.callback(
            synthgym.rewards("rubric"),
            log,
            tasks=held_out,
            greedy=answerer(policy, max_new_tokens=12, temperature=0.0),
        )
        trainer = KTOTrainer(
            model=policy.model,
            processing_class=policy.tokenizer,
            args=config,
            train_dataset=synthgym.dataset("chain_sum", n=640, format="unpaired_preference", signal="rubric"),
            callbacks=[measuring],
        )
        trainer.train()
    margins = [entry["rewards/margins"] for entry in trainer.state.log_history if "rewards/margins" in entry]
    print(f"margin of the good over the bad: {margins[0]:.3f}, then {margins[-1]:.3f}")
    rows = synthgym.read_log(folder / "run", phases="eval").to_pylist()
    for step in sorted({row["step"] for row in rows}):
        rewards = [row["reward"] for row in rows if row["step"] == step]
        print(f"step {step}: reward on {len(rewards)} held-out tasks {sum(rewards) / len(rewards):.3f}")


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else tempfile.mkdtemp()))
