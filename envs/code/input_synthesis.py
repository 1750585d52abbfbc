"""Find arguments for which a Python function gives a certain value.

Accepted answers: any arguments that do, as Python literals with commas between (``[3, 1], 2``), by name (``x=[3, 1],
k=2``) or as a call (``f([3, 1], 2)``); texts in either quotes, with escapes. They are read by our own reader and put
into our own evaluator; nothing of an answer is run. Numbers are at most 10^9, lists and texts at most 60 long, on the
way too. The value is one that no trivial argument (0, 1, an empty list, the value itself ...) gives, and few others.

Difficulty grows the arguments that the value was made of (1 to about 40 characters) and the function (1 to 12
operations). Difficulties 0 and 1 ask for a number; then it is a list, and from 3 on a list or a text, and from 4 on
sometimes a second argument. Credit is process credit: the lines of a right answer earn 1, the others 0. There are about
1,700 instances of difficulty 0; the best constant answer is right in about 2% of tasks.

    x-3=24?         27
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import lru_cache

from synthgym.envs.code._code_family import CodeFamily
from synthgym.envs.code._functions import ENTRY, Function, of_facts, value_or_none
from synthgym.envs.code._functions_draw import draw
from synthgym.envs.code._inputs import draw_inputs
from synthgym.envs.code._literals import (
    Arguments,
    fits,
    read_arguments,
    value_of,
    values_of,
    written_arguments,
)
from synthgym.envs.code._literals import written as literal
from synthgym.envs.code._operations import LONGEST, Kind, Value
from synthgym.envs.code._python_family import is_small, written
from synthgym.envs.code._without_lines import outside
from synthgym.facts import Fact, FrozenDict, canonical
from synthgym.plugins import register_family
from synthgym.rng import Rng
from synthgym.types import Criterion, Judgement, Response, Solution, Task

_NUMBERS = ((2, 99), (10, 99))
"""The numbers asked for at difficulties 0 and 1."""
_SHORTEST, _LONGER = 5, 3
"""Characters of the arguments at difficulty 2, and how many more there are at each difficulty."""
_SCALE = range(-20, 100)
"""Numbers of which no other one may give the value, at difficulties 0 and 1."""
_SMALL = 99
"""The value is at most so far from 0 at difficulty 0."""
_RARE = 20
"""From difficulty 2 on, at most one in so many inputs may give the value."""
_LONGEST_VALUE = 60
"""Characters of the value, at most."""
_KINDS = {"int": "a whole number", "str": "a text", "list": "a list of whole numbers"}


@register_family
class InputSynthesis(CodeFamily):
    """``x-3=24`` is met by 27."""

    version = 0
    chance = 0.02
    rubric = (
        Criterion("parses", 1.0),
        Criterion("signature", 1.0),
        Criterion("runs", 1.0),
        Criterion("output", 6.0),
        Criterion("tidy", 1.0, style=True),
    )

    def generate(self, rng: Rng, difficulty: int) -> Mapping[str, object]:
        while True:
            function = draw(rng, difficulty)
            if difficulty == 0:
                function = replace(function, operations=function.operations[:1])
            if difficulty > 1 and function.parameters[0][1] == "int":
                continue
            found = _aim(rng, function, difficulty)
            if found is not None:
                args, output, examples = found
                return {
                    "function": function.facts(),
                    "output": output,
                    "input": list(args),
                    "examples": [[list(one), value] for one, value in examples],
                }

    def instance_key(self, facts: FrozenDict) -> str:
        return f"{canonical(facts['function'])} {canonical(facts['output'])}"

    def question(self, facts: FrozenDict, template: str) -> str:
        function, output = _function(facts["function"]), value_of(facts["output"])
        program = written(function, template)
        if template == "compact":
            end = "" if is_small(function) else "\n"
            return f"{program}{end}={literal(output, compact=True)}?"
        typed = " and ".join(f"{name}, {_KINDS[kind]}" for name, kind in function.parameters)
        calls = "\n".join(
            f"{ENTRY}({written_arguments(values_of(args))}) == {literal(value_of(value))}"
            for args, value in _examples(facts)
        )
        return (
            f"Here is a Python function:\n\n{program}\n\nFind arguments for which it gives exactly\n{literal(output)}"
            f"\n\nAny that do are right. It takes {typed}. For example:\n{calls}\n\nNo whole number may be beyond "
            f"10^9, and no list or text longer than {LONGEST}, on the way too. Give only the arguments, in order, as "
            f"Python literals with commas between, or the whole call {ENTRY}(...)."
        )

    def solve(self, facts: FrozenDict, template: str) -> Solution:
        return Solution((), written_arguments(values_of(facts["input"]), compact=template == "compact"))

    def is_correct(self, task: Task, answer: str) -> bool:
        return _outcome(task.facts["function"], answer)[1] == (value_of(task.facts["output"]),)

    def check_step(self, task: Task, done: Sequence[str], step: str) -> bool:
        """Lines of the answer earn all together: see `judge`."""
        return False

    def judge(self, task: Task, response: Response) -> Judgement:
        """The truth, which is the credit of every line of the answer; other lines earn 0."""
        truth, body = self.is_right(task, response), response.body
        inside = [body is not None and body.start <= step.start < body.end for step in response.steps]
        return Judgement(truth, tuple(float(truth and within) for within in inside))

    def criteria(self, task: Task, response: Response, judged: Judgement) -> Mapping[str, float]:
        """Whether the arguments can be read, fit, and give a value; and how near that is to the one asked for."""
        args, given = _outcome(task.facts["function"], response.answer or "")
        fitting = args is not None and fits(_function(task.facts["function"]), args)
        return {
            "parses": float(args is not None),
            "signature": float(fitting),
            "runs": float(bool(given)),
            "output": _nearness(given[0], value_of(task.facts["output"])) if given else 0.0,
            "tidy": float(judged.truth and not outside(response)),
        }

    def canonical_answer(self, task: Task, answer: str) -> str | None:
        """The arguments, written in one way."""
        args, _ = _outcome(task.facts["function"], answer)
        return None if args is None else written_arguments(args)


Aim = tuple[Arguments, Value, list[tuple[Arguments, Value]]]
"""Arguments, their value, and examples of other arguments and theirs."""


def _aim(rng: Rng, function: Function, difficulty: int) -> Aim | None:
    """Arguments with a value that few others have, and no trivial ones; None where there are none at hand."""
    if difficulty < 2:
        return _aim_small(rng, function, difficulty)
    known = [args for _, args in draw_inputs(rng, function, 6)]
    tried = [_sized(rng, function, difficulty) for _ in range(8)]
    told = [(args, value_or_none(function, args)) for args in (*known, *tried)]
    values = [value for _, value in told]
    for args, output in told[len(known) :]:
        if output is not None and values.count(output) <= max(len(values) // _RARE, 1):
            if _is_fair(function, args, output):
                others = [(one, value) for one, value in told if value is not None and value != output]
                return args, output, rng.sample(others, min(2, len(others)))
    return None


def _aim_small(rng: Rng, function: Function, difficulty: int) -> Aim | None:
    """A number that alone of all small ones gives its value, which is small at difficulty 0."""
    if difficulty == 0 and any(operation.name in ("divide", "modulo") for operation in function.operations):
        return None
    args: Arguments = (rng.integer(*_NUMBERS[difficulty]),)
    output = value_or_none(function, args)
    if not isinstance(output, int) or (difficulty == 0 and abs(output) > _SMALL):
        return None
    if not _is_fair(function, args, output):
        return None
    told = [((number,), value_or_none(function, (number,))) for number in _SCALE]
    if sum(value == output for _, value in told) > 1:
        return None
    others: list[tuple[Arguments, Value]] = []
    for number, value in told:
        if value is not None and value != output:
            others.append((number, value))
    return args, output, rng.sample(others, 2)


def _is_fair(function: Function, args: Arguments, output: Value) -> bool:
    """Whether the value is short, and neither trivial nor given by anything trivial."""
    if output in args or output in (0, 1, "", []) or len(literal(output)) > _LONGEST_VALUE:
        return False
    return all(value_or_none(function, other) != output for other in _trivial(function, output))


def _trivial(function: Function, output: Value) -> list[Arguments]:
    """What a guess would be: nothing, one element, the value itself."""
    numbers = [0, 1, -1, *([output] if isinstance(output, int) else [])]
    firsts: dict[Kind, list[Value]] = {
        "int": [*numbers],
        "list": [[], *([number] for number in numbers), *([output] if isinstance(output, list) else [])],
        "str": ["", "a", " ", *([output] if isinstance(output, str) else [])],
    }
    chosen = firsts[function.parameters[0][1]]
    if len(function.parameters) == 1:
        return [(first,) for first in chosen]
    return [(first, number) for first in chosen for number in numbers]


def _sized(rng: Rng, function: Function, difficulty: int) -> Arguments:
    """Arguments of about as many characters as the difficulty asks for."""
    kind = function.parameters[0][1]
    rest: Arguments = (rng.integer(1, 9),) if len(function.parameters) > 1 else ()
    least = _SHORTEST + _LONGER * (difficulty - 2)
    least -= len(written_arguments(("", *rest), compact=True)) - 2
    while True:
        first = _list(rng, least) if kind == "list" else _text(rng, least - 2)
        if least <= len(literal(first, compact=True)) < least + _LONGER:
            return (first, *rest)


def _list(rng: Rng, length: int) -> list[int]:
    items = [rng.integer(-9, 30)]
    while len(literal(items, compact=True)) < length:
        items.append(rng.integer(-9, 30))
    return items


def _text(rng: Rng, length: int) -> str:
    text = ""
    while len(text) < length:
        word = "".join(rng.choice("abcdeinorst") for _ in range(rng.integer(2, 5)))
        text += f"{' ' if text else ''}{rng.choice((word, word, word.capitalize(), word.upper()))}"
    return text


@lru_cache(maxsize=4096)
def _outcome(fact: Fact, answer: str) -> tuple[Arguments | None, tuple[Value, ...]]:
    """The arguments that `answer` spells, if any; and what the function gives for them, if anything."""
    function = _function(fact)
    args = read_arguments(answer, function.names)
    if args is None or not fits(function, args):
        return args, ()
    given = value_or_none(function, args)
    return args, () if given is None else (given,)


def _nearness(given: Value, output: Value) -> float:
    """How near one value is to the other, in [0, 1]; 1 if they are the same."""
    if isinstance(given, int) and isinstance(output, int):
        return 1 / (1 + abs(given - output))
    if isinstance(given, int) or isinstance(output, int):
        return 0.0
    same = sum(one == other for one, other in zip(given, output, strict=False))
    return same / max(len(given), len(output), 1) if given != output else 1.0


@lru_cache(maxsize=1024)
def _function(fact: Fact) -> Function:
    return of_facts(fact)


def _examples(facts: FrozenDict) -> list[tuple[Fact, Fact]]:
    rows = facts["examples"]
    return [(row[0], row[1]) for row in rows if isinstance(row, tuple)] if isinstance(rows, tuple) else []
