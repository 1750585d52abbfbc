"""Pairs like those of a training run: 60% integers, 15% fractions, 10% decimals, 15% LaTeX expressions; half are right.

Right answers repeat gold, or spell it another way, as policies do (``1,250``, ``x=7``, ``\\dfrac{1}{2}``, ``0.5``, a
factored polynomial). Wrong ones are what policies get wrong: off by one, the sign, a digit, the inverse, another
parameter. The labels hold by construction: a wrong answer has other parameters, and another value for it.
"""

from collections.abc import Callable, Sequence
from fractions import Fraction
from math import gcd
from typing import TypeAlias

import numpy as np

from synthgym.baselines.pairs import Pair
from synthgym.errors import SettingError, shown

SHARES = {"integer": 0.60, "fraction": 0.15, "decimal": 0.10, "latex": 0.15}
"""Of the kinds of gold."""

Rng: TypeAlias = np.random.Generator
Made: TypeAlias = tuple[str, Sequence[str], Sequence[str]]
"""Gold, other spellings of it, wrong answers."""


def training_mix(count: int = 1_000, *, seed: int = 0) -> list[Pair]:
    """`count` pairs in random order, the same for the same seed.

    Raises:
        SettingError: if `count` is not above 0.
    """
    if count <= 0:
        raise SettingError(f"count {shown(count)} is not above 0")
    rng = np.random.default_rng(seed)
    kinds = [kind for kind, share in SHARES.items() for _ in range(round(share * count))]
    kinds = (kinds + ["integer"] * count)[:count]
    order = rng.permutation(count)
    return [_pair(kinds[place], f"{kinds[place]}-{number}", rng) for number, place in enumerate(order)]


def _pair(kind: str, name: str, rng: Rng) -> Pair:
    gold, spellings, wrong = _MAKERS[kind](rng)
    match = bool(rng.random() < 0.5)
    if not match:
        answer = _pick(rng, wrong)
    else:
        answer = gold if rng.random() < _AS_GOLD or not spellings else _pick(rng, spellings)
    return Pair(id=name, gold=gold, answer=answer, match=match, kind=kind)


_AS_GOLD = 0.6
"""Share of right answers that repeat gold to the letter."""


def _pick(rng: Rng, choices: Sequence[str]) -> str:
    return choices[int(rng.integers(len(choices)))]


def _draw(rng: Rng, low: int, high: int) -> int:
    """An integer from low to high, both included."""
    return int(rng.integers(low, high + 1))


def _integer(rng: Rng) -> Made:
    value = int(10 ** rng.uniform(0, 6)) * (1 if rng.random() < 0.85 else -1)
    spellings = [f"{value:,}", f"{value}.0", f"x={value}", f"{value}.", f" {value} ", rf"\text{{{value}}}"]
    wrong = [value + 1, value - 1, -value, value * 10, value * 2, value + _draw(rng, 2, 99)]
    return str(value), spellings, [str(other) for other in wrong]


def _fraction(rng: Rng) -> Made:
    bottom = _draw(rng, 2, 60)
    top = _draw(rng, 1, 150)
    while gcd(top, bottom) > 1:
        top += 1
    sign = "-" if rng.random() < 0.15 else ""
    value = Fraction(top, bottom)
    gold, slashed = rf"{sign}\frac{{{top}}}{{{bottom}}}", f"{sign}{top}/{bottom}"
    if rng.random() < 0.3:
        gold, slashed = slashed, gold
    twice = rf"{sign}\frac{{{2 * top}}}{{{2 * bottom}}}"
    spellings = [slashed, rf"{sign}\dfrac{{{top}}}{{{bottom}}}", twice, f"x = {slashed}"]
    if 10**6 % bottom == 0:
        spellings.append(sign + _decimal_text(value))
    wrong = [
        rf"{sign}\frac{{{top + 1}}}{{{bottom}}}",
        rf"{sign}\frac{{{top}}}{{{bottom + 1}}}",
        f"{sign}{bottom}/{top}" if top != bottom else "2",
        rf"{'' if sign else '-'}\frac{{{top}}}{{{bottom}}}",
        f"{sign}{top}",
    ]
    return gold, spellings, wrong


def _decimal(rng: Rng) -> Made:
    places = _draw(rng, 1, 4)
    units = _draw(rng, 1, 10 ** (places + 2))
    units += units % 10 == 0
    value = Fraction(units, 10**places)
    gold = _decimal_text(value)
    spellings = [
        f"{gold}0",
        f"{value.numerator}/{value.denominator}",
        rf"\frac{{{value.numerator}}}{{{value.denominator}}}",
        f"x={gold}",
        gold.removeprefix("0"),
    ]
    others = [
        value + Fraction(1, 10**places),
        value / 10,
        value * 10,
        -value,
        value + Fraction(1, 10 ** (places + 1)),
    ]
    return gold, spellings, [_decimal_text(other) for other in others]


def _decimal_text(value: Fraction) -> str:
    """A terminating decimal, of at most eight places."""
    whole, rest = divmod(abs(value.numerator) * 10**8 // value.denominator, 10**8)
    digits = f"{whole}.{rest:08d}".rstrip("0").rstrip(".")
    return f"-{digits}" if value < 0 else digits


# LaTeX expressions.

_SQUARE_FREE = (2, 3, 5, 6, 7, 10, 11, 13, 14, 15, 17, 19, 21)


def _signed(value: int) -> str:
    """`value` as a term that follows another."""
    return f"+{value}" if value >= 0 else str(value)


def _surd(rng: Rng) -> Made:
    times, under = _draw(rng, 2, 12), _SQUARE_FREE[_draw(rng, 0, len(_SQUARE_FREE) - 1)]
    spellings = [
        rf"{times}\sqrt {{{under}}}",
        rf"\sqrt{{{times * times * under}}}",
        rf"{times}*sqrt({under})",
    ]
    spellings += [rf"{times} \cdot \sqrt{{{under}}}"]
    wrong = [rf"{times + 1}\sqrt{{{under}}}", rf"{times}\sqrt{{{under + 1}}}", rf"-{times}\sqrt{{{under}}}"]
    return rf"{times}\sqrt{{{under}}}", spellings, [*wrong, rf"\sqrt{{{times * under}}}"]


def _quadratic_root(rng: Rng) -> Made:
    one, bottom = _draw(rng, 1, 9), _draw(rng, 2, 9)
    under = _SQUARE_FREE[_draw(rng, 0, len(_SQUARE_FREE) - 1)]
    spellings = [
        rf"\dfrac{{{one}+\sqrt{{{under}}}}}{{{bottom}}}",
        rf"\frac{{\sqrt{{{under}}}+{one}}}{{{bottom}}}",
        rf"\frac{{{one}}}{{{bottom}}}+\frac{{\sqrt{{{under}}}}}{{{bottom}}}",
        f"({one}+sqrt({under}))/{bottom}",
    ]
    wrong = [
        rf"\frac{{{one}-\sqrt{{{under}}}}}{{{bottom}}}",
        rf"\frac{{{one + 1}+\sqrt{{{under}}}}}{{{bottom}}}",
        rf"\frac{{{one}+\sqrt{{{under}}}}}{{{bottom + 1}}}",
    ]
    return rf"\frac{{{one}+\sqrt{{{under}}}}}{{{bottom}}}", spellings, wrong


def _of_pi(rng: Rng) -> Made:
    bottom = _draw(rng, 2, 12)
    top = next(value for value in range(_draw(rng, 2, 20), 40) if gcd(value, bottom) == 1)
    spellings = [rf"\dfrac{{{top}\pi}}{{{bottom}}}", rf"\frac{{{top}}}{{{bottom}}}\pi", rf"{top}\pi/{bottom}"]
    wrong = [
        rf"\frac{{{top + 1}\pi}}{{{bottom}}}",
        rf"\frac{{{top}\pi}}{{{bottom + 1}}}",
        rf"\frac{{{top}}}{{{bottom}}}",
    ]
    return rf"\frac{{{top}\pi}}{{{bottom}}}", [*spellings, f"{top}*pi/{bottom}"], wrong


def _polynomial(rng: Rng) -> Made:
    one = _draw(rng, 1, 9)
    other = one + _draw(rng, 2, 9)
    total, both = other - one, one * other  # (x - one)(x + other)
    gold = f"x^2{_signed(total)}x-{both}"
    spellings = [
        f"(x-{one})(x+{other})",
        f"(x+{other})(x-{one})",
        f"x^{{2}} + {total}x - {both}",
        f"-{both}+{total}x+x^2",
    ]
    wrong = [
        f"x^2-{total}x-{both}",
        f"x^2{_signed(total)}x+{both}",
        f"(x+{one})(x+{other})",
        f"x^2{_signed(total + 1)}x-{both}",
    ]
    return gold, spellings, wrong


def _rational_function(rng: Rng) -> Made:
    shift, times = _draw(rng, 1, 9), _draw(rng, 2, 9)
    spellings = [
        rf"\dfrac{{{times}x}}{{x+{shift}}}",
        f"{times}x/(x+{shift})",
        rf"{times}-\frac{{{times * shift}}}{{x+{shift}}}",
    ]
    wrong = [
        rf"\frac{{{times}x}}{{x-{shift}}}",
        rf"\frac{{{times + 1}x}}{{x+{shift}}}",
        rf"\frac{{{times}}}{{x+{shift}}}",
    ]
    return rf"\frac{{{times}x}}{{x+{shift}}}", spellings, wrong


def _point(rng: Rng) -> Made:
    one = _draw(rng, -9, 9)
    other = one + _draw(rng, 1, 9)
    spellings = [f"({one}, {other})", rf"\left({one},{other}\right)", rf"\left( {one}, {other} \right)"]
    wrong = [f"({other},{one})", f"({one + 1},{other})", f"({one},{other + 1})", f"({one},{other},0)"]
    return f"({one},{other})", spellings, wrong


def _interval(rng: Rng) -> Made:
    low = _draw(rng, -20, 20)
    high = low + _draw(rng, 1, 20)
    spellings = [rf"\left[{low},{high}\right)", f"[{low}, {high})", rf"[{low},{high}.0)"]
    wrong = [f"[{low},{high}]", f"({low},{high})", f"[{low},{high + 1})", f"[{low - 1},{high})"]
    return f"[{low},{high})", spellings, wrong


def _pair_of_roots(rng: Rng) -> Made:
    low = _draw(rng, -9, 9)
    high = low + _draw(rng, 1, 9)
    spellings = [f"{high}, {low}", rf"\{{{low},{high}\}}", f"{low},{high}", f"{low}, {high}"]
    wrong = [str(low), f"{low}, {high + 1}", f"{low - 1}, {high}", f"{low}, {high}, {high + 2}"]
    return f"{low}, {high}", spellings, wrong


def _complex(rng: Rng) -> Made:
    real, times = _draw(rng, 1, 12), _draw(rng, 2, 12)
    spellings = [f"{times}i+{real}", f"{real} + {times}i", f"{real}+{times}*i"]
    wrong = [f"{real}-{times}i", f"{real + 1}+{times}i", f"-{real}+{times}i", f"{real}+{times + 1}i"]
    return f"{real}+{times}i", spellings, wrong


def _power(rng: Rng) -> Made:
    base, exponent = _draw(rng, 2, 9), _draw(rng, 6, 40)
    wrong = [
        f"{base}^{{{exponent + 1}}}",
        f"{base + 1}^{{{exponent}}}",
        str(base * exponent),
        str(base**exponent + 1),
    ]
    return f"{base}^{{{exponent}}}", [str(base**exponent), f"{base}^{{{exponent - 1}}} \\cdot {base}"], wrong


def _line(rng: Rng) -> Made:
    slope, height = _draw(rng, 2, 9), _draw(rng, 1, 12)
    spellings = [f"y = {slope}x + {height}", f"y={height}+{slope}x", f"{slope}x-y+{height}=0"]
    wrong = [
        f"y={slope}x-{height}",
        f"y={slope + 1}x+{height}",
        f"x={slope}y+{height}",
        f"y=-{slope}x+{height}",
    ]
    return f"y={slope}x+{height}", spellings, wrong


def _logarithm(rng: Rng) -> Made:
    times, of = _draw(rng, 2, 6), (2, 3, 5, 7, 11, 13)[_draw(rng, 0, 5)]
    spellings = [rf"{times} \ln({of})", rf"\ln({of**times})", rf"{times}\ln {of}", f"{times}*ln({of})"]
    wrong = [
        rf"{times + 1}\ln({of})",
        rf"\ln({of * times})" if of**times != of * times else "1",
        rf"-{times}\ln({of})",
    ]
    return rf"{times}\ln({of})", spellings, wrong


_LATEX: tuple[Callable[[Rng], Made], ...] = (
    _surd,
    _quadratic_root,
    _of_pi,
    _polynomial,
    _rational_function,
    _point,
    _interval,
    _pair_of_roots,
    _complex,
    _power,
    _line,
    _logarithm,
)


def _latex(rng: Rng) -> Made:
    return _LATEX[_draw(rng, 0, len(_LATEX) - 1)](rng)


_MAKERS: dict[str, Callable[[Rng], Made]] = {
    "integer": _integer,
    "fraction": _fraction,
    "decimal": _decimal,
    "latex": _latex,
}
