"""The second try of a verifier that failed: in a fresh Python process, which shares nothing with this one."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from time import monotonic

from synthgym.plugins import get_verifier
from synthgym.signal import Signal
from synthgym.types import Task, Verdict
from synthgym.verifiers.custom import plan_of
from synthgym.verifiers.deadline import Patience
from synthgym.verifiers.isolation import BrokenError, Cargo, UnfitError, Worker
from synthgym.verifiers.returned import Failure

SECONDS = 60.0
"""Wall time of all second tries of a call together."""
MAX_HUNG = 3
"""After so many second tries in a row that hung, no other completion is tried again on which the verifier hung."""


@dataclass(frozen=True, slots=True)
class Case:
    """One completion whose verifier failed, and how."""

    task: Task
    completion: str
    failure: Failure


def retry(cases: Sequence[Case], signal: Signal) -> list[Verdict]:
    """A verdict a case: the second try's, or one that is not scored and says why.

    Each second try has the verifier's own deadline, shorter after others that hung, and all have `SECONDS` together.
    """
    if all(case.failure.final for case in cases):
        return [_unscored(case, "") for case in cases]
    try:
        cargo = Cargo(replace(signal, control=None), [case.task for case in cases])
    except UnfitError as error:
        return [_unscored(case, "" if case.failure.final else f"no second try: {error}") for case in cases]
    tries = _Tries(cargo, min(SECONDS, plan_of(get_verifier(signal), signal.label).alone_seconds))
    try:
        return [_unscored(case, "") if case.failure.final else tries.again(case) for case in cases]
    finally:
        tries.end()


class _Tries:
    """The second tries of a call: one fresh process for all, and another after each that it does not survive."""

    def __init__(self, cargo: Cargo, seconds: float) -> None:
        self._cargo, self._patience = cargo, Patience(seconds)
        self._hung = 0  # in a row
        self._until = monotonic() + SECONDS
        self._worker: Worker | None = None
        self._unfit = ""

    def again(self, case: Case) -> Verdict:
        """The verdict of the second try."""
        left = self._until - monotonic()
        if self._unfit:
            return _unscored(case, f"no second try: {self._unfit}")
        if left <= 0:
            return _unscored(case, f"no second try: those of this call took {SECONDS:g} s together")
        if case.failure.hung and self._hung >= MAX_HUNG:
            return _unscored(case, f"no second try: {MAX_HUNG} in a row did not end in time either")
        try:
            outcome = self._tried(case, min(self._patience.seconds, left))
        except UnfitError as error:
            self._unfit = str(error)
            return _unscored(case, f"no second try: {error}")
        except (BrokenError, OSError) as error:
            self._hung = 0
            return _unscored(case, f"second try: {error}")
        if isinstance(outcome, float):
            self._patience.late += 1
            self._hung += 1
            return _unscored(case, f"the second try did not end within {outcome:.3g} s")
        self._hung = 0
        if isinstance(outcome, Verdict):
            return outcome
        same = outcome.what == case.failure.what
        return _unscored(case, "and so did the second try" if same else f"second try: {outcome.what}")

    def end(self) -> None:
        """End the process."""
        if self._worker is not None:
            self._worker.kill()

    def _tried(self, case: Case, seconds: float) -> Verdict | Failure | float:
        """What the process says, or the seconds in which it said nothing."""
        if self._worker is None or not self._worker.usable():
            self._worker = Worker(quiet=True)
        outcomes = self._worker.judge(self._cargo, [case.task], [case.completion], seconds)
        return seconds if outcomes is None else outcomes[0]


def _unscored(case: Case, why: str) -> Verdict:
    return Verdict(reward=None, error=f"{case.failure.text} ({why})" if why else case.failure.text)
