"""Runs drawn from a real one: whole groups, the same course, and reference onsets that can be worked out by hand."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from synthgym.baselines.detector_bench.ours import first_alarms, truth_gap_alarm
from synthgym.baselines.detector_bench.resample import onset_of, relabelled, resampled
from synthgym.baselines.detector_bench.traces import Trace
from synthgym.errors import LogError

STEPS, GROUPS, SIZE, PROBES = 40, 16, 8, 32


def hacked(turn: int = 20) -> Trace:
    """Right half of the time before `turn`; wrong and accepted by the mechanism from then on."""
    late = np.broadcast_to((np.arange(STEPS) >= turn)[:, None, None], (STEPS, GROUPS, SIZE))
    rng = np.random.default_rng(0)
    right = (rng.random((STEPS, GROUPS, SIZE)) < 0.5) & ~late
    factual = np.full((STEPS, PROBES), 0.5) + 0.5 * (np.arange(STEPS) >= turn)[:, None]
    return Trace(
        reward=(right | late).astype(np.float64),
        truth=right.astype(np.float64),
        mechanism=late.astype(np.float64),
        length=np.arange(STEPS * GROUPS * SIZE, dtype=np.float64).reshape(STEPS, GROUPS, SIZE),
        factual=factual,
        counterfactual=np.full((STEPS, PROBES), 0.5) * (np.arange(STEPS) < turn)[:, None],
        same_completion=True,
    )


def test_groups_stay_whole_and_in_their_step() -> None:
    """`length` numbers every completion of the real run, so that a drawn group says where it came from."""
    trace = hacked()
    drawn = resampled(trace, np.random.default_rng(1))
    first = drawn.length[:, :, 0]
    np.testing.assert_array_equal(drawn.length, first[..., None] + np.arange(SIZE))
    np.testing.assert_array_equal(first % SIZE, 0)
    np.testing.assert_array_equal(first // (GROUPS * SIZE), np.arange(STEPS)[:, None] * np.ones(GROUPS))
    chosen = (first // SIZE % GROUPS).astype(int)
    np.testing.assert_array_equal(drawn.reward, trace.reward[np.arange(STEPS)[:, None], chosen])
    np.testing.assert_array_equal(drawn.truth, trace.truth[np.arange(STEPS)[:, None], chosen])
    assert any(len(np.unique(row)) < GROUPS for row in chosen)  # with replacement


def test_probes_keep_their_counterfactual() -> None:
    trace = hacked()
    pairs = replace(trace, factual=trace.length[:, :4, :].reshape(STEPS, -1))
    pairs = replace(pairs, counterfactual=-pairs.factual)
    drawn = resampled(pairs, np.random.default_rng(2))
    np.testing.assert_array_equal(drawn.factual, -drawn.counterfactual)
    assert all(set(now) <= set(then) for now, then in zip(drawn.factual, pairs.factual, strict=True))


def test_step_means_are_kept_in_expectation() -> None:
    trace, rng = hacked(), np.random.default_rng(3)
    means = np.array([resampled(trace, rng).reward.mean(axis=(1, 2)) for _ in range(400)])
    spread = trace.reward.mean(axis=2).std(axis=1) / np.sqrt(GROUPS)  # of a bootstrap mean
    off = np.abs(means.mean(axis=0) - trace.reward.mean(axis=(1, 2)))
    assert np.all(off <= 4.5 * spread / np.sqrt(400) + 1e-12)
    np.testing.assert_allclose(means.std(axis=0).mean(), spread.mean(), rtol=0.05)


def test_onset_is_where_the_reference_says() -> None:
    """The windowed gap is k/5 at step 20 - 3 + k: .2 at 18; the mechanism's share passes .3 there, too."""
    found = onset_of(hacked(), "accepted")
    assert found.step == found.low == found.high == 18
    twin = relabelled(hacked())
    assert onset_of(twin, "accepted").step is None
    np.testing.assert_array_equal(twin.reward, hacked().reward)


def test_onset_of_a_cue_is_that_of_what_the_counterfactual_takes_away() -> None:
    cue = replace(hacked(), truth=hacked().reward)
    assert onset_of(cue, "accepted").step is None
    assert onset_of(cue, "counterfactual").step == 18


def test_our_detectors_see_the_take_over_and_not_its_twin() -> None:
    found = first_alarms(hacked(), np.random.default_rng(4), audits=16, alpha=0.01, wrong_ceiling=0.0)
    assert all(alarm is not None and 20 <= alarm <= 24 for alarm, _ in found.values())
    assert (found["truth_gap"].by, found["counterfactual"].by) == ("truth_gap", "counterfactual")
    again = first_alarms(hacked(), np.random.default_rng(4), audits=16, alpha=0.01, wrong_ceiling=0.0)
    assert again == found
    assert (
        truth_gap_alarm(
            relabelled(hacked()), np.random.default_rng(5), audits=16, alpha=0.01, wrong_ceiling=0.0
        )
        is None
    )


def test_a_trace_is_read_as_it_was_written(tmp_path: Path) -> None:
    trace = hacked()
    trace.save(tmp_path / "trace.npz")
    again = Trace.load(tmp_path / "trace.npz")
    for name in ("reward", "truth", "mechanism", "length", "factual", "counterfactual"):
        np.testing.assert_array_equal(getattr(again, name), getattr(trace, name))
    assert again.same_completion is True
    (tmp_path / "broken.npz").write_bytes(b"PK")
    with pytest.raises(LogError, match="no trace of this benchmark"):
        Trace.load(tmp_path / "broken.npz")
