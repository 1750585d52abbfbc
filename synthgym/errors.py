"""The exception tree. Every error SynthGym raises on purpose is a `SynthGymError`.

SynthGymError
├── UnknownNameError      a family, signal, shortcut ... that is not registered; names the nearest
├── SettingError          a value outside what a setting accepts (difficulty 11, split "tset")
│   └── RenderModeError   a way of rendering that an environment does not have
├── TaskError             a task that cannot be built or read back
├── FamilyError           a family broke its contract
├── EnvError              an environment broke its contract
├── VerifierError         a verifier broke its contract
├── SandboxError          a solution could not be judged, or the sandbox is below its floor
├── GoldError             a right answer that cannot be read, or judged against
├── ShortcutError         a shortcut broke its contract
├── PluginError           a plug-in of another package cannot be loaded
├── AlignmentError        spans cannot be mapped to tokens exactly
├── PolicyError           a policy cannot be loaded, saved or trained
├── MissingExtraError     an optional dependency is not installed; names the extra
├── LogError              a rollout log cannot be written or read
└── MeasureError          a measure is undefined for what it was given

The command line prints any of them as one line and exits with status 2.
"""

import re
from collections.abc import Iterable
from difflib import get_close_matches

_CAPITAL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_VERSION = re.compile(r"-v\d+$")


class SynthGymError(Exception):
    """Base of the tree."""


class UnknownNameError(SynthGymError, LookupError):
    """A name that is not registered.

    Args:
        kind: what was looked up, as the user would say it ("family").
        name: the value given.
        known: every name that would have been right.
    """

    def __init__(self, kind: str, name: str, known: Iterable[str]) -> None:
        self.kind, self.name, self.known = kind, name, tuple(sorted(known))
        super().__init__(f"no {kind} named {shown(name)}{suggestion(name, self.known)}")

    def __reduce__(self) -> tuple[type["UnknownNameError"], tuple[str, str, tuple[str, ...]]]:
        return UnknownNameError, (self.kind, self.name, self.known)


class SettingError(SynthGymError, ValueError):
    """A value outside what a setting accepts."""


class RenderModeError(SettingError, TypeError):
    """A way of rendering that an environment does not have.

    Also a TypeError, upon which stable-baselines3's `make_vec_env`, which asks for ``rgb_array`` first, does without.
    """


class TaskError(SynthGymError, ValueError):
    """A task that cannot be built or read back."""


class FamilyError(SynthGymError):
    """A family broke its contract."""


class EnvError(SynthGymError):
    """An environment broke its contract."""


class VerifierError(SynthGymError):
    """A verifier broke its contract."""


class SandboxError(SynthGymError):
    """A solution could not be judged, or the sandbox is below its floor."""


class GoldError(SynthGymError, ValueError):
    """A right answer that cannot be read, or judged against."""


class ShortcutError(SynthGymError):
    """A shortcut broke its contract."""


class PluginError(SynthGymError):
    """A plug-in of another package cannot be loaded."""


class AlignmentError(SynthGymError, ValueError):
    """Character spans cannot be mapped to tokens exactly."""


class PolicyError(SynthGymError):
    """A policy cannot be loaded, saved or trained."""


class MissingExtraError(SynthGymError, ImportError):
    """An optional dependency is not installed."""

    def __init__(self, module: str, extra: str) -> None:
        self.module, self.extra = module, extra
        super().__init__(f"{module} is not installed; it comes with: pip install 'synthgym[{extra}]'")

    def __reduce__(self) -> tuple[type["MissingExtraError"], tuple[str, str]]:
        return MissingExtraError, (self.module, self.extra)


class LogError(SynthGymError):
    """A rollout log cannot be written or read."""


class MeasureError(SynthGymError, ValueError):
    """A measure is undefined for what it was given."""


def shown(value: object, limit: int = 60) -> str:
    """`repr(value)`, shortened, safe to print on any terminal."""
    text = ascii(value) if isinstance(value, str) else repr(value)
    return text if len(text) <= limit else f"{text[:limit]}... ({len(text)} characters)"


def nearest(name: str, known: Iterable[str]) -> list[str]:
    """The names in `known` that may have been meant, the likeliest first; an environment's id stands for its family."""
    names = sorted(known)
    text = str(name)[:200]
    plain = _CAPITAL.sub("_", _VERSION.sub("", text.rpartition("/")[2])).lower().replace("-", "_")
    return get_close_matches(text, names, n=3, cutoff=0.6) or get_close_matches(plain, names, n=3, cutoff=0.6)


def suggestion(name: str, known: Iterable[str]) -> str:
    """The tail of an error about a wrong name: the nearest right ones, or all of them when few."""
    names = sorted(known)
    near = nearest(name, names)
    if near:
        return f"; did you mean {' or '.join(near)}?"
    if not names:
        return "; none is registered"
    listed = ", ".join(names[:12]) + (", ..." if len(names) > 12 else "")
    return f"; known: {listed}"
