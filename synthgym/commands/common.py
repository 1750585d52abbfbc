"""What commands have in common: options, printing, and the user's own modules."""

import importlib
import importlib.util
import json
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Annotated, Any, Protocol

import tyro

from synthgym.errors import PluginError, SettingError, nearest, shown, suggestion
from synthgym.settings import FamilyName, Flag, FormatName, Repeated


class Command(Protocol):
    """A command, as the command line fills it in."""

    def run(self) -> int:
        """Do it; the exit status."""
        ...


@dataclass(frozen=True, kw_only=True)
class Printing:
    """What every command that prints something takes."""

    json: Flag = False
    """Print JSON instead of text for people."""

    def print(self, value: Any, rendered: Callable[[], Any]) -> None:
        """Print `value` as JSON, or what `rendered` makes of it."""
        if self.json:
            print(json.dumps(value, indent=1))
            return
        text = rendered()
        if isinstance(text, str):
            print(text)
        else:
            console().print(text)


@dataclass(frozen=True, kw_only=True)
class Looking:
    """What every command that looks names up takes."""

    imports: Annotated[Repeated, tyro.conf.arg(name="import", metavar="MODULE")] = ()
    """A module, or a .py file, that registers families, verifiers or shortcuts of your own; may be given again."""
    data: Annotated[Repeated, tyro.conf.arg(metavar="[NAME=]FILE")] = ()
    """Rows with the columns prompt and answer (.jsonl, .csv, .parquet) as a family; may be given again."""

    @property
    def prepare(self) -> Callable[[], None]:
        """What makes those names known, here or in another process."""
        return partial(make_known, self.imports, self.data)


@dataclass(frozen=True, kw_only=True)
class TaskChoice:
    """Which task."""

    family: FamilyName
    """Name of the family."""
    seed: int = 0
    """Which task."""
    split: str = "train"
    """train or test."""
    difficulty: int = 1
    """0 to 10."""
    template: str = "compact"
    """How the prompt is worded: compact or natural."""
    answer_format: FormatName = None
    """How the answer is written: equals, line, boxed, tag, bare or fenced; None takes the template's."""

    def task(self) -> Any:
        """The task itself.

        Raises:
            UnknownNameError, SettingError: for a name or a value that is wrong.
        """
        from synthgym.plugins import get_family

        return get_family(self.family).task(
            self.seed,
            split=self.split,
            difficulty=self.difficulty,
            template=self.template,
            answer_format=self.answer_format,
        )


def console(stderr: bool = False) -> Any:
    """A console on standard output, or standard error."""
    from rich.console import Console

    return Console(stderr=stderr)


def make_known(imports: Sequence[str], data: Sequence[str]) -> None:
    """Import the modules and files that a user named, in order, and load their data sets as families.

    Raises:
        SettingError: if there is none of that name.
        PluginError: if importing one fails.
        SynthGymError: if a data set cannot be read.
    """
    for name in imports:
        imported(name)
    for given in data:
        from synthgym.envs.custom.rows import load_family

        name, _, path = given.rpartition("=")
        if not Path(path).exists():
            raise SettingError(f"no file {shown(path, 300)} to read{like(Path(path))}")
        load_family(path, name or Path(path).name.partition(".")[0])


def imported(name: str) -> ModuleType:
    """A module of the user's by its name, or by the path of its file.

    Both are found again by processes that are started later: their folder is put on ``sys.path``.
    """
    path = Path(name)
    is_file = path.suffix == ".py" or path.is_file() or os.sep in name
    if is_file and not path.is_file():
        raise SettingError(f"no file {shown(name, 300)} to import{like(path)}")
    folder = str(path.resolve().parent) if is_file else os.getcwd()
    if folder not in sys.path:
        sys.path.insert(0, folder)
    module = path.stem if is_file else name
    try:
        found = importlib.import_module(module)
    except ModuleNotFoundError as error:
        if error.name is not None and module.split(".")[0] == error.name.split(".")[0]:
            near = like(Path(f"{module}.py")).replace(".py?", "?")
            raise SettingError(f"no module {shown(module, 300)} to import{near}") from error
        raise PluginError(f"importing {shown(name, 300)} failed: {error!r}") from error
    except Exception as error:
        raise PluginError(f"importing {shown(name, 300)} failed: {error!r}") from error
    if is_file and Path(found.__file__ or "").resolve() != path.resolve():
        raise SettingError(
            f"{shown(name, 300)} cannot be imported: {module!r} is another module ({found.__file__}); rename the file"
        )
    return found


def attribute(name: str) -> Any:
    """What ``MODULE:OBJECT`` or ``FILE.py:OBJECT`` names.

    Raises:
        SettingError: if the module has no such object.
        PluginError: if importing the module fails.
    """
    place, _, wanted = name.rpartition(":")
    module = imported(place)
    if not hasattr(module, wanted):
        raise SettingError(
            f"{place} has no {shown(wanted)}{suggestion(wanted, [n for n in vars(module) if n[0] != '_'])}"
        )
    return getattr(module, wanted)


def like(path: Path) -> str:
    """The tail of an error about a file or folder that is not there: the nearest beside it, if one is near."""
    try:
        there = [entry.name for entry in path.parent.iterdir()]
    except OSError:
        there = []
    near = nearest(path.name, there)
    return f"; did you mean {path.parent / near[0]}?" if near else ""
