"""Runs a policy's own code in the sandbox and says in text what came of it: its output, and its last line's value."""

import re

from synthgym.verifiers.sandbox import Limits, Outcome, Result, ValueFormError, run

LIMITS = Limits(seconds=2, memory_mb=256, output_kb=64)
"""What one run may use."""
MAX_CODE = 1 << 14
"""Characters of code that are run."""
_LOADER = """
import ast

def call(code, longest):
    tree = compile(code, "<code>", "exec", ast.PyCF_ONLY_AST)
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    names = {"__name__": "__main__"}
    try:
        exec(compile(tree, "<code>", "exec"), names)
        value = eval(compile(ast.Expression(last.value), "<code>", "eval"), names) if last else None
    except Exception as error:
        trace, line = error.__traceback__, 0
        while trace is not None:
            line = trace.tb_lineno if trace.tb_frame.f_code.co_filename == "<code>" else line
            trace = trace.tb_next
        return [False, f"{type(error).__name__}: {error} (line {line})"[:longest]]
    return [True, "" if value is None else repr(value)[:longest]]
"""
_PLACE = re.compile(r"( \(<code>, line \d+\))? \(line \d+\)$")
_ENDS = {
    Outcome.TIMEOUT: f"it was not done within {LIMITS.seconds:g} seconds",
    Outcome.MEMORY: f"it needed more than {LIMITS.memory_mb} MB of memory",
    Outcome.OUTPUT: f"it printed more than {LIMITS.output_kb} kB",
    Outcome.CRASHED: "the process ended before it was done",
}


def run_code(code: str, longest: int) -> str:
    """What `code` printed, then the value of its last line if that is an expression, or how it failed.

    Args:
        longest: characters of a value or an error that are kept.

    Raises:
        SandboxError: if nothing can be run here.
    """
    if len(code) > MAX_CODE:
        return f"error: the code has {len(code)} characters; at most {MAX_CODE} are run"
    try:
        code.encode("utf-8")
    except UnicodeEncodeError as error:
        return f"error: the code is not valid Unicode ({error.reason})"
    result = run(_LOADER, [[code, longest]], LIMITS, entry="call").results[0]
    parts = [result.stdout.rstrip("\n"), _ending(result)]
    return "\n".join(part for part in parts if part) or "(no output)"


def _ending(result: Result) -> str:
    if result.outcome is not Outcome.PASSED:
        return f"error: {_ENDS.get(result.outcome) or _PLACE.sub('', result.detail)}"
    try:
        value = result.value
    except ValueFormError:
        value = None
    match value:
        case [True, str(text)]:
            return text
        case [False, str(text)]:
            return f"error: {text}"
    return "error: the code took the runner apart"
