"""JSON lines of any trainer, gzipped or not, as chunks. A line that cannot be read is counted, and costs no other."""

import gzip
import json
import zlib
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, BinaryIO, cast

import numpy as np
import pyarrow as pa

from synthgym.audit.chunks import BYTES, ROWS, Chunk, Reading
from synthgym.audit.fields import ALIASES, Fields, value_at
from synthgym.audit.values import completion_of, flag_of, missing, number_of, prompt_of, storable
from synthgym.errors import LogError, shown

MAX_LINE = 256 << 20
"""Bytes; a longer line is not read."""
_LOOK = 200
"""Rows whose fields are looked at to find out what is what."""


def read_json_lines(
    files: Sequence[Path],
    given: Fields,
    reading: Reading,
    *,
    folder_of: Callable[[Path], str] = lambda file: "",
) -> Iterator[Chunk]:
    """The rollouts of `files`, in order; `folder_of` names the run of a file that lies in a folder of its own.

    Raises:
        LogError: if no line of them is a JSON object, or a field that is needed is not there.
    """
    names = _names(files, _LOOK)
    try:
        roles = given.resolve(names)
    except LogError:  # it may come later than the first rows
        names = _names(files, None)
        roles = given.resolve(names)
    reading.note(roles_told(roles))
    builder = Builder(roles, reading, known=names)
    for file in files:
        builder.folder = folder_of(file)
        for number, row in _rows(file, reading):
            reading.rows += 1
            if row is None:
                continue
            builder.add(row, f"{file.name}, line {number}")
            if builder.full:
                yield builder.take()
    if builder.size:
        yield builder.take()


def roles_told(roles: Mapping[str, tuple[str, ...]]) -> str:
    """Which field was read as what."""
    parts = [f"{role} from {' + '.join(shown(name) for name in names)}" for role, names in roles.items()]
    return f"read: {', '.join(parts)}"


class Builder:
    """Collects rows, as mappings, into chunks.

    Args:
        roles: which fields hold what.
        known: the fields that were looked at for that. A role that is found in none of them, such as a truth that only
            later rows have, is taken from the first row that has it.
    """

    def __init__(self, roles: Mapping[str, tuple[str, ...]], reading: Reading, known: Sequence[str]) -> None:
        self.folder = ""
        self._roles = {role: names for role, names in roles.items()}
        self._reading = reading
        self._known = set(known)
        self._clear()

    @property
    def size(self) -> int:
        """Rows collected."""
        return len(self._rewards)

    @property
    def full(self) -> bool:
        """Whether it is time to take them."""
        return self.size >= ROWS or self._bytes >= BYTES

    def add(self, row: Mapping[str, Any], where: str) -> None:
        """Add a rollout, or count why it is left out."""
        if not row.keys() <= self._known:
            self._learn(row, where)
        given = value_at(row, self._roles["completion"][0])
        completion = completion_of(given)
        if completion is None:
            self._reading.leave_out(_unfit(given), where=where)
            return
        reward = self._reward(row)
        if reward != reward:
            self._reading.leave_out("no finite reward", where=where)
            return
        prompt = (prompt_of(self._value(row, "prompt")) or "") if "prompt" in self._roles else ""
        truth = self._value(row, "truth")
        flag = flag_of(truth) if truth is not None else -1
        if flag < 0 and not missing(truth):
            self._reading.odd_value("truth", truth, where)
        logged = self._value(row, "step")
        step = number_of(logged)
        if step != step and not missing(logged):
            self._reading.odd_value("step", logged, where)
        run = self._value(row, "run")
        self._prompts.append(prompt)
        self._completions.append(completion)
        self._rewards.append(reward)
        self._steps.append(step)
        self._truths.append(flag)
        self._runs.append(run_name(self.folder, run))
        self._bytes += len(prompt) + len(completion)

    def take(self) -> Chunk:
        """What was collected, which is then forgotten."""
        made = Chunk(
            prompts=text_array(self._prompts),
            completions=text_array(self._completions),
            rewards=np.array(self._rewards),
            steps=np.array(self._steps),
            truths=np.array(self._truths, np.int8),
            runs=text_array(self._runs),
        )
        self._clear()
        return made

    def _learn(self, row: Mapping[str, Any], where: str) -> None:
        """Note the fields that no row before has had; one may be what a role was wanting."""
        self._known.update(row)
        for role, aliases in ALIASES.items():
            there = next((alias for alias in aliases if alias in row), None)
            if role not in self._roles and there is not None:
                self._roles[role] = (there,)
                self._reading.note(f"read: {role} from {shown(there)}, which {where} is the first to have")

    def _value(self, row: Mapping[str, Any], role: str) -> Any:
        names = self._roles.get(role)
        return value_at(row, names[0]) if names else None

    def _reward(self, row: Mapping[str, Any]) -> float:
        values = [value_at(row, name) for name in self._roles["reward"]]
        return number_of(values[0] if len(values) == 1 else values)

    def _clear(self) -> None:
        self._prompts: list[str] = []
        self._completions: list[str] = []
        self._rewards: list[float] = []
        self._steps: list[float] = []
        self._truths: list[int] = []
        self._runs: list[str] = []
        self._bytes = 0


def text_array(texts: list[str]) -> "pa.Array":
    """Texts as an Arrow column, lone surrogates written out."""
    try:
        return pa.array(texts, pa.large_string())
    except UnicodeEncodeError:
        return pa.array([storable(text) for text in texts], pa.large_string())


def run_name(folder: str, run: object) -> str:
    """What a rollout's run is called: by its field, by the folder of its own that its log lies in, or by both."""
    return "/".join(part for part in (folder, "" if run is None else str(run)) if part)


def _unfit(completion: object) -> str:
    if completion is None:
        return "no completion"
    if isinstance(completion, list) and any(isinstance(one, str) for one in completion):
        return "several completions in one row (write one a row)"
    return "a completion that is neither text nor messages"


def _names(files: Sequence[Path], most: int | None) -> list[str]:
    """The fields of the first `most` rows that can be read, or of all."""
    names: dict[str, None] = {}
    seen, lines = 0, 0
    reading = Reading()
    for file in files:
        with closing(_rows(file, reading)) as rows:
            for _, row in rows:
                lines += 1
                if row is not None:
                    names.update(dict.fromkeys(row))
                    seen += 1
                if most is not None and seen >= most:
                    return list(names)
    if not seen:
        raise LogError(
            f"no rollouts in {files[0]}{' and the files beside it' * (len(files) > 1)}: {_why(lines, reading)}"
        )
    return list(names)


def _why(lines: int, reading: Reading) -> str:
    """Why there is no row in so many lines."""
    if not lines:
        return "; ".join(reading.notes) or "it is empty"
    reason = next(iter(reading.left_out), "")
    first = f" ({reason}: {reading.first[reason]})" if reason in reading.first else ""
    return f"none of its {lines:,} lines is a JSON object{first}; write one a line, in UTF-8"


def _rows(file: Path, reading: Reading) -> Generator[tuple[int, Mapping[str, Any] | None], None, None]:
    """Every line that is not blank with its number; None for one that is no JSON object, which is counted."""
    number = 0
    try:
        with open(file, "rb") as raw:
            stream = cast(BinaryIO, gzip.GzipFile(fileobj=raw)) if raw.peek(2)[:2] == b"\x1f\x8b" else raw
            while line := stream.readline(MAX_LINE + 1):
                number += 1
                if len(line) > MAX_LINE and not line.endswith(b"\n"):
                    while (rest := stream.readline(MAX_LINE)) and not rest.endswith(b"\n"):
                        pass
                    reading.leave_out(
                        f"longer than {MAX_LINE >> 20} MiB", where=f"{file.name}, line {number}"
                    )
                    yield number, None
                elif line.strip():
                    yield number, _object(line, f"{file.name}, line {number}", reading)
    except (OSError, EOFError, zlib.error) as error:
        reading.note(f"{file.name} breaks off after line {number:,} ({error}); what stands before is audited")


def _object(line: bytes, where: str, reading: Reading) -> Mapping[str, Any] | None:
    try:
        row = json.loads(line.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        reading.leave_out("not UTF-8", where=f"{where}, at byte {error.start}")
        return None
    except (ValueError, RecursionError) as error:
        reading.leave_out("not JSON", where=f"{where}: {shown(str(error), 80)[1:-1]}")
        return None
    if not isinstance(row, dict):
        reading.leave_out("no JSON object", where=f"{where}: {shown(row, 40)}")
        return None
    return row
