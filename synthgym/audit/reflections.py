"""Which features only reflect a stronger one: what they go with of the reward is gone once that one is held fixed."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from synthgym.audit.model import Found
from synthgym.audit.table import Cut, Table
from synthgym.audit.within import test_within

FloatArray: TypeAlias = NDArray[np.float64]
IntArray: TypeAlias = NDArray[np.int64]
_REFLECTS = 0.3
"""The share of its z squared that a feature keeps, given a stronger one, if it is no reflection of that."""
_SAME = 0.95
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
    left = np.argsort(-np.abs(told.z), kind="stable").tolist()
    leaders: list[int] = []
    while left:
        first = left.pop(0)
        one = found[strong[first]]
        kept = told.given(first, leaders) ** 2 if leaders else np.inf
        if kept < max(_REFLECTS * told.z[first] ** 2, one.threshold**2):
            nearest = max(leaders, key=lambda leader: abs(told.alike(first, leader)))
            found[strong[first]] = replace(one, proxy_of=found[strong[nearest]].name)
            continue
        same = [first, *(i for i in left if abs(told.alike(i, first)) >= _SAME)]
        leader = min(same, key=lambda i: (*_told_first(found[strong[i]]), -abs(told.z[i]), i))
        others = sorted((i for i in same if i != leader), key=lambda i: _told_first(found[strong[i]]))
        alike = tuple(found[strong[i]].label for i in others if told.alike(i, leader) > 0)
        found[strong[leader]] = replace(found[strong[leader]], alike=alike)
        leaders.append(leader)
        left = [i for i in [first, *left] if i != leader]
    return found


def _flag(table: Table, k: int, cut: Cut | None) -> FloatArray:
    """A feature of the tested rollouts as 0 and 1; NaN where it was not looked at."""
    values = table.columns[k][table.rows]
    has = table.flag(k, cut)[table.rows].astype(np.float64)
    return np.where(np.isnan(values), np.nan, has) if table.features[k].kind == "shortcut" else has


def _told_first(found: Found) -> tuple[int, bool, int]:
    """Of features that stand in the same completions, which one says most."""
    kind = found.name.partition(":")[0].partition(".")[0] if found.name not in _GENERAL else "general"
    return _TELLING.index(kind), found.verdict == "charged", -len(found.label)
