"""The sandbox beside a fresh `python3 -c` and the multiprocessing shape, in one run: executions a second, and latency.

    synthgym bench sandbox

An execution is one right solution of a function task on its 13 tests. The peers:

- ``python3 -c``: a fresh interpreter that is given solution and assertions as text, with no isolation at all.
- ``multiprocessing``: the shape that HumanEval, LiveCodeBench and verl share: a Manager, and a forked Process that
  execs the solution and appends to the Manager's list, per solution; no isolation either.

CPU time of all processes counts, those of a Manager and of zygotes included. Rounds alternate between the methods;
figures are medians of rounds. Hostile solutions are run under a limit of one second, to see what each costs beyond it.
"""

import multiprocessing
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from synthgym.errors import SettingError, shown
from synthgym.verifiers.sandbox import Limits, Sandbox

SOURCE = """
def even_sum(xs):
    total = 0
    for x in xs:
        if x % 2 == 0:
            total += x
    return total
"""
TESTS: tuple[dict[str, Any], ...] = tuple(
    {"args": [list(range(-n, 3 * n))], "expected": sum(x for x in range(-n, 3 * n) if x % 2 == 0)}
    for n in range(13)
)
OURS, FRESH, SHAPE = "synthgym", "python3 -c", "multiprocessing"
HOSTILE = {
    "spins": "while True: pass",
    "sleeps": "import time; time.sleep(60)",
    "swallows everything": "while True:\n    try:\n        while True: pass\n    except BaseException: pass",
    "fills its memory and spins": (
        "held = bytearray(400 << 20)\nfor i in range(0, len(held), 4096): held[i] = 1\nwhile True: pass"
    ),
    "allocates without end": "held = []\nwhile True: held.append(bytearray(1 << 20))",
    "floods standard output": "while True: print('x' * 10_000)",
    "forks without end": "import os\nwhile True: os.fork()",
    "forks, copes and spins": "import os\nwhile True:\n    try: os.fork()\n    except OSError: pass",
    "starts threads without end": (
        "import threading\nwhile True:\n    try: threading.Thread(target=threading.Event().wait).start()\n"
        "    except RuntimeError: pass"
    ),
    "kills its parent, copes and spins": (
        "import os\nwhile True:\n    try: os.kill(os.getppid(), 9)\n    except OSError: pass"
    ),
    "exits early": "import os; os._exit(0)",
    "stops itself": "import os, signal; os.kill(os.getpid(), signal.SIGSTOP)",
}
_LIMITS = Limits(seconds=10.0)


@dataclass(frozen=True, kw_only=True)
class RateRow:
    """How fast a method is.

    Attributes:
        workers: executions at a time.
        per_cpu_second: executions; the median of `rounds`.
        per_second: executions per second of wall time; a median likewise.
        ratio: of `per_cpu_second` to that of ``python3 -c`` with as many workers.
    """

    method: str
    workers: int
    executions: int
    per_cpu_second: float
    per_second: float
    rounds: tuple[float, ...]
    ratio: float


@dataclass(frozen=True, kw_only=True)
class LatencyRow:
    """Milliseconds of wall time of one execution after another, by percentile."""

    method: str
    executions: int
    p50: float
    p90: float
    p99: float
    longest: float


@dataclass(frozen=True, kw_only=True)
class HostileRow:
    """What a hostile solution costs.

    Attributes:
        outcome: how it ended.
        seconds: wall time from the call to the verdict, the longest of three.
        beyond: how much of that lies beyond the limit of one second; 0 if none does.
    """

    solution: str
    outcome: str
    seconds: float
    beyond: float


@dataclass(frozen=True, kw_only=True)
class SandboxBench:
    """All that was measured, and the isolation that was in force."""

    isolation: str
    rates: tuple[RateRow, ...]
    latencies: tuple[LatencyRow, ...]
    hostile: tuple[HostileRow, ...]
    start_seconds: float


def sandbox_bench(
    *, rounds: int = 5, seconds: float = 3.0, workers: Sequence[int] = (1, 2), hostile: bool = True
) -> SandboxBench:
    """Measure the sandbox and its peers.

    Args:
        rounds: timed rounds.
        seconds: wall time of a round of one method.
        workers: executions at a time.
        hostile: whether to run the hostile solutions, too.

    Raises:
        SettingError: if `rounds` or `seconds` is not above 0.
        SandboxError: if there is no sandbox here.
    """
    if rounds < 1 or not seconds > 0:
        raise SettingError(f"rounds {shown(rounds)} and seconds {shown(seconds)} must be above 0")
    began = time.perf_counter()
    with Sandbox(workers=max(workers)) as sandbox:
        _ours(sandbox)()
        start = time.perf_counter() - began
        methods = {OURS: _ours(sandbox), FRESH: _fresh, SHAPE: _shape}
        rates = [row for count in workers for row in _rates(methods, sandbox, count, rounds, seconds)]
        latencies = [_latency(name, call, seconds) for name, call in methods.items()]
        rows = [_hostile(sandbox, name, source) for name, source in HOSTILE.items()] if hostile else []
        return SandboxBench(
            isolation=str(sandbox.isolation),
            rates=tuple(rates),
            latencies=tuple(latencies),
            hostile=tuple(rows),
            start_seconds=round(start, 3),
        )


def render(found: SandboxBench) -> Any:
    """The rows as tables for the terminal."""
    from rich.console import Group

    rates = [
        (
            row.method,
            row.workers,
            row.executions,
            f"{row.per_cpu_second:.0f}",
            f"{row.ratio:.1f}",
            f"{row.per_second:.0f}",
        )
        for row in found.rates
    ]
    latencies = [
        (row.method, row.executions, *(f"{value:.1f}" for value in (row.p50, row.p90, row.p99, row.longest)))
        for row in found.latencies
    ]
    hostile = [
        (row.solution, row.outcome, f"{row.seconds:.3f}", f"{row.beyond:.3f}") for row in found.hostile
    ]
    rate_heads = ("method", "workers", "executions", "per CPU-second", "ratio", "per second")
    return Group(
        f"isolation: {found.isolation}\nfirst verdict, probes and start included: {found.start_seconds:.2f} s",
        _table("Executions of a solution on 13 tests", rate_heads, rates),
        _table(
            "Latency of one after another, ms",
            ("method", "executions", "p50", "p90", "p99", "longest"),
            latencies,
        ),
        _table(
            "Hostile solutions, limit 1 s", ("solution", "outcome", "seconds", "beyond the limit"), hostile
        ),
    )


def _table(title: str, heads: Sequence[str], rows: Sequence[Sequence[object]]) -> Any:
    from rich.table import Table

    table = Table(title=title, title_justify="left")
    for head in heads:
        table.add_column(head, justify="left" if head in ("method", "solution", "outcome") else "right")
    for row in rows:
        table.add_row(*map(str, row))
    return table


def _ours(sandbox: Sandbox) -> Callable[[], None]:
    def once() -> None:
        judged = sandbox.judge_function(SOURCE, "even_sum", TESTS, _LIMITS)
        if not judged.passed:
            raise RuntimeError(f"the sandbox refused a right solution: {judged.tests}")

    return once


_ASSERTED = (
    f"{SOURCE}\nfor test in {list(TESTS)!r}:\n    assert even_sum(*test['args']) == test['expected']\n"
)


def _fresh() -> None:
    subprocess.run([sys.executable, "-c", _ASSERTED], check=True, timeout=60)


def _shape() -> None:
    fork = multiprocessing.get_context("fork")
    with fork.Manager() as manager:
        said = manager.list()
        process = fork.Process(target=_exec_and_say, args=(said,))
        process.start()
        process.join(60)
        if list(said) != ["passed"]:
            raise RuntimeError("the process refused a right solution")


def _exec_and_say(said: Any) -> None:
    exec(_ASSERTED, {})  # noqa: S102  # our own text; so the peers do it
    said.append("passed")


def _rates(
    methods: dict[str, Callable[[], None]], sandbox: Sandbox, workers: int, rounds: int, seconds: float
) -> Iterator[RateRow]:
    timed: dict[str, list[tuple[float, float, int]]] = {name: [] for name in methods}
    for _ in range(rounds):
        for name, call in methods.items():
            timed[name].append(_round(call, sandbox, workers, seconds))
    medians = {name: median(rate for rate, _, _ in found) for name, found in timed.items()}
    for name, found in timed.items():
        yield RateRow(
            method=name,
            workers=workers,
            executions=sum(count for _, _, count in found),
            per_cpu_second=round(medians[name], 1),
            per_second=round(median(rate for _, rate, _ in found), 1),
            rounds=tuple(round(rate, 1) for rate, _, _ in found),
            ratio=round(medians[name] / medians[FRESH], 2),
        )


def _round(
    call: Callable[[], None], sandbox: Sandbox, workers: int, seconds: float
) -> tuple[float, float, int]:
    """Executions per CPU-second, per second of wall time, and how many there were."""
    cpu, wall = _cpu_seconds(sandbox), time.perf_counter()
    until = wall + seconds

    def work(_: int) -> int:
        count = 0
        while time.perf_counter() < until:
            call()
            count += 1
        return count

    with ThreadPoolExecutor(workers) as threads:
        count = sum(threads.map(work, range(workers)))
    spent = time.perf_counter() - wall
    return count / max(_cpu_seconds(sandbox) - cpu, 1e-9), count / spent, count


def _latency(name: str, call: Callable[[], None], seconds: float) -> LatencyRow:
    spent = list[float]()
    until = time.perf_counter() + 2 * seconds
    while time.perf_counter() < until or len(spent) < 20:
        began = time.perf_counter()
        call()
        spent.append(1e3 * (time.perf_counter() - began))
    spent.sort()
    p50, p90, p99 = (round(spent[int(share * (len(spent) - 1))], 2) for share in (0.5, 0.9, 0.99))
    return LatencyRow(
        method=name, executions=len(spent), p50=p50, p90=p90, p99=p99, longest=round(spent[-1], 2)
    )


def _hostile(sandbox: Sandbox, name: str, source: str) -> HostileRow:
    limits, worst, outcome = Limits(seconds=1.0), 0.0, ""
    for _ in range(3):
        began = time.perf_counter()
        outcome = str(sandbox.judge_program(source, [{"input": "", "output": "right"}], limits).outcomes[0])
        worst = max(worst, time.perf_counter() - began)
    return HostileRow(
        solution=name,
        outcome=outcome,
        seconds=round(worst, 3),
        beyond=round(max(0.0, worst - limits.seconds), 3),
    )


def _cpu_seconds(sandbox: Sandbox) -> float:
    """Of this process, its finished children, and the zygotes with theirs."""
    spent = sum(
        usage.ru_utime + usage.ru_stime
        for usage in map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    )
    return spent + sum(map(_of_process, sandbox.process_ids()))


def _of_process(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    own = sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")
    return own + sum(map(_of_process, map(int, children)))
