"""Boolean expressions: reading them in any common spelling, and telling whether one follows from another."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

MAX_TEXT = 600
"""Characters of an expression that is read."""
_MAX_SYMBOLS = 64  # operators, and opening parentheses: bounds every recursion here
_TOKEN = re.compile(r"true|false|not|and|or|&&|\|\||/\\|\\/|\S", re.IGNORECASE)
_SYMBOLS = {
    **dict.fromkeys(("t", "true", "\u22a4"), "T"),
    **dict.fromkeys(("f", "false", "\u22a5"), "F"),
    **dict.fromkeys(("!", "~", "not", "\u00ac"), "!"),
    **dict.fromkeys(("&", "&&", "and", "\u2227", "/\\"), "&"),
    **dict.fromkeys(("|", "||", "or", "\u2228", "\\/"), "|"),
    "(": "(",
    ")": ")",
}


@dataclass(frozen=True, slots=True)
class Expression:
    """A node: `op` is "T" or "F" without parts, "!" with one, "&" or "|" with two."""

    op: str
    parts: tuple["Expression", ...] = ()


def read_expression(text: str) -> Expression | None:
    """The expression that all of `text` spells, or None. "!" binds closest, then "&", then "|"."""
    if len(text) > MAX_TEXT:
        return None
    tokens = [_SYMBOLS.get(token.lower(), "") for token in reversed(_TOKEN.findall(text))]
    if "" in tokens or sum(token in "!&|" for token in tokens) > _MAX_SYMBOLS:
        return None
    if tokens.count("(") > _MAX_SYMBOLS:
        return None
    whole = _read_chain(tokens, "|&")
    return None if tokens else whole


def value(expression: Expression) -> bool:
    """Whether `expression` is true."""
    if expression.op == "!":
        return not value(expression.parts[0])
    if expression.op in "&|":
        return (all if expression.op == "&" else any)(value(part) for part in expression.parts)
    return expression.op == "T"


def connectives(expression: Expression) -> int:
    """How many "&" and "|" there are."""
    return (expression.op in "&|") + sum(map(connectives, expression.parts))


def follows(last: Expression, line: Expression) -> bool:
    """Whether `line` is `last` with parts of it simplified, in one place or several apart, none inside another.

    At most half of the connectives, rounded up, may go at once: a value got from more could as well be guessed.
    """
    if line == last or connectives(line) < connectives(last) // 2:
        return False
    return _rewrites(last, line)


def _rewrites(last: Expression, line: Expression) -> bool:
    if line in _simpler(last):
        return True
    return last.op == line.op and all(map(_rewrites, last.parts, line.parts))


def _simpler(last: Expression) -> Iterator[Expression]:
    """`last` itself, its value, and what its outermost operation leaves if it drops a constant or two negations."""
    yield last
    yield Expression("T" if value(last) else "F")
    if last.op == "!" and last.parts[0].op == "!":
        yield last.parts[0].parts[0]
    if last.op in "&|":
        for constant, other in (last.parts, last.parts[::-1]):
            if connectives(constant) == 0 and value(constant) == (last.op == "&"):
                yield other


def _read_chain(tokens: list[str], levels: str) -> Expression | None:
    """What the end of the reversed `tokens` spells, joined by the connectives `levels`, loosest first."""
    if not levels:
        return _read_operand(tokens)
    left = _read_chain(tokens, levels[1:])
    while left is not None and tokens and tokens[-1] == levels[0]:
        tokens.pop()
        right = _read_chain(tokens, levels[1:])
        left = None if right is None else Expression(levels[0], (left, right))
    return left


def _read_operand(tokens: list[str]) -> Expression | None:
    token = tokens.pop() if tokens else ""
    if token == "!":
        negated = _read_operand(tokens)
        return None if negated is None else Expression("!", (negated,))
    if token == "(":
        inner = _read_chain(tokens, "|&")
        return inner if tokens and tokens.pop() == ")" else None
    return Expression(token) if token in ("T", "F") else None
