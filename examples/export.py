"""Datasets on disk: generated preferences with splits, and the rollouts of a run as supervised data.

    python examples/export.py [FOLDER]

What is written is read back with `datasets`, as a trainer would.
"""

import sys
import tempfile
from pathlib import Path

from datasets import load_dataset

import synthgym
from synthgym.hooks import Marks, record
from synthgym.verifiers.rewards import SignalReward


def main(folder: Path) -> None:
    """Export twice, and print what was written and what is read back."""
    mixture = {"chain_sum": 3, "sorting_trace": 1}
    print(synthgym.export(folder / "pairs", mixture, n=200, format="preference", signal="rubric"))
    pairs = load_dataset(str(folder / "pairs"), cache_dir=str(folder / "cache"))
    row = pairs["train"][0]
    print(f"prompt {row['prompt']!r}\n  chosen   {row['chosen']!r}\n  rejected {row['rejected']!r}")

    tasks = [task for task in synthgym.tasks("chain_sum", 3) for _ in range(2)]
    answers = [f"={task.reference.answer}" if i % 2 else "=0" for i, task in enumerate(tasks)]
    with synthgym.RolloutLog(folder / "run") as log:
        record(log, SignalReward("rubric").judge(tasks, answers), step=0, marks=Marks())
    print(synthgym.export(folder / "good.jsonl", source=folder / "run", format="prompt_completion"))
    print((folder / "good.jsonl").read_text().splitlines()[0])


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else tempfile.mkdtemp()))
