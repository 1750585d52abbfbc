"""Registers the environments with Gymnasium without importing the families.

Family ``chain_sum`` of version 0 is ``synthgym/ChainSum-v0``. A built-in's version is read from its source
text, and an entry point's from its name, so that `import synthgym` stays cheap.
"""

import re
from collections.abc import Iterable, Mapping
from importlib.util import find_spec

import gymnasium

from synthgym.family import camel_case

NAMESPACE = "synthgym"
ENTRY_POINT = "synthgym.envs.task_env:TaskEnv"
_VERSION = re.compile(r"^\s+version(?:\s*:[^=\n]+)?\s*=\s*(\d+)", re.MULTILINE)


def environment_id(family: str, version: int) -> str:
    """The Gymnasium id of a family's environment."""
    return f"{NAMESPACE}/{camel_case(family)}-v{version}"


def register_environment(family: str, version: int) -> None:
    """Register the environment of `family`; does nothing if it is there already."""
    name = environment_id(family, version)
    if name not in gymnasium.registry:
        gymnasium.register(name, entry_point=ENTRY_POINT, kwargs={"family": family})


def register_environments(built_in: Iterable[tuple[str, str]], plugins: Mapping[str, int]) -> None:
    """Register the built-in families, given as (name, module), and other packages', given as name: version."""
    for family, module in built_in:
        register_environment(family, _declared_version(module))
    for family, version in plugins.items():
        register_environment(family, version)


def _declared_version(module: str) -> int:
    """The ``version = N`` in a module's source; 0 if it has none."""
    spec = find_spec(module)
    source = getattr(spec.loader, "get_source", lambda _: "")(module) if spec else ""
    match = _VERSION.search(source or "")
    return int(match[1]) if match else 0
