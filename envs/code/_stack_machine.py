"""The stack machine of `stack_program`, run on the polynomial x, so that one run decides for every number x.

A polynomial is the tuple of its coefficients, lowest power first, without zeros at the end.
"""

from collections.abc import Callable, Mapping, Sequence
from itertools import zip_longest
from typing import TypeAlias

Polynomial: TypeAlias = tuple[int, ...]
X: Polynomial = (0, 1)
MAX_PROGRAM = 100
MAX_STACK = 16
MAX_DEGREE = 8
MAX_COEFFICIENT = 10**12


def run(program: str) -> Polynomial | None:
    """What `program` leaves of a stack that holds x; None if it faults, or leaves not just one value.

    It faults when the stack lacks a value or holds over 16, when a value passes degree 8 or a coefficient of
    10**12, or when the program has over 100 characters besides white space, or one that is no command.
    """
    commands = "".join(program.split()).lower() if len(program) <= 4 * MAX_PROGRAM else ""
    if not 0 < len(commands) <= MAX_PROGRAM:
        return None
    stack = [X]
    for command in commands:
        taken, work = _COMMANDS.get(command, _FAULT)
        if len(stack) < taken:
            return None
        results = work(*stack[len(stack) - taken :])
        if len(stack) - taken + len(results) > MAX_STACK or not all(map(_small, results)):
            return None
        stack[len(stack) - taken :] = results
    return stack[0] if len(stack) == 1 else None


def value(polynomial: Polynomial, x: int) -> int:
    """The polynomial's value at `x`."""
    result = 0
    for coefficient in reversed(polynomial):
        result = result * x + coefficient
    return result


def combine(operation: str, left: Polynomial, right: Polynomial) -> Polynomial:
    """The sum, difference or product, as `operation` is ``+``, ``-`` or ``*``."""
    return _ARITHMETIC[operation](left, right)


def _add(left: Polynomial, right: Polynomial) -> Polynomial:
    return _trimmed([a + b for a, b in zip_longest(left, right, fillvalue=0)])


def _subtract(left: Polynomial, right: Polynomial) -> Polynomial:
    return _trimmed([a - b for a, b in zip_longest(left, right, fillvalue=0)])


def _multiply(left: Polynomial, right: Polynomial) -> Polynomial:
    product = [0] * (len(left) + len(right))
    for i, a in enumerate(left):
        for j, b in enumerate(right):
            product[i + j] += a * b
    return _trimmed(product)


def _trimmed(coefficients: list[int]) -> Polynomial:
    while coefficients and coefficients[-1] == 0:
        coefficients.pop()
    return tuple(coefficients)


def _small(polynomial: Polynomial) -> bool:
    return len(polynomial) <= MAX_DEGREE + 1 and all(abs(c) <= MAX_COEFFICIENT for c in polynomial)


def _digit(number: int) -> Callable[..., Sequence[Polynomial]]:
    pushed = [_trimmed([number])]
    return lambda: pushed


_ARITHMETIC: Mapping[str, Callable[[Polynomial, Polynomial], Polynomial]] = {
    "+": _add,
    "-": _subtract,
    "*": _multiply,
}
_FAULT: tuple[int, Callable[..., Sequence[Polynomial]]] = (MAX_STACK + 1, lambda: ())
_COMMANDS: Mapping[str, tuple[int, Callable[..., Sequence[Polynomial]]]] = {
    "d": (1, lambda a: (a, a)),
    "s": (2, lambda a, b: (b, a)),
    "o": (2, lambda a, b: (a, b, a)),
    "p": (1, lambda a: ()),
    "n": (1, lambda a: (_subtract((), a),)),
    "+": (2, lambda a, b: (_add(a, b),)),
    "-": (2, lambda a, b: (_subtract(a, b),)),
    "*": (2, lambda a, b: (_multiply(a, b),)),
    **{str(number): (0, _digit(number)) for number in range(10)},
}
"""How many values each command takes from the top of the stack, and what it puts there, lowest first."""
