"""Parquet logs as chunks: our own rollout log, TRL's completions, and anybody's with a row a rollout.

TRL's ``log_completions=True`` writes ``completions/completions_00001.parquet`` ... with the columns step, prompt,
completion, one column a reward function, those of its users (`log_extra`), and (not in every version) advantage;
prompts and completions are texts or lists of messages. Where a batch is used for several updates, TRL writes it again
with the next steps: such files are counted once.
"""

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from synthgym.audit.chunks import Chunk, Reading
from synthgym.audit.fields import ALIASES, Fields, value_at
from synthgym.audit.json_lines import roles_told, run_name, text_array
from synthgym.audit.parquet_batches import batches, reason
from synthgym.audit.values import LARGEST, completion_of, flag_of, missing, number_of, prompt_of, storable
from synthgym.errors import LogError
from synthgym.rollout import unescape_surrogates

TRL_COLUMNS = ("step", "prompt", "completion")
_ADVANTAGE = "advantage"
_OWN = ("run", "step", "index", "phase", "task_id", "prompt", "completion", "escaped", "reward", "truth")


def read_parquet(
    files: Sequence[Path],
    given: Fields,
    reading: Reading,
    *,
    folder_of: Callable[[Path], str] = lambda file: "",
    trl: bool = False,
) -> Iterator[Chunk]:
    """The rollouts of `files`, in order. A file that cannot be read is noted, and costs no other.

    Args:
        folder_of: names the run of a file that lies in a folder of its own.
        trl: whether the files have TRL's names, which tells its columns also where they hold no advantages.

    Raises:
        LogError: if none can be read, or a field that is needed is not there.
    """
    schema = _schema(files)
    own = set(_OWN) <= set(schema.names)
    trl = not own and set(TRL_COLUMNS) <= set(schema.names) and (trl or _ADVANTAGE in schema.names)
    roles = _trl_roles(schema, given) if trl and given.reward is None else given.resolve(schema.names)
    reading.note(roles_told(roles))
    if trl and len(roles["reward"]) > 1 and given.reward is None:
        reading.note(
            "TRL's log does not hold the weights of its reward functions: the reward is taken as their plain sum; "
            "name one of them with --reward-field to audit it alone"
        )
    wanted = [part for names in roles.values() for name in names for part in (name, name.partition(".")[0])]
    columns = list(dict.fromkeys([*wanted, *(_OWN if own else ())]))
    phase = _phase(files, reading) if own else None
    before: bytes | None = None
    for file in files:
        digest = _digest(file) if trl else None
        if digest is not None and digest == before:
            reading.note(f"{file.name} and others hold the rollouts of the file before them: counted once")
            continue
        before = digest
        rows = 0
        for batch in batches(file, columns, reading):
            if own and not set(_OWN) <= set(batch.schema.names):
                reading.note(f"{file.name} is no part of a rollout log; the rest is audited")
                break
            where = f"{file.name}, row {rows + 1}"
            rows += len(batch)
            chunk = _chunk(batch, roles, own, phase, reading, where, folder_of(file))
            if len(chunk.rewards):
                yield chunk


def _schema(files: Sequence[Path]) -> pa.Schema:
    """The fields that any of the files has, each with its first type; of our own log those of its first part."""
    fields: dict[str, pa.Field] = {}
    first: Exception | None = None
    for file in files:
        try:
            schema = pq.read_schema(file)
        except (pa.ArrowException, OSError) as error:
            first = first or error
            continue
        for field in schema:
            fields.setdefault(field.name, field)
        if set(_OWN) <= fields.keys():
            break
    if not fields and first is not None:
        raise LogError(f"{files[0]} is not a Parquet file that can be read ({reason(first)})") from first
    return pa.schema(list(fields.values()))


def _trl_roles(schema: pa.Schema, given: Fields) -> dict[str, tuple[str, ...]]:
    """Every column of floats that is nothing else is a reward function's."""
    taken = {name for role in ALIASES if role != "reward" for name in (getattr(given, role),) if name}
    taken |= {*TRL_COLUMNS, _ADVANTAGE, *ALIASES["truth"]}
    rewards = [field.name for field in schema if pa.types.is_floating(field.type) and field.name not in taken]
    if given.truth in schema.names and pa.types.is_floating(schema.field(given.truth).type):
        rewards.append(given.truth)  # a reward function that is held for the truth is paid, too
    joined = ",".join(rewards) if rewards else None
    named = Fields(**{**{role: getattr(given, role) for role in ALIASES}, "reward": joined})
    return named.resolve(schema.names)


def _phase(files: Sequence[Path], reading: Reading) -> str | None:
    """ "train" if there are training rollouts, which are then all that is audited."""
    counts: dict[str, int] = {}
    for file in files:
        try:
            with pq.ParquetFile(file) as opened:
                phases = opened.read(["phase"])["phase"]
            for entry in phases.value_counts().to_pylist():
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
        with pq.ParquetFile(file) as opened:
            # Not the step, which is another each time.
            table = opened.read([name for name in opened.schema_arrow.names if name != "step"])
    except (pa.ArrowException, OSError):
        return None
    digest = hashlib.blake2b(digest_size=16)
    for row in table.to_pylist():
        digest.update(repr(row).encode("utf-8", "backslashreplace"))
    return digest.digest()


def _chunk(
    batch: pa.RecordBatch,
    roles: Mapping[str, tuple[str, ...]],
    own: bool,
    phase: str | None,
    reading: Reading,
    where: str,
    folder: str,
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
    # Runs of ours are told apart by their folders later on, where two of them have one name.
    within = "" if own else folder
    names = [run_name(within, run) for run in (runs.to_pylist() if runs is not None else [None] * count)]
    steps = _steps(batch, roles["step"][0], reading, where) if "step" in roles else np.full(count, np.nan)
    flags = kept.to_numpy(zero_copy_only=False)
    return Chunk(
        prompts=prompts.filter(kept),
        completions=completions.filter(kept),
        rewards=rewards[flags],
        steps=np.where(np.abs(steps) <= LARGEST, steps, np.nan)[flags],
        truths=_truths(batch, roles, reading)[flags],
        runs=text_array(names).filter(kept),
        keys=_keys(batch)[flags] if own else None,
        task_ids=pc.fill_null(batch["task_id"], "").cast(pa.large_string()).filter(kept) if own else None,
        folder=folder if own else "",
    )


def _column(batch: pa.RecordBatch, name: str) -> pa.Array:
    """A column, or by its dotted name what stands in one of objects; nulls where a file has none of the name."""
    if name in batch.schema.names:
        return batch.column(batch.schema.names.index(name))
    head, _, rest = name.partition(".")
    if not rest or head not in batch.schema.names:
        return pa.nulls(len(batch))
    values = batch.column(batch.schema.names.index(head)).to_pylist()
    return pa.array([value_at({head: value}, name) for value in values])


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


def _steps(batch: pa.RecordBatch, name: str, reading: Reading, where: str) -> NDArray[np.float64]:
    steps = _numbers(batch, name)
    unknown = np.flatnonzero(np.isnan(steps)).tolist()
    if unknown and not pa.types.is_floating((column := _column(batch, name)).type):
        odd = [value for value in column.take(pa.array(unknown)).to_pylist() if not missing(value)]
        if odd:
            reading.odd_value("step", odd[0], where, len(odd))
    return steps


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
    odd = [value for value, flag in zip(values, flags, strict=True) if flag < 0 and not missing(value)]
    if odd:
        reading.odd_value("truth", odd[0], "", len(odd))
    return flags


def _keys(batch: pa.RecordBatch) -> NDArray[np.int64]:
    return np.stack(
        [batch[name].to_numpy(zero_copy_only=False).astype(np.int64) for name in ("step", "index")], 1
    )


def _empty(count: int) -> pa.Array:
    return pa.array([""] * count, pa.large_string())
