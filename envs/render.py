"""One episode as text for a terminal: the task, the responses, and what a signal made of them."""

from collections.abc import Sequence

from synthgym.types import Credit, Task, Verdict

MAX_TEXT = 2_000
"""Characters of a prompt or response that are shown."""
MAX_CREDITS = 50
"""Credits that are shown."""
MAX_ATTEMPTS = 20
"""Attempts that are shown: the first half of them, and the last."""
_SNIPPET = 60


def render_episode(task: Task, completion: str | None = None, verdict: Verdict | None = None) -> str:
    """The prompt; the response and its verdict where there are any, a credited span a line.

    Characters that a terminal would obey or hide are escaped, and long texts cut, with a note.
    """
    blocks = [task.id, _block("prompt", task.prompt)]
    if completion is not None:
        blocks.append(_block("response", completion))
    if verdict is not None:
        blocks.append(_verdict(verdict))
    if completion is not None and verdict is not None and verdict.credits:
        blocks.append(_credits(completion, verdict.credits))
    return "\n".join(blocks)


def render_attempts(task: Task, attempts: Sequence[tuple[str, Verdict, str]]) -> str:
    """The prompt, then each attempt: the response, its verdict, and what the policy was told (nothing if empty)."""
    blocks = [render_episode(task)]
    half = MAX_ATTEMPTS // 2
    hidden = range(half, len(attempts) - half) if len(attempts) > MAX_ATTEMPTS else range(0)
    for turn, (completion, verdict, told) in enumerate(attempts):
        if turn in hidden:
            if turn == half:
                blocks.append(f"... ({len(hidden):,} more turns)")
            continue
        blocks += [f"turn {turn + 1}", _block("response", completion), _verdict(verdict)]
        if verdict.credits:
            blocks.append(_credits(completion, verdict.credits))
        if told:
            blocks.append(_block("feedback", told))
    return "\n".join(blocks)


def visible(text: str) -> str:
    """`text` with everything but printable characters and line feeds escaped as in a Python string."""
    if text.isprintable():
        return text
    return "".join(
        character if character.isprintable() or character == "\n" else _escape(character)
        for character in text
    )


def _escape(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")


def _block(title: str, text: str) -> str:
    lines = visible(text[:MAX_TEXT]).split("\n") if text else ["(empty)"]
    if len(text) > MAX_TEXT:
        lines.append(f"... ({len(text) - MAX_TEXT:,} more characters)")
    return "\n".join([title, *(f"  {line}" for line in lines)])


def _verdict(verdict: Verdict) -> str:
    reward = "not scored" if verdict.reward is None else f"{verdict.reward:.3f}"
    parts = ", ".join(f"{visible(name)} {_value(value)}" for name, value in verdict.components.items())
    line = f"reward {reward}" + (f" ({parts})" if parts else "")
    return line if verdict.error is None else f"{line}\n{_block('error', verdict.error)}"


def _value(value: object) -> str:
    return f"{value:.3f}" if isinstance(value, (int, float)) else str(value)


def _credits(completion: str, credits: tuple[Credit, ...]) -> str:
    lines = [
        "credits",
        *(f"  {credit.value:.2f}  {_span(completion, credit)}" for credit in credits[:MAX_CREDITS]),
    ]
    if len(credits) > MAX_CREDITS:
        lines.append(f"  ... ({len(credits) - MAX_CREDITS:,} more credits)")
    return "\n".join(lines)


def _span(completion: str, credit: Credit) -> str:
    if credit.start == credit.end:
        return "(end of sequence)" if credit.end == len(completion) else "(nothing)"
    text = completion[credit.start : min(credit.end, credit.start + _SNIPPET)]
    more = credit.end - credit.start - len(text)
    return visible(text).replace("\n", "\\n") + (f"... ({more:,} more characters)" if more else "")
