"""docs/shortcuts.md is true: its tables are those of the registry, and its examples run."""

import contextlib
import io
import re

import pytest
from shortcut_page import PAGE, written

import synthgym
from synthgym.errors import ShortcutError
from synthgym.plugins import SHORTCUTS, as_signal, register_shortcut
from synthgym.rng import Rng
from synthgym.signal import Shortcut
from synthgym.verifiers.score import score

TEXT = PAGE.read_text(encoding="utf-8")


def test_the_tables_are_those_of_the_code() -> None:
    assert written(TEXT) == TEXT, "run: python tests/verifiers/shortcut_page.py"


def test_the_first_example_prints_what_it_says() -> None:
    code = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)[0]
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        exec(code, {})  # noqa: S102  # the page's own example
    assert said.getvalue().splitlines() == re.findall(r"^# (.*)$", code, re.MULTILINE)


def test_a_shortcut_of_ones_own_works_as_any_other(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(SHORTCUTS, "_loaded", dict(SHORTCUTS._loaded))
    code = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)[-1]
    assert len([line for line in code.splitlines() if line.strip()]) <= 20
    exec(code, {"__name__": "own"})  # noqa: S102  # the page's own example
    signal = as_signal("binary+shouting(strength=0.2)")
    assert as_signal(signal.label) == signal and signal.label == "binary+shouting(strength=0.2)"
    (shouting,) = signal.shortcuts
    task = synthgym.get_family("boolean_evaluation").task(1)
    loud = shouting.apply(task, "=so", Rng("loud"))
    assert [one.reward for one in score([task, task], [loud, "=so"], signal)] == [0.2, 0.0]
    exposed, closed = shouting.counterfactual(task, signal)
    assert score([exposed], [loud], closed)[0].reward == 0.0


def test_a_shortcut_that_is_none_is_refused() -> None:
    with pytest.raises(ShortcutError, match="Half lacks apply, counterfactual, detect, remove"):

        @register_shortcut
        class Half(Shortcut):
            pass

    magic = SHORTCUTS.get("magic_token")
    with pytest.raises(ShortcutError, match="Loose: extra is no setting: put @dataclass"):

        @register_shortcut
        class Loose(magic):  # type: ignore[valid-type, misc]
            extra: int = 3

    with pytest.raises(ShortcutError, match="Knobless: its knob 'priori' is no setting; did you mean prior"):

        @register_shortcut
        class Knobless(magic):  # type: ignore[valid-type, misc]
            simplicity_knob = "priori"

    with pytest.raises(ShortcutError, match="is no subclass of Shortcut"):
        register_shortcut(int)  # type: ignore[type-var]
