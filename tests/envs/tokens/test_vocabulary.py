"""Codes and characters, there and back."""

import numpy as np
import pytest

from synthgym.envs.tokens.vocabulary import ASCII, Vocabulary
from synthgym.errors import SettingError


def test_codes_count_from_one_in_the_order_of_the_characters() -> None:
    vocabulary = Vocabulary("b\na")
    assert vocabulary.size == 4 and vocabulary.line_feed == 2
    assert vocabulary.encode("ab\n") == [3, 1, 2]
    assert Vocabulary("ab").line_feed == -1
    assert Vocabulary.of(["cab", "b\n\0"]).characters == "\nabc"


@pytest.mark.parametrize("characters", ["ab \n", "é∑\U0001f600x", "\ud800\udfffa"])
def test_decoding_undoes_encoding(characters: str) -> None:
    vocabulary, rng = Vocabulary(characters), np.random.default_rng(0)
    codes = np.zeros((50, 9), dtype=np.int64)
    texts = []
    for row in codes:
        length = rng.integers(0, 10)
        row[:length] = rng.integers(1, vocabulary.size, length)
        texts.append("".join(characters[code - 1] for code in row[:length]))
    assert vocabulary.decode(codes) == texts
    assert [vocabulary.encode(text) for text in texts] == [row[row > 0].tolist() for row in codes]


def test_what_is_lacking_is_named() -> None:
    vocabulary = Vocabulary("ab")
    assert vocabulary.lacks("cabd") == "cd" and vocabulary.lacks("") == ""
    with pytest.raises(SettingError, match="the vocabulary 'ab' lacks 'cd'"):
        vocabulary.encode("cabd")


@pytest.mark.parametrize(
    ("characters", "message"),
    [
        ("", "is not a str of characters"),
        ("aba", "has 'a' more than once"),
        ("a\0", "NUL"),
        (["a"], "not a str"),
    ],
)
def test_what_is_no_vocabulary_is_refused(characters: str, message: str) -> None:
    with pytest.raises(SettingError, match=message):
        Vocabulary(characters)


def test_ascii_is_the_printable_characters_and_the_line_feed() -> None:
    assert len(ASCII) == 96 and set(ASCII) == {"\n", *filter(str.isprintable, map(chr, range(128)))}
