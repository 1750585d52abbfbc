"""Text as features: what a completion is made of, and how it answers to its prompt.

For probes of logs without a model. Every feature is hashed into a fixed number of columns, so nothing is fitted or
kept: equal texts give equal rows in any process. Per row:

- *lengths* of both texts, on a log scale, and whether the completion passes each of 24 lengths;
- *n-grams* of the completion: characters (1-3), words (1-2), and both again at their places from either end;
- *copies*: which prompt words and numbers the completion holds, by their place in the prompt and by the word before
  them, so that "the answer that stands after `@`" or "the second operand" is one feature;
- *crossings* of prompt tokens, by their place, with the completion's tokens, so that a behaviour keyed by the prompt
  is a sum of features.

The time is linear in the text; the numbers of distinct trigrams, words and crossings a row are bounded.
"""

import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, TypeAlias
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from synthgym.errors import MeasureError, MissingExtraError, shown
from synthgym.measure.given import texts, whole

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

Hashes: TypeAlias = NDArray[np.uint64]

COLUMNS = 2**17
_NUMERIC = 64
_TRIGRAMS = 256
_WORDS = 512
_NEAR = 12
_ENDS = 4
_CROSSED = 24
_WORD = re.compile(r"\w+|[^\w\s]")
_MIX = np.uint64(0x9E3779B97F4A7C15)
_STEPS = np.array(
    [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 16, 20, 24, 32, 48, 64, 128, 256, 512, 1024, 2048]
)


def text_features(
    prompts: Sequence[str], completions: Sequence[str], *, columns: int = COLUMNS
) -> "csr_matrix":
    """Features (N, columns) of N completions, each given its prompt; see the module for what they are.

    Counts c enter as log2(1 + c). Any string will do: empty, a megabyte, lone surrogates, control characters.

    Args:
        columns: how many columns the features are hashed into, a power of two of at least 1,024.

    Raises:
        MeasureError: for unequal lengths, something that is not a string, or a wrong number of columns.
        MissingExtraError: scipy is not installed.
    """
    texts("prompts", prompts), texts("completions", completions)
    if len(prompts) != len(completions):
        raise MeasureError(f"{len(prompts)} prompts for {len(completions)} completions; one each is needed")
    columns = whole("columns", columns)
    if columns < 1024 or columns & (columns - 1):
        raise MeasureError(f"{columns} columns; a power of two of at least 1,024 is needed")
    try:
        from scipy.sparse import csr_matrix
    except ImportError as error:
        raise MissingExtraError("scipy", "train") from error

    table = _Table()
    rows = [table.row(prompt, completion) for prompt, completion in zip(prompts, completions, strict=True)]
    places, values, starts = [], [], [0]
    for hashes, counts, numbers in rows:
        hashed = _NUMERIC + (hashes >> np.uint64(20)) % np.uint64(columns - _NUMERIC)
        places.append(np.concatenate([np.arange(_NUMERIC), hashed.astype(np.int64)]))
        values.append(np.concatenate([numbers, counts]))
        starts.append(starts[-1] + len(places[-1]))
    if not rows:
        return csr_matrix((0, columns), dtype=np.float64)
    matrix = csr_matrix((np.concatenate(values), np.concatenate(places), starts), shape=(len(rows), columns))
    matrix.sum_duplicates()
    matrix.eliminate_zeros()
    return matrix


class _Table:
    """Hashes of the words met so far, so that each is hashed once a call; prompts are often repeated too."""

    def __init__(self) -> None:
        self._words: dict[str, int] = {}
        self._prompts: dict[str, _Prompt] = {}

    def row(self, prompt: str, completion: str) -> tuple[Hashes, NDArray[np.float64], NDArray[np.float64]]:
        """Hashes of the row's features, a value each, and the row's first columns."""
        for name, text in (("prompt", prompt), ("completion", completion)):
            if not isinstance(text, str):
                raise MeasureError(f"a {name} is {shown(text)}; text is needed, message lists rendered")
        if prompt not in self._prompts:
            self._prompts = {prompt: _Prompt(prompt, self)}
        asked = self._prompts[prompt]
        words = _WORD.findall(completion.lower())
        codes, tokens = _codes(completion), self.hashes(words)
        counted = [
            _counted(_kind(1, codes)),
            _counted(_kind(2, _pairs(codes))),
            _counted(_kind(3, _pairs(codes[:-1], codes[2:]) + _pairs(codes)[:-1]), _TRIGRAMS),
            _counted(_kind(4, tokens), _WORDS),
            _counted(_kind(5, _pairs(tokens)), _WORDS),
        ]
        placed = np.concatenate([_placed(6, codes), _placed(7, tokens)])
        copies = self.hash_all(asked.copies(completion, words))
        crossed = _crossed(asked.tokens, _kept_tokens(codes, tokens))
        single = np.unique(np.concatenate([placed, copies, crossed]))
        hashes = np.concatenate([*(part for part, _ in counted), single])
        counts = np.concatenate([*(count for _, count in counted), np.ones(len(single))])
        return hashes, counts, _numbers(asked, completion, words)

    def hashes(self, words: Iterable[str]) -> Hashes:
        """A hash of each word, as PYTHONHASHSEED does not change it."""
        known = self._words
        found = []
        for word in words:
            code = known.get(word)
            if code is None:
                code = crc32(word.encode("utf-8", "surrogatepass"))
                known[word] = code
            found.append(code)
        return _mixed(np.array(found, dtype=np.uint64))

    def hash_all(self, features: Iterable[tuple[str, object]]) -> Hashes:
        """A hash of each (name, value)."""
        return _kind(8, self.hashes(f"{name}={value}" for name, value in features))


class _Prompt:
    """What of a prompt completions are compared with."""

    def __init__(self, text: str, table: _Table) -> None:
        words = _WORD.findall(text.lower())
        codes = _codes(text.strip())
        self.text, self.words, self.length = text, len(words), len(text)
        self.first = {word: place for place, word in reversed(list(enumerate(words)))}
        self.last = {word: place for place, word in enumerate(words)}
        self.before = ["", *words]
        numbers = [word for word in words if word.isdigit()]
        self.numbers = {word: place for place, word in reversed(list(enumerate(numbers)))}
        self.amount = len(numbers)
        self.characters = text.strip()
        ends = [_placed(9, codes, _NEAR), _placed(10, table.hashes(words), _NEAR // 2)]
        self.tokens = np.concatenate(ends)

    def copies(self, completion: str, words: Sequence[str]) -> list[tuple[str, object]]:
        """What the completion holds of the prompt, by where it stands in either."""
        found: list[tuple[str, object]] = []
        ends = {"first": words[:1], "last": words[-1:], "any": [*words[:_CROSSED], *words[-_CROSSED:]]}
        numbers = [word for word in words if word.isdigit()]
        ends |= {"first number": numbers[:1], "last number": numbers[-1:]}
        for where, some in ends.items():
            for word in dict.fromkeys(some):
                found += self._copied(where, word)
        answer = completion.strip()
        for end, pick in (("head", 0), ("tail", -1)):
            if answer:
                found += [
                    (f"{end} is prompt", place)
                    for place in (*range(_NEAR), *range(-_NEAR, 0))
                    if -len(self.characters) <= place < len(self.characters)
                    and self.characters[place] == answer[pick]
                ]
        if answer and len(answer) <= 256 and answer in self.text[:65_536]:
            found.append(("whole", True))
        return found

    def _copied(self, where: str, word: str) -> list[tuple[str, object]]:
        if word not in self.first:
            return [(f"{where} not in prompt", word.isdigit())]
        first, last = self.first[word], self.last[word]
        found: list[tuple[str, object]] = [
            (f"{where} in prompt", word.isdigit()),
            (f"{where} from start", min(first, 32)),
            (f"{where} from end", min(self.words - last, 32)),
            (f"{where} after", self.before[first][:64]),
            (f"{where} last after", self.before[last][:64]),
        ]
        if word in self.numbers:
            place = self.numbers[word]
            found += [
                (f"{where} number from start", min(place, 16)),
                (f"{where} number from end", min(self.amount - place, 16)),
            ]
        return found


def _numbers(asked: _Prompt, completion: str, words: Sequence[str]) -> NDArray[np.float64]:
    """The first columns: lengths, the share of words that the prompt holds, and steps of length."""
    numbers = np.zeros(_NUMERIC)
    held = sum(word in asked.first for word in words)
    lengths = (len(completion), len(words), completion.count("\n"), asked.length, asked.words)
    numbers[: len(lengths)] = np.log2(1.0 + np.array(lengths))
    numbers[5] = held / max(len(words), 1)
    numbers[6] = float(not completion)
    numbers[8 : 8 + len(_STEPS)] = len(completion) >= _STEPS
    numbers[8 + len(_STEPS) : 8 + 2 * len(_STEPS)] = len(words) >= _STEPS
    return numbers


def _codes(text: str) -> Hashes:
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype="<u4").astype(np.uint64)


def _mixed(values: Hashes) -> Hashes:
    """SplitMix64's finaliser: every bit of the input moves every bit of the output."""
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return values ^ (values >> np.uint64(31))


def _kind(kind: int, values: Hashes) -> Hashes:
    return _mixed(values + _salt(kind))


def _salt(kind: int) -> np.uint64:
    return np.uint64(kind * int(_MIX) % 2**64)


def _pairs(values: Hashes, after: Hashes | None = None) -> Hashes:
    after = values[1:] if after is None else after
    return _mixed(values[: len(after)] * _MIX + after)


def _counted(hashes: Hashes, most: int | None = None) -> tuple[Hashes, NDArray[np.float64]]:
    """The distinct hashes, and log2(1 + count) of each; of more than `most`, the smallest: the same in every text."""
    found, counts = np.unique(hashes, return_counts=True)
    return found[:most], np.log2(1.0 + counts[:most])


def _placed(kind: int, values: Hashes, most: int = _ENDS) -> Hashes:
    """The first and the last values, each with its place."""
    head, tail = values[:most], values[::-1][:most]
    places = np.arange(most, dtype=np.uint64)
    return np.concatenate(
        [_kind(kind, head + places[: len(head)] * _MIX), _kind(kind + 100, tail + places[: len(tail)] * _MIX)]
    )


def _kept_tokens(codes: Hashes, tokens: Hashes) -> Hashes:
    """The completion's tokens that prompts are crossed with: both ends by place, and distinct characters or words."""
    ends = [_placed(11, codes, 2), _placed(12, tokens, 2)]
    bags = [np.unique(_kind(13, codes))[:_CROSSED], np.unique(_kind(14, tokens))[:_CROSSED]]
    return np.concatenate([*ends, *bags])


def _crossed(asked: Hashes, said: Hashes) -> Hashes:
    return _mixed((asked[:, None] * _MIX + said[None, :]).ravel())
