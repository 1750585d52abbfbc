"""Arms compared: simulated runs of known speed, through the real log."""

from math import inf, isnan
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from synthgym.errors import MeasureError
from synthgym.log import LOG_SCHEMA, Rollout, RolloutLog, read_log
from synthgym.measure import Crossing, learning_speed, speed_ratio

STEPS, BATCH, TOKENS = 60, 64, 5


def simulated(arms: dict[str, float], *, seeds: int = 3, floor: float = 0.05, top: float = 0.85) -> pa.Table:
    """Runs whose accuracy rises from `floor` to `top` and is half-way at a given step; inf: never rises."""
    parts = []
    for arm, middle in arms.items():
        for seed in range(seeds):
            rng = np.random.default_rng([seed, len(arm)])
            rise = 1 / (1 + np.exp(-(np.arange(STEPS) - middle) / 3)) if middle < inf else np.zeros(STEPS)
            truth = rng.random((STEPS, BATCH)) < (floor + (top - floor) * rise)[:, None]
            n = STEPS * BATCH
            columns = {
                "run": [f"{arm}-{seed}"] * n,
                "step": np.repeat(np.arange(STEPS), BATCH),
                "index": np.tile(np.arange(BATCH), STEPS),
                "phase": ["train"] * n,
                "truth": truth.ravel(),
                "tokens": [list(range(TOKENS))] * n,
                "temperature": np.ones(n),
            }
            blank = {name: [None] * n for name in LOG_SCHEMA.names if name not in columns}
            parts.append(pa.Table.from_pydict(columns | blank, schema=LOG_SCHEMA))
    return pa.concat_tables(parts)


def arms_of(table: pa.Table) -> dict[str, str]:
    return {run: run.split("-")[0] for run in table["run"].unique().to_pylist()}


def rng() -> np.random.Generator:
    return np.random.default_rng(0)


def test_half_way_times_are_those_the_runs_were_made_with() -> None:
    table = simulated({"token": 10, "rubric": 20, "binary": 40})
    speeds = learning_speed(table, arms=arms_of(table), rng=rng())
    assert [speed.arm for speed in speeds] == ["binary", "rubric", "token"]
    for speed, middle in zip(speeds, (40, 20, 10), strict=True):
        assert speed.seeds == (0, 1, 2)
        assert (speed.p0, speed.p_max) == (speeds[0].p0, speeds[0].p_max)
        assert speed.p0 == pytest.approx(0.05, abs=0.04)
        assert speed.p_max == pytest.approx(0.85, abs=0.03)
        assert speed.rollouts.median == pytest.approx(middle * BATCH, abs=2 * BATCH)
        assert not any(crossing.censored for crossing in speed.rollouts.crossings)
        assert speed.tokens is not None
        assert speed.tokens.median == pytest.approx(TOKENS * speed.rollouts.median)
        assert speed.bits is None
        mean = speed.rollouts.mean
        assert mean is not None and mean.low <= mean.estimate <= mean.high
        assert mean.estimate == pytest.approx(middle * BATCH, abs=2 * BATCH)
    areas = [speed.mean_area.estimate for speed in speeds]
    assert areas == sorted(areas)


def test_an_arm_that_never_gets_there_is_censored_and_not_dropped() -> None:
    table = simulated({"token": 10, "shuffled": inf})
    shuffled, token = learning_speed(table, arms=arms_of(table), rng=rng())
    end = (STEPS - 1) * BATCH
    assert shuffled.rollouts.crossings == (Crossing(at=end, censored=True),) * 3
    assert shuffled.rollouts.median == inf
    assert shuffled.rollouts.mean is not None and shuffled.rollouts.mean.estimate == end
    ratio = speed_ratio(shuffled, token, rng=rng())
    assert (ratio.bound, ratio.censored_a, ratio.censored_b) == ("at least", 3, 0)
    assert ratio.ratio is not None and ratio.ratio.estimate == pytest.approx(5.9, abs=1)
    assert speed_ratio(token, shuffled, rng=rng()).bound == "at most"


def test_the_ratio_is_over_paired_seeds() -> None:
    table = simulated({"token": 10, "binary": 40})
    binary, token = learning_speed(table, arms=arms_of(table), rng=rng())
    ratio = speed_ratio(binary, token, rng=rng())
    pairs = zip(binary.rollouts.crossings, token.rollouts.crossings, strict=True)
    expected = np.exp(np.mean([np.log(a.at / b.at) for a, b in pairs]))
    assert ratio.bound == "exact"
    assert ratio.ratio is not None
    assert ratio.ratio.estimate == pytest.approx(expected)
    assert ratio.ratio.low <= expected <= ratio.ratio.high
    assert ratio.ratio.estimate == pytest.approx(4.0, rel=0.2)
    swapped = {f"token-{n}": 2 - n for n in range(3)}
    binary, token = learning_speed(table, arms=arms_of(table), seeds=swapped, rng=rng())
    assert token.seeds == (2, 1, 0)
    assert speed_ratio(binary, token, rng=rng()).ratio != ratio.ratio
    with pytest.raises(MeasureError, match="share no seed"):
        apart = learning_speed(
            table, arms=arms_of(table), seeds={f"token-{n}": n + 9 for n in range(3)}, rng=rng()
        )
        speed_ratio(*apart, rng=rng())


def test_arms_without_a_rise_leave_half_way_undefined() -> None:
    table = simulated({"one": inf, "two": inf})
    one, two = learning_speed(table, arms=arms_of(table), rng=rng())
    for speed in (one, two):
        assert not any(crossing.defined for crossing in speed.rollouts.crossings)
        assert isnan(speed.rollouts.median) and speed.rollouts.mean is None
        assert 0 <= speed.mean_area.estimate <= 0.2
    found = speed_ratio(one, two, rng=rng())
    assert (found.ratio, found.bound) == (None, "unknown")


def test_injected_bits_are_rollouts_times_information() -> None:
    table = simulated({"truth": 20, "noisy": 20, "shuffled": inf})
    noisy, shuffled, truth = learning_speed(
        table, arms=arms_of(table), bits={"truth": 0.5, "noisy": 0.1, "shuffled": 0.0}, rng=rng()
    )
    assert truth.bits is not None and noisy.bits is not None and shuffled.bits is not None
    assert truth.bits.median == pytest.approx(0.5 * truth.rollouts.median)
    assert noisy.bits.median == pytest.approx(0.1 * noisy.rollouts.median)
    assert shuffled.bits.median == inf
    assert truth.bits.horizon == pytest.approx(0.1 * noisy.rollouts.horizon)
    some, *_ = learning_speed(table, arms=arms_of(table), bits={"truth": 0.5}, rng=rng())
    assert some.arm == "noisy" and some.bits is None


def test_levels_can_be_given() -> None:
    table = simulated({"token": 10, "binary": 40})
    easy, hard = (
        learning_speed(table, arms=arms_of(table), p0=0.0, p_max=top, rng=rng())[1] for top in (0.2, 1.0)
    )
    assert (easy.level, hard.level) == (0.1, 0.5)
    assert easy.rollouts.median < hard.rollouts.median
    with pytest.raises(MeasureError, match="different levels"):
        speed_ratio(easy, hard, rng=rng())


def test_by_default_each_run_is_an_arm_and_others_can_be_left_out() -> None:
    table = simulated({"token": 10, "binary": 20}, seeds=1)
    assert [speed.arm for speed in learning_speed(table, rng=rng())] == ["binary-0", "token-0"]
    (only,) = learning_speed(table, arms={"token-0": "a"}, rng=rng())
    assert (only.arm, only.runs) == ("a", ("token-0",))
    assert only.mean_area.low == -inf
    with pytest.raises(MeasureError, match=r"no run 'tokn-0' in the table; did you mean token-0\?"):
        learning_speed(table, arms={"tokn-0": "a"}, rng=rng())
    with pytest.raises(MeasureError, match="no rollouts"):
        learning_speed(table.slice(0, 0), rng=rng())


def test_a_start_above_half_way_counts_as_one_step() -> None:
    table = simulated({"fast": -20, "slow": 30}, seeds=2)
    fast, slow = learning_speed(table, arms=arms_of(table), p0=0.05, p_max=0.85, rng=rng())
    assert [crossing.at for crossing in fast.rollouts.crossings] == [0.0, 0.0]
    found = speed_ratio(slow, fast, rng=rng()).ratio
    assert found is not None and found.estimate == pytest.approx(30, abs=3)


def test_it_reads_what_the_writer_wrote(tmp_path: Path) -> None:
    draws = np.random.default_rng(1)
    for run in ("a", "b"):
        with RolloutLog(tmp_path / run) as log:
            for step in range(20):
                for _ in range(32):
                    right = bool(draws.random() < step / 20)
                    log.append(Rollout(step=step, prompt="p", completion="c", truth=right, tokens=[1, 2]))
                log.append(
                    Rollout(
                        step=step, phase="eval", prompt="p", completion="c", truth=step > 5, temperature=0.0
                    )
                )
    table = read_log(tmp_path, columns=["run", "step", "phase", "truth", "reward", "temperature", "tokens"])
    for speed in learning_speed(table, p0=0.0, p_max=1.0, rng=rng()):
        assert speed.rollouts.median == pytest.approx(10 * 32, abs=3 * 32)
        assert speed.rollouts.resolution == 32
    for speed in learning_speed(table, phase="eval", temperature=0.0, p0=0.0, p_max=1.0, rng=rng()):
        assert 5 * 32 < speed.rollouts.median <= 6 * 32


def test_a_seed_pairs_one_run_of_an_arm() -> None:
    """With two of them, one pair was dropped without a word."""
    table = simulated({"token": 10, "binary": 40}, seeds=2)
    binary, token = learning_speed(table, arms=arms_of(table), seeds={"token-0": 1}, rng=rng())
    for pair in ((binary, token), (token, binary)):
        with pytest.raises(MeasureError, match="two runs of arm 'token' have one seed"):
            speed_ratio(*pair, rng=rng())


def test_seeds_and_bits_are_those_of_runs_and_arms_that_are_there() -> None:
    table = simulated({"token": 10, "binary": 40}, seeds=2)
    arms = arms_of(table)
    for given, said in (
        ({"seeds": {"tken-0": 1}}, "no run 'tken-0' to have a seed; did you mean token-0"),
        ({"bits": {"tokn": 0.5}}, "no arm 'tokn' to tell bits; did you mean token"),
        ({"bits": {"token": -0.5}}, "0 or more are needed"),
        ({"bits": {"token": float("nan")}}, "finite number"),
    ):
        with pytest.raises(MeasureError, match=said):
            learning_speed(table, arms=arms, rng=rng(), **given)
