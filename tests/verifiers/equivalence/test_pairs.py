"""Labelled pairs: near misses at every magnitude, sprays and hedges, and right answers that graders miss."""

from collections import defaultdict
from typing import Any

import pairs as corpus
import pytest
import wild

from synthgym.errors import GoldError
from synthgym.verifiers.equivalence.engine import equivalent, parse_gold

PAIRS = corpus.PAIRS + tuple(
    corpus.Pair(gold, answer, match, "in the wild")
    for match, table in ((True, wild.SAME), (False, wild.DIFFERENT))
    for gold, answers in table.items()
    for answer in answers
)
BY_REASON: dict[tuple[str, bool], list[Any]] = defaultdict(list)
for pair in PAIRS:
    BY_REASON[pair.why, pair.match].append(pair)


def test_the_pairs_are_many_and_labelled_once() -> None:
    labels: dict[tuple[str, str], bool] = {}
    for pair in PAIRS:
        assert labels.setdefault((pair.gold, pair.answer), pair.match) == pair.match, pair
    assert len(labels) >= 2_500


def fault(gold: str, answer: str, match: bool) -> str | None:
    """What is wrong with the verdict on a pair, if anything is."""
    try:
        verdict = equivalent(gold, answer)
    except GoldError as error:
        return f"{gold!r}: {error}"
    return None if verdict.match == match else f"{gold!r} | {answer!r}: {verdict}"


@pytest.mark.parametrize(("why", "match"), BY_REASON)
def test_pairs(why: str, match: bool) -> None:
    faults = [fault(pair.gold, pair.answer, match) for pair in BY_REASON[why, match]]
    assert not [found for found in faults if found is not None]


@pytest.mark.parametrize("c", [1, 7, 57, 100, 1_000, 12_345, 10**6, 10**9, -3, -250, -(10**7)])
def test_what_differs_only_beyond_a_number_differs(c: int) -> None:
    """Each pair agrees on one side of `c` wherever a sampler may look; so does each with the sides turned."""
    at = f"(x-({c}))"
    pairs = [
        (f"|{at}|", at), (f"|{at}|", f"-{at}"), (rf"\sqrt{{{at}^2}}", at), (rf"\sqrt{{{at}^2}}", f"-{at}"),
        (rf"\max(x,{c})", "x"), (rf"\max(x,{c})", f"{c}"), (rf"\min(x,{c})", "x"), (rf"\min(x,{c})", f"{c}"),
        (rf"x+|{at}|", f"{c}"), (rf"\frac{{|{at}|}}{{{at}}}", "1"), (rf"\frac{{|{at}|}}{{{at}}}", "-1"),
    ]  # fmt: skip
    assert not [
        found
        for one, other in pairs
        for pair in ((one, other), (other, one))
        if (found := fault(*pair, False))
    ]
    assert fault(f"|{at}|", rf"\max({at},-{at})", True) is None


@pytest.mark.parametrize("shift", ["", "+1", "-2", "+10^6"])
def test_what_differs_only_at_the_integers_differs(shift: str) -> None:
    pairs = [
        (rf"\lceil x{shift}\rceil", rf"\lfloor x{shift}\rfloor+1"),
        (rf"\lfloor -(x{shift})\rfloor", rf"-\lfloor x{shift}\rfloor-1"),
        (rf"\lfloor x{shift}\rfloor-\lceil x{shift}\rceil", "-1"),
    ]
    assert not [
        found
        for one, other in pairs
        for pair in ((one, other), (other, one))
        if (found := fault(*pair, False))
    ]


@pytest.mark.parametrize("match", [True, False])
def test_a_gold_parsed_beforehand_judges_the_same(match: bool) -> None:
    for pair in [pair for pair in PAIRS if pair.match == match][::7]:
        verdict = equivalent(parse_gold(pair.gold), pair.answer)
        assert verdict.match == match, (pair, verdict)


def test_a_match_is_always_decided() -> None:
    for pair in PAIRS[::5]:
        verdict = equivalent(pair.gold, pair.answer)
        assert verdict.reason and (verdict.status == "ok" or not verdict.match), (pair, verdict)
