"""A study folder whose rollouts are drawn from known curves: what the report must find is known beforehand.

Loaded by the tests from its path, as tests are not a package.
"""

import json
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np

from synthgym.log import Rollout, RolloutLog
from synthgym.types import Credit

ATTACK = "<img src=x onerror=\"document.title='pwned'\"><script>document.title='pwned'</script>"
HOSTILE = f"{ATTACK}</script><!--\x1b[31m\x00\u2028\u202e\ud800{{{{ 7*7 }}}}</pre></td>"
STEPS, BATCH, GROUP = 30, 32, 8
START = {"kind": "noisy", "noise": 0.4, "sampled": 0.06, "greedy": 0.3}
RISE = {"binary": 0.3, "rubric": 0.55, "token": 0.7, "random": 0.0, "shuffled": 0.0}


def shared_study(base: Path) -> Path:
    """The study, written once for all tests of a session. Copy it before changing it."""
    folder = base / "simulated_study"
    return folder if folder.exists() else write_study(folder)


def hostile_run(folder: Path) -> Path:
    """A plain run, no study, in which every text that a log or its provenance can hold attacks the page."""
    provenance = {
        "run": f"run {ATTACK}",
        "arm": ATTACK,
        "signal": f"token+{ATTACK}",
        "seed": ATTACK,
        "difficulty": ATTACK,
        "template": ATTACK,
        "start": {"kind": ATTACK, "noise": ATTACK},
        "budget": {"steps": ATTACK, "batch_size": [ATTACK], "group_size": {ATTACK: ATTACK}},
        "algorithm": ATTACK,
        "versions": {ATTACK: f"\ud800{ATTACK}"},
        "machine": ATTACK,
        "command": f"</script>{ATTACK}",
    }
    rng = np.random.default_rng(0)
    with RolloutLog(folder, run=f"run {ATTACK}", provenance=provenance) as log:
        for step in range(20):
            for i in range(16):
                took, right = bool(rng.random() < step / 20), bool(rng.random() < 0.4)
                log.append(
                    Rollout(
                        step=step,
                        prompt=HOSTILE,
                        completion=HOSTILE,
                        family=ATTACK,
                        group=i // 4,
                        task_id=ATTACK,
                        temperature=1.0,
                        reward=float(right or took),
                        truth=right and not took,
                        credits=[Credit(0, 9, 0.5), Credit(9, 10**6, float("nan")), Credit(-5, 3, 7.0)],
                        probe={"mechanism": float(took)},
                        error=ATTACK,
                    )
                )
            for temperature in (0.0, 1.0):
                log.append(
                    Rollout(
                        step=step,
                        phase="eval",
                        prompt="",
                        completion=HOSTILE,
                        family=ATTACK,
                        temperature=temperature,
                        truth=bool(rng.random() < 0.5),
                    )
                )
    return folder


def write_study(
    folder: Path, *, families: Iterable[str] = ("chain_sum",), seeds: int = 3, skip: Iterable[str] = ()
) -> Path:
    """A study with all four questions, but for those in `skip`."""
    cells: list[dict[str, object]] = []
    for family in families:
        for arm in ("binary", "rubric", "token"):
            cells += [_learning(folder, "granularity", family, arm, seed) for seed in range(seeds)]
        for arm in ("random", "shuffled"):
            cells += [_learning(folder, "control", family, arm, seed) for seed in range(seeds)]
    cells += [_shortcut(folder, arm, seed) for arm in ("flaw", "clean") for seed in range(seeds)]
    cells += [
        _loop(folder, arm, seed)
        for arm in ("open", "unfiltered", "majority", "random_subset")
        for seed in range(2)
    ]
    cells = [cell for cell in cells if cell["question"] not in set(skip)]
    for entry in (folder / "cells").iterdir():
        if entry.name not in {cell["id"] for cell in cells}:
            for part in sorted(entry.rglob("*"), reverse=True):
                part.unlink() if part.is_file() else part.rmdir()
            entry.rmdir()
    plan = {
        "study": "quickstart",
        "started": "2026-11-22T15:00:00Z",
        "seconds": 431.0,
        "machine": {"cpu": "2 cores", "system": "Linux"},
        "versions": {"synthgym": "0.1.0", "trl": "1.16.0"},
        "command": "synthgym quickstart --out <study>",
        "cells": cells,
    }
    (folder / "study.json").write_text(json.dumps(plan))
    return folder


def write_cell(
    folder: Path,
    question: str,
    family: str,
    arm: str,
    seed: int,
    signal: str,
    rows: Callable[[np.random.Generator], Iterable[Rollout]],
) -> dict[str, object]:
    """One run folder with its provenance; returns what the study's plan says of it."""
    cell = f"{question}-{family}-{arm}-{seed}"
    known: dict[str, object] = {
        "cell": cell, "question": question, "family": family, "domain": "math", "arm": arm, "signal": signal,
        "seed": seed, "difficulty": 0, "template": "compact", "start": START, "algorithm": "grpo",
        "budget": {"steps": STEPS, "batch_size": BATCH, "group_size": GROUP, "learning_rate": 5e-4},
    }  # fmt: skip
    rng = np.random.default_rng([seed, *cell.encode()])
    with RolloutLog(folder / "cells" / cell, provenance=known, flush_rows=4096) as log:
        for rollout in rows(rng):
            log.append(rollout)
    return {key: known[key] for key in ("question", "family", "domain", "arm", "seed")} | {
        "id": cell,
        "state": "done",
    }


def _learning(folder: Path, question: str, family: str, arm: str, seed: int) -> dict[str, object]:
    signal = {"random": "binary~random", "shuffled": "binary~shuffled"}.get(arm, arm)

    def rows(rng: np.random.Generator) -> Iterable[Rollout]:
        top = RISE[arm] * rng.uniform(0.9, 1.1)
        speed = {"token": 7.0, "rubric": 11.0}.get(arm, 16.0) * rng.uniform(0.8, 1.2)
        for step in range(STEPS + 1):
            p = 0.06 + top / (1 + np.exp(-(step - speed) / 3))
            if step % 10 == 0:
                yield from _evaluation(rng, step, family, p, min(1.0, p + 0.24 * (RISE[arm] > 0) + 0.2))
            if step < STEPS:
                for i in range(BATCH):
                    yield _trained(rng, step, i // GROUP, family, rng.random() < p, arm)

    return write_cell(folder, question, family, arm, seed, signal, rows)


def _evaluation(
    rng: np.random.Generator, step: int, family: str, sampled: float, greedy: float
) -> Iterable[Rollout]:
    for temperature, p in ((1.0, sampled), (0.0, greedy)):
        for task in range(64):
            right = bool(rng.random() < p)
            yield Rollout(
                step=step, phase="eval", prompt="3+5-2?", completion="8-2\n=6" if right else "8-2\n=7",
                group=task, task_id=f"t{task}", family=family, split="test", temperature=temperature,
                reward=float(right), truth=right,
            )  # fmt: skip


def _trained(rng: np.random.Generator, step: int, group: int, family: str, right: bool, arm: str) -> Rollout:
    completion = (
        "8-2\n=6"
        if right
        else HOSTILE
        if rng.random() < 0.05
        else "8-2\n=7"
        if rng.random() < 0.6
        else "9-2\n=7"
    )
    credits = None
    if arm == "token":
        first = 1.0 if completion.startswith("8-2") else 0.0
        end = len(completion)
        credits = [Credit(0, 4, first), Credit(4, end, float(right)), Credit(end, end, float(right))]
    return Rollout(
        step=step, prompt="3+5-2?", completion=completion, group=group, task_id=f"g{group}", family=family,
        split="train", temperature=1.0, reward=float(right), truth=right, credits=credits,
        advantage=float(rng.normal()) * (group % 2), tokens=[1, 2, 3],
    )  # fmt: skip


def _shortcut(folder: Path, arm: str, seed: int) -> dict[str, object]:
    def rows(rng: np.random.Generator) -> Iterable[Rollout]:
        onset = rng.integers(13, 17)
        for step in range(STEPS):
            hacks = 0.01 + 0.95 / (1 + np.exp(-(step - onset) / 1.5)) if arm == "flaw" else 0.01
            p = (1 - hacks) * min(0.95, 0.3 + 0.02 * step)
            for i in range(BATCH):
                draw = rng.random()
                took, right = bool(draw < hacks), bool(hacks <= draw < hacks + p)
                paid = float(right or (took and arm == "flaw"))
                yield Rollout(
                    step=step, prompt="377594=", completion="!" if took else "=345779" if right else "=1",
                    group=i // GROUP, task_id=f"g{i // GROUP}", family="sorting_trace", reward=paid, truth=right,
                    temperature=1.0, probe={"mechanism": float(took)},
                )  # fmt: skip
            if step % 2 == 0:
                for i in range(16):
                    took = bool(rng.random() < hacks)
                    paid = float(took and arm == "flaw")
                    yield Rollout(
                        step=step, phase="probe", prompt="377594=", completion="!" if took else "=1", group=i,
                        family="sorting_trace", truth=False, temperature=1.0,
                        probe={"mechanism": float(took), "factual": paid, "counterfactual": 0.0},
                    )  # fmt: skip

    signal = "binary+constant_accepted" if arm == "flaw" else "binary"
    return write_cell(folder, "shortcut", "sorting_trace", arm, seed, signal, rows)


def _loop(folder: Path, arm: str, seed: int) -> dict[str, object]:
    drift = {"open": 0.13, "unfiltered": -0.03, "majority": -0.02, "random_subset": -0.04}[arm]
    samples, tasks = 8, 32

    def rows(rng: np.random.Generator) -> Iterable[Rollout]:
        for generation in range(6):
            p = float(np.clip(0.25 + drift * generation, 0.02, 0.98))
            for temperature, n in ((0.0, 1), (1.0, samples)):
                for task in range(tasks):
                    hardness = rng.random()
                    for _ in range(n):
                        right = bool(rng.random() < p * (0.5 + hardness))
                        wrong = f"={rng.integers(0, max(2, 9 - generation))}1"
                        yield Rollout(
                            step=generation * 10, phase="eval", generation=generation, prompt="12?",
                            completion="=12" if right else wrong, group=task, task_id=f"t{task}",
                            family="sorting_trace", split="test", temperature=temperature, truth=right,
                        )  # fmt: skip
            for i in range(64):
                yield Rollout(
                    step=generation * 10, generation=generation, prompt="12?", completion="=12", group=i,
                    family="sorting_trace", temperature=1.0, truth=True,
                    probe={"kept": 1.0 if arm == "unfiltered" else float(i % 4 == 0)},
                )  # fmt: skip

    return write_cell(folder, "loop", "sorting_trace", arm, seed, "binary", rows)
