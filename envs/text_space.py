"""The space of texts: any string up to a length, batched by Gymnasium's vector environments as a tuple of str.

`gymnasium.spaces.Text` lists its characters, which takes seconds and a megabyte for all of Unicode. This one
holds a bound on the length and nothing else. Registering it with Gymnasium's dispatch tables makes it work
in `SyncVectorEnv` and `AsyncVectorEnv`, in shared memory too; lone surrogates survive.
"""

import struct
from collections.abc import Callable, Iterable, Iterator, Sequence
from copy import deepcopy
from typing import TYPE_CHECKING, Any, TypeAlias, overload

import numpy as np
from gymnasium.spaces import Space, Tuple
from gymnasium.spaces.utils import is_space_dtype_shape_equiv
from gymnasium.vector.utils import (
    batch_differing_spaces,
    create_empty_array,
    create_shared_memory,
    read_from_shared_memory,
    write_to_shared_memory,
)

from synthgym.errors import SettingError, shown

if TYPE_CHECKING:
    from multiprocessing.sharedctypes import SynchronizedArray

SharedBytes: TypeAlias = "SynchronizedArray[Any]"
SAMPLE_LENGTH = 32
"""Characters that a sample has at most."""
_PRINTABLE = (32, 127)  # code points [space, DEL)
_HEADER = struct.Struct("<q")  # bytes in use, before the bytes themselves
_CHARACTER_BYTES = 4  # what UTF-8 needs at most


class TextSpace(Space[str]):
    """Any str of at most `max_length` characters, of all of Unicode, lone surrogates included.

    Args:
        max_length: characters.
        seed: of `sample`.

    Raises:
        SettingError: if `max_length` is not a whole number above 0.
    """

    def __init__(self, max_length: int, *, seed: int | np.random.Generator | None = None) -> None:
        if not isinstance(max_length, int) or isinstance(max_length, bool) or max_length < 1:
            raise SettingError(f"max_length {shown(max_length)} is not a whole number above 0")
        self.max_length = max_length
        super().__init__(dtype=str, seed=seed)

    @property
    def is_np_flattenable(self) -> bool:
        """False: text has no shape."""
        return False

    def sample(self, mask: Any | None = None, probability: Any | None = None) -> str:
        """Up to `SAMPLE_LENGTH` printable ASCII characters; every length equally likely.

        Raises:
            SettingError: for a mask or a probability; there is nothing they could apply to.
        """
        if mask is not None or probability is not None:
            raise SettingError("a TextSpace samples without mask and without probability")
        length = int(self.np_random.integers(min(SAMPLE_LENGTH, self.max_length) + 1))
        return "".join(map(chr, self.np_random.integers(*_PRINTABLE, size=length)))

    def contains(self, x: Any) -> bool:
        """Whether `x` is a str that is not too long."""
        return isinstance(x, str) and len(x) <= self.max_length

    def to_jsonable(self, sample_n: Iterable[str]) -> list[str | list[int]]:
        """The samples; one that UTF-8 cannot carry becomes the list of its code points."""
        return [text if _is_utf8(text) else [ord(character) for character in text] for text in sample_n]

    def from_jsonable(self, sample_n: list[Any]) -> list[str]:
        """The samples that `to_jsonable` was given."""
        return [text if isinstance(text, str) else "".join(map(chr, text)) for text in sample_n]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, TextSpace) and other.max_length == self.max_length

    __hash__ = None  # type: ignore[assignment]  # mutable, as every Space: it holds a generator

    def __repr__(self) -> str:
        return f"TextSpace({self.max_length})"


class SharedTexts(Sequence[str]):
    """The texts of a vector environment's sub-environments, read from shared memory each time they are looked at.

    `AsyncVectorEnv` asks for its observations once, when it is made, and hands out deep copies: a deep copy
    of this is a plain tuple of str.
    """

    def __init__(self, memory: SharedBytes, slot: int, n: int) -> None:
        self._memory, self._slot, self._n = memory, slot, n

    def __len__(self) -> int:
        return self._n

    @overload
    def __getitem__(self, index: int) -> str: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[str, ...]: ...
    def __getitem__(self, index: int | slice) -> str | tuple[str, ...]:
        places = range(self._n)[index]
        return tuple(map(self._read, places)) if isinstance(places, range) else self._read(places)

    def __iter__(self) -> Iterator[str]:
        return map(self._read, range(self._n))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, (tuple, list, SharedTexts)) and tuple(self) == tuple(other)

    __hash__ = None  # type: ignore[assignment]  # its texts change

    def __deepcopy__(self, memo: dict[int, Any]) -> tuple[str, ...]:
        return tuple(self)

    def __repr__(self) -> str:
        return f"SharedTexts({tuple(self)!r})"

    def _read(self, place: int) -> str:
        view = memoryview(self._memory.get_obj()).cast("B")
        start = place * self._slot
        (used,) = _HEADER.unpack_from(view, start)
        start += _HEADER.size
        return bytes(view[start : start + used]).decode("utf-8", "surrogatepass")


@batch_differing_spaces.register(TextSpace)
def _batch_differing(spaces: Sequence[TextSpace]) -> Space[Any]:  # type: ignore[misc]  # it dispatches on spaces[0]
    return Tuple([deepcopy(space) for space in spaces], seed=deepcopy(spaces[0].np_random))


@is_space_dtype_shape_equiv.register(TextSpace)
def _is_equivalent(space_1: TextSpace, space_2: object) -> bool:
    # A slot in shared memory is as long as the first environment's longest text.
    return space_1 == space_2


@create_empty_array.register(TextSpace)
def _create_empty(space: TextSpace, n: int = 1, fn: Callable[..., Any] = np.zeros) -> tuple[str, ...]:
    return ("",) * n


@create_shared_memory.register(TextSpace)
def _create_shared(space: TextSpace, n: int = 1, ctx: Any = None) -> Any:
    if ctx is None:
        import multiprocessing as ctx
    return ctx.Array("B", n * _slot(space))


@read_from_shared_memory.register(TextSpace)
def _read_shared(space: TextSpace, shared_memory: SharedBytes, n: int = 1) -> SharedTexts:
    return SharedTexts(shared_memory, _slot(space), n)


@write_to_shared_memory.register(TextSpace)
def _write_shared(space: TextSpace, index: int, value: str, shared_memory: SharedBytes) -> None:
    data = value.encode("utf-8", "surrogatepass")
    slot = _slot(space)
    if len(data) > slot - _HEADER.size:
        raise SettingError(f"a text of {len(value)} characters does not fit {space!r}")
    view = memoryview(shared_memory.get_obj()).cast("B")
    start = index * slot
    _HEADER.pack_into(view, start, len(data))
    start += _HEADER.size
    view[start : start + len(data)] = data


def _slot(space: TextSpace) -> int:
    """Bytes that one text takes in shared memory; a multiple of 8."""
    return _HEADER.size + -(-_CHARACTER_BYTES * space.max_length // 8) * 8


def _is_utf8(text: str) -> bool:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True
