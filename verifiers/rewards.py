"""TRL reward functions over a signal: one scalar, gated reward a completion, or a function a component.

The reading of what a trainer passes (plain and conversational completions, the dataset's ``task`` column) is here, too.
"""

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from synthgym.errors import AlignmentError, FamilyError, SettingError, SynthGymError, TaskError, shown
from synthgym.hooks import Scored
from synthgym.plugins import as_signal, family_of
from synthgym.signal import Signal
from synthgym.types import Task, Verdict
from synthgym.verifiers.align import align
from synthgym.verifiers.score import score
from synthgym.verifiers.token_bytes import TokenBytes

if TYPE_CHECKING:
    from synthgym.verifiers.component_rewards import ComponentReward


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

    Raises:
        AlignmentError: under a signal of token granularity, if credits cannot be mapped to the tokenizer's tokens.
        SettingError: likewise, if the tokenizer has no end-of-sequence token and `eos_ids` gives none; for a `seed`
            that is no whole number from 0.
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
        if type(seed) is not int or seed < 0:
            raise SettingError(f"seed {shown(seed)} is not a whole number from 0")
        self.signal = as_signal(signal)
        self.batches: list[Scored] = []
        self.__name__ = self.signal.label
        self._rng, self._measuring = np.random.default_rng([seed, 0]), np.random.default_rng([seed, 1])
        self._tokenizer, self._keep = tokenizer, keep
        self._last: Scored | None = None
        self._given_eos_ids = None if eos_ids is None else frozenset(eos_ids)
        if tokenizer is not None and self.signal.granularity == "token":
            self._check_tokenizer()

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
            TaskError: if the column holds anything but tasks; it names the row of the batch.
        """
        scored = self.judge_batch(completions, completion_ids, task, trainer_state, columns)
        return [verdict.reward for verdict in scored.verdicts]

    def judge_batch(
        self,
        completions: Sequence[Any],
        completion_ids: Sequence[Sequence[int]] | None,
        task: Sequence[str] | None,
        trainer_state: Any,
        columns: Mapping[str, Any],
    ) -> Scored:
        """The batch that a trainer passes, judged, and kept in `batches`.

        Raises:
            SettingError, TaskError: as calling it does.
        """
        tasks = column_of_tasks(task, columns)
        texts = completion_texts(completions)
        if completion_ids is not None and len(completion_ids) != len(texts):
            raise SettingError(
                f"{len(completion_ids)} completion_ids but {len(texts)} completions; give one list of ids a completion"
            )
        scored = self._scored(tasks, texts, self.signal, completion_ids, self._rng)
        self._last = replace(scored, step=getattr(trainer_state, "global_step", None))
        self.batches.append(self._last)
        del self.batches[: -self._keep]
        return self._last

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
        verdicts = self.settled(tasks, score(tasks, completions, signal, rng=rng))
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

    def settled(self, tasks: Sequence[Task], verdicts: list[Verdict]) -> list[Verdict]:
        """The verdicts that training and the log get; here, those that judging gave."""
        return verdicts

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

    def _check_tokenizer(self) -> None:
        """Refuse at once what would otherwise be refused at the first step of training."""
        name = getattr(self._tokenizer, "name_or_path", "") or "without a name"
        kind = f"{type(self._tokenizer).__name__} ({shown(str(name))})"
        try:
            known = self._token_bytes
        except AlignmentError as error:
            raise AlignmentError(
                f"token credits cannot be mapped to the tokens of tokenizer {kind}: {error}; train on binary or "
                "rubric, which need no tokenizer, or use a fast tokenizer (tokenizers library) with such a decoder"
            ) from error
        except (AttributeError, TypeError) as error:
            raise AlignmentError(
                f"tokenizer {kind} is no Hugging Face tokenizer ({error}); pass the policy's, as AutoTokenizer gives it"
            ) from error
        if not known.size:
            raise AlignmentError(f"tokenizer {kind} has no tokens; pass the policy's")
        if not self._eos_ids:
            raise SettingError(f"no end-of-sequence token is known for tokenizer {kind}; set its eos_token")

    @cached_property
    def _token_bytes(self) -> TokenBytes:
        return TokenBytes.from_tokenizer(self._tokenizer)

    @cached_property
    def _eos_ids(self) -> frozenset[int]:
        own = getattr(self._tokenizer, "eos_token_id", None)
        return self._given_eos_ids or frozenset(() if own is None else (int(own),))


def rewards(
    signal: str | Signal,
    *,
    components: str | Iterable[str] | None = None,
    seed: int = 0,
    tokenizer: Any = None,
) -> "list[SignalReward] | list[ComponentReward]":
    """Reward functions for TRL: ``GRPOTrainer(reward_funcs=synthgym.rewards("rubric"), ...)``.

    Args:
        signal: what to judge by.
        components: None is one function, whose reward is the signal's. The name of a family, or several: one
            function a component of their rubrics, named after it, and their sum is that reward (see
            `synthgym.verifiers.component_rewards`). Under a custom verifier: the names of its own components.
        seed: of the draws of the controls "random" and "shuffled".
        tokenizer: the policy's; needed for token credits alone.

    Raises:
        SettingError, UnknownNameError: if there is no such signal or family, or the signal has no components.
        AlignmentError: if token credits cannot be mapped to the tokenizer's tokens.
    """
    if components is None:
        return [SignalReward(signal, seed=seed, tokenizer=tokenizer)]
    from synthgym.verifiers.component_rewards import component_rewards

    return component_rewards(signal, components, seed=seed, tokenizer=tokenizer)


def column_of_tasks(column: Sequence[str] | None, others: Iterable[str]) -> list[Task]:
    """The tasks of the ``task`` column that a trainer passes, each of a family that is there.

    Args:
        others: names of the further columns, for the error.

    Raises:
        SettingError: if there is no such column.
        TaskError: if it holds anything but tasks.
        UnknownNameError: if a family is not registered.
        FamilyError: if a task is of another version than its family.
    """
    if column is None:
        given = ", ".join(sorted(set(others) - _TRAINERS_OWN)) or "no further columns"
        raise SettingError(
            f"the dataset has no column 'task' (it has {given}); synthgym.dataset(...) makes one"
        )
    tasks = read_tasks(column)
    versions: dict[str, int] = {}
    for task in tasks:
        if task.family not in versions:
            versions[task.family] = family_of(task).version
        if task.version != versions[task.family]:
            raise FamilyError(
                f"task {task.id} is of version {task.version}, but family {task.family} is at "
                f"{versions[task.family]}; make the dataset again"
            )
    return tasks


_TRAINERS_OWN = frozenset(
    ("prompts", "completion_ids", "trainer_state", "log_extra", "log_metric", "environments")
)


def read_tasks(texts: Sequence[str]) -> list[Task]:
    """The tasks of a dataset column; neighbours with equal texts are read once.

    Raises:
        TaskError: if a text is not a task; it names the row.
    """
    tasks: list[Task] = []
    for i, text in enumerate(texts):
        try:
            task = tasks[-1] if i and text == texts[i - 1] else Task.from_json(text)
            if not isinstance(task.family, str) or not isinstance(task.id, str):
                raise TaskError(f"not a task: its family is {shown(task.family)}")
        except TaskError as error:
            raise TaskError(
                f"column 'task', row {i} of {len(texts)}: {error}; synthgym.dataset(...) makes the column"
            ) from error
        tasks.append(task)
    return tasks


def completion_texts(completions: Sequence[Any]) -> list[str]:
    """The texts of a batch of completions, plain or conversational.

    Raises:
        SettingError: if one is neither; it names its place in the batch.
    """
    texts: list[str] = []
    for i, completion in enumerate(completions):
        try:
            texts.append(completion_text(completion))
        except SettingError as error:
            raise SettingError(f"completion {i} of {len(completions)}: {error}") from error
    return texts


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
        if isinstance(said[-1], Sequence):
            return "".join(str(part.get("text", "")) for part in said[-1] if isinstance(part, Mapping))
        raise SettingError(f"its message's content is {shown(said[-1])}; text or a list of parts is needed")
    raise SettingError(f"a completion is {shown(completion)}; text or a list of messages is needed")


def truth_of(task: Task, completion: str) -> bool | None:
    """The truth, for the log; None if the family fails."""
    try:
        return family_of(task).truth(task, completion)
    except (SynthGymError, ArithmeticError, ValueError, TypeError, LookupError, RecursionError):
        return None
