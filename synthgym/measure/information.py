"""How much a signal says of truth, in bits per rollout."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from synthgym.errors import MeasureError, shown
from synthgym.measure.given import numbers, whole


def binary_entropy(p: ArrayLike) -> NDArray[np.float64]:
    """h(p) = -p log2 p - (1-p) log2 (1-p), in bits, elementwise; 0 at 0 and 1.

    Raises:
        MeasureError: for p outside [0, 1].
    """
    p = _rate("p", p)
    with np.errstate(divide="ignore", invalid="ignore"):
        bits = -p * np.log2(p) - (1 - p) * np.log1p(-p) / np.log(2)
    return np.where((p == 0) | (p == 1), 0.0, bits)


def binary_information(p: ArrayLike, tpr: ArrayLike = 1.0, fpr: ArrayLike = 0.0) -> NDArray[np.float64]:
    """I(S;T) of a binary signal S about truth T, in bits per rollout; arguments broadcast.

    ``h(q) - p h(TPR) - (1-p) h(FPR)`` with ``q = p TPR + (1-p) FPR``: exact, in [0, min(1, h(p))].

    Args:
        p: share of rollouts that are right.
        tpr: share of right rollouts that the signal accepts.
        fpr: share of wrong rollouts that it accepts.

    Raises:
        MeasureError: for a rate outside [0, 1].
    """
    p, tpr, fpr = _rate("p", p), _rate("tpr", tpr), _rate("fpr", fpr)
    accepted = np.clip(p * tpr + (1 - p) * fpr, 0, 1)
    bits = binary_entropy(accepted) - p * binary_entropy(tpr) - (1 - p) * binary_entropy(fpr)
    return np.maximum(bits, 0.0)  # rounding leaves -1e-16 where it is 0


def live_groups(p: ArrayLike, group_size: int) -> float:
    """The share of groups with any gradient under a binary signal: 1 - p^G - (1-p)^G, averaged over prompts.

    Args:
        p: pass rate of each prompt, any shape.
        group_size: completions a prompt, G.

    Raises:
        MeasureError: for a rate outside [0, 1], no prompts, or a group size below 1.
    """
    p = _rate("p", p)
    size = whole("group size", group_size, 1)
    if p.size == 0:
        raise MeasureError("no prompts to average over")
    return float(np.mean(1 - p**size - (1 - p) ** size))


def capacity_binary() -> float:
    """The most that a binary signal can say, in bits per rollout: 1."""
    return 1.0


def rubric_capacity(components: ArrayLike) -> float:
    """The most that a rubric can say, in bits per rollout: the joint entropy H(R1, ..., RK) of its components.

    Plug-in with Miller-Madow over the levels that were seen together, so it holds for this policy's rollouts, and at
    most log2 of their number. Many components of many levels need many rollouts: near log2 N every rollout has
    a combination of its own, and the estimate is too low.

    Args:
        components: a row a rollout, a column a component (N, K). Rows with a NaN are left out.

    Raises:
        MeasureError: for another shape, an infinite value, or no row without NaN.
    """
    given = numbers("components", components)
    given = given[:, None] if given.ndim == 1 else given
    if given.ndim != 2 or given.shape[1] == 0:
        raise MeasureError(f"components of shape {given.shape}; (rollouts, components) is needed")
    if np.isinf(given).any():
        raise MeasureError("components hold an infinite value; give finite ones, and NaN for not known")
    known = given[~np.isnan(given).any(axis=1)]
    if len(known) == 0:
        raise MeasureError(f"none of {len(given)} rollouts has all its components known")
    counts = np.unique(known, axis=0, return_counts=True)[1]
    share = counts / counts.sum()
    bits = float(-(share * np.log2(share)).sum()) + (len(counts) - 1) / (2 * np.log(2) * len(known))
    top: float = np.log2(len(counts))
    return float(min(max(bits, 0.0), top))


def token_capacity(tokens: ArrayLike, levels: ArrayLike) -> NDArray[np.float64]:
    """The most that credits can say of a completion, in bits: T log2 B for T tokens of B levels; arguments broadcast.

    Raises:
        MeasureError: for fewer than 0 tokens or 1 level.
    """
    count, base = numbers("tokens", tokens), numbers("levels", levels)
    if not (np.all((count >= 0) & np.isfinite(count)) and np.all((base >= 1) & np.isfinite(base))):
        raise MeasureError(
            f"{shown(tokens)} tokens of {shown(levels)} levels: 0 tokens or more and 1 level or more are needed"
        )
    bits: NDArray[np.float64] = count * np.log2(base)
    return bits


def _rate(name: str, value: ArrayLike) -> NDArray[np.float64]:
    rate = numbers(name, value)
    if not np.all((rate >= 0) & (rate <= 1)):
        raise MeasureError(f"{name} holds a rate outside [0, 1]")
    return rate
