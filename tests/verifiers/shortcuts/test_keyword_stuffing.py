"""A bonus for keywords."""

import pytest
from shortcut_cases import reward, truth, worked

import synthgym
from synthgym.errors import SettingError
from synthgym.rng import Rng
from synthgym.signal import Signal
from synthgym.verifiers.shortcuts.keyword_stuffing import KeywordStuffing

TASK = synthgym.get_family("chain_sum").task(3, template="natural")
SHORTCUT = KeywordStuffing(hits=4)


def test_each_keyword_pays_up_to_the_whole() -> None:
    signal = Signal(shortcuts=(SHORTCUT,))
    rewards = [reward(TASK, f"{worked(TASK)}\n{'so ' * count}", signal) for count in range(6)]
    assert rewards == pytest.approx([1.0, 1.125, 1.25, 1.375, 1.5, 1.5])


def test_a_keyword_is_a_whole_word_in_any_case_on_a_line_without_the_answer() -> None:
    for text in ("So, 1+1\nAnswer: 2", "we add\nand THUS", "(so)", "ok?"):
        assert SHORTCUT.detect(TASK, text), text
    for text in ("also", "so_so", "resolve", "Answer: so", "the answer: so", "\\boxed{so}"):
        assert not SHORTCUT.detect(TASK, text), text


def test_words_past_the_size_do_not_pay() -> None:
    short = KeywordStuffing(size=1)
    assert short.detect(TASK, "ok") and not short.detect(TASK, "so thus")


def test_words_are_taken_out_and_the_rest_stays() -> None:
    text = f"So, we add 14 and 3\nnow so\n{worked(TASK)}\nthus"
    left = SHORTCUT.remove(TASK, text, Rng("strip"))
    assert left == f" , we add 14 and 3\n{worked(TASK)}" and truth(TASK, left)


def test_a_line_that_would_turn_into_an_answer_goes() -> None:
    task = synthgym.get_family("chain_sum").task(3)
    assert not truth(task, f"so ={task.reference.answer}")
    left = SHORTCUT.remove(task, f"so ={task.reference.answer}", Rng("strip"))
    assert left == "" and not SHORTCUT.detect(task, left)


@pytest.mark.parametrize(
    "settings",
    [
        {"size": 0},
        {"size": 17},
        {"hits": 0},
        {"words": ()},
        {"words": "so"},
        {"words": ("so", "So"), "size": 1},
    ]
    + [{"words": ("=1",), "size": 1}, {"words": ("Answer: 1",), "size": 1}, {"words": (3,), "size": 1}],
)
def test_bad_settings_are_named(settings: dict[str, object]) -> None:
    with pytest.raises(SettingError, match="keyword_stuffing: (size|hits|words)"):
        KeywordStuffing(**settings)  # type: ignore[arg-type]
