"""The grid of the quickstart: which cells it has, and with what settings they run."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from synthgym.baselines.loops import LoopConfig
from synthgym.baselines.train_config import TrainConfig
from synthgym.baselines.warmstart import StartConfig
from synthgym.plugins import as_signal

Question = Literal["granularity", "control", "shortcut", "loop"]
QUESTIONS: dict[Question, str] = {
    "loop": "open or closed loop",
    "shortcut": "planted shortcut",
    "granularity": "granularity",
    "control": "no information",
}


@dataclass(frozen=True, kw_only=True)
class Cell:
    """One run of the study, or, for loops, one seed of every arm.

    Attributes:
        id: also the folder's name.
        start: what the policy is warm-started with; equal starts are made once.
        train: the run of a trained cell.
        loop: the loops of a loop cell.
    """

    id: str
    question: Question
    arm: str
    family: str
    seed: int
    start: StartConfig
    train: TrainConfig | None = None
    loop: LoopConfig | None = None


@dataclass(frozen=True, kw_only=True)
class Setting:
    """One family's place in the quickstart."""

    family: str
    difficulty: int
    noise: float
    steps: int
    learning_rate: float = 5e-4
    group_size: int = 8


@dataclass(frozen=True, kw_only=True)
class Grid:
    """The settings of the whole study."""

    domains: tuple[Setting, ...] = (
        Setting(family="fraction_arithmetic", difficulty=0, noise=0.5, steps=80),
        Setting(family="sorting_trace", difficulty=0, noise=0.6, steps=80),
        Setting(family="stack_program", difficulty=1, noise=0.5, steps=80),
    )
    shortcut: Setting = field(
        default_factory=lambda: Setting(family="sorting_trace", difficulty=0, noise=0.18, steps=60)
    )
    loop: LoopConfig = field(
        default_factory=lambda: LoopConfig(family="sorting_trace", generations=4, prompts=96, steps=32)
    )
    batch_size: int = 64
    shortcut_batch_size: int = 128
    every: int = 20
    eval_tasks: int = 128
    start_steps: int = 300
    start_final_steps: int = 75
    start_tasks: int = 256
    seeds: int = 3

    def cells(self) -> Iterator[Cell]:
        """Every cell, those that take longest first."""
        yield from self._loops()
        yield from self._shortcuts()
        for arm, signal in (("binary", "binary"), ("rubric", "rubric"), ("token", "token")):
            yield from self._trained("granularity", arm, signal)
        for arm, signal in (("random", "binary~random"), ("shuffled", "binary~shuffled")):
            yield from self._trained("control", arm, signal)

    def _trained(self, question: Question, arm: str, signal: str) -> Iterator[Cell]:
        for setting in self.domains:
            start = self._start(setting.family, setting.difficulty, kind="noisy", noise=setting.noise)
            for seed in range(self.seeds):
                train = self._train(setting, signal, seed, self.batch_size)
                yield _cell(question, arm, seed, start, train=train)

    def _shortcuts(self) -> Iterator[Cell]:
        setting = self.shortcut
        start = self._start(
            setting.family,
            setting.difficulty,
            kind="noisy",
            noise=setting.noise,
            shortcuts=as_signal("binary+constant_accepted").shortcuts,
        )
        for arm, signal in (("flaw", "binary+constant_accepted"), ("clean", "binary")):
            for seed in range(self.seeds):
                train = self._train(
                    setting, signal, seed, self.shortcut_batch_size, watch=("constant_accepted",)
                )
                yield _cell("shortcut", arm, seed, start, train=train)

    def _loops(self) -> Iterator[Cell]:
        start = self._start(self.loop.family, self.loop.difficulty, kind="mix")
        for seed in range(self.seeds):
            yield _cell("loop", "all", seed, start, loop=replace(self.loop, seed=seed))

    def _start(self, family: str, difficulty: int, **settings: Any) -> StartConfig:
        return StartConfig(
            family=family,
            difficulty=difficulty,
            steps=self.start_steps,
            final_steps=self.start_final_steps,
            tasks=self.start_tasks,
            **settings,
        )

    def _train(
        self, setting: Setting, signal: str, seed: int, batch_size: int, watch: tuple[str, ...] = ()
    ) -> TrainConfig:
        return TrainConfig(
            family=setting.family,
            signal=signal,
            difficulty=setting.difficulty,
            seed=seed,
            steps=setting.steps,
            batch_size=batch_size,
            group_size=setting.group_size,
            learning_rate=setting.learning_rate,
            every=self.every,
            eval_tasks=self.eval_tasks,
            watch=watch,
        )


def _cell(
    question: Question,
    arm: str,
    seed: int,
    start: StartConfig,
    *,
    train: TrainConfig | None = None,
    loop: LoopConfig | None = None,
) -> Cell:
    return Cell(
        id=f"{question}-{start.family}-{arm}-s{seed}",
        question=question,
        arm=arm,
        family=start.family,
        seed=seed,
        start=start,
        train=train,
        loop=loop,
    )
