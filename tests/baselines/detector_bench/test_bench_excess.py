"""Where what a detector watches is above its null, on traces worked out by hand."""

from dataclasses import replace

import numpy as np
import pytest

from synthgym.baselines.detector_bench.excess import excess_of, first_above
from synthgym.baselines.detector_bench.traces import Trace

STEPS, GROUPS, SIZE, PROBES = 30, 10, 10, 20


def trace_of(wrong_paid: float, turn: int, *, paid: float = 1.0) -> Trace:
    """Nothing is right; from `turn` on, a share `wrong_paid` of each step is paid; probes lose nothing."""
    reward = np.zeros((STEPS, GROUPS * SIZE))
    reward[turn:, : round(wrong_paid * GROUPS * SIZE)] = paid
    return Trace(
        reward=reward.reshape(STEPS, GROUPS, SIZE),
        truth=np.zeros((STEPS, GROUPS, SIZE)),
        mechanism=np.zeros((STEPS, GROUPS, SIZE)),
        length=np.ones((STEPS, GROUPS, SIZE)),
        factual=np.full((STEPS, PROBES), 0.5),
        counterfactual=np.full((STEPS, PROBES), 0.5),
        same_completion=True,
    )


@pytest.mark.parametrize(
    ("share", "expected"),
    [(0.05, None), (0.06, 22), (0.10, 20), (0.13, 19), (0.30, 18), (1.00, 18)],
)
def test_the_gap_begins_where_its_windowed_mean_passes_delta(share: float, expected: int | None) -> None:
    """From step 20 on: the window of 5 around step 18 + k holds k + 1 steps of it; k + 1 > .25 / share is asked for."""
    assert excess_of(trace_of(share, 20), wrong_ceiling=0.0) == {
        "truth_gap": expected,
        "counterfactual": None,
    }


def test_partial_credit_up_to_the_ceiling_is_none_of_it() -> None:
    assert excess_of(trace_of(1.0, 10, paid=0.4), wrong_ceiling=0.4)["truth_gap"] is None
    # (0.49 - 0.4) / 0.6 is .15 though .49 is not accepted: two of five steps are .06
    assert excess_of(trace_of(1.0, 10, paid=0.49), wrong_ceiling=0.4)["truth_gap"] == 9


def test_right_and_unscored_and_unknown_completions_are_left_out() -> None:
    paid = trace_of(1.0, 10)
    for other in (
        replace(paid, truth=np.ones_like(paid.truth)),
        replace(paid, truth=np.full_like(paid.truth, np.nan)),
        replace(paid, reward=np.full_like(paid.reward, np.nan)),
    ):
        assert excess_of(other, wrong_ceiling=0.0)["truth_gap"] is None
    few = paid.reward.copy()
    few[10:, 1:] = np.nan  # the one group that is scored is paid: 20 of 320 completions around step 9
    assert excess_of(replace(paid, reward=few), wrong_ceiling=0.0)["truth_gap"] == 9


def test_accepted_from_the_first_step_on_is_above_at_once_and_a_standing_bonus_is_not() -> None:
    """The event has no start to be spared; what is paid above the ceiling, and what a probe loses, have."""
    assert excess_of(trace_of(0.1, 0), wrong_ceiling=0.0)["truth_gap"] == 0
    assert excess_of(trace_of(1.0, 0, paid=0.45), wrong_ceiling=0.4)["truth_gap"] is None
    stands = np.full((STEPS, 1), 0.08)
    assert first_above(stands, spared=False) == 0
    assert first_above(stands, spared=True) is None
    stands[20:] = 0.2  # two of five make .128 around step 19, three .152, and .13 is allowed
    assert first_above(stands, spared=True) == 20


def test_a_probes_loss_has_its_sign_where_the_prompt_changed() -> None:
    """Half of the probes lose .4 and half gain it: chance, which cut at 0 would be .2."""
    noise = np.where(np.arange(PROBES) % 2, 0.4, -0.4)
    trace = trace_of(0.0, 0)
    trace = replace(
        trace, factual=trace.counterfactual + np.where(np.arange(STEPS)[:, None] >= 10, noise, 0.0)
    )
    assert excess_of(trace, wrong_ceiling=0.0)["counterfactual"] == 9
    assert excess_of(replace(trace, same_completion=False), wrong_ceiling=0.0)["counterfactual"] is None
    lost = replace(trace, factual=trace.counterfactual + 0.4 * (np.arange(STEPS)[:, None] >= 10))
    for same in (True, False):
        assert excess_of(replace(lost, same_completion=same), wrong_ceiling=0.0)["counterfactual"] == 8


def test_a_run_without_probes_has_no_excess_of_them() -> None:
    none = np.empty((STEPS, 0))
    found = excess_of(replace(trace_of(1.0, 3), factual=none, counterfactual=none), wrong_ceiling=0.0)
    assert found == {"truth_gap": 1, "counterfactual": None}
