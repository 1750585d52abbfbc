"""Takes off what formatting puts round an answer, before it is read."""

import re

from synthgym.parsing import unwrap
from synthgym.verifiers.equivalence.lexer import TooMany, Unreadable
from synthgym.verifiers.equivalence.types import Bounds

_LABEL = re.compile(r"(?:the\s+)?(?:final\s+)?answer(?:\s+is\s*:?|\s*:)\s*", re.IGNORECASE)
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")

_DELIMITED = re.compile(r"\$((?:[^$\\]|\\.)*)\$\.?", re.DOTALL)
_INVISIBLE = " \t\n\u200b\u200c\u200d\u200e\u200f\u2060\ufeff"


def prepared(text: str, bounds: Bounds) -> str:
    """`text` without ``$...$``, backticks, ``\\text{...}``, a label (``Answer:``) and final punctuation.

    Raises:
        Unreadable: if it has control characters.
        TooMany: if it is too long.
    """
    if len(text) > bounds.characters:
        raise TooMany(f"{len(text)} characters, more than {bounds.characters}")
    if control := _CONTROL.search(text):
        raise Unreadable(f"the control character {control[0]!r}")
    if text.lstrip().startswith(("~", "\\sim", "\\approx")):
        raise Unreadable("it is given as approximate")
    text = text.strip(_INVISIBLE)
    if len(text) > 2 and text[0] + text[-1] in ('""', "''", "\u201c\u201d"):
        text = text[1:-1]
    if delimited := _DELIMITED.fullmatch(text):
        text = delimited[1]
    bare = unwrap(text.replace("\\ ", " ") if "\\\\" not in text else text)
    if label := _LABEL.match(bare):
        bare = bare[label.end() :]
        delimited = _DELIMITED.fullmatch(bare)
        bare = unwrap(delimited[1] if delimited else bare)
    if bare.startswith("{{") and bare.endswith("}}"):
        raise Unreadable("it is a template")
    bare = bare.rstrip()
    for mark in ("\\,", "\\;", "\\"):
        if bare.endswith(mark):
            return bare[: -len(mark)].rstrip()
    return bare
