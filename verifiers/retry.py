"""The second try of a verifier that failed: in a fresh Python process, which shares nothing with this one.

A process of its own, started by hand, because multiprocessing would import the caller's main module again.
"""

import os
import pickle
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass

from synthgym.errors import SynthGymError
from synthgym.parsing import parse
from synthgym.signal import Signal
from synthgym.types import Task, Verdict

SECONDS = 60.0
"""Wall time that the fresh process gets for all cases of a call."""
_RUN = "from synthgym.verifiers.retry import main; main()"


@dataclass(frozen=True, slots=True)
class Case:
    """One completion whose verifier failed, and how."""

    task: Task
    completion: str
    signal: Signal
    error: str


def retry(cases: Sequence[Case]) -> list[Verdict]:
    """A verdict a case: the second try's, or one that is not scored and says why."""
    if not cases:
        return []
    try:
        payload = pickle.dumps(list(cases))
    except (pickle.PicklingError, AttributeError, TypeError) as error:
        return [
            _unscored(f"{case.error} (no second try, as it cannot be pickled: {error})") for case in cases
        ]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(p for p in sys.path if p)}
    try:
        done = subprocess.run(
            [sys.executable, "-c", _RUN],
            input=payload,
            capture_output=True,
            timeout=SECONDS,
            env=environment,
            check=True,
        )
        verdicts: list[Verdict] = pickle.loads(done.stdout)
        return verdicts
    except subprocess.TimeoutExpired:
        reason = f"the second try did not end within {SECONDS:.0f} s"
    except (subprocess.CalledProcessError, OSError, pickle.UnpicklingError, EOFError):
        reason = "the second try broke down: its verifier cannot be imported in a fresh process"
    return [_unscored(f"{case.error} ({reason})") for case in cases]


def main() -> None:
    """The fresh process: cases in on standard input, verdicts out on standard output."""
    out = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    cases: list[Case] = pickle.loads(sys.stdin.buffer.read())
    verdicts = []
    for case in cases:
        verdict, error = _attempt(case)
        again = "and so did the second try" if error == case.error else f"second try: {error}"
        verdicts.append(verdict if verdict is not None else _unscored(f"{case.error} ({again})"))
    with out:
        out.write(pickle.dumps(verdicts))


def _attempt(case: Case) -> tuple[Verdict | None, str]:
    from synthgym.verifiers.score import verdict_on

    try:
        return verdict_on(case.task, parse(case.task, case.completion), case.signal), ""
    except SynthGymError as error:
        return None, str(error)


def _unscored(error: str) -> Verdict:
    return Verdict(reward=None, error=error)
