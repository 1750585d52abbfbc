"""pass@k and the spread of answers, against brute force."""

from fractions import Fraction
from itertools import combinations
from math import comb, log2

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from synthgym.errors import MeasureError
from synthgym.measure import answer_entropy, distinct_mass, pass_at_k, tail_mass


@pytest.mark.parametrize("n", range(1, 8))
def test_pass_at_k_is_the_share_of_subsets_with_a_right_one(n: int) -> None:
    for c in range(n + 1):
        for k in range(1, n + 1):
            subsets = [any(place < c for place in chosen) for chosen in combinations(range(n), k)]
            assert pass_at_k(n, c, k) == pytest.approx(sum(subsets) / len(subsets), abs=1e-15)


@settings(deadline=None)
@given(st.integers(1, 3000), st.data())
def test_pass_at_k_is_the_closed_form_to_the_last_digits(n: int, data: st.DataObject) -> None:
    c, k = data.draw(st.integers(0, n)), data.draw(st.integers(1, n))
    exact = 1 - Fraction(comb(n - c, k), comb(n, k))
    assert pass_at_k(n, c, k) == pytest.approx(float(exact), rel=1e-11, abs=0)


def test_pass_at_k_keeps_the_digits_of_rare_successes() -> None:
    assert pass_at_k(10**8, 1, 1) == pytest.approx(1e-8, rel=1e-12)
    assert pass_at_k(10**6, 0, 10**3) == 0.0
    assert pass_at_k(10**6, 10**6, 1) == 1.0


def test_pass_at_k_broadcasts() -> None:
    found = pass_at_k(np.full(3, 4), np.array([0, 1, 4]), np.array([[1], [2]]))
    assert np.allclose(found, [[0, 0.25, 1], [0, 0.5, 1]])
    assert isinstance(pass_at_k(4, 1, 2), float)


@settings(deadline=None)
@given(st.integers(2, 60), st.data())
def test_pass_at_k_grows_with_k_and_c(n: int, data: st.DataObject) -> None:
    c, k = data.draw(st.integers(0, n - 1)), data.draw(st.integers(1, n - 1))
    assert pass_at_k(n, c, k) <= pass_at_k(n, c, k + 1) + 1e-12
    assert pass_at_k(n, c, k) < pass_at_k(n, c + 1, k) + 1e-12
    assert pass_at_k(n, c, 1) == pytest.approx(c / n)


@pytest.mark.parametrize(
    ("n", "c", "k", "message"),
    [
        (4, 1, 5, "k = 5 of n = 4 completions: sample more, or lower k"),
        (4, 1, 0, "1 <= k <= n"),
        (4, 5, 1, "0 <= c <= n"),
        (4, -1, 1, "0 <= c <= n"),
        (4, 0.5, 1, "whole numbers"),
    ],
)
def test_pass_at_k_refuses_what_it_is_undefined_for(n: int, c: float, k: int, message: str) -> None:
    with pytest.raises(MeasureError, match=message):
        pass_at_k(n, np.array([c]), k)


def test_entropy_of_known_distributions() -> None:
    assert answer_entropy(["a"] * 7) == 0.0
    assert answer_entropy(["a", "b", None, 3]) == pytest.approx(2.0)
    assert answer_entropy({"a": 3, "b": 1, "never": 0}) == pytest.approx(2 - 0.75 * log2(3))


@settings(deadline=None)
@given(st.lists(st.integers(0, 5), min_size=1, max_size=50))
def test_entropy_lies_between_0_and_the_logarithm_of_the_number_of_answers(answers: list[int]) -> None:
    counts = {answer: answers.count(answer) for answer in set(answers)}
    assert answer_entropy(answers) == pytest.approx(answer_entropy(counts))
    assert -1e-12 <= answer_entropy(answers) <= log2(len(counts)) + 1e-9


def test_distinct_mass() -> None:
    assert distinct_mass(list("abcd")) == 1.0
    assert distinct_mass(list("aaaa")) == 0.25
    assert distinct_mass({"a": 2, "b": 1, "c": 1}) == pytest.approx(0.75)


@settings(deadline=None)
@given(st.lists(st.integers(0, 3), min_size=1, max_size=7), st.data())
def test_distinct_mass_of_fewer_draws_is_its_mean_over_subsets(
    answers: list[int], data: st.DataObject
) -> None:
    m = data.draw(st.integers(1, len(answers)))
    subsets = [len(set(chosen)) / m for chosen in combinations(answers, m)]
    assert distinct_mass(answers, draws=m) == pytest.approx(sum(subsets) / len(subsets))


def test_tail_mass_counts_rare_and_new_answers() -> None:
    reference = {"common": 90, "rare": 4, "rarer": 3, "rarest": 3}
    assert tail_mass(reference, reference, share=0.10) == pytest.approx(0.10)
    assert tail_mass(reference, reference, share=0.09) == pytest.approx(
        0.06
    )  # two of equal count go together
    assert tail_mass(["common"] * 10, reference) == 0.0
    assert tail_mass(["common", "new"], reference) == 0.5
    assert tail_mass(["a", "new"], list("abcd"), share=0.5) == 0.5  # no seen answer is rarer than the rest


def test_a_missing_answer_is_one_answer_however_it_is_written() -> None:
    missing = np.array([1.0, np.nan, np.nan, np.nan])  # three NaN that are each another object
    assert answer_entropy(missing) == answer_entropy([1.0, None, None, None])
    assert distinct_mass(missing) == 0.5


def test_no_answers_is_an_error() -> None:
    for measure in (
        answer_entropy,
        distinct_mass,
        lambda a: tail_mass(["a"], a),
        lambda a: tail_mass(a, ["a"]),
    ):
        with pytest.raises(MeasureError, match="no answers"):
            measure([])
        for count in (-1, 0.5):  # 0.5 was cut to 0
            with pytest.raises(MeasureError, match=f"count of 'a' is {count}; a whole number"):
                measure({"a": count, "b": 2})
        with pytest.raises(MeasureError, match="answers? is '7'; a sequence"):
            measure("7")
        with pytest.raises(MeasureError, match="cannot be a label"):
            measure([[7]])  # type: ignore[list-item]
    with pytest.raises(MeasureError, match="sample more"):
        distinct_mass(["a", "b"], draws=3)
    with pytest.raises(MeasureError, match="share"):
        tail_mass("a", "a", share=1.0)


def test_entropy_is_scipys_and_its_correction_takes_the_bias_off() -> None:
    rng = np.random.default_rng(0)
    plain, corrected = [], []
    for _ in range(400):
        answers = rng.integers(0, 6, 60).tolist()
        plain.append(answer_entropy(answers))
        corrected.append(answer_entropy(answers, corrected=True))
        assert plain[-1] == pytest.approx(stats.entropy(np.bincount(answers), base=2))
    assert np.mean(plain) < log2(6) - 0.05
    assert np.mean(corrected) == pytest.approx(log2(6), abs=0.005)
