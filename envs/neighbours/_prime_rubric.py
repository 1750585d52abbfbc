"""Running a `verifiers` 0.4 task's rubric on a completion, without a model and without a rollout."""

import inspect
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlparse
from uuid import uuid4

import verifiers.v1 as vf
from verifiers.v1.configs.client import resolve_api_key
from verifiers.v1.graph import MessageNode
from verifiers.v1.runtimes import make_runtime
from verifiers.v1.state import state_cls
from verifiers.v1.utils.compile import resolve_runtime_config
from verifiers.v1.utils.decorators import invoke

from synthgym.envs.neighbours._judging import utf8
from synthgym.envs.neighbours.prime_taskset import SynthGymEnv
from synthgym.errors import VerifierError


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a rubric said of a completion.

    Attributes:
        total: the weighted sum of the rewards.
        rewards: every reward's own score, without its weight.
        metrics: every metric.
    """

    total: float
    rewards: Mapping[str, float]
    metrics: Mapping[str, float]


async def outcome(task: Any, completion: str, runtime: Any = None) -> Outcome:
    """The outcome of `task`'s rubric on `completion`, as the only reply to its prompt.

    Args:
        task: a `verifiers.v1.Task`.
        runtime: the `verifiers.v1.RuntimeConfig` of a box for what needs one.

    Raises:
        VerifierError: if a reward is missing or not finite; whatever the rubric raises.
    """
    trace = _trace(task, completion)
    if runtime is None:
        await _scored(task, trace, None)
    else:
        box = make_runtime(resolve_runtime_config(runtime, task), name=f"synthgym-{uuid4().hex[:12]}")
        try:
            box.env = dict(task.runtime_env())
            await box.start()
            await _scored(task, trace, box)
        finally:
            await box.stop()
    return _read(trace)


def missing(task: Any, runtime: Any) -> list[str]:
    """What `task`'s rubric needs and has not: a box for its code, a model for a judge."""
    return [*(_needs_box(task) if runtime is None else ()), *_needs_model(task)]


def foreign_control(kind: Any) -> str | None:
    """Why an environment class's own code, and not its tasks' rubric, gives the rewards; None if it does not."""
    if kind.run not in (vf.SingleAgentEnv.run, SynthGymEnv.run):
        return f"{kind.__name__}.run() plays the episode itself"
    if kind.finalize is not vf.Env.finalize:
        return f"{kind.__name__}.finalize() judges the episode"
    return None


async def _scored(task: Any, trace: Any, box: Any) -> None:
    given = {"trace": trace, "runtime": box}
    if type(task).setup is not vf.Task.setup:
        await invoke(task.setup, given)
    if type(task).finalize is not vf.Task.finalize:
        await invoke(task.finalize, given)
    await task.score(trace, box)


def _trace(task: Any, completion: str) -> Any:
    said = [vf.SystemMessage(content=task.data.system_prompt)] if task.data.system_prompt else []
    prompt = task.data.prompt
    said += [vf.UserMessage(content=prompt)] if isinstance(prompt, str) else list(prompt or [])
    nodes = [
        MessageNode(parent=place - 1 if place else None, message=message)
        for place, message in enumerate(said)
    ]
    reply = vf.AssistantMessage(content=utf8(completion))
    nodes.append(MessageNode(parent=len(nodes) - 1 if nodes else None, message=reply, sampled=True))
    return vf.Trace(
        task=vf.TraceTask(type=type(task).__name__, data=task.data, key=task.key, hash=task.hash),
        agent=vf.AgentInfo(
            config=vf.AgentConfig(runtime=vf.SubprocessConfig()), name="synthgym", trainable=False
        ),
        state=state_cls(type(task))(),
        nodes=nodes,
        is_completed=True,
        ok=True,
    )


def _read(trace: Any) -> Outcome:
    if not trace.rewards:
        raise VerifierError("it recorded no reward")
    absent = sorted(name for name, reward in trace.rewards.items() if reward is None)
    if absent:
        raise VerifierError(f"not scored: {', '.join(absent)}")
    values = {name: float(reward.score) for name, reward in trace.rewards.items()}
    for name, value in {**values, "the weighted sum": float(trace.reward)}.items():
        if not math.isfinite(value):
            raise VerifierError(f"reward {name} is {value}; a finite number is needed")
    metrics = {name: float(value) for name, value in trace.metrics.items() if value is not None}
    return Outcome(total=float(trace.reward), rewards=values, metrics=metrics)


def _needs_box(task: Any) -> Iterator[str]:
    kind = type(task)
    if kind.NEEDS_CONTAINER or task.data.image:
        yield "the task needs a container"
    for fn in task.hooks("reward"):
        if _takes_runtime(fn):
            yield f"reward {fn.__name__} needs a runtime"
    for name in ("setup", "finalize"):
        hook = getattr(kind, name)
        if hook is not getattr(vf.Task, name) and _takes_runtime(hook):
            yield f"{kind.__name__}.{name} needs a runtime"


def _takes_runtime(hook: Any) -> bool:
    parameter = inspect.signature(hook).parameters.get("runtime")
    return parameter is not None and parameter.default is inspect.Parameter.empty


def judges(task: Any) -> list[str]:
    """The models that `task`'s rubric asks, by judge."""
    return [f"judge {judge.reward_name} asks {_where(judge.config)}" for judge in task.plugged_judges()]


def _needs_model(task: Any) -> Iterator[str]:
    for judge in task.plugged_judges():
        config = judge.config
        local = urlparse(config.base_url).hostname in ("127.0.0.1", "localhost", "::1")
        if resolve_api_key(config) == "EMPTY" and not local:
            yield (
                f"judge {judge.reward_name} needs the model {_where(config)}, "
                f"and the variable {config.api_key_var} with its key is not set"
            )


def _where(config: Any) -> str:
    return f"{config.model} at {config.base_url}"
