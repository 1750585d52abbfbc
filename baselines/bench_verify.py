"""The equivalence engine beside math-verify, in one run: right and wrong verdicts, and pairs judged per CPU-second.

    synthgym bench verify

Two sets: the hard mix (`baselines.pairs`), pairs checked by hand, and a training-like mix
(`baselines.pairs.training_mix`). Each grader is given the form that it judges best. The engine takes the bare text.
math-verify takes ``$...$`` or ``\\boxed{...}`` round gold and answer, whichever made it right more often on that set,
both of its extraction configurations, and its default time limits (5 s to read, 5 s to compare, by ``signal.alarm``); a
response with its own box is left as it is.

The CPU time of worker processes counts. Each pass starts with cold caches: sympy's are cleared, math-verify's before
each pair, and the engine's workers are started anew; gold is read again for each pair, by both, except where a column
says otherwise. Rounds alternate between the graders, and figures are medians of rounds. What comes once, imports and
the start of a worker, stands apart.
"""

import gc
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from synthgym.baselines.pairs import Pair, hard_mix, read_pairs
from synthgym.baselines.pairs.graders import OURS, THEIRS, Engine, Grader, MathVerify, installed, quiet
from synthgym.baselines.pairs.training_mix import training_mix
from synthgym.errors import MissingExtraError, SettingError, shown

HOSTILE = "hostile_resource"
"""Kind of pairs made to cost much; speed is given with and without them."""
SLOW_SECONDS = 1.0
MIN_CPU_SECONDS = 0.3
"""Of a timed round: a pass that takes less is repeated, for the CPU time of workers comes in ticks of 10 ms."""


@dataclass(frozen=True, kw_only=True)
class AccuracyRow:
    """How often a grader was right.

    Attributes:
        mix: the set of pairs.
        part: ``core``, or ``policy``: pairs whose label follows a convention.
        grader: with its wrapping.
        false_positives: wrong answers accepted; likewise `false_negatives`.
    """

    mix: str
    part: str
    grader: str
    pairs: int
    accuracy: float
    false_positives: int
    false_negatives: int


@dataclass(frozen=True, kw_only=True)
class KindRow:
    """Errors of both graders on the pairs of one kind; None where a grader was not run."""

    mix: str
    part: str
    kind: str
    pairs: int
    our_false_positives: int
    our_false_negatives: int
    their_false_positives: int | None
    their_false_negatives: int | None


@dataclass(frozen=True, kw_only=True)
class SpeedRow:
    """How fast a grader was.

    Attributes:
        gold: ``read each time`` or ``read before``.
        pairs_per_cpu_second: median of `rounds`.
        slowest_seconds: wall time of the slowest single pair of all rounds, whose id is `slowest`.
        above_one_second: pairs that took longer than a second in a round.
        ratio: ours to math-verify's, of the medians; None on its own row, and without it.
    """

    mix: str
    gold: str
    grader: str
    pairs: int
    pairs_per_cpu_second: float
    rounds: tuple[float, ...]
    slowest_seconds: float
    slowest: str
    above_one_second: int
    ratio: float | None = None


@dataclass(frozen=True, kw_only=True)
class WarmUpRow:
    """What comes once a process, measured in a fresh one: seconds of wall and of CPU time, children included."""

    grader: str
    what: str
    wall_seconds: float
    cpu_seconds: float


@dataclass(frozen=True, kw_only=True)
class VerifyBench:
    """All that was measured; `notes` say what is missing or was odd."""

    accuracy: tuple[AccuracyRow, ...]
    kinds: tuple[KindRow, ...]
    speed: tuple[SpeedRow, ...]
    warm_up: tuple[WarmUpRow, ...]
    notes: tuple[str, ...]


def verify(
    pairs: Path | None = None,
    *,
    rounds: int = 3,
    count: int = 1_000,
    seed: int = 0,
    theirs: bool = True,
) -> VerifyBench:
    """Measure the engine, and math-verify if it is installed, on the hard mix and on a training-like mix.

    Must run in the main thread where math-verify takes part: its time limit is a signal.

    Args:
        pairs: file of labelled pairs in place of the hard mix that comes with the package.
        rounds: timed rounds.
        count: pairs of the training-like mix; `seed` draws them.
        theirs: whether to run math-verify.

    Raises:
        SettingError: if `rounds` or `count` is not above 0, or the file holds no pairs.
    """
    if rounds <= 0:
        raise SettingError(f"rounds {shown(rounds)} is not above 0")
    mixes = {
        "hard" if pairs is None else pairs.name: hard_mix() if pairs is None else read_pairs(pairs),
        "training-like": training_mix(count, seed=seed),
    }
    notes = []
    if theirs and not installed():
        theirs = False
        notes.append(f"only the engine was measured: {MissingExtraError('math-verify', 'test')}")
    if theirs and threading.current_thread() is not threading.main_thread():
        raise SettingError("math-verify sets a signal handler: run this in the main thread")
    accuracy: list[AccuracyRow] = []
    kinds: list[KindRow] = []
    speed: list[SpeedRow] = []
    with quiet():
        for mix, found in mixes.items():
            ours = Engine()
            verdicts = {ours.name: ours.verdicts(found)}
            notes += [f"{mix}: {note}" for note in ours.unreadable(found)]
            peer = None
            if theirs:
                peers = [MathVerify("$", "$"), MathVerify("\\boxed{", "}")]
                verdicts |= {one.name: one.verdicts(found) for one in peers}
                peer = max(peers, key=lambda one: _right(found, verdicts[one.name]))
            accuracy += _accuracy(mix, found, verdicts)
            kinds += _kinds(mix, found, verdicts[ours.name], verdicts[peer.name] if peer else None)
            speed += _speed(mix, found, [ours, peer] if peer else [ours], rounds)
    return VerifyBench(
        accuracy=tuple(accuracy),
        kinds=tuple(kinds),
        speed=tuple(speed),
        warm_up=tuple(_warm_up(theirs)),
        notes=tuple(notes),
    )


# Right and wrong.


def _right(pairs: Sequence[Pair], verdicts: Sequence[bool]) -> int:
    return sum(pair.match == verdict for pair, verdict in zip(pairs, verdicts, strict=True))


def _errors(
    pairs: Sequence[Pair], verdicts: Sequence[bool], keep: Callable[[Pair], bool]
) -> tuple[int, int, int]:
    """Of the pairs to keep: how many, false positives, false negatives."""
    kept = [(pair.match, verdict) for pair, verdict in zip(pairs, verdicts, strict=True) if keep(pair)]
    return len(kept), kept.count((False, True)), kept.count((True, False))


def _part(pair: Pair) -> str:
    return "policy" if pair.policy else "core"


def _accuracy(mix: str, pairs: Sequence[Pair], verdicts: dict[str, list[bool]]) -> Iterator[AccuracyRow]:
    for part in sorted({_part(pair) for pair in pairs}):
        for grader, judged in verdicts.items():
            count, positives, negatives = _errors(pairs, judged, lambda pair, part=part: _part(pair) == part)  # type: ignore[misc]
            yield AccuracyRow(
                mix=mix,
                part=part,
                grader=grader,
                pairs=count,
                accuracy=round(1 - (positives + negatives) / count, 4),
                false_positives=positives,
                false_negatives=negatives,
            )


def _kinds(
    mix: str, pairs: Sequence[Pair], ours: Sequence[bool], theirs: Sequence[bool] | None
) -> Iterator[KindRow]:
    for part, kind in sorted({(_part(pair), pair.kind) for pair in pairs}):

        def keep(pair: Pair, part: str = part, kind: str = kind) -> bool:
            return (_part(pair), pair.kind) == (part, kind)

        count, positives, negatives = _errors(pairs, ours, keep)
        found = None if theirs is None else _errors(pairs, theirs, keep)
        yield KindRow(
            mix=mix,
            part=part,
            kind=kind,
            pairs=count,
            our_false_positives=positives,
            our_false_negatives=negatives,
            their_false_positives=found and found[1],
            their_false_negatives=found and found[2],
        )


# Speed.


@dataclass(frozen=True, kw_only=True)
class _Timed:
    """One grader's pass over some pairs: CPU seconds of all, wall seconds of each."""

    cpu: float
    walls: tuple[float, ...]


def _round(grader: Grader, parts: Sequence[Sequence[Pair]], *, read_before: bool) -> list[_Timed]:
    """A pass over each part, or several of a fast grader: the mean CPU time, the worst wall time of each pair."""
    made: list[list[_Timed]] = []
    while sum(found.cpu for passed in made for found in passed) < MIN_CPU_SECONDS and len(made) < 50:
        grader.fresh()
        made.append([_timed(grader, part, read_before=read_before) for part in parts])
    return [
        _Timed(
            cpu=sum(found.cpu for found in of_part) / len(of_part),
            walls=tuple(max(walls) for walls in zip(*(found.walls for found in of_part), strict=True)),
        )
        for of_part in zip(*made, strict=True)
    ]


def _timed(grader: Grader, pairs: Sequence[Pair], *, read_before: bool) -> _Timed:
    golds = [grader.prepared(pair) for pair in pairs] if read_before else [None] * len(pairs)
    walls = []
    clock, prepared, judged = time.perf_counter, grader.prepared, grader.judged
    gc.collect()
    cpu = grader.cpu_seconds()
    for pair, gold in zip(pairs, golds, strict=True):
        began = clock()
        judged(gold if read_before else prepared(pair), pair)
        walls.append(clock() - began)
    return _Timed(cpu=grader.cpu_seconds() - cpu, walls=tuple(walls))


def _speed(mix: str, pairs: Sequence[Pair], graders: Sequence[Grader], rounds: int) -> Iterator[SpeedRow]:
    parts = [
        [pair for pair in pairs if pair.kind != HOSTILE],
        [pair for pair in pairs if pair.kind == HOSTILE],
    ]
    named = {mix: (0, 1), f"{mix}, no {HOSTILE}": (0,)} if all(parts) else {mix: (0, 1)}
    for read_before in (False, True):
        passes: dict[str, list[list[_Timed]]] = {grader.name: [] for grader in graders}
        for turn in range(rounds):
            for grader in graders if turn % 2 == 0 else list(reversed(graders)):
                passes[grader.name].append(_round(grader, parts, read_before=read_before))
        for name, places in named.items():
            chosen = [pair for place in places for pair in parts[place]]
            yield from _rows(name, chosen, passes, places, read_before)


def _rows(
    mix: str,
    pairs: Sequence[Pair],
    passes: dict[str, list[list[_Timed]]],
    places: Sequence[int],
    read_before: bool,
) -> Iterator[SpeedRow]:
    speeds = {
        name: tuple(len(pairs) / max(sum(found[place].cpu for place in places), 1e-9) for found in made)
        for name, made in passes.items()
    }
    ours, *theirs = (median(found) for found in speeds.values())
    for name, made in passes.items():
        walls = [[wall for place in places for wall in found[place].walls] for found in made]
        worst = [max(each) for each in zip(*walls, strict=True)]
        slowest = max(range(len(pairs)), key=worst.__getitem__)
        yield SpeedRow(
            mix=mix,
            gold="read before" if read_before else "read each time",
            grader=name,
            pairs=len(pairs),
            pairs_per_cpu_second=round(median(speeds[name]), 1),
            rounds=tuple(round(speed, 1) for speed in speeds[name]),
            slowest_seconds=round(worst[slowest], 4),
            slowest=pairs[slowest].id,
            above_one_second=sum(wall > SLOW_SECONDS for wall in worst),
            ratio=round(ours / theirs[0], 1) if theirs and name == OURS else None,
        )


# Warm-up, each in a process of its own.

_CLOCK = """
import os, time
def spent():
    t = os.times()
    return t.user + t.system + t.children_user + t.children_system
wall, cpu = time.perf_counter(), spent()
{}
print(time.perf_counter() - wall, spent() - cpu)
"""
_OUR_IMPORT = """
from synthgym.verifiers.equivalence.engine import equivalent
assert equivalent("\\\\sqrt{8}", "2\\\\sqrt{2}").match
"""
_OUR_WORKER = """
from synthgym.verifiers.equivalence import pool, tree
wall, cpu = time.perf_counter(), spent()
pool.ask("equal", tree.ONE, tree.ONE, seconds=10.0, memory_mb=100)
started = time.perf_counter()
pool.shutdown()
wall += time.perf_counter() - started
"""
_THEIR_IMPORT = """
from math_verify import parse, verify
assert verify(parse("$\\\\sqrt{8}$"), parse("$2\\\\sqrt{2}$"))
"""


def _warm_up(theirs: bool) -> Iterator[WarmUpRow]:
    yield _fresh_process(OURS, "import and a first verdict", _OUR_IMPORT)
    yield _fresh_process(OURS, "start of a worker with sympy, where one is needed", _OUR_WORKER)
    if theirs:
        yield _fresh_process(THEIRS, "import and a first verdict", _THEIR_IMPORT)


def _fresh_process(grader: str, what: str, code: str) -> WarmUpRow:
    done = subprocess.run(
        [sys.executable, "-c", _CLOCK.format(code)], capture_output=True, text=True, check=True, timeout=120
    )
    wall, cpu = map(float, done.stdout.split())
    return WarmUpRow(grader=grader, what=what, wall_seconds=round(wall, 2), cpu_seconds=round(cpu, 2))


# Tables.


def render(found: VerifyBench) -> Any:
    """The measurements as tables for the terminal."""
    from rich.console import Group
    from rich.text import Text

    notes = [Text(f"note: {note}") for note in found.notes]
    return Group(
        _accuracy_table(found), _kind_table(found), _speed_table(found), _warm_up_table(found), *notes
    )


def _accuracy_table(found: VerifyBench) -> Any:
    rows = [
        (
            row.mix,
            row.part,
            row.grader,
            row.pairs,
            f"{row.accuracy:.3f}",
            row.false_positives,
            row.false_negatives,
        )
        for row in found.accuracy
    ]
    headings = ("mix", "part", "grader", "pairs", "accuracy", "false positives", "false negatives")
    return _table("Right and wrong verdicts", headings, rows, words=3)


def _kind_table(found: VerifyBench) -> Any:
    rows = [
        (row.mix, row.part, row.kind, row.pairs, *("" if value is None else value for value in errors))
        for row in found.kinds
        if any(errors := _errors_of(row))
    ]
    right = len(found.kinds) - len(rows)
    headings = ("mix", "part", "kind", "pairs", "our fp", "our fn", "their fp", "their fn")
    title = f"Errors by kind (false positives, false negatives); {right} kinds have none"
    return _table(title, headings, rows, words=3)


def _errors_of(row: KindRow) -> tuple[int | None, ...]:
    return (
        row.our_false_positives,
        row.our_false_negatives,
        row.their_false_positives,
        row.their_false_negatives,
    )


def _speed_table(found: VerifyBench) -> Any:
    rows = [
        (
            row.mix,
            row.gold,
            row.grader,
            row.pairs,
            f"{row.pairs_per_cpu_second:,.0f}",
            "" if row.ratio is None else f"{row.ratio:,.0f}x",
            f"{row.slowest_seconds:.3f}",
            row.slowest,
            row.above_one_second,
        )
        for row in found.speed
    ]
    headings = ("mix", "gold", "grader", "pairs", "pairs/CPU s", "ratio", "slowest, s", "its id", "> 1 s")
    return _table("Speed: pairs per CPU-second, worker processes counted", headings, rows, words=3)


def _warm_up_table(found: VerifyBench) -> Any:
    rows = [
        (row.grader, row.what, f"{row.wall_seconds:.2f}", f"{row.cpu_seconds:.2f}") for row in found.warm_up
    ]
    return _table("Once a process, not counted above", ("grader", "what", "wall s", "CPU s"), rows, words=2)


def _table(title: str, headings: Sequence[str], rows: Sequence[Sequence[object]], *, words: int) -> Any:
    from rich.table import Table
    from rich.text import Text

    table = Table(title=title)
    for place, heading in enumerate(headings):
        table.add_column(heading, justify="left" if place < words else "right")
    for row in rows:
        table.add_row(*(Text(str(value)) for value in row))
    return table
