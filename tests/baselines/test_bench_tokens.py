"""The bench of the token MDP: its rows, their ratios, and what it refuses."""

from io import StringIO

import pytest
from rich.console import Console

from synthgym.baselines.bench_tokens import FLOOR, OURS, SYNC, render, tokens
from synthgym.errors import SettingError
from synthgym.types import GRANULARITIES


def test_every_signal_and_policy_is_measured_beside_its_peer() -> None:
    found = tokens(rounds=2, seconds=0.01, num_envs=(2, 8))
    assert len(found.rows) == len(GRANULARITIES) * 2 * 3 + 1
    peers = {(row.signal, row.policy): row.per_cpu_second for row in found.rows if row.method == SYNC}
    for row in found.rows:
        assert row.per_cpu_second > 0 and len(row.rounds) == 2
        assert min(row.rounds) <= row.per_cpu_second <= max(row.rounds)
        if row.method == OURS:
            expected = row.per_cpu_second / peers[row.signal, row.policy]
            assert row.ratio == pytest.approx(expected, abs=0.01)
    assert [row.ratio for row in found.rows if row.method == FLOOR] == [None]
    console = Console(width=150, record=True, file=StringIO())
    console.print(render(found))
    text = console.export_text()
    assert "SyncVectorEnv" in text and "worked solutions" in text


@pytest.mark.parametrize("settings", [{"rounds": 0}, {"seconds": 0.0}, {"num_envs": (0,)}])
def test_wrong_settings_are_named(settings: dict[str, object]) -> None:
    with pytest.raises(SettingError, match="must be above 0"):
        tokens(**settings)  # type: ignore[arg-type]  # that is what is tested
