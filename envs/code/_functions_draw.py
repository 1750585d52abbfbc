"""Draws functions: ever more operations, from ever more constructs."""

from dataclasses import dataclass

from synthgym.envs.code._functions import Function
from synthgym.envs.code._functions_mutants import GROSS, mutants
from synthgym.envs.code._inputs import draw_inputs
from synthgym.envs.code._operations import (
    CONDITIONS,
    Condition,
    Environment,
    Kind,
    Operand,
    Operation,
    OutOfBounds,
    Value,
)
from synthgym.envs.code._operations_nested import evaluate, is_expression, signature
from synthgym.envs.code._operations_table import NUMBERS, SIMPLE
from synthgym.rng import Rng

SIZES = (2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12)
"""Operations of a function of each difficulty, nested ones included."""
_NESTED_AT = {
    "keep": 2,
    "map": 2,
    "count_if": 3,
    "if": 5,
    "fold": 6,
    "repeat": 6,
    "map_if": 7,
    "steps": 7,
}
"""The difficulty from which each nested operation is drawn."""
_LEAST = {"map": 2, "map_if": 3, "if": 2, "repeat": 2, "steps": 2, "fold": 2}
"""Operations that a nested one has at least, itself included; the others have one."""
_KINDS: tuple[tuple[Kind, ...], ...] = (("int",), ("int",), ("int", "list"), *8 * (("int", "list", "str"),))
_PROBED_AT = 2
"""The difficulty from which operations are tried on inputs while they are drawn; below, most have an effect."""
_TRIES = 60
"""Operations drawn for one function, at most."""
_SECOND_AT = 4
"""The difficulty from which there may be a second parameter, k."""
_DEEP_AT = 8
"""The difficulty from which branches stand inside branches and loops."""


def draw(rng: Rng, difficulty: int) -> Function:
    """A function of `SIZES[difficulty]` operations.

    Difficulties 0 and 1 are arithmetic on one number, and one expression; lists come at 2, texts at 3, a second
    parameter at 4, branches at 5, loops at 6, conversions at 7, nested branches at 8.
    """
    kinds = _KINDS[difficulty]
    while True:
        kind = rng.choice(kinds)
        second = difficulty >= _SECOND_AT and rng.chance(1, 2)
        parameters: tuple[tuple[str, Kind], ...] = (("x", kind), ("k", "int")) if second else (("x", kind),)
        names = (("x",) if kind == "int" and difficulty > 2 else ()) + (("k",) if second else ())
        inputs = draw_inputs(rng, Function(parameters=parameters, operations=()))
        probes: list[tuple[Value, Environment]] = [
            (args[0], dict(zip(("x", "k"), args, strict=False))) for _, args in inputs
        ]
        operations = _Draft(rng, difficulty, names).chain(kind, SIZES[difficulty], probes)
        if operations is None or (second and "k" not in _named(operations)):
            continue
        function = Function(parameters=parameters, operations=operations)
        if sum(operation.size for operation in operations) == SIZES[difficulty]:
            return function


def _named(operations: tuple[Operation, ...]) -> set[Operand]:
    """The names among the operands."""
    found: set[Operand] = set()
    for operation in operations:
        if operation.name not in SIMPLE or SIMPLE[operation.name].named:
            found |= {operand for operand in operation.operands if isinstance(operand, str)}
        if operation.condition:
            found.add(operation.condition.operand)
        found |= _named(operation.body) | _named(operation.other)
    return found


def _after(
    operation: Operation, probes: list[tuple[Value, Environment]]
) -> list[tuple[Value, Environment]] | None:
    """The values after `operation`; None if it has no effect, makes half of them one, or leads out of bounds."""
    values = _after_all((operation,), probes)
    if values is None:
        return None
    idle = values == [value for value, _ in probes]
    return (
        None
        if idle or 2 * max(map(values.count, values)) >= len(values)
        else [(v, env) for v, (_, env) in zip(values, probes, strict=True)]
    )


def _is_loose(
    operation: Operation,
    before: list[tuple[Value, Environment]],
    after: list[tuple[Value, Environment]],
) -> bool:
    """Whether a part of a nested operation can be left out without any change."""
    for mutant in mutants(Function(parameters=(), operations=(operation,))):
        if mutant.mistake in GROSS:
            left = _after_all(mutant.function.operations, before)
            if left == [value for value, _ in after]:
                return True
    return False


def _after_all(
    operations: tuple[Operation, ...], probes: list[tuple[Value, Environment]]
) -> list[Value] | None:
    try:
        return [evaluate(operations, value, env) for value, env in probes]
    except OutOfBounds:
        return None


@dataclass(slots=True)
class _Draft:
    """A chain being drawn; `names` are the parameters that operands may be."""

    rng: Rng
    difficulty: int
    names: tuple[str, ...]

    def chain(
        self, kind: Kind, size: int, probes: list[tuple[Value, Environment]]
    ) -> tuple[Operation, ...] | None:
        """Operations of that size in all on a value of `kind`, or None where the draws lead nowhere.

        An operation that keeps every value in `probes` as it is, or makes half of them the same, is drawn again.
        """
        drawn: list[Operation] = []
        tries = _TRIES
        while size:
            tries -= 1
            previous = drawn[-1] if drawn else None
            operation = self._next(kind, size, previous)
            if operation is None or not tries:
                return None
            after = _after(operation, probes) if self.difficulty >= _PROBED_AT else probes
            if after is None or (operation.body and _is_loose(operation, probes, after)):
                continue
            drawn.append(operation)
            probes = after
            size -= operation.size
            kind = signature(operation.name)[1]
        return tuple(drawn)

    def _next(self, kind: Kind, size: int, previous: Operation | None) -> Operation | None:
        nested = [
            name
            for name, level in _NESTED_AT.items()
            if level <= self.difficulty
            and signature(name)[0] == kind
            and _LEAST.get(name, 1) <= size
            and (previous is None or previous.name != name)
        ]
        if self.rng.chance(1, 8):
            kept = nested
        else:
            kept = [name for name in nested if signature(name)[1] == kind or size <= 3]
        if kept and self.rng.chance(2, 5):
            return self._nested(self.rng.choice(kept), size)
        return self._simple(kind, size, previous)

    def _simple(self, kind: Kind, size: int, previous: Operation | None) -> Operation | None:
        group = SIMPLE[previous.name].group if previous and previous.name in SIMPLE else None
        known = [
            name
            for name, simple in SIMPLE.items()
            if simple.drawn
            and simple.level <= self.difficulty
            and simple.source == kind
            and simple.group != group
        ]
        turning = [name for name in known if SIMPLE[name].result != kind]
        keeping = [name for name in known if SIMPLE[name].result == kind]
        turn = turning and self.rng.chance(1, 2 if size <= 2 else 6)
        pool = turning if turn or not keeping else keeping
        return self._filled(self.rng.choice(pool), previous is not None) if pool else None

    def _filled(self, name: str, named: bool = True, extra: tuple[str, ...] = ()) -> Operation:
        """The simple operation of that name with operands; a name among them now and then, `extra` mostly."""
        simple = SIMPLE[name]
        operands = [self.rng.choice(pool) for pool in simple.operands]
        if simple.named and extra and self.rng.chance(2, 3):
            operands[0] = self.rng.choice(extra)
        elif simple.named and self.names and self.rng.chance(1, 3):
            names = self.names if named else tuple(name for name in self.names if name != "x")
            operands[0] = self.rng.choice(names) if names else operands[0]
        return Operation(name, tuple(operands))

    def _condition(self, subject: str = "v") -> Condition:
        name = self.rng.choice(sorted(CONDITIONS))
        test = CONDITIONS[name]
        operand: Operand = self.rng.choice(test.operands)
        if test.named and "k" in self.names and self.rng.chance(1, 3):
            operand = "k"
        return Condition(name, operand, subject)

    def _nested(self, name: str, size: int) -> Operation:
        size = min(size, _LEAST.get(name, 1) + self.rng.below(3))
        match name:
            case "keep" | "count_if":
                return Operation(name, condition=self._condition())
            case "map":
                return Operation(name, body=self._numbers(size - 1, flat=True))
            case "map_if":
                body, other = self._numbers(size - 2, flat=True), self._numbers(1, flat=True)
                return Operation(name, condition=self._condition(), body=body, other=other)
            case "if":
                return self._branch(size)
            case "fold":
                body = self._numbers(size - 1, extra=("e",))
                return Operation(name, (self.rng.integer(0, 3),), body=body)
            case "repeat":
                return Operation(name, (self.rng.integer(2, 4),), body=self._numbers(size - 1, extra=("i",)))
        shrink = Operation(
            *self.rng.choice((("divide", (2,)), ("divide", (3,)), ("subtract", (self.rng.integer(2, 7),))))
        )
        floor = Condition(self.rng.choice(("above", "at_least")), self.rng.integer(2, 9))
        return Operation("steps", condition=floor, body=(shrink,))

    def _branch(self, size: int, extra: tuple[str, ...] = ()) -> Operation:
        rest = self.rng.below(2) if size == 3 else size // 2 if size > 3 else 0
        body = self._numbers(size - 1 - rest, extra=extra)
        other = self._numbers(rest, extra=extra)
        subject = self.rng.choice(("v", *extra))
        return Operation("if", condition=self._condition(subject), body=body, other=other)

    def _numbers(
        self, size: int, *, flat: bool = False, extra: tuple[str, ...] = ()
    ) -> tuple[Operation, ...]:
        """A chain on a number that stays a number; `flat` ones are expressions."""
        drawn: list[Operation] = []
        group = None
        while size:
            if not flat and self.difficulty >= _DEEP_AT and size >= 2 and self.rng.chance(1, 3):
                operation, group = self._branch(min(size, 3), extra), None
            else:
                pool = [
                    name
                    for name, simple in NUMBERS.items()
                    if simple.drawn and simple.level <= self.difficulty and simple.group != group
                ]
                operation = self._filled(self.rng.choice(pool), True, extra)
                group = SIMPLE[operation.name].group
                if flat and not is_expression(operation):
                    continue
            drawn.append(operation)
            size -= operation.size
        return tuple(drawn)
