"""Credit for the lines of an answer that is one expression: by what becomes of it without each line.

For answers that do not run line by line, as a pattern or a query. A line earns what the answer is worth, as
measured by execution on the hidden tests, if the answer is worth less without that line; else it earns 0. So
comments, blanks and conditions that change nothing earn 0, and so does every line of an answer that is worth nothing.
"""

from collections.abc import Callable, Sequence

from synthgym.types import Response, Span

MAX_LINES = 40
"""Lines of an answer that are looked at; later ones earn nothing."""


def line_credits(response: Response, worth: Callable[[Sequence[str]], Sequence[float]]) -> tuple[float, ...]:
    """A credit in [0, 1] for each step of `response`; 0 outside of the answer.

    Args:
        worth: what each of several answers is worth, in [0, 1].
    """
    credits = [0.0] * len(response.steps)
    body = response.body
    if body is None:
        return tuple(credits)
    inside = [i for i, step in enumerate(response.steps) if body.start <= step.start < body.end][:MAX_LINES]
    (whole,) = worth([body.text])
    if whole > 0 and inside:
        rest = [_without(body, response.steps[i]) for i in inside]
        for i, left in zip(inside, worth(rest), strict=True):
            credits[i] = whole if left < whole else 0.0
    return tuple(credits)


def outside(response: Response) -> bool:
    """Whether anything stands before or after the block."""
    body = response.body
    return body is None or bool(response.trailing) or any(step.start < body.start for step in response.steps)


def _without(body: Span, line: Span) -> str:
    start = line.start - body.start
    return body.text[:start] + body.text[start + len(line.text) :]
