"""The simple operations, by name."""

from collections.abc import Sequence
from itertools import accumulate
from math import prod

from synthgym.envs.code._operations import LONGEST, OutOfBounds, Simple, Value

_DIGITS = tuple(range(1, 10))
_FACTORS = tuple(range(2, 10))
_COUNTS = (1, 2, 3)
_LETTERS = tuple("abcdeinorst")
_TEXTS = ("a", "b", "ab", "xy", "no")
_MARKS = ("-", "+", ".", "/")
VOWELS = "aeiou"


def _numbers(value: int) -> list[int]:
    if value > LONGEST:
        raise OutOfBounds
    return list(range(1, value + 1))


def _divisors(value: int) -> list[int]:
    if value > 10_000:
        raise OutOfBounds
    return [d for d in range(1, value + 1) if value % d == 0]


def _repeated(value: str, times: int) -> str:
    return value * times


def _unique(items: Sequence[int]) -> list[int]:
    return list(dict.fromkeys(items))


NUMBERS: dict[str, Simple] = {
    "add": Simple(
        source="int", result="int", english="add {0} to {v}", brief="plus {0}", python="{v} + {0}",
        evaluate=lambda v, c: v + c, operands=(_DIGITS,), level=0, binds=4, slot=4,
        neighbours=("subtract", "multiply"), group="sum", named=True,
    ),
    "subtract": Simple(
        source="int", result="int", english="subtract {0} from {v}", brief="minus {0}", python="{v} - {0}",
        evaluate=lambda v, c: v - c, operands=(_DIGITS,), level=0, binds=4, slot=4,
        neighbours=("add",), group="sum", named=True,
    ),
    "multiply": Simple(
        source="int", result="int", english="multiply {v} by {0}", brief="times {0}", python="{v} * {0}",
        evaluate=lambda v, c: v * c, operands=(_FACTORS,), level=0, binds=3, slot=3,
        neighbours=("add", "divide"), group="product", named=True,
    ),
    "divide": Simple(
        source="int", result="int", english="divide {v} by {0} and round down (so that -1 becomes -1, not 0)",
        brief="over {0}", python="{v} // {0}", evaluate=lambda v, c: v // c, operands=(_FACTORS,), level=0,
        binds=3, slot=3, neighbours=("modulo", "multiply"), group="divide",
    ),
    "modulo": Simple(
        source="int", result="int",
        english="replace {v} by its remainder modulo {0} (from 0 up to {0} - 1, for negative {v} too)",
        brief="mod {0}", python="{v} % {0}", evaluate=lambda v, c: v % c, operands=(_FACTORS,), level=0,
        binds=3, slot=3, neighbours=("divide",), group="divide",
    ),
    "absolute": Simple(
        source="int", result="int", english="replace {v} by its absolute value", brief="abs",
        python="abs({v})", evaluate=abs, level=1, slot=9, neighbours=("negate",), group="sign",
    ),
    "negate": Simple(
        source="int", result="int", english="change the sign of {v}", brief="negate", python="-{v}",
        evaluate=lambda v: -v, level=1, binds=2, slot=2, neighbours=("absolute",), group="sign",
    ),
    "square": Simple(
        source="int", result="int", english="square {v}", brief="square", python="{v} ** 2",
        evaluate=lambda v: v * v, level=1, binds=1, neighbours=("double",), group="square",
    ),
    "double": Simple(
        source="int", result="int", english="double {v}", brief="double", python="{v} * 2",
        evaluate=lambda v: v * 2, level=1, binds=3, slot=3, neighbours=("square",), group="product", drawn=False,
    ),
    "raise_to": Simple(
        source="int", result="int", english="replace {v} by {0} if {v} is smaller than {0}", brief="min {0}",
        python="max({v}, {0})", evaluate=max, operands=(_DIGITS,), level=1, slot=9, neighbours=("lower_to",),
        group="bound", named=True,
    ),
    "lower_to": Simple(
        source="int", result="int", english="replace {v} by {0} if {v} is greater than {0}", brief="max {0}",
        python="min({v}, {0})", evaluate=min, operands=(tuple(range(5, 30)),), level=1, slot=9,
        neighbours=("raise_to",), group="bound", named=True,
    ),
    "digit_sum": Simple(
        source="int", result="int",
        english="replace {v} by the sum of its decimal digits (its sign does not count)", brief="digit sum",
        python="sum(map(int, str(abs({v}))))", evaluate=lambda v: sum(map(int, str(abs(v)))), level=1, slot=9,
        neighbours=("digit_count",), group="digits",
    ),
    "digit_count": Simple(
        source="int", result="int",
        english="replace {v} by the number of its decimal digits (0 has one; its sign does not count)",
        brief="digit count", python="len(str(abs({v})))", evaluate=lambda v: len(str(abs(v))), level=6, slot=9,
        neighbours=("digit_sum",), group="digits",
    ),
}  # fmt: skip

FROM_NUMBERS: dict[str, Simple] = {
    "digits": Simple(
        source="int", result="list",
        english="replace {v} by the list of its decimal digits from left to right (its sign does not count)",
        brief="digits", python="[int(d) for d in str(abs({v}))]",
        evaluate=lambda v: [int(d) for d in str(abs(v))], level=3, slot=9, group="digits",
    ),
    "numbers": Simple(
        source="int", result="list",
        english="replace {v} by the list of the numbers 1, 2, ... up to and with {v} (empty if {v} is below 1)",
        brief="count up", python="list(range(1, {v} + 1))", evaluate=_numbers, level=4, slot=4, group="range",
    ),
    "divisors": Simple(
        source="int", result="list",
        english="replace {v} by the list of its positive divisors in increasing order (empty if {v} is below 1)",
        brief="divisors", python="[d for d in range(1, {v} + 1) if {v} % d == 0]", evaluate=_divisors, level=7,
        neighbours=("numbers",), group="range",
    ),
    "text": Simple(
        source="int", result="str", english="replace {v} by its decimal text (with a - if it is negative)",
        brief="text", python="str({v})", evaluate=str, level=7, slot=9, group="text",
    ),
}  # fmt: skip

LISTS: dict[str, Simple] = {
    "sort": Simple(
        source="list", result="list", english="sort {v} in increasing order", brief="sort", python="sorted({v})",
        evaluate=sorted, slot=9, neighbours=("sort_down", "reverse"), group="order",
    ),
    "sort_down": Simple(
        source="list", result="list", english="sort {v} in decreasing order", brief="sort down",
        python="sorted({v}, reverse=True)", evaluate=lambda v: sorted(v, reverse=True), slot=9,
        neighbours=("sort",), group="order",
    ),
    "reverse": Simple(
        source="list", result="list", english="reverse the order of {v}", brief="reverse", python="{v}[::-1]",
        evaluate=lambda v: v[::-1], neighbours=("sort",), group="order",
    ),
    "take": Simple(
        source="list", result="list", english="keep the first {0} elements of {v} (all of them, if {v} has fewer)",
        brief="first {0}", python="{v}[:{0}]", evaluate=lambda v, c: v[:c], operands=((2, 3, 4),),
        neighbours=("drop", "take_last"), group="slice",
    ),
    "take_last": Simple(
        source="list", result="list", english="keep the last {0} elements of {v} (all of them, if {v} has fewer)",
        brief="last {0}", python="{v}[-{0}:]", evaluate=lambda v, c: v[-c:], operands=((2, 3, 4),),
        neighbours=("take",), group="slice",
    ),
    "drop": Simple(
        source="list", result="list",
        english="drop the first {0} of the elements of {v} (nothing is left, if {v} has no more)", brief="drop {0}",
        python="{v}[{0}:]", evaluate=lambda v, c: v[c:], operands=(_COUNTS,), neighbours=("take", "every"),
        group="slice",
    ),
    "every": Simple(
        source="list", result="list",
        english="keep only the elements of {v} at the places 0, {0}, 2*{0} ... (the first is 0)",
        brief="step {0}", python="{v}[::{0}]", evaluate=lambda v, c: v[::c], operands=((2, 3),),
        neighbours=("drop",), group="slice",
    ),
    "unique": Simple(
        source="list", result="list", english="keep each number in {v} only where it occurs first", brief="unique",
        python="list(dict.fromkeys({v}))", evaluate=_unique, level=3, slot=9, group="unique",
    ),
    "rotate": Simple(
        source="list", result="list", english="move the first element of {v} to its end (an empty {v} stays empty)",
        brief="rotate", python="{v}[1:] + {v}[:1]", evaluate=lambda v: v[1:] + v[:1], level=4, binds=4,
        neighbours=("reverse",), group="rotate",
    ),
    "differences": Simple(
        source="list", result="list",
        english="replace {v} by the list of each element minus the one before it (empty if {v} has fewer than two)",
        brief="differences", python="[q - p for p, q in zip({v}, {v}[1:])]",
        evaluate=lambda v: [q - p for p, q in zip(v, v[1:], strict=False)], level=5, group="differences",
    ),
    "running_sums": Simple(
        source="list", result="list",
        english="replace each element of {v} by the sum of the elements up to and with it",
        brief="running sums",
        python=("t = 0", "b = []", "for e in {v}:", " t = t + e", " b.append(t)", "{put} b"),
        evaluate=lambda v: list(accumulate(v)), level=6, neighbours=("running_maxima",), group="running",
    ),
    "running_maxima": Simple(
        source="list", result="list",
        english="replace each element of {v} by the greatest of the elements up to and with it",
        brief="running max",
        python=("b = []", "for e in {v}:", " if b and b[-1] > e:", "  e = b[-1]", " b.append(e)", "{put} b"),
        evaluate=lambda v: list(accumulate(v, max)), level=7, neighbours=("running_sums",), group="running",
    ),
    "add_index": Simple(
        source="list", result="list", english="add to each element of {v} its position, the first being 0",
        brief="add index", python="[i + e for i, e in enumerate({v})]",
        evaluate=lambda v: [i + e for i, e in enumerate(v)], level=4, slot=9, group="index",
    ),
}  # fmt: skip

FROM_LISTS: dict[str, Simple] = {
    "sum": Simple(
        source="list", result="int", english="replace {v} by the sum of its elements (0 if it is empty)",
        brief="sum", python="sum({v})", evaluate=sum, slot=9, neighbours=("product", "maximum", "length"),
        group="reduce",
    ),
    "product": Simple(
        source="list", result="int", english="replace {v} by the product of its elements (1 if it is empty)",
        brief="product", python=("n = 1", "for e in {v}:", " n = n * e", "{put} n"), evaluate=prod, level=4,
        neighbours=("sum",), group="reduce",
    ),
    "maximum": Simple(
        source="list", result="int", english="replace {v} by its greatest element (0 if it is empty)",
        brief="largest", python="max({v}, default=0)", evaluate=lambda v: max(v, default=0), slot=9,
        neighbours=("minimum", "sum"), group="reduce",
    ),
    "minimum": Simple(
        source="list", result="int", english="replace {v} by its least element (0 if it is empty)",
        brief="smallest", python="min({v}, default=0)", evaluate=lambda v: min(v, default=0), slot=9,
        neighbours=("maximum",), group="reduce",
    ),
    "length": Simple(
        source="list", result="int", english="replace {v} by the number of its elements", brief="length",
        python="len({v})", evaluate=len, slot=9, neighbours=("distinct", "sum"), group="reduce",
    ),
    "distinct": Simple(
        source="list", result="int", english="replace {v} by the number of different numbers in it",
        brief="distinct", python="len(set({v}))", evaluate=lambda v: len(set(v)), level=3, slot=9,
        neighbours=("length",), group="reduce",
    ),
    "first": Simple(
        source="list", result="int", english="replace {v} by its first element (0 if it is empty)",
        brief="first", python="{v}[0] if {v} else 0", evaluate=lambda v: v[0] if v else 0, level=3, binds=9,
        neighbours=("last", "maximum"), group="reduce",
    ),
    "last": Simple(
        source="list", result="int", english="replace {v} by its last element (0 if it is empty)",
        brief="last", python="{v}[-1] if {v} else 0", evaluate=lambda v: v[-1] if v else 0, level=3, binds=9,
        neighbours=("first", "minimum"), group="reduce",
    ),
    "alternating": Simple(
        source="list", result="int",
        english="replace {v} by its first element minus its second plus its third, and so on (0 if it is empty)",
        brief="alternate", python="sum({v}[::2]) - sum({v}[1::2])",
        evaluate=lambda v: sum(v[::2]) - sum(v[1::2]), level=6, binds=4, neighbours=("sum",), group="reduce",
    ),
    "join": Simple(
        source="list", result="str",
        english='replace {v} by the text of its elements in decimal, with a "{0}" between neighbours',
        brief="join {0}", python='"{0}".join(map(str, {v}))', evaluate=lambda v, c: c.join(map(str, v)),
        operands=(_MARKS,), level=7, slot=9, group="text",
    ),
}  # fmt: skip

TEXTS: dict[str, Simple] = {
    "upper": Simple(
        source="str", result="str", english="put {v} in upper case", brief="upper", python="{v}.upper()",
        evaluate=str.upper, level=3, neighbours=("lower", "swap_case"), group="case",
    ),
    "lower": Simple(
        source="str", result="str", english="put {v} in lower case", brief="lower", python="{v}.lower()",
        evaluate=str.lower, level=3, neighbours=("upper", "swap_case"), group="case",
    ),
    "swap_case": Simple(
        source="str", result="str", english="change the case of every letter of {v}", brief="swap case",
        python="{v}.swapcase()", evaluate=str.swapcase, level=4, neighbours=("upper", "lower"), group="case",
    ),
    "mirror": Simple(
        source="str", result="str", english="append to {v} its own characters in reverse order", brief="mirror",
        python="{v} + {v}[::-1]", evaluate=lambda v: v + v[::-1], level=5, binds=4, neighbours=("backwards",),
        group="mirror",
    ),
    "backwards": Simple(
        source="str", result="str", english="reverse the order of the characters of {v}", brief="reverse",
        python="{v}[::-1]", evaluate=lambda v: v[::-1], level=3, neighbours=("sort_text",), group="order",
    ),
    "sort_text": Simple(
        source="str", result="str", english="sort the characters of {v} by their code", brief="sort",
        python='"".join(sorted({v}))', evaluate=lambda v: "".join(sorted(v)), level=4, slot=9,
        neighbours=("backwards",), group="order",
    ),
    "replace": Simple(
        source="str", result="str", english='replace every "{0}" in {v} by "{1}"', brief="{0} to {1}",
        python='{v}.replace("{0}", "{1}")', evaluate=lambda v, a, b: v.replace(a, b),
        operands=(_LETTERS[:6], ("x", "yz", "oo", "7")), level=3, group="replace",
    ),
    "remove": Simple(
        source="str", result="str", english='remove every "{0}" from {v}', brief="no {0}",
        python='{v}.replace("{0}", "")', evaluate=lambda v, a: v.replace(a, ""), operands=(_LETTERS,), level=3,
        group="replace",
    ),
    "take_text": Simple(
        source="str", result="str", english="keep the first {0} characters of {v} (all of them, if {v} has fewer)",
        brief="first {0}", python="{v}[:{0}]", evaluate=lambda v, c: v[:c], operands=((3, 4, 5),), level=3,
        neighbours=("drop_text", "take_end"), group="slice",
    ),
    "take_end": Simple(
        source="str", result="str", english="keep the last {0} characters of {v} (all of them, if {v} has fewer)",
        brief="last {0}", python="{v}[-{0}:]", evaluate=lambda v, c: v[-c:], operands=((3, 4, 5),), level=3,
        neighbours=("take_text",), group="slice",
    ),
    "drop_text": Simple(
        source="str", result="str",
        english="drop the first {0} of the characters of {v} (nothing is left, if {v} has no more)", brief="drop {0}",
        python="{v}[{0}:]", evaluate=lambda v, c: v[c:], operands=(_COUNTS,), level=3,
        neighbours=("take_text", "every_text"), group="slice",
    ),
    "every_text": Simple(
        source="str", result="str",
        english="keep only the characters of {v} at the places 0, {0}, 2*{0} ... (the first is 0)",
        brief="step {0}", python="{v}[::{0}]", evaluate=lambda v, c: v[::c], operands=((2, 3),), level=4,
        neighbours=("drop_text",), group="slice",
    ),
    "repeat_text": Simple(
        source="str", result="str", english="replace {v} by {0} copies of it, one after the other",
        brief="repeat {0}", python="{v} * {0}", evaluate=_repeated, operands=((2, 3),), level=3, binds=3, slot=3,
        group="mirror",
    ),
    "append": Simple(
        source="str", result="str", english='append "{0}" to {v}', brief="then {0}", python='{v} + "{0}"',
        evaluate=lambda v, a: v + a, operands=(_TEXTS,), level=3, binds=4, slot=4, neighbours=("prepend",),
        group="affix",
    ),
    "prepend": Simple(
        source="str", result="str", english='put "{0}" in front of {v}', brief="{0} then", python='"{0}" + {v}',
        evaluate=lambda v, a: a + v, operands=(_TEXTS,), level=3, binds=4, slot=3, neighbours=("append",),
        group="affix",
    ),
    "unique_text": Simple(
        source="str", result="str", english="keep each character of {v} only where it occurs first", brief="unique",
        python='"".join(dict.fromkeys({v}))', evaluate=lambda v: "".join(dict.fromkeys(v)), level=4, slot=9,
        group="unique",
    ),
    "only_vowels": Simple(
        source="str", result="str", english="keep only the vowels (lower-case a, e, i, o, u) of {v}",
        brief="vowels", python='"".join(c for c in {v} if c in "aeiou")',
        evaluate=lambda v: "".join(c for c in v if c in VOWELS), level=4, slot=4, neighbours=("no_vowels",),
        group="vowels",
    ),
    "no_vowels": Simple(
        source="str", result="str", english="remove the vowels (lower-case a, e, i, o, u) from {v}",
        brief="no vowels", python='"".join(c for c in {v} if c not in "aeiou")',
        evaluate=lambda v: "".join(c for c in v if c not in VOWELS), level=4, slot=4,
        neighbours=("only_vowels",), group="vowels",
    ),
    "turn_words": Simple(
        source="str", result="str",
        english="split {v} into words at spaces, reverse the order of the words, and join them with single spaces",
        brief="turn words", python='" ".join({v}.split()[::-1])',
        evaluate=lambda v: " ".join(v.split()[::-1]), level=5, neighbours=("sort_words",), group="words",
    ),
    "sort_words": Simple(
        source="str", result="str",
        english="split {v} into words at spaces, sort the words by their codes, and join them with single spaces",
        brief="sort words", python='" ".join(sorted({v}.split()))',
        evaluate=lambda v: " ".join(sorted(v.split())), level=6, neighbours=("turn_words",), group="words",
    ),
}  # fmt: skip

FROM_TEXTS: dict[str, Simple] = {
    "text_length": Simple(
        source="str", result="int", english="replace {v} by the number of its characters", brief="length",
        python="len({v})", evaluate=len, level=3, slot=9, neighbours=("words", "distinct_text"), group="reduce",
    ),
    "occurrences": Simple(
        source="str", result="int", english='replace {v} by how often "{0}" occurs in it', brief="count {0}",
        python='{v}.count("{0}")', evaluate=lambda v, a: v.count(a), operands=(_LETTERS,), level=3,
        neighbours=("position",), group="reduce",
    ),
    "position": Simple(
        source="str", result="int",
        english='replace {v} by the position of the first "{0}" in it (the first position is 0; -1 if there is none)',
        brief="find {0}", python='{v}.find("{0}")', evaluate=lambda v, a: v.find(a), operands=(_LETTERS,),
        level=4, neighbours=("occurrences",), group="reduce",
    ),
    "vowels": Simple(
        source="str", result="int", english="replace {v} by the number of its vowels (lower-case a, e, i, o, u)",
        brief="count vowels", python='sum(c in "aeiou" for c in {v})',
        evaluate=lambda v: sum(c in VOWELS for c in v), level=4, slot=9, neighbours=("text_length",),
        group="reduce",
    ),
    "words": Simple(
        source="str", result="int", english="replace {v} by the number of its words (they stand between spaces)",
        brief="count words", python="len({v}.split())", evaluate=lambda v: len(v.split()), level=4,
        neighbours=("text_length",), group="reduce",
    ),
    "distinct_text": Simple(
        source="str", result="int", english="replace {v} by the number of different characters in it",
        brief="distinct", python="len(set({v}))", evaluate=lambda v: len(set(v)), level=4, slot=9,
        neighbours=("text_length",), group="reduce",
    ),
    "word_lengths": Simple(
        source="str", result="list",
        english="replace {v} by the list of the lengths of its words (they stand between spaces)",
        brief="word lengths", python="[len(w) for w in {v}.split()]",
        evaluate=lambda v: [len(w) for w in v.split()], level=5, group="letters",
    ),
    "letters": Simple(
        source="str", result="list",
        english="replace {v} by the list of the places in the alphabet of its lower-case letters (a is 1, z is 26; "
        "other characters are left out)",
        brief="letters", python='[ord(c) - 96 for c in {v} if "a" <= c <= "z"]',
        evaluate=lambda v: [ord(c) - 96 for c in v if "a" <= c <= "z"], level=6, slot=4, group="letters",
    ),
}  # fmt: skip

SIMPLE: dict[str, Simple] = {**NUMBERS, **FROM_NUMBERS, **LISTS, **FROM_LISTS, **TEXTS, **FROM_TEXTS}


def apply_simple(name: str, value: Value, operands: Sequence[Value]) -> Value:
    """The result of the simple operation of that name."""
    return SIMPLE[name].evaluate(value, *operands)
