"""SynthGym as a plug-in of PrimeIntellect's `verifiers` 0.4: a taskset, an environment over it, and a chat harness.

Imported by `synthgym.envs.neighbours.prime` and by the packages that `write_package` writes; it needs the extra
`prime`. The three exported classes are what `verifiers` looks for in a plug-in's ``__all__``, one of each kind.
"""

import asyncio
import sys
from collections.abc import Iterator
from typing import Any

import verifiers.v1 as vf
from openai import AsyncOpenAI, DefaultAsyncHttpxClient
from pydantic import PrivateAttr
from verifiers.v1.dialects.chat import message_to_wire

from synthgym.envs.neighbours._judging import (
    chat,
    components,
    credit_list,
    is_named,
    reason,
    reference,
    settled_signal,
    task_list,
    utf8,
    verdict_off_loop,
)
from synthgym.envs.neighbours._turns import next_prompt, settled_turns
from synthgym.errors import VerifierError
from synthgym.plugins import family_of
from synthgym.signal import Signal
from synthgym.types import Task, Verdict

__all__ = ["ChatHarness", "SynthGymEnv", "SynthGymTaskset"]

TASKSET_ID = "synthgym"
"""The id under which this process finds the taskset; a written package has one of its own."""


class SynthGymConfig(vf.TasksetConfig):  # type: ignore[misc]  # the neighbours' classes are Any to mypy
    """Which tasks there are, and how they are judged: ``--env.taskset.*`` of `vf-eval`."""

    id: str = TASKSET_ID
    family: str = "chain_sum"
    """A family's name, or several with commas between; with weights: "chain_sum:3,sat_assignment:1"."""
    signal: str = "binary"
    """What is rewarded: a signal's label."""
    n: int = 100
    """How many tasks."""
    split: str = "train"
    difficulty: int = 0
    template: str = "natural"
    answer_format: str | None = None
    first_seed: int = 0
    distinct: bool = False
    max_turns: int = 1
    """Attempts at a task; after one that is not accepted the feedback is the next user message."""
    feedback: str = "right_or_wrong"
    """What it tells: "nothing", "right_or_wrong", "criterion" or "step"."""
    _signal: Signal | None = PrivateAttr(default=None)


class SynthGymData(vf.TaskData):  # type: ignore[misc]
    """One row: besides `verifiers`' own fields, the right answer and the task.

    Attributes:
        answer: the worked solution's final answer; others may be as right.
        info: "task", the task as its JSON text, and "signal", "max_turns" and "feedback".
    """

    answer: str = ""
    info: dict[str, Any] = {}


class SynthGymTask(vf.Task[SynthGymData, vf.State, vf.TaskConfig]):  # type: ignore[misc]
    """A task of a family, with the signal's reward as the only weighted one and its components as metrics.

    A completion that could not be scored raises, so that `verifiers` records an error, leaves the reward None and
    the trace not ok; no component is left over to be rewarded.
    """

    @property
    def key(self) -> str:
        """The task's id."""
        return self.data.id or str(self.hash)

    @property
    def signal(self) -> Signal:
        """What judges the completions."""
        own: Signal | None = getattr(self, "_signal", None)
        return own or settled_signal(self.data.info["signal"], "verifiers")

    def with_signal(self, signal: Signal) -> "SynthGymTask":
        """The task, judged by `signal`; for one that has no label, and so cannot travel in the data."""
        self._signal = signal
        return self

    async def verdict(self, trace: Any) -> Verdict:
        """The verdict on the trace's last reply, found in a thread."""
        return await verdict_off_loop(self.data.info["task"], last_reply(trace), self.signal, trace.id)

    @vf.reward(weight=1.0)  # type: ignore[untyped-decorator]
    async def reward(self, trace: vf.Trace) -> float:
        """The signal's reward; its components are recorded as metrics, its credits and error in the trace's info.

        Raises:
            VerifierError: if the completion could not be scored.
        """
        verdict = await self.verdict(trace)
        trace.info["synthgym"] = {
            "error": reason(verdict),
            "unscored": verdict.reward is None,
            "credits": credit_list(verdict),
        }
        trace.record_metrics(components(verdict))
        if verdict.reward is None:
            raise VerifierError(f"not scored: {reason(verdict)}")
        return float(verdict.reward)

    async def validate(self, runtime: Any) -> bool | None:
        """Whether the worked solution is right and the signal scores it; None where the signal is a control."""
        if self.signal.control is not None:
            return None
        task = Task.from_json(self.data.info["task"])
        verdict = await verdict_off_loop(task, reference(task), self.signal, task.id)
        return verdict.reward is not None and family_of(task).truth(task, reference(task))


class SynthGymTaskset(vf.Taskset[SynthGymTask, SynthGymConfig]):  # type: ignore[misc]
    """The tasks of one family or several.

    Raises:
        UnknownNameError: if a family or something that the signal names is not registered.
        SettingError: for any other value that is not accepted.
    """

    def __init__(self, config: SynthGymConfig) -> None:
        super().__init__(config)
        self.signal = settled_signal(config._signal or config.signal, "verifiers")
        settled_turns(config.max_turns, config.feedback, self.signal)
        self._tasks(1)

    def load(self) -> Iterator[SynthGymTask]:
        """The tasks in order; equal settings, equal tasks."""
        config = self.config
        info = {"signal": self.signal.label, "max_turns": config.max_turns, "feedback": config.feedback}
        for task in self._tasks(config.n):
            said = chat(task, self.signal)
            data = SynthGymData(
                id=task.id,
                name=task.id,
                prompt=task.prompt if len(said) == 1 else said,
                answer=task.reference.answer,
                info={"task": task.to_json(), **info},
            )
            made = SynthGymTask(data, config.task)
            yield made if is_named(self.signal) else made.with_signal(self.signal)

    def _tasks(self, n: int) -> list[Task]:
        config = self.config
        return task_list(
            config.family,
            self.signal,
            n,
            split=config.split,
            difficulty=config.difficulty,
            template=config.template,
            answer_format=config.answer_format,
            first_seed=config.first_seed,
            distinct=config.distinct,
        )


class ChatHarnessConfig(vf.HarnessConfig):  # type: ignore[misc]
    """No knobs of its own."""

    id: str = TASKSET_ID


class ChatHarness(vf.Harness[ChatHarnessConfig]):  # type: ignore[misc]
    """One model call a turn, made from this process: no shell for the model, and nothing to install."""

    APPENDS_SYSTEM_PROMPT = True
    SUPPORTS_RESUME = True
    EXECUTES_CODE = False
    NEEDS_CONTAINER = False

    async def launch(
        self,
        ctx: Any,
        trace: Any,
        runtime: Any,
        endpoint: str,
        secret: str,
        mcp_urls: dict[str, str],
        data: Any,
    ) -> Any:
        """Send the conversation so far; `verifiers` records what comes back."""
        system, prompt = self.resolve_prompt(data)
        messages = [{"role": "system", "content": system}] if system else []
        if isinstance(prompt, str):
            messages.append({"role": "user", "content": prompt})
        else:
            messages += [message_to_wire(message) for message in prompt or []]
        local = "://127.0.0.1" in endpoint or "://localhost" in endpoint
        http = DefaultAsyncHttpxClient(trust_env=not local)  # a proxy cannot reach this machine's own ports
        async with AsyncOpenAI(base_url=endpoint, api_key=secret, timeout=None, http_client=http) as client:
            await client.chat.completions.create(model=ctx.model, messages=messages)
        return vf.ProgramResult(exit_code=0, stdout="", stderr="")


class SynthGymEnvConfig(vf.EnvConfig):  # type: ignore[misc]
    """The one seat; nothing runs in its box, so that it is a local process and no cloud sandbox."""

    agent: vf.AgentConfig = vf.AgentConfig(runtime=vf.SubprocessConfig())


class SynthGymEnv(vf.Env[SynthGymEnvConfig]):  # type: ignore[misc]
    """One agent on one task: a single reply, or up to `max_turns` with feedback between them."""

    async def run(self, task: Any, agents: Any) -> None:
        """One episode; feedback ends it with the first reply that is accepted, or that cannot be scored."""
        ours = isinstance(task, SynthGymTask)
        if not ours or task.data.info["max_turns"] == 1:
            await agents.agent.run(task)
            return
        info = task.data.info
        turns = settled_turns(info["max_turns"], info["feedback"], task.signal)
        async with agents.agent.interaction(task) as interaction:
            segment = await interaction.turn()
            for _ in range(turns.max_turns - 1):
                if segment.terminated:
                    break
                trace = interaction.trace
                told = await asyncio.to_thread(
                    next_prompt, info["task"], last_reply(trace), task.signal, turns, trace.id
                )
                if told is None:
                    break
                segment = await interaction.turn(told)


def last_reply(trace: Any) -> str:
    """What the agent said last, as it stands; the empty text if it said nothing."""
    if trace.root_reply is not None:
        return str(trace.root_reply)
    said = trace.assistant_messages
    return utf8(said[-1].content or "") if said else ""


# Where `verifiers` looks for a plug-in of that id before it looks for an installed package of that name.
for kind in ("tasksets", "harnesses", "envs"):
    sys.modules.setdefault(f"verifiers.v1.{kind}.{TASKSET_ID}", sys.modules[__name__])
