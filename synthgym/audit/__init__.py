"""What explains a reward beyond truth: an audit of the rollouts of any trainer.

Nothing heavy is imported before it is used: the audit needs pyarrow and scipy, its page altair, vl-convert and jinja2.
"""

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from synthgym.audit.fields import Fields
from synthgym.audit.model import Audit
from synthgym.errors import MissingExtraError

if TYPE_CHECKING:
    from synthgym.audit.analysis import Named

__all__ = ["Audit", "Fields", "audit", "write_page"]


def audit(
    path: str | os.PathLike[str],
    *,
    fields: Fields | None = None,
    accept_at: float | None = None,
    seed: int = 0,
    named: "Named | None" = None,
    progress: Callable[[str], object] = lambda what: None,
) -> Audit:
    """Which surface features of the completions of a log explain their reward, and which of them beyond truth.

    Args:
        path: a run folder of ours, a folder of TRL's completions, a Parquet file, JSON lines (also gzipped), or a
            folder of these.
        fields: which field is what, where the usual names do not tell.
        accept_at: the least reward that counts as high; by default one half of rewards in [0, 1], else the middle.
        seed: of the permutations.
        named: ``named(task_ids, completions)`` gives flags by name, of patterns that are known; for our own logs.
        progress: is told, now and then, what is being done.

    Raises:
        LogError: if there is no log, nothing in it can be audited, or a field that is needed is not there.
        SettingError: for a setting out of range.
        MissingExtraError: if scipy is not installed.
    """
    try:
        import scipy  # noqa: F401  # the onset needs it, and says so before anything is read
    except ModuleNotFoundError as error:
        raise MissingExtraError("scipy", "report") from error
    from synthgym.audit.analysis import run

    return run(
        Path(path), fields=fields or Fields(), accept_at=accept_at, seed=seed, named=named, progress=progress
    )


def write_page(found: Audit, out: str | os.PathLike[str]) -> Path:
    """Write an audit as one self-contained HTML file, and return where it is.

    Raises:
        LogError: if it cannot be written.
        MissingExtraError: if altair, vl-convert or jinja2 is not installed.
    """
    from synthgym.audit.page import write

    return write(found, Path(out))
