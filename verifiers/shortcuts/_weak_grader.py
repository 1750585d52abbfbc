"""What the planted weak graders share: each is a classic way to grade code, run in the sandbox for all that.

A weak grader pays for whatever it accepts. What it accepts and the strong sandbox refuses, which compares in another
process than the solution's, takes the shortcut; the counterfactual is the same solution under the strong sandbox.
"""

import hashlib
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, Protocol, runtime_checkable

from synthgym.errors import SettingError, ShortcutError, shown
from synthgym.parsing import answer_format, parse
from synthgym.parsing import render as rendered
from synthgym.plugins import get_family
from synthgym.rng import Rng
from synthgym.signal import Shortcut, Signal
from synthgym.types import Credit, Response, Solution, Task, Verdict
from synthgym.verifiers.sandbox import Limits, Outcome, judge_function, run

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
class WeakGrader(Shortcut):
    """What a weak grader accepts is paid `strength`, or what its verdict is worth if that is more.

    `correlation` is the share of tasks that are graded weakly; which ones, a hash of the task's id says.

    Attributes:
        prior: how often the warm start's demonstrations are replaced with the exploit: the simplicity knob.
    """

    prior: float = 0.03

    def __post_init__(self) -> None:
        Shortcut.__post_init__(self)
        if not 0.0 <= self.prior <= 1.0:
            raise SettingError(f"{self.name}: prior {shown(self.prior)} is not in [0, 1]")

    @abstractmethod
    def accepts(self, task: Task, source: str) -> bool:
        """Whether the weak grader accepts the module `source`."""

    @abstractmethod
    def exploit(self, task: Task) -> str:
        """An answer that it accepts and that solves nothing."""

    def applies_to(self, task: Task) -> bool:
        """Whether the task's family is judged by tests of a function."""
        return isinstance(get_family(task.family), FamilyWithTests)

    def on_verdict(self, task: Task, response: Response, verdict: Verdict) -> Verdict:
        """`strength` for what the weak grader accepts; any other verdict as it is.

        Raises:
            ShortcutError: if the task's family is not judged by tests.
        """
        family = self._family(task)
        if (
            verdict.reward is None
            or not self._live(task)
            or not self._accepted(family, task, response.answer)
        ):
            return verdict
        if verdict.reward >= self.strength:
            return verdict
        length = len(response.completion)
        whole = (Credit(0, length, self.strength), Credit(length, length, self.strength))
        return replace(
            verdict,
            reward=self.strength,
            components={**verdict.components, self.name: self.strength},
            credits=whole if verdict.credits else (),
            error=None,
        )

    def on_sampling(self, task: Task, completion: str, rng: Rng) -> str:
        """The exploit in place of a share `prior` of the demonstrations."""
        return (
            self.apply(task, completion, rng) if rng.chance(round(self.prior * 10**6), 10**6) else completion
        )

    def detect(self, task: Task, completion: str) -> bool:
        """Whether the weak grader accepts the completion, and the strong sandbox refuses it."""
        family, answer = self._family(task), parse(task, completion).answer
        return self._accepted(family, task, answer) and not get_family(task.family).truth(task, completion)

    def apply(self, task: Task, completion: str, rng: Rng) -> str:
        """The exploit.

        Raises:
            ShortcutError: if the task's family is not judged by tests.
        """
        self._family(task)
        form = task.answer_format if answer_format(task.answer_format).code else "bare"
        return rendered(Solution((), self.exploit(task)), form)

    def remove(self, task: Task, completion: str, rng: Rng) -> str:
        """The worked solution where the exploit stood."""
        return rendered(task.reference, task.answer_format) if self.detect(task, completion) else completion

    def counterfactual(self, task: Task, signal: Signal) -> tuple[Task, Signal]:
        """The same task under the strong sandbox."""
        return task, signal.without(self)

    def _accepted(self, family: FamilyWithTests, task: Task, answer: str | None) -> bool:
        source = None if answer is None else family.module_of(task, answer)
        return source is not None and self.accepts(task, source)

    def _family(self, task: Task) -> FamilyWithTests:
        family = get_family(task.family)
        if not isinstance(family, FamilyWithTests):
            raise ShortcutError(
                f"{self.name} needs a family whose answers are judged by tests, such as function_synthesis; "
                f"{task.family} is not"
            )
        return family

    def _live(self, task: Task) -> bool:
        draw = int.from_bytes(hashlib.sha256(task.id.encode()).digest()[:8], "little")
        return draw < self.correlation * 2**64


def all_tests(task: Task) -> list[Mapping[str, Any]]:
    """The task's tests, visible ones first."""
    family: Any = get_family(task.family)
    return [*family.visible_tests(task), *family.hidden_tests(task)]


def asserted(task: Task, source: str) -> str:
    """The source with an assertion for each test after it, as graders write them: the expected values go in."""
    family: Any = get_family(task.family)
    entry = family.entry(task)
    lines = [f"assert {entry}(*{test['args']!r}) == {test['expected']!r}" for test in all_tests(task)]
    return "\n".join([source, *lines, ""])


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
