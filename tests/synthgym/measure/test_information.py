"""Information per rollout, against the definition of mutual information and by enumeration."""

from itertools import product
from math import log2

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synthgym.errors import MeasureError
from synthgym.measure import binary_entropy, binary_information, live_groups

RATE = st.floats(0, 1)


def mutual_information(p: float, tpr: float, fpr: float) -> float:
    joint = np.array([[(1 - p) * (1 - fpr), (1 - p) * fpr], [p * (1 - tpr), p * tpr]])
    apart = joint.sum(1, keepdims=True) * joint.sum(0, keepdims=True)
    return float(
        sum(j * log2(j / a) for j, a in zip(joint.ravel(), apart.ravel(), strict=True) if j > 0 and a > 0)
    )


@settings(deadline=None)
@given(RATE, RATE, RATE)
def test_it_is_the_mutual_information(p: float, tpr: float, fpr: float) -> None:
    bits = float(binary_information(p, tpr, fpr))
    assert bits == pytest.approx(mutual_information(p, tpr, fpr), abs=1e-9)
    assert 0 <= bits <= min(1.0, float(binary_entropy(p))) + 1e-12


@settings(deadline=None)
@given(RATE, RATE)
def test_a_signal_that_ignores_truth_says_nothing(p: float, rate: float) -> None:
    assert float(binary_information(p, rate, rate)) == pytest.approx(0, abs=1e-12)


@settings(deadline=None)
@given(RATE)
def test_truth_says_the_entropy_of_truth(p: float) -> None:
    assert float(binary_information(p)) == pytest.approx(float(binary_entropy(p)))
    assert float(binary_information(p, 0.0, 1.0)) == pytest.approx(float(binary_entropy(1 - p)))


def test_entropy_at_the_ends_and_in_the_middle() -> None:
    assert binary_entropy([0.0, 0.5, 1.0]).tolist() == [0.0, 1.0, 0.0]
    assert float(binary_entropy(1e-300)) > 0


@pytest.mark.parametrize("size", [1, 2, 3, 8])
def test_live_groups_by_enumeration(size: int) -> None:
    p = np.array([0.0, 0.1, 0.5, 1.0])
    expected = []
    for rate in p:
        groups = product([0, 1], repeat=size)
        live = (g for g in groups if 0 < sum(g) < size)
        expected.append(sum(rate ** sum(g) * (1 - rate) ** (size - sum(g)) for g in live))
    assert live_groups(p, size) == pytest.approx(float(np.mean(expected)))


def test_rates_outside_their_range_are_refused() -> None:
    for wrong in (-0.1, 1.1, float("nan")):
        with pytest.raises(MeasureError, match="tpr holds a rate outside"):
            binary_information(0.5, wrong, 0.0)
        with pytest.raises(MeasureError, match="p holds a rate outside"):
            binary_entropy([0.5, wrong])
    for size in (0, 2.5, float("nan")):
        with pytest.raises(MeasureError, match=f"group size is {size}; a whole number of 1 or more"):
            live_groups([0.5], size)  # type: ignore[arg-type]
    with pytest.raises(MeasureError, match="no prompts"):
        live_groups([], 8)
