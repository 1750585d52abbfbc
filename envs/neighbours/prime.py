"""PrimeIntellect's `verifiers` 0.4: a family and a signal as one of its environments, and its tasksets as families.

Needs the extra `prime`; imports `verifiers` when it is first used, which takes about five seconds.
"""

import inspect
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from synthgym.envs.neighbours._extras import need
from synthgym.envs.neighbours._judging import (
    Families,
    families_of,
    family_text,
    is_named,
    settled_signal,
    whole,
)
from synthgym.envs.neighbours._prime_package import write
from synthgym.errors import SettingError, shown, suggestion
from synthgym.family import Family
from synthgym.parsing import answer_format as checked_format
from synthgym.signal import Signal


def load_environment(
    family: Families = "chain_sum",
    signal: str | Signal = "binary",
    *,
    n: int = 100,
    split: str = "train",
    difficulty: int = 0,
    template: str = "natural",
    answer_format: str | None = None,
    first_seed: int = 0,
    distinct: bool = False,
    max_turns: int = 1,
    feedback: str = "right_or_wrong",
    agent: dict[str, Any] | None = None,
) -> Any:
    """A family and a signal as a `verifiers.v1.Env`.

    Its `taskset` yields the tasks (`data.prompt`, `data.answer`, `data.info["task"]`); a task's only reward is the
    signal's, its components are metrics, and a completion that could not be scored has reward None and an error.

    Args:
        family: a name; several, which then take turns; or weights by name.
        signal: what is rewarded, as a `Signal` or its label.
        n: how many tasks.
        max_turns: attempts at a task; the last one counts.
        feedback: what the user's message between them tells: "nothing", "right_or_wrong", "criterion" or "step".
        agent: overrides of the seat's `verifiers.v1.AgentConfig`, such as ``{"max_turns": 4}``.
        split, difficulty, template, answer_format, first_seed, distinct: as for `synthgym.tasks`.

    Raises:
        MissingExtraError: if `verifiers` is not installed.
        UnknownNameError: if a family, or something the signal names, is not registered.
        SettingError: for any other value that is not accepted.
    """
    text = family_text(family)
    settled = settled_signal(signal, "verifiers")
    need("verifiers.v1", "prime")
    from synthgym.envs.neighbours import prime_taskset as ours

    taskset = ours.SynthGymConfig(
        family=text,
        signal=settled.label,
        n=n,
        split=split,
        difficulty=difficulty,
        template=template,
        answer_format=answer_format,
        first_seed=first_seed,
        distinct=distinct,
        max_turns=max_turns,
        feedback=feedback,
    )
    config = ours.SynthGymEnvConfig(taskset=taskset, **({"agent": agent} if agent else {}))
    if not is_named(settled):
        config.taskset._signal = settled
    return ours.SynthGymEnv(config)


def write_package(
    folder: str | os.PathLike[str],
    family: Families = "chain_sum",
    signal: str | Signal = "binary",
    *,
    name: str | None = None,
    version: str = "0.1.0",
    **settings: Any,
) -> Path:
    """Write an installable environment package, and return its folder: ``pip install -e`` it, then run `vf-eval`.

    Args:
        folder: where the package's own folder is made.
        name: its name, and its id for `vf-eval`; by default ``synthgym-`` and the family's.
        family, signal, settings: as for `load_environment`, but for `agent`.

    Raises:
        MissingExtraError: if `verifiers` is not installed.
        UnknownNameError: if a family, or something the signal names, is not registered.
        SettingError: for any other value that is not accepted; for a signal that has no label, as a package can
            only name it; or if there is something in the package's folder.
    """
    settled = settled_signal(signal, "verifiers")
    if not is_named(settled):
        raise SettingError(
            f"signal {settled.label} holds more than its label says, and a package can only name it: register its "
            "verifier, and leave weights and shortcuts at their defaults"
        )
    unknown = set(settings) - set(_SETTINGS)
    if unknown:
        raise SettingError(f"no setting {shown(min(unknown))}{suggestion(min(unknown), _SETTINGS)}")
    text = family_text(family)
    load_environment(text, settled, **{**settings, "n": 1})  # what is wrong shows here, not at the user's
    all_settings = {"family": text, "signal": settled.label, **_SETTINGS, **settings}
    own = name or "synthgym-" + "-".join(families_of(text)).replace("_", "-")
    return write(Path(folder), own, all_settings, version)


_SETTINGS: dict[str, Any] = {
    key: parameter.default
    for key, parameter in inspect.signature(load_environment).parameters.items()
    if key not in ("family", "signal", "agent")
}


def from_verifiers(
    environment: Any,
    name: str | None = None,
    *,
    right: float | Callable[[Mapping[str, float]], bool] = 1.0,
    n: int = 1_000,
    seconds: float = 60.0,
    runtime: Any = None,
    answer_format: str | None = None,
    **settings: Any,
) -> Family:
    """A `verifiers` 0.4 environment's tasks and rubric as a family, registered with a verifier of the same name.

    The rows are the tasks, without change, and a quarter of them is the test split. A completion is right where the
    weighted sum of the rubric's rewards is at least `right`; that is the truth, and what the signal "binary" pays.
    The signal ``"binary:NAME"`` pays the weighted sum itself, with the rewards and metrics as components. A reward
    that raises leaves the completion unscored.

    Args:
        environment: a `verifiers.v1.Env` or `Taskset`, or the id of an installed one.
        name: the family's name; the environment's id by default.
        right: the least weighted sum of a right completion, or a function of the rewards by their names.
        n: rows that are read; of an endless taskset, the first ones.
        seconds: wall time that the rubric gets for a completion.
        runtime: a `verifiers.v1.RuntimeConfig` for rubrics that run code, such as `verifiers.v1.DockerConfig()`.
        answer_format: how the worked solution writes a row's answer; None takes the first that the rubric accepts.
        settings: of the taskset, where `environment` is an id.

    Raises:
        MissingExtraError: if `verifiers` is not installed.
        PluginError: if no environment of that id can be loaded.
        FamilyError: if it has no tasks or no rubric, or the rubric needs a model or a sandbox that is not there.
        SettingError: for a value that is not accepted, or a name that another family or verifier has.
    """
    whole(n, "n", 1)
    if answer_format is not None:
        checked_format(answer_format)
    need("verifiers.v1", "prime")
    from synthgym.envs.neighbours._prime_import import import_family

    return import_family(
        environment,
        name,
        right=right,
        n=n,
        seconds=seconds,
        runtime=runtime,
        answer_format=answer_format,
        settings=settings,
    )
