"""The examples of docs/neighbours.md, run as they stand."""

import runpy
from pathlib import Path

import gymnasium
import pytest

from synthgym.plugins import FAMILIES, VERIFIERS

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("INSPECT_LOG_DIR", str(tmp_path))
    return tmp_path


def run(name: str, capsys: pytest.CaptureFixture[str]) -> str:
    runpy.run_path(str(EXAMPLES / name), run_name="__main__")
    return capsys.readouterr().out


def test_prime(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    try:
        printed = run("neighbours_prime.py", capsys)
    finally:
        for registry in (FAMILIES, VERIFIERS):
            registry._loaded.pop("backwards", None)
        gymnasium.registry.pop("synthgym/Backwards-v0", None)
    assert printed.count("valid True") == 3
    assert "package synthgym_chain_sum: README.md, __init__.py, pyproject.toml" in printed
    assert "by binary: [1.0, 0.0]" in printed
    assert "by binary:backwards: [1.0, 0.2]" in printed


def test_openenv(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    printed = run("neighbours_openenv.py", capsys)
    assert "reward 0.0, attempts left 2, told 'Not accepted; this fell short: steps. Try again.'" in printed
    assert "reward 1.0, attempts left 0" in printed
    assert "components: {'truth': 1.0, 'steps': 1.0, 'tidy': 1.0}" in printed


def test_inspect(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    printed = run("neighbours_inspect.py", capsys)
    assert printed.count("'truth': 1.0") == 3
    assert "mean 0." in printed and "stderr 0." in printed
