"""Values on their way between processes: exact built-in types as strict JSON, and nothing else.

Used on both sides. A value becomes a tree of JSON's own types, in which whatever JSON has no form for stands in an
object with one key: ``{"t": [...]}`` is a tuple. Sets and dicts are written in one order, so that equal values have
equal trees, and are compared as trees: nothing that untrusted code wrote is hashed.

Types are exact: an instance of a subclass is no value, and ``1``, ``True`` and ``1.0`` are three values.
"""

import json
import math
import re
from collections.abc import Callable
from typing import Any, NoReturn, TypeAlias

Tree: TypeAlias = "None | bool | int | float | str | list[Tree] | dict[str, Tree]"
MAX_DEPTH = 100
MAX_NODES = 1_000_000
_PLAIN_BITS = 4_000
"""Longer integers are written in hexadecimal, which takes linear time."""
_LONG_NUMBER = re.compile(r"\d{1301}")
_COLLISIONS = 64


class ValueFormError(ValueError):
    """What is no value, or no tree of one."""


def to_tree(value: object) -> Tree:
    """The tree of `value`.

    Raises:
        ValueFormError: if it, or anything in it, is not of an exact built-in type, lies deeper than 100 levels, or if
            there are over a million parts.
    """
    return _Writer().write(value, 0)


def to_text(value: object) -> str:
    """`to_tree`, as one line of ASCII."""
    return json.dumps(to_tree(value), allow_nan=False, separators=(",", ":"))


def read_tree(text: str) -> Any:
    """The JSON value that all of `text` spells.

    Raises:
        ValueFormError: if it spells none, or one with a number of over 1,300 digits, or nested too deeply.
    """
    try:
        if _LONG_NUMBER.search(text):
            raise ValueFormError("a number of too many digits")
        return _DECODER.decode(text)
    except (ValueError, RecursionError) as error:
        raise ValueFormError(f"not strict JSON: {error}") from error


def from_tree(tree: Tree) -> object:
    """The value that `to_tree` made `tree` of.

    Raises:
        ValueFormError: if it made it of none.
    """
    try:
        return _value(tree)
    except RecursionError as error:
        raise ValueFormError("nested too deeply") from error


def _value(tree: Tree) -> object:
    if isinstance(tree, list):
        return [_value(item) for item in tree]
    if not isinstance(tree, dict):
        return tree
    if len(tree) != 1:
        raise ValueFormError(f"an object with {len(tree)} keys; one is needed")
    ((tag, inner),) = tree.items()
    if tag not in _READERS:
        raise ValueFormError(f"no kind of value {tag!r}")
    try:
        return _READERS[tag](inner)
    except (TypeError, ValueError, AttributeError, IndexError) as error:
        raise ValueFormError(f"not the form of {tag!r}: {error}") from error


def same(given: Tree, expected: Tree, tolerance: float = 0.0) -> bool:
    """Whether two trees are of equal values, type by type; floats within `tolerance`, absolute or relative."""
    pairs: list[tuple[Tree, Tree]] = [(given, expected)]
    while pairs:
        a, b = pairs.pop()
        if type(a) is not type(b):
            return False
        if isinstance(a, list) and isinstance(b, list):
            if len(a) != len(b):
                return False
            pairs.extend(zip(a, b, strict=True))
        elif isinstance(a, dict) and isinstance(b, dict):
            if list(a) != list(b):
                return False
            pairs.extend(zip(a.values(), b.values(), strict=True))
        elif isinstance(a, float) and isinstance(b, float):
            if not math.isclose(a, b, rel_tol=tolerance, abs_tol=tolerance):
                return False
        elif a != b:
            return False
    return True


class _Writer:
    """Writes one value."""

    def __init__(self) -> None:
        self._nodes = 0

    def write(self, value: object, depth: int) -> Tree:
        self._nodes += 1
        if depth > MAX_DEPTH or self._nodes > MAX_NODES:
            raise ValueFormError(f"a value deeper than {MAX_DEPTH} levels or of over {MAX_NODES} parts")
        kind = type(value)
        if value is None or kind is bool or kind is str:
            return value  # type: ignore[return-value]  # `type` is not understood as a guard
        if kind is int:
            return self._integer(value)  # type: ignore[arg-type]
        if kind is float:
            return value if math.isfinite(value) else {"r": str(value)}  # type: ignore[arg-type,return-value]
        if kind is list:
            return [self.write(item, depth + 1) for item in value]  # type: ignore[attr-defined]
        if kind is tuple:
            return {"t": [self.write(item, depth + 1) for item in value]}  # type: ignore[attr-defined]
        return self._rare(value, depth)

    def _rare(self, value: object, depth: int) -> Tree:
        kind = type(value)
        if kind is dict:
            pairs: Any = value
            items: list[Tree] = [
                [self.write(key, depth + 1), self.write(held, depth + 1)] for key, held in pairs.items()
            ]
            return {"d": sorted(items, key=_order_of_key)}
        if kind is set or kind is frozenset:
            parts = [self.write(item, depth + 1) for item in value]  # type: ignore[attr-defined]
            return {"s" if kind is set else "f": sorted(parts, key=_order)}
        if kind is bytes or kind is bytearray:
            return {"b" if kind is bytes else "a": value.hex()}  # type: ignore[attr-defined]
        if kind is complex:
            return {"c": [self.write(part, depth + 1) for part in (value.real, value.imag)]}  # type: ignore[attr-defined]
        raise ValueFormError(
            f"{kind.__name__} is not a plain value; the exact built-in types None, bool, int, float, complex, str, "
            "bytes, list, tuple, dict and set are"
        )

    def _integer(self, value: int) -> Tree:
        return value if value.bit_length() <= _PLAIN_BITS else {"i": hex(value)}


def _order(tree: Tree) -> str:
    return json.dumps(tree)


def _order_of_key(item: Tree) -> str:
    return _order(item[0] if isinstance(item, list) else item)


def _refused(text: str) -> NoReturn:
    raise ValueFormError(f"{text} is not JSON")


_DECODER = json.JSONDecoder(parse_constant=_refused)


def _nonfinite(inner: Any) -> float:
    if inner not in ("nan", "inf", "-inf"):
        raise ValueFormError("not a float")
    return float(inner)


def _hashed(values: list[Any]) -> list[Any]:
    """`values`, once it is sure that a set of them is built in linear time."""
    hashes = sorted(map(hash, values))
    if any(hashes[i] == hashes[i + _COLLISIONS] for i in range(len(hashes) - _COLLISIONS)):
        raise ValueFormError("parts of a set or a dict that share their hash")
    return values


def _items(inner: Any) -> dict[Any, Any]:
    pairs = [(_value(key), _value(value)) for key, value in inner]
    _hashed([key for key, _ in pairs])
    return dict(pairs)


def _parts(inner: Any) -> list[Any]:
    if not isinstance(inner, list):
        raise ValueFormError("not a list")
    return [_value(item) for item in inner]


_READERS: dict[str, Callable[[Any], object]] = {
    "t": lambda inner: tuple(_parts(inner)),
    "s": lambda inner: set(_hashed(_parts(inner))),
    "f": lambda inner: frozenset(_hashed(_parts(inner))),
    "d": _items,
    "b": bytes.fromhex,
    "a": bytearray.fromhex,
    "i": lambda inner: int(inner, 16),
    "r": _nonfinite,
    "c": lambda inner: complex(*_parts(inner)),
}
