"""The rivals against closed forms, known sequences and the library that one of them comes from."""

import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from synthgym.baselines.detector_bench.rivals import cusum, page_hinkley, rivals
from synthgym.baselines.detector_bench.traces import Trace
from synthgym.errors import SettingError

ALTERNATING = np.tile([-1.0, 1.0], 5)  # mean 0, sample standard deviation sqrt(10/9)


def test_cusum_alarms_where_the_closed_form_says() -> None:
    scale = np.sqrt(10 / 9)
    for shift in (1.0, 1.5, 3.0, 7.0):
        x = np.concatenate([ALTERNATING, np.full(40, shift * scale)])
        # after n observations at `shift` the sum is n (shift - 1/2); the first n at which it exceeds 5
        n = int(np.floor(5 / (shift - 0.5))) + 1
        assert cusum(x) == 9 + n
        assert cusum(-x) == 9 + n


def test_cusum_stays_silent_at_the_reference_value_and_below() -> None:
    x = np.concatenate([ALTERNATING, np.full(500, 0.5 * np.sqrt(10 / 9) - 1e-9)])
    assert cusum(x) is None


def test_cusum_alarms_on_any_change_after_a_start_without_spread() -> None:
    assert cusum(np.concatenate([np.full(10, 0.5), [0.5, 0.51]])) == 11
    assert cusum(np.full(50, 0.5)) is None


def test_page_hinkley_is_rivers_fed_every_value_in_order() -> None:
    drift = pytest.importorskip("river.drift")
    rng = np.random.default_rng(0)
    x = rng.random((80, 16)) + np.linspace(0, 1, 80)[:, None]
    x[3, 5] = np.nan
    theirs, expected = drift.PageHinkley(), None
    for place, value in enumerate(x.ravel()):
        if np.isnan(value):
            continue
        theirs.update(float(value))
        if theirs.drift_detected:
            expected = place // 16
            break
    assert expected is not None
    assert page_hinkley(x) == expected
    assert page_hinkley(np.full((80, 16), 0.5)) is None


def test_rivals_without_a_checkout_say_what_is_left_out() -> None:
    found, notes = rivals(None)
    assert "rewardspy" not in found
    assert any("rewardspy is left out" in note for note in notes)
    with pytest.raises(SettingError, match="no checkout of rewardspy"):
        rivals(Path(__file__).parent)


@pytest.fixture
def no_rewardspy() -> Iterator[None]:
    """No other rewardspy is imported already, and none stays."""
    kept = {name: sys.modules.pop(name) for name in list(sys.modules) if name.split(".")[0] == "rewardspy"}
    yield
    for name in [name for name in sys.modules if name.split(".")[0] == "rewardspy"]:
        del sys.modules[name]
    sys.modules.update(kept)


@pytest.mark.usefixtures("no_rewardspy")
def test_a_checkout_is_used_by_its_public_wrapper(tmp_path: Path) -> None:
    """A stand-in with the wrapper's public face: it alerts once ten rewards in a row were 1."""
    package = tmp_path / "rewardspy"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "integrations.py").write_text(
        "from types import SimpleNamespace\n"
        "def watch_trl(reward, name):\n"
        "    store = SimpleNamespace(alerts=[], records=[])\n"
        "    def wrapped(prompts, completions):\n"
        "        paid = reward(prompts=prompts, completions=completions)\n"
        "        store.records.extend(zip(paid, map(len, completions)))\n"
        "        if [p for p, _ in store.records[-10:]] == [1.0] * 10 and completions[0] == 'xxx':\n"
        "            store.alerts.append('!')\n"
        "        return paid\n"
        "    wrapped.store = store\n"
        "    return wrapped\n"
    )
    found, _ = rivals(tmp_path)
    reward = np.zeros((8, 2, 3))
    reward[5:] = 1.0
    trace = trace_with(reward)
    assert found["rewardspy"](trace) == 6
    assert found["rewardspy"](trace_with(np.zeros((8, 2, 3)))) is None


def trace_with(reward: np.ndarray) -> Trace:
    """A trace of these rewards, all of them deserved."""
    steps = len(reward)
    return Trace(
        reward=reward,
        truth=(reward > 0.5).astype(np.float64),
        mechanism=np.zeros_like(reward),
        length=np.full_like(reward, 3.0),
        factual=np.zeros((steps, 4)),
        counterfactual=np.zeros((steps, 4)),
        same_completion=True,
    )
