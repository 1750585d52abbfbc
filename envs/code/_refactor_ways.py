"""The constraints of `constrained_refactor`: the construct that each forbids, and other Python for what needs it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from synthgym.envs.code._functions import Function
from synthgym.envs.code._operations import Operation


@dataclass(frozen=True, slots=True)
class Instead:
    """Other Python for an operation: as `Simple.python`, `Simple.binds` and `Simple.slot`."""

    python: str | tuple[str, ...]
    binds: int = 0
    slot: int = 9


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """A constraint, and how to do without what it forbids.

    Attributes:
        brief, english: what is forbidden, in the compact template and in full.
        simple: other Python for simple operations; `conditions` for conditions.
        nested: the nested operations that are written in another way; `last` if only the last operation of all is.
        needs: operations that have the construct in what is shown, though not in ordinary Python.
    """

    brief: str
    english: str
    simple: Mapping[str, Instead] = field(default_factory=dict)
    conditions: Mapping[str, str] = field(default_factory=dict)
    nested: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    last: bool = False

    def concerns(self, function: Function) -> bool:
        """Whether the Python that is shown for `function` has the forbidden construct."""
        if self.last:
            return function.operations[-1].name in self.nested
        return any(
            operation.name in {*self.simple, *self.nested, *self.needs}
            or (operation.condition is not None and operation.condition.name in self.conditions)
            for operation in _all(function.operations)
        )


def _all(operations: Sequence[Operation]) -> Iterator[Operation]:
    for operation in operations:
        yield operation
        yield from _all((*operation.body, *operation.other))


# Lines that run for some arguments only are avoided: the tests have to run every line of a worked solution.
def _sorting(items: str, before: str, result: str) -> Instead:
    place = (f" i = sum(d {before} e for d in b)", " b.insert(i, e)")
    return Instead(("b = []", f"for e in {items}:", *place, f"{{put}} {result}"))


def _kept(test: str, items: str = "{v}") -> str:
    return f"[e for i, e in enumerate({items}) if {test}]"


def _kept_text(test: str) -> Instead:
    return Instead(f'"".join(c for i, c in enumerate({{v}}) if {test})')


def _collected(items: str, name: str, test: str, value: str, result: str) -> Instead:
    chosen = f" b += [{value}] if {test} else []"
    return Instead(("b = []", f"for {name} in {items}:", chosen, f"{{put}} {result}"))


def _greatest(sign: str) -> Instead:
    return Instead(("n = {v}[0] if {v} else 0", "for e in {v}:", f" n = e if e {sign} n else n", "{put} n"))


_ABSOLUTE = "max({v}, -{v})"
_LETTER = '"a" <= c <= "z"'

WAYS: dict[str, Way] = {
    "modulo": Way(
        brief="%",
        english="the operator %, divmod or pow",
        simple={
            "modulo": Instead("{v} - {v} // {0} * {0}", 4, 1),
            "divisors": Instead("[d for d in range(1, {v} + 1) if {v} // d * d == {v}]"),
        },
        conditions={"multiple": "{v} // {0} * {0} == {v}", "no_multiple": "{v} // {0} * {0} != {v}"},
    ),
    "power": Way(brief="**", english="the operator ** or pow", simple={"square": Instead("{v} * {v}", 3, 1)}),
    "absolute": Way(
        brief="abs",
        english="abs",
        simple={
            "absolute": Instead(_ABSOLUTE, 0, 1),
            "digit_sum": Instead(f"sum(map(int, str({_ABSOLUTE})))", 0, 1),
            "digit_count": Instead(f"len(str({_ABSOLUTE}))", 0, 1),
            "digits": Instead(f"[int(d) for d in str({_ABSOLUTE})]", 0, 1),
        },
    ),
    "reduce": Way(
        brief="sum/max/min",
        english="sum, max or min",
        simple={
            "raise_to": Instead("{v} if {v} > {0} else {0}", 9, 4),
            "lower_to": Instead("{v} if {v} < {0} else {0}", 9, 4),
            "digit_sum": Instead(("t = 0", "for d in str(abs({v})):", " t = t + int(d)", "{put} t")),
            "sum": Instead(("n = 0", "for e in {v}:", " n = n + e", "{put} n")),
            "maximum": _greatest(">"),
            "minimum": _greatest("<"),
            "alternating": Instead(
                ("n = 0", "for i, e in enumerate({v}):", " n = n + e * (-1) ** i", "{put} n")
            ),
            "vowels": Instead('len([c for c in {v} if c in "aeiou"])'),
        },
    ),
    "sort": Way(
        brief="sort",
        english="sorted or .sort",
        simple={
            "sort": _sorting("{v}", "<=", "b"),
            "sort_down": _sorting("{v}", ">=", "b"),
            "sort_text": _sorting("{v}", "<=", '"".join(b)'),
            "sort_words": _sorting("{v}.split()", "<=", '" ".join(b)'),
        },
    ),
    "slice": Way(
        brief="slice",
        english="slices (a[i:j]) or slice",
        simple={
            "reverse": Instead("list(reversed({v}))"),
            "take": Instead(_kept("i < {0}")),
            "take_last": Instead(_kept("i >= len({v}) - {0}")),
            "drop": Instead(_kept("i >= {0}")),
            "every": Instead(_kept("i % {0} == 0")),
            "rotate": Instead("[{v}[(i + 1) % len({v})] for i in range(len({v}))]"),
            "differences": Instead("[{v}[i + 1] - {v}[i] for i in range(len({v}) - 1)]"),
            "alternating": Instead("sum(e * (-1) ** i for i, e in enumerate({v}))"),
            "mirror": Instead('{v} + "".join(reversed({v}))'),
            "backwards": Instead('"".join(reversed({v}))'),
            "take_text": _kept_text("i < {0}"),
            "take_end": _kept_text("i >= len({v}) - {0}"),
            "drop_text": _kept_text("i >= {0}"),
            "every_text": _kept_text("i % {0} == 0"),
            "turn_words": Instead('" ".join(reversed({v}.split()))'),
        },
    ),
    "comprehension": Way(
        brief="comprehension",
        english="comprehensions and generator expressions",
        simple={
            "digits": Instead("list(map(int, str(abs({v}))))"),
            "divisors": _collected("range(1, {v} + 1)", "d", "{v} % d == 0", "d", "b"),
            "differences": Instead(
                ("b = []", "for i in range(1, len({v})):", " b.append({v}[i] - {v}[i - 1])", "{put} b")
            ),
            "add_index": Instead(("b = []", "for i, e in enumerate({v}):", " b.append(i + e)", "{put} b")),
            "only_vowels": _collected("{v}", "c", 'c in "aeiou"', "c", '"".join(b)'),
            "no_vowels": _collected("{v}", "c", 'c not in "aeiou"', "c", '"".join(b)'),
            "vowels": Instead('sum(map({v}.count, "aeiou"))'),
            "word_lengths": Instead("list(map(len, {v}.split()))"),
            "letters": _collected("{v}", "c", _LETTER, "ord(c) - 96", "b"),
        },
        nested=("map", "map_if", "keep", "count_if"),
    ),
    "loop": Way(
        brief="for/while",
        english="for and while statements (comprehensions may stay)",
        simple={
            "product": Instead(("def g(a):", " return a[0] * g(a[1:]) if a else 1", "{put} g({v})")),
            "running_sums": Instead("[sum({v}[: i + 1]) for i in range(len({v}))]"),
            "running_maxima": Instead("[max({v}[: i + 1]) for i in range(len({v}))]"),
        },
        nested=("fold", "repeat", "steps"),
    ),
    "branch": Way(
        brief="if",
        english="if, be it as a statement, in an expression or in a comprehension, and match",
        simple={
            "first": Instead("sum({v}[:1])"),
            "last": Instead("sum({v}[-1:])"),
            "divisors": Instead("list(filter(lambda d: {v} % d == 0, range(1, {v} + 1)))"),
            "only_vowels": Instead('"".join(filter(lambda c: c in "aeiou", {v}))'),
            "no_vowels": Instead('"".join(filter(lambda c: c not in "aeiou", {v}))'),
            "letters": Instead(f"[ord(c) - 96 for c in filter(lambda c: {_LETTER}, {{v}})]"),
            "running_maxima": Instead("[max({v}[: i + 1]) for i in range(len({v}))]"),
        },
        nested=("if", "map_if", "keep", "count_if"),
    ),
    "returns": Way(
        brief="2 returns", english="more than one return in a function", nested=("if",), last=True
    ),
    "recursion": Way(
        brief="recursion",
        english="recursion (a function may be called by its name only, or handed to map, filter or iter, or be a key)",
        needs=("product", "fold", "repeat", "steps"),
    ),
}
"""By name; each name is that of a rule of `_refactor_checker`."""
