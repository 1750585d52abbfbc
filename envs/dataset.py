"""Tasks in bulk: a list of them, or a `datasets.Dataset` that a trainer reads."""

from collections.abc import Iterator, Sequence
from functools import partial
from itertools import count
from typing import TYPE_CHECKING

from synthgym.errors import FamilyError, MissingExtraError, SettingError, ShortcutError, shown
from synthgym.family import Family
from synthgym.plugins import as_signal, get_family
from synthgym.rng import Rng
from synthgym.signal import Signal
from synthgym.types import Task

if TYPE_CHECKING:
    from datasets import Dataset

_MISSES = 1_000
_MISSES_PER_INSTANCE = 20  # an instance as likely as the others is then missed with probability exp(-20)


def dataset(
    family: str | Sequence[str],
    *,
    n: int,
    split: str = "train",
    difficulty: int = 0,
    template: str = "compact",
    answer_format: str | None = None,
    first_seed: int = 0,
    distinct: bool = False,
    conversational: bool = False,
    signal: str | Signal | None = None,
) -> "Dataset":
    """A dataset of `n` rows with the columns `prompt` and `task`, the task as its JSON text.

    Args:
        conversational: prompts are message lists, ``[{"role": "user", "content": ...}]``, and not texts.
        family, split, difficulty, template, answer_format, first_seed, distinct, signal: as for `tasks`.

    Raises:
        MissingExtraError: if `datasets` is not installed.
        SettingError, UnknownNameError, FamilyError: as `tasks` does.
    """
    try:
        from datasets import Dataset
    except ImportError:
        raise MissingExtraError("datasets", "train") from None
    rows = tasks(
        family,
        n,
        split=split,
        difficulty=difficulty,
        template=template,
        answer_format=answer_format,
        first_seed=first_seed,
        distinct=distinct,
        signal=signal,
    )
    prompts = [[{"role": "user", "content": t.prompt}] if conversational else t.prompt for t in rows]
    return Dataset.from_dict({"prompt": prompts, "task": [task.to_json() for task in rows]})


def tasks(
    family: str | Sequence[str],
    n: int,
    *,
    split: str = "train",
    difficulty: int = 0,
    template: str = "compact",
    answer_format: str | None = None,
    first_seed: int = 0,
    distinct: bool = False,
    signal: str | Signal | None = None,
) -> list[Task]:
    """`n` tasks; equal arguments, equal tasks.

    Args:
        family: a name, or several, which then take turns; a name given twice gets two turns.
        first_seed: each family's seeds count up from here.
        distinct: leave out tasks whose instance was there before, and go on with the next seed.
        signal: its shortcuts put their cues in the prompts; None puts in none.

    Raises:
        UnknownNameError: for a family or signal that is not registered.
        SettingError: for a value outside what is accepted.
        FamilyError: with `distinct`, if a family has too few instances.
    """
    names = [family] if isinstance(family, str) else list(family)
    if not names:
        raise SettingError("no family given; at least one is needed")
    if not isinstance(n, int) or isinstance(n, bool) or n < 1:
        raise SettingError(f"n {shown(n)} is not a whole number above 0")
    settled = None if signal is None else as_signal(signal)
    streams = {}
    for name in names:
        known = get_family(name)
        draw = partial(
            known.task, split=split, difficulty=difficulty, template=template, answer_format=answer_format
        )
        stream = map(draw, count(first_seed))
        streams[name] = _distinct(known, stream) if distinct else stream
    drawn = [next(streams[names[i % len(names)]]) for i in range(n)]
    return drawn if settled is None else [with_cues(task, settled) for task in drawn]


def with_cues(task: Task, signal: Signal) -> Task:
    """`task` with the cues that the signal's shortcuts put in its prompt; the same task, the same cues.

    Raises:
        ShortcutError: if a shortcut makes anything but a task of it.
    """
    for shortcut in signal.shortcuts:
        cued = shortcut.on_task(task, Rng("cue", shortcut.name, task.id))
        if not isinstance(cued, Task):
            raise ShortcutError(f"shortcut {shortcut.name}: on_task returned {shown(cued)}; a Task is needed")
        task = cued
    return task


def _distinct(family: Family, stream: Iterator[Task]) -> Iterator[Task]:
    """The tasks of `stream` whose instance was not there before."""
    seen: set[str] = set()
    misses = 0
    for task in stream:
        instance = family.instance_key(task.facts)
        if instance not in seen:
            seen.add(instance)
            misses = 0
            yield task
            continue
        misses += 1
        if misses >= _MISSES + _MISSES_PER_INSTANCE * len(seen):
            raise FamilyError(
                f"{family.name} has {len(seen)} distinct {task.split} instances at difficulty {task.difficulty}, or "
                f"too rare ones ({misses:,} draws brought no other): ask for fewer tasks, a higher difficulty, or "
                "distinct=False"
            )
