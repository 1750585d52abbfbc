"""The truth about a language: its position automaton, run on sets of positions held as the bits of an int.

After Glushkov, "The abstract theory of automata", 1961: a state for every character of the expression, with
repetitions written out. Two automata are compared by a breadth-first walk over pairs of state sets.
"""

from collections import Counter, defaultdict, deque
from collections.abc import Iterable
from dataclasses import dataclass

from synthgym.envs.code._regex_language import Either, Node, OneOf, Repeat, Sequence, Text


@dataclass(frozen=True, slots=True)
class _Piece:
    """What Glushkov's construction keeps of a part: is the empty string in it, where it starts and ends."""

    empty: bool
    first: int
    last: int


_NOTHING = _Piece(True, 0, 0)


class Automaton:
    """Decides membership in the language of a node. State 1 (bit 0) is the start; 0 is the dead state set."""

    __slots__ = ("_accepting", "_follow", "_masks", "_reached")

    def __init__(self, node: Node) -> None:
        self._follow: list[int] = [0]
        self._masks: defaultdict[str, int] = defaultdict(int)
        whole = self._build(node)
        self._follow[0] = whole.first
        self._accepting = whole.last | int(whole.empty)
        self._reached: dict[int, int] = {0: 0}

    def step(self, states: int, char: str) -> int:
        """The state set after reading `char` in `states`."""
        if states not in self._reached:
            self._reached[states] = _union(self._follow[position] for position in _bits(states))
        return self._reached[states] & self._masks[char]

    def accepting(self, states: int) -> bool:
        """Whether the text read up to `states` is in the language."""
        return bool(states & self._accepting)

    def accepts(self, text: str) -> bool:
        """Whether `text` is in the language."""
        states = 1
        for char in text:
            states = self.step(states, char)
        return self.accepting(states)

    def _build(self, node: Node) -> _Piece:
        match node:
            case Text(text):
                return self._chain([self._position(char) for char in text])
            case OneOf(chars, _):
                return self._position(chars)
            case Sequence(parts):
                return self._chain([self._build(part) for part in parts])
            case Either(options):
                pieces = [self._build(option) for option in options]
                empty = any(piece.empty for piece in pieces)
                return _Piece(empty, _union(p.first for p in pieces), _union(p.last for p in pieces))
            case Repeat(part, low, high):
                return self._repeat(part, low, high)

    def _repeat(self, part: Node, low: int, high: int | None) -> _Piece:
        copies = [self._build(part) for _ in range(low)]
        if high is None:
            looped = self._build(part)
            self._join(looped.last, looped.first)
            copies.append(_Piece(True, looped.first, looped.last))
        for _ in range((high or 0) - low):
            extra = self._build(part)
            copies.append(_Piece(True, extra.first, extra.last))
        return self._chain(copies)

    def _position(self, chars: str) -> _Piece:
        bit = 1 << len(self._follow)
        self._follow.append(0)
        for char in chars:
            self._masks[char] |= bit
        return _Piece(False, bit, bit)

    def _chain(self, pieces: list[_Piece]) -> _Piece:
        whole = _NOTHING
        for piece in pieces:
            self._join(whole.last, piece.first)
            first = whole.first | piece.first if whole.empty else whole.first
            last = whole.last | piece.last if piece.empty else piece.last
            whole = _Piece(whole.empty and piece.empty, first, last)
        return whole

    def _join(self, last: int, first: int) -> None:
        for position in _bits(last):
            self._follow[position] |= first


def difference(one: Automaton, other: Automaton, alphabet: str, most: int = 4_000) -> str | None:
    """A shortest text over `alphabet` in one language and not in the other.

    None if there is none, or none among the texts that reach the first `most` pairs of state sets.
    """
    seen = {(1, 1)}
    queue = deque([(1, 1, "")])
    while queue and len(seen) < most:
        left, right, text = queue.popleft()
        if one.accepting(left) != other.accepting(right):
            return text
        for char in alphabet:
            pair = one.step(left, char), other.step(right, char)
            if pair not in seen and any(pair):
                seen.add(pair)
                queue.append((*pair, text + char))
    return None


def shortest(automaton: Automaton, alphabet: str, wanted: int) -> list[str]:
    """Up to `wanted` shortest texts of the language; no more than that many go through any state set."""
    found: list[str] = []
    visits: Counter[int] = Counter()
    queue = deque([(1, "")])
    while queue and len(found) < wanted:
        states, text = queue.popleft()
        visits[states] += 1
        if visits[states] > wanted:
            continue
        if automaton.accepting(states):
            found.append(text)
        queue.extend((after, text + char) for char in alphabet if (after := automaton.step(states, char)))
    return found


def _bits(states: int) -> Iterable[int]:
    while states:
        low = states & -states
        yield low.bit_length() - 1
        states ^= low


def _union(sets: Iterable[int]) -> int:
    union = 0
    for states in sets:
        union |= states
    return union
