"""A custom family's task is judged in a process that knows nothing but the task."""

import json
import pickle
import subprocess
import sys
from collections.abc import Mapping
from typing import Any

import pytest

import synthgym
from synthgym.envs.custom.functions import function_family
from synthgym.envs.custom.resolve import from_task
from synthgym.envs.custom.rows import load_family
from synthgym.errors import FamilyError, TaskError, UnknownNameError
from synthgym.facts import FrozenDict
from synthgym.plugins import FAMILIES, family_of
from synthgym.rng import Rng
from synthgym.types import Task

_ELSEWHERE = """
import json, sys, synthgym
tasks, completions, signal = json.load(sys.stdin)
for verdict in synthgym.score(tasks, completions, signal):
    print(json.dumps([verdict.reward, verdict.error]))
"""


def elsewhere(tasks: list[Task], completions: list[str], signal: str) -> list[Any]:
    given = json.dumps([[task.to_json() for task in tasks], completions, signal])
    done = subprocess.run(
        [sys.executable, "-c", _ELSEWHERE], input=given, capture_output=True, text=True, check=True
    )
    return [json.loads(line) for line in done.stdout.splitlines()]


def triple(rng: Rng, difficulty: int) -> tuple[str, int]:
    n = rng.integer(1, 10**6)
    return f"3*{n}?", 3 * n


def always(answer: str, facts: Mapping[str, object]) -> bool:
    return answer == facts["answer"]


def test_tasks_are_judged_elsewhere() -> None:
    math = load_family([{"prompt": f"p{n}", "answer": "1/2"} for n in range(4)], "halves").task(0)
    exact = load_family(
        [{"prompt": f"p{n}", "answer": "Rome"} for n in range(4)], "cities", judge="exact"
    ).task(0)
    drawn = function_family(version=4)(triple).task(0)
    tasks = [math, math, exact, exact, drawn, drawn]
    said = ["Answer: 0.5", "Answer: 0.6", "Answer: rome", "Answer: Roma", f"={drawn.reference.answer}", "=1"]
    found = elsewhere(tasks, said, "rubric")
    assert [reward for reward, _ in found] == [1.0, 0.0, 1.0, 0.0, 1.0, 0.0]


def test_code_is_judged_elsewhere() -> None:
    rows = [{"prompt": f"p{n}", "tests": [{"args": [1.5], "expected": 3.0}]} for n in range(2)]
    task = load_family(rows, "doubles", tests="tests", entry="f", judge="code").task(0)
    found = elsewhere([task] * 2, ["def f(x): return 2 * x", "def f(x): return x"], "binary")
    assert [reward for reward, _ in found] == [1.0, 0.0]


def test_a_judge_that_is_a_function_says_what_to_import() -> None:
    task = function_family(judge=always)(triple).task(0)
    ((reward, error),) = elsewhere([task], ["=3"], "binary")
    assert reward is None
    for part in ("triple", task.id, "import", triple.__module__):
        assert part in error


def test_a_rebuilt_family_judges_and_draws_nothing() -> None:
    task = load_family(
        [{"prompt": f"p{n}", "answer": "1/2"} for n in range(4)], "halves", domain="maths"
    ).task(0)
    del FAMILIES._loaded["halves"]
    family = family_of(task)
    assert family.truth(task, "Answer: 0.5") and family.domain == "maths"
    assert synthgym.get_family("halves") is family
    with pytest.raises(FamilyError, match="load_family"):
        family.task(0)


def test_the_real_family_takes_over_from_a_rebuilt_one() -> None:
    task = load_family([{"prompt": f"p{n}", "answer": "1/2"} for n in range(4)], "halves").task(0)
    del FAMILIES._loaded["halves"]
    family_of(task)
    again = load_family([{"prompt": f"p{n}", "answer": "1/2"} for n in range(4)], "halves")
    assert synthgym.get_family("halves") is again and again.task(0) == task


def test_families_pickle_by_name() -> None:
    family = function_family(triple)
    there = pickle.dumps(family)
    assert pickle.loads(there) is family
    task = family.task(0)
    del FAMILIES._loaded[family.name]
    judging = pickle.loads(there)
    assert judging is not family and judging.is_correct(task, task.reference.answer)
    with pytest.raises(FamilyError, match="it judges, but draws none"):
        judging.task(0)


def test_what_is_no_custom_task_stays_unknown() -> None:
    from dataclasses import replace

    task = replace(synthgym.get_family("chain_sum").task(0), family="chain_smu")
    with pytest.raises(UnknownNameError, match="did you mean chain_sum"):
        from_task(task)
    with pytest.raises(UnknownNameError, match="did you mean chain_sum"):
        family_of(task)
    odd = replace(task, facts=FrozenDict({"custom": 2, "judge": "math"}))
    with pytest.raises(TaskError, match="layout 2"):
        from_task(odd)
