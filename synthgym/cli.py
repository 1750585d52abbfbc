"""The command ``synthgym``. Each subcommand reads its arguments and hands over to the room that does the work.

A mistake of the user's is one line on standard error and exit status 2.
"""

import json
import sys
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

import tyro

from synthgym.errors import SynthGymError

FamilyName = tyro.conf.Positional[str]
Flag = Annotated[bool, tyro.conf.FlagCreatePairsOff]
AsJson = Annotated[bool, tyro.conf.arg(name="json"), tyro.conf.FlagCreatePairsOff]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the exit status."""
    try:
        status = tyro.extras.subcommand_cli_from_dict(
            _COMMANDS, prog="synthgym", description=_DESCRIPTION, args=arguments
        )
    except SynthGymError as error:
        print(f"synthgym: {' '.join(str(error).split())}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print(
            "synthgym: interrupted; what was logged is kept, and the same command goes on from there",
            file=sys.stderr,
        )
        return 130
    except BrokenPipeError:
        sys.stderr.close()
        return 141
    return int(status or 0)


def quickstart(out: Path = Path("runs/quickstart"), processes: int = 2, seeds: int = 3) -> int:
    """Train three granularities on a task from each domain, plant a shortcut, open and close a loop, and report.

    Runs on a CPU in minutes. Killed, it goes on where it was when it is called again.

    Args:
        out: folder of the study; the report is its report.html.
        processes: cells run side by side.
        seeds: runs an arm.
    """
    from synthgym.baselines.quickstart.run import quickstart as run

    return run(out, processes=processes, seeds=seeds, console=_console())


def list_families(as_json: AsJson = False) -> int:
    """List the families, with an example of each.

    Args:
        as_json: print JSON instead of a table.
    """
    from synthgym.envs.exhibit import families_table, family_rows

    rows = family_rows()
    return _print(rows, as_json, lambda: families_table(rows))


def show(
    family: FamilyName,
    seed: int = 0,
    difficulty: int = 1,
    template: str = "compact",
    answer_format: str | None = None,
    split: str = "train",
    as_json: AsJson = False,
) -> int:
    """Show one task, its worked solution, and each granularity's verdict on labelled responses.

    Args:
        family: name of the family.
        seed: which task.
        difficulty: 0 to 10.
        template: compact or natural.
        answer_format: equals, line, boxed or tag; none takes the template's.
        split: train or test.
        as_json: print JSON instead of a table.
    """
    from synthgym.envs.exhibit import judged, task_panel
    from synthgym.plugins import get_family

    task = get_family(family).task(
        seed, split=split, difficulty=difficulty, template=template, answer_format=answer_format
    )
    rows = judged(task)
    return _print(
        {"task": json.loads(task.to_json()), "verdicts": rows}, as_json, lambda: task_panel(task, rows)
    )


def play(
    family: FamilyName, seed: int = 0, difficulty: int = 1, template: str = "natural", signal: str = "token"
) -> int:
    """Answer a task yourself and see the verdict; end your answer with an empty line.

    Args:
        family: name of the family.
        seed: which task.
        difficulty: 0 to 10.
        template: compact or natural.
        signal: what to judge by.
    """
    from synthgym.envs.exhibit import play as play_round
    from synthgym.plugins import as_signal, get_family

    as_signal(signal)
    task = get_family(family).task(seed, difficulty=difficulty, template=template)
    play_round(task, signal, _ask, _console().print)
    return 0


def check(family: FamilyName, seeds: int = 200, as_json: AsJson = False) -> int:
    """Check a family against its contract.

    Args:
        family: name of the family.
        seeds: tasks of each split and template.
        as_json: print JSON instead of a line.
    """
    from dataclasses import asdict

    from synthgym.envs.check import check_family

    report = check_family(family, seeds=seeds)
    return _print(
        asdict(report), as_json, lambda: f"{family}: kept its contract over {report.seeds} seeds: {report}"
    )


def train(
    family: FamilyName,
    signal: str = "binary",
    algorithm: str = "grpo",
    model: str | None = None,
    seed: int = 0,
    difficulty: int = 1,
    template: str = "compact",
    steps: int = 60,
    batch_size: int = 128,
    group_size: int = 8,
    learning_rate: float | None = None,
    start: str = "noisy",
    watch: tuple[str, ...] = (),
    out: Path | None = None,
) -> int:
    """Train a policy on a family under a signal, log every rollout, and write the report.

    Args:
        family: name of the family.
        signal: binary, rubric or token; add +SHORTCUT to plant one, ~random or ~shuffled for a control.
        algorithm: a registered algorithm.
        model: path or id of a causal language model; none takes the tiny policy, warm-started.
        seed: of sampling and of the order of the tasks.
        difficulty: 0 to 10.
        template: compact or natural.
        steps: optimiser steps.
        batch_size: rollouts a step.
        group_size: completions a prompt.
        learning_rate: none takes the algorithm's own.
        start: the tiny policy's warm start: clean, noisy, mix or early.
        watch: shortcuts to watch for that are not planted.
        out: folder of the run; none takes runs/FAMILY-SIGNAL-seedSEED.
    """
    from synthgym.baselines.train import TrainConfig
    from synthgym.baselines.train_command import train_and_report

    config = TrainConfig(
        family=family,
        signal=signal,
        algorithm=algorithm,
        seed=seed,
        difficulty=difficulty,
        template=template,
        steps=steps,
        batch_size=batch_size,
        group_size=group_size,
        learning_rate=learning_rate,
        watch=watch,
    )
    return train_and_report(config, model=model, start=start, out=out, console=_console())


def evaluate(
    model: tyro.conf.Positional[str],
    family: str,
    k: tuple[int, ...] = (1, 8),
    tasks: int = 128,
    samples: int = 16,
    difficulty: int = 1,
    template: str = "compact",
    temperature: float = 1.0,
    seed: int = 0,
    as_json: AsJson = False,
) -> int:
    """Evaluate a policy on held-out tasks: greedy accuracy, pass@1 and unbiased pass@k, with intervals.

    Args:
        model: path or id of a causal language model.
        family: name of the family.
        k: the k of pass@k.
        tasks: held-out tasks.
        samples: completions a task; at least the largest k.
        difficulty: 0 to 10.
        template: compact or natural.
        temperature: of sampling.
        seed: of sampling.
        as_json: print JSON instead of a table.
    """
    from synthgym.baselines.eval_command import evaluate_model, evaluation_table

    found = evaluate_model(
        model,
        family,
        k=k,
        count=tasks,
        samples=samples,
        difficulty=difficulty,
        template=template,
        temperature=temperature,
        seed=seed,
    )
    return _print(found, as_json, lambda: evaluation_table(found))


def report(run: tyro.conf.Positional[Path], out: Path | None = None, skip_corrupt: Flag = False) -> int:
    """Write the report of a run or a study from its log.

    Args:
        run: folder of a run or a study.
        out: the HTML file; none writes report.html into the folder.
        skip_corrupt: go on past corrupt parts of the log, and say so in the report.
    """
    from synthgym.report import analyse, findings, write_report

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # what the report notes, `findings` says
        analysed = analyse(run, skip_corrupt=skip_corrupt)
    path = write_report(run, out, report=analysed)
    for finding in findings(analysed):
        print(f"- {finding}")
    print(f"report: {path}")
    return 0


def bench(
    what: tyro.conf.Positional[Literal["learnable", "verify", "sandbox"]],
    family: tuple[str, ...] = (),
    seconds: float = 60.0,
    pairs: Path | None = None,
    rounds: int = 3,
    as_json: AsJson = False,
) -> int:
    """Measure the gym: what the tiny policy learns, how right and fast the equivalence engine is, how fast the sandbox.

    Args:
        what: learnable (does the tiny policy learn each family at difficulty 0 within a minute of CPU time?) or verify
            (the equivalence engine beside math-verify) or sandbox (running solutions, beside python3 -c and
            multiprocessing).
        family: learnable: names of families; none takes all.
        seconds: learnable: CPU seconds of supervised training a family.
        pairs: verify: file of labelled pairs in place of the hard mix.
        rounds: verify and sandbox: timed rounds.
        as_json: print JSON instead of a table.
    """
    from dataclasses import asdict

    if what == "verify":
        from synthgym.baselines.bench_verify import render as render_verify
        from synthgym.baselines.bench_verify import verify

        found = verify(pairs, rounds=rounds)
        return _print(asdict(found), as_json, lambda: render_verify(found))

    if what == "sandbox":
        from synthgym.baselines.bench_sandbox import render as render_sandbox
        from synthgym.baselines.bench_sandbox import sandbox_bench

        measured = sandbox_bench(rounds=rounds)
        return _print(asdict(measured), as_json, lambda: render_sandbox(measured))

    from synthgym.baselines.bench import learnable, render
    from synthgym.plugins import families

    rows = learnable(list(family) or families(), seconds=seconds)
    return _print([asdict(row) for row in rows], as_json, lambda: render(rows))


_DESCRIPTION = "Verifiable math, code and logic tasks, each supervised at several granularities."
_COMMANDS: dict[str, Callable[..., Any]] = {
    "quickstart": quickstart,
    "list": list_families,
    "show": show,
    "play": play,
    "check": check,
    "train": train,
    "eval": evaluate,
    "report": report,
    "bench": bench,
}


def _print(value: Any, as_json: AsJson, rendered: Callable[[], Any]) -> int:
    if as_json:
        print(json.dumps(value, indent=1))
    else:
        _console().print(rendered())
    return 0


def _console() -> Any:
    from rich.console import Console

    return Console()


def _ask() -> str:
    lines: list[str] = []
    while True:
        try:
            line = input("> ")
        except EOFError:
            break
        if not line:
            break
        lines.append(line)
    return "\n".join(lines)
