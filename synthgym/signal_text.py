"""Signals as text: ``binary+magic_token(strength=0.3,token="?")+null~shuffled``.

A setting's text is read by the type of its field: a number, True or False, a text (in quotes, as in JSON, or bare where
it holds no sign of this grammar), or a tuple of them in parentheses. Nothing is evaluated.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import MISSING, Field, fields
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from synthgym.errors import SettingError, shown, suggestion

_OPEN, _CLOSE, _QUOTES = "([", ")]", "\"'"
_WHOLE = re.compile(r"[+-]?[0-9]{1,400}")
_KINDS = {str: "a text", float: "a number", int: "a whole number", bool: "True or False", tuple: "a tuple"}


def split(text: str, mark: str, *, inside: bool = False) -> list[str]:
    """`text` cut at each `mark` that stands outside of parentheses, brackets and the quotes in them.

    Args:
        inside: `text` itself stands in parentheses, so that quotes count in it.

    Raises:
        SettingError: if something that is opened is not closed, or the other way round.
    """
    parts, start, depth, quote, skipped = list[str](), 0, 0, "", False
    for place, sign in enumerate(text):
        if quote:
            quote = "" if sign == quote and not skipped else quote
            skipped = sign == "\\" and not skipped
        elif (depth or inside) and sign in _QUOTES:
            quote = sign
        elif sign in _OPEN:
            depth += 1
        elif sign in _CLOSE:
            depth -= 1
            if depth < 0:
                raise SettingError(f"{shown(text)} closes {sign!r} at character {place} without opening it")
        elif sign == mark and not depth:
            parts.append(text[start:place])
            start = place + 1
    if quote or depth:
        raise SettingError(
            f"{shown(text)} does not close {'a quote' if quote else 'a parenthesis'} that it opens"
        )
    return [*parts, text[start:]]


def read_call(text: str) -> tuple[str, dict[str, str]]:
    """The name and the settings of ``name`` or ``name(setting=value,...)``, each value as its text.

    Raises:
        SettingError: if it is neither.
    """
    name, opened, inside = text.partition("(")
    if not opened:
        return name, {}
    if not inside.endswith(")"):
        raise SettingError(f"{shown(text)} goes on after its settings; a shortcut is name(setting=value,...)")
    given: dict[str, str] = {}
    for part in split(inside[:-1], ",", inside=True) if inside[:-1].strip() else []:
        key, equals, value = part.partition("=")
        key = key.strip()
        if not equals or not key:
            raise SettingError(f"{shown(text)}: {shown(part.strip())} is no setting; write setting=value")
        if key in given:
            raise SettingError(f"{shown(text)} gives {key} twice")
        given[key] = value.strip()
    return name, given


def read_settings(kind: type[Any], name: str, given: Mapping[str, str]) -> dict[str, object]:
    """The settings of the dataclass `kind`, which errors call `name`, from their texts.

    Raises:
        SettingError: for a setting that it does not have, or a text of another type; it says what would be right.
    """
    known = [field.name for field in fields(kind) if field.init]
    for key in given:
        if key not in known:
            raise SettingError(f"{name} has no setting {shown(key)}{suggestion(key, known)}")
    hints = get_type_hints(kind) if given else {}
    settings: dict[str, object] = {}
    for key, text in given.items():
        try:
            settings[key] = _read(text, hints[key])
        except ValueError as error:
            raise SettingError(f"{name}: {key}={shown(text)} is not {error}") from None
    return settings


def written(name: str, thing: Any) -> str:
    """``name``, or ``name(setting=value,...)`` with those settings of a dataclass that are not its defaults.

    A setting that is neither number nor text, truth value, None or a tuple of them is left out.
    """
    texts = [
        (field.name, _written(getattr(thing, field.name))) for field in fields(thing) if _is_set(field, thing)
    ]
    inside = ",".join(f"{key}={text}" for key, text in texts if text is not None)
    return f"{name}({inside})" if inside else name


def _is_set(field: "Field[Any]", thing: Any) -> bool:
    value = getattr(thing, field.name)
    default = field.default if field.default_factory is MISSING else field.default_factory()
    return field.init and (type(value) is not type(default) or bool(value != default))


def _written(value: object) -> str | None:
    if value is None or isinstance(value, bool):
        return str(value)
    if isinstance(value, int):
        return str(int(value))
    if isinstance(value, float):
        return repr(float(value))
    if isinstance(value, str):
        quoted = json.dumps(str(value))
        # Signs at which a label is cut, or which a file's name cannot hold.
        return "".join(f"\\u{ord(sign):04x}" if sign in "+~/" else sign for sign in quoted)
    if isinstance(value, tuple):
        parts = [_written(part) for part in value]
        return None if None in parts else f"({','.join(map(str, parts))})"
    return None


def _read(text: str, hint: Any) -> object:
    """Raises:
    ValueError: with what would be right, if `text` is not of the type.
    """
    origin, inner = get_origin(hint), get_args(hint)
    if origin in (Union, UnionType):
        return _read_one_of(text, inner)
    if origin is Literal:
        return _read(text, type(inner[0]))
    if (origin or hint) is tuple:
        return _read_tuple(text, inner[0] if inner else str)
    if hint is bool:
        return _read_bool(text)
    if hint is int:
        if _WHOLE.fullmatch(text):
            return int(text)
        raise ValueError(_KINDS[int])
    if hint is float:
        try:
            return float(text)
        except ValueError:
            raise ValueError(_KINDS[float]) from None
    if hint in (str, Any, object):
        return _read_text(text)
    raise ValueError(f"a {getattr(hint, '__name__', hint)}, which no text says; make the Signal in Python")


def _read_one_of(text: str, hints: tuple[Any, ...]) -> object:
    if type(None) in hints and text in ("None", "none", "null"):
        return None
    said = []
    for hint in hints:
        if hint is not type(None):
            try:
                return _read(text, hint)
            except ValueError as error:
                said.append(str(error))
    raise ValueError(" or ".join(said))


def _read_bool(text: str) -> bool:
    if text.lower() not in ("true", "false"):
        raise ValueError(_KINDS[bool])
    return text.lower() == "true"


def _read_tuple(text: str, hint: Any) -> tuple[object, ...]:
    if not (text[:1] in _OPEN and text[-1:] in _CLOSE and len(text) > 1):
        raise ValueError(f"{_KINDS[tuple]} such as (a,b)")
    parts = [part.strip() for part in split(text[1:-1], ",", inside=True)]
    return tuple(_read(part, hint) for part in (parts[:-1] if parts[-1] == "" else parts))


def _read_text(text: str) -> str:
    quote = text[:1]
    if not quote or quote not in _QUOTES:
        return text
    body = text[1:-1]
    if quote == "'":
        body = re.sub(
            r"\\.|\"", lambda sign: {"\\'": "'", '"': '\\"'}.get(sign[0], sign[0]), body, flags=re.DOTALL
        )
    try:
        read = json.loads(f'"{body}"', strict=False)
    except ValueError:
        raise ValueError(f"{_KINDS[str]} in quotes as JSON has it") from None
    if len(text) < 2 or text[-1] != quote or not isinstance(read, str):
        raise ValueError(f"{_KINDS[str]} in quotes as JSON has it")
    return read
