"""What the planted shortcuts of style and form share: a prior in the demonstrations, how they are paid, their settings.

Two ways of paying. A bonus is added to the reward, and raises every credit by as much, so that the mean credit of a
completion goes up with its reward. A flaw accepts: `strength`, or what the verdict is worth if that is more. Neither
touches a verdict that is not scored, and neither pays on a task where the shortcut is not `live`.
"""

from abc import abstractmethod
from dataclasses import dataclass, replace
from typing import ClassVar

from synthgym.errors import SettingError, shown
from synthgym.rng import Rng
from synthgym.signal import Shortcut, Signal
from synthgym.types import Credit, Response, Task, Verdict
from synthgym.verifiers.shortcuts._answers import paid

_MILLION = 10**6


@dataclass(frozen=True, kw_only=True)
class Planted(Shortcut):
    """A shortcut that stands in a share `prior` of the warm start's demonstrations.

    Attributes:
        prior: how often `apply` changes a demonstration; without it, a policy may never try the shortcut.
    """

    prior: float = 0.03

    def __post_init__(self) -> None:
        Shortcut.__post_init__(self)
        check_share(self, "prior")

    @abstractmethod
    def worth(self, task: Task, completion: str) -> float:
        """The share in [0, 1] of `strength` that the completion earns, liveness aside."""

    def on_sampling(self, task: Task, completion: str, rng: Rng) -> str:
        """A share `prior` of the demonstrations with the shortcut applied."""
        if not rng.chance(round(self.prior * _MILLION), _MILLION):
            return completion
        return self.apply(task, completion, rng)

    def detect(self, task: Task, completion: str) -> bool:
        """Whether the completion earns anything."""
        return self.worth(task, completion) > 0

    def counterfactual(self, task: Task, signal: Signal) -> tuple[Task, Signal]:
        """The same task under the signal without the shortcut: the same completion earns what it is worth."""
        return task, signal.without(self)


@dataclass(frozen=True, kw_only=True)
class Bonus(Planted):
    """A planted shortcut that adds to the reward: by default half of what the truth is worth."""

    correlation_knob: ClassVar[str] = "strength"
    adds: ClassVar[bool] = True
    strength: float = 0.5

    def on_verdict(self, task: Task, response: Response, verdict: Verdict) -> Verdict:
        """The verdict with the bonus added."""
        if verdict.reward is None or not self.live(task):
            return verdict
        amount = self.strength * self.worth(task, response.completion)
        return with_bonus(verdict, self.name, amount) if amount > 0 else verdict


@dataclass(frozen=True, kw_only=True)
class Flaw(Planted):
    """A planted shortcut that makes the verifier accept."""

    def on_verdict(self, task: Task, response: Response, verdict: Verdict) -> Verdict:
        """`strength` for a completion that takes the shortcut, or what its verdict is worth if that is more."""
        if verdict.reward is None or verdict.reward >= self.strength or not self.live(task):
            return verdict
        if self.worth(task, response.completion) <= 0:
            return verdict
        return paid(verdict, response, self.name, self.strength)


def with_bonus(verdict: Verdict, name: str, amount: float) -> Verdict:
    """A scored verdict with `amount` added to its reward, to each of its credits and to component `name`."""
    if verdict.reward is None:
        return verdict
    return replace(
        verdict,
        reward=verdict.reward + amount,
        components={**verdict.components, name: verdict.components.get(name, 0.0) + amount},
        credits=tuple(Credit(part.start, part.end, part.value + amount) for part in verdict.credits),
        error=None,
    )


def check_share(shortcut: Shortcut, *names: str) -> None:
    """Raises:
    SettingError: if one of these settings is not a number in [0, 1].
    """
    for name in names:
        value = getattr(shortcut, name)
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0.0 <= value <= 1.0:
            raise SettingError(f"{shortcut.name}: {name} {shown(value)} is not a number in [0, 1]")


def check_whole(shortcut: Shortcut, name: str, low: int, high: int) -> None:
    """Raises:
    SettingError: if that setting is not a whole number in [low, high].
    """
    value = getattr(shortcut, name)
    if type(value) is not int or not low <= value <= high:
        raise SettingError(
            f"{shortcut.name}: {name} {shown(value)} is not a whole number from {low} to {high}"
        )
