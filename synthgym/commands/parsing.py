"""From words on a command line to a command; a mistake in them is one line, with the nearest right word.

tyro makes the help and the values out of the commands' dataclasses. It draws its errors in boxes, which are turned
into errors of our own here.
"""

import inspect
import io
import itertools
import re
import shutil
import textwrap
from collections.abc import Iterable, Sequence
from contextlib import redirect_stderr
from functools import partial
from importlib import import_module
from typing import Annotated, Any, TypeVar, Union, cast

import tyro

from synthgym.commands.common import Command
from synthgym.commands.shells import SCRIPTS, Words
from synthgym.commands.words import settings_of
from synthgym.errors import SettingError, SynthGymError, UnknownNameError, shown, suggestion

NAMES = (
    *("quickstart", "list", "show", "play", "check", "export", "score"),
    *("train", "eval", "predict", "audit", "report", "bench", "completion"),
)
PROGRAM = "synthgym"
T = TypeVar("T")
_DESCRIPTION = "Verifiable math, code and logic tasks, each supervised at several granularities."
_HELP = ("-h", "--help")
_OTHER = ("--help", "--version")
_RULE = re.compile(r"[─-]{5,}")
_CHOICE = re.compile(
    r"(?i)invalid choice '(?P<value>.*)' for argument '(?P<option>.*?)'\. Expected one of (?P<known>.*)"
)
_REWORDED = (
    (r"invalid literal for int\(\) with base 10: (.*)", r"\1 is not a whole number"),
    (r"could not convert string to float: (.*)", r"\1 is not a number"),
    (r"no type matching \S*?(INT|FLOAT)\S* could be instantiated from \[(.*)\]\.", r"\2 is no \1"),
    (r"Error parsing (--\S+): ", r"\1 "),
    (r"Error parsing \S+: ", ""),
    (r"Missing value for argument '(.*?)'\. Expected \d+ values\.", r"\1 lacks its value"),
    (r"Missing from .*?: (\S+) .*", r"\1 is missing"),
    (r"Unrecognized options: (.*)", r"too much on the line: \1"),
)


def load(name: str) -> type[Command]:
    """The class of the command of that name.

    Raises:
        UnknownNameError: if there is none; it names the nearest.
    """
    if name not in NAMES:
        raise UnknownNameError("command", name, (*NAMES, *(_OTHER if name.startswith("-") else ())))
    return cast(type[Command], getattr(import_module(f"synthgym.commands.{name}"), name.capitalize()))


def parse(name: str, words: Sequence[str]) -> Command:
    """The command of that name, with its settings from `words`.

    Raises:
        UnknownNameError: if there is none.
        SettingError: for a wrong option or value.
        SystemExit: after printing the help, if it was asked for.
    """
    return filled(load(name), words, f"{PROGRAM} {name}")


def filled(made: type[T], words: Sequence[str], program: str) -> T:
    """An object of a dataclass of settings, with those that `words` give; `program` is how it was called.

    Raises:
        SettingError: for a wrong option or value, in one line.
        SystemExit: after printing the help, if it was asked for.
    """
    name = program.rpartition(" ")[2]
    if not any(word in _HELP for word in words):
        _check_options(name, program, made, words)
    said = io.StringIO()
    try:
        with redirect_stderr(said):
            return tyro.cli(made, prog=program, description=_description(made), args=list(words))
    except SystemExit as stop:
        if not stop.code:
            raise
        raise _own_error(stop) or SettingError(
            f"{name}: {_condensed(said.getvalue())}; see {program} --help"
        ) from stop


def print_help() -> None:
    """Print what commands there are, and leave."""
    tyro.cli(_every_command(), prog=PROGRAM, description=_DESCRIPTION, args=["--help"])


def completion_script(shell: str) -> str:
    """The script that completes commands, options and the names known now.

    Raises:
        UnknownNameError: for a shell that is not in `SCRIPTS`.
    """
    if shell not in SCRIPTS:
        raise UnknownNameError("shell", shell, SCRIPTS)
    commands = {
        name: Words(about=_about(load(name)), settings=tuple(settings_of(load(name)))) for name in NAMES
    }
    return SCRIPTS[shell](commands)


def _every_command() -> Any:
    """The type that tyro reads as: one of the commands."""
    made = [(name, load(name)) for name in NAMES]
    named = [Annotated[c, tyro.conf.subcommand(name=name, description=_about(c))] for name, c in made]
    return Union[tuple(named)]  # noqa: UP007  # made of as many as there are


def _about(command: type) -> str:
    """The first paragraph of a command's help."""
    return " ".join((command.__doc__ or "").split("\n\n")[0].split())


def _description(command: type) -> str:
    """The text above a command's settings, as wide as the terminal; lines that begin with a name stay apart.

    tyro joins a line to the one before it, unless it begins with a space or follows an empty one.
    """
    fill = partial(textwrap.fill, width=shutil.get_terminal_size().columns)
    text = ""
    for paragraph in (inspect.getdoc(command) or "").split("\n\n"):
        lines = paragraph.splitlines()
        if all(re.match(r"\w+: ", line) for line in lines):
            text += "".join(
                "\n" + fill(line, initial_indent="  ", subsequent_indent="    ") for line in lines
            )
        else:
            text += "\n\n" + fill(paragraph, subsequent_indent=" ")
    return text.strip()


def _own_error(stop: BaseException) -> SynthGymError | None:
    """The error of ours that a config raised when it was made, which tyro turned into a box."""
    error = stop.__context__
    while error is not None and not isinstance(error, SynthGymError):
        error = error.__context__
    return error


def _condensed(box: str) -> str:
    """What tyro says in a box, as one line: what stands under its title, up to the first gap.

    Where standard output is not UTF-8, the box is drawn with hyphens, and its title is a line above the first rule.
    """
    lines = [line.strip(" │|") for line in box.strip().splitlines()]
    lines = lines[1 if lines[0].startswith("╭") else 2 :]
    inside = itertools.takewhile(lambda line: line and line[0] != "╰" and not _RULE.fullmatch(line), lines)
    text = " ".join(inside)
    choice = _CHOICE.match(text)
    if choice:
        known = [first or second for first, second in re.findall(r"'(.*?)'|\"(.*?)\"", choice["known"])]
        return f"{choice['option']} {shown(choice['value'])} is none of its values{suggestion(choice['value'], known)}"
    for pattern, better in _REWORDED:
        text = re.sub(pattern, better, text)
    return text


def _check_options(name: str, program: str, made: type, words: Iterable[str]) -> None:
    """Every word that looks like an option is one.

    Raises:
        SettingError: for the first that is not; it names the nearest.
    """
    settings = settings_of(made)
    alone = {setting.option: setting.metavar for setting in settings if setting.alone}
    switches = {setting.option for setting in settings if setting.switch}
    options = [setting.option for setting in settings if not setting.alone]
    for word in words:
        if word == "--":
            return
        flag, given, value = word.partition("=")
        flag = flag.replace("_", "-")
        if given and flag in switches:
            raise SettingError(
                f"{name}: {flag} takes no value, and {shown(value)} was given; leave it out, or not"
            )
        if not re.fullmatch(r"--[^-\s]\S*|-[A-Za-z]\S*", flag) or flag in (*options, *_HELP):
            continue
        if flag in alone:
            raise SettingError(
                f"{name} has no option {flag}: {alone[flag]} stands by itself, as in {program} {alone[flag]}"
            )
        raise SettingError(f"{name} has no option {shown(flag)}{suggestion(flag, [*options, *alone])}")
