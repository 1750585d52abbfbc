r"""Judging responses to users' own math questions: gold from a column, the answer out of the response.

Gold is read once, where the dataset is made, so that a gold which cannot be read is an error then, and not a wrong
answer later::

    verifier = MathVerifier(gold="answer")
    verifier.check(dataset)                           # GoldError names the rows that cannot be read
    verifier.judge("1/2", r"so it is \boxed{0.5}")    # Equivalence(match=True, ...)

A gold is text, a whole number, a fraction, or a float, which stands for the decimal that it is printed as; a list
or tuple of them are alternatives, any one of which is right (a set of values that belong together is *one* text:
``"{1, 2}"``). With ``gold_is_solution=True`` a gold text may be a whole solution: its answer is found by the rules
``boxed``, ``tag``, ``label`` and ``hash`` of `extract`, and a short text to which none applies is the answer itself.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import KW_ONLY, dataclass, replace
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from itertools import combinations
from numbers import Real
from typing import Any, ClassVar, TypeAlias

from synthgym.errors import GoldError, SettingError, shown
from synthgym.types import Response, Task, Verdict
from synthgym.verifiers.equivalence import engine
from synthgym.verifiers.equivalence.engine import Gold
from synthgym.verifiers.equivalence.extract import (
    MAX_LAST_LINE,
    RULES,
    Extracted,
    Fault,
    Rule,
    extract,
    settled_rules,
)
from synthgym.verifiers.equivalence.kinds import check_kind
from synthgym.verifiers.equivalence.types import BOUNDS, Bounds, Equivalence, Kind, Status

GoldLike: TypeAlias = str | int | float | Fraction | Decimal | Gold
"""What one gold may be; see the module."""

MAX_STATEMENTS = 4
"""Differing spellings of its answer that a response may give; more contradict one another unread."""
_SOLUTION_RULES: tuple[Rule, ...] = ("boxed", "tag", "label", "hash")
_FAULTS: dict[Fault, tuple[Status, str]] = {
    "no_answer": ("unparsed", "the response states no answer"),
    "unclosed_think": ("unparsed", "the response ends inside <think>"),
    "too_large": ("too_large", "the response is too long to be read"),
}


@dataclass(frozen=True, slots=True)
class BadGold:
    """A row whose gold cannot be read: its index, the value, and why."""

    row: int
    value: object
    reason: str

    def __str__(self) -> str:
        long = isinstance(self.value, int) and self.value.bit_length() > 4_000
        return f"row {self.row} ({'a long number' if long else shown(self.value)}): {self.reason}"


@dataclass(frozen=True)
class MathVerifier:
    """Judges responses against the gold of a dataset.

    It is also a verifier for a `Signal`: then gold is the task's reference answer, and the answer the one that
    `synthgym.parsing.parse` found.

    Attributes:
        gold: the dataset's column of golds.
        kind: what gold and answers are read as, where the text alone does not say.
        tolerance: how far a number may be off, absolutely; exact by default.
        where: the rules that look for the answer, in order; see `extract`.
        gold_is_solution: gold texts may be whole solutions.
        bounds: within what one response is judged.

    Raises:
        SettingError: if a setting is not one of those.
    """

    gold: str = "answer"
    _: KW_ONLY
    kind: Kind | None = None
    tolerance: str | Fraction | None = None
    where: Rule | Sequence[Rule] = RULES
    gold_is_solution: bool = False
    bounds: Bounds = BOUNDS

    __name__: ClassVar[str] = "math"

    def __post_init__(self) -> None:
        check_kind(self.kind)
        engine.parse_gold("1", tolerance=self.tolerance)
        object.__setattr__(self, "where", settled_rules(self.where))

    def parse(self, gold: GoldLike | Sequence[GoldLike]) -> tuple[Gold, ...]:
        """The golds, any one of which is right, read; `judge` takes them as they are.

        Raises:
            GoldError: if one cannot be read, or there is none.
        """
        alternatives = gold if isinstance(gold, list | tuple) else (gold,)
        if not alternatives:
            raise GoldError("an empty list of golds; at least one answer must be right")
        return tuple(self._parse_one(one) for one in alternatives)

    def check(self, data: Any) -> int:
        """How many rows `data` has, after reading the gold of every one: what to call before training.

        Args:
            data: golds, rows (mappings), a mapping of columns, or a table with named columns (`datasets.Dataset`).

        Raises:
            GoldError: if golds cannot be read; it shows the first five of these rows.
            SettingError: if `data` has no column of that name.
        """
        golds = golds_of(data, self.gold)
        bad = self._bad(golds)
        if bad:
            listed = "\n".join(f"  {row}" for row in bad[:5])
            raise GoldError(
                f"{len(bad)} of {len(golds)} golds cannot be read; bad_golds(...) lists them all:\n{listed}"
            )
        return len(golds)

    def bad_golds(self, data: Any) -> list[BadGold]:
        """The rows of `data` whose gold cannot be read, for leaving them out.

        Raises:
            SettingError: if `data` has no column of that name.
        """
        return self._bad(golds_of(data, self.gold))

    def judge(self, gold: GoldLike | Sequence[GoldLike], response: str) -> Equivalence:
        """Whether `response` gives a right answer; a response that says nothing readable does not match.

        Raises:
            GoldError: if gold cannot be read.
            SettingError: if `response` is no text.
        """
        return self.judge_batch([gold], [response])[0]

    def judge_batch(
        self, golds: Sequence[GoldLike | Sequence[GoldLike]], responses: Sequence[str]
    ) -> list[Equivalence]:
        """One judgement a response, in order.

        Raises:
            GoldError: if a gold cannot be read; it names the row.
            SettingError: if the lengths differ, or a response is no text.
        """
        if len(golds) != len(responses):
            raise SettingError(
                f"{len(golds)} golds but {len(responses)} responses; one gold a response is needed"
            )
        parsed = [self._parse_row(row, gold) for row, gold in enumerate(golds)]
        found = [extract(_checked(response), where=self.where) for response in responses]
        plain = {
            i: one.answer for i, one in enumerate(found) if one.answer is not None and len(parsed[i]) == 1
        }
        judged = engine.equivalent_batch([parsed[i][0] for i in plain], [*plain.values()])
        decided = dict(zip(plain, judged, strict=True))
        return [decided[i] if i in decided else self._decide(parsed[i], one) for i, one in enumerate(found)]

    def __call__(self, task: Task, response: Response) -> Verdict:
        """1 if the response's answer is that of the task's reference solution, else 0 with the reason.

        Raises:
            GoldError: if the reference answer cannot be read.
        """
        golds = self.parse(task.reference.answer)
        if response.answer is None:
            return Verdict(reward=0.0, components={"truth": 0.0}, error=response.fault or "no answer")
        judged = self._decide(golds, Extracted(answer=response.answer))
        error = None if judged.status == "ok" else f"{judged.status}: {judged.reason}"
        return Verdict(reward=float(judged.match), components={"truth": float(judged.match)}, error=error)

    def _parse_one(self, gold: GoldLike) -> Gold:
        if isinstance(gold, Gold):
            return gold
        return _read(_spelled(gold), self.gold_is_solution, self.kind, self.tolerance, self.bounds)

    def _parse_row(self, row: int, gold: Any) -> tuple[Gold, ...]:
        try:
            return self.parse(gold)
        except GoldError as error:
            raise GoldError(f"the gold of {BadGold(row, gold, str(error))}") from error

    def _bad(self, golds: Iterable[Any]) -> list[BadGold]:
        bad: list[BadGold] = []
        for row, gold in enumerate(golds):
            try:
                self.parse(gold)
            except GoldError as error:
                bad.append(BadGold(row, gold, str(error)))
        return bad

    def _decide(self, golds: tuple[Gold, ...], found: Extracted) -> Equivalence:
        """The judgement on what was extracted; all comparisons together keep to the bounds' seconds."""
        if found.fault is not None:
            return Equivalence(False, *_FAULTS[found.fault])
        statements = found.conflict or (found.answer or "",)
        if len(statements) > MAX_STATEMENTS:
            return Equivalence(
                False, "contradiction", f"the response states {len(statements)} different answers"
            )
        pairs = list(combinations(statements, 2))
        parts = len(statements) * len(golds) + 4 * len(pairs)
        for one, other in pairs:
            if not (same := self._same(one, other, parts)).match:
                return same
        verdicts = [_any_of(golds, statement, parts) for statement in statements]
        return next((verdict for verdict in verdicts if not verdict.match), verdicts[0])

    def _same(self, one: str, other: str, parts: int) -> Equivalence:
        """Whether two statements of a response are one answer, either taken as gold."""
        bounds = _share(self.bounds, parts)
        for statement, answer in ((one, other), (other, one)):
            try:
                gold = engine.parse_gold(statement, kind=self.kind, tolerance=self.tolerance, bounds=bounds)
            except GoldError:
                continue
            judged = engine.equivalent(gold, answer)
            if judged.match or judged.status == "timeout":
                return judged
        return Equivalence(
            False, "contradiction", f"the response states both {shown(one, 30)} and {shown(other, 30)}"
        )


def golds_of(data: Any, column: str) -> Sequence[Any]:
    """The golds in `data`: its column of that name, or, of a plain sequence of golds, itself.

    Raises:
        SettingError: if there is no such column, or `data` holds no rows.
    """
    names = list(data) if isinstance(data, Mapping) else _column_names(data)
    if names is None:
        return _golds_of_rows(data, column)
    if column not in names:
        raise _no_column(column, names, "the data")
    values = data[column]
    return list(values.to_pylist() if hasattr(values, "to_pylist") else values)


def _golds_of_rows(data: Any, column: str) -> Sequence[Any]:
    if isinstance(data, str) or not isinstance(data, Iterable):
        raise SettingError(
            f"{shown(data)} holds no rows; golds, rows, or a table with named columns are needed"
        )
    rows = list(data)
    if not any(isinstance(row, Mapping) for row in rows):
        return rows
    return [_value(row, column, index) for index, row in enumerate(rows)]


def _column_names(data: Any) -> list[str] | None:
    for attribute in ("column_names", "columns"):
        names = getattr(data, attribute, None)
        if names is not None and hasattr(data, "__getitem__"):
            return list(names)
    return None


def _value(row: Any, column: str, index: int) -> Any:
    if not isinstance(row, Mapping) or column not in row:
        raise _no_column(column, row if isinstance(row, Mapping) else (), f"row {index}")
    return row[column]


def _no_column(column: str, names: Iterable[Any], what: str) -> SettingError:
    listed = ", ".join(sorted(map(str, names))) or "none"
    return SettingError(f"{what} has no column {shown(column)}; it has: {listed}")


@lru_cache(maxsize=4096)
def _read(
    text: str, solution: bool, kind: Kind | None, tolerance: str | Fraction | None, bounds: Bounds
) -> Gold:
    """Gold that is text, read; kept, since a trainer asks for the same one for every completion of a group."""
    if not solution:
        return engine.parse_gold(text, kind=kind, tolerance=tolerance, bounds=bounds)
    found = extract(text, where=_SOLUTION_RULES)
    if found.conflict:
        first, *others = (
            engine.parse_gold(one, kind=kind, tolerance=tolerance, bounds=bounds) for one in found.conflict
        )
        if all(engine.equivalent(first, other.text) for other in others):
            return first
        listed = ", ".join(shown(one, 20) for one in found.conflict[:4])
        raise GoldError(f"the solution states several answers: {listed}; exactly one is needed")
    if found.answer is None and (found.fault != "no_answer" or len(text.strip()) > MAX_LAST_LINE):
        raise GoldError(
            "the solution states no answer; \\boxed{...}, <answer>...</answer>, a line 'Answer: ...' or a last line "
            "'#### ...' does"
        )
    answer = text.strip() if found.answer is None else found.answer
    return engine.parse_gold(answer, kind=kind, tolerance=tolerance, bounds=bounds)


def _spelled(gold: object) -> str:
    """A gold as text.

    Raises:
        GoldError: if it is neither text nor a finite number.
    """
    if isinstance(gold, str):
        return gold
    if not isinstance(gold, bool) and isinstance(gold, Real | Decimal):
        try:
            text = str(gold)
        except ValueError as error:
            raise GoldError(f"the whole number is too long to be read: {error}") from error
        if text.lstrip("-")[:3].lower() not in ("nan", "inf"):
            return text
    raise GoldError(f"{shown(gold)} ({type(gold).__name__}) is no answer; text or a finite number is needed")


def _share(bounds: Bounds, parts: int) -> Bounds:
    if parts <= 1:
        return bounds
    return replace(bounds, seconds=bounds.seconds / parts, symbolic_seconds=bounds.symbolic_seconds / parts)


def _any_of(golds: tuple[Gold, ...], answer: str, parts: int) -> Equivalence:
    """The match with one of the golds; else what was undecided, or how the answer differs from one."""
    judged: list[Equivalence] = []
    for gold in golds:
        judged.append(engine.equivalent(replace(gold, bounds=_share(gold.bounds, parts)), answer))
        if judged[-1].match:
            return judged[-1]
    telling = [verdict for status in ("timeout", "ok") for verdict in judged if verdict.status == status]
    return (telling or judged)[0]


def _checked(response: object) -> str:
    if isinstance(response, str):
        return response
    raise SettingError(f"a response is {shown(response)} ({type(response).__name__}); text is needed")
