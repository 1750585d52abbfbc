"""Multi-turn environments with tools for TRL: ``GRPOTrainer(environment_factory=synthgym.environment_factory(...))``.

TRL makes one environment a rollout, calls `reset` with a row of the dataset, shows the public methods of the class
to the policy as tools, and asks `get_reward` when the rollout is over. So the class is built for a family, and has
the tools that fit it; its name is the name of the reward's column.
"""

import copy
import logging
import pickle
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import count
from typing import TYPE_CHECKING, Any, ClassVar, TypedDict, Unpack, overload

import numpy as np

from synthgym.envs.multi_turn.dialogue import Attempt, Dialogue
from synthgym.envs.multi_turn.feedback import feedback_signal
from synthgym.envs.multi_turn.settings import Feedback, Turns
from synthgym.envs.multi_turn.tools import TOOLS, Toolbox, fits, usual_tools
from synthgym.envs.record import EpisodeWriter
from synthgym.errors import MissingExtraError, SandboxError, SettingError, shown, suggestion
from synthgym.family import Family, camel_case
from synthgym.log import Phase, RolloutLog
from synthgym.plugins import as_signal, families, get_family, get_verifier
from synthgym.signal import Signal
from synthgym.types import Task
from synthgym.verifiers.sandbox import shared_sandbox

if TYPE_CHECKING:
    from transformers import TrainerCallback

MAX_CALLS = 16
"""Calls of tools other than submit, by default."""
MAX_CHARACTERS = 2_000
"""Characters that a tool returns, by default."""
_MOST = 1 << 20
_LOGGER = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class ToolSettings:
    """What an environment class is made of; see `environment_factory`."""

    signal: Signal
    turns: Turns
    family: str | None
    tools: tuple[str, ...]
    max_calls: int
    max_characters: int
    owns_reward: bool
    seed: int


class ToolEnvironment(Toolbox):
    """The base of the environments: one task at a time, answered by calls of tools."""

    _settings: ClassVar[ToolSettings]
    _writer: ClassVar[EpisodeWriter | None] = None
    _made: ClassVar["count[int]"]

    def __init__(self) -> None:
        self._random = np.random.default_rng([self._settings.seed, next(self._made)])
        self._clear(None)

    def reset(self, task: Any = None, **row: Any) -> str | None:
        """Start on the task of a dataset row; nothing of the episode before is kept.

        Args:
            task: the row's column `task`: the task's JSON text, or a Task.
            row: its other columns, which are not looked at.

        Returns:
            What is added to the prompt: nothing in the compact template, and else how to hand in an answer.

        Raises:
            SettingError: if the row has no task, or one of another family.
            TaskError: if the text is not a task.
        """
        self._clear(None)
        read = self._read(task, row)
        if isinstance(row.get("prompt"), str):
            _say_once(type(self).__name__)
        turns = self._settings.turns
        self._clear(Dialogue(read, self._settings.signal, turns, self._random))
        if read.template == "compact" or "submit" not in self._settings.tools:
            return None
        tries = "one try" if turns.max_turns == 1 else f"{turns.max_turns} tries"
        counts = ", and the last one counts" if turns.feedback == "nothing" and turns.max_turns > 1 else ""
        return f"\n\nHand in your answer by calling submit; you have {tries}{counts}."

    def _clear(self, dialogue: Dialogue | None) -> None:
        self._dialogue, self._steps, self._calls, self._broken = dialogue, [], 0, False

    def _read(self, task: Any, row: Mapping[str, Any]) -> Task:
        name = type(self).__name__
        if task is None:
            raise SettingError(
                f"{name}.reset got no column 'task' (the row has {', '.join(sorted(row)) or 'no columns'}); "
                "synthgym.dataset(..., conversational=True) makes it"
            )
        read = Task.from_json(task) if isinstance(task, str) else task
        if not isinstance(read, Task):
            raise SettingError(
                f"{name}.reset: column 'task' holds {shown(task)}; the JSON text of a task is needed"
            )
        mine = self._settings.family
        if mine is not None and read.family != mine:
            raise SettingError(
                f"task {read.id} is of {read.family}, and {name} has the tools of {mine}: for several families pass "
                f"environment_factory(..., family=[{mine!r}, {read.family!r}]) and synthgym.dataset([...], "
                "conversational=True, environment=True)"
            )
        return read

    def _record(self, attempt: Attempt) -> None:
        if self._writer is not None:
            self._writer.write(attempt)

    def __reduce__(self) -> tuple[Any, ...]:
        # A copy is of the very same class, as TRL tells environments apart by it; elsewhere an equal one is made.
        return _revived, (pickle.dumps(self._settings), type(self).__name__), self.__dict__

    def __deepcopy__(self, memo: dict[int, Any]) -> "ToolEnvironment":
        twin = type(self).__new__(type(self))
        memo[id(self)] = twin
        twin.__dict__.update(copy.deepcopy(self.__dict__, memo))
        return twin


class OwnsReward(ToolEnvironment):
    """An environment that tells its reward itself."""

    def get_reward(self) -> float | None:
        """What the accepted, or else the last, answer handed in is worth; 0.0 if there is none, None if unscored."""
        attempts = self._dialogue.attempts if self._dialogue is not None else []
        if self._broken:
            return None
        if not attempts:
            return 0.0
        last = attempts[-1]
        if last.unscored:
            return None
        return float(last.verdict.reward or 0.0) * self._settings.turns.worth(last.turn)


class EnvironmentFactory:
    """Makes the environments of one class; TRL calls it once a rollout.

    Attributes:
        settings: what they are made of.
        environment: their class; its name is the name of the reward's column.
    """

    def __init__(self, settings: ToolSettings, writer: EpisodeWriter | None = None) -> None:
        self.settings, self.writer = settings, writer
        self.environment = _class(settings, _class_name(settings.family), writer)
        self.__name__ = self.environment.__name__

    def __call__(self) -> ToolEnvironment:
        """A new environment."""
        return self.environment()

    @property
    def policy_step(self) -> int:
        """Updates made to the policy so far, as the log is to have it; `callback` keeps it up to date.

        Raises:
            SettingError: if there is no log.
        """
        return self._logged().policy_step

    @policy_step.setter
    def policy_step(self, step: int) -> None:
        self._logged().policy_step = step

    def callback(self) -> "TrainerCallback":
        """A callback for the trainer that tells the log the step; one serves all factories of a log.

        Raises:
            SettingError: if there is no log.
            MissingExtraError: if transformers is not installed.
        """
        writer = self._logged()
        try:
            from synthgym.envs.multi_turn.step_callback import StepCallback
        except ModuleNotFoundError as error:
            raise MissingExtraError(str(error.name), "train") from error
        return StepCallback(writer)

    def _logged(self) -> EpisodeWriter:
        if self.writer is None:
            raise SettingError(
                "these environments have no log: pass environment_factory(..., log=RolloutLog(folder))"
            )
        return self.writer


class FactorySettings(TypedDict, total=False):
    """The keywords of `environment_factory` but for the family."""

    tools: str | Sequence[str] | None
    max_turns: int
    feedback: Feedback
    turn_discount: float
    max_calls: int
    max_characters: int
    owns_reward: bool
    log: RolloutLog | None
    phase: Phase
    seed: int


@overload
def environment_factory(
    signal: str | Signal = ..., *, family: str | None = ..., **settings: Unpack[FactorySettings]
) -> EnvironmentFactory: ...
@overload
def environment_factory(
    signal: str | Signal = ..., *, family: list[str] | tuple[str, ...], **settings: Unpack[FactorySettings]
) -> dict[str, EnvironmentFactory]: ...
def environment_factory(
    signal: str | Signal = "binary",
    *,
    family: str | list[str] | tuple[str, ...] | None = None,
    tools: str | Sequence[str] | None = None,
    max_turns: int = 3,
    feedback: Feedback = "right_or_wrong",
    turn_discount: float = 1.0,
    max_calls: int = MAX_CALLS,
    max_characters: int = MAX_CHARACTERS,
    owns_reward: bool = True,
    log: RolloutLog | None = None,
    phase: Phase = "train",
    seed: int = 0,
) -> EnvironmentFactory | dict[str, EnvironmentFactory]:
    """What TRL's ``GRPOTrainer(environment_factory=...)`` takes: multi-turn environments with tools.

    Args:
        signal: what judges an answer that is handed in, as a `Signal` or its label.
        family: the dataset's family, which settles the tools; several give a dict for a dataset with a column
            `environment`; None takes rows of any family, and has all tools, of which some will not fit a row.
        tools: names of "run_code", "check_step" and "look_at_test"; None is those that make sense for the family.
            The tool "submit" is always there, unless ``owns_reward=False`` and it is not named.
        max_turns: answers that may be handed in.
        feedback: what is told of one that is not accepted, as for `synthgym.envs.task_env.TaskEnv`.
        turn_discount: the reward is multiplied by it for every answer after the first; in (0, 1].
        max_calls: calls of tools other than submit, in an episode.
        max_characters: of a tool's return.
        owns_reward: whether the environments have `get_reward`; without it, pass ``reward_funcs``.
        log: gets a row an answer that is handed in; whoever opened it closes it.
        phase: of those rows.
        seed: of a signal that draws at random.

    Raises:
        SettingError, UnknownNameError: for a value that is not accepted, or a tool that does not fit the family.
        SandboxError: if code is to be run, and cannot be run safely here.
    """
    if isinstance(signal, str) and signal in families():
        raise SettingError(f"{signal!r} is a family: environment_factory('binary', family={signal!r})")
    settled = as_signal(signal)
    turns = Turns(max_turns=max_turns, feedback=feedback, discount=turn_discount)
    _check_signal(settled, turns)
    for name, value in (("max_calls", max_calls), ("max_characters", max_characters), ("seed", seed)):
        if type(value) is not int or not 0 <= value <= _MOST:
            raise SettingError(f"{name} {shown(value)} is not a whole number from 0 to {_MOST}")
    if type(owns_reward) is not bool:
        raise SettingError(f"owns_reward {shown(owns_reward)} is neither True nor False")
    if log is not None and not isinstance(log, RolloutLog):
        raise SettingError(f"log is {shown(log)}; an open RolloutLog is needed: RolloutLog({shown(log)})")
    writer = None if log is None else EpisodeWriter(log, None, phase=phase, step_every=None)

    def make(name: str | None) -> EnvironmentFactory:
        chosen = _tools(name, settled, tools)
        if owns_reward and "submit" not in chosen:
            chosen = (*chosen, "submit")
        return EnvironmentFactory(
            ToolSettings(
                signal=settled,
                turns=turns,
                family=name,
                tools=chosen,
                max_calls=max_calls,
                max_characters=max_characters,
                owns_reward=owns_reward,
                seed=seed,
            ),
            writer,
        )

    if family is None or isinstance(family, str):
        return make(family)
    if not isinstance(family, (list, tuple)):
        raise SettingError(f"family {shown(family)} is neither a name nor a list of names")
    if not family:
        raise SettingError("no family given; name at least one, or pass None")
    return {name: make(name) for name in family}


def _check_signal(signal: Signal, turns: Turns) -> None:
    get_verifier(signal)
    if signal.control == "shuffled":
        raise SettingError(
            f"signal {signal.label} permutes the rewards of a group, and an environment sees one completion at a "
            "time: use ~random here, or owns_reward=False with reward_funcs=synthgym.rewards(...)"
        )
    if turns.max_turns > 1:
        feedback_signal(signal, turns.feedback)


def _check_weights(signal: Signal, family: Family) -> None:
    names = [criterion.name for criterion in family.rubric]
    for name in signal.weights:
        if signal.verifier is None and name not in names:
            raise SettingError(f"{family.name} has no criterion {shown(name)}{suggestion(name, names)}")


def _tools(name: str | None, signal: Signal, tools: str | Sequence[str] | None) -> tuple[str, ...]:
    """The tools of an environment, in their usual order."""
    family = None if name is None else get_family(name)
    if family is not None:
        _check_weights(signal, family)
    if tools is None:
        chosen = usual_tools(family, signal)
    else:
        if not isinstance(tools, (str, list, tuple, set, frozenset)):
            raise SettingError(f"tools is {shown(tools)}; a list of {', '.join(TOOLS)} is needed")
        given = (tools,) if isinstance(tools, str) else tuple(tools)
        for each in given:
            if not isinstance(each, str) or each not in TOOLS:
                raise SettingError(f"no tool named {shown(each)}{suggestion(str(each), TOOLS)}")
            why = fits(each, family, signal)
            if why:
                right = ", ".join(usual_tools(family, signal))
                raise SettingError(f"tool {each} has no place here: {why}; {name or 'here'} can have {right}")
        chosen = tuple(each for each in TOOLS if each in given)
    if "run_code" in chosen:
        try:
            _ = shared_sandbox().isolation
        except SandboxError:
            if tools is not None or name is not None:
                raise
            chosen = tuple(each for each in chosen if each != "run_code")
    return chosen


def _class_name(family: str | None) -> str:
    return f"{'SynthGym' if family is None else camel_case(family)}Environment"


def _class(settings: ToolSettings, name: str, writer: EpisodeWriter | None) -> type[ToolEnvironment]:
    base = OwnsReward if settings.owns_reward else ToolEnvironment
    bases = (*(TOOLS[each] for each in settings.tools), base)
    body = {
        "__doc__": base.__doc__,
        "_settings": settings,
        "_writer": writer,
        "_made": count(),
        "_max_calls": settings.max_calls,
        "_max_characters": settings.max_characters,
    }
    made: type[ToolEnvironment] = type(name, bases, body)
    return made


@lru_cache(maxsize=64)
def _say_once(name: str) -> None:
    _LOGGER.warning(
        "%s got a prompt that is plain text; TRL's tool loop needs conversational ones: "
        "synthgym.dataset(..., conversational=True)",
        name,
    )


@lru_cache(maxsize=64)
def _class_of(settings: bytes, name: str) -> type[ToolEnvironment]:
    return _class(pickle.loads(settings), name, None)


def _revived(settings: bytes, name: str) -> ToolEnvironment:
    """An environment that was pickled, in a process of its own or another; it writes to no log."""
    return _class_of(settings, name)()
