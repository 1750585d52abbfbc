"""The description length: a real code, near its bounds on simulated labels whose truth is known."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_matrix
from scipy.special import betaln

from synthgym.errors import MeasureError
from synthgym.measure.codelength import Codelength, block_edges, codelength, kt_bits, prequential_bits
from synthgym.measure.information import binary_entropy
from synthgym.measure.probes import PROBES, ProbeName


def bits(rows: int, columns: int = 12, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 2, (rows, columns)).astype(float)


def measured(features: object, labels: object, **settings: object) -> Codelength:
    return codelength(features, labels, rng=np.random.default_rng(7), **settings)  # type: ignore[arg-type]


@settings(deadline=None, max_examples=40)
@given(st.lists(st.integers(0, 1), min_size=1, max_size=300))
def test_kt_is_its_closed_form(labels: list[int]) -> None:
    ones, zeros = sum(labels), len(labels) - sum(labels)
    closed = -(betaln(zeros + 0.5, ones + 0.5) - betaln(0.5, 0.5)) / np.log(2)
    assert kt_bits(labels).sum() == pytest.approx(closed)


@pytest.mark.parametrize(
    ("probe", "size", "first"),
    [("linear", 5, 3), pytest.param("linear", 8, 2, marks=pytest.mark.slow), ("mlp", 4, 2)],
)
def test_it_is_a_code(probe: ProbeName, size: int, first: int) -> None:
    """Over all label sequences the probabilities add up to 1 (Kraft), for a fixed order and seed."""
    features = np.random.default_rng(3).normal(size=(size, 2))
    total = sum(
        2.0 ** -prequential_bits(features, labels, probe=probe, first=first).sum()
        for labels in product((0, 1), repeat=size)
    )
    assert total == pytest.approx(1.0, abs=1e-9)


def test_a_label_costs_what_came_before_it_says_and_nothing_after() -> None:
    features, labels = bits(200), bits(200)[:, 0].astype(int)
    whole = prequential_bits(features, labels)
    assert whole[:16] == pytest.approx(kt_bits(labels)[:16])
    changed = labels.copy()
    changed[150:] = 1 - changed[150:]
    assert prequential_bits(features, changed)[:150] == pytest.approx(whole[:150])


def test_blocks_double() -> None:
    assert block_edges(2048) == [16, 32, 64, 128, 256, 512, 1024, 2048]
    assert block_edges(100) == [16, 32, 64, 100]
    assert block_edges(5) == [5]


def test_a_one_feature_rule_costs_few_bits() -> None:
    """A separable rule: the 16 labels that KT codes, and at most 0.03 bits for each later one."""
    found = measured(bits(2048), bits(2048)[:, 3], orders=3)
    assert 16 < found.bits < 16 + 0.03 * 2048
    assert not found.censored
    assert not found.projected
    assert found.fallbacks == 0
    assert found.interval.low < found.bits < found.interval.high
    assert [seen for seen, _ in found.blocks] == block_edges(2048)
    assert found.blocks[-1][1] == pytest.approx(found.bits)
    assert list(np.diff([cumulative for _, cumulative in found.blocks]) >= 0) == [True] * 7


def test_random_labels_cost_a_bit_each_and_are_censored() -> None:
    labels = np.random.default_rng(1).integers(0, 2, 2048)
    found = measured(bits(2048), labels, orders=2)
    assert found.censored
    assert found.per_label == pytest.approx(1.0, abs=0.03)
    assert found.bits == pytest.approx(found.per_label * 2048)


def test_labels_flipped_by_noise_cost_the_noise_and_a_little_learning() -> None:
    """Within 0.07 bits a label of N h(0.1), which no code can beat on average."""
    rng = np.random.default_rng(2)
    features = bits(2048)
    found = measured(features, (features[:, 0] == 1) ^ (rng.random(2048) < 0.1), orders=2)
    floor = 2048 * float(binary_entropy(0.1))
    assert found.interval.high > floor
    assert found.bits < floor + 0.07 * 2048


def test_the_linear_probe_does_not_see_a_parity_of_two_bits() -> None:
    features = bits(1024)
    alone, both = (measured(features, features[:, :j].sum(axis=1) % 2, orders=2, at=1024) for j in (1, 2))
    assert (alone.censored, both.censored) == (False, True)


def test_a_network_learns_a_parity_of_two_bits_that_costs_more_than_one() -> None:
    features = bits(128, 3)
    one, two = (
        measured(features, features[:, :j].sum(axis=1) % 2, probe="mlp", orders=2, at=128) for j in (1, 2)
    )
    assert one.bits < two.bits < 0.8 * 128


@pytest.mark.slow
def test_a_parity_grows_with_its_bits_until_it_is_censored() -> None:
    features = bits(2048, 20)
    found = [measured(features, features[:, :j].sum(axis=1) % 2, probe="mlp") for j in (1, 2, 3, 4, 5)]
    assert [one.bits for one in found] == sorted(one.bits for one in found)
    assert not found[1].censored
    assert found[-1].censored


def test_labels_that_are_not_balanced_are_censored_by_their_own_entropy() -> None:
    rng = np.random.default_rng(4)
    found = measured(bits(1024), rng.random(1024) < 0.1, at=1024, orders=2)
    assert found.per_label < 0.6
    assert found.censored


def test_fewer_labels_are_projected_and_more_are_drawn_from() -> None:
    small = measured(bits(300), bits(300)[:, 0], orders=2)
    assert small.projected
    assert small.rollouts == 300
    assert small.blocks[-1][0] == 300
    assert small.blocks[-1][1] < small.bits < 16 + 0.1 * 2048
    large = measured(bits(500), bits(500)[:, 0], at=256, orders=2)
    assert not large.projected
    assert large.blocks[-1][0] == 256


def test_sparse_features_are_read_like_dense_ones() -> None:
    features = bits(128)
    for probe in PROBES:
        found = measured(csr_matrix(features), features[:, 1], probe=probe, at=128, orders=2)
        assert found.bits < 90, probe


def test_equal_generators_give_equal_bits() -> None:
    assert measured(bits(100), bits(100)[:, 0]) == measured(bits(100), bits(100)[:, 0])


def test_a_past_of_one_class_falls_back_to_kt() -> None:
    labels = np.r_[np.zeros(64, dtype=int), np.ones(64, dtype=int)]
    assert prequential_bits(bits(128), labels)[:128].sum() == pytest.approx(kt_bits(labels).sum())
    rare = np.r_[1, np.zeros(255, dtype=int)]
    assert measured(bits(256), rare, orders=2).fallbacks > 0


@pytest.mark.parametrize("constant", [0.0, 1.0])
def test_features_that_say_nothing_leave_the_code_near_one_bit_a_label(constant: float) -> None:
    labels = np.tile([0, 1], 64)
    found = measured(np.full((128, 3), constant), labels, orders=2, at=128)
    assert found.bits < 1.1 * 128


@pytest.mark.parametrize(
    ("features", "labels", "settings", "said"),
    [
        (bits(63), bits(63)[:, 0], {}, "at least 64"),
        (bits(64), np.zeros(64), {}, "all labels are 0"),
        (bits(64), np.full(64, 0.5), {}, "0 or 1"),
        (bits(64), np.full(64, np.nan), {}, "0 or 1"),
        (bits(64), ["a"] * 64, {}, "numbers are needed"),
        (bits(64), bits(65)[:, 0], {}, "64 rows of features for 65 labels"),
        (bits(64)[:, 0], bits(64)[:, 0], {}, "shape"),
        (np.zeros((64, 0)), bits(64)[:, 0], {}, "neither 0"),
        (np.full((64, 2), np.inf), bits(64)[:, 0], {}, "not finite"),
        ([["a"]] * 64, bits(64)[:, 0], {}, "numbers"),
        (bits(64), bits(64)[:, 0], {"probe": "liner"}, "did you mean linear"),
        (bits(64), bits(64)[:, 0], {"orders": 1}, "orders is 1; a whole number of 2"),
        (bits(64), bits(64)[:, 0], {"at": 8}, "at is 8"),
        (bits(64), bits(64)[:, 0], {"confidence": 1.0}, "confidence"),
    ],
)
def test_what_cannot_be_coded_is_refused(
    features: object, labels: object, settings: dict[str, object], said: str
) -> None:
    with pytest.raises(MeasureError, match=said):
        measured(features, labels, **settings)


@pytest.mark.slow
@pytest.mark.parametrize("noise", [0.0, 0.15])
def test_the_interval_covers_the_mean_over_fresh_sets(noise: float) -> None:
    rng = np.random.default_rng(5)
    found = []
    for _ in range(200):
        features = rng.normal(size=(256, 6))
        labels = (features[:, 0] > 0) ^ (rng.random(256) < noise)
        found.append(codelength(features, labels, rng=rng, at=256).interval)
    mean = np.mean([one.estimate for one in found])
    assert np.mean([one.low <= mean <= one.high for one in found]) >= 0.93
