"""Every satisfying assignment is right, and steps are judged by what they force."""

from itertools import product

import pytest

from synthgym.envs.logic._clauses import read_step, satisfiable
from synthgym.facts import freeze
from synthgym.plugins import get_family
from synthgym.types import Task

FAMILY = get_family("sat_assignment")


def task_of(formula: str) -> Task:
    """A task about `formula`, with everything else from some task."""
    some = FAMILY.task(0)
    letters = "".join(sorted(set(formula.lower()) - {","}))
    values = {name: getattr(some, name) for name in Task.__dataclass_fields__}
    return Task(**{**values, "facts": freeze({"variables": letters, "formula": formula})})


def satisfies(formula: str, values: dict[str, bool]) -> bool:
    return all(any(values[v.lower()] == v.islower() for v in text) for text in formula.split(","))


@pytest.mark.parametrize("difficulty", range(0, 8))
def test_exactly_the_satisfying_assignments_are_right(difficulty: int) -> None:
    task = FAMILY.task(difficulty, difficulty=difficulty)
    letters, formula = str(task.facts["variables"]), str(task.facts["formula"])
    for bits in product((True, False), repeat=len(letters)):
        values = dict(zip(letters, bits, strict=True))
        plain = "".join("FT"[bit] for bit in bits)
        named = ", ".join(f"{v}={'FT'[values[v]]}" for v in reversed(letters))
        for spelling in (plain, plain.lower(), " ".join(plain), named):
            assert FAMILY.is_correct(task, spelling) == satisfies(formula, values)
            assert FAMILY.canonical_answer(task, spelling) == plain


@pytest.mark.parametrize(
    "wrong",
    [
        "TF",
        "TFTT",
        "a=T, b=F",
        "a=T, a=T, b=F, c=T",
        "a=T, b=F, c=T, d=T",
        "a=T, b=F, c=T, c=F",
        "aBc",
        "a=2",
        "",
    ],
)
def test_missing_repeated_and_foreign_variables_make_it_wrong(wrong: str) -> None:
    assert FAMILY.is_correct(task_of("a,B,ac,bc"), "TFT")
    assert not FAMILY.is_correct(task_of("a,B,ac,bc"), wrong)


@pytest.mark.parametrize(
    "line", ["bc", "cb", "bc:c", "b or c", "(b | c)", "b or c: c=T", "b or c: c = true", "`bc`"]
)
def test_a_forced_literal_earns_credit_in_any_spelling(line: str) -> None:
    assert FAMILY.check_step(task_of("a,B,Ad,bc,cde"), [], line)


@pytest.mark.parametrize(
    ("done", "line"),
    [
        ([], "bc:b"),  # contradicts a lone literal
        ([], "cde"),  # nothing forces it while other clauses are forced
        ([], "aB"),  # not a clause
        ([], "B"),  # holds from the start
        ([], "bcc"),
        (["bc"], "bc"),
        (["bc"], "cde"),  # met already
        ([], "c=T"),
        ([], "c"),
    ],
)
def test_a_step_that_does_not_follow_earns_nothing(done: list[str], line: str) -> None:
    assert not FAMILY.check_step(task_of("a,B,Ad,bc,cde"), done, line)


def test_where_nothing_is_forced_a_choice_must_leave_the_formula_satisfiable() -> None:
    task = task_of("a,b,cd,cD,Ce")
    assert FAMILY.check_step(task, [], "dc")
    assert FAMILY.check_step(task, [], "cd:c")
    assert not FAMILY.check_step(task, [], "Ce:C")
    assert FAMILY.check_step(task, ["dc"], "Ce")


@pytest.mark.parametrize("difficulty", [1, 4, 7, 10])
def test_credited_choices_never_lead_to_a_dead_end(difficulty: int) -> None:
    for seed in range(10):
        task = FAMILY.task(seed, difficulty=difficulty)
        clauses = str(task.facts["formula"]).split(",")
        lines = [f"{text}:{literal}" for text in clauses for literal in text if len(text) > 1]
        done: list[str] = []
        while found := next((line for line in lines if FAMILY.check_step(task, done, line)), None):
            done.append(found)
        true = {text for text in clauses if len(text) == 1} | {line[-1] for line in done}
        assert all(any(literal in true for literal in text) for text in clauses)


def test_satisfiability_is_exact() -> None:
    for bits in range(1 << 12):
        pairs = ["ab", "aB", "Ab", "AB", "bc", "bC", "Bc", "BC", "ac", "aC", "Ac", "AC"]
        formula = [pair for place, pair in enumerate(pairs) if bits >> place & 1]
        if bits % 7 == 0 and formula:
            expected = any(
                satisfies(",".join([*formula, "a"]), dict(zip("abc", values, strict=True)))
                for values in product((True, False), repeat=3)
            )
            assert satisfiable(formula, "a") == expected


def test_lines_that_are_no_step_are_not_read() -> None:
    for line in ("", ":", "a:", ":a", "ab:cd", "a and b", "a or", "zz", "a or b: maybe"):
        assert read_step(line)[0] == "" or read_step(line)[1] == "" and ":" not in line


def test_every_constant_is_right_equally_often_by_construction() -> None:
    task = FAMILY.task(0)
    text, letters = str(task.facts["formula"]), "abc"
    keys = set()
    for turn in product(*((v, v.upper()) for v in letters)):
        names = letters + letters.upper()
        new = "".join(turn) + "".join(turn).swapcase()
        facts = freeze({"variables": letters, "formula": text.translate(str.maketrans(names, new))})
        keys.add(FAMILY.instance_key(facts))  # type: ignore[arg-type]
    assert len(keys) == 1
