"""Reads the values that answers are made of, exactly and safely: ASCII digits, bounded lengths, no evaluation."""

import re

_INTEGER = re.compile(r"[+-]?(?:\d{1,1000}|\d{1,3}(?:,\d{3}){1,300})", re.ASCII)


def read_integer(text: str) -> int | None:
    """The integer that all of `text` spells, or None.

    Accepted: an optional sign, ASCII digits, commas between groups of three; white space round it and after
    the sign. At most 1,000 digits.
    """
    bare = text.strip()
    if bare[:1] in ("+", "-"):
        bare = bare[0] + bare[1:].lstrip()
    return int(bare.replace(",", "")) if _INTEGER.fullmatch(bare) else None
