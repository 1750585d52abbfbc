"""The scripts that complete `synthgym`'s words in bash, zsh and fish, with the names there are when they are made."""

import shlex
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from synthgym.commands.words import Setting

_BASH = """\
_synthgym() {
  local word="${COMP_WORDS[COMP_CWORD]}" before="${COMP_WORDS[COMP_CWORD-1]}" choices=""
  if [ "$word" = "=" ]; then word=""; elif [ "$before" = "=" ]; then before="${COMP_WORDS[COMP_CWORD-2]}"; fi
  if [ "$COMP_CWORD" -eq 1 ]; then
    choices=COMMANDS
  else
    case "${COMP_WORDS[1]} $before $word" in
CASES
    esac
  fi
  COMPREPLY=( $(compgen -W "$choices" -- "$word") )
}
COMP_WORDBREAKS="${COMP_WORDBREAKS//:}"
complete -o default -F _synthgym synthgym
"""
_ZSH = """\
#compdef synthgym
whence compdef > /dev/null || { autoload -U compinit && compinit; }
autoload -U bashcompinit && bashcompinit
"""


@dataclass(frozen=True, kw_only=True)
class Words:
    """What may follow a command's name."""

    about: str
    settings: tuple[Setting, ...]


def bash(commands: Mapping[str, Words]) -> str:
    """The script for bash."""
    cases: list[str] = []
    for command, words in commands.items():
        valued = [setting for setting in words.settings if not setting.alone and not setting.switch]
        cases += [_case(f"{command} {setting.option} ", setting.names()) for setting in valued]
        options = [setting.option for setting in words.settings if not setting.alone]
        cases.append(_case(f"{command} * -", [*options, "--help"]))
        cases.append(_case(f"{command} ", _names_alone(words)))
    return _BASH.replace("COMMANDS", shlex.quote(" ".join(commands))).replace("CASES", "\n".join(cases))


def zsh(commands: Mapping[str, Words]) -> str:
    """The script for zsh, which runs bash's."""
    return _ZSH + bash(commands)


def fish(commands: Mapping[str, Words]) -> str:
    """The script for fish."""
    lines: list[str] = []
    for command, words in commands.items():
        lines.append(_fish("__fish_use_subcommand", "-f", "-a", command, "-d", words.about))
        after = f"__fish_seen_subcommand_from {command}"
        names = _names_alone(words)
        if names:
            lines.append(_fish(after, "-f", "-a", " ".join(names)))
        for setting in words.settings:
            if not setting.alone:
                values = [] if setting.switch else ["-r", *_after_a(setting.names())]
                lines.append(_fish(after, "-l", setting.option.removeprefix("--"), *values))
    return "\n".join(lines) + "\n"


SCRIPTS = {"bash": bash, "zsh": zsh, "fish": fish}


def _names_alone(words: Words) -> list[str]:
    return [name for setting in words.settings if setting.alone for name in setting.names()]


def _case(start: str, words: Iterable[str]) -> str:
    """A branch for lines that start so: a quoted text, but for a lone star, with anything after it."""
    pattern = "*".join(shlex.quote(part) if part else "" for part in start.split("*"))
    return f"    {pattern}*) choices={shlex.quote(' '.join(words))} ;;"


def _after_a(names: list[str]) -> list[str]:
    return ["-f", "-a", " ".join(names)] if names else []


def _fish(condition: str, *rest: str) -> str:
    return " ".join(map(shlex.quote, ["complete", "-c", "synthgym", "-n", condition, *rest]))
