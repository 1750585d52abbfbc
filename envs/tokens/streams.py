"""Which task comes next: a stream of draws a sub-environment, by its key and a counter, so that many cost no loop.

The generator is SplitMix64 (Steele, Lea, Flood, https://doi.org/10.1145/2660193.2660195): word n is a hash of
key + n times the golden gamma.
"""

import numpy as np
from numpy.typing import NDArray

Words = NDArray[np.uint64]
_GAMMA = np.uint64(0x9E3779B97F4A7C15)
_MIX = (np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB))
_SHIFTS = (np.uint64(30), np.uint64(27), np.uint64(31))
_HALF = np.uint64(32)


def stream_key(rng: np.random.Generator) -> int:
    """The key of a stream, from the raw stream of `rng`, which numpy keeps from version to version."""
    return int(rng.bit_generator.random_raw())


def draws(keys: Words, counters: Words, below: int) -> NDArray[np.int64]:
    """Draw number `counters` of each stream, in [0, below), all of shape (streams,); `below` at most 2**32."""
    words = keys + (counters + np.uint64(1)) * _GAMMA
    words = (words ^ (words >> _SHIFTS[0])) * _MIX[0]
    words = (words ^ (words >> _SHIFTS[1])) * _MIX[1]
    words ^= words >> _SHIFTS[2]
    drawn: NDArray[np.int64] = ((words >> _HALF) * np.uint64(below) >> _HALF).astype(np.int64)
    return drawn
