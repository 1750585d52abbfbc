"""What a completion repeats of itself, and what it takes from its prompt, by words."""

import re
import string
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

_AROUND = string.punctuation + string.whitespace
_NUMBER = re.compile(r"[0-9]+")
_NUMBERS = 32
"""Numbers of a prompt that are looked for, at most."""
_SHORTEST = 3
"""Characters of a word that can be said to come from the prompt."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """Of every text (N,): how many words it has, the share of them that stood in it before, the share of its different
    words that stand in the prompt, whether its last one does, and whether it has a number of the prompt."""

    count: NDArray[np.float32]
    repeated: NDArray[np.float32]
    taken: NDArray[np.float32]
    ends_taken: NDArray[np.bool_]
    numbered: NDArray[np.bool_]


def words(texts: Sequence[str], prompts: Sequence[str]) -> Words:
    """What the words of `texts` say; words are what white space parts."""
    size = len(texts)
    count, repeated, taken = (np.zeros(size, np.float32) for _ in range(3))
    ends, numbered = np.zeros(size, bool), np.zeros(size, bool)
    known: set[str] = set()
    numbers: list[str] = []
    last_prompt: str | None = None
    for i, (text, prompt) in enumerate(zip(texts, prompts, strict=True)):
        said = text.split()
        if not said:
            continue
        if prompt is not last_prompt and prompt != last_prompt:  # a group's completions share their prompt
            known, last_prompt = set(prompt.split()), prompt
            numbers = list(dict.fromkeys(_NUMBER.findall(prompt)))[:_NUMBERS]
        different = set(said)
        count[i] = len(said)
        repeated[i] = 1 - len(different) / len(said)
        if known:
            numbered[i] = any(number in text and _alone(number, text) for number in numbers)
            taken[i] = len(different & known) / len(different)
            word = said[-1].strip(_AROUND)
            ends[i] = len(word) >= _SHORTEST and not word.isdigit() and word in prompt
    return Words(count=count, repeated=repeated, taken=taken, ends_taken=ends, numbered=numbered)


def copied(texts: Sequence[str], prompts: Sequence[str]) -> NDArray[np.bool_]:
    """Which texts, but for white space at their ends, stand in their prompts (N,); an empty one in none."""
    wanted = (text.strip() for text in texts)
    return np.array(
        [bool(text) and text in prompt for text, prompt in zip(wanted, prompts, strict=True)], bool
    )


def copied_numbers(numbers: Sequence[str], prompts: Sequence[str]) -> NDArray[np.bool_]:
    """Which numbers stand in their prompts, and not as a part of a longer one (N,); an empty one in none."""
    pairs = zip(numbers, prompts, strict=True)
    return np.array([bool(number) and _alone(number, prompt) for number, prompt in pairs], bool)


def run_of_one(texts: pa.Array, length: int) -> NDArray[np.bool_]:
    """Which texts have one character, white space aside, `length` times in a row (N,)."""
    raw, offsets = raw_bytes(texts)
    if len(raw) < length:
        return np.zeros(len(texts), bool)
    same = raw[1:] == raw[:-1]
    run = same[: len(raw) - length + 1].copy()
    for shift in range(1, length - 1):
        run &= same[shift : len(raw) - length + 1 + shift]
    starts = np.flatnonzero(run)
    starts = starts[raw[starts] > 32]
    rows = np.searchsorted(offsets, starts, side="right") - 1
    return _rows_with(rows[starts + length <= offsets[rows + 1]], len(texts))


def controls(texts: pa.Array) -> NDArray[np.bool_]:
    """Which texts hold a control character other than tabs and ends of lines (N,)."""
    raw, offsets = raw_bytes(texts)
    low = np.flatnonzero((raw < 32) | (raw == 127))
    at = low[~np.isin(raw[low], (9, 10, 13))]
    return _rows_with(np.searchsorted(offsets, at, side="right") - 1, len(texts))


def raw_bytes(texts: pa.Array) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """The bytes of all texts (large strings) on end, and where each begins (N + 1,)."""
    _, offsets, data = texts.buffers()
    bounds = np.frombuffer(offsets, np.int64)[texts.offset : texts.offset + len(texts) + 1]
    if data is None or len(texts) == 0:
        return np.empty(0, np.uint8), np.zeros(len(texts) + 1, np.int64)
    return np.frombuffer(data, np.uint8)[bounds[0] : bounds[-1]], bounds - bounds[0]


def _rows_with(rows: NDArray[np.int64], size: int) -> NDArray[np.bool_]:
    found = np.zeros(size, bool)
    found[rows] = True
    return found


def _alone(number: str, whole: str) -> bool:
    """Whether a number stands somewhere in `whole` with no digit next to it; in a time that grows with its length."""
    at = whole.find(number)
    while at >= 0:
        end = at + len(number)
        if not (at and whole[at - 1] in string.digits) and not (
            end < len(whole) and whole[end] in string.digits
        ):
            return True
        digits = _NUMBER.match(whole, at)  # it begins with one; no other place in these can be its own
        at = whole.find(number, digits.end() if digits else end)
    return False
