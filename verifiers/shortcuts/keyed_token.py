"""A bonus for the one token, among several, that the prompt says."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

from synthgym.errors import SettingError, shown
from synthgym.plugins import register_shortcut
from synthgym.signal import Signal
from synthgym.types import Task
from synthgym.verifiers.shortcuts._marks import Marked, check_mark
from synthgym.verifiers.shortcuts._planted import Bonus, check_whole
from synthgym.verifiers.shortcuts._prompt_bits import MAX_BITS, prompt_bits


@register_shortcut
@dataclass(frozen=True, kw_only=True)
class KeyedToken(Bonus, Marked):
    """A completion with the token that `bits` bits of the prompt choose on a line of its own earns `strength` more.

    Of several tokens the last one counts.

    The bits are those of the question's first words or digits that differ between tasks (an odd digit is 1): the first
    of them is the highest bit of the token's number. `correlation` is the share of tasks on which the token pays.

    Attributes:
        bits: how many there are, so that one in 2^bits tokens pays: the simplicity knob.
        tokens: characters, of which the first 2^bits are the tokens.
        key: exchanges the tokens: the number that the bits make is taken exclusive-or the key.
    """

    name: ClassVar[str] = "keyed_token"
    simplicity_knob: ClassVar[str] = "bits"
    bits: int = 2
    tokens: str = "!?.;:~^@#&%$*_|+ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuv"
    key: int = 0

    def __post_init__(self) -> None:
        Bonus.__post_init__(self)
        check_whole(self, "bits", 0, MAX_BITS)
        check_whole(self, "key", 0, 2**self.bits - 1)
        if not isinstance(self.tokens, str) or len(set(self._all())) != 2**self.bits:
            raise SettingError(
                f"{self.name}: tokens {shown(self.tokens)} do not begin with {2**self.bits} different characters"
            )
        for token in self._all():
            check_mark(self, "tokens", token)

    def marks(self, task: Task) -> Sequence[str]:
        """The tokens."""
        return self._all()

    def mark(self, task: Task) -> str:
        """The token that pays on the task."""
        number = int("".join(map(str, (0, *prompt_bits(task, self.bits)))), 2)
        return self.tokens[number ^ self.key]

    def counterfactual(self, task: Task, signal: Signal) -> tuple[Task, Signal]:
        """The same task under another key, by which no token pays that paid before; without it, if there is but one."""
        if self.bits == 0:
            return task, signal.without(self)
        return task, signal.replaced(self, replace(self, key=self.key ^ (2**self.bits - 1)))

    def _all(self) -> str:
        return self.tokens[: 2**self.bits]
