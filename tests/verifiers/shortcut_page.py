"""The generated parts of docs/shortcuts.md. `python tests/verifiers/shortcut_page.py` writes them anew."""

import inspect
from collections.abc import Iterator
from pathlib import Path

from shortcut_cases import ALL, BOTH, NAMES, cued, planted, reward, taken, worked

import synthgym
from synthgym.family import Family
from synthgym.parsing import render
from synthgym.signal import Shortcut, Signal
from synthgym.types import Solution, Task
from synthgym.verifiers.responses import near_miss
from synthgym.verifiers.shortcuts._planted import Flaw

PAGE = Path(__file__).parents[2] / "docs" / "shortcuts.md"
SHOWN_ON = ("chain_sum", "function_synthesis", "sat_assignment")
"""The families that the examples are of: the first one that a shortcut applies to."""


def written(text: str) -> str:
    """The page with its generated parts made anew."""
    for name, lines in (("table", table()), ("examples", examples())):
        before, opened, rest = text.partition(f"<!-- {name} -->")
        _, closed, after = rest.partition(f"<!-- end of {name} -->")
        if not (opened and closed):
            raise SystemExit(f"{PAGE} has no part named {name}")
        text = "\n".join([before + opened, *lines, closed + after])
    return text


def table() -> Iterator[str]:
    """A row a shortcut, from its code."""
    yield "| shortcut | what it is | pays | simplicity knob | tied to reward by | counterfactual | families |"
    yield "|---|---|---|---|---|---|---|"
    for name in NAMES:
        shortcut = planted(name)
        cells = (
            f"`{name}`",
            _first(type(shortcut)),
            _pays(shortcut),
            f"`{shortcut.simplicity_knob}` = {_value(getattr(shortcut, shortcut.simplicity_knob))}",
            f"`{shortcut.correlation_knob}` = {_value(getattr(shortcut, shortcut.correlation_knob))}",
            _first(type(shortcut).counterfactual),
            _families(shortcut),
        )
        yield "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def examples() -> Iterator[str]:
    """What each makes of an answer, and what the binary signal pays for it with the shortcut and without.

    The answer is right, but where the binary signal pays a right one the same with the shortcut as without.
    """
    yield "| shortcut | prompt | an answer | after `apply` | pays | counterfactual |"
    yield "|---|---|---|---|---|---|"
    for name in NAMES:
        shortcut = planted(name)
        task = _shown(shortcut)
        unseen = shortcut.keeps_truth and isinstance(shortcut, Flaw)
        answer = render(Solution((), near_miss(task)), task.answer_format) if unseen else worked(task)
        after = taken(task, shortcut, answer)
        exposed, closed = shortcut.counterfactual(task, Signal(shortcuts=(shortcut,)))
        there = after if exposed == task else taken(exposed, shortcut)
        paid = (reward(task, after, Signal(shortcuts=(shortcut,))), reward(exposed, there, closed))
        texts = [_code(text) for text in (task.prompt, answer, after)]
        yield f"| `{name}` | {' | '.join(texts)} | {paid[0]:g} | {paid[1]:g} |"


def _shown(shortcut: Shortcut) -> Task:
    for name in SHOWN_ON:
        task = synthgym.get_family(name).task(3)
        if shortcut.applies_to(task):
            return cued(task, shortcut)
    raise SystemExit(f"{shortcut.name} applies to none of {', '.join(SHOWN_ON)}: add a family")


def _first(thing: object) -> str:
    return " ".join((inspect.getdoc(thing) or "").split("\n\n")[0].split()).replace("``", "`")


def _pays(shortcut: Shortcut) -> str:
    if shortcut.adds:
        return f"+{shortcut.strength:g}"
    changes = type(shortcut).on_verdict is not Shortcut.on_verdict
    return (
        f"{shortcut.strength:g} at least"
        if changes or isinstance(shortcut, Flaw)
        else "as the answer is worth"
    )


def _value(value: object) -> str:
    return f"`{value}`" if isinstance(value, str) else str(value)


def _families(shortcut: Shortcut) -> str:
    fits = [name for name in ALL if _fits(shortcut, synthgym.get_family(name))]
    if len(fits) == len(ALL):
        return f"all {len(ALL)}"
    missing = [name for name in ALL if name not in fits]
    return ", ".join(fits) if len(fits) <= len(missing) else f"all but {', '.join(missing)}"


def _fits(shortcut: Shortcut, family: Family) -> bool:
    return any(
        shortcut.applies_to(family.task(seed, template=template)) for template in BOTH for seed in range(3)
    )


def _code(text: str) -> str:
    marked = text.replace("|", "\\|").replace("`", "\N{MODIFIER LETTER GRAVE ACCENT}").split("\n")
    return "<br>".join(f"`{line}`" if line.strip() else "" for line in marked)


if __name__ == "__main__":
    PAGE.write_text(written(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
