"""Where a log of anybody's lies, and of which kind it is."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

from synthgym.audit.chunks import Chunk, Reading
from synthgym.audit.fields import Fields
from synthgym.errors import LogError, nearest, shown

Kind: TypeAlias = Literal["synthgym", "trl", "parquet", "jsonl"]
LINES = (".jsonl", ".jsonl.gz", ".ndjson", ".ndjson.gz", ".json")
KINDS: dict[Kind, str] = {
    "synthgym": "SynthGym's rollout log",
    "trl": "TRL's completions",
    "parquet": "Parquet",
    "jsonl": "JSON lines",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A log: its kind, and its files in the order they are read."""

    path: Path
    kind: Kind
    files: tuple[Path, ...]

    def chunks(self, fields: Fields, reading: Reading) -> Iterator[Chunk]:
        """Its rollouts; the same ones in the same order each time.

        Raises:
            LogError: if nothing of it can be read, or a field that is needed is not there.
        """
        if self.kind == "jsonl":
            from synthgym.audit.json_lines import read_json_lines

            return read_json_lines(self.files, fields, reading)
        from synthgym.audit.parquet import read_parquet

        return read_parquet(self.files, fields, reading)


def find(path: Path) -> Source:
    """The log at `path`: a file, or a folder in which the first of these is: our run folders, TRL's completions
    (also in the folder ``completions`` below it), Parquet files, JSON lines.

    Raises:
        LogError: if there is none; it names the nearest thing that would be right.
    """
    if not path.exists():
        raise LogError(f"no log {shown(str(path), 300)}{_near(path)}")
    if path.is_file():
        kind: Kind = "parquet" if path.suffix == ".parquet" else "jsonl"
        if kind == "jsonl" and not path.name.endswith(LINES):
            raise LogError(f"{path} is neither Parquet (.parquet) nor JSON lines ({', '.join(LINES[:4])})")
        return Source(path=path, kind=kind, files=(path,))
    own = sorted(path.rglob("rollouts/*.parquet"), key=_in_order)
    if path.name == "rollouts":
        own = sorted(path.glob("*.parquet"), key=_in_order)
    if own:
        return Source(path=path, kind="synthgym", files=tuple(own))
    for folder in (path, path / "completions"):
        trl = sorted(folder.glob("completions_*.parquet"), key=_in_order)
        if trl:
            return Source(path=path, kind="trl", files=tuple(trl))
    found = sorted(path.glob("*.parquet"), key=_in_order)
    if found:
        return Source(path=path, kind="parquet", files=tuple(found))
    lines = sorted((file for file in path.iterdir() if file.name.endswith(LINES[:4])), key=_in_order)
    if lines:
        return Source(path=path, kind="jsonl", files=tuple(lines))
    raise LogError(
        f"no log in {path}: it holds no rollouts/part-*.parquet, no completions_*.parquet, no other Parquet file and "
        "no JSON lines (.jsonl, .jsonl.gz); give the file itself, or its folder"
    )


def _in_order(file: Path) -> tuple[str, int, str]:
    """Files of one folder by the length of their names, then by name: 2.jsonl stands before 10.jsonl."""
    return str(file.parent), len(file.name), file.name


def _near(path: Path) -> str:
    try:
        near = nearest(path.name, [entry.name for entry in path.parent.iterdir()])
    except OSError:
        return f"; there is no folder {shown(str(path.parent), 300)}"
    return f"; did you mean {path.parent / near[0]}?" if near else "; give a run's folder, or a log's file"
