"""Tests of code tasks: read from what users have, held as facts, and run in the sandbox."""

import ast
import json
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Literal, TypeAlias

from synthgym.envs.custom._values import from_fact, plain, to_fact
from synthgym.errors import GoldError, SettingError, shown
from synthgym.facts import Fact, FrozenDict
from synthgym.verifiers.sandbox import Judged, Limits, judge_function, judge_program
from synthgym.verifiers.sandbox.judging import function_tests, program_tests

TestKind: TypeAlias = Literal["function", "program"]
Test: TypeAlias = dict[str, object]


def read_tests(value: object, entry: str | None, reference: str) -> FrozenDict:
    """Tests as the facts of a task.

    Args:
        value: a list of ``{"args": [...], "expected": ...}`` for a function, of ``{"input": str, "output": str}`` for
            a program, or of assert statements about one function with literal values; or the JSON text of such a list.
        entry: the function's name; None takes the one that the asserts call, or the only one that `reference` defines.
        reference: the reference solution; it may be empty.

    Raises:
        GoldError: if they cannot be read, or the function's name is not to be found.
    """
    tests = _listed(value)
    called = {str(test["entry"]) for test in tests if "entry" in test}
    tests = [{name: part for name, part in test.items() if name != "entry"} for test in tests]
    if all("input" in test for test in tests):
        _checked(program_tests, tests)
        return FrozenDict({"kind": "program", "cases": tuple(map(_fact, tests))})
    _checked(function_tests, tests)
    names = [entry] if entry else sorted(called) or _defined(reference)
    if len(names) != 1 or not names[0].isidentifier():
        found = ", ".join(map(str, names)) or "none"
        raise GoldError(f"which function do the tests call? Found: {found}; entry=... names it")
    return FrozenDict({"kind": "function", "entry": names[0], "cases": tuple(map(_fact, tests))})


def judged(source: str, tests: FrozenDict, seconds: str, trace: bool = False) -> Judged:
    """What becomes of `source` on `tests`.

    Raises:
        SandboxError: if the sandbox fails.
    """
    return _judged(source, tests, seconds, trace)


def entry_of(tests: FrozenDict) -> str:
    """The function that the tests call; empty for a program."""
    return str(tests.get("entry", ""))


@lru_cache(maxsize=4096)
def _judged(source: str, tests: FrozenDict, seconds: str, trace: bool) -> Judged:
    limits = Limits(seconds=float(seconds), memory_mb=512, output_kb=1024)
    cases = [_test(case) for case in _cases(tests)]
    if tests["kind"] == "program":
        return judge_program(source, cases, limits, trace=trace)
    return judge_function(source, entry_of(tests), cases, limits, trace=trace)


def _cases(tests: FrozenDict) -> Sequence[FrozenDict]:
    cases = tests["cases"]
    return [case for case in cases if isinstance(case, FrozenDict)] if isinstance(cases, tuple) else []


def _fact(test: Mapping[str, object]) -> Fact:
    return FrozenDict({name: to_fact(value) for name, value in test.items()})


def _test(case: FrozenDict) -> Mapping[str, object]:
    return {name: from_fact(value) for name, value in case.items()}


def _checked(read: Callable[[list[Test]], object], tests: list[Test]) -> None:
    try:
        read(tests)
    except SettingError as error:
        raise GoldError(str(error)) from None


def _listed(value: object) -> list[Test]:
    value = plain(value)
    if isinstance(value, str):
        value = _parsed(value)
    if isinstance(value, Mapping):
        value = _columns(value)
    if not isinstance(value, list | tuple) or not value:
        raise GoldError(f"tests are {shown(value)}; a list of at least one is needed")
    return [_one(index, plain(test)) for index, test in enumerate(value)]


def _parsed(text: str) -> object:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        lines = [line.strip() for line in text.splitlines() if line.strip()]
        if lines and all(line.startswith("assert ") for line in lines):
            return lines
        asserts = _of_check(text)
        if asserts:
            return asserts
        raise GoldError(
            f"tests are {shown(text)}, neither JSON, nor lines of assert, nor a check(candidate) of these"
        ) from None


def _of_check(text: str) -> list[str]:
    """The statements of HumanEval's ``def check(candidate): assert candidate(1) == 2``; none where it is no such."""
    try:
        tree = ast.parse(text)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return []
    checks = [node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == "check"]
    return [ast.unparse(one) for check in checks[:1] for one in check.body if not isinstance(one, ast.Expr)]


def _columns(tests: Mapping[str, object]) -> object:
    """Columns of equal length (``{"inputs": [...], "outputs": [...]}``) as rows."""
    names = {"inputs": "input", "outputs": "output", "expecteds": "expected"}
    columns = {names.get(str(name), str(name)): plain(column) for name, column in tests.items()}
    lengths = {len(column) if isinstance(column, list | tuple) else -1 for column in columns.values()}
    if len(lengths) != 1 or -1 in lengths:
        raise GoldError(f"tests are {shown(dict(tests))}; a list, or columns of equal length, is needed")
    return [{name: column[at] for name, column in columns.items()} for at in range(lengths.pop())]  # type: ignore[index]  # lists


def _one(index: int, test: object) -> Test:
    if isinstance(test, str):
        return _of_assert(index, test)
    if not isinstance(test, Mapping):
        raise GoldError(f"test {index} is {shown(test)}; a dict or an assert statement is needed")
    return {str(name): plain(value) for name, value in test.items()}


def _of_assert(index: int, text: str) -> Test:
    """``assert f(1, [2]) == 3`` as a test; nothing is run, the values must be literals."""
    try:
        found = _read_assert(text)
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        found = None
    if found is None:
        raise GoldError(
            f"test {index} is {shown(text)}; of asserts, only assert NAME(LITERALS) == LITERAL can be used"
        )
    return found


def _read_assert(text: str) -> Test | None:
    body = ast.parse(text.strip()).body
    if len(body) != 1 or not isinstance(body[0], ast.Assert) or not isinstance(body[0].test, ast.Compare):
        return None
    compared = body[0].test
    call = compared.left
    if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Name) or call.keywords:
        return None
    if len(compared.ops) != 1 or not isinstance(compared.ops[0], ast.Eq):
        return None
    return {
        "args": [ast.literal_eval(argument) for argument in call.args],
        "expected": ast.literal_eval(compared.comparators[0]),
        "entry": call.func.id,
    }


def _defined(source: str) -> list[str]:
    """The functions that a reference solution of the user's defines at its top; parsed, not run."""
    try:
        tree = ast.parse(source)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return []
    return [node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
