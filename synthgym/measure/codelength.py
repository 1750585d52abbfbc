"""How many bits a behaviour takes to describe: the block-prequential codelength of its labels.

Sender and receiver share the features of N completions; the sender tells which of them show the behaviour, one label
at a time. The first labels cost what the Krichevsky-Trofimov (KT) code of a coin of unknown bias costs. Each later
block, as long as all before it together, is coded by a probe fitted to all before it (Voita & Titov, arXiv:2003.12298,
section 2.2.1, online coding), mixed label by label with the KT probability. So the codelength holds both what learning
the behaviour takes and the noise that no learning removes: for a behaviour that the probe learns, the curve of
cumulative bits bends and goes on at the rate of that noise.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from synthgym.errors import MeasureError
from synthgym.measure.given import confident, generator, numbers, whole
from synthgym.measure.intervals import Interval
from synthgym.measure.probes import FloatArray, IntArray, Probe, ProbeName, make_probe, prepared

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

    from synthgym.measure.probes import Matrix

LABELS = 2048
CENSORED = 0.95
_FIRST = 16
_FEWEST = 64
_WEIGHTS = np.array([0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995, 0.998, 0.999])


@dataclass(frozen=True, slots=True, kw_only=True)
class Codelength:
    """The description length D of a behaviour.

    Attributes:
        bits: D, the codelength of `at` labels, a mean over random orders.
        interval: of D over fresh sets of labels; its n is the number of labels given.
        per_label: D / `at`, in bits.
        censored: D is a lower bound: the probe saves less than a twentieth of the labels' entropy (for a balanced set:
            above 0.95 bits a label), so that a richer probe or more labels may find what this one did not.
        projected: fewer labels than `at` were given; the missing ones are charged at the rate of the last half.
        blocks: labels seen and cumulative bits at the end of each block, a mean over the orders.
        fallbacks: share of the blocks after the first that KT alone codes, for want of a probe that could be fitted.
        rollouts: labels given.
        at: labels that D is the codelength of.
        probe: which probe coded them.
    """

    bits: float
    interval: Interval
    per_label: float
    censored: bool
    projected: bool
    blocks: tuple[tuple[int, float], ...]
    fallbacks: float
    rollouts: int
    at: int
    probe: ProbeName


def codelength(
    features: "ArrayLike | csr_matrix",
    labels: ArrayLike,
    *,
    rng: np.random.Generator,
    probe: ProbeName = "linear",
    at: int = LABELS,
    orders: int = 5,
    confidence: float = 0.95,
) -> Codelength:
    """The description length D of 0/1 `labels` (N,) given `features` (N, F), in bits, at 2048 labels.

    D depends on how many labels are coded, so it is always stated at `at` of them: of more, each order takes a random
    `at`; with fewer, the missing ones are charged at the bits a label of the last half (`projected`), an upper bound
    as long as the probe is still learning.

    The interval is for D of a fresh set: the spread of the bits within blocks (which label costs how much) and
    between orders, with Student's quantile.

    Args:
        features: a dense array or a scipy sparse matrix, a row a label.
        labels: whether each row shows the behaviour; take a class-balanced set.
        probe: "linear" (logistic regression) or "mlp" (one hidden layer of 32; sparse features are projected to 256).
            Its regularisation and its weight against KT are chosen on the last fifth of what came before a block.
        at: labels to state D at.
        orders: random orders of the labels to average over; at least 2. An order depends on no label.

    Raises:
        MeasureError: for fewer than 64 labels, labels that are not 0 or 1 or are all equal, features that are not
            finite or not (N, F), or a setting out of range. MissingExtraError: scikit-learn is not installed.
    """
    given, orders, at = _labels(labels), whole("orders", orders, 2), whole("at", at, _FEWEST)
    confidence, rng = confident(confidence), generator(rng)
    matrix = prepared(features, probe)
    if matrix.shape[0] != len(given):
        raise MeasureError(f"{matrix.shape[0]} rows of features for {len(given)} labels")
    if len(given) < _FEWEST:
        raise MeasureError(
            f"{len(given)} labels; at least {_FEWEST} are needed, and {at} to measure D itself"
        )
    if given.min() == given.max():
        raise MeasureError(
            f"all labels are {given[0]}: give completions with and without the behaviour, half and half"
        )
    size = min(len(given), at)
    costs, failed = np.empty((orders, size)), 0
    for row in range(orders):
        chosen = rng.permutation(len(given))[:size]
        costs[row], missing = _prequential(
            matrix[chosen], given[chosen], make_probe(probe, int(rng.integers(2**31)))
        )
        failed += missing
    edges = block_edges(size)
    bits, half = _at(costs, edges, at, confidence)
    cumulative = costs.mean(axis=0).cumsum()
    entropy = _entropy(float(given.mean()))
    return Codelength(
        bits=bits,
        interval=Interval(
            estimate=bits, low=max(bits - half, 0.0), high=bits + half, n=len(given), confidence=confidence
        ),
        per_label=bits / at,
        censored=bits / at > CENSORED * entropy,
        projected=size < at,
        blocks=tuple((int(edge), float(cumulative[edge - 1])) for edge in edges),
        fallbacks=failed / (orders * (len(edges) - 1)),
        rollouts=len(given),
        at=at,
        probe=probe,
    )


def prequential_bits(
    features: "ArrayLike | csr_matrix",
    labels: ArrayLike,
    *,
    probe: ProbeName = "linear",
    seed: int = 0,
    first: int = _FIRST,
) -> FloatArray:
    """What each of the 0/1 `labels` (N,) costs, in bits, coded in the order given: (N,).

    A code: for given features, seed and first block, 2^-sum over all label sequences adds up to 1.

    Args:
        seed: of the probe's initial weights.
        first: labels coded by KT alone; the blocks double from there.

    Raises:
        MeasureError: for labels that are not 0 or 1, features that are not (N, F) or not finite, or a first block
            below 1.
    """
    given, matrix = _labels(labels), prepared(features, probe)
    if matrix.shape[0] != len(given):
        raise MeasureError(f"{matrix.shape[0]} rows of features for {len(given)} labels")
    settled = make_probe(probe, whole("seed", seed))
    return _prequential(matrix, given, settled, whole("first block", first, 1))[0]


def kt_bits(labels: ArrayLike) -> FloatArray:
    """What each of the 0/1 `labels` (N,) costs, in bits, under the Krichevsky-Trofimov code: (N,).

    The probability of a label is (its count so far + 1/2) / (labels so far + 1); in all, -log2 of
    B(zeros + 1/2, ones + 1/2) / B(1/2, 1/2) (Krichevsky & Trofimov, IEEE Trans. Inf. Theory 27, 1981).

    Raises:
        MeasureError: for labels that are not 0 or 1, or none.
    """
    bits: FloatArray = -np.log2(_kt(_labels(labels)))
    return bits


def block_edges(size: int, first: int = _FIRST) -> list[int]:
    """Where the blocks end: first, 2 first, 4 first, ..., and last `size` itself."""
    edges = [min(first, size)]
    while edges[-1] < size:
        edges.append(min(2 * edges[-1], size))
    return edges


def _prequential(
    matrix: "Matrix", labels: IntArray, probe: Probe, first: int = _FIRST
) -> tuple[FloatArray, int]:
    """Bits of each label, and the number of blocks that no probe could be fitted for."""
    kt, edges, failed = _kt(labels), block_edges(len(labels), first), 0
    probability = kt.copy()
    for start, end in zip(edges, edges[1:], strict=False):
        found, weight = None, 0.0
        chosen = _choose(matrix[:start], labels[:start], kt[:start], probe)
        if chosen is not None:
            setting, weight = chosen
            found = _foretold(probe, matrix[:start], labels[:start], matrix[start:end], [setting])[0]
        if found is None:
            failed += 1
            continue
        probability[start:end] = _mixed(found, kt[start:end], labels[start:end], np.array([weight]))[0]
    bits: FloatArray = -np.log2(probability)
    return bits, failed


def _choose(matrix: "Matrix", labels: IntArray, kt: FloatArray, probe: Probe) -> tuple[Any, float] | None:
    """The setting and the weight that code the last fifth of the past best, fitted to what came before it.

    Half a label that the probe gets wholly wrong is added, so that a faultless short past earns no blind trust.
    """
    split = len(labels) - max(1, round(len(labels) / 5))
    best, fewest = None, np.inf
    told = _foretold(probe, matrix[:split], labels[:split], matrix[split:], probe.settings)
    for setting, found in zip(probe.settings, told, strict=True):
        if found is None:
            continue
        costs = -np.log2(_mixed(found, kt[split:], labels[split:], _WEIGHTS)).sum(axis=1)
        costs -= 0.5 * np.log2(1 - _WEIGHTS)
        place = int(costs.argmin())
        if costs[place] < fewest:
            best, fewest = (setting, float(_WEIGHTS[place])), float(costs[place])
    return best


def _foretold(
    probe: Probe, seen: "Matrix", labels: IntArray, unseen: "Matrix", settings: Sequence[Any]
) -> list[FloatArray | None]:
    """What the probe foretells under each setting; None for each where it has seen one class only."""
    if len(labels) == 0 or labels.min() == labels.max():
        return [None] * len(settings)
    return probe.foretell(seen, labels, unseen, settings)


def _mixed(ones: FloatArray, kt: FloatArray, labels: IntArray, weights: FloatArray) -> FloatArray:
    """Probability of each label under each mixture: (weights, labels)."""
    told = np.where(labels == 1, ones, 1 - ones)
    mixed: FloatArray = weights[:, None] * told + (1 - weights[:, None]) * kt
    return mixed


def _kt(labels: IntArray) -> FloatArray:
    before = np.arange(len(labels))
    ones = labels.cumsum() - labels
    same = np.where(labels == 1, ones, before - ones)
    probability: FloatArray = (same + 0.5) / (before + 1.0)
    return probability


def _at(costs: FloatArray, edges: list[int], at: int, confidence: float) -> tuple[float, float]:
    """D at `at` labels from the costs (orders, labels), and half the width of its interval."""
    from scipy.stats import t

    orders, size = costs.shape
    rate = costs[:, size // 2 :].mean(axis=1)
    totals = costs.sum(axis=1) + (at - size) * rate
    spans = list(zip([0, *edges], edges, strict=False))
    within = sum((end - start) * costs[:, start:end].var(axis=1).mean() for start, end in spans)
    missing = (at - size) ** 2 * costs[:, size // 2 :].var(axis=1).mean() / (size - size // 2)
    spread = sqrt(within + missing + totals.var(ddof=1) / orders)
    return float(totals.mean()), float(t.ppf((1 + confidence) / 2, orders - 1)) * spread


def _entropy(share: float) -> float:
    return float(-share * np.log2(share) - (1 - share) * np.log2(1 - share))


def _labels(labels: ArrayLike) -> IntArray:
    given = numbers("labels", labels)
    if given.ndim != 1 or given.size == 0 or not np.all(np.isin(given, (0, 1))):
        raise MeasureError("labels are 0 or 1, one a row, and at least one; leave unlabelled rows out")
    return given.astype(np.int64)
