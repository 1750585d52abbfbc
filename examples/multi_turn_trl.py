"""GRPO over an environment with a tool: a tiny policy may hand in two answers, and learns to use the second try.

`tool_policy` stands in for a model of yours: any one whose chat template renders tool calls will do.

    TRL_EXPERIMENTAL_SILENCE=1 python examples/multi_turn_trl.py [STEPS]
"""

import sys
import tempfile

from trl import GRPOConfig, GRPOTrainer

import synthgym
from synthgym.baselines.tool_policy import tool_policy

FAMILY = "boolean_evaluation"


def main(steps: int = 16) -> None:
    """Train, and print how often the policy tries again after a refusal, before and after."""
    data = synthgym.dataset(FAMILY, n=256, conversational=True)
    policy = tool_policy([task.prompt for task in synthgym.tasks(FAMILY, 256)], answers=["T", "F"])
    log = synthgym.RolloutLog(tempfile.mkdtemp())
    factory = synthgym.environment_factory("binary", family=FAMILY, max_turns=2, log=log)
    trainer = GRPOTrainer(
        model=policy.model,
        processing_class=policy.tokenizer,
        train_dataset=data,
        environment_factory=factory,
        callbacks=[factory.callback()],
        args=GRPOConfig(
            output_dir=tempfile.mkdtemp(),
            max_steps=steps,
            per_device_train_batch_size=64,
            num_generations=8,
            max_completion_length=48,
            learning_rate=5e-4,
            bf16=False,
            gradient_checkpointing=False,
            use_cpu=True,
            report_to="none",
            disable_tqdm=True,
            logging_strategy="no",
            save_strategy="no",
        ),
    )
    trainer.train()
    log.close()
    report(log, steps)


def report(log: synthgym.RolloutLog, steps: int) -> None:
    """Print the share of refused answers that were followed by another, in the first and the last step."""
    rows = synthgym.read_log(log.folder).to_pylist()
    for step in (0, steps - 1):
        refused = sum(row["step"] == step and row["turn"] == 1 and row["reward"] < 0.5 for row in rows)
        again = sum(row["step"] == step and row["turn"] == 2 for row in rows)
        print(f"step {step}: tried again after {again / max(refused, 1):.2f} of {refused} refusals")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:2]))
