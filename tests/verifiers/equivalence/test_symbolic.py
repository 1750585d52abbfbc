"""What sympy decides about trees. Every True here is one, every False too; None is what is left open."""

from fractions import Fraction

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from synthgym.verifiers.equivalence import symbolic
from synthgym.verifiers.equivalence.symbolic_sample import TooLargeError
from synthgym.verifiers.equivalence.tree import (
    EULER,
    IMAGINARY,
    INFINITY,
    PI,
    Add,
    All,
    Apply,
    Bound,
    Call,
    Div,
    Expr,
    Items,
    Mul,
    Node,
    Num,
    PlusMinus,
    Pow,
    Relation,
    Sym,
)

Like = Expr | int | Fraction
x, y, n, k, t = (Sym(name) for name in "xynkt")
HALF, THIRD = Fraction(1, 2), Fraction(1, 3)


def w(value: Like) -> Expr:
    return Num(Fraction(value)) if isinstance(value, (int, Fraction)) else value


def add(*terms: Like) -> Expr:
    return Add(tuple(map(w, terms)))


def mul(*factors: Like) -> Expr:
    return Mul(tuple(map(w, factors)))


def div(top: Like, bottom: Like) -> Expr:
    return Div(w(top), w(bottom))


def power(base: Like, exponent: Like) -> Expr:
    return Pow(w(base), w(exponent))


def call(name: str, *args: Like) -> Expr:
    return Call(name, tuple(map(w, args)))


def root(value: Like) -> Expr:
    return power(value, HALF)


def neg(value: Like) -> Expr:
    return mul(-1, value)


def rel(*parts: Like | str) -> Relation:
    sides = [w(part) for part in parts if not isinstance(part, str)]
    return Relation(tuple(sides), tuple(part for part in parts if isinstance(part, str)))


def either(*parts: Node) -> Items:
    return Items("list", parts)


def total(body: Like, variable: Sym, lower: Like, upper: Like) -> Expr:
    return Bound("sum", w(body), variable, w(lower), w(upper))


def integral(body: Like, variable: Sym, lower: Like | None = None, upper: Like | None = None) -> Expr:
    ends = [None if end is None else w(end) for end in (lower, upper)]
    return Bound("integral", w(body), variable, *ends)


def limit(body: Like, variable: Sym, point: Like, side: int | None = None) -> Expr:
    return Bound("limit", w(body), variable, w(point), None if side is None else w(side))


EQUAL: list[tuple[Like, Like]] = [
    (add(power(call("sin", x), 2), power(call("cos", x), 2)), 1),
    (call("sin", mul(2, x)), mul(2, call("sin", x), call("cos", x))),
    (root(power(x, 2)), call("abs", x)),
    (call("ln", power(x, 2)), mul(2, call("ln", x))),
    (mul(root(x), root(y)), root(mul(x, y))),
    (add(call("ln", x), call("ln", add(x, -1))), call("ln", add(power(x, 2), neg(x)))),
    (add(root(2), root(3)), root(add(5, mul(2, root(6))))),
    (div(1, add(1, root(2))), add(root(2), -1)),
    (power(-8, THIRD), -2),
    (call("root", 3, x), power(x, THIRD)),
    (mul(power(x, THIRD), power(x, Fraction(2, 3))), x),
    (div(add(power(x, 2), -1), add(x, -1)), add(x, 1)),
    (power(add(x, 1), 3), add(power(x, 3), mul(3, power(x, 2)), mul(3, x), 1)),
    (root(add(x, -500)), power(add(x, -500), HALF)),
    (power(4, x), power(2, mul(2, x))),
    (call("log", 2, x), div(call("ln", x), call("ln", 2))),
    (call("cos", div(PI, 12)), div(add(root(6), root(2)), 4)),
    (add(call("asin", x), call("acos", x)), div(PI, 2)),
    (call("cosh", x), div(add(call("exp", x), call("exp", neg(x))), 2)),
    (call("factorial", add(n, 1)), mul(add(n, 1), call("factorial", n))),
    (call("binomial", n, 2), div(mul(n, add(n, -1)), 2)),
    (power(-1, n), power(-1, add(n, 2))),
    (power(EULER, mul(IMAGINARY, PI)), -1),
    (power(EULER, mul(IMAGINARY, x)), add(call("cos", x), mul(IMAGINARY, call("sin", x)))),
    (root(-4), mul(2, IMAGINARY)),
    (integral(power(x, 2), x, 0, 1), THIRD),
    (integral(power(t, 2), t, 0, x), div(power(x, 3), 3)),
    (integral(call("exp", neg(power(x, 2))), x, neg(INFINITY), INFINITY), root(PI)),
    (integral(power(add(x, 1), 2), x), integral(add(power(x, 2), mul(2, x), 1), x)),
    (integral(call("sin", power(x, x)), x, 0, 1), integral(call("sin", power(t, t)), t, 0, 1)),
    (total(power(k, 2), k, 1, n), div(mul(n, add(n, 1), add(mul(2, n), 1)), 6)),
    (total(power(k, -2), k, 1, INFINITY), div(power(PI, 2), 6)),
    (total(power(x, k), k, 0, INFINITY), div(1, add(1, neg(x)))),
    (Bound("product", k, k, w(1), w(5)), 120),
    (limit(div(call("sin", x), x), x, 0), 1),
    (limit(power(add(1, div(1, n)), n), n, INFINITY), EULER),
    (Bound("derivative", power(x, 3), x), mul(3, power(x, 2))),
    (Bound("derivative", power(x, 3), x, None, w(2)), mul(6, x)),
    (Apply("f", (add(x, 1),)), Apply("f", (add(1, x),))),
]

DIFFERENT: list[tuple[Like, Like]] = [
    (root(power(x, 2)), x),
    (power(add(x, 1), 2), add(power(x, 2), 1)),
    (div(1, power(2, 99)), div(1, power(2, 98))),
    (PI, Fraction(314159265358979323846264338327950288, 10**35)),
    (add(1, power(10, -80)), 1),
    (add(call("atan", x), call("atan", div(1, x))), div(PI, 2)),
    (power(x, THIRD), power(call("abs", x), THIRD)),
    (integral(power(x, 2), x, 0, 1), Fraction(1, 4)),
    (integral(call("sin", call("sin", power(x, x))), x, 0, 1), 7),
    (total(power(k, -2), k, 1, INFINITY), Fraction(16449, 10000)),
    (total(power(k, 2), k, 1, n), div(mul(n, add(n, 1), add(mul(2, n), 2)), 6)),
    (limit(div(call("sin", x), x), x, 0), 2),
    (Apply("f", (x,)), Apply("f", (mul(2, x),))),
    (x, y),
]

OPEN: list[tuple[Like, Like]] = [
    (div(1, 0), 1),
    (div(1, 0), div(1, 0)),
    (power(call("sign", x), 2), 1),
    (integral(power(x, 2), x), div(power(x, 3), 3)),
    (Bound("derivative", Apply("f", (x,)), x), Apply("f'", (x,))),
    (PlusMinus(x), x),
    (limit(div(1, x), x, 0), 0),
    (integral(div(1, x), x, -1, 1), 0),
    (total(power(-1, k), k, 0, INFINITY), HALF),
]


@pytest.mark.parametrize(("a", "b"), EQUAL)
def test_equal(a: Like, b: Like) -> None:
    assert symbolic.equal(w(a), w(b)) is True
    assert symbolic.equal(w(b), w(a)) is True


@pytest.mark.parametrize(("a", "b"), DIFFERENT)
def test_different(a: Like, b: Like) -> None:
    assert symbolic.equal(w(a), w(b)) is False
    assert symbolic.equal(w(b), w(a)) is False


@pytest.mark.parametrize(("a", "b"), OPEN)
def test_not_called_equal(a: Like, b: Like) -> None:
    assert symbolic.equal(w(a), w(b)) is not True


SMALL = st.integers(-3, 3).map(w)
TREES = st.recursive(
    SMALL | st.just(x),
    lambda inner: st.one_of(
        st.builds(add, inner, inner),
        st.builds(mul, inner, inner),
        st.builds(div, inner, inner),
        st.builds(power, inner, st.integers(0, 3)),
        st.builds(call, st.sampled_from(["sin", "cos", "abs", "exp"]), inner),
    ),
    max_leaves=6,
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(TREES, st.fractions(-5, 5, max_denominator=10**6))
def test_a_shifted_tree_is_never_called_equal(tree: Expr, shift: Fraction) -> None:
    moved = add(tree, shift)
    assert symbolic.equal(tree, moved) is not (shift != 0)


@pytest.mark.parametrize(
    "node",
    [
        power(9, power(9, power(9, 9))),
        power(power(2, HALF), 10**9),
        power(add(1, root(2)), 10**9),
        power(10**9, -(10**9)),
        call("factorial", 10**6),
        call("factorial", call("factorial", 20)),
        call("gamma", 10**12),
        call("binomial", 10**9, 5 * 10**8),
        call("exp", call("exp", call("exp", 9))),
        total(k, k, 1, 10**12),
    ],
)
def test_what_would_explode_is_refused_at_once(node: Expr) -> None:
    with pytest.raises(TooLargeError):
        symbolic.equal(node, w(7))


SAME: list[tuple[Node, Node]] = [
    (rel(power(x, 2), "=", 4), either(rel(x, "=", 2), rel(x, "=", -2))),
    (rel(power(x, 2), "=", 2), either(rel(x, "=", root(2)), rel(x, "=", neg(root(2))))),
    (rel(power(x, 2), "<", 4), rel(-2, "<", x, "<", 2)),
    (rel(power(x, 2), ">", 4), either(rel(x, "<", -2), rel(x, ">", 2))),
    (rel(x, ">", 1), All((rel(x, ">", 1), rel(x, ">", 0)))),
    (rel(call("abs", add(x, -1)), "<", 2), rel(-1, "<", x, "<", 3)),
    (rel(div(1, x), ">=", 1), rel(0, "<", x, "<=", 1)),
    (rel(div(x, x), "=", 1), rel(x, "!=", 0)),
    (rel(x, "<", root(2)), rel(mul(x, root(2)), "<", 2)),
    (rel(power(2, x), "=", 8), rel(x, "=", 3)),
    (rel(call("ln", x), ">", 0), rel(x, ">", 1)),
    (rel(x, "<", INFINITY), rel(power(x, 2), ">=", 0)),
    (rel(power(x, 2), "<", 0), rel(power(x, 2), "<", -1)),
    (rel(add(mul(2, x), mul(4, y)), "=", 3), rel(add(x, mul(2, y)), "=", Fraction(3, 2))),
    (rel(y, "=", add(x, 1)), rel(power(add(x, 1, neg(y)), 2), "=", 0)),
    (rel(add(x, y), ">", 2), rel(add(mul(-2, x), mul(-2, y)), "<", -4)),
    (
        All((rel(add(x, y), "=", 3), rel(add(x, neg(y)), "=", 1))),
        All((rel(x, "=", 2), rel(y, "=", 1))),
    ),
]

OTHER: list[tuple[Node, Node]] = [
    (rel(power(x, 2), "=", 4), rel(x, "=", 2)),
    (rel(power(x, 2), "<", 4), rel(-2, "<", x, "<=", 2)),
    (rel(call("abs", x), "=", 7), rel(x, "=", 7)),
    (rel(x, "!=", 7), rel(x, "=", 7)),
    (rel(div(1, x), ">", 0), rel(x, ">=", 0)),
    (rel(x, "<", root(2)), rel(x, "<=", root(2))),
    (rel(x, "<", root(2)), rel(x, "<", Fraction(141421356, 10**8))),
    (rel(add(mul(2, x), mul(4, y)), "=", 3), rel(add(x, mul(2, y)), "=", 2)),
    (rel(add(x, y), ">", 2), rel(add(x, y), "<", 2)),
]


@pytest.mark.parametrize(("a", "b"), SAME)
def test_same_solutions(a: Node, b: Node) -> None:
    assert symbolic.same_solutions(a, b) is True
    assert symbolic.same_solutions(b, a) is True


@pytest.mark.parametrize(("a", "b"), OTHER)
def test_other_solutions(a: Node, b: Node) -> None:
    assert symbolic.same_solutions(a, b) is False
    assert symbolic.same_solutions(b, a) is False


def test_solutions_of_periodic_equations_are_left_open() -> None:
    assert (
        symbolic.same_solutions(rel(call("sin", x), "=", 0), rel(call("sin", mul(2, x)), "=", 0)) is not True
    )


ROOTS = st.lists(st.fractions(-9, 9, max_denominator=9), min_size=1, max_size=3)


@settings(max_examples=40, deadline=None)
@given(ROOTS, ROOTS)
def test_polynomials_have_the_same_solutions_if_they_have_the_same_roots(
    one: list[Fraction], other: list[Fraction]
) -> None:
    first, second = (rel(mul(3, *(add(x, -root) for root in roots)), "=", 0) for roots in (one, other))
    assert symbolic.same_solutions(first, second) is (set(one) == set(other))


SOLUTIONS: list[tuple[Node, tuple[Like, ...] | None]] = [
    (rel(power(x, 2), "=", 4), (-2, 2)),
    (rel(power(x, 2), "=", -1), ()),
    (rel(power(x, 3), "=", 2), (power(2, THIRD),)),
    (rel(power(2, x), "=", 8), (3,)),
    (rel(call("abs", x), "=", 7), (-7, 7)),
    (rel(power(x, THIRD), "=", -2), (-8,)),
    (rel(div(power(x, 2), x), "=", 0), ()),
    (All((rel(power(x, 2), "=", 4), rel(x, ">", 0))), (2,)),
    (rel(x, ">", 1), None),
    (rel(call("sin", x), "=", 0), None),
    (rel(power(x, 5), "=", add(x, 1)), None),
    (rel(add(x, y), "=", 0), None),
]


@pytest.mark.parametrize(("node", "values"), SOLUTIONS)
def test_solution_values(node: Node, values: tuple[Like, ...] | None) -> None:
    found = symbolic.solution_values(node)
    assert found == (None if values is None else tuple(map(w, values)))


def test_names_never_reach_sympy() -> None:
    for name in ("__import__('os').system('false')", "\ud800", "a\nb", "", "E", "x" * 10_000):
        odd = Sym(name)
        assert symbolic.equal(power(add(odd, 1), 2), add(power(odd, 2), mul(2, odd), 1)) is True
        assert symbolic.solution_values(rel(mul(2, odd), "=", 4)) == (w(2),)
