"""What `synthgym list`, `show` and `play` print: the families, one task judged at every granularity, and a game."""

from collections.abc import Callable
from typing import Any

from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from synthgym.environments import environment_id
from synthgym.envs.render import visible
from synthgym.envs.responses import labelled_responses
from synthgym.errors import SynthGymError
from synthgym.parsing import render
from synthgym.plugins import SHORTCUTS, as_signal, families, get_family
from synthgym.types import GRANULARITIES, Task, Verdict
from synthgym.verifiers.score import score

SHOWN_SHORTCUT = "constant_accepted"


def family_rows() -> list[dict[str, Any]]:
    """A row a family: what it is and a task of difficulty 0, or why it is not available."""
    rows: list[dict[str, Any]] = []
    for name in families():
        try:
            family = get_family(name)
        except SynthGymError as error:
            rows.append({"family": name, "error": str(error)})
            continue
        task = family.task(0)
        rows.append(
            {
                "family": name,
                "domain": family.domain,
                "environment": environment_id(name, family.version),
                "templates": list(family.templates),
                "criteria": [criterion.name for criterion in family.rubric],
                "step_credit": family.step_credit,
                "chance": family.chance,
                "prompt": task.prompt,
                "completion": render(task.reference, task.answer_format),
            }
        )
    return rows


def families_table(rows: list[dict[str, Any]]) -> Table:
    """`family_rows` for a terminal."""
    table = Table(
        title=f"{len(rows)} families, each at binary, rubric and token granularity", title_justify="left"
    )
    table.add_column("family and environment", no_wrap=True)
    for column in ("domain", "criteria", "chance", "prompt", "worked solution"):
        table.add_column(column, overflow="fold")
    for row in rows:
        if "error" in row:
            table.add_row(row["family"], Text(f"not available: {row['error']}", style="red"))
            continue
        table.add_row(
            Text(row["family"]).append(f"\n{row['environment']}", style="dim"),
            row["domain"],
            ", ".join(row["criteria"]),
            f"{row['chance']:.2f}",
            Text(row["prompt"]),
            Text(row["completion"]),
            end_section=True,
        )
    return table


def judged(task: Task) -> list[dict[str, Any]]:
    """A row a labelled response and granularity, with its verdict; the shortcut is judged with its flaw planted."""
    shortcut = SHORTCUTS.get(SHOWN_SHORTCUT)()
    rows: list[dict[str, Any]] = []
    for label, completion in labelled_responses(task, (shortcut,)).items():
        planted = f"+{shortcut.name}" if label.startswith("shortcut") else ""
        for granularity in GRANULARITIES:
            verdict = score([task], [completion], as_signal(f"{granularity}{planted}"))[0]
            rows.append(
                {"response": label, "signal": f"{granularity}{planted}", **_plain(completion, verdict)}
            )
    return rows


def task_panel(task: Task, rows: list[dict[str, Any]]) -> RenderableType:
    """The task, its worked solution, and the verdicts of `judged`, for a terminal."""
    table = Table(title="What each granularity says", title_justify="left")
    for column in ("response", "completion", "signal", "reward", "components", "credits"):
        table.add_column(column, overflow="fold")
    for i, row in enumerate(rows):
        first = i == 0 or rows[i - 1]["response"] != row["response"]
        table.add_row(
            row["response"] if first else "",
            Text(visible(row["completion"])) if first else "",
            row["signal"],
            "not scored" if row["reward"] is None else f"{row['reward']:.2f}",
            ", ".join(f"{name} {value:.2f}" for name, value in row["components"].items()),
            Text(_credit_line(row)),
            end_section=i + 1 < len(rows) and rows[i + 1]["response"] != row["response"],
        )
    solution = render(task.reference, task.answer_format)
    return Group(
        Panel(Text(task.prompt), title=f"task {task.id}", title_align="left"),
        Panel(Text(solution), title="worked solution", title_align="left"),
        table,
    )


def play(task: Task, signal: str, ask: Callable[[], str], say: Callable[[RenderableType], None]) -> Verdict:
    """One round: shows the prompt, asks for a completion, says the verdict and the worked solution."""
    say(Panel(Text(task.prompt), title=f"task {task.id}", title_align="left"))
    completion = ask()
    verdict = score([task], [completion], as_signal(signal))[0]
    row = {"response": "yours", "signal": signal, **_plain(completion, verdict)}
    say(task_panel(task, [row]))
    return verdict


def _plain(completion: str, verdict: Verdict) -> dict[str, Any]:
    return {
        "completion": completion,
        "reward": verdict.reward,
        "components": dict(verdict.components),
        "credits": [[credit.start, credit.end, credit.value] for credit in verdict.credits],
        "error": verdict.error,
    }


def _credit_line(row: dict[str, Any]) -> str:
    parts = []
    for start, end, value in row["credits"]:
        text = visible(row["completion"][start:end]).strip() if end > start else "<end>"
        parts.append(f"{text} {value:g}")
    return "\n".join(parts) or (row["error"] or "")
