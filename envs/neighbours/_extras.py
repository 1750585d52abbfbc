"""Importing a neighbour's package: only when it is used, and with an error that names the extra."""

import importlib
import importlib.util
import sys
from pathlib import Path
from types import ModuleType

from synthgym.errors import MissingExtraError


def need(module: str, extra: str) -> ModuleType:
    """The neighbour's `module`, imported.

    Python started inside SynthGym's repository finds the folder `verifiers/` where PyPI's package of that name is
    meant; then the package is looked for in the rest of the path.

    Raises:
        MissingExtraError: if it is not installed.
        ImportError: if it is installed and cannot be imported.
    """
    top = module.partition(".")[0]
    try:
        return _imported(module, extra)
    except MissingExtraError:
        raise
    except ImportError:
        if not _shadows(top):
            raise
    kept = list(sys.path)
    sys.path[:] = [entry for entry in kept if not _is_ours(Path(entry or "."), top)]
    try:
        return _imported(module, extra)
    finally:
        sys.path[:] = kept


def _imported(module: str, extra: str) -> ModuleType:
    top = module.partition(".")[0]
    try:
        return importlib.import_module(module)
    except ImportError as error:
        lacking = isinstance(error, ModuleNotFoundError) and (error.name or "").partition(".")[0] == top
        if lacking or not _is_there(top):
            raise MissingExtraError(module, extra) from error
        raise


def _is_there(top: str) -> bool:
    """Whether Python finds the package; it does not where something keeps it from being imported."""
    try:
        return importlib.util.find_spec(top) is not None
    except (ImportError, ValueError):
        return False


def _shadows(top: str) -> bool:
    return any(_is_ours(Path(entry or "."), top) for entry in sys.path)


def _is_ours(folder: Path, top: str) -> bool:
    """Whether `folder` is the repository, whose folder `top` is a part of SynthGym."""
    return (folder / top / "__init__.py").is_file() and (folder / "synthgym" / top).exists()
