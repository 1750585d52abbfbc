"""Facts: the JSON-able data, without floats, from which a family decides the truth of an answer.

A task's facts never change and hash the same in every process, so they are held in tuples and
`FrozenDict`s and written as one canonical JSON text.
"""

import json
from collections.abc import Iterator, Mapping
from typing import TypeAlias

from synthgym.errors import TaskError, shown

Fact: TypeAlias = "None | bool | int | str | tuple[Fact, ...] | FrozenDict"


class FrozenDict(Mapping[str, Fact]):
    """An immutable, hashable, picklable mapping from names to facts."""

    __slots__ = ("_items",)

    def __init__(self, items: Mapping[str, Fact]) -> None:
        self._items = dict(items)

    def __getitem__(self, key: str) -> Fact:
        return self._items[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._items)

    def __len__(self) -> int:
        return len(self._items)

    def __hash__(self) -> int:
        return hash(frozenset(self._items.items()))

    def __repr__(self) -> str:
        return f"FrozenDict({self._items!r})"

    def __reduce__(self) -> tuple[type["FrozenDict"], tuple[dict[str, Fact]]]:
        return FrozenDict, (self._items,)


def freeze(value: object) -> Fact:
    """`value` with lists and dicts made immutable, all the way down.

    Raises:
        TaskError: for floats and anything else JSON cannot carry exactly.
    """
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, (list, tuple)):
        return tuple(freeze(item) for item in value)
    if isinstance(value, Mapping) and all(isinstance(key, str) for key in value):
        return FrozenDict({key: freeze(item) for key, item in value.items()})
    raise TaskError(
        f"facts hold {shown(value)} ({type(value).__name__}); allowed: None, bool, int, str, "
        "and lists and string-keyed dicts of these"
    )


def thaw(value: Fact) -> object:
    """`value` as plain lists and dicts, ready for `json.dumps`."""
    if isinstance(value, tuple):
        return [thaw(item) for item in value]
    if isinstance(value, FrozenDict):
        return {key: thaw(item) for key, item in value.items()}
    return value


def canonical(value: Fact) -> str:
    """The one JSON text of `value`: sorted keys, no spaces, ASCII."""
    return json.dumps(thaw(value), sort_keys=True, separators=(",", ":"))
