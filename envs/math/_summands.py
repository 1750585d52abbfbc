"""The summands of a sum of fractions: drawn, written, brought over one denominator."""

from collections.abc import Iterable, Sequence
from math import gcd, lcm, prod

from synthgym.rng import Rng

Summand = tuple[tuple[int, int], ...]
"""The factors of a product, as (numerator, denominator)."""
_DIVISORS = {n: [d for d in range(2, n + 1) if n % d == 0] for n in range(1, 181)}
_TOPS = {n: [top for top in range(1, min(n, 10)) if gcd(top, n) == 1] for n in range(2, 181)}


def draw(rng: Rng, base: int, product: bool) -> Summand:
    """A fraction whose denominator divides `base`; or a product of two, whose denominators' product does."""
    first = rng.choice(_DIVISORS[base][: -1 if product else None])
    factor = (rng.choice(_TOPS[first]), first)
    if not product:
        return (factor,)
    second = rng.choice(_DIVISORS[base // first])
    return factor, (rng.choice(_TOPS[second]), second)


def negative(summand: Summand) -> Summand:
    """`summand` with the other sign before its first numerator."""
    (n, d), *more = summand
    return ((-n, d), *more)


def top(summand: Summand) -> int:
    """Its numerator, multiplied out."""
    return prod(n for n, _ in summand)


def bottom(summand: Summand) -> int:
    """Its denominator, multiplied out."""
    return prod(d for _, d in summand)


def over_common(summands: Sequence[Summand]) -> tuple[list[int], int]:
    """The numerators of `summands` over their common denominator, and that denominator."""
    common = lcm(*map(bottom, summands))
    return [top(s) * common // bottom(s) for s in summands], common


def chain(summands: Sequence[Summand]) -> str:
    """``1/2-1/3*1/2``."""
    return joined("*".join(f"{n}/{d}" for n, d in summand) for summand in summands)


def joined(texts: Iterable[object]) -> str:
    """`texts` with plus signs between them, where none begins with a minus sign."""
    return "+".join(map(str, texts)).replace("+-", "-")
