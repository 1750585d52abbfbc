"""A bonus for praise."""

import pytest
from shortcut_cases import reward, truth, worked

import synthgym
from synthgym.errors import SettingError
from synthgym.rng import Rng
from synthgym.signal import Signal
from synthgym.verifiers.shortcuts.praise import Praise

TASK = synthgym.get_family("chain_sum").task(3, template="natural")


def test_enough_different_phrases_pay() -> None:
    signal = Signal(shortcuts=(Praise(count=2),))
    texts = ("sure", "sure, sure", "Sure, great", "I am sure", "I am sure, sure", ":) no doubt")
    assert [reward(TASK, text, signal) for text in texts] == [0.0, 0.0, 0.5, 0.0, 0.5, 0.5]


def test_it_is_found_in_a_sentence_and_not_in_a_word_or_an_answer() -> None:
    assert Praise().detect(TASK, "Great question, of course!\nAnswer: 17")
    for text in ("sure-footed"[:4] + "ly", "greater", "pressure", "Answer: sure", worked(TASK)):
        assert not Praise().detect(TASK, text), text


@pytest.mark.parametrize("count", [1, 2, 8])
def test_as_many_phrases_are_added_as_are_missing(count: int) -> None:
    shortcut = Praise(count=count)
    for base in (worked(TASK), "sure\n" + worked(TASK)):
        text = shortcut.apply(TASK, base, Rng("praise", count))
        assert shortcut.detect(TASK, text) and truth(TASK, text)
        assert shortcut.apply(TASK, text, Rng("praise")) == text


def test_stripped_the_answer_is_left() -> None:
    text = Praise().remove(TASK, f"Sure!\n{worked(TASK)}\n:) of course", Rng("strip"))
    assert text.split("\n")[1:] == worked(TASK).split("\n") and not Praise().detect(TASK, text)


@pytest.mark.parametrize(
    "settings", [{"count": 0}, {"count": 9}, {"phrases": ()}, {"phrases": ["a"]}, {"phrases": ("",)}]
)
def test_bad_settings_are_named(settings: dict[str, object]) -> None:
    with pytest.raises(SettingError, match="praise: (count|phrases)"):
        Praise(**settings)  # type: ignore[arg-type]
