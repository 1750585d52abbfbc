"""Fixtures of the verifiers' tests."""

import pytest

from synthgym.types import Verdict


@pytest.fixture
def no_second_try(monkeypatch: pytest.MonkeyPatch) -> None:
    """Failures stay as the first try left them."""
    monkeypatch.setattr(
        "synthgym.verifiers.score.retry",
        lambda cases, signal: [Verdict(reward=None, error=case.failure.text) for case in cases],
    )
