"""Other environment libraries: a family and a signal as one of theirs, and theirs as a family.

`load_environment`, `write_package` and `from_verifiers` (PrimeIntellect's `verifiers`), `openenv_app` (OpenEnv) and
`inspect_task` (Inspect AI) are imported when they are first used, and each neighbour's package not before one of them
is called. A missing one is a `MissingExtraError` that names its extra.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from synthgym.envs.neighbours.inspect_eval import inspect_task as inspect_task
    from synthgym.envs.neighbours.openenv import openenv_app as openenv_app
    from synthgym.envs.neighbours.prime import from_verifiers as from_verifiers
    from synthgym.envs.neighbours.prime import load_environment as load_environment
    from synthgym.envs.neighbours.prime import write_package as write_package

_PRIME = "synthgym.envs.neighbours.prime"
_HOME = {
    "from_verifiers": _PRIME,
    "inspect_task": "synthgym.envs.neighbours.inspect_eval",
    "load_environment": _PRIME,
    "openenv_app": "synthgym.envs.neighbours.openenv",
    "write_package": _PRIME,
}
__all__ = list(_HOME)


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'synthgym.envs.neighbours' has no attribute {name!r}")
    return getattr(importlib.import_module(_HOME[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOME})
