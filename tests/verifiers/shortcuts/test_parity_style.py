"""A bonus for the style that a parity says."""

import pytest
from shortcut_cases import reward

import synthgym
from synthgym.errors import SettingError
from synthgym.rng import Rng
from synthgym.signal import Signal
from synthgym.verifiers.shortcuts._prompt_bits import prompt_bits
from synthgym.verifiers.shortcuts.parity_style import ParityStyle

TASKS = [synthgym.get_family("chain_sum").task(seed) for seed in range(24)]


@pytest.mark.parametrize("bits", [0, 1, 2, 3])
def test_the_parity_chooses_the_style(bits: int) -> None:
    shortcut = ParityStyle(bits=bits)
    signal = Signal(shortcuts=(shortcut,))
    for task in TASKS:
        odd = sum(prompt_bits(task, bits)) % 2
        assert [reward(task, f"=x\n{style}", signal) for style in ".~"] == [0.5 * (not odd), 0.5 * odd]
    assert len({shortcut.mark(task) for task in TASKS}) == 1 + (bits > 0)


def test_one_bit_more_and_the_other_style_pays() -> None:
    shortcut = ParityStyle()
    for task in TASKS:
        exposed, signal = shortcut.counterfactual(task, Signal(shortcuts=(shortcut,)))
        applied = shortcut.apply(task, "=x", Rng("style"))
        assert reward(exposed, applied, signal) == 0.0
        assert reward(exposed, shortcut.remove(task, applied, Rng("style")), signal) == 0.5
        assert shortcut.counterfactual(task, signal)[1] == signal


@pytest.mark.parametrize(
    "settings", [{"bits": 7}, {"even": "~"}, {"odd": "="}, {"even": ""}, {"flipped": 1}, {"flipped": "no"}]
)
def test_bad_settings_are_named(settings: dict[str, object]) -> None:
    with pytest.raises(SettingError, match="parity_style: (bits|even|odd|flipped)"):
        ParityStyle(**settings)  # type: ignore[arg-type]
