"""The operations of which functions are made: what each computes, how it reads in English and in Python.

A value is a whole number, a text or a list of whole numbers. An operation takes one value to the next. Simple ones
stand in the tables of `_operations_table`; those that hold other operations are written in `_operations_nested`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

Value: TypeAlias = int | str | list[int]
Kind: TypeAlias = Literal["int", "str", "list"]
Operand: TypeAlias = int | str
Environment: TypeAlias = Mapping[str, Value]
"""What the named operands (x, k, and inside loops e and i) stand for."""

LARGEST = 10**9
"""No value on the way, nor a number in a list, is beyond it."""
LONGEST = 60
"""Likewise for the elements of a list and the characters of a text."""
NAMES = ("x", "k", "e", "i")
"""Operands that are names of numbers; every other text is literal."""


class OutOfBounds(Exception):
    """A value on the way is beyond `LARGEST` or `LONGEST`."""


@dataclass(frozen=True, slots=True)
class Condition:
    """A question about a number: its name in `CONDITIONS`, the operand, and which number (v, or e in a loop)."""

    name: str
    operand: Operand
    subject: str = "v"


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation: its name, its operands, and for those that hold others a condition, a body and an else."""

    name: str
    operands: tuple[Operand, ...] = ()
    condition: Condition | None = None
    body: tuple["Operation", ...] = ()
    other: tuple["Operation", ...] = ()

    @property
    def size(self) -> int:
        """How many operations it is, those it holds included."""
        return 1 + sum(part.size for part in (*self.body, *self.other))


@dataclass(frozen=True, kw_only=True)
class Simple:
    """A simple operation: one that holds no other.

    Attributes:
        english: what it does; ``{v}`` is the value, ``{0}`` and ``{1}`` are operands.
        brief: the same in a word or two.
        python: an expression, or lines of which the last starts with ``{put}`` and the expression that is the result.
        evaluate: the result, from the value and the operands.
        operands: what each operand is drawn from.
        level: the difficulty from which it is drawn.
        binds: how loosely the expression binds (0 an atom, 1 power, 2 sign, 3 product, 4 sum, 9 anything looser).
        slot: how loosely what is put for ``{v}`` may bind without brackets.
        neighbours: operations that take the same operands and kind of value, which a mutant puts in its place.
        group: operations of one group are not drawn next to each other.
        named: whether a name (k, x, e, i) may stand for the first operand.
    """

    source: Kind
    result: Kind
    english: str
    brief: str
    python: str | tuple[str, ...]
    evaluate: Callable[..., Value]
    operands: tuple[tuple[Operand, ...], ...] = ()
    level: int = 2
    binds: int = 0
    slot: int = 0
    neighbours: tuple[str, ...] = ()
    group: str = ""
    named: bool = False
    drawn: bool = True


@dataclass(frozen=True, slots=True)
class Test:
    """A condition on a number: as Python (``{v}``, ``{0}``), in English, in brief, and as a function."""

    python: str
    english: str
    brief: str
    holds: Callable[[int, int], bool]
    neighbours: tuple[str, ...]
    operands: tuple[int, ...] = ()
    slot: int = 4
    named: bool = field(default=True)


_THRESHOLDS = tuple(range(0, 10))
CONDITIONS: dict[str, Test] = {
    "above": Test(
        "{v} > {0}",
        "{v} is greater than {0}",
        "over {0}",
        lambda v, c: v > c,
        ("at_least", "below"),
        _THRESHOLDS,
    ),
    "below": Test(
        "{v} < {0}",
        "{v} is less than {0}",
        "under {0}",
        lambda v, c: v < c,
        ("at_most", "above"),
        _THRESHOLDS,
    ),
    "at_least": Test(
        "{v} >= {0}",
        "{v} is at least {0}",
        "from {0}",
        lambda v, c: v >= c,
        ("above", "at_most"),
        _THRESHOLDS,
    ),
    "at_most": Test(
        "{v} <= {0}", "{v} is at most {0}", "to {0}", lambda v, c: v <= c, ("below", "at_least"), _THRESHOLDS
    ),
    "equals": Test(
        "{v} == {0}", "{v} equals {0}", "is {0}", lambda v, c: v == c, ("differs", "at_least"), _THRESHOLDS
    ),
    "differs": Test(
        "{v} != {0}", "{v} is not {0}", "not {0}", lambda v, c: v != c, ("equals", "above"), _THRESHOLDS
    ),
    "multiple": Test(
        "{v} % {0} == 0",
        "{v} is a multiple of {0} (0 is one)",
        "mult {0}",
        lambda v, c: v % c == 0,
        ("no_multiple",),
        (2, 3, 4, 5),
        3,
        False,
    ),
    "no_multiple": Test(
        "{v} % {0} != 0",
        "{v} is not a multiple of {0} (0 is one)",
        "no mult {0}",
        lambda v, c: v % c != 0,
        ("multiple",),
        (2, 3, 4, 5),
        3,
        False,
    ),
}


def bounded(value: Value) -> Value:
    """`value` itself.

    Raises:
        OutOfBounds: if it is beyond the bounds.
    """
    if isinstance(value, int):
        if not -LARGEST <= value <= LARGEST:
            raise OutOfBounds
    elif len(value) > LONGEST:
        raise OutOfBounds
    elif value and isinstance(value, list) and (max(value) > LARGEST or min(value) < -LARGEST):
        raise OutOfBounds
    return value


def resolve(operand: Operand, env: Environment) -> Value:
    """What `operand` stands for."""
    return env[operand] if isinstance(operand, str) and operand in NAMES else operand


def holds(condition: Condition, value: Value, env: Environment) -> bool:
    """Whether `condition` is met, `value` being v."""
    subject = value if condition.subject == "v" else env[condition.subject]
    operand = resolve(condition.operand, env)
    if not isinstance(subject, int) or not isinstance(operand, int):
        raise OutOfBounds
    return CONDITIONS[condition.name].holds(subject, operand)


def literal(operand: Operand) -> str:
    """`operand` in Python."""
    if isinstance(operand, int) or operand in NAMES:
        return str(operand)
    return f'"{operand}"'


def condition_python(condition: Condition, value: str, binds: int = 0) -> str:
    """`condition` in Python, where v is the expression `value`, which binds so loosely."""
    test = CONDITIONS[condition.name]
    subject = value if condition.subject == "v" else condition.subject
    bracketed = f"({subject})" if condition.subject == "v" and binds > test.slot else subject
    return test.python.replace("{v}", bracketed).replace("{0}", literal(condition.operand))


def condition_english(condition: Condition, value: str) -> str:
    """`condition` in English, where v is called `value`."""
    subject = value if condition.subject == "v" else condition.subject
    return CONDITIONS[condition.name].english.replace("{v}", subject).replace("{0}", str(condition.operand))


def condition_brief(condition: Condition) -> str:
    """`condition` in a word or two."""
    words = CONDITIONS[condition.name].brief.replace("{0}", str(condition.operand))
    return words if condition.subject == "v" else f"{condition.subject} {words}"
