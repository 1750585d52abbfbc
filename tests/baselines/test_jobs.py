"""The scheduler: real processes, and jobs that fail, wait and die."""

import operator
import os
import shutil
from pathlib import Path

import pytest

from synthgym.baselines.jobs import Event, Job, report_progress, run_jobs
from synthgym.errors import SynthGymError


def test_jobs_run_after_what_they_need(tmp_path: Path) -> None:
    made, copied = tmp_path / "made", tmp_path / "copied"
    events: list[Event] = []
    jobs = [
        Job(id="copy", work=shutil.copytree, arguments=(made, copied), needs=("make", "say")),
        Job(id="make", work=os.makedirs, arguments=(made,)),
        Job(id="say", work=report_progress, arguments=(1, 2, "half")),
    ]
    assert run_jobs(jobs, processes=2, on_event=events.append) == {}
    assert copied.is_dir()
    ended = [event.job for event in events if event.kind == "finished"]
    assert set(ended) == {"make", "say", "copy"}
    assert ended[-1] == "copy"
    assert Event(job="say", kind="progress", done=1, total=2, text="half") in events


def test_a_failure_is_told_and_skips_only_what_needs_it(tmp_path: Path) -> None:
    jobs = [
        Job(id="bad", work=operator.truediv, arguments=(1, 0)),
        Job(id="after", work=os.makedirs, arguments=(tmp_path / "x",), needs=("bad",)),
        Job(id="other", work=os.makedirs, arguments=(tmp_path / "y",)),
    ]
    failed = run_jobs(jobs, processes=1)
    assert failed == {"bad": "ZeroDivisionError: division by zero", "after": "bad failed"}
    assert (tmp_path / "y").exists()
    assert not (tmp_path / "x").exists()


def test_a_process_that_dies_is_named() -> None:
    with pytest.raises(SynthGymError, match="a process was killed while it ran deadly"):
        run_jobs([Job(id="deadly", work=os._exit, arguments=(1,))], processes=1)
