"""What a pattern does on the hidden strings. It is compiled and run in the sandbox alone, as an argument."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from synthgym.envs.code._regex_language import Node
from synthgym.envs.code._regex_strings import Groups, hidden
from synthgym.parsing import MAX_CODE
from synthgym.verifiers.sandbox import Limits, Outcome, run

LIMITS = Limits(seconds=2, memory_mb=256, output_kb=64)
_SOURCE = """\
import re

def matched(pattern, texts):
    try:
        compiled = re.compile(pattern)
    except (re.error, OverflowError, RecursionError):
        return None
    return [compiled.fullmatch(text) is not None for text in texts]
"""
_BEYOND = ("(?=", "(?!", "(?<=", "(?<!", "(?P=", "(?(")


@dataclass(frozen=True, slots=True)
class Finding:
    """What a pattern did.

    Attributes:
        compiles: Python takes it as a pattern.
        ended: it went through all hidden strings in time.
        groups: for each group of hidden strings, whether members and others were told without a mistake.
        behaviour: which hidden strings it matches; empty if it did not end.
    """

    compiles: bool
    ended: bool
    groups: tuple[bool, ...]
    behaviour: tuple[bool, ...]

    @property
    def right(self) -> bool:
        """Whether no hidden string was told wrongly."""
        return all(self.groups)


@lru_cache(maxsize=1 << 14)
def find(node: Node, pattern: str) -> Finding:
    """What `pattern`, less the white space round it, does on the hidden strings for `node`.

    Raises:
        SandboxError: if the sandbox cannot judge.
    """
    groups = hidden(node)
    nothing = Finding(False, False, (False,) * len(groups), ())
    if len(pattern) > MAX_CODE:
        return nothing
    inputs = [[pattern.strip(), [text for text, _ in group]] for group in groups]
    results = run(_SOURCE, inputs, LIMITS, entry="matched").results
    values = [_answers(result.value) if result.outcome is Outcome.PASSED else [] for result in results]
    if results[0].outcome is Outcome.PASSED and not values[0]:
        return nothing
    told = tuple(value == [is_in for _, is_in in group] for value, group in zip(values, groups, strict=True))
    ended = all(values)
    return Finding(True, ended, told, tuple(bit for value in values for bit in value) if ended else ())


@lru_cache(maxsize=1 << 12)
def _told(pattern: str, texts: tuple[str, ...]) -> tuple[bool, ...]:
    (result,) = run(_SOURCE, [[pattern.strip(), list(texts)]], LIMITS, entry="matched").results
    return tuple(_answers(result.value) if result.outcome is Outcome.PASSED else [])


def tells(pattern: str, members: Sequence[str], others: Sequence[str]) -> bool:
    """Whether `pattern`, less the white space round it, matches all of `members` and none of `others`.

    Raises:
        SandboxError: if the sandbox cannot judge.
    """
    if len(pattern) > MAX_CODE:
        return False
    return _told(pattern, (*members, *others)) == (True,) * len(members) + (False,) * len(others)


def worths(node: Node, patterns: Sequence[str]) -> list[float]:
    """What each of `patterns` is worth on the hidden strings, all of them within one time limit.

    It is the share of members that are matched minus the share of others that are, and at least 0 (Youden's J,
    "Index for rating diagnostic tests", Cancer 1950): 0 for a pattern that matches everything or nothing, 1 for
    the language itself.

    Raises:
        SandboxError: if the sandbox cannot judge.
    """
    groups = hidden(node)
    if len(patterns) == 1:
        return [_worth(groups, list(find(node, patterns[0]).behaviour))]
    texts = [text for group in groups for text, _ in group]
    inputs = [[pattern.strip(), texts] for pattern in patterns]
    results = run(_SOURCE, inputs, LIMITS, entry="matched").results
    return [_worth(groups, _answers(r.value) if r.outcome is Outcome.PASSED else []) for r in results]


def is_regular(pattern: str) -> bool:
    """Whether `pattern` does without look-around, back-references and conditions."""
    at, in_class = 0, False
    while at < len(pattern):
        if not in_class and (
            pattern.startswith(_BEYOND, at)
            or (pattern[at] == "\\" and pattern[at + 1 : at + 2] in "123456789")
        ):
            return pattern[at:] == "\\"
        in_class = pattern[at] == "[" or (in_class and pattern[at] != "]")
        at += 2 if pattern[at] == "\\" else 1
    return True


def _answers(value: object) -> list[bool]:
    """What `matched` returned; empty for None, a pattern that does not compile."""
    return [item is True for item in value] if isinstance(value, list) else []


def _worth(groups: Groups, matched: list[bool]) -> float:
    if not matched:
        return 0.0
    members = [is_in for group in groups for _, is_in in group]
    hits = sum(bit and is_in for bit, is_in in zip(matched, members, strict=True))
    false_alarms = sum(matched) - hits
    right = members.count(True)
    return max(0.0, hits / right - false_alarms / (len(members) - right))
