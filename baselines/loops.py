"""Generation-training loops: generate, (verify,) train, generate, over several generations.

The open arm trains on what a verifier accepted. The closed arms cost nothing more and see no verifier
(MEASURES, section 5): ``unfiltered`` trains on everything, ``majority`` on the completions that agree with their
prompt's commonest answer, and ``random_subset`` on as many completions as the open arm kept, drawn at random,
so that the open arm's gain cannot come from training on less. All arms have the same prompts, samples and
optimiser steps, and each generation's data replaces the last one's.

Judge a loop by greedy accuracy and pass@k: below temperature 1 a closed loop raises sampled accuracy by
sharpening alone.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np

from synthgym.baselines.answers import answerer, completion_length
from synthgym.baselines.policy import Policy
from synthgym.baselines.supervised import fit
from synthgym.errors import SettingError, shown, suggestion
from synthgym.hooks import Marks, Scored, record
from synthgym.log import RolloutLog
from synthgym.parsing import parse
from synthgym.plugins import get_family
from synthgym.types import Task
from synthgym.verifiers.rewards import SignalReward

Arm = Literal["open", "unfiltered", "majority", "random_subset"]
ARMS: tuple[Arm, ...] = get_args(Arm)
ACCEPTED = 0.5
"""A completion is accepted when its reward is above this; right ones are under every generic verifier."""
OnGeneration = Callable[[int, int, str], None]


@dataclass(frozen=True, kw_only=True)
class LoopConfig:
    """A loop over one family."""

    family: str
    """The family whose tasks are generated on."""
    signal: str = "binary"
    """What the open arm accepts by."""
    difficulty: int = 0
    """0 to 10."""
    template: str = "compact"
    """How prompts are worded."""
    generations: int = 5
    """Rounds of generating and training."""
    prompts: int = 128
    """Prompts a generation."""
    samples: int = 8
    """Completions a prompt."""
    temperature: float = 1.0
    """Of generating."""
    steps: int = 60
    """Optimiser steps a generation, the same in every arm."""
    batch_size: int = 64
    """Completions a step."""
    learning_rate: float = 1e-3
    """Constant."""
    eval_tasks: int = 64
    """Held-out tasks of an evaluation."""
    eval_samples: int = 16
    """Completions a held-out task, for pass@k."""
    seed: int = 0
    """Of sampling, of the prompts, and of the order of training."""

    def __post_init__(self) -> None:
        for name in (
            "generations",
            "prompts",
            "samples",
            "steps",
            "batch_size",
            "eval_tasks",
            "eval_samples",
        ):
            if getattr(self, name) < 1:
                raise SettingError(f"{name} {shown(getattr(self, name))} is not a whole number >= 1")


def run_loop(
    arm: Arm,
    policy: Policy,
    config: LoopConfig,
    folder: Path,
    *,
    kept_counts: Sequence[int] | None = None,
    provenance: dict[str, Any] | None = None,
    on_generation: OnGeneration = lambda done, total, text: None,
) -> list[int]:
    """Run one arm from a copy of `policy` and log it; how many completions each generation kept.

    Rows of phase "train" hold what was generated, with the probe ``kept``; rows of phase "eval" the held-out
    answers, greedy (temperature 0) and sampled. Generation 0 is evaluated before any training; `step` is the
    generation.

    Args:
        kept_counts: completions that the open arm kept in each generation; `random_subset` needs it.

    Raises:
        SettingError: for an unknown arm, or `random_subset` without `kept_counts`.
    """
    _check(arm, config, kept_counts)
    learner = policy.copy()
    facts = {"arm": arm, "signal": config.signal, "loop": asdict(config), **(provenance or {})}
    kept: list[int] = []
    with RolloutLog(folder, provenance=facts) as log:
        _evaluate(learner, config, log, 0)
        for generation in range(1, config.generations + 1):
            wanted = kept_counts[generation - 1] if kept_counts else None
            kept.append(_generation(arm, learner, config, log, generation, wanted))
            accuracy = _evaluate(learner, config, log, generation)
            on_generation(generation, config.generations, f"{arm} greedy {accuracy:.2f}")
    return kept


def _generation(
    arm: Arm, policy: Policy, config: LoopConfig, log: RolloutLog, generation: int, wanted: int | None
) -> int:
    """Generate, filter, log and train once; how many completions were kept."""
    rng = np.random.default_rng([config.seed, generation, ARMS.index(arm)])
    tasks = _prompts(config, generation)
    scored = _answers(policy, config, tasks, config.temperature, seed=config.seed * 1000 + generation)
    keep = _select(arm, scored, wanted, rng)
    marks = Marks(
        phase="train",
        temperature=config.temperature,
        generation=generation,
        probes=[{"kept": float(k)} for k in keep],
    )
    record(log, scored, step=generation, marks=marks)
    pairs = [(t, c) for t, c, k in zip(scored.tasks, scored.completions, keep, strict=True) if k]
    if pairs:
        fit(
            policy,
            pairs,
            steps=config.steps,
            batch_size=config.batch_size,
            learning_rate=config.learning_rate,
            seed=config.seed * 1000 + generation,
        )
    return len(pairs)


def _select(arm: Arm, scored: Scored, wanted: int | None, rng: np.random.Generator) -> list[bool]:
    """Which completions are trained on."""
    count = len(scored.completions)
    if arm == "open":
        return [verdict.reward is not None and verdict.reward > ACCEPTED for verdict in scored.verdicts]
    if arm == "majority":
        return _majority(scored)
    if arm == "random_subset":
        chosen = set(rng.choice(count, size=min(wanted or 0, count), replace=False).tolist())
        return [i in chosen for i in range(count)]
    return [True] * count


def _majority(scored: Scored) -> list[bool]:
    """Whether each completion gives its prompt's commonest answer; an unreadable one never does."""
    answers = [_answer(task, text) for task, text in zip(scored.tasks, scored.completions, strict=True)]
    votes: dict[str, Counter[str]] = {}
    for task, answer in zip(scored.tasks, answers, strict=True):
        if answer is not None:
            votes.setdefault(task.id, Counter())[answer] += 1
    winners = {task: counts.most_common(1)[0][0] for task, counts in votes.items()}
    return [
        answer is not None and winners[task.id] == answer
        for task, answer in zip(scored.tasks, answers, strict=True)
    ]


def _answer(task: Task, completion: str) -> str | None:
    answer = parse(task, completion).answer
    return None if answer is None else get_family(task.family).canonical_answer(task, answer)


def _evaluate(policy: Policy, config: LoopConfig, log: RolloutLog, generation: int) -> float:
    """Log greedy and sampled answers to held-out tasks; the greedy accuracy."""
    family = get_family(config.family)
    tasks = [
        family.task(seed, split="test", difficulty=config.difficulty, template=config.template)
        for seed in range(config.eval_tasks)
    ]
    greedy = _answers(policy, config, tasks, 0.0, seed=generation)
    repeated = [task for task in tasks for _ in range(config.eval_samples)]
    sampled = _answers(policy, config, repeated, 1.0, seed=config.seed * 1000 + generation)
    for scored, temperature in ((greedy, 0.0), (sampled, 1.0)):
        record(
            log,
            scored,
            step=generation,
            marks=Marks(phase="eval", temperature=temperature, generation=generation),
        )
    return sum(truth is True for truth in greedy.truths) / len(tasks)


def _answers(
    policy: Policy, config: LoopConfig, tasks: Sequence[Task], temperature: float, *, seed: int
) -> Scored:
    length = completion_length(policy, tasks)
    sample = answerer(policy, max_new_tokens=length, temperature=temperature, seed=seed)
    sampled = sample([task.prompt for task in tasks])
    scored = SignalReward(config.signal).judge(tasks, sampled.completions, token_ids=sampled.token_ids)
    return replace(scored, generate_seconds=sampled.seconds)


def _prompts(config: LoopConfig, generation: int) -> list[Task]:
    """The generation's tasks, each repeated once a sample; the same in every arm."""
    family = get_family(config.family)
    first = 10_000_000 * (config.seed + 1) + generation * config.prompts
    tasks = [
        family.task(first + i, difficulty=config.difficulty, template=config.template)
        for i in range(config.prompts)
    ]
    return [task for task in tasks for _ in range(config.samples)]


def _check(arm: str, config: LoopConfig, kept_counts: Sequence[int] | None) -> None:
    if arm not in ARMS:
        raise SettingError(f"no loop arm named {shown(arm)}{suggestion(arm, ARMS)}")
    if arm == "random_subset" and (kept_counts is None or len(kept_counts) < config.generations):
        raise SettingError(
            f"random_subset needs the open arm's kept_counts, one of {config.generations} generations"
        )
