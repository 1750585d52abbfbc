"""Runs code of ours in the sandbox on what a model wrote: the model's text is an argument, and only looked at.

A module is compiled here, once, as that takes longer than running it.
"""

import marshal
from functools import lru_cache
from importlib.resources import files
from importlib.util import MAGIC_NUMBER

from synthgym.errors import SandboxError
from synthgym.verifiers.sandbox import Limits, Outcome, run

LIMITS = Limits(seconds=2, memory_mb=256, output_kb=1024)
"""What our code may use."""
_LOADER = """
import importlib.util, marshal
def call(code, magic, function, arguments):
    if magic != importlib.util.MAGIC_NUMBER:
        return None
    names = {}
    exec(marshal.loads(code), names)
    return [names[function](*arguments)]
"""


def ask(module: str, function: str, *arguments: object) -> object:
    """What `function` of the private module `module` of this package returns; None if it does not end well.

    Raises:
        SandboxError: if the sandbox fails.
    """
    inputs = [[_compiled(module), MAGIC_NUMBER, function, list(arguments)]]
    result = run(_LOADER, inputs, LIMITS, entry="call").results[0]
    if result.outcome is not Outcome.PASSED:
        return None
    if not isinstance(result.value, list):
        raise SandboxError("the sandbox runs another version of Python than this process; run both on one")
    return result.value[0]


@lru_cache
def _compiled(module: str) -> bytes:
    text = files("synthgym.envs.code").joinpath(f"{module}.py").read_text(encoding="utf-8")
    return marshal.dumps(compile(text, module, "exec", optimize=2))
