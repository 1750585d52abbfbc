"""What `synthgym train` does: a policy, a run, its report, and the findings on the terminal."""

import time
from pathlib import Path
from typing import get_args

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from synthgym.baselines.policy import load_policy
from synthgym.baselines.train import check, train
from synthgym.baselines.train_config import TrainConfig
from synthgym.baselines.warmstart import StartConfig, StartKind, default_cache
from synthgym.errors import SettingError, shown, suggestion
from synthgym.plugins import as_signal
from synthgym.signal import Signal


def train_and_report(
    config: TrainConfig, *, model: str | None, start: str, out: Path | None, console: Console
) -> int:
    """Train, save the policy beside the log, write the report, print what was found; the exit status.

    Raises:
        SynthGymError: for a wrong name, an unusable model, or a folder that cannot be written.
    """
    check(config)
    folder = out or Path("runs") / f"{config.family}-{as_signal(config.signal).label}-seed{config.seed}"
    if (folder / "rollouts").exists():
        raise SettingError(f"{folder} holds a run already; give another folder with --out, or remove it")
    begin = (
        load_policy(model)
        if model
        else start_of(
            config.family,
            start,
            as_signal(config.signal),
            difficulty=config.difficulty,
            template=config.template,
        )
    )
    started = time.perf_counter()
    with Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed:.0f}/{task.total:.0f} steps  {task.fields[said]}"),
        TimeElapsedColumn(),
        console=console,
    ) as progress:
        bar = progress.add_task(f"{config.family} {config.signal}", total=config.steps, said="")

        def on_step(done: int, total: int, text: str) -> None:
            progress.update(bar, completed=done, total=total, said=text)

        policy = train(config, begin, folder, cache=default_cache(), on_step=on_step)
    policy.save(folder / "policy")
    _say(folder, console, time.perf_counter() - started)
    return 0


def start_of(family: str, kind: str, signal: Signal, *, difficulty: int, template: str) -> StartConfig:
    """The warm start of a run on that signal: the cues and priors of its shortcuts are worked in.

    Raises:
        SettingError: for a start that there is not; it names the nearest.
    """
    for known in get_args(StartKind):
        if kind == known:
            return StartConfig(
                family=family,
                kind=known,
                difficulty=difficulty,
                template=template,
                shortcuts=signal.shortcuts,
            )
    raise SettingError(f"no start named {shown(kind)}{suggestion(kind, get_args(StartKind))}")


def _say(folder: Path, console: Console, seconds: float) -> None:
    from synthgym.report import analyse, findings, write_report

    report = analyse(folder)
    path = write_report(folder, report=report)
    for finding in findings(report):
        console.print(f"- {finding}", markup=False, highlight=False)
    console.print(f"log: {folder / 'rollouts'}", markup=False, highlight=False, soft_wrap=True)
    console.print(f"policy: {folder / 'policy'}", markup=False, highlight=False, soft_wrap=True)
    console.print(f"report: {path}  ({seconds:.0f} s)", markup=False, highlight=False, soft_wrap=True)
