"""A custom family where only its task is: in another process than the one that made it.

The facts of such a task hold all that judging needs, so the family can be rebuilt from them; it judges, and draws no
tasks.
"""

from synthgym.envs.custom._family import MARK, CustomCode, CustomFamily, built, not_here
from synthgym.envs.custom._gold import CALLABLE, JUDGES
from synthgym.errors import FamilyError, TaskError, UnknownNameError, shown
from synthgym.facts import FrozenDict
from synthgym.family import Family
from synthgym.plugins import FAMILIES
from synthgym.types import Task


class _Judging:
    """A family that judges and does not draw."""

    name = ""

    def _draw(self, seed: int, split: str, difficulty: int) -> FrozenDict:
        raise FamilyError(
            f"family {self.name} is known here from its tasks alone: it judges, but draws none. Import the module that "
            "makes it, or call load_family(...) here, too"
        )


def arrived(name: str, code: bool, version: int, domain: str) -> Family:
    """The family of that name, out of a pickle: the registered one, or where there is none, one that judges only."""
    try:
        return FAMILIES.get(name)
    except UnknownNameError:
        return _judging(name, code, version, domain)


def _judging(name: str, code: bool, version: int, domain: str) -> CustomFamily:
    judging = type("Judging", (_Judging, CustomCode if code else CustomFamily), {})
    family = built(name, judging, version=version, domain=domain)
    FAMILIES.add(family.name, family)
    return family


def from_task(task: Task) -> CustomFamily:
    """The family of a custom task, rebuilt from the task and registered, so that the next look-up finds it.

    Raises:
        UnknownNameError: if the task is not one of a custom family.
        FamilyError: if its judge is a function, which must be imported.
        TaskError: if its facts are not those that this version writes.
    """
    if MARK not in task.facts:
        raise UnknownNameError("family", task.family, FAMILIES.names())
    judge = task.facts.get("judge")
    if judge == CALLABLE:
        raise FamilyError(not_here(task))
    if task.facts[MARK] != 1 or judge not in JUDGES:
        raise TaskError(
            f"task {task.id}: facts of layout {shown(task.facts[MARK])} with judge {shown(judge)} are not known here"
        )
    return _judging(task.family, judge == "code", task.version, str(task.facts.get("domain", "custom")))
