"""The words that may stand on the command line: options, and the names that settings take."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields
from importlib import import_module
from typing import Annotated, get_args, get_origin, get_type_hints

import tyro

_ALONE = get_args(tyro.conf.Positional[str])[1]
_SWITCH = get_args(tyro.conf.FlagCreatePairsOff[bool])[1]


@dataclass(frozen=True, kw_only=True)
class Setting:
    """One setting of a command, as the command line has it.

    Attributes:
        option: its option; what it would be for one that stands by itself.
        metavar: what its value is called.
        alone: it stands by itself, without its option.
        switch: it takes no value.
    """

    name: str
    option: str
    metavar: str
    alone: bool
    switch: bool

    def names(self) -> list[str]:
        """The names that it takes, sorted as they are known; none if it takes anything."""
        return [*dict.fromkeys(_NAMES[self.name]())] if self.name in _NAMES else []


def settings_of(command: type) -> list[Setting]:
    """The settings of a command, those of its bases first."""
    hints = get_type_hints(command, include_extras=True)
    found = []
    for field in fields(command):
        marks = _marks(hints[field.name])
        found.append(
            Setting(
                name=field.name,
                option="--" + str(_given(marks, "name") or field.name).replace("_", "-"),
                metavar=str(_given(marks, "metavar") or field.name.upper()),
                alone=_ALONE in marks,
                switch=_SWITCH in marks,
            )
        )
    return found


def _given(marks: Iterable[object], name: str) -> object:
    return next((found for mark in marks if (found := getattr(mark, name, None)) is not None), None)


def _marks(hint: object) -> list[object]:
    """What `Annotated` says of a type, at any depth."""
    if get_origin(hint) is not Annotated:
        return []
    inner, *marks = get_args(hint)
    return [*_marks(inner), *marks]


def _registered(registry: str) -> Callable[[], Iterable[str]]:
    return lambda: getattr(import_module("synthgym.plugins"), registry).names()


def _constant(module: str, name: str) -> Callable[[], Iterable[str]]:
    return lambda: getattr(import_module(module), name)


def _signals() -> list[str]:
    """The labels of the signals that can be named in one word or two."""
    from synthgym.plugins import SHORTCUTS, VERIFIERS
    from synthgym.signal import CONTROLS
    from synthgym.types import GRANULARITIES

    own = [name for name in VERIFIERS.names() if name not in GRANULARITIES]
    return [
        *GRANULARITIES,
        *(f"binary:{name}" for name in own),
        *(f"{granularity}+{name}" for granularity in GRANULARITIES for name in SHORTCUTS.names()),
        *(f"{granularity}~{control}" for granularity in GRANULARITIES for control in CONTROLS),
    ]


_NAMES: dict[str, Callable[[], Iterable[str]]] = {
    "family": _registered("FAMILIES"),
    "signal": _signals,
    "compare": _signals,
    "algorithm": _registered("ALGORITHMS"),
    "verifier": _registered("VERIFIERS"),
    "watch": _registered("SHORTCUTS"),
    "shortcut": _registered("SHORTCUTS"),
    "probe": _constant("synthgym.baselines.predict.config", "PROBES"),
    "split": _constant("synthgym.types", "SPLITS"),
    "template": lambda: ("compact", "natural"),
    "answer_format": _constant("synthgym.parsing", "ANSWER_FORMATS"),
    "format": _constant("synthgym.envs.dataset_formats", "FORMATS"),
    "phases": _constant("synthgym.rollout", "PHASES"),
    "feedback": _constant("synthgym.envs.multi_turn.settings", "FEEDBACKS"),
    "what": _constant("synthgym.commands.bench", "BENCHES"),
    "shell": _constant("synthgym.commands.shells", "SCRIPTS"),
}
