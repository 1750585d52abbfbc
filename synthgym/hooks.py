"""Measuring from outside: a batch of scored completions goes into the rollout log, whoever trained on it.

Measuring is never part of an agent. A TRL run is measured by its reward function and a callback
(`callback`), a Gymnasium run by a wrapper (`synthgym.envs.record`); both write through `record`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any, Protocol

from synthgym.errors import MissingExtraError, SettingError, shown, suggestion
from synthgym.log import RolloutLog
from synthgym.rollout import Phase
from synthgym.signal import Shortcut, Signal
from synthgym.types import Task, Verdict

if TYPE_CHECKING:
    from synthgym.trl_callback import MeasuringCallback
    from synthgym.watch import Watch

Sample = Callable[[Sequence[str]], "Sampled | Sequence[str]"]
"""Answers prompts, one completion each: the completions alone, or with what else is known of them."""


@dataclass(frozen=True, kw_only=True)
class Sampled:
    """What a policy answered: one completion a prompt, in order; its token ids and the seconds it took, if known."""

    completions: Sequence[str]
    token_ids: Sequence[Sequence[int]] | None = None
    seconds: float | None = None


@dataclass(frozen=True, kw_only=True)
class Scored:
    """A batch of B completions with everything that judging found.

    Attributes:
        truths: oracle-only; None where the family could not tell.
        verify_seconds: wall seconds of judging the whole batch.
        step: updates made to the policy before the batch was sampled; None outside a trainer.
    """

    tasks: Sequence[Task]
    completions: Sequence[str]
    verdicts: Sequence[Verdict]
    truths: Sequence[bool | None]
    verify_seconds: float
    token_ids: Sequence[Sequence[int]] | None = None
    step: int | None = None
    generate_seconds: float | None = None


class Judge(Protocol):
    """What the callback needs of a reward function: those of `synthgym.rewards` have it."""

    @property
    def signal(self) -> Signal:
        """What is judged by."""
        ...

    @property
    def batches(self) -> list[Scored]:
        """What was judged since the list was cleared last."""
        ...

    def judge(
        self,
        tasks: Sequence[Task],
        completions: Sequence[str],
        *,
        signal: Signal | None = None,
        token_ids: Sequence[Sequence[int]] | None = None,
    ) -> Scored:
        """The batch judged under `signal`, by default the reward's own."""
        ...


@dataclass(frozen=True, kw_only=True)
class Marks:
    """What is said of every row of a batch when it is recorded.

    Attributes:
        shortcuts: planted or watched; a row's probe says ``mechanism: 1`` if its completion takes one.
        probes: further results, one mapping a completion.
        groups: one number a completion; by default neighbours with the same task share one.
    """

    phase: Phase = "train"
    temperature: float | None = None
    generation: int | None = None
    shortcuts: Sequence[Shortcut] = ()
    probes: Sequence[Mapping[str, float]] | None = None
    groups: Sequence[int] | None = None
    advantages: Sequence[float | Sequence[float]] | None = field(default=None)


Observer = Callable[[int, Scored, Marks], None]
"""Called with (step, batch, marks) after a batch is logged."""


@dataclass(frozen=True, kw_only=True)
class Recorder:
    """A rollout log with what is to be measured: the `log` that an algorithm's `train` gets.

    Attributes:
        tasks: held-out tasks to evaluate on.
        every: steps between evaluations.
        shortcuts: watched, whether planted or not.
        probe_every: steps between counterfactual probes; 0 never probes.
        probe_tasks: the prompts of a probe; none, those of `tasks`.
        generation: round of a generation-training loop.
        observers: called with (step, batch, marks) after a batch is logged.
        watch: looks for a take-over, and does what it was told about an alarm.
    """

    log: RolloutLog
    tasks: Sequence[Task] = ()
    every: int = 10
    shortcuts: Sequence[Shortcut] = ()
    probe_every: int = 0
    probe_tasks: Sequence[Task] = ()
    generation: int | None = None
    observers: Sequence[Observer] = ()
    watch: "Watch | None" = None

    def callback(self, reward: Judge, **sampling: Any) -> "MeasuringCallback":
        """The TRL callback that measures so; `sampling` holds sample, greedy, temperature, advantages."""
        return callback(
            reward,
            self.log,
            tasks=self.tasks,
            every=self.every,
            shortcuts=self.shortcuts,
            probe_every=self.probe_every,
            probe_tasks=self.probe_tasks,
            generation=self.generation,
            observers=self.observers,
            watch=self.watch,
            **sampling,
        )


def record(log: RolloutLog, scored: Scored, *, step: int, marks: Marks) -> None:
    """Append a row a completion to `log`.

    Raises:
        LogError: if the log cannot be written; for a value that no column can hold, when its part is written.
    """
    log.append_batch(step, _columns(scored, marks))


def _columns(scored: Scored, marks: Marks) -> dict[str, Any]:
    """What is logged of a batch, by column: a list with a value a completion, or one value for all."""
    count = len(scored.completions)
    tasks, verdicts = list(scored.tasks), list(scored.verdicts)
    for name, values in (("tasks", tasks), ("verdicts", verdicts), ("truths", scored.truths)):
        if len(values) != count:
            raise SettingError(f"{len(values)} {name} for {count} completions; one each is needed")
    groups = marks.groups if marks.groups is not None else group_numbers(tasks)
    flags = mechanisms(tasks, scored.completions, marks.shortcuts)
    share = 1 / max(count, 1)
    columns: dict[str, Any] = {
        "phase": marks.phase,
        "generation": marks.generation,
        "temperature": marks.temperature,
        "group": list(groups),
        "task_id": [task.id for task in tasks],
        "completion": list(scored.completions),
        "tokens": None if scored.token_ids is None else list(scored.token_ids),
        "reward": [verdict.reward for verdict in verdicts],
        "components": [verdict.components for verdict in verdicts],
        "advantage": None if marks.advantages is None else _sequences(marks.advantages),
        "credits": [verdict.credits for verdict in verdicts],
        "truth": list(scored.truths),
        "probe": [{**flag, **more} for flag, more in zip(flags, marks.probes, strict=True)]
        if marks.probes
        else flags,
        "error": [verdict.error for verdict in verdicts],
        "generate_seconds": None if scored.generate_seconds is None else scored.generate_seconds * share,
        "verify_seconds": scored.verify_seconds * share,
    }
    for name in _OF_THE_TASK:
        columns[name] = [getattr(task, name) for task in tasks]
    return columns


_OF_THE_TASK = ("prompt", "family", "version", "seed", "split", "difficulty", "template")


def _sequences(advantages: Sequence[float | Sequence[float]]) -> list[Any]:
    """One number a completion as a list of one."""
    return [[value] if isinstance(value, int | float) else value for value in advantages]


def mechanisms(
    tasks: Sequence[Task], completions: Sequence[str], shortcuts: Sequence[Shortcut]
) -> list[dict[str, float]]:
    """`mechanism` of each completion; equal completions of one task are looked at once."""
    if not shortcuts:
        return [{} for _ in completions]
    known: dict[tuple[int, str], dict[str, float]] = {}
    flags = []
    for task, completion in zip(tasks, completions, strict=True):
        key = (id(task), completion)
        if key not in known:
            known[key] = mechanism(task, completion, shortcuts)
        flags.append(known[key])
    return flags


def mechanism(task: Task, completion: str, shortcuts: Sequence[Shortcut]) -> dict[str, float]:
    """``{"mechanism": 1.0}`` if `completion` takes one of `shortcuts`, 0.0 if none; empty without shortcuts.

    Where there are several, also ``mechanism:NAME`` of each, by the names that `named_shortcuts` gives them.
    """
    if not shortcuts:
        return {}
    if len(shortcuts) == 1:
        return {"mechanism": float(shortcuts[0].detect(task, completion))}
    each = {
        f"mechanism:{name}": float(shortcut.detect(task, completion))
        for name, shortcut in named_shortcuts(shortcuts).items()
    }
    return {"mechanism": max(each.values()), **each}


def named_shortcuts(shortcuts: Sequence[Shortcut]) -> dict[str, Shortcut]:
    """A name for each: its own, or ``NAME#2`` for the second of a name."""
    named: dict[str, Shortcut] = {}
    for shortcut in shortcuts:
        name, place = shortcut.name, 2
        while name in named:
            name, place = f"{shortcut.name}#{place}", place + 1
        named[name] = shortcut
    return named


def group_numbers(tasks: Sequence[Task]) -> list[int]:
    """A number a task: neighbours with the same task share it."""
    numbers: list[int] = []
    for i, task in enumerate(tasks):
        same = i > 0 and task.id == tasks[i - 1].id
        numbers.append((numbers[-1] if same else numbers[-1] + 1) if i else 0)
    return numbers


def callback(reward: "Judge | Sequence[object]", log: RolloutLog, **settings: Any) -> "MeasuringCallback":
    """A TRL callback that logs what `reward` judged, evaluates, probes, and watches for a take-over.

    Args:
        reward: the reward function from `synthgym.rewards`, or the whole list that the trainer got: the functions
            of one signal's components judge each completion once, and it is logged once; other functions are
            passed over. A trainer without rewards (SFT, DPO, KTO) is measured by ``tasks=`` and ``sample=``.
        log: where the rows go; it is flushed when training ends, however it ends.
        settings: see `synthgym.trl_callback.MeasuringSettings`.

    Raises:
        SettingError: if `reward` holds no function of `synthgym.rewards`, or those of several signals; if `log` is no
            open log; for a setting that there is not, or a value that it does not take.
        MissingExtraError: if transformers is not installed.
    """
    judge = _one_judge(reward)
    if not isinstance(log, RolloutLog):
        raise SettingError(f"log is {shown(log)}; an open RolloutLog is needed: RolloutLog({shown(log)})")
    try:
        from synthgym.trl_callback import MeasuringCallback, MeasuringSettings
    except ModuleNotFoundError as error:
        raise MissingExtraError(str(error.name), "train") from error
    known = [item.name for item in fields(MeasuringSettings)]
    for name in settings:
        if name not in known:
            raise SettingError(f"synthgym.callback has no setting {shown(name)}{suggestion(name, known)}")
    return MeasuringCallback(judge, log, MeasuringSettings(**settings))


def _one_judge(reward: object) -> Judge:
    """What judges the completions: `reward`, or that of the functions in it which stands for all."""
    several = isinstance(reward, Sequence) and not isinstance(reward, str)
    functions: list[Any] = list(reward) if several else [reward]  # type: ignore[call-overload]  # a sequence then
    ours = [function for function in functions if hasattr(function, "judge") and hasattr(function, "batches")]
    each: list[Judge] = [getattr(function, "judged_by", function) for function in ours]
    judges = {id(judge): judge for judge in each}
    if not judges:
        raise SettingError(
            f"{shown(reward)} is no reward function of SynthGym; pass what synthgym.rewards(...) gave the trainer"
        )
    if len(judges) > 1:
        labels = ", ".join(judge.signal.label for judge in judges.values())
        raise SettingError(
            f"the reward functions are of {len(judges)} signals ({labels}), and a log holds a completion once: pass "
            "the functions of one of them"
        )
    return next(iter(judges.values()))
