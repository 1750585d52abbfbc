"""Workers keep their limits, recover from everything, and leave nothing behind."""

import asyncio
import contextlib
import multiprocessing
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction
from pathlib import Path

import pytest

from synthgym.errors import SettingError
from synthgym.verifiers.equivalence import pool, worker
from synthgym.verifiers.equivalence.pool import Reply, ask
from synthgym.verifiers.equivalence.tree import (
    Add,
    Bound,
    Call,
    Expr,
    Matrix,
    Mul,
    Num,
    Pow,
    Relation,
    Sym,
)

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="workers fork")

X, Y, Z = Sym("x"), Sym("y"), Sym("z")
ONE, TWO, SEVEN, NINE = (Num(Fraction(number)) for number in (1, 2, 7, 9))
SQUARE = Pow(Add((X, ONE)), TWO)
EXPANDED = Add((Pow(X, TWO), Mul((TWO, X)), ONE))
LATE = 3.0
"""Seconds that a busy machine may add; `synthgym bench verify` says what an idle one takes."""
YES = Reply("ok", True)


def _slow() -> Relation:
    """A polynomial equation whose factoring takes far longer than a test."""
    terms = tuple(Mul((Num(Fraction(k * k % 97 + 1)), Pow(X, Num(Fraction(k))))) for k in range(1500))
    return Relation((Add(terms), ONE), ("=",))


def _quick(seconds: float = 5.0) -> Reply:
    return ask("equal", SQUARE, EXPANDED, seconds=seconds, memory_mb=160)


@pytest.fixture(autouse=True)
def one_worker() -> Iterator[None]:
    """Every test begins with one worker or none; to start one for each would take most of the time."""
    yield
    if len(pool._pool().process_ids()) + pool._pool()._starting > 1:
        pool.shutdown()


@pytest.fixture(scope="module", autouse=True)
def no_worker_after_all() -> Iterator[None]:
    yield
    pool.shutdown()


@pytest.fixture
def no_worker() -> Iterator[None]:
    pool.shutdown()
    yield
    pool.shutdown()


def _running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def _children(pid: int) -> list[int]:
    return [int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def _until(holds: Callable[[], bool], seconds: float = 5.0) -> bool:
    deadline = time.monotonic() + seconds
    while not holds() and time.monotonic() < deadline:
        time.sleep(0.01)
    return holds()


def _gone(pids: list[int]) -> bool:
    return _until(lambda: not any(map(_running, pids)))


def _family() -> list[int]:
    """The process ids of workers and their children."""
    supervisors = pool._pool().process_ids()
    return supervisors + [child for each in supervisors for child in _children(each)]


def test_every_operation_answers() -> None:
    assert _quick() == YES
    assert ask("equal", X, Y, seconds=5, memory_mb=160) == Reply("ok", False)
    equation = Relation((Pow(X, TWO), Num(Fraction(4))), ("=",))
    assert ask("same_solutions", equation, Relation((X, TWO), ("=",)), seconds=5, memory_mb=160) == Reply(
        "ok", False
    )
    assert ask("solution_values", equation, seconds=5, memory_mb=160) == Reply("ok", (Num(Fraction(-2)), TWO))


def test_what_cannot_be_asked() -> None:
    with pytest.raises(SettingError, match="no operation 'system'; known: equal"):
        ask("system", X, seconds=1, memory_mb=160)
    for seconds, memory in ((0.0, 160), (float("nan"), 160), (1.0, 0)):
        with pytest.raises(SettingError, match="above 0"):
            ask("equal", X, X, seconds=seconds, memory_mb=memory)
    assert ask("equal", Matrix(((X,),)), X, seconds=1, memory_mb=160) == Reply("ok")
    assert ask("equal", X, seconds=5, memory_mb=160) == Reply("ok")


def test_a_deadline_is_kept_and_the_worker_goes_on() -> None:
    _quick()
    _quick()
    supervisors = pool._pool().process_ids()
    for seconds in (0.05, 0.3):
        began = time.monotonic()
        reply = ask("solution_values", _slow(), seconds=seconds, memory_mb=160)
        assert reply == Reply("timeout")
        assert time.monotonic() - began < seconds + LATE
        assert _quick() == YES
    assert pool._pool().process_ids() == supervisors


def test_memory_is_limited_and_the_worker_goes_on() -> None:
    wide = Pow(Add((X, Y, Z, ONE)), Num(Fraction(39)))
    narrow = Pow(Add((X, Y, Z, Num(Fraction(2)))), Num(Fraction(39)))
    signs = ("=",)
    reply = ask(
        "same_solutions", Relation((wide, X), signs), Relation((narrow, X), signs), seconds=30, memory_mb=8
    )
    assert reply.status == "memory"
    assert _quick() == YES


HOSTILE: dict[str, Expr] = {
    "tower": Pow(NINE, Pow(NINE, Pow(NINE, NINE))),
    "tower of variables": Pow(X, Pow(X, Pow(X, Pow(X, X)))),
    "factorials": Call("factorial", (Call("factorial", (Call("factorial", (NINE,)),)),)),
    "power of a sum": Pow(Add((X, Y, Z)), Num(Fraction(99_999))),
    "deep": Num(Fraction(1)),
    "very deep": Num(Fraction(1)),
    "long sum": Add(tuple(Call("sin", (Mul((Num(Fraction(k)), X)),)) for k in range(3_000))),
    "integral": Bound(
        "integral", Call("sin", (Call("sin", (Call("sin", (Pow(X, X),)),)),)), X, Num(Fraction(0)), ONE
    ),
    "series": Bound("sum", Pow(X, Pow(Y, X)), X, ONE, Num(Fraction(10**30))),
    "code": Sym("__import__('os').system('touch /tmp/owned')"),
    "long name": Sym("x" * 1_000_000),
    "line": Sym("x\ny\x00\ud800"),
    "huge": Num(Fraction(7**300_000)),
}
for _ in range(200):
    HOSTILE["deep"] = Call("sin", (HOSTILE["deep"],))
for _ in range(50_000):
    HOSTILE["very deep"] = Pow(HOSTILE["very deep"], X)


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("op", ["equal", "same_solutions", "solution_values"])
def test_hostile_trees_end_in_time(name: str, op: str) -> None:
    _quick()
    _quick()
    node = HOSTILE[name] if op == "equal" else Relation((HOSTILE[name], X), ("=",))
    nodes = (
        (node,)
        if op == "solution_values"
        else (node, SEVEN if op == "equal" else Relation((X, SEVEN), ("=",)))
    )
    began = time.monotonic()
    reply = ask(op, *nodes, seconds=0.4, memory_mb=160)
    assert time.monotonic() - began < 0.4 + LATE
    assert reply.value is not True
    assert _quick() == YES


def test_hostile_names_are_only_names() -> None:
    for name in ("__import__('os')._exit(1)", "a\nb", "\ud800", "x" * 100_000, "exec", "E"):
        odd = Sym(name)
        square, expanded = Pow(Add((odd, ONE)), TWO), Add((Pow(odd, TWO), Mul((TWO, odd)), ONE))
        assert ask("equal", square, expanded, seconds=5, memory_mb=160) == YES


def test_many_threads_at_once() -> None:
    with ThreadPoolExecutor(12) as threads:
        replies = list(threads.map(lambda _: _quick(20.0), range(60)))
    assert replies == [YES] * 60
    assert 1 <= len(pool._pool().process_ids()) <= 4


@pytest.mark.usefixtures("no_worker")
def test_waiting_for_a_worker_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool._pool(), "_size", 1)
    _quick()
    busy = threading.Thread(target=lambda: ask("solution_values", _slow(), seconds=2, memory_mb=160))
    busy.start()
    _until(lambda: not pool._pool()._idle)
    began = time.monotonic()
    assert _quick(0.1) == Reply("timeout")
    assert time.monotonic() - began < LATE
    busy.join()
    assert _quick() == YES


def test_inside_an_event_loop() -> None:
    async def main() -> list[Reply]:
        inline = _quick()
        return [inline, *await asyncio.gather(*(asyncio.to_thread(_quick) for _ in range(4)))]

    assert asyncio.run(main()) == [YES] * 5


@pytest.mark.parametrize("method", ["fork", "spawn"])
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_inside_daemonic_processes(method: str) -> None:
    pool.shutdown()  # no worker of an earlier test may be starting still
    assert _quick() == YES
    mine = pool._pool().process_ids()
    with multiprocessing.get_context(method).Pool(2) as processes:
        limits = {"seconds": 5.0, "memory_mb": 160}
        waiting = [processes.apply_async(ask, ("equal", SQUARE, EXPANDED), limits) for _ in range(4)]
        assert [each.get(60) for each in waiting] == [YES] * 4
        theirs = [pid for each in multiprocessing.active_children() for pid in _children(each.pid or 0)]
        assert theirs and not set(theirs) & set(mine)
        assert _quick() == YES
    assert pool._pool().process_ids() == mine
    assert _gone(theirs)


def test_a_plain_fork_does_not_touch_the_parents_workers() -> None:
    pool.shutdown()
    assert _quick() == YES
    mine = pool._pool().process_ids()
    pid = os.fork()
    if pid == 0:
        fine = _quick() == YES and not set(pool._pool().process_ids()) & set(mine)
        pool.shutdown()
        os._exit(0 if fine else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    assert _quick() == YES
    assert pool._pool().process_ids() == mine


def test_a_worker_killed_while_idle_is_replaced() -> None:
    _quick()
    (supervisor,) = pool._pool().process_ids()
    os.kill(supervisor, signal.SIGKILL)
    time.sleep(0.05)
    assert _quick() == YES
    assert pool._pool().process_ids() != [supervisor]


def test_a_worker_killed_mid_way_is_tried_once_more() -> None:
    _quick()
    killed: list[int] = []

    def kill_twice() -> None:
        deadline = time.monotonic() + 20
        while len(killed) < 2 and time.monotonic() < deadline:
            time.sleep(1.5)
            for pid in pool._pool().process_ids():
                killed.append(pid)
                os.kill(pid, signal.SIGKILL)

    killer = threading.Thread(target=kill_twice)
    killer.start()
    assert ask("solution_values", _slow(), seconds=30, memory_mb=800) == Reply("crashed")
    killer.join()
    assert len(set(killed)) == 2
    assert _quick() == YES


def test_a_stopped_worker_does_not_hold_the_caller() -> None:
    _quick()
    _quick()
    (supervisor,) = pool._pool().process_ids()
    os.kill(supervisor, signal.SIGSTOP)
    began = time.monotonic()
    assert _quick(0.3) == Reply("timeout")
    assert time.monotonic() - began < LATE
    assert _quick() == YES
    assert not _running(supervisor)


def test_a_child_killed_mid_way_is_a_crash_and_the_worker_goes_on() -> None:
    _quick()
    _quick()
    (supervisor,) = pool._pool().process_ids()
    answered = threading.Event()

    def kill() -> None:
        while not answered.wait(0.3):  # again, where the child that was asked is a later one
            for child in _children(supervisor):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(child, signal.SIGKILL)

    killer = threading.Thread(target=kill)
    killer.start()
    reply = ask("solution_values", _slow(), seconds=10, memory_mb=800)
    answered.set()
    killer.join()
    assert reply == Reply("crashed")
    assert _quick() == YES
    assert pool._pool().process_ids() == [supervisor]


def test_a_child_is_replaced_after_enough_requests() -> None:
    _quick()
    _quick()
    (supervisor,) = pool._pool().process_ids()
    seen = set()
    for _ in range(worker.RECYCLE + 5):
        assert ask("equal", X, X, seconds=5, memory_mb=160) == YES
        seen.update(_children(supervisor))
    assert len(seen) == 2


def test_nothing_is_left_after_shutdown() -> None:
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(lambda _: _quick(20.0), range(8)))
    family = _family()
    pool.shutdown()
    assert not any(Path(f"/proc/{pid}").exists() for pid in family)
    assert pool._pool().process_ids() == []
    assert _quick() == YES


def test_shutdown_ends_what_is_under_way() -> None:
    _quick()
    replies: list[Reply] = []
    busy = threading.Thread(
        target=lambda: replies.append(ask("solution_values", _slow(), seconds=30, memory_mb=800))
    )
    busy.start()
    _until(lambda: not pool._pool()._idle)
    pool.shutdown()
    busy.join(5)
    assert replies == [Reply("unavailable")]


_SCRIPT = """
import sys, time
from fractions import Fraction
from synthgym.verifiers.equivalence import pool
from synthgym.verifiers.equivalence.tree import Add, Mul, Num, Pow, Relation, Sym
x = Sym("x")
pool.ask("equal", x, x, seconds=5, memory_mb=160)
pool.ask("equal", x, x, seconds=5, memory_mb=160)
(supervisor,) = pool._pool().process_ids()
children = open(f"/proc/{supervisor}/task/{supervisor}/children").read().split()
print(supervisor, *children, flush=True)
if sys.argv[1] == "busy":
    terms = tuple(Mul((Num(Fraction(k * k % 97 + 1)), Pow(x, Num(Fraction(k))))) for k in range(1500))
    pool.ask("solution_values", Relation((Add(terms), x), ("=",)), seconds=60, memory_mb=800)
elif sys.argv[1] == "idle":
    time.sleep(60)
"""


@pytest.mark.parametrize("how", ["idle", "busy", "ends"])
def test_nothing_is_left_when_the_parent_is_killed_or_ends(how: str) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(_SCRIPT), how], stdout=subprocess.PIPE, text=True
    )
    with process:
        assert process.stdout is not None
        family = [int(pid) for pid in process.stdout.readline().split()]
        assert len(family) == 2
        if how != "ends":
            assert all(map(_running, family))
            time.sleep(0.3)
            process.kill()
    assert _gone(family)


def test_no_signal_handler_changes() -> None:
    numbers = [number for number in signal.valid_signals() if number not in (signal.SIGKILL, signal.SIGSTOP)]
    before = [signal.getsignal(number) for number in numbers]
    _quick()
    ask("solution_values", _slow(), seconds=0.1, memory_mb=160)
    pool.shutdown()
    assert [signal.getsignal(number) for number in numbers] == before


def test_a_dead_worker_raises_no_sigpipe_where_that_kills() -> None:
    code = """
    import os, signal, time
    from synthgym.verifiers.equivalence import pool
    from synthgym.verifiers.equivalence.tree import Sym
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    assert pool.ask("equal", Sym("x"), Sym("x"), seconds=5, memory_mb=160).value
    os.kill(pool._pool().process_ids()[0], signal.SIGKILL)
    time.sleep(0.1)
    assert pool.ask("equal", Sym("x"), Sym("x"), seconds=5, memory_mb=160).value
    """
    assert subprocess.run([sys.executable, "-c", textwrap.dedent(code)], check=False).returncode == 0


@pytest.mark.usefixtures("no_worker")
def test_a_worker_that_cannot_start_is_unavailable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/nonexistent/python")
    began = time.monotonic()
    assert _quick() == Reply("unavailable")
    assert _quick() == Reply("unavailable")
    assert time.monotonic() - began < LATE
    monkeypatch.undo()
    pool.shutdown()
    assert _quick() == YES


@pytest.mark.usefixtures("no_worker")
def test_a_worker_without_sympy_is_unavailable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool, "find_spec", lambda name: None)
    assert _quick() == Reply("unavailable")


@pytest.mark.usefixtures("no_worker")
def test_pipes_do_where_sockets_cannot(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool, "_SOCKETS", False)
    assert _quick() == YES
    assert _quick() == YES
    assert ask("solution_values", _slow(), seconds=0.2, memory_mb=160) == Reply("timeout")
    (supervisor,) = pool._pool().process_ids()
    os.kill(supervisor, signal.SIGSTOP)
    assert _quick(0.3) == Reply("timeout")
    assert _quick() == YES


def test_cpu_time_of_workers_is_counted() -> None:
    _quick()
    _quick()
    before = pool.children_cpu_seconds()
    ask("solution_values", _slow(), seconds=1.0, memory_mb=160)
    spent = pool.children_cpu_seconds() - before
    assert 0.2 < spent < 2.0
    pool.shutdown()
    assert pool.children_cpu_seconds() - before >= 0.9 * spent


def test_the_worker_loads_nothing_heavy_and_sees_no_environment() -> None:
    _quick()
    (supervisor,) = pool._pool().process_ids()
    loaded = Path(f"/proc/{supervisor}/maps").read_text()
    assert not any(name in loaded for name in ("numpy", "torch", "pyarrow", "gmpy2"))
    environment = Path(f"/proc/{supervisor}/environ").read_bytes()
    assert b"HOME=" not in environment.replace(b"PYTHONHOME=", b"")
    assert os.readlink(f"/proc/{supervisor}/cwd") == "/"
    assert os.readlink(f"/proc/{supervisor}/fd/2") == os.devnull
