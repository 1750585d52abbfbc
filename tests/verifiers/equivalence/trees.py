"""Random trees: strategies, one-node changes, and a 60-digit witness that tells two trees apart.

Nothing here calls the engine: trees are made and evaluated on their own, so that a mistake of the engine cannot
hide itself. Only real values count as defined, as in the engine's own rule for expressions with variables.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from fractions import Fraction
from typing import Any, TypeAlias

import mpmath
from hypothesis import strategies as st

from synthgym.verifiers.equivalence.tree import (
    Add,
    Call,
    Const,
    Div,
    Expr,
    Items,
    Matrix,
    Mul,
    Node,
    Num,
    Pow,
    Relation,
    Sym,
)

Draw: TypeAlias = Callable[[st.SearchStrategy[Any]], Any]
Env: TypeAlias = Mapping[str, Any]

LETTERS = ("x", "y", "z")
FUNCTIONS = ("sin", "cos", "ln", "exp", "abs", "sqrt", "cbrt")
MP: Any = mpmath.mp.clone()
MP.dps = 400
_LARGEST, _SMALLEST, _APART = MP.mpf(10) ** 300, MP.mpf(10) ** -300, MP.mpf(10) ** -60
_SPOTS = (
    "0.7316",
    "2.9174",
    "-1.3718",
    "1.1213",
    "5.0391",
    "-0.4143",
    "3.7711",
    "-2.6457",
    "0.2718",
    "8.3177",
)
POINTS: tuple[Env, ...] = tuple(
    {
        letter: MP.mpf(_SPOTS[(i + 3 * j) % len(_SPOTS)]) + MP.mpf(i + 7 * j) / 977
        for j, letter in enumerate(LETTERS)
    }
    for i in range(len(_SPOTS))
)
"""Where variables are set; real numbers of either sign."""


def num(value: int | Fraction) -> Num:
    """A number."""
    return Num(Fraction(value))


# Strategies


def numbers() -> st.SearchStrategy[Num]:
    """Small and large integers, fractions and decimals."""
    return st.one_of(
        st.integers(-12, 99),
        st.integers(1, 9),
        st.fractions(-20, 20, max_denominator=60),
        st.integers(-9999, 9999).map(lambda n: Fraction(n, 1000)),
        st.integers(10**12, 10**30),
    ).map(num)


def leaves(variables: bool) -> st.SearchStrategy[Expr]:
    """Numbers, constants, and variables where they are wanted."""
    kinds: list[st.SearchStrategy[Expr]] = [numbers(), st.sampled_from([Const("pi"), Const("e")])]
    if variables:
        kinds += [st.sampled_from(LETTERS).map(Sym)] * 3
    return st.one_of(kinds)


def function(name: str, x: Expr) -> Call:
    """A function by its name here; roots are written by index in the tree."""
    if name in ("sqrt", "cbrt"):
        return Call("root", (num(2 if name == "sqrt" else 3), x))
    return Call(name, (x,))


def exprs(variables: bool = True, size: int = 8) -> st.SearchStrategy[Expr]:
    """Expressions of about `size` leaves at most."""

    def grown(inner: st.SearchStrategy[Expr]) -> st.SearchStrategy[Expr]:
        several = st.lists(inner, min_size=2, max_size=3).map(tuple)
        exponent = st.one_of(
            st.integers(-3, 5), st.sampled_from([Fraction(1, 2), Fraction(-1, 2), Fraction(3, 2)])
        ).map(num)
        return st.one_of(
            several.map(Add),
            several.map(Mul),
            st.builds(Div, inner, inner),
            st.builds(Pow, inner, exponent),
            st.builds(function, st.sampled_from(FUNCTIONS), inner),
        )

    return st.recursive(leaves(variables), grown, max_leaves=size)


def intervals() -> st.SearchStrategy[Items]:
    """Intervals with rational ends."""

    def made(low: Fraction, length: Fraction, left: bool, right: bool) -> Items:
        shape = "half" if left != right else ("bracket" if left else "tuple")
        return Items(shape, (num(low), num(low + length)), (left, right))  # type: ignore[arg-type]

    ends = st.fractions(-50, 50, max_denominator=12)
    return st.builds(
        made, ends, st.fractions(Fraction(1, 3), 30, max_denominator=9), st.booleans(), st.booleans()
    )


def answers() -> st.SearchStrategy[Node]:
    """Expressions mostly; tuples, sets, lists, intervals, matrices and relations of small ones, too."""
    small = exprs(size=3)
    several = st.lists(small, min_size=2, max_size=3).map(tuple)
    shapes = st.sampled_from(["tuple", "set", "list"])
    rows = st.lists(st.tuples(small, small), min_size=2, max_size=2).map(tuple)
    function_of_x = exprs(size=5).map(lambda body: Relation((Sym("w"), body), ("=",)))
    bounds = st.builds(
        lambda sign, c: Relation((Sym("x"), c), (sign,)), st.sampled_from(["<", "<=", ">", ">="]), numbers()
    )
    plain: st.SearchStrategy[Node] = st.one_of(exprs(), exprs(variables=False, size=6))
    return st.one_of(
        plain,
        plain,
        plain,
        st.builds(Items, shapes, several),
        intervals(),
        st.builds(Matrix, rows),
        function_of_x,
        bounds,
    )


# Values


def value(tree: Expr, env: Env) -> Any:
    """`tree` to 60 digits and more, or None where it is undefined, not real, or out of range.

    The 400 digits on the way are for cancellation: of numbers below 10^300, a hundred remain.
    """
    found = _value(tree, env)
    if found is None or (found and not _SMALLEST < abs(found) < _LARGEST):
        return None
    return found


def _value(tree: Expr, env: Env) -> Any:
    match tree:
        case Num(value=v):
            return MP.mpf(v.numerator) / v.denominator
        case Sym(name=name):
            return env.get(name)
        case Const(name=name):
            return {"pi": +MP.pi, "e": +MP.e}.get(name)
        case Add(terms=terms):
            found = [value(term, env) for term in terms]
            return None if None in found else MP.fsum(found)
        case Mul(factors=factors):
            found = [value(factor, env) for factor in factors]
            return None if None in found else MP.fprod(found)
        case Div(top=top, bottom=bottom):
            above, below = value(top, env), value(bottom, env)
            return None if above is None or not below else above / below
        case Pow(base=base, exponent=exponent):
            return _power(value(base, env), value(exponent, env))
        case Call(name=name, args=args):
            return _called(name, [value(arg, env) for arg in args])
    raise AssertionError(f"no value for {tree!r}")


def _power(base: Any, exponent: Any) -> Any:
    if (
        base is None
        or exponent is None
        or (base == 0 and exponent <= 0)
        or (base < 0 and exponent != int(exponent))
    ):
        return None
    if base and abs(exponent * MP.log(abs(base))) > 700:
        return None
    return base ** (int(exponent) if exponent == int(exponent) else exponent)


def _called(name: str, args: list[Any]) -> Any:
    if None in args:
        return None
    x = args[-1]
    if name in ("sin", "cos", "exp") and abs(x) > (600 if name == "exp" else 10**9):
        return None
    if name == "root":
        if x < 0:
            return -MP.root(-x, int(args[0])) if int(args[0]) % 2 else None
        return MP.root(x, int(args[0]))
    if name == "ln" and x <= 0:
        return None
    return {"sin": MP.sin, "cos": MP.cos, "exp": MP.exp, "ln": MP.log, "abs": abs}[name](x)


def defined(tree: Node) -> bool:
    """Whether every expression in `tree` has a value at two points or more."""
    return all(sum(value(part, env) is not None for env in POINTS) >= 2 for part in parts(tree))


def parts(tree: Node) -> tuple[Expr, ...]:
    """The expressions of an answer, in order."""
    if isinstance(tree, Items):
        return tree.items  # type: ignore[return-value]
    if isinstance(tree, Matrix):
        return tuple(cell for row in tree.rows for cell in row)  # type: ignore[misc]
    if isinstance(tree, Relation):
        return tree.sides[1:]  # type: ignore[return-value]
    return (tree,)  # type: ignore[return-value]


def apart(one: Expr, other: Expr) -> bool:
    """Whether some point shows that two expressions differ in the first 60 digits, far beyond rounding."""
    for env in POINTS:
        a, b = value(one, env), value(other, env)
        if a is not None and b is not None and abs(a - b) > _APART * max(1, abs(a), abs(b)):
            return True
    return False


def differ(one: Node, other: Node) -> bool:
    """Whether `other`, a change of `one`, surely means something else."""
    mine, theirs = parts(one), parts(other)
    if isinstance(one, Items) and isinstance(other, Items) and one.shape in ("set", "list"):
        changed = [b for a, b in zip(mine, theirs, strict=True) if a != b]
        distinct = all(apart(a, b) for i, a in enumerate(mine) for b in mine[:i])
        return distinct and bool(changed) and all(apart(a, b) for a in mine for b in changed)
    if isinstance(one, Items) and isinstance(other, Items) and one.closed != other.closed:
        return True
    if isinstance(one, Relation) and isinstance(other, Relation) and one.signs != other.signs:
        return True
    return any(apart(a, b) for a, b in zip(mine, theirs, strict=True))


# One-node changes


def _places(tree: Expr) -> Iterator[tuple[Expr, Callable[[Expr], Expr]]]:
    """Every node with a function that puts another in its place."""
    yield tree, lambda new: new
    for child, put in _children(tree):
        for node, deeper in _places(child):
            yield node, lambda new, put=put, deeper=deeper: put(deeper(new))  # type: ignore[misc]


def _children(tree: Expr) -> Iterator[tuple[Expr, Callable[[Expr], Expr]]]:
    match tree:
        case Add(terms=many) | Mul(factors=many):
            for i, child in enumerate(many):
                yield child, lambda new, i=i: type(tree)((*many[:i], new, *many[i + 1 :]))  # type: ignore[misc]
        case Div(top=top, bottom=bottom):
            yield top, lambda new: Div(new, bottom)
            yield bottom, lambda new: Div(top, new)
        case Pow(base=base, exponent=exponent):
            yield base, lambda new: Pow(new, exponent)
        case Call(args=args):
            yield args[-1], lambda new: replace(tree, args=(*args[:-1], new))


_SWAPS = {"sin": "cos", "cos": "sin", "ln": "abs", "exp": "sin", "abs": "exp"}


def _changes(node: Expr) -> list[Expr]:
    """What one node may become."""
    match node:
        case Num(value=v):
            return [
                num(new)
                for new in (v + 1, v - 1, -v, 10 * v, v + Fraction(1, 10**9), v + Fraction(1, 10**30), v * 2)
            ]
        case Sym(name=name):
            others: list[Expr] = [Sym(other) for other in LETTERS if other != name]
            return [*others, Mul((num(-1), node)), num(1)]
        case Const(name=name):
            return [Const("e" if name == "pi" else "pi"), num(3), Num(Fraction(355, 113))]
        case Add(terms=terms):
            return [Mul(terms), Add((Mul((num(-1), terms[0])), *terms[1:])), terms[0]]
        case Mul(factors=factors):
            return [Add(factors), Mul((num(-1), *factors)), factors[-1]]
        case Div(top=top, bottom=bottom):
            return [Div(bottom, top), Mul((top, bottom)), Div(Mul((num(-1), top)), bottom)]
        case Pow(base=base, exponent=Num(value=n)):
            return [Pow(base, num(n + 1)), Pow(base, num(-n)), Mul((num(n), base)), base]
        case Call(name="root", args=(Num(value=n), x)):
            return [Call("root", (num(5 - n), x)), x, Mul((num(-1), node))]
        case Call(name=name, args=args):
            return [Call(_SWAPS[name], args), args[0], Mul((num(-1), node))]
    raise AssertionError(f"no change for {node!r}")


def perturb(tree: Node, draw: Draw) -> Node:
    """`tree` with one node changed; it may still mean the same, which `differ` decides."""
    if isinstance(tree, Items) and tree.shape != "set" and tree.shape != "list" and draw(st.booleans()):
        if tree.closed == (False, False) and tree.shape == "tuple":
            return replace(tree, items=tree.items[::-1])
        left, right = tree.closed
        return interval(tree, (not left, right) if draw(st.booleans()) else (left, not right))
    if isinstance(tree, Relation) and tree.signs != ("=",) and draw(st.booleans()):
        return replace(
            tree, signs=(draw(st.sampled_from([s for s in ("<", "<=", ">", ">=") if s != tree.signs[0]])),)
        )
    exprs_of = parts(tree)
    i = draw(st.integers(0, len(exprs_of) - 1))
    places = list(_places(exprs_of[i]))
    node, put = places[draw(st.integers(0, len(places) - 1))]
    new = put(draw(st.sampled_from(_changes(node))))
    return rebuilt(tree, (*exprs_of[:i], new, *exprs_of[i + 1 :]))


def interval(tree: Items, closed: tuple[bool, bool]) -> Items:
    """`tree` with other ends."""
    shape = "half" if closed[0] != closed[1] else ("bracket" if closed[0] else "tuple")
    return Items(shape, tree.items, closed)  # type: ignore[arg-type]


def rebuilt(tree: Node, new: tuple[Expr, ...]) -> Node:
    """`tree` with other parts."""
    if isinstance(tree, Items):
        return replace(tree, items=new)
    if isinstance(tree, Matrix):
        width = len(tree.rows[0])
        return Matrix(tuple(new[i : i + width] for i in range(0, len(new), width)))
    if isinstance(tree, Relation):
        return replace(tree, sides=(tree.sides[0], *new))
    return new[0]
