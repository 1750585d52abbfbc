"""How the report writes numbers and text that came from a model: short, aligned, and never markup or an escape."""

import unicodedata
from collections.abc import Sequence
from math import isfinite

from synthgym.report.model import Estimate

MINUS = "\N{MINUS SIGN}"
_UNSEEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
_COUNTS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")


def share(value: float, *, signed: bool = False) -> str:
    """A share as ``.62``, ``1.00`` or, with its sign, ``+.05``; a dash for what is not finite."""
    if not isfinite(value):
        return "–"
    text = f"{abs(value):.2f}".removeprefix("0")
    zero = text == ".00"
    sign = MINUS if value < 0 and not zero else "+" if signed and not zero else ""
    return sign + text


def span(low: float, high: float, *, signed: bool = False) -> str:
    """An interval of shares as ``[.50, .70]``."""
    return f"[{share(low, signed=signed)}, {share(high, signed=signed)}]"


def estimate(given: Estimate, *, signed: bool = False) -> str:
    """A share with its interval, as ``.62 [.50, .70]``; without one if it is unbounded."""
    text = share(given.value, signed=signed)
    if not (isfinite(given.low) and isfinite(given.high)):
        return text
    return f"{text} {span(given.low, given.high, signed=signed)}"


def count(value: float) -> str:
    """A count of rollouts or steps to three significant digits, as ``5,280``."""
    if not isfinite(value):
        return "–"
    digits = len(str(int(abs(value))))
    return f"{round(value, min(0, 3 - digits)):,.0f}"


def factor(value: float) -> str:
    """A ratio to two significant digits, as ``0.40`` or ``2.3``."""
    if not isfinite(value):
        return "–"
    if value >= 99.5 or 0 < value < 0.01:
        return f"{value:,.0f}" if value >= 99.5 else f"{value:.1g}"
    return f"{value:.0f}" if value >= 9.95 else f"{value:.1f}" if value >= 0.995 else f"{value:.2f}"


def number_of(n: int, noun: str) -> str:
    """``3 seeds``, ``1 seed``."""
    return f"{n} {noun}" if n == 1 else f"{n} {noun}s"


def listing(parts: Sequence[str], last: str = "and") -> str:
    """``a``, ``a and b``, ``a, b and c``."""
    if len(parts) < 2:
        return "".join(parts)
    return f"{', '.join(parts[:-1])} {last} {parts[-1]}"


def seconds(value: float) -> str:
    """Wall time, as ``45 s`` or ``7 min 12 s``."""
    whole = round(value)
    return f"{whole} s" if whole < 60 else f"{whole // 60:,} min {whole % 60:02d} s"


def visible(text: str, *, newline: str = "\\n") -> str:
    r"""`text` with every character that cannot be seen written out, as ``\n``, ``\x1b`` or ``\u202e``.

    A reader sees what the model wrote, and no terminal or browser acts on it. `newline` stands for a line's end.
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(newline if char == "\n" else _visible(char) for char in text)


def shorten(text: str, limit: int) -> tuple[str, int]:
    """The first `limit` characters, and how many were left out."""
    return text[:limit], max(0, len(text) - limit)


def _visible(char: str) -> str:
    if unicodedata.category(char) not in _UNSEEN:
        return char
    named = {"\r": "\\r", "\t": "\\t"}.get(char)
    code = ord(char)
    return named or (
        f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}" if code < 65536 else f"\\U{code:08x}"
    )
