"""The Gymnasium environment of a family: a prompt out, a completion in; one attempt an episode, or several."""

from typing import Any

import gymnasium
import numpy as np
from gymnasium.error import ResetNeeded

from synthgym.envs.dataset import with_cues
from synthgym.envs.multi_turn.dialogue import Attempt, Dialogue
from synthgym.envs.multi_turn.feedback import feedback_signal
from synthgym.envs.multi_turn.settings import Feedback, Turns
from synthgym.envs.render import render_attempts, render_episode
from synthgym.envs.reset_options import chosen_task
from synthgym.envs.text_space import TextSpace
from synthgym.errors import FamilyError, SettingError, TaskError, shown
from synthgym.parsing import MAX_COMPLETION
from synthgym.plugins import as_signal, family_of, get_family, get_verifier
from synthgym.signal import Signal
from synthgym.types import Task
from synthgym.verifiers.score import score

MAX_PROMPT = 1 << 16
"""Characters of the longest prompt an environment can show."""


class TaskEnv(gymnasium.Env[str, str]):
    """Text in, text out; make it with ``gymnasium.make("synthgym/ChainSum-v0", ...)``.

    The observation is a task's prompt, the action a completion, and the reward the signal's verdict on it. A
    completion that could not be scored truncates the episode, with reward 0.0 and ``info["unscored"]``.
    An episode is one step. With `max_turns` above 1, an attempt that is not accepted (its verdict pays less than 0.5)
    pays nothing and is answered with feedback, and the next step is another attempt; docs/multi_turn.md says more.
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
        max_turns: attempts an episode has at most.
        feedback: what is told of an attempt that is not accepted: "nothing", "right_or_wrong", "criterion", "step".
        turn_discount: the reward is multiplied by it for every turn after the first; in (0, 1].
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
        max_turns: int = 1,
        feedback: Feedback = "right_or_wrong",
        turn_discount: float = 1.0,
        render_mode: str | None = None,
    ) -> None:
        if render_mode is not None and render_mode not in self.metadata["render_modes"]:
            raise SettingError(f"render_mode {shown(render_mode)} is not accepted; ansi and None are")
        self.family = get_family(family)
        self.signal = as_signal(signal)
        self.turns = Turns(max_turns=max_turns, feedback=feedback, discount=turn_discount)
        self.render_mode = render_mode
        self.difficulty, self.template, self.split, self.answer_format = (
            difficulty,
            template,
            split,
            answer_format,
        )
        self.observation_space = TextSpace(MAX_PROMPT)
        self.action_space = TextSpace(MAX_COMPLETION)
        self.last_episode: Attempt | None = None
        self._dialogue: Dialogue | None = None
        self._check_settings()

    @property
    def task(self) -> Task:
        """The task of the episode.

        Raises:
            gymnasium.error.ResetNeeded: before the first `reset`.
        """
        return self._started().task

    @property
    def attempts(self) -> tuple[Attempt, ...]:
        """The attempts of the episode so far.

        Raises:
            gymnasium.error.ResetNeeded: before the first `reset`.
        """
        return tuple(self._started().attempts)

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
        task = chosen_task(options, self.family, self._drawn) if options else self._drawn(self._next_seed())
        if len(task.prompt) > MAX_PROMPT:
            raise TaskError(
                f"task {task.id}: its prompt has {len(task.prompt)} characters, more than {MAX_PROMPT}"
            )
        self._dialogue = Dialogue(task, self.signal, self.turns, self.np_random)
        return task.prompt, {"task_id": task.id}

    def step(self, action: str) -> tuple[str, float, bool, bool, dict[str, Any]]:
        """The verdict on a completion. The observation after it is empty, or feedback if another attempt may follow.

        `info` holds the task's id, the verdict's components, credits as (start, end, value), its error, and
        whether it is unscored. Where an episode has several turns, also: the turn (from 1), the turns left, whether
        the attempt was accepted, and, as the feedback asks, the criteria that fell short or the line.

        Raises:
            SettingError: if `action` is not a str.
            gymnasium.error.ResetNeeded: if there is no task, or it was answered already.
        """
        if not isinstance(action, str):
            raise SettingError(
                f"the action is {shown(action)} ({type(action).__name__}); a completion is a str"
            )
        dialogue = self._started()
        if dialogue.over:
            raise ResetNeeded(
                f"task {dialogue.task.id} was answered already: call env.reset() for the next one"
            )
        attempt = dialogue.attempt(str.__str__(action))  # a plain str, also of numpy.str_
        self.last_episode = attempt
        verdict, unscored = attempt.verdict, attempt.unscored
        info = {
            "task_id": attempt.task.id,
            "components": {
                name: float(value) for name, value in verdict.components.items() if value is not None
            },
            "credits": tuple((credit.start, credit.end, float(credit.value)) for credit in verdict.credits),
            "error": verdict.error,
            "unscored": unscored,
        }
        if dialogue.turns.max_turns > 1:
            info.update(_of_the_turn(attempt, dialogue.turns))
        return attempt.told, attempt.reward, attempt.last and not unscored, unscored, info

    def render(self) -> str | None:
        """The episode as text: the prompt, and after `step` each response, its reward and credits, and what was told.

        Raises:
            gymnasium.error.ResetNeeded: before the first `reset`.
        """
        if self.render_mode is None:
            gymnasium.logger.warn('render() shows nothing: make the environment with render_mode="ansi"')
            return None
        attempts = self.attempts
        if self._started().turns.max_turns > 1:
            return render_attempts(
                self.task, [(each.completion, each.verdict, each.told) for each in attempts]
            )
        if not attempts:
            return render_episode(self.task)
        return render_episode(self.task, attempts[0].completion, attempts[0].verdict)

    def truth(self, completion: str) -> bool:
        """Whether `completion` answers the episode's task rightly. For measuring, never for rewarding.

        Raises:
            FamilyError: if the family fails.
            gymnasium.error.ResetNeeded: before the first `reset`.
        """
        return truth(self.task, completion)

    def _started(self) -> Dialogue:
        if self._dialogue is None:
            raise ResetNeeded("there is no task yet: call env.reset() first")
        return self._dialogue

    def _check_settings(self) -> None:
        """Try the settings out, so that what is wrong with them shows before the first episode."""
        if self.signal.control == "shuffled":
            raise SettingError(
                f"signal {self.signal.label} permutes the rewards of a group, and an environment sees one completion "
                "at a time: use ~random here, or synthgym.score on the whole group"
            )
        if self.turns.max_turns > 1:
            feedback_signal(self.signal, self.turns.feedback)
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


def _of_the_turn(attempt: Attempt, turns: Turns) -> dict[str, Any]:
    info: dict[str, Any] = {
        "turn": attempt.turn,
        "turns_left": turns.max_turns - attempt.turn,
        "accepted": attempt.accepted,
    }
    if turns.feedback == "criterion":
        info["criteria"] = attempt.finding.criteria
    if turns.feedback == "step":
        info["line"] = attempt.finding.line or 0
    return info


def truth(task: Task, completion: str) -> bool:
    """Whether `completion` answers `task` rightly.

    Raises:
        FamilyError: if the family fails.
    """
    family = family_of(task)
    try:
        return family.truth(task, completion)
    except Exception as error:
        raise FamilyError(
            f"family {family.name} failed on {shown(completion)} of task {task.id}: {error!r}"
        ) from error
