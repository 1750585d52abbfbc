"""The token MDP of a family: the prompt and what is written so far are seen, and an action writes a character."""

import operator
from typing import Any, SupportsIndex

import gymnasium
import numpy as np
from gymnasium.error import ResetNeeded
from numpy.typing import NDArray

from synthgym.envs.render import render_episode
from synthgym.envs.reset_options import chosen_task
from synthgym.envs.task_env import truth
from synthgym.envs.tokens.judging import NOT_POOLED, Outcome, judge
from synthgym.envs.tokens.pool import EMPTY, OVER, WRITING, PoolSettings, TokenPool, token_pool
from synthgym.envs.tokens.streams import draws, stream_key
from synthgym.envs.tokens.vocabulary import Codes
from synthgym.errors import RenderModeError, SettingError, shown
from synthgym.plugins import as_signal, get_family
from synthgym.signal import Signal
from synthgym.types import Credit, Task, Verdict


class TokenEnv(gymnasium.Env[Codes, SupportsIndex]):
    """One character a step; make it with ``gymnasium.make("synthgym/ChainSumTokens-v0", ...)``.

    Action 0 ends the sequence, action i writes character i - 1 of the vocabulary. The observation, of shape
    (prompt_length + max_tokens,), holds codes: 0 where nothing is, i for character i - 1; first the prompt, with
    nothing before it, then the completion so far, with nothing after it. ``info["action_mask"]``, of shape (actions,),
    is 1 for the actions that are worth trying. The others do no harm: once the text is full, every action ends
    it, and a line feed on an empty line is written, and says nothing.

    The reward comes when the sequence ends, and is the signal's verdict on the text. Under ``token`` the increase of
    the verdict's reward is paid whenever a line ends, and the rest at the end, so that the rewards of an episode
    add up to the verdict's. A text that could not be scored truncates the episode, with reward 0.0 and
    ``info["unscored"]``. The last step's `info` has the task's id, the verdict, and the completion.

    `reset` draws from the pool; ``options={"seed": 7}`` asks for the task of that seed, and
    ``options={"task": task}`` for that task (or its JSON text), if it fits the spaces.

    Args:
        family: its name; the registration gives it.
        signal: what is rewarded, as a `Signal` or its label.
        render_mode: "ansi", or None.
        difficulty: 0 to 10.
        template: how the prompt is worded ("compact", "natural").
        split: "train" or "test".
        answer_format: how the final answer is written; None is the template's own.
        pool_size: tasks made beforehand.
        first_seed: the pool's seeds count up from here; a task that does not fit the spaces is passed over.
        max_tokens: the longest completion; None is a quarter more than the longest worked solution of the probes.
        prompt_length: the longest prompt; None is the longest of the probes.
        vocabulary: a str of characters, or "ascii"; None is all that the probes' prompts and solutions have.

    Raises:
        UnknownNameError: if the family, or something the signal names, is not registered.
        SettingError: for any other value that is not accepted.
    """

    metadata: dict[str, Any] = {"render_modes": ["ansi"], "render_fps": 4}  # Gymnasium's type

    def __init__(
        self,
        family: str,
        *,
        signal: str | Signal = "binary",
        difficulty: int = 0,
        template: str = "compact",
        split: str = "train",
        answer_format: str | None = None,
        pool_size: int = 256,
        first_seed: int = 0,
        max_tokens: int | None = None,
        prompt_length: int | None = None,
        vocabulary: str | None = None,
        render_mode: str | None = None,
    ) -> None:
        if render_mode is not None and render_mode not in self.metadata["render_modes"]:
            raise RenderModeError(f"render_mode {shown(render_mode)} is not accepted; ansi and None are")
        settings = PoolSettings(
            difficulty=difficulty,
            template=template,
            split=split,
            answer_format=answer_format,
            pool_size=pool_size,
            first_seed=first_seed,
            max_tokens=max_tokens,
            prompt_length=prompt_length,
            vocabulary=vocabulary,
        )
        self.signal, self.render_mode = as_signal(signal), render_mode
        self.pool = token_pool(get_family(family), self.signal, settings)
        self.observation_space, self.action_space = spaces(self.pool)
        self._judge = judge(self.pool, self.signal)
        self._codes = np.zeros(self.pool.prompt_length + self.pool.max_tokens, dtype=np.int64)
        self._task: Task | None = None
        self._place, self._key, self._drawn = NOT_POOLED, -1, 0
        self._text: list[str] = []
        self._paid, self._over, self._mask = 0.0, True, OVER
        self._outcome: Outcome | None = None

    @property
    def task(self) -> Task:
        """The task of the episode.

        Raises:
            gymnasium.error.ResetNeeded: before the first `reset`.
        """
        if self._task is None:
            raise ResetNeeded("there is no task yet: call env.reset() first")
        return self._task

    @property
    def completion(self) -> str:
        """What is written so far."""
        return "".join(self._text)

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Codes, dict[str, Any]]:
        """A new task's prompt and an empty text; the task's id and the action mask.

        Args:
            seed: seeds the stream that tasks are drawn from.
            options: ``{"seed": int}`` or ``{"task": Task | str}``.

        Raises:
            SettingError: for another option, or a task of another family.
            TaskError: for a text that is not a task, or a task that does not fit the spaces.
        """
        super().reset(seed=seed)
        if seed is not None or self._key < 0:
            self._key, self._drawn = stream_key(self.np_random), 0
        if options:
            task = chosen_task(options, self.pool.family, self.pool.drawn)
            prompt = self.pool.encoded(task)
            self._task, self._place = task, NOT_POOLED
        else:
            key, drawn = np.array([[self._key], [self._drawn]], dtype=np.uint64)
            self._place = int(draws(key, drawn, len(self.pool.tasks))[0])
            self._drawn += 1
            self._task, prompt = self.pool.tasks[self._place], self.pool.prompts[self._place]
        self._codes[:] = 0
        self._codes[: self.pool.prompt_length] = prompt
        self._text, self._outcome = [], None
        self._paid, self._over, self._mask = 0.0, False, EMPTY
        return self._codes.copy(), {"task_id": self._task.id, "action_mask": self.action_masks()}

    def step(self, action: SupportsIndex) -> tuple[Codes, float, bool, bool, dict[str, Any]]:
        """Write a character, or end the sequence.

        `info` holds the action mask, and at the last step the task's id, the verdict's components, credits as
        (start, end, value), its error, whether it is unscored, and the completion.

        Raises:
            SettingError: if `action` is not one of the space.
            gymnasium.error.ResetNeeded: if there is no task, or its sequence has ended.
        """
        code = checked_action(action, self.pool.vocabulary.size)
        if self._over:
            raise ResetNeeded(
                f"task {self.task.id}: the sequence has ended: call env.reset() for the next one"
            )
        if code == 0 or len(self._text) == self.pool.max_tokens:
            return self._ended()
        self._codes[self.pool.prompt_length + len(self._text)] = code
        self._text.append(self.pool.vocabulary.characters[code - 1])
        reward = 0.0
        if code == self.pool.vocabulary.line_feed:
            if self._judge.by_line and self._mask == WRITING:
                reward = self._line_ended()
            self._mask = EMPTY
        else:
            self._mask = WRITING
        if len(self._text) == self.pool.max_tokens:
            self._mask = OVER
        return self._codes.copy(), reward, False, False, {"action_mask": self.action_masks()}

    def action_masks(self) -> NDArray[np.int8]:
        """The action mask, of shape (actions,): 1 for an action worth trying. sb3-contrib asks for it by this name."""
        mask: NDArray[np.int8] = self.pool.masks[self._mask].copy()
        return mask

    def render(self) -> str | None:
        """The episode as text: the prompt, what is written so far, and at the end its reward.

        Raises:
            gymnasium.error.ResetNeeded: before the first `reset`.
        """
        if self.render_mode is None:
            gymnasium.logger.warn('render() shows nothing: make the environment with render_mode="ansi"')
            return None
        outcome = self._outcome
        if outcome is None:
            return render_episode(self.task, self.completion)
        verdict = Verdict(
            reward=None if outcome.unscored else outcome.reward,
            components=outcome.components,
            credits=tuple(Credit(*credit) for credit in outcome.credits),
            error=outcome.error,
        )
        return render_episode(self.task, self.completion, verdict)

    def truth(self, completion: str) -> bool:
        """Whether `completion` answers the episode's task rightly. For measuring, never for rewarding.

        Raises:
            FamilyError: if the family fails.
            gymnasium.error.ResetNeeded: before the first `reset`.
        """
        return truth(self.task, completion)

    def _line_ended(self) -> float:
        (earned,) = self._judge.earned([self._place], [self.task], [self.completion])
        if earned != earned:  # NaN: could not be scored
            return 0.0
        reward, self._paid = earned - self._paid, earned
        return reward

    def _ended(self) -> tuple[Codes, float, bool, bool, dict[str, Any]]:
        task, text = self.task, self.completion
        (outcome,) = self._judge.outcomes([self._place], [task], [text], [self.np_random])
        self._outcome, self._over, self._mask = outcome, True, OVER
        reward = 0.0 if outcome.unscored else outcome.reward - self._paid
        info = {"action_mask": self.action_masks(), **outcome.info(task.id, text)}
        return self._codes.copy(), reward, not outcome.unscored, outcome.unscored, info


def spaces(pool: TokenPool) -> tuple[gymnasium.spaces.MultiDiscrete, gymnasium.spaces.Discrete]:
    """The observation space and the action space of a token MDP over `pool`."""
    length = pool.prompt_length + pool.max_tokens
    observations = gymnasium.spaces.MultiDiscrete(np.full(length, pool.vocabulary.size), dtype=np.int64)
    return observations, gymnasium.spaces.Discrete(pool.vocabulary.size)


def checked_action(action: SupportsIndex, size: int) -> int:
    """`action` as an int in [0, size).

    Raises:
        SettingError: if it is anything else.
    """
    try:
        code = operator.index(action)
    except TypeError:
        raise SettingError(
            f"the action is {shown(action)} ({type(action).__name__}); a whole number is needed"
        ) from None
    if not 0 <= code < size:
        raise SettingError(f"the action is {code}; a whole number from 0 to {size - 1} is needed")
    return code
