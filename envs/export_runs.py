"""The rollouts of a run as rows of a dataset: what a policy really wrote, with what it was paid for it.

Good is what the *reward* says (``reward >= threshold``), and between two completions of a group the higher reward;
the truth is oracle-only, and says it only where it is asked for by name. A completion without a reward gives no row.
"""

import hashlib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from synthgym.envs.dataset_formats import Format, Layout, Row
from synthgym.envs.export_config import By
from synthgym.errors import SettingError, shown, suggestion
from synthgym.log import PHASES, escape_surrogates, run_folders, unescape_surrogates
from synthgym.log_files import KEY, parts_of, read_part

Rollout: TypeAlias = dict[str, Any]
_READ = [
    *KEY, "phase", "group", "task_id", "family", "split", "prompt", "completion", "escaped", "reward", "credits",
    "truth",
]  # fmt: skip
_TEXTS = ("prompt", "completion")
_ONE = {
    "task_id": "text",
    "run": "text",
    "step": "whole",
    "index": "whole",
    "reward": "number",
    "escaped": "flag",
}
_TWO = {
    "task_id": "text", "run": "text", "step": "whole", "chosen_index": "whole", "rejected_index": "whole",
    "chosen_reward": "number", "rejected_reward": "number", "escaped": "flag",
}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class RunSource:
    """Rollouts as rows.

    Attributes:
        source: a run folder, or one above several.
        phases: those that are read.
        by: "reward", or "truth" (oracle).
        threshold: the least reward of a good rollout.
        distinct: leave out a completion of a prompt that was there before.
        skipped: counts, by its reason, what gave no row.
    """

    source: Path
    layout: Layout
    phases: Sequence[str]
    by: By = "reward"
    threshold: float = 0.5
    distinct: bool = False
    skipped: Counter[str] = field(default_factory=Counter)
    families: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        if self.layout.format == "prompt_only":
            raise SettingError(
                "a run exported as prompt_only would lose its completions; prompts come from a family: "
                "synthgym.dataset(...), or a format with completions"
            )
        for phase in self.phases:
            if phase not in PHASES:
                raise SettingError(f"no phase {shown(phase)}{suggestion(str(phase), PHASES)}")

    @property
    def columns(self) -> dict[str, str]:
        """The kinds of the columns, by name; the last ones say where a row comes from."""
        said = "messages" if self.layout.conversational else "text"
        kinds = {"label": "flag", "completions": "texts", "labels": "flags", "messages": "messages"}
        further = _TWO if self.layout.format == "preference" else _ONE
        return {**{name: kinds.get(name, said) for name in self.layout.columns}, **further}

    def rows(self, split: str | None) -> Iterator[Row]:
        """The rows of one split, or of both, in the run's order.

        Raises:
            LogError: if a part of the run cannot be read.
            SettingError: if the format needs credits, and no rollout has any.
        """
        if self.layout.format == "preference":
            yield from self._pairs(split)
            return
        make = _MAKERS[self.layout.format]
        for rollout in self._read(split):
            row = make(self, rollout)
            if row is not None:
                self.families[rollout["family"] or "unknown"] += 1
                yield self._escaped(row | {name: rollout[name] for name in _ONE if name != "escaped"})

    def good(self, rollout: Rollout) -> bool:
        """Whether it is one to imitate."""
        return bool(rollout["truth"] if self.by == "truth" else rollout["reward"] >= self.threshold)

    def _value(self, rollout: Rollout) -> float:
        return float(rollout["truth"] if self.by == "truth" else rollout["reward"])

    def _pairs(self, split: str | None) -> Iterator[Row]:
        """The best of a group with its worst, the next best with the next worst, while their values differ."""

        def group(rollout: Rollout) -> tuple[Any, ...]:
            alone = rollout["index"] if rollout["group"] is None else None
            return tuple(rollout[name] for name in ("run", "step", "phase", "group", "task_id", "prompt")) + (
                alone,
            )

        for _, members in groupby(self._read(split), key=group):
            ranked = sorted(members, key=self._value, reverse=True)
            found = 0
            for best, worst in zip(ranked, reversed(ranked), strict=True):
                if self._value(best) <= self._value(worst):
                    break
                if best["completion"] == worst["completion"]:
                    continue
                found += 1
                self.families[best["family"] or "unknown"] += 1
                yield self._escaped(self._pair(best, worst))
            self.skipped["groups without two different values"] += not found

    def _pair(self, best: Rollout, worst: Rollout) -> Row:
        return {
            "prompt": best["prompt"],
            "chosen": best["completion"],
            "rejected": worst["completion"],
            **{name: best[name] for name in ("task_id", "run", "step")},
            "chosen_index": best["index"],
            "rejected_index": worst["index"],
            "chosen_reward": best["reward"],
            "rejected_reward": worst["reward"],
        }

    def _read(self, split: str | None) -> Iterator[Rollout]:
        """The rollouts that count, one part in memory at a time."""
        seen: set[bytes] = set()
        for rollout in self._every():
            if rollout["phase"] not in self.phases or split not in (None, rollout["split"] or "train"):
                continue
            if rollout["reward"] is None or (self.by == "truth" and rollout["truth"] is None):
                self.skipped["unscored" if rollout["reward"] is None else "of unknown truth"] += 1
                continue
            if rollout["escaped"]:
                rollout |= {name: unescape_surrogates(rollout[name]) for name in _TEXTS}
            if self.distinct and self._again(rollout, seen):
                continue
            yield rollout

    def _again(self, rollout: Rollout, seen: set[bytes]) -> bool:
        text = f"{rollout['prompt']}\0{rollout['completion']}"
        mark = hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()
        self.skipped["repeated"] += mark in seen
        before = mark in seen
        seen.add(mark)
        return before

    def _every(self) -> Iterator[Rollout]:
        for folder in run_folders(self.source):
            parts = parts_of(folder)
            starts, kept = _counting_rows(parts)
            for start, part in zip(starts, parts, strict=True):
                table: pa.Table = read_part(part, _READ)
                at = start
                for batch in table.to_batches(max_chunksize=1_000):
                    for row in batch.to_pylist():
                        if kept[at]:
                            yield row
                        at += 1

    def _escaped(self, row: Row) -> Row:
        """The row as its columns hold it: laid out, and with its texts escaped, all or none."""
        names = [name for name in ("prompt", "completion", "chosen", "rejected", "text") if name in row]
        texts = [row[name] for name in names] + list(row.get("completions", ()))
        escaped = not all(_is_utf8(text) for text in texts)
        write = escape_surrogates if escaped else str
        row = row | {name: write(row[name]) for name in names} | {"escaped": escaped}
        if "completions" in row:
            row["completions"] = [write(text) for text in row["completions"]]
        answers = {n: self.layout.answer(row[n]) for n in ("completion", "chosen", "rejected") if n in row}
        row |= answers | {"prompt": self.layout.prompt(row["prompt"])}
        if self.layout.format == "language_modeling":
            row |= self.layout.whole(row["prompt"], row["completion"])
        return {name: row[name] for name in self.columns}


def _whole(source: RunSource, rollout: Rollout) -> Row | None:
    if not source.good(rollout):
        source.skipped["not good enough"] += 1
        return None
    return {name: rollout[name] for name in _TEXTS}


def _unpaired(source: RunSource, rollout: Rollout) -> Row | None:
    return {**{name: rollout[name] for name in _TEXTS}, "label": source.good(rollout)}


def _stepwise(source: RunSource, rollout: Rollout) -> Row | None:
    """The credited spans as steps; a span is sound if its credit is full."""
    spans = [credit for credit in rollout["credits"] or () if credit["end"] > credit["start"]]
    if not spans:
        source.skipped["without credits"] += 1
        return None
    text = rollout["completion"]
    return {
        "prompt": rollout["prompt"],
        "completions": [text[span["start"] : span["end"]].strip("\n") for span in spans],
        "labels": [span["value"] >= 1.0 for span in spans],
    }


_MAKERS: Mapping[Format, Callable[[RunSource, Rollout], Row | None]] = {
    "language_modeling": _whole,
    "prompt_completion": _whole,
    "unpaired_preference": _unpaired,
    "stepwise_supervision": _stepwise,
}


def _counting_rows(parts: Sequence[Path]) -> tuple[list[int], NDArray[np.bool_]]:
    """Where each part's rows start, and which rows count: of rows with one key, the last."""
    keys: list[NDArray[np.int64]] = [np.zeros(0, np.int64)]
    starts: list[int] = []
    for part in parts:
        starts.append(sum(len(one) for one in keys))
        table = read_part(part, ["step", "index"])
        step, index = (table[name].to_numpy().astype(np.int64) for name in ("step", "index"))
        keys.append((step << 32) | index)
    key = np.concatenate(keys)
    kept = np.zeros(len(key), np.bool_)
    _, last = np.unique(key[::-1], return_index=True)
    kept[len(key) - 1 - last] = True
    return starts, kept


def _is_utf8(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
