"""What holds for all three code families."""

from collections import Counter

import pytest

from synthgym.envs.check import check_family
from synthgym.envs.code._brackets import BRACKETS
from synthgym.plugins import get_family

FAMILIES = ("output_prediction", "stack_program", "bracket_repair")


@pytest.mark.parametrize("name", FAMILIES)
def test_the_contract_holds(name: str) -> None:
    report = check_family(name, seeds=22)
    assert all(after > before for before, after in zip(report.lengths, report.lengths[1:], strict=False))


@pytest.mark.parametrize("name", FAMILIES)
def test_the_easiest_tasks_are_short(name: str) -> None:
    for seed in range(100):
        task = get_family(name).task(seed)
        lines = [*(step.text for step in task.reference.steps), f"={task.reference.answer}"]
        assert len(task.prompt) <= 16 and len("\n".join(lines)) + 1 <= 16
        assert task.prompt.endswith("?")


@pytest.mark.parametrize("name", FAMILIES)
def test_no_constant_answer_beats_the_stated_chance(name: str) -> None:
    family = get_family(name)
    tasks = [family.task(seed) for seed in range(800)]
    constants = {
        "output_prediction": [str(n) for n in range(-20, 30)],
        "stack_program": [f"{n}{sign}" for n in range(10) for sign in "+-*"] + ["d*", "n", "nn", "d+", "d-"],
        "bracket_repair": [a + b + c for a in _PAIRS for b in _PAIRS for c in _PAIRS] + _PAIRS + _nested(),
    }[name]
    answers = Counter(task.reference.answer for task in tasks)
    constants += [answer for answer, _ in answers.most_common(20)]
    best = max(sum(family.is_correct(task, constant) for task in tasks) for constant in constants)
    spread = (family.chance * (1 - family.chance) / len(tasks)) ** 0.5
    assert abs(best / len(tasks) - family.chance) < 4 * spread


_PAIRS = [BRACKETS[i : i + 2] for i in (0, 2, 4)]


def _nested() -> list[str]:
    return [a[0] + b + a[1] + c for a in _PAIRS for b in _PAIRS for c in _PAIRS]
