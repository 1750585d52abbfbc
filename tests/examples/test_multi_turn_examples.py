"""The examples of multi-turn episodes run as they stand."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[2] / "examples"


def printed(folder: Path, name: str, *arguments: str) -> str:
    """What the script prints, run in an empty folder."""
    environment = {**os.environ, "TRL_EXPERIMENTAL_SILENCE": "1", "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, str(EXAMPLES / name), *arguments],
        capture_output=True,
        text=True,
        cwd=folder,
        env=environment,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_gymnasium_example_prints_its_attempts(tmp_path: Path) -> None:
    assert printed(tmp_path, "multi_turn_gym.py").splitlines() == [
        "'9+5+3?' -> '15+3\\n=18'",
        "'-?' -> '14+3\\n=18'",
        "'+-?' -> '14+3\\n=17'",
        "accepted in turn 3: 0.81",
        "turn 1: '9+5+3?' -> '15+3\\n=18', verdict 0.00",
        "turn 2: '-?' -> '14+3\\n=18', verdict 0.20",
        "turn 3: '+-?' -> '14+3\\n=17', verdict 1.00",
    ]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_the_trl_example_learns_to_use_its_second_try(tmp_path: Path) -> None:
    text = printed(tmp_path, "multi_turn_trl.py")
    before, after = (float(found) for found in re.findall(r"after (\d\.\d\d) of", text))
    assert before + 0.1 < after and after > 0.8
