"""The benchmark of the callback: that it takes apart what it says it does. No time is asserted."""

import pytest
from rich.console import Console

from synthgym.baselines import bench_callback
from synthgym.baselines.bench_callback import callback_cost, render
from synthgym.errors import SettingError


def test_a_round_tells_the_parts_of_a_step(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (("STEPS", 3), ("SKIPPED", 1), ("BATCH", 16)):
        monkeypatch.setattr(bench_callback, name, value)
    found = bench_callback._cost("binary", 1)
    assert found.step > 0 and found.judging > 0 and found.callback > 0 and found.probes > 0
    assert found.share == found.shares[0] == pytest.approx(found.callback / found.step)
    console = Console(record=True, width=160)
    console.print(render([found]))
    told = " ".join(console.export_text().split())
    assert "judging" in told and "16 completions a step, 2 steps a round" in told


def test_without_rounds_there_is_nothing_to_tell() -> None:
    with pytest.raises(SettingError, match="rounds 0"):
        callback_cost(rounds=0)
