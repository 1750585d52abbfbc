"""Which rules of a refactoring a module breaks, asked of `_refactor_checker` in the sandbox."""

from collections.abc import Mapping
from functools import lru_cache

from synthgym.envs.code._own_code import ask

UNKNOWN: Mapping[str, frozenset[int]] = {"base": frozenset({0})}
"""What is said of a module that cannot be looked at."""


@lru_cache(maxsize=4096)
def broken_rules(source: str) -> Mapping[str, frozenset[int]]:
    """The rules that the module breaks, and on which of its lines; 0 is none of them.

    Raises:
        SandboxError: if the sandbox fails.
    """
    found = ask("_refactor_checker", "check", source)
    if not isinstance(found, dict):
        return UNKNOWN
    return {str(rule): frozenset(lines) for rule, lines in found.items()}
