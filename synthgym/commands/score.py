"""`synthgym score`."""

import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from synthgym.commands.common import Looking, Printing
from synthgym.verifiers.score_config import ScoreConfig


@dataclass(frozen=True, kw_only=True)
class Score(Looking, Printing, ScoreConfig):
    """Score a file of completions: completions in, verdicts out.

    A row is a JSON object with a completion (text or messages) and its task: `task` (a task's JSON), `task_id`, or
    `family` and `seed`. Verdicts go to --out, or to standard output; a summary to standard error. The exit status is 1
    if a row has no reward.
    """

    def run(self) -> int:
        """Do it; the exit status."""
        from synthgym.verifiers.score_files import score_file

        summary = score_file(self, prepare=self.prepare, on_rows=self._on_rows)
        if self._counts:
            print("\r\x1b[K", end="", file=sys.stderr)
        if self.json:
            found = json.dumps({**asdict(summary), "ok": summary.ok})
            print(found, file=sys.stdout if self.out else sys.stderr)
        else:
            print(summary, file=sys.stderr)
        return 0 if summary.ok else 1

    @property
    def _counts(self) -> bool:
        """Whether someone is looking who would like to know how far it is."""
        return self.out is not None and sys.stderr.isatty()

    def _on_rows(self, rows: Sequence[dict[str, Any]], summary: Any) -> None:
        if self.out is None:
            from synthgym.verifiers.score_output import line_of

            sys.stdout.write("".join(map(line_of, rows)))
            sys.stdout.flush()
        elif self._counts:
            print(f"\r{summary.rows:,} rows", end="", flush=True, file=sys.stderr)
