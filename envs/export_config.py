"""What an export is told; apart from the exporting itself, so that the command line's help loads nothing heavy."""

import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Literal, TypeAlias, get_args

import tyro

from synthgym.errors import SettingError, shown, suggestion
from synthgym.settings import Flag, OptionalPath, OptionalSignal, OptionalText, OptionalWhole
from synthgym.types import SPLITS

By: TypeAlias = Literal["reward", "truth"]
SUFFIXES = (".parquet", ".jsonl")


@dataclass(frozen=True, kw_only=True)
class ExportConfig:
    """What is written, from where, and to where.

    Raises:
        SettingError: for a value outside what is accepted, or values that do not fit together.
    """

    family: Annotated[tyro.conf.Positional[tuple[str, ...]], tyro.conf.arg(metavar="FAMILY ...")] = ()
    """The families, which take turns; none when a run is exported."""
    out: Path
    """A file that ends in .parquet or .jsonl, or a folder for a train and a test file."""
    format: str = "prompt_only"
    """prompt_only, language_modeling, prompt_completion, preference, unpaired_preference, stepwise_supervision."""
    n: OptionalWhole = None
    """Rows of the train file, or of the one file; of a run, all by default, else 1000."""
    test_n: OptionalWhole = None
    """Rows of a folder's test file; a tenth of n by default."""
    split: OptionalText = None
    """The split of a single file: train (by default) or test."""
    file_type: Literal["parquet", "jsonl"] = "parquet"
    """Of the files in a folder."""
    weights: Annotated[tuple[float, ...], tyro.conf.arg(metavar="WEIGHT ...")] = ()
    """How many rows each family gets, relative to the others; all alike by default."""
    difficulty: Annotated[tuple[int, ...], tyro.conf.arg(metavar="INT ...")] = (0,)
    """0 to 10; several are stages of equal length."""
    template: str = "compact"
    """How prompts are worded: compact or natural."""
    answer_format: OptionalText = None
    """How the final answer is written; the template's own by default."""
    seed: int = 0
    """Each family's seeds count up from here."""
    distinct: Flag = False
    """Leave out what was there before: instances, or a run's equal completions."""
    conversational: Flag = False
    """Message lists in place of texts."""
    system: OptionalText = None
    """A system message that opens conversational prompts."""
    signal: OptionalSignal = None
    """Says which response is the better one: binary (by default), rubric, token; add +SHORTCUT to plant one."""
    source: OptionalPath = None
    """A run folder, whose rollouts are exported in place of worked solutions."""
    phases: Annotated[tuple[str, ...], tyro.conf.arg(metavar="PHASE ...")] = ()
    """Of the run: train, eval, probe; by default train, and for a folder eval, too."""
    by: By = "reward"
    """What makes a rollout good: the reward it was paid, or (oracle) the truth."""
    threshold: float = 0.5
    """The least reward of a good rollout; a right answer's is at least 0.6 under rubric and token."""
    overwrite: Flag = False
    """Replace an earlier export."""

    def __post_init__(self) -> None:
        if self.by not in get_args(By):
            raise SettingError(f"no by {shown(self.by)}{suggestion(str(self.by), get_args(By))}")
        if self.file_type not in ("parquet", "jsonl"):
            raise SettingError(
                f"no file_type {shown(self.file_type)}{suggestion(str(self.file_type), ('parquet', 'jsonl'))}"
            )
        if self.split is not None and self.split not in SPLITS:
            raise SettingError(f"no split {shown(self.split)}{suggestion(str(self.split), SPLITS)}")
        for name in ("n", "test_n"):
            value = getattr(self, name)
            if value is not None and (type(value) is not int or value < 1):
                raise SettingError(f"{name} {shown(value)} is not a whole number above 0")
        threshold: object = self.threshold
        if not isinstance(threshold, int | float) or math.isnan(threshold):
            raise SettingError(f"threshold {shown(threshold)} is not a number")
        if self.source is None and not self.family:
            raise SettingError("nothing to export: name a family, or give a run's folder as source")
        if self.source is not None and self.family:
            raise SettingError(
                f"families ({', '.join(self.family)}) and a source ({self.source}): a run's tasks are its own, so "
                "leave the families out, or the source"
            )
        if self.phases:
            self._check_phases()
        if self.weights and len(self.weights) != len(self.family):
            raise SettingError(
                f"{len(self.weights)} weights for {len(self.family)} families; give each family one"
            )
        if self.weights and len(set(self.family)) < len(self.family):
            raise SettingError(f"families {', '.join(self.family)} with weights: name each family once")
        if not self.is_folder and self.test_n is not None:
            raise SettingError(
                f"{self.out} is one file, which holds one split; give a folder for train and test, or split='test'"
            )

    def _check_phases(self) -> None:
        from synthgym.rollout import PHASES  # it loads pyarrow, which the command line's help can do without

        for phase in self.phases:
            if phase not in PHASES:
                raise SettingError(f"no phase {shown(phase)}{suggestion(str(phase), PHASES)}")
        if self.source is None:
            raise SettingError(
                f"phases {', '.join(self.phases)} are those of a run: give its folder as source, or leave them out"
            )

    @property
    def is_folder(self) -> bool:
        """Whether `out` is a folder.

        Raises:
            SettingError: if it ends as neither a folder nor a file that can be written.
        """
        suffix = self.out.suffix.lower()
        if suffix in SUFFIXES:
            return False
        if suffix in (".json", ".csv", ".arrow", ".jsonlines", ".ndjson", ".gz", ".pq", ".txt", ".zip"):
            raise SettingError(
                f"{self.out}: files that end in {suffix} are not written; use {' or '.join(SUFFIXES)}"
            )
        return True

    @property
    def rows(self) -> dict[str, int | None]:
        """The rows of each split that is written; None for all."""
        whole = self.n if self.n is not None or self.source else 1000
        if not self.is_folder:
            return {self.split or "train": whole}
        if self.split is not None:
            return {self.split: whole if self.split == "train" or self.test_n is None else self.test_n}
        if self.n is None and self.test_n is not None and self.source is None:
            return {"test": self.test_n}
        tenth = None if whole is None else max(1, whole // 10)
        return {"train": whole, "test": self.test_n if self.test_n is not None else tenth}


@dataclass(frozen=True, kw_only=True)
class ExportReport:
    """What was written.

    Attributes:
        files: of the rows, by split.
        provenance: the file that says where they come from; a folder's dataset card stands beside it.
        rows: by split.
        bytes: by split.
        skipped: rollouts that gave no row, by the reason.
    """

    out: str
    format: str
    columns: tuple[str, ...]
    files: dict[str, str]
    provenance: str
    rows: dict[str, int]
    bytes: dict[str, int]
    seconds: float
    skipped: dict[str, int] = field(default_factory=dict)

    def __str__(self) -> str:
        lines = [
            f"{split}: {self.rows[split]:,} rows of {self.format}, {self.bytes[split]:,} bytes: {file}"
            for split, file in self.files.items()
        ]
        left_out = ", ".join(f"{count:,} {reason}" for reason, count in self.skipped.items())
        return "\n".join([*lines, *([f"left out: {left_out}"] if left_out else [])])
