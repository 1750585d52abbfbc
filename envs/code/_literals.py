"""Reads values and calls written as Python literals: whole numbers, texts, and lists of whole numbers.

A reader of our own, linear in the text and without recursion; nothing is evaluated.

    >>> read_arguments("[3, 1], k=2", ("x", "k"))
    ([3, 1], 2)
    >>> read_assertion("assert f(4) == 14", ("x",))
    ((4,), 14)
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from synthgym.envs.code._functions import ENTRY, Function
from synthgym.envs.code._operations import OutOfBounds, Value, bounded
from synthgym.facts import Fact, thaw

Arguments = tuple[Value, ...]
MOST_DIGITS = 40
"""Digits of a whole number; one of more is not read."""
_SPACE = re.compile(r"[ \t\f\r\n]*")
_NUMBER = re.compile(r"([+-]?)[ \t]*([0-9]+(?:_[0-9]+)*)(?![\w.])", re.ASCII)
_NAME = re.compile(r"([A-Za-z_]\w*)[ \t]*=(?!=)", re.ASCII)
_CALL = re.compile(rf"{ENTRY}[ \t]*\(")
_PLAIN = re.compile(r"[^\\\n\r'\"\0\ud800-\udfff]+")
_HEX = {"x": 2, "u": 4, "U": 8}
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "a": "\a", "b": "\b", "f": "\f", "v": "\v"}
_ESCAPES |= {mark: mark for mark in "\\'\""}
_OCTAL = re.compile(r"[0-7]{1,3}")


class _Unreadable(Exception):
    """The text is not what was looked for."""


def read_value(text: str) -> Value | None:
    """The value that all of `text` spells, or None."""
    reader = _Reader(text)
    try:
        value = reader.value()
        reader.end()
    except _Unreadable:
        return None
    return value


def read_arguments(text: str, names: Sequence[str]) -> Arguments | None:
    """The arguments that all of `text` spells, one for each of `names`, in their order; or None.

    Args:
        text: ``[3, 1], 2``, the same in brackets, or as a call ``f([3, 1], 2)``; each may be given by name, as ``k=2``.
    """
    reader = _Reader(text)
    try:
        reader.space()
        called = reader.takes(_CALL) or reader.takes("(")
        arguments = reader.arguments(names)
        if called:
            reader.expects(")")
        reader.end()
    except _Unreadable:
        return None
    return arguments


def read_assertion(line: str, names: Sequence[str]) -> tuple[Arguments, Value] | None:
    """The arguments and the value of ``assert f(ARGUMENTS) == VALUE``, with or without the word; or None."""
    reader = _Reader(line)
    try:
        reader.space()
        if reader.takes("assert"):
            reader.expects(" ")
            reader.space()
        if not reader.takes(_CALL):
            return None
        arguments = reader.arguments(names)
        reader.expects(")")
        reader.space()
        reader.expects("==")
        value = reader.value()
        reader.end()
    except _Unreadable:
        return None
    return arguments, value


def written(value: Value, *, compact: bool = False) -> str:
    """`value` as a literal that `read_value` reads back."""
    text = repr(value) if not isinstance(value, str) else _quoted(value)
    return text.replace(", ", ",") if compact and isinstance(value, list) else text


def written_arguments(args: Sequence[Value], *, compact: bool = False) -> str:
    """`args` as literals with commas between."""
    return ("," if compact else ", ").join(written(arg, compact=compact) for arg in args)


def fits(function: Function, args: Sequence[Value]) -> bool:
    """Whether `args`, one for each parameter, are of the right kinds and within the bounds."""
    kinds = {"int": int, "str": str, "list": list}
    try:
        return all(
            type(bounded(arg)) is kinds[kind]
            for arg, (_, kind) in zip(args, function.parameters, strict=True)
        )
    except OutOfBounds:
        return False


def value_of(fact: Fact) -> Value:
    """The value that was frozen.

    Raises:
        TypeError: if it is none.
    """
    if isinstance(fact, (int, str)):
        return fact
    items = thaw(fact)
    if isinstance(items, list) and all(isinstance(item, int) for item in items):
        return items
    raise TypeError(f"{fact!r} is no value")


def values_of(fact: Fact) -> Arguments:
    """The arguments that were frozen.

    Raises:
        TypeError: if they are none.
    """
    if not isinstance(fact, tuple):
        raise TypeError(f"{fact!r} is no list of arguments")
    return tuple(map(value_of, fact))


def _quoted(text: str) -> str:
    inner = "".join(c if " " <= c <= "~" and c not in '\\"' else _escaped(c) for c in text)
    return f'"{inner}"'


def _escaped(character: str) -> str:
    return f"\\{character}" if character in '\\"' else f"\\U{ord(character):08x}"


@dataclass(slots=True)
class _Reader:
    """A place in a text."""

    text: str
    at: int = 0

    def space(self) -> None:
        found = _SPACE.match(self.text, self.at)
        self.at = found.end() if found else self.at

    def takes(self, what: "str | re.Pattern[str]") -> bool:
        """Whether `what` stands here; if so it is read."""
        if isinstance(what, str):
            found = self.text.startswith(what, self.at)
            self.at += len(what) if found else 0
            return found
        match = what.match(self.text, self.at)
        self.at = match.end() if match else self.at
        return match is not None

    def expects(self, what: str) -> None:
        if not self.takes(what):
            raise _Unreadable

    def end(self) -> None:
        self.space()
        if self.at != len(self.text):
            raise _Unreadable

    def arguments(self, names: Sequence[str]) -> Arguments:
        """One for each of `names`, by place and then by name; a last comma may follow."""
        found: dict[str, Value] = {}
        named = False
        self.space()
        while len(found) < len(names):
            label = _NAME.match(self.text, self.at)
            named = named or label is not None
            name = label[1] if label else names[len(found)]
            if (named and label is None) or name in found or name not in names:
                raise _Unreadable
            self.at = label.end() if label else self.at
            found[name] = self.value()
            self.space()
            if not self.takes(","):
                break
            self.space()
        if len(found) < len(names):
            raise _Unreadable
        return tuple(found[name] for name in names)

    def value(self) -> Value:
        self.space()
        if self.takes("["):
            return self._list()
        quote = self.text[self.at : self.at + 1]
        if quote in ("'", '"'):
            self.at += 1
            return self._string(quote)
        return self._number()

    def _number(self) -> int:
        found = _NUMBER.match(self.text, self.at)
        if found is None:
            raise _Unreadable
        digits = found[2].replace("_", "")
        if len(digits) > MOST_DIGITS or (digits[0] == "0" and digits.strip("0")):
            raise _Unreadable
        self.at = found.end()
        return -int(digits) if found[1] == "-" else int(digits)

    def _list(self) -> list[int]:
        items: list[int] = []
        self.space()
        while not self.takes("]"):
            items.append(self._number())
            self.space()
            if not self.takes(","):
                self.expects("]")
                break
            self.space()
        return items

    def _string(self, quote: str) -> str:
        parts: list[str] = []
        while not self.takes(quote):
            plain = _PLAIN.match(self.text, self.at)
            if plain:
                parts.append(plain[0])
                self.at = plain.end()
            elif self.takes("\\"):
                parts.append(self._escape())
            else:
                mark = self.text[self.at : self.at + 1]
                if mark not in ("'", '"') or not mark:
                    raise _Unreadable
                parts.append(mark)
                self.at += 1
        return "".join(parts)

    def _escape(self) -> str:
        mark = self.text[self.at : self.at + 1]
        octal = _OCTAL.match(self.text, self.at)
        if octal:
            self.at = octal.end()
            return _character(int(octal[0], 8))
        self.at += 1
        if mark in _HEX:
            digits = self.text[self.at : self.at + _HEX[mark]]
            if len(digits) < _HEX[mark] or not re.fullmatch("[0-9a-fA-F]+", digits):
                raise _Unreadable
            self.at += _HEX[mark]
            return _character(int(digits, 16))
        if mark not in _ESCAPES:
            raise _Unreadable
        return _ESCAPES[mark]


def _character(code: int) -> str:
    if code > 0x10FFFF or 0xD800 <= code < 0xE000:
        raise _Unreadable
    return chr(code)
