"""Real solution sets of relations: exact for rational functions of one variable, careful for the rest.

With rational coefficients the line is cut at every root of every numerator and denominator, and both sides are judged
on each piece and at each cut: that decides, both ways. Elsewhere sympy's sets are compared end by end, and checked
against the relations at points.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction

import sympy
from mpmath import mp
from sympy import S
from sympy.core.evalf import PrecisionExhausted
from sympy.polys.polyerrors import BasePolynomialError

from synthgym.verifiers.equivalence import symbolic_sample as sample
from synthgym.verifiers.equivalence.symbolic_build import Builder, Sympy, free_names, to_tree
from synthgym.verifiers.equivalence.symbolic_sample import TooLargeError, UndefinedError, UnsupportedError
from synthgym.verifiers.equivalence.tree import EXPRS, All, Div, Expr, Items, Node, Num, Pow, Relation

_X = sympy.Symbol("x0", real=True)
_HOLDS = {
    "=": lambda sign: sign == 0,
    "!=": lambda sign: sign != 0,
    "<": lambda sign: sign < 0,
    "<=": lambda sign: sign <= 0,
    ">": lambda sign: sign > 0,
    ">=": lambda sign: sign >= 0,
}
_FLIPPED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "=": "=", "!=": "!="}
_GRID = tuple(
    Fraction(text)
    for text in "-997/7 -101/9 -37/5 -23/7 -9/4 -8/5 -11/9 -5/6 -3/7 -1/8 -1/90 1/70 2/9 5/8 8/9 9/7 8/5 17/7 19/6 "
    "31/8 47/9 58/9 83/7 211/9 997/8".split()
)


@dataclass(frozen=True, slots=True)
class _Atom:
    """``left sign right``."""

    left: Expr
    right: Expr
    sign: str


@dataclass(frozen=True, slots=True)
class _Formula:
    """Atoms and formulas that hold together, or of which one holds."""

    parts: tuple["_Atom | _Formula", ...]
    together: bool

    def atoms(self) -> list[_Atom]:
        return [a for part in self.parts for a in ([part] if isinstance(part, _Atom) else part.atoms())]


def same_solutions(a: Node, b: Node) -> bool | None:
    """Whether relations (or `All`, or a list of them, which means "or") hold at the same real points."""
    try:
        one, other = _formula(a), _formula(b)
        names = free_names(side for atom in one.atoms() + other.atoms() for side in (atom.left, atom.right))
        if len(names) == 1:
            return _same_on_the_line(one, other, names[0])
        return _same_in_space(one, other, names) if names else None
    except (UnsupportedError, UndefinedError, BasePolynomialError, NotImplementedError):
        return None


def solution_values(node: Node) -> tuple[Expr, ...] | None:
    """The real solutions of a relation in one variable, in ascending order; None if they are not finitely many, or
    not known in closed form."""
    try:
        formula = _formula(node)
        names = free_names(side for atom in formula.atoms() for side in (atom.left, atom.right))
        if len(names) != 1:
            return None
        try:
            found = _Line([formula], names[0]).solutions(formula)
        except (UnsupportedError, BasePolynomialError):
            found = _finite(_set_of(formula, names[0]), formula, names[0])
        return None if found is None else tuple(to_tree(each, {}) for each in found)
    except (UnsupportedError, UndefinedError, BasePolynomialError, NotImplementedError):
        return None


def _formula(node: Node) -> _Formula:
    match node:
        case Relation(sides, signs):
            atoms = []
            for left, sign, right in zip(sides, signs, sides[1:], strict=False):
                if not isinstance(left, EXPRS) or not isinstance(right, EXPRS):
                    raise UnsupportedError
                atoms.append(_Atom(left, right, sign))
            return _Formula(tuple(atoms), True)
        case All(parts) | Items("list", parts) if parts:
            return _Formula(tuple(_formula(part) for part in parts), isinstance(node, All))
        case _:
            raise UnsupportedError


def _same_on_the_line(one: _Formula, other: _Formula, name: str) -> bool | None:
    try:
        return _Line([one, other], name).same(one, other)
    except (UnsupportedError, BasePolynomialError):
        pass
    if any(_differ_at(one, other, {name: point}) for point in _GRID):
        return False
    try:
        return _same_sets(_set_of(one, name), _set_of(other, name), one, other, name)
    except (ValueError, TypeError, AttributeError):
        return None


class _Line:
    """The real line, cut where any of the rational functions in some formulas changes its sign or is undefined.

    Raises UnsupportedError or a polynomial error where an atom is no rational function with rational coefficients.
    """

    def __init__(self, formulas: Iterable[_Formula], name: str) -> None:
        builder = Builder({name: _X}, real=True)
        self._fractions: dict[_Atom, tuple[Sympy, list[Sympy]]] = {}
        factors: set[Sympy] = set()
        for atom in [atom for formula in formulas for atom in formula.atoms()]:
            top, bottoms = self._fractions[atom] = _fraction(atom, builder)
            for polynomial in (top, *bottoms):
                if not polynomial.is_zero:
                    factors.update(factor for factor, _ in polynomial.factor_list()[1] if factor.degree() > 0)
        found = [
            (root, factor) for factor in factors for root in factor.real_roots(multiple=False, radicals=False)
        ]
        self._roots = sorted(
            ((root, factor, _enclosed(root)) for (root, _), factor in found), key=lambda r: r[2]
        )
        self._between = _midpoints([number for _, _, number in self._roots])

    def same(self, one: _Formula, other: _Formula) -> bool:
        return all(self._holds(one, place) == self._holds(other, place) for place in self._places())

    def solutions(self, formula: _Formula) -> list[Sympy] | None:
        if any(self._holds(formula, point) for point in self._between):
            return None
        return [
            _radical(root, factor) for root, factor, n in self._roots if self._holds(formula, (factor, n))
        ]

    def _places(self) -> list["Fraction | tuple[Sympy, Fraction]"]:
        return [*self._between, *((factor, number) for _, factor, number in self._roots)]

    def _holds(self, formula: _Formula | _Atom, place: "Fraction | tuple[Sympy, Fraction]") -> bool:
        if isinstance(formula, _Formula):
            return (all if formula.together else any)(self._holds(part, place) for part in formula.parts)
        top, bottoms = self._fractions[formula]
        signs = [_sign_at(polynomial, place) for polynomial in bottoms]
        if 0 in signs:
            return False
        return bool(_HOLDS[formula.sign](_sign_at(top, place) * signs[0]))


def _fraction(atom: _Atom, builder: Builder) -> tuple[Sympy, list[Sympy]]:
    """Numerator and denominators of left - right: the first denominator counts, the others were cancelled."""
    difference = builder.build(atom.left) - builder.build(atom.right)
    if difference in (S.Infinity, S.NegativeInfinity):
        difference = S.One if difference is S.Infinity else S.NegativeOne
    bottoms = [
        builder.build(part.bottom if isinstance(part, Div) else part.base)
        for side in (atom.left, atom.right)
        for part in sample.walk(side)
        if isinstance(part, Div) or (isinstance(part, Pow) and (sample.folded(part.exponent) or 1) < 0)
    ]
    top, bottom = sympy.fraction(sympy.together(difference))
    polynomials = []
    for part in (top, bottom, *(piece for each in bottoms for piece in sympy.fraction(sympy.together(each)))):
        if part.is_number and not part.is_Rational:
            raise UnsupportedError
        polynomials.append(sympy.Poly(part, _X, domain="QQ"))
    return polynomials[0], polynomials[1:]


def _sign_at(polynomial: Sympy, place: "Fraction | tuple[Sympy, Fraction]") -> int:
    """The sign at a rational point, or at the root of an irreducible factor that a number is next to."""
    if isinstance(place, Fraction):
        return int(sympy.sign(polynomial.eval(sympy.Rational(place.numerator, place.denominator))))
    factor, number = place
    if polynomial.rem(factor).is_zero:
        return 0
    return int(sympy.sign(polynomial.eval(sympy.Rational(number.numerator, number.denominator))))


def _enclosed(root: Sympy) -> Fraction:
    """A rational next to a root, near enough for any polynomial's sign there but for a miracle's."""
    if root.is_Rational:
        return Fraction(int(root.p), int(root.q))
    near = sympy.Rational(str(root.eval_rational(sympy.Rational(1, 10**60))))
    return Fraction(int(near.p), int(near.q))


def _midpoints(cuts: list[Fraction]) -> list[Fraction]:
    if not cuts:
        return [Fraction(0)]
    gaps = [(low + high) / 2 for low, high in zip(cuts, cuts[1:], strict=False)]
    if any(high - low < Fraction(1, 10**40) for low, high in zip(cuts, cuts[1:], strict=False)):
        raise UnsupportedError
    return [cuts[0] - 1, *gaps, cuts[-1] + 1]


def _radical(root: Sympy, factor: Sympy) -> Sympy:
    """A root in closed form."""
    if factor.degree() <= 2:
        near = [
            each
            for each in factor.real_roots()
            if abs(each.evalf(30) - root.evalf(30)) < sympy.Float("1e-25")
        ]
        return near[0]
    for each in sympy.roots(factor):
        if each.is_real and abs(each.evalf(30) - root.evalf(30)) < sympy.Float("1e-25"):
            return each
    raise UnsupportedError


def _set_of(formula: _Formula | _Atom, name: str) -> Sympy:
    """sympy's set of real solutions."""
    if isinstance(formula, _Formula):
        sets = [_set_of(part, name) for part in formula.parts]
        return sympy.Intersection(*sets) if formula.together else sympy.Union(*sets)
    builder = Builder({name: _X}, real=True)
    left, right = builder.build(formula.left), builder.build(formula.right)
    difference = left - right
    if difference.is_infinite or not difference.has(_X):
        sign = sympy.sign(difference)
        if not sign.is_Integer:
            raise UnsupportedError
        return S.Reals if _HOLDS[formula.sign](int(sign)) else S.EmptySet
    if formula.sign in ("=", "!="):
        zeros = sympy.solveset(difference, _X, S.Reals)
        if formula.sign == "=":
            return zeros
        return sympy.calculus.util.continuous_domain(difference, _X, S.Reals) - zeros
    kind = {"<": sympy.Lt, "<=": sympy.Le, ">": sympy.Gt, ">=": sympy.Ge}[formula.sign]
    condition = kind(difference, 0)
    return sympy.solve_univariate_inequality(condition, _X, relational=False, domain=S.Reals)


def _ends(solutions: Sympy) -> list[tuple[Sympy, bool]] | None:
    """The ends of a union of intervals and points, each with whether it belongs to it; None for other sets."""
    ends: list[tuple[Sympy, bool]] = []
    for part in solutions.args if isinstance(solutions, sympy.Union) else [solutions]:
        if isinstance(part, sympy.FiniteSet):
            ends += [(point, True) for point in part for _ in range(2)]
        elif isinstance(part, sympy.Interval):
            ends += [(part.start, not part.left_open), (part.end, not part.right_open)]
        elif part is S.Reals:
            ends += [(S.NegativeInfinity, False), (S.Infinity, False)]
        elif part is not S.EmptySet:
            return None
    if not all(end.is_number and end.is_extended_real for end, _ in ends):
        return None
    return sorted(ends, key=lambda end: sympy.Float(end[0].evalf(30), 30))


def _same_sets(first: Sympy, second: Sympy, one: _Formula, other: _Formula, name: str) -> bool | None:
    left, right = _ends(first), _ends(second)
    if left is None or right is None:
        return None
    for ends, formula in ((left, other), (right, one)):
        if any(_fails_at(formula, name, point) for point, closed in ends if closed):
            return False
    if len(left) != len(right) or not _agrees(first, one, name) or not _agrees(second, other, name):
        return None
    for (here, closed_here), (there, closed_there) in zip(left, right, strict=True):
        if _certainly_apart(here, there):
            return False
        if not _equal_numbers(here, there):
            return None
        if closed_here != closed_there:
            return False
    return True


def _certainly_apart(one: Sympy, other: Sympy) -> bool:
    if one.is_infinite or other.is_infinite:
        return bool(one != other)
    try:
        return bool((one - other).evalf(20, maxn=500, strict=True) != 0)
    except PrecisionExhausted:
        return False


def _equal_numbers(one: Sympy, other: Sympy) -> bool:
    if one == other:
        return True
    if one.is_infinite or other.is_infinite:
        return False
    return bool(sympy.simplify(one - other) == 0 or (one - other).equals(0))


def _agrees(solutions: Sympy, formula: _Formula, name: str) -> bool:
    """Whether a set holds just the points of the grid that the relations hold at, and no sign change is missed."""
    for point in _GRID:
        holds = _holds_at(formula, {name: point})
        if (
            holds is not None
            and bool(solutions.contains(sympy.Rational(point.numerator, point.denominator))) != holds
        ):
            return False
    known = [mp.mpf(end.evalf(30)) for end, _ in _ends(solutions) or [] if end.is_finite]
    atoms = formula.atoms()
    if len(atoms) > 1 or atoms[0].sign != "=":
        return True
    signs = [(point, _sign(atoms[0], {name: point})) for point in _GRID]
    for (low, before), (high, after) in zip(signs, signs[1:], strict=False):
        crossed = before is not None and after is not None and before * after < 0
        if crossed and not any(low <= Fraction(str(number)) <= high for number in known):
            return False
    return True


def _sign(atom: _Atom, env: Mapping[str, Fraction]) -> int | None:
    """Of left - right at a point; None where it has none, or is too near to 0 to tell."""
    try:
        verdict = sample.compare(atom.left, atom.right, env, real=True)
        if verdict != "differ":
            return None
        with mp.workdps(60):
            point = {name: mp.mpf(number.numerator) / number.denominator for name, number in env.items()}
            gap = sample.value(atom.left, point, real=True) - sample.value(atom.right, point, real=True)
        return int(mp.sign(gap))
    except (UndefinedError, TooLargeError, ZeroDivisionError):
        return None


def _holds_at(formula: _Formula | _Atom, env: Mapping[str, Fraction]) -> bool | None:
    if isinstance(formula, _Atom):
        sign = _sign(formula, env)
        return None if sign is None else bool(_HOLDS[formula.sign](sign))
    found = [_holds_at(part, env) for part in formula.parts]
    if None in found:
        return None
    return (all if formula.together else any)(bool(each) for each in found)


def _differ_at(one: _Formula, other: _Formula, env: Mapping[str, Fraction]) -> bool:
    here, there = _holds_at(one, env), _holds_at(other, env)
    return None not in (here, there) and here != there


def _fails_at(formula: _Formula | _Atom, name: str, point: Sympy) -> bool:
    """Whether a formula certainly does not hold at an exact number."""
    if isinstance(formula, _Formula):
        return (any if formula.together else all)(_fails_at(part, name, point) for part in formula.parts)
    try:
        number = to_tree(point, {})
        sides = [_placed(side, name, number) for side in (formula.left, formula.right)]
        sign = _sign(_Atom(sides[0], sides[1], formula.sign), {})
    except UnsupportedError:
        return False
    return sign is not None and not _HOLDS[formula.sign](sign)


def _placed(node: Expr, name: str, number: Expr) -> Expr:
    """`node` with a number in place of its variable."""
    from dataclasses import fields, replace

    from synthgym.verifiers.equivalence.tree import Bound, Sym

    if isinstance(node, Sym):
        return number if node.name == name else node
    if isinstance(node, Bound):
        raise UnsupportedError
    changed: dict[str, object] = {}
    for field in fields(node):
        part = getattr(node, field.name)
        if isinstance(part, EXPRS):
            changed[field.name] = _placed(part, name, number)
        elif isinstance(part, tuple):
            changed[field.name] = tuple(_placed(each, name, number) for each in part)
    return replace(node, **changed)  # type: ignore[arg-type]


def _finite(solutions: Sympy, formula: _Formula, name: str) -> list[Sympy] | None:
    ends = _ends(solutions)
    if ends is None or not (solutions is S.EmptySet or isinstance(solutions, sympy.FiniteSet)):
        return None
    if not _agrees(solutions, formula, name):
        return None
    points = [point for point, _ in ends[::2]]
    return None if any(_fails_at(formula, name, point) for point in points) else points


def _same_in_space(one: _Formula, other: _Formula, names: list[str]) -> bool | None:
    """Several variables: single relations that are multiples of each other, or systems of polynomials."""
    if _same_polynomials(one, other, names):
        return True
    if any(_differ_at(one, other, _corner(names, place)) for place in range(12)):
        return False
    for kept in names:
        for place in range(2):
            numbers = {name: Num(value) for name, value in _corner(names, place).items() if name != kept}
            slices = [_sliced(formula, numbers) for formula in (one, other)]
            if _same_on_the_line(slices[0], slices[1], kept) is False:
                return False
    return None


def _corner(names: list[str], place: int) -> dict[str, Fraction]:
    return {name: _GRID[(7 * place + 5 * rank + 3) % len(_GRID)] for rank, name in enumerate(names)}


def _sliced(formula: _Formula, numbers: Mapping[str, Expr]) -> _Formula:
    parts: list[_Atom | _Formula] = []
    for part in formula.parts:
        if isinstance(part, _Formula):
            parts.append(_sliced(part, numbers))
            continue
        left, right = part.left, part.right
        for name, number in numbers.items():
            left, right = _placed(left, name, number), _placed(right, name, number)
        parts.append(_Atom(left, right, part.sign))
    return _Formula(tuple(parts), formula.together)


def _same_polynomials(one: _Formula, other: _Formula, names: list[str]) -> bool:
    symbols = {name: sympy.Symbol(f"x{rank}", real=True) for rank, name in enumerate(names)}
    builder = Builder(symbols, real=True)
    left, right = _flat(one, builder), _flat(other, builder)
    if left is None or right is None:
        return False
    if len(left) == len(right) == 1:
        return _multiples(left[0], right[0], list(symbols.values()))
    if any(sign != "=" or bottom != 1 for _, bottom, sign in left + right):
        return False
    bases = [
        sympy.groebner([top for top, _, _ in side], *symbols.values(), order="lex") for side in (left, right)
    ]
    return bool(bases[0].exprs == bases[1].exprs)


def _flat(formula: _Formula, builder: Builder) -> list[tuple[Sympy, Sympy, str]] | None:
    """Numerator, denominator and sign of the atoms that must all hold."""
    flat: list[tuple[Sympy, Sympy, str]] = []
    for part in formula.parts:
        if isinstance(part, _Formula):
            inner = _flat(part, builder)
            if inner is None:
                return None
            flat += inner
        else:
            difference = sympy.together(builder.build(part.left) - builder.build(part.right))
            flat.append((*map(sympy.expand, sympy.fraction(difference)), part.sign))
    return flat if formula.together or len(flat) == 1 else None


def _multiples(one: tuple[Sympy, Sympy, str], other: tuple[Sympy, Sympy, str], symbols: list[Sympy]) -> bool:
    """Whether two relations with zero differ by a factor that never changes its sign."""
    (top, bottom, sign), (top_2, bottom_2, sign_2) = one, other
    if top == 0 or top_2 == 0:
        return False
    ratio = sympy.cancel((top * bottom_2) / (top_2 * bottom))
    same_domain = sympy.cancel(bottom / bottom_2).is_number
    if ratio.is_number and ratio.is_nonzero and same_domain:
        return bool(sign_2 == (sign if ratio.is_positive else _FLIPPED[sign]) and ratio.is_real)
    if not (sign == sign_2 and sign in ("=", "!=") and bottom.is_number and bottom_2.is_number):
        return False
    parts = [sympy.Poly(each, *symbols).sqf_part().monic() for each in (top, top_2)]
    return bool(parts[0] == parts[1])
