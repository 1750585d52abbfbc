"""The engine wherever it is called from: threads, event loops, worker processes; and what it must leave alone."""

import ast
import asyncio
import contextlib
import json
import multiprocessing
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path

import pytest

import synthgym.verifiers.equivalence
from synthgym.errors import GoldError
from synthgym.verifiers.equivalence import pool
from synthgym.verifiers.equivalence.engine import Gold, equivalent, equivalent_batch, parse_gold
from synthgym.verifiers.equivalence.tree import Sym
from synthgym.verifiers.equivalence.types import Bounds, Equivalence

PAIRS: tuple[tuple[str, str, bool], ...] = (
    ("7", "7.0", True), ("7", "8", False), (r"\sqrt{8}", r"2\sqrt{2}", True), (r"\sqrt{8}", r"3\sqrt{2}", False),
    ("(x+1)^2", "x^2+2x+1", True), (r"\{1,2\}", "2,1", True), ("1<x<2", "(1,2)", True), ("x>2", "x>3", False),
    (r"\sin 2x", r"2\sin x\cos x", True), ("y=2x+1", "2y=4x+2", True), ("7", "9^9^9^9", False), ("7", "", False),
    (r"\frac{1}{3}", r"\int_0^1 x^2\,dx", True), (r"\frac{1}{3}", r"\int_0^1 x^3\,dx", False), ("7", "8=7", False),
)  # fmt: skip
EXPECTED = [match for _, _, match in PAIRS]
FORKS = pytest.mark.skipif("fork" not in multiprocessing.get_all_start_methods(), reason="no fork here")
LINUX = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc, and ru_maxrss in kilobytes")


GENEROUS = Bounds(seconds=40.0, symbolic_seconds=20.0)
"""Machines are busy, and workers start cold; what is looked at here is not how long it takes."""
GOLDS, ANSWERS = [gold for gold, _, _ in PAIRS], [answer for _, answer, _ in PAIRS]


def judged(gold: str | Gold, answer: str) -> bool:
    return equivalent(gold, answer, bounds=GENEROUS).match


def all_judged() -> list[bool]:
    """Every pair, judged where this is called."""
    return matches(equivalent_batch(GOLDS, ANSWERS, bounds=GENEROUS))


def matches(verdicts: Iterable[Equivalence]) -> list[bool]:
    return [verdict.match for verdict in verdicts]


# Threads and event loops.


def test_off_the_main_thread() -> None:
    found: list[list[bool]] = []
    thread = threading.Thread(target=lambda: found.append(all_judged()))
    thread.start()
    thread.join()
    assert threading.current_thread() is threading.main_thread()
    assert found == [EXPECTED]


def test_from_eight_threads_at_once() -> None:
    ready = threading.Barrier(8)

    def together(_: int) -> list[bool]:
        ready.wait()
        return all_judged()

    with ThreadPoolExecutor(8) as threads:
        assert list(threads.map(together, range(8))) == [EXPECTED] * 8


def test_inside_an_event_loop() -> None:
    async def main() -> list[list[bool]]:
        inline = all_judged()
        return [inline, *await asyncio.gather(*(asyncio.to_thread(all_judged) for _ in range(3)))]

    assert asyncio.run(main()) == [EXPECTED] * 4


def test_inside_an_executor_of_an_event_loop() -> None:
    async def main() -> list[bool]:
        loop = asyncio.get_running_loop()
        with ThreadPoolExecutor(2) as threads:
            waiting = [loop.run_in_executor(threads, judged, gold, answer) for gold, answer, _ in PAIRS]
            return await asyncio.gather(*waiting)

    assert asyncio.run(main()) == EXPECTED


# Processes. Workers of an earlier test may be starting still while this process forks, so they are stopped first.


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    pool.shutdown()
    try:
        yield
    finally:
        assert all_judged() == EXPECTED, "the parent's own workers"


def told(queue: "multiprocessing.Queue[list[bool]]") -> None:
    queue.put(all_judged())


METHODS = pytest.mark.parametrize("method", [pytest.param("fork", marks=FORKS), "spawn"])


@METHODS
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_in_daemonic_workers_of_a_pool(method: str) -> None:
    with quiet(), multiprocessing.get_context(method).Pool(2) as workers:
        settings = {"bounds": GENEROUS}
        waiting = [workers.apply_async(equivalent_batch, (GOLDS, ANSWERS), settings) for _ in range(3)]
        assert [matches(each.get(120)) for each in waiting] == [EXPECTED] * 3


@METHODS
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_in_a_process_pool_executor(method: str) -> None:
    golds = [parse_gold(gold, bounds=GENEROUS) for gold in GOLDS]
    with quiet(), ProcessPoolExecutor(2, mp_context=multiprocessing.get_context(method)) as workers:
        assert matches(workers.map(equivalent, golds, ANSWERS, timeout=120)) == EXPECTED
        read = workers.map(parse_gold, GOLDS, timeout=120)
        assert [gold.tree for gold in read] == [gold.tree for gold in golds]


@FORKS
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_fork_while_another_thread_judges() -> None:
    """No lock of the engine's is inherited closed."""
    stop = threading.Event()

    def keep_judging() -> None:
        while not stop.is_set():
            all_judged()

    thread = threading.Thread(target=keep_judging)
    thread.start()
    try:
        context = multiprocessing.get_context("fork")
        for _ in range(3):
            queue = context.Queue()
            process = context.Process(target=told, args=(queue,))
            process.start()
            assert queue.get(timeout=120) == EXPECTED
            process.join(60)
    finally:
        stop.set()
        thread.join()


# What it leaves alone.


def test_signal_handlers_and_timers_are_untouched() -> None:
    numbers = [number for number in signal.valid_signals() if number not in (signal.SIGKILL, signal.SIGSTOP)]

    def state() -> tuple[object, ...]:
        timers = [
            signal.getitimer(each) for each in (signal.ITIMER_REAL, signal.ITIMER_VIRTUAL, signal.ITIMER_PROF)
        ]
        masked = signal.pthread_sigmask(signal.SIG_BLOCK, [])
        return [signal.getsignal(number) for number in numbers], timers, masked

    before = state()
    assert all_judged() == EXPECTED
    for hostile in (r"\int_0^1 x^{x^{x}}\,dx", "9^9^9^9", "(" * 4_000, "7" * 5_000):
        equivalent("7", hostile)
        assert state() == before
    pool.shutdown()
    assert state() == before


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="no timers here")
def test_a_timer_of_the_caller_still_rings() -> None:
    rung = threading.Event()
    before = signal.signal(signal.SIGALRM, lambda *_: rung.set())
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.05)
        until = time.monotonic() + 30
        while not rung.is_set() and time.monotonic() < until:
            equivalent(r"\frac{1}{3}", r"\int_0^1 x^2\,dx")
        assert rung.is_set()
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    assert all_judged() == EXPECTED


SOURCES = sorted(Path(synthgym.verifiers.equivalence.__path__[0]).rglob("*.py"))
EVALUATING = {
    "eval", "exec", "compile", "__import__", "sympify", "parse_expr", "parse_latex", "S", "lambdify", "literal_eval",
    "loads_pickle", "system", "popen", "execv", "execve", "parse_mathematica", "parse_maxima",
}  # fmt: skip
SIGNALLING = {"signal", "setitimer", "alarm", "siginterrupt", "set_wakeup_fd", "pthread_sigmask", "sigwait"}
WITH_SYMPY = {"symbolic", "symbolic_build", "symbolic_sample", "symbolic_solve"}


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.stem)
def test_nothing_evaluates_text_or_sets_handlers(source: Path) -> None:
    for node in ast.walk(ast.parse(source.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call):
            function = node.func
            name = getattr(function, "id", None)
            if isinstance(function, ast.Attribute) and isinstance(function.value, ast.Name):
                owner, attribute = function.value.id, function.attr
                assert owner != "signal" or attribute not in SIGNALLING, (node.lineno, attribute)
                name = attribute if owner in ("sympy", "ast", "os", "builtins", "pickle", "mpmath") else name
                assert (owner, attribute) not in {
                    ("pickle", "loads"),
                    ("pickle", "load"),
                    ("marshal", "loads"),
                }
            assert name not in EVALUATING, (node.lineno, name)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            modules = (
                [alias.name for alias in node.names] if isinstance(node, ast.Import) else [node.module or ""]
            )
            names = {alias.name for alias in node.names}
            assert not names & (EVALUATING - {"S"}), (node.lineno, names)
            assert "sympy.parsing" not in " ".join(modules), node.lineno
            top = {module.partition(".")[0] for module in modules}
            assert "sympy" not in top or source.stem in WITH_SYMPY, (node.lineno, modules)
            assert not top & {"torch", "transformers", "pickle", "numpy", "scipy"}, (node.lineno, modules)
            assert "signal" not in top or not names & SIGNALLING - {"signal"}, (node.lineno, names)


def test_the_sources_were_scanned() -> None:
    assert {"engine", "lexer", "grammar", "pool", "worker", *WITH_SYMPY} <= {
        source.stem for source in SOURCES
    }


def run(script: str, *arguments: str) -> str:
    """What `script` prints in a fresh process."""
    done = subprocess.run(
        [sys.executable, "-c", script, *arguments], capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stderr[-3_000:]
    return done.stdout


def test_the_import_is_light() -> None:
    script = r"""
import json, sys
import synthgym.verifiers.equivalence.engine as engine
first = sorted(name.partition(".")[0] for name in sys.modules)
assert engine.equivalent(r"\frac{1}{3}", r"\int_0^1 x^2\,dx").status in ("ok", "timeout")
assert engine.equivalent("(x+1)^2", "x^2+2x+1").match
print(json.dumps([first, sorted(name.partition(".")[0] for name in sys.modules)]))
"""
    for loaded in json.loads(run(script)):
        assert not set(loaded) & {
            "sympy",
            "torch",
            "transformers",
            "trl",
            "datasets",
            "scipy",
            "altair",
            "math_verify",
        }


RUN_HOSTILE = r"""
import importlib.util, json, os, resource, sys
from synthgym.verifiers.equivalence import pool
from synthgym.verifiers.equivalence.engine import equivalent
from synthgym.verifiers.equivalence.tree import Sym
spec = importlib.util.spec_from_file_location("hostile", sys.argv[1])
hostile = importlib.util.module_from_spec(spec)
sys.modules["hostile"] = hostile
spec.loader.exec_module(hostile)
def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
x = Sym("x")
pool.ask("equal", x, x, seconds=20, memory_mb=160, patience=60)
assert equivalent("(x+1)^2", "x^2+2x+1").match and equivalent(r"\sqrt{8}", r"2\sqrt{2}").match
before = peak()
short = [each for each in hostile.HOSTILE if each.length <= 5_000]
chosen = short[:: max(1, len(short) // 250)] + list(hostile.HOSTILE[::10])
assert len(chosen) >= 300
for each in chosen[:400]:
    verdict = equivalent("7", each.text)
    assert not verdict.match and verdict.reason, each.name
after = peak()
asked = [pool.ask("equal", x, x, seconds=20, memory_mb=160, patience=60) for _ in range(4)]
supervisors = pool._pool().process_ids()
family = list(supervisors)
for each in supervisors:
    family += map(int, open(f"/proc/{each}/task/{each}/children").read().split())
threads = len(os.listdir("/proc/self/task"))
print(json.dumps([before, after, [reply.status == "ok" and reply.value is True for reply in asked], family, threads]))
"""


def running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@LINUX
def test_hostile_answers_take_little_memory_and_leave_nothing_behind() -> None:
    before, after, asked, family, threads = json.loads(
        run(RUN_HOSTILE, str(Path(__file__).with_name("hostile.py")))
    )
    assert after - before < 200, (before, after)
    assert asked == [True] * 4
    assert 2 <= len(family) <= 8 and threads < 20
    until = time.monotonic() + 10
    while any(map(running, family)) and time.monotonic() < until:
        time.sleep(0.02)
    assert not any(map(running, family))


@LINUX
@pytest.mark.slow
def test_every_hostile_answer_takes_little_processor_time() -> None:
    """CPU of the process that judges, which other load does not lengthen."""
    judging = 'verdict = equivalent("7", each.text)'
    timing = f"began = time.process_time(); {judging}; assert time.process_time() - began < 1.0, each.name"
    assert judging in RUN_HOSTILE and "chosen[:400]" in RUN_HOSTILE
    script = "import time\n" + RUN_HOSTILE.replace(judging, timing).replace("chosen[:400]", "hostile.HOSTILE")
    assert json.loads(run(script, str(Path(__file__).with_name("hostile.py"))))[2] == [True] * 4


# Nothing in an answer runs.


def attacks(target: Path) -> list[str]:
    """What would make the file `target`, or show `/etc`, if anything in it ran."""
    name = str(target)
    python = f"__import__('os').system('touch {name}')"
    return [
        python, f"eval({python!r})", f"exec({python!r})", f"open({name!r},'w').write('7')", f"f'{{{python}}}'",
        f"{{{{{python}}}}}", f"${{{python}}}", f"#{{{python}}}", f"<%= {python} %>", f"{{% {python} %}}",
        f"`touch {name}`",
        f"$(touch {name})", f"7; touch {name}", f"7 && touch {name}", f"| touch {name}", rf"\input{{{name}}}",
        rf"\immediate\write18{{touch {name}}}", rf"\write18{{touch {name}}}", rf"\openout\f={name} \write\f{{7}}",
        rf"\input|touch {name}", rf"\text{{{python}}}", rf"\mathrm{{{python}}}", rf"\operatorname{{{python}}}(7)",
        rf"\boxed{{{python}}}", f"lambda: {python}", f"[{python} for x in (1,)]", f"({python},)", f"x={python}",
        f"S({python!r})", f"sympify({python!r})", f"Integer({python})", f"Symbol({python!r})",
        f"Function('f')({python})",
        f"().__class__.__base__.__subclasses__()[0]({python})",
        f"x.__class__.__init__.__globals__['os'].system({name!r})",
        f"7 if {python} else 7", f"!!python/object/apply:os.system ['touch {name}']",
        f"cos\nsystem\n(S'touch {name}'\ntR.",
        rf"\sqrt{{{python}}}", rf"\frac{{{python}}}{{1}}", rf"\int_0^1 {python}\,dx", rf"\sum_{{k=1}}^{{{python}}} k",
        rf"\begin{{pmatrix}}{python}\end{{pmatrix}}", f"x_{{{python}}}^2-x_{{{python}}}^2+7",
        "%s%n{0.__class__}{gold}",
        f"breakpoint() or {python}", f"print({python})", f"globals()['x']={python}",
        f"import os; os.system('touch {name}')",
    ]  # fmt: skip


def test_code_in_answers_and_golds_does_not_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for index, answer in enumerate(attacks(tmp_path / "hit")):
        for gold in ("7", "x^2", r"\text{even}", r"\int_0^1 x^2\,dx"):
            verdict = equivalent(gold, answer)
            assert not verdict.match and verdict.reason, (gold, answer, verdict)
        with contextlib.suppress(GoldError):
            assert not equivalent(parse_gold(answer), "7"), answer
        assert not list(tmp_path.iterdir()), (index, answer)
    assert judged("7", "7.0")


def test_names_do_not_reach_the_worker_as_code(tmp_path: Path) -> None:
    for answer in attacks(tmp_path / "hit"):
        odd = Sym(answer)
        reply = pool.ask("equal", odd, odd, seconds=20, memory_mb=160, patience=60)
        assert reply.status == "ok" and reply.value is True, (answer, reply)
    assert not list(tmp_path.iterdir())


@LINUX
def test_a_folder_that_is_gone_does_not_matter(tmp_path: Path) -> None:
    script = r"""
import os, sys
from synthgym.verifiers.equivalence.engine import equivalent
from synthgym.verifiers.equivalence.types import Bounds
os.chdir(sys.argv[1])
os.rmdir(sys.argv[1])
print(equivalent(r"\frac{1}{3}", r"\int_0^1 x^2\,dx", bounds=Bounds(seconds=40.0, symbolic_seconds=20.0)).match)
"""
    gone = tmp_path / "gone"
    gone.mkdir()
    assert run(script, str(gone)).strip() == "True" and not gone.exists()
