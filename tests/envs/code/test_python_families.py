"""What holds for every family whose answer is a Python function: cheats, through the sandbox, are refused."""

import time
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import synthgym
from synthgym.envs.code._functions_mutants import mutants
from synthgym.envs.code._inputs import MOST_TESTS
from synthgym.envs.code._python_family import PythonFamily, function_of, written
from synthgym.envs.code._python_family import tests_of as rows_of
from synthgym.facts import thaw
from synthgym.plugins import get_family
from synthgym.types import Task, Verdict
from synthgym.verifiers.sandbox import judge_function

FAMILIES = ("function_synthesis", "bug_repair", "hole_completion")


def family_of(name: str) -> PythonFamily:
    family = get_family(name)
    assert isinstance(family, PythonFamily)
    return family


def right(task: Task, answer: str) -> bool:
    return family_of(task.family).is_correct(task, answer)


def verdict(task: Task, completion: str, signal: str = "rubric") -> Verdict:
    (found,) = synthgym.score([task], [completion], signal=signal)
    assert isinstance(found, Verdict)
    return found


def cheats(task: Task) -> Iterator[str]:
    """Answers that know the examples, guess constants, or give a parameter back."""
    function, tests = function_of(task.facts), rows_of(task.facts)
    names = ", ".join(function.names)
    defaults = {repr(thaw(expected)) for _, _, expected in tests} | {"0", "1", "-1", "''", "[]", "None", "x"}
    shown = {repr(thaw(args)): thaw(expected) for group, args, expected in tests if not group}
    for default in sorted(defaults | set(function.names)):
        yield f"return {default}"
        yield f"return {shown!r}.get(repr([{names}]), {default})"


@pytest.mark.parametrize("name", FAMILIES)
def test_the_easiest_tasks_are_short(name: str) -> None:
    for seed in range(100):
        task = get_family(name).task(seed)
        assert task.prompt.endswith("?") and len(task.prompt) <= 40
        assert len(task.reference.answer) <= 16


@pytest.mark.parametrize("name", FAMILIES)
@pytest.mark.parametrize("difficulty", range(11))
def test_examples_constants_and_parameters_given_back_are_refused(name: str, difficulty: int) -> None:
    for seed in (difficulty,):
        task = get_family(name).task(seed, difficulty=difficulty)
        for answer in cheats(task):
            assert not right(task, answer), (task.id, answer)
        assert right(task, task.reference.answer)


@pytest.mark.parametrize("name", FAMILIES)
@pytest.mark.parametrize("difficulty", range(11))
def test_mutants_of_the_solution_are_refused(name: str, difficulty: int) -> None:
    """Those that no input of ours tells from the function are at most a few, and never leave something out."""
    same = count = 0
    for seed in range(2):
        task = get_family(name).task(seed, difficulty=difficulty)
        for mutant in mutants(function_of(task.facts))[:: 1 + difficulty // 2]:
            count += 1
            if right(task, written(mutant.function, "natural")):
                same += 1
                assert mutant.mistake not in ("drop", "branch", "branches")
    assert same * 4 <= count


@pytest.mark.parametrize("name", FAMILIES)
def test_the_program_as_shown_and_pieces_of_the_solution_are_refused(name: str) -> None:
    for seed in range(11):
        task = get_family(name).task(seed, difficulty=seed)
        lines = task.reference.answer.split("\n")
        pieces = ["\n".join(lines[:i] + lines[i + 1 :]) for i in range(len(lines))]
        shown = task.prompt.removesuffix("?").split(":", 1)[-1].strip(" ")
        for answer in {task.prompt, shown, "pass", "return", "x", "___", "...", "return x", *pieces}:
            assert not right(task, answer), (task.id, answer)


FORGERIES = (
    "class E(int):\n  __eq__ = lambda s, o: True\n  __hash__ = int.__hash__\ndef f(*a): return E()",
    "class E:\n  __eq__ = lambda s, o: True\ndef f(*a): return E()",
    "import sys\nsys.exit(0)",
    "import os\ndef f(*a): os._exit(0)",
    "print('passed')\ndef f(*a): print('{\"passed\": true}')",
    "def f(*a):\n  yield 1",
    "async def f(*a): return 1",
    "def f(*a): return f(*a)",
    "def f(*a): raise SystemExit",
    "def f(*a): return float('nan')",
    "import inspect\ndef f(*a): return inspect.stack()[1].frame.f_locals.get('expected')",
    "import builtins\nbuiltins.all = builtins.any = lambda *a: True\ndef f(*a): return 1",
    "f = 3",
    "def f(*a): return True",
    "def f(*a): return NotImplemented",
)


@pytest.mark.parametrize("name", FAMILIES)
@pytest.mark.parametrize("answer", FORGERIES)
def test_a_forgery_is_refused(name: str, answer: str) -> None:
    for difficulty in (0, 4):
        task = get_family(name).task(5, difficulty=difficulty)
        assert not right(task, answer)
        assert (verdict(task, answer).reward or 0) < 0.4


@pytest.mark.parametrize(
    "name", [FAMILIES[0], *(pytest.param(name, marks=pytest.mark.slow) for name in FAMILIES[1:])]
)
@pytest.mark.parametrize(
    "answer", ["while 1: pass", "def f(*a):\n while 1: pass", "'x' * 10**12", "9 ** 9 ** 9"]
)
def test_hogs_are_refused_in_time(name: str, answer: str) -> None:
    task = get_family(name).task(3)
    started = time.monotonic()
    assert not right(task, answer)
    assert time.monotonic() - started < 10


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(FAMILIES), st.one_of(st.text(max_size=40), st.text("xn=+-*/() \nreturn:123", max_size=40))
)
def test_any_string_gets_a_verdict(name: str, completion: str) -> None:
    task = get_family(name).task(7, difficulty=2)
    for signal in ("binary", "rubric", "token"):
        found = verdict(task, completion, signal)
        assert found.reward is not None and found.reward < 1


def recursive(task: Task) -> str:
    """The whole solution, reached through a recursion, a closure, a class and a generator."""
    source = function_of(task.facts).source().replace("def f(", "def inner(")
    names = ", ".join(function_of(task.facts).names)
    return f"""
import functools

{source}

class Once:
    def __init__(self, call):
        self.call = call
    def __call__(self, *args):
        print("called", args)
        return next(value for value in self.values(args))
    def values(self, args):
        yield self.call(*args)

@functools.lru_cache(maxsize=None)
def deep(n):
    return 0 if n == 0 else deep(n - 1)

def f({names}):
    try:
        1 // deep(50)
    except ZeroDivisionError:
        return Once(lambda *args: inner(*args))({names})
"""


@pytest.mark.parametrize("name", FAMILIES)
@pytest.mark.parametrize("difficulty", range(0, 11, 2))
@pytest.mark.parametrize("template", ["compact", "natural"])
def test_right_answers_in_unusual_forms(name: str, difficulty: int, template: str) -> None:
    task = get_family(name).task(4, difficulty=difficulty, template=template)
    function = function_of(task.facts)
    body = "\n".join(function.statements(3))
    forms = [
        body,
        f"  {body}".replace("\n", "\n  "),
        function.source(2, annotated=False),
        function.source(8),
        recursive(task),
        f"# why\n\n{function.source()}\n\n\nprint(f)",
        f"g = lambda *a: inner(*a)\n{function.source().replace('def f(', 'def inner(')}\nf = g",
    ]
    if function.expression() is not None:
        forms += [
            f"({function.expression()})",
            f"lambda {', '.join(function.names)}: {function.expression()}",
        ]
    for form in forms:
        assert right(task, form), (task.id, form)
    canonical = get_family(name).canonical_answer
    assert len({canonical(task, form) for form in (*forms, task.reference.answer)}) == 1
    assert canonical(task, "return 3.5") not in (None, canonical(task, body))
    assert canonical(task, "so it goes") is None


@pytest.mark.parametrize("name", FAMILIES)
def test_the_rubric_grows_with_what_is_right(name: str) -> None:
    task = get_family(name).task(0, difficulty=5)
    names = ", ".join(function_of(task.facts).names)
    solution = function_of(task.facts).source(annotated=False)
    ladder = [
        "so it goes",
        "def g(): return 3",
        f"def f({names}): return undefined",
        f"def f({names}): return 3.5",
        solution.replace(":\n", ":\n    if not x: return 3.5\n", 1),
    ]
    rewards = [verdict(task, answer).reward or 0.0 for answer in ladder]
    assert rewards == sorted(set(rewards)) and rewards[0] == 0 and rewards[-1] < 0.4
    parts = verdict(task, ladder[-1]).components
    assert parts["parses"] == parts["signature"] == parts["runs"] == 1 and 0 < parts["tests"] < 1
    assert verdict(task, solution).reward == 1


@pytest.mark.parametrize("name", FAMILIES)
@pytest.mark.parametrize("extra", ["    pass\n", "    y = 3\n", "    x = x\n", "    'x'\n", "    # x\n"])
def test_padding_is_not_tidy_and_earns_nothing(name: str, extra: str) -> None:
    task = get_family(name).task(2, difficulty=3, template="natural")
    solution = function_of(task.facts).source()
    padded = solution.replace("\n", f"\n{extra}", 1)
    found = verdict(task, f"```\n{padded}\n```", "token")
    assert found.components["truth"] == 1 and found.components["tidy"] == 0
    lines = [credit.value for credit in found.credits]
    assert lines.count(0) == 1 and lines[1] == 0
    chatty = verdict(task, f"Here:\n```\n{solution}\n```\nDone.", "token")
    assert [credit.value for credit in chatty.credits] == [0, *[1] * (solution.count("\n") + 1), 0, 1]
    assert chatty.components["tidy"] == 0 and 0.6 < (chatty.reward or 0) < 1


@pytest.mark.parametrize("name", FAMILIES)
def test_expected_values_come_from_the_evaluator_and_hold_no_floats(name: str) -> None:
    for seed in range(22):
        task = get_family(name).task(seed, difficulty=seed % 11)
        function, tests = function_of(task.facts), rows_of(task.facts)
        assert 6 <= sum(bool(group) for group, _, _ in tests) <= MOST_TESTS
        plain = [{"args": thaw(args), "expected": thaw(expected)} for _, args, expected in tests]
        assert judge_function(function.source(), "f", plain).passed
