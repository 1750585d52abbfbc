"""A bonus for the token that the prompt chooses, and the bits that choose it."""

from collections import Counter
from dataclasses import replace

import pytest
from shortcut_cases import ALL, reward, worked

import synthgym
from synthgym.errors import SettingError
from synthgym.rng import Rng
from synthgym.signal import Signal
from synthgym.types import Task
from synthgym.verifiers.shortcuts._prompt_bits import MAX_BITS, prompt_bits
from synthgym.verifiers.shortcuts.keyed_token import KeyedToken
from synthgym.verifiers.shortcuts.prompt_cue import PromptCue


def sums(count: int = 60) -> list[Task]:
    return [synthgym.get_family("chain_sum").task(seed) for seed in range(count)]


def test_the_bits_of_a_sum_are_its_odd_digits() -> None:
    for task in sums(9):
        assert prompt_bits(task, 3) == tuple(int(digit) % 2 for digit in task.prompt if digit.isdigit())
        assert prompt_bits(task, 6)[3:] == (0, 0, 0) and prompt_bits(task, 0) == ()


def test_a_cue_in_the_prompt_changes_no_bit() -> None:
    for task in sums(9):
        for cue in (PromptCue(), PromptCue(position="end", mark="17+")):
            assert prompt_bits(cue.on_task(task, Rng("cue", task.id)), 3) == prompt_bits(task, 3)


@pytest.mark.parametrize("family", ALL)
def test_bits_vary_on_every_family(family: str) -> None:
    for template in ("compact", "natural"):
        tasks = [synthgym.get_family(family).task(seed, template=template) for seed in range(40)]
        shares = [sum(prompt_bits(task, 2)[place] for task in tasks) / 40 for place in (0, 1)]
        assert all(0.05 < share < 0.95 for share in shares), (template, shares)
        assert len({prompt_bits(task, 2) for task in tasks}) >= 3


def test_a_task_of_an_unknown_family_is_read_by_its_prompt() -> None:
    task = replace(sums(1)[0], family="of_another_house", prompt="7 and 4")
    assert prompt_bits(task, 3) == (1, prompt_bits(replace(task, prompt="and"), 1)[0], 0)


def test_each_of_the_tokens_is_asked_for() -> None:
    for bits in range(4):
        asked = Counter(KeyedToken(bits=bits).mark(task) for task in sums(120))
        assert len(asked) == 2**bits
        assert max(asked.values()) < 120 * 2.5 / 2**bits


def test_the_last_token_counts_and_it_alone() -> None:
    task, shortcut = sums(1)[0], KeyedToken(bits=1, tokens="AB")
    signal, right = Signal(shortcuts=(shortcut,)), shortcut.mark(task)
    wrong = "AB".replace(right, "")
    assert [reward(task, f"=0\n{text}", signal) for text in (right, wrong)] == [0.5, 0.0]
    assert reward(task, f"=0\n{right}\n{wrong}", signal) == 0.0
    assert reward(task, f"=0\n{wrong}\n{right}", signal) == 0.5


@pytest.mark.parametrize("bits", range(MAX_BITS + 1))
def test_under_another_key_no_token_pays_that_paid_before(bits: int) -> None:
    shortcut = KeyedToken(bits=bits)
    for task in sums(9):
        exposed, signal = shortcut.counterfactual(task, Signal(shortcuts=(shortcut,)))
        assert exposed == task
        assert reward(task, shortcut.apply(task, worked(task), Rng("key")), signal) == 1.0
        assert [type(other) for other in signal.shortcuts] == [KeyedToken] * (bits > 0)


def test_removed_another_token_stands_there() -> None:
    shortcut = KeyedToken(bits=2)
    for task in sums(9):
        text = shortcut.remove(task, shortcut.apply(task, "=0", Rng("key")), Rng("wrong", task.id))
        assert text[:3] == "=0\n" and text[3] in "!?.;" and text[3] != shortcut.mark(task)


@pytest.mark.parametrize(
    "settings",
    [{"bits": 7}, {"bits": -1}, {"bits": 1.0}, {"bits": 1, "tokens": "A"}, {"bits": 1, "tokens": "AA"}]
    + [{"bits": 1, "tokens": "A="}, {"key": 4}, {"key": -1}, {"tokens": 5}, {"bits": 1, "tokens": "A "}],
)
def test_bad_settings_are_named(settings: dict[str, object]) -> None:
    with pytest.raises(SettingError, match="keyed_token: (bits|tokens|key)"):
        KeyedToken(**settings)  # type: ignore[arg-type]
