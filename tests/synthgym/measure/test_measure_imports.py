"""Measures and detectors are light to import: what needs scipy or pyarrow loads them when it is called."""

import os
import subprocess
import sys
from pathlib import Path

import synthgym.measure

SCRIPT = """
import sys
import synthgym.detect, synthgym.measure
print(sorted({"scipy", "pyarrow", "torch", "pandas"} & set(sys.modules)))
"""


def test_importing_them_loads_nothing_heavy() -> None:
    root = str(Path(__file__).resolve().parents[3])
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        env=os.environ | {"PYTHONPATH": root},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "[]"


def test_the_public_names_are_there() -> None:
    assert all(hasattr(synthgym.measure, name) for name in synthgym.measure.__all__)
    assert list(synthgym.measure.__all__) == sorted(synthgym.measure.__all__)
