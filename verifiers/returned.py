"""What a verifier returned, as a verdict; and what is said of anything that is none."""

import inspect
import math
import traceback
from collections.abc import Mapping
from dataclasses import dataclass, replace
from numbers import Real
from pathlib import PurePath
from typing import Any, cast

import numpy as np

from synthgym.errors import SynthGymError, VerifierError, shown
from synthgym.types import Credit, Response, Task, Verdict

NEEDED = "a Verdict, a finite number or a bool is needed"
NOT_SCORED = "not scored: "
"""How the error of a verdict begins that is not scored and gives no reason of its own."""
_ERROR = 2_000
"""Characters of an error that is no text."""
UNSCORED = "return Verdict(reward=None, error=...) for what cannot be scored"


@dataclass(frozen=True, slots=True)
class Failure:
    """A completion that a verifier failed on.

    Attributes:
        what: what the verifier did, and the remedy.
        where: which verifier, and on which sample; empty if `what` says so itself.
        hung: it did not answer in time.
        final: a second try is of no use.
        error: what SynthGym's own verifier raised.
    """

    what: str
    where: str = ""
    hung: bool = False
    final: bool = False
    error: SynthGymError | None = None

    @property
    def text(self) -> str:
        """The whole story."""
        return f"{self.where}: {self.what}" if self.where else self.what


def failure(
    name: str, task: Task, response: Response, what: str, *, hung: bool = False, final: bool = False
) -> Failure:
    """The failure of verifier `name` on one sample; `what` it did, and the remedy."""
    where = f"verifier {name} on task {task.id}, completion {shown(response.completion)}"
    return Failure(what, where, hung, final)


def as_verdict(returned: object, response: Response | None = None) -> Verdict:
    """What a verifier returned for one completion, as a verdict.

    A component that is not scored makes the whole unscored. Credits are checked if `response` is given.

    Raises:
        VerifierError: if it is neither a verdict nor a finite number; it says what is wrong, and the remedy.
    """
    if type(returned) is float and math.isfinite(returned):
        return Verdict(reward=returned)
    if not isinstance(returned, Verdict):
        return Verdict(reward=_number(returned, "it returned"))
    verdict = _checked(returned)
    if response is None or verdict.credits == ():
        return verdict
    credits = _checked_credits(verdict.credits, len(response.completion))
    return verdict if credits is verdict.credits else replace(verdict, credits=credits)


def as_batch(returned: object, needed: int) -> list[object]:
    """What a batch verifier returned, as a list of `needed` results.

    Raises:
        VerifierError: if it is no list, tuple or one-dimensional array, or has another length.
    """
    if isinstance(returned, np.ndarray) and returned.ndim == 1:
        returned = list(returned)
    if not isinstance(returned, list | tuple):
        hint = ""
        if _is_tensor(returned):
            hint = "; call .tolist() on it"
        elif isinstance(returned, Mapping | str) or not hasattr(type(returned), "__iter__"):
            hint = "; one verdict a completion, in order"
        elif inspect.isawaitable(returned):
            hint = "; await it"
        else:
            hint = "; call list(...) on it"
        raise VerifierError(
            f"it returned {safely_shown(returned)} ({type(returned).__name__}) for {needed} "
            f"completion{'s' * (needed != 1)}; a list is needed{hint}"
        )
    if len(returned) != needed:
        raise VerifierError(
            f"it returned {len(returned)} results for {needed} completion{'s' * (needed != 1)}; one a completion is "
            "needed, in order (Verdict(reward=None, error=...) for what cannot be scored)"
        )
    return [*returned]


def raised(error: BaseException) -> str:
    """What is said of an exception out of a verifier."""
    if isinstance(error, SystemExit):
        return f"it called sys.exit(){_place(error)}; a verifier returns its verdict"
    if isinstance(error, KeyboardInterrupt):
        return f"it raised KeyboardInterrupt{_place(error)}; a verifier returns its verdict"
    shown_error = safely_shown(error, 200)
    said = f"it raised {shown_error}{_place(error)}"
    if "signal only works in main thread" in shown_error:
        return f"{said}; it needs a main thread of its own: set isolated=True"
    if isinstance(error, RecursionError | MemoryError):
        return f"{said}; let it refuse what is too deep or too long for it, with a reward of 0"
    if "FrozenInstanceError" in type(error).__name__:
        return f"{said}; tasks and responses cannot be changed: make another with dataclasses.replace"
    return f"{said}; any text must get a verdict: {UNSCORED}"


def safely_shown(value: object, limit: int = 60) -> str:
    """`shown(value)`, or the type's name where its repr fails."""
    try:
        return shown(value, limit)
    except Exception:  # noqa: BLE001  # a foreign object's repr may do anything
        return f"<{type(value).__name__}>"


def _checked(verdict: Verdict) -> Verdict:
    if not isinstance(verdict.components, Mapping):
        raise VerifierError(
            f"its verdict's components are {safely_shown(verdict.components)}; a mapping from names to numbers is "
            "needed"
        )
    components = {
        key: value
        if type(value) is float and type(key) is str and math.isfinite(value)
        else _component(key, value)
        for key, value in verdict.components.items()
    }
    missing = [key for key, value in components.items() if value is None]
    said: object = verdict.error
    if said is not None and not isinstance(said, str):
        verdict = replace(verdict, error=safely_shown(said, _ERROR))
    if verdict.reward is None or missing:
        reason = verdict.error or f"{NOT_SCORED}{', '.join(missing) or 'the verifier gave no reason'}"
        return replace(verdict, reward=None, error=reason)
    reward = _number(verdict.reward, "its verdict's reward is")
    if type(verdict.reward) is float and all(
        value is components[key] for key, value in verdict.components.items()
    ):
        return verdict
    return replace(verdict, reward=reward, components=cast(Mapping[str, float], components))


def _component(key: object, value: object) -> float | None:
    if not isinstance(key, str):
        raise VerifierError(f"its verdict has a component named {safely_shown(key)}; a text is needed")
    return None if value is None else _number(value, f"its verdict's component {shown(key)} is")


def _number(value: Any, said: str) -> float:
    if isinstance(value, Real | np.bool_):
        try:
            number = float(value)
        except OverflowError:
            number = math.inf
        if math.isfinite(number):
            return number
    raise VerifierError(f"{said} {safely_shown(value)}; {_remedy(value)}")


def _remedy(value: Any) -> str:
    if value is None or isinstance(value, Real):
        return f"{NEEDED}; {UNSCORED}"
    if inspect.isawaitable(value):
        if inspect.iscoroutine(value):
            value.close()
        return f"{NEEDED}; await the coroutine, and return what it gives"
    if _is_tensor(value):
        return f"{NEEDED}; call .item() on it (.tolist() for a batch)"
    if isinstance(value, str):
        return f"{NEEDED}; this is text: convert it with float(...)"
    if inspect.isgenerator(value) or inspect.isasyncgen(value):
        return f"{NEEDED}; this is a generator: write return in place of yield"
    if isinstance(value, list | tuple):
        return f"{NEEDED}; a list is for a batch verifier: set batch=True, or name its parameters (tasks, responses)"
    return f"{NEEDED}; convert it with float(...)"


def _is_tensor(value: object) -> bool:
    """An array of numpy, torch, jax ... without any of them being imported."""
    return hasattr(value, "dtype") and hasattr(value, "shape")


def _checked_credits(credits: object, length: int) -> tuple[Credit, ...]:
    """The credits, with plain numbers; the same object where they are that already."""
    if not isinstance(credits, list | tuple):
        raise VerifierError(f"its verdict's credits are {safely_shown(credits)}; a tuple of Credit is needed")
    plain = tuple(_plain(credit) for credit in credits)
    reached = 0
    for credit in plain:
        if not 0 <= credit.start <= credit.end <= length:
            raise VerifierError(
                f"a credit has start {credit.start} and end {credit.end}; 0 <= start <= end <= {length}, the "
                "completion's length in characters, is needed"
            )
        if credit.start < reached:
            raise VerifierError(
                f"the credit from {credit.start} to {credit.end} overlaps the one that ends at {reached}; give them in "
                "order, without overlap"
            )
        reached = credit.end
    same = isinstance(credits, tuple) and all(one is other for one, other in zip(plain, credits, strict=True))
    return cast(tuple[Credit, ...], credits) if same else plain


def _plain(credit: object) -> Credit:
    """A credit whose numbers are Python's own, as a log can hold them."""
    if isinstance(credit, Credit):
        start, end = _whole(credit.start), _whole(credit.end)
        if start is not None and end is not None:
            value = _number(credit.value, f"the credit from {start} to {end} has the value")
            same = start is credit.start and end is credit.end and value is credit.value
            return credit if same else Credit(start, end, value)
    raise VerifierError(
        f"a credit is {safely_shown(credit)}; Credit(start, end, value) with whole numbers is needed"
    )


def _whole(place: object) -> int | None:
    """A place as a plain int; None for what is no whole number."""
    return int(place) if isinstance(place, int | np.integer) and not isinstance(place, bool) else None


def _place(error: BaseException) -> str:
    """Where it was raised, file and line, unless that is SynthGym's own call."""
    frames = traceback.extract_tb(error.__traceback__, limit=-1)
    if not frames or PurePath(frames[-1].filename).name in ("running.py", "event_loop.py"):
        return ""
    return f" ({PurePath(frames[-1].filename).name}, line {frames[-1].lineno})"
