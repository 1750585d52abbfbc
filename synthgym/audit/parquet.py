"""Parquet logs as chunks: our own rollout log, TRL's completions, and anybody's with a row a rollout.

TRL's ``log_completions=True`` writes ``completions/completions_00001.parquet`` ... with the columns step, prompt,
completion, one column a reward function, those of its users (`log_extra`), and advantage; prompts and completions are
texts or lists of messages. Where a batch is used for several updates, TRL writes it again: such files are counted once.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from synthgym.audit.chunks import BYTES, ROWS, Chunk, Reading
from synthgym.audit.fields import ALIASES, Fields, value_at
from synthgym.audit.json_lines import roles_told, text_array
from synthgym.audit.values import LARGEST, completion_of, flag_of, number_of, prompt_of, storable
from synthgym.errors import LogError
from synthgym.rollout import unescape_surrogates

TRL_COLUMNS = ("step", "prompt", "completion", "advantage")
_OWN = ("run", "step", "index", "phase", "task_id", "prompt", "completion", "escaped", "reward", "truth")


def read_parquet(files: Sequence[Path], given: Fields, reading: Reading) -> Iterator[Chunk]:
    """The rollouts of `files`, in order. A file that cannot be read is noted, and costs no other.

    Raises:
        LogError: if none can be read, or a field that is needed is not there.
    """
    roles, schema = _roles(files, given)
    own = set(_OWN) <= set(schema.names)
    trl = set(TRL_COLUMNS) <= set(schema.names) and not own
    reading.note(roles_told(roles))
    if trl and len(roles["reward"]) > 1 and given.reward is None:
        reading.note(
            "TRL's log does not hold the weights of its reward functions: the reward is taken as their plain sum; "
            "name one of them with --reward-field to audit it alone"
        )
    phase = _phase(files, reading) if own else None
    seen: dict[bytes, str] = {}
    for file in files:
        digest = _digest(file) if trl else None
        if digest is not None and digest in seen:
            reading.note(f"{file.name} and others hold the rollouts of a file before them: counted once")
            continue
        if digest is not None:
            seen[digest] = file.name
        yield from _read(file, roles, own, phase, reading)


def _read(
    file: Path, roles: Mapping[str, tuple[str, ...]], own: bool, phase: str | None, reading: Reading
) -> Iterator[Chunk]:
    rows = 0
    try:
        with pq.ParquetFile(file) as opened:
            wanted = _wanted(roles, opened.schema_arrow.names)
            if own:
                wanted = list(dict.fromkeys([*wanted, *_OWN]))
            for batch in opened.iter_batches(_batch_rows(opened.metadata), columns=wanted):
                chunk = _chunk(batch, roles, own, phase, reading, f"{file.name}, row {rows + 1}")
                rows += len(batch)
                if len(chunk.rewards):
                    yield chunk
    except (pa.ArrowException, OSError, KeyError) as error:
        state = f"breaks off after row {rows:,}" if rows else "cannot be read"
        reading.note(f"{file.name} {state} ({_reason(error)}); the rest is audited")


def _roles(files: Sequence[Path], given: Fields) -> tuple[dict[str, tuple[str, ...]], pa.Schema]:
    """The roles of the fields, and the schema, of the first file that can be read."""
    first: Exception | None = None
    for file in files:
        try:
            schema = pq.read_schema(file)
        except (pa.ArrowException, OSError) as error:
            first = first or error
            continue
        if set(TRL_COLUMNS) <= set(schema.names) and given.reward is None and "phase" not in schema.names:
            return _trl_roles(schema, given), schema
        return given.resolve(schema.names), schema
    assert first is not None  # there is at least one file
    raise LogError(f"{files[0]} is not a Parquet file that can be read ({_reason(first)})") from first


def _trl_roles(schema: pa.Schema, given: Fields) -> dict[str, tuple[str, ...]]:
    """Every column of floats that is nothing else is a reward function's."""
    taken = {name for role in ALIASES if role != "reward" for name in (getattr(given, role),) if name}
    taken |= {*TRL_COLUMNS, *ALIASES["truth"]}
    rewards = [field.name for field in schema if pa.types.is_floating(field.type) and field.name not in taken]
    if given.truth in schema.names and pa.types.is_floating(schema.field(given.truth).type):
        rewards.append(given.truth)  # a reward function that is held for the truth is paid, too
    joined = ",".join(rewards) if rewards else None
    named = Fields(**{**{role: getattr(given, role) for role in ALIASES}, "reward": joined})
    return named.resolve(schema.names)


def _wanted(roles: Mapping[str, tuple[str, ...]], names: Sequence[str]) -> list[str]:
    wanted = [name if name in names else name.partition(".")[0] for role in roles.values() for name in role]
    return [name for name in dict.fromkeys(wanted) if name in names]


def _phase(files: Sequence[Path], reading: Reading) -> str | None:
    """ "train" if there are training rollouts, which are then all that is audited."""
    counts: dict[str, int] = {}
    for file in files:
        try:
            for entry in pq.read_table(file, columns=["phase"])["phase"].value_counts().to_pylist():
                counts[str(entry["values"])] = counts.get(str(entry["values"]), 0) + entry["counts"]
        except (pa.ArrowException, OSError, KeyError):
            continue  # it is noted when it is read
    if not counts.get("train"):
        reading.note("the log holds no training rollouts: what it holds is audited")
        return None
    others = sum(counts.values()) - counts["train"]
    if others:
        reading.note(
            f"{others:,} rollouts of evaluations and probes are left out: nothing was learned from them"
        )
    return "train"


def _digest(file: Path) -> bytes | None:
    """What tells a file's rollouts from another's."""
    try:
        table = pq.read_table(file, columns=["completion", "advantage"]).combine_chunks()
    except (pa.ArrowException, OSError, KeyError):
        return None
    digest = hashlib.blake2b(digest_size=16)
    for row in table.to_pylist():
        digest.update(repr(row).encode("utf-8", "backslashreplace"))
    return digest.digest()


def _batch_rows(metadata: Any) -> int:
    """So many rows that a batch holds about `BYTES` of text."""
    size = sum(metadata.row_group(i).total_byte_size for i in range(metadata.num_row_groups))
    return int(np.clip(BYTES * max(metadata.num_rows, 1) // max(size, 1), 8, ROWS))


def _chunk(
    batch: pa.RecordBatch,
    roles: Mapping[str, tuple[str, ...]],
    own: bool,
    phase: str | None,
    reading: Reading,
    where: str,
) -> Chunk:
    if phase is not None:
        batch = batch.filter(pc.fill_null(pc.equal(batch["phase"], phase), False))
    count = len(batch)
    reading.rows += count
    completions, absent = _texts(batch, roles["completion"][0], completion_of)
    rewards = _rewards(batch, roles["reward"])
    unscored = ~(np.abs(rewards) <= LARGEST)
    reading.leave_out("no completion", int(absent.sum()), where)
    reading.leave_out("no finite reward", int((unscored & ~absent).sum()), where)
    kept = pa.array(~(absent | unscored))
    prompts = _texts(batch, roles["prompt"][0], prompt_of)[0] if "prompt" in roles else _empty(count)
    if own:
        prompts, completions = _unescaped(batch, prompts), _unescaped(batch, completions)
    runs = _column(batch, roles["run"][0]) if "run" in roles else None
    names = (
        _empty(count) if runs is None else text_array(["" if v is None else str(v) for v in runs.to_pylist()])
    )
    steps = _numbers(batch, roles["step"][0]) if "step" in roles else np.full(count, np.nan)
    flags = kept.to_numpy(zero_copy_only=False)
    return Chunk(
        prompts=prompts.filter(kept),
        completions=completions.filter(kept),
        rewards=rewards[flags],
        steps=np.where(np.abs(steps) <= LARGEST, steps, np.nan)[flags],
        truths=_truths(batch, roles, reading)[flags],
        runs=names.filter(kept),
        keys=_keys(batch)[flags] if own else None,
        task_ids=pc.fill_null(batch["task_id"], "").cast(pa.large_string()).filter(kept) if own else None,
    )


def _column(batch: pa.RecordBatch, name: str) -> pa.Array:
    """A column, or by its dotted name what stands in one of objects."""
    if name in batch.schema.names:
        return batch.column(batch.schema.names.index(name))
    values = batch.column(batch.schema.names.index(name.partition(".")[0])).to_pylist()
    head, _, rest = name.partition(".")
    return pa.array([value_at({head: value}, name) if rest else value for value in values])


def _texts(batch: pa.RecordBatch, name: str, reads: Any) -> tuple[pa.Array, NDArray[np.bool_]]:
    """A column of texts or of messages (N,), and where there is none (N,)."""
    column = _column(batch, name)
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
        absent = column.is_null().to_numpy(zero_copy_only=False)
        return _valid(pc.fill_null(column.cast(pa.large_string()), "")), absent
    texts = [reads(value) for value in column.to_pylist()]
    absent = np.array([text is None for text in texts], bool)
    return text_array([text or "" for text in texts]), absent


def _valid(texts: pa.Array) -> pa.Array:
    """`texts`, or where a writer put in what is not UTF-8, with that written out."""
    try:
        texts.validate(full=True)
    except pa.ArrowInvalid:
        raw = texts.view(pa.large_binary()).to_pylist()
        return pa.array([one.decode("utf-8", "backslashreplace") for one in raw], pa.large_string())
    return texts


def _unescaped(batch: pa.RecordBatch, texts: pa.Array) -> pa.Array:
    """Texts of our log with backslashes as they were; lone surrogates stay written out."""
    escaped = pc.fill_null(batch["escaped"], False).to_numpy(zero_copy_only=False)
    if not escaped.any():
        return texts
    given = zip(texts.to_pylist(), escaped.tolist(), strict=True)
    return text_array([storable(unescape_surrogates(text)) if flag else text for text, flag in given])


def _rewards(batch: pa.RecordBatch, names: Sequence[str]) -> NDArray[np.float64]:
    """The sum of the columns, of those that scored a row; NaN where none did."""
    columns = np.stack([_numbers(batch, name) for name in names])
    scored = ~np.isnan(columns)
    total: NDArray[np.float64] = np.where(
        scored.any(axis=0), np.where(scored, columns, 0.0).sum(axis=0), np.nan
    )
    return total


def _numbers(batch: pa.RecordBatch, name: str) -> NDArray[np.float64]:
    column = _column(batch, name)
    kind = column.type
    if pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_boolean(kind):
        found: NDArray[np.float64] = column.cast(pa.float64(), safe=False).to_numpy(zero_copy_only=False)
        return found
    return np.array([number_of(value) for value in column.to_pylist()], np.float64)


def _truths(
    batch: pa.RecordBatch, roles: Mapping[str, tuple[str, ...]], reading: Reading
) -> NDArray[np.int8]:
    if "truth" not in roles:
        return np.full(len(batch), -1, np.int8)
    column = _column(batch, roles["truth"][0])
    if pa.types.is_boolean(column.type):
        found: NDArray[np.int8] = column.cast(pa.int8()).fill_null(-1).to_numpy(zero_copy_only=False)
        return found
    values = column.to_pylist()
    flags = np.array([flag_of(value) if value is not None else -1 for value in values], np.int8)
    odd = [value for value, flag in zip(values, flags, strict=True) if flag < 0 and value is not None]
    if odd:
        reading.odd_truth(odd[0], "", len(odd))
    return flags


def _keys(batch: pa.RecordBatch) -> NDArray[np.int64]:
    return np.stack(
        [batch[name].to_numpy(zero_copy_only=False).astype(np.int64) for name in ("step", "index")], 1
    )


def _empty(count: int) -> pa.Array:
    return pa.array([""] * count, pa.large_string())


def _reason(error: Exception) -> str:
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return f"{lines[0]:.160}"
