"""What the planted weak graders share: each is a classic way to grade code, run in the sandbox for all that.

A weak grader pays for whatever it accepts. What it accepts and the strong sandbox refuses, which compares in another
process than the solution's, takes the shortcut; the counterfactual is the same solution under the strong sandbox.
"""

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, ClassVar, Protocol, runtime_checkable

from synthgym.errors import ShortcutError
from synthgym.parsing import answer_format, parse
from synthgym.parsing import render as rendered
from synthgym.plugins import family_of
from synthgym.rng import Rng
from synthgym.signal import Signal
from synthgym.types import Solution, Task
from synthgym.verifiers.sandbox import Limits, Outcome, judge_function, run
from synthgym.verifiers.shortcuts._answers import family_if_known, is_right, worked
from synthgym.verifiers.shortcuts._planted import Flaw

LIMITS = Limits(seconds=2, memory_mb=256, output_kb=64)
"""What a solution may use under a weak grader, too."""


@runtime_checkable
class FamilyWithTests(Protocol):
    """A family whose answers are Python functions that tests decide about."""

    def entry(self, task: Task) -> str:
        """The function's name."""
        ...

    def visible_tests(self, task: Task) -> Sequence[Mapping[str, Any]]:
        """Tests ``{"args": [...], "expected": ...}`` that the prompt shows, or would."""
        ...

    def hidden_tests(self, task: Task) -> Sequence[Mapping[str, Any]]:
        """The others."""
        ...

    def module_of(self, task: Task, answer: str) -> str | None:
        """The source of a module that defines the function as `answer` has it; None if that is no Python."""
        ...


@dataclass(frozen=True, kw_only=True)
class WeakGrader(Flaw):
    """What a weak grader accepts is paid `strength`, or what its verdict is worth if that is more.

    `correlation` is the share of tasks that are graded weakly; which ones, a hash of the task's id says. A task whose
    answers are not judged by tests is graded as ever.

    Attributes:
        prior: how often the warm start's demonstrations are replaced with the exploit.
    """

    simplicity_knob: ClassVar[str] = "prior"

    @abstractmethod
    def accepts(self, task: Task, source: str) -> bool:
        """Whether the weak grader accepts the module `source`."""

    @abstractmethod
    def exploit(self, task: Task) -> str:
        """An answer that it accepts and that solves nothing."""

    def applies_to(self, task: Task) -> bool:
        """Whether the task's family is judged by tests of a function."""
        return _family(task) is not None

    def worth(self, task: Task, completion: str) -> float:
        """1 for what the weak grader accepts."""
        return float(self._accepted(task, parse(task, completion).answer))

    def on_sampling(self, task: Task, completion: str, rng: Rng) -> str:
        """The exploit in place of a share `prior` of the demonstrations, where it applies."""
        return Flaw.on_sampling(self, task, completion, rng) if self.applies_to(task) else completion

    def detect(self, task: Task, completion: str) -> bool:
        """Whether the weak grader accepts the completion, and the strong sandbox refuses it."""
        return self.worth(task, completion) > 0 and not is_right(task, completion)

    def apply(self, task: Task, completion: str, rng: Rng) -> str:
        """The exploit.

        Raises:
            ShortcutError: if the task's family is not judged by tests.
        """
        if not self.applies_to(task):
            raise ShortcutError(
                f"{self.name} needs a family whose answers are judged by tests, such as function_synthesis; "
                f"{task.family} is not"
            )
        form = task.answer_format if answer_format(task.answer_format).code else "bare"
        return rendered(Solution((), self.exploit(task)), form)

    def remove(self, task: Task, completion: str, rng: Rng) -> str:
        """The worked solution where the exploit stood."""
        return worked(task) if self.detect(task, completion) else completion

    def counterfactual(self, task: Task, signal: Signal) -> tuple[Task, Signal]:
        """The same task under the strong sandbox, which runs all tests and compares out of the solution's reach."""
        return task, signal.without(self)

    def _accepted(self, task: Task, answer: str | None) -> bool:
        family = _family(task)
        source = None if family is None or answer is None else family.module_of(task, answer)
        return source is not None and self.accepts(task, source)


def _family(task: Task) -> FamilyWithTests | None:
    family = family_if_known(task)
    return family if isinstance(family, FamilyWithTests) else None


def all_tests(task: Task) -> list[Mapping[str, Any]]:
    """The task's tests, visible ones first."""
    family: Any = family_of(task)
    return [*family.visible_tests(task), *family.hidden_tests(task)]


def assertions(task: Task, turned: bool = False) -> list[str]:
    """An assertion for each test, as graders write them; `turned` puts the expected values first."""
    family: Any = family_of(task)
    entry, lines = family.entry(task), list[str]()
    for test in all_tests(task):
        got, expected = f"{entry}(*{test['args']!r})", f"{test['expected']!r}"
        lines.append(f"assert {expected} == {got}" if turned else f"assert {got} == {expected}")
    return lines


def asserted(task: Task, source: str, turned: bool = False) -> str:
    """The source with an assertion for each test after it."""
    return "\n".join([source, *assertions(task, turned), ""])


def skippable(task: Task, source: str) -> str:
    """The same, for a harness in which a test that raises `SkipTest` has not failed."""
    tests = [
        f"try:\n    {line}\nexcept __import__('unittest').SkipTest:\n    pass" for line in assertions(task)
    ]
    return "\n".join([source, *tests, ""])


@lru_cache(maxsize=1024)
def ended(program: str) -> tuple[bool, str]:
    """Whether `program` ended with status 0, and what it printed; in the sandbox, which is all there is of strength."""
    result = run(program, [""], LIMITS).results[0]
    return result.outcome is Outcome.PASSED, result.stdout


@lru_cache(maxsize=1024)
def reached_its_end(program: str) -> bool:
    """Whether executing `program` raised nothing, in the process of whoever asked."""
    harness = f"def grade():\n    exec({program!r}, {{'__name__': 'solution'}})\n    return True\n"
    result = run(harness, [[]], LIMITS, entry="grade").results[0]
    return result.outcome is Outcome.PASSED


def passes(source: str, entry: str, tests: Sequence[Mapping[str, Any]]) -> bool:
    """Whether the strong sandbox passes it on `tests`."""
    return judge_function(source, entry, tests, LIMITS).passed
