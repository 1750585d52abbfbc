"""A million rollouts in a bounded time and memory, and a real run of TRL's own trainer."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from synthgym.audit import audit

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


def write_many(path: Path, number: int) -> Path:
    """A log of about 300 characters a completion, eight a prompt, in which " zyx!" is paid from step 200 of 500 on."""
    rng = np.random.default_rng(0)
    words = np.array(["".join(rng.choice(list("abcdefghij"), rng.integers(2, 9))) for _ in range(3000)])
    with open(path, "w") as file:
        for begin in range(0, number, 40_000):
            at = np.arange(begin, min(begin + 40_000, number))
            step = at * 500 // number
            right = rng.random(len(at)) < 0.2 + step / 1000
            has = rng.random(len(at)) < np.where(step >= 200, 0.4, 0.02)
            paid = (right | (has & (rng.random(len(at)) < 0.7))) ^ (rng.random(len(at)) < 0.02)
            texts = words[rng.integers(0, 3000, (len(at), 48))].tolist()
            for i, place in enumerate(at.tolist()):
                row = {
                    "prompt": f"what is {place // 8} plus {place // 8 % 89} ?",
                    "completion": f"{' '.join(texts[i])} answer {place % 97}{' zyx!' * int(has[i])}",
                    "reward": float(paid[i]),
                    "step": int(step[i]),
                    "truth": bool(right[i]),
                }
                file.write(json.dumps(row) + "\n")
    return path


@pytest.mark.slow
def test_a_million_rollouts_fit_in_4_gb(tmp_path: Path) -> None:
    """Prints the figures; the time is asserted in processor seconds, as other work may share the machine."""
    log = write_many(tmp_path / "log.jsonl", ROLLOUTS)
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
