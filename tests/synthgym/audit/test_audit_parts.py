"""The parts of an audit against what is known of them: exact variances, plain Python, closed forms."""

from collections.abc import Callable

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from synthgym.audit.bits import Target, explained, levels
from synthgym.audit.features import FEATURES, columns
from synthgym.audit.layout import windows
from synthgym.audit.ngrams import Gram, discover, words_of
from synthgym.audit.onset import onset
from synthgym.audit.within import ERROR_RATE, centred, informative, ridits
from synthgym.audit.within import test_within as within_cells

pytest.importorskip("scipy")
TEXTS = st.lists(
    st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=30), min_size=1, max_size=6
)


def entropy(p: float) -> float:
    return float(-p * np.log2(p) - (1 - p) * np.log2(1 - p))


def column_of(texts: list[str], prompts: list[str], name: str) -> list[float]:
    found = columns(pa.array(texts, pa.large_string()), pa.array(prompts, pa.large_string()))
    return [float(value) for value in found[name]]


@given(TEXTS)
@settings(max_examples=60, deadline=None)
def test_features_agree_with_plain_python(texts: list[str]) -> None:
    prompts = ["a b 12"] * len(texts)
    found = columns(pa.array(texts, pa.large_string()), pa.array(prompts, pa.large_string()))
    assert set(found) == {feature.name for feature in FEATURES}
    assert all(
        len(column) == len(texts) and np.isfinite(column.astype(float)).all() for column in found.values()
    )
    assert found["length.characters"].tolist() == [len(text) for text in texts]
    assert found["length.words"].tolist() == [len(text.split()) for text in texts]
    assert found["format.equals"].tolist() == ["=" in text for text in texts]
    assert found["format.beyond_ascii"].tolist() == [not text.isascii() for text in texts]
    assert found["prompt.copy"].tolist() == [
        bool(text.strip()) and text.strip() in "a b 12" for text in texts
    ]
    control = [any(ord(c) < 32 and c not in "\t\n\r" or ord(c) == 127 for c in text) for text in texts]
    assert found["format.control"].tolist() == control


def test_forms_are_told_apart() -> None:
    cases = {
        "format.tag": ("<a>x</a>", "1 < 2"),
        "format.open_tag": ("<a>x", "<a>x</a>"),
        "format.box": (r"\boxed{1}", "boxed"),
        "format.open_box": (r"so \boxed{1", r"so \boxed{\frac{1}{2}}"),
        "format.open_fence": ("```py", "```py```"),
        "format.json": (' {"a": 1} ', '{"a": 1} so'),
        "format.answer": ("the answer is 3", "I answered"),
        "format.list": ("so\n- a", "a - b"),
        "repetition.run": ("no!!!!!", "no!!!! no"),
        "prompt.number": ("so it is 12.", "so it is 2."),
        "prompt.numbers": ("of 12, one", "of 112, or 2"),
        "prompt.last_word": ("yes, apples!", "apples, yes"),
        "prompt.copy": (" 12 apples ", "13 apples"),
        "position.ends_sentence": ("so.", "so"),
    }
    for name, (yes, no) in cases.items():
        assert column_of([yes, no], ["of 12 apples"] * 2, name) == [1.0, 0.0], name
    assert column_of(["a b a b", ""], ["a x"] * 2, "repetition.words") == [0.5, 0.0]
    assert column_of(["a b a b", ""], ["a x"] * 2, "prompt.words") == [0.5, 0.0]


def test_numbers_of_the_prompt_are_looked_for_in_a_time_that_grows_with_the_texts() -> None:
    """Looked for place by place, these would take an hour."""
    ones = "1" * 200_000
    assert column_of([ones + "1", ones, f"{ones}1 {ones}."], [ones] * 3, "prompt.numbers") == [0.0, 1.0, 1.0]
    assert column_of([ones, "so 1.5", "so 11.5"], [ones + "1"] + ["of 1.5"] * 2, "prompt.number") == [
        0.0,
        1.0,
        0.0,
    ]


def test_the_variance_is_that_of_all_permutations() -> None:
    rng = np.random.default_rng(0)
    cell, reward = np.repeat(np.arange(6), 5), rng.integers(0, 3, 30).astype(float)
    flags = rng.random((30, 3)) < 0.4
    found = within_cells(cell, reward, 3, lambda k, rows: flags[rows, k].astype(float), rng)
    ranks = ridits(reward)
    x = np.stack([centred(flags[:, k].astype(float), cell) for k in range(3)], axis=1)
    draws = []
    for _ in range(20_000):
        order = np.argsort(cell + rng.random(30) * 0.9)
        draws.append(centred(ranks, cell)[order] @ x)
    assert np.allclose(np.cov(np.array(draws).T), found.covariance, rtol=0.06, atol=0.01)
    assert np.allclose(found.score, centred(ranks, cell) @ x)


def test_the_threshold_keeps_what_it_promises() -> None:
    """Rare features and few cells, where the normal approximation fails: at most 1 in 1,000, here of 1,500 draws."""
    rng = np.random.default_rng(1)
    alarms = 0
    column: Callable[[int, NDArray[np.int64]], NDArray[np.float64]]
    for _ in range(60):
        cell = np.repeat(np.arange(12), 4)
        flags = rng.random((48, 25)) < 0.06
        reward = (rng.random(48) < 0.3).astype(float)
        column = lambda k, rows: flags[rows, k].astype(float)  # noqa: B023, E731
        alarms += int(within_cells(cell, reward, 25, column, rng).significant.any())
    assert alarms == 0
    assert ERROR_RATE == 0.001


def test_a_feature_is_nothing_once_what_it_reflects_is_given() -> None:
    rng = np.random.default_rng(2)
    cell = np.repeat(np.arange(100), 8)
    cause = rng.random(800) < 0.5
    shadow = np.where(rng.random(800) < 0.9, cause, ~cause)
    other = rng.random(800) < 0.5
    reward = 0.6 * cause + 0.3 * other + 0.1 * rng.random(800)
    flags = np.stack([cause, shadow, other], axis=1).astype(float)
    found = within_cells(cell, reward, 3, lambda k, rows: flags[rows, k], None, by_rank=False)
    assert abs(found.z[1]) > 10 and abs(found.given(1, [0])) < 3.5 and abs(found.given(2, [0])) > 9
    assert found.alike(0, 1) == pytest.approx(0.8, abs=0.06)


def test_bits_of_a_known_channel_and_of_none() -> None:
    rng = np.random.default_rng(3)
    size = 8000
    prompt, truth = np.arange(size) // 8, rng.random(size) < 0.4
    feature = rng.random(size) < 0.3
    reward = np.where(
        truth, 1.0, np.where(feature, rng.random(size) < 0.8, rng.random(size) < 0.1).astype(float)
    )
    cell = np.unique(prompt * 2 + truth, return_inverse=True)[1]
    target = Target.made(reward, truth.astype(np.int64), cell, prompt % 20, rng)
    known = 0.6 * (entropy(0.3 * 0.8 + 0.7 * 0.1) - 0.3 * entropy(0.8) - 0.7 * entropy(0.1))
    found = explained(target, feature.astype(np.int64))
    assert found.interval.estimate == pytest.approx(known, abs=0.02)
    assert found.interval.low < known < found.interval.high
    none = explained(target, (rng.random(size) < 0.3).astype(np.int64))
    assert abs(none.interval.estimate) < 0.002
    assert target.open_bits() == pytest.approx(0.6 * entropy(0.31), abs=0.02)


def test_the_null_of_many_levels_is_taken_off() -> None:
    rng = np.random.default_rng(4)
    estimates = []
    for _ in range(30):
        prompt = np.arange(480) // 8
        target = Target.made((rng.random(480) < 0.5).astype(float), prompt // 15, prompt, prompt % 20, rng)
        estimates.append(explained(target, rng.integers(0, 8, 480)).interval.estimate)
    assert abs(np.mean(estimates)) < 0.005


def test_levels_keep_few_values_and_cut_many() -> None:
    assert levels(np.array([0.0, 1.0, np.nan, 0.5])).tolist() == [0, 2, -1, 1]
    cut = levels(np.arange(1000.0))
    assert np.bincount(cut).tolist() == [125] * 8
    assert levels(np.array([3.0, 3.0])).tolist() == [0, 0]


@given(st.lists(st.sampled_from("ab "), min_size=1, max_size=8).map("".join))
@settings(max_examples=50, deadline=None)
def test_an_n_gram_is_where_it_is_said_to_be(wanted: str) -> None:
    texts = ["ab a b", "b", "", " a", wanted, f"x{wanted}", f"{wanted}x"]
    assert Gram(place="contains", text=wanted).within(texts, texts).tolist() == [
        wanted in text for text in texts
    ]
    assert Gram(place="ends", text=wanted).within(texts, texts).tolist() == [
        text.endswith(wanted) for text in texts
    ]
    if wanted.split():
        words = " ".join(wanted.split())
        has = Gram(place="words", text=words).within(texts, words_of(texts))
        split = words.split()
        expected = [
            any(text.split()[i : i + len(split)] == split for i in range(len(text.split()))) for text in texts
        ]
        assert has.tolist() == expected


def test_n_grams_are_found_by_their_gain_and_one_is_kept_of_those_alike() -> None:
    rng = np.random.default_rng(5)
    marked = rng.random(600) < 0.3
    texts = [" ".join(rng.choice(["one", "two", "six"], 6)) + (" qux" if one else "") for one in marked]
    found = discover(texts, np.where(marked, 0.7, -0.3) + 0.1 * rng.standard_normal(600))
    assert found[0] == Gram(place="words", text="qux")
    assert len([gram for gram in found if "q" in gram.text or "x " in gram.text]) <= 3
    assert discover(texts, np.zeros(600)) == []
    assert len(discover(texts, rng.standard_normal(600))) < 12


def test_windows_hold_about_equal_numbers_in_order() -> None:
    step = np.concatenate([np.repeat(np.arange(1000.0), 3), [np.nan]])
    time = windows(step, 10)
    assert time.window[-1] == -1 and np.bincount(time.window[:-1]).tolist() == [300] * 10
    assert time.first.tolist() == list(range(0, 1000, 100)) and not time.single
    assert windows(step, 1000).single and not len(windows(np.full(3, np.nan), 10).first)


def test_informative_rows_are_those_of_cells_whose_rewards_differ() -> None:
    cell, reward = np.array([5, 1, 5, 1, 9]), np.array([0.0, 1.0, 1.0, 1.0, 0.0])
    rows, starts = informative(cell, reward)
    assert sorted(rows.tolist()) == [0, 2] and starts.tolist() == [0]


@pytest.mark.parametrize(("before", "after"), [(0.02, 0.9), (0.3, 0.95), (0.0, 0.4)])
def test_an_onset_is_where_the_share_jumps(before: float, after: float) -> None:
    rng = np.random.default_rng(6)
    step = np.repeat(np.arange(120.0), 24)
    has = rng.random(len(step)) < np.where(step >= 70, after, before)
    found = onset(has, rng.random(len(step)) < 0.7, windows(step, 400))
    assert found is not None and found.step is not None and abs(found.step - 70) <= 2
    assert found.low is not None and found.high is not None and found.low <= found.step <= found.high


def test_what_never_grew_has_no_onset_and_what_was_there_is_standing() -> None:
    rng = np.random.default_rng(7)
    step, high = np.repeat(np.arange(60.0), 20), np.ones(1200, bool)
    flat = onset(rng.random(1200) < 0.05, high, windows(step, 400))
    there = onset(rng.random(1200) < 0.8, high, windows(step, 400))
    assert flat is not None and flat.step is None and not flat.standing
    assert there is not None and there.step is None and there.standing
    assert onset(high, high, windows(np.full(1200, np.nan), 400)) is None
    assert onset(high, ~high, windows(step, 400)) is None


def test_importing_the_audit_loads_nothing_heavy() -> None:
    import json
    import subprocess
    import sys

    code = "import json, sys, synthgym.audit; print(json.dumps(sorted(sys.modules)))"
    loaded = json.loads(
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    )
    assert not {"scipy", "altair", "jinja2", "torch", "pyarrow", "pandas"} & set(loaded)
