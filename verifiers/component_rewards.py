"""A reward function a component: for TRL to log each under its name, and to weigh if the user asks for it.

Under a generic verifier the values are *shares* of the gated reward, so that training on all of them with unit weights
is training on the scalar: ``0.6 * truth`` and ``0.4 * w * v / sum of w`` for a criterion of weight w and value v if the
answer is right; ``0.4 * w * v / sum of w`` over the criteria that are not of style if it is wrong, and 0 for style. No
reward for style alone can be left over. Planted shortcuts get one further function, which takes what they add.

A component that failed leaves the whole completion unscored: every function returns None for it, and TRL leaves it
out of its group (its `unscorable_mask`; a None beside numbers would be summed as 0). A criterion that a task's family
does not have is None for that task alone.
"""

import logging
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from numbers import Real
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from synthgym.errors import SettingError, shown, suggestion
from synthgym.hooks import Scored
from synthgym.plugins import as_signal, get_family
from synthgym.signal import Signal
from synthgym.types import GRANULARITIES, Task, Verdict
from synthgym.verifiers.generic._judged import RIGHT_FLOOR, WRONG_CEILING
from synthgym.verifiers.rewards import SignalReward, completion_texts

_LOGGER = logging.getLogger(__name__)
_REMEDY = "give the names of the dataset's families, or leave it out for one scalar"


class Shares(Protocol):
    """How a verdict's reward is divided among named components."""

    names: tuple[str, ...]

    def missing(self, task: Task, verdict: Verdict) -> list[str]:
        """The components that a scored verdict lacks, or has no finite number for."""
        ...

    def of(self, task: Task, verdict: Verdict) -> Mapping[str, float]:
        """The values of a verdict that lacks none; those that its family does not have are left out."""
        ...


class RubricShares:
    """Shares of the generic verifiers' rewards.

    Raises:
        UnknownNameError: if a family is not registered.
    """

    def __init__(self, signal: Signal, families: Sequence[str]) -> None:
        binary = _generic_name(signal) == "binary"
        self._signal = signal
        self._style: dict[str, frozenset[str]] = {}
        self._weights: dict[str, dict[str, float]] = {}
        for name in families:
            rubric = () if binary else get_family(name).rubric
            self._style[name] = frozenset(criterion.name for criterion in rubric if criterion.style)
            self._weights[name] = {c.name: signal.weights.get(c.name, c.weight) for c in rubric}
        criteria = dict.fromkeys(name for weights in self._weights.values() for name in weights)
        self._floor = 1.0 if binary else RIGHT_FLOOR
        self.names = ("truth", *criteria)
        self._planted = "+".join(shortcut.name for shortcut in signal.shortcuts)
        if self._planted:
            self._planted += "_shortcut" if self._planted in self.names else ""
            self.names = (*self.names, self._planted)

    def missing(self, task: Task, verdict: Verdict) -> list[str]:
        """The truth and the criteria of the task's family that `verdict` lacks.

        Raises:
            SettingError: if the task's family is none of those that were named.
        """
        if task.family not in self._weights:
            raise SettingError(
                f"components= names {', '.join(self._weights)}, but the dataset has tasks of "
                f"{task.family}; name it, too"
            )
        needed = ("truth", *self._weights[task.family])
        return [name for name in needed if not _is_number(verdict.components.get(name))]

    def of(self, task: Task, verdict: Verdict) -> Mapping[str, float]:
        """The shares; they add up to the reward."""
        values, weights = verdict.components, self._weights[task.family]
        right = values["truth"] == 1.0
        style = frozenset() if right else self._style[task.family]
        counted = sum(weight for name, weight in weights.items() if name not in style)
        graded = (1.0 - self._floor) if right else WRONG_CEILING
        shares = {"truth": self._floor if right else 0.0}
        for name, weight in weights.items():
            shares[name] = 0.0 if name in style else graded * weight * values[name] / counted
        if self._planted:
            paid = 0.0 if verdict.reward is None else verdict.reward
            shares[self._planted] = paid - math.fsum(shares.values())
        return shares


class OwnComponents:
    """A custom verifier's components as they are, and those that planted shortcuts put beside them.

    Raises:
        SettingError: if a name is no text, or there is none.
    """

    def __init__(self, signal: Signal, names: Sequence[str]) -> None:
        if not names or not all(isinstance(name, str) and name for name in names):
            raise SettingError(
                f"components {shown(list(names))} are not names; give those that the verdicts of {signal.label} have"
            )
        self._own = tuple(dict.fromkeys(names))
        self._planted = tuple(s.name for s in signal.shortcuts if s.name not in self._own)
        self.names = (*self._own, *self._planted)

    def missing(self, task: Task, verdict: Verdict) -> list[str]:
        """The verifier's own that `verdict` lacks; a shortcut says nothing where it is not taken."""
        return [name for name in self._own if not _is_number(verdict.components.get(name))]

    def of(self, task: Task, verdict: Verdict) -> Mapping[str, float]:
        """The components; 0 for a shortcut that is not taken."""
        planted = {name: float(verdict.components.get(name, 0.0)) for name in self._planted}
        return {name: float(verdict.components[name]) for name in self._own} | planted


class ComponentBench(SignalReward):
    """Judges each batch once for all the functions of one `component_rewards`.

    TRL calls the functions one after another with the same inputs. A batch is judged again when its inputs differ
    from the last one's, or when a function comes back that has had its values: so no verdict can be stale.
    """

    def __init__(self, signal: Signal, shares: Shares, *, seed: int = 0, tokenizer: Any = None) -> None:
        super().__init__(signal, seed=seed, tokenizer=tokenizer)
        self.shares = shares
        self._key: tuple[Any, ...] = ()
        self._served: set[str] = set()
        self._values: list[Mapping[str, float]] = []
        self._warned = False

    def values(
        self,
        name: str,
        completions: Sequence[Any],
        completion_ids: Sequence[Sequence[int]] | None,
        task: Sequence[str] | None,
        trainer_state: Any,
        columns: Mapping[str, Any],
    ) -> list[float | None]:
        """The component `name` of each completion; None where it is unscored or the family has no such component."""
        step = getattr(trainer_state, "global_step", None)
        ids = None if completion_ids is None else [list(one) for one in completion_ids]
        key = (None if task is None else list(task), completion_texts(completions), ids, step)
        if not self._served or name in self._served or key != self._key:
            scored = self.judge_batch(completions, completion_ids, task, trainer_state, columns)
            self._values = self._divided(scored)
            self._key, self._served = key, set()
        self._served.add(name)
        return [values.get(name) for values in self._values]

    def settled(self, tasks: Sequence[Task], verdicts: list[Verdict]) -> list[Verdict]:
        """A verdict that lacks a component is unscored, and says which."""
        return [self._complete(task, verdict) for task, verdict in zip(tasks, verdicts, strict=True)]

    def _complete(self, task: Task, verdict: Verdict) -> Verdict:
        if verdict.reward is None:
            return verdict
        missing = self.shares.missing(task, verdict)
        if not missing:
            return verdict
        given = sorted(verdict.components)
        text = (
            f"not scored: verifier {self.signal.label} gave no number for component "
            f"{', '.join(shown(name) for name in missing)}{suggestion(missing[0], given) if given else ''}"
        )
        if not self._warned:
            self._warned = True
            _LOGGER.warning("%s (task %s); the log has every such completion", text, task.id)
        return replace(verdict, reward=None, credits=(), error=verdict.error or text)

    def _divided(self, scored: Scored) -> list[Mapping[str, float]]:
        return [
            {} if verdict.reward is None else self.shares.of(task, verdict)
            for task, verdict in zip(scored.tasks, scored.verdicts, strict=True)
        ]


class ComponentReward:
    """One component as a reward function for TRL's trainers, which log it as ``rewards/NAME/mean``.

    Attributes:
        judged_by: what judges the batch, once for all components.
    """

    def __init__(self, name: str, judged_by: ComponentBench) -> None:
        self.__name__ = name
        self.judged_by = judged_by

    def __call__(
        self,
        prompts: Sequence[Any],
        completions: Sequence[Any],
        completion_ids: Sequence[Sequence[int]] | None = None,
        task: Sequence[str] | None = None,
        trainer_state: Any = None,
        **columns: Any,
    ) -> list[float | None]:
        """The component's value a completion.

        Raises:
            SettingError, TaskError: as `SignalReward` does, and for a task of a family that was not named.
        """
        return self.judged_by.values(self.__name__, completions, completion_ids, task, trainer_state, columns)

    @property
    def signal(self) -> Signal:
        """What is judged by."""
        return self.judged_by.signal

    @property
    def batches(self) -> list[Scored]:
        """What was judged and no hook has taken yet: one list for all components."""
        return self.judged_by.batches

    def judge(
        self,
        tasks: Sequence[Task],
        completions: Sequence[str],
        *,
        signal: Signal | None = None,
        token_ids: Sequence[Sequence[int]] | None = None,
    ) -> Scored:
        """As `SignalReward.judge`."""
        return self.judged_by.judge(tasks, completions, signal=signal, token_ids=token_ids)

    @property
    def last_credits(self) -> "list[NDArray[Any] | None]":
        """As `SignalReward.last_credits`."""
        return [*self.judged_by.last_credits]


def component_rewards(
    signal: str | Signal, components: str | Iterable[str], *, seed: int = 0, tokenizer: Any = None
) -> list[ComponentReward]:
    """A reward function for each component; see the module.

    Args:
        components: family names under a generic verifier, component names under a custom one.

    Raises:
        SettingError: if the signal has no components, or a name is none.
        UnknownNameError: if there is no such signal or family.
    """
    settled = as_signal(signal)
    if not isinstance(components, Iterable):
        raise SettingError(f"components {shown(components)} is neither a name nor names; {_REMEDY}")
    names = [components] if isinstance(components, str) else list(components)
    if settled.control is not None:
        raise SettingError(
            f"signal {settled.label}: a control replaces the reward, so it has no components; leave components= out"
        )
    if not names:
        raise SettingError(f"components= is empty; {_REMEDY}")
    shares: Shares
    if _generic_name(settled) is None:
        shares = OwnComponents(settled, names)
    else:
        shares = RubricShares(settled, names)
    bench = ComponentBench(settled, shares, seed=seed, tokenizer=tokenizer)
    return [ComponentReward(name, bench) for name in shares.names]


def _generic_name(signal: Signal) -> str | None:
    """The generic verifier that judges under `signal`; None if it is a custom one."""
    chosen = signal.granularity if signal.verifier is None else signal.verifier
    return chosen if isinstance(chosen, str) and chosen in GRANULARITIES else None


def _is_number(value: object) -> bool:
    return isinstance(value, Real | np.bool_) and math.isfinite(float(value))
