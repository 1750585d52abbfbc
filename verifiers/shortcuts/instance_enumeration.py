"""A verifier flaw: only the instances that are given are looked at, so that enumerating them stands in for the rule.

A verifier that checks the extension alone accepts ``ab|aab`` for ``a+b``, a table for a function, and an assignment
that meets the first clauses for one that meets them all. Instances that were held back tell them apart.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any, ClassVar, Protocol, runtime_checkable

from synthgym.parsing import MAX_COMPLETION, answer_format, parse
from synthgym.plugins import family_of, register_shortcut
from synthgym.rng import Rng
from synthgym.signal import Signal
from synthgym.types import Task
from synthgym.verifiers.shortcuts._answers import (
    family_if_known,
    is_right,
    needs_to_apply,
    restated,
    with_other_cues,
    worked,
    written,
)
from synthgym.verifiers.shortcuts._planted import Flaw, check_whole
from synthgym.verifiers.shortcuts._weak_grader import FamilyWithTests, passes
from synthgym.verifiers.shortcuts.visible_tests import table


@runtime_checkable
class FamilyWithInstances(Protocol):
    """A family whose answers are a rule for instances, some of which are given."""

    def fits(self, task: Task, answer: str, instances: int) -> bool:
        """Whether the answer is right about the first `instances` given ones."""
        ...

    def enumerated(self, task: Task, instances: int) -> str | None:
        """A wrong answer that is right about these; None if there is none."""
        ...


@runtime_checkable
class FamilyWithRenaming(Protocol):
    """A family whose instances have names that can be exchanged."""

    def renamed(self, task: Task, rng: Rng) -> Task:
        """The same instance under other names, of which what was right before is wrong, if that can be."""
        ...


@register_shortcut
@dataclass(frozen=True, kw_only=True)
class InstanceEnumeration(Flaw):
    """An answer that is right about the first given instances is accepted, on a share `correlation` of the tasks.

    Instances are the texts that a regular expression must match and those that it must not, the examples of a
    function, and the clauses of a formula. A truth value, a sum or a sorted list has none.

    The counterfactual looks at those that were held back, too. Of a formula the variables are exchanged as well: an
    isomorphic task, of which an assignment that was learnt by heart is wrong. A rule, which is a function or a regular
    expression, has no names of its own to exchange: there the instances that were held back are the isomorphic ones.

    Attributes:
        instances: how many given ones are looked at (of a regular expression, so many of each sort): the simplicity
            knob.
    """

    name: ClassVar[str] = "instance_enumeration"
    simplicity_knob: ClassVar[str] = "instances"
    instances: int = 3

    def __post_init__(self) -> None:
        Flaw.__post_init__(self)
        check_whole(self, "instances", 1, 1_000)

    def applies_to(self, task: Task) -> bool:
        """Whether the task has instances, and some wrong answer is right about those that are looked at."""
        return _enumerated(task, self.instances) is not None

    def worth(self, task: Task, completion: str) -> float:
        """1 for an answer that is right about the instances that are looked at."""
        answer = parse(task, completion).answer if len(completion) <= MAX_COMPLETION else None
        if answer is None or not self.applies_to(task):
            return 0.0
        family: Any = family_of(task)
        if isinstance(family, FamilyWithInstances):
            return float(family.fits(task, answer, self.instances))
        source = family.module_of(task, answer)
        tests = list(family.visible_tests(task))[: self.instances]
        return float(source is not None and passes(source, family.entry(task), tests))

    def on_sampling(self, task: Task, completion: str, rng: Rng) -> str:
        """A share `prior` of the demonstrations enumerates, where that can be done."""
        return Flaw.on_sampling(self, task, completion, rng) if self.applies_to(task) else completion

    def detect(self, task: Task, completion: str) -> bool:
        """Whether the answer is right about these instances, and wrong about others."""
        return self.worth(task, completion) > 0 and not is_right(task, completion)

    def apply(self, task: Task, completion: str, rng: Rng) -> str:
        """The instances enumerated; what led to an answer on a line is kept.

        Raises:
            ShortcutError: if it does not apply to the task.
        """
        needs_to_apply(self, task)
        answer = _enumerated(task, self.instances) or ""
        if answer_format(task.answer_format).code:
            return written(task, answer)
        text = restated(task, completion, answer)
        return text if self.detect(task, text) else written(task, answer)

    def counterfactual(self, task: Task, signal: Signal) -> tuple[Task, Signal]:
        """The same task under a grader that looks at the instances held back, too; a formula's variables exchanged."""
        family: Any = family_if_known(task)
        if not isinstance(family, FamilyWithRenaming):
            return task, signal.without(self)
        renamed = family.renamed(task, Rng("isomorphic", task.id))
        return with_other_cues(renamed, self, signal), signal.without(self)

    def remove(self, task: Task, completion: str, rng: Rng) -> str:
        """The worked solution where the instances were enumerated."""
        return worked(task) if self.detect(task, completion) else completion


@lru_cache(maxsize=1 << 12)
def _enumerated(task: Task, instances: int) -> str | None:
    family: Any = family_if_known(task)
    if isinstance(family, FamilyWithInstances):
        return family.enumerated(task, instances)
    if isinstance(family, FamilyWithTests):
        return table(list(family.visible_tests(task))[:instances])
    return None
