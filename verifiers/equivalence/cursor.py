"""A place in a list of tokens, and the few moves that reading is made of."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence

from synthgym.verifiers.equivalence.lexer import Token, TooMany, Unreadable
from synthgym.verifiers.equivalence.tree import EXPRS, Expr, Node

END = Token("sign", "", False, -1, -1)
"""What stands behind the last token."""
CLOSERS = {"(": (")", "]"), "[": ("]", ")"), "\\{": ("\\}",), "{": ("}",), "⟨": ("⟩",)}
"""Opening brackets, and what may close each; the fitting one first."""


def shown_token(token: Token) -> str:
    """`token` as an error shows it."""
    return repr(token.text[:20]) if token.text else "the end"


class Cursor(ABC):
    """Recursive descent over `tokens`; `depth` bounds open brackets and exponents."""

    def __init__(self, tokens: Sequence[Token], depth: int) -> None:
        self.tokens, self.at, self.left = tokens, 0, depth
        self.bars: list[bool] = [False]

    @property
    def next(self) -> Token:
        return self.tokens[self.at] if self.at < len(self.tokens) else END

    def peek(self, ahead: int) -> Token:
        at = self.at + ahead
        return self.tokens[at] if at < len(self.tokens) else END

    def sign(self, *texts: str) -> bool:
        token = self.next
        return token.kind == "sign" and token.text in texts and token.at >= 0

    def take(self, *texts: str) -> bool:
        if self.sign(*texts):
            self.at += 1
            return True
        return False

    def need(self, *texts: str) -> Token:
        if not self.sign(*texts):
            raise Unreadable(f"{' or '.join(texts)} is missing before {shown_token(self.next)}")
        token = self.next
        self.at += 1
        return token

    def inside(self, read: Callable[[], Node], *, bar: bool = False) -> Node:
        """What `read` reads one level deeper; `bar` says that a bar ends that level."""
        self.left -= 1
        if self.left < 0:
            raise TooMany("nested too deeply")
        self.bars.append(bar)
        node = read()
        self.bars.pop()
        self.left += 1
        return node

    def values(self, nodes: Sequence[Node]) -> tuple[Expr, ...]:
        found: list[Expr] = []
        for node in nodes:
            if not isinstance(node, EXPRS):
                raise Unreadable(f"arithmetic with a {type(node).__name__.lower()}")
            found.append(node)
        return tuple(found)

    # What the rules of one file need of another's.

    @abstractmethod
    def answer(self) -> Node:
        """All there is."""

    @abstractmethod
    def joined(self) -> Node:
        """Items side by side."""

    @abstractmethod
    def sum(self) -> Node:
        """Terms with their signs."""

    @abstractmethod
    def product(self) -> Node:
        """Factors."""

    @abstractmethod
    def power(self) -> Node:
        """An atom with what stands behind and above it."""

    @abstractmethod
    def signed_power(self) -> Node:
        """The same with signs before it."""

    @abstractmethod
    def postfix(self, node: Node) -> Node:
        """`node` with what stands behind and above it."""

    @abstractmethod
    def exponent(self) -> Expr:
        """What stands above."""

    @abstractmethod
    def atom(self) -> Node:
        """A value that nothing binds looser."""

    @abstractmethod
    def starts_factor(self) -> bool:
        """Whether the next token begins a factor."""
