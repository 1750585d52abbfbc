"""The tools that a policy may call, each a class of its own, so that an environment has just those that fit its family.

What a policy passes is hostile: whatever it is, a tool answers with text, and never raises. TRL shows a tool's
signature and docstring to the policy, so these are written for it.
"""

import functools
import inspect
import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar, Concatenate, ParamSpec, TypeVar

from synthgym.envs.multi_turn.dialogue import Attempt, Dialogue
from synthgym.envs.multi_turn.feedback import feedback_signal
from synthgym.envs.multi_turn.run_code import run_code
from synthgym.errors import SettingError, shown
from synthgym.family import Family
from synthgym.parsing import LINE_FORMATS, answer_format, parse
from synthgym.plugins import family_of
from synthgym.signal import Signal
from synthgym.types import Task
from synthgym.verifiers.score import score

MAX_ARGUMENT = 1 << 16
"""Characters of an argument that a tool takes."""
_KINDS: dict[object, str] = {str: "text", int: "a whole number"}

E = TypeVar("E", bound="Toolbox")
P = ParamSpec("P")


def tool(method: Callable[Concatenate[E, P], str]) -> Callable[Concatenate[E, P], str]:
    """A method that a policy may call: wrong arguments, a spent budget and failures become text, long text is cut."""
    signature = inspect.signature(method)

    @functools.wraps(method)
    def call(self: E, /, *args: P.args, **kwargs: P.kwargs) -> str:
        return self._answered(method, signature, args, kwargs)

    return call


class Toolbox:
    """What all tools share: the episode, the budget, and how an answer is put."""

    _max_calls: ClassVar[int] = 16
    _max_characters: ClassVar[int] = 2_000
    _dialogue: Dialogue | None
    _steps: list[str]
    _calls: int
    _broken: bool

    def _record(self, attempt: Attempt) -> None:
        """Called with every attempt that was judged."""

    def _answered(
        self,
        method: Callable[..., str],
        signature: inspect.Signature,
        args: tuple[object, ...],
        kwargs: Mapping[str, object],
    ) -> str:
        name = method.__name__
        if self._dialogue is None:
            return "error: there is no task yet"
        try:
            given = signature.bind(self, *args, **kwargs).arguments
        except TypeError as error:
            return _clean(f"error: {name} was called wrongly: {error}", self._max_characters)
        for key, value in given.items():
            wrong = key != "self" and _wrong(key, value, signature.parameters[key].annotation)
            if wrong:
                return wrong
        if name != "submit":
            self._calls += 1
            if self._calls > self._max_calls:
                return "No tool calls are left; hand in your answer with submit."
        try:
            text = method(**given)
        except Exception as error:  # noqa: BLE001  # whatever it is, training goes on
            warnings.warn(
                f"{type(self).__name__}.{name} failed on task {self._dialogue.task.id}: {error!r}",
                stacklevel=3,
            )
            text = f"error: {name} failed: {error}"
        return _clean(text, self._max_characters)

    def _here(self) -> Dialogue:
        if self._dialogue is None:
            raise SettingError("there is no task yet: call reset(task=...) first")
        return self._dialogue


class Submit(Toolbox):
    """Hands in an answer."""

    @tool
    def submit(self, answer: str) -> str:
        """Hand in your answer; only what is handed in counts.

        Args:
            answer: The whole worked answer in the form that the task asks for, or the final answer alone.

        Returns:
            Whether it was accepted and, if it was not, what is told about it. You may then try again.
        """
        dialogue = self._here()
        compact = dialogue.task.template == "compact"
        if dialogue.over or self._broken:
            return "-" if compact else "The task is over; no further answer is taken."
        self._broken = True  # what fails here is no fault of the policy's, and leaves the episode unscored
        attempt = dialogue.attempt(as_completion(dialogue.task, answer, dialogue.signal))
        self._broken = False
        self._record(attempt)
        if attempt.told:
            return attempt.told
        if attempt.unscored:
            return "-" if compact else "The answer could not be judged; the task is over."
        if dialogue.turns.feedback == "nothing":
            return "." if compact else "Handed in; the task is over."
        if attempt.accepted:
            return "+" if compact else "Accepted; the task is over."
        return "-" if compact else "Not accepted; the task is over."


class RunCode(Toolbox):
    """Runs code in the sandbox."""

    @tool
    def run_code(self, code: str) -> str:
        """Run Python code, to try something out. It has two seconds, the standard library, and no files or network.

        Args:
            code: The Python code.

        Returns:
            What it printed, and the value of its last line; or the error.
        """
        return run_code(code, self._max_characters)


class CheckStep(Toolbox):
    """Checks a line of a worked solution."""

    @tool
    def check_step(self, step: str, before: str = "") -> str:
        """Check whether a step of your working is valid and gets you further.

        Args:
            step: The step: one line, without the final answer.
            before: Your steps before it, one a line; leave it empty to go on from the steps found valid so far.

        Returns:
            Whether it is valid and gets you further.
        """
        dialogue = self._here()
        task = dialogue.task
        if task.answer_format not in LINE_FORMATS:
            return "error: the steps of this task cannot be checked one by one"
        lines = [line for line in before.splitlines() if line.strip()] or list(self._steps)
        if not step.strip() or "\n" in step.strip():
            return "error: give one line as the step"
        text = "\n".join([*lines, step.strip()])
        if parse(task, text).answer_span is not None:
            return "error: that is a final answer; hand it in with submit"
        verdict = score([task], [text], step_signal(dialogue.signal))[0]
        start = len(text) - len(step.strip())
        credit = next((c for c in reversed(verdict.credits) if c.start <= start < c.end), None)
        if verdict.reward is None or credit is None:
            return "error: the step could not be checked"
        if credit.value > 0:
            self._steps = [*lines, step.strip()]
        if task.template == "compact":
            return "+" if credit.value > 0 else "-"
        return "Valid." if credit.value > 0 else "Not valid, or it gets you no further."


class LookAtTest(Toolbox):
    """Shows the visible tests."""

    @tool
    def look_at_test(self, number: int) -> str:
        """Look at one of the example tests that a right answer passes. There are more tests, which stay hidden.

        Args:
            number: Which of them, counted from 1.

        Returns:
            The test.
        """
        task = self._here().task
        tests = visible_tests(family_of(task), task)
        if not tests:
            return "error: this task has no tests to look at"
        if not 1 <= number <= len(tests):
            return f"error: number must be from 1 to {len(tests)}"
        return tests[number - 1]


TOOLS: dict[str, type[Toolbox]] = {
    "run_code": RunCode,
    "check_step": CheckStep,
    "look_at_test": LookAtTest,
    "submit": Submit,
}
"""Every tool by its name."""


def fits(name: str, family: Family | None, signal: Signal) -> str | None:
    """Why the tool has no place in an environment of `family` (None: of any); None if it has."""
    if name == "look_at_test" and family is not None and not callable(getattr(family, "visible_tests", None)):
        return f"{family.name} has no visible tests"
    if name == "check_step":
        if family is not None and not set(family.formats) & set(LINE_FORMATS):
            return f"the answers of {family.name} are code, whose lines are not judged one by one"
        try:
            step_signal(signal)
        except SettingError as error:
            return str(error)
    return None


def usual_tools(family: Family | None, signal: Signal) -> tuple[str, ...]:
    """The tools that make sense for a family: `submit`, `run_code` where answers are code, and what else fits."""
    code = family is None or not set(family.formats) & set(LINE_FORMATS)
    return tuple(name for name in TOOLS if not fits(name, family, signal) and (name != "run_code" or code))


def step_signal(signal: Signal) -> Signal:
    """The signal that judges a single step.

    Raises:
        SettingError: if the signal's verifier gives no credits.
    """
    return feedback_signal(signal, "step")


def as_completion(task: Task, answer: str, signal: Signal) -> str:
    """`answer` as it stands, if it holds a final answer or takes a shortcut; a line that does neither is the answer."""
    form = answer_format(task.answer_format)
    bare = answer.strip()
    if form.code or not bare or "\n" in bare or parse(task, answer).answer_span is not None:
        return answer
    if any(shortcut.detect(task, answer) for shortcut in signal.shortcuts):
        return answer
    return f"{form.opening}{bare}{form.closing}"


def visible_tests(family: Family, task: Task) -> list[str]:
    """The example tests, as the natural prompt shows them, a line each; the hidden ones are never among them."""
    found = getattr(family, "visible_tests", None)
    tests: Sequence[Mapping[str, Any]] = found(task) if callable(found) else ()
    entry = getattr(family, "entry", None)
    name = entry(task) if callable(entry) else "f"
    return [_test(name, test) for test in tests]


def _test(name: str, test: Mapping[str, Any]) -> str:
    if "args" in test:
        return f"{name}({', '.join(map(repr, test['args']))}) == {test.get('expected')!r}"
    return "\n".join(f"{key}: {value}" for key, value in test.items())


def _wrong(key: str, value: object, kind: object) -> str | None:
    """What is wrong with an argument, as an answer to the policy; None if nothing is."""
    if not isinstance(value, kind) or isinstance(value, bool):  # type: ignore[arg-type]  # str or int
        return f"error: {key} must be {_KINDS[kind]}, and is {_clean(shown(value), 80)}"
    if isinstance(value, str) and len(value) > MAX_ARGUMENT:
        return f"error: {key} has {len(value)} characters; at most {MAX_ARGUMENT} are taken"
    return None


def _clean(text: str, longest: int) -> str:
    """`text` as valid Unicode, its middle left out where it is longer than `longest`."""
    text = text.encode("utf-8", "backslashreplace").decode("utf-8")
    if len(text) <= longest:
        return text
    note = f"\n... ({len(text):,} characters) ...\n"
    head = max(longest - len(note), 0) // 2
    tail = max(longest - len(note) - head, 0)
    return f"{text[:head]}{note}{text[len(text) - tail :]}"[: max(longest, 0)]
