"""How many attempts an episode has, what is told after one, and what a late answer is worth."""

import math
from dataclasses import dataclass
from typing import Literal, TypeAlias, get_args

from synthgym.errors import SettingError, shown, suggestion
from synthgym.types import Granularity

Feedback: TypeAlias = Literal["nothing", "right_or_wrong", "criterion", "step"]
FEEDBACKS: tuple[Feedback, ...] = get_args(Feedback)
NEEDED: dict[str, Granularity] = {"criterion": "rubric", "step": "token"}
"""The least granularity of the verdict that a feedback is read from; the other two need none."""
MAX_TURNS = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Turns:
    """The rules of an episode of several attempts.

    Attributes:
        max_turns: attempts an episode has at most, 1 to 1,000.
        feedback: what is told of an attempt that is not accepted: "nothing" (then every episode takes all its
            turns, and the last attempt counts, as an early end would tell), "right_or_wrong", "criterion" (the
            names of those that fell short) or "step" (the first line that earned no credit).
        discount: the reward is multiplied by it for every turn after the first; in (0, 1].

    Raises:
        SettingError: for any other value; it names the nearest right one.
    """

    max_turns: int = 1
    feedback: Feedback = "right_or_wrong"
    discount: float = 1.0

    def __post_init__(self) -> None:
        turns = self.max_turns
        if type(turns) is not int or not 1 <= turns <= MAX_TURNS:
            raise SettingError(
                f"max_turns {shown(turns)} is not a whole number from 1 to {MAX_TURNS}; did you mean "
                f"{_nearest_turns(turns)}?"
            )
        if not isinstance(self.feedback, str) or self.feedback not in FEEDBACKS:
            raise SettingError(
                f"no feedback named {shown(self.feedback)}{suggestion(_spelled(self.feedback), FEEDBACKS)}"
            )
        value = self.discount
        number = isinstance(value, (int, float)) and not isinstance(value, bool)
        if not (number and 0 < value <= 1):
            near = "a number just above 0, such as 0.1" if number and value <= 0 else "1.0"
            raise SettingError(f"turn_discount {shown(value)} is not in (0, 1]; did you mean {near}?")

    def worth(self, turn: int) -> float:
        """What a reward of 1 in turn `turn` (from 1) is worth."""
        return float(self.discount ** (turn - 1))


def _nearest_turns(value: object) -> int:
    try:
        number = float(value)  # type: ignore[arg-type]  # what is no number raises
    except (TypeError, ValueError, OverflowError):
        return 1
    return 1 if math.isnan(number) else int(min(max(number, 1), MAX_TURNS))


def _spelled(value: object) -> str:
    """`value` as one of the names might be meant by it."""
    if value is None:
        return "nothing"
    return str(value).strip().lower().replace("-", "_").replace(" ", "_") if isinstance(value, str) else ""
