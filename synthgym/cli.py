"""The command ``synthgym``: finds the command, runs it, and turns what went wrong into one line and an exit status.

0: done. 1: a check failed, or a row has no reward. 2: a mistake of the user's, in one line on standard error.
130: interrupted. 141: nobody reads the output any more.
"""

import os
import sys
from collections.abc import Sequence

from synthgym.errors import SettingError, SynthGymError


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the exit status."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    try:
        status = _run(words)
        if sys.stdout is not None:
            sys.stdout.flush()
        return status
    except SynthGymError as error:
        print(f"synthgym: {' '.join(str(error).split())}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print(
            "synthgym: interrupted; what was logged is kept. The same command goes on from there, or begins anew if it "
            "logs nothing",
            file=sys.stderr,
        )
        return 130
    except BrokenPipeError:
        _forget_output()
        return 141
    except OSError as error:
        print(f"synthgym: {error}", file=sys.stderr)
        _forget_output()
        return 2


def _forget_output() -> None:
    """Let what could not be written go, so that the interpreter does not try again when it ends."""
    if sys.__stdout__ is not None:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.__stdout__.fileno())


def _run(words: Sequence[str]) -> int:
    from synthgym.commands.common import Looking
    from synthgym.commands.parsing import NAMES, parse, print_help

    if not words:
        raise SettingError(f"which command? {', '.join(NAMES)}; see synthgym --help")
    name, *rest = words
    if name == "help":
        name, rest = (rest[0], ["--help"]) if rest else ("--help", [])
    if name in ("-h", "--help"):
        print_help()
    if name == "--version":
        from synthgym import __version__

        print(__version__)
        return 0
    command = parse(name, rest)
    if isinstance(command, Looking):
        command.prepare()
    return command.run()
