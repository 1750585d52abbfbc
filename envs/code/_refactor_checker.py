"""Which rules of a refactoring a module breaks, found without running it. This file's text runs in the sandbox.

It imports nothing of ours, because there is nothing of ours where it runs: `_refactor_check` sends its text there, with
the module's text as an argument. What is not on the lists below is refused: rule "base", which holds for every
constraint and leaves no way round it by reflection, by other modules or by text that becomes code.
"""

import ast
from collections.abc import Iterator

_NODES = """
Module FunctionDef Lambda arguments arg Return Delete Assign AugAssign AnnAssign For While If Raise Try ExceptHandler
Assert Nonlocal Pass Break Continue Expr BoolOp NamedExpr BinOp UnaryOp IfExp Dict Set ListComp SetComp DictComp
GeneratorExp comprehension Yield YieldFrom Compare Call keyword FormattedValue JoinedStr Constant Attribute Subscript
Starred Name List Tuple Slice Load Store Del And Or Add Sub Mult Div Mod Pow LShift RShift BitOr BitXor BitAnd FloorDiv
Invert Not UAdd USub Eq NotEq Lt LtE Gt GtE Is IsNot In NotIn Match match_case MatchValue MatchSingleton MatchSequence
MatchStar MatchAs MatchOr
""".split()
_BUILTINS = """
abs all any bin bool chr dict divmod enumerate filter float frozenset hash int isinstance iter len list map max min next
ord pow print range repr reversed round set slice sorted str sum tuple zip
Exception IndexError KeyError StopIteration TypeError ValueError ZeroDivisionError
""".split()
_METHODS = """
append extend insert pop remove clear index count reverse sort copy upper lower swapcase capitalize title casefold
replace find rfind rindex split rsplit splitlines join strip lstrip rstrip startswith endswith isalpha isdigit isdecimal
isnumeric isalnum isupper islower isspace zfill ljust rjust center removeprefix removesuffix partition rpartition
translate maketrans expandtabs fromkeys keys values items get setdefault popitem update add discard union intersection
difference symmetric_difference issubset issuperset isdisjoint bit_length bit_count
""".split()
_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
_FUNCTIONS = (ast.FunctionDef, ast.Lambda)
_CALLING = ("map", "filter", "iter")  # what they call comes first
_KEYED = ("sorted", "min", "max")  # what they call is the key
_WORDS = {
    "modulo": {"divmod", "pow"},
    "power": {"pow"},
    "absolute": {"abs"},
    "reduce": {"sum", "max", "min"},
    "sort": {"sorted", "sort"},
    "slice": {"slice"},
}


def check(source: str) -> dict[str, list[int]]:
    """The lines on which each rule is broken; rules that are kept are left out."""
    try:
        tree = ast.parse(source)
        nodes = list(ast.walk(tree))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return {"base": [0]}
    broken: dict[str, set[int]] = {}
    for rule, line in (*_base(nodes), *_constructs(nodes), *_recursion(nodes)):
        broken.setdefault(rule, set()).add(line)
    return {rule: sorted(lines) for rule, lines in broken.items()}


def _bound(node: ast.AST) -> list[str]:
    """The names that a node binds or rebinds."""
    if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
        return [node.id]
    if isinstance(node, ast.arg):
        return [node.arg]
    if isinstance(node, (ast.FunctionDef, ast.ExceptHandler, ast.MatchAs, ast.MatchStar)):
        return [node.name] if node.name else []
    return list(node.names) if isinstance(node, ast.Nonlocal) else []


def _base(nodes: list[ast.AST]) -> Iterator[tuple[str, int]]:
    known = {name for node in nodes for name in _bound(node)} | set(_BUILTINS)
    for node in nodes:
        line = getattr(node, "lineno", 0)
        if type(node).__name__ not in _NODES:
            yield "base", line
        if isinstance(node, ast.Attribute) and node.attr not in _METHODS:
            yield "base", line
        if isinstance(node, ast.Name) and node.id not in known:
            yield "base", line
        if any(name.startswith("__") for name in _bound(node)):
            yield "base", line
        if isinstance(node, ast.FunctionDef) and node.decorator_list:
            yield "base", node.decorator_list[0].lineno


def _constructs(nodes: list[ast.AST]) -> Iterator[tuple[str, int]]:
    for node in nodes:
        line = getattr(node, "lineno", 0)
        words = {*_bound(node)}
        if isinstance(node, ast.Name):
            words.add(node.id)
        elif isinstance(node, ast.Attribute):
            words.add(node.attr)
        for rule, forbidden in _WORDS.items():
            if words & forbidden:
                yield rule, line
        if isinstance(node, (ast.BinOp, ast.AugAssign)):
            if isinstance(node.op, ast.Mod):
                yield "modulo", line
            if isinstance(node.op, ast.Pow):
                yield "power", line
        if isinstance(node, ast.Slice):
            yield "slice", line
        if isinstance(node, _COMPREHENSIONS):
            yield "comprehension", line
        if isinstance(node, (ast.For, ast.While)):
            yield "loop", line
        if isinstance(node, (ast.If, ast.IfExp, ast.Match)):
            yield "branch", line
        if isinstance(node, ast.comprehension) and node.ifs:
            yield "branch", node.ifs[0].lineno
        if isinstance(node, ast.FunctionDef):
            returns = sorted(part.lineno for part in _own(node) if isinstance(part, ast.Return))
            for later in returns[1:]:
                yield "returns", later


def _own(function: ast.FunctionDef) -> Iterator[ast.AST]:
    """The nodes in a function that are in no other one within it."""
    todo: list[ast.AST] = list(function.body)
    while todo:
        node = todo.pop()
        yield node
        if not isinstance(node, _FUNCTIONS):
            todo.extend(ast.iter_child_nodes(node))


def _recursion(nodes: list[ast.AST]) -> Iterator[tuple[str, int]]:
    """Calls that may lead back into the function, and every call or use of a function that hides where it leads.

    A function is called by its name, which is bound once; else it may only be handed to a builtin that calls it, so
    that none can be kept in a value.
    """
    functions = _known(nodes)
    times: dict[str, int] = {}
    for node in nodes:
        for name in _bound(node):
            times[name] = times.get(name, 0) + 1
    allowed: set[ast.AST] = set()
    for node in nodes:
        if not isinstance(node, ast.Call):
            continue
        callee = node.func
        allowed.add(callee)
        if isinstance(callee, ast.Name):
            builtin = callee.id in _BUILTINS and callee.id not in times
            if builtin and callee.id in _CALLING:
                allowed.update(node.args[:1])
            if builtin and callee.id in _KEYED:
                allowed.update(keyword.value for keyword in node.keywords if keyword.arg == "key")
            if not builtin and (callee.id not in functions or times.get(callee.id) != 1):
                yield "recursion", node.lineno
        elif not isinstance(callee, ast.Attribute):
            yield "recursion", node.lineno
    yield from _cycles(functions)
    for node in nodes:
        named = isinstance(node, ast.Name) and node.id in functions and isinstance(node.ctx, ast.Load)
        hidden = isinstance(node, ast.Lambda) and node not in functions.values()
        if (named or hidden) and node not in allowed:
            yield "recursion", getattr(node, "lineno", 0)


def _known(nodes: list[ast.AST]) -> dict[str, ast.FunctionDef | ast.Lambda]:
    """The functions that have a name."""
    functions: dict[str, ast.FunctionDef | ast.Lambda] = {}
    for node in nodes:
        if isinstance(node, ast.FunctionDef):
            functions[node.name] = node
        elif isinstance(node, ast.Assign) and isinstance(node.value, ast.Lambda) and len(node.targets) == 1:
            if isinstance(node.targets[0], ast.Name):
                functions[node.targets[0].id] = node.value
    return functions


def _cycles(functions: dict[str, ast.FunctionDef | ast.Lambda]) -> Iterator[tuple[str, int]]:
    """The names of functions through which a function comes back to itself."""
    inside = {name: _named(function) & set(functions) for name, function in functions.items()}
    for name in functions:
        reached: set[str] = set()
        todo = [name]
        while todo:
            for other in inside[todo.pop()] - reached:
                reached.add(other)
                todo.append(other)
        if name in reached:
            inner = [n for n in ast.walk(functions[name]) if isinstance(n, ast.Name) and n.id in functions]
            yield from (("recursion", n.lineno) for n in inner if n.id in reached)


def _named(function: ast.AST) -> set[str]:
    return {n.id for n in ast.walk(function) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)}
