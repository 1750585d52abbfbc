"""Decides whether two mathematical answers are the same: `equivalent`, `parse_gold`, `equivalent_batch`.

Three tiers, each only for what the one before leaves: exact rationals, in microseconds (`rational`); the
engine's own reader and trees, compared in exact and in many-digit arithmetic (`grammar`, `compare`); sympy in a
worker process (`pool`). No text is ever evaluated, no signal handler is set, and every judgement ends within
its bounds with a status.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from hashlib import blake2b
from time import perf_counter

from synthgym.errors import GoldError, SettingError, shown
from synthgym.verifiers.equivalence.compare import Comparison
from synthgym.verifiers.equivalence.exact import Undefined
from synthgym.verifiers.equivalence.extract import extract
from synthgym.verifiers.equivalence.kinds import check_kind
from synthgym.verifiers.equivalence.lexer import TooMany, Unreadable
from synthgym.verifiers.equivalence.normal import Contradiction, normal
from synthgym.verifiers.equivalence.pool import prepare
from synthgym.verifiers.equivalence.rational import read_rational
from synthgym.verifiers.equivalence.reading import read_answer
from synthgym.verifiers.equivalence.tree import Node, Num
from synthgym.verifiers.equivalence.types import BOUNDS, Bounds, Equivalence, Kind
from synthgym.verifiers.equivalence.values import Judge, Undecided


@dataclass(frozen=True, slots=True)
class Gold:
    """A right answer, read once, when the task is built; it pickles.

    Attributes:
        text: as it was given.
        kind: what it is read as; None for what the text alone says.
        tolerance: difference of two numbers that counts as none; None for exact.
        bounds: within what answers to it are judged.
        tree: what was read, in normal form.
    """

    text: str
    kind: Kind | None
    tolerance: Fraction | None
    bounds: Bounds
    tree: Node

    @property
    def value(self) -> Fraction | None:
        """Of a rational number, the number."""
        return self.tree.value if isinstance(self.tree, Num) else None


def parse_gold(
    text: str, *, kind: Kind | None = None, tolerance: str | Fraction | None = None, bounds: Bounds = BOUNDS
) -> Gold:
    """Gold, read; do it where a task is built, so that a bad one is found before training.

    Args:
        text: the right answer, in any spelling that the engine reads.
        kind: what to read it as, where the text alone does not say: ``(1,2)`` is a tuple or an interval.
        tolerance: absolute difference that counts as none, exact: ``"0.01"`` or a Fraction.
        bounds: within what answers to it are judged.

    Raises:
        GoldError: if it cannot be read, is undefined, contradicts itself, or is not of that kind.
        SettingError: if the kind or the tolerance is none.
    """
    if not isinstance(text, str):
        raise GoldError(f"gold is {shown(text)}; text is needed")
    check_kind(kind)
    within = _tolerance(tolerance)
    value = read_rational(text) if kind in (None, "number", "expression") else None
    if value is not None:
        return Gold(text, kind, within, bounds, Num(value))
    try:
        prepare()
        gold = Gold(text, kind, within, bounds, normal(read_answer(text, kind, bounds)))
        own = _compared(gold, gold.tree, text, perf_counter())
    except (Unreadable, TooMany, RecursionError, *_INTERNAL) as error:
        raise GoldError(f"gold {shown(text, 60)} cannot be read: {error}") from None
    if own.status in ("contradiction", "too_large", "unparsed") or (own.status == "ok" and not own.match):
        raise GoldError(f"gold {shown(text, 60)} cannot be judged against: {own.reason}")
    return gold


def equivalent(
    gold: str | Gold,
    answer: str,
    *,
    kind: Kind | None = None,
    tolerance: str | Fraction | None = None,
    bounds: Bounds = BOUNDS,
) -> Equivalence:
    """Whether `answer` says the same as `gold`.

    Never raises for an answer, whatever is in it: one that cannot be judged gets the status that says why, and does
    not match. A text given as gold is read once and kept (the last 4,096 are).

    Args:
        gold: the right answer: text, or what `parse_gold` made of it (its kind, tolerance and bounds then count).
        answer: the answer to judge; wrapping (``$...$``, ``\\boxed{...}``, a final full stop) is taken off.
        kind, tolerance, bounds: as for `parse_gold`.

    Raises:
        GoldError: if gold cannot be read.
        SettingError: if the answer is no text, or there is no such kind or tolerance.
        VerifierError: if no worker process can be started, and the answer needs one.
    """
    if not isinstance(answer, str):
        raise SettingError(f"the answer is {shown(answer)}; text is needed")
    if not isinstance(gold, Gold):
        if not isinstance(gold, str):
            raise GoldError(f"gold is {shown(gold)}; text, or what parse_gold made of it, is needed")
        check_kind(kind)
        gold = _gold(gold, kind, _tolerance(tolerance), bounds)
    if (
        gold.value is not None
        and len(answer) <= gold.bounds.characters
        and gold.kind in (None, "number", "expression")
    ):
        value = read_rational(answer)
        if value is not None:
            return _rationals(gold.value, value, gold.tolerance)
    return _IDENTICAL if answer == gold.text else _judged(gold, answer)


def equivalent_batch(
    golds: Sequence[str | Gold],
    answers: Sequence[str],
    *,
    kind: Kind | None = None,
    tolerance: str | Fraction | None = None,
    bounds: Bounds = BOUNDS,
) -> list[Equivalence]:
    """`equivalent` for each of B pairs; equal pairs are judged once.

    Raises:
        SettingError: if there are not as many golds as answers.
        GoldError: if one of the golds cannot be read.
    """
    if len(golds) != len(answers):
        raise SettingError(f"{len(golds)} golds and {len(answers)} answers; as many of both are needed")
    known: dict[tuple[str | Gold, str], Equivalence] = {}
    found: list[Equivalence] = []
    for gold, answer in zip(golds, answers, strict=True):
        if not isinstance(answer, str):
            raise SettingError(f"the answer is {shown(answer)}; text is needed")
        if not isinstance(gold, str | Gold):
            raise GoldError(f"gold is {shown(gold)}; text, or what parse_gold made of it, is needed")
        key = (gold, answer)
        if key not in known:
            known[key] = equivalent(gold, answer, kind=kind, tolerance=tolerance, bounds=bounds)
        found.append(known[key])
    return found


@lru_cache(maxsize=4_096)
def _gold(text: str, kind: Kind | None, tolerance: Fraction | None, bounds: Bounds) -> Gold:
    return parse_gold(text, kind=kind, tolerance=tolerance, bounds=bounds)


def _tolerance(tolerance: str | Fraction | None) -> Fraction | None:
    if tolerance is None:
        return None
    try:
        value = Fraction(tolerance)
    except (ValueError, ZeroDivisionError, TypeError, OverflowError):
        raise SettingError(
            f"tolerance {shown(tolerance)}: an exact number such as '0.01' is needed"
        ) from None
    if value < 0:
        raise SettingError(f"tolerance {shown(tolerance)} is below 0")
    return value


_IDENTICAL = Equivalence(True, "ok", "the same text", 0)
_SAME = Equivalence(True, "ok", "the same rational number", 0)
_OTHER = Equivalence(False, "ok", "different rational numbers", 0)


def _rationals(gold: Fraction, answer: Fraction, tolerance: Fraction | None) -> Equivalence:
    if tolerance is not None and abs(answer - gold) <= tolerance:
        return Equivalence(True, "ok", f"within {tolerance}", 0)
    return _SAME if answer == gold else _OTHER


def _judged(gold: Gold, answer: str) -> Equivalence:
    started = perf_counter()
    try:
        return _verdict(gold, answer, started)
    except _INTERNAL as error:
        return Equivalence(False, "unparsed", f"{FAILED} {type(error).__name__}: {error}")


FAILED = "the engine failed on it, which is an error of the engine's:"
"""How the reason begins where something went wrong that should not; tests look for it."""
_INTERNAL = (ArithmeticError, AssertionError, AttributeError, LookupError, MemoryError, TypeError, ValueError)


def _verdict(gold: Gold, answer: str, started: float) -> Equivalence:
    if len(answer) > gold.bounds.characters:
        return Equivalence(
            False, "too_large", f"{len(answer)} characters, more than {gold.bounds.characters}"
        )
    try:
        texts = _stated(answer)
    except Unreadable as error:
        return Equivalence(False, "unparsed", str(error))
    verdicts = [_one(gold, text, started) for text in texts]
    if len(verdicts) > 1 and not all(verdict.match for verdict in verdicts):
        return Equivalence(
            False, "contradiction", f"it states {len(verdicts)} answers that are not all right"
        )
    return verdicts[0]


def _stated(answer: str) -> list[str]:
    """The answer itself; of a response, what its boxes, tags or ``####`` state, different ones each."""
    if not any(mark in answer for mark in ("\\boxed", "\\fbox", "<answer>", "<think>", "</think>", "####")):
        return [answer]
    found = extract(answer, where=("boxed", "tag", "hash"))
    if found.rule == "boxed" and _GLUED.search(answer):
        raise Unreadable("a box with more of the answer beside it")
    if not found.rule:
        raise Unreadable("it states no answer")
    return [found.answer] if found.answer is not None else list(found.conflict)


_BOX = r"\\(?:boxed|fbox)\s*\{"
_GLUED = re.compile(
    rf"(?:[-+*/^]|\bnot\s{{0,3}})\$?{_BOX}"
    rf"|{_BOX}[^{{}}]*\}}\$?(?:[-+*/^!_0-9]|\s{{0,3}}(?:\\text\{{)?\s{{0,3}}or\b)"
)
"""An operator right before a box or behind it, ``not`` before it or ``or`` behind: it is not all of the answer."""


def _one(gold: Gold, text: str, started: float) -> Equivalence:
    try:
        prepare()
        tree = read_answer(text, gold.kind, gold.bounds, like=gold.tree)
    except TooMany as error:
        return Equivalence(False, "too_large", f"it is too large: {error}")
    except RecursionError:
        return Equivalence(False, "too_large", "it is nested too deeply")
    except Unreadable as error:
        return Equivalence(False, "unparsed", f"it cannot be read: {error}")
    return _compared(gold, tree, text, started)


def _compared(gold: Gold, tree: Node, text: str, started: float) -> Equivalence:
    salt = blake2b(
        f"{gold.text}\0{text}".encode("utf-8", "surrogatepass"), digest_size=16, person=b"synthgym"
    ).digest()
    judge = Judge(salt, gold.bounds, started + gold.bounds.seconds, gold.tolerance)
    try:
        found = Comparison(judge).same(gold.tree, normal(tree))
    except Contradiction as error:
        return Equivalence(False, "contradiction", f"it contradicts itself: {error}")
    except Undefined as error:
        return Equivalence(False, "contradiction", f"it is undefined: {error}")
    except Undecided as error:
        return Equivalence(False, error.status, error.reason)
    except RecursionError:
        return Equivalence(False, "too_large", "it is nested too deeply")
    return Equivalence(found.same, "ok", found.reason, found.tier)
