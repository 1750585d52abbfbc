"""The TRL callback behind `synthgym.callback`: it logs, evaluates, probes and watches, and changes nothing, unless a
`Watch` alarms that was told to.

A callback sees neither completions nor rewards, so those come from the reward function; advantages come from
the trainer, if it is given.
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from transformers import TrainerCallback

from synthgym.detect import PROBE_OF
from synthgym.errors import SettingError, shown
from synthgym.hooks import (
    Judge,
    Marks,
    Observer,
    Sample,
    Sampled,
    Scored,
    group_numbers,
    named_shortcuts,
    record,
)
from synthgym.intervention import Alarm, Intervention
from synthgym.log import RolloutLog, read_log
from synthgym.log_files import parts_of
from synthgym.measure.columns import steps
from synthgym.rollout import Phase
from synthgym.signal import Shortcut, Signal
from synthgym.types import Task
from synthgym.watch import Watch

if TYPE_CHECKING:
    import pyarrow as pa

_LOGGER = logging.getLogger(__name__)

Advantages = Callable[[], "Sequence[float | Sequence[float]] | None"]


@dataclass(frozen=True, kw_only=True)
class MeasuringSettings:
    """What the callback measures beside logging what was trained on.

    Attributes:
        tasks: held-out tasks to evaluate on; none, no evaluation.
        sample: answers prompts by sampling at the training temperature; for evaluation and probes. If it has a
            method `again`, that answers the prompts of a counterfactual with resampled cues: by the same draws as
            the call before, it takes most of the chance out of the comparison.
        greedy: answers prompts greedily; for evaluation.
        every: steps between evaluations; the first is before training, the last after it. A run that is resumed
            evaluates and probes where it would have without the pause.
        shortcuts: watched, whether planted or not: mechanism flags, and the counterfactual probe.
        probe_every: steps between counterfactual probes; 0 never probes.
        probe_tasks: the prompts of a probe; none, those of `tasks`.
        temperature: of `sample` and of training, for the log.
        generation: round of a generation-training loop, for the log.
        advantages: gives the last batch's advantages, one number or one sequence a completion.
        observers: called with (step, batch, marks) after a batch is logged.
        watch: looks for a take-over in what is logged, and does what its `on_alarm` says.

    Raises:
        SettingError: for a value outside what is accepted; for tasks or probes without what answers them.
    """

    tasks: Sequence[Task] = ()
    sample: Sample | None = None
    greedy: Sample | None = None
    every: int = 10
    shortcuts: Sequence[Shortcut] = ()
    probe_every: int = 0
    probe_tasks: Sequence[Task] = ()
    temperature: float = 1.0
    generation: int | None = None
    advantages: Advantages | None = None
    observers: Sequence[Observer] = ()
    watch: Watch | None = None

    def __post_init__(self) -> None:
        if type(self.every) is not int or self.every < 1:
            raise SettingError(f"every {shown(self.every)} is not a whole number of steps above 0")
        if type(self.probe_every) is not int or self.probe_every < 0:
            raise SettingError(f"probe_every {shown(self.probe_every)} is not a whole number of steps from 0")
        temperature: object = self.temperature
        if not isinstance(temperature, int | float) or not temperature >= 0:
            raise SettingError(f"temperature {shown(temperature)} is not a number >= 0")
        for name in ("sample", "greedy", "advantages"):
            value = getattr(self, name)
            if value is not None and not callable(value):
                raise SettingError(f"{name} {shown(value)} cannot be called; a function is needed")
        if self.watch is not None and not isinstance(self.watch, Watch):
            raise SettingError(
                f"watch {shown(self.watch)} is no synthgym.watch.Watch; Watch(rng=numpy.random.default_rng(0)) is one"
            )
        self._check_items()

    def _check_items(self) -> None:
        for name, kind, remedy in (
            ("tasks", Task, 'synthgym.tasks("chain_sum", 32, split="test") makes some'),
            ("probe_tasks", Task, 'synthgym.tasks("chain_sum", 32, split="test") makes some'),
            ("shortcuts", Shortcut, "synthgym.signal.Signal(...).shortcuts has those of a signal"),
        ):
            values = getattr(self, name)
            if isinstance(values, str) or not isinstance(values, Sequence):
                raise SettingError(f"{name} {shown(values)} is no list of {kind.__name__}s; {remedy}")
            for i, value in enumerate(values):
                if not isinstance(value, kind):
                    raise SettingError(f"{name}[{i}] is {shown(value)}, and no {kind.__name__}; {remedy}")
        if self.tasks and self.sample is None and self.greedy is None:
            raise SettingError(
                "tasks= are to be answered, and nothing says how: set sample= or greedy=, a function from a list of "
                "prompts to a list of completions"
            )


class MeasuringCallback(TrainerCallback):  # type: ignore[misc]  # transformers is untyped
    """See `synthgym.callback`."""

    def __init__(self, reward: Judge, log: RolloutLog, settings: MeasuringSettings) -> None:
        self.reward, self.log, self.settings = reward, log, settings
        self._evaluated: int | None = None
        self._last_probe: int | None = None
        self._groups: tuple[Phase, int, int] = ("train", -1, 0)
        self._watched = named_shortcuts(settings.shortcuts)
        self._planted = reward.signal  # probes ask what the flaw pays, also once it was closed
        self._watch, self._intervention = settings.watch, None
        self._hinted = 0
        if self._watch is not None:
            self._watch.begin(reward.signal)
            self._intervention = Intervention(reward, log.folder, self._watch.on_alarm, self._watched)

    def on_train_begin(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """Evaluate and probe the policy that training starts from; where it goes on, as if it had not been left."""
        self.reward.batches.clear()
        step = int(state.global_step)
        if self._intervention is not None:
            self._intervention.begin(kwargs.get("train_dataloader"))
        self._go_on(args, step)
        if step:
            self._measure_when_due(step)
        else:
            self._measure(step)
            if self.settings.probe_every:
                self._probe(step)
        self._heed(args, control)
        self._record_alarms()

    def on_step_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """Log what this step was trained on; evaluate and probe when it is time."""
        self._log_batches(int(state.global_step) - 1)
        self._measure_when_due(int(state.global_step))
        self._heed(args, control)

    def on_substep_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """Log what gradients were accumulated for, as a reward function keeps a limited number of batches."""
        self._log_batches(int(state.global_step))

    def on_prediction_step(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """Log a batch of the trainer's own evaluation, as such; for the same reason."""
        self._log_batches(int(state.global_step), phase="eval")

    def on_save(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """Write the log with each checkpoint, so that a run that goes on from it has all rows up to it."""
        self.log.flush()
        self._record_alarms()

    def on_evaluate(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """Log what the trainer's own evaluation judged, as such."""
        self._log_batches(int(state.global_step), phase="eval")

    def on_train_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """Evaluate the trained policy and flush the log."""
        self._log_batches(int(state.global_step) - 1)
        self._measure(int(state.global_step))
        self.log.flush()
        self._heed(args, control)
        self._record_alarms()

    def _heed(self, args: Any, control: Any) -> None:
        """Let the step be weighed, and do what is to be done about an alarm: first of all, write what was logged."""
        watch, intervention = self._watch, self._intervention
        if watch is None or intervention is None:
            return
        watch.settle()
        for hint in watch.hints[self._hinted :]:
            _LOGGER.warning("synthgym: %s", hint.text)
        self._hinted = len(watch.hints)
        own = watch.take()
        alarms = _agreed(own, args)
        agreed = {(alarm.detector, alarm.shortcut) for alarm in alarms}
        left = [alarm for alarm in own if (alarm.detector, alarm.shortcut) not in agreed]
        if alarms or left:
            self.log.flush()
            intervention.act(alarms, control, own=own)
            intervention.leave(left)
            self._record_alarms()
            intervention.call(alarms)

    def _go_on(self, args: Any, step: int) -> None:
        """Give the detectors of a run that is resumed what its log has of the steps before `step`."""
        watch, intervention = self._watch, self._intervention
        if watch is None or intervention is None:
            return
        table = earlier_steps(self.log, step) if step else None
        taken = watch.resume(step, table, run=self.log.run)
        if step:
            _LOGGER.warning(
                "synthgym: training goes on from step %d; of those before it the detectors took in %d from the log",
                step,
                taken,
            )
            self._hinted = len(watch.hints)
            intervention.go_on(_agreed(watch.take(), args))

    def _record_alarms(self) -> None:
        if self._watch is not None and self._intervention is not None:
            self._intervention.record(self._watch.summary())

    def _log_batches(self, last_step: int, phase: Phase = "train") -> None:
        """The trainer's advantages are those of the last batch, so an earlier one goes without."""
        batches, settings = list(self.reward.batches), self.settings
        self.reward.batches.clear()
        for place, scored in enumerate(batches):
            newest = place == len(batches) - 1
            advantages = settings.advantages() if newest and settings.advantages else None
            if advantages is not None and len(advantages) != len(scored.completions):
                advantages = None
            step = max(last_step, 0) if scored.step is None else scored.step
            groups = self._numbered(scored, step, phase)
            self._record(scored, step, phase, settings.temperature, advantages, groups=groups)

    def _numbered(self, scored: Scored, step: int, phase: Phase) -> list[int]:
        """A number for each group of a step, counted on where a step has several batches."""
        numbers = group_numbers(scored.tasks)
        first = self._groups[2] if self._groups[:2] == (phase, step) else 0
        self._groups = (phase, step, first + max(numbers, default=-1) + 1)
        return [first + number for number in numbers]

    def _measure_when_due(self, step: int) -> None:
        settings = self.settings
        if settings.probe_every and step % settings.probe_every == 0:
            self._probe(step)
        if step % settings.every == 0:
            self._measure(step)

    def _measure(self, step: int) -> None:
        if self._evaluated == step:
            return
        self._evaluated = step
        settings = self.settings
        for sample, temperature in ((settings.sample, settings.temperature), (settings.greedy, 0.0)):
            if sample is not None and settings.tasks:
                self._record(self._answer(sample, settings.tasks), step, "eval", temperature, None)

    def _probe(self, step: int) -> None:
        """Log a counterfactual probe of every watched shortcut."""
        settings = self.settings
        tasks = settings.probe_tasks or settings.tasks
        if settings.sample is None or not tasks or self._last_probe == step:
            return
        self._last_probe = step
        for name, shortcut in self._watched.items():
            factual, probes = self._probed(settings.sample, tasks, name, shortcut)
            self._record(factual, step, "probe", settings.temperature, None, probes)

    def _probed(
        self, sample: Sample, tasks: Sequence[Task], name: str, shortcut: Shortcut
    ) -> tuple[Scored, list[dict[str, float]]]:
        """Fresh answers, judged as they stand, and what each earns with the shortcut exposed."""
        factual = self._answer(sample, tasks, self._planted)
        exposed = [shortcut.counterfactual(task, self._planted) for task in tasks]
        same_prompts = all(new.prompt == old.prompt for (new, _), old in zip(exposed, tasks, strict=True))
        answers = factual
        if not same_prompts:
            again: Sample = getattr(sample, "again", sample)
            answers = self._answer(again, [task for task, _ in exposed], self._planted)
        signal = exposed[0][1]
        counter = self.reward.judge([task for task, _ in exposed], answers.completions, signal=signal)
        return factual, [
            {
                # What was not scored is left out, and not 0: it would read as lost.
                **({} if f.reward is None else {"factual": f.reward}),
                **({} if c.reward is None else {"counterfactual": c.reward}),
                "same_completion": float(same_prompts),
                PROBE_OF + name: float(len(self._watched)),
            }
            for f, c in zip(factual.verdicts, counter.verdicts, strict=True)
        ]

    def _answer(self, sample: Sample, tasks: Sequence[Task], signal: Signal | None = None) -> Scored:
        answered = sample([task.prompt for task in tasks])
        sampled = answered if isinstance(answered, Sampled) else Sampled(completions=list(answered))
        if len(sampled.completions) != len(tasks):
            raise SettingError(
                f"sample gave {len(sampled.completions)} completions to {len(tasks)} prompts; one each is needed"
            )
        scored = self.reward.judge(tasks, sampled.completions, signal=signal, token_ids=sampled.token_ids)
        return replace(scored, generate_seconds=sampled.seconds)

    def _record(
        self,
        scored: Scored,
        step: int,
        phase: Phase,
        temperature: float,
        advantages: Sequence[float | Sequence[float]] | None,
        probes: Sequence[dict[str, float]] | None = None,
        groups: Sequence[int] | None = None,
    ) -> None:
        settings = self.settings
        marks = Marks(
            phase=phase,
            temperature=temperature,
            generation=settings.generation,
            shortcuts=settings.shortcuts,
            probes=probes,
            groups=groups,
            advantages=advantages,
        )
        record(self.log, scored, step=step, marks=marks)
        if self._watch is not None:
            self._watch(step, scored, marks)
        for observe in settings.observers:
            observe(step, scored, marks)


def earlier_steps(log: RolloutLog, step: int) -> "pa.Table | None":
    """What the detectors need of the rows before `step` in the log of a run that is resumed; None if it has none.

    Raises:
        LogError: if a part of it cannot be read.
    """
    log.flush()
    if not parts_of(log.folder):
        return None
    columns = ["run", "step", "phase", "group", "reward", "truth", "probe", "completion", "escaped"]
    table = read_log(log.folder, columns=columns)
    last = int(steps(table).max(initial=-1))
    if last >= step:
        _LOGGER.warning(
            "synthgym: training goes on from step %d, and the log has rows of step %d: they will stand there twice; "
            "RolloutLog(..., resume_step=%d) drops them",
            step,
            last,
            step - 1,
        )
    return table


def _agreed(alarms: list[Alarm], args: Any) -> list[Alarm]:
    """The alarms of the first process, in every process: each sees its own completions, and all must do the same."""
    if getattr(args, "world_size", 1) <= 1:
        return alarms
    from torch import distributed

    if not (distributed.is_available() and distributed.is_initialized()):
        return alarms
    said: list[Any] = [alarms]
    distributed.broadcast_object_list(said, src=0)
    agreed: list[Alarm] = said[0]
    return agreed
