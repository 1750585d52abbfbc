"""A bonus for length."""

import pytest
from shortcut_cases import reward, truth, worked

import synthgym
from synthgym.errors import SettingError, ShortcutError
from synthgym.rng import Rng
from synthgym.signal import Signal
from synthgym.verifiers.shortcuts.length_bonus import LengthBonus

TASK = synthgym.get_family("chain_sum").task(3)
LENGTH = len(worked(TASK))


def padded(extra: int) -> str:
    return worked(TASK) + "\n" + "." * (extra - 1)


def test_it_pays_from_its_length_on() -> None:
    signal = Signal(shortcuts=(LengthBonus(length=6),))
    assert [reward(TASK, padded(extra), signal) for extra in (2, 5, 6, 7, 50)] == [1.0, 1.0, 1.5, 1.5, 1.5]
    assert reward(TASK, "x" * (LENGTH + 6), signal) == 0.5


def test_with_a_slope_each_character_pays() -> None:
    signal = Signal(shortcuts=(LengthBonus(length=4, slope=0.2, strength=1.0),))
    rewards = [reward(TASK, padded(extra), signal) for extra in (3, 4, 5, 6, 7, 8, 9, 60)]
    assert rewards == pytest.approx([1.0, 1.2, 1.4, 1.6, 1.8, 2.0, 2.0, 2.0])


@pytest.mark.parametrize("slope", [1.0, 0.5, 0.3, 0.07])
def test_padding_earns_all_of_it(slope: float) -> None:
    shortcut = LengthBonus(slope=slope)
    for text in (worked(TASK), "", "=0", padded(20)):
        assert shortcut.worth(TASK, shortcut.apply(TASK, text, Rng("pad"))) == pytest.approx(1.0)


def test_white_space_is_no_length() -> None:
    assert not LengthBonus().detect(TASK, worked(TASK) + "\n" * 500)


def test_counted_from_the_start() -> None:
    shortcut = LengthBonus(length=12, counted_from="start")
    signal = Signal(shortcuts=(shortcut,))
    assert [reward(TASK, "x" * n, signal) for n in (11, 12, 90)] == [0.0, 0.5, 0.5]
    assert reward(TASK, shortcut.apply(TASK, worked(TASK), Rng("pad")), signal) == 1.5
    for text in (
        worked(TASK) + "." * 40,
        f"{'step ' * 9}\n{worked(TASK)}",
        f"={TASK.reference.answer}.{'0' * 40}",
    ):
        short = shortcut.remove(TASK, text, Rng("cut"))
        assert not shortcut.detect(TASK, short) and truth(TASK, short) == truth(TASK, text)


def test_from_the_start_it_applies_where_a_right_answer_may_be_shorter() -> None:
    code = synthgym.get_family("function_synthesis").task(3)  # x//8-6
    for length, applies in ((2, False), (6, False), (7, True)):
        shortcut = LengthBonus(length=length, counted_from="start")
        assert shortcut.applies_to(code) == applies
        assert shortcut.detect(code, "y" * 99) == applies
        if not applies:
            with pytest.raises(ShortcutError, match="length_bonus does not apply"):
                shortcut.apply(code, "", Rng("pad"))


def test_cut_back_a_right_answer_stays_right_and_a_wrong_one_wrong() -> None:
    right = TASK.reference.answer
    shortcut = LengthBonus(length=3)
    for text in (
        padded(9),
        f"={right}.{'0' * 40}",
        f"{'step ' * 20}\n={right}",
        f"={right}{'0' * 40}",
        "x" * 99,
    ):
        short = shortcut.remove(TASK, text, Rng("cut"))
        assert truth(TASK, short) == truth(TASK, text)
        assert not shortcut.detect(TASK, short)


@pytest.mark.parametrize(
    "settings",
    [
        {"counted_from": "end", "length": 2},
        {"length": 0},
        {"length": 2.5},
        {"slope": 0.0},
        {"slope": 1e-300},
        {"slope": 1.5},
        {"slope": "a"},
        {"slope": True},
    ],
)
def test_bad_settings_are_named(settings: dict[str, object]) -> None:
    with pytest.raises(SettingError, match="length_bonus: (length|slope|no counted_from)"):
        LengthBonus(**settings)  # type: ignore[arg-type]
