"""stable-baselines3's PPO runs, and learns: its return rises far above the first policy's, on held-out tasks, too."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "ppo_sb3.py"
FOUND = re.compile(r"(train|test) (before|after) +return (\d\.\d+)  right (\d\.\d+)")


def run(tmp_path: Path, *options: str) -> dict[tuple[str, str], tuple[float, float]]:
    """The mean return and the share of right answers, by split and time."""
    done = subprocess.run(
        [sys.executable, str(EXAMPLE), *options], cwd=tmp_path, capture_output=True, text=True, timeout=900
    )
    assert done.returncode == 0, done.stderr
    found = FOUND.findall(done.stdout)
    assert len(found) == 4, done.stdout
    return {(split, when): (float(total), float(right)) for split, when, total, right in found}


def test_it_runs(tmp_path: Path) -> None:
    found = run(tmp_path, "--steps", "4096", "--episodes", "64")
    assert all(0.0 <= total <= 1.0 and 0.0 <= right <= 1.0 for total, right in found.values())
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_it_learns(tmp_path: Path) -> None:
    found = run(tmp_path)
    for split in ("train", "test"):
        before, after = found[split, "before"], found[split, "after"]
        assert before[0] < 0.05 and before[1] < 0.05
        assert after[0] > 0.5, "return"
        assert after[1] > 0.6, "right answers, of which half can be guessed"
