"""Values are read exactly, in every stated form, and nothing else is."""

import time

import pytest

from synthgym.envs.reading import read_integer


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
    assert read_integer(text) is None
    assert time.process_time() - started < 0.1
