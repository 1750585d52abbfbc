"""What the three generic verifiers share: the family's judgement, and the graded reward over it."""

from collections.abc import Mapping
from typing import NamedTuple

from synthgym.errors import FamilyError, SettingError, SynthGymError, shown, suggestion
from synthgym.family import Family
from synthgym.plugins import family_of
from synthgym.types import Judgement, Response, Task

RIGHT_FLOOR = 0.6
"""The least reward of a right response under a rubric."""
WRONG_CEILING = 0.4
"""No wrong response reaches it."""


class Graded(NamedTuple):
    """A rubric's finding: the reward in [0, 1], its components, and the judgement it rests on."""

    reward: float
    components: Mapping[str, float]
    judged: Judgement


def truth(task: Task, response: Response) -> bool:
    """Whether the task's family finds the answer right.

    Raises:
        FamilyError: if the family itself fails; that is no fault of the response.
    """
    family = _family(task)
    try:
        return family.is_right(task, response)
    except SynthGymError:
        raise
    except Exception as error:
        raise _failure(task, response, error) from error


def judge(task: Task, response: Response) -> tuple[Family, Judgement]:
    """The task's family, and what it found in `response`.

    Raises:
        FamilyError: if the family itself fails; that is no fault of the response.
    """
    family = _family(task)
    try:
        return family, family.judge(task, response)
    except SynthGymError:
        raise
    except Exception as error:
        raise _failure(task, response, error) from error


def _family(task: Task) -> Family:
    family = family_of(task)
    if family.version != task.version:
        raise FamilyError(
            f"task {task.id} is of version {task.version}, but family {family.name} is at {family.version}; "
            "generate the task again"
        )
    return family


def _failure(task: Task, response: Response, error: Exception) -> FamilyError:
    return FamilyError(
        f"family {task.family} failed on {shown(response.completion)} of task {task.id}: {error!r}"
    )


def grade(task: Task, response: Response, weights: Mapping[str, float]) -> Graded:
    """``0.4 * progress`` if wrong, ``0.6 + 0.4 * quality`` if right.

    Progress is the weighted mean of the criteria that are not of style, quality that of all of them; the
    denominators are the rubric's weights and depend on nothing else.

    Raises:
        FamilyError: if the family's criteria are not the rubric's, or leave [0, 1].
        SettingError: if `weights` names a criterion that the rubric lacks, or leaves none.
    """
    family, judged = judge(task, response)
    try:
        values = family.criteria(task, response, judged)
    except SynthGymError:
        raise
    except Exception as error:
        raise _failure(task, response, error) from error
    if weights:
        _check_weights(family, weights)
    if len(values) != len(family.rubric):
        raise _misnamed(family, values)
    # A criterion of style counts if the answer is right: as a part of quality, and as a component.
    components, weighed, weighted = {"truth": float(judged.truth)}, list[float](), list[float]()
    for criterion in family.rubric:
        name = criterion.name
        if name not in values:
            raise _misnamed(family, values)
        value = values[name]
        if not 0.0 <= value <= 1.0:
            raise FamilyError(f"{family.name}: criterion {name} is {shown(value)}, not in [0, 1]")
        components[name] = 0.0
        if judged.truth or not criterion.style:
            components[name] = float(value)
            weighed.append(weights.get(name, criterion.weight))
            weighted.append(weighed[-1] * value)
    total = sum(weighed)
    if not total > 0:
        raise SettingError(f"the weights of {family.name}'s criteria add up to {total}, not > 0")
    mean = sum(weighted) / total
    reward = RIGHT_FLOOR + (1 - RIGHT_FLOOR) * mean if judged.truth else WRONG_CEILING * mean
    return Graded(min(reward, 1.0), components, judged)


def _check_weights(family: Family, weights: Mapping[str, float]) -> None:
    names = [criterion.name for criterion in family.rubric]
    for name in weights:
        if name not in names:
            raise SettingError(f"{family.name} has no criterion {shown(name)}{suggestion(name, names)}")


def _misnamed(family: Family, values: Mapping[str, float]) -> FamilyError:
    names = sorted(criterion.name for criterion in family.rubric)
    return FamilyError(f"{family.name}.criteria gave {sorted(values)}; its rubric names {names}")
