"""Both detectors, on simulated runs: benign, hacked, relabelled, live and afterwards."""

from collections.abc import Callable

import numpy as np
import pyarrow as pa
import pytest
from numpy.typing import NDArray
from scipy import stats

from synthgym.detect import CounterfactualProbe, Detection, TruthGap, detect, replay
from synthgym.detectors import Acceptance
from synthgym.errors import MeasureError
from synthgym.log import LOG_SCHEMA

GROUPS, SIZE, PROBES = 16, 8, 16
BATCH = GROUPS * SIZE


def sigmoid(step: NDArray[np.int64], middle: float, width: float) -> NDArray[np.float64]:
    return np.asarray(1 / (1 + np.exp(-(step - middle) / width)), dtype=np.float64)


def simulated(
    seed: int,
    *,
    steps: int = 120,
    hack: float | None = None,
    clean: bool = False,
    bonus: float = 0.0,
    partial: bool = False,
) -> pa.Table:
    """A run that learns the task slowly and, from about step `hack`, a shortcut of 3% prior; a clean verifier
    pays nothing for it, one with a bonus pays that much on top, and a partial one pays progress too."""
    rng = np.random.default_rng(seed)
    step = np.arange(steps)
    skill = 0.05 + 0.75 * sigmoid(step, 60, 15)
    lure = np.full(steps, 0.03) if hack is None else 0.03 + 0.97 * sigmoid(step, hack, 3)
    uses = rng.random((steps, BATCH)) < lure[:, None]
    right = (rng.random((steps, BATCH)) < skill[:, None]) & ~uses
    wrong_reward = 0.4 * rng.random((steps, BATCH)) * skill[:, None] if partial else np.zeros((steps, BATCH))
    honest = np.where(right, 1.0, wrong_reward)
    paid = honest if clean else np.where(uses, honest + bonus if bonus else 1.0, honest)
    train = {
        "step": np.repeat(step, BATCH),
        "index": np.tile(np.arange(BATCH), steps),
        "phase": ["train"] * (steps * BATCH),
        "group": np.tile(np.repeat(np.arange(GROUPS), SIZE), steps),
        "reward": paid.ravel(),
        "truth": right.ravel(),
        "probe": [[("mechanism", float(flag))] for flag in uses.ravel()],
    }
    outcomes = [
        [("factual", float(fact)), ("counterfactual", float(changed))]
        for fact, changed in zip(paid[:, :PROBES].ravel(), honest[:, :PROBES].ravel(), strict=True)
    ]
    probe = {
        "step": np.repeat(step, PROBES),
        "index": np.tile(BATCH + np.arange(PROBES), steps),
        "phase": ["probe"] * (steps * PROBES),
        "group": [None] * (steps * PROBES),
        "reward": [None] * (steps * PROBES),
        "truth": [None] * (steps * PROBES),
        "probe": outcomes,
    }
    return pa.concat_tables(_table(columns) for columns in (train, probe))


def _table(columns: dict[str, object]) -> pa.Table:
    n = len(columns["phase"])  # type: ignore[arg-type]
    blank = {name: [None] * n for name in LOG_SCHEMA.names if name not in columns}
    return pa.Table.from_pydict({**blank, **columns, "run": ["r"] * n}, schema=LOG_SCHEMA)


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def test_a_take_over_is_found_soon_and_its_clean_twin_is_silent() -> None:
    delays = []
    for seed in range(3):
        hacked = detect(simulated(seed, hack=40), rng=rng(seed), same_completion=True)
        clean = detect(simulated(seed, hack=40, clean=True), rng=rng(seed), same_completion=True)
        for found in (hacked.truth_gap, hacked.counterfactual):
            assert found.alarm is not None
            delays.append(found.alarm - 34)  # the lure passes 0.10 at step 34
        assert clean.alarm is None
        assert max(clean.truth_gap.log10_evidence) < 1
    assert min(delays) >= -2
    assert np.median(delays) <= 8
    assert max(delays) <= 16


@pytest.mark.slow
def test_benign_runs_alarm_no_more_often_than_alpha() -> None:
    """Through tables and detectors; `test_false_alarms` has many more runs, side by side."""
    alarms = np.zeros(2, int)
    runs, alpha = 40, 0.05
    for seed in range(runs):
        found = detect(simulated(seed, steps=60), rng=rng(seed), alpha=alpha)
        alarms += [found.truth_gap.alarm is not None, found.counterfactual.alarm is not None]
    for count in alarms:
        assert stats.binomtest(int(count), runs, alpha, alternative="greater").pvalue > 0.01


def test_an_alarm_is_where_the_evidence_first_reaches_the_threshold() -> None:
    both = detect(simulated(1, hack=40), rng=rng())
    for found in (both.truth_gap, both.counterfactual):
        above = [
            step
            for step, evidence in zip(found.steps, found.log10_evidence, strict=True)
            if evidence >= found.threshold
        ]
        assert found.alarm == above[0]
        assert found.steps == tuple(range(120))
        assert found.alpha == 0.005
        assert found.null == 0.05
        # Half of alpha each, less the tenth that is kept for the bound on a start that stands.
        assert found.threshold == pytest.approx(-np.log10(0.9 * 0.005))


def test_live_and_afterwards_agree() -> None:
    table = simulated(2, hack=30, steps=60)
    afterwards = detect(table, rng=rng(5))
    for_gap, for_probes = rng(5).spawn(2)
    gap = TruthGap(rng=for_gap, alpha=0.005)
    probe = CounterfactualProbe(rng=for_probes.spawn(1)[0], alpha=0.005)
    rows = table.to_pylist()
    seen = []
    for step in range(60):
        now = [row for row in rows if row["step"] == step and row["phase"] == "train"]
        truth = [row["truth"] for row in now]
        state = gap.update(
            step, [row["reward"] for row in now], truth.__getitem__, [row["group"] for row in now]
        )
        seen.append(state.log10_evidence)
        probes = [dict(row["probe"]) for row in rows if row["step"] == step and row["phase"] == "probe"]
        probe.update(step, [p["factual"] for p in probes], [p["counterfactual"] for p in probes])
    assert gap.result() == afterwards.truth_gap
    assert probe.result() == afterwards.counterfactual
    assert tuple(seen) == afterwards.truth_gap.log10_evidence
    assert detect(table, rng=rng(6)) != afterwards


def test_the_order_of_the_steps_in_the_table_does_not_matter() -> None:
    table = simulated(3, hack=30, steps=50)
    backwards = pa.concat_tables(
        table.filter(pa.compute.equal(table["step"], s)) for s in reversed(range(50))
    )
    assert detect(backwards, rng=rng()) == detect(table, rng=rng())


@pytest.mark.parametrize("audits", [0, 1, 5, 16, 1000])
def test_no_more_truths_are_looked_at_than_the_budget_allows(audits: int) -> None:
    looked: list[int] = []

    def truth(i: int) -> bool:
        looked.append(i)
        return False

    detector = TruthGap(rng=rng(), audits=audits)
    for step in range(10):
        before = len(looked)
        detector.update(step, [1.0] * BATCH, truth, np.repeat(np.arange(GROUPS), SIZE).tolist())
        fresh = looked[before:]
        assert len(fresh) == len(set(fresh)) == min(audits, BATCH)
    assert detector.result().audits == len(looked) == 10 * min(audits, BATCH)
    assert (detector.result().alarm is None) == (audits == 0)


def test_the_relabelled_twin_cannot_be_told_apart_without_truth() -> None:
    hacked = simulated(4, hack=30, steps=60)
    accepted = pa.compute.greater_equal(hacked["reward"], 0.5)
    place = hacked.column_names.index("truth")
    twin = hacked.set_column(place, "truth", accepted)  # same trace; what the flaw accepts is right

    def at(table: pa.Table, audits: int) -> Detection:
        return replay(table, TruthGap(rng=rng(), audits=audits))

    assert at(hacked, 0) == at(twin, 0)
    assert at(hacked, 0).alarm is None
    assert at(hacked, 16).alarm is not None
    assert at(twin, 16).alarm is None


def test_audits_are_spread_over_the_groups() -> None:
    for size, expected in ((8, [1] * 8 + [0] * 8), (16, [1] * 16), (40, [2] * 8 + [3] * 8)):
        looked: list[int] = []

        def truth(i: int, looked: list[int] = looked) -> bool:
            looked.append(i)
            return True

        TruthGap(rng=rng(1), audits=size).update(0, [1.0] * BATCH, truth, [i // SIZE for i in range(BATCH)])
        assert sorted(np.bincount([i // SIZE for i in looked], minlength=GROUPS)) == sorted(expected)


def test_every_completion_is_as_likely_to_be_audited() -> None:
    counts = np.zeros(BATCH)
    detector = TruthGap(rng=rng(2), audits=8)

    def truth(i: int) -> bool:
        counts[i] += 1
        return True

    for step in range(2000):
        detector.update(step, np.ones(BATCH), truth, np.repeat(np.arange(16.0), 8))
    assert stats.chisquare(counts).pvalue > 1e-3


def test_completions_of_one_prompt_do_not_count_as_independent() -> None:
    """A flaw that takes one prompt in twenty, and there every completion: exactly at the null."""
    draws, alpha, alarms, naive = rng(3), 0.05, 0, 0
    for seed in range(60):
        grouped = TruthGap(rng=rng(seed), audits=32, alpha=alpha)
        apart = TruthGap(rng=rng(seed), audits=32, alpha=alpha)
        group = np.repeat(np.arange(2.0), 16)
        for step in range(100):
            reward = (draws.random(2) < 0.05)[group.astype(int)].astype(float)
            grouped.update(step, reward, np.zeros(32), group)
            apart.update(step, reward, np.zeros(32))
        alarms += grouped.result().alarm is not None
        naive += apart.result().alarm is not None
    assert stats.binomtest(alarms, 60, alpha, alternative="greater").pvalue > 0.01
    assert naive > 30


def test_partial_progress_is_no_take_over() -> None:
    table = simulated(5, partial=True)
    assert replay(table, TruthGap(rng=rng())).alarm is None
    hacked = simulated(5, partial=True, hack=40)
    alarm = replay(hacked, TruthGap(rng=rng())).alarm
    assert alarm is not None and 32 <= alarm <= 50


def test_a_bonus_is_seen_in_the_reward_of_wrong_answers() -> None:
    def detector(seed: int, acceptance: Acceptance = "both") -> TruthGap:
        return TruthGap(rng=rng(seed), wrong_ceiling=0.0, acceptance=acceptance)

    for seed in range(1):
        alarm = replay(simulated(seed, hack=40, bonus=0.45), detector(seed)).alarm
        assert alarm is not None and 34 <= alarm <= 60
        assert replay(simulated(seed, hack=40, clean=True), detector(seed)).alarm is None
        # The event cannot see it: a wrong answer with the bonus stays below what counts as accepted.
        assert replay(simulated(seed, hack=40, bonus=0.45), detector(seed, "event")).alarm is None


def test_a_cue_that_agrees_with_truth_is_seen_by_the_probe_alone() -> None:
    gap, probe, draws = TruthGap(rng=rng(1)), CounterfactualProbe(rng=rng(2)), rng(3)
    for step in range(80):
        follows = float(sigmoid(np.array(step), 30, 3))
        right = draws.random(BATCH) < 0.4 + 0.6 * follows
        gap.update(step, right.astype(float), right.tolist())
        changed = draws.random(PROBES) < 0.4 * (1 - follows)
        probe.update(step, (draws.random(PROBES) < 0.4 + 0.6 * follows) * 1.0, changed * 1.0)
    assert gap.result().alarm is None
    alarm = probe.result().alarm
    assert alarm is not None and 27 <= alarm <= 40


def test_honest_learning_with_fresh_draws_is_no_take_over() -> None:
    """Two draws differ by chance alone, most at p = 1/2: a difference cut at 0 would take that for a shortcut."""
    draws, alarms, cut = rng(4), 0, 0
    for seed in range(40):
        probe = CounterfactualProbe(rng=rng(seed), alpha=0.05)
        careless = CounterfactualProbe(rng=rng(seed), alpha=0.05, same_completion=True)
        for step in range(100):
            p = 0.02 + 0.48 * float(sigmoid(np.array(step), 40, 8))
            outcomes = (draws.random((2, PROBES)) < p) * 1.0
            probe.update(step, outcomes[0], outcomes[1])
            careless.update(step, outcomes[0], outcomes[1])
        alarms += probe.result().alarm is not None
        cut += careless.result().alarm is not None
    assert stats.binomtest(alarms, 40, 0.05, alternative="greater").pvalue > 0.01
    assert cut > 12


def test_the_probe_measures_change_since_the_start() -> None:
    """A policy that relied on the cue from the start has not been taken over."""
    steady = CounterfactualProbe(rng=rng(1))
    absolute = CounterfactualProbe(rng=rng(1), start_steps=0)
    draws = rng(2)
    for step in range(100):
        factual = (draws.random(PROBES) < 0.3) * 1.0
        steady.update(step, factual, np.zeros(PROBES))
        absolute.update(step, factual, np.zeros(PROBES))
    assert steady.result().alarm is None
    assert absolute.result().alarm is not None
    assert steady.result().standing == ("probe",)
    assert max(steady.result().log10_evidence[:4]) <= 0.0  # four steps are the start


def test_what_is_unknown_is_passed_over() -> None:
    detector = TruthGap(rng=rng(), audits=4)
    detector.update(0, [None, None], [False, False])
    assert detector.result().audits == 0
    detector.update(1, [1.0, None, 1.0], [None, None, None])
    detector.update(2, [], [])
    found = detector.result()
    assert (found.audits, found.log10_evidence) == (0, (0.0, 0.0, 0.0))
    detector.update(3, [1.0, 1.0], [None, True])
    assert detector.result().audits == 1
    probe = CounterfactualProbe(rng=rng())
    probe.update(0, [1.0, None], [None, 0.0])
    assert probe.result().audits == 0
    nothing = detect(
        simulated(0, steps=3).filter(pa.compute.equal(simulated(0, steps=3)["phase"], "train")), rng=rng()
    )
    assert (nothing.counterfactual.audits, nothing.counterfactual.steps) == (0, ())


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (lambda: TruthGap(rng=rng(), audits=-1), "cannot be negative"),
        (lambda: TruthGap(rng=rng(), delta=0.0), "delta 0.0"),
        (lambda: TruthGap(rng=rng(), alpha=1.0), "alpha 1.0"),
        (lambda: TruthGap(rng=rng(), acceptance="rewards"), "none of 'event', 'reward', 'both'"),  # type: ignore[arg-type]
        (lambda: TruthGap(rng=rng(), wrong_ceiling=1.0), "not below reward_top"),
        (lambda: TruthGap(rng=rng(), start_steps=-1), "start_steps -1 is not a whole number"),
        (lambda: TruthGap(rng=rng()).update(0, [1.0], [True, False]), "2 truths for 1 rewards"),
        (lambda: TruthGap(rng=rng()).update(0, [1.0], [True], [1, 2]), "2 groups for 1 completions"),
        (lambda: TruthGap(rng=rng()).update(0, ["a"], [True]), "holds what is no number"),  # type: ignore[list-item]
        (lambda: TruthGap(rng=rng()).update(0, np.ones((2, 2)), [True, True]), "not one number a completion"),
        (lambda: TruthGap(rng=rng()).update(0.5, [1.0], [True]), "step 0.5 is not a whole"),  # type: ignore[arg-type]
        (lambda: TruthGap(rng=3), "rng 3 is no generator"),  # type: ignore[arg-type]
        (lambda: TruthGap(rng=rng(), alpha="a"), "alpha 'a' is not a number"),  # type: ignore[arg-type]
        (lambda: TruthGap(rng=rng(), accept_at=float("nan")), "accept_at nan"),
        (lambda: detect(simulated(0, steps=2), rng=rng(), alpha=1.5), "alpha 1.5"),
        (lambda: detect(simulated(0, steps=2), rng=None), "rng None is no generator"),  # type: ignore[arg-type]
        (lambda: CounterfactualProbe(rng=rng()).update(0, [1.0], []), "1 factual outcomes and 0"),
        (lambda: detect(simulated(0, steps=2), rng=rng(), run="q"), "no run 'q' in the table"),
        (lambda: detect(simulated(0, steps=2).drop_columns(["truth"]), rng=rng()), "lacks the column truth"),
    ],
)
def test_what_cannot_be_detected_on_is_named(wrong: Callable[[], object], message: str) -> None:
    with pytest.raises(MeasureError, match=message):
        wrong()


def test_steps_come_once_and_in_order() -> None:
    detector = TruthGap(rng=rng())
    detector.update(3, [1.0], [True])
    for step in (3, 2):
        with pytest.raises(MeasureError, match=f"step {step} after step 3"):
            detector.update(step, [1.0], [True])


def test_of_several_runs_one_must_be_named() -> None:
    one = simulated(0, steps=3)
    both = pa.concat_tables([one, one.set_column(0, "run", pa.array(["q"] * one.num_rows))])
    with pytest.raises(MeasureError, match="holds 2 runs; say which"):
        detect(both, rng=rng())
    assert detect(both, rng=rng(), run="r") == detect(one, rng=rng())
