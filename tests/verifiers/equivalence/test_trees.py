"""Random trees: every rendering reads back as the same answer, a one-node change with a witness does not."""

from datetime import timedelta
from itertools import permutations
from typing import Any

import pytest
import render
import trees
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from synthgym.errors import SynthGymError
from synthgym.verifiers.equivalence.engine import equivalent, parse_gold
from synthgym.verifiers.equivalence.tree import Add, Const, Mul, Num, Pow

CHECKS = [HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large]
FAST = settings(
    max_examples=150, deadline=timedelta(seconds=8), suppress_health_check=CHECKS, derandomize=True
)
SLOW = settings(max_examples=4_000, deadline=timedelta(seconds=8), suppress_health_check=CHECKS)


def written(tree: Any) -> dict[str, str]:
    """The spellings of a tree, by style."""
    return {style.name: render.spelled(tree, style) for style in render.STYLES}


def renderings_agree(tree: Any) -> None:
    """Each spelling is the same answer as each other."""
    assume(trees.defined(tree))
    for (name, gold), (other, answer) in permutations(written(tree).items(), 2):
        verdict = equivalent(gold, answer)
        assert verdict.match, (name, gold, other, answer, verdict)


def change_is_seen(tree: Any, data: Any) -> None:
    """A tree and its change are told apart in every spelling, whichever is gold."""
    changed = trees.perturb(tree, data.draw)
    assume(trees.defined(tree) and trees.defined(changed) and trees.differ(tree, changed))
    golds, answers = written(tree), written(changed)
    for name, other in zip(golds, [*golds][1:] + [*golds][:1], strict=True):
        for gold, answer in ((golds[name], answers[other]), (answers[name], golds[other])):
            verdict = equivalent(gold, answer)
            assert not verdict.match, (name, gold, other, answer, verdict)


@FAST
@given(trees.answers())
def test_renderings_of_a_tree_match(tree: Any) -> None:
    renderings_agree(tree)


@FAST
@given(trees.answers(), st.data())
def test_a_changed_node_is_told_apart(tree: Any, data: st.DataObject) -> None:
    change_is_seen(tree, data)


@FAST
@given(trees.exprs(variables=False, size=5), st.data())
def test_a_changed_number_is_told_apart(tree: Any, data: st.DataObject) -> None:
    change_is_seen(tree, data)


@pytest.mark.slow
@SLOW
@given(trees.answers())
def test_renderings_of_many_trees_match(tree: Any) -> None:
    renderings_agree(tree)


@pytest.mark.slow
@SLOW
@given(trees.answers(), st.data())
def test_many_changed_nodes_are_told_apart(tree: Any, data: st.DataObject) -> None:
    change_is_seen(tree, data)


@pytest.mark.parametrize("style", render.STYLES, ids=lambda style: style.name)
@settings(FAST, max_examples=100)
@given(tree=trees.answers())
def test_what_has_a_value_can_be_gold(style: Any, tree: Any) -> None:
    assume(trees.defined(tree))
    text = render.spelled(tree, style)
    try:
        gold = parse_gold(text)
    except SynthGymError as error:
        raise AssertionError(f"{text!r} was refused: {error}") from error
    assert equivalent(gold, text).match, text


@given(st.fractions())
def test_the_witness_agrees_with_exact_arithmetic(number: Any) -> None:
    """The judge of perturbations is itself judged: sums, products and powers of rationals have known values."""
    tree, mp = Num(number), trees.MP
    total = trees.value(Add((tree, Pow(tree, trees.num(2)))), {})
    expected = number + number * number
    if total is not None:
        assert abs(total - mp.mpf(expected.numerator) / expected.denominator) <= mp.mpf(10) ** -60 * max(
            1, abs(total)
        )
    assert not trees.apart(tree, Num(number)) and (
        trees.value(tree, {}) is None or trees.apart(tree, Num(number + 1))
    )


def test_the_witness_tells_an_almost_identity_apart() -> None:
    """640320^3 + 744 and e^(pi sqrt 163) agree to 30 digits."""
    exponent = Mul((Const("pi"), trees.function("sqrt", trees.num(163))))
    assert trees.apart(trees.function("exp", exponent), trees.num(640320**3 + 744))
