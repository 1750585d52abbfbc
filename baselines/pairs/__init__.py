"""Labelled pairs of a right answer and an answer to judge, for measuring math graders.

`math_pairs.jsonl` is the hard mix: pairs checked by hand, one JSON object a line with ``id``, ``gold``, ``prediction``,
``should_match``, ``kind``, ``policy`` (the label follows a convention rather than mathematics) and ``form``
(``answer``: the bare answer; ``response``: a text with its answer in a box). `training_mix` makes the kind of pairs
that a training run brings, and `graders` has both sides of the comparison.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

from synthgym.errors import SettingError, shown


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """A right answer, an answer to judge, and the label.

    Attributes:
        match: whether the answer is right.
        policy: the label follows a convention rather than mathematics.
        response: the answer stands in a longer text, in a box.
    """

    id: str
    gold: str
    answer: str
    match: bool
    kind: str
    policy: bool = False
    response: bool = False


def hard_mix() -> list[Pair]:
    """The hand-checked pairs that come with the package."""
    return _read(files(__name__).joinpath("math_pairs.jsonl").read_text(encoding="utf-8"), "math_pairs.jsonl")


def read_pairs(path: Path) -> list[Pair]:
    """Pairs of a file in the form of `math_pairs.jsonl`; ``id``, ``kind``, ``policy`` and ``form`` may be left out.

    Raises:
        SettingError: if there is no such file, or a line of it is no pair.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SettingError(f"pairs cannot be read from {shown(str(path))}: {error}") from None
    pairs = _read(text, path.name)
    if not pairs:
        raise SettingError(f"{shown(str(path))} holds no pairs")
    return pairs


def _read(text: str, name: str) -> list[Pair]:
    found = []
    for number, line in enumerate(
        text.split("\n"), 1
    ):  # splitlines() would split inside JSON strings, at U+2028
        if not line.strip():
            continue
        try:
            found.append(_pair(json.loads(line), f"line {number}"))
        except (ValueError, KeyError, TypeError) as error:
            raise SettingError(
                f"{name}, line {number}: {error!r}; a pair has gold, prediction, should_match"
            ) from None
    return found


def _pair(row: Mapping[str, Any], place: str) -> Pair:
    gold, answer, match = row["gold"], row["prediction"], row["should_match"]
    if not isinstance(gold, str) or not isinstance(answer, str) or not isinstance(match, bool):
        raise ValueError("gold and prediction are text, should_match is true or false")
    return Pair(
        id=str(row.get("id", place)),
        gold=gold,
        answer=answer,
        match=match,
        kind=str(row.get("kind", "unnamed")),
        policy=bool(row.get("policy", False)),
        response=row.get("form", "answer") == "response",
    )
