"""What operations do, simple and nested alike: evaluated by our own code, written in Python, told in English.

Nested ones: `map` and `map_if` (each element of a list), `keep` and `count_if` (its elements that meet a condition),
`if` (with or without an else), `repeat` (so many times, the round being i), `steps` (count the rounds until a number
is small), `fold` (an accumulator over a list, the element being e).
"""

from collections.abc import Sequence

from synthgym.envs.code._operations import (
    Environment,
    Kind,
    Operand,
    Operation,
    OutOfBounds,
    Value,
    bounded,
    condition_brief,
    condition_english,
    condition_python,
    holds,
    literal,
    resolve,
)
from synthgym.envs.code._operations_table import SIMPLE

NESTED: dict[str, tuple[Kind, Kind]] = {
    "map": ("list", "list"),
    "map_if": ("list", "list"),
    "keep": ("list", "list"),
    "count_if": ("list", "int"),
    "if": ("int", "int"),
    "repeat": ("int", "int"),
    "steps": ("int", "int"),
    "fold": ("list", "int"),
}
"""The kinds of value that each nested operation takes and gives."""
ROUNDS = 60
"""Rounds of a `steps` loop, at most."""
VARIABLES: dict[Kind, str] = {"int": "n", "str": "s", "list": "a"}
"""What a value of each kind is called in a written function."""


def signature(name: str) -> tuple[Kind, Kind]:
    """The kinds of value that the operation of that name takes and gives."""
    if name in NESTED:
        return NESTED[name]
    return SIMPLE[name].source, SIMPLE[name].result


def is_expression(operation: Operation) -> bool:
    """Whether it is one expression in Python, so that it can stand in a `map`."""
    return operation.name in SIMPLE and isinstance(SIMPLE[operation.name].python, str)


def evaluate(operations: Sequence[Operation], value: Value, env: Environment) -> Value:
    """The value after all `operations`.

    Raises:
        OutOfBounds: when a value on the way is beyond the bounds.
    """
    for operation in operations:
        if operation.name in SIMPLE:
            kind, operands = SIMPLE[operation.name], operation.operands
            named = [resolve(operand, env) for operand in operands] if kind.named else operands
            value = bounded(kind.evaluate(value, *named))
        else:
            value = bounded(_evaluate_nested(operation, value, env))
    return value


def _evaluate_nested(operation: Operation, value: Value, env: Environment) -> Value:
    if isinstance(value, int):
        return _on_number(operation, value, env)
    if not isinstance(value, list):
        raise OutOfBounds
    name, condition, body = operation.name, operation.condition, operation.body
    if name == "map":
        return [_number(evaluate(body, e, env)) for e in value]
    if name == "fold":
        total: Value = resolve(operation.operands[0], env)
        for e in value:
            total = evaluate(body, total, {**env, "e": e})
        return total
    if condition is None:
        raise OutOfBounds
    if name == "map_if":
        return [
            _number(evaluate(body if holds(condition, e, env) else operation.other, e, env)) for e in value
        ]
    kept = [e for e in value if holds(condition, e, env)]
    return kept if name == "keep" else len(kept)


def _on_number(operation: Operation, value: int, env: Environment) -> Value:
    body, condition = operation.body, operation.condition
    if operation.name == "repeat":
        current: Value = value
        for i in range(_number(operation.operands[0])):
            current = evaluate(body, current, {**env, "i": i})
        return current
    if condition is None:
        raise OutOfBounds
    if operation.name == "steps":
        for count in range(ROUNDS):
            if not holds(condition, value, env):
                return count
            value = _number(evaluate(body, value, env))
        raise OutOfBounds
    return evaluate(body if holds(condition, value, env) else operation.other, value, env)


def _number(value: Value) -> int:
    if not isinstance(value, int):
        raise OutOfBounds
    return value


def expression(operations: Sequence[Operation], value: str) -> str:
    """`operations`, every one of which is an expression, as one expression on `value`."""
    written, binds = value, 0
    for operation in operations:
        kind = SIMPLE[operation.name]
        assert isinstance(kind.python, str)
        inner = f"({written})" if binds > kind.slot else written
        written, binds = _filled(kind.python, inner, operation.operands), kind.binds
    return written


def _filled(template: str, value: str, operands: Sequence[Operand]) -> str:
    for place, operand in enumerate(operands):
        template = template.replace(f"{{{place}}}", str(operand))
    return template.replace("{v}", value)


def lines(operations: Sequence[Operation], value: str, put: str) -> list[str]:
    """Python for `operations` on the variable `value`; the last line starts with `put`: ``return`` or ``n =``.

    Indented by one space a level.
    """
    written: list[str] = []
    if not operations:
        return _put(put, value) or ["pass"]
    for operation in operations[:-1]:
        target = VARIABLES[signature(operation.name)[1]]
        written += _lines_of(operation, value, f"{target} =")
        value = target
    return written + _lines_of(operations[-1], value, put)


def _put(put: str, value: str) -> list[str]:
    return [] if put == f"{value} =" else [f"{put} {value}"]


def _indented(block: Sequence[str]) -> list[str]:
    return [f" {line}" for line in block]


def _lines_of(operation: Operation, value: str, put: str) -> list[str]:
    if operation.name in SIMPLE:
        return _simple_lines(operation, value, put)
    body, condition = operation.body, operation.condition
    subject = "e" if operation.name in ("map", "map_if", "keep", "count_if") else value
    test = condition_python(condition, subject) if condition else ""
    match operation.name:
        case "map":
            return [f"{put} [{expression(body, 'e')} for e in {value}]"]
        case "map_if":
            choice = f"{expression(body, 'e')} if {test} else {expression(operation.other, 'e')}"
            return [f"{put} [{choice} for e in {value}]"]
        case "keep":
            return [f"{put} [e for e in {value} if {test}]"]
        case "count_if":
            return [f"{put} len([e for e in {value} if {test}])"]
        case "if":
            return _branches(operation, value, put, test)
        case "fold":
            loop = [f"for e in {value}:", *_indented(lines(body, "n", "n ="))]
            return [f"n = {literal(operation.operands[0])}", *loop, *_put(put, "n")]
        case "repeat":
            loop = [f"for i in range({operation.operands[0]}):", *_indented(lines(body, "n", "n ="))]
            return [*_put("n =", value), *loop, *_put(put, "n")]
    test = condition_python(condition, "n") if condition else ""
    loop = [f"while {test}:", *_indented(lines(body, "n", "n =")), " c = c + 1"]
    return [*_put("n =", value), "c = 0", *loop, f"{put} c"]


def _simple_lines(operation: Operation, value: str, put: str) -> list[str]:
    python = SIMPLE[operation.name].python
    if isinstance(python, str):
        return [f"{put} {_filled(python, value, operation.operands)}"]
    *first, last = (_filled(line, value, operation.operands) for line in python)
    return [*first, *_put(put, last.removeprefix("{put} "))]


def _branches(operation: Operation, value: str, put: str, test: str) -> list[str]:
    inside = lines(operation.body, value, put)
    if put == "return" and not operation.other and len(inside) > 1 and inside[-1] == f"return {value}":
        inside.pop()  # the last line after the branch says it, too
    written = [f"if {test}:", *_indented(inside)]
    if operation.other:
        return [*written, "else:", *_indented(lines(operation.other, value, put))]
    if put == "return":
        return [*written, f"return {value}"]
    return written if put == f"{value} =" else [*written, "else:", f" {put} {value}"]


def english(operations: Sequence[Operation], value: str) -> str:
    """`operations` in English, the value being called `value`; nested ones stand in brackets."""
    parts = [english_of(operation, value) for operation in operations]
    if len(parts) > 1:
        parts = [f"({p})" if o.name in NESTED else p for p, o in zip(parts, operations, strict=True)]
    return ", then ".join(parts) or f"leave {value} as it is"


def english_of(operation: Operation, value: str) -> str:
    """One operation in English, the value being called `value`."""
    if operation.name in SIMPLE:
        return _filled(SIMPLE[operation.name].english, value, operation.operands)
    body, condition = operation.body, operation.condition
    subject = "e" if operation.name in ("map", "map_if", "keep", "count_if") else value
    test = condition_english(condition, subject) if condition else ""
    match operation.name:
        case "map":
            return f"replace each element e of {value} by the outcome of: {english(body, 'e')}"
        case "map_if":
            return (
                f"replace each element e of {value}: if {test}, {english(body, 'e')}; "
                f"otherwise {english(operation.other, 'e')}"
            )
        case "keep":
            return f"keep only the elements e of {value} for which {test}"
        case "count_if":
            return f"replace {value} by the number of its elements e for which {test}"
        case "if":
            otherwise = english(operation.other, value)
            return f"if {test}: {english(body, value)}; otherwise: {otherwise}"
        case "fold":
            start = operation.operands[0]
            return (
                f"start with t = {start}; for each element e of {value} in order: {english(body, 't')}; "
                f"replace {value} by t ({start} if {value} is empty)"
            )
        case "repeat":
            times = operation.operands[0]
            rounds = f"for i = 0 up to and with {_number(times) - 1}"
            return f"{rounds}, in order: {english(body, value)}"
    return (
        f"as long as {test}, again and again: {english(body, value)}; then replace {value} by the number of times "
        "that was done (0 if never)"
    )


def brief(operations: Sequence[Operation]) -> str:
    """`operations` in as few words as will do."""
    return " ".join(map(_brief_of, operations)) or "same"


def _brief_of(operation: Operation) -> str:
    if operation.name in SIMPLE:
        return _filled(SIMPLE[operation.name].brief, "v", operation.operands)
    body = brief(operation.body)
    test = condition_brief(operation.condition) if operation.condition else ""
    match operation.name:
        case "map":
            return f"each ({body})"
        case "map_if":
            return f"each (if {test}: {body} else: {brief(operation.other)})"
        case "keep":
            return f"keep {test}"
        case "count_if":
            return f"count {test}"
        case "if":
            otherwise = f" else: {brief(operation.other)}" if operation.other else ""
            return f"(if {test}: {body}{otherwise})"
        case "fold":
            return f"fold {operation.operands[0]} ({body})"
        case "repeat":
            return f"{operation.operands[0]} rounds ({body})"
    return f"rounds while {test} ({body})"
