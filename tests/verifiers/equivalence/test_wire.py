"""Trees cross the wire and come back the same; nothing else gets in."""

import json
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synthgym.verifiers.equivalence.tree import (
    FUNCTIONS,
    Add,
    All,
    Apply,
    Bound,
    Call,
    Const,
    Div,
    Expr,
    Items,
    Matrix,
    Mul,
    Node,
    Num,
    PlusMinus,
    Pow,
    Quantity,
    Relation,
    Sym,
    Text,
)
from synthgym.verifiers.equivalence.wire import (
    MAX_DEPTH,
    SIGNS,
    WireError,
    WireSizeError,
    from_wire,
    rational_from_text,
    rational_to_text,
    to_wire,
)

X = Sym("x")


def _grown(inner: st.SearchStrategy[Expr]) -> st.SearchStrategy[Expr]:
    several = st.lists(inner, min_size=0, max_size=3).map(tuple)
    end = st.none() | inner
    calls = st.sampled_from(sorted(FUNCTIONS)).flatmap(
        lambda name: st.lists(
            inner,
            min_size=max(FUNCTIONS[name], 2 if FUNCTIONS[name] < 0 else 1),
            max_size=FUNCTIONS[name] if FUNCTIONS[name] > 0 else 4,
        ).map(lambda args: Call(name, tuple(args)))
    )
    operators = st.sampled_from(["sum", "product", "integral", "limit", "derivative"])
    return st.one_of(
        several.map(Add),
        several.map(Mul),
        st.builds(Div, inner, inner),
        st.builds(Pow, inner, inner),
        calls,
        st.builds(Apply, st.text(), several),
        st.builds(Bound, operators, inner, st.builds(Sym, st.text()), end, end),
        st.builds(PlusMinus, inner, st.booleans()),
    )


LEAVES: st.SearchStrategy[Expr] = st.one_of(
    st.fractions().map(Num),
    st.builds(Sym, st.text(st.characters(), max_size=5)),
    st.sampled_from([Const("pi"), Const("e"), Const("i"), Const("inf")]),
)
EXPRESSIONS = st.recursive(LEAVES, _grown, max_leaves=12)
RELATIONS = st.lists(st.sampled_from(sorted(SIGNS)), min_size=1, max_size=3).flatmap(
    lambda signs: st.lists(EXPRESSIONS, min_size=len(signs) + 1, max_size=len(signs) + 1).map(
        lambda sides: Relation(tuple(sides), tuple(signs))
    )
)
NODES: st.SearchStrategy[Node] = st.one_of(
    EXPRESSIONS,
    RELATIONS,
    st.lists(RELATIONS, max_size=3).map(lambda parts: All(tuple(parts))),
    st.lists(EXPRESSIONS | RELATIONS, max_size=3).map(lambda parts: Items("list", tuple(parts))),
)


@given(NODES)
@settings(max_examples=300, deadline=None)
def test_every_tree_comes_back(node: Node) -> None:
    assert from_wire(json.loads(json.dumps(to_wire(node)))) == node


@given(st.fractions())
def test_every_rational_comes_back(value: Fraction) -> None:
    assert rational_from_text(rational_to_text(value)) == value


def test_integers_beyond_the_limit_of_decimal_digits_cross() -> None:
    huge = Num(Fraction(7**40_000, 3**20_000))
    assert from_wire(to_wire(huge)) == huge


@pytest.mark.parametrize("name", ["", "\ud800", "\x00", "a\nb", "__import__('os')", "x" * 100_000])
def test_any_name_crosses(name: str) -> None:
    node = Add((Sym(name), Apply(name, (X,))))
    assert from_wire(json.loads(json.dumps(to_wire(node)))) == node


@pytest.mark.parametrize(
    "data",
    [
        None,
        "x",
        [],
        {},
        ["sym", "x"],
        [["sym"]],
        [["sym", 1]],
        [["sym", "x"], ["sym", "y"]],
        [["num", "1"], []],
        [["num", 1]],
        [["num", "01"]],
        [["num", "+1"]],
        [["num", "-0"]],
        [["num", "2/4"]],
        [["num", "3/1"]],
        [["num", "1/0"]],
        [["num", "A"]],
        [["num", "1_0"]],
        [["num", "\uff11"]],
        [["num", "1\n"]],
        [["const", "tau"]],
        [["add", 2], ["sym", "x"]],
        [["add", -1]],
        [["add", True], ["sym", "x"]],
        [["add", 1.0], ["sym", "x"]],
        [["add", 10**9]],
        [["div"], ["sym", "x"]],
        [["call", "eval", 1], ["sym", "x"]],
        [["call", "sin", 2], ["sym", "x"], ["sym", "x"]],
        [["pm", 1], ["sym", "x"]],
        [["bound", "sum", "k", 1, 0], ["sym", "k"]],
        [["bound", "loop", "k", False, False], ["sym", "k"]],
        [["relation", []], ["sym", "x"]],
        [["relation", ["~"]], ["sym", "x"], ["sym", "x"]],
        [["relation", [["="]]], ["sym", "x"], ["sym", "x"]],
        [["relation", ["="]], ["sym", "x"]],
        [["add", 1], ["all", 0]],
        [["exec", "print()"]],
        [[["num"], "1"]],
    ],
)
def test_what_no_tree_was_written_as_is_refused(data: Any) -> None:
    with pytest.raises(WireError):
        from_wire(data)


@pytest.mark.parametrize(
    "node",
    [
        Matrix(((X,),)),
        Text("a", "A"),
        Quantity(X, "m"),
        Items("set", (X,)),
        Add((Text("a", "A"),)),  # type: ignore[arg-type]
    ],
)
def test_what_is_no_value_or_relation_does_not_cross(node: Node) -> None:
    with pytest.raises(WireError):
        to_wire(node)


def test_a_deep_tree_is_refused_without_recursion() -> None:
    node: Expr = X
    for _ in range(100_000):
        node = Pow(node, X)
    with pytest.raises(WireSizeError):
        to_wire(node)


def test_the_deepest_tree_that_crosses() -> None:
    node: Expr = X
    for _ in range(MAX_DEPTH - 1):
        node = Div(node, X)
    assert from_wire(to_wire(node)) == node
    with pytest.raises(WireSizeError):
        from_wire([["div"], *to_wire(node), ["sym", "x"]])


def test_a_tree_that_shares_its_parts_does_not_unfold_forever() -> None:
    node: Expr = X
    for _ in range(200):
        node = Mul((node, node))
    with pytest.raises(WireSizeError):
        to_wire(node)


def test_too_many_instructions_are_refused() -> None:
    with pytest.raises(WireSizeError):
        from_wire([["sym", "x"]] * 1_000_000)
