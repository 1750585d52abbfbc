"""The examples of docs/neighbours.md, run as a user runs them."""

import os
import subprocess
import sys
from pathlib import Path

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


def run(name: str, folder: Path) -> str:
    done = subprocess.run(
        [sys.executable, str(EXAMPLES / name)],
        cwd=folder,
        env={**os.environ, "INSPECT_LOG_DIR": str(folder)},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_prime(tmp_path: Path) -> None:
    printed = run("neighbours_prime.py", tmp_path)
    assert printed.count("valid True") == 3
    assert "package synthgym_chain_sum: README.md, __init__.py, pyproject.toml" in printed
    assert "by binary: [1.0, 0.0]" in printed
    assert "by binary:backwards: [1.0, 0.2]" in printed


def test_openenv(tmp_path: Path) -> None:
    printed = run("neighbours_openenv.py", tmp_path)
    assert "reward 0.0, attempts left 2, told 'Not accepted; this fell short: steps. Try again.'" in printed
    assert "reward 1.0, attempts left 0" in printed
    assert "components: {'truth': 1.0, 'steps': 1.0, 'tidy': 1.0}" in printed


def test_inspect(tmp_path: Path) -> None:
    printed = run("neighbours_inspect.py", tmp_path)
    assert printed.count("'truth': 1.0") == 3
    assert "mean 0." in printed and "stderr 0." in printed
