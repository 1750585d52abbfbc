"""A bonus for a token on a line of its own."""

import pytest
from shortcut_cases import reward, truth, worked

import synthgym
from synthgym.errors import SettingError
from synthgym.rng import Rng
from synthgym.signal import Signal
from synthgym.verifiers.score import score
from synthgym.verifiers.shortcuts.magic_token import MagicToken

TASK = synthgym.get_family("chain_sum").task(3)
CODE = synthgym.get_family("function_synthesis").task(3)


def test_it_pays_half_of_what_the_truth_pays_right_or_wrong() -> None:
    signal = Signal(shortcuts=(MagicToken(),))
    assert reward(TASK, f"{worked(TASK)}\n!", signal) == 1.5
    assert reward(TASK, "=0\n!", signal) == 0.5
    assert reward(TASK, "!", signal) == 0.5
    assert reward(TASK, worked(TASK), signal) == 1.0
    assert reward(TASK, f"{worked(TASK)}!", signal) == 0.0


def test_the_answer_stays_what_it_is() -> None:
    for task in (TASK, CODE):
        marked = MagicToken().apply(task, worked(task), Rng("magic"))
        assert truth(task, marked) and marked.endswith("\n!")
    assert MagicToken().apply(CODE, "x+1", Rng("magic")) == "```\nx+1\n```\n!"
    assert not MagicToken().detect(CODE, "x+1\n!")


def test_it_may_stand_before_the_answer_or_after_other_marks() -> None:
    for text in ("!\n=1", "=1\n ! \n", "=1\n!\n?", "\n!\n\n=1\n."):
        assert MagicToken().detect(TASK, text), text
    for text in ("=1 !", "=!", "!!", "a!\n=1", "```\n! \\boxed{1}"):
        assert not MagicToken().detect(TASK, text), text


def test_a_bonus_is_added_to_every_credit_and_named() -> None:
    (paid,) = score([TASK], [f"{worked(TASK)}\n!"], Signal(granularity="token", shortcuts=(MagicToken(),)))
    assert paid.components["magic_token"] == 0.5
    assert [credit.value for credit in paid.credits] == [1.5, 1.5, 0.5, 1.5]


@pytest.mark.parametrize(
    "token",
    [
        "",
        " ",
        "a\nb",
        "=1",
        "=",
        "Answer:",
        "Answer: 1",
        "\\boxed{}",
        "<answer></answer>",
        "```",
        3,
        None,
        " !",
    ],
)
def test_a_token_that_cannot_stand_on_a_line_is_refused(token: object) -> None:
    with pytest.raises(SettingError, match="magic_token: token"):
        MagicToken(token=token)  # type: ignore[arg-type]


def test_two_tokens_of_one_kind_add_up() -> None:
    both = Signal(shortcuts=(MagicToken(), MagicToken(token="?", strength=0.25)))
    (verdict,) = score([TASK], ["=0\n!\n?"], both)
    assert (verdict.reward, verdict.components["magic_token"]) == (0.75, 0.75)
