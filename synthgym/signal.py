"""Signals: what a policy is trained on. And shortcuts: spurious components planted in one."""

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import KW_ONLY, dataclass, field, replace
from functools import cached_property, partial
from numbers import Real
from typing import Any, ClassVar, Literal, Protocol, TypeAlias, cast, get_args, runtime_checkable

from synthgym.errors import SettingError, shown, suggestion
from synthgym.rng import Rng
from synthgym.signal_text import written
from synthgym.types import GRANULARITIES, Granularity, Response, Task, Verdict

Control: TypeAlias = Literal["random", "shuffled"]
CONTROLS: tuple[Control, ...] = get_args(Control)


@runtime_checkable
class Verifier(Protocol):
    """Any callable that turns a task and a response into a verdict, or into a bare reward."""

    def __call__(self, task: Task, response: Response, /) -> "Verdict | float | bool":
        """The verdict on `response`."""
        ...


Judged: TypeAlias = Verdict | float | bool
"""What a verifier may return for a completion."""
AnyVerifier: TypeAlias = (
    Verifier
    | Callable[[Task, Response], Judged | Awaitable[Judged]]
    | Callable[[Sequence[Task], Sequence[Response]], Sequence[Judged] | Awaitable[Sequence[Judged]]]
    | type[Any]
)
"""A verifier as users write it: for one completion or for a batch, plain or async; or a class of such objects."""


@dataclass(frozen=True)
class CustomVerifier:
    """Any callable as a verifier, and how it is run. A bare callable is run with the defaults.

    Attributes:
        call: ``(task, response) -> Verdict | float | bool``, plain or async; or ``(tasks, responses) -> list`` of
            these; or a class of such objects, which is made without arguments.
        name: what errors and logs call it; by default its own name.
        seconds: wall time of one call. None is 10 for one completion and 60 for a batch; infinity is for what bounds
            itself, and runs in the caller's own thread.
        isolated: runs in a clean Python process of its own, which is killed at the deadline. Needed where a verifier
            may never give up the interpreter, as in a catastrophic regular expression.
        batch: whether a call takes lists of tasks and responses. None goes by the type of the first parameter, or by
            its name `tasks` where it has none.
        concurrency: completions that an async verifier judges at a time.

    Raises:
        SettingError: for a setting that is not one of those, or what cannot be called or made.
    """

    call: AnyVerifier
    _: KW_ONLY
    name: str | None = None
    seconds: float | None = None
    isolated: bool = False
    batch: bool | None = None
    concurrency: int = 32

    def __post_init__(self) -> None:
        object.__setattr__(self, "call", made(self.call))
        if self.seconds is not None and not (_is_number(self.seconds) and self.seconds > 0):
            raise SettingError(
                f"seconds {shown(self.seconds)} of {self.__name__} is not a number above 0, or None"
            )
        if type(self.concurrency) is not int or self.concurrency < 1:
            raise SettingError(f"concurrency {shown(self.concurrency)} is not a whole number above 0")
        if self.batch not in (True, False, None) or self.isolated not in (True, False):
            raise SettingError(
                f"batch {shown(self.batch)}, isolated {shown(self.isolated)}: True or False is needed"
            )
        if not (self.name is None or (isinstance(self.name, str) and self.name)):
            raise SettingError(f"name {shown(self.name)} of a verifier is no text")

    @property
    def __name__(self) -> str:
        return self.name or name_of(self.call)

    def __call__(self, task: Task, response: Response, /) -> Judged:
        """What the callable returns, as it is: `synthgym.score` is what keeps to the settings."""
        return cast(Verifier, self.call)(task, response)

    def with_weights(self, weights: Mapping[str, float]) -> "CustomVerifier":
        """The same with other weights.

        Raises:
            SettingError: if the callable takes none.
        """
        reweighted = getattr(self.call, "with_weights", None)
        if reweighted is None:
            raise SettingError(
                f"verifier {self.__name__} takes no weights: it has no method with_weights(weights)"
            )
        return replace(self, call=reweighted(weights))


def made(verifier: Any) -> Any:
    """`verifier`, or an object of it if it is a class.

    Raises:
        SettingError: if it cannot be made without arguments, or not be called.
    """
    made = verifier
    if isinstance(verifier, type):
        try:
            made = verifier()
        except Exception as error:
            raise SettingError(
                f"verifier class {verifier.__name__} cannot be made without arguments ({error}); pass an object of it"
            ) from error
    if not callable(made):
        raise SettingError(
            f"verifier {shown(made)} cannot be called; a function (task, response) or an object with __call__ is needed"
        )
    return made


def name_of(verifier: object) -> str:
    """What to call a callable: its name, that of the function in a partial one, or its class's."""
    while isinstance(verifier, partial):
        verifier = verifier.func
    name = getattr(verifier, "__name__", None)
    return name if isinstance(name, str) and name else type(verifier).__name__


def _is_number(value: object) -> bool:
    """Whether `value` is a number, of any size, and not NaN, which alone differs from itself."""
    return isinstance(value, int | float | Real) and not isinstance(value, bool) and value == value


@dataclass(frozen=True, kw_only=True)
class Shortcut(ABC):
    """A planted spurious component. Override the hooks it needs; the rest do nothing.

    Attributes:
        simplicity_knob: the name of the field that makes it easier or harder to find.
        correlation_knob: the name of the field that ties it to the reward: `strength` or `correlation`.
        keeps_truth: whether `apply` and `remove` leave the answer, and so its truth, as it was.
        adds: whether it adds to the reward. What does so comes after what changes the verdict itself, so that the
            order in which shortcuts are named makes no difference (see `Signal.in_order`).
        strength: how much reward the shortcut pays, in [0, 1].
        correlation: how often following it pays, in [0, 1]; each shortcut says over what.
    """

    name: ClassVar[str] = ""
    simplicity_knob: ClassVar[str] = ""
    correlation_knob: ClassVar[str] = "correlation"
    keeps_truth: ClassVar[bool] = False
    adds: ClassVar[bool] = False
    strength: float = 1.0
    correlation: float = 1.0

    def __post_init__(self) -> None:
        for label, value in (("strength", self.strength), ("correlation", self.correlation)):
            if not (_is_number(value) and 0.0 <= value <= 1.0):
                raise SettingError(f"{self.name}: {label} {shown(value)} is not in [0, 1]")

    def applies_to(self, task: Task) -> bool:
        """Whether the shortcut makes sense on the task."""
        return True

    def live(self, task: Task) -> bool:
        """Whether a flaw that is there on a share `correlation` of the tasks is there on this one.

        A hash of the shortcut's name and the task's id decides, so that it is the same in every process.
        """
        digest = hashlib.sha256(f"{self.name}:{task.id}".encode("utf-8", "backslashreplace")).digest()
        return int.from_bytes(digest[:8], "little") < self.correlation * 2**64

    def decorrelated(self) -> "Shortcut":
        """The shortcut with nothing to gain from it: the remedy once a policy has taken it up."""
        return replace(self, correlation=0.0)

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


def _planted(shortcuts: object) -> tuple[Shortcut, ...]:
    """Raises:
    SettingError: if they are not shortcuts, each with its settings.
    """
    if isinstance(shortcuts, list | tuple):
        for shortcut in shortcuts:
            if not isinstance(shortcut, Shortcut):
                raise SettingError(
                    f"shortcut {shown(shortcut)} is not an instance of Shortcut; write as_signal('binary+null') to "
                    "have one by its name"
                )
        return tuple(shortcuts)
    raise SettingError(f"shortcuts {shown(shortcuts)} are not a tuple of shortcuts")


@dataclass(frozen=True, kw_only=True)
class Signal:
    """What a policy is trained on.

    Attributes:
        granularity: how finely it tells outputs apart.
        verifier: a registered verifier's name, or any callable (see `CustomVerifier`); a class is made without
            arguments. None is the granularity's generic verifier.
        shortcuts: planted spurious components.
        weights: overrides a rubric criterion's weight, by its name.
        control: "random" pays a coin flip, "shuffled" permutes the rewards within a group; both
            keep the reward's look and carry no information.
    """

    granularity: Granularity = "binary"
    verifier: str | AnyVerifier | None = None
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
        if self.verifier is not None and not isinstance(self.verifier, str):
            object.__setattr__(self, "verifier", made(self.verifier))
        object.__setattr__(self, "shortcuts", _planted(self.shortcuts))
        for name, weight in self.weights.items():
            if not (_is_number(weight) and weight >= 0):
                raise SettingError(f"weight {shown(weight)} of {name} is not a number >= 0")

    @property
    def label(self) -> str:
        """The text that names it, such as ``binary+constant_accepted(prior=0.1)`` or ``token~shuffled``.

        A shortcut's settings stand in it where they are not the defaults, so that `as_signal(label)` is this signal,
        unless it holds weights, a verifier that is not registered, or settings that no text says.
        """
        if self.verifier is None or self.verifier == self.granularity:
            base: str = self.granularity
        else:
            name = self.verifier if isinstance(self.verifier, str) else name_of(self.verifier)
            base = f"{self.granularity}:{name}"
        tail = f"~{self.control}" if self.control else ""
        return "+".join([base, *(written(shortcut.name, shortcut) for shortcut in self.shortcuts)]) + tail

    @cached_property
    def in_order(self) -> tuple[Shortcut, ...]:
        """The shortcuts as they are applied, however they are named: flaws first, then what adds to the reward."""
        return tuple(sorted(self.shortcuts, key=lambda one: (one.adds, one.name, repr(one))))

    def cue_rng(self, shortcut: Shortcut, task: Task) -> Rng:
        """The draws for the cue that `shortcut` puts in `task`; two of a kind draw independently of each other."""
        alike = [one for one in self.shortcuts if one.name == shortcut.name]
        place = alike.index(shortcut) if shortcut in alike else 0
        return Rng("cue", shortcut.name, task.id, *([place] if place else []))

    def decorrelated(self) -> "Signal":
        """The same signal with every shortcut decorrelated."""
        return replace(self, shortcuts=tuple(shortcut.decorrelated() for shortcut in self.shortcuts))

    def without(self, shortcut: Shortcut) -> "Signal":
        """The same signal with `shortcut` taken out: the flaw closed."""
        return replace(self, shortcuts=tuple(s for s in self.shortcuts if s != shortcut))

    def replaced(self, shortcut: Shortcut, other: Shortcut) -> "Signal":
        """The same signal with `other` in the place of `shortcut`."""
        return replace(self, shortcuts=tuple(other if s == shortcut else s for s in self.shortcuts))
