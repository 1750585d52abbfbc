"""The characters that a token MDP reads and writes, and their codes: 0 is nothing, i is character i - 1."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from synthgym.errors import SettingError, shown

Codes = NDArray[np.int64]
ASCII = "\n" + "".join(map(chr, range(32, 127)))
"""The line feed and all printable ASCII characters: what ``vocabulary="ascii"`` stands for."""


@dataclass(frozen=True)
class Vocabulary:
    """Characters in the order of their codes, which start at 1.

    Raises:
        SettingError: if there is none, one twice, or a NUL, which fills what is empty.
    """

    characters: str

    def __post_init__(self) -> None:
        if not isinstance(self.characters, str) or not self.characters:
            raise SettingError(
                f"vocabulary {shown(self.characters)} is not a str of characters; 'ascii' and None will do, too"
            )
        if "\0" in self.characters:
            raise SettingError("the vocabulary has a NUL character; leave it out")
        if len(set(self.characters)) < len(self.characters):
            twice = next(c for c in self.characters if self.characters.count(c) > 1)
            raise SettingError(f"the vocabulary has {shown(twice)} more than once")

    @classmethod
    def of(cls, texts: Iterable[str]) -> "Vocabulary":
        """The characters of `texts`, by code point."""
        return cls("".join(sorted(set().union(*texts) - {"\0"})))

    @property
    def size(self) -> int:
        """Codes, the 0 included."""
        return len(self.characters) + 1

    @cached_property
    def codes(self) -> dict[str, int]:
        """The code of each character."""
        return {character: code for code, character in enumerate(self.characters, 1)}

    @cached_property
    def line_feed(self) -> int:
        """The code of the line feed; -1 if there is none."""
        return self.codes.get("\n", -1)

    def lacks(self, text: str) -> str:
        """The characters of `text` that are not in it, by code point."""
        return "".join(sorted(set(text) - self.codes.keys()))

    def encode(self, text: str) -> list[int]:
        """A code a character.

        Raises:
            SettingError: if one is not in the vocabulary.
        """
        missing = self.lacks(text)
        if missing:
            raise SettingError(f"the vocabulary {shown(self.characters)} lacks {shown(missing)}")
        return [self.codes[character] for character in text]

    def decode(self, codes: Codes) -> list[str]:
        """The text of each row of `codes`, of shape (texts, length), filled with 0 at the end."""
        length = codes.shape[1]
        # A row of one-character strings is one string of that length, whose NULs at the end numpy drops.
        letters = np.ascontiguousarray(self._letters[codes])
        texts: list[str] = letters.view(f"U{length}")[:, 0].tolist()
        return texts

    @cached_property
    def _letters(self) -> NDArray[np.str_]:
        return np.array(["", *self.characters], dtype="U1")
