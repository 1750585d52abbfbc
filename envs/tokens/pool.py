"""The pool: tasks made beforehand, their prompts as codes, and the sizes that the spaces of a token MDP take.

Vocabulary, prompt length and longest completion are found from probe tasks, the same for both splits, every pool
and every signal without cues, so that the environments for training and for testing have equal spaces.
"""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import count

import numpy as np
from numpy.typing import NDArray

from synthgym.envs.dataset import with_cues
from synthgym.envs.tokens.vocabulary import ASCII, Codes, Vocabulary
from synthgym.errors import FamilyError, SettingError, TaskError, shown
from synthgym.family import Family
from synthgym.parsing import CODE_FORMATS, render
from synthgym.signal import Shortcut, Signal
from synthgym.types import SPLITS, Solution, Task

PROBES = 32
"""Tasks a split from which vocabulary and lengths are found: those of the seeds from 0."""
MAX_LENGTH = 1 << 13
"""Characters of the longest prompt, and of the longest completion, that a token MDP may have."""
_MISSES = 20  # tasks passed over for each task of the pool, before it is given up
EMPTY, WRITING, OVER = 0, 1, 2
"""The rows of `TokenPool.masks`: the line is empty; it is not; the text is full or the episode over."""


@dataclass(frozen=True, kw_only=True)
class PoolSettings:
    """What a pool is made of; `TokenEnv` says what each means."""

    difficulty: int = 0
    template: str = "compact"
    split: str = "train"
    answer_format: str | None = None
    pool_size: int = 256
    first_seed: int = 0
    max_tokens: int | None = None
    prompt_length: int | None = None
    vocabulary: str | None = None

    def __post_init__(self) -> None:
        for name in ("pool_size", "max_tokens", "prompt_length"):
            value = getattr(self, name)
            limit = 1 << 24 if name == "pool_size" else MAX_LENGTH
            optional = name != "pool_size" and value is None
            if not optional and (type(value) is not int or not 1 <= value <= limit):
                raise SettingError(f"{name} {shown(value)} is not a whole number from 1 to {limit:,}")
        if type(self.first_seed) is not int or self.first_seed < 0:
            raise SettingError(f"first_seed {shown(self.first_seed)} is not a whole number from 0")


@dataclass(frozen=True, kw_only=True, eq=False)
class TokenPool:
    """Tasks whose prompts and answers fit the vocabulary and the lengths.

    Attributes:
        family: the family of all tasks.
        settings: what it was made by.
        shortcuts: those that put their cues in the prompts.
        prompt_length: codes of an observation that hold the prompt, which stands at their end.
        max_tokens: codes that hold the completion.
    """

    family: Family
    settings: PoolSettings
    shortcuts: tuple[Shortcut, ...]
    vocabulary: Vocabulary
    prompt_length: int
    max_tokens: int
    tasks: tuple[Task, ...]

    @cached_property
    def prompts(self) -> Codes:
        """The prompts, of shape (tasks, prompt_length), filled with 0 at the start."""
        return np.stack([self.encoded(task) for task in self.tasks])

    @cached_property
    def ids(self) -> NDArray[np.object_]:
        """The ids of the tasks."""
        return np.array([task.id for task in self.tasks], dtype=object)

    @cached_property
    def masks(self) -> NDArray[np.int8]:
        """The action masks, of shape (3, vocabulary.size): on an empty line, on another, and at the end.

        Where answers stand on a line, a line feed on an empty line says nothing; in code, blank lines may count.
        """
        masks = np.ones((3, self.vocabulary.size), dtype=np.int8)
        if self.on_lines and self.vocabulary.line_feed > 0:
            masks[EMPTY, self.vocabulary.line_feed] = 0
        masks[OVER, 1:] = 0
        return masks

    @property
    def on_lines(self) -> bool:
        """Whether answers stand on a line, so that a text can be judged whenever a line ends."""
        return self.tasks[0].answer_format not in CODE_FORMATS

    def encoded(self, task: Task) -> Codes:
        """The prompt of `task`, of shape (prompt_length,), filled with 0 at the start.

        Raises:
            TaskError: if it does not fit.
        """
        missing = self.vocabulary.lacks(task.prompt)
        if missing:
            raise TaskError(f"task {task.id}: the vocabulary lacks {shown(missing)} of its prompt")
        if len(task.prompt) > self.prompt_length:
            raise TaskError(
                f"task {task.id}: its prompt has {len(task.prompt)} characters, more than {self.prompt_length}"
            )
        codes = np.zeros(self.prompt_length, dtype=np.int64)
        if task.prompt:
            codes[-len(task.prompt) :] = self.vocabulary.encode(task.prompt)
        return codes

    def drawn(self, seed: int) -> Task:
        """The task of that seed, by the pool's settings, with its cues; it need not fit."""
        return _drawn(self.family, self.settings, self.shortcuts, self.settings.split, seed)


def token_pool(family: Family, signal: Signal, settings: PoolSettings) -> TokenPool:
    """The pool of those settings; equal arguments, the same pool, so that many environments share one.

    Raises:
        SettingError: for a value outside what the family accepts, or sizes that fit hardly any task.
        FamilyError: if the family has no tasks there.
    """
    try:
        return _shared(family, signal.shortcuts, settings)
    except TypeError as error:
        if "unhashable" not in str(error):
            raise
        return _made(family, signal.shortcuts, settings)


@lru_cache(maxsize=16)
def _shared(family: Family, shortcuts: tuple[Shortcut, ...], settings: PoolSettings) -> TokenPool:
    return _made(family, shortcuts, settings)


def _made(family: Family, shortcuts: tuple[Shortcut, ...], settings: PoolSettings) -> TokenPool:
    drawn = {
        (settings.split, 0): _drawn(family, settings, shortcuts, settings.split, 0)
    }  # its errors come first
    for split in SPLITS:
        # A family may lack a split; that it lacks the one asked for was seen above.
        with suppress(FamilyError):
            for seed in range(PROBES):
                drawn[split, seed] = _drawn(family, settings, shortcuts, split, seed)
    probes = list(drawn.values())
    solved = [render(task.reference, task.answer_format) for task in probes]
    longest = max(map(len, solved))
    found = TokenPool(
        family=family,
        settings=settings,
        shortcuts=shortcuts,
        vocabulary=_vocabulary(settings, probes, solved),
        prompt_length=settings.prompt_length or max(1, *(len(task.prompt) for task in probes)),
        max_tokens=settings.max_tokens or min(MAX_LENGTH, longest + max(2, longest // 4)),
        tasks=(),
    )
    if found.prompt_length > MAX_LENGTH:
        raise SettingError(f"the prompts of {family.name} are longer than {MAX_LENGTH:,} characters there")
    return TokenPool(**{**vars(found), "tasks": tuple(_fitting(found, drawn))})


def _vocabulary(settings: PoolSettings, probes: list[Task], solved: list[str]) -> Vocabulary:
    if settings.vocabulary is None:
        return Vocabulary.of([*(task.prompt for task in probes), *solved])
    return Vocabulary(ASCII if settings.vocabulary == "ascii" else settings.vocabulary)


def _fitting(pool: TokenPool, drawn: dict[tuple[str, int], Task]) -> Iterator[Task]:
    """As many tasks as the pool takes, in the order of their seeds."""
    settings, found, misses, reason = pool.settings, 0, 0, ""
    for seed in count(settings.first_seed):
        task = drawn.get((settings.split, seed)) or pool.drawn(seed)
        misfit = _misfit(pool, task)
        if not misfit:
            found += 1
            yield task
            if found == settings.pool_size:
                return
            continue
        misses, reason = misses + 1, misfit
        if misses > _MISSES * (found + 5):
            raise SettingError(
                f"{misses} of {misses + found} tasks of {pool.family.name} do not fit, the last as {reason}; give a "
                "larger vocabulary, prompt_length or max_tokens"
            )


def _misfit(pool: TokenPool, task: Task) -> str:
    """Why a task is passed over; empty if it fits.

    What must fit beside the prompt is the worked solution, or its answer alone where you set the sizes.
    """
    chosen = pool.settings.max_tokens is not None or pool.settings.vocabulary is not None
    wanted = Solution((), task.reference.answer) if chosen else task.reference
    text = render(wanted, task.answer_format)
    missing = pool.vocabulary.lacks(task.prompt + text)
    if missing:
        return f"the vocabulary lacks {shown(missing)}"
    if len(task.prompt) > pool.prompt_length:
        return f"its prompt has {len(task.prompt)} characters"
    return f"its answer takes {len(text)} characters" if len(text) > pool.max_tokens else ""


def _drawn(
    family: Family, settings: PoolSettings, shortcuts: tuple[Shortcut, ...], split: str, seed: int
) -> Task:
    task = family.task(
        seed,
        split=split,
        difficulty=settings.difficulty,
        template=settings.template,
        answer_format=settings.answer_format,
    )
    return with_cues(task, Signal(shortcuts=shortcuts)) if shortcuts else task
