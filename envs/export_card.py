"""What is said of an export beside it: its provenance, and a dataset card that `datasets` reads the splits from."""

import json
from collections.abc import Mapping
from typing import Any

from synthgym.envs.export_runs import RunSource
from synthgym.envs.mixture import Plan
from synthgym.errors import LogError
from synthgym.log import read_provenance, run_folders
from synthgym.plugins import get_family
from synthgym.signal import Signal


def provenance_of_plan(plan: Plan, judge: Signal) -> dict[str, Any]:
    """What determines every row of generated tasks, but for the split and the number of rows."""
    difficulty: Any = plan.difficulty
    if isinstance(difficulty, Mapping):
        difficulty = {name: _course(course) for name, course in difficulty.items()}
    else:
        difficulty = _course(difficulty)
    return {
        "source": "families",
        "families": {name: get_family(name).version for name in plan.slots},
        "turns": list(plan.slots),
        "weights": list(plan.weights),
        "signal": judge.label,
        "cues": plan.signal is not None and bool(plan.signal.shortcuts),
        "difficulty": difficulty,
        "template": plan.template,
        "answer_format": plan.answer_format,
        "first_seed": plan.first_seed,
        "distinct": plan.distinct,
    }


def provenance_of_run(source: RunSource) -> dict[str, Any]:
    """What made the rollouts, as their run folders say, and how they became rows."""
    runs = {}
    for folder in run_folders(source.source):
        try:
            runs[folder.resolve().name] = read_provenance(folder)
        except LogError:
            runs[folder.resolve().name] = {}
    return {
        "source": "rollouts",
        "runs": json.loads(json.dumps(runs, default=str)),
        "families": sorted(source.families),
        "phases": list(source.phases),
        "by": source.by,
        "threshold": source.threshold if source.by == "reward" else None,
        "distinct": source.distinct,
        "skipped": {why: count for why, count in source.skipped.items() if count},
    }


def card(provenance: Mapping[str, Any], files: Mapping[str, str]) -> str:
    """The README of a dataset folder: which file is which split, and where the rows come from."""
    paths = "\n".join(f"  - split: {split}\n    path: {file}" for split, file in files.items())
    counts = ", ".join(f"{provenance['rows'][split]:,} rows of {split}" for split in files)
    families = ", ".join(provenance["families"]) or "no named family"
    shape = "conversational" if provenance["conversational"] else "plain"
    origin = {
        "families": "Generated tasks; no instance is in both splits.",
        "rollouts": f"Rollouts of a run; the {provenance.get('by')} says which are good.",
    }[provenance["source"]]
    return (
        f"---\nconfigs:\n- config_name: default\n  data_files:\n{paths}\ntags:\n- synthgym\n- trl\n---\n\n"
        f"# {families}\n\n{counts}, in TRL's format `{provenance['format']}` ({shape}). {origin}\n\n"
        f"Made by SynthGym {provenance['synthgym']}; `provenance.json` holds everything that determines the rows:\n\n"
        f"```json\n{json.dumps(provenance, indent=1, sort_keys=True)}\n```\n"
    )


def _course(course: Any) -> Any:
    if callable(course):
        return f"function {getattr(course, '__qualname__', type(course).__name__)} of the row's number"
    return list(course) if isinstance(course, tuple) else course
