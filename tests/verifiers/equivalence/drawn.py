"""Pairs of answers drawn at random, each built in sympy from its numbers, never from its text.

A value is drawn with several spellings and several others that it must not be taken for. Sympy says which of them are
equal; where it has no such object (units, bases, letters) the label stands alone.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import drawn_forms as forms
import numpy as np
import pytest

S = pytest.importorskip("sympy")


signed = forms.signed


@dataclass(frozen=True, kw_only=True)
class Made:
    """A value: its spellings, its sympy object, and others that it must not be taken for.

    Attributes:
        value: by which sympy compares; None where it has no such thing (units, letters), and the labels stand alone.
        wrong: spellings of other values, with their sympy objects.
    """

    value: Any
    spellings: Sequence[str]
    wrong: Sequence[tuple[str, Any]] = field(default=())


class Draw:
    """Random integers and choices from one generator."""

    def __init__(self, seed: int) -> None:
        self.rng = np.random.default_rng(seed)

    def __call__(self, low: int, high: int) -> int:
        return int(self.rng.integers(low, high + 1))

    def pick(self, choices: Sequence[Any]) -> Any:
        return choices[self(0, len(choices) - 1)]

    def nonzero(self, most: int) -> int:
        return self(1, most) * (1 if self(0, 1) else -1)

    def square_free(self) -> int:
        return int(self.pick((2, 3, 5, 6, 7, 10, 11, 13, 14, 15, 17, 19)))


def rational(value: Fraction) -> Any:
    return S.Rational(value.numerator, value.denominator)


def grouped(value: int, separator: str) -> str:
    return f"{value:,}".replace(",", separator)


# Numbers.


def integer(draw: Draw) -> Made:
    value = draw.nonzero(10 ** draw(1, 4))
    near = (value + 1, value - 1, -value, 10 * value, value + 2)
    return Made(
        value=S.Integer(value),
        spellings=(
            f"{value}",
            f"{value}.0",
            f"({value})",
            f"x={value}",
            rf"\text{{{value}}}",
            f"${value}$",
            rf"\frac{{{3 * value}}}{{3}}",
            f"{value - 7}+7",
            f"{value}.",
            rf"\boxed{{{value}}}",
        ),
        wrong=[(f"{other}", S.Integer(other)) for other in near]
        + [
            (f"{value}.5", S.Integer(value) * 2),
            (f"{value},{value + 1}", None),
            (f"{value} or {value + 1}", None),
        ],
    )


def big_integer(draw: Draw) -> Made:
    digits = draw(18, 60)
    value = int("".join(str(draw(1, 9)) for _ in range(digits)))
    place = 10 ** draw(0, digits - 1)
    return Made(
        value=S.Integer(value),
        spellings=(
            f"{value}",
            grouped(value, ","),
            grouped(value, r"\,"),
            grouped(value, "{,}"),
            f"{value}.0",
        ),
        wrong=[
            (f"{other}", S.Integer(other)) for other in (value + 1, value - 1, value + place, value // 10)
        ],
    )


def thousands(draw: Draw) -> Made:
    value = draw(1_000, 9_999_999)
    return Made(
        value=S.Integer(value),
        spellings=(
            f"{value}",
            grouped(value, ","),
            grouped(value, r"\,"),
            grouped(value, "{,}"),
            grouped(value, " "),
            grouped(value, r",\!"),
            grouped(value, "\u202f"),
        ),
        wrong=[
            (grouped(value + 1, ","), S.Integer(value + 1)),
            (grouped(value + 1_000, " "), S.Integer(value + 1_000)),
        ],
    )


def fraction(draw: Draw) -> Made:
    value = Fraction(draw.nonzero(99), draw(2, 60))
    value = value if value.denominator > 1 else value + Fraction(1, 3)
    top, bottom, sign = abs(value.numerator), value.denominator, "-" if value < 0 else ""
    others = (
        value + Fraction(1, bottom),
        1 / value if value * value != 1 else value + 1,
        -value,
        value + Fraction(1, 10**9),
    )
    return Made(
        value=rational(value),
        spellings=(
            rf"{sign}\frac{{{top}}}{{{bottom}}}",
            f"{sign}{top}/{bottom}",
            rf"{sign}\dfrac{{{top}}}{{{bottom}}}",
            rf"\frac{{{sign}{2 * top}}}{{{2 * bottom}}}",
            rf"{sign}{top} \div {bottom}",
            rf"{sign}{{{top} \over {bottom}}}",
            rf"{sign}{top}\cdot\frac{{1}}{{{bottom}}}",
            rf"{sign}{top}·{bottom}^{{-1}}",
            rf"{sign}{top}⁄{bottom}",
        ),
        wrong=[(f"{other.numerator}/{other.denominator}", rational(other)) for other in others],
    )


def mixed(draw: Draw) -> Made:
    bottom, whole = draw(2, 12), draw(1, 20)
    top = draw(1, bottom - 1)
    value = whole + Fraction(top, bottom)
    return Made(
        value=rational(value),
        spellings=(
            rf"{whole}\frac{{{top}}}{{{bottom}}}",
            f"{whole} {top}/{bottom}",
            f"{whole}+{top}/{bottom}",
            rf"{whole}\dfrac{{{top}}}{{{bottom}}}",
            f"{value.numerator}/{value.denominator}",
            rf"{whole}\,\frac{{{top}}}{{{bottom}}}",
        ),
        wrong=[
            (rf"{whole + 1}\frac{{{top}}}{{{bottom}}}", rational(value + 1)),
            (f"{whole * top}/{bottom}", rational(Fraction(whole * top, bottom))),
            (f"{whole}{top}/{bottom}", rational(Fraction(int(f"{whole}{top}"), bottom))),
        ],
    )


def decimal(draw: Draw) -> Made:
    places = draw(1, 6)
    units = draw.nonzero(10 ** (places + 1))
    value = Fraction(units, 10**places)
    sign, digits = "-" if units < 0 else "", f"{abs(units):0{places + 1}d}"
    text = f"{sign}{digits[:-places]}.{digits[-places:]}"
    other = f"{sign}{digits[:-places]}.{digits[-places:]}1"
    return Made(
        value=rational(value),
        spellings=(
            text,
            text + "0",
            rf"\frac{{{units}}}{{{10**places}}}",
            f"{value.numerator}/{value.denominator}",
            rf"{units}\times 10^{{-{places}}}",
            f"{units}e-{places}",
            text.replace("0.", ".") if digits[:-places] == "0" else text,
        ),
        wrong=[
            (other, rational(Fraction(int(f"{units}1"), 10 ** (places + 1)))),
            (text + "000000001", value + Fraction(1, 10**20)),
            (f"{units}", S.Integer(units)),
            (f"{units}e-{places + 1}", rational(value / 10)),
        ],
    )


def repeating(draw: Draw) -> Made:
    period = f"{draw(1, 999)}"
    lead = f"{draw(1, 99)}" if draw(0, 1) else ""
    value = Fraction(int(lead + period) - int(lead or 0), 10 ** len(lead) * (10 ** len(period) - 1))
    top, bottom = value.numerator, value.denominator
    return Made(
        value=rational(value),
        spellings=(
            rf"0.{lead}\overline{{{period}}}",
            f"0.{lead}({period})",
            rf"\frac{{{top}}}{{{bottom}}}",
            f"{top}/{bottom}",
            rf"0.{lead}\bar{{{period}}}",
            rf"0.{lead}{period}\overline{{{period}}}",
        ),
        wrong=[
            (f"0.{lead}{period}", rational(Fraction(int(lead + period), 10 ** len(lead + period)))),
            (
                f"0.{lead}{period * 5}",
                rational(Fraction(int(lead + period * 5), 10 ** len(lead + period * 5))),
            ),
            (f"{top + 1}/{bottom}", rational(value + Fraction(1, bottom))),
        ],
    )


def percent(draw: Draw) -> Made:
    value = draw(1, 399)
    share = Fraction(value, 100)
    return Made(
        value=rational(share),
        spellings=(
            rf"{value}\%",
            f"{value}%",
            f"{value} percent",
            f"{value} \\%",
            rf"\frac{{{value}}}{{100}}",
            f"{float(share)}",
        ),
        wrong=[
            (f"{value + 1}%", rational(share + Fraction(1, 100))),
            (f"{value}.5%", rational(share * 2)),
            (f"{float(share / 10)}", rational(share / 10)),
        ],
    )


def scientific(draw: Draw) -> Made:
    lead, exponent = draw(11, 99), draw(-12, 20)
    text = f"{lead / 10}"
    value = Fraction(lead, 10) * Fraction(10) ** exponent
    return Made(
        value=rational(value),
        spellings=(
            rf"{text}\times 10^{{{exponent}}}",
            rf"{text}\cdot 10^{{{exponent}}}",
            f"{text}e{exponent}",
            f"{text}*10^({exponent})",
            f"{text}E{exponent:+d}",
            rf"{lead}\times 10^{{{exponent - 1}}}",
            f"{text}*10**({exponent})",
        ),
        wrong=[
            (rf"{text}\times 10^{{{exponent + 1}}}", rational(value * 10)),
            (rf"-{text}\times 10^{{{exponent}}}", rational(-value)),
            (
                rf"{text}1\times 10^{{{exponent}}}",
                rational(Fraction(int(f"{lead}1"), 100) * Fraction(10) ** exponent),
            ),
            ("0", S.Integer(0)),
        ],
    )


def radical(draw: Draw) -> Made:
    k, r = draw(2, 15), draw.square_free()
    return Made(
        value=k * S.sqrt(r),
        spellings=(
            rf"{k}\sqrt{{{r}}}",
            rf"\sqrt{{{k * k * r}}}",
            f"{k}√{r}",
            f"{k}*sqrt({r})",
            rf"\frac{{{k * r}}}{{\sqrt{{{r}}}}}",
            rf"{k}\cdot {r}^{{1/2}}",
            rf"{k}\cdot {r}^{{0.5}}",
            rf"\sqrt{{{r}}}\cdot {k}",
            rf"{k}\sqrt {{{r}}}",
        ),
        wrong=[
            (rf"\sqrt{{{k * r}}}", S.sqrt(k * r)),
            (rf"{k}\sqrt{{{r + 1}}}", k * S.sqrt(r + 1)),
            (rf"-{k}\sqrt{{{r}}}", -k * S.sqrt(r)),
            (rf"{k}\sqrt[3]{{{r}}}", k * S.root(r, 3)),
            (f"{round(k * r**0.5, 3)}", rational(Fraction(round(k * r**0.5, 3)))),
            (f"{k * r**0.5:.7f}", rational(Fraction(f"{k * r**0.5:.7f}"))),
        ],
    )


def root_of_quadratic(draw: Draw) -> Made:
    a, b, r = draw.nonzero(9), draw(2, 9), draw.square_free()
    return Made(
        value=(a + S.sqrt(r)) / b,
        spellings=(
            rf"\frac{{{a}+\sqrt{{{r}}}}}{{{b}}}",
            rf"\frac{{{a}}}{{{b}}}+\frac{{\sqrt{{{r}}}}}{{{b}}}",
            f"({a}+√{r})/{b}",
            f"({a}+sqrt({r}))/{b}",
            rf"\frac{{\sqrt{{{r}}}{signed(a)}}}{{{b}}}",
            rf"\frac{{{a * a - r}}}{{{b}({a}-\sqrt{{{r}}})}}",
        ),
        wrong=[
            (rf"\frac{{{a}-\sqrt{{{r}}}}}{{{b}}}", (a - S.sqrt(r)) / b),
            (rf"{a}+\frac{{\sqrt{{{r}}}}}{{{b}}}", a + S.sqrt(r) / b),
            (rf"\frac{{{a}\pm\sqrt{{{r}}}}}{{{b}}}", None),
        ],
    )


def nested_radical(draw: Draw) -> Made:
    a, r = draw(1, 9), draw.square_free()
    return Made(
        value=a + S.sqrt(r),
        spellings=(
            rf"{a}+\sqrt{{{r}}}",
            rf"\sqrt{{{a * a + r}+{2 * a}\sqrt{{{r}}}}}",
            f"sqrt({a * a + r}+{2 * a}*sqrt({r}))",
        ),
        wrong=[
            (rf"\sqrt{{{a * a + r + 1}+{2 * a}\sqrt{{{r}}}}}", S.sqrt(a * a + r + 1 + 2 * a * S.sqrt(r))),
            (rf"\sqrt{{{a * a + r}}}", S.sqrt(a * a + r)),
        ],
    )


def power(draw: Draw) -> Made:
    base, exponent = draw(2, 9), draw(5, 60)
    value = S.Integer(base) ** exponent
    return Made(
        value=value,
        spellings=(
            f"{base}^{{{exponent}}}",
            f"{base}**{exponent}",
            f"{base**exponent}",
            rf"{base}\cdot {base}^{{{exponent - 1}}}",
            rf"\frac{{{base}^{{{exponent + 2}}}}}{{{base * base}}}",
        ),
        wrong=[
            (f"{base}^{{{exponent + 1}}}", value * base),
            (f"{base**exponent + 1}", value + 1),
            (f"{exponent}^{{{base}}}", S.Integer(exponent) ** base),
            (f"{base}^{{-{exponent}}}", 1 / value),
        ],
    )


def tiny_power(draw: Draw) -> Made:
    base, exponent = draw(2, 9), draw(12, 80)
    value = S.Rational(1, base**exponent)
    return Made(
        value=value,
        spellings=(
            rf"\frac{{1}}{{{base}^{{{exponent}}}}}",
            f"{base}^{{-{exponent}}}",
            f"1/{base}^{exponent}",
            rf"\left(\frac{{1}}{{{base}}}\right)^{{{exponent}}}",
        ),
        wrong=[
            (rf"\frac{{1}}{{{base}^{{{exponent - 1}}}}}", value * base),
            ("0", S.Integer(0)),
            (f"-{base}^{{-{exponent}}}", -value),
        ],
    )


def constant(draw: Draw) -> Made:
    p, q = draw.nonzero(11), draw(2, 12)
    ratio = S.Rational(p, q)
    symbol, value, plain = draw.pick(((r"\pi", S.pi, "π"), ("e", S.E, "e")))
    return Made(
        value=ratio * value,
        spellings=(
            rf"\frac{{{p}{symbol}}}{{{q}}}",
            rf"\frac{{{p}}}{{{q}}}{symbol}",
            f"{p}{plain}/{q}",
            rf"{p}{symbol}/{q}",
            rf"{symbol}\cdot\frac{{{p}}}{{{q}}}",
            *((f"{p}*pi/{q}",) if plain == "π" else ()),
        ),
        wrong=[
            (rf"\frac{{{p}{symbol}}}{{{q + 1}}}", S.Rational(p, q + 1) * value),
            (rf"\frac{{{p}}}{{{q}{symbol}}}", ratio / value),
            (rf"\frac{{{p}}}{{{q}}}", ratio),
            (rf"{float(ratio * value):.8f}", rational(Fraction(f"{float(ratio * value):.8f}"))),
        ],
    )


def complex_number(draw: Draw) -> Made:
    a, b = draw.nonzero(12), draw.nonzero(12)
    value = a + b * S.I
    wrong = [(f"{c}{signed(d)}i", c + d * S.I) for c, d in ((a, -b), (-a, b), (b, a)) if (c, d) != (a, b)]
    return Made(
        value=value,
        spellings=(
            f"{a}{signed(b)}i",
            f"{b}i{signed(a)}",
            f"{a} {'+' if b > 0 else '-'} {abs(b)}i",
            rf"\frac{{{2 * a}{signed(2 * b)}i}}{{2}}",
            f"{a}{signed(b)}*i",
            rf"{a}{signed(b)}\mathrm{{i}}",
            rf"{b}{signed(-a)}i^3".replace(f"{b}{signed(-a)}i^3", f"{a}{signed(-b)}i^3"),
        ),
        wrong=[*wrong, (f"{a}{signed(b)}", S.Integer(a + b)), (f"({a},{b})", None)],
    )


def polar(draw: Draw) -> Made:
    bottom = draw.pick((2, 3, 4, 6))
    top = draw.pick([k for k in range(1, 2 * bottom) if S.Rational(k, bottom).q == bottom])
    value = S.exp(S.I * S.pi * S.Rational(top, bottom))
    angle = rf"\frac{{{top}\pi}}{{{bottom}}}"
    return Made(
        value=value,
        spellings=(
            rf"e^{{{top}\pi i/{bottom}}}",
            rf"\cos{angle}+i\sin{angle}",
            S.latex(value.expand(complex=True)),
            rf"\exp\left({angle}i\right)",
        ),
        wrong=[
            (rf"e^{{-{top}\pi i/{bottom}}}", S.exp(-S.I * S.pi * S.Rational(top, bottom))),
            (
                rf"\sin{angle}+i\cos{angle}",
                S.sin(S.pi * S.Rational(top, bottom)) + S.I * S.cos(S.pi * S.Rational(top, bottom)),
            ),
            (rf"e^{{{top}\pi/{bottom}}}", S.exp(S.pi * S.Rational(top, bottom))),
        ],
    )


NUMBERS: tuple[Callable[[Draw], Made], ...] = (
    integer,
    big_integer,
    thousands,
    fraction,
    mixed,
    decimal,
    repeating,
    percent,
    scientific,
    radical,
    root_of_quadratic,
    nested_radical,
    power,
    tiny_power,
    constant,
    complex_number,
    polar,
)
MAKERS: tuple[Callable[[Any], Any], ...] = (*NUMBERS, *forms.MAKERS)


@dataclass(frozen=True, kw_only=True)
class Case:
    """A pair, with its right verdict and where that comes from."""

    kind: str
    gold: str
    answer: str
    match: bool
    by_sympy: bool


def cases(count: int, seed: int) -> Iterator[Case]:
    """`count` pairs, the kinds in turn, about half of them right."""
    draw = Draw(seed)
    for turn in range(count):
        maker = MAKERS[turn % len(MAKERS)]
        made = maker(draw) if maker in NUMBERS else Made(**maker(draw))
        gold = draw.pick(made.spellings)
        if draw(0, 1) or not made.wrong:
            other, value = draw.pick(made.spellings), made.value
        else:
            other, value = draw.pick(made.wrong)
        told = made.value is not None and value is not None
        match = sympy_same(made.value, value) if told else value is made.value and other in made.spellings
        yield Case(kind=maker.__name__, gold=gold, answer=other, match=match, by_sympy=told)


def sympy_same(left: Any, right: Any) -> bool:
    """Sympy's verdict on two objects of its own."""
    if isinstance(left, S.Eq):
        return (
            isinstance(right, S.Eq) and S.simplify((left.lhs - left.rhs) / (right.lhs - right.rhs)).is_number
        )
    if isinstance(left, S.FiniteSet) and isinstance(right, S.FiniteSet):
        return len(left) == len(right) and all(any(sympy_same(one, other) for other in right) for one in left)
    if isinstance(left, (S.Tuple, S.Set, S.MatrixBase)):
        return bool(left == right)
    symbols = sorted(S.sympify(left).free_symbols | S.sympify(right).free_symbols, key=str)
    points = [
        {symbol: S.Rational(p, 7 + at) for at, symbol in enumerate(symbols)}
        for p in (-523, -11, -2, 3, 19, 607)
    ]
    return all(
        _equal(*(S.sympify(side).subs(point) for side in (left, right)))
        for point in (points if symbols else [{}])
    )


def _equal(left: Any, right: Any) -> bool:
    """Of two numbers: exactly, or to 30 digits where they are irrational."""
    if left.is_Rational and right.is_Rational:
        return bool(left == right)
    values = [S.N(value, 60, maxn=3_000) for value in (left, right)]
    return bool(abs(values[0] - values[1]) <= max(map(abs, values)) * S.Float("1e-30"))
