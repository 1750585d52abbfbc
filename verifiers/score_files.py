"""Scoring files: completions in, verdicts out, in constant memory, and going on where a killed run was.

`score_rows` says how a row names its task, `score_sources` what can be read, `score_output` how the verdicts are
kept. A row that cannot be read gets a verdict's row with a reward of null and an error; the others are scored.
"""

import os
import signal
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from multiprocessing import get_context, parent_process
from multiprocessing.process import BaseProcess
from pathlib import Path
from threading import Thread
from typing import Any, TypeAlias

import numpy as np

from synthgym.errors import SettingError, SynthGymError, VerifierError, shown
from synthgym.plugins import as_signal
from synthgym.types import Task, Verdict
from synthgym.verifiers.rewards import truth_of
from synthgym.verifiers.score import score
from synthgym.verifiers.score_config import ScoreConfig
from synthgym.verifiers.score_output import AGAIN, Plain, VerdictFile
from synthgym.verifiers.score_rows import Row, read_row
from synthgym.verifiers.score_sources import STDIN, Numbered, head_of, is_stream, numbered_rows
from synthgym.verifiers.score_summary import Summary

MAX_BATCH = 16 << 20
"""Bytes of rows after which a batch is full, whatever its count."""
Batch: TypeAlias = list[Numbered]
_RECORDED = ("input", "signal", "compare", "truth", "seed", "batch")


def score_file(
    config: ScoreConfig,
    *,
    prepare: Callable[[], object] | None = None,
    on_rows: Callable[[Sequence[Plain], Summary], object] = lambda rows, summary: None,
) -> Summary:
    """Score every row of a file of completions; the same call goes on where a killed one was.

    Args:
        config: what to score, by what, and where the verdicts go.
        prepare: called in each further process before it judges, for instance to import a user's verifiers; it
            must be importable there.
        on_rows: called with the verdicts' rows of each batch, and the summary so far.

    Raises:
        SettingError: for a file that cannot be read, or an `out` with verdicts of other settings.
        UnknownNameError: if the signal is not registered.
        LogError: if `out` cannot be written, or a folder holds no rollout log.
    """
    started = time.perf_counter()
    signals = [config.signal] if config.compare is None else [config.signal, config.compare]
    for named in signals:  # a mistake in a signal is said before anything is read
        score([], [], named, rng=np.random.default_rng(config.seed))
    labels = [as_signal(named).label for named in signals]
    summary = Summary(
        signal=labels[0], compare=labels[1] if len(labels) > 1 else None, right=0 if config.truth else None
    )
    with _output(config, summary) as file:
        remaining = _after(_batches(numbered_rows(config.file), config.batch), file)
        for rows in _judged(remaining, _Judge(config), prepare):
            if file is not None:
                file.append(rows)
            for row in rows:
                summary.add(row)
            on_rows(rows, summary)
    summary.seconds = time.perf_counter() - started
    return summary


@dataclass(frozen=True)
class _Judge:
    """Judges batches; picklable, so that other processes can."""

    config: ScoreConfig

    def __call__(self, batch: Batch, done: int) -> list[Plain]:
        """A verdict's row for each row of `batch` in order, but for the first `done`."""
        rows = [read_row(line, raw) for line, raw in batch]
        first = self._verdicts(rows, self.config.signal, (batch[0][0], 0))
        made = [{**_where(row), **_plain(verdict)} for row, verdict in zip(rows, first, strict=True)]
        if self.config.compare is not None:
            second = self._verdicts(rows, self.config.compare, (batch[0][0], 1))
            for plain, verdict in zip(made, second, strict=True):
                plain["compare"] = _plain(verdict)
        if self.config.truth:
            for plain, row in zip(made, rows, strict=True):
                plain["truth"] = truth_of(row.task, row.completion) if row.task else None
        return made[done:]

    def _verdicts(self, rows: Sequence[Row], named: str, draw: tuple[int, int]) -> Iterator[Verdict]:
        """A verdict a row; what cannot be read is not scored."""
        rng = np.random.default_rng([self.config.seed, *draw])
        known = [(row.task, row.completion) for row in rows if row.task is not None]
        tasks, texts = [task for task, _ in known], [text for _, text in known]
        try:
            verdicts = iter(score(tasks, texts, named, rng=rng))
        except SynthGymError:  # a row that no verifier can be asked about must not cost the others theirs
            verdicts = (_alone(task, text, named, rng) for task, text in known)
        for row in rows:
            yield Verdict(reward=None, error=row.error) if row.task is None else next(verdicts)


def _alone(task: Task, text: str, named: str, rng: np.random.Generator) -> Verdict:
    try:
        return score([task], [text], named, rng=rng)[0]
    except SynthGymError as error:
        return Verdict(reward=None, error=str(error))


def _plain(verdict: Verdict) -> Plain:
    """`verdict` as JSON carries it."""
    return {
        "reward": None if verdict.reward is None else float(verdict.reward),
        "components": {
            name: None if value is None else float(value) for name, value in verdict.components.items()
        },
        "credits": [[credit.start, credit.end, float(credit.value)] for credit in verdict.credits],
        "error": verdict.error,
    }


def _batches(rows: Iterator[Numbered], size: int) -> Iterator[Batch]:
    """`rows` in batches whose bounds depend on the rows alone, so that a resumed run has the same ones."""
    batch: Batch = []
    weight = 0
    try:
        for line, raw in rows:
            batch.append((line, raw))
            weight += len(raw) if isinstance(raw, bytes) else len(raw.get("completion", "")) if raw else 0
            if len(batch) >= size or weight >= MAX_BATCH:
                yield batch
                batch, weight = [], 0
    except SynthGymError:  # the input breaks off: what was read of it is scored
        if batch:
            yield batch
        raise
    if batch:
        yield batch


def _after(batches: Iterator[Batch], file: VerdictFile | None) -> Iterator[tuple[Batch, int]]:
    """The batches that `file` does not hold whole, each with the number of its rows that are there.

    Raises:
        SettingError: if the input has fewer rows than were scored.
    """
    kept = 0 if file is None else file.kept
    seen = 0
    for batch in batches:
        there = min(max(kept - seen, 0), len(batch))
        seen += len(batch)
        if file is not None and 0 < there and seen >= kept:
            _check_last(batch[there - 1], file)
        if there < len(batch):
            yield batch, there
    if file is not None and seen < kept:
        raise SettingError(
            f"{file.path} holds {kept} verdicts, and the input ends after {seen} rows: it has changed; {AGAIN}"
        )


def _check_last(row: Numbered, file: VerdictFile) -> None:
    """The last verdict that is there is on the row that stands in its place."""
    found = _where(read_row(*row))
    there = {name: file.last.get(name) for name in found}
    if there != found:
        raise SettingError(
            f"the last verdict of {file.path} is on {shown(there)}, and the input has {shown(found)} there: it has "
            f"changed; {AGAIN}"
        )


def _where(row: Row) -> Plain:
    return {**row.key, "task_id": row.task.id if row.task else None}


def _judged(
    batches: Iterator[tuple[Batch, int]], judge: _Judge, prepare: Callable[[], object] | None
) -> Iterator[list[Plain]]:
    """The verdicts' rows of every batch in order, made here or in other processes."""
    processes = judge.config.processes
    if processes == 1:
        yield from (judge(batch, there) for batch, there in batches)
        return
    with ProcessPoolExecutor(processes, get_context("spawn"), _begin, (prepare,)) as pool:
        waiting: deque[Future[list[Plain]]] = deque()
        try:
            for batch, there in batches:
                waiting.append(pool.submit(judge, batch, there))
                if len(waiting) > 2 * processes:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        except BrokenProcessPool as error:
            raise VerifierError(
                "a process that judged was killed (for its memory?); the same command goes on from there, with fewer "
                "--processes or a smaller --batch"
            ) from error
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def _end_with(parent: BaseProcess) -> None:
    parent.join()
    os._exit(1)


def _begin(prepare: Callable[[], object] | None) -> None:
    """What a process that judges does first. It ends with the one that started it, even if that was killed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the first process tells of an interruption
    parent = parent_process()
    if parent is not None:
        Thread(target=_end_with, args=(parent,), daemon=True).start()
    if prepare is not None:
        prepare()


def _output(config: ScoreConfig, summary: Summary) -> AbstractContextManager[VerdictFile | None]:
    """The file that `config` wants its verdicts in, with those that are there counted in `summary`."""
    if config.out is None:
        return nullcontext()
    stream = is_stream(config.file)
    there = config.out.exists() and not stream and Path(config.file).exists()
    if there and config.out.samefile(config.file):
        raise SettingError(f"{shown(str(config.out), 300)} is the input itself; give another --out")
    drawn = "~" in f"{config.signal}{config.compare}"
    length, digest = head_of(config.file)
    settings = {
        "signal": summary.signal,
        "compare": summary.compare,
        "truth": config.truth,
        "seed": config.seed if drawn else None,
        "batch": config.batch if drawn else None,
        "input": STDIN if stream else Path(config.file).resolve().name,
        "head_bytes": length,
        "head_sha256": digest,
    }

    def other(recorded: Mapping[str, Any]) -> str | None:
        """What sets the recorded settings apart from these; an input may have grown."""
        for name in _RECORDED:
            if recorded.get(name) != settings[name]:
                return f"with {name} {shown(recorded.get(name))}, where this asks for {shown(settings[name])}"
        length = recorded.get("head_bytes")
        if type(length) is int and head_of(config.file, length) == (length, recorded.get("head_sha256")):
            return None
        return f"on a {shown(settings['input'])} that began otherwise"

    file = VerdictFile(config.out, settings, other=other, overwrite=config.overwrite, on_kept=summary.add)
    summary.kept = file.kept
    return file
