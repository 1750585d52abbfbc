"""Inputs for a function, in groups, and the choice of the tests that catch its every mutant."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from synthgym.envs.code._functions import Function, value_or_none
from synthgym.envs.code._functions_mutants import GROSS, Mutant, mutants
from synthgym.envs.code._operations import Kind, Operation, OutOfBounds, Value
from synthgym.envs.code._operations_nested import evaluate
from synthgym.rng import Rng

GROUPS: dict[Kind, tuple[str, ...]] = {
    "int": ("typical", "zero", "negative", "boundary", "large"),
    "str": ("typical", "empty", "short", "repeated", "long"),
    "list": ("typical", "empty", "short", "negative", "repeated", "boundary", "long"),
}
"""The groups of inputs for x of each kind."""
MOST_TESTS = 30
"""Hidden tests of an instance, at most."""
_POOL = 8  # spare inputs of each group, for the mutants that the first tests miss
_WORDS = (
    "tea",
    "banana",
    "dog",
    "rain",
    "cat",
    "noon",
    "bird",
    "toe",
    "axe",
    "coin",
    "orbit",
    "sand",
    "ice",
    "dad",
)


@dataclass(frozen=True, slots=True)
class Test:
    """Arguments, the value that the function gives on them, and their group."""

    group: str
    args: tuple[Value, ...]
    expected: Value


@dataclass(frozen=True, slots=True)
class Tests:
    """The tests of an instance: the visible examples and the hidden tests.

    Attributes:
        survivors: mutants that no input told from the function; taken to compute the same.
    """

    examples: tuple[Test, ...]
    hidden: tuple[Test, ...]
    survivors: tuple[Mutant, ...] = ()


def draw_inputs(rng: Rng, function: Function, count: int = 2) -> list[tuple[str, tuple[Value, ...]]]:
    """(group, arguments) pairs, `count` of each group and more of the typical one, none twice."""
    kind = function.parameters[0][1]
    constants = _constants(function.operations)
    found: dict[str, tuple[str, tuple[Value, ...]]] = {}
    for group in GROUPS[kind]:
        for turn in range(count * 2 if group == "typical" else count):
            args: tuple[Value, ...] = (_DRAW[kind](rng, group, constants, turn),)
            if len(function.parameters) > 1:
                args = (*args, _second(rng, turn, group))
            found.setdefault(repr(args), (group, args))
    return list(found.values())


def pick_tests(rng: Rng, function: Function, *, examples: int = 3) -> Tests | None:
    """Examples and hidden tests such that every mutant and every cheat fails some hidden test.

    Cheats: a constant, a parameter given back, and an answer that knows the examples and gives a constant or a
    parameter elsewhere. None where the instance is to be drawn again: a value is beyond the bounds, an operation or
    a branch has no effect, a mutant needs more than `MOST_TESTS` tests, or a cheat passes.
    """
    shown = _examples(rng, function, examples)
    known = [case.test.args for case in shown]
    hidden: list[_Case] = []
    for group, args in draw_inputs(rng, function):
        case = _case(function, group, args)
        if case is None:
            return None
        if args not in known:
            hidden.append(case)
    if len(shown) < examples or _is_cheated(hidden) or _is_idle(function, hidden):
        return None
    survivors: list[Mutant] = []
    spare = _Spare(rng, function, [*shown, *hidden])
    for mutant in mutants(function):
        if _is_caught(mutant, hidden):
            continue
        catching = spare.catch(mutant)
        if catching is not None:
            hidden.append(catching)
        elif mutant.mistake in GROSS:
            return None
        else:
            survivors.append(mutant)
    if len(hidden) > MOST_TESTS:
        return None
    return Tests(tuple(c.test for c in shown), tuple(c.test for c in hidden), tuple(survivors))


def is_defined_on(function: Function, tests: Sequence[Test]) -> bool:
    """Whether `function` has a value on all the tests, none on the way being beyond the bounds."""
    return all(value_or_none(function, test.args) is not None for test in tests)


@dataclass(frozen=True, slots=True)
class _Case:
    """A test, and the value before each operation and after the last."""

    test: Test
    stages: tuple[Value, ...]


def _case(function: Function, group: str, args: tuple[Value, ...]) -> _Case | None:
    env = dict(zip(function.names, args, strict=True))
    stages = [args[0]]
    try:
        for operation in function.operations:
            stages.append(evaluate((operation,), stages[-1], env))
    except OutOfBounds:
        return None
    return _Case(Test(group, args, stages[-1]), tuple(stages))


def _examples(rng: Rng, function: Function, count: int) -> list[_Case]:
    """Typical inputs whose values differ as far as they can."""
    found: list[_Case] = []
    for turn in range(4 * count):
        args: tuple[Value, ...] = (_DRAW[function.parameters[0][1]](rng, "typical", (), turn),)
        if len(function.parameters) > 1:
            args = (*args, rng.integer(1, 9))
        case = _case(function, "typical", args)
        if case is None or any(args == other.test.args for other in found):
            continue
        if turn >= 2 * count or all(case.test.expected != other.test.expected for other in found):
            found.append(case)
        if len(found) == count:
            break
    return found


class _Spare:
    """More inputs than the tests need, drawn as they are asked for: some of each group, then a sweep."""

    def __init__(self, rng: Rng, function: Function, taken: Sequence[_Case]) -> None:
        self._known = [case.test.args for case in taken]
        self._cases: list[_Case] = []
        self._more = self._draw(rng, function)

    def catch(self, mutant: Mutant) -> _Case | None:
        """A case that tells `mutant` from the function; no longer among the spare ones."""
        for case in self._cases:
            if _is_caught(mutant, [case]):
                self._cases.remove(case)
                return case
        for case in self._more:
            if _is_caught(mutant, [case]):
                return case
            self._cases.append(case)
        return None

    def _draw(self, rng: Rng, function: Function) -> Iterator[_Case]:
        for group, args in draw_inputs(rng, function, _POOL):
            if args not in self._known and (case := _case(function, group, args)) is not None:
                yield case
        for at, (group, value) in enumerate(_SWEEPS[function.parameters[0][1]]):
            swept: tuple[Value, ...] = (value,)
            if len(function.parameters) > 1:
                swept = (value, (at * 5) % 19 - 6)
            if swept not in self._known and (case := _case(function, group, swept)) is not None:
                yield case


def _is_caught(mutant: Mutant, cases: Sequence[_Case]) -> bool:
    operations, names = mutant.function.operations, mutant.function.names
    end = len(operations) - mutant.rest
    changed, rest = operations[mutant.at : end], operations[end:]
    for case in cases:
        env = dict(zip(names, case.test.args, strict=True))
        try:
            value = evaluate(changed, case.stages[mutant.at], env)
            if value != case.stages[-1 - mutant.rest] and evaluate(rest, value, env) != case.test.expected:
                return True
        except OutOfBounds:
            return True
    return False


def _is_cheated(hidden: Sequence[_Case]) -> bool:
    """Whether a parameter given back passes all the tests, or a constant more than half of them."""
    commonest = Counter(repr(case.test.expected) for case in hidden).most_common(1)[0][1]
    if 2 * commonest > len(hidden):
        return True
    places = range(len(hidden[0].test.args))
    return any(all(case.test.args[place] == case.test.expected for case in hidden) for place in places)


def _is_idle(function: Function, hidden: Sequence[_Case]) -> bool:
    """Whether some operation gives the same on all the tests, or changes nothing on any."""
    for at in range(len(function.operations)):
        if all(case.stages[at + 1] == case.stages[at] for case in hidden):
            return True
        if all(case.stages[at + 1] == hidden[0].stages[at + 1] for case in hidden):
            return True
    return False


def _constants(operations: Sequence[Operation]) -> tuple[int, ...]:
    """The numbers in `operations` where a comparison may turn."""
    found: list[int] = []
    for operation in operations:
        operands = [*operation.operands, *([operation.condition.operand] if operation.condition else [])]
        found += [operand for operand in operands if isinstance(operand, int)]
        found += _constants((*operation.body, *operation.other))
    return tuple(sorted({*found}))


def _second(rng: Rng, turn: int, group: str) -> int:
    """k: mostly small and positive; 0 and below now and then."""
    if group == "negative" or turn % 4 == 3:
        return rng.integer(-9, -1)
    return 0 if turn % 4 == 1 else rng.integer(1, 12)


def _number(rng: Rng, group: str, constants: Sequence[int], turn: int) -> int:
    match group:
        case "zero":
            return turn if turn < 2 else rng.integer(0, 3)
        case "negative":
            return rng.integer(-40, -1)
        case "boundary":
            return rng.choice(constants or (1, 2, 10)) + rng.integer(-1, 1)
        case "large":
            return rng.integer(100, 2_000)
    return rng.integer(2, 40)


def _list(rng: Rng, group: str, constants: Sequence[int], turn: int) -> list[int]:
    match group:
        case "empty":
            return []
        case "short":
            return [rng.choice(constants) if constants and turn % 2 else rng.integer(-5, 12)]
        case "negative":
            return [
                rng.integer(-20, -1) if rng.chance(2, 3) else rng.integer(0, 9)
                for _ in range(rng.integer(2, 6))
            ]
        case "boundary":
            return [
                rng.choice(constants or (1, 2, 10)) + rng.integer(-1, 1) for _ in range(rng.integer(1, 4))
            ]
        case "repeated":
            few = [rng.integer(-4, 9) for _ in range(rng.integer(1, 3))]
            return [rng.choice(few) for _ in range(rng.integer(3, 7))]
        case "long":
            return [rng.integer(-9, 30) for _ in range(rng.integer(8, 12))]
    return [rng.integer(0, 20) for _ in range(rng.integer(3, 7))]


def _text(rng: Rng, group: str, constants: Sequence[int], turn: int) -> str:
    match group:
        case "empty":
            return ""
        case "short":
            return rng.choice("abcdeinorstzAEQ")
        case "repeated":
            few = rng.sample("abcdeinorst", 2)
            return "".join(rng.choice(few) for _ in range(rng.integer(3, 8)))
        case "long":
            return " ".join(_word(rng) for _ in range(rng.integer(3, 4)))
    return " ".join(_word(rng) for _ in range(rng.integer(1, 2)))


def _word(rng: Rng) -> str:
    word = rng.choice(_WORDS) if rng.chance(1, 2) else "".join(rng.choice("abcdeinorst") for _ in range(4))
    return rng.choice((word, word, word.capitalize(), word.upper()))


_DRAW: dict[Kind, Callable[[Rng, str, Sequence[int], int], Value]] = {
    "int": _number,
    "str": _text,
    "list": _list,
}

_SINGLES: list[Value] = [[n] for n in range(-12, 32)]
_TRIPLES: list[Value] = [[n, 9 - n, 2 * n] for n in range(-12, 32)]
_SWEPT = ("abcdeinorst" * 2, "to be or not to be", "eeoaEA iaTN")
# Numbers one after the other, alone and in small lists: where a comparison turns, one of them is at the turn.
_SWEEPS: dict[Kind, list[tuple[str, Value]]] = {
    "int": [("negative" if n < 0 else "typical", n) for n in range(-30, 70)],
    "list": [("boundary", items) for items in (*_SINGLES, *_TRIPLES)],
    "str": [("repeated", text[:n]) for text in _SWEPT for n in range(12)],
}
