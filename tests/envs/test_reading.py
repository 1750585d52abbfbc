"""Values are read exactly, in every stated form, and nothing else is."""

import time
from fractions import Fraction

import pytest

from synthgym.envs.reading import read_fraction, read_integer, read_rational


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("6", 6),
        (" -6 ", -6),
        ("- 6", -6),
        ("+6", 6),
        ("006", 6),
        ("1,234", 1234),
        ("-12,345,678", -12345678),
        ("0", 0),
        ("-0", 0),
        ("9" * 1000, 10**1000 - 1),
    ],
)
def test_integers(text: str, value: int) -> None:
    assert read_integer(text) == value
    assert read_rational(text) == value


@pytest.mark.parametrize(
    "text",
    ["", "-", "+", "--6", "+-6", "6 6", "6-", "1,23", "1,2345", ",123", "0,006", "6.0", "6e1", "0x6", "1_000"]
    + [
        "six",
        "\u0666",
        "\uff16\u0300",
        "\u00b2",
        "9" * 1001,
        "9" * 5000,
        "6\x00",
        "\ud800",
        "6 or 7",
        "6?",
        "nan",
    ],
)
def test_not_integers(text: str) -> None:
    assert read_integer(text) is None


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("5/6", Fraction(5, 6)),
        ("10/12", Fraction(5, 6)),
        ("-5 / 6", Fraction(-5, 6)),
        ("- 5/6", Fraction(-5, 6)),
        ("5/-6", Fraction(-5, 6)),
        ("6/1", Fraction(6)),
        ("1,000/3", Fraction(1000, 3)),
        ("\\frac{5}{6}", Fraction(5, 6)),
        ("-\\dfrac{5}{6}", Fraction(-5, 6)),
        ("\\tfrac{-5}{6}", Fraction(-5, 6)),
        ("\\frac56", Fraction(5, 6)),
        ("1\\frac{1}{2}", Fraction(3, 2)),
        ("-1 1/2", Fraction(-3, 2)),
        ("0 1/2", Fraction(1, 2)),
        ("6.0", Fraction(6)),
        ("6.", Fraction(6)),
        ("-6.50", Fraction(-13, 2)),
        (".5", Fraction(1, 2)),
        ("-.5", Fraction(-1, 2)),
        ("1,234.5", Fraction(2469, 2)),
    ],
)
def test_rationals(text: str, value: Fraction) -> None:
    assert read_rational(text) == value


@pytest.mark.parametrize(
    "text",
    [
        "",
        "/",
        "5/",
        "/6",
        "5/0",
        "0/0",
        "5//6",
        "5/6/7",
        "--5/6",
        "1 5/2",
        "1 -1/2",
        "-\\frac{-5}{6}",
        "\\frac{5}{6}7",
    ]
    + [
        "\\frac{1 1}{2}",
        "\\frac{5}{6",
        "\\frac{5}{0}",
        "1/2+1/3",
        "(5/6)",
        "5/6 or 1/2",
        "5/6x",
        "1.2.3",
        ".",
        "1e-1",
    ]
    + ["6 .5", "0.8333...", "\u00bd", "50%", "1/" + "9" * 1001, "0." + "3" * 1001, "=5/6", "5\n/\n6 6"],
)
def test_not_rationals(text: str) -> None:
    assert read_rational(text) is None


def test_the_written_denominator_is_kept() -> None:
    assert read_fraction("10/12") == (Fraction(5, 6), 12)
    assert read_fraction("1 2/4") == (Fraction(3, 2), 4)
    assert read_fraction("4") == (Fraction(4), 1)
    assert read_fraction("0.50") == (Fraction(1, 2), 2)


@pytest.mark.parametrize(
    "text",
    [
        "1," * 2048,
        "1" * 4096,
        "1" + " " * 4000 + "1",
        "1/" * 2048,
        "\\frac{" * 600,
        "\\frac" + " " * 4000,
        "- " * 2048,
    ]
    + [" " * 4096, "1" * 1000 + " " * 3000 + "/", "1" + ",111" * 1000, "1 " * 2048, "\ud800" * 4096],
)
def test_hostile_text_is_read_in_no_time(text: str) -> None:
    started = time.process_time()
    assert read_rational(text) is None
    assert read_integer(text) is None
    assert time.process_time() - started < 0.1
