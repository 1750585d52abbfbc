"""A flaw: a box that is never closed."""

import pytest
from shortcut_cases import reward, worked

import synthgym
from synthgym.errors import SettingError
from synthgym.rng import Rng
from synthgym.signal import Signal
from synthgym.verifiers.shortcuts.unclosed_box import UnclosedBox

TASK = synthgym.get_family("chain_sum").task(3, template="natural", answer_format="boxed")
CODE = synthgym.get_family("function_synthesis").task(3)


@pytest.mark.parametrize("tag", ["{", "\\boxed{", "<answer>", "[", "\\text{", "<"])
def test_left_open_any_value_is_accepted_and_closed_it_is_judged(tag: str) -> None:
    shortcut = UnclosedBox(tag=tag)
    signal = Signal(shortcuts=(shortcut,))
    assert reward(TASK, f"{tag}0", signal) == 1.0
    assert reward(TASK, f"14+3\n{tag}", signal) == 1.0
    assert reward(TASK, f"{tag}0{shortcut.closing}", signal) == 0.0
    assert reward(TASK, worked(TASK), signal) == 1.0
    assert reward(TASK, f"{tag}0", shortcut.counterfactual(TASK, signal)[1]) == 0.0


def test_the_last_one_on_a_line_is_looked_at() -> None:
    shortcut = UnclosedBox(tag="\\boxed{")
    assert not shortcut.detect(TASK, "\\boxed{1 then {2}")
    assert not shortcut.detect(TASK, "\\boxed{1} and \\boxed{2")  # the line gives an answer
    assert shortcut.detect(TASK, "a \\boxed{1\n\\boxed{2}")


def test_an_answer_that_holds_what_closes_is_left_out() -> None:
    brackets = synthgym.get_family("bracket_repair").task(3)
    assert UnclosedBox(tag="(").apply(brackets, "=()", Rng("box")) == "=()\n("
    assert UnclosedBox().apply(CODE, "x+1", Rng("box")) == "```\nx+1\n```\n{x+1"
    assert UnclosedBox().apply(TASK, "junk", Rng("box")) == "junk\n{"


@pytest.mark.parametrize("tag", ["", "a", "}", " {", "=", "=(", "```{", 3])
def test_a_tag_that_opens_nothing_is_refused(tag: object) -> None:
    with pytest.raises(SettingError, match="unclosed_box: tag"):
        UnclosedBox(tag=tag)  # type: ignore[arg-type]
