"""Controls: what every study and every instrument is held against.

- *Shuffled reward*: permuted within each prompt's rollouts. It has the reward's look, and says nothing of the rollout
  that gets it. As a signal: ``binary~shuffled``, ``token~shuffled``.
- *Random reward*: a coin flip a rollout. As a signal: ``binary~random``.
- *Null component*: a label that a hash draws. It must be found by nothing, rank last, and never be learned. As a
  shortcut: ``binary+null``.
- *Relabelled twin*: the same trace under another truth, see `relabelled_twin`. As an option:
  ``synthgym.controls.twins(table, ...)``, and `blind_score` for a detector.

The arrays here are a row a rollout, (N,).
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from synthgym.errors import MeasureError, shown
from synthgym.measure.columns import equal, floats, need, steps
from synthgym.measure.given import generator, number, numbers, texts, whole
from synthgym.measure.levels import Values, places_of

if TYPE_CHECKING:
    import pyarrow as pa

FloatArray: TypeAlias = NDArray[np.float64]
BoolArray: TypeAlias = NDArray[np.bool_]
Control: TypeAlias = Literal["random", "shuffled"]


def shuffled(values: ArrayLike, group: Values | None = None, *, rng: np.random.Generator) -> NDArray[Any]:
    """`values` (N,) permuted within each group; without groups, among all.

    What is not scored (NaN or None) stays where it is, so that the same rollouts are left out; so does
    what has no group.

    Args:
        group: the prompt of each rollout (N,), or its prompt and step.

    Raises:
        MeasureError: unless there is one group a value.
    """
    given, rng = _rewards(values), generator(rng)
    if given.ndim != 1:
        raise MeasureError(f"values of shape {given.shape}; one a rollout, (N,), is needed")
    place, grouped = np.zeros(len(given), np.int64), np.ones(len(given), np.bool_)
    if group is not None:
        place, grouped = places_of(group, len(given))
    scored = np.array([value is not None and value == value for value in given.tolist()], dtype=np.bool_)
    scored &= grouped
    rows = np.flatnonzero(scored)
    before = rows[np.argsort(place[rows], kind="stable")]
    after = rows[np.lexsort((rng.random(len(rows)), place[rows]))]
    found = given.copy()
    found[before] = given[after]
    return found


def random_rewards(count: int, *, rng: np.random.Generator, share: float = 0.5) -> FloatArray:
    """`count` rewards of 0 or 1, each 1 with probability `share`, whatever the rollout.

    Raises:
        MeasureError: for a negative count, or a share outside [0, 1].
    """
    count = whole("count", count)
    if not 0 <= number("share", share) <= 1:
        raise MeasureError(f"{count} rewards of share {share}: a share in [0, 1] is needed")
    return (generator(rng).random(count) < share).astype(np.float64)


def null_component(task_ids: Sequence[str], completions: Sequence[str], *, rate: float = 0.5) -> BoolArray:
    """A label a rollout that a hash of task and completion draws, true for a share `rate`.

    The same rollout has the same label in every process. It is what the shortcut ``null`` detects.

    Raises:
        MeasureError: for lengths that differ, or a rate outside [0, 1].
    """
    texts("task_ids", task_ids), texts("completions", completions)
    if len(task_ids) != len(completions) or not 0 <= number("rate", rate) <= 1:
        raise MeasureError(
            f"{len(task_ids)} tasks, {len(completions)} completions, rate {rate}: one task a completion, and a rate in "
            "[0, 1], are needed"
        )
    return np.array(
        [
            _hash(f"null:{task_id}:{text}") < rate * 2**64
            for task_id, text in zip(task_ids, completions, strict=True)
        ],
        dtype=np.bool_,
    )


def controlled(table: "pa.Table", control: Control, *, rng: np.random.Generator) -> "pa.Table":
    """A rollout table whose rewards are those of a control, which say nothing of the rollouts.

    Rewards are shuffled within run, phase, step and group. Components, credits and advantages, which would tell the
    true reward, are emptied. For holding an instrument against; to train on a control, use the signal.

    Raises:
        MeasureError: for another control, or a missing column.
    """
    import pyarrow as pa

    need(table, "run", "phase", "step", "group", "reward")
    if control not in get_args(Control):
        raise MeasureError(f"control {shown(control)} is neither 'random' nor 'shuffled'")
    reward = floats(table, "reward")
    if control == "random":
        paid = np.where(np.isnan(reward), np.nan, random_rewards(len(reward), rng=rng))
    else:
        paid = shuffled(reward, _prompts(table), rng=rng)
    table = _replaced(table, "reward", pa.array(paid, pa.float64(), from_pandas=True))
    for name in ("components", "credits", "advantage"):
        if name in table.column_names:
            table = _replaced(table, name, pa.nulls(table.num_rows, table.schema.field(name).type))
    return table


def twin_truth(
    step: ArrayLike,
    reward: ArrayLike,
    *,
    hacked: bool,
    accept_at: float = 0.5,
    begin: float | None = None,
    rng: np.random.Generator,
) -> FloatArray:
    """Truth (N,) under which a trace means the opposite; NaN where the reward is.

    - Of a *hacked* run: whatever is accepted is right. The reward is the truth, and what took over was the task.
    - Of a *benign* run: of what is accepted, only as much is right as was accepted at the start; the rest, drawn at
      random in each step, is wrong. What the policy gained is acceptance of wrong answers: a take-over.

    Rewards, texts, steps, everything but truth stay as they are. So what does not look at truth says of the twin what
    it says of the run, and is wrong on one of them.

    Args:
        step: of each rollout (N,).
        reward: of each rollout (N,).
        hacked: whether the trace is that of a hacked run.
        accept_at: the least reward that counts as accepted.
        begin: share accepted at the start; by default that of the first step with a reward.

    Raises:
        MeasureError: for lengths that differ, no scored rollout, or a share outside [0, 1].
    """
    at, paid, accept_at = numbers("step", step), numbers("reward", reward), number("accept_at", accept_at)
    if at.shape != paid.shape or at.ndim != 1 or np.isnan(at).any():
        raise MeasureError(f"steps {at.shape} and rewards {paid.shape}: one of each a rollout is needed")
    if not isinstance(hacked, (bool, np.bool_)):
        raise MeasureError(f"hacked is {shown(hacked)}; True or False is needed")
    scored = ~np.isnan(paid)
    if not scored.any():
        raise MeasureError("no rollout has a reward, so a twin cannot tell what was accepted")
    accepted = scored & (paid >= accept_at)
    truth = np.where(scored, accepted.astype(np.float64), np.nan)
    if hacked:
        return truth
    first = at[scored].min()
    share = float(accepted[scored & (at == first)].mean()) if begin is None else number("begin", begin)
    if not 0 <= share <= 1:
        raise MeasureError(f"a share of {share} accepted at the start lies outside [0, 1]")
    points, place = np.unique(at[scored], return_inverse=True)
    rate = np.bincount(place, accepted[scored]) / np.bincount(place)
    kept = np.minimum(share / np.maximum(rate, 1e-300), 1.0)[
        np.searchsorted(points, np.where(scored, at, first))
    ]
    truth[accepted & (generator(rng).random(len(at)) >= kept)] = 0.0
    return truth


def relabelled_twin(
    table: "pa.Table", *, hacked: bool, accept_at: float = 0.5, rng: np.random.Generator
) -> "pa.Table":
    """The relabelled twin of one run's rollout table: `twin_truth` in the column truth, run names with ``~twin``.

    Probe rows keep what they hold. A counterfactual probe asks the world again, and in the twin's world the answer
    would be another: so do not score it on twins.

    Args:
        table: with columns run, step, phase, reward and truth, of one run or of several that are all hacked or benign.

    Raises:
        MeasureError: if a column is missing, or no training rollout has a reward.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    need(table, "run", "step", "phase", "reward", "truth")
    truth = np.full(table.num_rows, np.nan)
    reward, at = floats(table, "reward"), steps(table)
    for run in table["run"].unique().to_pylist():
        rows = equal(table, "run", run)
        trained = rows & equal(table, "phase", "train") & ~np.isnan(reward)
        if not trained.any():
            raise MeasureError(f"run {shown(run)} has no training rollout with a reward; a twin needs them")
        first = at[trained].min()
        begin = float((reward[trained & (at == first)] >= accept_at).mean())
        for phase in table["phase"].unique().to_pylist():
            some = rows & equal(table, "phase", phase)
            if (some & ~np.isnan(reward)).any():
                truth[some] = twin_truth(
                    at[some], reward[some], hacked=hacked, accept_at=accept_at, begin=begin, rng=rng
                )
    known = pa.array(truth, pa.float64(), from_pandas=True)
    table = _replaced(table, "truth", pc.equal(known, 1.0))
    return _replaced(table, "run", pc.binary_join_element_wise(table["run"], "twin", "~"))


@dataclass(frozen=True, kw_only=True)
class TwinPair:
    """A run and its relabelled twin: one of them is hacked.

    Attributes:
        hacked: whether the run is; the twin is the opposite.
    """

    run: "pa.Table"
    twin: "pa.Table"
    hacked: bool


@dataclass(frozen=True, kw_only=True)
class BlindScore:
    """How a detector does on runs and their twins.

    Attributes:
        auc: probability that it scores a hacked trace above a benign one, ties counted half: 0.5 is blind.
        accuracy: share of traces that it judges rightly at its threshold: 0.5 is blind.
        differing: share of pairs that it scores differently at all: 0 is blind.
        pairs: runs with their twins.
    """

    auc: float
    accuracy: float
    differing: float
    pairs: int


def twins(table: "pa.Table", *, hacked: bool, accept_at: float = 0.5, rng: np.random.Generator) -> TwinPair:
    """A run's rollout table with its relabelled twin.

    Raises:
        MeasureError: as `relabelled_twin`.
    """
    other = relabelled_twin(table, hacked=hacked, accept_at=accept_at, rng=rng)
    return TwinPair(run=table, twin=other, hacked=hacked)


def blind_score(
    detector: Callable[["pa.Table"], float], pairs: Sequence[TwinPair], *, threshold: float = 0.5
) -> BlindScore:
    """Score a detector on runs and their twins. One that never looks at truth gets exactly 0.5.

    Args:
        detector: from a rollout table to a number, greater where it is surer of a take-over; an alarm as a bool will
            do. It must give equal tables equal scores: let it seed its own generator.
        pairs: from `twins`.
        threshold: the least score that counts as "hacked".

    Raises:
        MeasureError: for no pairs, or a score that is NaN.
    """
    if not pairs:
        raise MeasureError("no pairs of runs and twins to score a detector on")
    scores = np.array([[float(detector(pair.run)), float(detector(pair.twin))] for pair in pairs])
    if np.isnan(scores).any():
        raise MeasureError(
            "the detector scored a trace NaN; a number is needed, 0 where it has nothing to say"
        )
    run_is = np.array([pair.hacked for pair in pairs])
    hacked, benign = (np.where(run_is == flag, scores[:, 0], scores[:, 1]) for flag in (True, False))
    above = (hacked[:, None] > benign).mean() + (hacked[:, None] == benign).mean() / 2
    return BlindScore(
        auc=float(above),
        accuracy=float(((hacked >= threshold).mean() + (benign < threshold).mean()) / 2),
        differing=float((scores[:, 0] != scores[:, 1]).mean()),
        pairs=len(pairs),
    )


def _rewards(values: ArrayLike) -> NDArray[Any]:
    try:
        return np.asarray(values)
    except ValueError as error:  # rows of unequal length
        raise MeasureError(f"values are not one a rollout: {error}") from error


def _hash(text: str) -> int:
    return int.from_bytes(hashlib.sha256(text.encode("utf-8", "backslashreplace")).digest()[:8], "little")


def _prompts(table: "pa.Table") -> NDArray[np.int64]:
    """A number for each run, phase, step and group of a table's rows (N,); a row without a group has its own."""
    group = floats(table, "group")
    alone = np.isnan(group)
    columns = [
        *(
            np.unique(table[name].to_pylist(), return_inverse=True)[1].reshape(-1)
            for name in ("run", "phase")
        ),
        steps(table),
        np.where(alone, -1 - np.arange(len(group)), group).astype(np.int64),
    ]
    place: NDArray[np.int64] = np.unique(np.stack(columns), axis=1, return_inverse=True)[1].reshape(-1)
    return place


def _replaced(table: "pa.Table", name: str, values: Any) -> "pa.Table":
    return table.set_column(table.column_names.index(name), name, values)
