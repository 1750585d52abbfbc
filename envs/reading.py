"""Reads the values that answers are made of, exactly and safely: ASCII digits, bounded lengths, no evaluation."""

import re

_TRUTHS = {
    **dict.fromkeys(("t", "true", "yes", "⊤"), True),
    **dict.fromkeys(("f", "false", "no", "⊥"), False),
}
_NAMED_TRUTH = re.compile(r"([a-z]) ?[=:] ?([a-z]+|[\u22a4\u22a5])")
_JOINED = re.compile(r"@(?:(?: ?[,;] ?(?:and )?| (?:and )?)@)*")
_BREAK = re.compile(r" ?[,;] ?| ")
_WHOLE = r"(?:[1-9]\d{0,2}(?:,\d{3}){1,300}|\d{1,1000})"
_INTEGER = re.compile(rf"[+-]?{_WHOLE}", re.ASCII)


def read_integer(text: str) -> int | None:
    """The integer that all of `text` spells, or None.

    Accepted: an optional sign, ASCII digits, commas between groups of three; white space round it and after
    the sign. At most 1,000 digits.
    """
    bare = _sign_joined(text)
    return _int(bare) if _INTEGER.fullmatch(bare) else None


def read_truth(text: str) -> bool | None:
    """The truth value that all of `text` spells, or None: t, true, yes, f, false, no in any case, or ⊤, ⊥."""
    return _TRUTHS.get(text.strip().casefold())


def read_assignment(text: str, names: str) -> dict[str, bool] | None:
    """The truth value of each letter of `names`, in their order, that all of `text` spells; or None.

    Accepted, in any case: the values in the order of `names`, as letters side by side or separated by commas,
    semicolons or white space; or ``a=T, b=F`` (also ``a: T``) in any order, each name exactly once.
    """
    bare = " ".join(text.split()).casefold()
    pairs = _NAMED_TRUTH.findall(bare)
    if pairs and not _JOINED.fullmatch(_NAMED_TRUTH.sub("@", bare)):
        return None
    if not pairs:
        words = list(bare) if bare.isalpha() else _BREAK.split(bare)
        pairs = list(zip(names, words, strict=True)) if len(words) == len(names) else []
    values = {name: read_truth(word) for name, word in pairs}
    known = {name: value for name in names if (value := values.get(name)) is not None}
    return known if len(known) == len(pairs) == len(names) else None


_MINUS = dict.fromkeys(map(ord, "\u2010\u2011\u2012\u2013\u2212\ufe63\uff0d"), "-")


def plain(step: str) -> str:
    """A step's text without backticks and white space round it, with Unicode minus signs as ``-``."""
    return step.translate(_MINUS).strip().strip("`").strip()


def _sign_joined(text: str) -> str:
    """`text` without white space round it and after its sign."""
    bare = text.strip()
    return bare[0] + bare[1:].lstrip() if bare[:1] in ("+", "-") else bare


def _int(digits: str) -> int:
    return int(digits.replace(",", ""))
