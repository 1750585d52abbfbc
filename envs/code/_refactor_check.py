"""Which rules of a refactoring a module breaks, asked of `_refactor_checker` in the sandbox."""

import marshal
from collections.abc import Mapping
from functools import lru_cache
from importlib.resources import files
from importlib.util import MAGIC_NUMBER

from synthgym.envs.code._analysis import LIMITS
from synthgym.errors import SandboxError
from synthgym.verifiers.sandbox import Outcome, run

UNKNOWN: Mapping[str, frozenset[int]] = {"base": frozenset({0})}
"""What is said of a module that cannot be looked at."""


@lru_cache(maxsize=4096)
def broken_rules(source: str) -> Mapping[str, frozenset[int]]:
    """The rules that the module breaks, and on which of its lines; 0 is none of them.

    Raises:
        SandboxError: if the sandbox fails.
    """
    arguments = [_compiled(), MAGIC_NUMBER, source]
    result = run(_LOADER, [arguments], LIMITS, entry="check").results[0]
    if result.outcome is not Outcome.PASSED:
        return UNKNOWN
    if not isinstance(result.value, dict):
        raise SandboxError("the sandbox runs another version of Python than this process; run both on one")
    return {str(rule): frozenset(lines) for rule, lines in result.value.items()}


# Compiled once here: compiling the checker takes longer than running it.
_LOADER = """
import importlib.util, marshal
def check(code, magic, source):
    if magic != importlib.util.MAGIC_NUMBER:
        return None
    names = {}
    exec(marshal.loads(code), names)
    return names["check"](source)
"""


@lru_cache(maxsize=1)
def _compiled() -> bytes:
    text = files("synthgym.envs.code").joinpath("_refactor_checker.py").read_text(encoding="utf-8")
    return marshal.dumps(compile(text, "checker", "exec", optimize=2))
