"""SFT with TRL's own trainer on worked solutions, measured while it trains.

    python examples/trl_sft.py [FOLDER]

The trainer has no rewards, so the callback is told how to sample: it answers the tasks before, during and after.
"""

import sys
import tempfile
from pathlib import Path

from trl import SFTConfig, SFTTrainer

import synthgym
from synthgym.baselines.answers import answerer
from synthgym.baselines.policy import load_policy, tiny_policy


def main(folder: Path) -> None:
    """Train a few steps, and print the measured accuracy."""
    config = SFTConfig(
        output_dir=str(folder / "trl"),
        per_device_train_batch_size=32,
        max_steps=40,
        learning_rate=3e-3,
        use_cpu=True,
        bf16=False,
        report_to="none",
        save_strategy="no",
    )
    policy = load_policy(tiny_policy(seed=0).save(folder / "policy").id)
    held_out = synthgym.tasks("boolean_evaluation", 32, split="test")
    with synthgym.RolloutLog(folder / "run") as log:
        measuring = synthgym.callback(
            synthgym.rewards("rubric"),
            log,
            tasks=held_out,
            greedy=answerer(policy, max_new_tokens=12, temperature=0.0),
        )
        SFTTrainer(
            model=policy.model,
            processing_class=policy.tokenizer,
            args=config,
            train_dataset=synthgym.dataset(
                "boolean_evaluation", n=1_280, format="prompt_completion", signal="rubric"
            ),
            callbacks=[measuring],
        ).train()
    rows = synthgym.read_log(folder / "run", phases="eval").to_pylist()
    for step in sorted({row["step"] for row in rows}):
        rewards = [row["reward"] for row in rows if row["step"] == step]
        print(f"step {step}: reward on {len(rewards)} held-out tasks {sum(rewards) / len(rewards):.3f}")


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else tempfile.mkdtemp()))
