"""Tasks in bulk: a list of them, or a `datasets` dataset that a trainer reads, whole or streamed."""

from collections.abc import Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING

from synthgym.envs.dataset_formats import Format, Layout, Row, features, layout_of, row_of
from synthgym.envs.mixture import Difficulty, Families, Place, Plan, plan_of, try_one_of_each, with_cues
from synthgym.errors import MissingExtraError, SettingError, shown
from synthgym.plugins import as_signal
from synthgym.signal import Signal
from synthgym.types import Task

if TYPE_CHECKING:
    from datasets import Dataset, IterableDataset

__all__ = ["dataset", "tasks", "with_cues"]


def dataset(
    family: Families,
    *,
    n: int | None = None,
    format: Format | str = "prompt_only",
    split: str = "train",
    difficulty: Difficulty = 0,
    template: str = "compact",
    answer_format: str | None = None,
    first_seed: int = 0,
    distinct: bool = False,
    conversational: bool = False,
    system: str | None = None,
    environment: bool = False,
    signal: str | Signal | None = None,
    streaming: bool = False,
    shards: int = 1,
) -> "Dataset | IterableDataset":
    """A dataset of `n` rows in one of TRL's formats, with the column `task` besides: the task as its JSON text.

    Args:
        family, split, difficulty, template, answer_format, first_seed, distinct: as for `tasks`.
        format: the columns; see `synthgym.envs.dataset_formats`.
        conversational: prompts and answers are message lists, ``[{"role": "user", "content": ...}]``, and not texts.
        system: a system message that opens conversational prompts.
        environment: a further column ``environment`` holds the family's name, by which TRL picks an environment
            where `synthgym.environment_factory` gave it several.
        signal: its shortcuts put their cues in the prompts, and its rewards say which response is the better one;
            None puts in none, and the truth ("binary") says.
        streaming: an `IterableDataset` with the same rows, made when they are read; n=None goes on for ever.
        shards: of a stream, for as many processes and workers to read it side by side; shard s has the rows s,
            s + shards, ..., so that a single reader gets the rows of shard 0 first.

    Raises:
        MissingExtraError: if `datasets` is not installed.
        SettingError, UnknownNameError, FamilyError: as `tasks` does; for a format that there is not, or settings
            that do not fit together.
    """
    try:
        from datasets import Dataset
    except ImportError:
        raise MissingExtraError("datasets", "train") from None
    layout = layout_of(format, conversational, system, environment)
    if n is None and not streaming:
        raise SettingError("n is not given; say how many rows, or set streaming=True for an endless dataset")
    plan = plan_of(
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
    judge = as_signal("binary" if signal is None else signal)
    if streaming:
        return _streamed(plan, layout, judge, shards)
    if shards != 1:
        raise SettingError(f"shards={shown(shards)} splits a stream; set streaming=True, too")
    rows = [row_of(task, place.turn, layout, judge) for place, task in plan.tasks()]
    kinds = features(layout)
    return Dataset.from_dict({name: [row[name] for row in rows] for name in kinds}, features=kinds)


def tasks(
    family: Families,
    n: int,
    *,
    split: str = "train",
    difficulty: Difficulty = 0,
    template: str = "compact",
    answer_format: str | None = None,
    first_seed: int = 0,
    distinct: bool = False,
    signal: str | Signal | None = None,
) -> list[Task]:
    """`n` tasks; equal arguments, equal tasks.

    Args:
        family: a name; several, which then take turns (a name given twice gets two turns); or weights by name:
            ``{"chain_sum": 3, "sorting_trace": 1}`` gives three rows in four to the first, evenly interleaved.
        difficulty: a whole number from 0 to 10; several, for stages of equal length; a function of the row's
            number; or one of these by family. The rows stand in that order: trainers shuffle them unless told
            ``shuffle_dataset=False`` (GRPO, RLOO), or a sequential sampler (the others).
        first_seed: each family's seeds count up from here.
        distinct: leave out tasks whose instance was there before, and go on with the next seed.
        signal: its shortcuts put their cues in the prompts; None puts in none.

    Raises:
        UnknownNameError: for a family or signal that is not registered.
        SettingError: for a value outside what is accepted.
        FamilyError: with `distinct`, if a family has too few instances.
    """
    if n is None:
        raise SettingError("n None is not a whole number above 0")
    plan = plan_of(
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
    return [task for _, task in plan.tasks()]


def _streamed(plan: Plan, layout: Layout, judge: Signal, shards: int) -> "IterableDataset":
    """The plan's rows as a stream: places, which cost next to nothing, and only then what is made of them.

    A reader that resumes, or that skips another's rows, so passes over places and draws no task for them.
    """
    from datasets import Features, IterableDataset, Value

    if plan.distinct:
        raise SettingError(
            "distinct=True needs to know all rows before, and a stream does not: make the dataset without "
            "streaming, or leave distinct out"
        )
    if type(shards) is not int or shards < 1:
        raise SettingError(f"shards {shown(shards)} is not a whole number above 0")
    try_one_of_each(plan)
    kinds = Features({"row": Value("int64"), "family": Value("string"), "turn": Value("int64")})
    places = IterableDataset.from_generator(
        _places, features=kinds, gen_kwargs={"plan": plan, "stride": shards, "shards": list(range(shards))}
    )
    made = partial(_row_at, plan=plan, layout=layout, judge=judge)
    return places.map(made, remove_columns=list(kinds), features=features(layout))


def _places(plan: Plan, stride: int, shards: Sequence[int]) -> Iterator[Row]:
    for shard in shards:
        for place in plan.places(shard, stride):
            yield {"row": place.row, "family": place.family, "turn": place.turn}


def _row_at(place: Row, *, plan: Plan, layout: Layout, judge: Signal) -> Row:
    there = Place(place["row"], place["family"], place["turn"])
    return row_of(plan.task(there), there.turn, layout, judge)
