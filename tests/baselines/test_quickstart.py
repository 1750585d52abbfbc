"""The quickstart on a tiny grid: the same code, cells and report in seconds."""

import io
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from rich.console import Console

from synthgym.baselines.loops import LoopConfig
from synthgym.baselines.quickstart.cells import is_done
from synthgym.baselines.quickstart.grid import QUESTIONS, Grid, Setting
from synthgym.baselines.quickstart.run import quickstart
from synthgym.errors import LogError, SettingError
from synthgym.log import read_log, read_provenance

TINY = Grid(
    domains=(Setting(family="sorting_trace", difficulty=0, noise=0.3, steps=2, group_size=4),),
    shortcut=Setting(family="sorting_trace", difficulty=0, noise=0.3, steps=2, group_size=4),
    loop=LoopConfig(
        family="sorting_trace",
        generations=1,
        prompts=2,
        samples=4,
        steps=1,
        batch_size=4,
        eval_tasks=2,
        eval_samples=2,
    ),
    batch_size=8,
    shortcut_batch_size=8,
    every=1,
    eval_tasks=4,
    start_steps=3,
    start_final_steps=1,
    start_tasks=4,
    seeds=1,
)


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("starts")


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory, cache: Path) -> tuple[Path, str]:
    out, screen = tmp_path_factory.mktemp("study") / "quickstart", io.StringIO()
    assert quickstart(out, grid=TINY, cache=cache, console=Console(file=screen, width=100)) == 0
    return out, screen.getvalue()


def test_the_full_grid_sees_every_claim_at_equal_budgets() -> None:
    cells = list(Grid().cells())
    assert {cell.question for cell in cells} == set(QUESTIONS)
    assert len({cell.id for cell in cells}) == len(cells)
    trained = [cell for cell in cells if cell.question in ("granularity", "control") and cell.train]
    for family in {cell.family for cell in trained}:
        mine = [cell for cell in trained if cell.family == family]
        assert {cell.arm for cell in mine} == {"binary", "rubric", "token", "random", "shuffled"}
        assert len({cell.train.budget.rollouts for cell in mine if cell.train}) == 1
        assert len({cell.start for cell in mine}) == 1
        assert all(
            {c.seed for c in mine if c.arm == arm} == {0, 1, 2} for arm in ("binary", "token", "random")
        )
    assert {cell.arm for cell in cells if cell.question == "shortcut"} == {"flaw", "clean"}


def test_the_table_comes_first_and_the_findings_last(study: tuple[Path, str]) -> None:
    _, said = study
    assert said.index("cells, into") < said.index("What was found") < said.index("report:")
    for question in QUESTIONS.values():
        assert question in said


def test_every_cell_is_logged_and_finished(study: tuple[Path, str]) -> None:
    out, _ = study
    record = json.loads((out / "study.json").read_text())
    assert {cell["state"] for cell in record["cells"]} == {"finished"}
    assert len(record["cells"]) == 3 + 2 + 2 + 4
    for cell in record["cells"]:
        assert read_provenance(out / "cells" / cell["id"])["question"] == cell["question"]
        assert read_log(out / "cells" / cell["id"]).num_rows > 0
    assert "<html" in (out / "report.html").read_text()[:200]


def test_a_second_call_runs_nothing_again(study: tuple[Path, str], cache: Path) -> None:
    out, _ = study
    before = {path: path.stat().st_mtime_ns for path in out.glob("cells/*/rollouts/*.parquet")}
    assert quickstart(out, grid=TINY, cache=cache, console=Console(file=io.StringIO())) == 0
    assert before == {path: path.stat().st_mtime_ns for path in out.glob("cells/*/rollouts/*.parquet")}


def test_an_unfinished_cell_is_run_again_and_no_other(study: tuple[Path, str], cache: Path) -> None:
    out, _ = study
    parts = sorted(out.glob("cells/*/rollouts/*.parquet"))
    before = {path: path.stat().st_mtime_ns for path in parts}
    (out / "cells" / "control-sorting_trace-random-s0" / "done.json").unlink()
    assert quickstart(out, grid=TINY, cache=cache, console=Console(file=io.StringIO())) == 0
    changed = {path.parts[-3] for path in parts if path.stat().st_mtime_ns != before[path]}
    assert changed == {"control-sorting_trace-random-s0"}


def test_a_folder_with_another_study_is_left_alone(study: tuple[Path, str], cache: Path) -> None:
    out, _ = study
    with pytest.raises(SettingError, match="other settings"):
        quickstart(out, seeds=2, cache=cache, console=Console(file=io.StringIO()))


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path, cache: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(LogError, match="file"):
        quickstart(tmp_path / "file" / "study", grid=TINY, cache=cache, console=Console(file=io.StringIO()))


@pytest.mark.slow
def test_a_killed_quickstart_goes_on_and_leaves_nothing_running(tmp_path: Path) -> None:
    environment = {**os.environ, "SYNTHGYM_CACHE": str(tmp_path / "cache")}
    command = [
        sys.executable,
        "-m",
        "synthgym",
        "quickstart",
        "--seeds",
        "1",
        "--out",
        str(tmp_path / "study"),
    ]
    running = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, start_new_session=True)
    deadline = time.monotonic() + 400
    while time.monotonic() < deadline and not list(tmp_path.glob("study/cells/*/done.json")):
        time.sleep(1)
    running.send_signal(signal.SIGKILL)
    running.wait()
    time.sleep(5)
    left = subprocess.run(["pgrep", "-g", str(running.pid)], capture_output=True, text=True).stdout.split()
    assert left == []
    kept = {path: path.stat().st_mtime_ns for path in tmp_path.glob("study/cells/*/done.json")}
    assert kept
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=900)
    assert done.returncode == 0, done.stderr
    assert all(path.stat().st_mtime_ns == when for path, when in kept.items())
    assert all(is_done(cell, tmp_path / "study") for cell in Grid(seeds=1).cells())
