"""The surface features that every audit looks at: length, form, ends, repetition and what is taken from the prompt.

A feature is a flag or a number of each completion. They are computed a chunk at a time by Arrow's kernels and numpy.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from synthgym.audit.overlap import controls, copied, copied_numbers, raw_bytes, run_of_one, words

Kind: TypeAlias = Literal[
    "length", "format", "characters", "position", "repetition", "prompt", "n-gram", "shortcut"
]
Column: TypeAlias = NDArray[np.generic]
"""(N,) flags, or numbers as float32; NaN where a flag was not looked at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Feature:
    """A feature and how it is told.

    Attributes:
        name: as in ``length.characters``; unique.
        kind: what it is of.
        label: of a flag, what a completion that has it does, as in "has a code fence"; of a number, what is counted.
        unit: of a number, its unit; a flag has none.
        share: whether a number is a share, from 0 to 1.
    """

    name: str
    kind: Kind
    label: str
    unit: str = ""
    share: bool = False

    @property
    def numeric(self) -> bool:
        """Whether it is a number."""
        return bool(self.unit) or self.share


_NUMBERS = (
    Feature(name="length.characters", kind="length", label="length", unit="characters"),
    Feature(name="length.words", kind="length", label="length", unit="words"),
    Feature(name="length.lines", kind="length", label="length", unit="lines"),
    Feature(name="share.digits", kind="characters", label="digits", share=True),
    Feature(name="share.punctuation", kind="characters", label="punctuation", share=True),
    Feature(name="share.capitals", kind="characters", label="capitals", share=True),
    Feature(name="share.spaces", kind="characters", label="white space", share=True),
    Feature(name="repetition.words", kind="repetition", label="words that repeat", share=True),
    Feature(name="prompt.words", kind="prompt", label="words taken from the prompt", share=True),
)
_PATTERNS: Mapping[str, tuple[Kind, str, str, str]] = {
    "format.tag": ("format", "has a tag", "<", r"<[A-Za-z][A-Za-z0-9_-]*>"),
    "format.box": ("format", r"has a \boxed", r"\boxed", ""),
    "format.open_box": ("format", r"has a \boxed that is not closed", r"\boxed", r"\\boxed\{?[^}]*$"),
    "format.fence": ("format", "has a code fence", "```", ""),
    "format.json": ("format", "is a JSON object or list in form", "", r"^\s*(?:\{[\s\S]*\}|\[[\s\S]*\])\s*$"),
    "format.hashes": ("format", "has the marker ####", "####", ""),
    "format.answer": ("format", "names its answer", "nswer", r"[Aa]nswer\s*(?:is\b|[:=])"),
    "format.bold": ("format", "has bold Markdown", "**", ""),
    "format.heading": ("format", "has a Markdown heading", "# ", r"(?m)^#{1,6} "),
    "format.list": ("format", "has a list", "", r"(?:^|\n)[ \t]*(?:[-*]|\d+[.)])[ \t]"),
    "format.latex": ("format", "has LaTeX", "", r"\\[A-Za-z]+|\$[^$\n]+\$"),
    "format.equals": ("format", "has an equals sign", "=", ""),
    "format.question": ("format", "has a question mark", "?", ""),
    "format.exclamation": ("format", "has an exclamation mark", "!", ""),
    "format.link": ("format", "has a link", "://", r"https?://"),
    "position.begins_letter": ("position", "begins with a letter", "", "^[A-Za-z]"),
    "position.begins_digit": ("position", "begins with a digit", "", "^[0-9]"),
    "position.begins_space": ("position", "begins with white space", "", r"^\s"),
    "position.ends_letter": ("position", "ends with a letter", "", "[A-Za-z]$"),
    "position.ends_digit": ("position", "ends with a digit", "", "[0-9]$"),
    "position.ends_space": ("position", "ends with white space", "", r"\s$"),
    "position.ends_sentence": ("position", "ends like a sentence", "", r"[.!?]\s*$"),
    "position.blank": ("position", "is blank", "", r"^\s*$"),
}
"""Kind, label, what a text must hold to match at all, and the pattern; no pattern if that is enough."""
_FLAGS = (
    Feature(name="format.beyond_ascii", kind="format", label="has characters beyond ASCII"),
    Feature(name="format.control", kind="format", label="has control characters"),
    Feature(name="format.open_tag", kind="format", label="has a tag that is not closed"),
    Feature(name="format.open_fence", kind="format", label="has a code fence that is not closed"),
    Feature(name="repetition.run", kind="repetition", label="repeats a character five times or more"),
    Feature(name="prompt.copy", kind="prompt", label="stands in the prompt word for word"),
    Feature(name="prompt.numbers", kind="prompt", label="has a number of the prompt"),
    Feature(name="prompt.number", kind="prompt", label="ends on a number of the prompt"),
    Feature(name="prompt.last_word", kind="prompt", label="ends on a word of the prompt"),
)
FEATURES: tuple[Feature, ...] = (
    *_NUMBERS,
    *(Feature(name=name, kind=kind, label=label) for name, (kind, label, _, _) in _PATTERNS.items()),
    *_FLAGS,
)
"""Every feature that is looked at whatever the log; n-grams are found in the log, and come on top."""
NAMES = tuple(feature.name for feature in FEATURES)
OF_PROMPT = tuple(feature.name for feature in FEATURES if feature.kind == "prompt")
_TAG, _END_TAG = r"<[A-Za-z][A-Za-z0-9_-]*>", r"</[A-Za-z][A-Za-z0-9_-]*>"


def columns(completions: pa.Array, prompts: pa.Array) -> dict[str, Column]:
    """Every feature of `FEATURES` for texts (N,) that are large strings: flags, and numbers as float32."""
    characters = pc.utf8_length(completions).to_numpy(zero_copy_only=False).astype(np.float32)
    of = np.maximum(characters, 1)
    texts, asked = completions.to_pylist(), prompts.to_pylist()
    said = words(texts, asked)
    digits = _count(completions, "[0-9]")
    found: dict[str, Column] = {
        name: _matches(completions, needed, pattern) for name, (_, _, needed, pattern) in _PATTERNS.items()
    }
    lines = pc.count_substring(pc.utf8_trim_whitespace(completions), "\n").to_numpy(zero_copy_only=False)
    found["length.characters"] = characters
    found["length.words"] = said.count
    found["length.lines"] = np.where(found["position.blank"], 0, lines + 1).astype(np.float32)
    found["share.digits"] = digits / of
    found["share.punctuation"] = _count(completions, "[[:punct:]]") / of
    found["share.capitals"] = _count(completions, "[A-Z]") / of
    found["share.spaces"] = (
        pc.count_substring(completions, " ").to_numpy(zero_copy_only=False).astype(np.float32) / of
    )
    found["repetition.words"] = said.repeated
    found["repetition.run"] = run_of_one(completions, 5)
    found["format.beyond_ascii"] = np.diff(raw_bytes(completions)[1]) > characters
    found["format.control"] = controls(completions)
    found["format.open_fence"] = found["format.fence"] & (_count(completions, "```") % 2 == 1)
    opened = np.flatnonzero(found["format.tag"])
    with_tags = completions.take(pa.array(opened))
    found["format.open_tag"] = np.zeros(len(completions), bool)
    found["format.open_tag"][opened] = _count(with_tags, _TAG) > _count(with_tags, _END_TAG)
    found["prompt.words"] = said.taken
    found["prompt.last_word"] = said.ends_taken
    found["prompt.numbers"] = said.numbered
    found["prompt.copy"] = copied(texts, asked)
    found["prompt.number"] = np.zeros(len(completions), bool)
    numbered = np.flatnonzero(digits > 0)
    last = pc.extract_regex(completions.take(pa.array(numbered)), r"(?P<x>\d+(?:\.\d+)?)\D*$")
    ends_on = pc.fill_null(pc.struct_field(last, "x"), "").to_pylist()
    found["prompt.number"][numbered] = copied_numbers(ends_on, [asked[i] for i in numbered.tolist()])
    return found


def _matches(texts: pa.Array, needed: str, pattern: str) -> NDArray[np.bool_]:
    """Which texts match; the pattern is tried only on those that hold what it needs."""
    if not needed:
        found: NDArray[np.bool_] = pc.match_substring_regex(texts, pattern).to_numpy(zero_copy_only=False)
        return found
    holds = pc.match_substring(texts, needed)
    found = holds.to_numpy(zero_copy_only=False).copy()
    if pattern and found.any():
        found[found] = pc.match_substring_regex(texts.filter(holds), pattern).to_numpy(zero_copy_only=False)
    return found


def _count(texts: pa.Array, pattern: str) -> NDArray[np.float32]:
    counts: NDArray[np.float32] = (
        pc.count_substring_regex(texts, pattern).to_numpy(zero_copy_only=False).astype(np.float32)
    )
    return counts
