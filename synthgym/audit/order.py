"""Does the reward go with the order of a log's rows? A thing to be told, and no feature of a completion."""

import numpy as np
from numpy.typing import NDArray

from synthgym.audit.findings import Measured
from synthgym.audit.layout import cells
from synthgym.audit.within import test_within


def of_order(given: Measured) -> str | None:
    """That rollouts of one run, step and prompt earn more or less by their place among them; None if they do not.

    Such a log was sorted, or its rewards hang on the order within the batch: were they put to other rows than those
    that they are of, this is where it shows. No verdict comes of it, as the first of these is harmless.
    """
    rows, layout = given.table.rows, given.layout
    if layout.weak or not given.rollouts.has_prompts or np.isnan(given.rollouts.step[rows]).any():
        return None
    place = places(layout.group)
    cell = layout.group if given.truth is None else cells(layout.group, given.truth)
    found = test_within(cell, given.rollouts.reward[rows], 1, lambda k, of: place[of], None)
    if not found.significant[0]:
        return None
    way = "more" if found.z[0] > 0 else "less"
    equal = " and of equal truth" if given.truth is not None else ""
    return (
        f"of rollouts of the same {layout.compared}{equal}, those that stand later in the log earn {way} "
        f"(z {found.z[0]:.1f}): it was sorted, or the reward depends on the order within a batch"
    )


def places(group: NDArray[np.int64]) -> NDArray[np.float64]:
    """Where each row (N,) stands among those of its group: 0 the first, 1 the last."""
    order = np.argsort(group, kind="stable")
    starts = np.flatnonzero(np.diff(group[order], prepend=-1))
    sizes = np.diff(np.append(starts, len(order)))
    within = np.arange(len(order)) - np.repeat(starts, sizes)
    found = np.empty(len(order))
    found[order] = within / np.maximum(np.repeat(sizes, sizes) - 1, 1)
    return found
