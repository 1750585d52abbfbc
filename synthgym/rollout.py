"""One row of the rollout log: what is recorded of a completion, its column types, and how text survives.

A Parquet string is UTF-8, and a completion may hold lone surrogates, which UTF-8 cannot carry. Where
the prompt, the completion or the error of a row holds one, the row's `escaped` is true and all three
are stored with every backslash doubled and every surrogate written as ``\\udXXX``;
`unescape_surrogates` gives the text back exactly. All other text, NULs and control characters
included, is stored as it is.
"""

import operator
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeAlias, get_args

import numpy as np
import pyarrow as pa

from synthgym.errors import LogError, shown
from synthgym.types import Credit

Phase: TypeAlias = Literal["train", "eval", "probe"]
PHASES: tuple[Phase, ...] = get_args(Phase)

LOG_SCHEMA = pa.schema(
    [
        ("run", pa.string()),
        ("step", pa.int32()),
        ("index", pa.int32()),
        ("phase", pa.string()),
        ("generation", pa.int32()),
        ("group", pa.int32()),
        ("turn", pa.int32()),
        ("task_id", pa.string()),
        ("family", pa.string()),
        ("version", pa.int32()),
        ("seed", pa.int64()),
        ("split", pa.string()),
        ("difficulty", pa.int32()),
        ("template", pa.string()),
        ("prompt", pa.string()),
        ("completion", pa.string()),
        ("escaped", pa.bool_()),
        ("tokens", pa.list_(pa.int32())),
        ("temperature", pa.float64()),
        ("reward", pa.float64()),
        ("components", pa.map_(pa.string(), pa.float64())),
        ("advantage", pa.list_(pa.float32())),
        ("credits", pa.list_(pa.struct({"start": pa.int32(), "end": pa.int32(), "value": pa.float64()}))),
        ("truth", pa.bool_()),
        ("probe", pa.map_(pa.string(), pa.float64())),
        ("error", pa.string()),
        ("generate_seconds", pa.float64()),
        ("verify_seconds", pa.float64()),
    ]
)
"""Names and types of the columns, in order. The key of a row is (run, step, index)."""

_KINDS = [(column.name, column.type) for column in LOG_SCHEMA]

LATER_COLUMNS = ("turn",)
"""Columns that parts written by earlier versions lack; they are read as null."""

_INT_BITS = {"generation": 32, "group": 32, "turn": 32, "version": 32, "difficulty": 32, "seed": 64}
_FLOATS = ("temperature", "reward", "generate_seconds", "verify_seconds")
_NAMES = ("task_id", "family", "split", "template")
_SURROGATE = re.compile("[\ud800-\udfff]")
_ESCAPE = re.compile(r"\\(?:\\|u(d[89a-f][0-9a-f]{2}))")


@dataclass(frozen=True, kw_only=True, slots=True)
class Rollout:
    """One completion and everything known of it. None means unknown, or not applicable.

    Attributes:
        step: updates made to the policy before this completion was sampled, from 0.
        phase: "train" if it was trained on, "eval" if it only measures, "probe" if it exposes a shortcut.
        index: place in the step; unique in a step across phases. The writer assigns it when it is None.
        generation: round of a generation-training loop.
        group: completions of one prompt in one step share it.
        turn: which attempt of its episode it was, from 1; None where an episode is one attempt.
        tokens: the sampled ids.
        temperature: 0.0 for greedy decoding.
        reward: None if not scored.
        components: named parts of the reward.
        advantage: a number for the whole completion, or one a token.
        credits: spans of the completion with a value each.
        truth: whether the answer is right, as the family knows it.
        probe: results of a probe by name, e.g. {"factual": 1.0, "counterfactual": 0.0}.
        error: why it was not scored, or scored 0.
        generate_seconds: wall seconds spent on generating it, a batch's divided evenly.
        verify_seconds: wall seconds spent on judging it.
    """

    step: int
    prompt: str
    completion: str
    phase: Phase = "train"
    index: int | None = None
    generation: int | None = None
    group: int | None = None
    turn: int | None = None
    task_id: str | None = None
    family: str | None = None
    version: int | None = None
    seed: int | None = None
    split: str | None = None
    difficulty: int | None = None
    template: str | None = None
    tokens: Sequence[int] | None = None
    temperature: float | None = None
    reward: float | None = None
    components: Mapping[str, float | None] = field(default_factory=dict)
    advantage: float | Sequence[float] | None = None
    credits: Sequence[Credit] | None = None
    truth: bool | None = None
    probe: Mapping[str, float | None] = field(default_factory=dict)
    error: str | None = None
    generate_seconds: float | None = None
    verify_seconds: float | None = None


def escape_surrogates(text: str) -> str:
    """`text` with every backslash doubled and every surrogate written as ``\\udXXX``: always valid UTF-8."""
    return _SURROGATE.sub(lambda found: f"\\u{ord(found[0]):04x}", text.replace("\\", "\\\\"))


def unescape_surrogates(text: str) -> str:
    """The text that `escape_surrogates` was given. For rows whose `escaped` is true."""
    return _ESCAPE.sub(lambda found: chr(int(found[1], 16)) if found[1] else "\\", text)


def encode(rollout: Rollout, run: str, index: int) -> dict[str, object]:
    """`rollout` as one value a column of `LOG_SCHEMA`, checked so that writing it cannot fail.

    Raises:
        LogError: for a value that its column cannot hold; it names the column and the value.
    """
    if rollout.phase not in PHASES:
        raise LogError(f"phase {shown(rollout.phase)} is none of {', '.join(PHASES)}")
    row: dict[str, object] = {"run": run, "phase": rollout.phase, "index": index}
    row["step"] = whole("step", rollout.step, low=0)
    for name, bits in _INT_BITS.items():
        value = getattr(rollout, name)
        row[name] = None if value is None else whole(name, value, bits=bits)
    for name in _FLOATS:
        row[name] = _number(name, getattr(rollout, name))
    for name in _NAMES:
        value = getattr(rollout, name)
        row[name] = None if value is None else plain_name(name, value)
    row["truth"] = _flag(rollout.truth)
    row["tokens"] = _array("tokens", rollout.tokens, np.int32)
    advantage = rollout.advantage
    row["advantage"] = _array(
        "advantage", [advantage] if isinstance(advantage, (int, float)) else advantage, np.float32
    )
    row["components"] = _items("components", rollout.components)
    row["probe"] = _items("probe", rollout.probe)
    row["credits"] = None if rollout.credits is None else [_credit(credit) for credit in rollout.credits]
    row.update(_texts(rollout))
    return row


def encode_batch(columns: Mapping[str, object], run: str) -> pa.RecordBatch:
    """Many rows at once: what `encode` makes of each, in a fraction of the time.

    Args:
        columns: by name, a list with a value a row, or one value that is the same in all; what is left out is null.
            "components" and "probe" hold mappings, "credits" sequences of `Credit`, "advantage" sequences of numbers;
            "completion" is a list.

    Raises:
        Exception: of any kind, for what `encode` would check, mend or refuse row by row.
    """
    texts = columns["completion"]
    if not isinstance(texts, list):
        raise LogError("completion is not a list")
    same: dict[str, object] = {"run": run, "escaped": False}
    arrays = []
    for name, kind in _KINDS:
        value = same.get(name, columns.get(name))
        if not isinstance(value, list):
            arrays.append(pa.repeat(pa.scalar(value, kind), len(texts)))
        elif name in ("components", "probe"):
            arrays.append(_maps(value))
        elif name == "credits":
            arrays.append(_credits(value, kind))
        else:
            arrays.append(pa.array(value, kind))
    return pa.RecordBatch.from_arrays(arrays, schema=LOG_SCHEMA)


def joined(batches: Sequence[Mapping[str, object]]) -> dict[str, object]:
    """The columns of several batches, one after the other, as `encode_batch` takes them."""
    if len(batches) == 1:
        return dict(batches[0])
    sizes = [len(batch["completion"]) for batch in batches]  # type: ignore[arg-type]  # a list in each
    together: dict[str, object] = {}
    for name, _ in _KINDS:
        values = [batch.get(name) for batch in batches]
        if not any(isinstance(value, list) for value in values) and all(v == values[0] for v in values):
            together[name] = values[0]
            continue
        every: list[object] = []
        for value, size in zip(values, sizes, strict=True):
            every += value if isinstance(value, list) else [value] * size
        together[name] = every
    return together


def _maps(rows: list[Mapping[str, float | None]]) -> pa.Array:
    rows = [row or {} for row in rows]
    offsets = np.cumsum([0, *map(len, rows)], dtype=np.int32)
    keys = pa.array([key for row in rows for key in row], pa.string())
    values = pa.array([value for row in rows for value in row.values()], pa.float64())
    return pa.MapArray.from_arrays(pa.array(offsets), keys, values)


def _credits(rows: list[Sequence[Credit] | None], kind: pa.DataType) -> pa.Array:
    if not any(rows) and None not in rows:
        return pa.repeat(pa.scalar([], kind), len(rows))
    if None in rows:
        return pa.array([row if row is None else [_credit(credit) for credit in row] for row in rows], kind)
    every = [credit for row in rows if row for credit in row]
    struct = pa.StructArray.from_arrays(
        [
            pa.array([credit.start for credit in every], pa.int32()),
            pa.array([credit.end for credit in every], pa.int32()),
            pa.array([credit.value for credit in every], pa.float64()),
        ],
        names=["start", "end", "value"],
    )
    offsets = np.cumsum([0, *(len(row or ()) for row in rows)], dtype=np.int32)
    return pa.ListArray.from_arrays(pa.array(offsets), struct).cast(kind)


def weight(rollout: Rollout) -> int:
    """Roughly the bytes that the row of `rollout` holds in memory."""
    tokens = 0 if rollout.tokens is None else len(rollout.tokens)
    return 1000 + len(rollout.prompt) + len(rollout.completion) + 8 * tokens


def whole(name: str, value: object, *, bits: int = 32, low: int | None = None) -> int:
    """`value` as an int that fits a signed column of `bits` bits.

    Raises:
        LogError: if it is no whole number, too large, or below `low`.
    """
    least = -(2 ** (bits - 1)) if low is None else low
    if type(value) is int and least <= value < 2 ** (bits - 1):
        return value
    try:
        if isinstance(value, bool):
            raise TypeError
        number = operator.index(value)  # type: ignore[arg-type]  # what is no integer raises TypeError
    except TypeError:
        raise LogError(f"{name} {shown(value)} is not a whole number") from None
    if not least <= number < 2 ** (bits - 1):
        raise LogError(f"{name} {shown(number)} lies outside {least}..2**{bits - 1}-1")
    return number


def plain_name(column: str, value: object) -> str:
    """`value`, a name that people chose, with surrogates replaced by their escapes."""
    if not isinstance(value, str):
        raise LogError(f"{column} {shown(value)} is not a string")
    return value if value.isascii() else value.encode("utf-8", "backslashreplace").decode("utf-8")


def _number(name: str, value: object) -> float | None:
    if value is None or type(value) is float:
        return value
    if not isinstance(value, (int, float, np.number, np.bool_)) or isinstance(value, np.complexfloating):
        raise LogError(f"{name} {shown(value)} is not a number")
    try:
        return float(value)
    except OverflowError:
        raise LogError(f"{name} {shown(value)} is too large for a float") from None


def _flag(value: object) -> bool | None:
    if value is not None and not isinstance(value, (bool, np.bool_)):
        raise LogError(f"truth {shown(value)} is none of True, False, None")
    return None if value is None else bool(value)


def _array(name: str, values: object, dtype: type[np.number]) -> np.ndarray | None:
    """`values` as a one-dimensional array of `dtype`; integers must be integers and fit."""
    if values is None:
        return None
    try:
        given = np.asarray(values)
        ok = given.ndim == 1 and (
            given.size == 0 or given.dtype.kind in ("iu" if dtype is np.int32 else "iuf")
        )
        if ok and dtype is np.int32 and given.size:
            ok = -(2**31) <= int(given.min()) and int(given.max()) < 2**31
    except (TypeError, ValueError):
        ok = False
    if not ok:
        raise LogError(f"{name} {shown(values)} is not a list of {np.dtype(dtype).name} numbers")
    return given.astype(dtype)


def _items(name: str, values: object) -> list[tuple[str, float | None]]:
    if not isinstance(values, Mapping):
        raise LogError(f"{name} {shown(values)} is not a mapping from names to numbers")
    return [(plain_name(name, key), _number(name, value)) for key, value in values.items()]


def _credit(credit: Credit) -> dict[str, object]:
    try:
        start, end, value = credit.start, credit.end, credit.value
    except AttributeError:
        raise LogError(f"credits hold {shown(credit)}; they should hold synthgym.types.Credit") from None
    return {
        "start": whole("credit start", start),
        "end": whole("credit end", end),
        "value": _number("credit value", value),
    }


def _texts(rollout: Rollout) -> dict[str, object]:
    texts = {"prompt": rollout.prompt, "completion": rollout.completion, "error": rollout.error}
    for name, text in texts.items():
        if not isinstance(text, str) and not (text is None and name == "error"):
            raise LogError(f"{name} {shown(text)} is not a string")
    escaped = any(text and not text.isascii() and _SURROGATE.search(text) for text in texts.values())
    if escaped:
        texts = {name: None if text is None else escape_surrogates(text) for name, text in texts.items()}
    return {**texts, "escaped": escaped}
