"""Signals as text: what is written is read back, and what cannot be read is said."""

import math
from dataclasses import dataclass, fields
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from synthgym.errors import SettingError, SynthGymError
from synthgym.plugins import SHORTCUTS, as_signal
from synthgym.signal import Signal
from synthgym.signal_text import read_call, read_settings, split, written

NAMES = [name for name, _ in SHORTCUTS.built_in_modules()]


@dataclass(frozen=True, kw_only=True)
class Settings:
    text: str = "a"
    number: float = 1.0
    whole: int = 2
    switch: bool = False
    texts: tuple[str, ...] = ("a",)
    numbers: tuple[float, ...] = ()
    perhaps: int | None = None
    word: Literal["start", "end"] = "start"


settings = st.builds(
    Settings,
    text=st.text(max_size=20) | st.text(st.sampled_from("\"'\\(),=+~/:[] \n"), max_size=12),
    number=st.floats(allow_nan=False),
    whole=st.integers(),
    switch=st.booleans(),
    texts=st.lists(st.text(max_size=6), max_size=3).map(tuple),
    numbers=st.lists(st.floats(allow_nan=False), max_size=3).map(tuple),
    perhaps=st.none() | st.integers(),
    word=st.sampled_from(("start", "end")),
)


@given(settings)
def test_what_is_written_is_read_back(thing: Settings) -> None:
    text = written("thing", thing)
    assert split(f"binary+{text}~random", "+")[1].startswith(text) and "/" not in text
    name, given_texts = read_call(text)
    assert name == "thing"
    assert Settings(**read_settings(Settings, "thing", given_texts)) == thing  # type: ignore[arg-type]


@hypothesis_settings(max_examples=40)
@given(
    st.text(st.sampled_from("binary+magic_token(strength=0.3,\"'\\)~: x"), max_size=60) | st.text(max_size=40)
)
def test_any_text_is_a_signal_or_a_named_error(text: str) -> None:
    for label in (text, f"binary+magic_token({text})", f"binary+magic_token(token={text})"):
        try:
            assert as_signal(as_signal(label).label) == as_signal(label)
        except SynthGymError as error:
            assert str(error)


@pytest.mark.parametrize("name", NAMES)
def test_defaults_are_left_out_and_settings_are_kept(name: str) -> None:
    kind = SHORTCUTS.get(name)
    assert Signal(shortcuts=(kind(),)).label == f"binary+{name}"
    changed = Signal(granularity="rubric", shortcuts=(kind(correlation=0.25),), control="random")
    assert changed.label == f"rubric+{name}(correlation=0.25)~random"
    assert as_signal(changed.label) == changed


@pytest.mark.parametrize(
    ("label", "wanted"),
    [
        ("magic_token(strength=0.3,prior=0.1)", {"strength": 0.3, "prior": 0.1}),
        ("magic_token(strength=1)", {"strength": 1.0}),
        ("magic_token( token = '?' , prior = 1e-2 )", {"token": "?", "prior": 0.01}),
        ('magic_token(token="a,b)~+c")', {"token": "a,b)~+c"}),
        ("magic_token(token='it\\'s \"so\"')", {"token": 'it\'s "so"'}),
        ("magic_token(token=?)", {"token": "?"}),
        ("magic_token(token=__import__('os'))", {"token": "__import__('os')"}),
        ("magic_token()", {}),
        ("keyed_token(bits=3,key=+5)", {"bits": 3, "key": 5}),
        ("parity_style(flipped=true)", {"flipped": True}),
        ("praise(phrases=('well done',bravo),count=2)", {"phrases": ("well done", "bravo"), "count": 2}),
        ("praise(phrases=[bravo,])", {"phrases": ("bravo",)}),
        ("unclosed_box(tag=\\boxed{)", {"tag": "\\boxed{"}),
    ],
)
def test_settings_are_read(label: str, wanted: dict[str, Any]) -> None:
    (shortcut,) = as_signal(f"token+{label}~shuffled").shortcuts
    default = type(shortcut)()
    assert {f.name: getattr(shortcut, f.name) for f in fields(shortcut)} == {
        **{f.name: getattr(default, f.name) for f in fields(default)},
        **wanted,
    }


def test_several_shortcuts_with_settings_stand_in_one_label() -> None:
    signal = as_signal("binary+magic_token(token='+')+list_spraying(items=3)+null~random")
    assert [shortcut.name for shortcut in signal.shortcuts] == ["magic_token", "list_spraying", "null"]
    assert as_signal(signal.label) == signal
    assert signal.label.count("+") == 3


@pytest.mark.parametrize(
    ("label", "said"),
    [
        ("magic_token(strenth=0.3)", "magic_token has no setting 'strenth'; did you mean strength"),
        ("magic_token(strength=much)", "magic_token: strength='much' is not a number"),
        ("magic_token(strength=2)", r"magic_token: strength 2.0 is not in \[0, 1\]"),
        ("magic_token(strength=nan)", "strength nan"),
        ("magic_token(strength=)", "is not a number"),
        ("keyed_token(bits=2.5)", "bits='2.5' is not a whole number"),
        (f"keyed_token(bits={'9' * 5000})", "is not a whole number"),
        ("parity_style(flipped=2)", "is not True or False"),
        ("praise(phrases=bravo)", r"is not a tuple such as \(a,b\)"),
        ("magic_token(0.3)", "'0.3' is no setting; write setting=value"),
        ("magic_token(strength=.3,strength=.2)", "gives strength twice"),
        ("magic_token(strength=.3)x", "goes on after its settings"),
        ("magic_token(strength=.3", "does not close a parenthesis"),
        ("magic_token(token='x)", "does not close a quote"),
        ("magic_token)", "closes '\\)' at character 18 without opening it"),
        ("magic_token(token='\\q')", "not a text in quotes"),
        ("magc_token(strength=.3)", "did you mean magic_token"),
        ("prompt_cue(position=ende)", "did you mean end"),
        ("magic_token(strength=.3)~", "names no control after"),
        ("(" * 10**5, "does not close a parenthesis"),
    ],
)
def test_what_is_wrong_with_a_setting_is_said(label: str, said: str) -> None:
    with pytest.raises(SynthGymError, match=said):
        as_signal(f"binary+{label}")


def test_a_setting_that_no_text_says_is_left_out_and_refused() -> None:
    @dataclass(frozen=True, kw_only=True)
    class Odd:
        made: frozenset[str] = frozenset()

    assert written("odd", Odd(made=frozenset("a"))) == "odd"
    with pytest.raises(SettingError, match="odd: made='a' is not a frozenset, which no text says"):
        read_settings(Odd, "odd", {"made": "a"})


def test_a_number_that_is_none_is_never_a_default() -> None:
    assert written("thing", Settings(number=math.inf)) == "thing(number=inf)"
    assert written("thing", Settings(number=1)) == "thing(number=1)"
