"""From a folder to everything the report says, by the rollout log alone."""

import importlib
import os
import warnings
from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

from synthgym.errors import MeasureError, MissingExtraError
from synthgym.measure.columns import entry
from synthgym.report.findings_learning import learning_findings
from synthgym.report.findings_loops import loop_findings
from synthgym.report.findings_takeover import takeover_findings
from synthgym.report.learning import learned
from synthgym.report.loops import has_generations, looped
from synthgym.report.model import Finding, Report
from synthgym.report.provenance import cell_rows, provenance
from synthgym.report.samples import learning_samples, takeover_samples
from synthgym.report.study import RUN, Cell, Study, text
from synthgym.report.takeover import watched

Found = TypeVar("Found")

MOST_SAMPLES = 12


def analyse(path: str | os.PathLike[str], *, skip_corrupt: bool = True) -> Report:
    """What a study folder, a run folder, or a folder of runs shows.

    Unfinished cells, and with `skip_corrupt` corrupt parts, are left out, with a warning, and named in the
    report's notes.

    Raises:
        LogError: if there is neither a study nor a rollout log, or without `skip_corrupt` for a corrupt part.
        MissingExtraError: if scipy is not installed.
    """
    _need("scipy")
    study = Study(path, skip_corrupt=skip_corrupt)
    looping, watching, learning = _sorted_cells(study)
    learnings = _each(study, learning, learned)
    takeovers = _each(study, watching, watched)
    loops = _each(study, looping, looped)
    samples = [sample for group in _by_family(learning) for sample in learning_samples(study, group)]
    for takeover in takeovers:
        cells = [cell for cell in watching if cell.family == takeover.family]
        samples += takeover_samples(study, cells, takeover.flawed)
    samples = list({(one.family, one.arm, one.when, one.what): one for one in samples}.values())
    found: list[Finding] = [finding for one in learnings for finding in learning_findings(one)]
    found += [finding for one in takeovers for finding in takeover_findings(one)]
    found += [finding for one in loops for finding in loop_findings(one)]
    if not found:
        study.note("There is nothing to find yet: no finished run has completions whose truth is known.")
    for note in study.notes:
        warnings.warn(note, stacklevel=3)
    return Report(
        title=_title(study),
        study=study.is_study,
        findings=tuple(sorted(found, key=_question)),
        notes=tuple(study.notes),
        learning=tuple(learnings),
        takeovers=tuple(takeovers),
        loops=tuple(loops),
        samples=tuple(samples[:MOST_SAMPLES]),
        provenance=provenance(study),
        cells=cell_rows(study),
    )


def findings(path: str | os.PathLike[str] | Report) -> list[str]:
    """What was found, one sentence each; what is missing or unreadable comes last.

    Raises:
        LogError, MissingExtraError: as `analyse` does.
    """
    if isinstance(path, Report):
        return [finding.text for finding in path.findings] + list(path.notes)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the notes are in the list
        return findings(analyse(path))


def _sorted_cells(study: Study) -> tuple[list[Cell], list[Cell], list[Cell]]:
    """The cells of loops, those with a shortcut to watch, and those that learn. A run that asks no question
    is sorted by what its log holds; one with a shortcut also shows what it learned."""
    looping, watching = study.asking("loop"), study.asking("shortcut")
    learning = study.asking("granularity", "control")
    known = {cell.id for cell in [*looping, *watching, *learning]}
    for cell in study.cells:
        if cell.id in known:
            continue
        table = study.rollouts(cell, ["phase", "generation", "probe"])
        if has_generations(table):
            looping.append(cell)
            continue
        learning.append(cell)
        if (entry(table, "probe", "mechanism") >= 0).any():
            watching.append(cell)
    return looping, watching, learning


def _by_family(cells: Iterable[Cell]) -> list[list[Cell]]:
    """The cells of each family; those that a study planned apart from those it did not."""
    groups: dict[tuple[bool, str], list[Cell]] = {}
    for cell in cells:
        groups.setdefault((cell.question == RUN, cell.family), []).append(cell)
    return list(groups.values())


def _each(
    study: Study, cells: Iterable[Cell], measured: Callable[[Study, Sequence[Cell]], Found]
) -> list[Found]:
    """`measured` of each family's cells; where a measure is undefined, a note says why."""
    found = []
    for group in _by_family(cells):
        try:
            found.append(measured(study, group))
        except MeasureError as error:
            study.note(f"{group[0].family}: {error}.")
    return found


def _question(finding: Finding) -> int:
    order = ("granularity", "control", RUN, "shortcut", "loop")
    return order.index(finding.question)


def _title(study: Study) -> str:
    if study.is_study:
        return f"Study {text(study.plan.get('study')) or study.path.resolve().name}"
    if len(study.cells) == 1:
        return f"Run {study.cells[0].id}"
    return f"Runs in {study.path.resolve().name}"


def _need(module: str) -> None:
    try:
        importlib.import_module(module)
    except ModuleNotFoundError as error:
        raise MissingExtraError(module, "report") from error
