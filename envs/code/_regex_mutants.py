"""What a pattern may get wrong: the languages one mistake away from the one that was asked for."""

from collections.abc import Iterator

from synthgym.envs.code._regex_language import Either, Node, OneOf, Repeat, Sequence, Text

_BOUNDS = (1, 3, 8)
"""An unbounded repetition mistaken for one with so many rounds to spare."""


def mutants(node: Node, alphabet: str) -> Iterator[Node]:
    """`node` with one mistake at one place, and the whole of it unanchored, or anything at all.

    `alphabet` holds the characters that matter, a foreign one last. Some may have the language of `node`.
    """
    anything = Repeat(OneOf(alphabet), 0, None)
    yield from (anything, Repeat(OneOf(alphabet), 1, None))
    yield from (Sequence((anything, node)), Sequence((node, anything)), Sequence((anything, node, anything)))
    yield from _anywhere(node, alphabet)


def _anywhere(node: Node, alphabet: str) -> Iterator[Node]:
    yield from _here(node, alphabet)
    match node:
        case Sequence(parts):
            for i, part in enumerate(parts):
                for changed in _anywhere(part, alphabet):
                    yield Sequence((*parts[:i], changed, *parts[i + 1 :]))
        case Either(options):
            for i, option in enumerate(options):
                for changed in _anywhere(option, alphabet):
                    yield Either((*options[:i], changed, *options[i + 1 :]))
        case Repeat(part, low, high):
            for changed in _anywhere(part, alphabet):
                yield Repeat(changed, low, high)


def _here(node: Node, alphabet: str) -> Iterator[Node]:
    match node:
        case Text(text):
            yield from _text(text, alphabet)
        case OneOf(chars, span):
            yield from _one_of(chars, span, alphabet)
        case Sequence(parts):
            yield from _sequence(parts)
        case Either(options):
            for i in range(len(options)):
                yield Either(options[:i] + options[i + 1 :])
        case Repeat(part, low, high):
            yield part
            for bounds in _counts(low, high):
                yield Repeat(part, *bounds)
            yield from _narrower(node)


def _text(text: str, alphabet: str) -> Iterator[Node]:
    for i, char in enumerate(text):
        before, after = text[:i], text[i + 1 :]
        yield Text(before + after)
        yield Text(before + char + char + after)
        yield Sequence((Text(before), OneOf(alphabet), Text(after)))
        if after:
            yield Text(before + after[0] + char + after[1:])


def _one_of(chars: str, span: bool, alphabet: str) -> Iterator[Node]:
    yield OneOf(alphabet)
    yield OneOf(chars + alphabet[-1])
    for other in alphabet:
        if other not in chars:
            yield OneOf(chars + other)
    for char in (chars[0], chars[-1]) if span else chars:
        yield OneOf(chars.replace(char, ""))


def _sequence(parts: tuple[Node, ...]) -> Iterator[Node]:
    for i, part in enumerate(parts):
        yield Sequence(parts[:i] + parts[i + 1 :])
        if i:
            yield Sequence((*parts[: i - 1], part, parts[i - 1], *parts[i + 1 :]))
        if isinstance(part, Either):  # the bar binds weaker than what stands side by side
            first, *rest = part.options
            *middle, last = rest or [first]
            yield Either((Sequence((*parts[:i], first)), *middle, Sequence((last, *parts[i + 1 :]))))


def _counts(low: int, high: int | None) -> Iterator[tuple[int, int | None]]:
    yield low + 1, None if high is None else max(high, low + 1)
    if low:
        yield low - 1, high
    if high is None:
        yield from ((low, low + more) for more in _BOUNDS)
    else:
        yield low, None
        yield low, high + 1
        if high > low:
            yield low, high - 1
        yield from {(low, low), (high, high)} - {(low, high)}


def _narrower(node: Repeat) -> Iterator[Node]:
    """The repetition bound to the last piece alone, as it is without the parentheses."""
    part, low, high = node.part, node.low, node.high
    if isinstance(part, Text) and len(part.text) > 1:
        yield Sequence((Text(part.text[:-1]), Repeat(Text(part.text[-1]), low, high)))
    if isinstance(part, Sequence):
        yield Sequence((*part.parts[:-1], Repeat(part.parts[-1], low, high)))
    if isinstance(part, Either):
        yield Either((*part.options[:-1], Repeat(part.options[-1], low, high)))
