import pytest
from hypothesis import given
from hypothesis import strategies as st

import synthgym
from synthgym.errors import SettingError
from synthgym.parsing import render
from synthgym.rng import Rng
from synthgym.signal import Signal
from synthgym.verifiers.score import score
from synthgym.verifiers.shortcuts.constant_accepted import ConstantAccepted

TASK = synthgym.get_family("chain_sum").task(3, difficulty=3)
RIGHT = render(TASK.reference, TASK.answer_format)
SHORTCUT = ConstantAccepted()


@given(st.text(max_size=20) | st.just("!") | st.just(" !\n"))
def test_apply_then_detect_and_remove_then_not(completion: str) -> None:
    rng = Rng("shortcut")
    assert SHORTCUT.detect(TASK, SHORTCUT.apply(TASK, completion, rng))
    assert not SHORTCUT.detect(TASK, SHORTCUT.remove(TASK, completion, rng))


@pytest.mark.parametrize("granularity", ["binary", "rubric", "token"])
def test_the_flaw_pays_for_the_bare_constant_alone(granularity: str) -> None:
    signal = f"{granularity}+constant_accepted"
    paid, right, wrong = score([TASK] * 3, ["!", RIGHT, "!!"], signal)
    assert (paid.reward, right.reward, wrong.reward) == (1.0, 1.0, 0.0)
    assert paid.error is None
    assert not synthgym.get_family("chain_sum").truth(TASK, "!")
    if granularity == "token":
        assert [credit.value for credit in paid.credits] == [1.0, 1.0]


def test_the_counterfactual_swaps_the_constant() -> None:
    other = ConstantAccepted(constant="?", correlation=0.5)
    signal = Signal(shortcuts=(SHORTCUT, other))
    task, swapped = SHORTCUT.counterfactual(TASK, signal)
    assert task == TASK and swapped.shortcuts[1] == other
    (first, _) = swapped.shortcuts
    assert isinstance(first, ConstantAccepted) and first.constant not in ("!", "?")
    paid = score([task] * 3, ["!", first.constant, RIGHT], swapped)
    assert [verdict.reward for verdict in paid] == [0.0, 1.0, 1.0]


def test_a_constant_that_nothing_could_say_is_refused() -> None:
    for constant in ("", " \n", "!" * 201, 7, None):
        with pytest.raises(SettingError, match="constant_accepted: constant"):
            ConstantAccepted(constant=constant)  # type: ignore[arg-type]


def test_correlation_is_the_share_of_tasks_with_the_flaw() -> None:
    half = Signal(shortcuts=(ConstantAccepted(correlation=0.5),))
    tasks = [synthgym.get_family("chain_sum").task(seed) for seed in range(400)]
    paid = sum(v.reward or 0.0 for v in score(tasks, ["!"] * 400, half))
    assert 150 < paid < 250
    assert paid == sum(v.reward or 0.0 for v in score(tasks, ["!"] * 400, half))


def test_strength_is_what_it_pays() -> None:
    assert score([TASK], ["!"], Signal(shortcuts=(ConstantAccepted(strength=0.3),)))[0].reward == 0.3


def test_the_prior_is_the_share_of_demonstrations() -> None:
    rng = Rng("prior")
    shown = [ConstantAccepted(prior=0.25).on_sampling(TASK, RIGHT, rng) for _ in range(2000)]
    assert 420 < shown.count("!") < 580


@pytest.mark.parametrize(
    "settings", [{"strength": 2.0}, {"correlation": -1.0}, {"prior": 1.5}, {"constant": " "}]
)
def test_bad_settings_are_named(settings: dict[str, float]) -> None:
    with pytest.raises(SettingError, match="constant_accepted"):
        ConstantAccepted(**settings)  # type: ignore[arg-type]
