"""Functions: what our evaluator gives is what Python gives, and the hidden tests catch every mistake."""

import json
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synthgym.envs.code._functions import Function, of_facts, value_or_none
from synthgym.envs.code._functions_draw import SIZES, draw
from synthgym.envs.code._functions_mutants import GROSS, mutants
from synthgym.envs.code._inputs import GROUPS, MOST_TESTS, draw_inputs, pick_tests
from synthgym.envs.code._inputs import Tests as Chosen
from synthgym.envs.code._operations import CONDITIONS, LARGEST, Condition, Operation, OutOfBounds, Value
from synthgym.envs.code._operations_nested import NESTED, VARIABLES, lines, signature
from synthgym.envs.code._operations_table import SIMPLE
from synthgym.facts import freeze, thaw
from synthgym.rng import Rng
from synthgym.verifiers.sandbox import Limits, judge_function

X = (("x", "int"),)
LIMITS = Limits(seconds=5)
SEEDS = st.tuples(st.integers(0, 10), st.integers(0, 10**6))


def function(*operations: Operation, kind: str = "int") -> Function:
    fact = freeze({"parameters": [["x", kind]], "operations": []})
    return Function(parameters=of_facts(fact).parameters, operations=operations)


def instance(difficulty: int, seed: int) -> tuple[Function, Chosen]:
    rng = Rng("test", difficulty, seed)
    while True:
        drawn = draw(rng, difficulty)
        tests = pick_tests(rng, drawn)
        if tests is not None:
            return drawn, tests


def agree(source: str, cases: Sequence[tuple[tuple[Value, ...], Value]]) -> bool:
    plain = [{"args": list(args), "expected": expected} for args, expected in cases]
    judged = judge_function(source, "f", plain, LIMITS)
    return judged.passed


@pytest.mark.parametrize("difficulty", range(11))
def test_every_way_to_write_a_function_computes_its_values(difficulty: int) -> None:
    for seed in range(12):
        drawn, tests = instance(difficulty, seed)
        cases = [(test.args, test.expected) for test in (*tests.hidden, *tests.examples)]
        assert [drawn.value(args) for args, _ in cases] == [expected for _, expected in cases]
        body = "\n".join(f"  {line}" for line in drawn.statements(1))
        assert agree(drawn.source(), cases), drawn.source()
        assert agree(f"{drawn.header()}\n{body}", cases), body
        if (expression := drawn.expression()) is not None:
            assert agree(f"{drawn.header()} return {expression}", cases), expression


@pytest.mark.parametrize("difficulty", range(11))
def test_mutants_are_written_as_they_are_evaluated(difficulty: int) -> None:
    for seed in range(4):
        drawn, tests = instance(difficulty, seed)
        for mutant in mutants(drawn)[:: 1 + difficulty]:
            values = [(test.args, value_or_none(mutant.function, test.args)) for test in tests.hidden]
            cases = [(args, value) for args, value in values if value is not None]
            if len(cases) == len(values):
                assert agree(mutant.function.source(), cases), mutant.function.source()


NUMBERS: list[Value] = [-1234, -10, -7, -1, 0, 1, 2, 9, 10, 59, 999]
LISTS: list[Value] = [[], [0], [-3], [5, 5, 5], [3, -1, 4, 1, -5, 9, 2, 6], [10, 20, -30, 0]]
TEXTS: list[Value] = ["", "a", "Zz", "abba", "to be Or no", " a  b ", "banana 12", "AEIOU aeiou"]


INPUTS = {"int": NUMBERS, "list": LISTS, "str": TEXTS}


@pytest.mark.parametrize("name", sorted(SIMPLE))
def test_every_simple_operation_computes_what_its_python_does(name: str) -> None:
    simple = SIMPLE[name]
    inputs = INPUTS[simple.source]
    choices = [list(pool)[:2] for pool in simple.operands]
    for operands in [tuple(c[i % len(c)] for c in choices) for i in (0, 1)]:
        drawn = function(Operation(name, operands), kind=simple.source)
        cases = [((x,), value_or_none(drawn, [x])) for x in inputs]
        known = [(args, value) for args, value in cases if value is not None]
        assert len(known) > len(cases) // 2
        assert agree(drawn.source(), known), drawn.source()
        assert "{" not in drawn.describe() and "{" not in drawn.brief()


@pytest.mark.parametrize("name", sorted(CONDITIONS))
def test_every_condition_is_what_its_python_says(name: str) -> None:
    for operand in CONDITIONS[name].operands:
        drawn = function(Operation("keep", condition=Condition(name, operand)), kind="list")
        numbers = list(range(-12, 13))
        assert agree(drawn.source(), [((numbers,), drawn.value([numbers]))])


def test_every_nested_operation_is_drawn() -> None:
    seen: set[str] = set()
    for seed in range(200):
        seen |= {operation.name for operation in draw(Rng("nested", seed), 10).operations}
    assert set(NESTED) <= seen
    assert {signature(name)[0] for name in seen} == set(VARIABLES)


def test_worked_examples() -> None:
    twice = function(Operation("add", (3,)), Operation("multiply", (2,)))
    assert (twice.expression(), twice.brief(), twice.value([4])) == ("(x + 3) * 2", "plus 3 times 2", 14)
    assert twice.statements() == ["n = x + 3", "return n * 2"]
    assert "Add 3 to v." in twice.describe() and "Multiply v by 2." in twice.describe()
    assert function(Operation("negate"), Operation("square")).expression() == "(-x) ** 2"
    assert function(Operation("multiply", (2,)), Operation("add", (1,))).expression() == "x * 2 + 1"
    assert function(Operation("add", (1,)), Operation("absolute")).expression() == "abs(x + 1)"
    branch = Operation("if", (), Condition("above", 5), (Operation("add", (1,)),), (Operation("negate"),))
    assert function(branch).statements() == ["if x > 5:", "    return x + 1", "else:", "    return -x"]
    fold = Operation("fold", (1,), None, (Operation("multiply", (2,)), Operation("add", ("e",))))
    assert function(fold, kind="list").value([[1, 0, 1]]) == 13
    steps = Operation("steps", (), Condition("above", 3), (Operation("divide", (2,)),))
    assert [function(steps).value([x]) for x in (0, 3, 4, 100)] == [0, 0, 1, 5]
    repeat = Operation("repeat", (3,), None, (Operation("add", ("i",)),))
    assert function(repeat).value([10]) == 13
    assert lines((), "n", "n =") == ["pass"]


def test_values_beyond_the_bounds_have_no_value() -> None:
    big = function(Operation("square"), Operation("square"))
    with pytest.raises(OutOfBounds):
        big.value([LARGEST])
    assert value_or_none(big, [LARGEST]) is None
    endless = function(Operation("steps", (), Condition("above", 3), ()))
    assert value_or_none(endless, [5]) is None
    long = function(Operation("numbers"))
    assert value_or_none(long, [10**6]) is None


@settings(max_examples=60, deadline=None)
@given(SEEDS)
def test_facts_give_the_function_back(key: tuple[int, int]) -> None:
    drawn = draw(Rng("facts", *key), key[0])
    frozen = freeze(drawn.facts())
    assert of_facts(frozen) == drawn
    assert of_facts(freeze(json.loads(json.dumps(thaw(frozen))))) == drawn
    assert drawn.size == SIZES[key[0]]


@pytest.mark.parametrize("fact", [None, 3, "f", (), {"parameters": 3, "operations": []}])
def test_other_facts_are_refused(fact: object) -> None:
    with pytest.raises(TypeError):
        of_facts(freeze(fact))


@settings(max_examples=60, deadline=None)
@given(SEEDS)
def test_hidden_tests_catch_every_mutant_and_cheat(key: tuple[int, int]) -> None:
    drawn, tests = instance(*key)
    assert tests.hidden and len(tests.hidden) <= MOST_TESTS and len(tests.examples) == 3
    hidden = [test.args for test in tests.hidden]
    assert all(example.args not in hidden for example in tests.examples)
    assert len({repr(args) for args in hidden}) == len(hidden)
    for mutant in mutants(drawn):
        caught = any(value_or_none(mutant.function, test.args) != test.expected for test in tests.hidden)
        assert caught != (mutant in tests.survivors), mutant
        assert caught or mutant.mistake not in GROSS
    expected = [test.expected for test in tests.hidden]
    assert all(expected.count(value) <= len(expected) * 2 // 3 for value in expected)
    for place in range(len(drawn.parameters)):
        assert any(test.args[place] != test.expected for test in tests.hidden)


@settings(max_examples=40, deadline=None)
@given(SEEDS)
def test_draws_depend_on_the_generator_alone(key: tuple[int, int]) -> None:
    assert instance(*key) == instance(*key)


@settings(max_examples=40, deadline=None)
@given(SEEDS)
def test_mutants_differ_from_the_function_and_from_each_other(key: tuple[int, int]) -> None:
    drawn = draw(Rng("mutants", *key), key[0])
    chains = [mutant.function.operations for mutant in mutants(drawn)]
    assert len(chains) >= key[0] + 2
    assert len({*chains, drawn.operations}) == len(chains) + 1
    for mutant in mutants(drawn):
        assert mutant.function.operations[: mutant.at] == drawn.operations[: mutant.at]


@pytest.mark.parametrize("kind", ["int", "str", "list"])
def test_inputs_come_from_every_group(kind: str) -> None:
    drawn = function(kind=kind)
    inputs = draw_inputs(Rng("inputs"), drawn, 3)
    assert {group for group, _ in inputs} == set(GROUPS[drawn.parameters[0][1]])
    types = {"int": int, "str": str, "list": list}
    assert all(type(args[0]) is types[kind] and len(args) == 1 for _, args in inputs)


def test_harder_functions_are_longer() -> None:
    def length(difficulty: int) -> float:
        return sum(len(instance(difficulty, seed)[0].source()) for seed in range(20)) / 20

    measured = [length(difficulty) for difficulty in (0, 2, 4, 6, 8, 10)]
    assert measured == sorted(measured)
