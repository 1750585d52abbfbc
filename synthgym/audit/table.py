"""The features of the rollouts that are tested, as columns of ranks, levels and flags."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from synthgym.audit.bits import levels, quantile_edges
from synthgym.audit.features import Column, Feature
from synthgym.audit.within import ridits

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
_CUTS = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """A number made a flag: at or above an edge, or below it."""

    edge: float
    above: bool

    def holds(self, values: NDArray[np.floating]) -> NDArray[np.bool_]:
        """Where it holds (N,)."""
        found: NDArray[np.bool_] = values >= self.edge if self.above else values < self.edge
        return found

    def told(self, feature: Feature) -> str:
        """In words, as in "length >= 120 characters"."""
        sign = ">=" if self.above else "<"
        if feature.share:
            of = "words" if feature.name.endswith(".words") else "characters"
            return f"{feature.label} {sign} {self.edge:.1%} of {of}"
        return f"{feature.label} {sign} {self.edge:,.0f} {feature.unit}"


class Table:
    """The columns of K features for all N rollouts of a log, of which `rows` are tested."""

    def __init__(self, features: Sequence[Feature], columns: Sequence[Column], rows: IntArray) -> None:
        self.features, self.rows = list(features), rows
        self.columns: list[NDArray[Any]] = list(columns)
        self._ranks: dict[int, NDArray[np.float32]] = {}

    def __len__(self) -> int:
        return len(self.features)

    def ranks(self, k: int, rows: IntArray) -> FloatArray:
        """A flag as 0 and 1, a number as its rank, of the tested rollouts at `rows`; NaN where it was not looked at."""
        if not self.features[k].numeric:
            found: FloatArray = self.columns[k][self.rows[rows]].astype(np.float64)
            return found
        if k not in self._ranks:
            self._ranks[k] = ridits(self.columns[k][self.rows]).astype(np.float32)
        return self._ranks[k][rows].astype(np.float64)

    def levels(self, k: int, cut: Cut | None = None) -> IntArray:
        """The levels of a feature (n,) for counting bits; a number is cut at its quantiles, and at `cut`."""
        values = self.columns[k][self.rows]
        if not self.features[k].numeric:
            return (
                np.where(np.isnan(values), -1, values).astype(np.int64)
                if values.dtype.kind == "f"
                else values.astype(np.int64)
            )
        edges = quantile_edges(values, 6 if cut else 8) if len(values) else np.empty(0)
        if cut is not None:
            edges = np.union1d(edges, [cut.edge])
        return levels(values, edges)

    def best_cut(self, k: int, gain: FloatArray) -> Cut | None:
        """The cut of a number that goes most with `gain` (n,), on the side that gains; None for a flag."""
        if not self.features[k].numeric:
            return None
        told = gain != 0
        values, weights = self.columns[k][self.rows][told].astype(np.float64), gain[told]
        edges = quantile_edges(values, _CUTS) if len(values) else np.empty(0)
        if not len(edges):
            return None
        place = np.searchsorted(edges, values, side="right")
        counts, sums = (
            np.bincount(place, minlength=len(edges) + 1),
            np.bincount(place, weights, len(edges) + 1),
        )
        above, score = np.cumsum(counts[::-1])[::-1][1:], np.cumsum(sums[::-1])[::-1][1:]
        share = above / len(values)
        z = score / np.sqrt(np.maximum(share * (1 - share), 1e-9))
        best = int(np.argmax(np.abs(z)))
        return Cut(edge=float(edges[best]), above=bool(z[best] >= 0))

    def flag(self, k: int, cut: Cut | None) -> NDArray[np.bool_]:
        """Which rollouts of the whole log have a feature (N,): a flag as it is, a number by its cut, or its median."""
        values = self.columns[k]
        if not self.features[k].numeric:
            has: NDArray[np.bool_] = values == 1
            return has
        return (cut or self.median(k)).holds(values)

    def median(self, k: int) -> Cut:
        """Where to cut a number that no reward goes with."""
        values = self.columns[k][self.rows]
        edges = quantile_edges(values, 2) if len(values) else np.empty(0)
        return Cut(edge=float(edges[0]) if len(edges) else 0.5, above=True)

    def label(self, k: int, cut: Cut | None) -> str:
        """What a rollout that has the feature does, in words."""
        feature = self.features[k]
        return feature.label if not feature.numeric else (cut or self.median(k)).told(feature)
