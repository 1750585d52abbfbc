"""The four registries, the decorators that fill them, and the lookups that everything goes through."""

from collections.abc import Callable
from typing import TypeVar, cast

from synthgym.algorithm import Algorithm
from synthgym.environments import register_environment
from synthgym.errors import FamilyError, SettingError, shown, suggestion
from synthgym.family import Family, snake_case
from synthgym.registry import Registry
from synthgym.signal import CONTROLS, Control, Shortcut, Signal, Verifier
from synthgym.types import GRANULARITIES

F = TypeVar("F", bound=type[Family])
S = TypeVar("S", bound=type[Shortcut])
V = TypeVar("V", bound=Callable[..., object])
A = TypeVar("A", bound=type)

FAMILIES: Registry[Family] = Registry(
    "family", "synthgym.families", ("synthgym.envs.math", "synthgym.envs.code", "synthgym.envs.logic")
)
VERIFIERS: Registry[Verifier] = Registry("verifier", "synthgym.verifiers", ("synthgym.verifiers.generic",))
SHORTCUTS: Registry[type[Shortcut]] = Registry(
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


def register_verifier(name: str) -> Callable[[V], V]:
    """Decorator: registers a callable ``(task, response) -> Verdict | float | bool`` under `name`."""

    def decorate(verifier: V) -> V:
        made: Verifier = verifier() if isinstance(verifier, type) else cast(Verifier, verifier)
        VERIFIERS.add(name, made)
        return verifier

    return decorate


def register_shortcut(cls: S) -> S:
    """Class decorator: registers a shortcut under its class name in snake case."""
    cls.name = cls.name or snake_case(cls.__name__)
    SHORTCUTS.add(cls.name, cls)
    return cls


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


def get_verifier(signal: Signal) -> Verifier:
    """The verifier that `signal` names, or the callable it holds, with the signal's weights.

    Raises:
        UnknownNameError: if no verifier has that name.
        SettingError: if the signal has weights and its verifier takes none.
    """
    chosen = signal.verifier if signal.verifier is not None else signal.granularity
    verifier = VERIFIERS.get(chosen) if isinstance(chosen, str) else chosen
    if not signal.weights:
        return verifier
    reweighted = getattr(verifier, "with_weights", None)
    if reweighted is None:
        raise SettingError(
            f"signal {signal.label} has weights, but its verifier takes none; rubric and token do"
        )
    weighted: Verifier = reweighted(dict(signal.weights))
    return weighted


def as_signal(value: str | Signal) -> Signal:
    """The signal that a text names: ``token``, ``binary+constant_accepted``, ``rubric~shuffled``,
    ``binary:my_verifier``; a `Signal` is returned as it is.

    Raises:
        SettingError: if the text names no granularity or control.
        UnknownNameError: if it names a verifier or shortcut that is not registered.
    """
    if isinstance(value, Signal):
        return value
    if not isinstance(value, str):
        raise SettingError(f"signal {shown(value)} is neither a name nor a Signal")
    head, _, control = value.partition("~")
    base, *shortcuts = head.split("+")
    granularity, _, verifier = base.partition(":")
    if verifier:
        VERIFIERS.get(verifier)
    return Signal(
        granularity=_one_of(GRANULARITIES, granularity, "granularity"),
        verifier=verifier or None,
        shortcuts=tuple(SHORTCUTS.get(name)() for name in shortcuts),
        control=_settle_control(control),
    )


def _settle_control(control: str) -> Control | None:
    return _one_of(CONTROLS, control, "control") if control else None


L = TypeVar("L", bound=str)


def _one_of(known: tuple[L, ...], value: str, kind: str) -> L:
    for name in known:
        if name == value:
            return name
    raise SettingError(f"no {kind} named {shown(value)}{suggestion(value, known)}")
