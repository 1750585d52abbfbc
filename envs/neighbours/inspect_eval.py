"""Inspect AI: a family and a signal as one of its tasks. Needs the extra `inspect`; imported when it is first used."""

from typing import Any

from synthgym.envs.neighbours._extras import need
from synthgym.envs.neighbours._judging import Families, family_text, settled_signal
from synthgym.signal import Signal


def inspect_task(
    family: Families = "chain_sum",
    signal: str | Signal = "binary",
    *,
    n: int = 100,
    split: str = "test",
    difficulty: int = 0,
    template: str = "natural",
    answer_format: str | None = None,
    first_seed: int = 0,
    distinct: bool = False,
    max_turns: int = 1,
    feedback: str = "right_or_wrong",
) -> Any:
    """A family and a signal as an `inspect_ai.Task`, for `inspect_ai.eval` or a function decorated with ``@task``.

    A sample has the task's id, its prompt as input, the worked solution's answer as target, and the task's JSON text
    in ``metadata["task"]``. A score's value is the signal's reward, its metadata has the named components and the
    credits; a completion that could not be scored is NaN, Inspect's mark for it, and left out of the metrics.

    Args:
        family: a name; several, which then take turns; or weights by name.
        signal: what is scored, as a `Signal` or its label.
        n: how many samples.
        split: "test" by default, as this is for evaluating.
        max_turns: attempts at a task; the last one counts.
        feedback: what the user's message between them tells: "nothing", "right_or_wrong", "criterion" or "step".
        difficulty, template, answer_format, first_seed, distinct: as for `synthgym.tasks`.

    Raises:
        MissingExtraError: if `inspect_ai` is not installed.
        UnknownNameError: if a family, or something the signal names, is not registered.
        SettingError: for any other value that is not accepted.
    """
    text = family_text(family)
    settled = settled_signal(signal, "Inspect")
    need("inspect_ai", "inspect")
    from synthgym.envs.neighbours.inspect_registry import build

    return build(
        text,
        settled,
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
