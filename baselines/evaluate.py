"""How good a policy is on given tasks: greedy accuracy, pass@1 and unbiased pass@k, and how undecided it is.

    evaluate(policy, held_out("chain_sum", 256, difficulty=1), k=(1, 8), samples=16).summary()

Every completion can go into a rollout log (`Evaluation.record`), in phase "eval" with its temperature.
"""

import time
from collections.abc import Hashable, Sequence
from dataclasses import asdict, dataclass, replace
from math import log2
from typing import Any

import numpy as np

from synthgym.baselines.answers import completion_length, prompts_of
from synthgym.baselines.policy import Policy
from synthgym.errors import SettingError, SynthGymError, shown
from synthgym.hooks import Marks, Scored, record
from synthgym.log import RolloutLog
from synthgym.measure.intervals import Interval, bootstrap, wilson
from synthgym.measure.sampling import answer_entropy, pass_at_k
from synthgym.parsing import parse
from synthgym.plugins import get_family
from synthgym.signal import Signal
from synthgym.types import Task
from synthgym.verifiers.rewards import SignalReward


@dataclass(frozen=True, kw_only=True)
class Evaluation:
    """What `evaluate` found; every interval is over tasks, at 95%.

    Attributes:
        pass_at: by k: the probability that k completions hold a right one.
        greedy: accuracy of greedy decoding, None if it was not asked for.
        entropy: bits; of the answers to one task, averaged over the tasks. Completions without an answer count
            as one answer. Samples bound it by log2(samples).
        tasks: how many.
        samples: completions a task, at `temperature`.
        unscored: completions whose family failed on them; they count as wrong.
        sampled: tasks * samples completions with their verdicts and truths; those of a task are neighbours.
        greedily: one completion a task.
    """

    pass_at: dict[int, Interval]
    greedy: Interval | None
    entropy: Interval
    tasks: int
    samples: int
    temperature: float
    unscored: int
    sampled: Scored
    greedily: Scored | None

    def summary(self) -> dict[str, Any]:
        """The figures alone, ready for `json.dumps`."""
        return {
            "pass_at": {str(k): asdict(interval) for k, interval in self.pass_at.items()},
            "greedy": None if self.greedy is None else asdict(self.greedy),
            "entropy": asdict(self.entropy),
            "tasks": self.tasks,
            "samples": self.samples,
            "temperature": self.temperature,
            "unscored": self.unscored,
        }

    def record(self, log: RolloutLog, *, step: int = 0, generation: int | None = None) -> None:
        """Append every completion to `log`, in phase "eval".

        Raises:
            LogError: if the log cannot be written.
        """
        for scored, temperature in ((self.greedily, 0.0), (self.sampled, self.temperature)):
            if scored is not None:
                marks = Marks(phase="eval", temperature=temperature, generation=generation)
                record(log, scored, step=step, marks=marks)


def evaluate(
    policy: Policy,
    tasks: Sequence[Task],
    *,
    k: Sequence[int] = (1,),
    samples: int | None = None,
    temperature: float = 1.0,
    greedy: bool = True,
    seed: int = 0,
    max_new_tokens: int | None = None,
    signal: str | Signal = "binary",
) -> Evaluation:
    """Let `policy` answer `tasks`, and judge the answers by the truth.

    Args:
        k: the ks of pass@k.
        samples: completions a task; by default the largest k, and at least 8.
        temperature: of sampling, above 0.
        greedy: whether to decode greedily as well.
        seed: of sampling, and of the bootstrap.
        max_new_tokens: of a completion; by default the longest worked solution of `tasks` and a quarter.
        signal: what the rewards of recorded rows are; the figures rest on truth alone.

    Raises:
        SettingError: for no tasks, a k outside 1..samples, or a temperature that is not above 0.
        PolicyError: for a prompt that is longer than the policy reads.
    """
    ks, count = _settled(tasks, k, samples, temperature)
    length = max_new_tokens or completion_length(policy, tasks)
    reward = SignalReward(signal, seed=seed)
    repeated = [task for task in tasks for _ in range(count)]
    sampled = _answered(
        policy, tasks, repeated, reward, n=count, temperature=temperature, seed=seed, length=length
    )
    greedily = None
    if greedy:
        greedily = _answered(policy, tasks, tasks, reward, n=1, temperature=0.0, seed=seed, length=length)
    right = np.array([truth is True for truth in sampled.truths]).reshape(len(tasks), count).sum(axis=1)
    rng = np.random.default_rng(seed)
    both = [*sampled.truths, *(greedily.truths if greedily else [])]
    return Evaluation(
        pass_at={n: _over_tasks(pass_at_k(count, right, n), rng) for n in ks},
        greedy=None if greedily is None else _rate([truth is True for truth in greedily.truths]),
        entropy=_entropy(sampled, count, rng),
        tasks=len(tasks),
        samples=count,
        temperature=temperature,
        unscored=sum(truth is None for truth in both),
        sampled=sampled,
        greedily=greedily,
    )


def held_out(
    family: str,
    count: int = 256,
    *,
    difficulty: int = 0,
    template: str = "compact",
    answer_format: str | None = None,
    first_seed: int = 0,
) -> list[Task]:
    """Test tasks with `count` different prompts; fewer where ten times as many seeds do not give them.

    Raises:
        UnknownNameError: if there is no such family.
        SettingError: for a difficulty, template or format it does not have.
    """
    source, found = get_family(family), dict[str, Task]()
    for seed in range(first_seed, first_seed + 10 * count):
        task = source.task(
            seed, split="test", difficulty=difficulty, template=template, answer_format=answer_format
        )
        found.setdefault(task.prompt, task)
        if len(found) == count:
            break
    return list(found.values())


def rate_of(flags: Sequence[bool], samples: int, *, seed: int = 0) -> Interval:
    """The share of `flags` that are true; `samples` neighbours belong to one task, and tasks are drawn again."""
    means = np.array(flags, dtype=np.float64).reshape(-1, samples).mean(axis=1)
    return _over_tasks(means, np.random.default_rng(seed))


def _settled(
    tasks: Sequence[Task], k: Sequence[int], samples: int | None, temperature: float
) -> tuple[list[int], int]:
    if not tasks:
        raise SettingError("no tasks to evaluate on; give at least one")
    if not temperature > 0:
        raise SettingError(f"temperature {shown(temperature)} is not above 0; greedy=True decodes greedily")
    ks = sorted(set(k))
    count = max([8, *ks]) if samples is None else samples
    if not ks or ks[0] < 1 or ks[-1] > count:
        raise SettingError(
            f"k {shown(tuple(k))} with {count} samples a task; each k is a whole number from 1 to {count}"
        )
    return ks, count


def _answered(
    policy: Policy,
    tasks: Sequence[Task],
    repeated: Sequence[Task],
    reward: SignalReward,
    *,
    n: int,
    temperature: float,
    seed: int,
    length: int,
) -> Scored:
    """Completions of `tasks`, `n` each and neighbours, judged; `repeated` names the task of each."""
    from synthgym.baselines.sampler import generate

    started = time.perf_counter()
    answers = generate(
        policy,
        prompts_of(policy, tasks),
        n=n,
        max_new_tokens=length,
        temperature=temperature,
        greedy=temperature == 0,
        seed=seed,
    )
    seconds = time.perf_counter() - started
    scored = reward.judge(repeated, answers.texts, token_ids=answers.completion_ids)
    return replace(scored, generate_seconds=seconds)


def _entropy(sampled: Scored, count: int, rng: np.random.Generator) -> Interval:
    said = [_answer(task, text) for task, text in zip(sampled.tasks, sampled.completions, strict=True)]
    bits = [answer_entropy(said[start : start + count]) for start in range(0, len(said), count)]
    return _within(bootstrap(bits, rng=rng), log2(count))


def _answer(task: Task, completion: str) -> Hashable:
    """The answer in its one spelling; None for none, and for one that the family fails on."""
    answer = parse(task, completion).answer
    if answer is None:
        return None
    try:
        return get_family(task.family).canonical_answer(task, answer)
    except (SynthGymError, ArithmeticError, ValueError, TypeError, LookupError, RecursionError):
        return None


def _rate(flags: Sequence[bool]) -> Interval:
    return wilson(sum(flags), len(flags))


def _over_tasks(values: Any, rng: np.random.Generator) -> Interval:
    """The mean over tasks, tasks drawn again; where all agree at 0 or 1, the interval of so many single trials.

    That is wider than it need be, and the bootstrap would give a point.
    """
    given = np.asarray(values, dtype=np.float64)
    if np.all((given == 0) | (given == 1)):
        return _rate([bool(value) for value in given])
    return _within(bootstrap(given, rng=rng), 1.0)


def _within(interval: Interval, top: float) -> Interval:
    """The interval inside [0, `top`], which one task's, unbounded, leaves."""
    return replace(interval, low=max(interval.low, 0.0), high=min(interval.high, top))
