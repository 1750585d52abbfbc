"""What `reset` is asked for by its options: the task of a seed, or a task as it is."""

import operator
from collections.abc import Callable, Mapping

from synthgym.errors import SettingError, shown, suggestion
from synthgym.family import Family
from synthgym.types import Task

_OPTIONS = ("seed", "task")


def chosen_task(options: object, family: Family, drawn: Callable[[int], Task]) -> Task:
    """The task that `options` names, ``{"seed": int}`` or ``{"task": Task | str}``.

    Args:
        family: the task's.
        drawn: makes the task of a seed.

    Raises:
        SettingError: for another option, or a task of another family.
        TaskError: for a text that is not a task.
    """
    if not isinstance(options, Mapping):
        raise SettingError(f"options {shown(options)} are no dict; {{'seed': 7}} is one")
    for name in options:
        if name not in _OPTIONS:
            raise SettingError(f"reset has no option {shown(name)}{suggestion(str(name), _OPTIONS)}")
    if len(options) > 1:
        raise SettingError("reset takes a seed or a task, not both")
    if "seed" in options:
        return drawn(_whole(options["seed"]))
    task = options["task"]
    if isinstance(task, str):
        task = Task.from_json(task)
    if not isinstance(task, Task):
        raise SettingError(f"option task is {shown(task)}; a Task or its JSON text is needed")
    if (task.family, task.version) != (family.name, family.version):
        raise SettingError(
            f"task {task.id} is of {task.family} version {task.version}; this environment is of "
            f"{family.name} version {family.version}"
        )
    return task


def _whole(seed: object) -> int:
    try:
        return operator.index(seed)  # type: ignore[arg-type]  # what is no integer raises TypeError
    except TypeError:
        raise SettingError(f"option seed {shown(seed)} is not a whole number") from None
