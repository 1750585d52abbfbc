"""Datasets out: Parquet or JSON-lines files in TRL's formats, with where they come from, and splits that cannot meet.

    synthgym.export("pairs.parquet", "chain_sum", n=5_000, format="preference", signal="rubric")
    synthgym.export("data", {"chain_sum": 3, "sorting_trace": 1}, n=5_000, format="prompt_completion")
    synthgym.export("sft.jsonl", source="runs/mine", format="prompt_completion")

A file appears whole or not at all. Rows are written as they are made, so that memory does not grow with them.
"""

import json
import os
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path
from typing import Any

from synthgym import __version__
from synthgym.envs.dataset_formats import Layout, Row, layout_of, row_of
from synthgym.envs.export_card import card, provenance_of_plan, provenance_of_run
from synthgym.envs.export_config import SUFFIXES, By, ExportConfig, ExportReport
from synthgym.envs.export_files import (
    appearing,
    appearing_folder,
    schema_of,
    with_metadata,
    write_jsonl,
    write_parquet,
    write_text,
)
from synthgym.envs.export_runs import RunSource
from synthgym.envs.mixture import Difficulty, Families, Plan, plan_of, try_one_of_each
from synthgym.errors import SettingError, shown, suggestion
from synthgym.plugins import as_signal
from synthgym.signal import Signal
from synthgym.types import SPLITS

__all__ = ["ExportConfig", "ExportReport", "export", "run_export"]

PROVENANCE, CARD = "provenance.json", "README.md"
_DATA = frozenset(f"{split}{suffix}" for split in SPLITS for suffix in SUFFIXES)


def export(
    path: str | os.PathLike[str],
    family: Families = (),
    *,
    n: int | None = None,
    format: str = "prompt_only",
    split: str | None = None,
    splits: Mapping[str, int] | None = None,
    difficulty: Difficulty = 0,
    template: str = "compact",
    answer_format: str | None = None,
    first_seed: int = 0,
    distinct: bool = False,
    conversational: bool = False,
    system: str | None = None,
    signal: str | Signal | None = None,
    source: str | os.PathLike[str] | None = None,
    phases: str | Sequence[str] = (),
    by: By = "reward",
    threshold: float = 0.5,
    file_type: str = "parquet",
    overwrite: bool = False,
) -> ExportReport:
    """Write tasks of families, or the rollouts of a run, as a dataset for a trainer.

    Args:
        path: a file that ends in .parquet or .jsonl, with its provenance beside it; or a folder, which
            ``datasets.load_dataset`` reads with the splits train and test.
        family, difficulty, template, answer_format, first_seed, distinct: as for `synthgym.tasks`.
        n: rows; in a folder, those of train, and a tenth as many of test. 1,000 by default; all of a run.
        format, conversational, system, signal: as for `synthgym.dataset`.
        split: of a single file, train by default.
        splits: the rows of each split in a folder, ``{"train": 5_000, "test": 500}``.
        source: a run folder: its rollouts, and not worked solutions, are exported.
        phases: of the run; train by default, and eval besides for a folder.
        by: what makes a rollout good: its "reward", or (oracle) the "truth".
        threshold: the least reward of a good rollout.
        file_type: of the files in a folder, parquet or jsonl.
        overwrite: replace an earlier export.

    Raises:
        SettingError: for a value outside what is accepted, a path that cannot be written, or one that is there.
        UnknownNameError, FamilyError: as `synthgym.tasks` does. LogError: if a run cannot be read.
    """
    names = (
        tuple(family) if isinstance(family, Sequence | Mapping) and not isinstance(family, str) else (family,)
    )
    rows = _splits(splits)
    if splits is not None and n is not None:
        raise SettingError(f"n={n} and splits={shown(dict(splits))}: give one of them")
    config = ExportConfig(
        out=_path("path", path),
        family=names,
        format=format,
        n=rows.get("train", n),
        test_n=rows.get("test"),
        split=split if splits is None or len(rows) > 1 else next(iter(rows)),
        file_type=file_type,  # type: ignore[arg-type]  # the config says what is wrong with it
        template=template,
        answer_format=answer_format,
        seed=first_seed,
        distinct=distinct,
        conversational=conversational,
        system=system,
        source=None if source is None else _path("source", source),
        phases=(phases,) if isinstance(phases, str) else tuple(phases),
        by=by,
        threshold=threshold,
        overwrite=overwrite,
    )
    return _Export(config, family, difficulty, signal).run()


def run_export(config: ExportConfig) -> ExportReport:
    """Write what `config` says.

    Raises:
        SynthGymError: as `export` does.
    """
    weighted = dict(zip(config.family, config.weights, strict=True)) if config.weights else config.family
    course = config.difficulty[0] if len(config.difficulty) == 1 else config.difficulty
    return _Export(config, weighted, course, config.signal).run()


def _path(name: str, value: str | os.PathLike[str]) -> Path:
    try:
        if "\0" in os.fspath(value):
            raise SettingError(f"{name} {shown(value)} has a null character, which no path can have")
        return Path(value)
    except TypeError:
        raise SettingError(f"{name} {shown(value)} is no path") from None


def _splits(splits: Mapping[str, int] | None) -> Mapping[str, int]:
    if splits is None:
        return {}
    if not isinstance(splits, Mapping) or not splits:
        raise SettingError(f"splits {shown(splits)} is not rows by split; {{'train': 5000, 'test': 500}} is")
    for name in splits:
        if name not in SPLITS:
            raise SettingError(f"splits names {shown(name)}{suggestion(str(name), SPLITS)}")
    return splits


@dataclass(frozen=True)
class _Export:
    """One export, from settings to files."""

    config: ExportConfig
    family: Families
    difficulty: Difficulty
    signal: str | Signal | None

    def run(self) -> ExportReport:
        """Write the rows of each split, then the provenance."""
        started = time.perf_counter()
        layout = layout_of(self.config.format, self.config.conversational, self.config.system)
        made = self._of_a_run(layout) if self.config.source else self._of_families(layout)
        try:
            self._check_free()
        except OSError as error:
            raise SettingError(f"cannot write {self.config.out}: {error}") from error
        if self.config.is_folder:
            with appearing_folder(self.config.out.absolute()) as folder:
                written = self._write_all(
                    {split: folder / self._name(split) for split in self.config.rows}, made
                )
                provenance = self._describe(made, folder, written)
        else:
            written = self._write_all(dict.fromkeys(self.config.rows, self.config.out), made)
            provenance = self._describe(made, self.config.out.parent, written)
        self._drop_stale(written)
        files = {split: self._file(split) for split in written}
        return ExportReport(
            out=str(self.config.out),
            format=self.config.format,
            columns=tuple(made.columns),
            files={split: str(file) for split, file in files.items()},
            provenance=str(self._beside(provenance)),
            rows=written,
            bytes={split: file.stat().st_size for split, file in files.items()},
            seconds=time.perf_counter() - started,
            skipped={why: count for why, count in made.skipped.items() if count},
        )

    def _of_families(self, layout: Layout) -> "_FamilyRows":
        config = self.config
        plans = {
            split: plan_of(
                self.family,
                n,
                split=split,
                difficulty=self.difficulty,
                template=config.template,
                answer_format=config.answer_format,
                first_seed=config.seed,
                distinct=config.distinct,
                signal=self.signal,
            )
            for split, n in config.rows.items()
        }
        for plan in plans.values():
            try_one_of_each(plan)
        return _FamilyRows(plans, layout, as_signal("binary" if self.signal is None else self.signal))

    def _of_a_run(self, layout: Layout) -> "_RunRows":
        config = self.config
        both = config.is_folder and config.split is None
        source = RunSource(
            source=config.source or Path(),
            layout=layout,
            phases=config.phases or (("train", "eval") if both else ("train",)),
            by=config.by,
            threshold=config.threshold,
            distinct=config.distinct,
        )
        whole = not config.is_folder and config.split is None
        return _RunRows(source, config.rows, whole)

    def _name(self, split: str) -> str:
        return f"{split}.{self.config.file_type}"

    def _file(self, split: str) -> Path:
        out = self.config.out
        return out / self._name(split) if self.config.is_folder else out

    def _beside(self, name: str) -> Path:
        return (self.config.out if self.config.is_folder else self.config.out.parent) / name

    def _check_free(self) -> None:
        """Refuse to write over what is there, or into a folder that ``load_dataset`` would then mix up."""
        out, again = self.config.out, "give another path, or set overwrite"
        if not self.config.is_folder:
            if out.is_dir():
                raise SettingError(
                    f"{out} is a folder; its name is a file's, so remove it or give another path"
                )
            if out.exists() and not self.config.overwrite:
                raise SettingError(f"{out} is there already; {again}")
            return
        if out.exists() and not out.is_dir():
            raise SettingError(
                f"{out} is a file; give a folder, or a name that ends in {' or '.join(SUFFIXES)}"
            )
        there = {entry.name for entry in out.iterdir()} if out.is_dir() else set()
        strangers = sorted(there - {*_DATA, PROVENANCE, CARD})
        if strangers or (there and PROVENANCE not in there):
            named = ", ".join((strangers or sorted(there))[:3])
            raise SettingError(f"{out} holds files that are no export's ({named}); give a folder of its own")
        if there and not self.config.overwrite:
            raise SettingError(f"{out} holds an export already; {again}")

    def _write_all(self, files: Mapping[str, Path], made: "_FamilyRows | _RunRows") -> dict[str, int]:
        """Write the rows of every split that has any; how many each has."""
        written: dict[str, int] = {}
        for split, file in files.items():
            rows = made.rows(split)
            first = next(rows, None)
            if first is not None:
                written[split] = self._write(file, chain([first], rows), made, split)
        if not written:
            reasons = ", ".join(f"{count:,} {why}" for why, count in made.skipped.items() if count)
            raise SettingError(
                f"{self.config.source} gives no row of {self.config.format} ({reasons or 'no rollout fits'})"
            )
        return written

    def _write(self, file: Path, rows: Iterator[Row], made: "_FamilyRows | _RunRows", split: str) -> int:
        with appearing(file) as path:
            if file.suffix.lower() == ".jsonl":
                return write_jsonl(path, rows)
            described = made.provenance({split: self.config.rows[split]})
            return write_parquet(path, rows, with_metadata(schema_of(made.columns), described))

    def _describe(self, made: "_FamilyRows | _RunRows", folder: Path, written: Mapping[str, int]) -> str:
        """Write where the rows come from; the name of the file that says so."""
        provenance = made.provenance(written)
        name = PROVENANCE if self.config.is_folder else f"{self.config.out.name}.{PROVENANCE}"
        write_text(folder / name, json.dumps(provenance, indent=1, sort_keys=True) + "\n")
        if self.config.is_folder:
            write_text(folder / CARD, card(provenance, {split: self._name(split) for split in written}))
        return name

    def _drop_stale(self, written: Mapping[str, int]) -> None:
        """Take out of a folder what an earlier export left there."""
        if self.config.is_folder:
            for name in _DATA - {self._name(split) for split in written}:
                (self.config.out / name).unlink(missing_ok=True)


@dataclass(frozen=True)
class _FamilyRows:
    """Rows of generated tasks."""

    plans: Mapping[str, Plan]
    layout: Layout
    judge: Signal

    @property
    def columns(self) -> dict[str, str]:
        """The kinds of the columns, by name."""
        said = "messages" if self.layout.conversational else "text"
        kinds = {"label": "flag", "completions": "texts", "labels": "flags", "messages": "messages"}
        return {**{name: kinds.get(name, said) for name in self.layout.columns}, "task": "text"}

    @property
    def skipped(self) -> dict[str, int]:
        """Every task gives a row."""
        return {}

    def rows(self, split: str) -> Iterator[Row]:
        """The rows of one split."""
        for place, task in self.plans[split].tasks():
            yield row_of(task, place.turn, self.layout, self.judge)

    def provenance(self, rows: Mapping[str, int | None]) -> dict[str, Any]:
        """Where the rows come from."""
        found = provenance_of_plan(next(iter(self.plans.values())), self.judge)
        return {"synthgym": __version__, **_layout(self), **found, "rows": dict(rows)}


@dataclass(frozen=True)
class _RunRows:
    """Rows of a run's rollouts."""

    source: RunSource
    wanted: Mapping[str, int | None]
    whole: bool

    @property
    def layout(self) -> Layout:
        """How rows are written."""
        return self.source.layout

    @property
    def columns(self) -> dict[str, str]:
        """The kinds of the columns, by name."""
        return self.source.columns

    @property
    def skipped(self) -> Mapping[str, int]:
        """What gave no row, by the reason."""
        return self.source.skipped

    def rows(self, split: str) -> Iterator[Row]:
        """The rows of one split; of both, if one file was asked for and no split."""
        return islice(self.source.rows(None if self.whole else split), self.wanted[split])

    def provenance(self, rows: Mapping[str, int | None]) -> dict[str, Any]:
        """Where the rows come from."""
        return {
            "synthgym": __version__,
            **_layout(self),
            **provenance_of_run(self.source),
            "rows": dict(rows),
        }


def _layout(made: "_FamilyRows | _RunRows") -> dict[str, Any]:
    layout = made.layout
    return {
        "format": layout.format,
        "conversational": layout.conversational,
        "system": layout.system,
        "columns": list(made.columns),
    }
