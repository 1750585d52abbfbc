"""What an answer in Python looks like, found without running it. This file's text runs in the sandbox.

It imports nothing of ours, because there is nothing of ours where it runs: `_analysis` sends its text there, with the
answer as an argument. What `analyse` gives back is made of built-in types; `_analysis` says what it means.
"""

import ast
import re
import textwrap
from collections.abc import Iterator, Sequence

_SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)
_ACTS = (ast.Call, ast.Await, ast.Yield, ast.YieldFrom, ast.NamedExpr)
_Shape = tuple[str, list[str], int, int]
_Found = tuple[int, int, int, int, int]
_REFLECTION = {"globals", "locals", "vars", "eval", "exec", "getattr"}


def analyse(text: str, parameters: list[str], entry: str) -> dict[str, object]:
    """The form of `text`, the module it stands for, and what is in it. A text that does not parse gives no form."""
    read = _parsed(text)
    if read is None:
        return {"form": ""}
    text, tree = read
    form, source, offset = _settled(text, tree, parameters, entry)
    if not form:
        return {"form": ""}
    names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    functions = _functions(tree, entry)
    first = tree.body[0] if tree.body else None
    if form == "lambda" and isinstance(first, ast.Expr):
        functions += _bound(entry, first.value)
    elif form != "module":
        functions.append((entry, list(parameters), len(parameters), len(parameters)))
    return {
        "form": form,
        "source": source,
        "offset": offset,
        "functions": functions,
        "statements": _statements(text, tree, form, entry),
        "constructs": sorted({type(node).__name__ for node in ast.walk(tree)}),
        "names": sorted(names),
        "attributes": sorted({node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}),
        "imports": sorted(_imports(tree)),
    }


def _parsed(text: str) -> tuple[str, ast.Module] | None:
    first = text.lstrip()
    for form in (text, textwrap.dedent(text), text[: len(text) - len(first)].rstrip(" \t") + first):
        try:
            return form, ast.parse(form)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            continue
    return None


def _settled(text: str, tree: ast.Module, parameters: list[str], entry: str) -> tuple[str, str, int]:
    """The form, the module's source, and how many lines stand before the answer's first."""
    header = f"def {entry}({', '.join(parameters)}):"
    only = tree.body[0] if len(tree.body) == 1 else None
    if isinstance(only, ast.Expr) and isinstance(only.value, ast.Lambda):
        return "lambda", f"{entry} = (\n{text}\n)", 1
    if isinstance(only, ast.Expr):
        return "expression", f"{header} return (\n{text}\n)", 1
    if not any(isinstance(node, ast.Return) for node in _outside(tree)):
        return "module", text, 0
    inside: set[int] = set()  # lines that a text began earlier goes on in, where white space counts
    for node in ast.walk(tree):
        if isinstance(node, (ast.Constant, ast.JoinedStr)):
            inside |= set(range(node.lineno + 1, (node.end_lineno or 0) + 1))
    lines = _lines(text)
    source = "\n".join([header, *(line if n in inside else f" {line}" for n, line in enumerate(lines, 1))])
    try:
        whole = ast.parse(source).body[0]
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return "", "", 0
    body = whole.body if isinstance(whole, ast.FunctionDef) else []
    same = [ast.dump(node) for node in body] == [ast.dump(node) for node in tree.body]
    return ("body", source, 1) if same else ("", "", 0)


def _outside(tree: ast.Module) -> Iterator[ast.AST]:
    """The nodes of `tree` that are in no function or class."""
    todo: list[ast.AST] = [*ast.iter_child_nodes(tree)]
    while todo:
        node = todo.pop()
        yield node
        if not isinstance(node, _SCOPES):
            todo.extend(ast.iter_child_nodes(node))


def _lines(text: str) -> list[str]:
    return text.replace("\r\n", "\n").replace("\r", "\n").split("\n")


def _imports(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""


def _functions(tree: ast.Module, entry: str) -> list[_Shape]:
    """[name, parameters, the fewest and the most arguments by place] of each; most is -1 where there is no end."""
    found: list[_Shape] = []
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            found.append((node.name, *_shape(node.args)))
        elif isinstance(node, ast.Assign) and any(isinstance(t, ast.Name) for t in node.targets):
            for target in node.targets:
                if isinstance(target, ast.Name) and (
                    target.id == entry or isinstance(node.value, ast.Lambda)
                ):
                    found += _bound(target.id, node.value)
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            found += [(entry, [], 0, -1) for a in node.names if (a.asname or a.name) == entry]
        elif isinstance(node, ast.ClassDef) and node.name == entry:
            found.append((entry, [], 0, -1))
    return found


def _bound(name: str, value: ast.expr) -> list[_Shape]:
    return [(name, *_shape(value.args))] if isinstance(value, ast.Lambda) else [(name, [], 0, -1)]


def _shape(args: ast.arguments) -> tuple[list[str], int, int]:
    names = [a.arg for a in (*args.posonlyargs, *args.args)]
    needed = len(names) - len(args.defaults)
    if any(default is None for default in args.kw_defaults):
        needed = len(names) + 1  # a keyword that must be given: no call by place will do
    return names, needed, -1 if args.vararg else len(names)


def _statements(text: str, tree: ast.Module, form: str, entry: str) -> list[_Found]:
    """[first line, last line, whether it can have an effect, first and last line of which one runs when it does]."""
    if form in ("expression", "lambda"):
        only = tree.body[0]
        return [(only.lineno, only.end_lineno or 0, 1, 0, 0)]  # the line before the answer always runs
    lines, dead, silent = _lines(text), _dead(tree, entry), _silent(tree)
    found: list[_Found] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.stmt):
            ran = _extent(silent.get(node, node), lines)
            found.append((*_extent(node, lines), int(_acts(node) and node not in dead), *ran))
        elif isinstance(node, (ast.ExceptHandler, ast.match_case)):
            line = node.lineno if isinstance(node, ast.ExceptHandler) else node.pattern.lineno
            found.append((line, line, 1, line, line))
        for block in ("orelse", "finalbody"):
            part = getattr(node, block, None)
            if isinstance(part, list) and part:
                found += _word(part[0], lines)
    return sorted(found)


def _silent(tree: ast.Module) -> dict[ast.AST, ast.stmt]:
    """Statements that leave no trace when they run (global, nonlocal), and one that runs if they do."""
    found: dict[ast.AST, ast.stmt] = {}
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if not isinstance(body, list):
            continue
        for part in body:
            if isinstance(part, (ast.Global, ast.Nonlocal)):
                found[part] = next((p for p in body if not isinstance(p, (ast.Global, ast.Nonlocal))), part)
    return found


def _start(node: ast.stmt) -> int:
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        return min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
    return node.lineno


def _extent(node: ast.stmt, lines: Sequence[str]) -> tuple[int, int]:
    """The lines of a statement, or of a compound one's head."""
    body = getattr(node, "body", None) or getattr(node, "cases", None)
    first = _start(node)
    if not isinstance(body, list):
        return first, node.end_lineno or first
    inner = body[0]
    last = (inner.pattern.lineno if isinstance(inner, ast.match_case) else _start(inner)) - 1
    while last > first and (not lines[last - 1].strip() or lines[last - 1].lstrip().startswith("#")):
        last -= 1
    return first, max(first, last)


def _word(inner: ast.stmt, lines: Sequence[str]) -> list[_Found]:
    """The line of ``else`` or ``finally`` over `inner`; it runs when that does."""
    first = _start(inner)
    if isinstance(inner, ast.If) and re.match(r"\s*elif\b", lines[first - 1]):
        return []
    at = first
    while at > 0 and not re.match(r"\s*(else|finally)\s*:", lines[at - 1]):
        at -= 1
    return [(at, at, 1, *_extent(inner, lines))] if 0 < at < first else []


def _acts(node: ast.stmt) -> bool:
    """Whether running the statement can change anything that another one sees."""
    if isinstance(node, ast.Pass):
        return False
    if isinstance(node, ast.Expr):
        return any(isinstance(part, _ACTS) for part in ast.walk(node))
    if isinstance(node, ast.AnnAssign):
        return node.value is not None and not _keeps(node.target, node.value)
    if isinstance(node, ast.Assign):
        return not all(_keeps(target, node.value) for target in node.targets)
    return not (isinstance(node, ast.AugAssign) and _neutral(node.op, node.value))


def _keeps(target: ast.expr, value: ast.expr) -> bool:
    """Whether assigning `value` to `target` leaves it as it is: x = x, x = x + 0, x = 1 * x."""
    if isinstance(value, ast.UnaryOp) and isinstance(value.op, ast.UAdd):
        return _keeps(target, value.operand)
    if isinstance(value, ast.BinOp):
        if _keeps(target, value.left) and _neutral(value.op, value.right):
            return True
        return (
            _keeps(target, value.right)
            and isinstance(value.op, (ast.Add, ast.Mult))
            and _neutral(value.op, value.left)
        )
    return isinstance(target, ast.Name) and isinstance(value, ast.Name) and target.id == value.id


def _neutral(operator: ast.operator, value: ast.expr) -> bool:
    if isinstance(value, ast.List):
        return isinstance(operator, ast.Add) and not value.elts
    if not isinstance(value, ast.Constant):
        return False
    if isinstance(operator, (ast.Add, ast.Sub)):
        return value.value in (0, "")
    return isinstance(operator, (ast.Mult, ast.FloorDiv, ast.Pow)) and value.value == 1


def _dead(tree: ast.Module, entry: str) -> set[ast.AST]:
    """The statements that only bind names which nothing reads."""
    read, dead = {entry}, set[ast.AST]()
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
            read.add(node.id)
        elif isinstance(node, ast.Attribute):
            read.add(node.attr)
        elif isinstance(node, (ast.Global, ast.Nonlocal)):
            read.update(node.names)
    if read & _REFLECTION:
        return dead
    for node in ast.walk(tree):
        if isinstance(node, (ast.Assign, ast.AnnAssign)):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            quiet = not any(isinstance(part, _ACTS) for part in ast.walk(node))
            if quiet and all(isinstance(t, ast.Name) and t.id not in read for t in targets):
                dead.add(node)
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            if all((a.asname or a.name.split(".")[0]) not in read and a.name != "*" for a in node.names):
                dead.add(node)
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            if node.name not in read and not node.name.startswith("__") and not node.decorator_list:
                dead.add(node)
    return dead
