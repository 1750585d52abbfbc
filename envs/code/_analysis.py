"""What an answer in Python looks like: its form, its functions and statements, the names and constructs it uses.

The answer is parsed in the sandbox, by the text of `_analyser`, and never here. Three forms are accepted everywhere:
a module that defines the entry function, a function body with a ``return`` of its own, and an expression in the
parameters (or a lambda). All become the source of a module; line n of the answer is line n + offset of it.
"""

from dataclasses import dataclass, field
from functools import lru_cache

from synthgym.envs.code._functions import ENTRY
from synthgym.envs.code._own_code import ask


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement, or the head of a compound one; also the line of an ``else``.

    Attributes:
        first, last: its lines in the answer, from 1.
        acts: whether running it can change anything: no docstring, ``pass``, ``x = x`` or value left unused.
        ran_first, ran_last: the statement ran if a line of these did; in the answer, and 0 is the line before it.
    """

    first: int
    last: int
    acts: bool
    ran_first: int
    ran_last: int


@dataclass(frozen=True, slots=True)
class Signature:
    """A function in the answer: its parameters by place, and how many arguments it takes.

    Attributes:
        most: None where there is no limit.
    """

    name: str
    parameters: tuple[str, ...]
    least: int
    most: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Analysis:
    """What the analyser found.

    Attributes:
        form: "module", "body", "expression", "lambda", or "" where the answer does not parse.
        source: the module to run; its line n + `offset` is the answer's line n.
        constructs: the names of the syntax nodes in it, as in Python's `ast`: "For", "While", "ListComp" ...
        names: identifiers used or bound; `attributes`: those after a dot; `imports`: modules.
    """

    form: str = ""
    source: str = ""
    offset: int = 0
    functions: tuple[Signature, ...] = ()
    statements: tuple[Statement, ...] = ()
    constructs: frozenset[str] = field(default_factory=frozenset)
    names: frozenset[str] = field(default_factory=frozenset)
    attributes: frozenset[str] = field(default_factory=frozenset)
    imports: frozenset[str] = field(default_factory=frozenset)

    @property
    def parses(self) -> bool:
        """Whether the answer is Python."""
        return bool(self.form)

    def takes(self, count: int, entry: str = ENTRY) -> bool:
        """Whether the entry function is there and can be called with `count` arguments."""
        return any(
            f.name == entry and f.least <= count and (f.most is None or count <= f.most)
            for f in self.functions
        )


@lru_cache(maxsize=4096)
def analyse(answer: str, parameters: tuple[str, ...], entry: str = ENTRY) -> Analysis:
    """What `answer` looks like, `parameters` being those of the function it may be the body of.

    Raises:
        SandboxError: if the sandbox fails.
    """
    if not answer.isascii() and any("\ud800" <= c <= "\udfff" for c in answer):
        return Analysis()  # no Python source holds a lone surrogate
    found = ask("_analyser", "analyse", answer, list(parameters), entry)
    if not isinstance(found, dict) or not found["form"]:
        return Analysis()
    return Analysis(
        form=found["form"],
        source=found["source"],
        offset=found["offset"],
        functions=tuple(
            Signature(n, tuple(p), low, None if high < 0 else high) for n, p, low, high in found["functions"]
        ),
        statements=tuple(Statement(a, b, bool(acts), c, d) for a, b, acts, c, d in found["statements"]),
        constructs=frozenset(found["constructs"]),
        names=frozenset(found["names"]),
        attributes=frozenset(found["attributes"]),
        imports=frozenset(found["imports"]),
    )
