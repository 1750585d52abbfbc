"""The tree that plain text, LaTeX and Unicode spellings of an answer are read into.

`Expr` nodes are values; the others say how values are put together in an answer (a tuple, a relation, a set).
Sums, products and collections are flat, so that a long answer is wide and never deep.
"""

from dataclasses import dataclass
from fractions import Fraction
from typing import Literal, TypeAlias


@dataclass(frozen=True, slots=True)
class Num:
    """An exact rational number; a decimal is one, too."""

    value: Fraction


@dataclass(frozen=True, slots=True)
class Sym:
    """A variable: one letter, Greek names spelled out, with its subscript (``x``, ``alpha``, ``x_1``)."""

    name: str


@dataclass(frozen=True, slots=True)
class Const:
    """π, e, i or ∞."""

    name: Literal["pi", "e", "i", "inf"]


@dataclass(frozen=True, slots=True)
class Add:
    """A sum of two terms or more."""

    terms: tuple["Expr", ...]


@dataclass(frozen=True, slots=True)
class Mul:
    """A product of two factors or more; ``-x`` is ``Mul((Num(-1), x))``."""

    factors: tuple["Expr", ...]


@dataclass(frozen=True, slots=True)
class Div:
    """A quotient."""

    top: "Expr"
    bottom: "Expr"


@dataclass(frozen=True, slots=True)
class Pow:
    """A power."""

    base: "Expr"
    exponent: "Expr"


@dataclass(frozen=True, slots=True)
class Call:
    """A function that has a meaning of its own; `FUNCTIONS` lists the names and what they take."""

    name: str
    args: tuple["Expr", ...]


@dataclass(frozen=True, slots=True)
class Apply:
    """An unknown function at a point: ``f(x)``, ``f'(x)``, ``f^{-1}(x)``."""

    name: str
    args: tuple["Expr", ...]


@dataclass(frozen=True, slots=True)
class Bound:
    """An operator that binds a variable.

    Attributes:
        op: sum, product, integral, limit or derivative.
        body: what it is taken of.
        variable: the bound one; of a limit, what tends to `lower`.
        lower: the lower bound, or the point of a limit; None for an antiderivative or a derivative.
        upper: the upper bound; for a one-sided limit ``Num(1)`` (from above) or ``Num(-1)`` (from below); for a
            derivative its order.
    """

    op: Literal["sum", "product", "integral", "limit", "derivative"]
    body: "Expr"
    variable: Sym
    lower: "Expr | None" = None
    upper: "Expr | None" = None


@dataclass(frozen=True, slots=True)
class PlusMinus:
    """``±term``, or ``∓term`` when `flipped`; all signs of one answer turn together."""

    term: "Expr"
    flipped: bool = False


Expr: TypeAlias = Num | Sym | Const | Add | Mul | Div | Pow | Call | Apply | Bound | PlusMinus
"""A value."""


@dataclass(frozen=True, slots=True)
class Quantity:
    """A value with its unit (see `units`); of a percentage, whose unit is ``%``, the value is what stands before it."""

    value: Expr
    unit: str


@dataclass(frozen=True, slots=True)
class Items:
    """Several things side by side.

    Attributes:
        shape: ``list`` bare (no order), ``set`` in braces, ``tuple`` in round or angle brackets, ``bracket`` in
            square ones (an interval or a vector), ``half`` in one of each, ``ratio`` with colons.
        items: the things; `Dots` among them leaves some out.
        closed: of ``half`` and ``bracket``: whether the left and the right end belong to it.
    """

    shape: Literal["list", "set", "tuple", "bracket", "half", "ratio"]
    items: tuple["Node", ...]
    closed: tuple[bool, bool] = (False, False)


@dataclass(frozen=True, slots=True)
class Dots:
    """An ellipsis among items."""


@dataclass(frozen=True, slots=True)
class Relation:
    """A chain ``a < b <= c``: one sign fewer than sides. Signs: ``= != < <= > >=``."""

    sides: tuple["Node", ...]
    signs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Member:
    """``item ∈ home``."""

    item: "Node"
    home: "Node"


@dataclass(frozen=True, slots=True)
class SetOp:
    """Sets put together: ``union``, ``intersection`` or ``difference``."""

    op: Literal["union", "intersection", "difference"]
    parts: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class NamedSet:
    """ℝ, ℚ, ℤ, ℕ, ℂ by letter; ``""`` is the empty set."""

    name: str


@dataclass(frozen=True, slots=True)
class Builder:
    """``{item | condition}``."""

    item: "Node"
    condition: "Node"


@dataclass(frozen=True, slots=True)
class All:
    """Relations that hold together (``x > 1 and x < 2``), or an answer with its condition (``kπ, k ∈ ℤ``)."""

    parts: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Matrix:
    """A matrix by rows; a column vector has rows of one."""

    rows: tuple[tuple["Node", ...], ...]


@dataclass(frozen=True, slots=True)
class Text:
    """Words, folded to lower case; `raw` keeps the letters as they were written."""

    words: str
    raw: str


Node: TypeAlias = (
    Expr | Quantity | Items | Dots | Relation | Member | SetOp | NamedSet | Builder | All | Matrix | Text
)
"""Anything that an answer may be."""

EXPRS = (Num, Sym, Const, Add, Mul, Div, Pow, Call, Apply, Bound, PlusMinus)

FUNCTIONS: dict[str, int] = {
    **dict.fromkeys(("sin", "cos", "tan", "cot", "sec", "csc"), 1),
    **dict.fromkeys(("asin", "acos", "atan", "acot", "asec", "acsc"), 1),
    **dict.fromkeys(("sinh", "cosh", "tanh", "coth", "sech", "csch", "asinh", "acosh", "atanh"), 1),
    **dict.fromkeys(("exp", "ln", "abs", "floor", "ceil", "sign", "re", "im", "arg", "conj"), 1),
    "log": 2,
    "root": 2,
    "factorial": 1,
    "double_factorial": 1,
    "binomial": 2,
    "gamma": 1,
    "degree": 1,
    **dict.fromkeys(("gcd", "lcm", "min", "max", "mod"), -1),
}
"""Names of `Call` and how many arguments each takes (-1: two or more).

``log`` is (base, x); ``root`` is (index, x), the real root of a real number where there is one; ``binomial`` is (n, k);
``mod`` is (a, n), the remainder in [0, n).
"""

ZERO, ONE, MINUS_ONE, TWO = Num(Fraction(0)), Num(Fraction(1)), Num(Fraction(-1)), Num(Fraction(2))
PI, EULER, IMAGINARY, INFINITY = Const("pi"), Const("e"), Const("i"), Const("inf")
