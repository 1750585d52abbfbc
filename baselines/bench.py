"""Benchmarks of the gym itself. `learnable`: does the tiny policy learn each family at difficulty 0 in a minute?

    synthgym bench learnable

Per family: generate training tasks, imitate their worked solutions, and decode held-out tasks greedily. The CPU
time counted is that of one process, in generating, tokenising and training; imports and the final measuring are
left out. The learning rate falls in the last fifth of whichever ends first, the time or the steps.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from synthgym.baselines.policy import Policy
from synthgym.errors import SettingError, SynthGymError, shown
from synthgym.measure.intervals import Interval
from synthgym.parsing import render as rendered
from synthgym.plugins import families as all_families
from synthgym.plugins import get_family
from synthgym.types import Task

if TYPE_CHECKING:
    from rich.table import Table

PASS = 0.9
"""Greedy accuracy from which a family counts as learnable."""


@dataclass(frozen=True, kw_only=True)
class LearnableRow:
    """How well one family was learned.

    Attributes:
        accuracy: of greedy decoding on different held-out tasks, with its Wilson interval; None with an error.
        cpu_seconds: of generating, tokenising and training.
        steps: optimiser steps made.
        prompt_tokens: longest prompt trained on; likewise `completion_tokens`, its end included.
        passed: whether the accuracy is at least `PASS`.
        error: why there is no accuracy.
    """

    family: str
    version: int
    difficulty: int
    accuracy: Interval | None
    cpu_seconds: float
    steps: int
    prompt_tokens: int
    completion_tokens: int
    passed: bool
    error: str | None = None


def learnable(
    families: Sequence[str] | None = None,
    *,
    seconds: float = 60.0,
    difficulty: int = 0,
    template: str = "compact",
    steps: int = 1_000,
    batch_size: int = 128,
    demonstrations: int = 20_000,
    tasks: int = 256,
    seed: int = 0,
    on_row: Callable[[LearnableRow], None] = lambda row: None,
) -> list[LearnableRow]:
    """Train a tiny policy on each family in turn, and say how much of it was learned.

    A family that cannot be loaded or trained gets a row with an error; the others are not touched by it.

    Args:
        families: names; all registered ones by default.
        seconds: CPU seconds a family.
        steps: optimiser steps a family, at most.
        demonstrations: training tasks generated, at most; generating takes at most a quarter of the time.
        tasks: held-out tasks.
        on_row: called with each row when it is there.

    Raises:
        SettingError: if `seconds` is not above 0.
    """
    if not seconds > 0:
        raise SettingError(f"seconds {shown(seconds)} is not above 0")
    from trl import SFTTrainer  # noqa: F401  # so that its import is not counted

    settings = _Settings(
        seconds=seconds,
        difficulty=difficulty,
        template=template,
        steps=steps,
        batch_size=batch_size,
        demonstrations=demonstrations,
        tasks=tasks,
        seed=seed,
    )
    rows = []
    for name in all_families() if families is None else families:
        rows.append(_row(name, settings))
        on_row(rows[-1])
    return rows


def render(rows: Sequence[LearnableRow]) -> "Table":
    """The rows as a table for the terminal."""
    from rich.table import Table

    table = Table(title="Learnable: greedy accuracy of the tiny policy on held-out tasks, 95% intervals")
    for heading in (
        "family",
        "difficulty",
        "accuracy",
        "interval",
        "tasks",
        "CPU s",
        "steps",
        "tokens",
        "learnable",
    ):
        table.add_column(heading, justify="left" if heading in ("family", "learnable") else "right")
    for row in rows:
        said = row.error or ("yes" if row.passed else f"no: below {PASS}")
        found = row.accuracy
        figures = (
            ("", "", "")
            if found is None
            else (f"{found.estimate:.3f}", f"{found.low:.3f}-{found.high:.3f}", str(found.n))
        )
        tokens = f"{row.prompt_tokens}+{row.completion_tokens}"
        table.add_row(
            f"{row.family}-v{row.version}",
            str(row.difficulty),
            *figures,
            f"{row.cpu_seconds:.0f}",
            str(row.steps),
            tokens,
            said,
        )
    return table


@dataclass(frozen=True, kw_only=True)
class _Settings:
    seconds: float
    difficulty: int
    template: str
    steps: int
    batch_size: int
    demonstrations: int
    tasks: int
    seed: int


class _Clock:
    """CPU seconds of this process, and whether another step would pass the limit."""

    def __init__(self) -> None:
        self.began = time.process_time()
        self._longest = 0.0
        self.start()

    def start(self) -> None:
        """Training begins now: what went before counts, but is no step."""
        self.steps, self._last, self.stopped = 0, 0.0, False

    def spent(self) -> float:
        return time.process_time() - self.began

    def stepped(self, limit: float) -> bool:
        """Count a step; whether another one as long as the longest would end after `limit` seconds."""
        now = time.process_time()
        if self._last:
            self._longest = max(self._longest, now - self._last)
        self._last = now
        self.steps += 1
        self.stopped = now - self.began + self._longest > limit
        return self.stopped


def _row(name: str, settings: _Settings) -> LearnableRow:
    version = 0
    try:
        version = get_family(name).version
        return _learn(name, settings)
    except SynthGymError as error:
        return LearnableRow(
            family=name,
            version=version,
            difficulty=settings.difficulty,
            accuracy=None,
            cpu_seconds=0.0,
            steps=0,
            prompt_tokens=0,
            completion_tokens=0,
            passed=False,
            error=" ".join(str(error).split()),
        )


def _learn(name: str, settings: _Settings) -> LearnableRow:
    from synthgym.baselines.evaluate import evaluate, held_out
    from synthgym.baselines.policy import tiny_policy
    from synthgym.baselines.start_training import alone

    with alone():
        policy = tiny_policy(seed=settings.seed)
        tasks = held_out(name, settings.tasks, difficulty=settings.difficulty, template=settings.template)
        clock = _Clock()
        pairs = _pairs(name, settings, clock)
        steps = _fit(policy, pairs, settings, clock)
        spent = clock.spent()
        accuracy = evaluate(policy, tasks, samples=1, seed=settings.seed).greedy
    assert accuracy is not None  # greedy decoding is the default
    characters = [(len(task.prompt), len(text) + 1) for task, text in pairs]
    return LearnableRow(
        family=name,
        version=get_family(name).version,
        difficulty=settings.difficulty,
        accuracy=accuracy,
        cpu_seconds=round(spent, 2),
        steps=steps,
        prompt_tokens=max(prompt for prompt, _ in characters),
        completion_tokens=max(completion for _, completion in characters),
        passed=accuracy.estimate >= PASS,
    )


def _pairs(name: str, settings: _Settings, clock: _Clock) -> list[tuple[Task, str]]:
    """Worked solutions, as many as a quarter of the time allows."""
    family, pairs = get_family(name), list[tuple[Task, str]]()
    while len(pairs) < settings.demonstrations and (clock.spent() < settings.seconds / 4 or not pairs):
        task = family.task(len(pairs), difficulty=settings.difficulty, template=settings.template)
        pairs.append((task, rendered(task.reference, task.answer_format)))
    return pairs


def _fit(policy: Policy, pairs: Sequence[tuple[Task, str]], settings: _Settings, clock: _Clock) -> int:
    """Train at 3e-3 for four fifths of the time or the steps, then at 5e-4; the steps made."""
    from synthgym.baselines.supervised import fit

    final, made = settings.steps // 5, 0
    for steps, rate, share in ((settings.steps - final, 3e-3, 0.8), (final, 5e-4, 1.0)):
        limit = share * settings.seconds
        if steps and clock.spent() < limit:
            clock.start()
            fit(
                policy,
                pairs[: steps * settings.batch_size],
                steps=steps,
                batch_size=settings.batch_size,
                learning_rate=rate,
                seed=settings.seed,
                stop=partial(clock.stepped, limit),
            )
            made += clock.steps if clock.stopped else steps
    return made
