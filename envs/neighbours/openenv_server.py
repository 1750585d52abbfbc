"""The models, the environment and the client of an OpenEnv server. It needs the extra `openenv`.

Imported by `synthgym.envs.neighbours.openenv`; import it yourself for the client and the models alone.
"""

import threading
from dataclasses import dataclass, field
from itertools import count
from typing import Annotated, Any
from uuid import uuid4

from openenv.core import EnvClient
from openenv.core.client_types import StepResult
from openenv.core.env_server.interfaces import Environment
from openenv.core.env_server.types import Action, EnvironmentMetadata, Observation, State
from pydantic import BeforeValidator, Field

from synthgym.envs.dataset import with_cues
from synthgym.envs.multi_turn.settings import Turns
from synthgym.envs.neighbours._judging import components, credit_list, reason, utf8, verdict_on
from synthgym.envs.neighbours._turns import next_prompt
from synthgym.errors import EnvError, SettingError, shown, suggestion
from synthgym.plugins import get_family
from synthgym.signal import Signal
from synthgym.types import SPLITS, Task


def _readable(value: object) -> object:
    return utf8(value) if isinstance(value, str) else value


class SynthGymAction(Action):  # type: ignore[misc]  # the neighbours' classes are Any to mypy
    """An attempt at a task.

    Attributes:
        completion: what the model wrote; lone surrogates are read as U+FFFD.
        seed, split, difficulty: the task that is meant, for ``POST /step``, which knows of no episode; within an
            episode they are not looked at.
    """

    completion: Annotated[str, BeforeValidator(_readable)] = Field(description="What the model wrote")
    seed: int | None = Field(default=None, description="Task to judge where there is no episode")
    split: str | None = Field(default=None, description="Its split, if not the server's")
    difficulty: int | None = Field(default=None, description="Its difficulty, if not the server's")


class SynthGymObservation(Observation):  # type: ignore[misc]
    """What an agent sees. At the end of an episode `reward` is the signal's, or None if it could not be scored.

    Attributes:
        prompt: the task; after an attempt that was not the last, the feedback; at the end nothing.
        components: the verdict's named parts.
        credits: ``[start, end, value]`` each, in characters of the completion.
        error: why the reward is 0 or None, where there is something to say.
    """

    prompt: str = ""
    task_id: str = ""
    seed: int = 0
    split: str = ""
    difficulty: int = 0
    attempts_left: int = 0
    components: dict[str, float] = Field(default_factory=dict)
    credits: list[list[float]] = Field(default_factory=list)
    error: str | None = None
    unscored: bool = False


class SynthGymState(State):  # type: ignore[misc]
    """The session's episode, and what the server serves."""

    family: str = ""
    signal: str = ""
    task_id: str | None = None
    max_turns: int = 1


@dataclass(frozen=True, kw_only=True)
class Served:
    """What a server serves, shared by its sessions.

    Attributes:
        n: tasks that the task list shows of each split; their indices are their seeds.
        seeds: what `reset` without a seed takes its next one from; sessions draw from it in turn.
    """

    family: str
    signal: Signal
    split: str
    difficulty: int
    template: str
    answer_format: str | None
    turns: Turns
    n: int
    seeds: "count[int]"
    lock: threading.Lock = field(default_factory=threading.Lock)

    def next_seed(self) -> int:
        """The seed of the next task that nobody had."""
        with self.lock:
            return next(self.seeds)

    def task(self, seed: int, split: str | None = None, difficulty: int | None = None) -> Task:
        """The task of that seed, with the signal's cues.

        Raises:
            SettingError: for a value outside what the family accepts.
        """
        task = get_family(self.family).task(
            seed,
            split=self.split if split is None else split,
            difficulty=self.difficulty if difficulty is None else difficulty,
            template=self.template,
            answer_format=self.answer_format,
        )
        return with_cues(task, self.signal)


class SynthGymEnvironment(Environment):  # type: ignore[misc]
    """One session: an episode at a time, each a task and up to `max_turns` attempts at it."""

    SUPPORTS_CONCURRENT_SESSIONS = True

    def __init__(self, served: Served) -> None:
        super().__init__()
        self._served = served
        self._task: Task | None = None
        self._episode = ""
        self._steps = 0
        self._over = False

    def reset(
        self,
        seed: int | None = None,
        episode_id: str | None = None,
        split: str | None = None,
        index: int | None = None,
        difficulty: int | None = None,
        **kwargs: Any,
    ) -> SynthGymObservation:
        """A new episode: the task of that seed (`index` is another word for it), or the next that nobody had.

        Raises:
            SettingError: for another setting, or a value outside what the family accepts.
        """
        if kwargs:
            known = ("seed", "episode_id", "split", "index", "difficulty")
            raise SettingError(f"reset has no option {shown(min(kwargs))}{suggestion(min(kwargs), known)}")
        if seed is not None and index is not None and seed != index:
            raise SettingError(f"reset takes a seed or an index, not both ({shown(seed)} and {shown(index)})")
        chosen = index if seed is None else seed
        self._task = self._served.task(
            self._served.next_seed() if chosen is None else chosen, split, difficulty
        )
        self._episode, self._steps, self._over = episode_id or uuid4().hex, 0, False
        return self._seen(self._task, prompt=self._task.prompt, attempts_left=self._served.turns.max_turns)

    def step(
        self, action: SynthGymAction, timeout_s: float | None = None, **kwargs: Any
    ) -> SynthGymObservation:
        """Judge an attempt; `timeout_s` is not needed, as every verifier ends within limits of its own.

        Raises:
            EnvError: if there is no task, or the episode is over.
        """
        task = self._task
        if task is None:
            if action.seed is None:
                raise EnvError(
                    "there is no episode: reset first (POST /step keeps none between requests: give the action the "
                    "task's seed there, or use the client's session)"
                )
            return self._end(
                self._served.task(action.seed, action.split, action.difficulty), action.completion
            )
        if self._over:
            raise EnvError(f"the episode of task {task.id} is over: reset for the next one")
        self._steps += 1
        left = self._served.turns.max_turns - self._steps
        if left > 0:
            told = next_prompt(task, action.completion, self._served.signal, self._served.turns, self._coin())
            if told is not None:
                return self._seen(task, prompt=told, attempts_left=left, reward=0.0)
        self._over = True
        return self._end(task, action.completion)

    @property
    def state(self) -> SynthGymState:
        """The episode so far."""
        return SynthGymState(
            episode_id=self._episode or None,
            step_count=self._steps,
            family=self._served.family,
            signal=self._served.signal.label,
            task_id=None if self._task is None else self._task.id,
            max_turns=self._served.turns.max_turns,
        )

    def get_metadata(self) -> EnvironmentMetadata:
        """What the server serves."""
        family = get_family(self._served.family)
        return EnvironmentMetadata(
            name=f"synthgym/{family.name}",
            description=f"{family.name} ({family.domain}), rewarded by {self._served.signal.label}",
            version=str(family.version),
            author="SynthGym",
        )

    def list_splits(self) -> list[str]:
        """The splits that `reset` and the task list know."""
        return list(SPLITS)

    def num_tasks(self, split: str) -> int:
        """How many tasks the list shows; there are more, by their seeds."""
        self._served.task(0, split)
        return self._served.n

    def list_tasks(self, split: str) -> list[dict[str, Any]]:
        """The first tasks of a split."""
        return self.get_task_range(split)

    def get_task(self, split: str, index: int) -> dict[str, Any]:
        """The task of that seed, without its answer."""
        if not 0 <= index < self._served.n:
            raise IndexError(index)
        task = self._served.task(index, split)
        return {"id": task.id, "index": index, "split": split, "prompt": task.prompt}

    def get_task_range(
        self, split: str, start: int | None = None, stop: int | None = None
    ) -> list[dict[str, Any]]:
        """The tasks from `start` up to `stop`, as a slice counts."""
        return [self.get_task(split, index) for index in range(self._served.n)[start:stop]]

    def _end(self, task: Task, completion: str) -> SynthGymObservation:
        verdict = verdict_on(task, completion, self._served.signal, self._coin())
        return self._seen(
            task,
            reward=None if verdict.reward is None else float(verdict.reward),
            done=True,
            components=components(verdict),
            credits=credit_list(verdict),
            error=reason(verdict),
            unscored=verdict.reward is None,
        )

    def _seen(self, task: Task, **found: Any) -> SynthGymObservation:
        return SynthGymObservation(
            task_id=task.id, seed=task.seed, split=task.split, difficulty=task.difficulty, **found
        )

    def _coin(self) -> str:
        return f"{self._episode}/{self._steps}"


class SynthGymClient(EnvClient[SynthGymAction, SynthGymObservation, SynthGymState]):  # type: ignore[misc]
    """The server's typed client: a session of its own, over a WebSocket; ``.sync()`` where nothing is awaited."""

    def _step_payload(self, action: SynthGymAction) -> dict[str, Any]:
        plain: dict[str, Any] = action.model_dump()
        return plain

    def _parse_result(self, payload: dict[str, Any]) -> StepResult[SynthGymObservation]:
        reward, done = payload.get("reward"), bool(payload.get("done"))
        seen = SynthGymObservation(**payload.get("observation", {}), reward=reward, done=done)
        return StepResult(observation=seen, reward=reward, done=done)

    def _parse_state(self, payload: dict[str, Any]) -> SynthGymState:
        return SynthGymState(**payload)
