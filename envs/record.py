"""Wrappers that write every attempt to a rollout log; agents need not know.

`RecordRollouts` wraps one environment, `RecordVectorRollouts` a vector of them. Both write the rows that a
trainer's callback writes, as far as an environment can know them: not tokens, temperature and advantage. An
episode of several turns is a row a turn, as soon as it is judged.
"""

import os
import weakref
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any, TypeAlias, TypedDict, Unpack

import gymnasium
import numpy as np
import pyarrow as pa
from gymnasium.vector import VectorEnv, VectorWrapper

from synthgym import __version__
from synthgym.envs.multi_turn.dialogue import Attempt
from synthgym.envs.task_env import TaskEnv, truth
from synthgym.envs.text_space import TextSpace
from synthgym.errors import FamilyError, SettingError, shown, suggestion
from synthgym.log import PHASES, Phase, Rollout, RolloutLog
from synthgym.signal import Signal

if TYPE_CHECKING:
    _VectorWrapper = VectorWrapper[Any, Any, Any, Any, Any]
else:
    _VectorWrapper = VectorWrapper  # it takes no parameters in Gymnasium 1.1

LogOrFolder: TypeAlias = RolloutLog | str | os.PathLike[str]


class RecordSettings(TypedDict, total=False):
    """What both wrappers take besides the environment and the log.

    phase: "train" (the default), "eval" or "probe".
    policy_step: updates made to the policy before the first episode; 0 by default.
    step_every: episodes in a step, 1 by default; None leaves the counting to you, by setting `policy_step`.
    generation: round of a generation-training loop.
    """

    phase: Phase
    policy_step: int
    step_every: int | None
    generation: int | None


class EpisodeWriter:
    """Turns attempts into rows of a log. The rows of a step with the same task are a group.

    Args:
        log: a run folder, whose log it then owns, or an open `RolloutLog`, which its owner closes.
        env: what is recorded; its settings go to a new run folder as provenance. None with an open log.
        phase, policy_step, step_every, generation: as `RecordSettings` says.

    Raises:
        SettingError: for a value outside what is accepted.
        LogError: if the folder cannot be written.
    """

    def __init__(
        self,
        log: LogOrFolder,
        env: "gymnasium.Env[Any, Any] | VectorEnv[Any, Any, Any] | None",
        *,
        phase: Phase = "train",
        policy_step: int = 0,
        step_every: int | None = 1,
        generation: int | None = None,
    ) -> None:
        if step_every is not None and (not isinstance(step_every, int) or step_every < 1):
            raise SettingError(f"step_every {shown(step_every)} is neither a whole number above 0 nor None")
        if phase not in PHASES:
            raise SettingError(f"no phase {shown(phase)}{suggestion(str(phase), PHASES)}")
        counted: tuple[tuple[str, object], ...] = (("policy_step", policy_step), ("generation", generation))
        for name, value in counted:
            if value is not None and (not isinstance(value, int | np.integer) or value < 0):
                raise SettingError(f"{name} {shown(value)} is not a whole number from 0")
        if not isinstance(log, RolloutLog | str | os.PathLike):
            raise SettingError(f"log is {shown(log)}; a folder or an open RolloutLog is needed")
        self.phase, self.generation, self.step_every = phase, generation, step_every
        self.policy_step = policy_step
        self._owned = not isinstance(log, RolloutLog)
        self.log = log if isinstance(log, RolloutLog) else RolloutLog(log, provenance=_provenance(log, env))
        # pyarrow imports pandas with its first array, which is too late when the interpreter exits.
        pa.array([])

    @property
    def policy_step(self) -> int:
        """Updates made to the policy so far; setting it starts a step."""
        return self._policy_step

    @policy_step.setter
    def policy_step(self, step: int) -> None:
        self._policy_step, self._episodes = step, 0
        self._groups: dict[str, int] = {}

    def write(self, attempt: Attempt, generate_seconds: float | None = None) -> None:
        """Add one row, and go on to the next step when this one is full of episodes that ended.

        Raises:
            LogError: if the log cannot take it.
        """
        task, verdict = attempt.task, attempt.verdict
        right, fault = _truth(attempt)
        self.log.append(
            Rollout(
                step=self.policy_step,
                phase=self.phase,
                generation=self.generation,
                group=self._groups.setdefault(task.id, len(self._groups)),
                turn=attempt.turn if attempt.max_turns > 1 else None,
                task_id=task.id,
                family=task.family,
                version=task.version,
                seed=task.seed,
                split=task.split,
                difficulty=task.difficulty,
                template=task.template,
                prompt=attempt.prompt,
                completion=attempt.completion,
                reward=verdict.reward,
                components=verdict.components,
                credits=verdict.credits,
                truth=right,
                error="; ".join(text for text in (verdict.error, fault) if text) or None,
                generate_seconds=generate_seconds,
                verify_seconds=attempt.verify_seconds,
            )
        )
        self._episodes += attempt.last
        if attempt.last and self._episodes == self.step_every:
            self.policy_step += 1

    def close(self) -> None:
        """Write what is buffered, and close the log if it is this writer's own."""
        if self._owned:
            self.log.close()
        else:
            self.log.flush()


class RecordRollouts(gymnasium.Wrapper[str, str, str, str]):
    """Writes every attempt of a `TaskEnv` to a rollout log.

    What is buffered is written when the environment is closed or collected, or the interpreter exits, so
    that an exception loses nothing. The time between an observation and the next `step` is what generating took.

    Args:
        env: a `TaskEnv`, wrapped or not.
        log: a run folder, or an open `RolloutLog`: closing the environment closes the one, and flushes the
            other.
        settings: as `RecordSettings` says.

    Raises:
        SettingError: if `env` is not over a `TaskEnv`, or for a wrong setting.
        LogError: if the log cannot be written.
    """

    def __init__(
        self, env: gymnasium.Env[str, str], log: LogOrFolder, **settings: Unpack[RecordSettings]
    ) -> None:
        super().__init__(env)
        if not isinstance(env.unwrapped, TaskEnv):
            raise SettingError(f"RecordRollouts records the environments of task families; {env} is none")
        self._base = env.unwrapped
        self._written: Attempt | None = None
        self.writer = EpisodeWriter(log, env, **settings)
        self._finish = weakref.finalize(self, self.writer.close)
        self._returned = perf_counter()

    @property
    def policy_step(self) -> int:
        """Updates made to the policy so far: the step of the next row. Set it after an update."""
        return self.writer.policy_step

    @policy_step.setter
    def policy_step(self, step: int) -> None:
        self.writer.policy_step = step

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[str, dict[str, Any]]:
        """What the environment returns."""
        result = super().reset(seed=seed, options=options)
        self._returned = perf_counter()
        return result

    def step(self, action: str) -> tuple[str, Any, bool, bool, dict[str, Any]]:
        """What the environment returns; the attempt is written first."""
        waited = perf_counter() - self._returned
        result = super().step(action)
        attempt = self._base.last_episode
        if attempt is not None and attempt is not self._written:  # the same one if a wrapper below reset
            self.writer.write(attempt, waited)
            self._written = attempt
        self._returned = perf_counter()
        return result

    def close(self) -> None:
        """Close the environment, and write what is buffered."""
        try:
            super().close()
        finally:
            self._finish()


class RecordVectorRollouts(_VectorWrapper):
    """`RecordRollouts` for what `gymnasium.make_vec` makes, sync or async, in every autoreset mode.

    Same arguments, same errors. The time that generating took is the batch's, divided evenly.
    """

    def __init__(
        self, env: "VectorEnv[Any, Any, Any]", log: LogOrFolder, **settings: Unpack[RecordSettings]
    ) -> None:
        super().__init__(env)
        if not isinstance(env.single_action_space, TextSpace) or not hasattr(env.unwrapped, "get_attr"):
            raise SettingError(f"RecordVectorRollouts records vectors of task environments; {env} is none")
        self.writer = EpisodeWriter(log, env, **settings)
        self._finish = weakref.finalize(self, self.writer.close)
        self._returned = perf_counter()

    @property
    def policy_step(self) -> int:
        """Updates made to the policy so far: the step of the next rows. Set it after an update."""
        return self.writer.policy_step

    @policy_step.setter
    def policy_step(self, step: int) -> None:
        self.writer.policy_step = step

    def reset(self, *, seed: Any = None, options: dict[str, Any] | None = None) -> tuple[Any, dict[str, Any]]:
        """What the environment returns."""
        result = super().reset(seed=seed, options=options)
        self._returned = perf_counter()
        return result

    def step(self, actions: Any) -> tuple[Any, Any, Any, Any, dict[str, Any]]:
        """What the environment returns; the attempts that were judged are written first."""
        waited = perf_counter() - self._returned
        result = super().step(actions)
        # A place that was only reset in this step has neither ended nor a word on acceptance in its info.
        judged = np.flatnonzero(result[2] | result[3] | result[4].get("_accepted", False))
        if len(judged):
            unwrapped: Any = self.env.unwrapped
            attempts = unwrapped.get_attr("last_episode")
            for place in judged:
                self.writer.write(attempts[place], waited / len(judged))
        self._returned = perf_counter()
        return result

    def close(self, **kwargs: Any) -> None:
        """Close the environments, and write what is buffered."""
        try:
            super().close(**kwargs)
        finally:
            if hasattr(self, "_finish"):  # a vector that was refused is closed when it is collected
                self._finish()


def _truth(attempt: Attempt) -> tuple[bool | None, str | None]:
    """Whether the answer is right; or None, and why that is unknown."""
    try:
        return truth(attempt.task, attempt.completion), None
    except FamilyError as error:
        return None, f"truth unknown: {error}"


def _provenance(folder: str | os.PathLike[str], env: Any) -> dict[str, object] | None:
    """What made the run; None if the folder says so already."""
    if (Path(folder) / "run.json").exists():
        return None
    spec = env.spec
    config = {"environment": str(env)} if spec is None else {"environment": spec.id, **spec.kwargs}
    versions = {"synthgym": __version__, "gymnasium": gymnasium.__version__, "numpy": np.__version__}
    return {"config": {name: _plain(value) for name, value in config.items()}, "versions": versions}


def _plain(value: object) -> object:
    if isinstance(value, Signal):
        return value.label
    return value if value is None or isinstance(value, (str, int, float)) else repr(value)
