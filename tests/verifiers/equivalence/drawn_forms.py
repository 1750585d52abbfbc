"""Expressions, collections, regions and relations for `drawn`: a value in sympy, its spellings, and wrong answers."""

from collections.abc import Callable
from fractions import Fraction
from math import comb, factorial
from typing import Any, TypeAlias

import pytest

S = pytest.importorskip("sympy")
X, Y = S.symbols("x y", real=True)

Form: TypeAlias = dict[str, Any]
"""What `drawn.Made` takes."""


def signed(value: int) -> str:
    return f"+{value}" if value >= 0 else f"{value}"


def times(value: int, letter: str) -> str:
    return {1: letter, -1: f"-{letter}"}.get(value, f"{value}{letter}")


# Expressions.


def polynomial(draw: Any) -> Form:
    a, b, k = draw.nonzero(9), draw.nonzero(9), draw(1, 5)
    value = k * (X + a) * (X + b)
    two, one, zero = k, k * (a + b), k * a * b
    expanded = (
        f"{times(two, 'x^2')}{'' if one == 0 else ('+' if one > 0 else '') + times(one, 'x')}{signed(zero)}"
    )
    lead = "" if k == 1 else f"{k}"
    return dict(
        value=value,
        spellings=(
            expanded,
            f"{lead}(x{signed(a)})(x{signed(b)})",
            expanded.replace("x^2", "x²"),
            expanded.replace("x^2", "x**2"),
            f"{lead}\\left(x{signed(b)}\\right)\\left(x{signed(a)}\\right)",
            f"{zero}{signed(one)}x{signed(two)}x^{{2}}",
            f"{lead}(x{signed(a)})\\cdot(x{signed(b)})",
        ),
        wrong=[
            (f"{lead}(x{signed(a + 1)})(x{signed(b)})", k * (X + a + 1) * (X + b)),
            (f"{expanded}+1", value + 1),
            (f"-({expanded})", -value),
            (expanded.replace("x", "y"), value.subs(X, Y)),
            (expanded + "=0", None),
            (expanded.replace("x^2", "x^3"), value - k * X**2 + k * X**3),
        ],
    )


def rational_function(draw: Any) -> Form:
    a, k = draw.nonzero(9), draw(2, 9)
    value = k * X / (X + a)
    return dict(
        value=value,
        spellings=(
            rf"\frac{{{k}x}}{{x{signed(a)}}}",
            f"{k}x/(x{signed(a)})",
            f"{k}x(x{signed(a)})^{{-1}}",
            rf"{k}{signed(-k * a)}\cdot\frac{{1}}{{x{signed(a)}}}",
            rf"\frac{{-{k}x}}{{{-a}-x}}",
            rf"\frac{{{k}x^2}}{{x^2{signed(a)}x}}",
            rf"{k}-\frac{{{k * a}}}{{x{signed(a)}}}",
        ),
        wrong=[
            (rf"\frac{{{k}x}}{{x{signed(-a)}}}", k * X / (X - a)),
            (rf"\frac{{{k}}}{{x{signed(a)}}}", k / (X + a)),
            (f"{k}x/x{signed(a)}", k + S.Integer(a)),
            (rf"\frac{{{k}x{signed(a)}}}{{x}}", (k * X + a) / X),
        ],
    )


def trigonometric(draw: Any) -> Form:
    k = draw(2, 5)
    found: Form = draw.pick(
        (
            dict(
                value=S.sin(2 * k * X),
                spellings=(
                    rf"\sin({2 * k}x)",
                    rf"2\sin({k}x)\cos({k}x)",
                    f"sin({2 * k}x)",
                    rf"2\sin {k}x\cos {k}x",
                    rf"\sin {2 * k}x",
                ),
                wrong=[
                    (rf"2\sin({k}x)", 2 * S.sin(k * X)),
                    (rf"\cos({2 * k}x)", S.cos(2 * k * X)),
                    (rf"{2 * k}\sin(x)", 2 * k * S.sin(X)),
                ],
            ),
            dict(
                value=S.cos(2 * k * X),
                spellings=(
                    rf"\cos({2 * k}x)",
                    rf"2\cos^2({k}x)-1",
                    rf"1-2\sin^2({k}x)",
                    rf"\cos^2({k}x)-\sin^2({k}x)",
                    rf"1-2\sin({k}x)^2",
                ),
                wrong=[
                    (rf"2\cos({k}x)-1", 2 * S.cos(k * X) - 1),
                    (rf"1-2\cos^2({k}x)", -S.cos(2 * k * X)),
                    (rf"\cos({2 * k}y)", S.cos(2 * k * Y)),
                ],
            ),
            dict(
                value=S.tan(k * X) ** 2,
                spellings=(
                    rf"\tan^2({k}x)",
                    rf"\sec^2({k}x)-1",
                    rf"\frac{{\sin^2({k}x)}}{{\cos^2({k}x)}}",
                    rf"\tan({k}x)^2",
                ),
                wrong=[
                    (rf"\tan({k}x^2)", S.tan(k * X**2)),
                    (rf"\sec^2({k}x)+1", S.sec(k * X) ** 2 + 1),
                    (rf"\tan^2({k + 1}x)", S.tan((k + 1) * X) ** 2),
                ],
            ),
        )
    )
    return found


def trig_value(draw: Any) -> Form:
    name, degrees = (
        draw.pick(("sin", "cos")),
        draw.pick((15, 30, 45, 60, 75, 120, 135, 150, 210, 225, 240, 300, 315, 330)),
    )
    angle = S.pi * S.Rational(degrees, 180)
    value = getattr(S, name)(angle)
    return dict(
        value=value,
        spellings=(
            rf"\{name}\left({S.latex(angle)}\right)",
            rf"\{name} {degrees}^\circ",
            rf"\{name}({degrees}°)",
            S.latex(value),
            str(value).replace("**", "^"),
        ),
        wrong=[
            (S.latex(-value), -value),
            (rf"\{name}({degrees})", getattr(S, name)(degrees)),
            (f"{float(value):.7f}", S.Rational(Fraction(f"{float(value):.7f}"))),
            (S.latex(value / 2), value / 2),
        ]
        if value not in (S.Rational(1, 2), -S.Rational(1, 2))
        else [(S.latex(-value), -value)],
    )


def logarithm(draw: Any) -> Form:
    k, p = draw(2, 5), draw.pick((2, 3, 5, 7))
    return dict(
        value=k * S.log(p),
        spellings=(
            rf"{k}\ln {p}",
            rf"\ln({p**k})",
            rf"\ln {p}^{{{k}}}",
            rf"{k}\log({p})",
            f"{k}*ln({p})",
            rf"-{k}\ln\frac{{1}}{{{p}}}",
            f"ln({p**k})",
            rf"{k}\ln({p})",
        ),
        wrong=[
            (rf"\ln({p * k + 1})", S.log(p * k + 1)),
            (rf"{k}\ln({p + 1})", k * S.log(p + 1)),
            (rf"{k}\log_{{10}}({p})", k * S.log(p) / S.log(10)),
            (rf"\ln({p})^{{{k}}}", S.log(p) ** k),
            (f"{k * float(S.log(p)):.6f}", S.Rational(Fraction(f"{k * float(S.log(p)):.6f}"))),
        ],
    )


def log_to_base(draw: Any) -> Form:
    base, of = draw.pick(((2, 3), (2, 10), (3, 5), (10, 7), (5, 2)))
    return dict(
        value=S.log(of) / S.log(base),
        spellings=(
            rf"\log_{{{base}}}({of})",
            rf"\log_{{{base}}} {of}",
            rf"\frac{{\ln {of}}}{{\ln {base}}}",
            rf"\frac{{\log {of}}}{{\log {base}}}",
            f"ln({of})/ln({base})",
            rf"\log_{{{base**2}}}({of**2})",
        ),
        wrong=[
            (rf"\log_{{{of}}}({base})", S.log(base) / S.log(of)),
            (rf"\log_{{{base + 1}}}({of})", S.log(of) / S.log(base + 1)),
            (rf"\log({of})", S.log(of)),
        ],
    )


def exponential(draw: Any) -> Form:
    a, b = draw(2, 9), draw.nonzero(9)
    return dict(
        value=S.exp(a * X + b),
        spellings=(
            f"e^{{{a}x{signed(b)}}}",
            rf"e^{{{a}x}}\cdot e^{{{b}}}",
            rf"\exp({a}x{signed(b)})",
            f"exp({a}x{signed(b)})",
            f"e^({a}x{signed(b)})",
            f"(e^x)^{{{a}}}e^{{{b}}}",
        ),
        wrong=[
            (f"e^{{{a}x}}{signed(b)}", S.exp(a * X) + b),
            (f"e^{{{a + 1}x{signed(b)}}}", S.exp((a + 1) * X + b)),
            (f"e^{{{a}x{signed(-b)}}}", S.exp(a * X - b)),
        ],
    )


def absolute(draw: Any) -> Form:
    a = draw.nonzero(9)
    return dict(
        value=S.Abs(X + a),
        spellings=(
            f"|x{signed(a)}|",
            rf"\left|x{signed(a)}\right|",
            rf"\sqrt{{(x{signed(a)})^2}}",
            rf"|{-a}-x|",
            f"abs(x{signed(a)})",
            rf"\lvert x{signed(a)}\rvert",
        ),
        wrong=[
            (f"x{signed(a)}", X + a),
            (f"|x{signed(-a)}|", S.Abs(X - a)),
            (f"|x|{signed(a)}", S.Abs(X) + a),
        ],
    )


def binomial(draw: Any) -> Form:
    n = draw(4, 14)
    k = draw(2, n - 2)
    value = comb(n, k)
    return dict(
        value=S.Integer(value),
        spellings=(
            rf"\binom{{{n}}}{{{k}}}",
            f"{value}",
            rf"\frac{{{n}!}}{{{k}!{n - k}!}}",
            rf"{{{n} \choose {k}}}",
            f"{n}!/({k}!*{n - k}!)",
            rf"\dbinom{{{n}}}{{{k}}}",
        ),
        wrong=[
            (rf"\frac{{{n}}}{{{k}}}", S.Rational(n, k)),
            (f"{value + 1}", S.Integer(value + 1)),
            (rf"\frac{{{n}!}}{{{k}!}}", S.Integer(factorial(n) // factorial(k))),
        ],
    )


# Collections, regions, relations.


def numbers(draw: Any, count: int) -> list[Fraction]:
    found: list[Fraction] = []
    while len(found) < count:
        value = Fraction(draw(-20, 20), draw.pick((1, 1, 1, 2, 3)))
        if value not in found:
            found.append(value)
    return found


def spelled(value: Fraction) -> str:
    sign = "-" if value < 0 else ""
    return (
        f"{value}"
        if value.denominator == 1
        else rf"{sign}\frac{{{abs(value.numerator)}}}{{{value.denominator}}}"
    )


def plain(value: Fraction) -> str:
    return f"{value.numerator}/{value.denominator}" if value.denominator > 1 else f"{value}"


def finite_set(draw: Any) -> Form:
    values = numbers(draw, draw(2, 4))
    turned = values[1:] + values[:1]
    one, two = [", ".join(map(spelled, each)) for each in (values, turned)]
    other = [values[0] + 21, *values[1:]]
    return dict(
        value=S.FiniteSet(*map(S.Rational, values)),
        spellings=(
            rf"\{{{one}\}}",
            rf"\{{{two}\}}",
            rf"\left\{{{two}\right\}}",
            one,
            two,
            f"{{{', '.join(map(plain, values))}}}",
            rf"\lbrace {one} \rbrace",
        ),
        wrong=[
            (rf"\{{{', '.join(map(spelled, other))}\}}", S.FiniteSet(*map(S.Rational, other))),
            (rf"\{{{', '.join(map(spelled, values[1:]))}\}}", S.FiniteSet(*map(S.Rational, values[1:]))),
            (rf"\{{{one}, 99\}}", S.FiniteSet(*map(S.Rational, values), 99)),
        ],
    )


def ordered(draw: Any) -> Form:
    values = numbers(draw, draw(2, 3))
    one = ", ".join(map(spelled, values))
    turned = values[1:] + values[:1]
    return dict(
        value=S.Tuple(*map(S.Rational, values)),
        spellings=(
            f"({one})",
            rf"\left({one}\right)",
            f"({','.join(map(plain, values))})",
            rf"\left( {one} \right)",
        ),
        wrong=[
            (f"({', '.join(map(spelled, turned))})", S.Tuple(*map(S.Rational, turned))),
            (f"({one}, 0)", S.Tuple(*map(S.Rational, values), 0)),
            (
                f"({', '.join(spelled(value + 1) for value in values)})",
                S.Tuple(*(S.Rational(value + 1) for value in values)),
            ),
        ],
    )


def interval(draw: Any) -> Form:
    low, high = sorted(numbers(draw, 2))
    left, right = draw.pick("[("), draw.pick("])")
    value = S.Interval(S.Rational(low), S.Rational(high), left == "(", right == ")")
    a, b = spelled(low), spelled(high)
    less, more = ("<" if left == "(" else r"\le"), ("<" if right == ")" else r"\le")
    over, under = ("<" if left == "(" else "<="), ("<" if right == ")" else "<=")
    flipped = "])"[right == "]"], "[("[left == "["]
    return dict(
        value=value,
        spellings=(
            f"{left}{a}, {b}{right}",
            rf"\left{left}{a},{b}\right{right}",
            f"{left}{plain(low)},{plain(high)}{right}",
            rf"x\in {left}{a},{b}{right}",
            *(
                ()
                if (left, right) == ("(", ")")
                else (f"{a} {less} x {more} {b}", f"{plain(low)} {over} x {under} {plain(high)}")
            ),
        ),
        wrong=[
            (
                f"{left}{a}, {spelled(high + 1)}{right}",
                S.Interval(S.Rational(low), S.Rational(high + 1), left == "(", right == ")"),
            ),
            (
                f"{flipped[1]}{a}, {b}{flipped[0]}",
                S.Interval(S.Rational(low), S.Rational(high), left == "[", right == "]"),
            ),
        ],
    )


def ray(draw: Any) -> Form:
    at, closed = numbers(draw, 1)[0], bool(draw(0, 1))
    a = spelled(at)
    bracket, sign, text = ("[", r"\ge", ">=") if closed else ("(", ">", ">")
    opposite = {r"\ge": r"\le", ">": "<"}[sign]
    return dict(
        value=S.Interval(S.Rational(at), S.oo, not closed),
        spellings=(
            rf"{bracket}{a}, \infty)",
            rf"\left{bracket}{a},\infty\right)",
            f"x {sign} {a}",
            f"x {text} {plain(at)}",
            f"{a} {opposite} x",
            rf"{bracket}{a},+\infty)",
            f"{bracket}{plain(at)},∞)",
        ),
        wrong=[
            (f"x {opposite} {a}", S.Interval(-S.oo, S.Rational(at), True, not closed)),
            (rf"({a},\infty)" if closed else rf"[{a},\infty)", S.Interval(S.Rational(at), S.oo, closed)),
            (f"x {sign} {spelled(at + 1)}", S.Interval(S.Rational(at + 1), S.oo, not closed)),
        ],
    )


def union(draw: Any) -> Form:
    a, b, c, d = map(spelled, values := sorted(numbers(draw, 4)))
    p, q, r, s = map(S.Rational, values)
    return dict(
        value=S.Union(S.Interval(p, q), S.Interval.open(r, s)),
        spellings=(
            rf"[{a},{b}]\cup({c},{d})",
            rf"({c},{d})\cup[{a},{b}]",
            f"[{a},{b}] ∪ ({c},{d})",
            rf"\left[{a},{b}\right]\cup\left({c},{d}\right)",
        ),
        wrong=[
            (f"[{a},{d})", S.Interval.Ropen(p, s)),
            (rf"[{a},{b})\cup({c},{d})", S.Union(S.Interval.Ropen(p, q), S.Interval.open(r, s))),
            (f"[{a},{b}]", S.Interval(p, q)),
        ],
    )


def inequality(draw: Any) -> Form:
    a, b = sorted((draw(-20, 20), draw(21, 40)))
    return dict(
        value=S.Interval.open(a, b),
        spellings=(
            f"{a}<x<{b}",
            f"{b}>x>{a}",
            rf"{a} \lt x \lt {b}",
            f"{a} < x < {b}",
            f"x>{a} and x<{b}",
            rf"x\in({a},{b})",
        ),
        wrong=[
            (rf"{a}\le x<{b}", S.Interval.Ropen(a, b)),
            (f"{a}<x<{b + 1}", S.Interval.open(a, b + 1)),
            (f"x>{a}", S.Interval.open(a, S.oo)),
            (f"x<{a} or x>{b}", None),
        ],
    )


def line(draw: Any) -> Form:
    m, c, k = draw.nonzero(9), draw.nonzero(12), draw(2, 4)
    return dict(
        value=S.Eq(Y, m * X + c),
        spellings=(
            f"y={times(m, 'x')}{signed(c)}",
            f"{times(m, 'x')}{signed(c)}=y",
            f"y{signed(-m)}x={c}",
            f"{m}x-y{signed(c)}=0",
            f"{k}y={k * m}x{signed(k * c)}",
            f"y = {c}{signed(m)}x",
        ),
        wrong=[
            (f"y={times(m, 'x')}{signed(-c)}", S.Eq(Y, m * X - c)),
            (f"y={times(-m, 'x')}{signed(c)}", S.Eq(Y, c - m * X)),
            (f"x={times(m, 'y')}{signed(c)}", S.Eq(X, m * Y + c)),
        ]
        if m not in (1, -1)
        else [(f"y={times(m, 'x')}{signed(-c)}", S.Eq(Y, m * X - c))],
    )


def solution(draw: Any) -> Form:
    value, k = draw.nonzero(30), draw(2, 9)
    return dict(
        value=S.Integer(value),
        spellings=(
            f"x={value}",
            f"{value}",
            f"x = {value}",
            f"{value}=x",
            f"x={k * value}/{k}",
            rf"x=\frac{{{k * value}}}{{{k}}}={value}",
        ),
        wrong=[
            (f"x={value + 1}", S.Integer(value + 1)),
            (f"x={value + 1}={value}", None),
            (f"x={value},{value + 1}", None),
            (rf"x\neq {value}", None),
            (f"{value + 1}={value}", None),
        ],
    )


def matrix(draw: Any) -> Form:
    rows = [[draw(-9, 9) for _ in range(2)] for _ in range(2)]
    rows[0][1] += 20
    body = r"\\".join("&".join(map(str, row)) for row in rows)
    wide = r" \\ ".join(" & ".join(map(str, row)) for row in rows)
    turned = r"\\".join(f"{rows[0][k]}&{rows[1][k]}" for k in range(2))
    other = body.replace(f"{rows[0][1]}", f"{rows[0][1] + 1}")
    return dict(
        value=S.Matrix(rows),
        spellings=(
            rf"\begin{{pmatrix}}{body}\end{{pmatrix}}",
            rf"\begin{{bmatrix}}{body}\end{{bmatrix}}",
            rf"\begin{{pmatrix}} {wide} \end{{pmatrix}}",
            rf"\left(\begin{{array}}{{cc}}{body}\end{{array}}\right)",
            rf"\left[\begin{{matrix}}{body}\end{{matrix}}\right]",
        ),
        wrong=[
            (rf"\begin{{pmatrix}}{turned}\end{{pmatrix}}", S.Matrix(rows).T),
            (rf"\begin{{pmatrix}}{other}\end{{pmatrix}}", S.Matrix([[rows[0][0], rows[0][1] + 1], rows[1]])),
        ],
    )


def plus_minus(draw: Any) -> Form:
    a, r = draw(1, 9), draw.square_free()
    return dict(
        value=S.FiniteSet(a + S.sqrt(r), a - S.sqrt(r)),
        spellings=(
            rf"{a}\pm\sqrt{{{r}}}",
            rf"{a}+\sqrt{{{r}}}, {a}-\sqrt{{{r}}}",
            rf"{a}-\sqrt{{{r}}}, {a}+\sqrt{{{r}}}",
            rf"\{{{a}+\sqrt{{{r}}},{a}-\sqrt{{{r}}}\}}",
            f"{a}±√{r}",
            rf"x={a}\pm\sqrt{{{r}}}",
        ),
        wrong=[
            (rf"{a}+\sqrt{{{r}}}", S.FiniteSet(a + S.sqrt(r))),
            (rf"{a + 1}\pm\sqrt{{{r}}}", S.FiniteSet(a + 1 + S.sqrt(r), a + 1 - S.sqrt(r))),
        ],
    )


# What sympy has no object for.


def unit(draw: Any) -> Form:
    value = draw(2, 90)
    return dict(
        value=None,
        spellings=(
            rf"{value}\text{{ cm}}",
            f"{value} cm",
            f"{value}cm",
            rf"{value}\,\mathrm{{cm}}",
            rf"{value}\text{{ centimeters}}",
            draw.pick((f"{10 * value} mm", f"{value / 100} m")),
        ),
        wrong=[(f"{value + 1} cm", None), (f"{value + 1}", None)],
    )


def based(draw: Any) -> Form:
    value = draw(5, 63)
    bits = f"{value:b}"
    return dict(
        value=None,
        spellings=(f"{bits}_2", f"{bits}_{{2}}", f"({bits})_2", f"{bits}₂"),
        wrong=[(f"{value + 1:b}_2", None), (f"{bits}_3", None), (bits, None)],
    )


def choice(draw: Any) -> Form:
    letter = draw.pick("ABCDE")
    other = draw.pick([each for each in "ABCDE" if each != letter])
    return dict(
        value=None,
        spellings=(letter, f"({letter})", rf"\text{{{letter}}}", rf"\textbf{{({letter})}}", f"{letter}."),
        wrong=[
            (other, None),
            (f"({other})", None),
            (f"{letter} or {other}", None),
            (f"{letter}, {other}", None),
        ],
    )


MAKERS: tuple[Callable[[Any], Form], ...] = (
    polynomial,
    rational_function,
    trigonometric,
    trig_value,
    logarithm,
    log_to_base,
    exponential,
    absolute,
    binomial,
    finite_set,
    ordered,
    interval,
    ray,
    union,
    inequality,
    line,
    solution,
    matrix,
    plus_minus,
    unit,
    based,
    choice,
)
