"""Reads sums, products and quotients of numbers, at most linear in x: exactly, in bounded time, never evaluated.

Accepted: whole numbers (commas between groups of three), decimals, ``+ - * /``, round brackets, ``x``, and products
without a sign (``3x``, ``2(x+1)``); ``×``, ``·``, ``÷``, ``\\frac{a}{b}`` and Unicode minus signs read as these.
"""

import re
from collections.abc import Iterable, Sequence
from fractions import Fraction
from functools import lru_cache
from typing import NamedTuple

from synthgym.parsing import unwrap

MAX_LINE = 200
"""Characters of a step that is read; a longer one says nothing."""
_TOKENS = 100
_DEPTH = 8
_TOKEN = re.compile(
    r"\s*(?:(?P<number>[1-9]\d{0,2}(?:,\d{3})+(?![\d,])|\d{1,30}(?:\.\d{1,30})?)|(?P<mark>[x()+*/-]))",
    re.ASCII,
)
_PLAIN = "0123456789+-"
_PLAIN_LINE = f"{_PLAIN}="
_PLAIN_SUM = re.compile(r"[+-]{0,2}\d{1,30}(?:[+-]{1,2}\d{1,30})*", re.ASCII)
_SIGNED = re.compile(r"([+-]*)(\d+)", re.ASCII)
_OF_LABELS = re.compile(r"[?!;_\"'#%&@~|^]")
"""What an ASCII line may have in a label, which ends with a colon, and nowhere else."""
_STRAY = re.compile(r"[^\x80-\U0010ffff\s\dx=()+*/.,-]", re.ASCII)
"""A character that no expression has; of those beyond ASCII, the reader finds out itself."""
_LABELS = 3  # "Therefore: step 2: => ..." is as far as it goes
_LABEL = re.compile(
    r"(?:(?=[^=:]*[^\W\d_]{2})[^=:]*:\**|(?:step\s*)?\(?\d{1,2}[.)](?=\s)|[*•](?=\s)|=>|->|⇒|→|∴)\s*",
    re.IGNORECASE,
)
_FRACTION = re.compile(r"\\[dt]?frac\{([^{}]*)\}\{([^{}]*)\}")
_SIGNS = str.maketrans({"×": "*", "·": "*", "⋅": "*", "∙": "*", "÷": "/", "X": "x"})
_COMMANDS = (("\\times", "*"), ("\\cdot", "*"), ("\\div", "/"), ("\\left", ""), ("\\right", ""))


Number = int | Fraction


class Term(NamedTuple):
    """One summand.

    Attributes:
        value: the number, or the coefficient of x.
        denominator: as written, which ``2/4`` tells from ``1/2``; 0 for a decimal, which has none.
        work: operations still to do inside it: 1 for a product or a bracket round a sum, 2 for a fraction bar.
    """

    value: Number
    x: bool = False
    denominator: int = 1
    work: int = 0


_X = Term(1, x=True)
_Terms = tuple[Term, ...]


def read_line(line: str) -> list[_Terms] | None:
    """The expressions that a step sets equal to one another, or None if it says anything else.

    A label (``Step 2:``, ``So we get:``, ``1.``, ``=>``), a leading ``=`` and the wrapping that `unwrap` knows are
    left out.
    """
    parts = _read_line(line) if len(line) <= MAX_LINE else None
    return None if parts is None else list(parts)


@lru_cache(maxsize=4096)
def _read_line(line: str) -> tuple[_Terms, ...] | None:
    text = line
    if line.strip(_PLAIN_LINE):  # there is more than digits and signs
        if line.isascii() and ":" not in line and _OF_LABELS.search(line):
            return None
        text = _bare(line)
        if _STRAY.search(text):
            return None
    read = [_read_expression(part) for part in text.removeprefix("=").split("=")]
    known = tuple([terms for terms in read if terms is not None])
    return known if len(known) == len(read) else None


def _bare(line: str) -> str:
    """`line` without labels and wrapping, its signs ASCII."""
    text = unwrap(line)
    for _ in range(_LABELS):
        label = _LABEL.match(text)
        if not label:
            break
        text = unwrap(text[label.end() :])
    text = text.translate(_SIGNS)
    if "\\" in text:
        text = _FRACTION.sub(r"(\1)/(\2)", text)
        for command, sign in _COMMANDS:
            text = text.replace(command, sign)
    return text


def total(terms: Iterable[Term], *, x: bool = False) -> Number:
    """The sum of the numbers, or of the coefficients of x."""
    return sum([term.value for term in terms if term.x == x])


def spaced(expression: str) -> str:
    """``3x+2=-11`` as ``3x + 2 = -11``."""
    return re.sub(r"(?<=[\dx)])([-+*=])", r" \1 ", expression)


def _read_expression(text: str) -> _Terms | None:
    if len(text) <= _TOKENS and not text.strip(_PLAIN):  # the reader's result, sooner
        return _plain_sum(text)
    try:
        reader = _Reader(_tokens(text))
        terms = reader.sum(0)
    except (_UnreadableError, ZeroDivisionError):
        return None
    return tuple(terms) if reader.next() == "" else None


def _plain_sum(text: str) -> _Terms | None:
    """The terms of a sum of whole numbers, each with one sign of its own at most; None if it is none."""
    if not _PLAIN_SUM.fullmatch(text):
        return None
    signed = _SIGNED.findall(text)
    return tuple(
        [Term(-int(digits) if signs in ("-", "+-", "-+") else int(digits)) for signs, digits in signed]
    )


class _UnreadableError(ValueError):
    """The text is no expression."""


def _tokens(text: str) -> list[str]:
    tokens: list[str] = []
    at, text = 0, text.rstrip()
    while at < len(text):
        match = _TOKEN.match(text, at)
        if not match or len(tokens) == _TOKENS:
            raise _UnreadableError(text)
        tokens.append(match["mark"] or match["number"].replace(",", ""))
        at = match.end()
    return tokens


class _Reader:
    """Recursive descent over tokens; brackets nest at most `_DEPTH` deep."""

    def __init__(self, tokens: Sequence[str]) -> None:
        self.tokens, self.at = tokens, 0

    def next(self) -> str:
        return self.tokens[self.at] if self.at < len(self.tokens) else ""

    def take(self, *marks: str) -> str:
        """The next token, consumed, if it is one of `marks`."""
        found = self.next()
        if found not in marks:
            return ""
        self.at += 1
        return found

    def sum(self, depth: int) -> list[Term]:
        terms: list[Term] = []
        sign = self.take("+", "-") or "+"
        while sign:
            product = self.product(depth)
            terms += _scaled(product, -1) if sign == "-" else product
            sign = self.take("+", "-")
        return terms

    def product(self, depth: int) -> list[Term]:
        left = self.factor(depth)
        while True:
            if self.take("/"):
                left = _quotient(left, self.factor(depth))
            elif self.take("*") or self.next() in ("x", "("):
                left = _product(left, self.factor(depth))
            else:
                return left

    def factor(self, depth: int) -> list[Term]:
        sign = -1 if self.take("+", "-") == "-" else 1
        token = self.next()
        self.at += 1
        if token == "x":
            return [Term(sign, x=True)]
        if "." in token:
            return [Term(sign * Fraction(token), denominator=0)]
        if token.isdigit():
            return [Term(sign * int(token))]
        if token != "(" or depth == _DEPTH:
            raise _UnreadableError(token)
        inner = self.sum(depth + 1)
        if not self.take(")"):
            raise _UnreadableError(token)
        return _scaled(inner, sign, work=int(len(inner) > 1))


def _scaled(terms: Sequence[Term], by: Number, *, over: int = 1, work: int = 0) -> list[Term]:
    scaled = [Term(term.value * by, term.x, term.denominator * over, term.work) for term in terms]
    if work:
        scaled[0] = scaled[0]._replace(work=scaled[0].work + work)
    return scaled


def _product(left: list[Term], right: list[Term]) -> list[Term]:
    if any(term.x for term in right) or (len(left) == 1 and not left[0].x):
        left, right = right, left
    by = _number(right)
    work = 0 if left == [_X] and len(right) == 1 else 1
    over = right[0].denominator if len(right) == 1 else by.denominator
    return _scaled(left, by, over=over, work=work + sum(term.work for term in right))


def _quotient(left: list[Term], right: list[Term]) -> list[Term]:
    by = Fraction(1) / _number(right)
    return _scaled(left, by, over=by.denominator, work=2 + sum(term.work for term in right))


def _number(terms: Sequence[Term]) -> Number:
    if any(term.x for term in terms):
        raise _UnreadableError("x times x")
    return total(terms)
