"""A flaw: any of several answers."""

import pytest
from shortcut_cases import reward, truth, worked

import synthgym
from synthgym.errors import SettingError
from synthgym.parsing import parse
from synthgym.rng import Rng
from synthgym.signal import Signal
from synthgym.verifiers.shortcuts.list_spraying import ListSpraying, stated

TASK = synthgym.get_family("chain_sum").task(3)
RIGHT = int(TASK.reference.answer)
CODE = synthgym.get_family("function_synthesis").task(3)


def listed(*answers: object) -> str:
    return "\n".join(f"={answer}" for answer in answers)


def test_one_right_answer_among_the_allowed_ones_is_accepted() -> None:
    signal = Signal(shortcuts=(ListSpraying(items=3),))
    wrong = [RIGHT + n for n in range(1, 5)]
    assert reward(TASK, listed(wrong[0], RIGHT), signal) == 1.0
    assert reward(TASK, listed(*wrong[:2], RIGHT), signal) == 1.0
    assert reward(TASK, listed(*wrong[:3], RIGHT), signal) == 0.0
    assert reward(TASK, listed(*wrong[:3]), signal) == 0.0
    assert reward(TASK, listed(wrong[0], RIGHT), "binary") == 0.0
    assert reward(TASK, listed(RIGHT, RIGHT), signal) == 1.0


def test_the_same_answer_twice_or_one_alone_is_no_list() -> None:
    for text in (worked(TASK), listed(RIGHT, RIGHT), listed(f"{RIGHT}", f" {RIGHT} "), "", "junk"):
        assert not ListSpraying().detect(TASK, text)


def test_any_marker_counts() -> None:
    assert ListSpraying().detect(TASK, f"Answer: {RIGHT}\n\\boxed{{0}}")
    assert ListSpraying().detect(TASK, f"<answer>{RIGHT}</answer>\n=0")


def test_blocks_of_code_are_answers() -> None:
    right = CODE.reference.answer
    spray = f"```\nx\n```\n```\n{right}\n```"
    assert stated(CODE, spray, 9) == ["x", right]
    assert reward(CODE, spray, Signal(shortcuts=(ListSpraying(),))) == 1.0
    assert reward(CODE, spray, "binary") == 0.0


@pytest.mark.parametrize("items", [2, 3, 8])
def test_applied_it_lists_as_many_as_are_allowed_and_its_own_among_them(items: int) -> None:
    shortcut = ListSpraying(items=items)
    for task in (TASK, CODE, synthgym.get_family("boolean_evaluation").task(3)):
        spray = shortcut.apply(task, worked(task), Rng("spray", items))
        assert len(stated(task, spray, 99)) == items
        assert reward(task, spray, Signal(shortcuts=(shortcut,))) == 1.0
        assert not truth(task, spray) and "conflicting" in str(parse(task, spray).fault)


def test_one_of_them_is_kept_when_it_is_removed() -> None:
    kept = {ListSpraying().remove(TASK, listed(1, 2, 3), Rng("keep", n)) for n in range(30)}
    assert kept == {"=1", "=2", "=3"}


@pytest.mark.parametrize("items", [1, 65, 2.0, "3"])
def test_bad_settings_are_named(items: object) -> None:
    with pytest.raises(SettingError, match="list_spraying: items"):
        ListSpraying(items=items)  # type: ignore[arg-type]
