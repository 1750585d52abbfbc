"""What runs in the forked child, in the sandbox: the solution on its inputs. Nothing here knows an expected value.

The payload is the source; the name of the function and its argument lists, each marshalled for itself; or no
name for a program, which reads its standard input. For every input a line is appended to the results: ``o`` how it
ended, ``v`` the value, ``d`` what was wrong, ``p`` how far standard output had got, ``l`` the lines that ran. A
solution can write there what it likes; it could only say what it computed anyway.
"""

import atexit
import builtins
import contextlib
import errno
import gc
import io
import json
import marshal
import os
import random
import sys
import threading
import types
from collections.abc import Callable
from typing import Any

from synthgym.verifiers.sandbox.protocol import SOURCE_NAME
from synthgym.verifiers.sandbox.values import ValueFormError, to_tree

RESULTS = 3
"""The descriptor of the results, once the child has arranged its own."""
_REFUSED = (errno.EPERM, errno.EACCES)
_DETAIL = 300


class Tracer:
    """The lines of the solution that ran.

    Attributes:
        loading: those that ran while its module was loaded.
        lines: those since the last `restart`.
    """

    def __init__(self) -> None:
        self.loading: set[int] = set()
        self.lines = self.loading

    def start(self) -> None:
        sys.settrace(self._call)

    def restart(self) -> None:
        self.lines = set()

    def seen(self) -> list[int]:
        return sorted(self.loading | self.lines)

    def _call(self, frame: types.FrameType, event: str, argument: object) -> Callable[..., Any] | None:
        return self._line if frame.f_code.co_filename == SOURCE_NAME else None

    def _line(self, frame: types.FrameType, event: str, argument: object) -> Callable[..., Any]:
        if event == "line":
            self.lines.add(frame.f_lineno)
        return self._line


def main(payload: bytes, limit: int, trace: bool) -> int:
    """Run what `payload` says, and write what became of it; `limit` is how many bytes of results there may be.

    Returns the exit status: that of a program, whose report may have been lost to what it did to its descriptors.
    """
    source, entry, calls = marshal.loads(payload)
    report = _Report(limit, Tracer() if trace else None)
    random.seed(0)
    gc.enable()
    sys.argv = ["solution.py"]
    if entry is None:
        _program(source, report)
        return int(report.failures > 0)
    _function(source, entry, calls, report)
    return 0


class _Report:
    """Writes the results, a line an input."""

    def __init__(self, limit: int, tracer: Tracer | None) -> None:
        self._left = limit
        self.failures = 0
        self.tracer = tracer

    def value(self, value: object) -> None:
        try:
            tree = to_tree(value)
        except ValueFormError as error:
            self.line({"o": "wrong", "d": str(error)})
        else:
            self.line({"o": "passed", "v": tree})

    def failed(self, error: BaseException) -> None:
        self.line(_failure(error))

    def line(self, found: dict[str, Any]) -> None:
        self.failures += found["o"] != "passed"
        found["p"] = _printed()
        if self.tracer is not None:
            found["l"] = self.tracer.seen()
        data = _as_line(found)
        if len(data) > self._left:
            data = _as_line({"o": "output", "d": "its values are too long", "p": found["p"]})
        self._left -= len(data)
        os.write(RESULTS, data)


def _as_line(found: dict[str, Any]) -> bytes:
    return json.dumps(found).encode() + b"\n"


def _failure(error: BaseException) -> dict[str, Any]:
    outcome = "exception"
    if isinstance(error, MemoryError):
        outcome = "memory"
    elif isinstance(error, OSError) and error.errno in _REFUSED:
        outcome = "forbidden"
    elif isinstance(error, OSError) and error.errno == errno.EFBIG:
        outcome = "output"
    return {"o": outcome, "d": _described(error)}


def _described(error: BaseException) -> str:
    try:
        said = str(error)[:_DETAIL]
    except BaseException:  # noqa: BLE001  # the solution's own exception may do anything
        said = ""
    line, trace = None, error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == SOURCE_NAME:
            line = trace.tb_lineno
        trace = trace.tb_next
    place = "" if line is None else f" (line {line})"
    return f"{type(error).__name__}: {said}{place}"


def _printed() -> int:
    """How many bytes stand in standard output."""
    _flush()
    try:
        return os.lseek(1, 0, os.SEEK_END)
    except OSError:  # the solution closed it, or put something else there
        return 0


def _flush() -> None:
    """Write out what the solution printed, if it left standard output as it was; raises OSError if that is too much."""
    if isinstance(sys.stdout, io.TextIOWrapper) and not sys.stdout.closed:
        sys.stdout.flush()


def _module(name: str) -> types.ModuleType:
    module = types.ModuleType(name)
    module.__dict__["__builtins__"] = builtins
    sys.modules[name] = module
    return module


def _function(source: str, entry: str, calls: list[bytes], report: _Report) -> None:
    module = _module("solution")
    try:
        code = compile(source, SOURCE_NAME, "exec", dont_inherit=True)
        if report.tracer is not None:
            report.tracer.start()
        exec(code, module.__dict__)  # noqa: S102  # this is the sandbox
    except BaseException as raised:  # noqa: BLE001  # whatever a solution raises is its result
        for _ in calls:
            report.failed(raised)
        return
    for call in calls:
        if report.tracer is not None:
            report.tracer.restart()
        arguments = marshal.loads(call)
        try:
            if entry not in module.__dict__:
                raise NameError(f"no {entry} is defined")
            value = module.__dict__[entry](*arguments)
        except BaseException as raised:  # noqa: BLE001  # whatever a solution raises is its result
            report.failed(raised)
        else:
            report.value(value)


def _program(source: str, report: _Report) -> None:
    module = _module("__main__")
    module.__dict__["__file__"] = "/solution.py"
    try:
        try:
            code = compile(source, SOURCE_NAME, "exec", dont_inherit=True)
            if report.tracer is not None:
                report.tracer.start()
            exec(code, module.__dict__)  # noqa: S102  # this is the sandbox
        finally:
            _finish(module)
    except SystemExit as left:
        report.line(_exit(left))
    except BaseException as raised:  # noqa: BLE001  # whatever a solution raises is its result
        report.failed(raised)
    else:
        report.value(None)


def _finish(module: types.ModuleType) -> None:
    """What the interpreter does at the end: threads, exit functions, finalizers of what the module held, streams."""
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    _flush_streams()
    sys.stdout = sys.__stdout__
    module.__dict__.clear()
    gc.collect()
    _flush_streams()


def _flush_streams() -> None:
    for stream in (sys.stdout, sys.__stdout__):
        with contextlib.suppress(ValueError, AttributeError):  # closed, or not made for it
            stream.flush()  # type: ignore[union-attr]


def _exit(left: SystemExit) -> dict[str, Any]:
    if left.code is None or (isinstance(left.code, int) and int.__and__(left.code, 0xFF) == 0):
        return {"o": "passed", "v": None}
    return {"o": "exception", "d": f"exit status {str(left.code)[:_DETAIL]}"}
