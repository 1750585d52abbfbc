"""`synthgym bench callback`: what measuring costs a training step of the tiny policy through TRL.

Everything is on: logging with mechanism flags and advantages, both detectors, hints, and a probe a step. CPU time
inside the callback is taken apart: generating and judging the probes, and the rest, which is logging, detectors and
hints. What it is a share of is the step without the callback and without judging.
"""

import logging
import statistics
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from rich.table import Table

from synthgym.algorithm import Budget
from synthgym.baselines.algorithms.grpo import GRPO, _advantages_of
from synthgym.baselines.answers import answerer, completion_length
from synthgym.baselines.policy import tiny_policy
from synthgym.baselines.quiet import quiet
from synthgym.envs.dataset import dataset, tasks
from synthgym.errors import SettingError, shown
from synthgym.log import RolloutLog
from synthgym.plugins import as_signal
from synthgym.signal import Shortcut
from synthgym.trl_callback import MeasuringCallback, MeasuringSettings
from synthgym.types import Task
from synthgym.verifiers.rewards import SignalReward
from synthgym.watch import AUDITS, Watch

FAMILY, DIFFICULTY, SIGNAL = "sorting_trace", 0, "binary+constant_accepted"
STEPS, SKIPPED, BATCH, GROUP = 46, 4, 128, 8  # three parts of the log are written in 42 steps


@dataclass(frozen=True, kw_only=True)
class CallbackCost:
    """CPU milliseconds a training step, medians over rounds; of a step, the mean over its round.

    Attributes:
        granularity: of the signal.
        step: training without the callback and without judging.
        judging: what the reward function spends on the step's completions.
        callback: logging, detectors and hints.
        probes: generating and judging probes.
        share: `callback` / `step`, the median over rounds.
        shares: of each round.
    """

    granularity: str
    step: float
    judging: float
    callback: float
    probes: float
    share: float
    shares: tuple[float, ...]


def callback_cost(*, rounds: int = 3) -> list[CallbackCost]:
    """The cost at every granularity.

    Raises:
        SettingError: for fewer than 1 round.
    """
    if rounds < 1:
        raise SettingError(f"rounds {shown(rounds)} is not a whole number >= 1")
    return [_cost(name, rounds) for name in ("binary", "rubric", "token")]


def render(found: Sequence[CallbackCost]) -> Table:
    """A table of the costs."""
    table = Table(title="CPU a training step of the tiny policy, milliseconds", title_justify="left")
    for column in ("signal", "step", "callback", "share", "judging", "probes"):
        table.add_column(column, justify="left" if column == "signal" else "right")
    for row in found:
        low, high = min(row.shares), max(row.shares)
        table.add_row(
            row.granularity,
            f"{row.step:.1f}",
            f"{row.callback:.2f}",
            f"{row.share:.1%} ({low:.1%} to {high:.1%})",
            f"{row.judging:.2f}",
            f"{row.probes:.1f}",
        )
    table.caption = (
        f"{FAMILY} at difficulty {DIFFICULTY}, {BATCH} completions a step, {STEPS - SKIPPED} steps a round, everything "
        "on; callback is logging, detectors and hints; step is without callback and judging"
    )
    return table


class _Clock:
    """CPU seconds by name since the last `take`."""

    def __init__(self) -> None:
        self.spent: dict[str, float] = {}

    def add(self, name: str, seconds: float) -> None:
        self.spent[name] = self.spent.get(name, 0.0) + seconds

    def take(self) -> dict[str, float]:
        spent, self.spent = self.spent, {}
        return spent


class _TimedReward(SignalReward):
    clock: _Clock

    def judge_batch(self, *given: Any, **named: Any) -> Any:
        begun = time.process_time()
        scored = super().judge_batch(*given, **named)
        self.clock.add("judging", time.process_time() - begun)
        return scored


class _TimedCallback(MeasuringCallback):
    """Notes, at the end of each step, what it cost and what of it was the callback's."""

    clock: _Clock

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.steps: list[dict[str, float]] = []
        self._left = time.process_time()

    def on_step_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """As the real one, timed."""
        begun = time.process_time()
        super().on_step_end(args, state, control, **kwargs)
        ended = time.process_time()
        spent = {"judging": 0.0, "probes": 0.0} | self.clock.take()
        spent["callback"] = ended - begun - spent["probes"]
        spent["step"] = begun - self._left - spent["judging"]
        self.steps.append(spent)
        self._left = time.process_time()

    def _probed(self, sample: Any, tasks: Sequence[Task], name: str, shortcut: Shortcut) -> Any:
        begun = time.process_time()
        found = super()._probed(sample, tasks, name, shortcut)
        self.clock.add("probes", time.process_time() - begun)
        return found


@contextmanager
def _silent(logger: logging.Logger) -> Iterator[None]:
    """Hints and alarms of a benchmark are nobody's."""
    before = logger.level
    logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        logger.setLevel(before)


def _cost(granularity: str, rounds: int) -> CallbackCost:
    measured = [_round(granularity, seed) for seed in range(rounds)]
    shares = tuple(one["callback"] / one["step"] for one in measured)
    middle = {
        name: 1000 * statistics.median(one[name] for one in measured)
        for name in ("step", "judging", "callback", "probes")
    }
    return CallbackCost(granularity=granularity, share=statistics.median(shares), shares=shares, **middle)


def _round(granularity: str, seed: int) -> dict[str, float]:
    """Mean CPU seconds a step, by name, the first steps left out."""
    policy = tiny_policy(seed=seed)
    signal = as_signal(SIGNAL.replace("binary", granularity))
    reward = _TimedReward(signal, seed=seed, tokenizer=policy.tokenizer, eos_ids=policy.eos_token_ids)
    reward.clock = _Clock()
    algorithm = GRPO()
    held_out = tasks(FAMILY, AUDITS, split="test", difficulty=DIFFICULTY)
    length = completion_length(policy, held_out)
    budget = Budget(steps=STEPS, batch_size=BATCH, group_size=GROUP, seed=seed)
    prompts = dataset(FAMILY, n=STEPS * BATCH // GROUP, difficulty=DIFFICULTY)
    with tempfile.TemporaryDirectory(prefix="synthgym-bench-") as scratch, quiet():
        trainer = algorithm._trainer(
            policy, prompts, reward, algorithm._config(policy, budget, length, scratch)
        )
        settings = MeasuringSettings(
            sample=answerer(policy, max_new_tokens=length, temperature=1.0, seed=seed),
            shortcuts=signal.shortcuts,
            probe_every=1,
            probe_tasks=held_out,
            advantages=_advantages_of(trainer),
            watch=Watch(rng=np.random.default_rng(seed), hints=True),
        )
        with RolloutLog(Path(scratch) / "run") as log:
            callback = _TimedCallback(reward, log, settings)
            callback.clock = reward.clock
            trainer.add_callback(callback)
            with _silent(logging.getLogger("synthgym")):
                trainer.train()
    counted = callback.steps[SKIPPED:]
    return {name: statistics.fmean(step[name] for step in counted) for name in counted[0]}
