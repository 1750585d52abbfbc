"""The report: one self-contained HTML file from a study folder or a run folder, and its findings as sentences.

Nothing heavy is imported before it is used: the measures need scipy, the page altair, vl-convert and jinja2.
"""

import os
from pathlib import Path

from synthgym.report.model import Report

__all__ = ["analyse", "findings", "write_report"]


def analyse(path: str | os.PathLike[str], *, skip_corrupt: bool = True) -> Report:
    """What a study folder, a run folder, or a folder of runs shows, as plain data.

    Args:
        path: the folder.
        skip_corrupt: go on past corrupt parts of a log and say so in the report's notes.

    Raises:
        LogError: if there is neither a study nor a rollout log, or without `skip_corrupt` for a corrupt part.
        MissingExtraError: if scipy is not installed.
    """
    from synthgym.report.analysis import analyse as analysed

    return analysed(path, skip_corrupt=skip_corrupt)


def findings(path: str | os.PathLike[str] | Report) -> list[str]:
    """What was found, one sentence each, with intervals; what is missing or unreadable comes last.

    Args:
        path: the folder, or what `analyse` made of it.

    Raises:
        LogError, MissingExtraError: as `analyse` does.
    """
    from synthgym.report.analysis import findings as found

    return found(path)


def write_report(
    path: str | os.PathLike[str], out: str | os.PathLike[str] | None = None, *, report: Report | None = None
) -> Path:
    """Write the report of a folder, and return where it is.

    Args:
        path: a study folder, a run folder, or a folder of runs.
        out: the HTML file; by default ``report.html`` in the folder.
        report: what `analyse` made of the folder, if it is at hand.

    Raises:
        LogError: if there is neither a study nor a rollout log, or the file cannot be written.
        MissingExtraError: if altair, vl-convert, jinja2 or scipy is not installed.
    """
    from synthgym.report.page import write

    return write(report or analyse(path), Path(path) / "report.html" if out is None else Path(out))
