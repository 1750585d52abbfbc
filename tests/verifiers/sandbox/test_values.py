"""Values come back as they went, types are exact, and what hostile code wrote is read in time or refused."""

import json
import math
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from synthgym.verifiers.sandbox.values import ValueFormError, from_tree, read_tree, same, to_text, to_tree

ATOMS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(-(10**2000), 10**2000)
    | st.floats()
    | st.text(st.characters())
    | st.binary()
    | st.complex_numbers()
)
KEYS = st.none() | st.booleans() | st.integers() | st.text() | st.tuples(st.integers(), st.text())
VALUES = st.recursive(
    ATOMS,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.lists(inner, max_size=4).map(tuple)
        | st.dictionaries(KEYS, inner, max_size=4)
        | st.sets(KEYS, max_size=4)
        | st.frozensets(KEYS, max_size=4)
    ),
    max_leaves=20,
)


def identical(a: object, b: object) -> bool:
    """Equal with equal types all the way down, and nan equal to itself."""
    return repr(to_tree(a)) == repr(to_tree(b))


@given(VALUES)
def test_a_value_comes_back_as_it_went(value: object) -> None:
    back = from_tree(read_tree(to_text(value)))
    assert type(back) is type(value)
    assert identical(back, value)
    assert same(read_tree(to_text(value)), to_tree(value))


@given(VALUES, VALUES)
def test_values_are_the_same_exactly_if_their_trees_are(a: object, b: object) -> None:
    assert same(to_tree(a), to_tree(b)) == (repr(to_tree(a)) == repr(to_tree(b)) or _zeros_aside(a, b))


def _zeros_aside(a: object, b: object) -> bool:
    """Whether they differ in nothing but the sign of zeros."""
    return json.dumps(to_tree(a)).replace("-0.0", "0.0") == json.dumps(to_tree(b)).replace("-0.0", "0.0")


def test_the_order_of_sets_and_dicts_is_no_part_of_their_value() -> None:
    assert same(to_tree({3, 1, 2}), to_tree({2, 3, 1}))
    assert same(to_tree({"a": 1, "b": 2}), to_tree({"b": 2, "a": 1}))


@pytest.mark.parametrize(
    ("given_", "expected"),
    [
        (True, 1),
        (1.0, 1),
        (1, True),
        (0, False),
        ("1", 1),
        ((1, 2), [1, 2]),
        ({1}, frozenset({1})),
        (b"a", "a"),
        (bytearray(b"a"), b"a"),
        ([], None),
        ("", None),
        ({"t": [1]}, (1,)),
        (float("nan"), 0.0),
        (float("inf"), float("nan")),
    ],
)
def test_types_are_exact(given_: object, expected: object) -> None:
    assert not same(to_tree(given_), to_tree(expected))
    assert not same(to_tree([given_]), to_tree([expected]))


def test_a_tolerance_is_of_floats_alone() -> None:
    assert same(to_tree([0.1 + 0.2]), to_tree([0.3]), 1e-9)
    assert not same(to_tree([0.1 + 0.2]), to_tree([0.3]))
    assert not same(to_tree([1]), to_tree([1.0]), 1e-9)
    assert not same(to_tree([math.nan]), to_tree([1.0]), 0.9)
    assert same(to_tree([math.nan, math.inf]), to_tree([math.nan, math.inf]))


class Sly(int):
    def __eq__(self, other: object) -> bool:
        return True

    __hash__ = int.__hash__


class SlyList(list[int]):
    pass


CYCLE: list[object] = []
CYCLE.append(CYCLE)
DEEP: list[object] = []
for _ in range(500):
    DEEP = [DEEP]


@pytest.mark.parametrize(
    "value",
    [
        Sly(1),
        SlyList(),
        [Sly(1)],
        {Sly(1): 1},
        object(),
        int,
        len,
        iter([1]),
        range(3),
        CYCLE,
        DEEP,
        {"a": {"b": Sly()}},
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_is_no_plain_value_is_refused(value: object) -> None:
    with pytest.raises(ValueFormError):
        to_tree(value)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "nan",
        "NaN",
        "[Infinity]",
        "{",
        "1 2",
        "[" * 5_000,
        '{"a":' * 5_000,
        "9" * 5_000,
        "-" + "9" * 1_400,
        "\ud800",
        "0x1",
    ],
)
def test_what_is_not_strict_json_is_refused(text: str) -> None:
    with pytest.raises(ValueFormError):
        read_tree(text)


@pytest.mark.parametrize(
    "tree",
    [
        {},
        {"t": [1], "s": []},
        {"x": 1},
        {"t": 1},
        {"d": [[1]]},
        {"d": {"a": 1}},
        {"b": "zz"},
        {"b": 1},
        {"i": "1" * 10 + "g"},
        {"i": [1]},
        {"r": "1.0"},
        {"r": 1},
        {"c": ["a", "b"]},
        {"s": [[1]]},
        {"d": [[[1], 2]]},
    ],
)
def test_a_forged_tree_is_refused(tree: dict[str, object]) -> None:
    with pytest.raises(ValueFormError):
        from_tree(tree)  # type: ignore[arg-type]


@given(st.text(st.sampled_from('{}[]":,0123456789.eE+-tfnaru dsbci\\'), max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        from_tree(read_tree(text))
    except ValueFormError:
        pass


def test_keys_made_to_collide_are_refused_in_time() -> None:
    colliding = [i * ((1 << 61) - 1) for i in range(1, 20_000)]
    started = time.process_time()
    for tree in ({"s": colliding}, {"d": [[key, 0] for key in colliding]}):
        with pytest.raises(ValueFormError, match="share their hash"):
            from_tree(tree)  # type: ignore[arg-type]
    assert time.process_time() - started < 30  # a set of them takes minutes
