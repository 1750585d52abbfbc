"""What holds for all three logic families."""

import random
import time
from collections import Counter
from collections.abc import Callable

import pytest

from synthgym.envs.check import check_family
from synthgym.parsing import LINE_FORMATS, parse, render
from synthgym.plugins import get_family

FAMILIES = ("boolean_evaluation", "sat_assignment", "sorting_trace")


@pytest.mark.parametrize("name", FAMILIES)
def test_the_contract_holds(name: str) -> None:
    report = check_family(name, seeds=44)
    assert all(after > before for before, after in zip(report.lengths, report.lengths[1:], strict=False))


@pytest.mark.parametrize("name", FAMILIES)
def test_the_easiest_tasks_are_short(name: str) -> None:
    for seed in range(300):
        task = get_family(name).task(seed)
        assert len(task.prompt) <= 16 and task.prompt.endswith("?")
        assert len(render(task.reference, task.answer_format)) + 1 <= 16


@pytest.mark.parametrize("name", FAMILIES)
@pytest.mark.parametrize("split", ["train", "test"])
def test_no_constant_answer_beats_the_stated_chance(name: str, split: str) -> None:
    family = get_family(name)
    tasks = [family.task(seed, split=split) for seed in range(1000)]
    answers = Counter(task.reference.answer for task in tasks)
    best = max(sum(family.is_correct(task, answer) for task in tasks) for answer, _ in answers.most_common(8))
    spread = (family.chance * (1 - family.chance) / len(tasks)) ** 0.5
    assert best / len(tasks) <= family.chance + 4 * spread


@pytest.mark.parametrize("name", FAMILIES)
@pytest.mark.parametrize("form", sorted(LINE_FORMATS))
def test_the_worked_solution_earns_everything_and_no_repeat_does(name: str, form: str) -> None:
    family = get_family(name)
    for difficulty in range(11):
        for template in family.templates:
            task = family.task(7, difficulty=difficulty, template=template, answer_format=form)
            response = parse(task, render(task.reference, form))
            judged = family.judge(task, response)
            assert judged.truth and set(judged.step_credits) <= {1.0}
            assert set(family.criteria(task, response, judged).values()) == {1.0}
            for place, step in enumerate(task.reference.steps):
                done = [line.text for line in task.reference.steps[: place + 1]]
                assert not family.check_step(task, done, step.text)


@pytest.mark.parametrize("name", FAMILIES)
def test_characters_before_or_after_the_answer_make_it_wrong(name: str) -> None:
    family = get_family(name)
    for seed in range(40):
        task = family.task(seed, difficulty=seed % 11, template=family.templates[seed // 11 % 2])
        right = task.reference.answer
        for extra in ("0", "1", "T", "F", "-", "!", "not ", "x", ",", "[", "="):
            for wrong in (f"{extra}{right}", f"{right}{extra}"):
                assert not family.is_correct(task, wrong), wrong
        for joint in (" or ", " ", ", ", "/", "|"):
            assert not family.is_correct(task, f"{right}{joint}{right}")


@pytest.mark.parametrize("name", FAMILIES)
def test_wrapping_does_not_matter(name: str) -> None:
    family = get_family(name)
    task = family.task(3, difficulty=2, template="natural")
    right = task.reference.answer
    for wrapped in (
        f"\\boxed{{{right}}}",
        f"${right}$",
        f"`{right}`",
        f"**{right}**",
        f"  {right} ",
        f"{right}.",
    ):
        assert family.truth(task, f"Answer: {wrapped}"), wrapped


@pytest.mark.parametrize("name", FAMILIES)
def test_trying_every_step_does_not_pay(name: str) -> None:
    family = get_family(name)
    tasks = [family.task(seed) for seed in range(200)]
    common = Counter(step.text for task in tasks for step in task.reference.steps).most_common(24)
    spray = "\n".join(line for line, _ in common)
    total = 0.0
    for task in tasks:
        response = parse(task, f"{spray}\nAnswer: nothing")
        total += family.criteria(task, response, family.judge(task, response))["steps"]
    assert total / len(tasks) < 0.06


@pytest.mark.parametrize("name", FAMILIES)
def test_prose_between_steps_costs_style_alone(name: str) -> None:
    family = get_family(name)
    task = family.task(5, difficulty=3)
    lines = [line for step in task.reference.steps for line in ("Next we simplify, thus:", step.text)]
    response = parse(task, "\n".join([*lines, f"={task.reference.answer}"]))
    values = family.criteria(task, response, family.judge(task, response))
    assert values == {"steps": 1.0, "tidy": 0.0}


@pytest.mark.parametrize("name", FAMILIES)
def test_hostile_lines_are_judged_in_time(name: str) -> None:
    family = get_family(name)
    task = family.task(0, difficulty=10, template="natural")
    first = task.reference.steps[0].text
    dice = random.Random(0)
    kinds: list[Callable[[int], str]] = [
        lambda k: "!" * k + "T",
        lambda k: "(" * k + "T" + ")" * k,
        lambda k: "T&" * 60 + "T" + " " * k,
        lambda k: "a or " * 390 + "b" + " " * k + "c",
        lambda k: "(a or b) and " * 100 + "x" * k,
        lambda k: first + ";" * k,
        lambda k: first[:-1] + str(k),
        lambda k: "[" * k + "1, 2" + "]" * k,
        lambda k: ",".join(str(dice.randrange(1000)) for _ in range(400)),
        lambda k: chr(0xD800 + k) + first,
        lambda k: "9" * (1800 + k),
    ]
    for kind in kinds:
        response = parse(task, "\n".join([*(kind(k) for k in range(1, 201)), "Answer: " + "a=T, " * 800]))
        started = time.process_time()
        judged = family.judge(task, response)
        family.criteria(task, response, judged)
        assert time.process_time() - started < 0.5
        assert not judged.truth


@pytest.mark.parametrize("name", FAMILIES)
def test_any_string_gets_a_verdict(name: str) -> None:
    family = get_family(name)
    task = family.task(1, difficulty=4)
    dice = random.Random(1)
    symbols = "TFtf!&|()abAB01 ,;:=[]\n\x00\ud800\u00b2\u0661\u22a4not or"
    for _ in range(2000):
        text = "".join(dice.choice(symbols) for _ in range(dice.randrange(30)))
        assert family.is_correct(task, text) in (True, False)
        assert family.check_step(task, [], text) in (True, False)
        canonical = family.canonical_answer(task, text)
        assert canonical is None or family.canonical_answer(task, canonical) == canonical
