"""One pass over a log: what is known of every rollout as numbers, and the texts of a bounded sample.

No text is kept but the sample's. The sample is the rollouts whose group (run, step and prompt) has the smallest
hashes, so that it holds whole groups, and is the same however the log is cut into files.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from synthgym.audit.chunks import Chunk, Reading
from synthgym.audit.copies import copies, last_of_each
from synthgym.audit.features import OF_PROMPT, Column, columns
from synthgym.audit.hashes import HashArray, hash_of, hashes, mixed

IntArray: TypeAlias = NDArray[np.int64]
SAMPLE = 32_768
"""Rollouts whose texts are kept, at most."""
HEAD, TAIL = 4000, 2000
"""Characters kept of the beginning and the end of a longer text of the sample."""
WORKERS = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """Rollouts whose texts are at hand, by ascending hash of their group; arrays and lists are (S,).

    Attributes:
        rows: their places among all rollouts.
        groups: hash of the group.
        cut: whether the completion was shortened.
    """

    rows: IntArray
    groups: HashArray
    prompts: list[str]
    completions: list[str]
    cut: NDArray[np.bool_]
    task_ids: list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rollouts:
    """Every rollout of a log, as arrays (N,), in the order of the log.

    Attributes:
        step: NaN where unknown.
        truth: 1, 0, or -1 for unknown.
        run: places in `runs`.
        runs: their names, which differ.
        prompt: hash of the prompt; 0 where there is none.
        has_prompts: whether any rollout has one.
        features: columns by the names of their features.
        kept: False for rows of our own log that were written again later, or stand in a copy of their run.
    """

    reward: NDArray[np.float64]
    step: NDArray[np.float64]
    truth: NDArray[np.int8]
    run: IntArray
    runs: tuple[str, ...]
    prompt: HashArray
    has_prompts: bool
    features: dict[str, Column]
    kept: NDArray[np.bool_]
    sample: Sample
    reading: Reading


def collect(
    chunks: Iterable[Chunk], reading: Reading, progress: Callable[[int], object] = lambda rows: None
) -> Rollouts:
    """Read all `chunks` once; `progress` is told how many rollouts were read.

    The features of two chunks are computed at a time, and no more chunks are held.
    """
    builder = _Builder()
    with ThreadPoolExecutor(WORKERS) as pool:
        waiting: list[tuple[Chunk, Future[dict[str, Column]]]] = []
        for chunk in chunks:
            waiting.append((chunk, pool.submit(columns, chunk.completions, chunk.prompts)))
            if len(waiting) > WORKERS:
                builder.add(*waiting.pop(0))
                progress(builder.rows)
        for pair in waiting:
            builder.add(*pair)
    progress(builder.rows)
    return builder.made(reading)


class _Builder:
    def __init__(self) -> None:
        self.rows = 0
        self._parts: dict[str, list[Any]] = {}
        self._features: dict[str, list[Column]] = {}
        self._runs: dict[tuple[str, str], int] = {}
        self._keys: list[IntArray] = []
        self._sample = _Reservoir()

    def add(self, chunk: Chunk, features: Future[dict[str, Column]]) -> None:
        """Add a chunk and the future of its features."""
        run, names = self._run_codes(chunk.runs, chunk.folder)
        prompt = hashes(chunk.prompts)
        group = mixed(prompt, chunk.steps.view(np.uint64), names)
        rows = np.arange(self.rows, self.rows + len(run))
        parts = {
            "reward": chunk.rewards,
            "step": chunk.steps,
            "truth": chunk.truths,
            "run": run,
            "prompt": prompt,
        }
        for name, part in parts.items():
            self._parts.setdefault(name, []).append(part)
        for name, column in features.result().items():
            self._features.setdefault(name, []).append(column)
        if chunk.keys is not None:
            self._keys.append(chunk.keys)
        self._sample.add(group, rows, chunk)
        self.rows += len(run)

    def made(self, reading: Reading) -> Rollouts:
        """Everything on end."""
        empty = {
            "reward": np.float64,
            "step": np.float64,
            "truth": np.int8,
            "run": np.int64,
            "prompt": np.uint64,
        }
        whole = {
            name: np.concatenate(self._parts.get(name) or [np.empty(0, kind)]) for name, kind in empty.items()
        }
        features = {name: np.concatenate(self._features.pop(name)) for name in list(self._features)}
        has_prompts = bool((whole["prompt"] != 0).any())
        if not has_prompts:
            features = {name: column for name, column in features.items() if name not in OF_PROMPT}
        return Rollouts(
            **whole,
            runs=_names_of(list(self._runs)),
            has_prompts=has_prompts,
            features=features,
            kept=self._kept(whole, features["length.characters"], reading)
            if self._keys
            else np.ones(self.rows, bool),
            sample=self._sample.made(),
            reading=reading,
        )

    def _run_codes(self, runs: pa.Array, folder: str) -> tuple[IntArray, HashArray]:
        """The place of each row's run in the order of appearance, and the hash of its name."""
        coded = runs.dictionary_encode()
        names = coded.dictionary.to_pylist()
        places = np.array(
            [self._runs.setdefault((folder, name), len(self._runs)) for name in names], np.int64
        )
        hashed = np.array([hash_of(f"{folder}/{name}" if folder else name) for name in names], np.uint64)
        at = coded.indices.to_numpy(zero_copy_only=False)
        return places[at], hashed[at]

    def _kept(self, whole: Mapping[str, Any], length: Column, reading: Reading) -> NDArray[np.bool_]:
        """Of rows with one key, in our own log, the one that was written last; of a run's copies, the first."""
        step, index = np.concatenate(self._keys).T
        kept = last_of_each([whole["run"], step, index])
        again = int((~kept).sum())
        if again:
            reading.note(f"{again:,} rollouts that a resumed run made again are counted once")
        runs = list(self._runs)
        rows = [step, index, whole["reward"], whole["prompt"], length]
        for copy, of in copies(runs, whole["run"], rows):
            kept &= whole["run"] != copy
            reading.note(
                f"the run in {runs[copy][0] or '.'} is a copy of that in {runs[of][0] or '.'}: counted once"
            )
        return kept


def _names_of(runs: Sequence[tuple[str, str]]) -> tuple[str, ...]:
    """What runs, given as (folder, name), are called: by their names, with the folder where two have one name."""
    known = Counter(name for _, name in runs)
    return tuple(
        name
        if known[name] == 1
        else folder
        if folder.rpartition("/")[2] == name
        else "/".join(filter(None, (folder, name)))
        for folder, name in runs
    )


class _Reservoir:
    """The rows with the smallest hashes; ties are broken by a hash of the row, so that of one group it is any."""

    def __init__(self) -> None:
        self._bound = np.uint64(2**64 - 1)
        self._items: list[tuple[int, int, int, str, str, bool, str]] = []

    def add(self, group: HashArray, rows: IntArray, chunk: Chunk) -> None:
        at = np.flatnonzero(group <= self._bound)
        if not len(at):
            return
        places = pa.array(at)
        ids = chunk.task_ids.take(places).to_pylist() if chunk.task_ids is not None else [""] * len(at)
        self._items += [
            (int(group[i]), int(tie), int(rows[i]), _cut(prompt), _cut(text), len(text) > HEAD + TAIL, task)
            for i, tie, prompt, text, task in zip(
                at.tolist(),
                mixed(rows[at].astype(np.uint64)).tolist(),
                chunk.prompts.take(places).to_pylist(),
                chunk.completions.take(places).to_pylist(),
                ids,
                strict=True,
            )
        ]
        if len(self._items) > 2 * SAMPLE:
            self._prune()

    def made(self) -> Sample:
        self._prune()
        groups, _, rows, prompts, completions, cut, tasks = (
            zip(*self._items, strict=True) if self._items else ((),) * 7
        )
        return Sample(
            rows=np.array(rows, np.int64),
            groups=np.array(groups, np.uint64),
            prompts=list(prompts),
            completions=list(completions),
            cut=np.array(cut, bool),
            task_ids=list(tasks),
        )

    def _prune(self) -> None:
        self._items.sort(key=lambda item: item[:3])
        if len(self._items) > SAMPLE:
            del self._items[SAMPLE:]
            self._bound = np.uint64(self._items[-1][0])


def _cut(text: str) -> str:
    return text if len(text) <= HEAD + TAIL else text[:HEAD] + text[-TAIL:]
