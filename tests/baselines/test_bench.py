"""`learnable`: rows, their table, the time limit, and families that cannot be trained."""

import io
import json
from dataclasses import asdict
from typing import Any

import pytest
from rich.console import Console

import synthgym.baselines.bench as bench
from synthgym.baselines.bench import LearnableRow, learnable, render
from synthgym.errors import FamilyError, SettingError
from synthgym.measure.intervals import wilson
from synthgym.plugins import get_family

QUICK: dict[str, Any] = {"seconds": 30.0, "steps": 10, "batch_size": 8, "demonstrations": 50, "tasks": 6}


def test_a_row_says_what_was_trained_and_measured() -> None:
    seen: list[LearnableRow] = []
    (row,) = learnable(["chain_sum"], **QUICK, on_row=seen.append)
    assert seen == [row]
    assert row.accuracy is not None
    assert (row.family, row.difficulty, row.steps, row.accuracy.n) == ("chain_sum", 0, 10, 6)
    assert 0 < row.cpu_seconds < 30
    assert row.passed == (row.accuracy.estimate >= 0.9)
    assert row.prompt_tokens >= 4
    assert row.error is None
    assert json.loads(json.dumps([asdict(row)]))[0]["accuracy"]["n"] == 6


def test_training_ends_when_the_time_is_spent() -> None:
    (row,) = learnable(["chain_sum"], **{**QUICK, "seconds": 1.0, "steps": 100_000})
    assert 0 < row.steps < 10_000
    assert row.cpu_seconds < 2.0


def test_the_clock_stops_before_a_step_that_would_end_too_late(monkeypatch: pytest.MonkeyPatch) -> None:
    times = iter([0.5, 1.0, 2.0, 3.0, 5.0])
    monkeypatch.setattr("time.process_time", lambda: next(times))
    clock = bench._Clock()
    assert [clock.stepped(5.5) for _ in range(4)] == [False, False, False, True]
    assert clock.steps == 4


def test_a_family_that_cannot_be_trained_gets_an_error_and_the_others_a_row(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def broken(*args: Any) -> None:
        raise FamilyError("chain_sum gave\nno instance")

    monkeypatch.setattr(type(get_family("chain_sum")), "generate", broken)
    missing, failing, fine = learnable(["chain_sun", "chain_sum", "sorting_trace"], **QUICK)
    assert missing.error is not None
    assert "did you mean chain_sum" in missing.error
    assert (failing.error, failing.passed, failing.accuracy) == ("chain_sum gave no instance", False, None)
    assert fine.error is None


def test_the_table_names_each_row_and_its_verdict() -> None:
    settings: dict[str, Any] = {"version": 1, "difficulty": 0, "cpu_seconds": 41.6, "steps": 700}
    sizes: dict[str, Any] = {"prompt_tokens": 6, "completion_tokens": 9}
    rows = [
        LearnableRow(family="good", accuracy=wilson(250, 256), passed=True, **settings, **sizes),
        LearnableRow(family="bad", accuracy=wilson(128, 256), passed=False, **settings, **sizes),
        LearnableRow(family="ugly", accuracy=None, passed=False, error="is not there", **settings, **sizes),
    ]
    out = io.StringIO()
    Console(file=out, width=160).print(render(rows))
    lines = {line.split()[1]: line for line in out.getvalue().splitlines() if "-v1" in line}
    assert "0.977" in lines["good-v1"] and "yes" in lines["good-v1"] and "0.950-0.989" in lines["good-v1"]
    assert "no: below 0.9" in lines["bad-v1"]
    assert "is not there" in lines["ugly-v1"]


def test_no_time_is_refused() -> None:
    with pytest.raises(SettingError, match="seconds 0"):
        learnable(["chain_sum"], seconds=0)


@pytest.mark.slow
def test_sorting_is_learned_within_a_minute() -> None:
    (row,) = learnable(["sorting_trace"])
    assert row.cpu_seconds <= 60.5
    assert row.passed
