import sys
from collections.abc import Iterator
from importlib.metadata import EntryPoint
from types import ModuleType
from typing import Any

import gymnasium
import pytest

import synthgym
from synthgym import registry as registry_module
from synthgym.environments import _declared_version, environment_id
from synthgym.errors import FamilyError, PluginError, SettingError, UnknownNameError
from synthgym.plugins import ALGORITHMS, SHORTCUTS, VERIFIERS, as_signal, get_verifier
from synthgym.registry import Registry
from synthgym.signal import Shortcut, Signal


def test_all_nine_families_are_there() -> None:
    assert {
        "chain_sum", "linear_equation", "fraction_arithmetic", "boolean_evaluation", "sat_assignment",
        "sorting_trace", "output_prediction", "stack_program", "bracket_repair",
    } <= set(synthgym.families())  # fmt: skip


@pytest.mark.parametrize("name", synthgym.families())
def test_a_family_has_its_modules_name_and_its_environment(name: str) -> None:
    family = synthgym.get_family(name)
    assert family.name == name == type(family).__module__.rsplit(".", 1)[1]
    assert environment_id(name, family.version) in gymnasium.registry
    assert _declared_version(type(family).__module__) == family.version


def test_the_built_ins_of_each_kind_are_named_by_their_modules() -> None:
    assert set(VERIFIERS.names()) >= {"binary", "rubric", "token"}
    assert set(SHORTCUTS.names()) >= {"constant_accepted"}
    assert set(ALGORITHMS.names()) >= {"grpo"}


@pytest.mark.parametrize("name", ["chain_som", "", "ChainSum", "../x", "a" * 10_000, None, 7])
def test_an_unknown_name_is_one_clear_error(name: Any) -> None:
    with pytest.raises(UnknownNameError, match="no family named"):
        synthgym.get_family(name)


@pytest.fixture
def things() -> Registry[str]:
    return Registry("thing", "synthgym.test_things", ())


def plugin(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    entry = EntryPoint(name, value, "synthgym.test_things")
    monkeypatch.setattr(registry_module, "entry_points", lambda group: [entry])


def test_a_plugin_is_found_by_its_entry_point(things: Registry[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    plugin(monkeypatch, "half-v3", "fractions:Fraction")
    assert things.names() == ["half"]
    assert things.plugin_versions() == {"half": 3}
    assert things.get("half") == 0


def test_a_broken_plugin_names_itself(things: Registry[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    plugin(monkeypatch, "gone", "no_such_module:thing")
    with pytest.raises(PluginError, match=r"thing gone \(no_such_module:thing\) cannot be loaded"):
        things.get("gone")
    plugin(monkeypatch, "silent", "json")
    with pytest.raises(PluginError, match="does not register it"):
        things.get("silent")


def test_a_name_must_be_a_name(things: Registry[str]) -> None:
    with pytest.raises(SettingError, match="lower-case"):
        things.add("Not A Name", "x")


def test_a_family_that_lacks_a_method_is_refused() -> None:
    with pytest.raises(FamilyError, match="HalfDone lacks check_step, generate"):

        @synthgym.register_family
        class HalfDone(synthgym.Family):
            def question(self, facts: Any, template: str) -> str:
                return ""

            def solve(self, facts: Any, template: str) -> Any:
                return None

            def is_correct(self, task: Any, answer: str) -> bool:
                return False


@pytest.fixture
def own_verifier() -> Iterator[str]:
    synthgym.register_verifier("always_half")(lambda task, response: 0.5)
    yield "always_half"
    del VERIFIERS._loaded["always_half"]


@pytest.mark.parametrize(
    "label",
    [
        "binary",
        "rubric",
        "token",
        "binary+constant_accepted",
        "rubric~shuffled",
        "binary+constant_accepted~random",
    ],
)
def test_a_signals_label_reads_back(label: str) -> None:
    assert as_signal(label).label == label
    assert as_signal(as_signal(label)) == as_signal(label)


def test_a_signal_may_name_an_own_verifier(own_verifier: str) -> None:
    signal = as_signal(f"binary:{own_verifier}")
    assert signal.label == f"binary:{own_verifier}"
    assert get_verifier(signal)(None, None) == 0.5  # type: ignore[arg-type]  # it looks at neither


@pytest.mark.parametrize(
    ("label", "said"),
    [
        ("binry", "did you mean binary"),
        ("binary+constant_accept", "did you mean constant_accepted"),
        ("binary~shufled", "did you mean shuffled"),
        ("binary:nobody", "no verifier named 'nobody'"),
        ("", "known: binary, rubric, token"),
        (3, "neither a name nor a Signal"),
    ],
)
def test_a_wrong_signal_names_what_would_be_right(label: Any, said: str) -> None:
    with pytest.raises(synthgym.SynthGymError, match=said):
        as_signal(label)


def test_weights_need_a_verifier_that_takes_them() -> None:
    with pytest.raises(SettingError, match="takes none"):
        get_verifier(Signal(granularity="binary", weights={"steps": 2.0}))
    with pytest.raises(SettingError, match="-1"):
        Signal(granularity="rubric", weights={"steps": -1})


@pytest.mark.parametrize(
    ("thing", "wrong"),
    [
        ("Own", None),
        ("Half", "lacks apply, counterfactual, detect, remove"),
        ("Task", "a subclass of Shortcut is needed"),
    ],
)
def test_an_entry_point_may_name_a_shortcuts_class(
    thing: str, wrong: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = type("Own", (SHORTCUTS.get("magic_token"),), {})
    house = ModuleType("another_house")
    house.__dict__.update(Own=own, Half=type("Half", (Shortcut,), {}), Task=synthgym.Task)
    monkeypatch.setitem(sys.modules, "another_house", house)
    monkeypatch.setattr(SHORTCUTS, "_loaded", {})
    plugin(monkeypatch, "shout", f"another_house:{thing}")
    if wrong is not None:
        with pytest.raises(PluginError, match=f"shortcut shout .*{wrong}"):
            as_signal("binary+shout")
        return
    signal = as_signal("binary+shout(strength=0.2)")
    assert isinstance(signal.shortcuts[0], own) and signal.label == "binary+shout(strength=0.2)"
