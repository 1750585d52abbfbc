"""Trees into sympy's objects and back, by constructors alone: no text is ever given to sympy to read.

Names do not reach sympy either: variables are numbered. What sympy would evaluate at once and at any cost, huge
powers and factorials, is refused before.
"""

from collections.abc import Iterable, Mapping
from fractions import Fraction
from typing import Any, TypeAlias

import sympy
from sympy import S

from synthgym.verifiers.equivalence.symbolic_sample import (
    FACTORIAL,
    MAGNITUDE,
    TooLargeError,
    UndefinedError,
    UnsupportedError,
    parts,
    walk,
)
from synthgym.verifiers.equivalence.tree import (
    EULER,
    IMAGINARY,
    PI,
    Add,
    Apply,
    Bound,
    Call,
    Const,
    Div,
    Expr,
    Mul,
    Num,
    Pow,
    Sym,
)

Sympy: TypeAlias = Any
"""sympy's expressions; it has no types that a checker could use."""

UNEVALUATED = (sympy.Integral, sympy.Sum, sympy.Product, sympy.Limit, sympy.Derivative, sympy.Subs)
ANTIDERIVATIVE = sympy.Function("antiderivative", real=True)
"""Of an integrand in a bound variable, at a point. Nothing is known of it but that the same ones are the same."""
_SAME = {
    **{
        name: getattr(sympy, name) for name in "sin cos tan cot sec csc asin acos atan acot asec acsc".split()
    },
    **{name: getattr(sympy, name) for name in "sinh cosh tanh coth sech csch asinh acosh atanh".split()},
    **{"exp": sympy.exp, "abs": sympy.Abs, "floor": sympy.floor, "ceil": sympy.ceiling, "sign": sympy.sign},
    **{"re": sympy.re, "im": sympy.im, "arg": sympy.arg, "conj": sympy.conjugate},
    **{"min": sympy.Min, "max": sympy.Max},
}
_BACK = {function: name for name, function in _SAME.items()} | {sympy.log: "ln"}


def free_names(trees: Iterable[Expr]) -> list[str]:
    """Names of the variables that are not bound, in alphabetical order."""
    found: set[str] = set()
    for tree in trees:
        waiting: list[tuple[Expr, frozenset[str]]] = [(tree, frozenset())]
        while waiting:
            node, bound = waiting.pop()
            match node:
                case Sym(name):
                    found |= {name} - bound
                case Bound(op, body, variable, lower, upper):
                    inner = bound if op == "derivative" or lower is None else bound | {variable.name}
                    waiting.append((body, inner))
                    waiting.extend((end, bound) for end in (lower, upper) if end is not None)
                    if inner is bound:
                        waiting.append((variable, bound))
                case _:
                    waiting.extend((part, bound) for part in parts(node))
    return sorted(found)


def counters(trees: Iterable[Expr]) -> set[str]:
    """Variables that stand in the bounds of a sum or product, and so are natural numbers."""
    bounds = [
        end
        for tree in trees
        for node in walk(tree)
        if isinstance(node, Bound) and node.op in ("sum", "product")
        for end in (node.lower, node.upper)
        if end is not None
    ]
    return set(free_names(bounds))


class Builder:
    """Builds sympy expressions in which every variable stands for a given expression.

    Args:
        values: what a variable stands for, by name.
        real: over the reals; what has no real value raises `UndefinedError` where sympy can tell.
        close: look for closed forms of integrals, series and limits.
    """

    def __init__(self, values: Mapping[str, Sympy], *, real: bool, close: bool = True) -> None:
        self._close_all = close
        self._values = dict(values)
        self._real = real
        self._depth = 0
        self._functions: dict[str, Sympy] = {}
        self._closed: dict[Sympy, Sympy] = {}

    def build(self, node: Expr) -> Sympy:
        """The sympy expression; raises UndefinedError, UnsupportedError or TooLargeError."""
        result = self._build(node)
        if result in (S.NaN, S.ComplexInfinity):
            raise UndefinedError
        return result

    def _build(self, node: Expr) -> Sympy:
        match node:
            case Num(number):
                return rational(number)
            case Sym(name):
                return self._values[name]
            case Const(name):
                return {"pi": S.Pi, "e": S.Exp1, "i": S.ImaginaryUnit, "inf": S.Infinity}[name]
            case Add(terms):
                return sympy.Add(*map(self.build, terms))
            case Mul(factors):
                return self._product([self.build(factor) for factor in factors])
            case Div(top, bottom):
                return self._product([self.build(top), self.power(self.build(bottom), S.NegativeOne)])
            case Pow(base, exponent):
                return self.power(self.build(base), self.build(exponent))
            case Call(name, args):
                return self._call(name, [self.build(arg) for arg in args])
            case Apply(name, args):
                function = self._functions.setdefault(name, sympy.Function(f"f_{_code(name)}", real=True))
                return function(*map(self.build, args))
            case Bound():
                return self._bound(node)
            case _:
                raise UnsupportedError

    def _product(self, factors: list[Sympy]) -> Sympy:
        if sum(_bits(factor) for factor in factors if factor.is_Rational) > MAGNITUDE:
            raise TooLargeError
        return sympy.Mul(*factors)

    def power(self, base: Sympy, exponent: Sympy) -> Sympy:
        """``base ** exponent`` with real odd roots, and no larger than allowed."""
        if base.is_zero and not exponent.is_positive:
            raise UndefinedError
        _check_power(base, exponent)
        if not exponent.is_Rational:
            if self._real and base.is_negative and not exponent.is_integer:
                raise UndefinedError
            return sympy.Pow(base, exponent)
        if exponent.q == 1 or base.is_nonnegative:
            return sympy.Pow(base, exponent)
        if exponent.q % 2 == 0:
            if self._real and base.is_negative:
                raise UndefinedError
            return sympy.Pow(base, exponent)
        if base.is_negative:
            return (-1) ** exponent.p * sympy.Pow(-base, exponent)
        if self._real or base.is_real:
            return sympy.sign(base) ** exponent.p * sympy.Pow(sympy.Abs(base), exponent)
        return sympy.Pow(base, exponent)

    def _logarithm(self, x: Sympy) -> Sympy:
        if x.is_zero or (self._real and x.is_negative):
            raise UndefinedError
        return sympy.log(x)

    def _call(self, name: str, args: list[Sympy]) -> Sympy:
        if name in _SAME:
            return _SAME[name](*args)
        match name, args:
            case "ln", [x]:
                return self._logarithm(x)
            case "log", [base, x]:
                return self._product([self._logarithm(x), self.power(self._logarithm(base), S.NegativeOne)])
            case "root", [index, x] if index.is_Integer and index > 0:
                return self.power(x, S.One / index)
            case (("factorial" | "double_factorial" | "gamma"), [x]):
                if x.is_number and x.is_real and abs(x) > FACTORIAL:
                    raise TooLargeError
                kinds = {"factorial": sympy.factorial, "double_factorial": sympy.factorial2}
                return kinds.get(name, sympy.gamma)(x)
            case "binomial", [n, k]:
                if any(arg.is_number and not abs(arg) <= FACTORIAL for arg in args):
                    raise TooLargeError
                return sympy.binomial(n, k)
            case "mod", [a, n] if n.is_positive:
                return sympy.Mod(a, n)
            case (("gcd" | "lcm"), _) if all(arg.is_Integer for arg in args):
                return (sympy.igcd if name == "gcd" else sympy.ilcm)(*args)
            case _:
                raise UnsupportedError

    def _bound(self, node: Bound) -> Sympy:
        counts = node.op in ("sum", "product")
        ends = [None if end is None else self.build(end) for end in (node.lower, node.upper)]
        outer = self._values.get(node.variable.name)
        self._depth += 1
        variable = (
            sympy.Symbol(f"b{self._depth}", integer=True)
            if counts
            else sympy.Symbol(f"b{self._depth}", real=True)
        )
        self._values[node.variable.name] = variable
        try:
            body = self.build(node.body)
        finally:
            self._depth -= 1
            self._values.pop(node.variable.name)
            if outer is not None:
                self._values[node.variable.name] = outer
        return self._operator(node.op, body, variable, outer, *ends)

    def _operator(
        self, op: str, body: Sympy, variable: Sympy, outer: Sympy, lower: Sympy, upper: Sympy
    ) -> Sympy:
        match op:
            case "derivative" if outer is not None:
                order = S.One if upper is None else upper
                if not order.is_Integer or not 0 <= order <= 20:
                    raise UnsupportedError
                return sympy.diff(body, variable, order).subs(variable, outer)
            case "integral" if lower is None and upper is None and outer is not None:
                return ANTIDERIVATIVE(sympy.expand(body), outer)
            case "integral" if None not in (lower, upper):
                return self._close(sympy.Integral(body, (variable, lower, upper)))
            case "sum" | "product" if None not in (lower, upper):
                if lower.is_number and upper.is_number and upper < lower - 1:
                    raise UndefinedError
                kind = sympy.Sum if op == "sum" else sympy.Product
                return self._close(kind(body, (variable, lower, upper)))
            case "limit" if lower is not None:
                side = "+-" if upper is None else "+" if upper == 1 else "-"
                if lower.is_infinite:
                    side = "-" if lower is S.Infinity else "+"
                return self._close(sympy.Limit(body, variable, lower, side))
            case _:
                raise UnsupportedError

    def _close(self, operator: Sympy) -> Sympy:
        """The closed form of an operator, where sympy finds one that numbers confirm; else the operator."""
        if not self._close_all:
            return operator
        if operator not in self._closed:
            self._closed[operator] = _closed(operator)
        return self._closed[operator]


def _closed(operator: Sympy) -> Sympy:
    try:
        result = operator.doit()
    except (ValueError, NotImplementedError, TypeError, AttributeError):
        return operator
    if isinstance(result, sympy.Piecewise) and len(result.args) == 2 and result.args[1][0].has(*UNEVALUATED):
        result = result.args[0][0]
    if result.has(S.NaN, S.ComplexInfinity, sympy.AccumBounds):
        raise UndefinedError
    if result.has(*UNEVALUATED):
        return operator
    return result if _confirmed(operator, result) else operator


def _confirmed(operator: Sympy, result: Sympy) -> bool:
    """Whether numbers speak for a closed form, at one point where it has parameters."""
    names = sorted(operator.free_symbols, key=lambda symbol: str(symbol.name))
    point = {
        name: sympy.Integer(4 + place) if name.is_integer else sympy.Rational(2 + place, 7)
        for place, name in enumerate(names)
    }
    there, wanted = operator.subs(point), result.subs(point)
    if isinstance(operator, sympy.Limit):
        return _limit_confirmed(there, wanted)
    if wanted.is_infinite:
        return True
    found = (there.doit() if _is_finite_series(there) else there).evalf(20)
    wanted = wanted.evalf(20)
    if not (found.is_number and wanted.is_number) or found.has(*UNEVALUATED):
        return False
    return bool(abs(found - wanted) <= sympy.Float("1e-12") * (1 + abs(wanted)))


def _is_finite_series(operator: Sympy) -> bool:
    if not isinstance(operator, (sympy.Sum, sympy.Product)):
        return False
    _, lower, upper = operator.limits[0]
    return bool(lower.is_Integer and upper.is_Integer and upper - lower < 90)


def _limit_confirmed(limit: Sympy, wanted: Sympy) -> bool:
    """Whether the values on the way come nearer to `wanted`, from every side that counts."""
    body, variable, point, side = limit.args
    sides = [1, -1] if str(side) == "+-" else [1 if str(side) == "+" else -1]
    for sign in sides:
        gaps = []
        for power in (4, 9, 18):
            near = sign * sympy.Rational(1, 10**power)
            place = -1 / near if point is S.Infinity or point is S.NegativeInfinity else point + near
            found = body.evalf(30, subs={variable: place}, maxn=400)
            if not found.is_number or not found.is_finite:
                return bool(wanted.is_infinite)
            gaps.append(abs(found) ** -1 if wanted.is_infinite and found else abs(found - wanted))
        if not (gaps[2] <= gaps[0] + sympy.Float("1e-12") and gaps[2] < sympy.Float("0.04")):
            return False
    return True


def rational(number: Fraction) -> Sympy:
    """An exact number; raises TooLargeError above `MAGNITUDE` bits."""
    if max(number.numerator.bit_length(), number.denominator.bit_length()) > MAGNITUDE:
        raise TooLargeError
    return sympy.Rational(number.numerator, number.denominator)


def _bits(number: Sympy) -> int:
    return max(int(number.p).bit_length(), int(number.q).bit_length())


def _check_power(base: Sympy, exponent: Sympy) -> None:
    if not (exponent.is_number and exponent.is_real and base.is_number) or base in (
        S.One,
        S.NegativeOne,
        S.Zero,
    ):
        return
    bits = _bits(base) if base.is_Rational else 4
    if exponent.is_Rational:
        steps = abs(int(exponent.p)) // int(exponent.q)
    else:
        rough = abs(exponent.evalf(8))
        steps = int(rough) if rough.is_finite and rough < 10 * MAGNITUDE else MAGNITUDE + 1
    if bits * steps > MAGNITUDE:
        raise TooLargeError


def _code(name: str) -> str:
    """A name that means nothing to anybody."""
    return "_".join(f"{ord(letter):x}" for letter in name)


def to_tree(expression: Sympy, names: Mapping[Sympy, str]) -> Expr:
    """The tree of an exact value, or of an expression in the variables named; UnsupportedError for others."""

    def tree(part: Sympy) -> Expr:
        return to_tree(part, names)

    if expression.is_Rational:
        return Num(Fraction(int(expression.p), int(expression.q)))
    if expression in names:
        return Sym(names[expression])
    constants: dict[Sympy, Expr] = {S.Pi: PI, S.Exp1: EULER, S.ImaginaryUnit: IMAGINARY}
    if expression in constants:
        return constants[expression]
    if expression.is_Add or expression.is_Mul:
        return (Add if expression.is_Add else Mul)(tuple(map(tree, expression.args)))
    if expression.is_Pow:
        return Pow(tree(expression.base), tree(expression.exp))
    if expression.func in _BACK:
        return Call(_BACK[expression.func], tuple(map(tree, expression.args)))
    raise UnsupportedError
