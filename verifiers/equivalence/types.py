"""What the equivalence engine answers, and the bounds within which it works."""

from dataclasses import dataclass
from typing import Literal

from synthgym.errors import SettingError, shown

Status = Literal["ok", "unparsed", "timeout", "too_large", "contradiction"]
"""How a judgement ended.

- ``ok``: decided; `Equivalence.match` is the decision.
- ``unparsed``: the answer cannot be read as mathematics, or as the kind of thing that gold is.
- ``timeout``: not decided within the time limit.
- ``too_large``: the answer, or what deciding it would need, exceeds a bound of `Bounds`.
- ``contradiction``: the answer says something false or undefined of itself: ``8 = 7``, ``7/0``, two boxes that differ.
"""

Kind = Literal[
    "number",
    "expression",
    "list",
    "tuple",
    "set",
    "interval",
    "equation",
    "inequality",
    "matrix",
    "choice",
    "text",
]
"""What gold and answer are read as, where the text alone does not say."""


@dataclass(frozen=True, slots=True)
class Equivalence:
    """Whether an answer is the same as gold.

    Attributes:
        match: they are the same; never true unless `status` is ``ok``.
        status: how the judgement ended.
        reason: one sentence that says what decided it.
        tier: 0 exact rationals, 1 the engine's own trees, 2 sympy in a worker process.
    """

    match: bool
    status: Status
    reason: str
    tier: int = 1

    def __bool__(self) -> bool:
        return self.match


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """Within what an answer is judged.

    Attributes:
        characters: of an answer, or of gold.
        tokens: of an answer.
        depth: of nested brackets that are not redundant, and of stacked exponents.
        bits: of any exact number on the way.
        digits: decimal digits of working precision, at most.
        seconds: wall time of one judgement, the start of a worker left out.
        symbolic_seconds: of that, what sympy may take.
        memory_mb: address space of a worker beyond what it has after its start.
    """

    characters: int = 4_096
    tokens: int = 1_500
    depth: int = 40
    bits: int = 400_000
    digits: int = 1_500
    seconds: float = 0.8
    symbolic_seconds: float = 0.4
    memory_mb: int = 160

    def __post_init__(self) -> None:
        for name in self.__slots__:
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int | float) or not value > 0:
                raise SettingError(f"Bounds({name}={shown(value)}): a number above 0 is needed")


BOUNDS = Bounds()
