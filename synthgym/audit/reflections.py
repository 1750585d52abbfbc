"""Which features only reflect a stronger one: what they go with of the reward is gone once that one is held fixed."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from synthgym.audit.model import Found
from synthgym.audit.table import Cut, Table
from synthgym.audit.within import Within, test_within

FloatArray: TypeAlias = NDArray[np.float64]
IntArray: TypeAlias = NDArray[np.int64]
_REFLECTS = 0.3
"""The share of its z squared that a feature keeps, given a stronger one, if it is no reflection of that."""
_SAME = 0.95
_PARTS = 6
"""Features that may take the place of one, at most."""
_TELLING = (
    "shortcut",
    "prompt",
    "format",
    "words",
    "repetition",
    "ends",
    "begins",
    "contains",
    "length",
    "general",
    "share",
)
_GENERAL = {
    *(
        "format.equals",
        "format.question",
        "format.exclamation",
        "position.begins_letter",
        "position.begins_digit",
    ),
    *("position.begins_space", "position.ends_letter", "position.ends_digit", "position.ends_space"),
    *("position.ends_sentence", "position.blank", "format.beyond_ascii", "format.list"),
}


def with_reflections(
    reward: FloatArray, table: Table, features: Sequence[Found], cuts: Sequence[Cut | None], cell: IntArray
) -> list[Found]:
    """The features, those that only reflect a stronger one marked so, numbers taken as the flags they are told as."""
    found = list(features)
    strong = [k for k, one in enumerate(found) if one.verdict in ("paid", "charged", "unresolved", "trace")]
    if not strong:
        return found
    flags = [_flag(table, k, cuts[k]) for k in strong]
    # Rewards of several features add up; their ranks do not, and would leave something to a mixture of two.
    low, high = np.quantile(reward, [0.005, 0.995])
    if low == high:
        low, high = reward.min(), reward.max()
    reward = (
        np.clip(reward, low, high) / 2 - low / 2
    )  # halves, as the difference of two of the largest is none
    reward = reward / (reward.max() or 1.0)
    told = test_within(cell, reward, len(strong), lambda i, rows: flags[i][rows], None, by_rank=False)
    # A reward that grows with a number shows by its ranks; as a flag, what stands in like completions may pass it.
    strength = np.abs(told.z)
    for i, k in enumerate(strong):
        if table.features[k].numeric:
            strength[i] = max(strength[i], abs(found[k].z))
    order = np.argsort(-strength, kind="stable").tolist()
    judged = _Judged(told=told, found=[found[k] for k in strong], order=order)
    leaders = judged.leaders()
    for i, k in enumerate(strong):
        if i in leaders:
            others = [j for j in order if j != i and told.alike(j, i) >= _SAME]
            named = sorted(others, key=lambda j: _told_first(found[strong[j]]))
            found[k] = replace(found[k], alike=tuple(found[strong[j]].label for j in named))
        else:
            found[k] = replace(found[k], proxy_of=found[strong[judged.nearest(i, leaders)]].name)
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class _Judged:
    """The features that go with the reward, as flags.

    Attributes:
        told: their test.
        found: what was found of each.
        order: their places, the strongest first.
    """

    told: Within
    found: list[Found]
    order: list[int]

    def leaders(self) -> list[int]:
        """Those that reflect no other: the strongest first; and where one only gathers what several others say better,
        those others in its place."""
        leaders = self._with_what_is_left([])
        for _ in self.order:  # each time more is explained, so that it ends; so often at most
            better = next(filter(None, (self._parted(leader, leaders) for leader in leaders)), None)
            if better is None:
                break
            leaders = self._with_what_is_left(better)
        return leaders

    def nearest(self, one: int, leaders: Sequence[int]) -> int:
        """The leader that a feature is most like."""
        return max(leaders, key=lambda leader: abs(self.told.alike(one, leader)))

    def _with_what_is_left(self, leaders: list[int]) -> list[int]:
        """The leaders, and those that they leave something of; of several that are alike, the one that says most."""
        leaders = list(leaders)
        for first in self.order:
            if first not in leaders and self._stands(first, leaders):
                leaders.append(self._best_told(first, leaders))
        return leaders

    def _parted(self, leader: int, leaders: Sequence[int]) -> list[int] | None:
        """The leaders with some that only reflect `leader` in its place, if they say more and leave it nothing."""
        others = [one for one in leaders if one != leader]
        parts: list[int] = []
        left = [one for one in self.order if one not in leaders and self.nearest(one, leaders) == leader]
        while len(parts) < _PARTS:
            left = [one for one in left if one not in parts and self._stands(one, [*others, *parts])]
            if not left:
                break
            first = max(left, key=lambda one: abs(self.told.given(one, [*others, *parts])))
            parts.append(self._best_told(first, [*others, *parts, leader]))
        gained = self.told.together([*others, *parts]) - self.told.together([*others, leader])
        if (
            len(parts) < 2
            or gained <= self.found[leader].threshold ** 2
            or self._stands(leader, [*others, *parts])
        ):
            return None
        return [*others, *parts]

    def _stands(self, one: int, leaders: Sequence[int]) -> bool:
        """Whether a feature keeps enough of its z squared once the leaders are held fixed."""
        if not leaders:
            return True
        kept = self.told.given(one, leaders) ** 2
        return bool(kept >= max(_REFLECTS * self.told.z[one] ** 2, self.found[one].threshold ** 2))

    def _best_told(self, first: int, leaders: Sequence[int]) -> int:
        """Of a feature and those that stand in the same completions, the one that says most."""
        same = [i for i in self.order if i not in leaders and abs(self.told.alike(i, first)) >= _SAME]
        return min([first, *same], key=lambda i: (*_told_first(self.found[i]), -abs(self.told.z[i]), i))


def _flag(table: Table, k: int, cut: Cut | None) -> FloatArray:
    """A feature of the tested rollouts as 0 and 1; NaN where it was not looked at."""
    values = table.columns[k][table.rows]
    has = table.flag(k, cut)[table.rows].astype(np.float64)
    return np.where(np.isnan(values), np.nan, has) if table.features[k].kind == "shortcut" else has


def _told_first(found: Found) -> tuple[int, bool, int]:
    """Of features that stand in the same completions, which one says most."""
    kind = found.name.partition(":")[0].partition(".")[0] if found.name not in _GENERAL else "general"
    return _TELLING.index(kind), found.verdict == "charged", -len(found.label)
