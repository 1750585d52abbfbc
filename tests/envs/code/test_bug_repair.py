"""The program is wrong as it is shown, and any right one repairs it."""

from synthgym.envs.code._functions import of_facts
from synthgym.envs.code._functions_mutants import mutants
from synthgym.envs.code._python_family import function_of
from synthgym.parsing import parse
from synthgym.plugins import get_family
from synthgym.types import Task


def shown(task: Task) -> str:
    """The program in the prompt."""
    if task.template == "natural":
        return task.prompt.split("\n\n")[1]
    after = task.prompt.removesuffix("?").removeprefix("list: ").removeprefix("text: ")
    return after.split("\n", 1)[1] if "\n" in after else after.split(": ", 1)[1]


def test_the_program_fails_as_it_is_shown_and_in_other_forms() -> None:
    family = get_family("bug_repair")
    for template in ("compact", "natural"):
        for seed in range(22):
            task = family.task(seed, difficulty=seed % 11, template=template)
            program = shown(task)
            assert program in task.prompt and program != task.reference.answer
            assert not family.is_correct(task, program), task.prompt
            assert not family.is_correct(task, of_facts(task.facts["buggy"]).source(2, annotated=False))
            assert family.canonical_answer(task, program) is not None
            assert family.is_correct(task, task.reference.answer)


def test_the_program_is_one_mistake_away() -> None:
    for seed in range(55):
        task = get_family("bug_repair").task(seed, difficulty=seed % 11)
        buggy = of_facts(task.facts["buggy"])
        assert buggy in [mutant.function for mutant in mutants(function_of(task.facts))]


def test_the_program_ends_on_every_test() -> None:
    family = get_family("bug_repair")
    for seed in range(22):
        task = family.task(seed, difficulty=seed % 11, template="natural")
        response = parse(task, f"```\n{shown(task)}\n```")
        assert family.criteria(task, response, family.judge(task, response))["runs"] == 1


def test_the_prompts() -> None:
    task = get_family("bug_repair").task(3)
    assert (task.prompt, task.reference.answer) == ("minus 8 times 2: (x-8)//2?", "(x-8)*2")
    natural = get_family("bug_repair").task(3, template="natural")
    assert "has a bug" in natural.prompt and "def f(x: int) -> int:" in natural.prompt
    assert natural.prompt.count(" == ") == 3


def test_no_constant_beats_the_stated_chance() -> None:
    family = get_family("bug_repair")
    answers = [family.task(seed).reference.answer for seed in range(1000)]
    commonest = max(answers.count(answer) for answer in set(answers))
    assert commonest / len(answers) < family.chance + 3 * (family.chance / len(answers)) ** 0.5
