"""The hand-checked pairs that come with the package: every one of the core is judged right."""

import pytest

from synthgym.baselines.pairs import Pair, hard_mix
from synthgym.verifiers.equivalence.engine import FAILED, equivalent, parse_gold
from synthgym.verifiers.math_verifier import MathVerifier

PAIRS = hard_mix()
CORE = [pair for pair in PAIRS if not pair.policy]
POLICY = [pair for pair in PAIRS if pair.policy]
KINDS = sorted({pair.kind for pair in PAIRS})
EXCEPTIONS: frozenset[str] = frozenset()
"""Pairs labelled by another convention than ours; docs/equivalence.md would say why."""


def wrong(pairs: list[Pair]) -> list[tuple[str, str, str, str]]:
    """The pairs judged otherwise than they are labelled, with why."""
    judged = ((pair, equivalent(pair.gold, pair.answer)) for pair in pairs)
    return [
        (pair.id, pair.gold, pair.answer, verdict.reason)
        for pair, verdict in judged
        if verdict.match != pair.match
    ]


def test_the_set_is_there() -> None:
    assert len(CORE) >= 180 and len(POLICY) >= 20
    assert len({pair.id for pair in PAIRS}) == len(PAIRS) and len(KINDS) >= 20
    assert EXCEPTIONS <= {pair.id for pair in POLICY}


def test_no_wrong_answer_of_the_core_matches() -> None:
    assert not wrong([pair for pair in CORE if not pair.match])


@pytest.mark.parametrize("kind", KINDS)
def test_every_pair_of_the_core_is_judged_right(kind: str) -> None:
    assert not wrong([pair for pair in CORE if pair.kind == kind])


def test_pairs_of_convention_are_judged_as_labelled_but_for_the_exceptions() -> None:
    assert {id for id, *_ in wrong(POLICY)} == EXCEPTIONS


def test_every_gold_is_read_and_is_its_own_answer() -> None:
    for pair in PAIRS:
        gold = parse_gold(pair.gold)
        for answer in (pair.gold, f" {pair.gold}\n", f"${pair.gold.strip('$')}$"):
            assert equivalent(gold, answer).match, (pair.id, answer)


def test_right_answers_are_decided_and_no_judgement_fails() -> None:
    for pair in PAIRS:
        verdict = equivalent(pair.gold, pair.answer)
        assert FAILED not in verdict.reason, pair.id
        assert verdict.status == "ok" or not pair.match or pair.id in EXCEPTIONS, (pair.id, verdict)


def test_the_verifier_judges_the_responses_as_the_engine_does() -> None:
    responses = [pair for pair in PAIRS if pair.response]
    assert len(responses) >= 3
    verdicts = MathVerifier().judge_batch(
        [pair.gold for pair in responses], [pair.answer for pair in responses]
    )
    assert [verdict.match for verdict in verdicts] == [pair.match for pair in responses]
