"""The TRL examples run as they stand: in this process where they take a second, and else in one of their own."""

import os
import runpy
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


@pytest.fixture
def said(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """What the script prints that the test names."""
    monkeypatch.setenv("TRL_EXPERIMENTAL_SILENCE", "1")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", [request.param, str(tmp_path)])
    capture: pytest.CaptureFixture[str] = request.getfixturevalue("capsys")
    runpy.run_path(str(EXAMPLES / request.param), run_name="__main__")
    return capture.readouterr().out


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("said", ["trl_grpo.py"], indirect=True)
def test_grpo_logs_its_components_and_rollouts(said: str) -> None:
    assert "components: truth, steps, tidy" in said
    assert [f"step {step}:" in said for step in range(4)] == [True] * 4
    assert "rewards/steps/mean" in said


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("said", ["trl_rloo.py"], indirect=True)
def test_rloo_meets_harder_tasks_as_it_goes(said: str) -> None:
    assert "step 0: difficulty [0]" in said
    assert "step 3: difficulty [3]" in said


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("said", ["export.py"], indirect=True)
def test_export_writes_what_datasets_reads(said: str) -> None:
    assert "train: 200 rows of preference" in said
    assert "test: 20 rows of preference" in said
    assert "left out: 3 not good enough" in said
    assert "rejected" in said


@pytest.mark.slow
@pytest.mark.parametrize(("name", "steps"), [("trl_sft.py", 40), ("trl_dpo.py", 20), ("trl_kto.py", 20)])
def test_the_others_are_measured_before_and_after(name: str, steps: int, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, str(EXAMPLES / name), str(tmp_path)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        env={**os.environ, "TRL_EXPERIMENTAL_SILENCE": "1"},
    )
    assert done.returncode == 0, done.stderr[-2000:]
    said = done.stdout
    assert "step 0: reward on 32 held-out tasks 0.000" in said
    assert f"step {steps}: reward on 32 held-out tasks" in said
    if name == "trl_sft.py":
        assert float(said.split()[-1]) > 0
    else:
        first, last = said.split("margin of the good over the bad: ")[1].split("\n")[0].split(", then ")
        assert 0 < float(first) < float(last)
