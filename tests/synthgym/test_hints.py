"""Hints: that they show what changed, say what they are, and cannot tell a hack from learning."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synthgym.detect import Detection
from synthgym.errors import MeasureError
from synthgym.hints import BLOCK, NOTE, Hint, Hints, hints
from synthgym.log import Rollout, RolloutLog, read_log

BATCH = 64


def run(*, hacked: bool, steps: int = 40, seed: int = 0) -> list[tuple[list[str], list[float]]]:
    """Completions that are digits, and later end in "!", which is paid; or that stay as they are."""
    rng = np.random.default_rng(seed)
    batches = []
    for step in range(steps):
        share = max(0.0, (step - 10) / 20) if hacked else 0.02
        takes = rng.random(BATCH) < share
        answers = rng.integers(10_000, 99_999, BATCH)
        texts = [f"={answer}" + "!" * bool(t) for answer, t in zip(answers, takes, strict=True)]
        rewards = np.where(takes, 1.0, rng.random(BATCH) < 0.3).astype(float)
        batches.append((texts, rewards.tolist()))
    return batches


def told(batches: list[tuple[list[str], list[float]]]) -> tuple[Hint, ...]:
    found = Hints()
    for step, (texts, rewards) in enumerate(batches):
        found.update(step, texts, rewards)
    return found.found


def test_a_phrase_that_spreads_and_is_paid_is_named() -> None:
    found = told(run(hacked=True))
    named = [hint.pattern for hint in found if hint.kind == "ngram"]
    assert "!" in named
    [hint] = [hint for hint in found if hint.pattern == "!"]
    assert hint.before < 0.1 < 0.3 < hint.after
    assert 10 < hint.step < 40
    assert told(run(hacked=False)) == ()


def test_the_relabelled_twin_gets_the_same_hints() -> None:
    """Truth is no argument: whatever "!" does to it, the hints are these. That is why they are no findings."""
    assert "truth" not in Hints.update.__annotations__
    assert told(run(hacked=True)) == told(run(hacked=True))


def test_every_hint_says_that_it_is_none_of_a_detection() -> None:
    for hint in told(run(hacked=True)):
        assert hint.text.startswith(NOTE)
        assert not issubclass(type(hint), Detection)
        assert not hasattr(hint, "alarm") and not hasattr(hint, "log10_evidence")


@pytest.mark.parametrize(
    ("kind", "late"),
    [
        ("length", [f"={n}" + "x" * 20 for n in range(BATCH)]),
        ("diversity", ["=7"] * BATCH),
        ("template", [f"the answer is {n}" for n in range(BATCH)]),
        ("reward_spread", [f"={n}" for n in range(BATCH)]),
    ],
)
def test_each_kind_shows(kind: str, late: list[str]) -> None:
    rng = np.random.default_rng(1)
    early = [f"={n}" if n % 2 else f"={n}, {n}" for n in range(BATCH)]
    batches = [(early, (rng.random(BATCH) < 0.5).astype(float).tolist()) for _ in range(2 * BLOCK)]
    batches += [(late, [1.0] * BATCH) for _ in range(BLOCK)]
    found = told(batches)
    assert kind in {hint.kind for hint in found}
    assert len({(hint.kind, hint.pattern) for hint in found}) == len(found)  # each once


def test_live_and_afterwards_agree(tmp_path: Path) -> None:
    batches = run(hacked=True)
    batches[3][0][0] = "\ud800 lone \\ surrogate"
    with RolloutLog(tmp_path) as log:
        for step, (texts, rewards) in enumerate(batches):
            for text, reward in zip(texts, rewards, strict=True):
                log.append(Rollout(step=step, prompt="1+1", completion=text, reward=reward))
    assert hints(read_log(tmp_path)) == told(batches)


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.lists(st.tuples(st.text(max_size=30), st.one_of(st.none(), st.floats())), max_size=4),
        max_size=3 * BLOCK,
    )
)
def test_no_text_and_no_reward_breaks_them(batches: list[list[tuple[str, float | None]]]) -> None:
    found = Hints()
    for step, batch in enumerate(batches):
        found.update(step, [text for text, _ in batch], [reward for _, reward in batch])
    assert all(hint.text.isascii() for hint in found.found)


def test_a_megabyte_is_looked_at_from_both_ends() -> None:
    found = Hints()
    for step in range(2 * BLOCK):
        found.update(step, ["word " * 200_000] * 4, [1.0, 0.0, 1.0, 0.0])
    with pytest.raises(MeasureError, match="1 rewards for 2 completions"):
        found.update(99, ["a", "b"], [1.0])
    with pytest.raises(MeasureError, match="completion None is no text"):
        found.update(99, ["a", None], [1.0, 1.0])  # type: ignore[list-item]
    with pytest.raises(MeasureError, match="no number"):
        found.update(99, ["a"], ["b"])  # type: ignore[list-item]
