"""A language in words: a short form for the compact template, English for the natural one."""

from synthgym.envs.code._regex_language import Either, Node, OneOf, Repeat, Sequence, Text

_SPANS = {"0": "digit", "a": "lower", "A": "upper"}
_SPANS_IN_FULL = {
    "digit": "one digit 0-9",
    "lower": "one lower-case letter a-z",
    "upper": "one upper-case letter A-Z",
}


def compact(node: Node) -> str:
    """As in ``any a, 2 (b or cd)``."""
    match node:
        case Text(text):
            return text if text.isalpha() else f"'{text}'"
        case OneOf(chars, span):
            return _SPANS[chars[0]] if span else "/".join(chars)
        case Sequence(parts):
            return ", ".join(f"({compact(p)})" if isinstance(p, Either) else compact(p) for p in parts)
        case Either(options):
            return " or ".join(f"({compact(o)})" if isinstance(o, Sequence) else compact(o) for o in options)
        case Repeat(part, low, high):
            inner = f"({compact(part)})" if isinstance(part, Sequence | Either | Repeat) else compact(part)
            return f"{_short_count(low, high)} {inner}"


def english(node: Node) -> str:
    """As in ``"a" repeated any number of times (also none), then exactly 2 times (either "b" or "cd")``."""
    match node:
        case Text(text):
            return f'"{text}"'
        case OneOf(chars, span):
            if span:
                return _SPANS_IN_FULL[_SPANS[chars[0]]]
            quoted = [f'"{char}"' for char in chars]
            return f"one of {', '.join(quoted[:-1])} or {quoted[-1]}"
        case Sequence(parts):
            return ", then ".join(f"({english(p)})" if isinstance(p, Either) else english(p) for p in parts)
        case Either(options):
            said = [f"({english(o)})" if isinstance(o, Sequence) else english(o) for o in options]
            return f"either {' or '.join(said)}"
        case Repeat(part, low, high):
            plain = isinstance(part, Text | OneOf)
            return f"{_count_in_full(low, high)} {english(part) if plain else f'({english(part)})'}"


def _short_count(low: int, high: int | None) -> str:
    named = {(0, None): "any", (1, None): "some", (0, 1): "maybe"}
    if (low, high) in named:
        return named[low, high]
    if low == high:
        return str(low)
    return f"{low}+" if high is None else f"{low}-{high}"


def _count_in_full(low: int, high: int | None) -> str:
    named = {(0, None): "zero or more times", (1, None): "one or more times", (0, 1): "at most once"}
    if (low, high) in named:
        return named[low, high]
    if low == high:
        return f"exactly {low} times"
    return f"{low} or more times" if high is None else f"{low} to {high} times"
