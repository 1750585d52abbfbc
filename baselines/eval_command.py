"""What `synthgym eval` does: a model, held-out tasks, and pass rates with intervals."""

from collections.abc import Sequence
from typing import Any

from rich.table import Table

from synthgym.baselines.evaluate import evaluate, held_out
from synthgym.baselines.policy import load_policy


def evaluate_model(
    model: str,
    family: str,
    *,
    k: Sequence[int],
    count: int,
    samples: int,
    difficulty: int,
    template: str,
    temperature: float,
    seed: int,
) -> dict[str, Any]:
    """What a model by path or id makes of `count` held-out tasks.

    Raises:
        SynthGymError: for a wrong name, an unusable model, or a k above `samples`.
    """
    tasks = held_out(family, count, difficulty=difficulty, template=template)
    policy = load_policy(model)
    found = evaluate(policy, tasks, k=k, samples=samples, temperature=temperature, seed=seed)
    about = {"model": model, "family": family, "difficulty": difficulty, "template": template, "seed": seed}
    return {**about, **found.summary()}


def evaluation_table(found: dict[str, Any]) -> Table:
    """The figures for a terminal."""
    table = Table(
        title=f"{found['model']} on {found['tasks']} held-out tasks of {found['family']} "
        f"(difficulty {found['difficulty']}, {found['samples']} samples a task)",
        title_justify="left",
    )
    for column in ("measure", "estimate", "95% interval over tasks"):
        table.add_column(column)
    rows = {f"pass@{k}": interval for k, interval in found["pass_at"].items()}
    rows = {"greedy accuracy": found["greedy"], **rows, "answer entropy [bits]": found["entropy"]}
    for name, interval in rows.items():
        table.add_row(name, f"{interval['estimate']:.3f}", f"[{interval['low']:.3f}, {interval['high']:.3f}]")
    return table
