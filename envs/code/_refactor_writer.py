"""Writes a function in Python without a construct: the second rendering that worked solutions of refactorings are."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from synthgym.envs.code._functions import Function
from synthgym.envs.code._operations import (
    Condition,
    Operand,
    Operation,
    condition_python,
    literal,
)
from synthgym.envs.code._operations_nested import NESTED, VARIABLES, signature
from synthgym.envs.code._operations_table import SIMPLE
from synthgym.envs.code._refactor_ways import Instead, Way


class NoWay(Exception):
    """The operations cannot be written that way."""


def body(function: Function, way: Way, indent: int) -> list[str]:
    """The body of `function`, written in that way; the first level is not indented.

    Raises:
        NoWay: if there is none.
    """
    writer = _Writer(way)
    if way.last:
        result = VARIABLES[function.result]
        written = [*writer.chain(function.operations, "x", f"{result} ="), f"return {result}"]
    else:
        written = writer.chain(function.operations, "x", "return")
    return [" " * indent * (len(line) - len(line.lstrip())) + line.lstrip() for line in written]


def expression(function: Function, way: Way) -> str:
    """`function` as one expression in its parameters, written in that way.

    Raises:
        NoWay: if there is none.
    """
    return _Writer(way).expression(function.operations, "x")


@dataclass(slots=True)
class _Writer:
    way: Way
    names: int = 0

    def chain(self, operations: Sequence[Operation], value: str, put: str, number: str = "n") -> list[str]:
        """Lines for `operations` on the variable `value`; numbers on the way are called `number`."""
        if not operations:
            return _put(put, value)
        written: list[str] = []
        for operation in operations[:-1]:
            kind = signature(operation.name)[1]
            target = number if kind == "int" else VARIABLES[kind]
            written += self._lines(operation, value, f"{target} =", number)
            value = target
        return written + self._lines(operations[-1], value, put, number)

    def expression(self, operations: Sequence[Operation], value: str) -> str:
        written, binds = value, 0
        for operation in operations:
            if operation.name in NESTED:
                raise NoWay
            simple = self._simple(operation.name)
            if not isinstance(simple.python, str):
                raise NoWay
            inner = f"({written})" if binds > simple.slot else written
            written, binds = _filled(simple.python, inner, operation.operands), simple.binds
        return written

    def _simple(self, name: str) -> Instead:
        simple = SIMPLE[name]
        return self.way.simple.get(name) or Instead(simple.python, simple.binds, simple.slot)

    def _test(self, condition: Condition | None, value: str) -> str:
        if condition is None:
            raise NoWay
        if condition.name not in self.way.conditions:
            return condition_python(condition, value)
        subject = value if condition.subject == "v" else condition.subject
        return _filled(self.way.conditions[condition.name], subject, (condition.operand,))

    def _lines(self, operation: Operation, value: str, put: str, number: str) -> list[str]:
        name = operation.name
        if name in SIMPLE:
            python = self._simple(name).python
            if isinstance(python, str):
                return [f"{put} {_filled(python, value, operation.operands)}"]
            *first, last = (_filled(line, value, operation.operands) for line in python)
            return [*first, *_put(put, last.removeprefix("{put} "))]
        if name == "if":
            return self._branch(operation, value, put, number)
        if name in ("fold", "repeat", "steps"):
            write = self._recursion if name in self.way.nested else self._loop
            return write(operation, value, put)
        return self._elements(operation, value, put)

    def _elements(self, operation: Operation, value: str, put: str) -> list[str]:
        """map, map_if, keep and count_if: as comprehensions, as loops, or without an if."""
        name = operation.name
        test = self._test(operation.condition, "e") if operation.condition else ""
        one = _alone(self.expression(operation.body, "e"))
        other = _alone(self.expression(operation.other, "e"))
        if name in self.way.nested and "map" in self.way.nested:
            return _element_loop(name, value, put, test, one, other)
        if name == "map":
            return [f"{put} [{one} for e in {value}]"]
        if name in self.way.nested:
            return {
                "map_if": [f"{put} [({other}, {one})[{test}] for e in {value}]"],
                "keep": [f"{put} list(filter(lambda e: {test}, {value}))"],
                "count_if": [f"{put} sum({test} for e in {value})"],
            }[name]
        return {
            "map_if": [f"{put} [{one} if {test} else {other} for e in {value}]"],
            "keep": [f"{put} [e for e in {value} if {test}]"],
            "count_if": [f"{put} len([e for e in {value} if {test}])"],
        }[name]

    def _branch(self, operation: Operation, value: str, put: str, number: str) -> list[str]:
        test = self._test(operation.condition, value)
        if "if" in self.way.nested and not self.way.last:
            return self._chosen(operation, value, put, test)
        written = [f"if {test}:", *_indented(self.chain(operation.body, value, put, number))]
        if operation.other:
            return [*written, "else:", *_indented(self.chain(operation.other, value, put, number))]
        if put == "return":
            return [*written, f"return {value}"]
        return written if put == f"{value} =" else [*written, "else:", f" {put} {value}"]

    def _chosen(self, operation: Operation, value: str, put: str, test: str) -> list[str]:
        """Both outcomes, and the choice of one by its index."""
        written, results = [], []
        for part in (operation.other, operation.body):
            try:
                results.append(self.expression(part, value))
            except NoWay:
                self.names += 1
                name = f"n{self.names}"
                written += self.chain(part, value, f"{name} =", name)
                results.append(name)
        return [*written, f"{put} ({', '.join(results)})[{test}]"]

    def _loop(self, operation: Operation, value: str, put: str) -> list[str]:
        block = _indented(self.chain(operation.body, "n", "n ="))
        if operation.name == "fold":
            return [f"n = {literal(operation.operands[0])}", f"for e in {value}:", *block, *_put(put, "n")]
        if operation.name == "repeat":
            times = operation.operands[0]
            return [*_put("n =", value), f"for i in range({times}):", *block, *_put(put, "n")]
        test = self._test(operation.condition, "n")
        return [*_put("n =", value), "c = 0", f"while {test}:", *block, " c = c + 1", f"{put} c"]

    def _recursion(self, operation: Operation, value: str, put: str) -> list[str]:
        block = _indented(self.chain(operation.body, "n", "n ="))
        if operation.name == "fold":
            used = any(re.search(r"\be\b", line) for line in block)
            first = ["def g(n, a):", " if not a:", "  return n", *([" e = a[0]"] if used else [])]
            return [
                *first,
                *block,
                " return g(n, a[1:])",
                f"{put} g({literal(operation.operands[0])}, {value})",
            ]
        if operation.name == "repeat":
            first = ["def g(n, i):", f" if i == {operation.operands[0]}:", "  return n"]
            return [*first, *block, " return g(n, i + 1)", f"{put} g({value}, 0)"]
        test = self._test(operation.condition, "n")
        return [
            "def g(n):",
            f" if {test}:",
            *_indented(block),
            "  return g(n) + 1",
            " return 0",
            f"{put} g({value})",
        ]


def _element_loop(name: str, value: str, put: str, test: str, one: str, other: str) -> list[str]:
    loop = f"for e in {value}:"
    if name == "count_if":
        return ["n = 0", loop, f" n = n + 1 if {test} else n", *_put(put, "n")]
    block = {
        "map": [f" b.append({one})"],
        "keep": [f" b += [e] if {test} else []"],
        "map_if": [f" b.append({one} if {test} else {other})"],
    }[name]
    return ["b = []", loop, *block, *_put(put, "b")]


def _alone(written: str) -> str:
    """`written` in brackets if a conditional expression round it would be read with its own."""
    return f"({written})" if " if " in written else written


def _filled(template: str, value: str, operands: Sequence[Operand]) -> str:
    for place, operand in enumerate(operands):
        template = template.replace(f"{{{place}}}", str(operand))
    return template.replace("{v}", value)


def _put(put: str, value: str) -> list[str]:
    return [] if put == f"{value} =" else [f"{put} {value}"]


def _indented(block: Sequence[str]) -> list[str]:
    return [f" {line}" for line in block]
