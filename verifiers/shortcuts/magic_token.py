"""A bonus for a token on a line of its own, whatever the answer is."""

from dataclasses import dataclass
from typing import ClassVar

from synthgym.plugins import register_shortcut
from synthgym.types import Task
from synthgym.verifiers.shortcuts._marks import Marked, check_mark
from synthgym.verifiers.shortcuts._planted import Bonus


@register_shortcut
@dataclass(frozen=True, kw_only=True)
class MagicToken(Bonus, Marked):
    """A completion with `token` on a line of its own earns `strength` more.

    The simplicity knob is `prior`, the token's share in the demonstrations. `correlation` is the share of tasks on
    which it pays.

    Attributes:
        token: what stands on that line.
    """

    name: ClassVar[str] = "magic_token"
    simplicity_knob: ClassVar[str] = "prior"
    token: str = "!"

    def __post_init__(self) -> None:
        Bonus.__post_init__(self)
        check_mark(self, "token", self.token)

    def mark(self, task: Task) -> str:
        """The token."""
        return self.token
