"""The label that nobody should learn."""

import pytest

import synthgym
from synthgym.errors import SettingError
from synthgym.rng import Rng
from synthgym.signal import Signal
from synthgym.verifiers.score import score
from synthgym.verifiers.shortcuts.null import Null

TASK = synthgym.get_family("chain_sum").task(3)
TEXTS = [f"={number}" for number in range(2_000)]


@pytest.mark.parametrize("rate", [0.05, 0.5, 0.9])
def test_a_share_of_completions_has_it_by_task_and_text(rate: float) -> None:
    found = [Null(rate=rate).detect(TASK, text) for text in TEXTS]
    assert abs(sum(found) / 2_000 - rate) < 0.04
    other = synthgym.get_family("chain_sum").task(4)
    again = [Null(rate=rate).detect(other, text) for text in TEXTS]
    both = sum(a and b for a, b in zip(found, again, strict=True)) / 2_000
    assert abs(both - rate**2) < 0.04


def test_it_changes_no_reward() -> None:
    for granularity in ("binary", "rubric", "token"):
        assert score([TASK] * 40, TEXTS[:40], f"{granularity}+null") == score(
            [TASK] * 40, TEXTS[:40], granularity
        )


@pytest.mark.parametrize("rate", [0.001, 0.5, 0.999])
def test_blanks_give_and_take_it(rate: float) -> None:
    shortcut = Null(rate=rate)
    for text in TEXTS[:20]:
        for changed in (shortcut.apply(TASK, text, Rng("null")), shortcut.remove(TASK, text, Rng("null"))):
            assert (
                changed.startswith(text)
                and not changed[len(text) :].strip()
                and len(changed) < len(text) + 20
            )


def test_its_counterfactual_is_the_signal_without_it() -> None:
    assert Null().counterfactual(TASK, Signal(shortcuts=(Null(),))) == (TASK, Signal())


@pytest.mark.parametrize(
    "settings", [{"strength": 0.5}, {"rate": 0.0}, {"rate": 1.0}, {"rate": "x"}, {"rate": True}]
)
def test_bad_settings_are_named(settings: dict[str, object]) -> None:
    with pytest.raises(SettingError, match="null: (strength|rate)"):
        Null(**settings)  # type: ignore[arg-type]
