"""`synthgym completion`."""

from dataclasses import dataclass
from typing import Annotated

import tyro

from synthgym.commands.common import Looking


@dataclass(frozen=True, kw_only=True)
class Completion(Looking):
    """Print the script that completes commands, options and names in a shell.

    bash: eval "$(synthgym completion bash)" in ~/.bashrc. zsh: eval "$(synthgym completion zsh)" in ~/.zshrc. fish:
    synthgym completion fish > ~/.config/fish/completions/synthgym.fish. The names are those of now: make it again after
    installing a plug-in.
    """

    shell: Annotated[tyro.conf.Positional[str], tyro.conf.arg(metavar="SHELL")]
    """bash, zsh or fish."""

    def run(self) -> int:
        """Do it; the exit status."""
        from synthgym.commands.parsing import completion_script

        print(completion_script(self.shell))
        return 0
