"""The mutants of a function: every small mistake that its hidden tests must catch."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from synthgym.envs.code._functions import Function
from synthgym.envs.code._operations import CONDITIONS, Condition, Operand, Operation
from synthgym.envs.code._operations_nested import is_expression, signature
from synthgym.envs.code._operations_table import SIMPLE


@dataclass(frozen=True, slots=True)
class Mutant:
    """A function with one mistake.

    Attributes:
        mistake: drop, branch (one is always taken, or a loop is run once), branches (they are exchanged), swap,
            replace, constant or condition.
        at: the first operation of the chain that is another than the function's.
        rest: operations at the chain's end that are the function's again.
    """

    mistake: str
    at: int
    rest: int
    function: Function


GROSS = ("drop", "branch", "branches")
"""Mistakes that no function may survive unnoticed: what they leave out would have no effect."""


_DETOUR = 4
"""Operations that are left out together, at most."""


def mutants(function: Function) -> list[Mutant]:
    """Every function that differs from `function` in one mistake, gross ones first; some may compute the same."""
    found: list[Mutant] = []
    seen = {function.operations}
    for mistake, operations in _chains(function.operations):
        if operations and operations not in seen:
            seen.add(operations)
            at = _alike(operations, function.operations)
            rest = _alike(operations[at:][::-1], function.operations[at:][::-1])
            found.append(Mutant(mistake, at, rest, replace(function, operations=operations)))
    return sorted(found, key=lambda mutant: mutant.mistake not in GROSS)


def _alike(one: Sequence[Operation], other: Sequence[Operation]) -> int:
    """How many operations the two chains have in common at their beginnings."""
    count = 0
    for mine, yours in zip(one, other, strict=False):
        if mine != yours:
            break
        count += 1
    return count


def _chains(operations: tuple[Operation, ...]) -> Iterator[tuple[str, tuple[Operation, ...]]]:
    for at, operation in enumerate(operations):
        before, after = operations[:at], operations[at + 1 :]
        source, result = signature(operation.name)
        if source == result:
            yield "drop", (*before, *after)
        else:  # a detour to another kind of value and back
            for end in range(at + 2, min(at + _DETOUR, len(operations)) + 1):
                if signature(operations[end - 1].name)[1] == source:
                    yield "drop", (*before, *operations[end:])
        if operation.name == "repeat" and operation.operands != (1,):
            yield "branch", (*before, replace(operation, operands=(1,)), *after)
        if operation.name == "if":
            yield "branch", (*before, *operation.body, *after)
            yield "branch", (*before, *operation.other, *after)
        if after and _fit((after[0], operation), source, signature(after[0].name)[1]):
            yield "swap", (*before, after[0], operation, *after[1:])
        for mistake, changed in _variants(operation):
            yield mistake, (*before, changed, *after)


def _fit(pair: Sequence[Operation], source: str, result: str) -> bool:
    """Whether two operations can stand in this order between these kinds of value."""
    first, second = (signature(operation.name) for operation in pair)
    return first == (source, second[0]) and second[1] == result


def _variants(operation: Operation) -> Iterator[tuple[str, Operation]]:
    for name in SIMPLE[operation.name].neighbours if operation.name in SIMPLE else ():
        if len(SIMPLE[name].operands) == len(operation.operands) and signature(name) == signature(
            operation.name
        ):
            if _takes(name, operation.operands):
                yield "replace", replace(operation, name=name)
    for place, operand in enumerate(operation.operands):
        for other in _other_operands(operation, operand):
            operands = (*operation.operands[:place], other, *operation.operands[place + 1 :])
            if _takes(operation.name, operands):
                yield "constant", replace(operation, operands=operands)
    if operation.condition:
        for mistake, condition in _conditions(operation.condition):
            yield mistake, replace(operation, condition=condition)
    if operation.name in ("if", "map_if"):
        yield "branches", replace(operation, body=operation.other, other=operation.body)
    flat = operation.name in ("map", "map_if")  # their bodies are expressions
    for mistake, body in _chains(operation.body):
        if not flat or all(map(is_expression, body)):
            yield mistake, replace(operation, body=body)
    for mistake, rest in _chains(operation.other):
        if not flat or all(map(is_expression, rest)):
            yield mistake, replace(operation, other=rest)


def _takes(name: str, operands: Sequence[Operand]) -> bool:
    """Whether the operation means something with these operands: no division by 0, nothing taken 0 at a time."""
    if name in ("divide", "modulo"):
        return isinstance(operands[0], int) and operands[0] >= 2
    if name in SIMPLE and not SIMPLE[name].named and operands and isinstance(operands[0], int):
        return operands[0] >= 1
    return name != "repeat" or (isinstance(operands[0], int) and operands[0] >= 1)


def _other_operands(operation: Operation, operand: Operand) -> list[Operand]:
    if isinstance(operand, int):
        return [operand - 1, operand + 1]
    if operation.name not in SIMPLE or SIMPLE[operation.name].named:
        return [1, 2]  # in the place of a name
    if operand.isalpha():
        return [chr((ord(operand[0]) - 96) % 26 + 97) + operand[1:]]
    return ["_"]


def _conditions(condition: Condition) -> Iterator[tuple[str, Condition]]:
    for name in CONDITIONS[condition.name].neighbours:
        yield "condition", replace(condition, name=name)
    if isinstance(condition.operand, int):
        least = 2 if CONDITIONS[condition.name].operands[0] == 2 else None
        for operand in (condition.operand - 1, condition.operand + 1):
            if least is None or operand >= least:
                yield "constant", replace(condition, operand=operand)
    else:
        yield "constant", replace(condition, operand=1)
