"""The task, start and budget of a run in words, as its provenance tells them."""

from collections.abc import Mapping, Sequence

from synthgym.report.study import Cell, Study, mapping, text
from synthgym.report.words import listing, share


def setting(study: Study, cells: Sequence[Cell]) -> str:
    """What the cells have in common: task, start and budget. Notes it where they do not."""
    told = {_setting(cell.provenance) for cell in cells}
    if len(told) > 1:
        arms = listing(sorted({cell.arm for cell in cells}))
        study.note(
            f"The runs of {cells[0].family} ({arms}) do not share one task, start and budget: they cannot be compared "
            "fairly."
        )
    return min(told, default="")


def start_words(known: Mapping[str, object], *, measured: bool = True) -> str:
    """``noisy start (noise .40; sampled .02, greedy .31)``; empty where nothing is told.

    Args:
        measured: tell its accuracy, too.
    """
    start = mapping(known.get("start"))
    config = mapping(start.get("config")) or start
    kind = text(config.get("kind"))
    if not kind:
        return ""
    noise = _number(config.get("noise")) if kind == "noisy" else None
    parts = [] if noise is None else [f"noise {share(noise)}"]
    rates = [
        f"{name} {share(rate)}"
        for name in ("sampled", "greedy")
        if measured and (rate := _rate(start.get(name))) is not None
    ]
    parts += [", ".join(rates)] if rates else []
    return f"{kind} start" + (f" ({'; '.join(parts)})" if parts else "")


def budget_words(known: Mapping[str, object]) -> str:
    """``80 steps × 64 rollouts in groups of 8, learning rate 0.0005``; for a loop, what a generation is."""
    budget, loop = mapping(known.get("budget")), mapping(known.get("loop"))
    parts = []
    if budget:
        steps, batch = text(budget.get("steps")), text(budget.get("batch_size"))
        parts.append(f"{steps} steps × {batch} rollouts in groups of {text(budget.get('group_size'))}")
    if loop:
        prompts, samples = text(loop.get("prompts")), text(loop.get("samples"))
        parts.append(
            f"{prompts} prompts × {samples} samples a generation, {text(loop.get('steps'))} steps on them"
        )
    rate = (budget or loop).get("learning_rate")
    return ", ".join([*parts, *([f"learning rate {text(rate)}"] if rate is not None else [])])


def _setting(known: Mapping[str, object]) -> str:
    parts = []
    if known.get("difficulty") is not None:
        parts.append(f"difficulty {text(known['difficulty'])}")
    if known.get("template") is not None:
        parts.append(f"{text(known['template'])} template")
    parts += [start_words(known), budget_words(known)]
    return ", ".join(part for part in parts if part)


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else None


def _rate(value: object) -> float | None:
    """A pass rate, whether it came with its interval or without."""
    return _number(mapping(value).get("estimate")) if isinstance(value, Mapping) else _number(value)
