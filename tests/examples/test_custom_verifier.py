"""The example of custom verifiers runs as it stands."""

import subprocess
import sys
from pathlib import Path

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "custom_verifier.py"


def test_the_example_scores_with_four_and_finds_the_flaw_of_one(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, EXAMPLE], capture_output=True, text=True, cwd=tmp_path, timeout=300, check=False
    )
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert [line.split()[0] for line in lines[:4]] == ["brief", "Formatted", "remote", "first_letters"]
    assert lines[2].endswith("[1.0, 0.0]")
    assert lines[3].endswith("[1.0, 1.0]")
    assert "it accepts 8 of 8 responses that are wrong, more after it" in done.stdout
    assert list(tmp_path.iterdir()) == []
