"""What `synthgym list`, `show` and `play` print: the families, one task judged at every granularity, and a game."""

import inspect
from collections.abc import Callable, Mapping
from typing import Any, cast

import gymnasium
import numpy as np
from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from synthgym.environments import NAMESPACE, environment_id
from synthgym.envs.multi_turn.dialogue import Dialogue
from synthgym.envs.multi_turn.settings import Feedback, Turns
from synthgym.envs.render import visible
from synthgym.errors import SynthGymError
from synthgym.parsing import render
from synthgym.plugins import ALGORITHMS, SHORTCUTS, VERIFIERS, as_signal, families, get_family
from synthgym.registry import Registry
from synthgym.types import GRANULARITIES, Task, Verdict
from synthgym.verifiers.responses import labelled_responses
from synthgym.verifiers.score import score

SHOWN_SHORTCUT = "constant_accepted"


def family_rows() -> list[dict[str, Any]]:
    """A row a family: what it is and a task of difficulty 0, or why it is not available."""
    rows: list[dict[str, Any]] = []
    for name in families():
        try:
            family = get_family(name)
            task = family.task(0)
        except SynthGymError as error:
            rows.append({"family": name, "error": str(error)})
            continue
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
    for column in ("family", "prompt", "worked solution"):
        table.add_column(column, overflow="fold", ratio=1)
    for row in rows:
        if "error" in row:
            table.add_row(row["family"], Text(f"not available: {row['error']}", style="red"))
            continue
        about = (
            row["environment"],
            f"{row['domain']}, chance {row['chance']:.2f}",
            f"criteria: {', '.join(row['criteria'])}",
        )
        table.add_row(
            Text(row["family"]).append("\n" + "\n".join(about), style="dim"),
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


def registered(kind: str) -> list[dict[str, str]]:
    """A row a thing of `kind` (verifiers, shortcuts, algorithms or environments): its name, and what it is."""
    if kind == "environments":
        ids = sorted(name for name in gymnasium.registry if name.startswith(f"{NAMESPACE}/"))
        return [{"name": name, "about": ""} for name in ids]
    registries: dict[str, Registry[Any]] = {
        "verifiers": VERIFIERS,
        "shortcuts": SHORTCUTS,
        "algorithms": ALGORITHMS,
    }
    registry = registries[kind]
    return [{"name": name, "about": _about(registry, name)} for name in registry.names()]


def registered_table(found: Mapping[str, list[dict[str, str]]]) -> RenderableType:
    """`registered`, by kind, for a terminal."""
    tables = []
    for kind, rows in found.items():
        table = Table(title=f"{len(rows)} {kind}", title_justify="left")
        table.add_column("name", no_wrap=True)
        table.add_column("what it is", overflow="fold")
        for row in rows:
            table.add_row(row["name"], Text(row["about"]))
        tables.append(table)
    return Group(*tables)


def play(
    task: Task,
    signal: str,
    ask: Callable[[], str],
    say: Callable[[RenderableType], None],
    *,
    max_turns: int = 1,
    feedback: str = "right_or_wrong",
) -> dict[str, Any]:
    """One episode: shows the prompt, asks for completions, says the verdict on each and what it is told.

    Args:
        ask: gives the next completion.
        say: shows something.

    Returns:
        The task's id and prompt, and of each turn the completion, its verdict, and what was told of it.

    Raises:
        SettingError: for `max_turns` or `feedback` that are not accepted, or that the signal cannot give.
    """
    turns = Turns(max_turns=max_turns, feedback=cast(Feedback, feedback))
    dialogue = Dialogue(task, as_signal(signal), turns, np.random.default_rng(task.seed))
    say(Panel(Text(task.prompt), title=f"task {task.id}", title_align="left"))
    played: list[dict[str, Any]] = []
    while not dialogue.over:
        attempt = dialogue.attempt(ask())
        row = _plain(attempt.completion, attempt.verdict)
        played.append({"turn": attempt.turn, **row, "told": attempt.told})
        if attempt.told:
            say(Panel(Text(attempt.told), title=f"turn {attempt.turn} of {max_turns}", title_align="left"))
    say(task_panel(task, [{"response": "yours", "signal": signal, **row}]))
    return {"task_id": task.id, "prompt": task.prompt, "signal": signal, "verdict": row, "turns": played}


def _about(registry: Registry[Any], name: str) -> str:
    """The first paragraph of a thing's docstring, or why it cannot be loaded."""
    try:
        thing = registry.get(name)
    except SynthGymError as error:
        return f"not available: {error}"
    own = thing if inspect.isclass(thing) or inspect.isroutine(thing) else type(thing)
    return " ".join((inspect.getdoc(own) or "").split("\n\n")[0].split())


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
