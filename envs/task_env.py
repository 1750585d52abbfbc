"""The Gymnasium environment of a family: a prompt out, a completion in, and the episode is over."""

import operator
from collections.abc import Mapping
from dataclasses import dataclass
from time import perf_counter
from typing import Any

import gymnasium
import numpy as np
from gymnasium.error import ResetNeeded

from synthgym.envs.dataset import with_cues
from synthgym.envs.render import render_episode
from synthgym.envs.text_space import TextSpace
from synthgym.errors import FamilyError, SettingError, TaskError, shown, suggestion
from synthgym.parsing import MAX_COMPLETION
from synthgym.plugins import as_signal, get_family, get_verifier
from synthgym.signal import Signal
from synthgym.types import Task, Verdict
from synthgym.verifiers.score import score

MAX_PROMPT = 1 << 16
"""Characters of the longest prompt an environment can show."""
_OPTIONS = ("seed", "task")


@dataclass(frozen=True, slots=True, kw_only=True)
class Episode:
    """A finished episode, as `RecordRollouts` logs it.

    Attributes:
        verify_seconds: wall seconds that the verdict took.
    """

    task: Task
    completion: str
    verdict: Verdict
    verify_seconds: float


class TaskEnv(gymnasium.Env[str, str]):
    """Text in, text out, one step an episode; make it with ``gymnasium.make("synthgym/ChainSum-v0", ...)``.

    The observation is a task's prompt, the action a completion, and the reward the signal's verdict on it. A
    completion that could not be scored truncates the episode, with reward 0.0 and ``info["unscored"]``.
    `reset` draws a task from the environment's generator; ``options={"seed": 7}`` asks for the task of that
    seed, and ``options={"task": task}`` for that task (or its JSON text), as it is. The attributes `difficulty`,
    `template`, `split` and `answer_format` may be set between episodes, as for a curriculum.

    Args:
        family: its name; the registration gives it.
        signal: what is rewarded, as a `Signal` or its label. `EnvSpec.to_json` needs the label.
        difficulty: 0 to 10.
        template: how the prompt is worded ("compact", "natural").
        split: "train" or "test".
        answer_format: how the final answer is written; None is the template's own.
        render_mode: "ansi", or None.

    Raises:
        UnknownNameError: if the family, or something the signal names, is not registered.
        SettingError: for any other value that is not accepted.
    """

    metadata: dict[str, Any] = {"render_modes": ["ansi"], "render_fps": 1}  # Gymnasium's type

    def __init__(
        self,
        family: str,
        *,
        signal: str | Signal = "binary",
        difficulty: int = 0,
        template: str = "compact",
        split: str = "train",
        answer_format: str | None = None,
        render_mode: str | None = None,
    ) -> None:
        if render_mode is not None and render_mode not in self.metadata["render_modes"]:
            raise SettingError(f"render_mode {shown(render_mode)} is not accepted; ansi and None are")
        self.family = get_family(family)
        self.signal = as_signal(signal)
        self.render_mode = render_mode
        self.difficulty, self.template, self.split, self.answer_format = (
            difficulty,
            template,
            split,
            answer_format,
        )
        self.observation_space = TextSpace(MAX_PROMPT)
        self.action_space = TextSpace(MAX_COMPLETION)
        self.last_episode: Episode | None = None
        self._task: Task | None = None
        self._over = True
        self._check_settings()

    @property
    def task(self) -> Task:
        """The task of the episode.

        Raises:
            gymnasium.error.ResetNeeded: before the first `reset`.
        """
        if self._task is None:
            raise ResetNeeded("there is no task yet: call env.reset() first")
        return self._task

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[str, dict[str, Any]]:
        """A new task's prompt, and its id.

        Args:
            seed: seeds the generator that tasks are drawn from.
            options: ``{"seed": int}`` or ``{"task": Task | str}``.

        Raises:
            SettingError: for another option, or a task of another family.
            TaskError: for a text that is not a task, or a prompt longer than `MAX_PROMPT`.
        """
        super().reset(seed=seed)
        task = self._chosen(options) if options else self._drawn(self._next_seed())
        if len(task.prompt) > MAX_PROMPT:
            raise TaskError(
                f"task {task.id}: its prompt has {len(task.prompt)} characters, more than {MAX_PROMPT}"
            )
        self._task, self._over = task, False
        return task.prompt, {"task_id": task.id}

    def step(self, action: str) -> tuple[str, float, bool, bool, dict[str, Any]]:
        """The verdict on a completion; the observation after it is empty.

        `info` holds the task's id, the verdict's components, credits as (start, end, value), its error, and
        whether it is unscored.

        Raises:
            SettingError: if `action` is not a str.
            gymnasium.error.ResetNeeded: if there is no task, or it was answered already.
        """
        if not isinstance(action, str):
            raise SettingError(
                f"the action is {shown(action)} ({type(action).__name__}); a completion is a str"
            )
        task = self.task
        if self._over:
            raise ResetNeeded(f"task {task.id} was answered already: call env.reset() for the next one")
        completion = str.__str__(action)  # a plain str, also of numpy.str_
        start = perf_counter()
        verdict = score([task], [completion], self.signal, rng=self.np_random)[0]
        seconds = perf_counter() - start
        self._over = True
        self.last_episode = Episode(task=task, completion=completion, verdict=verdict, verify_seconds=seconds)
        unscored = verdict.reward is None
        info = {
            "task_id": task.id,
            "components": {
                name: float(value) for name, value in verdict.components.items() if value is not None
            },
            "credits": tuple((credit.start, credit.end, float(credit.value)) for credit in verdict.credits),
            "error": verdict.error,
            "unscored": unscored,
        }
        return "", float(verdict.reward or 0.0), not unscored, unscored, info

    def render(self) -> str | None:
        """The episode as text: the prompt, and after `step` the response, its reward and credits.

        Raises:
            gymnasium.error.ResetNeeded: before the first `reset`.
        """
        if self.render_mode is None:
            gymnasium.logger.warn('render() shows nothing: make the environment with render_mode="ansi"')
            return None
        episode = self.last_episode
        if not self._over or episode is None:
            return render_episode(self.task)
        return render_episode(episode.task, episode.completion, episode.verdict)

    def truth(self, completion: str) -> bool:
        """Whether `completion` answers the episode's task rightly. For measuring, never for rewarding.

        Raises:
            FamilyError: if the family fails.
            gymnasium.error.ResetNeeded: before the first `reset`.
        """
        return truth(self.task, completion)

    def _check_settings(self) -> None:
        """Try the settings out, so that what is wrong with them shows before the first episode."""
        if self.signal.control == "shuffled":
            raise SettingError(
                f"signal {self.signal.label} permutes the rewards of a group, and an environment sees one completion "
                "at a time: use ~random here, or synthgym.score on the whole group"
            )
        task = self._drawn(0)
        if self.signal.verifier is None:
            score([task], [""], self.signal, rng=np.random.default_rng(0))
        else:
            get_verifier(self.signal)

    def _next_seed(self) -> int:
        # The raw stream, as numpy keeps it from version to version, unlike what its methods make of it.
        return int(self.np_random.bit_generator.random_raw()) >> 1

    def _drawn(self, seed: int) -> Task:
        task = self.family.task(
            seed,
            split=self.split,
            difficulty=self.difficulty,
            template=self.template,
            answer_format=self.answer_format,
        )
        return with_cues(task, self.signal) if self.signal.shortcuts else task

    def _chosen(self, options: Mapping[str, Any]) -> Task:
        for name in options:
            if name not in _OPTIONS:
                raise SettingError(f"reset has no option {shown(name)}{suggestion(str(name), _OPTIONS)}")
        if len(options) > 1:
            raise SettingError("reset takes a seed or a task, not both")
        if "seed" in options:
            return self._drawn(_whole(options["seed"]))
        task = options["task"]
        if isinstance(task, str):
            task = Task.from_json(task)
        if not isinstance(task, Task):
            raise SettingError(f"option task is {shown(task)}; a Task or its JSON text is needed")
        if (task.family, task.version) != (self.family.name, self.family.version):
            raise SettingError(
                f"task {task.id} is of {task.family} version {task.version}; this environment is of "
                f"{self.family.name} version {self.family.version}"
            )
        return task


def truth(task: Task, completion: str) -> bool:
    """Whether `completion` answers `task` rightly.

    Raises:
        FamilyError: if the family fails.
    """
    family = get_family(task.family)
    try:
        return family.truth(task, completion)
    except Exception as error:
        raise FamilyError(
            f"family {family.name} failed on {shown(completion)} of task {task.id}: {error!r}"
        ) from error


def _whole(seed: object) -> int:
    try:
        return operator.index(seed)  # type: ignore[arg-type]  # what is no integer raises TypeError
    except TypeError:
        raise SettingError(f"option seed {shown(seed)} is not a whole number") from None
