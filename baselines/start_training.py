"""Trains a warm start, and measures what came of it. `synthgym.baselines.warmstart` says what the kinds are."""

import random
import time
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from math import ceil, log
from typing import Any

import numpy as np
import torch

from synthgym.baselines.demonstrations import (
    Telling,
    alphabet_of,
    as_seen,
    demonstration,
    expected_pass_rate,
    noise_for,
)
from synthgym.baselines.evaluate import evaluate, held_out, rate_of
from synthgym.baselines.policy import Policy, load_policy, tiny_policy
from synthgym.baselines.supervised import fit
from synthgym.baselines.warmstart import StartConfig
from synthgym.errors import SettingError
from synthgym.measure.intervals import Interval
from synthgym.plugins import get_family
from synthgym.types import Task

TOLERANCE = 1.5
"""The factor within which an aim counts as reached."""
_CLOSE = 1.2  # tuning stops within this factor, so that the held-out figure lands within TOLERANCE
_ATTEMPTS = 6
_TUNING_SEED = 1_000_000  # of held-out tasks that tuning looks at, away from those that are reported
_TUNING_TASKS = 128


@dataclass(frozen=True, kw_only=True)
class Trained:
    """A start before it is kept; see `synthgym.baselines.warmstart.Start`."""

    policy: Policy
    sampled: Interval
    greedy: Interval
    taken: Interval | None
    told: dict[str, Any]
    steps: int
    cpu_seconds: float


def train_start(config: StartConfig) -> Trained:
    """Train and measure the start of `config`, on one thread, leaving the global random streams as they were.

    Warns where an aim was missed by more than `TOLERANCE`.
    """
    from trl import SFTTrainer  # noqa: F401  # so that its import is not counted

    began = time.process_time()
    with alone():
        policy = load_policy(config.model) if config.model else tiny_policy(config.policy, seed=config.seed)
        steps, told = _teach(policy, config)
        tasks = _seen(config, _held_out(config, config.tasks))
        samples = (
            config.samples if config.aim is None else max(config.samples, _samples(config.aim, len(tasks)))
        )
        found = evaluate(policy, tasks, samples=samples, seed=config.seed)
    assert found.greedy is not None  # it was asked for
    sampled = found.pass_at[1]
    if config.aim is not None and not _within(sampled.estimate, config.aim, TOLERANCE):
        warnings.warn(
            f"the {config.kind} start of {config.family} aims at a pass rate of {config.aim:.3g} and samples "
            f"{sampled.estimate:.3g} [{sampled.low:.3g}, {sampled.high:.3g}]",
            stacklevel=2,
        )
    taken = None
    if config.shortcuts:
        pairs = zip(found.sampled.tasks, found.sampled.completions, strict=True)
        hits = [any(one.detect(task, text) for one in config.shortcuts) for task, text in pairs]
        taken = rate_of(hits, samples, seed=config.seed)
    return Trained(
        policy=policy,
        sampled=sampled,
        greedy=found.greedy,
        taken=taken,
        told=told,
        steps=steps,
        cpu_seconds=round(time.process_time() - began, 2),
    )


def demonstrations(config: StartConfig, telling: Telling, tasks: Sequence[Task]) -> list[tuple[Task, str]]:
    """(task, completion) pairs to imitate."""
    alphabet = alphabet_of(tasks)
    return [
        (seen, demonstration(seen, telling, alphabet)) for seen in (as_seen(task, telling) for task in tasks)
    ]


def _seen(config: StartConfig, tasks: Sequence[Task]) -> list[Task]:
    telling = config.telling()
    return [as_seen(task, telling) for task in tasks]


def _teach(policy: Policy, config: StartConfig) -> tuple[int, dict[str, Any]]:
    """Train `policy`; the steps made, and what the demonstrations were told with."""
    tasks = _shown_tasks(config)
    if config.kind == "early":
        return _teach_early(policy, config, tasks)
    if config.aim is not None:
        return _teach_to_aim(policy, config, tasks)
    telling = config.telling()
    _fit(policy, config, demonstrations(config, telling, tasks))
    return config.steps + config.final_steps, _told(config, telling)


def _teach_early(policy: Policy, config: StartConfig, tasks: Sequence[Task]) -> tuple[int, dict[str, Any]]:
    telling = config.telling()
    limit = config.steps if config.aim is not None else max(1, round(config.early * config.steps))
    watch = _Watch(policy, config)
    fit(
        policy,
        demonstrations(config, telling, tasks),
        steps=limit,
        batch_size=config.batch_size,
        learning_rate=config.learning_rate,
        seed=config.seed,
        stop=watch,
    )
    steps = watch.restore() if watch.stopped else limit
    return steps, {"steps": steps, "attempts": watch.attempts}


def _teach_to_aim(policy: Policy, config: StartConfig, tasks: Sequence[Task]) -> tuple[int, dict[str, Any]]:
    """Tell the demonstrations so that `aim` is expected, and retell them until it is what the policy samples."""
    aim = config.aim or 0.0
    lowest = _lowest(config, tasks)
    if aim < lowest:
        raise SettingError(
            f"aim {aim} is below {lowest:.3g}: with answers as short as those of {config.family} at difficulty "
            f"{config.difficulty}, more noise would hide the right answer altogether; take kind='mix', a harder "
            "difficulty, or a higher aim"
        )
    expected, steps, attempts = aim, 0, list[tuple[float, float]]()
    telling = config.telling()
    for attempt in range(_ATTEMPTS):
        telling = _told_for(config, tasks, expected, attempt)
        pairs = demonstrations(config, telling, tasks)
        if attempt == 0:
            _fit(policy, config, pairs)
            steps += config.steps + config.final_steps
        else:
            _fit_again(policy, config, pairs, attempt)
            steps += _again(config)
        rate, floor = _pass_rate(policy, config)
        attempts.append((_knob(config, telling), rate))
        before = expected
        expected = min(1.0, max(lowest, expected * aim / max(rate, floor)))
        if _within(rate, aim, _CLOSE) or expected == before:
            break
    return steps, {**_told(config, telling), "attempts": attempts}


def _told_for(config: StartConfig, tasks: Sequence[Task], expected: float, attempt: int) -> Telling:
    """The telling at which `expected` of the answers shown are right."""
    telling = replace(config.telling(), seed=config.seed + 1000 * attempt)
    if config.kind == "noisy":
        return replace(telling, noise=noise_for(tasks[:512], expected))
    wrong = sum(config.mix[1:]) or 1.0
    share = (1 - expected) / wrong
    return replace(telling, mix=(expected, config.mix[1] * share, config.mix[2] * share))


def _lowest(config: StartConfig, tasks: Sequence[Task]) -> float:
    """The least pass rate at which noise leaves the right character twice as likely as any other."""
    if config.kind != "noisy":
        return 0.0
    letters = len(alphabet_of(tasks).content)
    return expected_pass_rate(tasks[:512], (letters - 1) / (letters + 1))


def _knob(config: StartConfig, telling: Telling) -> float:
    return telling.noise if config.kind == "noisy" else telling.mix[0] / sum(telling.mix)


def _told(config: StartConfig, telling: Telling) -> dict[str, Any]:
    name = {"noisy": "noise", "mix": "right"}.get(config.kind)
    return {} if name is None else {name: _knob(config, telling)}


def _fit(policy: Policy, config: StartConfig, pairs: Sequence[tuple[Task, str]]) -> None:
    fit(
        policy,
        pairs,
        steps=config.steps,
        batch_size=config.batch_size,
        learning_rate=config.learning_rate,
        final_steps=config.final_steps,
        final_learning_rate=config.final_learning_rate,
        seed=config.seed,
    )


def _again(config: StartConfig) -> int:
    return max(config.final_steps, config.steps // 8)


def _fit_again(policy: Policy, config: StartConfig, pairs: Sequence[tuple[Task, str]], attempt: int) -> None:
    fit(
        policy,
        pairs,
        steps=_again(config),
        batch_size=config.batch_size,
        learning_rate=config.final_learning_rate,
        seed=config.seed + attempt,
    )


def _shown_tasks(config: StartConfig) -> list[Task]:
    """The training tasks that are demonstrated."""
    count = min(config.demonstrations, (config.steps + config.final_steps) * config.batch_size)
    first, family = config.seed * config.demonstrations, get_family(config.family)
    return [
        family.task(
            seed,
            difficulty=config.difficulty,
            template=config.template,
            answer_format=config.answer_format,
        )
        for seed in range(first, first + count)
    ]


def _held_out(config: StartConfig, count: int, first_seed: int = 0) -> list[Task]:
    return held_out(
        config.family,
        count,
        difficulty=config.difficulty,
        template=config.template,
        answer_format=config.answer_format,
        first_seed=first_seed,
    )


def _pass_rate(policy: Policy, config: StartConfig) -> tuple[float, float]:
    """What `policy` samples right on the tasks of tuning, and half the least rate above 0 that could be seen."""
    tasks = _seen(config, _held_out(config, _TUNING_TASKS, _TUNING_SEED))
    samples = _samples(config.aim or 1.0, len(tasks))
    found = evaluate(policy, tasks, samples=samples, greedy=False, seed=config.seed)
    return found.pass_at[1].estimate, 0.5 / (len(tasks) * samples)


def _samples(aim: float, tasks: int) -> int:
    """Completions a task, so that about a hundred are right."""
    return min(128, max(8, ceil(100 / (aim * tasks))))


def _within(rate: float, aim: float, factor: float) -> bool:
    return aim / factor <= rate <= aim * factor


class _Watch:
    """Counts an early start's steps and, with an aim, stops it there: at the nearer of the last two looks."""

    def __init__(self, policy: Policy, config: StartConfig) -> None:
        self.policy, self.config = policy, config
        self.steps, self.stopped, self.attempts = 0, False, list[tuple[int, float]]()
        self._every = max(1, config.steps // 40)
        self._before: dict[str, torch.Tensor] = {}

    def __call__(self) -> bool:
        """Asked after each step: whether to stop."""
        self.steps += 1
        aim = self.config.aim
        if aim is None or self.steps % self._every:
            return False
        rate, _ = _pass_rate(self.policy, self.config)
        self.attempts.append((self.steps, rate))
        if rate >= aim:
            self.stopped = True
            return True
        self._before = {name: weight.clone() for name, weight in self.policy.model.state_dict().items()}
        return False

    def restore(self) -> int:
        """Go back one look if that was nearer to the aim; the steps that are left."""
        aim = self.config.aim or 1.0
        if len(self.attempts) > 1:
            (step, before), (_, after) = self.attempts[-2:]
            if before > 0 and log(aim / before) < log(after / aim):
                self.policy.model.load_state_dict(self._before)
                return step
        return self.steps


@contextmanager
def alone() -> Iterator[None]:
    """One torch thread, and the global random streams, which TRL seeds, put back afterwards."""
    threads = torch.get_num_threads()
    streams = random.getstate(), np.random.get_state()  # noqa: NPY002  # TRL seeds numpy's global stream
    torch.set_num_threads(1)
    try:
        with torch.random.fork_rng(devices=[]):
            yield
    finally:
        torch.set_num_threads(threads)
        random.setstate(streams[0])
        np.random.set_state(streams[1])  # noqa: NPY002
