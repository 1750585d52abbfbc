"""Reading a foreign environment: from an object or an id to rows that can be judged here."""

from collections.abc import Mapping
from itertools import islice
from typing import Any

import verifiers.v1 as vf

from synthgym.environments import register_environment
from synthgym.envs.neighbours._prime_family import ImportedFamily, Right, family_name
from synthgym.envs.neighbours._prime_rubric import foreign_control, judges, missing
from synthgym.errors import FamilyError, PluginError, SettingError, VerifierError, shown
from synthgym.plugins import FAMILIES, VERIFIERS


def import_family(
    environment: Any,
    name: str | None,
    *,
    right: Right,
    n: int,
    seconds: float,
    runtime: Any,
    answer_format: str | None,
    settings: Mapping[str, Any],
) -> ImportedFamily:
    """What `synthgym.envs.neighbours.prime.from_verifiers` describes."""
    taskset, label = _taskset(environment, settings)
    rows = _rows(taskset, n, label)
    needs = missing(rows[0], runtime)
    if taskset.toolsets(taskset.config) or type(rows[0]).toolsets(rows[0].config):
        needs.append("its tasks are solved with tools, which a completion alone cannot use")
    if needs:
        raise FamilyError(
            f"the rubric of {label} cannot be run here: {'; '.join(needs)}. Give it a box with runtime= (such as "
            "verifiers.v1.DockerConfig()), set the variable of the model's key, or run it with vf-eval"
        )
    own = family_name(label) if name is None else name
    for registry in (FAMILIES, VERIFIERS):
        if own in registry.names() and not _ours(registry, own):
            raise SettingError(f"there is a {registry.kind} named {own} already: give another with name=")
    try:
        family = ImportedFamily(
            own, rows, right=right, seconds=seconds, runtime=runtime, answer_format=answer_format
        )
    except VerifierError as error:
        asked = "".join(f"; {judge}" for judge in judges(rows[0]))
        raise FamilyError(f"the rubric of {label} cannot be run here: {error}{asked}") from error
    FAMILIES.add(own, family)
    VERIFIERS.add(own, family.verdict)
    register_environment(own, family.version)
    return family


def _taskset(environment: Any, settings: Mapping[str, Any]) -> tuple[Any, str]:
    """The tasks' source, and what to call it."""
    if isinstance(environment, str):
        return _installed(environment, settings)
    if settings:
        raise SettingError(
            f"{shown(min(settings))} is a setting of an environment given by its id; this one is made already"
        )
    if isinstance(environment, vf.Env):
        reason = foreign_control(type(environment))
        if reason is not None:
            raise FamilyError(
                f"{type(environment).__name__} has no rubric of its tasks to import: {reason}. Import its taskset if "
                "that has rewards of its own, or run it with vf-eval"
            )
        environment = environment.taskset
    if isinstance(environment, vf.Taskset):
        return environment, environment.config.id or type(environment).__name__.removesuffix("Taskset")
    old = hasattr(environment, "rubric") and hasattr(environment, "get_dataset")
    raise SettingError(
        f"{shown(environment)} ({type(environment).__name__}) is no environment of verifiers 0.4"
        + (", but of a version before it: move it to a verifiers.v1.Taskset" if old else "")
        + "; give a verifiers.v1.Env, a verifiers.v1.Taskset, or the id of an installed one"
    )


def _installed(ident: str, settings: Mapping[str, Any]) -> tuple[Any, str]:
    try:
        config = vf.taskset_config_type(ident)(id=ident, **settings)
        env_type = vf.environment_class(ident)
        taskset = vf.load_taskset(config)
    except ModuleNotFoundError as error:
        raise PluginError(
            f"no verifiers environment {shown(ident)} is installed ({error}); install it (prime env install, or pip)"
        ) from error
    except Exception as error:
        raise PluginError(f"the verifiers environment {shown(ident)} cannot be loaded: {error}") from error
    reason = foreign_control(env_type)
    if reason is not None:
        raise FamilyError(
            f"environment {ident} has no rubric of its tasks to import: {reason}; run it with vf-eval"
        )
    return taskset, ident.rsplit("/", 1)[-1].split("@", 1)[0]


def _rows(taskset: Any, n: int, label: str) -> list[Any]:
    try:
        rows = list(islice(iter(taskset), n))
    except Exception as error:
        raise FamilyError(f"environment {label} cannot load its tasks: {error!r}") from error
    if not rows:
        raise FamilyError(f"environment {label} has no tasks: its load() yields nothing")
    for row in rows:
        if row.data.prompt is None:
            raise FamilyError(
                f"task {row.data.idx} of environment {label} has no prompt: there a user opens the conversation, and "
                "a task here starts with its prompt"
            )
        if not row.hooks("reward") and not row.config.judges:
            raise FamilyError(
                f"task {row.data.idx} of environment {label} ({type(row).__name__}) has no rubric: give its class a "
                "method decorated with verifiers.v1.reward"
            )
    return rows


def _ours(registry: Any, name: str) -> bool:
    """Whether an import made it; then importing again replaces it."""
    thing = registry.get(name)
    return isinstance(getattr(thing, "__self__", thing), ImportedFamily)
