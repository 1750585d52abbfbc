"""Verifiers in clean Python processes, which are killed at a deadline.

Such a process is started by hand, never forked (it must share nothing), and not by multiprocessing (which would import
the caller's main module again). Functions of modules travel by name, those of scripts, notebooks and lambdas by value.
A process lasts over calls, and is replaced when it had to be killed. Killing it ends what nothing else does, such as a
regular expression that never gives up the interpreter.
"""

import atexit
import contextlib
import hashlib
import io
import os
import pickle
import signal as signals
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache, partial
from math import ceil
from time import monotonic
from typing import Any, cast

import cloudpickle

from synthgym.errors import SynthGymError
from synthgym.plugins import FAMILIES, bounds_itself, get_verifier
from synthgym.signal import CustomVerifier, Signal
from synthgym.types import Response, Task
from synthgym.verifiers.custom import Plan
from synthgym.verifiers.deadline import Late, Patience
from synthgym.verifiers.isolated_worker import Reply, Request, read, write
from synthgym.verifiers.returned import failure
from synthgym.verifiers.running import Outcome

START_SECONDS = 60.0
"""Wall time for the start of a process and the imports of a verifier; it is not counted as the verifier's."""
MAX_BYTES = 64 << 20
"""Of a pickled verifier."""
_RUN = "from synthgym.verifiers.isolated_worker import main; main()"
_SPAWNED_MAIN = "__mp_main__"
"""What the main script is called in a process that multiprocessing spawned; nothing else can import it."""
_IDLE = 2
_POLL_SECONDS = 0.5


class UnfitError(Exception):
    """The verifier cannot be carried into a process of its own; says why, and what to do."""


class BrokenError(Exception):
    """The process ended before it answered; says how."""


class Worker:
    """One process. Not for two threads at once."""

    def __init__(self, *, quiet: bool = False) -> None:
        path = os.pathsep.join(entry or os.getcwd() for entry in sys.path)
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-c", _RUN],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL if quiet else None,
            env={**os.environ, "PYTHONPATH": path},
            start_new_session=True,
        )
        self._owner = os.getpid()
        self._sent: set[str] = set()
        self._ready = False

    def usable(self) -> bool:
        """Whether it runs, and is this process's own."""
        return self._owner == os.getpid() and self._process.poll() is None

    def judge(
        self, cargo: "Cargo", tasks: Sequence[Task], completions: Sequence[str], seconds: float
    ) -> list[Outcome] | None:
        """The outcomes; None if they did not come within `seconds`, and then the process is gone.

        Raises:
            UnfitError: if the verifier cannot be loaded there.
            BrokenError: if the process dies.
        """
        self._load(cargo)
        sample = pickle.dumps(([*tasks], [*completions]))
        reply = self._exchange(Request(cargo.key, None, sample, seconds), seconds)
        if reply is None:
            return None
        if reply.content is None:
            raise BrokenError(f"its process could not answer ({reply.trouble})")
        outcomes: list[Outcome] = pickle.loads(reply.content)
        return outcomes

    def _load(self, cargo: "Cargo") -> None:
        """Send what is judged by, unless it is there; modules that cannot be imported there are sent, too."""
        if not self._ready:
            self._start()
        while cargo.key not in self._sent:
            reply = self._exchange(Request(cargo.key, cargo.payload, b"", START_SECONDS), START_SECONDS)
            if reply is None:
                raise UnfitError(
                    f"its module took more than {START_SECONDS:g} s to import in a process of its own"
                )
            if reply.content is not None:
                self._sent.add(cargo.key)
            elif not cargo.take_along(reply.lacking):
                raise UnfitError(
                    f"it cannot be loaded in a process of its own ({reply.trouble}); define it in a module that can be "
                    "imported there, without open files, locks or clients in it"
                )

    def _start(self) -> None:
        try:
            ready = self._exchange(None, START_SECONDS)
        except BrokenError as error:
            raise BrokenError(
                f"{error}, when it was to start; a file on sys.path may have the name of a standard module"
            ) from None
        if ready is None:
            raise BrokenError(f"a fresh Python process did not start within {START_SECONDS:g} s")
        self._ready = True

    def kill(self) -> None:
        """End it, and whatever it started."""
        if self._owner != os.getpid():
            return
        with contextlib.suppress(OSError):
            if hasattr(os, "killpg"):
                os.killpg(self._process.pid, signals.SIGKILL)
        with contextlib.suppress(OSError):
            self._process.kill()
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout):
            with contextlib.suppress(OSError):
                if stream is not None:
                    stream.close()

    def disown(self) -> None:
        """In a forked process: close what leads to the parent's worker, which is left alone."""
        self._process.returncode = 0  # or its destructor would warn that it still runs
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                with contextlib.suppress(OSError):
                    os.close(stream.fileno())
                with contextlib.suppress(OSError):
                    stream.close()

    def _exchange(self, request: Request | None, seconds: float) -> Reply | None:
        """Its reply, within `seconds`; any other end of the wait kills it."""
        talk = _Talk(self._process, request)
        try:
            answered = talk.wait(seconds)
        except BaseException:
            self.kill()
            raise
        if not answered:
            self.kill()
            return None
        if talk.reply is None:
            self.kill()
            raise BrokenError(
                f"its process ended with {_status(self._process.returncode)} before it answered"
            )
        return talk.reply


class _Talk:
    """A request sent and its reply read, in a thread, as neither can be given a deadline everywhere."""

    def __init__(self, process: "subprocess.Popen[bytes]", request: Request | None) -> None:
        self.reply: Reply | None = None
        self._process, self._request = process, request
        self._ended = threading.Event()
        threading.Thread(target=self._run, name="synthgym-isolation", daemon=True).start()

    def wait(self, seconds: float) -> bool:
        """Whether it ended within `seconds`."""
        deadline = monotonic() + seconds
        while (left := deadline - monotonic()) > 0:
            if self._ended.wait(min(left, _POLL_SECONDS)):
                return True
        return False

    def _run(self) -> None:
        try:
            if self._request is not None:
                write(cast(Any, self._process.stdin), self._request)
            reply = read(cast(Any, self._process.stdout))
            self.reply = reply if isinstance(reply, Reply) else None
        except (OSError, ValueError, EOFError, pickle.UnpicklingError):
            self.reply = None
        finally:
            self._ended.set()


class Cargo:
    """A signal, pickled with what its verifier needs to be run elsewhere.

    Raises:
        UnfitError: if it cannot be pickled.
    """

    def __init__(self, signal: Signal, tasks: Sequence[Task]) -> None:
        self._signal, self._families = _portable(signal), _families(tasks)
        self._by_value = [_SPAWNED_MAIN] if _SPAWNED_MAIN in sys.modules else []
        self.payload = b""
        self._pickle()

    def take_along(self, module: str | None) -> bool:
        """Pickle again, with the functions of `module` by value; whether that may help."""
        while module and module not in sys.modules:
            module = module.rpartition(".")[0]
        if not module or module in self._by_value or module.startswith("synthgym."):
            return False
        self._by_value.append(module)
        self._pickle()
        return True

    def _pickle(self) -> None:
        with _by_value(self._by_value):
            families = {}
            for name, family in self._families.items():
                with contextlib.suppress(Exception):  # the verifier may well do without it
                    families[name] = _dumped(family)
            try:
                self.payload = _dumped((self._signal, families))
            except Exception as error:  # pickling runs the object's own code
                raise UnfitError(
                    f"it cannot be pickled for a process of its own ({error}); make what it holds (locks, open files, "
                    "clients) when it is first called"
                ) from error
        self.key = hashlib.sha256(self.payload).hexdigest()


class _Parcel(io.BytesIO):
    """What is pickled, which may be a script's function with all that it names, such as a model."""

    def write(self, data: Any) -> int:
        if self.tell() + len(data) > MAX_BYTES:
            raise UnfitError(f"it and what it refers to make more than {MAX_BYTES >> 20} MB")
        return super().write(data)


def _dumped(thing: object) -> bytes:
    parcel = _Parcel()
    cloudpickle.dump(thing, parcel)
    return parcel.getvalue()


@contextlib.contextmanager
def _by_value(names: Sequence[str]) -> Iterator[None]:
    modules = [sys.modules[name] for name in names if name in sys.modules]
    for module in modules:
        cloudpickle.register_pickle_by_value(module)
    try:
        yield
    finally:
        for module in modules:
            with contextlib.suppress(ValueError):
                cloudpickle.unregister_pickle_by_value(module)


def _portable(signal: Signal) -> Signal:
    """The signal with its verifier itself in place of the name, but for SynthGym's own."""
    verifier = get_verifier(replace(signal, weights={}))
    if isinstance(verifier, CustomVerifier) or not bounds_itself(verifier):
        return replace(signal, verifier=verifier)
    return signal


def _families(tasks: Sequence[Task]) -> Mapping[str, Any]:
    names = {task.family for task in tasks} - _built_in()
    found = {}
    for name in names:
        with contextlib.suppress(SynthGymError):
            found[name] = FAMILIES.get(name)
    return found


@lru_cache(maxsize=1)
def _built_in() -> frozenset[str]:
    return frozenset(name for name, _ in FAMILIES.built_in_modules())


_idle: list[Worker] = []
_lending = threading.Lock()


@contextlib.contextmanager
def borrowed() -> Iterator[Callable[[], Worker]]:
    """A function that gives the worker, a new one after each that broke; it lasts beyond this block."""
    held: list[Worker] = []

    def current() -> Worker:
        if held and not held[0].usable():
            held.clear()
        if not held:
            held.append(_take())
        return held[0]

    try:
        yield current
    finally:
        for worker in held:
            _return(worker)


def _take() -> Worker:
    with _lending:
        while _idle:
            worker = _idle.pop()
            if worker.usable():
                return worker
    return Worker()


def _return(worker: Worker) -> None:
    with _lending:
        if worker.usable() and len(_idle) < _IDLE:
            _idle.append(worker)
            return
    worker.kill()


@atexit.register
def _kill_idle() -> None:
    while _idle:
        _idle.pop().kill()


def _after_fork() -> None:
    global _lending
    _lending = threading.Lock()  # another thread of the parent may have held it
    while _idle:
        _idle.pop().disown()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)


def run_isolated(
    plan: Plan, tasks: Sequence[Task], responses: Sequence[Response], signal: Signal
) -> list[Outcome]:
    """A verdict or a failure a completion; a batch that fails as a whole is judged again, one by one."""
    if not tasks:
        return []
    if plan.unfit is not None:
        return [
            failure(plan.name, *pair, plan.unfit, final=True) for pair in zip(tasks, responses, strict=True)
        ]
    try:
        cargo = Cargo(replace(signal, shortcuts=(), control=None), tasks)
    except UnfitError as error:
        return _all_failed(plan, tasks, responses, f"{error}; or leave isolated=True out")
    with borrowed() as worker:
        if (plan.batch or plan.asynchronous) and len(tasks) > 1:
            rounds = 1 if plan.batch else ceil(len(tasks) / plan.concurrency)
            together = partial(worker().judge, cargo, tasks, [one.completion for one in responses])
            with contextlib.suppress(BrokenError, UnfitError):
                outcomes = together(plan.seconds * rounds)
                if outcomes is not None:
                    return outcomes
        return _one_by_one(plan, tasks, responses, cargo, worker)


def _one_by_one(
    plan: Plan,
    tasks: Sequence[Task],
    responses: Sequence[Response],
    cargo: Cargo,
    worker: Callable[[], Worker],
) -> list[Outcome]:
    patience = Patience(plan.alone_seconds)
    outcomes: list[Outcome] = []
    for task, response in zip(tasks, responses, strict=True):
        started = monotonic()
        try:
            judged = worker().judge(cargo, [task], [response.completion], patience.seconds)
        except UnfitError as error:
            rest = zip(tasks[len(outcomes) :], responses[len(outcomes) :], strict=True)
            return [*outcomes, *(failure(plan.name, *pair, str(error), final=True) for pair in rest)]
        except (BrokenError, OSError) as error:
            outcomes.append(failure(plan.name, task, response, str(error)))
            continue
        if judged is None:
            late = Late(patience.seconds, patience.full, killed=True)
            outcomes.append(failure(plan.name, task, response, str(late), hung=True))
            patience.late += 1
        else:
            outcomes.append(judged[0])
            patience.slowest = max(patience.slowest, monotonic() - started)
    return outcomes


def _all_failed(plan: Plan, tasks: Sequence[Task], responses: Sequence[Response], what: str) -> list[Outcome]:
    return [failure(plan.name, *pair, what, final=True) for pair in zip(tasks, responses, strict=True)]


def _status(code: int | None) -> str:
    if code is not None and code < 0:
        with contextlib.suppress(ValueError):
            return f"signal {signals.Signals(-code).name}"
    return f"exit status {code} (os._exit, or a crash of a library)"
