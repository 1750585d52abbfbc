"""Any order of evaluation earns credit; a guess of the value does not."""

from collections import Counter

import pytest

from synthgym.envs.logic._expression import follows, read_expression, value
from synthgym.facts import freeze
from synthgym.plugins import get_family

FAMILY = get_family("boolean_evaluation")


def step(last: str, line: str) -> bool:
    before, after = read_expression(last), read_expression(line)
    return before is not None and after is not None and follows(before, after)


@pytest.mark.parametrize(
    ("last", "line"),
    [
        ("(T&F)|(T|F)", "F|(T|F)"),
        ("(T&F)|(T|F)", "(T&F)|T"),
        ("(T&F)|(T|F)", "F|T"),
        ("((T&F)|T)&F", "T&F"),
        ("(T&!F)|F", "(T&T)|F"),
        ("(T&!F)|F", "true or False"),
        ("!!(T&F)|F", "(T&F)|F"),
        ("T&(F|T)", "F|T"),
        ("F|(F&T)", "F\u2227T"),
        ("T&F", "F"),
        ("!(T&F)", "!F"),
        ("!F", "T"),
    ],
)
def test_a_step_that_follows_earns_credit(last: str, line: str) -> None:
    assert step(last, line)


@pytest.mark.parametrize(
    ("last", "line"),
    [
        ("(T&F)|(T|F)", "T"),
        ("(T&F)|(T|F)", "!F"),
        ("(T&F)|T", "T"),
        ("(T&F)|T", "(T&F)|T"),
        ("(T&F)|T", "T|F"),
        ("(T&F)|T", "((T&F)|T)"),
        ("(T&F)|(T|F)", "T|T"),
        ("(T&F)|(T|F)", "F|(T|F)|F"),
        ("T&F", "T"),
        ("T", "T&T"),
    ],
)
def test_a_guess_a_repeat_and_a_false_step_earn_nothing(last: str, line: str) -> None:
    assert not step(last, line)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("T|F&F", True),
        ("not T or T", True),
        ("!(T||F)", False),
        ("~T \\/ (F /\\ T)", False),
        ("(T|F)&F", False),
    ],
)
def test_operators_bind_as_usual(text: str, expected: bool) -> None:
    expression = read_expression(text)
    assert expression is not None and value(expression) is expected


@pytest.mark.parametrize("text", ["", "TF", "T&", "&T", "(T", "T)", "()", "T F", "x", "T=F", "!" * 200 + "T"])
def test_what_is_no_expression_is_not_read(text: str) -> None:
    assert read_expression(text) is None


def test_the_value_has_several_spellings_and_no_others() -> None:
    task = next(t for t in map(FAMILY.task, range(99)) if t.reference.answer == "T")
    for right in ("T", "t", "True", " TRUE ", "yes", "\u22a4"):
        assert FAMILY.is_correct(task, right) and FAMILY.canonical_answer(task, right) == "T"
    for wrong in ("F", "no", "T|F", "!F", "T or F", "TF", "maybe", "", "Tr", "1"):
        assert not FAMILY.is_correct(task, wrong)
    assert FAMILY.canonical_answer(task, "T|F") is None


def test_worked_solutions_agree_with_an_independent_evaluation() -> None:
    for seed in range(200):
        task = FAMILY.task(seed, difficulty=seed % 11)
        expression = read_expression(str(task.facts["expression"]))
        assert expression is not None and "FT"[value(expression)] == task.reference.answer


@pytest.mark.parametrize("split", ["train", "test"])
@pytest.mark.parametrize("difficulty", [0, 1, 6])
def test_labels_are_balanced(split: str, difficulty: int) -> None:
    labels = Counter(FAMILY.task(s, split=split, difficulty=difficulty).reference.answer for s in range(1200))
    assert abs(labels["T"] / 1200 - 0.5) < 0.06


def test_an_expression_and_its_dual_share_a_split_and_differ_in_value() -> None:
    for seed in range(50):
        text = str(FAMILY.task(seed, difficulty=3).facts["expression"])
        dual = text.translate(str.maketrans("TF&|", "FT|&"))
        one, other = read_expression(text), read_expression(dual)
        assert one is not None and other is not None and value(one) != value(other)
        facts = [freeze({"expression": each}) for each in (text, dual)]
        assert FAMILY.instance_key(facts[0]) == FAMILY.instance_key(facts[1])  # type: ignore[arg-type]
