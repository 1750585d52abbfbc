"""Write a program for a small stack machine that computes an expression in x.

The stack holds x at the start. Commands: a digit pushes itself; ``d`` copies the top value, ``s`` swaps the
two top ones, ``o`` copies the one below the top, ``p`` drops the top, ``n`` negates it; ``+ - *`` replace the
two top values. There is no branching. Accepted answers: any program, in either case and with any white
space, that leaves one value, the right one, on every hidden test. Tests are at 9 numbers and the machine
faults beyond degree 8, so that passing them means computing the very polynomial.

Difficulty grows the operations of the expression (2 to 12); from 2 either side of one can hold more of them.
A step is a program for a part of the expression; it is credited if it computes one that no credited step
computes, in whatever way and order. x, numbers and the whole are no parts. There are 468 instances of
difficulty 0; the best constant answer is right in about 1.5% of train tasks and 2.3% of test tasks.

    x*3+2?          3*
                    =3*2+
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import TypeAlias

from synthgym.envs.code._progress import without_spray
from synthgym.envs.code._stack_machine import MAX_DEGREE, Polynomial, X, combine, run, value
from synthgym.envs.reading import plain
from synthgym.facts import Fact, FrozenDict
from synthgym.family import Family
from synthgym.plugins import register_family
from synthgym.rng import Rng
from synthgym.types import Judgement, Response, Solution, Step, Task

Tree: TypeAlias = "str | int | tuple[str, Tree, Tree]"
_LARGEST = 9_999
_INPUTS = range(-(MAX_DEGREE // 2), MAX_DEGREE // 2 + 1)
_MACHINE = (
    "A stack machine starts with the number x on its stack. Its commands are single characters: a digit 0-9 "
    "pushes itself, d pushes a copy of the top value, s swaps the two top values, o pushes a copy of the "
    "value below the top, p drops the top value, n negates it, and +, -, * replace the two top values a, b (b "
    "on top) by a+b, a-b, a*b. A program of over 100 commands fails, and so does a run with over 16 values, "
    "or with a value of degree over 8 in x or with a coefficient over 10^12."
)


@register_family
class StackProgram(Family):
    """``x*3+2`` is computed by ``3*2+``."""

    domain = "code"
    version = 0
    chance = 0.023

    def generate(self, rng: Rng, difficulty: int) -> Mapping[str, object]:
        while True:
            tree = _grow(rng, 2 + difficulty, difficulty)
            parts = [_polynomial(part) for part in _parts(tree)]
            fair = len({X, *parts}) == len(parts) + 1 and all(map(_fair, parts))
            if fair:
                return {"tree": tree, "tests": [[x, value(parts[-1], x)] for x in _INPUTS]}

    def question(self, facts: FrozenDict, template: str) -> str:
        if template == "compact":
            return f"{_infix(_tree(facts))}?"
        return (
            f"{_MACHINE}\n\nWrite a program that leaves one value on the stack: {_infix(_tree(facts))}, for "
            "every whole number x. Build it up: for each smaller part of the expression, on a line of its own, "
            "write a program that leaves just the value of that part."
        )

    def solve(self, facts: FrozenDict, template: str) -> Solution:
        programs = [_compile(part) for part in _parts(_tree(facts))]
        written = [" ".join(p) if template == "natural" else p for p in programs]
        return Solution(tuple(map(Step, written[:-1])), written[-1])

    def is_correct(self, task: Task, answer: str) -> bool:
        result = run(answer)
        return result is not None and all(value(result, x) == wanted for x, wanted in _tests(task.facts))

    def canonical_answer(self, task: Task, answer: str) -> str | None:
        result = run(answer)
        return None if result is None else " ".join(map(str, result)) or "0"

    def check_step(self, task: Task, done: Sequence[str], step: str) -> bool:
        result = run(plain(step))
        if result is None:
            return False
        *parts, _ = _parts(_tree(task.facts))
        return result in map(_polynomial, parts) and all(run(plain(line)) != result for line in done)

    def criteria(self, task: Task, response: Response, judged: Judgement) -> Mapping[str, float]:
        return without_spray(super().criteria(task, response, judged), task, judged)


def _tree(facts: FrozenDict) -> Tree:
    return _as_tree(facts["tree"])


def _as_tree(fact: Fact) -> Tree:
    if isinstance(fact, tuple):
        operation, left, right = fact
        return str(operation), _as_tree(left), _as_tree(right)
    return fact if isinstance(fact, int) else str(fact)


def _grow(rng: Rng, operations: int, difficulty: int) -> Tree:
    """An expression in x of so many operations."""
    if operations == 0:
        return "x"
    aside = rng.integer(1, operations // 2) if difficulty > 1 and operations > 2 and rng.chance(1, 3) else 0
    left = _grow(rng, operations - 1 - aside, difficulty)
    if aside:
        return rng.choice("+-*"), left, _grow(rng, aside, difficulty)
    if rng.chance(1, 5):
        return rng.choice("+-*"), left, "x"
    added = isinstance(left, tuple) and left[0] != "*" and isinstance(left[2], int)
    operation = "*" if added else rng.choice("+-*")  # two numbers added in a row would be one
    return operation, left, rng.integer(2 if operation == "*" else 1, 9)


def _fair(polynomial: Polynomial) -> bool:
    return 2 <= len(polynomial) <= MAX_DEGREE // 2 + 1 and all(abs(c) <= _LARGEST for c in polynomial)


def _parts(tree: Tree) -> Iterator[Tree]:
    """Every operation of `tree`, those it rests on first; itself last."""
    if isinstance(tree, tuple):
        yield from _parts(tree[1])
        yield from _parts(tree[2])
        yield tree


def _polynomial(tree: Tree) -> Polynomial:
    if isinstance(tree, tuple):
        return combine(tree[0], _polynomial(tree[1]), _polynomial(tree[2]))
    return (tree,) if isinstance(tree, int) else X


def _infix(tree: Tree) -> str:
    if not isinstance(tree, tuple):
        return str(tree)
    operation, left, right = tree
    first, second = _infix(left), _infix(right)
    if operation == "*" and isinstance(left, tuple) and left[0] != "*":
        first = f"({first})"
    if isinstance(right, tuple) and (operation == "*" or right[0] != "*"):
        second = f"({second})"
    return f"{first}{operation}{second}"


def _compile(tree: Tree) -> str:
    """A program that replaces the x on top of the stack by the value of `tree`."""
    if not isinstance(tree, tuple):
        return ""
    operation, left, right = tree
    if isinstance(right, int):
        return f"{_compile(left)}{right}{operation}"
    if left == "x":
        return f"d{_compile(right)}{operation}"
    swap = "" if right == "x" and operation != "-" else "s"
    return f"d{_compile(left)}{swap}{_compile(right)}{operation}"


def _tests(facts: FrozenDict) -> list[tuple[int, int]]:
    tests = facts["tests"]
    pairs = [test for test in tests if isinstance(test, tuple)] if isinstance(tests, tuple) else []
    return [(x, wanted) for x, wanted in pairs if isinstance(x, int) and isinstance(wanted, int)]
