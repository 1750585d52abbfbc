"""The components of a signal: what a policy may learn from it, and which rollouts of a batch show it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

import numpy as np

from synthgym.baselines.predict.batch import Batch, FloatArray
from synthgym.errors import SettingError, ShortcutError, SynthGymError, shown
from synthgym.plugins import SHORTCUTS, as_signal
from synthgym.signal import Shortcut, Signal
from synthgym.types import Task

Kind: TypeAlias = Literal["truth", "shortcut", "null"]
TRUTH, NULL = "truth", "null"
NULL_DRAWS = 15
BY_TEXT = ("constant_accepted", "format_only", "keyword_stuffing", "magic_token", "praise", "unclosed_box")
"""Shortcuts that a completion's text shows, whatever the task: they can be looked for in a log without tasks."""
_ASKED = 16  # tasks on which a shortcut is asked whether it applies


@dataclass(frozen=True, kw_only=True)
class Component:
    """One thing that a policy may learn.

    Attributes:
        kind: the true task, a shortcut, or the null component: a random label, which nothing can learn.
        shortcut: of the kind "shortcut".
        planted: whether the signal pays for it; the true task counts as planted.
    """

    name: str
    kind: Kind
    planted: bool
    shortcut: Shortcut | None = None


def signal_of(label: str | Signal, planted: Sequence[str | Shortcut]) -> Signal:
    """The signal of that label with further shortcuts planted; one that is there already is not planted twice.

    Raises:
        SettingError, UnknownNameError: for a label or a shortcut that is wrong.
    """
    signal = as_signal(label)
    names = {shortcut.name for shortcut in signal.shortcuts}
    more: list[Shortcut] = []
    for given in planted:
        for shortcut in _made(given):
            if shortcut.name not in names:
                names.add(shortcut.name)
                more.append(shortcut)
    return replace(signal, shortcuts=(*signal.shortcuts, *more))


def components_of(signal: Signal, watched: Sequence[str | Shortcut]) -> list[Component]:
    """The true task, the signal's shortcuts, those watched beside them, and the null component.

    Raises:
        SettingError, UnknownNameError: for a shortcut that is wrong.
    """
    found = {
        s.name: Component(name=s.name, kind="shortcut", planted=True, shortcut=s) for s in signal.shortcuts
    }
    for given in watched:
        for s in _made(given):
            found.setdefault(s.name, Component(name=s.name, kind="shortcut", planted=False, shortcut=s))
    if NULL in found:  # the registered shortcut of that name; the random label is a component of its own
        given_null = found.pop(NULL)
        found["null shortcut"] = Component(
            name="null shortcut", kind="shortcut", planted=given_null.planted, shortcut=given_null.shortcut
        )
    return [
        Component(name=TRUTH, kind="truth", planted=True),
        *found.values(),
        Component(name=NULL, kind="null", planted=False),
    ]


def check_applies(components: Sequence[Component], tasks: Sequence[Task | None]) -> None:
    """Every shortcut makes sense on some of the tasks.

    Raises:
        SettingError: for the first that does not; it names those that do.
    """
    asked = [task for task in tasks[:: max(1, len(tasks) // _ASKED)] if task is not None][:_ASKED]
    for component in components:
        if component.shortcut is None or not asked or any(map(component.shortcut.applies_to, asked)):
            continue
        fitting = [name for name in SHORTCUTS.names() if _fits(name, asked[0])]
        family = asked[0].family
        raise SettingError(
            f"shortcut {component.shortcut.name} makes no sense on {family} in the template {asked[0].template}; "
            f"those that do: {', '.join(fitting) or 'none'}"
        )


_NO_TASK = Task.unknown("line")


def taken(
    component: Component, batch: Batch, rng: np.random.Generator, *, foreign: bool = False
) -> FloatArray:
    """Which of the batch's N rollouts show the component: 1 or 0, NaN where it cannot be told, (N,).

    In a `foreign` log, which names no tasks, those of `BY_TEXT` are told by the texts alone.
    """
    if component.kind == "truth":
        return batch.truth
    if component.shortcut is None:
        return typical_label(batch, rng)
    shortcut = component.shortcut
    by_text = foreign and shortcut.name in BY_TEXT
    tasks = [_NO_TASK] * len(batch) if by_text else batch.tasks
    return np.array(
        [_detected(shortcut, task, text) for task, text in zip(tasks, batch.completions, strict=True)],
        dtype=np.float64,
    )


def typical_label(batch: Batch, rng: np.random.Generator) -> FloatArray:
    """Of `NULL_DRAWS` random labels (N,), the one with the median slope: a single draw is unlucky once in twenty."""
    from synthgym.measure.push import slope

    drawn = rng.integers(0, 2, (NULL_DRAWS, len(batch))).astype(np.float64)
    slopes = [slope(batch.advantage, label, batch.group).value for label in drawn]
    order = np.argsort(slopes, kind="stable")
    median: FloatArray = drawn[order[NULL_DRAWS // 2]]
    return median


def _made(given: str | Shortcut) -> tuple[Shortcut, ...]:
    """The shortcuts of a name, or of names joined by +, spelled as in a signal's label; a shortcut as it is."""
    if isinstance(given, Shortcut):
        return (given,)
    if not isinstance(given, str) or not given:
        raise SettingError(f"shortcut {shown(given)} is no name; synthgym list --shortcuts has them")
    for name in given.split("+"):
        if name.isidentifier():
            SHORTCUTS.get(name)
    return as_signal(f"binary+{given}").shortcuts


def _fits(name: str, task: Task) -> bool:
    try:
        return SHORTCUTS.get(name)().applies_to(task)
    except SynthGymError:  # a plug-in that cannot be loaded is none to propose
        return False


def _detected(shortcut: Shortcut, task: Task | None, completion: str) -> float:
    if task is None:
        return float("nan")
    try:
        return float(shortcut.detect(task, completion)) if shortcut.applies_to(task) else float("nan")
    except SynthGymError:
        return float("nan")
    except Exception as error:
        raise ShortcutError(f"shortcut {shortcut.name} failed on {shown(completion)}: {error!r}") from error
