"""Near misses: what differs does not match, however little, however large or small; what is equal still does.

Each near miss has a control beside it, an answer just as hard that is right, so that refusing everything fails, too.
"""

from collections.abc import Iterator
from fractions import Fraction
from math import comb, factorial, isqrt
from typing import Any

import mpmath
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synthgym.verifiers.equivalence.engine import equivalent
from synthgym.verifiers.equivalence.types import BOUNDS, Equivalence

MAGNITUDES = (-300, -250, -200, -100, -60, -30, -15, -8, -3, 0, 3, 8, 15, 30, 60, 100, 200, 250, 300)
PLACES = (15, 30, 60, 200)
"""The relative difference is ten to minus this."""
DIGITS = (5, 8, 13, 15, 16, 17, 25, 40, 60, 61, 80, 120, 150, 200)
NUMBERS = (
    r"\sqrt{2}",
    r"\pi",
    "e",
    r"\ln 2",
    r"\sin 1",
    r"\arctan\frac{1}{3}",
    r"e^{\pi}",
    r"2^{1/3}",
    r"\frac{1+\sqrt{5}}{2}",
    r"\sqrt{2}+\sqrt{3}",
    r"\log_{2}3",
    r"\pi^{e}",
    r"\sqrt{2+\sqrt{2}}",
)
FAST = settings(max_examples=300, deadline=None, derandomize=True)
SLOW = settings(max_examples=20_000, deadline=None)


def told_apart(gold: str, answer: str) -> Equivalence:
    """That they do not match, whichever is gold, and that it was decided."""
    verdict = Equivalence(True, "ok", "not judged")
    for one, other in ((gold, answer), (answer, gold)):
        verdict = equivalent(one, other)
        assert not verdict.match, (one, other, verdict)
        assert verdict.status == "ok", (one, other, verdict)
    return verdict


def never_match(gold: str, answer: str) -> None:
    """That they do not match, decided or not: for what lies beyond the bounds."""
    verdict = equivalent(gold, answer)
    assert not verdict.match, (gold, answer, verdict)


def same(gold: str, answer: str) -> None:
    """That they match, whichever is gold."""
    for one, other in ((gold, answer), (answer, gold)):
        verdict = equivalent(one, other)
        assert verdict.match, (one, other, verdict)


def places(value: Fraction) -> str:
    """A decimal fraction, written out in full."""
    sign, value, count = "-" if value < 0 else "", abs(value), 0
    while value.denominator != 1:
        value, count = value * 10, count + 1
    digits = str(value.numerator).rjust(count + 1, "0")
    return sign + (f"{digits[:-count]}.{digits[-count:]}" if count else digits)


def scientific(value: Fraction, power: int) -> str:
    """A decimal fraction as a mantissa times ten to `power`."""
    return rf"{places(value / Fraction(10) ** power)}\times 10^{{{power}}}"


def decimal_forms(value: Fraction, power: int) -> tuple[str, ...]:
    """Spellings of a decimal fraction of the size of ten to `power`."""
    exponential = f"{places(value / Fraction(10) ** power)}e{power}"
    fraction = rf"\frac{{{value.numerator}}}{{{value.denominator}}}"
    return places(value), scientific(value, power), exponential, fraction


def rational_forms(value: Fraction) -> tuple[str, ...]:
    """Six spellings of a rational number."""
    top, bottom = value.numerator, value.denominator
    whole, rest = divmod(top, bottom)
    return (
        f"{top}/{bottom}",
        rf"\frac{{{top}}}{{{bottom}}}",
        rf"\left({whole}+\dfrac{{{rest}}}{{{bottom}}}\right)",
        rf"\frac{{{top * 7}}}{{{bottom * 7}}}",
        rf"{top}\cdot {bottom}^{{-1}}",
        rf"\frac{{1}}{{2}}\cdot\left(\frac{{{top + bottom}}}{{{bottom}}}+\frac{{{top - bottom}}}{{{bottom}}}\right)",
    )


def digits_of(value: Any, count: int) -> str:
    """A positive mpmath number below 100, cut after `count` decimals."""
    scaled = int(mpmath.floor(value * mpmath.mpf(10) ** count))
    return f"{scaled // 10**count}.{scaled % 10**count:0{count}d}"


def known(name: str) -> Any:
    """pi, e and roots to 260 digits."""
    with mpmath.workdps(260):
        return {
            r"\pi": +mpmath.pi,
            "e": mpmath.exp(1),
            r"\sqrt{2}": mpmath.sqrt(2),
            r"\sqrt[3]{5}": mpmath.cbrt(5),
            r"\ln 3": mpmath.log(3),
            r"\frac{1+\sqrt{5}}{2}": +mpmath.phi,
        }[name]


KNOWN = (r"\pi", "e", r"\sqrt{2}", r"\sqrt[3]{5}", r"\ln 3", r"\frac{1+\sqrt{5}}{2}")


def convergents(name: str) -> Iterator[Fraction]:
    """The best rational approximations, up to denominators of 90 digits."""
    with mpmath.workdps(260):
        rest = Fraction(int(mpmath.floor(known(name) * mpmath.mpf(10) ** 250)), 10**250)
    before, now = (0, 1), (1, 0)
    while now[1] < 10**90:
        term = rest.numerator // rest.denominator
        before, now = now, (term * now[0] + before[0], term * now[1] + before[1])
        yield Fraction(*now)
        rest = 1 / (rest - term)


# Rational numbers.


@pytest.mark.parametrize("power", MAGNITUDES)
@pytest.mark.parametrize("k", PLACES)
def test_a_decimal_is_told_from_its_neighbour(power: int, k: int) -> None:
    for mantissa in ("1", "-7", "3.14159265358979", "9.99999999999999", "1.00000000000001"):
        value = Fraction(mantissa) * Fraction(10) ** power
        near = value * (1 + Fraction(1, 10**k))
        golds, answers, short = decimal_forms(value, power), decimal_forms(near, power), BOUNDS.characters
        for gold, wrong, right in zip(golds, answers[1:] + answers[:1], golds[1:] + golds[:1], strict=True):
            assert max(map(len, (gold, wrong, right))) < short
            told_apart(gold, wrong)
            same(gold, right)


@pytest.mark.parametrize("power", [0, 1, 2, 9, 15, 16, 17, 18, 19, 20, 38, 100, 255, 308, 309, 400, 500])
def test_an_integer_is_told_from_the_next(power: int) -> None:
    for number in (10**power, -(10**power), 10**power + 7, 2 ** (3 * power), 9**power - 1, 10**power // 7):
        gold = str(number)
        forms = (
            str(number + 1),
            f"{number + 1:,}",
            f"{gold}+1",
            f"{number - 1}",
            f"{gold}.1",
            rf"{gold}\cdot 1.0+1",
        )
        for answer in forms:
            told_apart(gold, answer)
        for answer in (
            f"{number:,}",
            f"{gold}.0",
            f"{gold}+1-1",
            rf"\frac{{{2 * number}}}{{2}}",
            f"({gold})",
        ):
            same(gold, answer)
    told_apart(f"10^{{{power}}}", f"10^{{{power}}}+1")
    told_apart(f"10^{{{power}}}", f"10^{{{power + 1}}}")
    same(f"10^{{{power}}}", "1" + "0" * power)


@pytest.mark.parametrize("position", [0, 1, 17, 100, 250, 498, 499])
def test_a_digit_anywhere_in_a_long_number_counts(position: int) -> None:
    gold = "1234567890" * 50
    changed = str((int(gold[position]) + 1) % 10)
    told_apart(gold, gold[:position] + changed + gold[position + 1 :])
    told_apart(f"0.{gold}", f"0.{gold[:position]}{changed}{gold[position + 1 :]}")
    told_apart(rf"0.\overline{{{gold}}}", rf"0.\overline{{{gold[:position]}{changed}{gold[position + 1 :]}}}")


@pytest.mark.parametrize("count", DIGITS)
def test_a_rounded_repeating_decimal_is_not_the_fraction(count: int) -> None:
    told_apart("1/3", "0." + "3" * count)
    told_apart(r"\frac{2}{3}", "0." + "6" * (count - 1) + "7")
    told_apart("1", "0." + "9" * count)
    told_apart(r"0.\overline{3}", "0." + "3" * count)
    told_apart("33.3%", rf"{'3' * 2}.{'3' * (count + 1)}\%")
    same("1/3", rf"0.{'3' * count}\overline{{3}}")
    same("1", rf"0.{'9' * count}\overline{{9}}")


def near_pairs() -> st.SearchStrategy[tuple[Fraction, Fraction]]:
    """Two rational numbers, often close to each other, of any size."""
    size = st.integers(-300, 300).map(lambda power: Fraction(10) ** power)
    number = st.tuples(st.fractions(max_denominator=10**12), size).map(lambda pair: pair[0] * pair[1])
    gap = st.integers(1, 300).map(lambda power: Fraction(1, 10**power))
    close = st.tuples(number, gap).map(lambda pair: (pair[0], pair[0] * (1 + pair[1]) or pair[1]))
    return st.one_of(close, st.tuples(number, number))


def rationals_are_told_apart(one: Fraction, other: Fraction, turn: int) -> None:
    """In each of six spellings the same number matches, and another does not."""
    golds, answers = rational_forms(one), rational_forms(other)
    for index, gold in enumerate(golds):
        right, wrong = golds[(index + turn) % 6], answers[(index + turn) % 6]
        if max(map(len, (gold, right, wrong))) > BOUNDS.characters:
            continue
        assert equivalent(gold, right).match, (gold, right)
        assert equivalent(gold, wrong).match == (one == other), (gold, wrong)


@FAST
@given(near_pairs(), st.integers(0, 5))
def test_rationals_match_only_themselves(pair: tuple[Fraction, Fraction], turn: int) -> None:
    rationals_are_told_apart(*pair, turn)


@pytest.mark.slow
@SLOW
@given(near_pairs(), st.integers(0, 5))
def test_many_rationals_match_only_themselves(pair: tuple[Fraction, Fraction], turn: int) -> None:
    rationals_are_told_apart(*pair, turn)


# Roots, logarithms, pi and e, and what lies next to them.


@pytest.mark.parametrize("number", NUMBERS)
@pytest.mark.parametrize("k", (*PLACES, 300))
def test_an_irrational_number_and_a_tiny_rational(number: str, k: int) -> None:
    apart = told_apart if k < 200 else never_match
    apart(number, rf"{number}+10^{{-{k}}}")
    apart(number, rf"{number}-\frac{{1}}{{10^{{{k}}}}}")
    apart(number, rf"\left({number}\right)\left(1+10^{{-{k}}}\right)")
    apart("0", rf"({number}+10^{{-{k}}})-({number})")
    same(number, rf"{number}+10^{{-{k}}}-10^{{-{k}}}")
    same(rf"{number}+10^{{-{k}}}", rf"10^{{-{k}}}+{number}")


@pytest.mark.parametrize("number", NUMBERS[::2])
@pytest.mark.parametrize("power", MAGNITUDES[::3])
def test_an_irrational_number_of_any_size(number: str, power: int) -> None:
    scaled = rf"10^{{{power}}}\cdot({number})"
    for k in (15, 60):
        apart = told_apart if abs(power) + k < 300 else never_match
        apart(scaled, rf"{scaled}+10^{{{power - k}}}")
        apart(scaled, rf"(10^{{{power}}}+10^{{{power - k}}})({number})")
    same(scaled, rf"\frac{{{number}}}{{10^{{{-power}}}}}")


@pytest.mark.parametrize("name", KNOWN)
@pytest.mark.parametrize("count", DIGITS)
def test_digits_of_a_number_are_not_the_number(name: str, count: int) -> None:
    with mpmath.workdps(260):
        cut = digits_of(known(name), count)
    told_apart(name, cut)
    told_apart(name, f"{cut[:-1]}{(int(cut[-1]) + 1) % 10}")
    told_apart(rf"{name}-{cut}", "0")


@pytest.mark.parametrize("name", KNOWN)
def test_convergents_are_not_the_number(name: str) -> None:
    found = list(convergents(name))
    assert len(found) > 80
    for fraction in found[::3]:
        told_apart(name, rf"\frac{{{fraction.numerator}}}{{{fraction.denominator}}}")
        told_apart(rf"{fraction.denominator}\cdot {name}", str(fraction.numerator))


def test_newton_approximations_of_a_root_are_not_the_root() -> None:
    value = Fraction(3, 2)
    for _ in range(7):
        value = (value + 2 / value) / 2
        told_apart(r"\sqrt{2}", f"{value.numerator}/{value.denominator}")
        told_apart(rf"\frac{{{value.numerator}}}{{\sqrt{{2}}}}", str(value.denominator))


@pytest.mark.parametrize("number", [2, 10**20, 10**100 + 7, 3**200])
def test_the_integer_part_of_a_root_is_not_the_root(number: int) -> None:
    square = number * number
    apart = told_apart if number < 10**50 else never_match
    same(rf"\sqrt{{{square}}}", str(number))
    apart(rf"\sqrt{{{square + 1}}}", str(number))
    apart(rf"\sqrt{{{square - 1}}}", str(number))
    apart(rf"\sqrt[3]{{{number**3 + 1}}}", str(number))
    same(rf"\sqrt[3]{{{number**3}}}", str(number))
    assert isqrt(square + 1) == number


ALMOST: dict[str, tuple[str, ...]] = {
    # Heegner numbers, and other powers of e that lie next to integers.
    "262537412640768744": (r"e^{\pi\sqrt{163}}", r"\exp(\pi\sqrt{163})", r"262537412640768743.99999999999925"),
    r"e^{\pi\sqrt{163}}": ("640320^3+744", r"262537412640768743.999999999999250072597"),
    r"e^{\pi\sqrt{67}}": ("147197952744", "5280^3+744"),
    r"e^{\pi\sqrt{43}}": ("884736744", "960^3+744"),
    r"e^{\pi\sqrt{58}}": ("24591257752", "396^4-104"),
    r"e^{\pi\sqrt{652}}": ("68925893036109279891085639286943768",),
    "20": (r"e^{\pi}-\pi", "19.99909997918947"),
    r"e^6": (r"\pi^4+\pi^5", r"\pi^{4}(1+\pi)"),
    "10": (r"\frac{\pi^9}{e^8}", r"\left(\frac{\pi^9}{e^8}\right)"),
    "69": (r"163(\pi-e)",),
    # pi
    r"\pi": (
        "22/7", "355/113", r"\frac{103993}{33102}", r"\sqrt{2}+\sqrt{3}", r"\sqrt[3]{31}", r"\sqrt{10}",
        r"\left(\frac{2143}{22}\right)^{1/4}", r"\sqrt[4]{9^2+\frac{19^2}{22}}", r"\frac{9801}{2206\sqrt{2}}",
        r"\frac{63}{25}\cdot\frac{17+15\sqrt{5}}{7+15\sqrt{5}}", r"\frac{\ln(640320^3+744)}{\sqrt{163}}",
        r"\frac{\ln(262537412640768744)}{\sqrt{163}}",
        r"\frac{12}{\sqrt{130}}\ln\frac{(3+\sqrt{13})(\sqrt{8}+\sqrt{10})}{2}",
        r"\frac{\ln(5280^3+744)}{\sqrt{67}}", r"16\arctan\frac15-4\arctan\frac{1}{238}", r"2\arctan(10^{40})",
        r"\frac{6}{5}\left(\frac{1+\sqrt{5}}{2}\right)^2", "3.14", "3.14159265358979", r"180\sin(1^\circ)",
        r"10^{6}\sin(\pi\cdot 10^{-6})", r"\sqrt{6\cdot 1.6449340668}",
    ),
    "e": (
        "2.718281828", r"\frac{19}{7}", r"\frac{2721}{1001}", r"\left(1+10^{-4}\right)^{10^4}",
        r"\left(1+\frac{1}{1000}\right)^{1000}", r"3-\sqrt{\frac{5}{63}}", r"\frac{4}{\sqrt{2}}-0.1101",
    ),
    # Angles next to multiples of pi/2.
    "-1": (r"\sin(11)", r"\cos(355)", r"\cos(22)", r"\cos(103993)", r"\cos(312689\cdot 5)"),
    "1": (
        r"\cos(710)", r"\cos(44)", r"\sin(344)", r"\cos(10^{-100})", r"\tan(\frac{\pi}{4}+10^{-80})",
        r"\frac{\sin(10^{-50})}{10^{-50}}", r"\sin^2(1)+\cos^2(1+10^{-70})", r"e^{10^{-120}}", r"\sqrt{1+10^{-150}}",
        r"\frac{e^{\pi}-\pi}{20}", r"\sqrt[3]{1+10^{-99}}", r"\log_{10}(10+10^{-90})",
    ),
    "0": (
        r"\sin(355)", r"\sin(10^{-200})", r"\sin(710)", r"\ln(1+10^{-200})", r"e^{-1000}", r"e^{-2000}",
        r"\sin(103993)",
        r"10^{-300}", r"\arctan(10^{-250})", r"1-\cos(10^{-100})", r"\sqrt{2}-1.4142135623730950488",
        r"\pi-\frac{245850922}{78256779}", r"\left(\frac{1}{2}\right)^{2000}", r"(\sqrt{2}-1)^{500}", r"\frac{1}{50!}",
    ),
    r"\frac{\pi}{2}": (r"\arctan(10^{100})", r"\arcsin(1-10^{-100})", r"\frac{355}{226}", r"\arccos(10^{-100})"),
    r"\sqrt{2}": ("1.4142135623730951", r"\frac{99}{70}", r"\frac{665857}{470832}", r"2^{0.5000000000000001}"),
    r"\ln 2": ("0.693147180559945", r"\ln(2+10^{-60})", r"\frac{\ln(2^{100}+1)}{100}"),
}  # fmt: skip


@pytest.mark.parametrize("gold", ALMOST)
def test_almost_identities(gold: str) -> None:
    for answer in ALMOST[gold]:
        told_apart(gold, answer)


def test_identities_that_look_like_almost_identities() -> None:
    for gold, answer in (
        (r"\pi", r"16\arctan\frac15-4\arctan\frac{1}{239}"),
        (r"\frac{\pi}{4}",
        r"44\arctan\frac{1}{57}+7\arctan\frac{1}{239}-12\arctan\frac{1}{682}+24\arctan\frac{1}{12943}"),
        ("1", r"\sin^2(11)+\cos^2(11)"),
        (r"\sqrt{2}+\sqrt{3}", r"\sqrt{5+2\sqrt{6}}"),
        ("1", r"\sqrt[3]{2+\sqrt{5}}+\sqrt[3]{2-\sqrt{5}}"),
        (r"\sqrt[3]{\sqrt[3]{2}-1}", r"\sqrt[3]{\frac19}-\sqrt[3]{\frac29}+\sqrt[3]{\frac49}"),
        (r"\sin 18^\circ", r"\frac{\sqrt{5}-1}{4}"),
        ("3", r"\sqrt{1+2\sqrt{1+3\sqrt{1+4\sqrt{36}}}}"),
        (r"\frac{1}{8}", r"\cos\frac{\pi}{9}\cos\frac{2\pi}{9}\cos\frac{4\pi}{9}"),
        ("640320^3", r"e^{3\ln 640320}"),
        (r"e^6", r"\left(e^{2}\right)^{3}"),
    ):  # fmt: skip
        same(gold, answer)


@pytest.mark.parametrize("n", [3, 10, 20, 50, 100, 150, 200])
def test_powers_of_units_next_to_integers(n: int) -> None:
    pell, lucas = [2, 2], [2, 1]
    while len(lucas) <= n:
        pell.append(2 * pell[-1] + pell[-2])
        lucas.append(lucas[-1] + lucas[-2])
    silver, golden = rf"(1+\sqrt{{2}})^{{{n}}}", rf"\left(\frac{{1+\sqrt{{5}}}}{{2}}\right)^{{{n}}}"
    told_apart(silver, str(pell[n]))
    told_apart(golden, str(lucas[n]))
    same(rf"{silver}+(1-\sqrt{{2}})^{{{n}}}", str(pell[n]))
    same(rf"{golden}+\left(\frac{{1-\sqrt{{5}}}}{{2}}\right)^{{{n}}}", str(lucas[n]))
    told_apart(rf"{silver}+(1-\sqrt{{2}})^{{{n}}}", str(pell[n] + 1))


@pytest.mark.parametrize("n", [3, 10, 20, 30, 50, 100, 150, 300, 500])
def test_what_tends_to_one(n: int) -> None:
    for answer in (
        rf"\tanh({n})", rf"\coth({n})", rf"1-e^{{-{n}}}", rf"\frac{{2}}{{\pi}}\arctan(10^{{{n}}})",
        rf"2^{{10^{{-{n}}}}}",
        rf"e^{{-10^{{-{n}}}}}", rf"\cos(10^{{-{n}}})", rf"\sqrt[{n}]{{1+10^{{-{n}}}}}",
        rf"\frac{{\sinh({n})}}{{\cosh({n})}}",
        rf"\frac{{e^{{{n}}}}}{{e^{{{n}}}+1}}", rf"\frac{{10^{{{n}}}}}{{10^{{{n}}}+1}}",
        rf"\left(1+10^{{-{n}}}\right)^2",
    ):  # fmt: skip
        (told_apart if n <= 300 else never_match)("1", answer)
    if n <= 100:
        same("1", rf"\frac{{\sinh({n})}}{{\cosh({n})\tanh({n})}}")
        same("1", rf"\cosh^2({n})-\sinh^2({n})")
        same(rf"e^{{-{n}}}", rf"\cosh({n})-\sinh({n})")


@pytest.mark.parametrize("n", [1_000, 5_000, 10_000, 10**6, 10**9])
def test_what_tends_to_one_beyond_the_bounds(n: int) -> None:
    """Told apart or not decided."""
    for answer in (rf"\tanh({n})", rf"2^{{10^{{-{n}}}}}", rf"1-e^{{-{n}}}", rf"\cos(10^{{-{n}}})", rf"1+10^{{-{n}}}",
                   rf"\frac{{2}}{{\pi}}\arctan(10^{{{n}}})", rf"(1+9^{{-{n}}})^{{3}}",
                   rf"(1+10^{{-{n}}})^{{10^{{20}}}}"):  # fmt: skip
        never_match("1", answer)
        never_match("x", rf"x\cdot({answer})")


@pytest.mark.parametrize("n", [10, 10**6, 10**15, 10**20, 10**30, 10**40])
def test_sums_of_square_roots(n: int) -> None:
    """Finite differences of the root: the gap falls with a power of n that grows with the order."""
    for order in (2, 3, 4, 5):
        terms = [(-1) ** i * comb(order, i) for i in range(order + 1)]
        left = "+".join(rf"{term}\sqrt{{{n + i}}}" for i, term in enumerate(terms) if term > 0)
        right = "+".join(rf"{-term}\sqrt{{{n + i}}}" for i, term in enumerate(terms) if term < 0)
        told_apart(left, right)
        told_apart("0", rf"{left}-({right})")
    same(rf"\sqrt{{{n}}}+\sqrt{{{9 * n}}}", rf"\sqrt{{{4 * n}}}+\sqrt{{{4 * n}}}")
    same(
        rf"\sqrt{{{n}}}+\sqrt{{{n + 1}}}",
        rf"\sqrt{{{2 * n + 1}+2\sqrt{{{n * (n + 1)}}}}}",
    )


def test_the_closest_sums_of_two_square_roots() -> None:
    """Of all sums of two roots of integers up to 80, neighbours."""
    roots = sorted(
        (mpmath.sqrt(a) + mpmath.sqrt(b), a, b)
        for a in range(1, 80)
        for b in range(a, 80)
        if isqrt(a * b) ** 2 != a * b
    )
    gaps = sorted(
        (two[0] - one[0], one[1:], two[1:])
        for one, two in zip(roots, roots[1:], strict=False)
        if two[0] - one[0] > 1e-12
    )
    for _, (a, b), (c, d) in gaps[:60]:
        told_apart(rf"\sqrt{{{a}}}+\sqrt{{{b}}}", rf"\sqrt{{{c}}}+\sqrt{{{d}}}")


def test_sums_of_nine_square_roots_that_agree_to_36_decimals() -> None:
    left = r"\sqrt{1000001}+\sqrt{1000025}+\sqrt{1000031}+\sqrt{1000084}+\sqrt{1000087}+\sqrt{1000134}+\sqrt{1000158}+"
    left += r"\sqrt{1000182}+\sqrt{1000198}"
    right = r"\sqrt{1000002}+\sqrt{1000018}+\sqrt{1000042}+\sqrt{1000066}+\sqrt{1000113}+\sqrt{1000116}+\sqrt{1000169}+"
    right += r"\sqrt{1000175}+\sqrt{1000199}"
    told_apart(left, right)


# Powers, factorials, variables.


@pytest.mark.parametrize("k", PLACES)
def test_exponents(k: int) -> None:
    told_apart("2^{1/2}", f"2^{{1/2+10^{{-{k}}}}}")
    told_apart(r"10^{\pi}", rf"10^{{\pi+10^{{-{k}}}}}")
    told_apart(r"e^{100}", rf"e^{{100+10^{{-{k}}}}}")
    told_apart("x^2", f"x^{{2+10^{{-{k}}}}}")
    told_apart(r"2^{x}", rf"(2+10^{{-{k}}})^{{x}}")
    same("2^{1/2}", f"2^{{1/2+10^{{-{k}}}-10^{{-{k}}}}}")


@pytest.mark.parametrize("n", [20, 50, 100, 300, 1000])
def test_large_powers_and_factorials(n: int) -> None:
    told_apart(f"{n}!", f"{n}!+1")
    told_apart(f"2^{{{n}}}", f"2^{{{n}}}+1")
    told_apart(f"2^{{{n}}}", f"2^{{{n + 1}}}")
    told_apart(f"e^{{{n}}}", f"e^{{{n}}}+1")
    told_apart(f"e^{{{n}}}+1", f"e^{{{n}}}+1+e^{{-{n}}}")
    told_apart(f"{n}^{{{n}}}", f"{n}^{{{n}}}-1")
    (told_apart if n <= 100 else never_match)(rf"\ln({n}!)", rf"\ln({n}!+1)")
    same(f"{n}!", f"{n}\\cdot {n - 1}!")
    same(f"2^{{{n}}}+1", f"1+4^{{{n}/2}}")
    if n <= 300:
        same(f"{n}!", str(factorial(n)))
        told_apart(f"{n}!", str(factorial(n) + 1))


@pytest.mark.parametrize("k", (*PLACES, 300))
def test_coefficients(k: int) -> None:
    tiny = rf"10^{{-{k}}}"
    for gold, answer in (
        ("x^2+1", f"x^2+1+{tiny}"), ("x^2+1", f"(1+{tiny})x^2+1"), ("x", f"x+{tiny}x^{{50}}"), ("x+y", f"x+y+{tiny}xy"),
        (r"\sin x", rf"\sin(x+{tiny})"), (r"\frac{1}{x}", rf"\frac{{1}}{{x+{tiny}}}"),
        (r"\sqrt{x}", rf"\sqrt{{x+{tiny}}}"),
        (r"\ln x", rf"\ln x+{tiny}"), ("y=2x+1", f"y=2x+1+{tiny}"), ("x>2", f"x>2+{tiny}"), ("(1,2)", f"(1,2+{tiny})"),
        ("[0,1)", f"[0,1+{tiny})"), (r"\{1,2\}", rf"\{{1,2+{tiny}\}}"), ("1+2i", f"1+(2+{tiny})i"),
        ("1+2i", f"1+2i+{tiny}"),
        (r"\begin{pmatrix}1&2\\3&4\end{pmatrix}", rf"\begin{{pmatrix}}1&2\\3&4+{tiny}\end{{pmatrix}}"),
        ("1,2,3", f"1,2,3+{tiny}"), (r"\pm 2", rf"\pm(2+{tiny})"), (r"50\%", rf"(50+{tiny})\%"), ("x=5", f"x=5+{tiny}"),
        (r"5\text{ cm}", rf"(5+{tiny})\text{{ cm}}"), (r"\{1,2\}", rf"\{{1,2,{tiny}\}}"), ("7", rf"7\pm {tiny}"),
        (r"\pi x", rf"(\pi+{tiny})x"), ("|x|", rf"|x|+{tiny}"), (r"e^x", rf"e^{{x}}+{tiny}"), ("7", f"7+{tiny}i"),
    ):  # fmt: skip
        told_apart(gold, answer)


@pytest.mark.parametrize("order", [3, 5, 9, 15, 21])
def test_a_series_cut_off_is_not_the_function(order: int) -> None:
    sine = "+".join(
        rf"\frac{{{(-1) ** (n // 2)}}}{{{factorial(n)}}}x^{{{n}}}" for n in range(1, order + 1, 2)
    )
    power = "+".join(rf"\frac{{x^{{{n}}}}}{{{n}!}}" for n in range(order + 1))
    told_apart(r"\sin x", sine)
    told_apart("e^x", power)
    told_apart(r"\sin\frac{1}{1000}", sine.replace("x", r"\left(\frac{1}{1000}\right)"))
    told_apart("e", "+".join(rf"\frac{{1}}{{{n}!}}" for n in range(order + 1)))
