"""Plain Python values as facts and back: facts hold no floats, tuples or sets, so these are written with a tag."""

from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction

from synthgym.errors import TaskError, shown
from synthgym.facts import Fact, FrozenDict


class WrittenFloat(float):
    """A float that remembers how it was written, so that an answer of 0.10 stays ``0.10``."""

    __slots__ = ("text",)
    text: str

    def __new__(cls, text: str) -> "WrittenFloat":
        """The float that `text` says."""
        made = super().__new__(cls, text)
        made.text = text
        return made


def to_fact(value: object) -> Fact:
    """A plain value (numbers, text, None, and lists, tuples, sets and dicts of these) as a fact.

    Raises:
        TaskError: for anything else.
    """
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        return FrozenDict({"float": repr(float(value))})
    if isinstance(value, bytes):
        return FrozenDict({"bytes": value.hex()})
    if isinstance(value, list):
        return tuple(to_fact(item) for item in value)
    if isinstance(value, tuple):
        return FrozenDict({"tuple": tuple(to_fact(item) for item in value)})
    if isinstance(value, set | frozenset):
        kind = "set" if isinstance(value, set) else "frozenset"
        return FrozenDict({kind: tuple(sorted((to_fact(item) for item in value), key=repr))})
    if isinstance(value, Mapping):
        return FrozenDict({"dict": tuple((to_fact(key), to_fact(item)) for key, item in value.items())})
    raise TaskError(f"{shown(value)} ({type(value).__name__}) is no plain value that a test can hold")


def from_fact(fact: Fact) -> object:
    """The value that `to_fact` wrote."""
    if isinstance(fact, tuple):
        return [from_fact(item) for item in fact]
    if not isinstance(fact, FrozenDict):
        return fact
    ((kind, inside),) = fact.items()
    if kind == "float":
        return float(str(inside))
    if kind == "bytes":
        return bytes.fromhex(str(inside))
    items = [from_fact(item) for item in inside] if isinstance(inside, tuple) else []
    if kind == "dict":
        return {key: item for key, item in (pair for pair in items if isinstance(pair, list))}
    made: object = {"tuple": tuple, "set": set, "frozenset": frozenset}[kind](items)
    return made


def plain(value: object) -> object:
    """`value` without numpy or pandas: their scalars and arrays become Python's."""
    if isinstance(value, str | int | float | Decimal | Fraction | list | tuple | Mapping) or value is None:
        return str(value) if isinstance(value, str) else value
    for method in ("tolist", "as_py"):
        if hasattr(value, method):
            converted: object = getattr(value, method)()
            return converted
    return value


def check_text(prompt: str) -> None:
    """Refuse a prompt that no file or tokenizer can hold.

    Raises:
        TaskError: if it has half of a surrogate pair.
    """
    try:
        prompt.encode()
    except UnicodeEncodeError as error:
        raise TaskError(
            f"the prompt {shown(prompt)} has a lone surrogate at character {error.start}, which no file can hold; "
            "leave it out"
        ) from None


def is_missing(value: object) -> bool:
    """Whether a cell is empty: None, a NaN, or text without any character but white space."""
    if value is None or (isinstance(value, float) and value != value):
        return True
    if isinstance(value, str):
        return not value.strip()
    return type(value).__name__ in ("NAType", "NaTType")


def answer_text(value: object) -> str:
    """An answer as text: text as it is, numbers as they were written.

    Raises:
        TaskError: if it is neither.
    """
    if isinstance(value, WrittenFloat):
        return value.text
    if isinstance(value, str):
        return value
    if isinstance(value, float):
        return repr(float(value))
    if isinstance(value, int | Fraction | Decimal):
        try:
            return str(value)
        except ValueError as error:  # more digits than Python converts
            raise TaskError(f"an answer is too long a number: {error}") from None
    raise TaskError(f"an answer is {shown(value)} ({type(value).__name__}); text or a number is needed")
