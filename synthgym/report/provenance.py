"""Where the figures came from: versions, machine, command, and a line for every cell."""

from collections.abc import Mapping

from synthgym.report.settings import budget_words, start_words
from synthgym.report.study import RUN, Study, text
from synthgym.report.words import listing, seconds, share

_CELL_COLUMNS = ("cell", "question", "family", "arm", "signal", "seed", "start", "budget", "state")


def provenance(study: Study) -> tuple[tuple[str, str], ...]:
    """(name, value) of the whole study, or of the runs it is made of."""
    runs = [cell.provenance for cell in study.cells]
    plan = study.plan
    rows = [("command", _told(plan, runs, "command")), ("started", _told(plan, runs, "started"))]
    spent = plan.get("seconds", runs[0].get("seconds") if len(runs) == 1 else None)
    if isinstance(spent, (int, float)) and not isinstance(spent, bool):
        rows.append(("wall time", seconds(spent)))
    rows.append(("algorithm", _told(plan, runs, "algorithm")))
    rows.append(("machine", _flat(_first(plan, runs, "machine"))))
    rows.append(("versions", _flat(_first(plan, runs, "versions"))))
    rows.append(
        ("seeds", listing(sorted({cell.seed for cell in study.cells if cell.seed}, key=_numerically)))
    )
    rows.append(("folder", study.path.resolve().name))
    return tuple((name, value) for name, value in rows if value)


def cell_rows(study: Study) -> tuple[Mapping[str, str], ...]:
    """One row a cell, the unfinished ones last."""
    rows = []
    for cell in study.cells:
        rows.append(
            {
                "cell": cell.id,
                "question": "" if cell.question == RUN else cell.question,
                "family": cell.family,
                "arm": cell.arm,
                "signal": cell.signal,
                "seed": cell.seed,
                "start": start_words(cell.provenance),
                "budget": budget_words(cell.provenance),
                "state": "done" if study.is_study else "",
            }
        )
    rows += [{"cell": identity, "state": state} for identity, state in sorted(study.unfinished.items())]
    filled = [name for name in _CELL_COLUMNS if any(row.get(name) for row in rows)]
    return tuple({name: row.get(name, "") for name in filled} for row in rows)


def _first(plan: Mapping[str, object], runs: list[Mapping[str, object]], name: str) -> object:
    return next((known[name] for known in [plan, *runs] if known.get(name)), None)


def _told(plan: Mapping[str, object], runs: list[Mapping[str, object]], name: str) -> str:
    """What the study says, or what the runs say if they say one thing."""
    if plan.get(name):
        return text(plan[name])
    said = sorted({text(known.get(name)) for known in runs} - {""})
    return said[0] if len(said) == 1 else f"{len(said)} differ" if said else ""


def _flat(value: object) -> str:
    """A JSON object as ``name value, name value``."""
    if not isinstance(value, Mapping):
        return text(value)
    return ", ".join(f"{text(key)} {_short(entry)}" for key, entry in value.items() if entry is not None)


def _short(value: object) -> str:
    if isinstance(value, float) and 0 <= value <= 1 and value == round(value, 3):
        return share(value) if value >= 0.01 or value == 0 else f"{value:g}"
    return f"{value:g}" if isinstance(value, float) else text(value)


def _numerically(seed: str) -> tuple[int, str]:
    return (int(seed), seed) if seed.isdecimal() and len(seed) < 20 else (2**63, seed)
