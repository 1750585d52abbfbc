"""N-grams that go with the reward beyond truth: found on one part of a sample, to be counted on all other rollouts.

Looked at: characters (1 to 6 on end, also at the very beginning and the very end of a completion) and words (1 to 3
on end). Of the n-grams that stand in nearly the same completions one is kept.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from synthgym.audit.features import Feature, Kind
from synthgym.errors import shown

FloatArray: TypeAlias = NDArray[np.float64]
LONGEST, MOST_WORDS = 6, 3
KEPT = 48
"""N-grams that are counted on all rollouts, at most."""
_CHARACTERS = 4_000_000
"""Characters that are cut into n-grams, at most."""
_LEAST = 8
_LEAST_Z = 3.0
_TRIED = 600
_SAME = 0.98
_ROUNDS = 2
_BEGIN, _END = "\x02", "\x03"
_PLACES = {"words": 0, "ends": 1, "begins": 2, "contains": 3}


@dataclass(frozen=True, slots=True, kw_only=True)
class Gram:
    """An n-gram: a text that a completion contains, begins or ends with, or has as words."""

    place: str
    text: str

    @property
    def feature(self) -> Feature:
        """As a feature of completions."""
        told = {
            "contains": "contains",
            "words": "has the words",
            "begins": "begins with",
            "ends": "ends with",
        }
        words = "has the word" if self.place == "words" and " " not in self.text else told[self.place]
        kind: Kind = "position" if self.place in ("begins", "ends") else "n-gram"
        return Feature(name=f"{self.place}:{self.text}", kind=kind, label=f"{words} {_quoted(self.text)}")

    def within(self, texts: Sequence[str], worded: Sequence[str]) -> NDArray[np.bool_]:
        """Which texts have it (N,); `worded` are the same with one space between words, and one at each end."""
        wanted = self.text
        if self.place == "words":
            wanted = f" {wanted} "
            return np.array([wanted in text for text in worded], bool)
        if self.place == "begins":
            return np.array([text.startswith(wanted) for text in texts], bool)
        if self.place == "ends":
            return np.array([text.endswith(wanted) for text in texts], bool)
        return np.array([wanted in text for text in texts], bool)


def discover(texts: Sequence[str], gain: FloatArray) -> list[Gram]:
    """The n-grams of `texts` (N,) that go most with `gain` (N,), the reward less what was to be expected.

    A text whose reward could not have been otherwise has a gain of 0, and says nothing.
    """
    telling = np.flatnonzero(gain != 0)
    if len(telling) < 2 * _LEAST:
        return []
    texts, gain = [texts[i] for i in telling.tolist()], gain[telling]
    each = max(200, _CHARACTERS // len(texts))
    short = [text if len(text) <= each else text[: each * 3 // 4] + text[-(each // 4) :] for text in texts]
    kept: list[Gram] = []
    for _ in range(_ROUNDS):  # what the strongest hide shows once they are accounted for
        found = [*_best(_characters(short), gain), *_best(_words(short), gain)]
        found.sort(key=lambda pair: -abs(pair[1]))
        grams = [gram for gram, _ in found[:_TRIED] if gram not in kept]
        more, gain = _pursued(grams, texts, gain, KEPT // _ROUNDS)
        kept += more
    return kept


def words_of(texts: Sequence[str]) -> list[str]:
    """Texts with one space between words, and one at each end."""
    return [f" {' '.join(text.split())} " for text in texts]


def count(grams: Sequence[Gram], completions: pa.Array) -> list[NDArray[np.bool_]]:
    """Which completions (N,) have each n-gram."""
    texts = completions.to_pylist()
    worded = words_of(texts) if any(gram.place == "words" for gram in grams) else texts
    return [gram.within(texts, worded) for gram in grams]


def _quoted(text: str) -> str:
    plain = text.isprintable() and "'" not in text and len(text) <= 80
    return f"'{text}'" if plain else shown(text, 80)


def _pursued(
    grams: Sequence[Gram], texts: Sequence[str], gain: FloatArray, most: int
) -> tuple[list[Gram], FloatArray]:
    """The strongest n-gram, then the strongest for what it leaves of the gain, and so on; and what they all leave.

    Of n-grams that stand in nearly the same texts, the one that says most is taken.
    """
    if not grams:
        return [], gain
    worded = words_of(texts)
    have = np.stack([gram.within(texts, worded) for gram in grams])
    centred = have - have.mean(axis=1, keepdims=True, dtype=np.float32)
    energy = (centred * centred).sum(axis=1)
    kept: list[Gram] = []
    while len(kept) < most:
        score = centred @ gain.astype(np.float32)
        scale = np.sqrt(np.maximum(energy * float(gain @ gain), 1e-12))
        z = np.where(energy > 1e-6, score / scale * np.sqrt(len(gain)), 0.0)
        first = int(np.argmax(np.abs(z)))
        if abs(z[first]) < _LEAST_Z:
            break
        nearly = [
            i for i in range(len(grams)) if energy[i] > 1e-6 and _overlap(have[i], have[first]) >= _SAME
        ]
        chosen = min(
            nearly, key=lambda i: (_PLACES[grams[i].place], -len(grams[i].text.strip()), grams[i].text)
        )
        kept.append(grams[chosen])
        for i in {first, chosen}:
            gain = gain - centred[i] * float(centred[i] @ gain / energy[i])
        energy[nearly] = 0.0  # those that are alike are not asked again
    return kept, gain


def _overlap(one: NDArray[np.bool_], other: NDArray[np.bool_]) -> float:
    either = int((one | other).sum())
    return int((one & other).sum()) / either if either else 0.0


def _best(
    grams: "Iterator[tuple[list[Gram], NDArray[np.int64], NDArray[np.int64]]]", gain: FloatArray
) -> list[tuple[Gram, float]]:
    """The strongest n-grams, each with its z; of n-grams given as (the n-grams, their places, the texts' places)."""
    energy, size = float(gain @ gain), len(gain)
    total = float(gain.sum())
    found: list[tuple[Gram, float]] = []
    for make, place, text in grams:
        support = np.bincount(place)
        score = np.bincount(place, gain[text])
        share = support / size
        scale = np.sqrt(energy * share * (1 - share))
        z = np.divide(score - share * total, scale, out=np.zeros_like(score), where=scale > 1e-12)
        z[(support < _LEAST) | (support > size - _LEAST)] = 0
        best = np.argsort(-np.abs(z), kind="stable")[: _TRIED // 2]
        found += [(make[i], float(z[i])) for i in best.tolist() if abs(z[i]) >= _LEAST_Z]
    return found


class _Lazy:
    """The n-grams of one length, made when they are asked for."""

    def __init__(self, joined: str, firsts: NDArray[np.int64], length: int) -> None:
        self._joined, self._firsts, self._length = joined, firsts, length

    def __getitem__(self, place: int) -> Gram:
        at = int(self._firsts[place])
        text = self._joined[at : at + self._length]
        if text.startswith(_BEGIN):
            return Gram(place="begins", text=text[1:])
        if text.endswith(_END):
            return Gram(place="ends", text=text[:-1])
        return Gram(place="contains", text=text)


def _characters(texts: Sequence[str]) -> Iterator[tuple[list[Gram], NDArray[np.int64], NDArray[np.int64]]]:
    """For each length the n-grams of characters, with marks for a text's beginning and end."""
    plain = [text.translate({2: "\x1a", 3: "\x1a"}) for text in texts]
    joined = "".join(f"{_BEGIN}{text}{_END}" for text in plain)
    codes = np.frombuffer(joined.encode("utf-32-le"), np.uint32).astype(np.uint64)
    sizes = np.array([len(text) + 2 for text in plain])
    rows = np.repeat(np.arange(len(plain)), sizes)
    hashes = np.zeros(len(codes), np.uint64)
    for length in range(1, LONGEST + 2):
        hashes = hashes[: len(codes) - length + 1] * np.uint64(0x9E3779B97F4A7C15) + codes[length - 1 :]
        hashes ^= hashes >> np.uint64(29)
        inside = rows[: len(hashes)] == rows[length - 1 :]
        at = np.flatnonzero(inside)
        if length == 1:
            at = at[(codes[at] != 2) & (codes[at] != 3)]
        if not len(at):
            break
        # The row in the low bits: one sort finds the different pairs of n-gram and row.
        keys = (hashes[at] << np.uint64(24)) | rows[at].astype(np.uint64)
        keys, first = np.unique(keys, return_index=True)
        grams, begins, place = np.unique(keys >> np.uint64(24), return_index=True, return_inverse=True)
        yield _Lazy(joined, at[first[begins]], length), place, rows[at[first]]  # type: ignore[misc]  # reads like a list


def _words(texts: Sequence[str]) -> Iterator[tuple[list[Gram], NDArray[np.int64], NDArray[np.int64]]]:
    """For each length the n-grams of words."""
    split = [text.split() for text in texts]
    for length in range(1, MOST_WORDS + 1):
        sets = [{" ".join(words[i : i + length]) for i in range(len(words) - length + 1)} for words in split]
        support = Counter(gram for one in sets for gram in one)
        often = sorted(gram for gram, seen in support.items() if seen >= _LEAST)
        known = {gram: i for i, gram in enumerate(often)}
        pairs = [(known[gram], row) for row, one in enumerate(sets) for gram in one if gram in known]
        if pairs:
            place, row = np.array(pairs, np.int64).T
            yield [Gram(place="words", text=gram) for gram in often], place, row
