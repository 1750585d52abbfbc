"""The TRL callback behind `synthgym.callback`: it logs, evaluates, probes and watches, and changes nothing, unless a
`Watch` alarms that was told to.

A callback sees neither completions nor rewards, so those come from the reward function; advantages come from
the trainer, if it is given.
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from transformers import TrainerCallback

from synthgym.detect import PROBE_OF
from synthgym.errors import SettingError, shown
from synthgym.hooks import Judge, Marks, Observer, Sample, Sampled, Scored, named_shortcuts, record
from synthgym.intervention import Alarm, Intervention
from synthgym.log import RolloutLog
from synthgym.rollout import Phase
from synthgym.signal import Shortcut, Signal
from synthgym.types import Task
from synthgym.watch import Watch

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
        every: steps between evaluations; the first is before training, the last after it.
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
        self._watched = named_shortcuts(settings.shortcuts)
        self._planted = reward.signal  # probes ask what the flaw pays, also once it was closed
        self._watch, self._intervention = settings.watch, None
        self._hinted = 0
        if self._watch is not None:
            self._watch.begin(reward.signal)
            self._intervention = Intervention(reward, log.folder, self._watch.on_alarm, self._watched)

    def on_train_begin(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """Evaluate and probe the policy that training starts from."""
        self.reward.batches.clear()
        if self._intervention is not None:
            self._intervention.begin(kwargs.get("train_dataloader"))
        self._measure(int(state.global_step), probe=True)
        self._heed(args, control)

    def on_step_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """Log what this step was trained on; evaluate and probe when it is time."""
        self._log_batches(int(state.global_step) - 1)
        settings, step = self.settings, int(state.global_step)
        if settings.probe_every and step % settings.probe_every == 0:
            self._probe(step)
        if step % settings.every == 0:
            self._measure(step, probe=False)
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

    def on_evaluate(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """Log what the trainer's own evaluation judged, as such."""
        self._log_batches(int(state.global_step), phase="eval")

    def on_train_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """Evaluate the trained policy and flush the log."""
        self._log_batches(int(state.global_step) - 1)
        self._measure(int(state.global_step), probe=False)
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
        alarms = _agreed(watch.take(), args)
        if alarms:
            self.log.flush()
            try:
                for alarm in alarms:
                    intervention.act(alarm, control)
            finally:
                self._record_alarms()

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
            self._record(
                scored,
                max(last_step, 0) if scored.step is None else scored.step,
                phase,
                settings.temperature,
                advantages,
            )

    def _measure(self, step: int, *, probe: bool) -> None:
        if self._evaluated == step:
            return
        self._evaluated = step
        settings = self.settings
        for sample, temperature in ((settings.sample, settings.temperature), (settings.greedy, 0.0)):
            if sample is not None and settings.tasks:
                self._record(self._answer(sample, settings.tasks), step, "eval", temperature, None)
        if probe and settings.probe_every:
            self._probe(step)

    def _probe(self, step: int) -> None:
        """Log a counterfactual probe of every watched shortcut."""
        settings = self.settings
        tasks = settings.probe_tasks or settings.tasks
        if settings.sample is None or not tasks:
            return
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
                "factual": _paid(f.reward),
                "counterfactual": _paid(c.reward),
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
    ) -> None:
        settings = self.settings
        marks = Marks(
            phase=phase,
            temperature=temperature,
            generation=settings.generation,
            shortcuts=settings.shortcuts,
            probes=probes,
            advantages=advantages,
        )
        record(self.log, scored, step=step, marks=marks)
        if self._watch is not None:
            self._watch(step, scored, marks)
        for observe in settings.observers:
            observe(step, scored, marks)


def _paid(reward: float | None) -> float:
    return 0.0 if reward is None else reward


def _agreed(alarms: list[Alarm], args: Any) -> list[Alarm]:
    """The alarms of the first process, in every process: each sees its own completions, and all must do the same."""
    if getattr(args, "world_size", 1) <= 1:
        return alarms
    from torch import distributed

    said: list[Any] = [alarms]
    distributed.broadcast_object_list(said, src=0)
    agreed: list[Alarm] = said[0]
    return agreed
