"""Functions of one or two parameters: a chain of operations that we evaluate, describe, write down and mutate.

Nothing here is ever executed as Python: `Function.value` walks the operations.

    >>> steps = (Operation("add", (3,)), Operation("multiply", (2,)))
    >>> function = Function(parameters=(("x", "int"),), operations=steps)
    >>> function.expression(), function.brief(), function.value([4])
    ('(x + 3) * 2', 'plus 3 times 2', 14)
"""

from collections.abc import Sequence
from dataclasses import dataclass

from synthgym.envs.code._operations import Condition, Kind, Operation, OutOfBounds, Value
from synthgym.envs.code._operations_nested import (
    brief,
    english_of,
    evaluate,
    expression,
    is_expression,
    lines,
    signature,
)
from synthgym.facts import Fact, FrozenDict

ENTRY = "f"
"""The name of the function that is asked for."""
_ANNOTATIONS: dict[Kind, str] = {"int": "int", "str": "str", "list": "list[int]"}
_WORDS: dict[Kind, str] = {"int": "a whole number", "str": "a text", "list": "a list of whole numbers"}
_LABELS: dict[Kind, str] = {"int": "", "str": "text: ", "list": "list: "}


@dataclass(frozen=True, slots=True, kw_only=True)
class Function:
    """A function f of x, or of x and a whole number k.

    Attributes:
        parameters: (name, kind) of each.
        operations: what is done to the value, which is x at first.
    """

    parameters: tuple[tuple[str, Kind], ...]
    operations: tuple[Operation, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the parameters."""
        return tuple(name for name, _ in self.parameters)

    @property
    def result(self) -> Kind:
        """The kind of value that it gives back."""
        return signature(self.operations[-1].name)[1]

    @property
    def size(self) -> int:
        """How many operations it has, nested ones included."""
        return sum(operation.size for operation in self.operations)

    def value(self, args: Sequence[Value]) -> Value:
        """f(*args).

        Raises:
            OutOfBounds: when a value on the way is beyond the bounds.
        """
        return evaluate(self.operations, args[0], dict(zip(self.names, args, strict=True)))

    def header(self, *, annotated: bool = False) -> str:
        """``def f(x):``, or with types."""
        if not annotated:
            return f"def {ENTRY}({', '.join(self.names)}):"
        typed = ", ".join(f"{name}: {_ANNOTATIONS[kind]}" for name, kind in self.parameters)
        return f"def {ENTRY}({typed}) -> {_ANNOTATIONS[self.result]}:"

    def statements(self, indent: int = 4) -> list[str]:
        """The body in Python, an operation a line where one line will do; the first level is not indented."""
        written = lines(self.operations, "x", "return")
        return [" " * indent * (len(line) - len(line.lstrip())) + line.lstrip() for line in written]

    def source(self, indent: int = 4, *, annotated: bool = True) -> str:
        """The whole function in Python."""
        body = [f"{' ' * indent}{line}" for line in self.statements(indent)]
        return "\n".join([self.header(annotated=annotated), *body])

    def expression(self) -> str | None:
        """The function as one expression in its parameters, or None where some operation is none."""
        return expression(self.operations, "x") if all(map(is_expression, self.operations)) else None

    def describe(self) -> str:
        """What f does, in full English."""
        typed = " and ".join(f"{name}, {_WORDS[kind]}" for name, kind in self.parameters)
        steps = [f"{i}. {_sentence(english_of(o, 'v'))}" for i, o in enumerate(self.operations, 1)]
        return "\n".join(
            [
                f"{ENTRY}({', '.join(self.names)}) takes {typed}. Start with v = x and do the following in order; then "
                f"give back v, which is {_WORDS[self.result]}.",
                *steps,
            ]
        )

    def brief(self) -> str:
        """What f does, in as few words as will do."""
        return f"{_LABELS[self.parameters[0][1]]}{brief(self.operations)}"

    def facts(self) -> dict[str, object]:
        """JSON-able data that `of_facts` reads back."""
        return {
            "parameters": [[name, kind] for name, kind in self.parameters],
            "operations": [_written(operation) for operation in self.operations],
        }


def of_facts(fact: Fact) -> Function:
    """The function that `Function.facts` wrote, from frozen or plain data.

    Raises:
        TypeError: for anything else.
    """
    if not isinstance(fact, FrozenDict):
        raise TypeError(f"{fact!r} is not the facts of a function")
    pairs = map(_items, _items(fact["parameters"]))
    parameters = tuple((str(name), _kind(kind)) for name, kind in pairs)
    return Function(parameters=parameters, operations=tuple(map(_read, _items(fact["operations"]))))


def value_or_none(function: Function, args: Sequence[Value]) -> Value | None:
    """f(*args), or None where it is beyond the bounds."""
    try:
        return function.value(args)
    except OutOfBounds:
        return None


def _sentence(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}."


def _written(operation: Operation) -> list[object]:
    condition = operation.condition
    return [
        operation.name,
        list(operation.operands),
        [condition.name, condition.operand, condition.subject] if condition else None,
        [_written(part) for part in operation.body],
        [_written(part) for part in operation.other],
    ]


def _read(fact: Fact) -> Operation:
    name, operands, condition, body, other = _items(fact)
    return Operation(
        str(name),
        tuple(_operand(operand) for operand in _items(operands)),
        _condition(condition),
        tuple(map(_read, _items(body))),
        tuple(map(_read, _items(other))),
    )


def _condition(fact: Fact) -> Condition | None:
    if fact is None:
        return None
    name, operand, subject = _items(fact)
    return Condition(str(name), _operand(operand), str(subject))


def _operand(fact: Fact) -> int | str:
    if not isinstance(fact, (int, str)):
        raise TypeError(f"{fact!r} is no operand")
    return fact


def _kind(fact: Fact) -> Kind:
    for kind in _WORDS:
        if fact == kind:
            return kind
    raise TypeError(f"{fact!r} is no kind of value")


def _items(fact: Fact) -> tuple[Fact, ...]:
    if not isinstance(fact, tuple):
        raise TypeError(f"{fact!r} is no list")
    return fact
