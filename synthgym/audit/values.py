"""What stands in a field of somebody's log, as text, number or flag; None where it is none of that."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

LARGEST = 1e100
"""Beyond it a number is none: its square, or a sum of many, would overflow."""
_RIGHT, _WRONG = (
    ("true", "yes", "1", "1.0", "correct", "right"),
    ("false", "no", "0", "0.0", "incorrect", "wrong"),
)


def completion_of(value: Any) -> str | None:
    """A text as it is; of a list of messages, what the assistant said last (a tool call without words says "")."""
    if isinstance(value, str | bytes) or value is None:
        return _text(value)
    messages = _messages(value)
    if messages is None:
        return None
    said = [message for message in messages if message.get("role") in ("assistant", None)]
    return _content(said[-1].get("content")) if said else None


def prompt_of(value: Any) -> str | None:
    """A text as it is; of a list of messages, all that was said, a message a paragraph."""
    if isinstance(value, str | bytes) or value is None:
        return _text(value)
    messages = _messages(value)
    if messages is None:
        return None
    return "\n\n".join(text for message in messages if (text := _content(message.get("content"))))


def number_of(value: Any) -> float:
    """A finite number, `LARGEST` at most; NaN for what is none.

    Lists and mappings of numbers are summed, leaving out what is null or NaN, as one who did not score writes it.
    """
    if isinstance(value, Mapping):
        value = list(value.values())
    if isinstance(value, Sequence) and not isinstance(value, str | bytes):
        parts = [number_of(part) for part in value if not missing(part)]
        return math.fsum(parts) if parts and not any(map(math.isnan, parts)) else math.nan
    if value is None:
        return math.nan
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        return math.nan
    return number if abs(number) <= LARGEST else math.nan


def missing(value: Any) -> bool:
    """Whether nothing was logged: null, or NaN."""
    return value is None or (isinstance(value, float) and math.isnan(value))


def flag_of(value: Any) -> int:
    """1 for right, 0 for wrong, -1 for unknown: of booleans, 0 and 1, and words such as "true" and "no"."""
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, str):
        word = value.strip().lower()
        return 1 if word in _RIGHT else 0 if word in _WRONG else -1
    number = number_of(value)
    return int(number) if number in (0.0, 1.0) else -1


def storable(text: str) -> str:
    """`text` with lone surrogates, which UTF-8 cannot carry, written out as ``\\udXXX``."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return text.encode("utf-8", "backslashreplace").decode("utf-8")
    return text


def _text(value: str | bytes | None) -> str | None:
    """Bytes are what some writers of Parquet make of texts."""
    return value.decode("utf-8", "backslashreplace") if isinstance(value, bytes) else value


def _messages(value: Any) -> list[Mapping[str, Any]] | None:
    given = [value] if isinstance(value, Mapping) else value
    if not isinstance(given, Sequence) or not all(isinstance(message, Mapping) for message in given):
        return None
    return list(given)


def _content(content: Any) -> str:
    if isinstance(content, str):
        return content
    if isinstance(content, Sequence):
        return "".join(str(part.get("text") or "") for part in content if isinstance(part, Mapping))
    return ""
