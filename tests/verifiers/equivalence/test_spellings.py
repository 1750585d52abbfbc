"""Metamorphic classes: all within a class match, none across; symmetric, transitive, whatever stands around."""

from itertools import permutations

import pytest
import spellings

from synthgym.verifiers.equivalence.engine import equivalent

KINDS = tuple(spellings.CLASSES)
FIRSTS = [(kind, group[0]) for kind, groups in spellings.CLASSES.items() for group in groups]
EITHER = {"infinity and words for none", "set"}
"""Kinds between which a reader may differ: "no solution" is the empty set to some."""


def wrong(pairs: list[tuple[str, str]], *, match: bool) -> list[tuple[str, str, str]]:
    """The pairs judged otherwise, with why."""
    judged = ((gold, answer, equivalent(gold, answer)) for gold, answer in pairs)
    return [(gold, answer, verdict.reason) for gold, answer, verdict in judged if verdict.match != match]


def test_the_classes_are_many() -> None:
    assert len(KINDS) >= 25
    for kind, groups in spellings.CLASSES.items():
        assert len(groups) >= 6, kind
        for group in groups:
            assert len(group) == len(set(group)) >= 5, (kind, group)


@pytest.mark.parametrize("kind", KINDS)
def test_spellings_of_a_class_match_in_both_directions(kind: str) -> None:
    pairs = [
        pair
        for group in spellings.CLASSES[kind]
        for text in group
        for pair in ((group[0], text), (text, group[0]), (text, text))
    ]
    assert not wrong(pairs, match=True)


@pytest.mark.parametrize("kind", KINDS)
def test_matching_is_transitive(kind: str) -> None:
    """Any two of a class match, not only each with the first; neighbours stand for the rest in the fast tier."""
    groups = spellings.CLASSES[kind]
    pairs = [
        (one, other) for group in groups for one, other in zip(group, group[1:] + group[:2], strict=False)
    ]
    assert not wrong(pairs, match=True)


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_any_two_spellings_of_a_class_match(kind: str) -> None:
    pairs = [pair for group in spellings.CLASSES[kind] for pair in permutations(group, 2)]
    assert not wrong(pairs, match=True)


@pytest.mark.parametrize("kind", KINDS)
def test_classes_of_a_kind_are_told_apart(kind: str) -> None:
    """Every spelling as the answer to every other class."""
    groups = spellings.CLASSES[kind]
    assert not wrong(
        [(gold[0], text) for gold, other in permutations(groups, 2) for text in other], match=False
    )


@pytest.mark.parametrize("every", [11, pytest.param(1, marks=pytest.mark.slow)])
def test_classes_of_different_kinds_are_told_apart(every: int) -> None:
    pairs = [
        (gold, answer) for (kind, gold), (other, answer) in permutations(FIRSTS, 2) if {kind, other} != EITHER
    ]
    assert not wrong(pairs[::every], match=False)


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_every_spelling_is_told_from_every_other_class(kind: str) -> None:
    """Each as gold to the classes of its kind, and as answer to every eleventh class of any other."""
    groups = spellings.CLASSES[kind]
    assert not wrong(
        [(text, gold[0]) for gold, other in permutations(groups, 2) for text in other], match=False
    )
    others = [gold for other, gold in FIRSTS if other != kind and {kind, other} != EITHER]
    pairs = [(gold, text) for group in groups for text in group for gold in others]
    assert not wrong(pairs[::11], match=False)


@pytest.mark.parametrize("wrapper", spellings.WRAPPERS)
def test_what_stands_around_an_answer_does_not_change_it(wrapper: str) -> None:
    assert not wrong([(text, wrapper.replace("@", text)) for _, text in FIRSTS], match=True)
