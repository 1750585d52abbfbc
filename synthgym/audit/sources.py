"""Where a log of anybody's lies, and of which kind it is."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

from synthgym.audit.chunks import Chunk, Reading
from synthgym.audit.fields import Fields
from synthgym.errors import LogError, nearest, shown
from synthgym.report.words import number_of

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
    """A log: its kind, and its files in the order they are read.

    Attributes:
        others: logs of another kind that lie beside them, and are not read.
    """

    path: Path
    kind: Kind
    files: tuple[Path, ...]
    others: tuple[Path, ...] = ()

    def chunks(self, fields: Fields, reading: Reading) -> Iterator[Chunk]:
        """Its rollouts; the same ones in the same order each time.

        Raises:
            LogError: if nothing of it can be read, or a field that is needed is not there.
        """
        if self.others:
            reading.note(
                f"{number_of(len(self.others), 'file')} of another kind ({self.others[0].name}) beside the "
                f"{KINDS[self.kind]} {'is' if len(self.others) == 1 else 'are'} not read; give it by itself"
            )
        if self.kind == "jsonl":
            from synthgym.audit.json_lines import read_json_lines

            return read_json_lines(self.files, fields, reading, folder_of=self.folder_of)
        from synthgym.audit.parquet import read_parquet

        return read_parquet(self.files, fields, reading, folder_of=self.folder_of, trl=self.kind == "trl")

    def folder_of(self, file: Path) -> str:
        """The folder below `path` that holds a file's run; "" if that is `path` itself."""
        folder = file.parent
        if self.kind == "synthgym" or (self.kind == "trl" and folder.name == "completions"):
            folder = folder.parent
        if not folder.is_relative_to(self.path) or folder == self.path:
            return ""
        return folder.relative_to(self.path).as_posix()


def find(path: Path) -> Source:
    """The log at `path`: a file, or a folder in which the first of these is: our run folders, TRL's completions,
    Parquet files, JSON lines; the files in itself, or else those in the folders below it, a run each.

    Raises:
        LogError: if there is none; it names the nearest thing that would be right.
    """
    if not path.exists():
        raise LogError(f"no log {shown(str(path), 300)}{_near(path)}")
    if path.is_file():
        return Source(path=path, kind=_kind_of(path), files=(path,))
    if not path.is_dir():
        raise LogError(
            f"{path} is neither a file nor a folder; a log is read twice, so that a pipe will not do"
        )
    own = path.glob("*.parquet") if path.name == "rollouts" else path.rglob("rollouts/*.parquet")
    choices: tuple[tuple[Kind, Callable[[], Iterable[Path]]], ...] = (
        ("synthgym", lambda: own),
        ("trl", lambda: path.glob("completions_*.parquet")),
        ("trl", lambda: path.glob("completions/completions_*.parquet")),
        ("parquet", lambda: path.glob("*.parquet")),
        ("jsonl", lambda: _lines(path.iterdir())),
        ("trl", lambda: path.rglob("completions/completions_*.parquet")),
        ("parquet", lambda: path.glob("[!.]*/*.parquet")),
        ("jsonl", lambda: _lines(path.glob("[!.]*/*"))),
    )
    for kind, files in choices:
        found = sorted((file for file in files() if file.is_file()), key=_in_order)
        if found:
            others = [file for file in _logs(path) if file not in set(found)]
            return Source(path=path, kind=kind, files=tuple(found), others=tuple(others))
    raise LogError(
        f"no log in {path}: it holds no rollouts/part-*.parquet, no completions_*.parquet, no other Parquet file and "
        "no JSON lines (.jsonl, .jsonl.gz); give the file itself, or its folder"
    )


def _kind_of(file: Path) -> Kind:
    if file.suffix == ".parquet":
        return "trl" if file.name.startswith("completions_") else "parquet"
    if not file.name.endswith(LINES):
        raise LogError(f"{file} is neither Parquet (.parquet) nor JSON lines ({', '.join(LINES[:4])})")
    return "jsonl"


def _lines(files: Iterable[Path]) -> Iterator[Path]:
    return (file for file in files if file.name.endswith(LINES[:4]))


def _logs(folder: Path) -> list[Path]:
    """What else in a folder looks like a log."""
    return sorted([*folder.glob("*.parquet"), *_lines(folder.iterdir())])


def _in_order(file: Path) -> tuple[str, int, str]:
    """Files of one folder by the length of their names, then by name: 2.jsonl stands before 10.jsonl."""
    return str(file.parent), len(file.name), file.name


def _near(path: Path) -> str:
    try:
        near = nearest(path.name, [entry.name for entry in path.parent.iterdir()])
    except OSError:
        return f"; there is no folder {shown(str(path.parent), 300)}"
    return f"; did you mean {path.parent / near[0]}?" if near else "; give a run's folder, or a log's file"
