"""Signals: what a policy is trained on. And shortcuts: spurious components planted in one."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import ClassVar, Literal, Protocol, TypeAlias, get_args, runtime_checkable

from synthgym.errors import SettingError, shown, suggestion
from synthgym.rng import Rng
from synthgym.types import GRANULARITIES, Granularity, Response, Task, Verdict

Control: TypeAlias = Literal["random", "shuffled"]
CONTROLS: tuple[Control, ...] = get_args(Control)


@runtime_checkable
class Verifier(Protocol):
    """Any callable that turns a task and a response into a verdict, or into a bare reward."""

    def __call__(self, task: Task, response: Response, /) -> "Verdict | float | bool":
        """The verdict on `response`."""
        ...


@dataclass(frozen=True, kw_only=True)
class Shortcut(ABC):
    """A planted spurious component. Override the hooks it needs; the rest do nothing.

    Attributes:
        strength: how much reward the shortcut pays, in [0, 1].
        correlation: how often following it pays, in [0, 1]; each shortcut says over what.
    """

    name: ClassVar[str] = ""
    strength: float = 1.0
    correlation: float = 1.0

    def __post_init__(self) -> None:
        for label, value in (("strength", self.strength), ("correlation", self.correlation)):
            if not 0.0 <= value <= 1.0:
                raise SettingError(f"{self.name}: {label} {shown(value)} is not in [0, 1]")

    def on_task(self, task: Task, rng: Rng) -> Task:
        """The task with the shortcut's cue put in its prompt."""
        return task

    def on_verdict(self, task: Task, response: Response, verdict: Verdict) -> Verdict:
        """The verdict with the shortcut's flaw or bonus worked in."""
        return verdict

    def on_sampling(self, task: Task, completion: str, rng: Rng) -> str:
        """A demonstration for the warm start, with the shortcut's prior worked in."""
        return completion

    @abstractmethod
    def detect(self, task: Task, completion: str) -> bool:
        """Whether `completion` takes the shortcut."""

    @abstractmethod
    def apply(self, task: Task, completion: str, rng: Rng) -> str:
        """`completion`, changed so that it takes the shortcut."""

    @abstractmethod
    def remove(self, task: Task, completion: str, rng: Rng) -> str:
        """`completion`, changed so that it does not take the shortcut."""

    @abstractmethod
    def counterfactual(self, task: Task, signal: "Signal") -> "tuple[Task, Signal]":
        """The task and the signal under which a policy that relies on the shortcut is exposed."""


@dataclass(frozen=True, kw_only=True)
class Signal:
    """What a policy is trained on.

    Attributes:
        granularity: how finely it tells outputs apart.
        verifier: a registered verifier's name, or a callable; None is the granularity's generic verifier.
        shortcuts: planted spurious components, applied in order.
        weights: overrides a rubric criterion's weight, by its name.
        control: "random" pays a coin flip, "shuffled" permutes the rewards within a group; both
            keep the reward's look and carry no information.
    """

    granularity: Granularity = "binary"
    verifier: str | Verifier | None = None
    shortcuts: tuple[Shortcut, ...] = ()
    weights: Mapping[str, float] = field(default_factory=dict)
    control: Control | None = None

    def __post_init__(self) -> None:
        if self.granularity not in GRANULARITIES:
            raise SettingError(
                f"no granularity {shown(self.granularity)}{suggestion(str(self.granularity), GRANULARITIES)}"
            )
        if self.control is not None and self.control not in CONTROLS:
            raise SettingError(f"no control {shown(self.control)}{suggestion(str(self.control), CONTROLS)}")
        for name, weight in self.weights.items():
            if not weight >= 0:
                raise SettingError(f"weight {shown(weight)} of {name} is not a number >= 0")

    @property
    def label(self) -> str:
        """The text that names it, such as ``binary+constant_accepted`` or ``token~shuffled``."""
        if self.verifier is None or self.verifier == self.granularity:
            base: str = self.granularity
        else:
            name = self.verifier if isinstance(self.verifier, str) else getattr(self.verifier, "__name__", "")
            base = f"{self.granularity}:{name or type(self.verifier).__name__}"
        tail = f"~{self.control}" if self.control else ""
        return "+".join([base, *(shortcut.name for shortcut in self.shortcuts)]) + tail

    def without(self, shortcut: Shortcut) -> "Signal":
        """The same signal with `shortcut` taken out: the flaw closed."""
        return replace(self, shortcuts=tuple(s for s in self.shortcuts if s != shortcut))
