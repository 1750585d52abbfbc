"""Phrases: words that are found in the asides of a completion, whole and in any case."""

import re
from functools import lru_cache

from synthgym.errors import SettingError, shown
from synthgym.signal import Shortcut
from synthgym.verifiers.shortcuts._marks import check_mark


@lru_cache(maxsize=256)
def pattern_of(phrases: tuple[str, ...]) -> re.Pattern[str]:
    """What matches any of the phrases, the longest first, where it does not stand inside a word."""
    longest = sorted(phrases, key=len, reverse=True)
    return re.compile("|".join(map(_bounded, longest)), re.IGNORECASE)


def check_phrases(shortcut: Shortcut, name: str) -> None:
    """Raises:
    SettingError: if the setting `name` is not a tuple of phrases that differ and say no answer.
    """
    phrases = getattr(shortcut, name)
    if not isinstance(phrases, tuple) or not phrases:
        raise SettingError(
            f"{shortcut.name}: {name} {shown(phrases)} is not a tuple of texts such as ('so', 'thus')"
        )
    for phrase in phrases:
        check_mark(shortcut, name, phrase)
    check_mark(shortcut, name, " ".join(phrases)[:200].strip())
    if len({phrase.casefold() for phrase in phrases}) < len(phrases):
        raise SettingError(f"{shortcut.name}: {name} {shown(phrases)} has a phrase twice")


def _bounded(phrase: str) -> str:
    before = r"(?<!\w)" if phrase[0].isalnum() else ""
    after = r"(?!\w)" if phrase[-1].isalnum() else ""
    return f"{before}{re.escape(phrase)}{after}"
