"""What an LLM judge replied, read strictly: one JSON object with numbers in [0, 1], or no verdict at all."""

import json
import math
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from synthgym.errors import shown, suggestion

MAX_REPLY = 100_000
"""Characters; a longer reply is not read."""
_QUOTED = 160
_FENCED = re.compile(r"```[A-Za-z]*[ \t]*\n(?P<inner>.*?)\n?[ \t]*```", re.DOTALL)


class UnreadableReply(ValueError):
    """A reply that is no verdict; the message says why and quotes it."""


@dataclass(frozen=True, slots=True)
class Reply:
    """A judge's reply: its scores by name (``score`` where there are no criteria) and its reason."""

    scores: Mapping[str, float]
    reason: str


def read_reply(text: str, criteria: Collection[str]) -> Reply:
    """The scores in `text`, one for each of `criteria`, or the single one where there are none.

    Accepted is ``{"score": 0.5, "reason": "..."}``, with criteria ``{"score": {"truth": 1, ...}, ...}``, bare or in one
    code fence; other keys beside these are passed over.

    Raises:
        UnreadableReply: for anything else.
    """
    stated = _object(text).get("score", _NOTHING)
    if stated is _NOTHING:
        raise _unreadable("has no key 'score'", text)
    reason = _object(text).get("reason", "")
    values = stated if criteria else {"score": stated}
    if not isinstance(values, dict):
        raise _unreadable(f"gives no scores by criterion ({', '.join(criteria)})", text)
    names = list(criteria) or ["score"]
    for name in names:
        if name not in values:
            raise _unreadable(f"leaves out the criterion {shown(name)}", text)
    for name in values:
        if name not in names:
            raise _unreadable(
                f"scores {shown(name)}, which is no criterion{suggestion(str(name), names)}", text
            )
    return Reply({name: _score(name, values[name], text) for name in names}, str(reason))


_NOTHING = object()


def _object(text: str) -> dict[str, object]:
    if len(text) > MAX_REPLY:
        raise _unreadable(f"has {len(text)} characters, more than {MAX_REPLY}", text)
    bare = text.strip()
    fenced = _FENCED.fullmatch(bare)
    try:
        read = json.loads(
            fenced["inner"] if fenced else bare, object_pairs_hook=_once, parse_constant=_no_number
        )
    except (ValueError, RecursionError) as error:
        raise _unreadable(f"is not one JSON object ({error})", text) from None
    if not isinstance(read, dict):
        raise _unreadable("is not one JSON object", text)
    return read


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key stands in it twice")
    return found


def _no_number(text: str) -> object:
    raise ValueError(f"{text} is no number")


def _score(name: str, value: object, text: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _unreadable(f"gives {shown(value)} for {shown(name)}, not a number", text)
    if not (0 <= value <= 1 and math.isfinite(value)):
        raise _unreadable(f"gives {shown(value)} for {shown(name)}, not a number in [0, 1]", text)
    return float(value)


def _unreadable(why: str, text: str) -> UnreadableReply:
    return UnreadableReply(f"its reply {why}: {shown(text, _QUOTED)}")
