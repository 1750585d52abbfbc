"""The text for the hole, or the whole function: what it makes of the program is what counts."""

import pytest

from synthgym.envs.code._functions import Function
from synthgym.envs.code._inputs import pick_tests
from synthgym.envs.code._operations import Condition, Operation
from synthgym.envs.code._python_family import function_of
from synthgym.facts import freeze
from synthgym.parsing import parse
from synthgym.plugins import get_family
from synthgym.rng import Rng
from synthgym.types import Task


def task_of(function: Function, hole: list[object], template: str = "compact") -> Task:
    rng = Rng("test")
    tests = pick_tests(rng, function)
    while tests is None:
        tests = pick_tests(rng, function)
    facts = freeze(
        {
            "function": function.facts(),
            "hole": hole,
            "examples": [[list(test.args), test.expected] for test in tests.examples],
            "tests": [[test.group, list(test.args), test.expected] for test in tests.hidden],
        }
    )
    family = get_family("hole_completion")
    some = family.task(0, template=template)
    values = {name: getattr(some, name) for name in Task.__dataclass_fields__}
    task = Task(**{**values, "facts": facts})
    prompt, reference = family.question(task.facts, template), family.solve(task.facts, template)
    return Task(**{**values, "facts": facts, "prompt": prompt, "reference": reference})


BRANCH = Function(
    parameters=(("x", "int"),),
    operations=(
        Operation("add", (4,)),
        Operation("if", (), Condition("above", 9), (Operation("multiply", (2,)),), (Operation("negate"),)),
        Operation("repeat", (3,), None, (Operation("add", ("i",)), Operation("modulo", (7,)))),
    ),
)
LINES = (
    "n = x + 4",
    "if n > 9:",
    " n = n * 2",
    "else:",
    " n = -n",
    "for i in range(3):",
    " n = n + i",
    " n = n % 7",
    "return n",
)


def test_the_function_of_these_tests() -> None:
    assert tuple(BRANCH.statements(1)) == LINES


@pytest.mark.parametrize("template", ["compact", "natural"])
@pytest.mark.parametrize(
    ("hole", "answers"),
    [
        (
            ["value", 0, 0],
            ["x + 4", "4 + x", "(x + 2) + 2", "x - -4 # four", "x +\\\n4", "x +\n 4", "sum((x, 4))"],
        ),
        (
            ["lines", 0, 0],
            ["n = x + 4", "n = x\nn += 4", "n = 4\nfor _ in [0]:\n    n += x", "    n = x + 4"],
        ),
        (
            ["lines", 1, 4],
            [
                "if n > 9:\n n = n * 2\nelse:\n n = -n",
                "if n > 9:\n     n = n * 2\n    else:\n     n = -n",
                "n = 2 * n if n > 9 else -n",
                "if n <= 9:\n        n *= -1\nelse:\n        n *= 2",
            ],
        ),
        (["lines", 6, 7], ["n = n + i\nn = n % 7", "n = (n + i) % 7", "n += i\nn %= 7", " n += i\n n %= 7"]),
        (["lines", 8, 8], ["return n", "return 0 + n", "if n:\n    return n\nreturn 0"]),
        (["lines", 2, 2], ["n = n * 2", "n += n", "n *= 2"]),
    ],
)
def test_right_texts(template: str, hole: list[object], answers: list[str]) -> None:
    task = task_of(BRANCH, hole, template)
    family = get_family("hole_completion")
    assert task.prompt.count("___") == (1 if template == "compact" else 3)
    whole = [BRANCH.source(), "\n".join(LINES), BRANCH.source(1, annotated=False)]
    for answer in [*answers, *whole, task.reference.answer]:
        assert family.is_correct(task, answer), (task.prompt, answer)


@pytest.mark.parametrize("template", ["compact", "natural"])
@pytest.mark.parametrize(
    ("hole", "answers"),
    [
        (
            ["value", 0, 0],
            ["x", "4", "x + 5", "x, 4", "", "pass", "return x + 4", "n = x + 4", "x + 4)", "___", "(x + 4"],
        ),
        (
            ["lines", 0, 0],
            ["n = x", "x + 4", "pass", "", "n = x + 3", "return x", "n == x + 4", "m = x + 4", "___"],
        ),
        (
            ["lines", 1, 4],
            ["n = n * 2", "n = -n", "pass", "if n > 9:\n n = n * 2", "else:\n n = -n", "return n"],
        ),
        (["lines", 6, 7], ["n = n + i", "n = n % 7", "pass", "continue", "break", "n = n % 7\nn = n + i"]),
        (["lines", 8, 8], ["n", "return x", "return", "return -n", "return n + 1", "yield n", "pass"]),
    ],
)
def test_wrong_texts(template: str, hole: list[object], answers: list[str]) -> None:
    task = task_of(BRANCH, hole, template)
    for answer in answers:
        assert not get_family("hole_completion").is_correct(task, answer), (task.prompt, answer)


def test_credits_of_a_text_are_those_of_its_statements() -> None:
    family = get_family("hole_completion")
    for template in ("compact", "natural"):
        task = task_of(BRANCH, ["lines", 1, 4], template)
        for text, wanted in (
            ("if n > 9:\n n = n * 2\nelse:\n n = -n", [1, 1, 1, 1]),
            ("# so\nif n > 9:\n pass\n n = n * 2\nelse:\n n = -n", [0, 1, 0, 1, 1, 1]),
            ("    if n > 9:\n        n = n * 2\n    else:\n        n = -n", [1, 1, 1, 1]),
        ):
            judged = family.judge(task, parse(task, f"```\n{text}\n```"))
            assert judged.truth and list(judged.step_credits) == wanted
        half = family.judge(task, parse(task, "```\nif n > 9:\n n = n * 2\nelse:\n n = n + n + 1\n```"))
        assert not half.truth and half.step_credits[1] == 1 and half.step_credits[3] < 1


def test_trivial_texts_are_refused() -> None:
    family = get_family("hole_completion")
    for seed in range(11):
        task = family.task(seed, difficulty=seed)
        for answer in (
            "pass",
            "n",
            "x",
            "a",
            "s",
            "e",
            "0",
            "1",
            "[]",
            "''",
            "return n",
            "return a",
            "return x",
            "n = x",
        ):
            assert not family.is_correct(task, answer), (task.prompt, answer)


def test_the_prompts() -> None:
    task = get_family("hole_completion").task(3)
    assert (task.prompt, task.reference.answer) == ("over 3 times 7: ___*7?", "x//3")
    natural = get_family("hole_completion").task(3, template="natural")
    assert "    return ___ * 7" in natural.prompt and "an expression is missing" in natural.prompt
    assert natural.reference.answer == "def f(x: int) -> int:\n    return x // 3 * 7"
    for seed in range(44):
        task = get_family("hole_completion").task(seed, difficulty=seed % 11)
        assert task.prompt.count("___") == 1 and task.reference.answer.split("\n")[
            0
        ] not in task.prompt.split("\n")
        assert function_of(task.facts).brief() in task.prompt


def test_no_constant_beats_the_stated_chance() -> None:
    family = get_family("hole_completion")
    answers = [family.task(seed).reference.answer for seed in range(1500)]
    commonest = max(answers.count(answer) for answer in set(answers))
    assert abs(commonest / len(answers) - family.chance) < 4 * (family.chance / len(answers)) ** 0.5
