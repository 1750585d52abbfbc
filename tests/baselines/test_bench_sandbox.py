"""`synthgym bench sandbox`: every method is run and counted, hostile solutions are, too, and mistakes are named."""

import io
import json
from dataclasses import asdict

import pytest
from rich.console import Console

from synthgym.baselines.bench_sandbox import (
    FRESH,
    HOSTILE,
    OURS,
    SHAPE,
    TESTS,
    SandboxBench,
    render,
    sandbox_bench,
)
from synthgym.errors import SettingError


@pytest.fixture(scope="module")
def found() -> SandboxBench:
    return sandbox_bench(rounds=1, seconds=0.3, workers=(1, 2), hostile=False)


def test_every_method_is_timed_at_one_and_two_workers(found: SandboxBench) -> None:
    assert [(row.method, row.workers) for row in found.rates] == [
        (method, workers) for workers in (1, 2) for method in (OURS, FRESH, SHAPE)
    ]
    assert all(row.executions > 0 and row.per_cpu_second > 0 and len(row.rounds) == 1 for row in found.rates)
    assert all(row.ratio == 1.0 for row in found.rates if row.method == FRESH)
    assert len(TESTS) == 13


def test_latencies_are_in_order(found: SandboxBench) -> None:
    for row in found.latencies:
        assert 0 < row.p50 <= row.p90 <= row.p99 <= row.longest
        assert row.executions >= 20


def test_hostile_solutions_end_as_they_should(monkeypatch: pytest.MonkeyPatch) -> None:
    expected = {"exits early": "wrong", "forks without end": "forbidden", "floods standard output": "output"}
    for name in set(HOSTILE) - set(expected):
        monkeypatch.delitem(HOSTILE, name)
    found = sandbox_bench(rounds=1, seconds=0.05, workers=(1,))
    assert {row.solution: row.outcome for row in found.hostile} == expected
    assert all(row.beyond == max(0.0, round(row.seconds - 1, 3)) for row in found.hostile)


def test_tables_and_json_hold_the_figures(found: SandboxBench) -> None:
    console = Console(file=io.StringIO(), width=150)
    console.print(render(found))
    text = console.file.getvalue()  # type: ignore[attr-defined]
    assert found.isolation.split(",")[0] in text
    assert f"{found.latencies[0].p50:.1f}" in text
    assert json.loads(json.dumps(asdict(found)))["rates"][0]["method"] == OURS


@pytest.mark.parametrize("settings", [{"rounds": 0}, {"seconds": 0.0}])
def test_a_wrong_setting_is_named(settings: dict[str, int]) -> None:
    with pytest.raises(SettingError, match="must be above 0"):
        sandbox_bench(**settings)  # type: ignore[arg-type]
