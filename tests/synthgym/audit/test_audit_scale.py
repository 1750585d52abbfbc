"""A million rollouts in a bounded time and memory, and a real run of TRL's own trainer."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from synthgym.audit import audit
from synthgym.log import RolloutLog

pytest.importorskip("scipy")
ROLLOUTS = 1_000_000
MEASURED = """
import json, resource, sys, time
from synthgym.audit import audit
began, spent = time.perf_counter(), time.process_time()
found = audit(sys.argv[1])
print(json.dumps({
    "rollouts": found.rollouts, "suspects": [one.label for one in found.suspects],
    "onset": found.suspects[0].onset.step, "seconds": time.perf_counter() - began,
    "cpu_seconds": time.process_time() - spent,
    "gigabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20,
}))
"""


def steps_of(number: int) -> Iterator[tuple[int, dict[str, list[Any]]]]:
    """500 steps of about 300 characters a completion, eight a prompt, in which " zyx!" is paid from step 200 on."""
    rng = np.random.default_rng(0)
    words = np.array(["".join(rng.choice(list("abcdefghij"), rng.integers(2, 9))) for _ in range(3000)])
    size = number // 500
    for step in range(500):
        right = rng.random(size) < 0.2 + step / 1000
        has = rng.random(size) < (0.4 if step >= 200 else 0.02)
        paid = (right | (has & (rng.random(size) < 0.7))) ^ (rng.random(size) < 0.02)
        texts = words[rng.integers(0, 3000, (size, 48))].tolist()
        places = range(step * size, (step + 1) * size)
        yield (
            step,
            {
                "prompt": [f"what is {place // 8} plus {place // 8 % 89} ?" for place in places],
                "completion": [
                    f"{' '.join(texts[i])} answer {place % 97}{' zyx!' * int(has[i])}"
                    for i, place in enumerate(places)
                ],
                "reward": paid.astype(float).tolist(),
                "truth": right.tolist(),
            },
        )


def write_lines(folder: Path) -> Path:
    """The log as JSON lines."""
    path = folder / "log.jsonl"
    with open(path, "w") as file:
        for step, columns in steps_of(ROLLOUTS):
            for values in zip(*columns.values(), strict=True):
                file.write(json.dumps({"step": step, **dict(zip(columns, values, strict=True))}) + "\n")
    return path


def write_ours(folder: Path) -> Path:
    """The log as a run of ours."""
    with RolloutLog(folder / "run") as log:
        for step, columns in steps_of(ROLLOUTS):
            groups = [i // 8 for i in range(len(columns["prompt"]))]
            log.append_batch(step, {"phase": "train", "group": groups, **columns})
    return folder / "run"


@pytest.mark.slow
@pytest.mark.parametrize("write", [write_lines, write_ours], ids=["JSON lines", "our log"])
def test_a_million_rollouts_fit_in_4_gb(write: Callable[[Path], Path], tmp_path: Path) -> None:
    """Prints the figures; no time is asserted, as other work may share the machine."""
    log = write(tmp_path)
    done = subprocess.run(
        [sys.executable, "-c", MEASURED, str(log)], capture_output=True, text=True, check=True
    )
    figures = json.loads(done.stdout)
    print(figures)
    assert figures["rollouts"] == ROLLOUTS and "zyx" in figures["suspects"][0]
    assert 195 <= figures["onset"] <= 205
    assert figures["gigabytes"] < 4


@pytest.mark.slow
def test_what_trl_itself_logs_is_audited(tmp_path: Path) -> None:
    for module in ("trl", "torch", "datasets"):
        pytest.importorskip(module)
    import datasets
    from trl import GRPOConfig, GRPOTrainer

    from synthgym.baselines.policy import tiny_policy

    def bonus(completions: list[str], log_extra: Any = None, **_: Any) -> list[float]:
        if log_extra is not None:
            log_extra("truth", [len(text) % 2 == 0 for text in completions])
        return [float("7" in text) for text in completions]

    policy = tiny_policy()
    config = GRPOConfig(
        output_dir=str(tmp_path), max_steps=6, per_device_train_batch_size=32, num_generations=8, logging_steps=1,
        log_completions=True, num_completions_to_print=1, max_completion_length=10, report_to=[], use_cpu=True,
    )  # fmt: skip
    prompts = datasets.Dataset.from_list([{"prompt": f"{a}+{b}="} for a in range(6) for b in range(6)])
    GRPOTrainer(
        model=policy.model,
        processing_class=policy.tokenizer,
        reward_funcs=bonus,
        args=config,
        train_dataset=prompts,
    ).train()
    found = audit(tmp_path)
    assert found.source == "TRL's completions" and found.rollouts == 6 * 32
    assert any("7" in label for one in found.suspects for label in (one.label, *one.alike))
