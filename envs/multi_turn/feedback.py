"""What is told of an attempt that was not accepted: read from the signal's own verdict, and put into few words.

Nothing here asks the family for the truth: a flaw that is planted in a signal speaks in its feedback, too. No text
holds a digit or quotes anything, so that none can spell a reference answer.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from synthgym.envs.multi_turn.settings import NEEDED, Feedback
from synthgym.envs.render import visible
from synthgym.errors import SettingError, VerifierError, shown
from synthgym.parsing import parse
from synthgym.plugins import family_of
from synthgym.signal import Signal
from synthgym.types import GRANULARITIES, Credit, Task, Verdict

ACCEPTED = 0.5
"""A reward of at least this accepts an attempt: between a rubric's best wrong and its worst right response."""
MAX_NAMES = 8
"""Criteria that a feedback names."""
MAX_MARKS = 32
"""Lines that a compact feedback counts out; what is later is told as the line after them."""
_NAME = 40
_ONES = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen"
).split()
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Where an attempt fell short, as far as its feedback asks.

    Attributes:
        criteria: the names of those that fell short.
        line: the first line of the completion that earned no credit, from 1; where each earned some, the first of
            those that earned least. The one after the last if only the final answer is missing.
        credit: what that line earned; None if it is missing.
    """

    criteria: tuple[str, ...] = ()
    line: int | None = None
    credit: float | None = None


def feedback_signal(signal: Signal, feedback: Feedback) -> Signal:
    """The signal whose verdict tells as much as `feedback` asks: `signal`, or a generic verifier's finer one.

    Its shortcuts stay, so that the feedback is as flawed as the reward.

    Raises:
        SettingError: if the signal's verifier is not generic and too coarse, or its verdicts are drawn at random.
    """
    needed = NEEDED.get(feedback)
    if needed is None:
        return signal
    what = "components" if feedback == "criterion" else "credits"
    remedy = "feedback='right_or_wrong' works with every signal"
    if signal.control is not None:
        raise SettingError(
            f"feedback {feedback!r} reads the {what} of a verdict, and signal {signal.label} gives none; {remedy}"
        )
    chosen = signal.verifier if signal.verifier is not None else signal.granularity
    generic = isinstance(chosen, str) and chosen in GRANULARITIES
    has = GRANULARITIES.index(chosen if generic else signal.granularity)
    if has >= GRANULARITIES.index(needed):
        return signal
    if generic:
        return replace(signal, granularity=needed, verifier=None)
    raise SettingError(
        f"feedback {feedback!r} reads the {what} of a verdict, and signal {signal.label} says that its verifier gives "
        f"none: if it does, make it a signal of granularity {needed!r}; {remedy}"
    )


def finding(task: Task, completion: str, verdict: Verdict, signal: Signal, feedback: Feedback) -> Finding:
    """Where `completion` fell short, as `verdict`, which `signal` gave, tells it.

    Raises:
        VerifierError: if the verdict lacks what `feedback` reads; it names the signal, the sample and the remedy.
    """
    if feedback == "criterion":
        if not verdict.components:
            raise _lacking("components", feedback, task, completion, signal)
        return Finding(criteria=_short(task, verdict.components, signal))
    if feedback == "step":
        if completion and not verdict.credits:
            raise _lacking("credits", feedback, task, completion, signal)
        return _line(task, completion, verdict.credits)
    return Finding()


def words(template: str, feedback: Feedback, found: Finding) -> str:
    """The observation after an attempt: a few characters in the compact template, a sentence in any other."""
    if template == "compact":
        return _compact(feedback, found)
    if feedback == "nothing":
        return "Write another answer."
    if found.criteria:
        return f"Not accepted; this fell short: {', '.join(found.criteria)}. Try again."
    if found.line is None:
        return "Not accepted. Try again."
    if found.credit is None:
        return "Not accepted; the final answer is missing. Try again."
    earned = "is the first that earned no credit" if found.credit <= 0 else "earned the least credit"
    return f"Not accepted; line {_spelled(found.line)} {earned}. Try again."


def _compact(feedback: Feedback, found: Finding) -> str:
    if feedback == "nothing":
        return "?"
    good = 0 if found.line is None else min(found.line - 1, MAX_MARKS)
    return f"{'+' * good}-{','.join(found.criteria)}?"


def _short(task: Task, components: Mapping[str, float], signal: Signal) -> tuple[str, ...]:
    """Names of the components below 1; those of style, which a wrong answer cannot earn, and the truth aside."""
    chosen = signal.verifier if signal.verifier is not None else signal.granularity
    generic = isinstance(chosen, str) and chosen in GRANULARITIES
    planted = {shortcut.name for shortcut in signal.shortcuts}
    style = {criterion.name for criterion in family_of(task).rubric if criterion.style and generic}
    below = [name for name, value in components.items() if value < 1 and name not in planted | style]
    named = [name for name in below if not (generic and name == "truth")] or below
    return tuple(visible(str(name)).replace("\n", " ")[:_NAME] for name in named[:MAX_NAMES])


def _line(task: Task, completion: str, credits: tuple[Credit, ...]) -> Finding:
    spans = [credit for credit in credits if credit.end > credit.start]
    lines = completion.rstrip().count("\n") + 1 if completion.strip() else 0
    least = min((credit.value for credit in spans), default=0.0)
    if not spans or least >= 1:  # every line that is there earned all of it
        ended = not credits or credits[-1].value < 1
        return Finding(line=lines + 1) if ended else Finding()
    first = next(credit for credit in spans if credit.value == least)
    line = completion.count("\n", 0, _place(task, completion, first)) + 1
    return Finding(line=line, credit=float(first.value))


def _place(task: Task, completion: str, credit: Credit) -> int:
    """Where the line of a credit starts: blank lines and fences before the first belong to its credit, too."""
    read = parse(task, completion)
    spans = [*read.steps, *((read.answer_span,) if read.answer_span else ()), *read.trailing]
    inside = [span.start for span in spans if credit.start <= span.start < credit.end]
    return min(inside, default=credit.start)


def _lacking(what: str, feedback: Feedback, task: Task, completion: str, signal: Signal) -> VerifierError:
    return VerifierError(
        f"verifier {signal.label} gave no {what} for {shown(completion)} of task {task.id}, and feedback {feedback!r} "
        f"reads them: let it give some, or use feedback='right_or_wrong'"
    )


def _spelled(number: int) -> str:
    """`number` in English; from a thousand on there is no need to be exact."""
    if number >= 1000:
        return "a thousand or later"
    if number >= 100:
        rest = f" and {_spelled(number % 100)}" if number % 100 else ""
        return f"{_ONES[number // 100]} hundred{rest}"
    if number < 20:
        return _ONES[number]
    return _TENS[number // 10 - 2] + (f"-{_ONES[number % 10]}" if number % 10 else "")
