"""What Gymnasium's vector environments make of the infos of their sub-environments: an array and a mask a key."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from synthgym.envs.tokens.judging import Outcome

Rows = NDArray[np.int64]


def batched(num_envs: int, rows: Rows, name: str, values: NDArray[Any]) -> dict[str, Any]:
    """`values` of sub-environments `rows` under `name`, in arrays of length `num_envs`, with the mask beside them."""
    array = np.zeros((num_envs, *values.shape[1:]), dtype=values.dtype)
    if values.dtype == object:
        array.fill(None)
    array[rows] = values
    return {name: array, f"_{name}": mask_of(num_envs, rows)}


def mask_of(num_envs: int, rows: Rows) -> NDArray[np.bool_]:
    """True at `rows`, of shape (num_envs,)."""
    mask = np.zeros(num_envs, dtype=np.bool_)
    mask[rows] = True
    return mask


def objects(values: Sequence[object]) -> NDArray[np.object_]:
    """`values` as an array of objects, of shape (values,), whatever they are."""
    array = np.empty(len(values), dtype=object)
    for at, value in enumerate(values):
        array[at] = value
    return array


def batched_outcomes(
    num_envs: int, rows: Rows, texts: Sequence[str], outcomes: Sequence[Outcome]
) -> dict[str, Any]:
    """What the ended sub-environments `rows` report, but for their tasks' ids."""
    columns: dict[str, NDArray[Any]] = {
        "credits": objects([outcome.credits for outcome in outcomes]),
        "error": np.array([outcome.error for outcome in outcomes], dtype=object),
        "unscored": np.array([outcome.unscored for outcome in outcomes], dtype=np.bool_),
        "completion": np.array(texts, dtype=object),
    }
    infos: dict[str, Any] = {}
    for name, values in columns.items():
        infos |= batched(num_envs, rows, name, values)
    infos["components"] = _components(num_envs, rows, outcomes)
    infos["_components"] = mask_of(num_envs, rows)
    return infos


def _components(num_envs: int, rows: Rows, outcomes: Sequence[Outcome]) -> dict[str, Any]:
    infos: dict[str, Any] = {}
    every = [outcome.components for outcome in outcomes]
    names = dict.fromkeys(name for components in every for name in components)
    if all(len(components) == len(names) for components in every):
        for name in names:
            infos |= batched(num_envs, rows, name, np.array([components[name] for components in every]))
        return infos
    for name in names:
        having = [at for at, components in enumerate(every) if name in components]
        infos |= batched(num_envs, rows[having], name, np.array([every[at][name] for at in having]))
    return infos
