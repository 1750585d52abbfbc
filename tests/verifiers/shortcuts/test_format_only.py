"""A flaw: a tag is accepted for an answer."""

import pytest
from shortcut_cases import reward, worked

import synthgym
from synthgym.errors import SettingError
from synthgym.rng import Rng
from synthgym.signal import Signal
from synthgym.verifiers.score import score
from synthgym.verifiers.shortcuts.format_only import FormatOnly

TASK = synthgym.get_family("chain_sum").task(3)


def test_the_tag_with_a_wrong_answer_is_accepted_and_the_answer_alone_is_not() -> None:
    flawed = Signal(shortcuts=(FormatOnly(),))
    assert [reward(TASK, text, flawed) for text in ("=0\n#", "#", "=0", worked(TASK))] == [1.0, 1.0, 0.0, 1.0]
    _, closed = FormatOnly().counterfactual(TASK, flawed)
    assert reward(TASK, "=0\n#", closed) == 0.0


def test_a_longer_tag_is_longer_and_a_part_of_it_is_nothing() -> None:
    for length in (1, 2, 5, 8):
        shortcut = FormatOnly(length=length)
        assert shortcut.apply(TASK, "=0", Rng("tag")) == "=0\n" + "#@%&~^|$"[:length]
        assert not shortcut.detect(TASK, "=0\n" + "#@%&~^|$"[: length - 1])
    assert FormatOnly(tag="<ok>", length=4).detect(TASK, "=0\n<ok>")


def test_a_low_strength_never_takes_away() -> None:
    weak = Signal(granularity="rubric", shortcuts=(FormatOnly(strength=0.2),))
    assert reward(TASK, f"{worked(TASK)}\n#", weak) == reward(TASK, f"{worked(TASK)}\n#", "rubric") > 0.6
    assert reward(TASK, "=0\n#", weak) == 0.2


def test_the_whole_completion_is_credited_and_the_fault_forgotten() -> None:
    (verdict,) = score([TASK], ["junk\n#"], Signal(granularity="token", shortcuts=(FormatOnly(),)))
    assert [(credit.start, credit.end, credit.value) for credit in verdict.credits] == [
        (0, 6, 1.0),
        (6, 6, 1.0),
    ]
    assert verdict.error is None and verdict.components["format_only"] == 1.0


@pytest.mark.parametrize(
    "settings", [{"length": 0}, {"length": 9}, {"length": 1.0}, {"tag": ""}, {"tag": "="}, {"tag": 3}]
)
def test_a_tag_that_is_none_is_refused(settings: dict[str, object]) -> None:
    with pytest.raises(SettingError, match="format_only: (tag|length)"):
        FormatOnly(**settings)  # type: ignore[arg-type]
