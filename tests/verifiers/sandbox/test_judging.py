"""Outcomes, comparison and mistakes: what `run`, `judge_function` and `judge_program` say."""

import platform
import sys
from typing import Any

import pytest

from synthgym.errors import SandboxError, SettingError
from synthgym.verifiers.sandbox import (
    EVERY,
    FLOOR,
    Facility,
    Limits,
    Outcome,
    Sandbox,
    judge_function,
    judge_program,
    pool,
    run,
    shared_sandbox,
)
from synthgym.verifiers.sandbox.values import ValueFormError

QUICK = Limits(seconds=2, memory_mb=128, output_kb=64)


def of_function(source: str, expected: object = 1, *args: object) -> Outcome:
    return judge_function(source, "f", [{"args": list(args), "expected": expected}], QUICK).outcomes[0]


@pytest.mark.parametrize(
    ("source", "outcome"),
    [
        ("def f(): return 1", "passed"),
        ("f = lambda: 1", "passed"),
        ("class F:\n    def __call__(self): return 1\nf = F()", "passed"),
        ("from functools import partial\nf = partial(int, '1')", "passed"),
        ("async def g(): return 1\ndef f():\n    import asyncio\n    return asyncio.run(g())", "passed"),
        ("def f(): return 2", "wrong"),
        ("def f(): return True", "wrong"),
        ("def f(): return 1.0", "wrong"),
        ("def f(): return [1]", "wrong"),
        ("def f(): return None", "wrong"),
        ("def f(): return f", "wrong"),
        ("def f(): yield 1", "wrong"),
        ("class I(int):\n    __eq__ = lambda a, b: True\ndef f(): return I(1)", "wrong"),
        ("", "exception"),
        ("g = 1", "exception"),
        ("f = 1", "exception"),
        ("def f(: return 1", "exception"),
        ("def f(): return 1 / 0", "exception"),
        ("def f(x): return 1", "exception"),
        ("import sys\ndef f(): sys.exit(0)", "exception"),
        ("raise SystemExit", "exception"),
        ("from unittest import SkipTest\ndef f(): raise SkipTest", "exception"),
        ("def f(): return f()", "exception"),
        ("\x00", "exception"),
        ("\ud800", "exception"),
        ("import os\ndef f(): os._exit(0)", "crashed"),
        ("import os\nos._exit(0)", "crashed"),
        ("import ctypes\ndef f(): ctypes.string_at(0)", "crashed"),
        ("import os\ndef f(): os.kill(os.getpid(), 11)", "crashed"),
        ("def f():\n    while True: pass", "timeout"),
        ("while True: pass", "timeout"),
        ("import time\ndef f(): time.sleep(60)", "timeout"),
        (
            "def f():\n    while True:\n        try:\n            while True: pass\n        except BaseException: pass",
            "timeout",
        ),
        ("def f(): return bytearray(1 << 30)", "memory"),
        ("def f(): return 'x' * (1 << 20)", "output"),
        ("def f(): print('x' * (1 << 20)); return 1", "output"),
        ("import os\ndef f(): os.fork()", "forbidden"),
        ("def f(): open('/etc/passwd')", "forbidden"),
        ("import socket\ndef f(): socket.socket()", "forbidden"),
        ("import subprocess\ndef f(): subprocess.run(['true'])", "forbidden"),
    ],
)
def test_each_ending_has_its_outcome(source: str, outcome: str) -> None:
    limits = Limits(seconds=0.5, memory_mb=128, output_kb=64) if outcome == "timeout" else QUICK
    judged = judge_function(source, "f", [{"args": [], "expected": 1}], limits)
    assert judged.outcomes == (outcome,)
    assert judged.passed == (outcome == "passed")
    assert judged.tests[0].detail or judged.passed


@pytest.mark.parametrize(
    ("source", "outcome"),
    [
        ("print(int(input()) + 1)", "passed"),
        ("import sys\nsys.stdout.write('4')", "passed"),
        ("print('4  \\n\\n')", "passed"),
        ("print(4); exit()", "passed"),
        ("print(4); raise SystemExit(0)", "passed"),
        ("import os\nos.write(1, b'4'); os._exit(0)", "passed"),
        ("import atexit\natexit.register(print, 4)", "passed"),
        ("import threading\nthreading.Thread(target=print, args=[4]).start()", "passed"),
        ("if __name__ == '__main__': print(4)", "passed"),
        ("import sys\nprint(4)\nprint('debug', file=sys.stderr)", "passed"),
        ("print(4); print(4)", "wrong"),
        ("print(' 4')", "wrong"),
        ("print(4.0)", "wrong"),
        ("", "wrong"),
        ("print(4); exit(1)", "exception"),
        ("print(4); raise SystemExit('no')", "exception"),
        ("import os\nos.write(1, b'4'); os._exit(3)", "exception"),
        ("print(4); 1 / 0", "exception"),
        ("print(4); input(); input()", "exception"),
        ("print(4, flush=True)\nwhile True: pass", "timeout"),
        (
            "import threading, time\nprint(4, flush=True)\nthreading.Thread(target=time.sleep, args=[60]).start()",
            "timeout",
        ),
        ("print('4' * (1 << 20))", "output"),
        ("while True: print(4)", "output"),
        ("x = [0] * (1 << 30)", "memory"),
        ("import os\nos.abort()", "crashed"),
        (
            "import sys\nclass Zero(int):\n    __eq__ = lambda a, b: True\nprint(4); sys.exit(Zero(3))",
            "exception",
        ),
        ("import os, sys\nprint(4); os.dup2(2, 3); sys.exit(3)", "exception"),
    ],
)
def test_each_ending_of_a_program_has_its_outcome(source: str, outcome: str) -> None:
    limits = Limits(seconds=0.5, memory_mb=128, output_kb=64) if outcome == "timeout" else QUICK
    judged = judge_program(source, [{"input": "3\n", "output": "4\n"}], limits)
    assert judged.outcomes == (outcome,), judged.tests
    assert judged.passed == (outcome == "passed")


def test_every_test_has_its_outcome() -> None:
    source = "def f(x):\n    print('seen', x)\n    if x == 2: raise ValueError('two')\n    return x if x < 4 else -x"
    judged = judge_function(source, "f", [{"args": [x], "expected": x} for x in range(6)])
    assert judged.outcomes == ("passed", "passed", "exception", "passed", "wrong", "wrong")
    assert judged.tests[2].detail == "ValueError: two (line 3)"
    assert [test.stdout for test in judged.tests] == [f"seen {x}\n" for x in range(6)]
    assert judged.tests[4].value == -4
    assert judged.share == 0.5


@pytest.mark.parametrize("fresh", [False, True])
def test_a_crash_leaves_the_verdicts_before_it(fresh: bool) -> None:
    source = "import os\ndef f(x):\n    if x == 2: os._exit(0)\n    return x"
    judged = judge_function(source, "f", [{"args": [x], "expected": x} for x in range(4)], fresh=fresh)
    after = "passed" if fresh else "crashed"
    assert judged.outcomes == ("passed", "passed", "crashed", after)
    assert judged.passed is False


def test_arguments_are_fresh_for_each_test() -> None:
    source = "def f(xs):\n    xs.append(1)\n    return len(xs)"
    shared = [1, 2]
    assert judge_function(source, "f", [{"args": [shared], "expected": 3}] * 3).passed
    assert shared == [1, 2]


def test_state_lasts_from_test_to_test_unless_each_is_fresh() -> None:
    source = "calls = []\ndef f():\n    calls.append(1)\n    return len(calls)"
    tests = [{"args": [], "expected": 1}] * 3
    assert judge_function(source, "f", tests).outcomes == ("passed", "wrong", "wrong")
    assert judge_function(source, "f", tests, fresh=True).passed


@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        0,
        -5,
        10**3000,
        1.5,
        float("nan"),
        "",
        "\ud800\n\x00é",
        [],
        [[1], "a"],
        (1, (2,)),
        {"a": [1]},
        {1: (2, 3)},
        {1, 2},
        b"\xff",
    ],
    ids=repr,
)
def test_values_go_in_and_come_out_as_they_are(value: object) -> None:
    assert of_function("def f(x): return x", value, value) is Outcome.PASSED
    ran = run("def f(x): return [x, type(x).__name__]", [[value]], entry="f").results[0]
    assert repr(ran.value) == repr([value, type(value).__name__])


def test_a_tolerance_lets_floats_differ() -> None:
    test = {"args": [], "expected": 0.3}
    assert not judge_function("def f(): return 0.1 + 0.2", "f", [test]).passed
    assert judge_function("def f(): return 0.1 + 0.2", "f", [{**test, "tolerance": 1e-9}]).passed
    assert not judge_function("def f(): return float('nan')", "f", [{**test, "tolerance": 0.5}]).passed


def test_run_gives_what_came_of_each_input() -> None:
    ran = run("print(input()[::-1])", ["abc", "", "x\ny"])
    assert [r.stdout for r in ran.results] == ["cba\n", "", "x\n"]
    assert [r.outcome for r in ran.results] == ["passed", "exception", "passed"]
    called = run("def g(a, b): return a // b", [[7, 2], [1, 0]], entry="g")
    assert called.results[0].value == 3
    assert called.results[1].outcome is Outcome.EXCEPTION
    assert called.seconds > 0 and called.cpu_seconds > 0
    assert called.isolation is shared_sandbox().isolation


def test_the_lines_that_ran_are_those_of_each_test() -> None:
    source = "import math\ndef f(x):\n    if x > 0:\n        y = 1\n    else:\n        y = 2\n    return y\n"
    judged = judge_function(source, "f", [{"args": [x], "expected": 1} for x in (1, -1)], trace=True)
    assert [sorted(test.lines) for test in judged.tests] == [[1, 2, 3, 4, 7], [1, 2, 3, 6, 7]]
    assert not judge_function(source, "f", [{"args": [1], "expected": 1}]).tests[0].lines
    program = judge_program(
        "x = int(input())\nif x:\n    print(x)", [{"input": "1", "output": "1"}], trace=True
    )
    assert sorted(program.tests[0].lines) == [1, 2, 3]


def test_equal_runs_give_equal_results() -> None:
    source = "import random\ndef f(): return [random.random(), hash('a'), list({'a', 'b', 'c'})]"
    values = {repr(run(source, [[]], entry="f").results[0].value) for _ in range(4)}
    assert len(values) == 1


@pytest.mark.parametrize(
    "line",
    [
        b'{"o": "passed", "v": {"t": 1}}',
        b'{"o": "passed"}',
        b'{"o": ["passed"], "v": 1}',
        b'{"o": "nonsense", "v": 1}',
        b'{"o": "passed", "v": NaN}',
        b'{"o": "passed", "v": ' + b"9" * 5000 + b"}",
        b"[1]",
        b"\xff",
        b"",
    ],
    ids=range(9),
)
def test_forged_results_are_no_pass(line: bytes) -> None:
    source = f"import os\ndef f():\n    os.write(3, {line + b'%c' % 10!r})\n    os._exit(0)"
    judged = judge_function(source, "f", [{"args": [], "expected": 1}] * 2)
    assert not any(outcome is Outcome.PASSED for outcome in judged.outcomes)


def test_a_forged_value_is_an_error_when_it_is_asked_for() -> None:
    source = 'import os\ndef f():\n    os.write(3, b\'{"o": "passed", "v": {"t": 1}}\\n\')\n    os._exit(0)'
    result = run(source, [[]], entry="f").results[0]
    with pytest.raises(ValueFormError):
        _ = result.value


def test_output_beside_the_forged_end_counts() -> None:
    forged = b'{"o": "passed", "v": null, "p": 2}\n'
    source = f"import os\nos.write(1, b'4\\nmore')\nos.write(3, {forged!r})\nos._exit(0)"
    assert judge_program(source, [{"input": "", "output": "4"}]).outcomes == ("wrong",)


def no_tests(**settings: Any) -> list[dict[str, Any]]:
    return [settings]


@pytest.mark.parametrize(
    ("tests", "said"),
    [
        ([], "no tests"),
        ("abc", "a list of dicts"),
        ({"args": [], "expected": 1}, "a list of dicts"),
        ([1], "test 0 is 1"),
        ([{"args": []}], "test 0 has no 'expected'"),
        ([{"expected": 1}], "test 0 has no 'args'"),
        ([{"args": [], "expected": 1}, {"args": 1, "expected": 1}], "test 1, args: 1 is not a list"),
        ([{"args": "ab", "expected": 1}], "not a list"),
        ([{"args": [], "expected": object()}], "object is not a plain value"),
        ([{"args": [object()], "expected": 1}], "object is not a plain value"),
        ([{"args": [], "expected": 1, "tolerence": 1}], "did you mean tolerance"),
        ([{"args": [], "expected": 1, "tolerance": 2}], "tolerance 2 is not in"),
        ([{"args": [], "expected": 1, "tolerance": True}], "tolerance True"),
    ],
)
def test_wrong_tests_are_named(tests: Any, said: str) -> None:
    with pytest.raises(SettingError, match=said):
        judge_function("", "f", tests)


@pytest.mark.parametrize(
    ("tests", "said"),
    [
        ([], "no tests"),
        ([{"input": "a"}], "test 0 has no 'output'"),
        ([{"input": b"a", "output": ""}], "'input' is b'a', not a text"),
        ([{"input": "", "output": 1}], "'output' is 1"),
        ([{"input": "", "output": "", "expected": ""}], "no key 'expected'"),
    ],
)
def test_wrong_tests_of_a_program_are_named(tests: Any, said: str) -> None:
    with pytest.raises(SettingError, match=said):
        judge_program("", tests)


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: judge_function(b"", "f", [{"args": [], "expected": 1}]), "source is b''"),  # type: ignore[arg-type]
        (lambda: judge_function("", "f()", [{"args": [], "expected": 1}]), "entry 'f\\(\\)' is not a name"),
        (lambda: judge_function("", "f", [{"args": [], "expected": 1}], 5), "limits are 5"),  # type: ignore[arg-type]
        (lambda: run("", "abc"), "a list is needed"),
        (lambda: run("", [[1]]), "for a function, give `entry`"),
        (lambda: run("", ["a"], entry="f"), "'a' is not a list of arguments"),
        (lambda: run("", [[object()]], entry="f"), "input 0: object is not"),
        (lambda: Limits(seconds=0), "seconds 0"),
        (lambda: Limits(seconds=float("nan")), "seconds nan"),
        (lambda: Limits(memory_mb=-1), "memory_mb -1"),
        (lambda: Limits(output_kb=True), "output_kb True"),
        (lambda: Sandbox(floor={"landlok"}), "did you mean landlock"),
        (lambda: Sandbox(use={"sandstone"}), "no facility 'sandstone'"),
    ],
)
def test_a_mistake_names_the_value_and_what_would_be_right(call: Any, said: str) -> None:
    with pytest.raises(SettingError, match=said):
        call()


def test_below_the_floor_it_refuses_with_the_reason_and_the_remedy() -> None:
    sandbox = Sandbox(workers=1, use=EVERY - {Facility.LANDLOCK})
    with pytest.raises(SandboxError, match=r"below its floor.*landlock: not used.*allow_weak=True"):
        sandbox.judge_function("def f(): return 1", "f", [{"args": [], "expected": 1}])
    assert sandbox.process_ids() == []
    with Sandbox(workers=1, use=EVERY - {Facility.LANDLOCK}, allow_weak=True) as weak:
        judged = weak.judge_function("def f(): return 1", "f", [{"args": [], "expected": 1}])
        assert judged.passed and judged.isolation.weak
        assert str(judged.isolation).startswith("weak: ")
    with Sandbox(workers=1, use=EVERY - {Facility.LANDLOCK}, floor=FLOOR - {Facility.LANDLOCK}) as lowered:
        assert not lowered.judge_function(
            "def f(): return 1", "f", [{"args": [], "expected": 1}]
        ).isolation.weak


def test_a_floor_may_be_raised() -> None:
    raised = Sandbox(workers=1, use=EVERY - {Facility.NAMESPACES}, floor=FLOOR | {Facility.NAMESPACES})
    with pytest.raises(SandboxError, match="namespaces: not used"):
        raised.run("", [""])


@pytest.mark.parametrize(("system", "name"), [("darwin", "Darwin"), ("win32", "Windows")])
def test_elsewhere_than_on_linux_it_refuses_clearly(
    system: str, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "platform", system)
    monkeypatch.setattr(platform, "system", lambda: name)
    monkeypatch.setattr(pool, "_PROBED", {})
    with pytest.raises(SandboxError, match=f"no sandbox on {name}: it needs Linux.*WSL 2"):
        Sandbox(allow_weak=True).run("", [""])


def test_a_facility_that_an_attack_gets_through_does_not_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    """A kernel that says it has Landlock and lets a file be read is found out."""
    found = pool.probe(EVERY)
    assert found[Facility.LANDLOCK] == ""
    monkeypatch.setattr(pool, "_PROBED", {EVERY: {**found, Facility.LANDLOCK: "a file outside was read"}})
    with pytest.raises(SandboxError, match="landlock: a file outside was read"):
        Sandbox(workers=1).run("", [""])
