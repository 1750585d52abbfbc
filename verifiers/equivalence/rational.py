"""Tier 0: reads the plainest spellings of a rational number, exactly and in microseconds.

Accepted: an optional sign; ASCII digits, with commas between groups of three; a decimal point; a fraction bar
between two integers, or ``\\frac`` (``\\dfrac``, ``\\tfrac``) of two integers; white space, ``$...$`` and one
final full stop round it. Not accepted are digits across a space: ``1 2`` is no number here. Anything else is
left to tier 1.
"""

import re
from fractions import Fraction

MAX_DIGITS = 1_000
"""Characters of a number that this tier reads; longer ones are left to tier 1, which has its own bounds."""

_NUMBER = r"(?:[1-9][0-9]{0,2}(?:,[0-9]{3})+|[0-9]+)"
_RATIONAL = re.compile(
    rf"\$?\s*+(?P<sign>[+\-\u2212]?)\s*+(?:"
    rf"(?P<whole>{_NUMBER})(?:\.(?P<places>[0-9]*)|\s*/\s*(?P<under>[0-9]+))?"
    rf"|\.(?P<only>[0-9]+)"
    rf"|\\[dt]?frac\s*\{{\s*(?P<top>-?[0-9]+)\s*\}}\s*\{{\s*(?P<bottom>-?[0-9]+)\s*\}}"
    rf")\s*+\$?\.?"
)


def read_rational(text: str) -> Fraction | None:
    """The rational number that all of `text` spells in one of the plainest ways, or None.

    A value of None says nothing: another tier may still read the text. Never raises.
    """
    if len(text) > MAX_DIGITS:
        return None
    if text.removeprefix("-").isdigit() and text.isascii():
        return Fraction(int(text))
    match = _RATIONAL.fullmatch(text.strip())
    if match is None or text.count("$") % 2 or ".." in text:
        return None
    sign, whole, places, under, only, top, bottom = match.groups()
    if whole is not None:
        digits = whole.replace(",", "") if "," in whole else whole
        if under is not None:
            denominator = int(under)
            value = Fraction(int(digits), denominator) if denominator else None
        elif places:
            value = Fraction(int(digits + places), 10 ** len(places))
        else:
            value = Fraction(int(digits))
    elif only is not None:
        value = Fraction(int(only), 10 ** len(only))
    else:
        denominator = int(bottom)
        value = Fraction(int(top), denominator) if denominator else None
    return -value if value is not None and sign in ("-", "\u2212") else value
