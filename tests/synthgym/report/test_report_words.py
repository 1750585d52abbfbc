"""How the report writes numbers and what a model wrote."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from synthgym.report.html import as_json
from synthgym.report.model import Estimate
from synthgym.report.samples import NEWLINE, pieces
from synthgym.report.words import count, estimate, factor, listing, seconds, share, visible


@pytest.mark.parametrize(
    ("value", "signed", "written"),
    [
        (0.618, False, ".62"),
        (1.0, False, "1.00"),
        (0.0, True, ".00"),
        (-0.004, True, ".00"),
        (-0.05, False, "−.05"),
        (0.05, True, "+.05"),
        (-1.8, True, "−1.80"),
        (math.nan, False, "–"),
    ],
)
def test_shares_are_written_short_and_with_a_true_minus(value: float, signed: bool, written: str) -> None:
    assert share(value, signed=signed) == written


def test_an_unbounded_interval_is_not_written() -> None:
    assert estimate(Estimate(value=0.5, low=-math.inf, high=math.inf, n=1)) == ".50"
    assert estimate(Estimate(value=0.5, low=0.4, high=0.62, n=3)) == ".50 [.40, .62]"


def test_counts_and_ratios_keep_the_digits_that_mean_something() -> None:
    assert [count(x) for x in (928.4, 5283.0, 123456.0, math.inf)] == ["928", "5,280", "123,000", "–"]
    assert [factor(x) for x in (0.404, 2.34, 23.4, 0.004, 1e6)] == ["0.40", "2.3", "23", "0.004", "1,000,000"]
    assert [seconds(x) for x in (44.6, 431.0)] == ["45 s", "7 min 11 s"]
    assert [listing(x) for x in ([], ["a"], ["a", "b", "c"])] == ["", "a", "a, b and c"]


def test_what_cannot_be_seen_is_written_out() -> None:
    assert visible("a\x00\x1b\u202e\u200b\ud800é\n\t") == "a\\x00\\x1b\\u202e\\u200b\\ud800é\\n\\t"
    assert visible("1\n2", newline=NEWLINE) == "1⏎\n2"


@given(st.text(st.characters(exclude_categories=()), max_size=60))
def test_visible_text_can_be_written_and_printed(text: str) -> None:
    shown = visible(text)
    shown.encode("utf-8")  # which a lone surrogate would not survive
    assert all(char.isprintable() or char.isspace() for char in shown)


def test_a_completion_is_cut_where_its_credit_changes() -> None:
    credits = [
        {"start": 0, "end": 4, "value": 1.0},
        {"start": 4, "end": 6, "value": 0.0},
        {"start": 6, "end": 6, "value": 0.5},
    ]
    shaded, end = pieces("8-2\n=6", credits)
    assert [(piece.text, piece.credit) for piece in shaded] == [("8-2⏎\n", 1.0), ("=6", 0.0)]
    assert end == 0.5


def test_credits_beyond_the_text_or_without_a_value_are_survived() -> None:
    credits: list[dict[str, float | None]] = [
        {"start": -9, "end": 2, "value": 0.5},
        {"start": 3, "end": 99, "value": None},
        {"start": 2, "end": 99, "value": math.nan},
        {"start": 50, "end": 60, "value": 1.0},
    ]
    shaded, end = pieces("abcd", credits)
    assert [(piece.text, piece.credit) for piece in shaded] == [("ab", 0.5), ("cd", None)]
    assert end is None
    assert pieces("", []) == ((), None)


def test_a_megabyte_is_cut() -> None:
    shaded, _ = pieces("x" * 2**20, [{"start": 0, "end": 2**20, "value": 1.0}])
    assert sum(len(piece.text) for piece in shaded) == 400


@given(st.text(st.characters(exclude_categories=()), max_size=40))
def test_json_in_a_page_cannot_end_its_element(text: str) -> None:
    written = as_json({"x": text + "</script><!--<script>\u2028"})
    assert not set("<>&\u2028\u2029") & set(written)
    assert written.isascii()
