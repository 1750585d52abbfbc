"""What Inspect AI finds under ``synthgym/``: a task, a scorer and a solver. It needs the extra `inspect`.

The entry point `inspect_ai` names this module, so that ``inspect eval synthgym/tasks -T family=chain_sum`` works.
"""

from functools import partial
from typing import Any

from anyio import to_thread
from inspect_ai import Task as InspectTask
from inspect_ai import task as inspect_task
from inspect_ai.dataset import MemoryDataset, Sample
from inspect_ai.model import ChatMessageAssistant, ChatMessageSystem, ChatMessageUser
from inspect_ai.scorer import Score, Scorer, Target, accuracy, mean, scorer, stderr
from inspect_ai.solver import Generate, Solver, TaskState, generate, solver

from synthgym.envs.multi_turn.settings import Turns
from synthgym.envs.neighbours._judging import (
    chat,
    components,
    credit_list,
    families_of,
    family_text,
    is_named,
    reason,
    settled_signal,
    task_list,
    utf8,
    verdict_on,
)
from synthgym.envs.neighbours._turns import next_prompt, settled_turns
from synthgym.parsing import parse
from synthgym.signal import Signal
from synthgym.types import Task, Verdict


@inspect_task  # type: ignore[untyped-decorator]  # Inspect's names are Any to mypy
def tasks(
    family: str = "chain_sum",
    signal: str = "binary",
    n: int = 100,
    split: str = "test",
    difficulty: int = 0,
    template: str = "natural",
    answer_format: str | None = None,
    first_seed: int = 0,
    distinct: bool = False,
    max_turns: int = 1,
    feedback: str = "right_or_wrong",
) -> InspectTask:
    """The tasks of a family, judged by a signal: the settings are those of `inspect_task`, each a ``-T name=value``."""
    return build(
        family,
        signal,
        max_turns=max_turns,
        feedback=feedback,
        n=n,
        split=split,
        difficulty=difficulty,
        template=template,
        answer_format=answer_format,
        first_seed=first_seed,
        distinct=distinct,
    )


def build(
    family: str, signal: str | Signal, *, max_turns: int, feedback: str, n: int, **settings: Any
) -> InspectTask:
    """The task that `synthgym.envs.neighbours.inspect_task` describes."""
    settled = settled_signal(signal, "Inspect")
    turns = settled_turns(max_turns, feedback, settled)
    text = family_text(family)
    named = is_named(settled)
    plain = settled.granularity == "binary" and settled.verifier is None
    samples = [_sample(task, settled) for task in task_list(text, settled, n, **settings)]
    return InspectTask(
        dataset=MemoryDataset(samples, name=text),
        solver=generate() if max_turns == 1 else _attempts(settled, turns),
        scorer=verdict(settled.label) if named else _unnamed_verdict(settled)(settled.label),
        metrics=[accuracy(), stderr()] if plain else None,
        name=f"synthgym_{'_'.join(families_of(text))}",
        metadata={"signal": settled.label, "max_turns": max_turns, "feedback": feedback, **settings},
    )


@scorer(metrics=[mean(), stderr()])  # type: ignore[untyped-decorator]
def verdict(signal: str = "binary") -> Scorer:
    """Scores by the signal of that label; what could not be scored is NaN, which Inspect's metrics leave out."""
    return _scoring(settled_signal(signal, "Inspect"))


def _unnamed_verdict(own: Signal) -> Any:
    """`verdict` for a signal that holds more than its label says; the log can name it, and not make it again."""

    @scorer(metrics=[mean(), stderr()])  # type: ignore[untyped-decorator]
    def custom_verdict(signal: str) -> Scorer:
        return _scoring(own)

    return custom_verdict


def _scoring(signal: Signal) -> Any:
    async def score(state: TaskState, target: Target) -> Score:
        task = Task.from_json(state.metadata["task"])
        completion = state.output.completion
        found = await to_thread.run_sync(partial(verdict_on, task, completion, signal, _coin(state)))
        return _as_score(task, completion, found)

    return score


def _as_score(task: Task, completion: str, found: Verdict) -> Score:
    answer = parse(task, completion).answer
    unscored = found.reward is None
    metadata: dict[str, Any] = {
        "task_id": task.id,
        "components": components(found),
        "credits": credit_list(found),
        "unscored": unscored,
    }
    if unscored:
        metadata["unscored_reason"] = "scoring_failed"  # Inspect's name for it
    return Score(
        value=float("nan") if found.reward is None else float(found.reward),
        answer=None if answer is None else utf8(answer),
        explanation=reason(found),
        metadata=metadata,
    )


def _attempts(signal: Signal, turns: Turns) -> Solver:
    @solver(name="synthgym_attempts")  # type: ignore[untyped-decorator]
    def attempts(max_turns: int, feedback: str) -> Solver:
        async def solve(state: TaskState, generate: Generate) -> TaskState:
            task = Task.from_json(state.metadata["task"])
            state = await generate(state)
            for turn in range(1, max_turns):
                attempt = partial(
                    next_prompt, task, state.output.completion, signal, turns, f"{_coin(state)}/{turn}"
                )
                told = await to_thread.run_sync(attempt)
                if told is None or state.completed:
                    break
                state.messages.append(ChatMessageUser(content=told))
                state = await generate(state)
            return state

        return solve

    return attempts(turns.max_turns, turns.feedback)


_MESSAGES = {"system": ChatMessageSystem, "user": ChatMessageUser, "assistant": ChatMessageAssistant}


def _sample(task: Task, signal: Signal) -> Sample:
    said = chat(task, signal)
    return Sample(
        input=task.prompt if len(said) == 1 else [_MESSAGES[m["role"]](content=m["content"]) for m in said],
        target=task.reference.answer,
        id=task.id,
        metadata={
            "task": task.to_json(),
            "family": task.family,
            "difficulty": task.difficulty,
            "seed": task.seed,
            "split": task.split,
        },
    )


def _coin(state: TaskState) -> str:
    return f"{state.sample_id}/{state.epoch}"
