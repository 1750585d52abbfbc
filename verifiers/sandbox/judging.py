"""From tests to payloads, and from what a child left to outcomes. Expected values stay on this side."""

import marshal
import signal
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from synthgym.errors import SettingError, shown, suggestion
from synthgym.verifiers.sandbox.protocol import EXITED, KILLED, LATE, OUT_OF_MEMORY, OUT_OF_OUTPUT
from synthgym.verifiers.sandbox.results import Limits, Outcome, Result
from synthgym.verifiers.sandbox.values import Tree, ValueFormError, read_tree, same, to_tree
from synthgym.verifiers.sandbox.worker import Ended

_DETAIL = 400
_LINES = 100_000
_PROGRAM_LINE = 1 << 16
_SAID = frozenset({Outcome.WRONG, Outcome.EXCEPTION, Outcome.MEMORY, Outcome.OUTPUT, Outcome.FORBIDDEN})
_TOOK_DOWN = "it could not be run, though an empty solution can"


@dataclass(frozen=True, slots=True)
class FunctionTest:
    """A test of a function, read: its arguments marshalled, the tree of the expected value, a tolerance of floats."""

    arguments: bytes
    expected: Tree
    tolerance: float


@dataclass(frozen=True, slots=True)
class ProgramTest:
    """A test of a program: what it reads, and what it must print."""

    input: str
    output: str


def function_tests(tests: Sequence[Mapping[str, object]]) -> list[FunctionTest]:
    """`tests` as they are judged.

    Raises:
        SettingError: if there is none, or one is not ``{"args": [...], "expected": ...}`` of plain values.
    """
    return [_function_test(i, test) for i, test in enumerate(_some(tests))]


def program_tests(tests: Sequence[Mapping[str, object]]) -> list[ProgramTest]:
    """`tests` as they are judged.

    Raises:
        SettingError: if there is none, or one is not ``{"input": str, "output": str}``.
    """
    read = []
    for i, test in enumerate(_some(tests)):
        _keys(i, test, ("input", "output"))
        for name in ("input", "output"):
            if not isinstance(test[name], str):
                raise SettingError(f"test {i}: {name!r} is {shown(test[name])}, not a text")
        read.append(ProgramTest(str(test["input"]), str(test["output"])))
    return read


def function_payload(source: str, entry: str, arguments: Sequence[bytes]) -> bytes:
    """What a child is given to run a function."""
    return marshal.dumps((source, entry, list(arguments)))


def program_payload(source: str) -> bytes:
    """What a child is given to run a program."""
    return marshal.dumps((source, None, []))


def marshalled(place: str, arguments: object) -> bytes:
    """An argument list for a child; raises SettingError if it is not a list of plain values."""
    if not isinstance(arguments, (list, tuple)):
        raise SettingError(f"{place}: {shown(arguments)} is not a list of arguments")
    try:
        to_tree(list(arguments))
    except ValueFormError as error:
        raise SettingError(f"{place}: {error}") from error
    return marshal.dumps(list(arguments))


def function_results(ended: Ended | None, count: int, limits: Limits) -> list[Result]:
    """One result an input; "passed" means that a value came."""
    if ended is None:
        return [Result(outcome=Outcome.CRASHED, detail=_TOOK_DOWN)] * count
    found: list[Result] = []
    printed = 0
    for line in _reported(ended, count):
        result, upto = _said(line, ended.stdout, printed, limits)
        printed = max(printed, upto)
        found.append(result)
    if len(found) < count:
        outcome, detail = _end(ended, limits)
        found.append(Result(outcome=outcome, detail=detail, stdout=_text(ended.stdout[printed:])))
        rest = Result(outcome=outcome, detail=f"not reached: {detail}")
        found += [rest] * (count - len(found))
    return found


def program_result(ended: Ended | None, limits: Limits) -> Result:
    """The result of one run of a program; "passed" means that it ended by itself, with status 0."""
    if ended is None:
        return Result(outcome=Outcome.CRASHED, detail=_TOOK_DOWN)
    stdout = _text(ended.stdout)
    if len(ended.stdout) >= limits.output_kb << 10:
        return Result(outcome=Outcome.OUTPUT, detail="it printed too much", stdout=stdout)
    lines = _reported(ended, 1, _PROGRAM_LINE) if ended.how == EXITED else []
    if not lines and ended.how == EXITED and ended.status == 0:
        return Result(outcome=Outcome.PASSED, stdout=stdout)  # os._exit(0) is an end like another
    said = _said(lines[0], b"", 0, limits)[0] if lines else None
    if said is not None and (ended.status == 0 or said.outcome is not Outcome.PASSED):
        return replace(said, stdout=stdout)
    outcome, detail = _end(ended, limits)
    if ended.how == EXITED and outcome is Outcome.CRASHED:
        outcome = Outcome.EXCEPTION
    return Result(outcome=outcome, detail=detail, stdout=stdout)


def judged_function(result: Result, test: FunctionTest) -> Result:
    """The result of a test: a value that came is compared."""
    if result.outcome is not Outcome.PASSED or same(result.tree, test.expected, test.tolerance):
        return result
    return _wrong(result, "another value")


def judged_program(result: Result, test: ProgramTest) -> Result:
    """The result of a test: what was printed is compared, white space at the ends of lines and of the whole aside."""
    if result.outcome is not Outcome.PASSED or _same_text(result.stdout, test.output):
        return result
    return _wrong(result, "another output")


def _wrong(result: Result, detail: str) -> Result:
    return Result(
        outcome=Outcome.WRONG, detail=detail, stdout=result.stdout, lines=result.lines, tree=result.tree
    )


def _same_text(given: str, expected: str) -> bool:
    """Line by line; only as many lines are looked at as are expected."""
    given, expected = given.rstrip(" \t\r\n"), expected.rstrip(" \t\r\n")
    if given.count("\n") != expected.count("\n"):
        return False
    pairs = zip(given.split("\n"), expected.split("\n"), strict=True)
    return all(mine.rstrip(" \t\r") == theirs.rstrip(" \t\r") for mine, theirs in pairs)


def _some(tests: Sequence[Mapping[str, object]]) -> Sequence[Mapping[str, object]]:
    if isinstance(tests, (str, bytes, Mapping)) or not isinstance(tests, Sequence):
        raise SettingError(f"tests are {shown(tests)}; a list of dicts is needed")
    if not tests:
        raise SettingError("no tests: a solution that is tested on nothing would pass")
    return tests


def _keys(
    index: int, test: Mapping[str, object], needed: tuple[str, ...], more: tuple[str, ...] = ()
) -> None:
    if not isinstance(test, Mapping):
        raise SettingError(f"test {index} is {shown(test)}; a dict with {' and '.join(needed)} is needed")
    for name in needed:
        if name not in test:
            raise SettingError(f"test {index} has no {name!r}: {shown(dict(test))}")
    for name in test:
        if name not in (*needed, *more):
            raise SettingError(f"test {index}: no key {shown(name)}{suggestion(str(name), (*needed, *more))}")


def _function_test(index: int, test: Mapping[str, object]) -> FunctionTest:
    _keys(index, test, ("args", "expected"), ("tolerance",))
    tolerance = test.get("tolerance", 0.0)
    if isinstance(tolerance, bool) or not isinstance(tolerance, (int, float)) or not 0 <= tolerance < 1:
        raise SettingError(f"test {index}: tolerance {shown(tolerance)} is not in [0, 1)")
    arguments = marshalled(f"test {index}, args", test["args"])
    try:
        return FunctionTest(arguments, to_tree(test["expected"]), float(tolerance))
    except ValueFormError as error:
        raise SettingError(f"test {index}: {error}") from error


def _reported(ended: Ended, most: int, longest: int | None = None) -> list[dict[str, Any]]:
    """The first lines that the child wrote, `most` at most, up to one that is none or over `longest` bytes."""
    lines: list[dict[str, Any]] = []
    for raw in ended.results.split(b"\n", most)[:-1][:most]:
        if longest is not None and len(raw) > longest:
            raw = b""
        try:
            line = read_tree(raw.decode("ascii"))
        except (ValueFormError, UnicodeDecodeError):
            break
        if not isinstance(line, dict):
            break
        lines.append(line)
    return lines


def _said(line: dict[str, Any], stdout: bytes, printed: int, limits: Limits) -> tuple[Result, int]:
    """What a line of the results says, and how far standard output had got; nothing in it is trusted."""
    upto = line.get("p")
    upto = upto if type(upto) is int and printed <= upto <= len(stdout) else printed
    text, seen = _text(stdout[printed:upto]), _line_numbers(line.get("l"))
    if upto >= limits.output_kb << 10:
        return Result(outcome=Outcome.OUTPUT, detail="it printed too much", stdout=text, lines=seen), upto
    said = line.get("o")
    if said == Outcome.PASSED and "v" in line:
        return Result(outcome=Outcome.PASSED, stdout=text, lines=seen, tree=line["v"]), upto
    outcome = Outcome(said) if isinstance(said, str) and said in _SAID else Outcome.CRASHED
    return Result(outcome=outcome, detail=str(line.get("d"))[:_DETAIL], stdout=text, lines=seen), upto


def _line_numbers(numbers: object) -> frozenset[int]:
    if not isinstance(numbers, list):
        return frozenset()
    return frozenset(n for n in numbers[:_LINES] if type(n) is int and 0 < n <= _LINES)


def _end(ended: Ended, limits: Limits) -> tuple[Outcome, str]:
    """What a child that did not finish died of."""
    if ended.how == LATE:
        return Outcome.TIMEOUT, f"not done within {limits.seconds:g} s"
    if ended.how == KILLED:
        if ended.status in (signal.SIGXCPU, signal.SIGKILL) and ended.cpu_seconds >= limits.seconds:
            return Outcome.TIMEOUT, f"{ended.cpu_seconds:.1f} s of CPU time"
        named = {
            signal.SIGKILL: Outcome.MEMORY,
            signal.SIGXFSZ: Outcome.OUTPUT,
            signal.SIGSYS: Outcome.FORBIDDEN,
        }
        return named.get(ended.status, Outcome.CRASHED), f"killed by signal {ended.status}"  # type: ignore[call-overload]
    if ended.status == OUT_OF_MEMORY:
        return Outcome.MEMORY, "out of memory"
    if ended.status == OUT_OF_OUTPUT:
        return Outcome.OUTPUT, "it printed too much"
    return Outcome.CRASHED, f"it left with exit status {ended.status}"


def _text(data: bytes) -> str:
    return data.decode("utf-8", "surrogateescape")
