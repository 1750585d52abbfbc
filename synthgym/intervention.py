"""What is done about an alarm: nothing, a stop, or the shortcut decorrelated; and the record of it.

Decorrelating leaves nothing to be gained by a shortcut: the live reward goes on with `Shortcut.decorrelated()` in its
signal, from the next batch on. A cue stands in the prompt, so the prompts still to come get cues drawn anew, as they
pass from the dataset to the trainer.
"""

import json
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Literal, TypeAlias, get_args

from synthgym.detectors import Detection
from synthgym.errors import LogError, SettingError, SynthGymError, shown, suggestion
from synthgym.log_files import atomically
from synthgym.plugins import family_of
from synthgym.rng import Rng
from synthgym.signal import Shortcut, Signal
from synthgym.types import Task

_LOGGER = logging.getLogger(__name__)

Action: TypeAlias = Literal["nothing", "stop", "decorrelate"]
ACTIONS: tuple[Action, ...] = get_args(Action)
ALARMS = "alarms.json"
"""The file beside the log that says what was watched for, what alarmed, and what was done."""
_KEY = ("step", "detector", "shortcut")
_SEEDS = 2**40


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """A detector's evidence reached its threshold.

    Attributes:
        step: at which it did.
        detector: "truth_gap" or "counterfactual".
        shortcut: whose probe it was; None for the truth gap, which names none.
        part: what the evidence came from most: "event", "reward" or "probe".
        log10_evidence, threshold: of the e-process.
        alpha: the detector's probability of a false alarm over the whole run.
        audits: completions it had looked at.
    """

    step: int
    detector: str
    shortcut: str | None
    part: str
    log10_evidence: float
    threshold: float
    alpha: float
    audits: int

    @classmethod
    def of(cls, found: Detection) -> "Alarm":
        """The alarm of a detection that has one, made at the step that it came."""
        return cls(
            step=-1 if found.alarm is None else found.alarm,
            detector=found.detector,
            shortcut=found.shortcut or None,
            part=found.part,
            log10_evidence=found.log10_evidence[-1],
            threshold=found.threshold,
            alpha=found.alpha,
            audits=found.audits,
        )

    @property
    def text(self) -> str:
        """A sentence for a log."""
        who = {"truth_gap": "the truth gap", "counterfactual": "the counterfactual probe"}.get(
            self.detector, self.detector
        )
        of = f" of {self.shortcut}" if self.shortcut else ""
        return (
            f"{who}{of} alarmed at step {self.step} after {self.audits} audits (evidence 10^{self.log10_evidence:.1f}, "
            f"threshold 10^{self.threshold:.1f}, false with probability {self.alpha:g} at most in a whole run)"
        )


OnAlarm: TypeAlias = Action | Callable[[Alarm], None]


def checked_action(on_alarm: object) -> OnAlarm:
    """`on_alarm`, if it is something that can be done.

    Raises:
        SettingError: if it is neither an action nor a function.
    """
    if callable(on_alarm) or (isinstance(on_alarm, str) and on_alarm in ACTIONS):
        return on_alarm
    raise SettingError(
        f"on_alarm {shown(on_alarm)} is neither {', '.join(ACTIONS)} nor a function of an Alarm"
        f"{suggestion(on_alarm, ACTIONS) if isinstance(on_alarm, str) else ''}"
    )


class Recued:
    """A data loader's collate function that gives rows other cues once `signal` is set; until then it passes all on.

    Where a shortcut chose which tasks are in the prompts (one answer in most of them), those that it let stand were
    chosen, too: from the first batch on that shows it, every task is drawn anew.

    Args:
        collate: the loader's own.
    """

    def __init__(self, collate: Callable[[list[Any]], Any]) -> None:
        self.collate = collate
        self.signal: Signal | None = None
        self._chosen = False
        self._warned = False

    def __call__(self, rows: list[Any]) -> Any:
        """What the loader's own makes of the rows."""
        signal = self.signal
        if signal is None:
            return self.collate(rows)
        made = [self._row(row, signal) for row in rows]
        if self._chosen:
            made = [self._row(row, signal) for row in rows]
        return self.collate(made)

    def _row(self, row: Any, signal: Signal) -> Any:
        try:
            task = Task.from_json(row["task"])
            fresh = recued(task, signal, anew=self._chosen)
            self._chosen = self._chosen or fresh.id != task.id
            return {**row, "task": fresh.to_json(), "prompt": _reworded(row["prompt"], task, fresh)}
        except (SynthGymError, LookupError, TypeError, ValueError, AttributeError) as error:
            if not self._warned:
                _LOGGER.warning("synthgym: a prompt keeps its cue (%s)", error)
            self._warned = True
            return row


def recued(task: Task, signal: Signal, *, anew: bool = False) -> Task:
    """The task with the cues of `signal` in its prompt instead of those that are there.

    Args:
        anew: it is another task of the same kind, by a seed that the old one's id gives.

    Raises:
        SettingError: if the task cannot be drawn again from its seed, and no counterfactual of it is known.
        SynthGymError: as its family or a shortcut does.
    """

    def drawn(seed: int) -> Task:
        return family_of(task).task(
            seed,
            split=task.split,
            difficulty=task.difficulty,
            template=task.template,
            answer_format=task.answer_format,
        )

    plain = drawn(task.seed)
    if plain.facts != task.facts:
        raise SettingError(f"task {shown(task.id)} is not what its family draws from its seed")
    return _cued(drawn(Rng("decorrelated", task.id).below(_SEEDS)) if anew else plain, signal)


def _cued(task: Task, signal: Signal) -> Task:
    """As `synthgym.dataset` does it: where a shortcut draws another task, that one gets the others' cues."""
    for shortcut in signal.shortcuts:
        cued = shortcut.on_task(task, signal.cue_rng(shortcut, task))
        if cued.id != task.id:
            return _cued(cued, signal.without(shortcut))
        task = cued
    return task


def _reworded(prompt: Any, old: Task, new: Task) -> Any:
    """A row's prompt, text or messages, with the old task's prompt replaced by the new one's.

    Raises:
        SettingError: if it does not stand there.
    """
    replaced = _replaced(prompt, old.prompt, new.prompt)
    if replaced == prompt and old.prompt != new.prompt:
        raise SettingError("the row's prompt does not hold its task's")
    return replaced


def _replaced(prompt: Any, old: str, new: str) -> Any:
    """Texts, wherever a user says them: a text, messages, or a message's parts."""
    if isinstance(prompt, str):
        return prompt.replace(old, new)
    if isinstance(prompt, Mapping):
        if prompt.get("role", "user") != "user":
            return prompt
        return {
            key: _replaced(value, old, new) if key in ("content", "text") else value
            for key, value in prompt.items()
        }
    return [_replaced(part, old, new) for part in prompt] if isinstance(prompt, list | tuple) else prompt


def has_cue(shortcut: Shortcut) -> bool:
    """Whether the shortcut puts something in prompts."""
    return type(shortcut).on_task is not Shortcut.on_task


class Intervention:
    """Does what is to be done about an alarm, and keeps the record.

    Args:
        reward: the live reward function; its `signal` is replaced.
        folder: of the run's log; the record goes there.
        action: what to do.
        watched: the shortcuts that are probed, by the names that alarms give them.
    """

    def __init__(self, reward: Any, folder: Path, action: OnAlarm, watched: Mapping[str, Shortcut]) -> None:
        self._reward, self._file, self._action, self._watched = reward, folder / ALARMS, action, watched
        self._recued: Recued | None = None
        self._no_cues = "the trainer gave no data loader"
        self._entries: list[dict[str, Any]] = []
        self._earlier = _entries_of(folder)

    def begin(self, loader: Any) -> None:
        """Stand in the way of the prompts, if there may be cues to change in them. `loader` is the trainer's."""
        if self._action != "decorrelate" or not any(map(has_cue, self._reward.signal.shortcuts)):
            return
        loader = getattr(loader, "base_dataloader", loader)  # accelerate wraps it
        collate = getattr(loader, "collate_fn", None)
        if collate is None:
            return
        if getattr(loader, "num_workers", 0):
            self._no_cues = (
                "its data loader has workers, which are out of reach; set dataloader_num_workers=0"
            )
        elif not isinstance(collate, Recued):
            self._recued = loader.collate_fn = Recued(collate)
        else:
            self._recued = collate

    def act(self, alarms: Sequence[Alarm], control: Any, *, own: Sequence[Alarm] | None = None) -> None:
        """Do it for each, say so once, and put it on record; a function is called by `call`, after that.

        Args:
            own: those of this process's detectors, where there are several processes and `alarms` are the first's.
        """
        for alarm in alarms:
            if self._action == "stop":
                control.should_training_stop = True
            done = {"nothing": "nothing was done", "stop": "training stops"}.get(str(self._action))
            if self._action == "decorrelate":
                done = self._decorrelate(alarm)
            of = "" if own is None or alarm in own else "; the alarm is the first process's"
            self._note(alarm, f"{done or named(self._action)}{of}")

    def call(self, alarms: Sequence[Alarm]) -> None:
        """Call the function that was given for alarms, if one was; what it raises goes on to the trainer."""
        if callable(self._action):
            for alarm in alarms:
                self._action(alarm)

    def go_on(self, alarms: Sequence[Alarm]) -> None:
        """Take up the alarms that a run had before it was resumed: decorrelate again; the rest was done then."""
        for alarm in alarms:
            done = "nothing was done again when the run was resumed"
            if self._action == "decorrelate":
                done = f"{self._decorrelate(alarm)}, again as the run is resumed"
            key = [getattr(alarm, name) for name in _KEY]
            same = [entry for entry in self._earlier if [entry.get(name) for name in _KEY] == key]
            self._earlier = [entry for entry in self._earlier if entry not in same]
            self._note(alarm, done, same[-1] if same else None)

    def leave(self, alarms: Sequence[Alarm]) -> None:
        """Put on record alarms of a process that is not the first, about which nothing is done."""
        for alarm in alarms:
            self._note(alarm, "nothing was done: the first process's detectors decide")

    def _note(self, alarm: Alarm, done: str, known: Mapping[str, Any] | None = None) -> None:
        _LOGGER.warning("synthgym: %s; %s", alarm.text, done)
        self._entries.append(dict(known or {**asdict(alarm), "action": named(self._action), "done": done}))

    def record(self, facts: Mapping[str, Any]) -> None:
        """Write ``alarms.json``: `facts` of the watch, and every alarm with what was done about it.

        What another run left there, or this one past the checkpoint that it was resumed from, is kept as
        ``earlier_alarms``.
        """
        earlier = {"earlier_alarms": self._earlier} if self._earlier else {}
        text = json.dumps({**facts, "alarms": self._entries, **earlier}, indent=1)
        try:
            atomically(self._file, lambda path: path.write_text(text + "\n", encoding="utf-8"))
        except LogError as error:
            _LOGGER.warning("synthgym: the record of the alarms is not written: %s", error)

    def _decorrelate(self, alarm: Alarm) -> str:
        signal: Signal = self._reward.signal
        chosen = [shortcut for shortcut in signal.shortcuts if self._is_meant(shortcut, alarm)]
        spoken = ", ".join(shortcut.name for shortcut in chosen)
        if not chosen:
            return (
                f"nothing to decorrelate: {alarm.shortcut or 'a shortcut'} is not planted in {signal.label}"
            )
        changed = replace(
            signal, shortcuts=tuple(s.decorrelated() if s in chosen else s for s in signal.shortcuts)
        )
        if changed == signal:
            return f"{spoken} was decorrelated before"
        try:
            self._reward.signal = changed
        except AttributeError:
            return f"cannot decorrelate {spoken}: the signal of {type(self._reward).__name__} cannot be set"
        if not any(map(has_cue, chosen)):
            return f"{spoken} is decorrelated from the next batch on"
        if self._recued is None:
            return (
                f"{spoken} is decorrelated in the reward alone, and prompts keep their cues: {self._no_cues}"
            )
        self._recued.signal = changed
        return (
            f"{spoken} is decorrelated from the next batch on, and so are the cues in prompts not yet loaded"
        )

    def _is_meant(self, shortcut: Shortcut, alarm: Alarm) -> bool:
        """Whether the alarm is about a planted shortcut; one without a name is about all."""
        if alarm.shortcut is None:
            return True
        watched = self._watched.get(alarm.shortcut)
        if watched is None:
            return shortcut.name == alarm.shortcut
        return shortcut in (watched, watched.decorrelated())


def read_alarms(folder: Path) -> dict[str, Any] | None:
    """What ``alarms.json`` of a run folder says; None if there is none, or it is not a JSON object."""
    try:
        found = json.loads((folder / ALARMS).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _entries_of(folder: Path) -> list[dict[str, Any]]:
    """Every alarm that the record in a folder has."""
    found = read_alarms(folder) or {}
    lists = [found.get(name) for name in ("earlier_alarms", "alarms")]
    return [one for there in lists if isinstance(there, list) for one in there if isinstance(one, dict)]


def named(action: OnAlarm) -> str:
    """What the record calls an action."""
    return (
        action if isinstance(action, str) else f"calls {getattr(action, '__name__', type(action).__name__)}"
    )
