"""What a policy samples: pass@k, the entropy of its answers, how many differ, and how much is tail.

Answers come as labels, one a completion (any hashable; None for "no answer" is a label like any
other), or as a mapping from answer to its count.
"""

from collections import Counter
from collections.abc import Hashable, Iterable, Mapping
from typing import TypeAlias, overload

import numpy as np
from numpy.typing import ArrayLike, NDArray

from synthgym.errors import MeasureError, shown
from synthgym.measure.given import number, numbers, several, whole

Answers: TypeAlias = Mapping[Hashable, int] | Iterable[Hashable]
FloatArray: TypeAlias = NDArray[np.float64]


@overload
def pass_at_k(n: int, c: int, k: int) -> float: ...
@overload
def pass_at_k(n: ArrayLike, c: ArrayLike, k: ArrayLike) -> float | FloatArray: ...
def pass_at_k(n: ArrayLike, c: ArrayLike, k: ArrayLike) -> float | FloatArray:
    """The probability that k completions hold a right one: unbiased, 1 - C(n-c, k) / C(n, k).

    Arguments broadcast; the mean over prompts is the pass@k of a set (Chen et al., arXiv:2107.03374, eq. 1).

    Args:
        n: completions sampled of a prompt.
        c: how many of them are right.
        k: completions allowed.

    Returns:
        A float for numbers, else an array of the broadcast shape.

    Raises:
        MeasureError: unless 0 <= c <= n and 1 <= k <= n, all whole.
    """
    n, c, k = np.broadcast_arrays(*(_whole(name, value) for name, value in (("n", n), ("c", c), ("k", k))))
    if np.any((c < 0) | (c > n)):
        raise MeasureError("pass@k needs 0 <= c <= n: no more right completions than were sampled")
    if np.any((k < 1) | (k > n)):
        raise MeasureError(
            f"pass@k needs 1 <= k <= n; k = {k.max()} of n = {n.min()} completions: sample more, or lower k"
        )
    # C(n-c, k) / C(n, k) is symmetric in c and k, and a product of min(c, k) factors; the sum of their
    # logarithms keeps the digits of a small pass@k that 1 - product would lose.
    few, many = np.minimum(c, k), np.maximum(c, k)
    log_miss = np.zeros(n.shape)
    with np.errstate(divide="ignore"):
        for j in range(int(few.max(initial=0))):
            share = np.minimum(many / np.maximum(n - j, 1), 1.0)
            log_miss += np.where(j < few, np.log1p(-share), 0.0)
    found = -np.expm1(log_miss) + 0.0  # not -0
    return float(found) if found.ndim == 0 else found


def answer_entropy(answers: Answers, *, corrected: bool = False) -> float:
    """Entropy of the answers' frequencies, in bits; 0 if all are equal, log2 of their number if all differ.

    The plug-in estimate; its bias is about -(distinct - 1) / (2 n ln 2) bits, so compare equal n.

    Args:
        corrected: add that much back (Miller and Madow), which makes the bias small where every answer was seen several
            times. It can then exceed log2 of the number seen.

    Raises:
        MeasureError: for no answers, or a negative count.
    """
    counts = _counts(answers)
    share = counts / counts.sum()
    missing = (len(counts) - 1) / (2 * np.log(2) * counts.sum()) if corrected else 0.0
    return float(-np.sum(share * np.log2(share)) + missing) + 0.0


def distinct_mass(answers: Answers, *, draws: int | None = None) -> float:
    """Distinct answers per completion, in (0, 1]: 1 if all differ, 1/n if all are equal.

    Args:
        draws: what it would be, in expectation, in so many of the completions (drawn without
            replacement), so that sets of different sizes compare; all of them by default.

    Raises:
        MeasureError: for no answers, or more draws than completions.
    """
    counts = _counts(answers)
    n = int(counts.sum())
    m = n if draws is None else whole("draws", draws, 1)
    return float(np.sum(pass_at_k(np.full(counts.shape, n), counts, m))) / m


def tail_mass(answers: Answers, reference: Answers, *, share: float = 0.1) -> float:
    """The share of completions whose answer lies in the tail of the reference, in [0, 1].

    The tail are the answers that `reference` (the first generation, or the real data) never gave, and its
    rarest ones, taken from the rarest up, all of equal count together, while they hold at most `share`
    of it. A loop that loses its tail, the first sign of collapse, goes to 0.

    Raises:
        MeasureError: for no answers, or a share outside [0, 1).
    """
    if not 0 <= number("share", share) < 1:
        raise MeasureError(f"share {share} lies outside [0, 1)")
    counts, known = _tally(answers), _tally(reference)
    total, held, threshold = sum(known.values()), 0, 0
    for count, repeats in sorted(Counter(known.values()).items()):
        held += count * repeats
        if held > share * total:
            break
        threshold = count
    tail = sum(count for answer, count in counts.items() if known.get(answer, 0) <= threshold)
    return tail / sum(counts.values())


def _whole(name: str, value: ArrayLike) -> NDArray[np.int64]:
    numbers(name, value)
    given = np.asarray(value)
    if given.dtype.kind not in "iu":
        raise MeasureError(f"{name} holds {given.dtype} values; whole numbers are needed")
    return given.astype(np.int64)


def _tally(answers: Answers) -> dict[Hashable, int]:
    if isinstance(answers, Mapping):
        tally = {answer: whole(f"the count of {shown(answer)}", count) for answer, count in answers.items()}
    else:
        tally = _counted(several("answers", answers))
    if sum(tally.values()) == 0:
        raise MeasureError("no answers: a measure of what was sampled needs at least one completion")
    return {answer: count for answer, count in tally.items() if count}


def _counted(answers: Iterable[Hashable]) -> dict[Hashable, int]:
    try:
        # NaN is no answer as None is, and not another one each time.
        return dict(Counter(None if answer != answer else answer for answer in answers))
    except (TypeError, ValueError) as error:
        raise MeasureError(f"an answer cannot be a label: {error}; give texts, numbers or tuples") from error


def _counts(answers: Answers) -> NDArray[np.int64]:
    return np.array(list(_tally(answers).values()), dtype=np.int64)
