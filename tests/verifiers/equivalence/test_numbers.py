"""Written numbers are read exactly; what has to be worked out is none."""

from fractions import Fraction

import pytest

from synthgym.verifiers.equivalence.numbers import Written, read_number, read_written


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("6", 6), (" -6 ", -6), ("- 6", -6), ("+6", 6), ("006", 6), ("1,234", 1234), ("-12,345,678", -12345678),
        ("1 234", 1234), ("-0", 0), ("9" * 1000, 10**1000 - 1), ("6.0", 6), ("6.", 6), ("3e2", 300), ("(6)", 6),
        ("\uff16", 6), ("3\\times 10^2", 300), ("300%", 3), ("$6$", 6), ("\\text{6}", 6),
    ],
)  # fmt: skip
def test_integers(text: str, value: int) -> None:
    assert read_number(text) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("5/6", "5/6"), ("10/12", "5/6"), ("-5 / 6", "-5/6"), ("- 5/6", "-5/6"), ("5/-6", "-5/6"), ("6/1", "6"),
        ("\\frac{5}{6}", "5/6"), ("-\\dfrac{5}{6}", "-5/6"), ("\\tfrac{-5}{6}", "-5/6"), ("\\frac56", "5/6"),
        ("1\\frac{1}{2}", "3/2"), ("-1 1/2", "-3/2"), ("-6.50", "-13/2"), (".5", "1/2"), ("-.5", "-1/2"),
        ("1,234.5", "2469/2"), ("\u00bd", "1/2"), ("50%", "1/2"), ("1e-1", "1/10"), ("0.8333...", "5/6"),
        ("0.8\\overline{3}", "5/6"), ("1\u00bd", "3/2"),
    ],
)  # fmt: skip
def test_rationals(text: str, value: str) -> None:
    assert read_number(text) == Fraction(value)


@pytest.mark.parametrize(
    "text",
    [
        "", "-", "+", "6 6", "6-", "1,23", "1,2345", ",123", "1_000", "six", "\u0666", "\u00b2", "9" * 5000, "6\x00",
        "\ud800", "6 or 7", "6?", "nan", "/", "5/", "/6", "5/0", "0/0", "5//6", "5/6/7", "1 5/2", "1 -1/2",
        "\\frac{5}{6}7", "\\frac{1 1}{2}", "\\frac{5}{6", "\\frac{5}{0}", "1/2+1/3", "2+3", "2*3", "2^3", "\\sqrt{4}",
        "5/6 or 1/2", "5/6x", "1.2.3", ".", "6 .5", "0.83...", "x=5", "1/" + "9" * 5001, "5\n/\n6 6", "3!", "|3|",
        "\\pi", "1,2", "{6}{7}", "3\\times 10^{99999}",
    ],
)  # fmt: skip
def test_what_is_no_written_number(text: str) -> None:
    assert read_number(text) is None


@pytest.mark.parametrize(
    ("text", "denominator"),
    [
        ("10/12", 12),
        ("1 2/4", 4),
        ("4", 1),
        ("0.50", 2),
        ("1\\frac{2}{4}", 4),
        ("\\frac{10}{12}", 12),
        ("5/-6", 6),
    ],
)
def test_the_written_denominator_is_kept(text: str, denominator: int) -> None:
    value = read_number(text)
    assert value is not None
    assert read_written(text) == Written(value, denominator)
