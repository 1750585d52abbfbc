"""`synthgym play`."""

import io
import sys
from dataclasses import dataclass

from synthgym.commands.common import Looking, Printing, TaskChoice, console
from synthgym.settings import SignalLabel


@dataclass(frozen=True, kw_only=True)
class Play(Looking, Printing, TaskChoice):
    """Answer a task yourself and see the verdict.

    An answer ends with an empty line. Where standard input is no terminal, all of it is the answer; with several
    turns, an empty line ends each.
    """

    template: str = "natural"
    """How the prompt is worded: compact or natural."""
    signal: SignalLabel = "token"
    """What to judge by."""
    max_turns: int = 1
    """Tries; a wrong answer is told about, and may be bettered."""
    feedback: str = "right_or_wrong"
    """What is told of an answer that is not accepted: nothing, right_or_wrong, criterion or step."""

    def run(self) -> int:
        """Do it; the exit status."""
        from synthgym.envs.exhibit import play

        if isinstance(sys.stdin, io.TextIOWrapper):
            sys.stdin.reconfigure(errors="replace")  # any bytes are an answer
        played = play(
            self.task(),
            self.signal,
            self._ask,
            console(stderr=self.json).print,
            max_turns=self.max_turns,
            feedback=self.feedback,
        )
        if self.json:
            self.print(played, lambda: "")
        return 0

    def _ask(self) -> str:
        """One completion."""
        if not sys.stdin.isatty() and self.max_turns == 1:
            return sys.stdin.read().rstrip("\n")
        lines: list[str] = []
        while line := self._line():
            lines.append(line)
        return "\n".join(lines)

    def _line(self) -> str:
        """One line without its end; empty at the end of the input."""
        if sys.stdin.isatty():
            print("> ", end="", flush=True, file=sys.stderr if self.json else sys.stdout)
        return sys.stdin.readline().rstrip("\n")
