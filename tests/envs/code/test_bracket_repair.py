"""Every balanced string at the least distance is right, and nothing else is."""

import itertools
import random
import time
from functools import cache

import pytest

from synthgym.envs.code._brackets import BRACKETS, blanked, distance, repair, unmatched, within
from synthgym.facts import freeze
from synthgym.family import Family
from synthgym.parsing import parse
from synthgym.plugins import get_family
from synthgym.types import Task


@pytest.fixture(scope="module")
def family() -> Family:
    return get_family("bracket_repair")


def task_of(family: Family, text: str, edits: int) -> Task:
    """A task about `text`, with everything else from some task."""
    some = family.task(0)
    values = {name: getattr(some, name) for name in Task.__dataclass_fields__}
    return Task(**{**values, "facts": freeze({"text": text, "edits": edits})})


def edited(text: str, kinds: str) -> set[str]:
    """Every string one edit from `text`."""
    found = {text[:i] + text[i + 1 :] for i in range(len(text))}
    for kind in kinds:
        found |= {text[:i] + kind + text[i:] for i in range(len(text) + 1)}
        found |= {text[:i] + kind + text[i + 1 :] for i in range(len(text))}
    return found - {text}


def balanced(text: str) -> bool:
    """By taking out neighbours that match, as strings."""
    while True:
        shorter = text.replace("()", "").replace("[]", "").replace("<>", "")
        if shorter == text:
            return not text
        text = shorter


@cache
def distances(kinds: str, longest: int) -> dict[str, int]:
    """The distance of every string up to `longest`, by breadth-first search from the balanced ones."""
    strings = ["".join(s) for n in range(longest + 1) for s in itertools.product(kinds, repeat=n)]
    front = [string for string in strings if balanced(string)]
    known = dict.fromkeys(front, 0)
    while front:
        step = {near: known[string] + 1 for string in front for near in edited(string, kinds)}
        front = [near for near in step if near not in known and len(near) <= longest]
        known |= {near: step[near] for near in front}
    return known


@pytest.mark.parametrize(("kinds", "longest"), [("()[]", 6), (BRACKETS, 4)])
def test_the_distance_is_that_of_a_search_through_all_strings(kinds: str, longest: int) -> None:
    for text, wanted in distances(kinds, longest).items():
        assert distance(text) == wanted, text
        assert (not unmatched(text)) == (wanted == 0)


def test_repairs_fall_by_one_edit_at_a_time() -> None:
    rng = random.Random(1)
    for _ in range(500):
        text = "".join(rng.choice(BRACKETS) for _ in range(rng.randrange(1, 14)))
        chain = [text, *repair(text)]
        assert [distance(string) for string in chain] == list(range(distance(text), -1, -1))
        assert all(after in edited(before, BRACKETS) for before, after in itertools.pairwise(chain))


def test_within_is_the_edit_distance() -> None:
    rng = random.Random(2)
    for _ in range(40):
        text = "".join(rng.choice("()[]") for _ in range(rng.randrange(5)))
        near = {text}
        for most in range(3):
            other = rng.choice(sorted(near))
            assert within(text, other, most)
            far = "".join(rng.choice("()[]") for _ in range(rng.randrange(5)))
            assert within(text, far, most) == (far in near)
            near |= {string for known in near for string in edited(known, "()[]")}


def test_every_minimal_repair_is_right_and_nothing_else(family: Family) -> None:
    for seed in range(60):
        task = family.task(seed, difficulty=seed % 3)
        text = str(task.facts["text"])
        near = edited(text, BRACKETS)
        assert {string for string in near if family.is_correct(task, string)} == set(filter(balanced, near))
        assert task.reference.answer in near
        assert not family.is_correct(task, text)
        far = {string for known in sorted(near)[::9] for string in edited(known, BRACKETS)} - near
        assert not any(family.is_correct(task, string) for string in far)


def test_two_edits_are_right_only_where_one_is_not_enough(family: Family) -> None:
    for seed in range(12):
        task = family.task(seed, difficulty=3)
        text = str(task.facts["text"])
        near = edited(text, BRACKETS)
        assert not any(map(balanced, near))
        far = {string for known in near for string in edited(known, BRACKETS)}
        right = {string for string in far if balanced(string)}
        assert task.reference.answer in right
        assert all(family.is_correct(task, string) for string in right)
        assert not any(family.is_correct(task, string) for string in sorted(far - right)[::7])


@pytest.mark.parametrize(
    ("answer", "right"),
    [
        *(("([])()", True), (" ( [ ] ) ( ) ", True), ("[[]]()", True), ("([]]()", False), ("", False)),
        *(("()", False), ("([])()()", False), ("()()", False), ("[]()", False), ("([])())", False)),
        *(("(([])()", False), ("([])().", False), ("([])() or [[]]()", False), ("([])()[[]]()", False)),
        *(("{[]}()", False), ("(..)()", False), ("not ([])()", False), ("([])(\x00)", False)),
        *(("\ud800", False), ("(" * 2_000 + ")" * 2_000, False), ("[([])]()", False)),
    ],
)
def test_answers(family: Family, answer: str, right: bool) -> None:
    task = task_of(family, "([]]()", 1)
    assert family.is_correct(task, answer) is right


def test_canonical_answers(family: Family) -> None:
    task = task_of(family, "([]]()", 1)
    assert family.canonical_answer(task, " ([ ])\t()") == "([])()"
    assert family.canonical_answer(task, "([])() or") is None
    assert family.canonical_answer(task, "") is None


@pytest.mark.parametrize(
    ("lines", "credits"),
    [
        (["(..]]..", "(..)]..", "(..).."], [1, 0, 0]),
        (["(..]]..", "([])]()", "....]..", "([])()"], [1, 1, 1, 1]),
        (["([])]()", "....]..", "([])()"], [1, 1, 1]),
        (["([]]()", "(..]..", "([])()"], [1, 1, 1]),
        (["([]]]]()", "(..]]]..", "(..]].."], [0, 0, 1]),
        (["( [ ] ] ] ( )", "([]]]()", "(..]]()", "(..]].."], [0, 0, 0, 1]),
        (["(..]]..", "(..]] ..", "( ..]].."], [1, 0, 0]),
        (["([])]()", "([])]()", "[[]]]()", "([]])()"], [1, 0, 0, 0]),
        (["........", ".", "so it goes", "((((((((", "()"], [0] * 5),
    ],
)
def test_steps(family: Family, lines: list[str], credits: list[int]) -> None:
    task = task_of(family, "([]]]()", 2)
    assert distance("([]]]()") == 2
    response = parse(task, "\n".join([*lines, "Answer: ()"]))
    assert list(family.judge(task, response).step_credits) == credits


def test_another_repair_than_the_reference_earns_its_steps(family: Family) -> None:
    rng = random.Random(4)
    for seed in range(12):
        task = family.task(seed, difficulty=3 + seed % 5)
        text = str(task.facts["text"])
        lines = []
        while distance(text):
            lines += [line for line in (blanked(text),) if "." in line]
            text = rng.choice(
                [s for s in sorted(edited(text, BRACKETS)) if distance(s) == distance(text) - 1]
            )
            lines.append(text)
        judged = family.judge(task, parse(task, "\n".join([*lines, f"Answer: {text}"])))
        assert judged.truth
        assert judged.step_credits == (1.0,) * len(lines), lines


def test_guessing_edits_earns_little(family: Family) -> None:
    task = family.task(1, difficulty=3)
    guesses = sorted(edited(str(task.facts["text"]), BRACKETS))
    response = parse(task, "\n".join([*guesses, "=()"]))
    assert family.criteria(task, response, family.judge(task, response))["steps"] < 0.1


def test_long_and_many_lines_are_judged_in_time(family: Family) -> None:
    task = family.task(1, difficulty=10)
    near = sorted(edited(str(task.facts["text"]), BRACKETS))[:199]
    hostile = [*near, *("(" * n for n in range(1_800, 2_000))]
    for lines in (near, hostile, ["([<" * 600] * 200):
        started = time.process_time()
        family.judge(task, parse(task, "\n".join([*lines, "=()"])[:60_000]))
        assert time.process_time() - started < 1.0
