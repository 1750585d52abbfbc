"""Hashes of texts and of numbers that are the same in every process."""

import hashlib
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import pyarrow as pa

HashArray: TypeAlias = NDArray[np.uint64]


def hashes(texts: "pa.Array") -> HashArray:
    """A hash of each text (N,), the same in every process; 0 for an empty one."""
    coded = texts.dictionary_encode()
    different = np.array([hash_of(text) for text in coded.dictionary.to_pylist()] or [0], np.uint64)
    found: HashArray = different[coded.indices.to_numpy(zero_copy_only=False)]
    return found


def hash_of(text: str) -> int:
    """A hash of one text; 0 for an empty one."""
    if not text:
        return 0
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "little") | 1


def mixed(*parts: HashArray) -> HashArray:
    """One hash of several numbers, after splitmix64 (Steele, Lea and Flood 2014)."""
    found = np.zeros_like(parts[0])
    for part in parts:
        found = (found ^ part) + np.uint64(0x9E3779B97F4A7C15)
        found = (found ^ (found >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        found = (found ^ (found >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        found ^= found >> np.uint64(31)
    return found
