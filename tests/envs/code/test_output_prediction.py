"""Programs mean what CPython says, and answers and steps are judged by that."""

import contextlib
import io
import re
import sys
from types import FrameType
from typing import Any

import pytest

from synthgym.envs.code._program_writer import CHANGES
from synthgym.envs.code._tiny_python import execute, literal
from synthgym.errors import TaskError
from synthgym.facts import freeze
from synthgym.family import Family
from synthgym.parsing import parse, render
from synthgym.plugins import get_family
from synthgym.types import Task

SEEDS = range(40)
DIFFICULTIES = range(11)


@pytest.fixture(scope="module")
def family() -> Family:
    return get_family("output_prediction")


def task_of(family: Family, program: str) -> Task:
    """A task about `program`, with everything else from some task."""
    facts = freeze({"program": program})
    some = family.task(0)
    values = {name: getattr(some, name) for name in Task.__dataclass_fields__}
    return Task(**{**values, "facts": facts})


def python(program: str) -> tuple[list[tuple[str, object]], str]:
    """The changes that CPython makes when it runs `program`, and what it prints."""
    scope: dict[str, Any] = {}
    known: dict[str, object] = {}
    changes: list[tuple[str, object]] = []

    def look(frame: FrameType, event: str, argument: object) -> Any:
        if frame.f_code.co_filename == "<program>":
            for name, value in scope.items():
                frozen = tuple(value) if isinstance(value, list) else value
                if not name.startswith("__") and known.get(name) != frozen:
                    known[name] = frozen
                    changes.append((name, frozen))
        return look

    before = sys.gettrace()
    with contextlib.redirect_stdout(io.StringIO()) as out:
        sys.settrace(look)
        try:
            exec(compile(program, "<program>", "exec"), scope)  # noqa: S102
        finally:
            sys.settrace(before)
    return changes, out.getvalue().removesuffix("\n")


@pytest.mark.parametrize("difficulty", DIFFICULTIES)
def test_programs_do_in_cpython_what_the_solution_says(family: Family, difficulty: int) -> None:
    for seed in SEEDS:
        task = family.task(seed, difficulty=difficulty)
        program = str(task.facts["program"])
        changes, printed = python(program)
        assert [(change.name, change.value) for change in execute(program).changes] == changes, program
        assert task.reference.answer == printed, program
        assert len(changes) == CHANGES[difficulty]


@pytest.mark.parametrize("difficulty", DIFFICULTIES)
def test_prompts_show_the_same_program(family: Family, difficulty: int) -> None:
    for seed in SEEDS:
        compact = family.task(seed, difficulty=difficulty)
        natural = family.task(seed, difficulty=difficulty, template="natural")
        assert python(natural.prompt.split("\n\n")[1])[1] == compact.reference.answer
        assert python(re.sub(r"(\w)\?$", r"print(\1)", compact.prompt))[1] == compact.reference.answer


@pytest.mark.parametrize(
    ("program", "right", "wrong"),
    [
        (
            "a=3\nb=a+4\nprint(b)",
            ["7", "+7", " 7 "],
            ["-7", "70", "17", "8", "6", "7.0", "'7'", "[7]", "b=7", "7 or 8"],
        ),
        ("a=3\nb=a-4\nprint(b)", ["-1", "- 1"], ["1", "--1", "(-1)", "-1-", "-10"]),
        (
            "s='kl'\ns+='m'\nprint(s)",
            ["klm", "'klm'", '"klm"'],
            ["kl", "klmm", "KLM", "'klm", "klm'", "k lm", "'klm\"", "s"],
        ),
        (
            "x=[1,2]\na=7\nx.append(a)\nprint(x)",
            ["[1, 2, 7]", "[1,2,7]", "[ 1 ,2, 7 ]"],
            [
                "[1, 2]",
                "1, 2, 7",
                "(1, 2, 7)",
                "[1 2 7]",
                "[1, 2, 7",
                "[1, 2, 7,]",
                "[7, 2, 1]",
                "[1, 2, 7, 7]",
            ],
        ),
    ],
)
def test_answers(family: Family, program: str, right: list[str], wrong: list[str]) -> None:
    task = task_of(family, program)
    for answer in right:
        assert family.is_correct(task, answer), answer
        assert family.canonical_answer(task, answer) == family.canonical_answer(task, right[0])
    for answer in wrong:
        assert not family.is_correct(task, answer), answer
        assert family.canonical_answer(task, answer) != family.canonical_answer(task, right[0])
    assert family.canonical_answer(task, "so it goes") is None


PROGRAM = "a=3\nfor i in range(2):\n a+=4\ns='k'\nprint(a)"


@pytest.mark.parametrize(
    ("lines", "credits"),
    [
        (["a=3", "i=0", "a=3+4=7", "i=1", "a=7+4=11", "s='k'"], [1, 1, 1, 1, 1, 1]),
        (["a=3", "a=7", "a=11"], [1, 1, 1]),
        (["a = 3", "`i = 0`", "a = 3 + 4 = 7"], [1, 1, 1]),
        (["a=7", "a=3", "a=11"], [1, 0, 1]),
        (["a=3", "a=3", "a = 3"], [1, 0, 0]),
        (["a=4", "b=3", "a=3+4=8", "a=9+9=7", "a==3", "a=", "a", "3", "a=3=", "a=7or8"], [0] * 10),
        (["a=3;i=0", "a=3 or 4", "a=30", "a=-3", "A=3", "aa=3"], [0] * 6),
        (["s=k", "s='k'"], [1, 0]),
        (["s='k", "s=K", "s='kk'"], [0, 0, 0]),
    ],
)
def test_steps(family: Family, lines: list[str], credits: list[int]) -> None:
    task = task_of(family, PROGRAM)
    response = parse(task, "\n".join([*lines, "Answer: 11"]))
    assert list(family.judge(task, response).step_credits) == credits


def test_guessing_lines_pays_less_than_working(family: Family) -> None:
    task = family.task(3, difficulty=2)
    honest = parse(task, render(task.reference, "equals").rpartition("=")[0] + "=x")
    sprayed = parse(task, "\n".join([f"{name}={n}" for name in "abcdefgh" for n in range(10)] + ["=x"]))

    def steps(response: Any) -> float:
        return family.criteria(task, response, family.judge(task, response))["steps"]

    assert steps(honest) > 0.5
    assert steps(sprayed) < 0.1


@pytest.mark.parametrize(
    "program",
    [
        "a=3",
        "print(a)",
        "a=b\nprint(a)",
        "a=1/0\nprint(a)",
        "a=__import__('os')\nprint(a)",
        "a=3\nfor i in a:\n a+=1\nprint(a)",
        "a=3\na.append(a)\nprint(a)",
        "while 1:\n a=1\nprint(a)",
        "import os\nprint(os)",
        "s='k'\na=s-s\nprint(a)",
        "".join(f"{' ' * depth}for i in range(9):\n" for depth in range(6)) + "      a=1\nprint(a)",
        "a=9\nfor i in range(9):\n a=a*a\nprint(a)",
        "s='k'\nfor i in range(9):\n s*=9\nprint(s)",
        "s='k'\ns*=999999999999\nprint(s)",
        "",
    ],
)
def test_what_is_not_of_the_subset_is_refused(program: str) -> None:
    with pytest.raises(TaskError):
        execute(program).output()


def test_constructs_come_with_difficulty(family: Family) -> None:
    def share(difficulty: int, mark: str) -> float:
        programs = [str(family.task(seed, difficulty=difficulty).facts["program"]) for seed in SEEDS]
        return sum(mark in program for program in programs) / len(programs)

    for mark, level in (("if ", 3), ("for ", 4), ("'", 7), ("[", 8)):
        assert share(level - 1, mark) < 1 or level > 4
        assert share(level, mark) > 0.9, mark
    assert share(2, "if ") == share(3, "for ") == share(6, "'") == 0


def test_values_are_written_as_in_a_program() -> None:
    assert [literal(value) for value in (-3, "kl", (1, 2), ())] == ["-3", "'kl'", "[1,2]", "[]"]


@pytest.mark.parametrize("seed", [381, 619])
def test_a_draft_whose_values_grow_too_large_is_drawn_again(family: Family, seed: int) -> None:
    task = family.task(seed, difficulty=10)
    assert len(execute(str(task.facts["program"])).changes) == CHANGES[10]
