"""Refactorings: behaviour and the constraint decide, and no way round the constraint is one."""

import pytest

from synthgym.envs.code._functions_draw import draw
from synthgym.envs.code._python_family import function_of
from synthgym.envs.code._refactor_check import broken_rules
from synthgym.envs.code._refactor_ways import WAYS
from synthgym.envs.code._refactor_writer import NoWay
from synthgym.envs.code.constrained_refactor import ConstrainedRefactor, rewritten, shown
from synthgym.parsing import parse, render
from synthgym.plugins import get_family
from synthgym.rng import Rng
from synthgym.signal import Signal
from synthgym.types import Solution, Task
from synthgym.verifiers.sandbox import judge_function
from synthgym.verifiers.score import verdict_on

FAMILY = get_family("constrained_refactor")
TASKS = [(seed, difficulty) for difficulty in range(11) for seed in range(3)]


def _task(seed: int, difficulty: int) -> Task:
    return FAMILY.task(seed, difficulty=difficulty, template="natural" if seed % 2 else "compact")


@pytest.mark.parametrize(("seed", "difficulty"), TASKS)
def test_the_worked_solution_is_right_and_the_shown_program_and_other_behaviour_are_not(
    seed: int, difficulty: int
) -> None:
    task = _task(seed, difficulty)
    assert isinstance(FAMILY, ConstrainedRefactor)
    function, constraint = function_of(task.facts), str(task.facts["constraint"])
    for signal in ("binary", "rubric", "token"):
        verdict = verdict_on(
            task, parse(task, render(task.reference, task.answer_format)), Signal(granularity=signal)
        )
        assert verdict.reward == 1 and all(credit.value == 1 for credit in verdict.credits)
    program = shown(function, constraint, task.template)
    report = FAMILY.report(task, program)
    assert report.passed and not FAMILY.is_correct(task, program)
    response = parse(task, render(Solution((), program), task.answer_format))
    assert 0.0 in FAMILY.judge(task, response).step_credits
    assert FAMILY.criteria(task, response, FAMILY.judge(task, response))["constraint"] == 0
    for cheat in ("return x", "return 0", "return ''", "return []", "pass", ""):
        assert not FAMILY.is_correct(task, f"def f({', '.join(function.names)}):\n {cheat or 'return None'}")


def _instances(constraint: str) -> list[tuple[str, str]]:
    """The shown program and the rewritten one, of functions of all sizes that the constraint fits."""
    found = []
    for seed in range(40):
        for difficulty in range(11):
            function = draw(Rng("ways", seed, difficulty), difficulty)
            if WAYS[constraint].concerns(function):
                try:
                    found.append((shown(function, constraint, "n"), rewritten(function, constraint, "n")))
                except NoWay:
                    continue
        if len(found) > 40:
            break
    return found


@pytest.mark.parametrize("constraint", WAYS)
def test_what_is_shown_breaks_its_rule_and_what_is_rewritten_keeps_it(constraint: str) -> None:
    pairs = _instances(constraint)
    assert len(pairs) >= 10
    for before, after in pairs:
        assert constraint in broken_rules(before) and "base" not in broken_rules(before)
        assert not {constraint, "base"} & set(broken_rules(after))


PASSING = {
    "modulo": (
        "def f(x):\n return x - x // 7 * 7",
        "def f(x):\n while x >= 7: x -= 7\n while x < 0: x += 7\n return x",
    ),
    "sort": (
        "def f(x):\n a = list(x)\n b = []\n while a:\n  m = min(a)\n  a.remove(m)\n  b.append(m)\n return b",
        "f = lambda x: [e for v in dict.fromkeys(range(-99, 99)) for e in [v] * x.count(v)]",
        "def f(x):\n if len(x) < 2: return x\n p = x[0]\n"
        " return f([e for e in x[1:] if e < p]) + [p] + f([e for e in x[1:] if e >= p])",
    ),
    "recursion": (
        "def f(x):\n def step(n):\n  return n + 1\n return step(step(x))",
        "def f(x):\n step = lambda n: n + 1\n return step(step(x))",
        "def one(n):\n return n + 1\ndef f(x):\n return list(map(one, [x + 1]))[0]",
    ),
    "returns": ("def f(x):\n def g(n):\n  return n\n return g(x)",),
    "branch": (
        "def f(x):\n return (1, 2)[x > 0]",
        "def f(x):\n while x > 9: x = x - 1\n return x > 0 and x or 0",
    ),
    "loop": ("def f(x):\n return sum([e for e in x])", "def f(x):\n return x[0] + f(x[1:]) if x else 0"),
    "comprehension": ("def f(x):\n b = []\n for e in x: b.append(e)\n return list(map(str, b))",),
    "slice": (
        "def f(x):\n return [x[i] for i in range(2)]",
        "def f(x):\n y = x.copy()\n y.reverse()\n return y",
    ),
    "reduce": ("def f(x):\n total = 0\n for e in x: total += e\n return total",),
    "absolute": ("def f(x):\n return max(x, -x)",),
    "power": ("def f(x):\n return x * x",),
}
"""Programs in many styles that keep the constraint."""


@pytest.mark.parametrize("constraint", PASSING)
def test_honest_programs_of_every_style_keep_the_constraint(constraint: str) -> None:
    for program in PASSING[constraint]:
        assert not {constraint, "base"} & set(broken_rules(program)), program


EVASIONS = {
    "modulo": (
        "return x % 7",
        "x %= 7\n return x",
        "return divmod(x, 7)[1]",
        "return pow(x, 1, 7)",
        "m = divmod\n return m(x, 7)[1]",
        "return int.__mod__(x, 7)",
        "return x.__mod__(7)",
        "import operator\n return operator.mod(x, 7)",
        "from operator import mod\n return mod(x, 7)",
        "import math\n return int(math.fmod(x, 7))",
        "return eval('x % 7')",
        "return eval('x ' + chr(37) + ' 7')",
        "return __import__('operator').mod(x, 7)",
        "return (lambda a, b: a % b)(x, 7)",
        "return '%d' % x",
        "exec('y = x ' + chr(37) + ' 7')\n return y",
        "return [*map(divmod, [x], [7])][0][1]",
    ),
    "sort": (
        "return sorted(x)",
        "x.sort()\n return x",
        "g = sorted\n return g(x)",
        "s = list.sort\n s(x)\n return x",
        "return getattr(__builtins__, 'sor' + 'ted')(x)",
        "return globals()['__builtins__'].sorted(x)",
        "return vars(__builtins__)['sorted'](x)",
        "return __builtins__['sorted'](x)",
        "return eval('sor' + 'ted')(x)",
        "import heapq\n return heapq.nsmallest(len(x), x)",
        "import bisect\n b = []\n for e in x: bisect.insort(b, e)\n return b",
        "return getattr([], 'sort')",
        "return (lambda g: g(x))(sorted)",
        "return list(map(sorted, [x]))[0]",
        "return print.__self__.sorted(x)",
        "return ''.__class__.__mro__",
        "return type(x).sort(x)",
        "return [].append.__self__.__class__.sort(x)",
        "return '{0.sort}'.format(x)",
        "return list(x).sort() or x",
        "match x:\n  case list(sort=g): g()\n return x",
        "return compile('1', '', 'eval')",
        "return f'{sorted(x)}'",
        "return ｓorted(x)",
        "def g(y, s=sorted): return s(y)\n return g(x)",
        "class A: s = sorted\n return A.s(x)",
        "@sorted\n def g(): pass\n return g",
        "return (s := sorted)(x)",
        "global sorted\n return sorted(x)",
        "try: x.nope\n except AttributeError as e: return e.__traceback__.tb_frame.f_builtins['sorted'](x)",
    ),
    "recursion": (
        "return f(x - 1) if x else 0",
        "g = f\n return g(x - 1) if x else 0",
        "return list(map(f, [x - 1]))[0] if x else 0",
        "return (lambda s: s(s, x))(lambda s, n: s(s, n - 1) if n else 0)",
        "def g(n): return h(n)\n def h(n): return g(n)\n return g(x)",
        "y = lambda s, n: s(s, n - 1) if n else 0\n return y(y, x)",
        "t = [f]\n return t[0](x - 1) if x else 0",
        "def g(h, n): return h(h, n - 1) if n else 0\n return g(g, x)",
        "g = lambda n: g(n - 1) if n else 0\n return g(x)",
        "return next(iter(lambda: f(x - 1), 7)) if x else 0",
        "d = {'f': f}\n return d['f'](x - 1) if x else 0",
        "return globals()['f'](x - 1) if x else 0",
        "def g(n, h=f): return h(n)\n return g(x)",
        "return max([x], key=lambda n: f(n - 1) if n else 0)",
        "for g in [f]: return g(x - 1) if x else 0",
        "t = []\n t.append(lambda n: list(map(t[0], [n - 1]))[0] if n else 0)\n return list(map(t[0], [x]))[0]",
        "d = dict(a=f)\n return list(map(d['a'], [x - 1]))[0] if x else 0",
        "return list(map(max(f, f, key=repr), [x - 1]))[0] if x else 0",
        "return list(map([f][0], [x - 1]))[0] if x else 0",
        "f.copy = f\n return f.copy(x - 1) if x else 0",
    ),
    "loop": (
        "for e in x: pass\n return x",
        "while x: x.pop()\n return x",
        "async def g():\n  async for e in x: pass\n return x",
        "exec('for e in x: pass')\n return x",
    ),
    "comprehension": (
        "return [e for e in x]",
        "return list(e for e in x)",
        "return {e for e in x}",
        "return {e: e for e in x}",
        "return eval('[e for e in x]')",
    ),
    "slice": (
        "return x[::-1]",
        "return x[slice(None, None, -1)]",
        "s = slice\n return x[s(2)]",
        "x[:] = []\n return x",
        "return x.__getitem__(slice(2))",
        "del x[1:]\n return x",
        "from itertools import islice\n return list(islice(x, 2))",
    ),
    "branch": (
        "if x: return 1\n return 0",
        "return 1 if x else 0",
        "return [e for e in x if e]",
        "match x:\n  case 0: return 1\n return 2",
        "return eval('1 if x else 0')",
    ),
    "returns": ("if x > 1:\n  return x\n return 0", "try:\n  return 1\n finally:\n  return 2"),
    "reduce": (
        "return sum(x)",
        "return max(x)",
        "m = min\n return m(x)",
        "sum = 0\n return sum",
        "import math\n return math.fsum(x)",
        "from functools import reduce\n return reduce(lambda a, b: a + b, x)",
    ),
    "absolute": (
        "return abs(x)",
        "return x.__abs__()",
        "import math\n return math.fabs(x)",
        "a = abs\n return a(x)",
    ),
    "power": (
        "return x ** 2",
        "x **= 2\n return x",
        "return pow(x, 2)",
        "import math\n return math.pow(x, 2)",
    ),
}


@pytest.mark.parametrize("constraint", EVASIONS)
def test_evasions_are_caught(constraint: str) -> None:
    for lines in EVASIONS[constraint]:
        program = f"def f(x):\n {lines}"
        assert {constraint, "base"} & set(broken_rules(program)), program


def test_evasions_that_compute_the_same_pass_the_tests_and_are_wrong_all_the_same() -> None:
    tests = [{"args": [number], "expected": number % 7} for number in (-9, 0, 3, 6, 7, 30)]
    working = 0
    for lines in EVASIONS["modulo"]:
        program = f"def f(x):\n {lines}"
        if judge_function(program, "f", tests).passed:
            working += 1
            assert {"modulo", "base"} & set(broken_rules(program)), program
    assert working >= 9


@pytest.mark.parametrize(
    "source",
    ["", "def", "\x00", "(" * 500, "x = " + "-" * 5_000 + "1", "\ud800", "a" * 10_000, "f" + "()" * 3_000],
)
def test_any_text_is_looked_at_in_peace(source: str) -> None:
    assert isinstance(dict(broken_rules(source)), dict)


def test_an_answer_of_other_shape_is_right() -> None:
    task = next(
        task for task in (FAMILY.task(seed) for seed in range(200)) if task.prompt.startswith("no %: x%7*")
    )
    factor = task.prompt[-2]
    for answer in (
        f"(x-x//7*7)*{factor}",
        f"lambda x: (x - 7 * (x // 7)) * {factor}",
        f"return {factor}*(x-x//7*7)",
        f"def f(n):\n    while n < 0:\n        n += 7\n    while n >= 7:\n        n -= 7\n    return n * {factor}",
    ):
        assert FAMILY.is_correct(task, answer), answer
    for answer in (
        f"x%7*{factor}",
        f"(x-x//7*7)*{factor}+1",
        f"(x-x//7*7)*{factor} if x != 3 else x%7",
        "x",
        "",
    ):
        assert not FAMILY.is_correct(task, answer), answer
