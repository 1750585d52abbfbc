"""The example of the LLM judge runs as it stands."""

import subprocess
import sys
from pathlib import Path

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "llm_judge.py"


def test_it_grades_caches_and_counts(tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, EXAMPLE], cwd=tmp_path, capture_output=True, text=True, check=True)
    lines = done.stdout.splitlines()
    assert "1.0 {'truth': 1.0, 'brevity': 1.0}" in lines[0]
    assert "0.6 {'truth': 1.0, 'brevity': 0.2}" in lines[1]
    assert "0.0 {'truth': 0.0, 'brevity': 0.0}" in lines[2]
    assert lines[-1].startswith("3 requests, 1 cached, cost 0.0")
    assert not list(tmp_path.iterdir())
