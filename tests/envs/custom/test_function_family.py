"""`function_family`: families from functions, and what a function is told that breaks the contract."""

import itertools
import random
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import gymnasium
import numpy as np
import pytest

import synthgym
from synthgym.envs.custom.functions import FunctionFamily, function_family
from synthgym.errors import FamilyError, GoldError, SettingError
from synthgym.parsing import render
from synthgym.rng import Rng
from synthgym.types import Task
from synthgym.verifiers.responses import labelled_responses


def doubling(rng: Rng, difficulty: int) -> tuple[str, int]:
    n = rng.integer(1, 10 ** (difficulty + 1))
    return f"2*{n}?", 2 * n


def halving(rng: Rng, difficulty: int) -> dict[str, object]:
    n = rng.integer(1, 10 ** (difficulty + 2))
    return {"prompt": f"Half of {n}?", "answer": Fraction(n, 2), "steps": [f"{n} divided by 2", "is"]}


@dataclass(frozen=True)
class Spelled:
    prompt: str
    answer: list[str]


def shouting(rng: Rng, difficulty: int) -> Spelled:
    word = "".join(rng.choice("abcdefgh") for _ in range(3 + difficulty))
    return Spelled(f"Shout {word}.", [word.upper() + "!", word.upper()])


def adding(rng: Rng, difficulty: int) -> dict[str, object]:
    k = rng.integer(1, 10 ** (difficulty + 1))
    source = f"def f(x):\n    # adds {k}\n    return x + {k}"
    tests = [{"args": [x], "expected": x + k} for x in (0, 5, -7)]
    return {"prompt": f"Write f(x) that adds {k}.", "answer": source, "tests": tests}


def printing(rng: Rng, difficulty: int) -> dict[str, object]:
    k = rng.integer(1, 10 ** (difficulty + 2))
    tests = [{"input": f"{x}\n", "output": f"{x * k}\n"} for x in (1, 12)]
    source = f"x = int(input())\nprint({k} * x)"
    return {"prompt": f"Read x, print {k} times x.", "answer": source, "tests": tests}


def longer(answer: str, facts: Mapping[str, object]) -> bool:
    return len(answer) == facts["length"] and set(answer) == {"a"}


def letters(rng: Rng, difficulty: int) -> dict[str, object]:
    n = rng.integer(1, 30) + 10 * difficulty
    return {"prompt": f"Write a {n} times.", "answer": "a" * n, "facts": {"length": n}}


FAMILIES: list[tuple[Any, dict[str, Any]]] = [
    (doubling, {"domain": "math"}),
    (halving, {"version": 2}),
    (shouting, {"judge": "exact"}),
    (letters, {"judge": longer}),
]


@pytest.mark.parametrize(("function", "settings"), FAMILIES)
def test_a_sensible_function_keeps_the_contract(function: Any, settings: dict[str, Any]) -> None:
    family = function_family(**settings)(function)
    report = synthgym.check_family(family.name, seeds=60)
    assert report.family == function.__name__


@pytest.mark.parametrize("function", [adding, pytest.param(printing, marks=pytest.mark.slow)])
def test_a_sensible_code_function_keeps_the_contract(function: Any) -> None:
    synthgym.check_family(function_family(judge="code", domain="code")(function), seeds=2)


@pytest.mark.parametrize("function", [adding, printing])
def test_code_is_run(function: Any) -> None:
    task = function_family(judge="code")(function).task(1)
    right = render(task.reference, task.answer_format)
    verdicts = synthgym.score([task] * 3, [right, "x = 1", "raise SystemExit"], "rubric")
    assert [verdict.reward == 1.0 for verdict in verdicts] == [True, False, False]


def test_it_is_there_in_every_way_in() -> None:
    family = function_family(doubling)
    assert isinstance(family, FunctionFamily) and "doubling" in synthgym.families()
    assert synthgym.get_family("doubling") is family
    env = gymnasium.make("synthgym/Doubling-v0", signal="rubric", difficulty=2)
    prompt, _ = env.reset(seed=1)
    _, reward, done, _, _ = env.step(f"={2 * int(prompt[2:-1])}")
    assert (reward, done) == (1.0, True)
    task = family.task(5)
    for granularity in ("binary", "rubric", "token"):
        found = synthgym.score([task] * 2, [f"={task.reference.answer}", "=0"], granularity)
        assert [verdict.reward for verdict in found] == [1.0, 0.0]
    assert set(labelled_responses(task)) == {"right", "nearly right", "wrong"}
    data = synthgym.dataset("doubling", n=4)
    (reward_function,) = synthgym.rewards("binary")
    answers = [f"={Task.from_json(text).reference.answer}" for text in data["task"]]
    assert reward_function(data["prompt"], answers, task=data["task"]) == [1.0] * 4


def test_the_function_s_name_settings_and_templates_are_used() -> None:
    family = function_family(
        name="twice", version=3, chance=0.5, templates={"polite": "Please: {prompt}"}, judge="exact"
    )(doubling)
    task = family.task(0, template="polite")
    assert task.id.startswith("twice-v3/") and task.prompt.startswith("Please: 2*")
    assert "Answer:" in family.task(0, template="natural").prompt
    assert family.chance == 0.5 and family.templates == ("compact", "natural", "polite")
    assert "synthgym/Twice-v3" in gymnasium.registry


def test_a_cell_can_be_run_again() -> None:
    function_family(doubling)
    again = function_family(doubling)
    assert synthgym.get_family("doubling") is again


def test_several_answers_and_equal_values_are_right() -> None:
    task = function_family(halving).task(2)
    value = Fraction(task.reference.answer)
    spelled = [f"={value}", f"={float(value)}", f"Answer: {value}", f"so\n#### {value}"]
    assert [v.reward for v in synthgym.score([task] * 4, spelled)] == [1.0] * 4
    shout = function_family(judge="exact")(shouting).task(2)
    word = shout.prompt[6:-1]
    found = synthgym.score([shout] * 3, [f"={word}!", f"={word}", f"={word}?"])
    assert [v.reward for v in found] == [1.0, 1.0, 0.0]


def test_steps_earn_reference_aligned_credit() -> None:
    task = function_family(halving).task(2)
    first, second = task.reference.steps
    found = synthgym.score([task] * 2, [f"{first.text}\nhm\n=0", f"{second.text}\n{first.text}\n=0"], "token")
    assert [credit.value for credit in found[0].credits] == [1.0, 0.0, 0.0, 0.0]
    assert [credit.value for credit in found[1].credits] == [1.0, 0.0, 0.0, 0.0]


def test_tolerance_and_kind_reach_the_engine_and_travel() -> None:
    family = function_family(tolerance="1/10", kind="number")(doubling)
    task = Task.from_json(family.task(1).to_json())
    near = float(task.reference.answer) + 0.05
    assert [v.reward for v in synthgym.score([task] * 2, [f"={near}", f"={near + 1}"])] == [1.0, 0.0]


def test_chance_is_measured_where_it_is_not_stated() -> None:
    @function_family(judge="exact")
    def coin(rng: Rng, difficulty: int) -> tuple[str, str]:
        return f"coin {rng.integer(1, 10**9)}", "heads" if rng.chance(3, 4) else "tails"

    assert 0.6 < coin.chance < 0.9


# What breaks the contract, and what it is told.


def _broken(returned: object) -> Any:
    def broken(rng: Rng, difficulty: int) -> object:
        rng.integer(0, 9)
        return returned

    return broken


@pytest.mark.parametrize(
    ("returned", "told"),
    [
        (None, "returned None"),
        ("prompt", "returned 'prompt'"),
        (("a", "b", "c"), r"\(prompt, answer\)"),
        (("", 1), "the prompt"),
        (("  \n", 1), "the prompt"),
        ((7, 1), "the prompt"),
        ({"prompt": "p", "anwser": 1}, "did you mean answer"),
        ({"prompt": "p", "answer": 1, "steps": 3}, "steps"),
        ({"prompt": "p", "answer": 1, "tests": [{"args": [], "expected": 1}]}, "tests"),
        ({"prompt": "p", "answer": 1, "facts": {"x": 0.5}}, "facts"),
    ],
)
def test_what_is_no_task_is_refused(returned: object, told: str) -> None:
    with pytest.raises(FamilyError, match=told) as caught:
        function_family(_broken(returned))
    assert "family broken, seed 0" in str(caught.value)
    assert "broken" not in synthgym.families()


@pytest.mark.parametrize("answer", [None, "", r"\frac{1}{", [], float("nan"), object()])
def test_an_answer_that_cannot_be_read_names_the_seed(answer: object) -> None:
    with pytest.raises((GoldError, FamilyError), match="family broken, seed 0"):
        function_family(_broken(("What?", answer)))


def test_a_function_that_fails_is_named() -> None:
    @dataclass
    class Odd:
        def __call__(self, rng: Rng, difficulty: int) -> object:
            raise ZeroDivisionError("by zero")

    with pytest.raises(FamilyError, match="ZeroDivisionError: by zero"):
        function_family(name="odd")(Odd())
    with pytest.raises(FamilyError, match="takes 1 positional argument"):
        function_family(name="short")(lambda rng: ("p", 1))  # type: ignore[arg-type, misc]  # the mistake


def test_drawing_at_random_elsewhere_is_found() -> None:
    def careless(rng: Rng, difficulty: int) -> tuple[str, int]:
        n = random.randint(1, 10**9)
        return f"2*{n}?", 2 * n

    with pytest.raises(FamilyError, match="careless: seed 0 .* and then"):
        function_family(careless)
    counter = itertools.count()

    def counting(rng: Rng, difficulty: int) -> tuple[str, int]:
        return f"{rng.integer(1, 10**9)}?", next(counter)

    with pytest.raises(FamilyError, match="counter"):
        function_family(counting)


def test_too_few_instances_are_found() -> None:
    def single(rng: Rng, difficulty: int) -> tuple[str, int]:
        rng.integer(0, 5)
        return "1+1?", 2

    with pytest.raises(FamilyError, match="1 distinct prompts: too few"):
        function_family(single)


def test_steps_that_would_state_an_answer_are_refused() -> None:
    def stepping(rng: Rng, difficulty: int) -> dict[str, object]:
        n = rng.integer(1, 10**6)
        return {"prompt": f"{n}?", "answer": n, "steps": ["Answer: 5"]}

    with pytest.raises(FamilyError, match="stepping"):
        function_family(stepping)


def test_a_judge_that_refuses_its_own_answer_is_found() -> None:
    with pytest.raises(FamilyError, match="judged wrong"):
        function_family(judge=lambda answer, facts: False)(letters)
    with pytest.raises(FamilyError, match="returned 'yes'"):
        function_family(judge=lambda answer, facts: "yes")(letters)  # type: ignore[arg-type, return-value]  # the mistake


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"judge": "maths"}, "did you mean math"),
        ({"kind": "nubmer"}, "number"),
        ({"tolerance": "about"}, "tolerance"),
        ({"version": -1}, "version"),
        ({"chance": 2.0}, "chance"),
        ({"seconds": 0}, "seconds"),
        ({"templates": {"odd": "no place"}}, "prompt"),
        ({"name": "chain_sum"}, "built-in"),
        ({"name": "Not A Name"}, "name"),
    ],
)
def test_a_wrong_setting_is_refused(settings: dict[str, Any], told: str) -> None:
    with pytest.raises(SettingError, match=told):
        function_family(**settings)(doubling)


@pytest.mark.parametrize(
    "tests", [None, [], "nonsense", [{"args": [1]}], [{"args": [1], "expected": object()}], 5]
)
def test_tests_that_cannot_be_read_are_refused(tests: object) -> None:
    with pytest.raises((GoldError, FamilyError), match="family broken, seed 0"):
        function_family(judge="code")(
            _broken({"prompt": "p", "answer": "def f(x): return x", "tests": tests})
        )


def test_numbers_of_numpy_are_answers() -> None:
    def counting(rng: Rng, difficulty: int) -> tuple[str, Any]:
        n = rng.integer(1, 10**6)
        return f"{n} and 1?", [np.int64(n + 1), np.float64(n + 1)]

    assert function_family(counting).task(0).reference.answer.isdigit()


def test_a_prompt_that_no_file_can_hold_is_refused() -> None:
    with pytest.raises(FamilyError, match=r"seed 0.* '\\ud800.*' has a lone surrogate at character 0"):
        function_family(name="torn")(lambda rng, difficulty: (f"\ud800{rng.integer(1, 10**6)}?", 1))
