"""Numbers as they are written: what stands for itself, with nothing left to work out.

``42``, ``-0.75``, ``1,234``, ``5/6``, ``10/12``, ``\\frac{5}{6}``, ``3 1/2``, ``½``, ``0.\\overline{3}``,
``12.5%`` and ``3\\times10^8`` are written numbers; ``2+3``, ``2^3``, ``\\sqrt{4}`` and ``6/2/3`` are not: a
task that asks for a sum is not answered by the sum.
"""

import re
from dataclasses import dataclass
from fractions import Fraction

from synthgym.verifiers.equivalence.grammar import parse
from synthgym.verifiers.equivalence.lexer import TooMany, Unreadable
from synthgym.verifiers.equivalence.rational import read_rational
from synthgym.verifiers.equivalence.tree import MINUS_ONE, Div, Mul, Node, Num, Pow, Quantity
from synthgym.verifiers.equivalence.types import BOUNDS
from synthgym.verifiers.equivalence.unwrapping import prepared


@dataclass(frozen=True, slots=True)
class Written:
    """A number and the denominator it is written with: 1 for an integer, that of its value for a decimal."""

    value: Fraction
    denominator: int


def read_number(text: str) -> Fraction | None:
    """The rational number that all of `text` writes, or None. Never raises.

    Wrapping (``$...$``, ``\\text{...}``, a final full stop) is taken off.
    """
    value = read_rational(text)
    if value is not None:
        return value
    written = read_written(text)
    return None if written is None else written.value


def read_written(text: str) -> Written | None:
    """The rational number that all of `text` writes, with its denominator; or None. Never raises."""
    try:
        written = written_number(parse(prepared(text, BOUNDS), BOUNDS))
    except (TooMany, Unreadable, RecursionError):
        return None
    below = _UNDER.search(text) if written is not None and written.value.denominator > 1 else None
    if written is None or below is None or (written.value * int(below[1])).denominator > 1:
        return written
    return Written(written.value, int(below[1]))


_UNDER = re.compile(r"(?:/\s*|\}\s*\{\s*)([0-9]{1,30})[\s}$.]*$")
"""The denominator of a mixed number, which is read as one number."""


def written_number(node: Node) -> Written | None:
    """The number that `node` writes; None if it is anything to be worked out."""
    if isinstance(node, Num):
        return Written(node.value, node.value.denominator)
    if isinstance(node, Quantity) and node.unit == "%":
        inner = written_number(node.value)
        return None if inner is None else Written(inner.value / 100, (inner.value / 100).denominator)
    if isinstance(node, Mul) and len(node.factors) == 2:
        return _product(*node.factors)
    if isinstance(node, Div):
        top, bottom = _integer(node.top), _integer(node.bottom)
        return Written(Fraction(top, bottom), abs(bottom)) if top is not None and bottom else None
    return None


def _product(left: Node, right: Node) -> Written | None:
    inner = written_number(right)
    if left == MINUS_ONE and inner is not None:
        return Written(-inner.value, inner.denominator)
    if isinstance(left, Num) and isinstance(right, Pow) and right.base == Num(Fraction(10)):
        exponent = _integer(right.exponent)
        if exponent is not None and abs(exponent) <= 1_000:
            value = left.value * Fraction(10) ** exponent
            return Written(value, value.denominator)
    return None


def _integer(node: Node) -> int | None:
    return node.value.numerator if isinstance(node, Num) and node.value.denominator == 1 else None
