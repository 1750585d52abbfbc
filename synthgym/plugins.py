"""The four registries, the decorators that fill them, and the lookups that everything goes through."""

import importlib
from collections.abc import Callable, Sequence
from dataclasses import fields, replace
from functools import partial
from typing import Any, TypeVar

from synthgym.algorithm import Algorithm
from synthgym.environments import register_environment
from synthgym.errors import (
    FamilyError,
    SettingError,
    ShortcutError,
    UnknownNameError,
    nearest,
    shown,
    suggestion,
)
from synthgym.family import Family, snake_case
from synthgym.registry import Registry
from synthgym.signal import CONTROLS, CustomVerifier, Shortcut, Signal, Verifier, made
from synthgym.signal_text import read_call, read_settings, split
from synthgym.types import GRANULARITIES, Task

F = TypeVar("F", bound=type[Family])
S = TypeVar("S", bound=type[Shortcut])
V = TypeVar("V", bound=Callable[..., object])
A = TypeVar("A", bound=type)

FAMILIES: Registry[Family] = Registry(
    "family", "synthgym.families", ("synthgym.envs.math", "synthgym.envs.code", "synthgym.envs.logic")
)
VERIFIERS: Registry[Verifier] = Registry("verifier", "synthgym.verifiers", ("synthgym.verifiers.generic",))


class _Shortcuts(Registry[type[Shortcut]]):
    """Shortcuts are registered as classes, as each has settings; an entry point may name the class itself."""

    def _adopt(self, name: str, found: Any) -> None:
        if not (isinstance(found, type) and issubclass(found, Shortcut)):
            raise ShortcutError(f"its entry point names {shown(found)}; a subclass of Shortcut is needed")
        _check_shortcut(found)
        found.name = name
        self.add(name, found)


SHORTCUTS: Registry[type[Shortcut]] = _Shortcuts(
    "shortcut", "synthgym.shortcuts", ("synthgym.verifiers.shortcuts",)
)
ALGORITHMS: Registry[Algorithm] = Registry(
    "algorithm", "synthgym.algorithms", ("synthgym.baselines.algorithms",)
)


def register_family(cls: F) -> F:
    """Class decorator: registers a family under its class name in snake case, and its environment.

    ``class ChainSum(Family)`` becomes family ``chain_sum`` and environment ``synthgym/ChainSum-v0``.

    Raises:
        FamilyError: if a method is missing.
    """
    missing = sorted(getattr(cls, "__abstractmethods__", ()))
    if missing:
        raise FamilyError(f"family {cls.__name__} lacks {', '.join(missing)}")
    cls.name = cls.name or snake_case(cls.__name__)
    FAMILIES.add(cls.name, cls())
    register_environment(cls.name, cls.version)
    return cls


def register_verifier(
    name: str,
    *,
    seconds: float | None = None,
    isolated: bool = False,
    batch: bool | None = None,
    concurrency: int | None = None,
) -> Callable[[V], V]:
    """Decorator: registers any callable as a verifier under `name`; the options are those of `CustomVerifier`.

    ``(task, response) -> Verdict | float | bool``, plain or async, or ``(tasks, responses) -> list`` of these; a
    class is made without arguments.

    Raises:
        SettingError: for an option or a name that is not accepted, or what cannot be called or made.
    """
    given: dict[str, Any] = {"seconds": seconds, "batch": batch, "concurrency": concurrency}
    options = {key: value for key, value in given.items() if value is not None}
    if isolated is not False:
        options["isolated"] = isolated

    def decorate(verifier: V) -> V:
        VERIFIERS.add(name, _settled(made(verifier), name, options))
        return verifier

    return decorate


def register_shortcut(cls: S) -> S:
    """Class decorator: registers a shortcut under its `name`, or its class name in snake case.

    Raises:
        ShortcutError: if a method is missing, a setting is no field, or a knob names none.
    """
    _check_shortcut(cls)
    cls.name = cls.__dict__.get("name") or snake_case(cls.__name__)
    SHORTCUTS.add(cls.name, cls)
    return cls


def _check_shortcut(cls: type[Shortcut]) -> None:
    if not (isinstance(cls, type) and issubclass(cls, Shortcut)):
        raise ShortcutError(f"{shown(cls)} is no subclass of Shortcut")
    missing = sorted(getattr(cls, "__abstractmethods__", ()))
    if missing:
        raise ShortcutError(f"shortcut {cls.__name__} lacks {', '.join(missing)}")
    loose = [name for name in cls.__dict__.get("__annotations__", {}) if name not in cls.__dataclass_fields__]
    if loose:
        raise ShortcutError(
            f"shortcut {cls.__name__}: {', '.join(loose)} is no setting: put @dataclass(frozen=True, kw_only=True) "
            "below @register_shortcut"
        )
    named = [field.name for field in fields(cls)]
    for knob in (cls.simplicity_knob, cls.correlation_knob):
        if knob and knob not in named:
            raise ShortcutError(
                f"shortcut {cls.__name__}: its knob {shown(knob)} is no setting{suggestion(knob, named)}"
            )


def register_algorithm(name: str) -> Callable[[A], A]:
    """Class decorator: registers an algorithm, made without arguments, under `name`."""

    def decorate(cls: A) -> A:
        ALGORITHMS.add(name, cls())
        return cls

    return decorate


def get_family(name: str) -> Family:
    """The family of that name.

    Raises:
        UnknownNameError: if there is none; it names the nearest.
    """
    return FAMILIES.get(name)


def families() -> list[str]:
    """The names of all families, loaded or not."""
    return FAMILIES.names()


def family_of(task: Task) -> Family:
    """The family of a task; one that its user made in another process is built again from the task's facts.

    Raises:
        UnknownNameError: if there is none.
    """
    try:
        return FAMILIES.get(task.family)
    except UnknownNameError:
        if "custom" not in task.facts:
            raise
    resolved: Family = importlib.import_module("synthgym.envs.custom.resolve").from_task(task)
    return resolved


def get_verifier(signal: Signal) -> Verifier:
    """The verifier that `signal` names, or the callable it holds, with the signal's weights.

    What does not bound its own time comes as a `CustomVerifier`, which says how it is to be run.

    Raises:
        UnknownNameError: if no verifier has that name.
        SettingError: if the signal has weights and its verifier takes none.
    """
    chosen = signal.verifier if signal.verifier is not None else signal.granularity
    verifier = (
        _settled(VERIFIERS.get(chosen), chosen, {}) if isinstance(chosen, str) else _settled(chosen, None, {})
    )
    if not signal.weights:
        return verifier
    plain = verifier.call if isinstance(verifier, CustomVerifier) else verifier
    if getattr(plain, "with_weights", None) is None:
        raise SettingError(
            f"signal {signal.label} has weights, but its verifier takes none; rubric and token do"
        )
    reweighted: Any = verifier
    weighted: Verifier = reweighted.with_weights(dict(signal.weights))
    return weighted


def bounds_itself(verifier: object) -> bool:
    """Whether a verifier ends in time by itself: one of SynthGym's own, or with a true attribute `bounds_itself`."""
    while isinstance(verifier, partial):
        verifier = verifier.func
    said = getattr(verifier, "bounds_itself", None)
    if isinstance(said, bool):
        return said
    called = verifier
    if not hasattr(verifier, "__code__"):
        called = next(
            (kind.__dict__["__call__"] for kind in type(verifier).__mro__ if "__call__" in kind.__dict__),
            None,
        )
    return (getattr(called, "__module__", None) or "").startswith("synthgym.")


def _settled(verifier: Any, name: str | None, options: dict[str, Any]) -> Verifier:
    """`verifier` as a `CustomVerifier` with these options; as it is, if it is one or bounds itself."""
    if isinstance(verifier, CustomVerifier):
        return replace(verifier, **{"name": verifier.name or name, **options}) if options else verifier
    if not options and bounds_itself(verifier):
        own: Verifier = verifier
        return own
    return CustomVerifier(verifier, name=name, **options)


def as_signal(value: str | Signal) -> Signal:
    """The signal that a text names: ``token``, ``binary+constant_accepted``, ``rubric~shuffled``,
    ``binary:my_verifier``, ``binary+magic_token(strength=0.3,token="?")``; a `Signal` is returned as it is.

    Raises:
        SettingError: if the text names no granularity, no control, or a setting that a shortcut does not have or
            accept; it names the nearest.
        UnknownNameError: if it names a verifier or shortcut that is not registered.
    """
    if isinstance(value, Signal):
        return value
    if not isinstance(value, str):
        raise SettingError(f"signal {shown(value)} is neither a name nor a Signal")
    head, *controls = split(value, "~")
    tilde, control = "~" * bool(controls), "~".join(controls)
    base, *shortcuts = split(head, "+")
    granularity, colon, verifier = base.partition(":")
    for mark, named, kind in ((colon, verifier, "verifier"), (tilde, control, "control")):
        if mark and not named:
            raise SettingError(
                f"signal {shown(value)} names no {kind} after {mark!r}; leave {mark!r} out, or name one"
            )
    settled = _one_of(GRANULARITIES, granularity, "granularity", _meant)
    if verifier:
        VERIFIERS.get(verifier)
    return Signal(
        granularity=settled,
        verifier=verifier or None,
        shortcuts=tuple(_shortcut(text) for text in shortcuts),
        control=_one_of(CONTROLS, control, "control", suggestion) if control else None,
    )


def _shortcut(text: str) -> Shortcut:
    """The shortcut that ``name`` or ``name(setting=value,...)`` says."""
    name, given = read_call(text)
    kind = SHORTCUTS.get(name)
    settings: dict[str, Any] = read_settings(kind, name, given)
    try:
        return kind(**settings)
    except SettingError:
        raise
    except (TypeError, ValueError) as error:
        raise SettingError(f"shortcut {shown(text)} cannot be made: {error}") from error


def _meant(word: str, known: Sequence[str]) -> str:
    """The tail of an error about a signal that begins with `word`: the nearest granularity, or the label that names it.

    ``my_verifier`` is ``binary:my_verifier``, ``constant_accepted`` is ``binary+constant_accepted``.
    """
    if nearest(word, known):
        return suggestion(word, known)
    own = [name for name in VERIFIERS.names() if name not in GRANULARITIES]
    marked = ((":", own), ("+", SHORTCUTS.names()), ("~", CONTROLS))
    labels = {name: f"{GRANULARITIES[0]}{mark}{name}" for mark, names in marked for name in names}
    near = nearest(word, labels)
    return (
        f"; did you mean {' or '.join(labels[name] for name in near)}?" if near else suggestion(word, known)
    )


L = TypeVar("L", bound=str)


def _one_of(known: tuple[L, ...], value: str, kind: str, meant: Callable[[str, Sequence[str]], str]) -> L:
    for name in known:
        if name == value:
            return name
    raise SettingError(f"no {kind} named {shown(value)}{meant(value, known)}")
