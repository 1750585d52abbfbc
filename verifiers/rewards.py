"""TRL reward functions over a signal: plain and conversational prompts, one scalar, gated reward a completion."""

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from synthgym.errors import SettingError, SynthGymError, shown
from synthgym.hooks import Scored
from synthgym.plugins import as_signal, get_family
from synthgym.signal import Signal
from synthgym.types import Task, Verdict
from synthgym.verifiers.align import align
from synthgym.verifiers.score import score
from synthgym.verifiers.token_bytes import TokenBytes


class SignalReward:
    """A reward function for TRL's trainers; the dataset's ``task`` column says what to judge by.

    What it judged stays in `batches` until a hook takes it. An unscored completion's reward is None, which
    TRL leaves out of its group.

    Args:
        signal: what to judge by.
        seed: of the draws of the controls "random" and "shuffled".
        tokenizer: the policy's; needed for `last_credits` alone.
        eos_ids: the ids that end a sequence; by default the tokenizer's one.
        keep: batches kept when no hook takes them; older ones are dropped.
    """

    def __init__(
        self,
        signal: str | Signal,
        *,
        seed: int = 0,
        tokenizer: Any = None,
        eos_ids: Iterable[int] | None = None,
        keep: int = 64,
    ) -> None:
        self.signal = as_signal(signal)
        self.batches: list[Scored] = []
        self.__name__ = self.signal.label
        self._rng, self._measuring = np.random.default_rng([seed, 0]), np.random.default_rng([seed, 1])
        self._tokenizer, self._keep = tokenizer, keep
        self._last: Scored | None = None
        self._given_eos_ids = None if eos_ids is None else frozenset(eos_ids)

    def __call__(
        self,
        prompts: Sequence[Any],
        completions: Sequence[Any],
        completion_ids: Sequence[Sequence[int]] | None = None,
        task: Sequence[str] | None = None,
        trainer_state: Any = None,
        **columns: Any,
    ) -> list[float | None]:
        """A reward a completion.

        Raises:
            SettingError: if the dataset lacks the ``task`` column, or a completion is no text.
        """
        if task is None:
            raise SettingError(
                f"the dataset has no column 'task' (it has {', '.join(sorted(columns)) or 'no further columns'}); "
                "synthgym.dataset(...) makes one"
            )
        tasks = read_tasks(task)
        texts = [completion_text(completion) for completion in completions]
        scored = self._scored(tasks, texts, self.signal, completion_ids, self._rng)
        self._last = replace(scored, step=getattr(trainer_state, "global_step", None))
        self.batches.append(self._last)
        del self.batches[: -self._keep]
        return [verdict.reward for verdict in scored.verdicts]

    def judge(
        self,
        tasks: Sequence[Task],
        completions: Sequence[str],
        *,
        signal: Signal | None = None,
        token_ids: Sequence[Sequence[int]] | None = None,
    ) -> Scored:
        """The batch judged under `signal`, by default the reward's own, with the truth beside it.

        For measuring: its draws are not those that training gets.
        """
        return self._scored(tasks, completions, signal or self.signal, token_ids, self._measuring)

    def _scored(
        self,
        tasks: Sequence[Task],
        completions: Sequence[str],
        signal: Signal,
        token_ids: Sequence[Sequence[int]] | None,
        rng: np.random.Generator,
    ) -> Scored:
        started = time.perf_counter()
        verdicts = score(tasks, completions, signal, rng=rng)
        seconds = time.perf_counter() - started
        truths = [truth_of(task, text) for task, text in zip(tasks, completions, strict=True)]
        return Scored(
            tasks=tasks,
            completions=completions,
            verdicts=verdicts,
            truths=truths,
            verify_seconds=seconds,
            token_ids=token_ids,
        )

    @property
    def last_credits(self) -> list[NDArray[np.float64] | None]:
        """Of the last call's B completions: a credit a sampled token, each `(T,)`; None where unscored.

        Empty before the first call.

        Raises:
            SettingError: without ids or a tokenizer, or if the signal gives no credits.
            AlignmentError: if the sampled ids do not decode to the completion.
        """
        last = self._last
        if last is None:
            return []
        if last.token_ids is None or self._tokenizer is None:
            raise SettingError(
                "token credits need completion_ids, and a reward made with tokenizer=policy.tokenizer"
            )
        return [
            self._aligned(text, list(ids), verdict)
            for text, ids, verdict in zip(last.completions, last.token_ids, last.verdicts, strict=True)
        ]

    def _aligned(self, text: str, ids: list[int], verdict: Verdict) -> NDArray[np.float64] | None:
        if verdict.reward is None:
            return None
        if not verdict.credits and text:
            raise SettingError(f"signal {self.signal.label} gives no credits; token granularity does")
        return align(text, ids, verdict.credits, self._token_bytes, eos_ids=self._eos_ids)

    @cached_property
    def _token_bytes(self) -> TokenBytes:
        return TokenBytes.from_tokenizer(self._tokenizer)

    @cached_property
    def _eos_ids(self) -> frozenset[int]:
        return self._given_eos_ids or frozenset({int(self._tokenizer.eos_token_id)})


def rewards(signal: str | Signal, *, seed: int = 0, tokenizer: Any = None) -> list[SignalReward]:
    """Reward functions for TRL: ``GRPOTrainer(reward_funcs=synthgym.rewards("rubric"), ...)``.

    Raises:
        SettingError, UnknownNameError: if there is no such signal.
    """
    return [SignalReward(signal, seed=seed, tokenizer=tokenizer)]


def read_tasks(texts: Sequence[str]) -> list[Task]:
    """The tasks of a dataset column; neighbours with equal texts are read once.

    Raises:
        TaskError: if a text is not a task.
    """
    tasks: list[Task] = []
    for i, text in enumerate(texts):
        tasks.append(tasks[-1] if i and text == texts[i - 1] else Task.from_json(text))
    return tasks


def completion_text(completion: str | Sequence[Mapping[str, Any]]) -> str:
    """The text of a completion: itself, or what the assistant said last in a conversational one.

    Raises:
        SettingError: if it is neither.
    """
    if isinstance(completion, str):
        return completion
    if isinstance(completion, Sequence) and all(isinstance(message, Mapping) for message in completion):
        messages = [message for message in completion if isinstance(message, Mapping)]
        said = [message.get("content") for message in messages if message.get("role") == "assistant"]
        if not said or said[-1] is None:
            return ""
        if isinstance(said[-1], str):
            return said[-1]
        return "".join(str(part.get("text", "")) for part in said[-1] if isinstance(part, Mapping))
    raise SettingError(f"a completion is {shown(completion)}; text or a list of messages is needed")


def truth_of(task: Task, completion: str) -> bool | None:
    """The truth, for the log; None if the family fails."""
    try:
        return get_family(task.family).truth(task, completion)
    except (SynthGymError, ArithmeticError, ValueError, TypeError, LookupError, RecursionError):
        return None
