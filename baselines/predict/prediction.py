"""What a prediction is: a row a component, first learned first, and the sentence that says it."""

from collections.abc import Sequence
from dataclasses import dataclass, is_dataclass
from math import isfinite, isnan
from typing import TYPE_CHECKING, Any

from synthgym.baselines.predict.components import Kind

if TYPE_CHECKING:
    from synthgym.measure.efficiency import Efficiency


@dataclass(frozen=True, kw_only=True)
class Row:
    """One component of the signal, measured.

    Attributes:
        kind: truth, shortcut or null.
        planted: whether the signal pays for it.
        hits: rollouts of the batch that show it, of `rollouts` where that is known.
        labels: labelled completions that D rests on.
        observed: whether D rests on rollouts as they stand, not on changed ones.
        efficiency: D, surprisal, push, information, eta, break-even and learning time, each with an interval.
    """

    name: str
    kind: Kind
    planted: bool
    hits: int
    rollouts: int
    labels: int
    observed: bool
    efficiency: "Efficiency"

    @property
    def expected(self) -> bool:
        """Whether it is expected to be learned: training pushes it, beyond doubt."""
        return isfinite(self.efficiency.learning_time.estimate)

    @property
    def why_not(self) -> str:
        """Why it is not expected to be learned; empty if it is."""
        if self.expected:
            return ""
        push = self.efficiency.push
        if self.hits == 0:
            return f"none of {self.rollouts:,} rollouts shows it, so that training cannot push it"
        if self.hits == self.rollouts:
            return "every rollout shows it already"
        if isnan(push.estimate) or isnan(push.low) or isnan(push.high):
            return "its s is undefined"
        if push.high < 0:
            return f"its s lies below 0, {_interval(push)}: training pushes it away"
        return f"the interval of its s holds 0, {_interval(push)}"


@dataclass(frozen=True, kw_only=True)
class Prediction:
    """What is predicted to be learned, in which order.

    Attributes:
        rows: the components, first learned first; those not expected to be learned at the end, the null last.
        notes: what the reader has to know: what could not be measured, and why.
        settings: what it was told.
        provenance: policy, start and versions; or the run whose log was read.
        rollouts, groups, live_groups: of the batch; a group is live if training gets a gradient from it.
        pass_rate: share of right answers in the batch; NaN if truth is not known.
        seconds: wall time.
    """

    rows: tuple[Row, ...]
    notes: tuple[str, ...]
    settings: dict[str, Any]
    provenance: dict[str, Any]
    rollouts: int
    groups: int
    live_groups: int
    pass_rate: float
    seconds: float

    @property
    def first(self) -> str | None:
        """The component that is predicted to be learned first; None if none is expected to be learned."""
        return next((row.name for row in self.rows if row.expected), None)

    @property
    def order(self) -> tuple[str, ...]:
        """The names of those expected to be learned, in order."""
        return tuple(row.name for row in self.rows if row.expected)

    def __getitem__(self, name: str) -> Row:
        """The row of a component.

        Raises:
            KeyError: if there is none of that name.
        """
        for row in self.rows:
            if row.name == name:
                return row
        raise KeyError(f"{name}; the components are {', '.join(row.name for row in self.rows)}")

    def __str__(self) -> str:
        return sentence(self.rows, live=self.live_groups > 0)

    def to_json(self) -> dict[str, Any]:
        """Everything, ready for `json.dumps`: what is infinite or undefined is null."""
        plain = {name: getattr(self, name) for name in self.__dataclass_fields__}
        rows = [
            {**_plain(row), "expected": row.expected, "why_not": row.why_not, "rank": place}
            for place, row in enumerate(self.rows, 1)
        ]
        return {"first": self.first, "said": str(self), **_plain(plain), "rows": rows}


def in_order(rows: Sequence[Row]) -> tuple[Row, ...]:
    """First learned first, as `synthgym.measure.efficiency.rank` has it; a null that is not pushed comes last."""
    if not rows:
        return ()
    from synthgym.measure.efficiency import rank

    places = {id(found): place for place, found in enumerate(rank([row.efficiency for row in rows]))}
    return tuple(
        sorted(rows, key=lambda row: (row.kind == "null" and not row.expected, places[id(row.efficiency)]))
    )


def sentence(rows: Sequence[Row], *, live: bool = True) -> str:
    """Which component is predicted to be learned first, which then, and which are not expected to be learned."""
    learned = [row for row in rows if row.expected]
    said = [f"{row.name} is not expected to be learned ({row.why_not})" for row in rows if not row.expected]
    if not live:
        return "nothing is predicted to be learned: no group of the batch has rewards that differ"
    if not learned:
        return "; ".join(["nothing is predicted to be learned", *said])
    first, *others = learned
    text = f"{first.name} is predicted to be learned first ({_time(first)})"
    text += "".join(f", then {row.name} ({_time(row)})" for row in others)
    if others and _overlap(first, others[0]):
        text += f" (the intervals of {first.name} and {others[0].name} overlap: their order is not sure)"
    return "; ".join([text, *said])


def _time(row: Row) -> str:
    time = row.efficiency.learning_time
    return f"T̂ {'≥ ' if row.efficiency.at_least else ''}{number(time.estimate)} {_interval(time)}"


def _overlap(first: Row, second: Row) -> bool:
    return bool(first.efficiency.learning_time.high >= second.efficiency.learning_time.low)


def _interval(estimate: Any) -> str:
    return f"[{number(estimate.low)}, {number(estimate.high)}]"


def number(value: float) -> str:
    """Three significant digits, thousands apart; inf and undefined in words that fit a table."""
    if isnan(value):
        return "-"
    if not isfinite(value):
        return "∞" if value > 0 else "-∞"
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}"


def _plain(value: Any) -> Any:
    """`value` as JSON can carry it."""
    if is_dataclass(value) and not isinstance(value, type):
        return {name: _plain(getattr(value, name)) for name in value.__dataclass_fields__}
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, bool | int | str) or value is None:
        return value
    if isinstance(value, float):
        return value if isfinite(value) else None
    if hasattr(value, "item"):
        return _plain(value.item())
    return str(value)
