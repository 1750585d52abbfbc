"""Any Python that does what the description says is right."""

import pytest

from synthgym.envs.code._functions import Function
from synthgym.envs.code._inputs import pick_tests
from synthgym.envs.code._operations import Condition, Operation
from synthgym.facts import freeze
from synthgym.plugins import get_family
from synthgym.rng import Rng
from synthgym.types import Task


def task_of(function: Function) -> Task:
    """A task about `function`, with everything else from some task."""
    rng = Rng("test")
    tests = pick_tests(rng, function)
    while tests is None:
        tests = pick_tests(rng, function)
    facts = {
        "function": function.facts(),
        "examples": [[list(test.args), test.expected] for test in tests.examples],
        "tests": [[test.group, list(test.args), test.expected] for test in tests.hidden],
    }
    some = get_family("function_synthesis").task(0)
    values = {name: getattr(some, name) for name in Task.__dataclass_fields__}
    return Task(**{**values, "facts": freeze(facts)})


@pytest.fixture(scope="module")
def evens() -> Task:
    """The sum of the squares of the even elements, plus k."""
    operations = (
        Operation("keep", condition=Condition("multiple", 2)),
        Operation("map", body=(Operation("square"),)),
        Operation("sum"),
        Operation("add", ("k",)),
    )
    return task_of(Function(parameters=(("x", "list"), ("k", "int")), operations=operations))


@pytest.mark.parametrize(
    "answer",
    [
        "sum(e * e for e in x if e % 2 == 0) + k",
        "k + sum([e ** 2 for e in x if not e % 2])",
        "lambda x, k: k + sum(e * e for e in x if e & 1 == 0)",
        "total = k\nfor e in x:\n    if e % 2 == 0:\n        total += e * e\nreturn total",
        "while x:\n  e = x.pop()\n  k += 0 if e % 2 else e * e\nreturn k",
        "def f(x, k):\n  return k if not x else f(x[1:], k) + (x[0] ** 2 if x[0] % 2 == 0 else 0)",
        "def f(numbers, more):\n  return more + sum(map(lambda e: e * e, filter(lambda e: e % 2 < 1, numbers)))",
        "from functools import reduce\nf = lambda x, k: reduce(lambda t, e: t + e * e * (1 - e % 2), x, k)",
        "from math import prod\ndef f(*args):\n  x, k = args\n  return k + sum(prod((e, e)) for e in x if e % 2 == 0)",
        "def f(x, k=0, *rest):\n  print('hello', x)\n  return eval('sum(e*e for e in x if e%2==0)', {'x': x}) + k",
        "import dataclasses\n@dataclasses.dataclass\nclass Sum:\n  total: int\n  def add(self, e):\n    "
        "self.total += e * e\n"
        "def f(x, k):\n  s = Sum(k)\n  [s.add(e) for e in x if e % 2 == 0]\n  return s.total",
    ],
)
def test_right_answers(evens: Task, answer: str) -> None:
    assert get_family("function_synthesis").is_correct(evens, answer)


@pytest.mark.parametrize(
    "answer",
    [
        "sum(e * e for e in x if e % 2 == 0) - k",
        "sum(e * e for e in x if e % 2 == 1) + k",
        "sum(e * e for e in x) + k",
        "sum(e * 2 for e in x if e % 2 == 0) + k",
        "float(sum(e * e for e in x if e % 2 == 0) + k)",
        "[sum(e * e for e in x if e % 2 == 0) + k]",
        "str(sum(e * e for e in x if e % 2 == 0) + k)",
        "print(sum(e * e for e in x if e % 2 == 0) + k)",
        "sum(e * e for e in x if e % 2 == 0 and e > 0) + k",
        "sum(e * e for e in x[:9] if e % 2 == 0) + abs(k)",
        "def f(x): return sum(e * e for e in x if e % 2 == 0)",
        "def g(x, k): return sum(e * e for e in x if e % 2 == 0) + k",
        "lambda k, x: sum(e * e for e in x if e % 2 == 0) + k",
        "total = k\nfor e in x:\n    if e % 2 == 0:\n        total += e * e",
        "",
    ],
)
def test_wrong_answers(evens: Task, answer: str) -> None:
    assert not get_family("function_synthesis").is_correct(evens, answer)


def test_the_prompts() -> None:
    task = get_family("function_synthesis").task(3)
    assert (task.prompt, task.reference.answer) == ("over 8 minus 6?", "x//8-6")
    natural = get_family("function_synthesis").task(3, template="natural")
    assert natural.prompt.startswith("Write a Python function.\n\nf(x) takes x, a whole number.")
    assert natural.prompt.count(" == ") == 3 and "def f(x: int) -> int:" in natural.prompt
    assert natural.reference.answer.startswith("def f(x: int) -> int:\n")


def test_there_are_many_instances_and_no_constant_beats_the_stated_chance() -> None:
    family = get_family("function_synthesis")
    answers = [family.task(seed).reference.answer for seed in range(1500)]
    assert len(set(answers)) > 600
    commonest = max(answers.count(answer) for answer in set(answers))
    assert commonest / len(answers) < family.chance + 3 * (family.chance / len(answers)) ** 0.5
