"""The example of custom families runs as it stands."""

import subprocess
import sys
from pathlib import Path

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "custom_family.py"


def test_a_function_a_file_and_code_become_families(tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, EXAMPLE], cwd=tmp_path, capture_output=True, text=True, check=True)
    contract, environment, rows, code = done.stdout.splitlines()
    assert contract == "doubling keeps its contract: 50 seeds"
    assert environment.endswith("-> 1.0")
    assert rows.startswith("18 rows") and rows.endswith("[1.0, 1.0, 0.0]")
    assert code.endswith("[1.0, 0.1, 0.0]")
